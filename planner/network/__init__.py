"""Walking networks: exact travel times and service areas, independent of facilities and rules.

A walk goes straight from a point to a street position at most `access_m` away, along the streets, and straight
from a street position to the other point, again at most `access_m`:

    t(p) = min over street positions q within access_m of p of  t(q) + |p q| / speed

A point is inside a service area if and only if its time is within the limit.
"""
