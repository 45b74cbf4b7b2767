"""Leaving out the demand points that do not bear on a centre changes no remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy

from planner.config.study import read_study
from planner.evaluation.diagnosis import diagnose
from planner.evaluation.improvements import local_access
from planner.evaluation.improvements.actions import ImprovementPlan
from planner.prepare import prepare


def remedies(file: Path) -> tuple[ImprovementPlan, ...]:
    ready = prepare(read_study(file))
    access = ready.measure_access()
    diagnosis = diagnose(access, rule_set=ready.rules, date=ready.study.date)
    return ready.find_improvements(access, diagnosis).plans


def test_remedies_of_a_large_study_are_those_that_everybody_is_measured_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = toy.write_study(tmp_path / "city", changed=toy.every_layer(), study=toy.EVERYTHING)
    everybody = remedies(file)
    assert any(plan.tried for plan in everybody)
    monkeypatch.setattr(local_access, "FEW_POINTS", -1)
    assert remedies(file) == everybody
