"""State that the map sheet shows: the end of the programme where the study has one, else today and the sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import pandas as pd
import shapely

from planner.evaluation import COMPLIANT
from planner.evaluation.diagnosis import rating_rates
from planner.messages.catalogue import Texts
from planner.reporting.document.programme import spots_of
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.document.records.programme import Project
from planner.reporting.report.blocks import Translator, at_standard
from planner.reporting.report.outcome import (
    Outcome,
    covered_by,
    outcome_of,
    reached_areas,
    resolved_communities,
)
from planner.reporting.rounding import Rates
from planner.results import Plan
from planner.schemas.tables import PREMISES

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
    """What the sheet shows."""

    outcome: Outcome | None
    """End of the programme; None where the sheet shows today."""
    reached: list[shapely.Geometry]
    """Area within each limit of the study, the shortest first."""
    uncovered: gpd.GeoDataFrame
    """Demand points beyond the standard: people, geometry."""
    ratings: list[str | None]
    """Rating of each facility, "none" without one; None where it is closed by then."""
    weak_communities: frozenset[str]
    """Their ids."""
    marks: tuple[Mark, ...]
    """Sites, or projects of the programme that have a position."""
    area_share: float | None
    """Share of the communities' area within the standard; None without an area."""
    rates: Rates
    """Numbers of premises by rating, as ``diagnosis.rates`` of the document: of those that stay."""


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
        share, rates = at_standard(content)["area_share"], content["diagnosis"]["rates"]
        return SheetState(None, reached, plan.coverage.uncovered, ratings, weak, marks, share, rates)
    demand = plan.inputs.demand
    is_left = ~covered_by(plan, outcome) & (demand["people"] > 0).to_numpy()
    for row, centre in enumerate(content["centres"]):
        if centre["id"] in outcome.closed:
            ratings[row] = None
        elif centre["id"] in outcome.resolved:
            ratings[row] = COMPLIANT
    limits = plan.study.limits
    reached = reached_areas(plan, outcome, limits.minutes)
    outline = shapely.union_all(plan.inputs.communities.geometry.array)
    served = shapely.intersection(outline, reached[limits.minutes.index(limits.standard_min)])
    return SheetState(
        outcome,
        reached,
        gpd.GeoDataFrame(demand[is_left]),
        ratings,
        weak - resolved_communities(content, outcome.resolved),
        tuple(_projects(plan, content)),
        float(served.area / outline.area) if outline.area > 0 else None,
        _rates(content, ratings),
    )


def _rates(content: PlanDocument, ratings: list[str | None]) -> Rates:
    """Return the numbers of premises by rating, of those that serve then."""
    rated = [
        rating
        for centre, rating in zip(content["centres"], ratings, strict=True)
        if centre["verdict"] and centre["tier"] in PREMISES and rating is not None
    ]
    return rating_rates(pd.Series(rated, dtype=object))


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
