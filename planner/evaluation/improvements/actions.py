"""Actions that may make a weak facility compliant, and the cheapest plan of them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from planner.evaluation.ratings import FacilityFacts
from planner.evaluation.rules import RuleSet

KINDS = (
    *("extend_hours", "add_functions", "step_free", "open_gate", "share", "add_area"),
    *("build_crossing", "open_station", "move"),
)
"""Every kind of action, the least intrusive first: of actions without a price the earlier comes first."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Action:
    """One action for a facility.

    Attributes
    ----------
    kind
        One of `KINDS`; its title is ``measures.change_<kind>`` in the catalogue.
    amount
        m² (``add_area``, ``share``, ``open_station``), hours a week, functions, metres (``build_crossing``:
        length; ``move``: straight line), 1 for a gate or an entrance.
    cost
        In the study's unit of money; None where the cost table does not give it.
    functions
        The functions to add, by id.
    place, other
        Position, in the study's system, metres: the gate, the new site, the neighbour, one end of the crossing;
        None: the facility itself. The other end of the crossing.
    about, name
        Id and name of the gate, or of the neighbouring facility; "" where there is none.
    """

    kind: str
    amount: float
    cost: float | None
    functions: tuple[str, ...] = ()
    place: Point | None = None
    other: Point | None = None
    about: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ImprovementPlan:
    """The cheapest actions that make a weak facility compliant.

    Attributes
    ----------
    facility
        Its id.
    actions
        One or two; none where nothing that was tried suffices.
    cost
        Total; None where not all costs are known.
    rating
        Of the facility then; ``weak`` where nothing suffices, ``undetermined`` where only unknowns remain.
    remaining, resolved
        Rules of grade compliant that then still fail, or are unknown; those that fail today and no longer do.
    tried
        Number of actions and pairs tried.
    """

    facility: str
    actions: tuple[Action, ...]
    cost: float | None
    rating: str
    remaining: tuple[str, ...]
    resolved: tuple[str, ...]
    tried: int


class Intervention(ABC):
    """One kind of action: what it costs at least, what it affects, and a facility's indicators after it."""

    __slots__ = ()

    @property
    @abstractmethod
    def affects(self) -> frozenset[str]:
        """Return the names of the indicators that it can change."""

    @property
    @abstractmethod
    def cheapest(self) -> tuple[str, float | None]:
        """Return its kind, and the least cost of an action of that kind; None where no price is known."""

    @abstractmethod
    def actions(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the actions worth trying on a facility."""

    @abstractmethod
    def apply(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the facility after an action of this kind."""


def order_key(actions: Sequence[Action]) -> tuple[int, float, int, tuple[int, ...], float]:
    """Return what actions are ordered by: unpriced last, then cost, number, intrusiveness, amount."""
    unknown = sum(action.cost is None for action in actions)
    cost = total_cost(actions)
    rank = tuple(sorted(KINDS.index(action.kind) for action in actions)) if unknown else ()
    return unknown, math.inf if cost is None else cost, len(actions), rank, sum(one.amount for one in actions)


def total_cost(actions: Sequence[Action]) -> float | None:
    """Return the total cost of actions; None where a price is missing."""
    costs = [action.cost for action in actions if action.cost is not None]
    return math.fsum(costs) if len(costs) == len(actions) else None


def cost_of(price: float | None, amount: float) -> float | None:
    """Return the cost of an amount; None where the price is not known."""
    return None if price is None else price * amount
