"""Location problem of a study: demand that can be gained, candidates, and the problem that a model solves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.business_areas import BusinessAreas
from planner.accessibility.coverage import GroupCoverage
from planner.config.sections.demand import RESIDENTS
from planner.config.study import Study
from planner.inputs.study_inputs import Inputs
from planner.messages.catalogue import Phrase
from planner.messages.errors import Issue, StudyError
from planner.messages.notices import Notice
from planner.messages.progress import Progress, silent
from planner.network.walker import Walker, point_coordinates
from planner.schemas.tables import Facilities
from planner.siting.candidates.builder import CandidateBuilder, CandidateSet
from planner.siting.candidates.candidate import ONE_PLACE, Candidate, candidate_xy
from planner.siting.candidates.clusters import POSITION_DIGITS
from planner.siting.candidates.constraints import SiteConstraints
from planner.siting.candidates.relocations import propose_relocations
from planner.siting.demand_weights import WeightedDemand, weigh_demand
from planner.siting.model_spec import ModelSpec, get_spec
from planner.siting.models import model_names
from planner.siting.problem import LocationProblem, TravelCosts
from planner.siting.proposals import selection_constraints
from planner.siting.solvers.deadline import Deadline


@dataclass(frozen=True, slots=True, eq=False)
class SitingInputs:
    """Results of the earlier stages that siting uses.

    `today` are the centres before a scenario; None if there is none. `horizon_min` is how far the walks between
    candidates and all residents are searched, minutes; 0: only those that can be gained are searched.
    """

    study: Study
    inputs: Inputs
    walker: Walker
    uncovered: gpd.GeoDataFrame
    groups: tuple[GroupCoverage, ...]
    business_areas: BusinessAreas | None
    today: Facilities | None = None
    horizon_min: float = 0.0

    @property
    def standard_min(self) -> float:
        """Standard of residents, minutes."""
        return self.study.limits.standard_min

    @property
    def stays(self) -> NDArray[np.bool_]:
        """True for each centre that is not relocatable, shape (facilities,)."""
        return np.asarray(~self.inputs.facilities["id"].isin(self.study.siting.relocatable), dtype=bool)

    def uncovered_by(self, centres: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[GroupCoverage, ...]]:
        """Return the residents and the groups, each with its points beyond the standard of given centres."""
        snapped = self.walker.snap(centres)

        def beyond(points: gpd.GeoDataFrame, limit_min: float) -> gpd.GeoDataFrame:
            minutes, _ = self.walker.nearest_of_places(snapped, points, within_min=limit_min)
            return gpd.GeoDataFrame(points[~np.isfinite(minutes) & (points["people"].to_numpy() > 0)])

        groups = (replace(group, uncovered=beyond(group.demand, group.standard_min)) for group in self.groups)
        return beyond(self.inputs.demand, self.standard_min), tuple(groups)


def check_model(study: Study) -> None:
    """Check that `siting.model` names a model.

    Raises
    ------
    StudyError
        There is no such model; those that there are.
    """
    if study.siting.model not in model_names():
        values = {"path": "siting.model", "name": study.siting.model, "known": ", ".join(model_names())}
        raise StudyError(str(study.file), [Issue("unknown_profile", values)])


def model_notices(study: Study) -> Iterator[Notice]:
    """Yield that the model of a study does not keep to its budget."""
    siting = study.siting
    if siting.budget is not None and siting.sites > 0 and "budget" not in get_spec(siting.model).uses:
        yield Notice("model_without_budget", "siting", values={"model": Phrase(f"models.name_{siting.model}")})


def demand_to_gain(inputs: SitingInputs) -> tuple[gpd.GeoDataFrame, tuple[GroupCoverage, ...]]:
    """Return the residents and groups that can be gained: uncovered, or served by relocatable centres only."""
    if not inputs.study.siting.relocatable:
        return inputs.uncovered, inputs.groups
    return inputs.uncovered_by(gpd.GeoDataFrame(inputs.inputs.facilities[inputs.stays]))


def weighted_demand(inputs: SitingInputs) -> WeightedDemand:
    """Return the demand that can be gained, weighted by population group."""
    residents, groups = demand_to_gain(inputs)
    weight = inputs.study.demand.residents_weight
    return weigh_demand(residents, groups, standard_min=inputs.standard_min, residents_weight=weight)


def candidate_builder(
    inputs: SitingInputs, demand: WeightedDemand, *, deadline: Deadline | None = None, progress: Progress = silent
) -> CandidateBuilder:
    """Return the builder of a study's candidates for the demand that can be gained, until the deadline."""
    study, settings = inputs.study, inputs.study.siting
    standard = np.full(len(demand.uncovered), inputs.standard_min)
    residents, rows = inputs.inputs.demand, np.full(len(demand.uncovered), -1, dtype=np.int64)
    if inputs.horizon_min > 0:
        own = pd.Index(residents["id"]).get_indexer(demand.resident_ids)
        rows[: len(own)] = own
    return CandidateBuilder(
        uncovered=demand.uncovered,
        limits_min=standard if demand.limits_min is None else demand.limits_min,
        snaps=inputs.walker.snap(demand.uncovered),
        walker=inputs.walker,
        settings=settings,
        business_areas=inputs.business_areas,
        parcels=inputs.inputs.parcels,
        options=_relocations(inputs),
        named=(*_project_positions(study), *_candidates_before_scenario(inputs)),
        taken=frozenset(inputs.inputs.facilities["id"]),
        ground=SiteConstraints.of(inputs.inputs, inputs.walker, settings),
        residents_xy=point_coordinates(residents) if inputs.horizon_min > 0 else np.zeros((0, 2)),
        horizon_min=inputs.horizon_min,
        resident_rows=rows,
        deadline=deadline or Deadline(np.inf),
        progress=progress,
    )


def _relocations(inputs: SitingInputs) -> tuple[Candidate, ...]:
    settings = inputs.study.siting
    if not settings.relocatable:
        return ()
    options = propose_relocations(
        inputs.inputs.facilities,
        inputs.inputs.demand,
        tuple(dict.fromkeys(settings.relocatable)),
        inputs.walker,
        merge_within_m=settings.merge_within_m,
    )
    return tuple(options)


def _project_positions(study: Study) -> Iterator[Candidate]:
    """Yield the positions of the study's own projects."""
    for project in study.programme.projects:
        if project.x is not None and project.y is not None:
            x, y = np.round((project.x, project.y), POSITION_DIGITS).tolist()
            yield Candidate(f"N:{project.id}", "named", x, y, name=project.name or project.id)


def _candidates_before_scenario(inputs: SitingInputs) -> Iterator[Candidate]:
    """Yield the candidates that the programme names by id, at their positions before the scenario.

    Closing or opening a centre changes the uncovered demand, and with it the middles of clusters. A project named
    by a candidate stays where that candidate is today.
    """
    settings = inputs.study.programme
    names = {project.site for project in settings.projects if project.site}
    names |= {name for pair in settings.precedence for name in (pair.first, pair.then) if ONE_PLACE.match(name)}
    if not names or not settings.funds or inputs.today is None:
        return
    residents, groups = inputs.uncovered_by(inputs.today)
    before = replace(
        inputs,
        inputs=replace(inputs.inputs, facilities=inputs.today),
        uncovered=residents,
        groups=groups,
        today=None,
    )
    for candidate in candidate_builder(before, weighted_demand(before)).build().candidates:
        if candidate.id in names and not candidate.stays and not candidate.centres:
            yield replace(candidate, clusters=0, people=0.0)


def location_problem(inputs: SitingInputs, pool: CandidateSet, spec: ModelSpec) -> LocationProblem:
    """Return the problem of all weighted demand, the candidates, and the centres that stay."""
    study, settings = inputs.study, inputs.study.siting
    facilities = inputs.inputs.facilities
    centres = facilities[inputs.stays]
    rows = _weighted_rows(inputs)
    limit_min = rows["limit_min"].to_numpy(dtype=np.float64)
    zero_coverage_min = settings.zero_coverage_min or max(study.limits.minutes)
    xy = np.vstack([candidate_xy(pool.candidates), point_coordinates(centres)])
    if spec.needs_all_walks:
        horizon_min = inputs.walker.upper_bound_min
    else:
        lengths = [float(limit_min.max()), *(tier.minutes for tier in settings.tiers)]
        horizon_min = max(*lengths, zero_coverage_min if spec.fades else 0.0)
    times = inputs.walker.times(inputs.walker.snap(xy), inputs.walker.snap(rows), within_min=horizon_min)
    weight = rows["weight"].to_numpy(dtype=np.float64)
    constraints = selection_constraints(pool, settings)
    cost = None if constraints.cost is None else np.concatenate([constraints.cost, np.zeros(len(centres))])
    area = np.concatenate([_floor_areas(pool, facilities, settings.new_area_m2), centres["floor_area_m2"]])
    return LocationProblem(
        name=study.file.name,
        costs=TravelCosts(times.demand, times.facility, times.minutes, weight, len(xy)),
        limit_min=limit_min,
        households=_households(rows, study),
        kind=rows["kind"].to_numpy(dtype=object),
        constraints=replace(constraints, cost=cost, fixed=np.arange(len(pool.candidates), len(xy))),
        area_m2=area.astype(np.float64),
        tier=tuple(centres["tier"]),
        settings=settings,
        zero_coverage_min=zero_coverage_min,
    )


def _weighted_rows(inputs: SitingInputs) -> gpd.GeoDataFrame:
    """Return all weighted demand, one row a point and population group."""
    study, demand = inputs.study, inputs.inputs.demand
    parts = [(RESIDENTS, demand, study.demand.residents_weight, inputs.standard_min)]
    parts += [
        (kind.group.settings.id, kind.demand, kind.group.settings.weight, kind.standard_min)
        for kind in inputs.groups
    ]
    frames = [
        gpd.GeoDataFrame(
            {
                "kind": name,
                "weight": points["people"].to_numpy() * weight,
                "people": points["people"].to_numpy(),
                "households": points["households"].to_numpy() if name == RESIDENTS else 0.0,
                "limit_min": limit,
            },
            geometry=points.geometry.array,
            crs=points.crs,
        )
        for name, points, weight, limit in parts
        if weight > 0
    ]
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=demand.crs)


def _households(rows: gpd.GeoDataFrame, study: Study) -> NDArray[np.float64]:
    """Return the given households, else people over the study's household size, else NaN."""
    given: NDArray[np.float64] = rows["households"].to_numpy(dtype=np.float64)
    size = study.demand.household_size
    if size is None:
        return given
    return np.where(np.isnan(given), rows["people"].to_numpy(dtype=np.float64) / size, given)


def _floor_areas(
    pool: CandidateSet, facilities: gpd.GeoDataFrame, new_area_m2: float | None
) -> NDArray[np.float64]:
    existing = dict(zip(facilities["id"], facilities["floor_area_m2"], strict=True))
    default = np.nan if new_area_m2 is None else new_area_m2
    return np.array(
        [
            existing[candidate.id]
            if candidate.stays
            else default
            if candidate.area_m2 is None
            else candidate.area_m2
            for candidate in pool.candidates
        ],
        dtype=np.float64,
    )
