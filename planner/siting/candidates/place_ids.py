"""Ids of candidates that are bound to the place: the same square metre has the same id, whoever lives around it.

A letter for the source and six signs for the metre, as in ``K3F9Q2M``: short enough to be stated in a meeting,
without the letters I, L, O and U, which are taken for others. The metre can be read back from the id, so that
an id which is no candidate's any more still states where it was.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np

from planner.siting.candidates.candidate import Candidate

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
    far = [(metres_between(ident, one.x_m, one.y_m), one) for one in candidates]
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
    for one in candidates:
        ident, number = one.id, 1
        while ident in used:
            number += 1
            ident = one.id + _suffix(number)
        used.add(ident)
        idents.append(one if ident == one.id else replace(one, id=ident))
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
