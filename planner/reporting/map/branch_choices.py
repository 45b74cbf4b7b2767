"""Branches closed one by one: how a centre's facts depend on which of its branches stay open.

A centre closes with its branches, but on the map and in a scenario a branch may close alone. Floor area, people
within a limit and catchments are then those of the centre and the branches that stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.accessibility.access_data import PREMISES, AccessData
from planner.accessibility.branches import is_branch, main_facility
from planner.evaluation.expressions import IndicatorValues, Interval, indicator_names
from planner.evaluation.facility_indicators import Column, measure_with_branches
from planner.evaluation.indicators import find_measure
from planner.evaluation.rating_names import COMPLIANT, EXCELLENT
from planner.evaluation.ratings import FacilityFacts
from planner.evaluation.rules import limits_of
from planner.inputs.study_inputs import households_by_community
from planner.network.walk import IndexArray
from planner.results import Plan
from planner.schemas.tables import Facilities

WITH_BRANCHES = frozenset(
    {
        *("floor_area_m2", "activity_area_m2", "activity_share", "people_per_m2", "people_within"),
        *("catchment_people", "catchment_people_weighted", "m2_per_person_2sfca", "m2_per_person_e2sfca"),
    }
)
"""Measures of a centre that a closed branch changes, whichever other centres are open."""

MOST_BRANCHES = 6
"""Branches of one centre of which each choice is measured, 64 of them; districts have one or two."""


def branch_choices(plan: Plan) -> Mapping[int, list[FacilityFacts]]:
    """Return each centre with branches as the rules see it for every choice of those that are closed.

    Parameters
    ----------
    plan
        Its walking times, people and rules.

    Returns
    -------
    choices
        By the centre's position: the choices from 1 on, each a number whose bits are the closed branches, the
        first in the table the lowest. Empty where no rule asks for what a branch changes, and of a centre with
        more than `MOST_BRANCHES`.
    """
    if not _is_asked(plan):
        return {}
    branches = {centre: rows for centre, rows in _branches(plan).items() if len(rows) <= MOST_BRANCHES}
    found: dict[int, list[FacilityFacts]] = {centre: [] for centre in branches}
    for choice in range(1, 2 ** max((len(rows) for rows in branches.values()), default=0)):
        concerned = {centre: rows for centre, rows in branches.items() if choice < 2 ** len(rows)}
        closed = np.zeros(len(plan.inputs.facilities), dtype=np.bool_)
        for rows in concerned.values():
            closed[rows[(choice >> np.arange(len(rows))) & 1 == 1]] = True
        measured = _measured_without(plan, concerned, closed)
        for centre in concerned:
            subject = plan.diagnosis.facts[centre]
            changed = {
                name: Interval(float(column.low[centre]), float(column.high[centre]))
                for name, column in measured.items()
            }
            known = IndicatorValues({**subject.values.numbers, **changed}, subject.values.functions)
            found[centre].append(replace(subject, values=known))
    return found


def has_too_many_branches(plan: Plan) -> bool:
    """Tell whether a rule asks for what a branch changes and a centre has more branches than are tried."""
    return _is_asked(plan) and any(len(rows) > MOST_BRANCHES for rows in _branches(plan).values())


def _is_asked(plan: Plan) -> bool:
    asked = {
        measure.name
        for rule in plan.diagnosis.rule_set.rules
        if rule.grade in (COMPLIANT, EXCELLENT)
        for name in indicator_names(rule.test)
        if (measure := find_measure(name))
    }
    return not asked.isdisjoint(WITH_BRANCHES)


def _branches(plan: Plan) -> dict[int, IndexArray]:
    """Return the branches of each premises that have some, by position."""
    facilities = plan.inputs.facilities
    main, branch = main_facility(facilities), is_branch(facilities)
    is_premises = facilities["tier"].isin(PREMISES).to_numpy()
    return {
        int(centre): np.flatnonzero(branch & (main == centre))
        for centre in np.unique(main[branch])
        if is_premises[centre]
    }


def _measured_without(
    plan: Plan, branches: Mapping[int, IndexArray], closed: NDArray[np.bool_]
) -> dict[str, Column]:
    """Measure the centres without the closed branches; the columns hold for these centres only."""
    chosen = np.zeros(len(closed), dtype=np.bool_)
    for centre, rows in branches.items():
        chosen[[centre, *rows]] = True
    inputs, limits = plan.inputs, plan.study.limits
    belongs = inputs.facilities["branch_of"].mask(closed, "")
    situation = AccessData(
        facilities=Facilities(inputs.facilities.assign(branch_of=belongs)),
        communities=inputs.communities,
        demand=inputs.demand,
        households=households_by_community(inputs.communities, inputs.demand),
        times=plan.times.of_facilities(chosen & ~closed),
        limits_min=limits.minutes,
        standard_min=limits.standard_min,
        walk=plan.walk,
    )
    profile = plan.diagnosis.rule_set
    asked = sorted({*limits.minutes, *limits_of(profile)})
    return measure_with_branches(situation, profile, limits_min=asked)
