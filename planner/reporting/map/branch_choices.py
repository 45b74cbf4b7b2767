"""Facts of centres for every choice of passages, upgrades and branches.

Some indicators follow who is open and are computed by the page (`INDICATORS[…].js`); the others depend only on
which passages are built, whether a centre is upgraded, and which of its branches are open. They are measured here
for every such choice, of a centre's branches up to `MOST_BRANCHES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.accessibility.coverage import is_branch, main_facility
from planner.evaluation.diagnosis import FacilityIndicators, compute_indicators
from planner.evaluation.indicator_data import IndicatorData
from planner.evaluation.indicators import indicators_depending_on
from planner.evaluation.intervals import IndicatorValues
from planner.evaluation.ratings import FacilityFacts, deciding_indicators, uses_service_areas
from planner.network.travel_times import TravelTimes
from planner.network.walk import IndexArray
from planner.results import Plan
from planner.results.outcome import Walks
from planner.schemas.tables import PREMISES, Facilities

WITH_BRANCHES = indicators_depending_on("branches")
"""Indicators of a facility that a closed branch changes, whichever other facilities are open."""

MOST_BRANCHES = 6
"""Branches of one centre of which each choice is measured, 64 of them; districts have one or two."""


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """Every facility with some of the passages built, all upgraded or none."""

    access: AccessData
    """Tables and walks of today's facilities, and behind them the branches of projects."""
    facts: tuple[FacilityFacts, ...]
    """Today's facilities as the rules see them, without these branches."""


def access_situations(plan: Plan) -> Iterator[Situation]:
    """Yield the situations by passages built: for each choice of them, first without upgrades, then with all."""
    outcome = plan.outcome
    for choice, walks in enumerate(outcome.walks):
        for facilities in (outcome.with_branches, outcome.upgraded):
            is_today = not choice and facilities is not outcome.upgraded
            yield _situation(plan, walks, facilities, is_today=is_today)


def _situation(plan: Plan, walks: Walks, facilities: Facilities, *, is_today: bool) -> Situation:
    prepared = walks.prepared
    count = len(prepared.inputs.facilities)
    today = Facilities(facilities.iloc[:count])
    changed = replace(prepared, inputs=replace(prepared.inputs, facilities=today))
    areas = changed.compute_service_areas() if uses_service_areas(prepared.rules) else None
    access = changed.assemble_access(walks.facilities, areas)
    facts = plan.diagnosis.facts if is_today else prepared.rate(access, prepared.rules).facts
    branches = walks.branches
    if len(access.demand) > branches.n_demand:
        # People of neighbouring districts come to a branch as they do to its centre.
        places, ends = prepared.snapped(facilities.iloc[count:]), prepared.all_demand()[1]
        branches = prepared.walks_between(places, ends, branches.horizon_min)
    return Situation(replace(access, facilities=facilities, times=stack_choices(access.times, branches)), facts)


def stack_choices(first: TravelTimes, *others: TravelTimes) -> TravelTimes:
    """Return walks of several tables of facilities to the same demand points, numbered through."""
    every = [first, *(other for other in others if other.n_facilities)]
    begins = np.cumsum([0, *(one.n_facilities for one in every)])
    facility = [one.facility + begin for one, begin in zip(every, begins[:-1], strict=True)]
    return TravelTimes(
        np.concatenate(facility),
        np.concatenate([one.demand for one in every]),
        np.concatenate([one.minutes for one in every]),
        int(begins[-1]),
        first.n_demand,
        first.horizon_min,
    )


def facts_by_choice(plan: Plan) -> Mapping[int, list[FacilityFacts]]:
    """Return each premises as the rules see it for every choice of passages, upgrades and its branches.

    Parameters
    ----------
    plan
        Its walking times, people, rules and projects.

    Returns
    -------
    facts
        By the position of the premises. For each choice of passages, without and then with its upgrade: the
        choices of branches, a number whose bits are the branches that differ from today, the first in the table
        the lowest. Of premises with more than `MOST_BRANCHES`, and where no rule asks for what branches change,
        without those of branches.
    """
    found: dict[int, list[FacilityFacts]] = {
        position: [] for position, fact in enumerate(plan.diagnosis.facts) if fact.tier in PREMISES
    }
    for situation in access_situations(plan):
        of_branches = _by_branches(plan, situation)
        for position, of_one in found.items():
            of_one += [situation.facts[position], *of_branches.get(position, ())]
    return found


def _by_branches(plan: Plan, situation: Situation) -> Mapping[int, list[FacilityFacts]]:
    if not _is_in_rules(plan):
        return {}
    facilities = situation.access.facilities
    is_new = np.arange(len(facilities)) >= len(situation.facts)
    branches = {centre: rows for centre, rows in branches_of(plan).items() if len(rows) <= MOST_BRANCHES}
    found: dict[int, list[FacilityFacts]] = {centre: [] for centre in branches}
    for choice in range(1, 2 ** max((len(rows) for rows in branches.values()), default=0)):
        concerned = {centre: rows for centre, rows in branches.items() if choice < 2 ** len(rows)}
        closed = is_new.copy()
        for rows in concerned.values():
            differs = (choice >> np.arange(len(rows))) & 1 == 1
            closed[rows] = is_new[rows] != differs
        measured = _measured_without(plan, situation.access, concerned, closed)
        for centre in concerned:
            facts = situation.facts[centre]
            changed = {ref: column.at(centre) for ref, column in measured.columns.items()}
            values = IndicatorValues({**facts.values.numbers, **changed}, facts.values.functions)
            found[centre].append(replace(facts, values=values))
    return found


def has_too_many_branches(plan: Plan) -> bool:
    """Return whether a rule uses what branches change while a facility has too many branches to enumerate."""
    return _is_in_rules(plan) and any(len(rows) > MOST_BRANCHES for rows in branches_of(plan).values())


def _is_in_rules(plan: Plan) -> bool:
    return any(ref.name in WITH_BRANCHES for ref in deciding_indicators(plan.diagnosis.rule_set))


def branches_of(plan: Plan) -> dict[int, IndexArray]:
    """Return the branches of each premises that have some, by position; those of projects come last."""
    facilities = plan.outcome.with_branches
    main, branch = main_facility(facilities), is_branch(facilities)
    is_premises = facilities["tier"].isin(PREMISES).to_numpy()
    return {
        int(centre): np.flatnonzero(branch & (main == centre))
        for centre in np.unique(main[branch])
        if is_premises[centre]
    }


def _measured_without(
    plan: Plan, access: AccessData, branches: Mapping[int, IndexArray], closed: NDArray[np.bool_]
) -> FacilityIndicators:
    """Compute the indicators without the closed branches; the columns hold for these facilities only."""
    chosen = np.zeros(len(closed), dtype=np.bool_)
    for centre, rows in branches.items():
        chosen[[centre, *rows]] = True
    belongs = access.facilities["branch_of"].mask(closed, "")
    of_chosen = replace(
        access,
        facilities=Facilities(access.facilities.assign(branch_of=belongs)),
        times=access.times.of_facilities(chosen & ~closed),
        between=None,
        areas=None,
    )
    rule_set = plan.diagnosis.rule_set
    return compute_indicators(
        IndicatorData(of_chosen, rule_set),
        limits_min=sorted({*plan.study.limits.minutes, *rule_set.limits_min}),
        names=WITH_BRANCHES - indicators_depending_on("open_set"),
    )
