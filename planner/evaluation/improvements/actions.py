"""Changes that may make a weak centre compliant, and the cheapest of them: what a programme of works reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

KINDS = (
    *("extend_hours", "add_functions", "step_free", "open_gate", "share", "add_area"),
    *("build_crossing", "open_station", "move"),
)
"""Every kind of change, from the one that touches least on; of changes without a price the earlier comes first."""

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Action:
    """One change for a centre.

    Attributes
    ----------
    kind
        One of `KINDS`; in words under ``measures.change_<kind>``.
    amount
        What there is of it: m² (``add_area``, ``share``, ``open_station``), hours a week, functions, metres
        (``build_crossing``: how long; ``move``: how far as the crow flies), 1 for a gate or an entrance.
    cost
        In the study's unit of money; None where the cost table does not tell.
    functions
        The functions to add, by id.
    place
        Where it is made, in the study's system, metres: the gate, the new site, the neighbour, one end of the
        crossing; None where it is the centre itself.
    other
        The other end of the crossing.
    about, name
        The id and the name of the gate, or of the neighbouring centre; "" where there is none.
    """

    kind: str
    amount: float
    cost: float | None
    functions: tuple[str, ...] = ()
    place: Place | None = None
    other: Place | None = None
    about: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ImprovementPlan:
    """The cheapest that helps a weak centre.

    Attributes
    ----------
    facility
        Its id.
    changes
        One or two; none where nothing that was tried suffices.
    cost
        Together; None where not all costs are known.
    verdict
        What the centre is then; ``weak`` where nothing suffices, ``undetermined`` where only unknowns are left.
    left
        The rules of grade compliant that still fail, or cannot be told.
    mended
        The rules of grade compliant that fail today and no longer do.
    tried
        How many changes and pairs were tried.
    """

    facility: str
    changes: tuple[Action, ...]
    cost: float | None
    verdict: str
    left: tuple[str, ...]
    mended: tuple[str, ...]
    tried: int


def price(changes: Sequence[Action]) -> tuple[int, float, int, tuple[int, ...], float]:
    """Return what changes are ordered by: without a price last, then by cost, then by how little they touch."""
    unknown = sum(change.cost is None for change in changes)
    cost = cost_of(changes)
    rank = tuple(sorted(KINDS.index(change.kind) for change in changes)) if unknown else ()
    return unknown, math.inf if cost is None else cost, len(changes), rank, sum(one.amount for one in changes)


def cost_of(changes: Sequence[Action]) -> float | None:
    """Return what changes cost together; None where a price is missing."""
    known = [change.cost for change in changes if change.cost is not None]
    return math.fsum(known) if len(known) == len(changes) else None
