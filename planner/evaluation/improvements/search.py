"""What would make a weak centre compliant: the cheapest single change, else the cheapest pair.

A lever is one kind of change. It proposes changes for a centre and says what the centre is like after each; the
search knows nothing of what a change is. `centre_levers` change the centre itself; `place_levers` change streets
and places, and walk again.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.config.sections.rules import Costs
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.expressions import Joined, names_of
from planner.evaluation.improvements.actions import Change, Remedy, cost_of, price
from planner.evaluation.improvements.context import Ground
from planner.evaluation.improvements.facility_actions import AreaLever, FunctionsLever, HoursLever, StepFreeLever
from planner.evaluation.improvements.place_actions import place_levers
from planner.evaluation.indicators import find_measure
from planner.evaluation.rating_names import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK
from planner.evaluation.ratings import Subject, judge, verdict_of
from planner.evaluation.rules import Profile

__all__ = ["Change", "Remedy", "cheapest", "find_remedies", "remedies_table"]


class Lever(Protocol):
    """One kind of change.

    Attributes
    ----------
    touches
        The measures that it can change, those by limit without their limit.
    least
        Its kind, and what a change of that kind costs at least; None where no price is known.
    """

    @property
    def touches(self) -> frozenset[str]:
        """Return the measures that it can change."""
        ...

    @property
    def least(self) -> tuple[str, float | None]:
        """Return its kind, and what a change of that kind costs at least."""
        ...

    def changes(self, subject: Subject, profile: Profile) -> Sequence[Change]:
        """Return the changes worth trying on a centre."""
        ...

    def after(self, subject: Subject, change: Change, profile: Profile) -> Subject:
        """Return the centre as it is after a change of this kind."""
        ...


Step = tuple[Lever, Change]


def find_remedies(diagnosis: Diagnosis, costs: Costs, ground: Ground | None = None) -> tuple[Remedy, ...]:
    """Find for each weak centre the cheapest single change that makes it compliant, else the cheapest pair.

    Parameters
    ----------
    diagnosis
        What the rules find.
    costs
        The study's cost table.
    ground
        Streets and places to try changes on; None: only the centres themselves are changed.

    Returns
    -------
    remedies
        One for each weak centre, in the order of the centres.
    """
    own = (AreaLever(costs), HoursLever(costs), FunctionsLever(costs), StepFreeLever(costs))
    remedies = []
    for position in np.flatnonzero(diagnosis.centres["verdict"] == WEAK).tolist():
        further = () if ground is None else place_levers(ground, diagnosis, position, costs)
        remedies.append(cheapest(diagnosis.subjects[position], diagnosis.profile, own, further))
    return tuple(remedies)


def cheapest(subject: Subject, profile: Profile, own: Sequence[Lever], further: Sequence[Lever] = ()) -> Remedy:
    """Search all single changes, then pairs, for the cheapest that helps a weak centre.

    A pair is two different changes of the centre itself, or one of streets and places with one of the centre
    itself that suits what the centre is like then. Changes whose cost is known come before those whose is not; of
    equal ones the smaller. A change that leads to compliance comes before one that leaves only what is not known,
    and a single change before a pair. What cannot touch every rule that fails is not tried.
    """
    search = _Search(subject, profile)
    helpful = [one for one in (*own, *further) if search.may_mend(one)]
    found = search.cheapest(_Waiting(helpful, subject, profile))
    if found is None or search.is_open(found[1]):
        proposed = [*_own_pairs(search, own), *_mixed_pairs(search, own, further)]
        pairs = search.cheapest(sorted(proposed, key=lambda steps: price([change for _, change in steps])))
        found = pairs if found is None or (pairs and not search.is_open(pairs[1])) else found
    if found is None:
        left = search.failing
        return Remedy(subject.id, (), None, WEAK, left, (), search.tried)
    steps, then = found
    findings = judge(then, profile)
    changes = tuple(change for _, change in steps)
    left = tuple(one.rule for one in findings if one.grade == COMPLIANT and one.passed is not True)
    mended = tuple(rule for rule in search.failing if rule not in left)
    verdict = verdict_of(findings, profile)
    return Remedy(subject.id, changes, cost_of(changes), verdict, left, mended, search.tried)


@dataclass(slots=True)
class _Search:
    """One centre's search, and how much was tried."""

    subject: Subject
    profile: Profile
    tried: int = 0

    @property
    def failing(self) -> tuple[str, ...]:
        """Return the rules of grade compliant that are not passed today."""
        found = judge(self.subject, self.profile)
        return tuple(one.rule for one in found if one.grade == COMPLIANT and one.passed is not True)

    def may_mend(self, *levers: Lever) -> bool:
        """Tell whether levers together touch a measure of every rule that fails."""
        touched = frozenset().union(*(lever.touches for lever in levers))
        tests = {rule.id: rule.test for rule in self.profile.rules}
        return all(
            touched & {_stem(name) for name in names_of(tests[finding.rule])}
            for finding in judge(self.subject, self.profile)
            if finding.grade == COMPLIANT and finding.passed is False
        )

    def is_open(self, then: Subject) -> bool:
        """Tell whether a rule that cannot be told might still be passed in another way than the unknown one."""
        tests = {rule.id: rule.test for rule in self.profile.rules}
        return any(
            one.passed is None and isinstance(tests[one.rule], Joined)
            for one in judge(then, self.profile)
            if one.grade == COMPLIANT
        )

    def cheapest(self, in_order: Iterable[tuple[Step, ...]]) -> tuple[tuple[Step, ...], Subject] | None:
        """Return the first of the proposed steps that helps, and the centre as it is then."""
        perhaps = None
        for steps in in_order:
            self.tried += 1
            then = self.subject
            for lever, change in steps:
                then = lever.after(then, change, self.profile)
            verdict = verdict_of(judge(then, self.profile), self.profile)
            if verdict in (COMPLIANT, EXCELLENT):
                return steps, then
            if verdict == UNDETERMINED and perhaps is None:
                perhaps = steps, then
        return perhaps


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Single changes from the cheapest on; no lever is asked for its changes before one of them may be next."""

    levers: Sequence[Lever]
    subject: Subject
    profile: Profile

    def __iter__(self) -> Iterator[tuple[Step, ...]]:
        """Yield the changes in order."""
        heap: list[tuple[tuple[object, ...], int, Lever, Change | None]] = []
        for number, lever in enumerate(self.levers):
            kind, cost = lever.least
            heapq.heappush(heap, (price([Change(kind, 0, cost)]), number, lever, None))
        count = len(heap)
        while heap:
            _, _, lever, change = heapq.heappop(heap)
            if change is not None:
                yield ((lever, change),)
                continue
            for one in lever.changes(self.subject, self.profile):
                heapq.heappush(heap, (price([one]), count, lever, one))
                count += 1


def _own_pairs(search: _Search, own: Sequence[Lever]) -> Iterator[tuple[Step, Step]]:
    for one, other in itertools.combinations(own, 2):
        if search.may_mend(one, other):
            changes = (lever.changes(search.subject, search.profile) for lever in (one, other))
            yield from (((one, first), (other, second)) for first, second in itertools.product(*changes))


def _mixed_pairs(search: _Search, own: Sequence[Lever], further: Sequence[Lever]) -> Iterator[tuple[Step, Step]]:
    for outer in further:
        inner = [lever for lever in own if search.may_mend(outer, lever)]
        for change in outer.changes(search.subject, search.profile) if inner else ():
            then = outer.after(search.subject, change, search.profile)
            for lever in inner:
                yield from (((outer, change), (lever, one)) for one in lever.changes(then, search.profile))


def _stem(name: str) -> str:
    """Return a measure's name without its limit."""
    measure = find_measure(name)
    return measure.name if measure else name


def remedies_table(remedies: Iterable[Remedy], crs: object = None) -> gpd.GeoDataFrame:
    """Return remedies as a table, one row a change: what `Change` has, the centre, its verdict then, and where.

    A change of the centre itself has no geometry; a crossing is a line.
    """
    rows, shapes = [], []
    for remedy in remedies:
        for change in remedy.changes:
            rows.append(
                (
                    remedy.facility,
                    change.kind,
                    change.amount,
                    ", ".join(change.functions),
                    change.about,
                    change.cost,
                    remedy.verdict,
                )
            )
            shapes.append(_shape(change))
    columns = ["facility", "change", "amount", "functions", "about", "cost", "verdict_then"]
    table = pd.DataFrame(rows, columns=columns).astype({"amount": float, "cost": float})
    return gpd.GeoDataFrame(table, geometry=np.array(shapes, dtype=object), crs=crs)


def _shape(change: Change) -> shapely.Geometry | None:
    if change.place is None:
        return None
    if change.other is None:
        return shapely.Point(change.place)
    return shapely.LineString([change.place, change.other])
