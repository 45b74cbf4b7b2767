"""The ratings of a facility: a module without imports, for those who draw and print them."""

from __future__ import annotations

EXCELLENT, COMPLIANT, WEAK, UNDETERMINED = "excellent", "compliant", "weak", "undetermined"
RATINGS = (EXCELLENT, COMPLIANT, WEAK, UNDETERMINED)
