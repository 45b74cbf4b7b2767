"""Which ways of OpenStreetMap people walk on: a filter on tags, every set of it written out.

The filter keeps what a grown-up on foot may lawfully and plainly use, and leaves out the rest:

- **class**: `WALKABLE`; `WALKABLE_IF_ALLOWED` only where `foot` says so. Motorways, construction sites and
  planned, abandoned or unknown classes never.
- **foot** decides first: `FOOT_FORBIDDEN` leaves a way out, `FOOT_ALLOWED` overrules the next three points.
- **access**: `ACCESS_FORBIDDEN` leaves it out. `destination`, `customers`, `delivery` and the like stay: they
  are aimed at drivers, and people do reach a door there.
- **motorroad = yes** leaves it out.
- **service roads in a tunnel** are left out: garages and delivery tunnels, no way through a town. Passages
  under a building (``tunnel=building_passage``) stay.
- **sidewalk = separate** does *not* leave a carriageway out. A sidewalk that is drawn apart says where people
  walk, not that they may not cross; without the carriageway the network tears wherever the sidewalks are not
  drawn to the junction. Where it must not be walked, mappers say ``foot=use_sidepath``, which is respected.
- **area = yes** (a square drawn as an outline) stays: for now people walk along its outline, as nothing draws
  lines across. Squares that are multipolygon relations are not read.

The walking filter of OSMnx 2.1 lists what is kept out; this one lists what is let in. It keeps what that one
drops: cycleways where walking is not forbidden, outlines of squares, carriageways beside separate sidewalks,
and private ways that `foot` opens. It drops what that one keeps: service tunnels, motor roads, ``access=no``,
``foot=private``, indoor corridors, lifts, and classes that nobody has documented.

What is read besides: whether a way crosses a road and how (`crossing_type`), and whether it is a bridge or a
tunnel (`structure`).

Not read at all: gates and other barriers at nodes, opening hours, one-way rules for walkers, ferries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WALKABLE = frozenset(
    {
        *("footway", "pedestrian", "path", "steps", "track", "bridleway", "cycleway"),
        *("living_street", "residential", "unclassified", "service", "road"),
        *("tertiary", "secondary", "primary", "trunk"),
        *("tertiary_link", "secondary_link", "primary_link", "trunk_link"),
    }
)
"""Classes (`highway`) that people walk on unless another tag forbids it."""

WALKABLE_IF_ALLOWED = frozenset({"busway", "bus_guideway", "corridor", "elevator", "platform"})
"""Classes that people walk on only where `foot` allows it: most are indoors, or lead nowhere."""

FOOT_ALLOWED = frozenset({"yes", "designated", "permissive", "official"})
"""What `foot` must say to overrule `access` and the class."""

FOOT_FORBIDDEN = frozenset({"no", "private", "use_sidepath"})
"""What `foot` says where people must not walk."""

ACCESS_FORBIDDEN = frozenset({"no", "private", "military"})
"""What `access` says where the public must not go at all."""


def is_walkable(tags: Mapping[str, str]) -> bool:
    """Tell from its tags whether people walk on a way.

    Parameters
    ----------
    tags
        The tags of the way.

    Returns
    -------
    walkable
        Whether the filter of this module keeps it.

    Examples
    --------
    >>> is_walkable({"highway": "residential"}), is_walkable({"highway": "motorway"})
    (True, False)
    >>> is_walkable({"highway": "service", "access": "private"})
    False
    >>> is_walkable({"highway": "service", "access": "private", "foot": "permissive"})
    True
    """
    kind, foot = tags.get("highway", ""), tags.get("foot", "")
    if foot in FOOT_FORBIDDEN:
        return False
    if foot in FOOT_ALLOWED:
        return kind in WALKABLE or kind in WALKABLE_IF_ALLOWED
    forbidden = (
        tags.get("access") in ACCESS_FORBIDDEN
        or tags.get("motorroad") == "yes"
        or (kind == "service" and tags.get("tunnel") == "yes")
    )
    return kind in WALKABLE and not forbidden


def crossing_type(tags: Sequence[Mapping[str, str]]) -> str:
    """Return how a way crosses a road, "" for a way that is no crossing.

    Ways that are drawn across a road say ``footway=crossing`` (or the like for paths and cycleways); the type
    stands on the way or on the node where it meets the road. What people walk along a carriageway, over its
    junctions, is mapped as no crossing and stays without a type.

    Parameters
    ----------
    tags
        Of the way, then of its nodes in order.

    Returns
    -------
    crossing
        The value of `crossing` (``traffic_signals``, ``marked``, ``unmarked``, …), "yes" where none is given.

    Examples
    --------
    >>> crossing_type([{"highway": "footway", "footway": "crossing"}, {"crossing": "traffic_signals"}])
    'traffic_signals'
    >>> crossing_type([{"highway": "residential"}, {"highway": "crossing", "crossing": "marked"}])
    ''
    """
    way = tags[0]
    if not any(way.get(key) == "crossing" for key in ("footway", "path", "cycleway")):
        return ""
    if any(one.get("crossing:signals") == "yes" for one in tags):
        return "traffic_signals"
    given = [one["crossing"] for one in tags if one.get("crossing") not in (None, "yes", "no")]
    return given[0] if given else "yes"


def structure(tags: Mapping[str, str]) -> str:
    """Return whether a way is a "bridge" or a "tunnel", else "".

    A passage through a building lies on the ground.

    Examples
    --------
    >>> structure({"bridge": "viaduct"}), structure({"tunnel": "building_passage"}), structure({"tunnel": "yes"})
    ('bridge', '', 'tunnel')
    """
    if tags.get("bridge", "no") != "no":
        return "bridge"
    return "tunnel" if tags.get("tunnel", "no") not in ("no", "building_passage") else ""
