"""What would make a weak centre compliant: the cheapest single change, else the cheapest pair.

A lever is one kind of change. It proposes changes to a centre and says what the centre is like after each; the
search knows nothing of what a change is. The levers here change the centre itself and need no walk to be measured
again. One that changes the streets (a gate, a crossing) or the place of a centre fits the same protocol: its
`after` walks again on the changed network and returns the centre as `diagnosis.subjects_of` then sees it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd

from planner.assessment.diagnosis import Diagnosis
from planner.assessment.expressions import Comparison, Facts, Span, answer, exactly, leaves, names_of
from planner.assessment.measures import completeness, per_floor_area
from planner.assessment.rules import Profile
from planner.assessment.verdicts import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK, Subject, judge, verdict_of
from planner.study import Costs

MOST_M2 = 10_000
"""No centre is enlarged by more than this: beyond it another centre is the answer."""

HOURS_A_WEEK = 7 * 24
MOST_FUNCTIONS = 12
"""Of more missing functions than this only all together are tried."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a centre.

    Attributes
    ----------
    kind
        ``add_area``, ``extend_hours``, ``add_functions``, ``step_free``; in words under ``report.change_<kind>``.
    amount
        m² or hours a week, at least 1; how many functions; 1.
    cost
        In the study's unit of money; None where the cost table does not tell.
    functions
        The functions to add, by id.
    """

    kind: str
    amount: float
    cost: float | None
    functions: tuple[str, ...] = ()


class Lever(Protocol):
    """One kind of change."""

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the changes worth trying on a centre."""
        ...

    def after(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre as it is after a change of this kind."""
        ...


@dataclass(frozen=True, slots=True)
class Remedy:
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
    tried
        How many changes and pairs were tried.
    """

    facility: str
    changes: tuple[Change, ...]
    cost: float | None
    verdict: str
    left: tuple[str, ...]
    tried: int


def find_remedies(diagnosis: Diagnosis, costs: Costs) -> tuple[Remedy, ...]:
    """Find for each weak centre the cheapest single change that makes it compliant, else the cheapest pair.

    Parameters
    ----------
    diagnosis
        What the rules find.
    costs
        The study's cost table.

    Returns
    -------
    remedies
        One for each weak centre, in the order of the centres.
    """
    levers = (AreaLever(costs), HoursLever(costs), FunctionsLever(costs), StepFreeLever(costs))
    weak = diagnosis.centres["verdict"] == WEAK
    subjects = [subject for subject, is_weak in zip(diagnosis.subjects, weak, strict=True) if is_weak]
    return tuple(cheapest(subject, diagnosis.profile, levers) for subject in subjects)


def cheapest(subject: Subject, profile: Profile, levers: Sequence[Lever]) -> Remedy:
    """Search all single changes, then all pairs of different levers, for the cheapest that helps a weak centre.

    Changes whose cost is known come before those whose is not; of equal ones the smaller, then the first lever's.
    A change that leads to compliance comes before one that leaves only what is not known, and a single change
    before a pair.
    """
    proposed = [[(lever, change) for change in lever.changes(subject, profile)] for lever in levers]
    singles = [(one,) for of_lever in proposed for one in of_lever]
    pairs = [pair for one, other in itertools.combinations(proposed, 2) for pair in itertools.product(one, other)]
    tried = 0
    for wanted in ((COMPLIANT, EXCELLENT), (COMPLIANT, EXCELLENT, UNDETERMINED)):
        for steps in (*sorted(singles, key=_price), *sorted(pairs, key=_price)):
            tried += 1
            then = subject
            for lever, change in steps:
                then = lever.after(then, change, profile)
            findings = judge(then, profile)
            verdict = verdict_of(findings, profile)
            if verdict in wanted:
                changes = tuple(change for _, change in steps)
                left = tuple(one.rule for one in findings if one.grade == COMPLIANT and one.passed is not True)
                return Remedy(subject.id, changes, _cost(changes), verdict, left, tried)
    left = tuple(one.rule for one in judge(subject, profile) if one.grade == COMPLIANT and one.passed is not True)
    return Remedy(subject.id, (), None, WEAK, left, len(singles) + len(pairs))


def remedies_table(remedies: Iterable[Remedy]) -> pd.DataFrame:
    """Return remedies as a table, one row a change: facility, change, amount, functions, cost, verdict_then."""
    rows = [
        (one.facility, change.kind, change.amount, ", ".join(change.functions), change.cost, one.verdict)
        for one in remedies
        for change in one.changes
    ]
    columns = ["facility", "change", "amount", "functions", "cost", "verdict_then"]
    return pd.DataFrame(rows, columns=columns).astype({"amount": float, "cost": float})


def _price(steps: Sequence[tuple[Lever, Change]]) -> tuple[int, float, int, float]:
    changes = [change for _, change in steps]
    cost = _cost(changes)
    unknown = sum(change.cost is None for change in changes)
    return unknown, math.inf if cost is None else cost, len(changes), sum(change.amount for change in changes)


def _cost(changes: Sequence[Change]) -> float | None:
    known = [change.cost for change in changes if change.cost is not None]
    return math.fsum(known) if len(known) == len(changes) else None


@dataclass(frozen=True, slots=True)
class AreaLever:
    """More floor area, in whole square metres; what is added is for residents' activities."""

    costs: Costs

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the least enlargements that turn a failing comparison into a passing one."""
        amounts = _turning_points(subject, profile, self._enlarged, most=MOST_M2)
        return [Change("add_area", amount, _of(self.costs.floor_area_per_m2, amount)) for amount in amounts]

    def after(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre with more floor."""
        del profile
        return self._enlarged(subject, change.amount)

    def _enlarged(self, subject: Subject, added_m2: float) -> Subject:
        numbers = dict(subject.facts.numbers)
        for name in ("floor_area_m2", "activity_area_m2"):
            numbers[name] = Span(numbers[name].low + added_m2, numbers[name].high + added_m2)
        values = {name: np.array([span.value]) for name, span in numbers.items()}
        derived = per_floor_area(values)
        numbers |= {name: Span(float(column.low[0]), float(column.high[0])) for name, column in derived.items()}
        return _with(subject, numbers)


@dataclass(frozen=True, slots=True)
class HoursLever:
    """Longer opening, in whole hours a week."""

    costs: Costs

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the least extensions that turn a failing comparison into a passing one."""
        hours = subject.facts.numbers["open_hours_week"].value
        most = 0 if math.isnan(hours) else int(HOURS_A_WEEK - hours)
        amounts = _turning_points(subject, profile, self._extended, most=most)
        return [Change("extend_hours", amount, _of(self.costs.hour_a_week, amount)) for amount in amounts]

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

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return every set of missing functions, the smaller first; none where the present ones are not known."""
        offered = subject.facts.functions
        if offered is None or not _asked(profile, {"functions", "functions_share", "functions_missing"}):
            return []
        missing = [one.id for one in profile.functions if one.id not in offered]
        counts = range(1, len(missing) + 1) if len(missing) <= MOST_FUNCTIONS else [len(missing)]
        return [
            Change("add_functions", count, _of(self.costs.function, count), chosen)
            for count in counts
            for chosen in itertools.combinations(missing, count)
        ]

    def after(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre with more functions."""
        offered = (subject.facts.functions or frozenset()) | frozenset(change.functions)
        counted = completeness([subject.tier], [offered], profile.functions)
        numbers = {name: Span(float(column.low[0]), float(column.high[0])) for name, column in counted.items()}
        return replace(subject, facts=Facts({**subject.facts.numbers, **numbers}, offered))


@dataclass(frozen=True, slots=True)
class StepFreeLever:
    """An entrance without a step."""

    costs: Costs

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the one change, where the entrance is known to have a step."""
        has_step = subject.facts.numbers["step_free"].high == 0
        return (
            [Change("step_free", 1, self.costs.step_free)] if has_step and _asked(profile, {"step_free"}) else []
        )

    def after(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre with a step-free entrance."""
        del change, profile
        return _with(subject, {**subject.facts.numbers, "step_free": exactly(1.0)})


def _turning_points(
    subject: Subject, profile: Profile, changed: Callable[[Subject, float], Subject], *, most: int
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


def _asked(profile: Profile, names: set[str]) -> bool:
    return any(names & set(names_of(rule.test)) for rule in profile.rules if rule.grade == COMPLIANT)


def _with(subject: Subject, numbers: Mapping[str, Span]) -> Subject:
    return replace(subject, facts=Facts(numbers, subject.facts.functions))


def _of(price: float | None, amount: float) -> float | None:
    return None if price is None else price * amount
