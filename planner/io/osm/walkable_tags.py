"""Walkable ways and passable barriers of OpenStreetMap: rules on tags, with every set of values.

**Ways.** The filter keeps what a grown-up on foot may lawfully and plainly use, and leaves out the rest:

- **class**: `WALKABLE`; `WALKABLE_IF_ALLOWED` only where `foot` states it. Motorways, construction sites and
  planned, abandoned or unknown classes never.
- **foot** is the more special tag and decides first: `FOOT_FORBIDDEN` leaves a way out, `FOOT_ALLOWED` overrules
  the next three points. ``foot=destination``, ``customers`` and ``permit`` are among them: people do reach a door
  there, and whoever writes them beside ``access=private`` means that walkers are let in.
- **access**: `ACCESS_FORBIDDEN` leaves it out. `destination`, `customers`, `delivery` and the like stay: they are
  aimed at drivers, and people do reach a door there.
- **private**: where ``foot=private``, or else ``access=private``, is all that stands against a way, it is kept and
  marked (`is_private`): residents of a compound walk there. What that means follows from `walking.private_ways`.
- **motorroad = yes** leaves it out.
- **service roads in a tunnel** are left out: garages and delivery tunnels, no way through a town. Passages
  under a building (``tunnel=building_passage``) stay.
- **sidewalk = separate** does *not* leave a carriageway out. A sidewalk that is drawn apart states where people
  walk, not that they may not cross; without the carriageway the network tears wherever the sidewalks are not
  drawn to the junction. Where it must not be walked, mappers state ``foot=use_sidepath``, which is respected.

**Squares.** A closed way with ``area=yes``, or a multipolygon, of a walkable class is ground to walk on: along
its outline, and straight across between the places where streets meet it (`planner.io.osm.squares`).

**Gates.** A node tagged `barrier` on a way lets people pass unless `is_passable` is False: ``foot`` decides first,
then ``locked=yes``, ``access``, opening hours of closure, and `BARRIERS_CLOSED` (walls and fences across the
way). Gates that open at some hours count as open, and their hours are kept. A gate that is closed by
``access=private`` or ``foot=private`` alone opens to residents (`opens_to_residents`): on private ways, and where
they meet a public street, it closes nothing that they do not close themselves.

**Crossings.** `crossing_type` states how a street is crossed, from the way and from the nodes on it.

The walking filter of OSMnx 2.1 lists what is kept out; this one lists what is let in. It keeps what that one
drops: cycleways where walking is not forbidden, outlines of squares, carriageways beside separate sidewalks,
and private ways that `foot` opens. It drops what that one keeps: service tunnels, motor roads, ``access=no``,
``foot=private``, indoor corridors, lifts, and classes that nobody has documented.

Not read: conditional access (a way that is closed at night counts as open), `access` of an area around a way
(mappers do not mean it to be inherited), walls and fences drawn as lines, one-way rules for walkers, ferries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Walkability = Literal["everybody", "private", "nobody"]

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

FOOT_ALLOWED = frozenset(
    {"yes", "designated", "permissive", "official", "public", "destination", "customers", "delivery", "permit"}
)
"""Values of `foot` that overrule `access` and the class."""

FOOT_FORBIDDEN = frozenset({"no", "private", "use_sidepath"})
"""Values of `foot` that forbid walking."""

ACCESS_FORBIDDEN = frozenset({"no", "private", "military"})
"""Values of `access` that exclude the public."""

OBSTACLES_PRIVATE = ("foot", "access")
"""Results of `walking_obstacle` that may come of being private."""

PRIVATE = "private"
"""Value of `foot` and `access` for residents only."""

BARRIERS_CLOSED = frozenset({"wall", "fence", "hedge", "city_wall", "retaining_wall", "ditch"})
"""Barriers at a node that nobody passes unless `foot` states it: the rest has, or is, an opening for walkers."""

HOURS_CLOSED = frozenset({"off", "closed"})
"""Opening hours that never open."""

CROSSING_KEYS = ("crossing", "crossing:signals", "crossing:markings")
CROSSING_NODES = frozenset({"crossing", "traffic_signals"})
"""Nodes (`highway`) that state how a street is crossed."""

CROSSING_CLASSES = frozenset({"footway", "path", "cycleway", "bridleway", "pedestrian", "steps"})
"""Classes whose ways may be the part that leads across a carriageway."""

NOT_BUILT = (None, "", "no")
UNKNOWN_CROSSING = "unknown"


class Tags(Protocol):
    """Interface of tags: a dictionary, or the tag list of pyosmium."""

    def get(self, key: str, /) -> str | None:
        """Return the value of a key, or None."""


def is_walkable(tags: Tags) -> bool:
    """Return True if, by its tags, people walk on a way.

    Examples
    --------
    >>> is_walkable({"highway": "residential"}), is_walkable({"highway": "motorway"})
    (True, False)
    >>> is_walkable({"highway": "service", "access": "private"})
    False
    >>> is_walkable({"highway": "service", "access": "private", "foot": "permissive"})
    True
    """
    return not walking_obstacle(tags)


def walking_obstacle(tags: Tags) -> str:
    """Return why people do not walk on a way: ``class``, ``foot``, ``access``, ``motorroad``, ``tunnel``, or "".

    Examples
    --------
    >>> walking_obstacle({"highway": "service", "access": "private"}), walking_obstacle({"highway": "path"})
    ('access', '')
    """
    kind, foot = tags.get("highway"), _foot(tags)
    if foot in FOOT_ALLOWED:
        return "" if kind in WALKABLE or kind in WALKABLE_IF_ALLOWED else "class"
    if kind not in WALKABLE:
        return "class"
    if foot in FOOT_FORBIDDEN:
        return "foot"
    if tags.get("access") in ACCESS_FORBIDDEN:
        return "access"
    return _built_for_cars(tags)


def classify_walkability(tags: Tags) -> Walkability:
    """Return who walks on a way by its tags: everybody, only residents, or nobody.

    A way is private where nothing but ``foot=private`` or ``access=private`` stands against walking on it.

    Examples
    --------
    >>> [classify_walkability({"highway": "service", "access": access}) for access in ("yes", "private", "no")]
    ['everybody', 'private', 'nobody']
    >>> classify_walkability({"highway": "path", "access": "yes", "foot": "private"})
    'private'
    >>> classify_walkability({"highway": "service", "access": "private", "foot": "customers"})
    'everybody'
    """
    if is_private(tags):
        return "private"
    return "nobody" if walking_obstacle(tags) else "everybody"


def _built_for_cars(tags: Tags) -> str:
    """Return what is against walking on a way of a walkable class to which the public has access."""
    if tags.get("motorroad") == "yes":
        return "motorroad"
    return "tunnel" if tags.get("highway") == "service" and tags.get("tunnel") == "yes" else ""


def _foot(tags: Tags) -> str | None:
    """Return what `foot` states; of several values the first that allows or forbids."""
    foot = tags.get("foot")
    if foot is None or ";" not in foot:
        return foot
    values = [value.strip() for value in foot.split(";")]
    return next((value for value in values if value in FOOT_ALLOWED or value in FOOT_FORBIDDEN), foot)


def is_private(tags: Tags) -> bool:
    """Return True if residents of a compound walk on a way, and those who visit them, but nobody else.

    Examples
    --------
    >>> is_private({"highway": "service", "access": "private"}), is_private({"highway": "path", "foot": "private"})
    (True, True)
    >>> is_private({"highway": "service", "access": "no"}), is_private({"highway": "service"})
    (False, False)
    >>> is_private({"highway": "service", "access": "private", "tunnel": "yes"})
    False
    """
    return walking_obstacle(tags) in OBSTACLES_PRIVATE and not walking_obstacle(_WithoutPrivate(tags))


@dataclass(frozen=True, slots=True)
class _WithoutPrivate:
    """Tags as they would be if nothing were private."""

    tags: Tags

    def get(self, key: str, /) -> str | None:
        value = self.tags.get(key)
        return None if key in ("foot", "access") and value == PRIVATE else value


def opens_to_residents(tags: Tags) -> bool:
    """Return True if a closed barrier on a way is closed by being private alone.

    Examples
    --------
    >>> opens_to_residents({"barrier": "gate", "access": "private"})
    True
    >>> opens_to_residents({"barrier": "gate", "access": "private", "locked": "yes"})
    False
    """
    return not is_passable(tags) and is_passable(_WithoutPrivate(tags))


def is_passable(tags: Tags) -> bool:
    """Return True if, by its tags, people pass a barrier that stands on a way.

    Examples
    --------
    >>> is_passable({"barrier": "bollard"}), is_passable({"barrier": "gate"})
    (True, True)
    >>> is_passable({"barrier": "gate", "access": "private"}), is_passable({"barrier": "fence"})
    (False, False)
    >>> is_passable({"barrier": "gate", "access": "private", "foot": "yes"})
    True
    """
    foot = _foot(tags)
    if foot in FOOT_FORBIDDEN or foot in FOOT_ALLOWED:
        return foot in FOOT_ALLOWED
    return not (
        tags.get("locked") == "yes"
        or tags.get("access") in ACCESS_FORBIDDEN
        or _tag(tags, "opening_hours").strip().lower() in HOURS_CLOSED
        or tags.get("barrier") in BARRIERS_CLOSED
    )


def is_crossing(tags: Tags) -> bool:
    """Return True if a way is the part of a footway that leads across a carriageway (``footway=crossing``)."""
    kind = tags.get("highway")
    return kind in CROSSING_CLASSES and tags.get(kind) == "crossing"


def crossing_type(tags: Tags) -> str:
    """Return how a street is crossed, as `crossing` states it, or by the newer tags for signals and markings.

    Examples
    --------
    >>> crossing_type({"crossing": "zebra"}), crossing_type({"crossing:signals": "yes"})
    ('zebra', 'traffic_signals')
    >>> crossing_type({"highway": "traffic_signals"}), crossing_type({"highway": "crossing"})
    ('traffic_signals', '')
    """
    texts = _tag(tags, "crossing")
    if texts and texts not in ("yes", "no"):
        return texts
    signals, markings = _tag(tags, "crossing:signals"), _tag(tags, "crossing:markings")
    if signals not in ("", "no") or tags.get("highway") == "traffic_signals":
        return "traffic_signals"
    if markings:
        return "unmarked" if markings == "no" else "marked"
    return ""


def is_built(tags: Tags, key: str) -> bool:
    """Return True if a way is a `bridge` or a `tunnel`, of whatever sort."""
    return tags.get(key) not in NOT_BUILT


def structure(tags: Tags) -> str:
    """Return whether a way is a "bridge" or a "tunnel", else "": a passage through a building is on the ground.

    Examples
    --------
    >>> structure({"bridge": "viaduct"}), structure({"tunnel": "building_passage"}), structure({"tunnel": "yes"})
    ('bridge', '', 'tunnel')
    """
    if is_built(tags, "bridge"):
        return "bridge"
    return "tunnel" if is_built(tags, "tunnel") and tags.get("tunnel") != "building_passage" else ""


def _tag(tags: Tags, key: str) -> str:
    return tags.get(key) or ""
