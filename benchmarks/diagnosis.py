"""The whole diagnosis of a study whose streets are built: verdicts, why, how firm, how fair, what would help."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.porto_alegre import write_study
from benchmarks.processes import ROOT
from benchmarks.rounds import PLANNER, Contestant, Setting, Table, measure
from planner.accessibility.equity import measure_equity
from planner.config.study import read_study
from planner.evaluation.diagnosis import Diagnosis, diagnose
from planner.evaluation.improvements.search import Improvements
from planner.evaluation.sensitivity import rating_flips
from planner.prepare import PreparedStudy, prepare

STRICTER = """
en = "Stricter"
zh = "更严"
source = "made for this benchmark"

[[rules]]
id = "own"
expression = "own_covered_share_10min >= 0.6"
tiers = ["community"]
grade = "compliant"
unit = "share"
clause = "made for this benchmark"
evidence = "own"
en = "Own coverage"
zh = "覆盖"
"""
"""A rule that many centres fail and that only streets and places can mend: the search has most to do."""


def tables(setting: Setting) -> list[Table]:
    """Measure the study of Porto Alegre; the embedded study of Haibowan where its data is not given."""
    name = "Haibowan" if setting.folder is None else "Porto Alegre's schools"
    with tempfile.TemporaryDirectory() as folder:
        if setting.folder is None:
            return [_table("diagnosis", name, prepare(read_study(ROOT / "data/haibowan/study.toml")), setting)]
        file = write_study(setting.folder, Path(folder))
        usual = _table("diagnosis", name, prepare(read_study(file)), setting)
        Path(folder, "stricter.toml").write_text(STRICTER, "utf-8")
        file.write_text(file.read_text("utf-8") + '\n[rules]\nprofile = "stricter.toml"\n', "utf-8")
        stricter = f"{name}, a rule that many fail"
        return [usual, _table("diagnosis_stricter", stricter, prepare(read_study(file)), setting)]


def _table(key: str, name: str, ready: PreparedStudy, setting: Setting) -> Table:
    remedies = ready.study.remedies.model_copy(update={"streets": False})
    plain = replace(ready, study=ready.study.model_copy(update={"remedies": remedies}))
    contestants = [
        Contestant(PLANNER, lambda: diagnosed(ready), _found, note="with changes of streets and places"),
        Contestant(
            "the same without changes of streets and places", lambda: diagnosed(plain), _found, note="not a peer"
        ),
    ]
    title = f"Diagnosis of {name}: {len(ready.inputs.facilities)} centres, {len(ready.inputs.demand):,} points"
    return Table(key, title, measure(contestants, setting.rounds), _notices())


def diagnosed(ready: PreparedStudy) -> tuple[Diagnosis, Improvements]:
    """Do all that the diagnosis of a run does."""
    access = ready.measure_access()
    diagnosis = diagnose(access, rule_set=ready.rules, date=ready.study.date)
    found = ready.find_improvements(access, diagnosis)
    rating_flips(diagnosis, ready.study.rules.threshold_share)
    walker = ready.walker
    minutes, _ = walker.nearest(ready.facility_snaps, ready.demand_snaps, within_min=walker.upper_bound_min)
    subdistricts = ready.inputs.communities.set_index("id")["subdistrict"]
    measure_equity(minutes, ready.inputs.demand, subdistricts, standard_min=ready.study.limits.standard_min)
    return diagnosis, found


def _found(answer: tuple[Diagnosis, Improvements]) -> Mapping[str, str]:
    diagnosis, found = answer
    kinds = Counter("+".join(change.kind for change in one.actions) or "none" for one in found.plans)
    return {
        "weak": f"{(diagnosis.centres['verdict'] == 'weak').sum()}",
        "tried": f"{sum(one.tried for one in found.plans)}",
        "remedies": ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "–",
        "blocked pairs": f"{len(found.severance_pairs)}",
    }


def _notices() -> tuple[str, ...]:
    return (
        (
            "From the built network on: walks, measures, verdicts, their firmness, fairness, blocked pairs of"
            " street positions, the cheapest change or pair for every weak centre. Service areas are not drawn:"
            " none of the rules asks for them. The first row searches gates, crossings, moves, sharing and"
            " branches too; the second changes the centres alone."
        ),
    )
