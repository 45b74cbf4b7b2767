"""`planner site`: one siting question, put to one model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from planner.config.study import Study, read_study
from planner.io.study_layers import attribution_of
from planner.messages.errors import Issue, StudyError
from planner.messages.notices import Notice
from planner.messages.progress import Progress, silent
from planner.prepare import PreparedStudy, prepare
from planner.reporting.document.build import format_json, to_plain_values
from planner.reporting.document.siting import lonlat_degrees
from planner.reporting.files.input_protection import protect_inputs
from planner.reporting.tables.geopackage import write_layers
from planner.reporting.tables.layer_schemas import SITES_LAYERS
from planner.reporting.write import check_writable, write_all_or_none
from planner.siting.candidates.candidate import candidate_table, excluded_table
from planner.siting.candidates.relocations import FacilityAction, facility_actions
from planner.siting.model_spec import ModelSpec, get_spec
from planner.siting.solution import Solution
from planner.siting.solvers.highs import highs_version
from planner.siting.solvers.mip import collect_discrepancies, discrepancy_notices
from planner.siting.study_problem import SitingInputs
from planner.siting.study_siting import StudySolution, solve

PRODUCTS = ("sites.json", "sites.gpkg")


@dataclass(frozen=True, slots=True, eq=False)
class SolvedProblem:
    """A question and its answer.

    Attributes
    ----------
    study
        Study with the numbers of the command line.
    run
        Candidates, problem, and solution.
    sites
        One row a chosen site, ranked: id, origin, tier, people_added, cost, geometry.
    facility_actions
        Action for each relocatable centre.
    notices
        Notices of the run.
    attribution
        Data sources that must be named; "" if none.
    """

    study: Study
    run: StudySolution
    sites: gpd.GeoDataFrame
    facility_actions: tuple[FacilityAction, ...]
    notices: tuple[Notice, ...]
    attribution: str

    @property
    def spec(self) -> ModelSpec:
        """Description of the model."""
        return self.run.spec

    @property
    def solution(self) -> Solution:
        """Solution of the model."""
        return self.run.result.solution


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
        One of `planner.siting.models.model_names`.
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
    study = _with_options(study if isinstance(study, Study) else read_study(study), sites, seconds)
    if sites is not None and not get_spec(model).needs_sites:
        raise StudyError(str(study.file), [Issue("site_own_number", {"model": model})])
    prepared = prepare(study, progress=progress)
    progress("travel_times")
    inputs = _siting_inputs(prepared, study)
    with collect_discrepancies() as discrepancies:
        run = solve(inputs, model=model, progress=progress)
    notices = () if run.siting is None else run.siting.notices
    return SolvedProblem(
        study=study,
        run=run,
        sites=_sites(run, inputs.inputs.crs),
        facility_actions=_facility_actions(run, study.siting.sites),
        notices=(*notices, *discrepancy_notices(discrepancies, version=highs_version())),
        attribution=attribution_of(inputs.inputs.sources),
    )


def _with_options(study: Study, sites: int | None, seconds: float | None) -> Study:
    given = {"sites": sites, "seconds": seconds}
    changed = {name: value for name, value in given.items() if value is not None}
    return study.model_copy(update={"siting": study.siting.model_copy(update=changed)})


def _siting_inputs(prepared: PreparedStudy, study: Study) -> SitingInputs:
    """Return the inputs of siting, without service areas and ratings."""
    inputs, walker = prepared.inputs, prepared.walker
    horizon_min = max(prepared.horizon_min, study.limits.standard_min)
    times = walker.times(prepared.facility_snaps, prepared.demand_snaps, within_min=horizon_min)
    kinds = tuple(prepared.measure_group(kind, times) for kind in inputs.groups)
    minutes, _ = walker.nearest(
        prepared.facility_snaps, prepared.demand_snaps, within_min=study.limits.standard_min
    )
    beyond = ~np.isfinite(minutes) & (inputs.demand["people"].to_numpy() > 0)
    circles = prepared.find_business_areas() if "circles" in study.siting.origins else None
    uncovered = gpd.GeoDataFrame(inputs.demand[beyond])
    return prepared.siting_inputs(uncovered, kinds, circles)


def _sites(run: StudySolution, crs: Any) -> gpd.GeoDataFrame:  # noqa: ANN401 - pyproj's own
    solution, pool = run.result.solution, run.pool
    added = dict(zip(solution.sites, solution.added, strict=False))
    chosen = [column for column in dict.fromkeys(solution.sites) if column < len(pool.new)]
    table = candidate_table([pool.candidates[column] for column in chosen], crs)
    return gpd.GeoDataFrame(
        table[["id", "origin", "name", "area_m2", "tenure", "geometry"]].assign(
            rank=np.arange(1, len(chosen) + 1),
            tier=[run.result.tiers.get(column, "") for column in chosen],
            people_added=[added.get(column, np.nan) for column in chosen],
            cost=table["cost"],
        )
    )


def _facility_actions(run: StudySolution, new_sites: int) -> tuple[FacilityAction, ...]:
    candidates, sites = run.pool.candidates, run.result.solution.sites
    opened = [candidates[column] for column in sites if column < len(candidates)]
    return facility_actions(run.pool.kept_centres, opened, new_sites=new_sites)


def entries(answered: SolvedProblem) -> dict[str, Any]:
    """Return an answer as plain values, without what depends on the machine: how long it took."""
    solution, settings, run = answered.solution, answered.study.siting, answered.run
    lonlat = lonlat_degrees(answered.sites)
    rows = answered.sites.drop(columns="geometry").to_dict(orient="records")
    content: dict[str, Any] = to_plain_values(
        {
            "format": "planner.sites/1",
            "study": answered.study.name,
            "attribution": answered.attribution,
            "model": answered.spec.name,
            "sense": solution.sense,
            "sites_asked": settings.sites if answered.spec.needs_sites else None,
            "seconds_at_most": settings.seconds,
            "seed": solution.seed,
            "objective": solution.objective,
            "before": run.before,
            "bound": solution.bound,
            "gap": solution.gap,
            "status": solution.status,
            "figures": dict(run.result.figures),
            "sites": [{**row, "lon": lon, "lat": lat} for row, (lon, lat) in zip(rows, lonlat, strict=True)],
            "centres": [
                {"centre": one.centre, "fate": one.fate, "to": one.to} for one in answered.facility_actions
            ],
            "notices": [notice.entry() for notice in answered.notices],
            "candidates": len(run.pool.new),
            "excluded": [
                {"id": one.candidate.id, "reason": one.reason, "detail": one.detail} for one in run.pool.excluded
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
        "candidates": candidate_table(answered.run.pool.new, crs),
        "excluded": excluded_table(answered.run.pool.excluded, crs),
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
