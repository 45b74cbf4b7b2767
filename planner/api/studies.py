"""Evaluation of facilities by rules, and improvements of weak ones, of frames, a study or its plan."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from planner.api.arguments import check_number
from planner.api.networks import WalkNetwork
from planner.config.study import Study, read_study
from planner.evaluation.diagnosis import Diagnosis, diagnose
from planner.evaluation.rule_files import read_rules
from planner.messages.errors import DataError, Issue
from planner.pipeline import carry_out
from planner.prepare import PreparedStudy, prepare
from planner.programme.programme import Programme
from planner.programme.project_options import ProgrammeInputs
from planner.results import Plan

if TYPE_CHECKING:
    StudyLike = WalkNetwork | Study | Plan | PreparedStudy | str | os.PathLike[str]


def evaluate(
    study: StudyLike,
    facilities: gpd.GeoDataFrame | None = None,
    communities: gpd.GeoDataFrame | None = None,
    people: gpd.GeoDataFrame | None = None,
    *,
    rules: str | None = None,
    **settings: object,
) -> gpd.GeoDataFrame:
    """Rate facilities by a rule set.

    Parameters
    ----------
    study
        Network, with the three frames; or a study, its plan, or the path of its file, alone. No more is computed
        than the rules use.
    facilities, communities, people
        Frames in any CRS, with the columns of docs/data.md: points with `tier` and what the rules ask of
        facilities; areas; points or areas with `people`.
    rules
        Name of a rule set that ships, or path of a file; None: that of the study, else "national".
    settings
        With a network: tables of the study file, such as ``limits={"minutes": [5, 10]}``.

    Returns
    -------
    ratings
        One row a facility, index: its id; name, tier, community, rating ("excellent", "compliant", "weak",
        "undetermined", or "" where no rule decides), score (share of the rules passed, 0 to 1), failed and unknown
        (names of the rules), all indicators, geometry in the CRS of the facilities (of a study: its metric CRS).

    Examples
    --------
    >>> from planner.api.networks import walk_network
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (500000 3000000, 500600 3000000)"], crs=32648)
    >>> communities = gpd.GeoDataFrame({"name": ["North"]}, geometry=road.buffer(50))
    >>> points = gpd.points_from_xy([500_000, 500_300], [3_000_000] * 2, crs=32648)
    >>> centres = gpd.GeoDataFrame({"name": ["Hall"], "tier": ["community"]}, index=["A"], geometry=points[:1])
    >>> homes = gpd.GeoDataFrame({"people": [900], "households": [300]}, geometry=points[1:])
    >>> net = walk_network(road.to_frame("geometry"))
    >>> evaluate(net, centres, communities, homes, rules="gb50180")["rating"].to_dict()
    {'A': 'compliant'}
    """
    prepared, diagnosis = _diagnose(study, (facilities, communities, people), rules, settings)
    crs = prepared.inputs.crs if facilities is None else facilities.crs
    centres, results = prepared.inputs.facilities, diagnosis.rule_results
    titles = {rule.id: rule.title(prepared.study.language) for rule in diagnosis.rule_set.rules}
    passed = results["passed"].astype(object)
    named = {
        column: [
            "; ".join(titles[rule] for rule in results["rule"][(results["facility"] == ident) & chosen])
            for ident in centres["id"]
        ]
        for column, chosen in (("failed", passed == 0), ("unknown", passed.isna()))
    }
    rows = diagnosis.centres.reset_index(drop=True).rename(columns={"verdict": "rating"})
    front = rows[["name", "tier", "community", "rating", "score"]].assign(**named)
    others = rows.drop(columns=["id", "place", "name", "tier", "community", "rating", "score"])
    table = pd.concat([front, others], axis=1).set_index(pd.Index(centres["id"], name="facility"))
    rated = gpd.GeoDataFrame(table, geometry=centres.geometry.to_numpy(), crs=centres.crs)
    return gpd.GeoDataFrame(rated.to_crs(crs))


def improve(
    study: StudyLike,
    facilities: gpd.GeoDataFrame | None = None,
    communities: gpd.GeoDataFrame | None = None,
    people: gpd.GeoDataFrame | None = None,
    *,
    rules: str | None = None,
    **settings: object,
) -> pd.DataFrame:
    """Find the cheapest actions that make each weak facility compliant.

    Parameters
    ----------
    study, facilities, communities, people, rules, settings
        As in `evaluate`; ``costs={"floor_area_per_m2": 0.4}`` and ``remedies={…}`` are settings too.

    Returns
    -------
    improvements
        One row an action, index: id of the facility; kind ("add_area", "extend_hours", "move" …), amount (m²,
        hours a week, functions or metres), cost (in the study's unit of money; NaN where no price is given), about
        (functions, gate or neighbour), place (x and y where it acts, metres), rating (after all actions of the
        facility), remaining (rules that still fail then). A facility for which nothing suffices has one row
        without a kind.
    """
    if isinstance(study, Plan) and rules is None and not settings:
        plans, language = study.improvements.plans, study.study.language
        rule_set = study.diagnosis.rule_set
    else:
        prepared, diagnosis = _diagnose(study, (facilities, communities, people), rules, settings)
        access = prepared.measure_access()
        plans, language = prepared.find_improvements(access, diagnosis).plans, prepared.study.language
        rule_set = diagnosis.rule_set
    titles = {rule.id: rule.title(language) for rule in rule_set.rules}
    rows = [
        {
            "facility": plan.facility,
            "kind": "" if action is None else action.kind,
            "amount": np.nan if action is None else action.amount,
            "cost": np.nan if action is None or action.cost is None else action.cost,
            "about": "" if action is None else action.name or action.about or ", ".join(action.functions),
            "place": None if action is None else action.place,
            "rating": plan.rating,
            "remaining": "; ".join(titles.get(rule, rule) for rule in plan.remaining),
        }
        for plan in plans
        for action in plan.actions or (None,)
    ]
    columns = ["facility", "kind", "amount", "cost", "about", "place", "rating", "remaining"]
    return pd.DataFrame(rows, columns=columns).set_index("facility")


FRAMES = ("facilities", "communities", "people")


def _diagnose(
    study: object, frames: tuple[object, ...], rules: str | None, settings: dict[str, Any]
) -> tuple[PreparedStudy, Diagnosis]:
    """Return the inputs, and the evaluation of the facilities, by the rules of a study or by others."""
    if isinstance(study, WalkNetwork):
        prepared = _prepare_frames(study, frames, rules, settings)
        return prepared, diagnose(prepared.measure_access(), rule_set=prepared.rules, date="")
    given = [*(name for name, frame in zip(FRAMES, frames, strict=True) if frame is not None), *settings]
    if given:
        raise DataError(
            "evaluate", [Issue("study_with_frames", {"names": ", ".join(f"`{one}`" for one in given)})]
        )
    if isinstance(study, Plan):
        prepared = study.prepared
        if rules is None:
            return prepared, study.diagnosis
    elif isinstance(study, PreparedStudy):
        prepared = study
    else:
        prepared = prepare(study if isinstance(study, Study) else read_study(str(study)))
    if rules is not None:
        own = prepared.study
        rule_set = read_rules(rules, folder=own.file.parent, study=str(own.file))
        horizon_min = max(prepared.horizon_min, *rule_set.limits_min, 0.0)
        prepared = replace(prepared, rules=rule_set, horizon_min=horizon_min)
    return prepared, diagnose(prepared.measure_access(), rule_set=prepared.rules, date=prepared.study.date)


def _prepare_frames(
    net: WalkNetwork, frames: tuple[object, ...], rules: str | None, settings: dict[str, Any]
) -> PreparedStudy:
    """Return a study of frames that walks on a network as it is, with its costs and barriers."""
    missing = ", ".join(f"`{name}`" for name, frame in zip(FRAMES, frames, strict=True) if frame is None)
    if missing:
        raise DataError("evaluate", [Issue("network_needs_frames", {"names": missing})])
    own: dict[str, Any] = {
        **{name: _as_stated(frame) for name, frame in zip(FRAMES, frames, strict=True)},
        "streets": {**_as_stated(net.walked), "keep_all_lines": True},
        "crs": net.crs.to_string(),
        "walking": {"speed_kmh": net.speed_kmh, "access_m": net.access_m},
        "siting": {"sites": 0},
    }
    study = Study(**own | ({} if rules is None else {"rules": {"profile": rules}}) | settings)
    prepared = prepare(study)
    return replace(
        prepared,
        walker=net.walker,
        walked_streets=net.walked,
        facility_snaps=net.walker.snap(prepared.inputs.facilities),
        demand_snaps=net.walker.snap(prepared.inputs.demand),
    )


def _as_stated(frame: object) -> dict[str, object]:
    """Return a layer whose coordinates are what its CRS says, as for the other functions of the library."""
    crs: pyproj.CRS | None = getattr(frame, "crs", None)
    is_wgs84 = crs is not None and crs.geodetic_crs == pyproj.CRS(4326)
    return {"frame": frame, "datum": "wgs84"} if is_wgs84 else {"frame": frame}


def fund_programme(plan: Plan, share: float = 1.0) -> Programme:
    """Select the projects of a plan again with more or less money.

    Parameters
    ----------
    plan
        Plan of a study with `[programme]` and its funds.
    share
        Every amount of every fund is multiplied by this: 0.5 is half the money.

    Returns
    -------
    programme
        Projects by year with their funding; `resolved`, `people`, `bound` and `status`; `funding_gap`, the money
        missing to resolve all that is resolvable.

    Raises
    ------
    PlannerError
        The study of the plan has no funds.
    """
    factor = check_number("share", share)
    settings = plan.study.programme
    if not settings.funds:
        raise DataError("fund_programme", [Issue("no_programme")])
    funds = tuple(
        fund.model_copy(update={"amounts": tuple(factor * amount for amount in fund.amounts)})
        for fund in settings.funds
    )
    study = plan.study.model_copy(update={"programme": settings.model_copy(update={"funds": funds})})
    given = ProgrammeInputs(
        study=study,
        tables=plan.inputs,
        diagnosis=plan.diagnosis,
        remedies=plan.improvements.plans,
        times=plan.times,
        demand=plan.coverage.demand,
        candidates=plan.siting.candidates,
        candidate_times=plan.candidate_times,
        in_scenario=plan.scenario is not None,
    )
    programme, _ = carry_out(replace(plan.prepared, study=study), given)
    assert programme is not None  # noqa: S101 - it has funds
    return programme
