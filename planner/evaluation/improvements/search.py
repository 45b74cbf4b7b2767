"""Search for the cheapest plan that makes each weak facility compliant: a single action, else a pair.

The search is independent of the kinds of action: `actions` change a facility itself,
`site_actions` change streets and positions, and recompute walks as a run of the whole study would.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.accessibility.access_data import AccessData
from planner.cache import NO_CACHE, Cache
from planner.config.sections.rules import CostSettings
from planner.config.study import Study
from planner.evaluation import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.expressions import BoolOp, indicators_in
from planner.evaluation.improvements.actions import (
    Action,
    FloorAreaIntervention,
    FunctionsIntervention,
    HoursIntervention,
    ImprovementPlan,
    Intervention,
    StepFreeIntervention,
    order_key,
    total_cost,
)
from planner.evaluation.improvements.context import InterventionContext, NetworkIntervention, build_context
from planner.evaluation.improvements.local_access import around_facility, build_local_access, in_place
from planner.evaluation.improvements.site_actions import (
    CrossingIntervention,
    GateIntervention,
    MoveIntervention,
    ShareIntervention,
    StationIntervention,
    farthest_neighbour_m,
    neighbours_of,
)
from planner.evaluation.ratings import FacilityFacts, evaluate_rules, rating_of
from planner.evaluation.rules import RuleSet
from planner.evaluation.severance import BarrierLayers, find_severance_pairs, pairs_near
from planner.inputs.study_inputs import without_equipment
from planner.messages.progress import Progress, report_share, silent
from planner.network.snapping import SnappedPoints
from planner.network.walker import Walker
from planner.schemas.tables import Facilities

Step = tuple[Intervention, Action]


@dataclass(frozen=True, slots=True, eq=False)
class Improvements:
    """What would improve a study's facilities."""

    plans: tuple[ImprovementPlan, ...]
    """The cheapest plan for each weak facility."""
    severance_pairs: gpd.GeoDataFrame
    """As `planner.evaluation.severance` lists them."""
    pairs_near: Mapping[str, tuple[tuple[str, str], ...]]
    """The pairs around each facility by its id: the pair's id, and its direction."""


def find_improvements(  # noqa: PLR0913 - the results of all earlier stages, and how to go about it
    access: AccessData,
    diagnosis: Diagnosis,
    walker: Walker,
    snaps: tuple[SnappedPoints, SnappedPoints],
    layers: BarrierLayers,
    study: Study,
    *,
    progress: Progress = silent,
    cache: Cache = NO_CACHE,
) -> Improvements:
    """Find severance pairs, and the cheapest plan for each weak facility.

    Parameters
    ----------
    access, diagnosis
        Tables and walks, and the ratings.
    walker, snaps
        Network and walk, and the snapped facilities and people.
    layers
        Streets with their names, and barriers between them.
    study
        Its costs, and what is tried.
    progress
        Told how many of the weak facilities are done, where it can be.
    cache
        Results of earlier runs.
    """
    settings = study.remedies
    context = build_context(access, walker, snaps, layers, settings)
    pairs = cache.get(
        "severance",
        (walker, context.points, snaps, access.people, layers, settings),
        lambda: find_severance_pairs(walker, context.points, snaps, access.people, layers, settings=settings),
    )
    within_m = access.walk.metres(max(access.limits_min))
    return Improvements(
        find_improvement_plans(
            diagnosis, study.costs, context if settings.streets else None, progress=progress, cache=cache
        ),
        pairs,
        pairs_near(pairs, access.facilities, within_m=within_m),
    )


def find_improvement_plans(
    diagnosis: Diagnosis,
    costs: CostSettings,
    context: InterventionContext | None = None,
    *,
    progress: Progress = silent,
    cache: Cache = NO_CACHE,
) -> tuple[ImprovementPlan, ...]:
    """Find for each weak facility the cheapest single action that makes it compliant, else the cheapest pair.

    Parameters
    ----------
    diagnosis
        The ratings.
    costs
        The study's cost table.
    context
        Streets and positions to try actions on; None: only the facilities themselves are changed.
    progress
        Told how many of the weak facilities are done, where it can be.
    cache
        Results of earlier runs: of a facility around which nothing has changed, its plan.

    Returns
    -------
    plans
        One for each weak facility, in their order.
    """
    own = (
        FloorAreaIntervention(costs),
        HoursIntervention(costs),
        FunctionsIntervention(costs),
        StepFreeIntervention(costs),
    )
    weak = np.flatnonzero(diagnosis.centres["verdict"] == WEAK).tolist()

    def plan(position: int) -> ImprovementPlan:
        further = () if context is None else network_interventions(context, diagnosis, position, costs)
        return cheapest_plan(diagnosis.facts[position], diagnosis.rule_set, own, further)

    plans = []
    for number, position in enumerate(weak):
        report_share(progress, number, len(weak))
        plans.append(
            plan(position)
            if context is None
            else cache.get(
                "improvement",
                (_what_bears_on(context, diagnosis, position), costs),
                partial(plan, position),
            )
        )
    return tuple(plans)


def _what_bears_on(context: InterventionContext, diagnosis: Diagnosis, position: int) -> tuple[object, ...]:
    """Return all that the plan of one facility depends on: streets, people, and the facilities around it."""
    access, facilities = context.access, context.access.facilities
    neighbours = neighbours_of(context, position)
    margin_m = max(context.settings.move_m, farthest_neighbour_m(context, position))
    around, _ = around_facility(access, position, context.walker, context.snaps, margin_m=margin_m)
    everywhere = (
        *(context.walker, context.snaps[1], context.points.spots, context.gates, context.water, context.settings),
        *(access.demand, access.communities, access.limits_min, access.standard_min, access.times.horizon_min),
    )
    rows = np.unique([*around, *neighbours, position]).astype(np.int64)
    return (
        everywhere,
        diagnosis.rule_set,
        diagnosis.facts[position],
        [diagnosis.facts[neighbour] for neighbour in neighbours],
        # Of floors and functions only those of the facility itself and of who may share with it count: as facts.
        without_equipment(Facilities(facilities.iloc[rows].reset_index(drop=True))),
        context.snaps[0].xy[rows],
    )


def network_interventions(
    context: InterventionContext, diagnosis: Diagnosis, position: int, costs: CostSettings
) -> tuple[NetworkIntervention, ...]:
    """Return the interventions in streets and positions for one facility."""
    margin_m = max(context.settings.move_m, farthest_neighbour_m(context, position))
    local = build_local_access(context.access, position, context.walker, context.snaps, margin_m=margin_m)
    kinds: tuple[type[NetworkIntervention], ...] = (
        GateIntervention,
        ShareIntervention,
        CrossingIntervention,
        StationIntervention,
        MoveIntervention,
    )
    near = in_place(local)
    return tuple(kind(context, local, near, diagnosis, costs) for kind in kinds)


def cheapest_plan(
    facts: FacilityFacts, rule_set: RuleSet, own: Sequence[Intervention], further: Sequence[Intervention] = ()
) -> ImprovementPlan:
    """Search all single actions, then pairs, for the cheapest that makes a weak facility compliant.

    A pair is two different actions on the facility itself, or one on streets or positions with one on the facility
    itself that suits its state then. Actions with a known cost come before those without; of equal ones the
    smaller. An action that leads to compliance comes before one that leaves only unknowns, and a single action
    before a pair. What cannot affect every rule that fails is not tried.
    """
    search = _Search(facts, rule_set)
    helpful = [one for one in (*own, *further) if search.may_resolve(one)]
    plan = search.first_success(_SinglesByCost(helpful, facts, rule_set))
    if plan is None or search.is_open(plan[1]):
        proposed = [*_own_pairs(search, own), *_mixed_pairs(search, own, further)]
        in_order = sorted(proposed, key=lambda steps: order_key([action for _, action in steps]))
        pairs = search.first_success(in_order)
        plan = pairs if plan is None or (pairs and not search.is_open(pairs[1])) else plan
    if plan is None:
        return ImprovementPlan(facts.id, (), None, WEAK, search.failing, (), search.tried)
    steps, then = plan
    results = evaluate_rules(then, rule_set)
    actions = tuple(action for _, action in steps)
    remaining = tuple(result.rule for result in results if result.grade == COMPLIANT and result.passed is not True)
    return ImprovementPlan(
        facility=facts.id,
        actions=actions,
        cost=total_cost(actions),
        rating=rating_of(results, rule_set),
        remaining=remaining,
        resolved=tuple(rule for rule in search.failing if rule not in remaining),
        tried=search.tried,
    )


@dataclass(slots=True)
class _Search:
    """One facility's search, and how much was tried."""

    facts: FacilityFacts
    rule_set: RuleSet
    tried: int = 0

    @property
    def failing(self) -> tuple[str, ...]:
        """Return the rules of grade compliant that are not passed today."""
        results = evaluate_rules(self.facts, self.rule_set)
        return tuple(result.rule for result in results if result.grade == COMPLIANT and result.passed is not True)

    def may_resolve(self, *interventions: Intervention) -> bool:
        """Return True if interventions together affect an indicator of every rule that fails."""
        affected = frozenset().union(*(intervention.affects for intervention in interventions))
        conditions = {rule.id: rule.condition for rule in self.rule_set.rules}
        return all(
            affected & {ref.name for ref in indicators_in(conditions[result.rule])}
            for result in evaluate_rules(self.facts, self.rule_set)
            if result.grade == COMPLIANT and result.passed is False
        )

    def is_open(self, then: FacilityFacts) -> bool:
        """Return True if an unknown rule might still be passed in another way than by its unknown indicator."""
        conditions = {rule.id: rule.condition for rule in self.rule_set.rules}
        return any(
            one.passed is None and isinstance(conditions[one.rule], BoolOp)
            for one in evaluate_rules(then, self.rule_set)
            if one.grade == COMPLIANT
        )

    def first_success(self, in_order: Iterable[tuple[Step, ...]]) -> tuple[tuple[Step, ...], FacilityFacts] | None:
        """Return the first of the proposed steps that succeeds, and the facility then."""
        undetermined = None
        for steps in in_order:
            self.tried += 1
            then = self.facts
            for intervention, action in steps:
                then = intervention.apply(then, action, self.rule_set)
            rating = rating_of(evaluate_rules(then, self.rule_set), self.rule_set)
            if rating in (COMPLIANT, EXCELLENT):
                return steps, then
            if rating == UNDETERMINED and undetermined is None:
                undetermined = steps, then
        return undetermined


@dataclass(frozen=True, slots=True)
class _SinglesByCost:
    """Single actions, the cheapest first; an intervention proposes its actions only when one may be next."""

    interventions: Sequence[Intervention]
    facts: FacilityFacts
    rule_set: RuleSet

    def __iter__(self) -> Iterator[tuple[Step, ...]]:
        """Yield the actions in order."""
        heap: list[tuple[tuple[object, ...], int, Intervention, Action | None]] = []
        for number, intervention in enumerate(self.interventions):
            kind, cost = intervention.cheapest
            heapq.heappush(heap, (order_key([Action(kind, 0, cost)]), number, intervention, None))
        count = len(heap)
        while heap:
            _, _, intervention, action = heapq.heappop(heap)
            if action is not None:
                yield ((intervention, action),)
                continue
            for one in intervention.actions(self.facts, self.rule_set):
                heapq.heappush(heap, (order_key([one]), count, intervention, one))
                count += 1


def _own_pairs(search: _Search, own: Sequence[Intervention]) -> Iterator[tuple[Step, Step]]:
    for one, other in itertools.combinations(own, 2):
        if search.may_resolve(one, other):
            actions = (each.actions(search.facts, search.rule_set) for each in (one, other))
            yield from (((one, first), (other, second)) for first, second in itertools.product(*actions))


def _mixed_pairs(
    search: _Search, own: Sequence[Intervention], further: Sequence[Intervention]
) -> Iterator[tuple[Step, Step]]:
    for outer in further:
        inner = [one for one in own if search.may_resolve(outer, one)]
        for action in outer.actions(search.facts, search.rule_set) if inner else ():
            then = outer.apply(search.facts, action, search.rule_set)
            for one in inner:
                yield from (((outer, action), (one, second)) for second in one.actions(then, search.rule_set))


def improvements_table(plans: Iterable[ImprovementPlan], crs: object = None) -> gpd.GeoDataFrame:
    """Return plans as a table, one row an action: the action, its facility, its rating then, and where.

    An action on the facility itself has no geometry; a crossing is a line.
    """
    steps = [(plan, action) for plan in plans for action in plan.actions]
    rows = [
        (plan.facility, one.kind, one.amount, ", ".join(one.functions), one.about, one.cost, plan.rating)
        for plan, one in steps
    ]
    columns = ["facility", "change", "amount", "functions", "about", "cost", "verdict_then"]
    table = pd.DataFrame(rows, columns=columns).astype({"amount": float, "cost": float})
    shapes = np.array([_shape(action) for _, action in steps], dtype=object)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs)


def _shape(action: Action) -> shapely.Geometry | None:
    if action.place is None:
        return None
    if action.other is None:
        return shapely.Point(action.place)
    return shapely.LineString([action.place, action.other])
