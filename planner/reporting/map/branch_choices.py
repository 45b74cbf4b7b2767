"""Branches closed one by one: how a centre's facts depend on which of its branches stay open.

A centre closes with its branches, but on the map and in a scenario a branch may close alone. Floor area, people
within a limit and catchments are then those of the centre and the branches that stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData
from planner.accessibility.branches import is_branch, main_facility
from planner.evaluation.indicator_data import IndicatorData
from planner.evaluation.indicator_tables import FacilityIndicators, compute_indicators
from planner.evaluation.indicators import indicators_depending_on
from planner.evaluation.intervals import IndicatorValues
from planner.evaluation.ratings import FacilityFacts, deciding_indicators
from planner.inputs.study_inputs import households_by_community
from planner.network.walk import IndexArray
from planner.results import Plan
from planner.schemas.tables import PREMISES, Facilities

WITH_BRANCHES = indicators_depending_on("branches")
"""Indicators of a facility that a closed branch changes, whichever other facilities are open."""

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
            facts = plan.diagnosis.facts[centre]
            changed = {ref: column.at(centre) for ref, column in measured.columns.items()}
            values = IndicatorValues({**facts.values.numbers, **changed}, facts.values.functions)
            found[centre].append(replace(facts, values=values))
    return found


def has_too_many_branches(plan: Plan) -> bool:
    """Return whether a rule uses what branches change while a facility has too many branches to enumerate."""
    return _is_asked(plan) and any(len(rows) > MOST_BRANCHES for rows in _branches(plan).values())


def _is_asked(plan: Plan) -> bool:
    return any(ref.name in WITH_BRANCHES for ref in deciding_indicators(plan.diagnosis.rule_set))


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
) -> FacilityIndicators:
    """Compute the indicators without the closed branches; the columns hold for these facilities only."""
    chosen = np.zeros(len(closed), dtype=np.bool_)
    for centre, rows in branches.items():
        chosen[[centre, *rows]] = True
    inputs, limits = plan.inputs, plan.study.limits
    belongs = inputs.facilities["branch_of"].mask(closed, "")
    access = AccessData(
        facilities=Facilities(inputs.facilities.assign(branch_of=belongs)),
        communities=inputs.communities,
        demand=inputs.demand,
        households=households_by_community(inputs.communities, inputs.demand),
        times=plan.times.of_facilities(chosen & ~closed),
        limits_min=limits.minutes,
        standard_min=limits.standard_min,
        walk=plan.walk,
    )
    rule_set = plan.diagnosis.rule_set
    return compute_indicators(
        IndicatorData(access, rule_set),
        limits_min=sorted({*limits.minutes, *rule_set.limits_min}),
        names=WITH_BRANCHES - indicators_depending_on("open_set"),
    )
