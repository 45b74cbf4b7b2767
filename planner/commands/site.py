"""`planner site`: solve the siting problem of a study with one model, and print and write the solution."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from planner.cache import NO_CACHE, Cache
from planner.commands.caching import cache_of, reuse
from planner.commands.streams import StageReport, print_results
from planner.config.sections.demand import RESIDENTS
from planner.config.study import Study, read_study
from planner.io.study_layers import attribution_of
from planner.messages.catalogue import Texts
from planner.messages.errors import CommandError, Issue
from planner.messages.money import unit_of_amount
from planner.messages.notices import Notice
from planner.messages.progress import Progress, silent
from planner.prepare import PreparedStudy, prepare
from planner.reporting.document.build import format_json, to_plain_values
from planner.reporting.document.records.layers import SITES_LAYERS
from planner.reporting.document.siting import lonlat_degrees
from planner.reporting.files.input_protection import protect_inputs
from planner.reporting.rounding import round_bound, round_parts, round_steps
from planner.reporting.tables.geopackage import write_layers
from planner.reporting.write import check_writable, write_all_or_none
from planner.siting.baselines import Baselines
from planner.siting.candidates.candidate import candidate_table, excluded_table
from planner.siting.candidates.relocations import FacilityAction, facility_actions
from planner.siting.model_spec import ModelSpec, get_spec
from planner.siting.proposals import SitingResult
from planner.siting.solution import Solution
from planner.siting.solvers.highs import highs_version
from planner.siting.solvers.mip import collect_discrepancies, discrepancy_notices
from planner.siting.study_problem import SitingInputs
from planner.siting.study_siting import StudySolution, solve
from planner.siting.unserved import UnservedDemand

PRODUCTS = ("sites.json", "sites.gpkg")


@dataclass(frozen=True, slots=True, eq=False)
class SolvedProblem:
    """Solved siting problem of a study.

    Attributes
    ----------
    study
        Study with the numbers of the command line.
    run
        Candidates, problem, and solution.
    sites
        One row a chosen site, ranked: id, source, tier, people_added, cost, geometry.
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
            return site(study, model, sites=sites, seconds=seconds, progress=progress, cache=cache)

        answered = reuse("answer", study, (model, sites, seconds), solve, cache=cache, progress=progress)
        files = write_answer(answered, options.out) if options.out is not None else []
    print_results(card(answered, texts))
    print_results(*files)


def site(
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
    return SolvedProblem(
        study=study,
        run=run,
        sites=_sites(run, inputs.inputs.crs),
        facility_actions=_facility_actions(run, study.siting.sites),
        notices=(*notices, *discrepancy_notices(discrepancies, version=highs_version())),
        attribution=attribution_of(prepared.inputs.sources),
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


def entries(answered: SolvedProblem) -> dict[str, Any]:
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


def card(answered: SolvedProblem, texts: Texts) -> str:
    """Return the solution as text."""
    return "\n".join(_lines(answered, texts))


def _lines(answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    solution, settings, study = answered.solution, answered.study.siting, answered.study
    model = answered.spec.name
    yield texts("cli.site_head", study=study.name, model=texts(f"models.name_{model}"))
    yield answered.run.answer.objective.in_words(texts.language)
    yield from _money(answered, texts)
    weights = _weights(answered)
    if len(weights) > 1 or set(weights.values()) != {1.0}:
        named = ", ".join(f"{kind} × {weight:g}" for kind, weight in weights.items())
        yield texts("cli.site_weights", weights=named)
    yield from _candidates(answered, texts)
    unit, digits = answered.spec.unit, answered.spec.digits
    say = {"unit": texts(f"models.unit_{unit}")}
    yield texts(
        "cli.site_answer",
        objective=texts.number(solution.objective, digits),
        bound=texts.number(round_bound(solution.objective, solution.bound, digits), digits),
        gap=f"{round_bound(0.0, solution.gap, 4):.2%}",
        status=texts(f"models.status_{solution.status}"),
        **say,
    )
    before = answered.run.answer.before
    if np.isfinite(before) and unit != "sites":
        yield texts("cli.site_before", before=texts.number(before, digits), **say)
    yield from ("  " + figure.in_words(texts.language) for *_, figure in answered.run.answer.figures())
    yield texts(
        "cli.site_effort",
        seconds=texts.number(solution.elapsed_s, 2),
        most=f"{settings.seconds:g}",
        seed=solution.seed,
    )
    yield from (f"! {notice.in_words(texts.language)}" for notice in answered.notices)
    yield from _site_lines(answered, texts)
    if answered.run.siting is not None and answered.run.comparison is not None:
        yield from _comparison(
            answered.run.siting, answered.run.comparison, texts, within=_within(answered, texts)
        )
    if answered.run.left is not None:
        yield from _unserved(answered.run.left, answered, texts)


def _money(answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    """Yield the budget, or that the model ignores it."""
    budget = answered.study.siting.budget
    if budget is None:
        return
    values = {"budget": f"{budget:g}", "unit": unit_of_amount(answered.study.costs.unit, texts)}
    if answered.spec.needs_sites:
        yield texts("cli.site_budget", **values)
        return
    cost = float(answered.sites["cost"].sum())
    over = "over" if cost > budget else "within"
    yield texts(f"cli.site_budget_not_asked_{over}", cost=f"{cost:g}", **values)


def _within(answered: SolvedProblem, texts: Texts) -> str:
    """Return the conditions under which a proof holds."""
    budget, free = answered.study.siting.budget, len(answered.run.pool.kept_centres)
    money = (
        {"budget": f"{budget:g}", "unit": unit_of_amount(answered.study.costs.unit, texts)}
        if budget is not None
        else {}
    )
    said = texts("words.within_free", count=free) if free else ""
    return said + (texts("words.within_budget", **money) if money else "")


def _weights(answered: SolvedProblem) -> dict[str, float]:
    """Return the weight of one person by population group."""
    demand = answered.study.demand
    found = {RESIDENTS: demand.residents_weight, **{kind.title: kind.weight for kind in demand.groups}}
    return {kind: weight for kind, weight in found.items() if weight > 0}


def _candidates(answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    for one in answered.run.pool.sources:
        said = texts(f"words.source_{one.source}")
        yield texts("cli.site_source", source=said, kept=f"{one.kept:,}", proposed=f"{one.proposed:,}")
        if one.suffice is not None:
            key = "cli.site_every_street" if one.stands_for_all else "cli.site_some_streets"
            key = key if answered.spec.counts_first_site_only else "cli.site_streets_else"
            yield texts(key, suffice=f"{one.suffice:,}", kept=f"{one.kept:,}")
    reasons = [one.reason for one in answered.run.pool.excluded]
    for reason in dict.fromkeys(reasons):
        some = [one.candidate.id for one in answered.run.pool.excluded if one.reason == reason]
        shown = ", ".join(some[:5]) + (" …" if len(some) > 5 else "")  # noqa: PLR2004 -- a line's worth
        said = texts(f"words.excluded_{reason}")
        yield texts("cli.site_excluded", count=len(some), reason=said, ids=shown)


def _site_lines(answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    unit = unit_of_amount(answered.study.costs.unit, texts)
    given = answered.sites["people_added"].to_numpy(dtype=np.float64)
    shown = round_steps(given.tolist()) if np.isfinite(given).all() else given
    for row, (lon, lat), added in zip(
        answered.sites.drop(columns="geometry").to_dict(orient="records"),
        lonlat_degrees(answered.sites),
        shown,
        strict=True,
    ):
        tier = texts(f"words.tier_{row['tier']}") + " " if row["tier"] else ""
        gain = texts("cli.site_gain", people=f"{added:,.0f}") if np.isfinite(added) else ""
        cost = row["cost"]
        money = texts("cli.site_cost", cost=f"{cost:g}", money=unit) if cost == cost else ""  # noqa: PLR0124 -- NaN
        name = f" {row['name']}" if row["name"] else ""
        yield texts(
            "cli.site_line",
            rank=row["rank"],
            id=row["id"] + name,
            source=tier + texts(f"words.source_{row['source']}"),
            lon=f"{lon:.6f}",
            lat=f"{lat:.6f}",
            gain=gain + money,
        )
    for one in answered.facility_actions:
        fate = texts(f"words.fate_{one.fate}", to=one.to)
        yield texts("cli.site_centre", centre=one.centre, fate=fate)


def _comparison(siting: SitingResult, comparison: Baselines, texts: Texts, *, within: str) -> Iterator[str]:
    clustering, best = siting.proposals[0], siting.proposals[-1]
    greedy = comparison.greedy if comparison.greedy is not None else 0.0
    yield texts(
        "cli.site_compare",
        clustering=f"{clustering.people_gained:,.0f}",
        greedy=f"{greedy:,.0f}",
        optimum=f"{best.people_gained:,.0f}",
        bound=f"{round_bound(best.people_gained, best.bound):,.0f}",
        within=within,
    )
    for step in comparison.curve:
        yield texts(
            "cli.site_curve",
            sites=step.sites,
            people=f"{step.people_gained:,.0f}",
            bound=f"{round_bound(step.people_gained, step.bound):,.0f}",
            added=f"{step.added:,.0f}",
        )
    for number, one in enumerate(comparison.others, start=1):
        ids = [[siting.pool.candidates[column].id for column in some] for some in (one.dropped, one.taken)]
        yield texts(
            "cli.site_other",
            number=number,
            given_up=f"{one.given_up:,.0f}",
            dropped=", ".join(ids[0]) or "–",
            taken=", ".join(ids[1]) or "–",
            gains=f"{one.gains:,.0f}",
            losses=f"{one.losses:,.0f}",
        )


def _unserved(left: UnservedDemand, answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    access = f"{answered.study.walking.access_m:g}"
    if not len(left.rows):
        yield texts("cli.site_all_served")
        return
    yield texts("cli.site_left", people=f"{left.people.sum():,.0f}", points=f"{len(left.rows):,}")
    reasons = left.by_reason()
    shown = round_parts([people for *_, people in reasons], float(left.people.sum()))
    for (reason, points, _), people in zip(reasons, shown, strict=True):
        said = texts(f"words.unserved_{reason}", access=access)
        yield texts("cli.site_left_reason", people=f"{people:,.0f}", points=points, reason=said)
    if np.isfinite(left.limit_for_all_min):
        yield texts("cli.site_left_limit", minutes=texts.number(round_bound(0.0, left.limit_for_all_min, 1)))
    if left.extra is not None:
        never = f"{left.never:,.0f}"
        yield texts("cli.site_left_extra", extra=left.extra, bound=f"{left.extra_bound:,.0f}", never=never)
