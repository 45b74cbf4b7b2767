"""Changes of a centre itself: floor, hours, functions, an entrance without a step. No walk is measured again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.config.sections.rules import CostSettings
from planner.evaluation.expressions import (
    Comparison,
    IndicatorValues,
    Interval,
    evaluate,
    exactly,
    indicator_names,
    predicates,
)
from planner.evaluation.facility_indicators import PER_FLOOR_AREA, Column, completeness, per_floor_area
from planner.evaluation.improvements.actions import Action
from planner.evaluation.rating_names import COMPLIANT
from planner.evaluation.ratings import FacilityFacts
from planner.evaluation.rules import RuleSet

MOST_M2 = 10_000
"""No centre is enlarged by more than this: beyond it another centre is the answer."""

HOURS_A_WEEK = 7 * 24
MOST_FUNCTIONS = 12
"""Of more missing functions than this only all together are tried."""


@dataclass(frozen=True, slots=True)
class FloorAreaIntervention:
    """More floor area, in whole square metres; what is added is for residents' activities."""

    costs: CostSettings
    touches = frozenset({"floor_area_m2", "activity_area_m2", *PER_FLOOR_AREA})

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "add_area", of_price(self.costs.floor_area_per_m2, 1)

    def changes(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the least enlargements that turn a failing comparison into a passing one."""
        amounts = turning_points(facts, rule_set, enlarged, most=MOST_M2)
        return [Action("add_area", amount, of_price(self.costs.floor_area_per_m2, amount)) for amount in amounts]

    def after(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the centre with more floor."""
        del rule_set
        return enlarged(facts, change.amount)


@dataclass(frozen=True, slots=True)
class HoursIntervention:
    """Longer opening, in whole hours a week."""

    costs: CostSettings
    touches = frozenset({"open_hours_week"})

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "extend_hours", of_price(self.costs.hour_a_week, 1)

    def changes(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the least extensions that turn a failing comparison into a passing one."""
        hours = facts.values.numbers["open_hours_week"].value
        most = 0 if math.isnan(hours) else int(HOURS_A_WEEK - hours)
        amounts = turning_points(facts, rule_set, self._extended, most=most)
        return [Action("extend_hours", amount, of_price(self.costs.hour_a_week, amount)) for amount in amounts]

    def after(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the centre with longer hours."""
        del rule_set
        return self._extended(facts, change.amount)

    def _extended(self, facts: FacilityFacts, hours: float) -> FacilityFacts:
        numbers = dict(facts.values.numbers)
        numbers["open_hours_week"] = exactly(numbers["open_hours_week"].value + hours)
        return _with(facts, numbers)


@dataclass(frozen=True, slots=True)
class FunctionsIntervention:
    """Functions that the profile knows and the centre lacks."""

    costs: CostSettings
    touches = frozenset({"functions", "functions_share", "functions_missing"})

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "add_functions", of_price(self.costs.function, 1)

    def changes(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return every set of missing functions, the smaller first; none where the present ones are not known."""
        offered = facts.values.functions
        if offered is None or not asks_for(rule_set, {"functions", "functions_share", "functions_missing"}):
            return []
        missing = [one.id for one in rule_set.functions if one.id not in offered]
        counts = range(1, len(missing) + 1) if len(missing) <= MOST_FUNCTIONS else [len(missing)]
        return [
            Action("add_functions", count, of_price(self.costs.function, count), chosen)
            for count in counts
            for chosen in itertools.combinations(missing, count)
        ]

    def after(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the centre with more functions."""
        offered = (facts.values.functions or frozenset()) | frozenset(change.functions)
        counted = completeness([facts.tier], [offered], rule_set.functions)
        return replace(facts, values=IndicatorValues({**facts.values.numbers, **intervals_of(counted)}, offered))


@dataclass(frozen=True, slots=True)
class StepFreeIntervention:
    """An entrance without a step."""

    costs: CostSettings
    touches = frozenset({"step_free"})

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "step_free", self.costs.step_free

    def changes(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the one change, where the entrance is known to have a step."""
        has_step = facts.values.numbers["step_free"].high == 0
        return (
            [Action("step_free", 1, self.costs.step_free)]
            if has_step and asks_for(rule_set, {"step_free"})
            else []
        )

    def after(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the centre with a step-free entrance."""
        del change, rule_set
        return _with(facts, {**facts.values.numbers, "step_free": exactly(1.0)})


def enlarged(facts: FacilityFacts, added_m2: float) -> FacilityFacts:
    """Return a centre with more floor, all of it for residents' activities, or with less."""
    numbers = dict(facts.values.numbers)
    for name in ("floor_area_m2", "activity_area_m2"):
        numbers[name] = Interval(numbers[name].low + added_m2, numbers[name].high + added_m2)
    values = {name: np.array([span.value]) for name, span in numbers.items()}
    return _with(facts, numbers | intervals_of(per_floor_area(values)))


def intervals_of(columns: Mapping[str, Column], position: int = 0) -> dict[str, Interval]:
    """Return what columns say of one centre."""
    return {name: Interval(float(one.low[position]), float(one.high[position])) for name, one in columns.items()}


def turning_points(
    facts: FacilityFacts,
    rule_set: RuleSet,
    changed: Callable[[FacilityFacts, float], FacilityFacts],
    *,
    most: int,
) -> list[int]:
    """Return the least whole amounts at which a comparison that does not pass today would, rising.

    Every measure that follows from one amount rises or falls with it throughout, so that a comparison turns once.
    """
    if most < 1:
        return []
    points = set()
    for leaf in _comparisons(facts, rule_set):

        def passes(amount: int, leaf: Comparison = leaf) -> bool:
            return evaluate(leaf, changed(facts, amount).values)[0] is True

        if not passes(0) and passes(most):
            fails, holds = 0, most
            while holds - fails > 1:
                half = (fails + holds) // 2
                fails, holds = (fails, half) if passes(half) else (half, holds)
            points.add(holds)
    return sorted(points)


def _comparisons(facts: FacilityFacts, rule_set: RuleSet) -> list[Comparison]:
    found = [
        leaf
        for rule in rule_set.rules
        if rule.grade == COMPLIANT and facts.tier in rule.tiers
        for leaf in predicates(rule.test)
        if isinstance(leaf, Comparison)
    ]
    return list(dict.fromkeys(found))


def asks_for(rule_set: RuleSet, names: Collection[str]) -> bool:
    """Tell whether a rule of grade compliant speaks of one of the measures."""
    return any(set(names) & set(indicator_names(rule.test)) for rule in rule_set.rules if rule.grade == COMPLIANT)


def _with(facts: FacilityFacts, numbers: Mapping[str, Interval]) -> FacilityFacts:
    return replace(facts, values=IndicatorValues(numbers, facts.values.functions))


def of_price(price: float | None, amount: float) -> float | None:
    """Return what an amount costs; None where the price is not known."""
    return None if price is None else price * amount
