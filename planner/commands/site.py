"""`planner site`: solve the siting problem of a study with one model, and print and write the solution."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from planner.cache import NO_CACHE, Cache
from planner.commands.caching import cache_of, reuse_result
from planner.commands.site_card import solution_text
from planner.commands.streams import StageReport, print_results
from planner.config.study import Study, read_study
from planner.io.study_layers import attribution_of
from planner.messages.catalogue import Texts
from planner.messages.errors import CommandError, Issue
from planner.messages.notices import Notice
from planner.messages.progress import Progress, silent
from planner.network.quality import components_of_people
from planner.prepare import PreparedStudy, prepare
from planner.reporting.document.build import format_json, to_plain_values
from planner.reporting.document.records.layers import SITES_LAYERS
from planner.reporting.document.siting import lonlat_degrees
from planner.reporting.files.input_protection import protect_inputs
from planner.reporting.tables.geopackage import write_layers
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
COMPONENTS_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class SolvedProblem:
    """Solved siting problem of a study."""

    study: Study
    """Study with the numbers of the command line."""
    run: StudySolution
    """Candidates, problem, and solution."""
    sites: gpd.GeoDataFrame
    """One row a chosen site, ranked: id, source, tier, people_added, cost, geometry."""
    facility_actions: tuple[FacilityAction, ...]
    """Action for each relocatable centre."""
    notices: tuple[Notice, ...]
    """Notices of the run."""
    attribution: str
    """Data sources that must be named; "" if none."""
    components: gpd.GeoDataFrame
    """Components of the streets besides the largest that most people are on: people, points, communities,
    length_m, gap_m to the largest, geometry (its place on the largest)."""
    component_count: int
    component_people: float
    """`component_count`, `component_people`: Number of all such components, and the people on them."""

    @property
    def spec(self) -> ModelSpec:
        """Description of the model."""
        return self.run.answer.spec

    @property
    def solution(self) -> Solution:
        """Solution of the model."""
        return self.run.answer.result.solution


def run_command(options: Namespace, texts: Texts) -> None:
    """Solve the siting problem of a study with one model and print the solution."""
    study = read_study(options.study)
    if options.out is not None:
        check_folder(study, options.out)
    progress = StageReport(texts)
    with progress:
        model, sites, seconds = options.model, options.sites, options.seconds
        cache = cache_of(options, texts)

        def solve() -> SolvedProblem:
            return solve_study(study, model, sites=sites, seconds=seconds, progress=progress, cache=cache)

        answered = reuse_result("answer", study, (model, sites, seconds), solve, cache=cache, progress=progress)
        files = write_answer(answered, options.out) if options.out is not None else []
    print_results(solution_text(answered, texts))
    print_results(*files)


def solve_study(
    study: Study | Path,
    model: str,
    *,
    sites: int | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
    cache: Cache = NO_CACHE,
) -> SolvedProblem:
    """Solve the siting problem of a study with one model.

    Parameters
    ----------
    study
        The study, or the path of its file.
    model
        One of `planner.siting.models.model_names`.
    sites, seconds
        Instead of the study's `siting.sites` and `siting.seconds`.
    progress
        Called with the name of each stage when it starts.
    cache
        Results of earlier runs.

    Raises
    ------
    PlannerError
        As `planner.run`; a number of sites given to a model that finds its own; or the problem is
        infeasible, with the reason and a remedy.
    """
    study = _with_options(study if isinstance(study, Study) else read_study(study), sites, seconds)
    if sites is not None and not get_spec(model).needs_sites:
        raise CommandError("--sites", [Issue("site_own_number", {"model": model})])
    prepared = prepare(study, progress=progress, cache=cache)
    progress("travel_times")
    inputs = _siting_inputs(prepared, study)
    with collect_discrepancies() as discrepancies:
        run = solve(inputs, model=model, progress=progress)
    notices = () if run.siting is None else run.siting.notices
    components, count, people = _components(prepared)
    return SolvedProblem(
        study=study,
        run=run,
        sites=_sites(run, inputs.inputs.crs),
        facility_actions=_facility_actions(run, study.siting.sites),
        notices=(*notices, *discrepancy_notices(discrepancies, version=highs_version())),
        attribution=attribution_of(prepared.inputs.sources),
        components=components,
        component_count=count,
        component_people=people,
    )


def _components(prepared: PreparedStudy) -> tuple[gpd.GeoDataFrame, int, float]:
    """Return who is on streets that are not connected to the others."""
    demand, communities = prepared.inputs.demand, prepared.inputs.communities
    people = demand["people"].to_numpy(dtype=np.float64)
    found, count, total = components_of_people(
        prepared.network, prepared.demand_snaps, people, at_most=COMPONENTS_SHOWN
    )
    names = communities.set_index("id")["name"]
    homes = [demand["community"].iloc[one.points] for one in found]
    rows = {
        "people": [one.people for one in found],
        "points": [len(one.points) for one in found],
        "communities": [", ".join(map(str, names.reindex(home.unique()).dropna())) for home in homes],
        "length_m": [one.length_m for one in found],
        "gap_m": [one.gap_m for one in found],
    }
    places = gpd.points_from_xy([one.gap_xy[0] for one in found], [one.gap_xy[1] for one in found])
    return gpd.GeoDataFrame(rows, geometry=places, crs=prepared.inputs.crs), count, total


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
    circles = prepared.find_business_areas() if "business_areas" in study.siting.sources else None
    uncovered = gpd.GeoDataFrame(inputs.demand[beyond])
    return prepared.siting_inputs(uncovered, kinds, circles)


def _sites(run: StudySolution, crs: Any) -> gpd.GeoDataFrame:  # noqa: ANN401 - pyproj's own
    solution, pool = run.answer.result.solution, run.pool
    added = dict(zip(solution.sites, solution.added, strict=False))
    chosen = [column for column in dict.fromkeys(solution.sites) if column < len(pool.new)]
    table = candidate_table([pool.candidates[column] for column in chosen], crs)
    return gpd.GeoDataFrame(
        table[["id", "source", "name", "area_m2", "tenure", "geometry"]].assign(
            rank=np.arange(1, len(chosen) + 1),
            tier=[run.answer.result.tiers.get(column, "") for column in chosen],
            people_added=[added.get(column, np.nan) for column in chosen],
            cost=table["cost"],
        )
    )


def _facility_actions(run: StudySolution, new_sites: int) -> tuple[FacilityAction, ...]:
    candidates, sites = run.pool.candidates, run.answer.result.solution.sites
    opened = [candidates[column] for column in sites if column < len(candidates)]
    return facility_actions(run.pool.kept_centres, opened, new_sites=new_sites)


def solution_entries(answered: SolvedProblem) -> dict[str, Any]:
    """Return a solution as plain values, without its run time, which depends on the machine."""
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
            "before": run.answer.before,
            "bound": solution.bound,
            "gap": solution.gap,
            "status": solution.status,
            "figures": dict(run.answer.result.figures),
            "sites": [{**row, "lon": lon, "lat": lat} for row, (lon, lat) in zip(rows, lonlat, strict=True)],
            "centres": [
                {"centre": action.centre, "fate": action.fate, "to": action.to}
                for action in answered.facility_actions
            ],
            "notices": [notice.entry() for notice in answered.notices],
            "candidates": len(run.pool.new),
            "excluded": [
                {"id": exclusion.candidate.id, "reason": exclusion.reason, "detail": exclusion.detail}
                for exclusion in run.pool.excluded
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
            "sites.json": lambda path: path.write_text(
                format_json(solution_entries(answered)), "utf-8", newline="\n"
            ),
            "sites.gpkg": lambda path: write_layers(
                layers, path, specs=SITES_LAYERS, attribution=answered.attribution
            ),
        },
    )


def check_folder(study: Study, folder: Path) -> None:
    """Check the output folder before the problem is solved.

    Raises
    ------
    OutputError
        It cannot be made or written, or holds an input of the study by the name of a product.
    """
    protect_inputs(study, folder, PRODUCTS)
    check_writable(folder, PRODUCTS)
