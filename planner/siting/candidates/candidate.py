"""A candidate: where a station might open, where the idea comes from, what it costs; and one that was left out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pyproj

from planner.network.walk import FloatArray

Source = Literal["clusters", "density", "business_areas", "parcels", "streets", "named", "keep", "move", "merge"]
Reason = Literal[
    "in_water", "on_barrier", "outside", "too_near", "no_street", "behind_barrier", "too_small", "no_cost"
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where a station might open."""

    id: str
    """Unique among all candidates."""
    source: Source
    """Where the idea comes from. ``"keep"``, ``"move"`` and ``"merge"`` are the options of free centres."""
    x_m: float
    y_m: float
    """`x_m`, `y_m`: The place in the study's system, metres, to the centimetre."""
    cost: float | None = None
    """In the study's unit of money; None where not known."""
    name: str = ""
    """What users read, where it has a name."""
    area_m2: float | None = None
    """Floor area; None where not known."""
    tenure: str = ""
    """``"owned"``, ``"rentable"``, ``"shared"`` or empty."""
    centres: tuple[str, ...] = ()
    """Ids of the existing centres that it keeps, moves or merges."""
    clusters: int = 0
    people: float = 0.0
    moved_m: float = 0.0
    """`clusters`, `people`, `moved_m`: Of one from clusters or circles: how many clusters were requested, people
    of its own one, and how far it was moved to the street, metres."""

    @property
    def stays(self) -> bool:
        """Whether it is a centre as it is."""
        return self.source == "keep"


@dataclass(frozen=True, slots=True)
class ExcludedCandidate:
    """A candidate that cannot be chosen, and why."""

    candidate: Candidate
    """Which."""
    reason: Reason
    """A key: `words.excluded_<reason>` states it."""
    detail: str = ""
    """Which centre it is too near to, or which figure decided; empty where the reason states all."""


def candidate_xy(candidates: Sequence[Candidate]) -> FloatArray:
    """Return where candidates are, shape (candidates, 2), metres.

    Examples
    --------
    >>> candidate_xy([Candidate("a", "streets", 1.0, 2.0)]).tolist()
    [[1.0, 2.0]]
    """
    return np.array([(candidate.x_m, candidate.y_m) for candidate in candidates], dtype=np.float64).reshape(-1, 2)


def candidate_table(candidates: Sequence[Candidate], crs: pyproj.CRS | None) -> gpd.GeoDataFrame:
    """Return candidates as a layer: one row each, what is not known NaN."""
    return gpd.GeoDataFrame(
        {
            "id": [candidate.id for candidate in candidates],
            "source": [one.source for one in candidates],
            "name": [one.name for one in candidates],
            "clusters": np.array([one.clusters for one in candidates], dtype=np.int64),
            "people": np.array([one.people for one in candidates], dtype=np.float64),
            "moved_m": np.array([one.moved_m for one in candidates], dtype=np.float64),
            "cost": _numbers(one.cost for one in candidates),
            "area_m2": _numbers(one.area_m2 for one in candidates),
            "tenure": [one.tenure for one in candidates],
            "centres": [", ".join(one.centres) for one in candidates],
        },
        geometry=gpd.points_from_xy(*candidate_xy(candidates).T),
        crs=crs,
    )


def excluded_table(excluded: Sequence[ExcludedCandidate], crs: pyproj.CRS | None) -> gpd.GeoDataFrame:
    """Return what was left out as a layer: the candidates' columns, reason, detail."""
    table = candidate_table([exclusion.candidate for exclusion in excluded], crs)
    reasons, details = [one.reason for one in excluded], [one.detail for one in excluded]
    return gpd.GeoDataFrame(table.assign(reason=reasons, detail=details))


def _numbers(numbers: Iterable[float | None]) -> FloatArray:
    return np.array([np.nan if number is None else number for number in numbers], dtype=np.float64)


SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ONE_PLACE = re.compile(rf"^([A-Z])([{SIGNS}]{{6}})([a-z]*)$")
BITS = 15
"""Of each coordinate: ids repeat every 32,768 m, which is wider than a district."""

WHOLE = 2 * BITS
FACTOR = 0x2C1B3C6D
"""An odd number that mixes the bits, so that neighbours have ids that cannot be taken for each other."""

BACK = pow(FACTOR, -1, 1 << WHOLE)


def place_id(letter: str, x_m: float, y_m: float) -> str:
    """Return the id of the square metre in which a place lies.

    Examples
    --------
    >>> place_id("K", 500200.0, 4390200.0) == place_id("K", 500200.99, 4390200.5)
    True
    >>> place_id("K", 500201.0, 4390200.0) == place_id("K", 500200.0, 4390200.0)
    False
    """
    x, y = (int(np.floor(metres)) % (1 << BITS) for metres in (x_m, y_m))
    mixed = _mixed(x << BITS | y, FACTOR)
    return letter + "".join(SIGNS[mixed >> shift & 31] for shift in range(WHOLE - 5, -1, -5))


def metres_between(ident: str, x_m: float, y_m: float) -> float | None:
    """Return how far a place is from the square metre that an id is bound to; None where the id is bound to none.

    Examples
    --------
    >>> metres_between(place_id("S", 1000.0, 50.0), 1030.5, 90.5)
    50.0
    """
    id_match = ONE_PLACE.match(ident)
    if id_match is None:
        return None
    mixed = 0
    for sign in id_match[2]:
        mixed = mixed << 5 | SIGNS.index(sign)
    both = _mixed(mixed, BACK)
    x, y = both >> BITS, both & ((1 << BITS) - 1)
    return float(np.hypot(_around(x_m - 0.5 - x), _around(y_m - 0.5 - y)))


def nearest_candidate(ident: str, candidates: Iterable[Candidate]) -> tuple[Candidate, float] | None:
    """Return the candidate nearest to the place of an id, and its metres from it."""
    far = [(metres_between(ident, candidate.x_m, candidate.y_m), candidate) for candidate in candidates]
    at_distance = [(metres, one) for metres, one in far if metres is not None]
    if not at_distance:
        return None
    metres, one = min(at_distance, key=lambda pair: (pair[0], pair[1].id))
    return one, metres


def make_ids_unique(candidates: Sequence[Candidate], taken: Collection[str] = ()) -> list[Candidate]:
    """Return candidates with ids of their own: of several in one square metre the second is called b, and so on.

    Examples
    --------
    >>> [one.id for one in make_ids_unique([Candidate("K1", "clusters", 0, 0), Candidate("K1", "clusters", 0, 0)])]
    ['K1', 'K1b']
    """
    used, idents = set(taken), []
    for candidate in candidates:
        ident, number = candidate.id, 1
        while ident in used:
            number += 1
            ident = candidate.id + _suffix(number)
        used.add(ident)
        idents.append(candidate if ident == candidate.id else replace(candidate, id=ident))
    return idents


def _suffix(number: int) -> str:
    """Return b for the second, c for the third, and z and more after the letters are used up."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[number - 1] if number <= len(letters) else "z" + _suffix(number - len(letters) + 1)


def _around(metres: float) -> float:
    half = 1 << BITS - 1
    return (metres + half) % (1 << BITS) - half


def _mixed(number: int, factor: int) -> int:
    """Mix bits by a product, a shift and a product; the inverse of the factor turns it back."""
    mask = (1 << WHOLE) - 1
    number = number * factor & mask
    number ^= number >> BITS
    return number * factor & mask
