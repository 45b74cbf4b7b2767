"""`planner site`: one siting question, put to one model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.groups import GroupCoverage
from planner.config.sections.demand import RESIDENTS
from planner.config.study import Study, read_study
from planner.io.study_layers import attribution_of
from planner.messages.errors import Issue, StudyError
from planner.messages.notices import Notice
from planner.messages.progress import Progress, silent
from planner.network.walker import point_coordinates
from planner.prepare import PreparedStudy, prepare
from planner.reporting.document.build import format_json, to_plain_values
from planner.reporting.document.siting import lonlat_degrees
from planner.reporting.files.input_protection import protect_inputs
from planner.reporting.tables.geopackage import write_layers
from planner.reporting.tables.layer_schemas import SITES_LAYERS
from planner.reporting.write import check_writable, write_all_or_none
from planner.siting.baselines import Comparison, compare_baselines
from planner.siting.candidates.builder import CandidateSet
from planner.siting.candidates.candidate import candidate_table, excluded_table
from planner.siting.candidates.relocations import FacilityAction, facility_actions
from planner.siting.demand_weights import weigh_demand
from planner.siting.models.registry import ENDLESS, MODELS, OWN_NUMBER, LocationProblem, ModelResult
from planner.siting.problem import TravelCosts
from planner.siting.proposals import SitingResult, choose_among_candidates, selection_constraints
from planner.siting.solution import Solution
from planner.siting.solvers.discrepancies import collect_discrepancies, discrepancy_notices
from planner.siting.solvers.highs import highs_version
from planner.siting.study_siting import SitingInputs, candidate_builder, demand_to_gain, unserved_demand
from planner.siting.unserved_reasons import UnservedDemand

PRODUCTS = ("sites.json", "sites.gpkg")


@dataclass(frozen=True, slots=True, eq=False)
class SolvedProblem:
    """A question and its answer.

    Attributes
    ----------
    study
        With the numbers of the command line in place of the file's.
    model
        The name of the model.
    pool
        Candidates, and those left out.
    question, found
        What was asked and answered; columns of the pool first.
    sites
        One row a chosen site, ranked: id, origin, tier, people_added, cost, geometry.
    facility_actions
        What becomes of each free centre.
    siting, comparison
        Of maximal covering: clustering and optimum, and what stands beside; None for other models.
    left
        Whom no candidate and no centre serves.
    notices
        What a reader must know besides.
    attribution
        Whose data must be named beside the answer; "" where nobody's.
    """

    study: Study
    model: str
    pool: CandidateSet
    question: LocationProblem
    found: ModelResult
    sites: gpd.GeoDataFrame
    facility_actions: tuple[FacilityAction, ...]
    siting: SitingResult | None
    comparison: Comparison | None
    left: UnservedDemand | None
    notices: tuple[Notice, ...]
    attribution: str

    @property
    def today(self) -> float:
        """What centres give today; where some are free, known for maximal covering only, else NaN."""
        pool, question = self.pool, self.question
        if not pool.kept_centres:
            return self.found.answer.before
        if self.model not in {"maximal_covering", "kinds"}:
            return float("nan")
        covering = question.covering
        served = np.asarray(covering.covers[:, len(pool.new) :].sum(axis=1)).ravel() > 0
        return float(covering.weight[served].sum())


def site(
    study: Study | Path,
    model: str,
    *,
    sites: int | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
) -> SolvedProblem:
    """Put a study's siting question to a model.

    Parameters
    ----------
    study
        The study, or the path of its file.
    model
        One of `planner.siting.models.registry.MODELS`.
    sites, seconds
        Instead of the study's `siting.sites` and `siting.seconds`.
    progress
        Called with the name of each stage as it begins.

    Raises
    ------
    PlannerError
        As `planner.run`; a number of sites given to a model that finds its own; or the question has no answer,
        with the reason and what would help.
    """
    study = _asked(study if isinstance(study, Study) else read_study(study), sites, seconds)
    if sites is not None and model in OWN_NUMBER:
        raise StudyError(str(study.file), [Issue("site_own_number", {"model": model})])
    ready = prepare(study, progress=progress)
    progress("travel_times")
    known = _situated(ready, study)
    residents, kinds = demand_to_gain(known)
    asked = weigh_demand(
        residents,
        kinds,
        standard_min=study.limits.standard_min,
        residents_weight=study.demand.residents_weight,
    )
    progress("candidates")
    gatherer = candidate_builder(known, asked)
    with collect_discrepancies() as doubts:
        siting = choose_among_candidates(gatherer)
        pool = siting.pool if siting.proposals else gatherer.gather()
        progress("siting")
        question = question_of(known, pool, model)
        found = MODELS[model](question, study.siting.seconds)
        left = unserved_demand(known, gatherer, siting)
    compared = model in {"maximal_covering", "kinds"} and bool(siting.proposals)
    return SolvedProblem(
        study=study,
        model=model,
        pool=pool,
        question=question,
        found=found,
        sites=_sites(found, pool, known.inputs.crs),
        facility_actions=_fates(found.answer, pool, study.siting.sites),
        siting=siting if compared else None,
        comparison=compare_baselines(siting, study.siting) if compared else None,
        left=left,
        notices=(*(siting.notices if compared else ()), *discrepancy_notices(doubts, version=highs_version())),
        attribution=attribution_of(known.inputs.sources),
    )


def _asked(study: Study, sites: int | None, seconds: float | None) -> Study:
    given = {"sites": sites, "seconds": seconds}
    changed = {name: value for name, value in given.items() if value is not None}
    return study.model_copy(update={"siting": study.siting.model_copy(update=changed)})


def _situated(ready: PreparedStudy, study: Study) -> SitingInputs:
    """Return what siting needs to know, without what it does not: no service areas, no verdicts."""
    inputs, walker = ready.inputs, ready.walker
    horizon_min = max(ready.horizon_min, study.limits.standard_min)
    times = walker.times(ready.facility_snaps, ready.demand_snaps, within_min=horizon_min)
    kinds = tuple(ready.measure_group(kind, times) for kind in inputs.kinds)
    minutes, _ = walker.nearest(ready.facility_snaps, ready.demand_snaps, within_min=study.limits.standard_min)
    beyond = ~np.isfinite(minutes) & (inputs.demand["people"].to_numpy() > 0)
    circles = ready.find_business_areas() if "circles" in study.siting.origins else None
    uncovered = gpd.GeoDataFrame(inputs.demand[beyond])
    return ready.siting_inputs(uncovered, kinds, circles)


def question_of(known: SitingInputs, pool: CandidateSet, model: str) -> LocationProblem:
    """Return what a model is asked: everybody who counts, candidates, and the centres that stay."""
    study, inputs, settings = known.study, known.inputs, known.study.siting
    stays = ~inputs.facilities["id"].isin(settings.relocatable).to_numpy()
    centres = inputs.facilities[stays]
    rows = _rows(study, inputs.demand, known.kinds)
    zero_coverage_min = settings.zero_coverage_min or max(study.limits.minutes)
    horizon_min = max(float(rows["limit_min"].max()), *(tier.minutes for tier in settings.tiers), 0.0)
    horizon_min = max(horizon_min, zero_coverage_min) if model == "gradual_covering" else horizon_min
    if model in ENDLESS:
        horizon_min = known.walker.upper_bound_min
    table = candidate_table(pool.candidates, inputs.crs)
    xy = np.vstack([point_coordinates(table), point_coordinates(centres)])
    times = known.walker.times(known.walker.snap(xy), known.walker.snap(rows), within_min=horizon_min)
    weight = rows["weight"].to_numpy(dtype=np.float64)
    area = np.concatenate([_areas(pool, inputs.facilities, settings.new_area_m2), centres["floor_area_m2"]])
    fixed = np.arange(len(table), len(xy))
    choice = selection_constraints(pool, settings)
    cost = None if choice.cost is None else np.concatenate([choice.cost, np.zeros(len(centres))])
    return LocationProblem(
        name=study.file.name,
        reach=TravelCosts(times.demand, times.facility, times.minutes, weight, len(xy)),
        limit_min=rows["limit_min"].to_numpy(dtype=np.float64),
        households=_households(rows, study),
        kind=rows["kind"].to_numpy(dtype=object),
        choice=type(choice)(sites=choice.sites, cost=cost, budget=choice.budget, fixed=fixed),
        area_m2=area.astype(np.float64),
        tier=tuple(centres["tier"]),
        settings=settings,
        zero_coverage_min=zero_coverage_min,
    )


def _rows(study: Study, demand: gpd.GeoDataFrame, kinds: tuple[GroupCoverage, ...]) -> gpd.GeoDataFrame:
    """Return everybody who counts, one row a point and kind."""
    parts = [(RESIDENTS, demand, study.demand.residents_weight, study.limits.standard_min)]
    parts += [
        (kind.group.settings.id, kind.demand, kind.group.settings.weight, kind.standard_min) for kind in kinds
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
    """Return households as given, else people over the study's household size, else NaN."""
    given: NDArray[np.float64] = rows["households"].to_numpy(dtype=np.float64)
    size = study.demand.household_size
    if size is None:
        return given
    return np.where(np.isnan(given), rows["people"].to_numpy(dtype=np.float64) / size, given)


def _areas(pool: CandidateSet, facilities: gpd.GeoDataFrame, new_area_m2: float | None) -> NDArray[np.float64]:
    known = dict(zip(facilities["id"], facilities["floor_area_m2"], strict=True))
    unknown = np.nan if new_area_m2 is None else new_area_m2
    return np.array(
        [
            known[one.id] if one.stays else unknown if one.area_m2 is None else one.area_m2
            for one in pool.candidates
        ],
        dtype=np.float64,
    )


def _sites(found: ModelResult, pool: CandidateSet, crs: Any) -> gpd.GeoDataFrame:  # noqa: ANN401 - pyproj's own
    answer = found.answer
    added = dict(zip(answer.sites, answer.added, strict=False))
    chosen = [column for column in dict.fromkeys(answer.sites) if column < len(pool.new)]
    table = candidate_table([pool.candidates[column] for column in chosen], crs)
    return gpd.GeoDataFrame(
        table[["id", "origin", "name", "area_m2", "tenure", "geometry"]].assign(
            rank=np.arange(1, len(chosen) + 1),
            tier=[found.tiers.get(column, "") for column in chosen],
            people_added=[added.get(column, np.nan) for column in chosen],
            cost=table["cost"],
        )
    )


def _fates(answer: Solution, pool: CandidateSet, new_sites: int) -> tuple[FacilityAction, ...]:
    opened = [pool.candidates[column] for column in answer.sites if column < len(pool.candidates)]
    return facility_actions(pool.kept_centres, opened, new_sites=new_sites)


def entries(answered: SolvedProblem) -> dict[str, Any]:
    """Return an answer as plain values, without what depends on the machine: how long it took."""
    answer, settings = answered.found.answer, answered.study.siting
    lonlat = lonlat_degrees(answered.sites)
    rows = answered.sites.drop(columns="geometry").to_dict(orient="records")
    content: dict[str, Any] = to_plain_values(
        {
            "format": "planner.sites/1",
            "study": answered.study.name,
            "attribution": answered.attribution,
            "model": answered.model,
            "sense": answer.sense,
            "sites_asked": None if answered.model in OWN_NUMBER else settings.sites,
            "seconds_at_most": settings.seconds,
            "seed": answer.seed,
            "objective": answer.objective,
            "before": answered.today,
            "bound": answer.bound,
            "gap": answer.gap,
            "status": answer.status,
            "figures": dict(answered.found.figures),
            "sites": [{**row, "lon": lon, "lat": lat} for row, (lon, lat) in zip(rows, lonlat, strict=True)],
            "centres": [
                {"centre": one.centre, "fate": one.fate, "to": one.to} for one in answered.facility_actions
            ],
            "notices": [notice.entry() for notice in answered.notices],
            "candidates": len(answered.pool.new),
            "excluded": [
                {"id": one.candidate.id, "reason": one.reason, "detail": one.detail}
                for one in answered.pool.excluded
            ],
        }
    )
    return content


def write_answer(answered: SolvedProblem, folder: Path) -> list[Path]:
    """Write sites.json and sites.gpkg (sites, candidates, excluded), both or none; return their paths.

    Raises
    ------
    OutputError
        The folder cannot be written, or holds an input of the study by the name of a product.
    """
    check_folder(answered.study, folder)
    crs = answered.sites.crs
    layers = {
        "sites": answered.sites,
        "candidates": candidate_table(answered.pool.new, crs),
        "excluded": excluded_table(answered.pool.excluded, crs),
    }
    return write_all_or_none(
        folder,
        {
            "sites.json": lambda path: path.write_text(format_json(entries(answered)), "utf-8", newline="\n"),
            "sites.gpkg": lambda path: write_layers(
                layers, path, schemas=SITES_LAYERS, attribution=answered.attribution
            ),
        },
    )


def check_folder(study: Study, folder: Path) -> None:
    """Try the folder before the work begins.

    Raises
    ------
    OutputError
        It cannot be made or written, or holds an input of the study by the name of a product.
    """
    protect_inputs(study, folder, PRODUCTS)
    check_writable(folder, PRODUCTS)
