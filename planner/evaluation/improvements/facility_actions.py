"""Changes of a centre itself: floor, hours, functions, an entrance without a step. No walk is measured again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.config.sections.rules import Costs
from planner.evaluation.expressions import Comparison, Facts, Span, answer, exactly, leaves, names_of
from planner.evaluation.facility_indicators import PER_FLOOR_AREA, Column, completeness, per_floor_area
from planner.evaluation.improvements.actions import Change
from planner.evaluation.rating_names import COMPLIANT
from planner.evaluation.ratings import Subject
from planner.evaluation.rules import Profile

MOST_M2 = 10_000
"""No centre is enlarged by more than this: beyond it another centre is the answer."""

HOURS_A_WEEK = 7 * 24
MOST_FUNCTIONS = 12
"""Of more missing functions than this only all together are tried."""


@dataclass(frozen=True, slots=True)
class AreaLever:
    """More floor area, in whole square metres; what is added is for residents' activities."""

    costs: Costs
    touches = frozenset({"floor_area_m2", "activity_area_m2", *PER_FLOOR_AREA})

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "add_area", of_price(self.costs.floor_area_per_m2, 1)

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the least enlargements that turn a failing comparison into a passing one."""
        amounts = turning_points(subject, profile, enlarged, most=MOST_M2)
        return [Change("add_area", amount, of_price(self.costs.floor_area_per_m2, amount)) for amount in amounts]

    def after(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre with more floor."""
        del profile
        return enlarged(subject, change.amount)


@dataclass(frozen=True, slots=True)
class HoursLever:
    """Longer opening, in whole hours a week."""

    costs: Costs
    touches = frozenset({"open_hours_week"})

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "extend_hours", of_price(self.costs.hour_a_week, 1)

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the least extensions that turn a failing comparison into a passing one."""
        hours = subject.facts.numbers["open_hours_week"].value
        most = 0 if math.isnan(hours) else int(HOURS_A_WEEK - hours)
        amounts = turning_points(subject, profile, self._extended, most=most)
        return [Change("extend_hours", amount, of_price(self.costs.hour_a_week, amount)) for amount in amounts]

    def after(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre with longer hours."""
        del profile
        return self._extended(subject, change.amount)

    def _extended(self, subject: Subject, hours: float) -> Subject:
        numbers = dict(subject.facts.numbers)
        numbers["open_hours_week"] = exactly(numbers["open_hours_week"].value + hours)
        return _with(subject, numbers)


@dataclass(frozen=True, slots=True)
class FunctionsLever:
    """Functions that the profile knows and the centre lacks."""

    costs: Costs
    touches = frozenset({"functions", "functions_share", "functions_missing"})

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "add_functions", of_price(self.costs.function, 1)

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return every set of missing functions, the smaller first; none where the present ones are not known."""
        offered = subject.facts.functions
        if offered is None or not asks_for(profile, {"functions", "functions_share", "functions_missing"}):
            return []
        missing = [one.id for one in profile.functions if one.id not in offered]
        counts = range(1, len(missing) + 1) if len(missing) <= MOST_FUNCTIONS else [len(missing)]
        return [
            Change("add_functions", count, of_price(self.costs.function, count), chosen)
            for count in counts
            for chosen in itertools.combinations(missing, count)
        ]

    def after(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre with more functions."""
        offered = (subject.facts.functions or frozenset()) | frozenset(change.functions)
        counted = completeness([subject.tier], [offered], profile.functions)
        return replace(subject, facts=Facts({**subject.facts.numbers, **spans_of(counted)}, offered))


@dataclass(frozen=True, slots=True)
class StepFreeLever:
    """An entrance without a step."""

    costs: Costs
    touches = frozenset({"step_free"})

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        return "step_free", self.costs.step_free

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the one change, where the entrance is known to have a step."""
        has_step = subject.facts.numbers["step_free"].high == 0
        return (
            [Change("step_free", 1, self.costs.step_free)] if has_step and asks_for(profile, {"step_free"}) else []
        )

    def after(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre with a step-free entrance."""
        del change, profile
        return _with(subject, {**subject.facts.numbers, "step_free": exactly(1.0)})


def enlarged(subject: Subject, added_m2: float) -> Subject:
    """Return a centre with more floor, all of it for residents' activities, or with less."""
    numbers = dict(subject.facts.numbers)
    for name in ("floor_area_m2", "activity_area_m2"):
        numbers[name] = Span(numbers[name].low + added_m2, numbers[name].high + added_m2)
    values = {name: np.array([span.value]) for name, span in numbers.items()}
    return _with(subject, numbers | spans_of(per_floor_area(values)))


def spans_of(columns: Mapping[str, Column], position: int = 0) -> dict[str, Span]:
    """Return what columns say of one centre."""
    return {name: Span(float(one.low[position]), float(one.high[position])) for name, one in columns.items()}


def turning_points(
    subject: Subject,
    profile: Profile,
    changed: Callable[[Subject, float], Subject],
    *,
    most: int,
) -> list[int]:
    """Return the least whole amounts at which a comparison that does not pass today would, rising.

    Every measure that follows from one amount rises or falls with it throughout, so that a comparison turns once.
    """
    if most < 1:
        return []
    points = set()
    for leaf in _comparisons(subject, profile):

        def passes(amount: int, leaf: Comparison = leaf) -> bool:
            return answer(leaf, changed(subject, amount).facts)[0] is True

        if not passes(0) and passes(most):
            fails, holds = 0, most
            while holds - fails > 1:
                half = (fails + holds) // 2
                fails, holds = (fails, half) if passes(half) else (half, holds)
            points.add(holds)
    return sorted(points)


def _comparisons(subject: Subject, profile: Profile) -> list[Comparison]:
    found = [
        leaf
        for rule in profile.rules
        if rule.grade == COMPLIANT and subject.tier in rule.tiers
        for leaf in leaves(rule.test)
        if isinstance(leaf, Comparison)
    ]
    return list(dict.fromkeys(found))


def asks_for(profile: Profile, names: Collection[str]) -> bool:
    """Tell whether a rule of grade compliant speaks of one of the measures."""
    return any(set(names) & set(names_of(rule.test)) for rule in profile.rules if rule.grade == COMPLIANT)


def _with(subject: Subject, numbers: Mapping[str, Span]) -> Subject:
    return replace(subject, facts=Facts(numbers, subject.facts.functions))


def of_price(price: float | None, amount: float) -> float | None:
    """Return what an amount costs; None where the price is not known."""
    return None if price is None else price * amount
