"""Entries of the document on siting: candidates, proposals, and plans compared with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np

from planner.config.sections.demand import RESIDENTS
from planner.messages.catalogue import Phrase, Texts, translate
from planner.reporting.document.people import weighing_entries
from planner.reporting.place_names import place_names
from planner.reporting.rounding import round_bound
from planner.results import Plan
from planner.siting.baselines import Alternative, CurvePoint
from planner.siting.candidates.candidate import candidate_table
from planner.siting.candidates.relocations import FacilityAction
from planner.siting.equity import EquityFrontier
from planner.siting.models import DEFAULT_MODEL
from planner.siting.proposals import Proposal
from planner.siting.robustness import ScenarioAnalysis
from planner.siting.unserved import UnservedDemand

Entries = dict[str, Any]
LONLAT_DIGITS = 7


def siting_entries(plan: Plan) -> Entries:
    """Return the entries on new sites."""
    siting, study = plan.siting, plan.study
    weighing = weighing_entries(plan)
    people, uncovered = plan.inputs.demand["people"].sum(), plan.coverage.uncovered["people"].sum()
    places = _Places(plan)
    model = _model(plan)
    own = None if model is None or model["name"] == DEFAULT_MODEL else translate(answer_phrase(model))
    proposals = [
        {
            **_proposal(proposal, gains, places, people - uncovered, people, weighted=weighing["weighted"]),
            "chosen": proposal is siting.best,
            "objective": own if model is not None and proposal.method == model["name"] else None,
        }
        for proposal, gains in zip(siting.proposals, plan.gains, strict=True)
    ]
    return {
        "model": model,
        "sites_asked": study.siting.sites,
        "standard_min": study.limits.standard_min,
        **weighing,
        "candidates": [
            {**row, "place": place, "lon": lon, "lat": lat}
            for row, place, (lon, lat) in zip(
                siting.candidates.drop(columns="geometry").to_dict(orient="records"),
                place_names(siting.candidates.geometry, plan.inputs.streets, Texts(study.language)),
                places.lonlat,
                strict=True,
            )
        ],
        "sources": [
            {
                "source": source.source,
                "proposed": source.proposed,
                "kept": source.kept,
                "suffice": source.suffice,
                **translate(Phrase(f"words.source_{source.source}")),
            }
            for source in siting.pool.sources
        ],
        "every_street": siting.pool.every_street,
        "excluded": _excluded(plan),
        "people_uncovered": siting.people_uncovered,
        "people_without_street": siting.people_without_street,
        "proposals": proposals,
        "greedy_gained": plan.sites.comparison.greedy,
        "curve": [_step(step) for step in plan.sites.comparison.curve],
        "alternatives": [
            _alternative(other, proposal, places)
            for other, proposal in zip(
                plan.sites.comparison.others, plan.sites.comparison.other_plans, strict=True
            )
        ],
        "left": _left(plan.sites.unserved, plan),
        "robust": _robust(plan.sites.scenarios, places),
        "fair": [_fair(one, places) for one in plan.sites.fair],
    }


def _model(plan: Plan) -> Entries | None:
    """Return the study's model and its solution, in its own unit; None if nothing was proposed."""
    answer = plan.sites.answer
    if answer is None:
        return None
    spec, solution = answer.spec, answer.result.solution
    candidates = plan.siting.pool.candidates
    return {
        "name": spec.name,
        **translate(Phrase(f"models.name_{spec.name}")),
        "objective": translate(answer.objective),
        "formula": spec.formula,
        "source": spec.source,
        "sense": spec.sense,
        "unit": spec.unit,
        "value": solution.objective,
        "before": answer.before,
        "bound": solution.bound,
        "gap": solution.gap,
        "status": solution.status,
        "figures": [{"name": name, "value": value, **translate(said)} for name, value, said in answer.figures()],
        "tiers": [{"id": candidates[site].id, "tier": tier} for site, tier in answer.result.tiers.items()],
    }


def answer_phrase(model: Entries) -> Phrase:
    """Return the value of a model's objective, its bound and its status in words."""
    digits = 1 if model["unit"] == "minutes" else 0
    values = {
        "value": f"{model['value']:,.{digits}f}",
        "unit": Phrase(f"models.unit_{model['unit']}"),
        "bound": f"{round_bound(model['value'], model['bound'], digits):,.{digits}f}",
        "status": Phrase(f"models.status_{model['status']}"),
    }
    return Phrase("models.answer", values)


class _Places:
    """Ids and coordinates of the candidates."""

    def __init__(self, plan: Plan) -> None:
        candidates = plan.siting.candidates
        self.ids = [str(one) for one in candidates["id"]]
        self.sources = [str(one) for one in candidates["source"]]
        self.costs = list(candidates["cost"])
        self.all_ids = [candidate.id for candidate in plan.siting.pool.candidates]
        self.lonlat = lonlat_degrees(candidates)

    def of(self, proposal: Proposal) -> list[Entries]:
        """Return the sites of a proposal in their order."""
        return [
            {
                "rank": rank,
                "id": self.ids[site],
                "lon": self.lonlat[site][0],
                "lat": self.lonlat[site][1],
                "people_added": added,
                "source": self.sources[site],
                "cost": self.costs[site],
            }
            for rank, (site, added) in enumerate(zip(proposal.sites, proposal.people_added, strict=True), start=1)
        ]


def _proposal(
    proposal: Proposal,
    gains: Mapping[str, float],
    places: _Places,
    covered: float,
    people: float,
    *,
    weighted: bool,
) -> Entries:
    # What is gained in weighted people is no share of residents.
    residents = gains[RESIDENTS] if weighted else proposal.people_gained
    return {
        "method": proposal.method,
        "status": proposal.status,
        "people_gained": proposal.people_gained,
        "gained_by_group": [{"group": kind, "people_gained": gained} for kind, gained in gains.items()],
        "bound": proposal.bound,
        "gap": proposal.gap if np.isfinite(proposal.bound) else None,
        "people_covered_after": covered + residents,
        "people_share_after": (covered + residents) / people,
        "sites": places.of(proposal),
        "centres": _fates(proposal.facility_actions),
    }


def _fates(facility_actions: Sequence[FacilityAction]) -> list[Entries]:
    return [
        {
            "centre": action.centre,
            "fate": action.fate,
            "to": action.to,
            **translate(Phrase(f"words.fate_{action.fate}", {"to": action.to})),
        }
        for action in facility_actions
    ]


def _excluded(plan: Plan) -> list[Entries]:
    excluded = plan.siting.pool.excluded
    lonlat = lonlat_degrees(candidate_table([exclusion.candidate for exclusion in excluded], plan.network.crs))
    return [
        {
            "id": one.candidate.id,
            "source": one.candidate.source,
            "name": one.candidate.name,
            "reason": one.reason,
            "detail": one.detail,
            "lon": lon,
            "lat": lat,
            **translate(Phrase(f"words.excluded_{one.reason}")),
        }
        for one, (lon, lat) in zip(excluded, lonlat, strict=True)
    ]


def _step(step: CurvePoint) -> Entries:
    return {
        "sites": step.sites,
        "people_gained": step.people_gained,
        "bound": step.bound,
        "status": step.status,
        "added": step.added,
    }


def _alternative(alternative: Alternative, proposal: Proposal, places: _Places) -> Entries:
    return {
        "people_gained": proposal.people_gained,
        "given_up": alternative.given_up,
        "share_of_bound": alternative.share_of_bound,
        "sites": places.of(proposal),
        "dropped": [places.all_ids[site] for site in alternative.dropped],
        "taken": [places.all_ids[site] for site in alternative.taken],
        "moved_m": alternative.moved_m,
        "gains": alternative.gains,
        "losses": alternative.losses,
    }


def _left(left: UnservedDemand | None, plan: Plan) -> Entries | None:
    if left is None:
        return None
    access = {"access": f"{plan.walk.access_m:g}"}
    return {
        "people": left.people.sum(),
        "points": len(left.rows),
        "reasons": [
            {
                "reason": reason,
                "points": points,
                "people": people,
                **translate(Phrase(f"words.unserved_{reason}", access)),
            }
            for reason, points, people in left.by_reason()
        ],
        "limit_for_all_min": left.limit_for_all_min,
        "extra_sites": left.extra,
        "extra_sites_bound": left.extra_bound,
        "never": left.never,
    }


def _robust(analysis: ScenarioAnalysis | None, places: _Places) -> Entries | None:
    if analysis is None:
        return None
    table = analysis.table
    return {
        "rule": analysis.robust.rule,
        "value": analysis.robust.value,
        "bound": analysis.robust.bound,
        "status": analysis.robust.status,
        "sites": places.of(analysis.proposal),
        "worlds": [
            {"key": key, **translate(name)} for key, name in zip(table.scenarios, analysis.names, strict=True)
        ],
        "plans": [
            {
                "plan": plan,
                "people": list(table.people[number]),
                "regret": list(table.regret[number]),
                "regret_bound": list(table.regret_bound[number]),
            }
            for number, plan in enumerate(table.plans)
        ],
    }


def _fair(frontier: EquityFrontier, places: _Places) -> Entries:
    return {
        "objective": frontier.objective,
        "plans": [
            {
                "people": plan.people,
                "people_bound": plan.total.bound,
                "worst_share": plan.worst_share,
                "worst_bound": plan.worst.bound,
                "status": plan.total.status,
                "sites": places.of(proposal),
            }
            for plan, proposal in zip(frontier.plans, frontier.proposals, strict=True)
        ],
    }


def lonlat_degrees(points: gpd.GeoDataFrame) -> list[tuple[float, float]]:
    """Return where points are, degrees, WGS 84."""
    degrees = points.to_crs(4326).geometry
    return [(round(x, LONLAT_DIGITS), round(y, LONLAT_DIGITS)) for x, y in zip(degrees.x, degrees.y, strict=True)]
