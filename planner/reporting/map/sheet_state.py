"""State that the map sheet shows: the end of the programme where the study has one, else today and the sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import shapely

from planner.evaluation import COMPLIANT
from planner.messages.catalogue import Texts
from planner.reporting.document.programme import spots_of
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.document.records.programme import Project
from planner.reporting.report.blocks import Translator
from planner.reporting.report.outcome import (
    Outcome,
    covered_by,
    outcome_of,
    reached_areas,
    resolved_communities,
)
from planner.results import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

MarkKind = Literal["site", "project", "upgrade", "passage"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A proposal on the sheet: rank of a site, or number of a project in the task table; position in metres."""

    kind: MarkKind
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, eq=False)
class SheetState:
    """What the sheet shows.

    Attributes
    ----------
    outcome
        End of the programme; None where the sheet shows today.
    reached
        Area within each limit of the study, the shortest first.
    uncovered
        Demand points beyond the standard: people, geometry.
    ratings
        Rating of each facility, "none" without one; None where it is closed by then.
    weak_communities
        Their ids.
    marks
        Sites, or projects of the programme that have a position.
    """

    outcome: Outcome | None
    reached: list[shapely.Geometry]
    uncovered: gpd.GeoDataFrame
    ratings: list[str | None]
    weak_communities: frozenset[str]
    marks: tuple[Mark, ...]


def sheet_state(plan: Plan, content: PlanDocument, texts: Texts) -> SheetState:
    """Return what the sheet of a plan shows; the recommendation is that of report and map page."""
    programme, weak = content["programme"], frozenset(content["diagnosis"]["weak_communities"])
    outcome = outcome_of(Translator(content, texts)) if programme else None
    ratings: list[str | None] = [centre["verdict"] or "none" for centre in content["centres"]]
    if outcome is None:
        by_limit = dict(zip(plan.reached["limit_min"], plan.reached.geometry, strict=True))
        reached = [by_limit[limit] for limit in plan.study.limits.minutes]
        # With funds and no project, nothing is recommended: the sites alone would be another answer.
        marks = () if programme else tuple(_sites(plan))
        return SheetState(None, reached, plan.coverage.uncovered, ratings, weak, marks)
    demand = plan.inputs.demand
    is_left = ~covered_by(plan, outcome) & (demand["people"] > 0).to_numpy()
    for row, centre in enumerate(content["centres"]):
        if centre["id"] in outcome.closed:
            ratings[row] = None
        elif centre["id"] in outcome.resolved:
            ratings[row] = COMPLIANT
    return SheetState(
        outcome,
        reached_areas(plan, outcome, plan.study.limits.minutes),
        gpd.GeoDataFrame(demand[is_left]),
        ratings,
        weak - resolved_communities(content, outcome.resolved),
        tuple(_projects(plan, content)),
    )


def _sites(plan: Plan) -> Iterator[Mark]:
    best = plan.siting.best
    candidates = shapely.get_coordinates(plan.siting.candidates.geometry.array)
    for rank, site in enumerate(best.sites if best else (), start=1):
        yield Mark("site", str(rank), float(candidates[site][0]), float(candidates[site][1]))


def _projects(plan: Plan, content: PlanDocument) -> Iterator[Mark]:
    spots = spots_of(plan)
    for project in content["programme"]["projects"] if content["programme"] else ():
        spot = spots[project["id"]]
        if spot is not None:
            yield Mark(_kind(project), project["id"].removeprefix("P"), spot.x, spot.y)


def _kind(project: Project) -> MarkKind:
    if project["kind"] == "access":
        return "passage"
    return "project" if project["site"] or project["kind"] in ("new", "branch", "move") else "upgrade"
