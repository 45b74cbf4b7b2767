"""What a plan leads to: people and weak premises today and after the programme, or after the proposed sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.walk import is_within
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.programme_text import CALENDAR
from planner.reporting.report.blocks import Translator, at_standard, headcount
from planner.reporting.report.sections.siting import residents_gained
from planner.results import Plan
from planner.results.outcome import Walks


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a plan, counted as map and tables count it."""

    when: str
    """When it is reached, in words."""
    sites: tuple[str, ...]
    closed: tuple[str, ...]
    resolved: tuple[str, ...]
    """`sites`, `closed`, `resolved`: Candidates with a new centre, centres that no longer serve, weak centres
    brought to standard, by id."""
    share: float
    """Of people within the standard, 0–1."""
    uncovered: int
    weak: int
    """`uncovered`, `weak`: People beyond the standard, and weak communities."""
    is_programme: bool = False
    """Whether these are the projects of the programme, with its branches and passages."""


def outcome_of(t: Translator) -> Outcome | None:
    """Return the result of the programme where it has projects, else of the best sites; None where there is none.

    The programme is the recommendation where the study has funds; then the best sites are not another one.
    """
    content, total = t.content, at_standard(t.content)
    programme, proposals = content["programme"], content["siting"]["proposals"]
    weak = len(content["diagnosis"]["weak_communities"])
    if not total["people"]:
        return None
    if programme is not None:
        if not programme["projects"]:
            return None
        last = programme["years"][-1]
        key = "after_year" if last["year"] >= CALENDAR else "after_year_nth"
        return Outcome(
            t.texts(f"decision.{key}", year=last["year"]),
            tuple(last["sites"]),
            tuple(last["closed"]),
            tuple(last["resolved"]),
            (total["people_covered"] + last["people_covered"]) / total["people"],
            headcount(total).uncovered - round(last["people_covered"]),
            weak - len(resolved_communities(content, last["resolved"])),
            is_programme=True,
        )
    if not proposals or not proposals[-1]["sites"]:
        return None
    best = proposals[-1]
    gained = residents_gained(best)
    closed = [centre["centre"] for centre in best["centres"] if centre["fate"] != "keep"]
    return Outcome(
        t.texts("decision.after_sites", sites=len(best["sites"])),
        tuple(site["id"] for site in best["sites"]),
        tuple(closed),
        (),
        (total["people_covered"] + gained) / total["people"],
        headcount(total).uncovered - round(gained),
        weak,
    )


def resolved_communities(content: PlanDocument, resolved: Sequence[str]) -> set[str]:
    """Return the weak communities whose weak premises all come up to standard."""
    weak = set(content["diagnosis"]["weak_communities"])
    left = {
        centre["community"]
        for centre in content["centres"]
        if centre["verdict"] == "weak" and centre["id"] not in resolved
    }
    return weak - left


@dataclass(frozen=True, slots=True)
class Reached:
    """Area within the standard, and which demand points of the study are within it (bool, one a point)."""

    area: shapely.Geometry
    is_covered: NDArray[np.bool_]


def reached_by(plan: Plan, outcome: Outcome | None) -> Reached:
    """Return who is within the standard, and where that is: today, or with the sites of an outcome."""
    area = reached_areas(plan, outcome, [plan.study.limits.standard_min])[0]
    return Reached(area, covered_by(plan, outcome))


def covered_by(plan: Plan, outcome: Outcome | None) -> NDArray[np.bool_]:
    """Return which demand points are within the standard: today, or with the sites of an outcome."""
    standard = plan.study.limits.standard_min
    walks, *serving = _serving(plan, outcome)
    is_covered = np.zeros(len(plan.inputs.demand), dtype=bool)
    for times, is_open in zip((walks.facilities, walks.candidates, walks.branches), serving, strict=True):
        if len(is_open):
            near = is_within(times.minutes, standard) & is_open[times.facility]
            is_covered[times.demand[near]] = True
    return is_covered


def reached_areas(plan: Plan, outcome: Outcome | None, limits_min: Sequence[float]) -> list[shapely.Geometry]:
    """Return the area within each of some limits of the study: today, or with the sites of an outcome."""
    walks, stays, opened, built = _serving(plan, outcome)
    further = []
    if built.any() or walks is not plan.outcome.walks[0]:
        # Branches, and what passages add to the areas of the centres.
        prepared = walks.prepared
        spots = np.array([change.place for change in plan.outcome.branches], dtype=np.float64).reshape(-1, 2)
        starts = [plan.inputs.facilities[stays], *([spots] if built.any() else [])]
        further = [prepared.draw_areas(prepared.snapped(places), limits_min) for places in starts]
    found = []
    for place, limit in enumerate(limits_min):
        areas = plan.service_areas[plan.service_areas["limit_min"] == limit]
        column = plan.study.limits.minutes.index(limit)
        shapes = [*areas.geometry.array[stays], *plan.candidate_areas[opened, column]]
        shapes += [shape for made in further for shape in made[:, place]]
        found.append(shapely.union_all(np.array(shapes, dtype=object)))
    return found


def _serving(
    plan: Plan, outcome: Outcome | None
) -> tuple[Walks, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the walks, and which facilities, candidates and branches serve then."""
    is_programme = outcome is not None and outcome.is_programme
    stays = ~plan.inputs.facilities["id"].isin(outcome.closed if outcome else ()).to_numpy()
    opened = plan.siting.candidates["id"].isin(outcome.sites if outcome else ()).to_numpy()
    built = np.ones(len(plan.outcome.branches) if is_programme else 0, dtype=bool)
    return plan.outcome.walks[-1 if is_programme else 0], stays, opened, built
