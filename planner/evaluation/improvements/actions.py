"""Actions that may make a weak facility compliant, those on the facility itself, and the cheapest plan of them."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from planner.config.sections.rules import CostSettings
from planner.evaluation import COMPLIANT
from planner.evaluation.expressions import Comparison, evaluate_condition, indicators_in, list_predicates
from planner.evaluation.indicator_data import function_completeness
from planner.evaluation.indicators import derive_indicators, indicators_depending_on
from planner.evaluation.intervals import IndicatorRef, IndicatorValues, Interval, exact_interval
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
    """One action for a facility."""

    kind: str
    """One of `KINDS`; its title is ``measures.change_<kind>`` in the catalogue."""
    amount: float
    """m² (``add_area``, ``share``, ``open_station``), hours a week, functions, metres (``build_crossing``: length;
    ``move``: straight line), 1 for a gate or an entrance."""
    cost: float | None
    """In the study's unit of money; None where the cost table does not give it."""
    functions: tuple[str, ...] = ()
    """The functions to add, by id."""
    place: Point | None = None
    other: Point | None = None
    """`place`, `other`: Position, in the study's system, metres: the gate, the new site, the neighbour, one end of
    the crossing; None: the facility itself. The other end of the crossing."""
    about: str = ""
    name: str = ""
    """`about`, `name`: Id and name of the gate, or of the neighbouring facility; "" where there is none."""


@dataclass(frozen=True, slots=True)
class ImprovementPlan:
    """The cheapest actions that make a weak facility compliant."""

    facility: str
    """Its id."""
    actions: tuple[Action, ...]
    """One or two; none where nothing that was tried suffices."""
    cost: float | None
    """Total; None where not all costs are known."""
    rating: str
    """Of the facility then; ``weak`` where nothing suffices, ``undetermined`` where only unknowns remain."""
    remaining: tuple[str, ...]
    resolved: tuple[str, ...]
    """`remaining`, `resolved`: Rules of grade compliant that then still fail, or are unknown; those that fail
    today and no longer do."""
    tried: int
    """Number of actions and pairs tried."""


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


MAX_ADDED_M2 = 10_000
"""No facility is enlarged by more than this: beyond it another facility is the answer."""

HOURS_A_WEEK = 7 * 24
MAX_FUNCTIONS = 12
"""Of more missing functions than this only all together are tried."""


@dataclass(frozen=True, slots=True)
class FloorAreaIntervention(Intervention):
    """More floor area, in whole square metres; what is added is for residents' activities."""

    costs: CostSettings

    @property
    def affects(self) -> frozenset[str]:
        """Return the names of the indicators that it can change."""
        return indicators_depending_on("floor")

    @property
    def cheapest(self) -> tuple[str, float | None]:
        """Return its kind, and the cost of one square metre."""
        return "add_area", cost_of(self.costs.floor_area_per_m2, 1)

    def actions(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the least enlargements that turn a failing comparison into a passing one."""
        amounts = turning_points(facts, rule_set, with_floor_area, most=MAX_ADDED_M2)
        return [Action("add_area", amount, cost_of(self.costs.floor_area_per_m2, amount)) for amount in amounts]

    def apply(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the facility with more floor."""
        del rule_set
        return with_floor_area(facts, action.amount)


@dataclass(frozen=True, slots=True)
class HoursIntervention(Intervention):
    """Longer opening, in whole hours a week."""

    costs: CostSettings

    @property
    def affects(self) -> frozenset[str]:
        """Return the names of the indicators that it can change."""
        return frozenset({"open_hours_week"})

    @property
    def cheapest(self) -> tuple[str, float | None]:
        """Return its kind, and the cost of one hour a week."""
        return "extend_hours", cost_of(self.costs.hour_a_week, 1)

    def actions(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the least extensions that turn a failing comparison into a passing one."""
        hours = facts.values["open_hours_week"].value
        most = 0 if math.isnan(hours) else int(HOURS_A_WEEK - hours)
        amounts = turning_points(facts, rule_set, self._extend, most=most)
        return [Action("extend_hours", amount, cost_of(self.costs.hour_a_week, amount)) for amount in amounts]

    def apply(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the facility with longer hours."""
        del rule_set
        return self._extend(facts, action.amount)

    def _extend(self, facts: FacilityFacts, hours: float) -> FacilityFacts:
        return with_numbers(facts, open_hours_week=exact_interval(facts.values["open_hours_week"].value + hours))


@dataclass(frozen=True, slots=True)
class FunctionsIntervention(Intervention):
    """Functions of the rule set that the facility lacks."""

    costs: CostSettings

    @property
    def affects(self) -> frozenset[str]:
        """Return the names of the indicators that it can change."""
        return indicators_depending_on("functions")

    @property
    def cheapest(self) -> tuple[str, float | None]:
        """Return its kind, and the cost of one function."""
        return "add_functions", cost_of(self.costs.function, 1)

    def actions(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return every set of missing functions, the smaller first; none where the present ones are not known."""
        offered = facts.values.functions
        if offered is None or not is_required(rule_set, self.affects):
            return []
        missing = [function.id for function in rule_set.functions if function.id not in offered]
        counts = range(1, len(missing) + 1) if len(missing) <= MAX_FUNCTIONS else [len(missing)]
        return [
            Action("add_functions", count, cost_of(self.costs.function, count), chosen)
            for count in counts
            for chosen in itertools.combinations(missing, count)
        ]

    def apply(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the facility with more functions."""
        offered = (facts.values.functions or frozenset()) | frozenset(action.functions)
        missing, share = function_completeness([facts.tier], [offered], rule_set.functions)
        then = with_numbers(facts, functions_missing=missing.at(0), functions_share=share.at(0))
        return replace(then, values=IndicatorValues(then.values.numbers, offered))


@dataclass(frozen=True, slots=True)
class StepFreeIntervention(Intervention):
    """An entrance without a step."""

    costs: CostSettings

    @property
    def affects(self) -> frozenset[str]:
        """Return the names of the indicators that it can change."""
        return frozenset({"step_free"})

    @property
    def cheapest(self) -> tuple[str, float | None]:
        """Return its kind, and its cost."""
        return "step_free", self.costs.step_free

    def actions(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the one action, where the entrance is known to have a step."""
        has_step = facts.values["step_free"].high == 0
        helps = has_step and is_required(rule_set, self.affects)
        return [Action("step_free", 1, self.costs.step_free)] if helps else []

    def apply(self, facts: FacilityFacts, action: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the facility with a step-free entrance."""
        del action, rule_set
        return with_numbers(facts, step_free=exact_interval(1.0))


def with_floor_area(facts: FacilityFacts, added_m2: float) -> FacilityFacts:
    """Return a facility with more floor, all of it for residents' activities, or with less."""
    numbers = dict(facts.values.numbers)
    for name in ("floor_area_m2", "activity_area_m2"):
        area = numbers[IndicatorRef(name)]
        numbers[IndicatorRef(name)] = Interval(area.low + added_m2, area.high + added_m2)
    return replace(facts, values=IndicatorValues(derive_indicators(numbers), facts.values.functions))


def with_numbers(facts: FacilityFacts, **numbers: Interval) -> FacilityFacts:
    """Return a facility with other values of some indicators."""
    changed: Mapping[IndicatorRef, Interval] = {IndicatorRef(name): number for name, number in numbers.items()}
    return replace(facts, values=replace(facts.values, numbers={**facts.values.numbers, **changed}))


def turning_points(
    facts: FacilityFacts,
    rule_set: RuleSet,
    changed: Callable[[FacilityFacts, float], FacilityFacts],
    *,
    most: int,
) -> list[int]:
    """Return the least whole amounts at which a comparison that does not pass today would, rising.

    Every indicator that follows from one amount is monotonic in it, so that a comparison turns once.
    """
    if most < 1:
        return []
    points = set()
    for comparison in _comparisons(facts, rule_set):

        def passes(amount: int, comparison: Comparison = comparison) -> bool:
            return evaluate_condition(comparison, changed(facts, amount).values)[0] is True

        if not passes(0) and passes(most):
            fails, holds = 0, most
            while holds - fails > 1:
                half = (fails + holds) // 2
                fails, holds = (fails, half) if passes(half) else (half, holds)
            points.add(holds)
    return sorted(points)


def _comparisons(facts: FacilityFacts, rule_set: RuleSet) -> list[Comparison]:
    compared = [
        predicate
        for rule in rule_set.rules
        if rule.grade == COMPLIANT and facts.tier in rule.tiers
        for predicate in list_predicates(rule.condition)
        if isinstance(predicate, Comparison)
    ]
    return list(dict.fromkeys(compared))


def is_required(rule_set: RuleSet, names: frozenset[str]) -> bool:
    """Return True if a rule of grade compliant uses one of the indicators."""
    return any(
        ref.name in names
        for rule in rule_set.rules
        if rule.grade == COMPLIANT
        for ref in indicators_in(rule.condition)
    )
