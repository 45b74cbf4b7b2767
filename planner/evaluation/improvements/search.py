"""What would make a weak centre compliant: the cheapest single change, else the cheapest pair.

An intervention proposes actions for a facility and returns the facility's indicators after each; the search is
independent of the kind of action. `facility_actions` change the facility itself; `street_actions` and
`site_actions` change streets and places, and recompute walks.
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

from planner.config.sections.rules import CostSettings
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.expressions import BoolOp, indicator_names
from planner.evaluation.improvements.actions import Action, ImprovementPlan, cost_of, price
from planner.evaluation.improvements.context import InterventionContext
from planner.evaluation.improvements.facility_actions import (
    FloorAreaIntervention,
    FunctionsIntervention,
    HoursIntervention,
    StepFreeIntervention,
)
from planner.evaluation.improvements.place_actions import network_interventions
from planner.evaluation.indicators import find_measure
from planner.evaluation.rating_names import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK
from planner.evaluation.ratings import FacilityFacts, evaluate_rules, rating_of
from planner.evaluation.rules import RuleSet


class Intervention(Protocol):
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

    def changes(self, facts: FacilityFacts, rule_set: RuleSet) -> Sequence[Action]:
        """Return the changes worth trying on a centre."""
        ...

    def after(self, facts: FacilityFacts, change: Action, rule_set: RuleSet) -> FacilityFacts:
        """Return the centre as it is after a change of this kind."""
        ...


Step = tuple[Intervention, Action]


def find_improvement_plans(
    diagnosis: Diagnosis, costs: CostSettings, ground: InterventionContext | None = None
) -> tuple[ImprovementPlan, ...]:
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
    own = (
        FloorAreaIntervention(costs),
        HoursIntervention(costs),
        FunctionsIntervention(costs),
        StepFreeIntervention(costs),
    )
    remedies = []
    for position in np.flatnonzero(diagnosis.centres["verdict"] == WEAK).tolist():
        further = () if ground is None else network_interventions(ground, diagnosis, position, costs)
        remedies.append(cheapest(diagnosis.facts[position], diagnosis.rule_set, own, further))
    return tuple(remedies)


def cheapest(
    facts: FacilityFacts, rule_set: RuleSet, own: Sequence[Intervention], further: Sequence[Intervention] = ()
) -> ImprovementPlan:
    """Search all single changes, then pairs, for the cheapest that helps a weak centre.

    A pair is two different changes of the centre itself, or one of streets and places with one of the centre
    itself that suits what the centre is like then. Changes whose cost is known come before those whose is not; of
    equal ones the smaller. A change that leads to compliance comes before one that leaves only what is not known,
    and a single change before a pair. What cannot touch every rule that fails is not tried.
    """
    search = _Search(facts, rule_set)
    helpful = [one for one in (*own, *further) if search.may_mend(one)]
    found = search.cheapest(_Waiting(helpful, facts, rule_set))
    if found is None or search.is_open(found[1]):
        proposed = [*_own_pairs(search, own), *_mixed_pairs(search, own, further)]
        pairs = search.cheapest(sorted(proposed, key=lambda steps: price([change for _, change in steps])))
        found = pairs if found is None or (pairs and not search.is_open(pairs[1])) else found
    if found is None:
        left = search.failing
        return ImprovementPlan(facts.id, (), None, WEAK, left, (), search.tried)
    steps, then = found
    results = evaluate_rules(then, rule_set)
    changes = tuple(change for _, change in steps)
    left = tuple(one.rule for one in results if one.grade == COMPLIANT and one.passed is not True)
    mended = tuple(rule for rule in search.failing if rule not in left)
    verdict = rating_of(results, rule_set)
    return ImprovementPlan(facts.id, changes, cost_of(changes), verdict, left, mended, search.tried)


@dataclass(slots=True)
class _Search:
    """One centre's search, and how much was tried."""

    facts: FacilityFacts
    rule_set: RuleSet
    tried: int = 0

    @property
    def failing(self) -> tuple[str, ...]:
        """Return the rules of grade compliant that are not passed today."""
        found = evaluate_rules(self.facts, self.rule_set)
        return tuple(one.rule for one in found if one.grade == COMPLIANT and one.passed is not True)

    def may_mend(self, *levers: Intervention) -> bool:
        """Tell whether levers together touch a measure of every rule that fails."""
        touched = frozenset().union(*(lever.touches for lever in levers))
        tests = {rule.id: rule.test for rule in self.rule_set.rules}
        return all(
            touched & {_stem(name) for name in indicator_names(tests[finding.rule])}
            for finding in evaluate_rules(self.facts, self.rule_set)
            if finding.grade == COMPLIANT and finding.passed is False
        )

    def is_open(self, then: FacilityFacts) -> bool:
        """Tell whether a rule that cannot be told might still be passed in another way than the unknown one."""
        tests = {rule.id: rule.test for rule in self.rule_set.rules}
        return any(
            one.passed is None and isinstance(tests[one.rule], BoolOp)
            for one in evaluate_rules(then, self.rule_set)
            if one.grade == COMPLIANT
        )

    def cheapest(self, in_order: Iterable[tuple[Step, ...]]) -> tuple[tuple[Step, ...], FacilityFacts] | None:
        """Return the first of the proposed steps that helps, and the centre as it is then."""
        perhaps = None
        for steps in in_order:
            self.tried += 1
            then = self.facts
            for lever, change in steps:
                then = lever.after(then, change, self.rule_set)
            verdict = rating_of(evaluate_rules(then, self.rule_set), self.rule_set)
            if verdict in (COMPLIANT, EXCELLENT):
                return steps, then
            if verdict == UNDETERMINED and perhaps is None:
                perhaps = steps, then
        return perhaps


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Single changes from the cheapest on; no lever is asked for its changes before one of them may be next."""

    levers: Sequence[Intervention]
    facts: FacilityFacts
    rule_set: RuleSet

    def __iter__(self) -> Iterator[tuple[Step, ...]]:
        """Yield the changes in order."""
        heap: list[tuple[tuple[object, ...], int, Intervention, Action | None]] = []
        for number, lever in enumerate(self.levers):
            kind, cost = lever.least
            heapq.heappush(heap, (price([Action(kind, 0, cost)]), number, lever, None))
        count = len(heap)
        while heap:
            _, _, lever, change = heapq.heappop(heap)
            if change is not None:
                yield ((lever, change),)
                continue
            for one in lever.changes(self.facts, self.rule_set):
                heapq.heappush(heap, (price([one]), count, lever, one))
                count += 1


def _own_pairs(search: _Search, own: Sequence[Intervention]) -> Iterator[tuple[Step, Step]]:
    for one, other in itertools.combinations(own, 2):
        if search.may_mend(one, other):
            changes = (lever.changes(search.facts, search.rule_set) for lever in (one, other))
            yield from (((one, first), (other, second)) for first, second in itertools.product(*changes))


def _mixed_pairs(
    search: _Search, own: Sequence[Intervention], further: Sequence[Intervention]
) -> Iterator[tuple[Step, Step]]:
    for outer in further:
        inner = [lever for lever in own if search.may_mend(outer, lever)]
        for change in outer.changes(search.facts, search.rule_set) if inner else ():
            then = outer.after(search.facts, change, search.rule_set)
            for lever in inner:
                yield from (((outer, change), (lever, one)) for one in lever.changes(then, search.rule_set))


def _stem(name: str) -> str:
    """Return a measure's name without its limit."""
    measure = find_measure(name)
    return measure.name if measure else name


def improvements_table(remedies: Iterable[ImprovementPlan], crs: object = None) -> gpd.GeoDataFrame:
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


def _shape(change: Action) -> shapely.Geometry | None:
    if change.place is None:
        return None
    if change.other is None:
        return shapely.Point(change.place)
    return shapely.LineString([change.place, change.other])
