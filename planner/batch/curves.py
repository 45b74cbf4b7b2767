"""The curve of a district: what each number of new sites gains, for its own people and with its neighbours'."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.results import Plan
from planner.siting.baselines import coverage_curve
from planner.siting.demand_weights import weigh_demand
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.proposals import search_candidates
from planner.siting.solution import Solution
from planner.siting.study_problem import candidate_builder

MOST_POSITIONS = 20_000
"""Street positions, enough that none serves anybody better in all but the largest districts."""


def district_curve(plan: Plan, most_sites: int) -> dict[str, Any]:
    """Return what 0, 1, … new sites in a district gain, as `planner.batch.funds.Curve` holds it.

    Residents count, each once; sites stand in the district, where its study allows them. Neighbours without a
    centre within the standard are counted in `served` and `bound`, so that the bound holds for the whole.
    Candidates are those of the study and street positions; `every_street` tells whether no other position on a
    street serves anybody better.
    """
    prepared, study = plan.prepared, plan.study
    own = plan.coverage.uncovered
    others = _uncovered_neighbours(plan)
    both = gpd.GeoDataFrame(pd.concat([own, others], ignore_index=True), crs=own.crs)
    flat = {name: [0.0] * (most_sites + 1) for name in ("gained", "served", "bound")}
    if not both["people"].sum() > 0:
        return {**flat, "every_street": True}
    given = prepared.siting_inputs(both, (), plan.business_areas)
    given = replace(given, study=study.model_copy(update={"siting": _for_curve(plan, most_sites)}))
    demand = weigh_demand(both, (), standard_min=given.standard_min, residents_weight=1.0)
    search = search_candidates(candidate_builder(given, demand), builds_all=True)
    count = min(most_sites, search.matrix.shape[1])
    every_street = search.pool.every_street
    if not count:
        return {**flat, "every_street": every_street}
    rows, limit, seconds = np.arange(len(own)), SelectionConstraints(sites=count), study.siting.seconds / 4
    of_own = coverage_curve(
        CoverageMatrix(search.matrix[rows], search.people[rows]),
        limit,
        time_limit_s=seconds,
        seed=study.siting.seed,
    )
    of_both = coverage_curve(
        CoverageMatrix(search.matrix, search.people), limit, time_limit_s=seconds, seed=study.siting.seed
    )
    served = [float(search.people[_is_covered(search.matrix, one)].sum()) for one in of_own]
    return {
        "gained": _filled([one.objective for one in of_own], most_sites),
        "served": _filled(served, most_sites),
        "bound": _filled([one.bound for one in of_both], most_sites),
        "every_street": every_street,
    }


def _uncovered_neighbours(plan: Plan) -> gpd.GeoDataFrame:
    """Return the neighbours near by without a centre within the standard, in the columns of the district's own."""
    points = plan.inputs.neighbours.points
    own = plan.coverage.uncovered
    if not len(points):
        return gpd.GeoDataFrame(own.iloc[:0])
    walker = plan.walker
    minutes, _ = walker.nearest(plan.facility_snaps, walker.snap(points), within_min=plan.coverage.standard_min)
    beyond = points[~np.isfinite(minutes) & (points["people"] > 0).to_numpy()]
    return gpd.GeoDataFrame(beyond.reindex(columns=own.columns).set_geometry("geometry", crs=own.crs))


def _for_curve(plan: Plan, most_sites: int) -> object:
    """Return the settings of the curve: sites on streets too, no budget of the district's own, nothing moved."""
    siting = plan.study.siting
    sources = tuple(dict.fromkeys((*siting.sources, "streets")))
    changed = {"sites": most_sites, "sources": sources, "street_positions": MOST_POSITIONS}
    return siting.model_copy(update={**changed, "budget": None, "relocatable": ()})


def _is_covered(matrix: object, solution: Solution) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    chosen = matrix[:, list(solution.sites)]  # type: ignore[index]
    return np.asarray(chosen.sum(axis=1)).ravel() > 0


def _filled(values: list[float], most: int) -> list[float]:
    """Return values for 0, 1, … sites; beyond the last, more sites gain no more."""
    last = values[-1] if values else 0.0
    return [0.0, *map(float, values), *([float(last)] * (most - len(values)))]
