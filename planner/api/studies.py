"""Evaluation of facilities by rules, and improvements of weak ones, from a study or its plan."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.config.study import Study, read_study
from planner.evaluation.diagnosis import Diagnosis, diagnose
from planner.evaluation.rule_files import read_rules
from planner.prepare import PreparedStudy, prepare
from planner.results import Plan

if TYPE_CHECKING:
    StudyLike = Study | Plan | PreparedStudy | str | os.PathLike[str]


def evaluate(study: StudyLike, rules: str | None = None) -> gpd.GeoDataFrame:
    """Rate the facilities of a study by a rule set.

    Parameters
    ----------
    study
        Study, its plan, or the path of its file; of a study no more is computed than the rules use.
    rules
        Name of a rule set that ships, or path of a file; None: that of the study.

    Returns
    -------
    ratings
        One row a facility, index: its id; name, tier, community, rating ("excellent", "compliant", "weak",
        "undetermined", or "" where no rule decides), score (share of the rules passed, 0 to 1), failed and unknown
        (names of the rules), all indicators, geometry in the study's metric CRS.
    """
    prepared, diagnosis = _diagnose(study, rules)
    facilities, results = prepared.inputs.facilities, diagnosis.rule_results
    titles = {rule.id: rule.title(prepared.study.language) for rule in diagnosis.rule_set.rules}
    passed = results["passed"].astype(object)
    named = {
        column: [
            "; ".join(titles[rule] for rule in results["rule"][(results["facility"] == ident) & chosen])
            for ident in facilities["id"]
        ]
        for column, chosen in (("failed", passed == 0), ("unknown", passed.isna()))
    }
    rows = diagnosis.centres.reset_index(drop=True).rename(columns={"verdict": "rating"})
    front = rows[["name", "tier", "community", "rating", "score"]].assign(**named)
    others = rows.drop(columns=["id", "place", "name", "tier", "community", "rating", "score"])
    table = pd.concat([front, others], axis=1).set_index(pd.Index(facilities["id"], name="facility"))
    return gpd.GeoDataFrame(table, geometry=facilities.geometry.to_numpy(), crs=facilities.crs)


def improve(study: StudyLike) -> pd.DataFrame:
    """Find the cheapest actions that make each weak facility of a study compliant.

    Parameters
    ----------
    study
        Study, its plan, or the path of its file.

    Returns
    -------
    improvements
        One row an action, index: id of the facility; kind ("add_area", "extend_hours", "move" …), amount (m²,
        hours a week, functions or metres), cost (in the study's unit of money; NaN where no price is given), about
        (functions, gate or neighbour), place (x and y where it acts, metres), rating (after all actions of the
        facility), remaining (rules that still fail then). A facility for which nothing suffices has one row
        without a kind.
    """
    if isinstance(study, Plan):
        plans, language = study.improvements.plans, study.study.language
        rule_set = study.diagnosis.rule_set
    else:
        prepared, diagnosis = _diagnose(study, None)
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


def _diagnose(study: object, rules: str | None) -> tuple[PreparedStudy, Diagnosis]:
    """Return a study's inputs and the evaluation of its facilities, by its own rules or others."""
    if isinstance(study, Plan):
        prepared = study.prepared
        if rules is None:
            return prepared, study.diagnosis
    elif isinstance(study, PreparedStudy):
        prepared = study
    else:
        prepared = prepare(study if isinstance(study, Study) else read_study(str(study)))
    if rules is not None:
        settings = prepared.study
        rule_set = read_rules(rules, folder=settings.file.parent, study=str(settings.file))
        horizon_min = max(prepared.horizon_min, *rule_set.limits_min, 0.0)
        prepared = replace(prepared, rules=rule_set, horizon_min=horizon_min)
    return prepared, diagnose(prepared.measure_access(), rule_set=prepared.rules, date=prepared.study.date)
