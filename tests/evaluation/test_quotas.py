"""Rules on all centres together: met, missed, or not to be told; and what a rule file may say of them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from centres import diagnosed, profile_of, rule
from phrases import phrase

from planner.evaluation.diagnosis import evaluate_quotas
from planner.evaluation.rule_files import read_rules
from planner.messages.errors import StudyError

QUOTA = '[[quotas]]\nid="q"\nrule="{rule}"\nshare={share}\nclause = "c"\nevidence = "own"\nen = "Q"\nzh = "比"\n'


def quota(share: float = 0.2, of: str = "big") -> str:
    return QUOTA.format(rule=of, share=share)


BIG = rule("floor_area_m2 > 1000", name="big", grade="excellent")


@pytest.mark.parametrize(
    ("passed", "met"),
    [
        ([True, False, False, False, False], True),
        ([True, False, False, False, False, False], False),
        ([True, None, False, False, False, False], None),
        ([None, None], None),
        ([False, False, None, False, False, False], False),
        ([], None),
    ],
)
def test_a_fifth_by_hand(tmp_path: Path, passed: list[bool | None], met: bool | None) -> None:  # noqa: FBT001
    profile = profile_of(tmp_path, BIG, quota())
    findings = pd.DataFrame({"rule": ["big"] * len(passed), "passed": passed}).astype({"passed": object})
    others = pd.DataFrame({"rule": ["else"] * 5, "passed": [True] * 5})
    (found,) = evaluate_quotas(profile, pd.concat([others, findings])).itertuples()
    assert (found.centres, found.passing, found.unknown) == (len(passed), passed.count(True), passed.count(None))
    assert found.passed is met


def test_a_third_of_three_is_a_third(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, BIG, quota(1 / 3))
    findings = pd.DataFrame({"rule": ["big"] * 3, "passed": [True, False, False]})
    assert evaluate_quotas(profile, findings)["passed"].iloc[0] is True


def test_in_a_diagnosis(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, BIG, quota(1.0))
    for area, met in ((1001.0, True), (1000.0, False), (None, None)):
        assert diagnosed(profile, floor_area_m2=area).quotas["passed"].iloc[0] is met


def test_a_quota_of_no_rule_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        StudyError, match=re.escape(phrase("errors.quota_without_rule", quota="q", rule="bag", known="big"))
    ):
        profile_of(tmp_path, BIG, quota(of="bag"))


def test_a_quota_goes_with_a_rule_that_is_not_in_force(tmp_path: Path) -> None:
    late = rule("floor_area_m2 > 1000", name="big", grade="excellent", more="effective = 2030-01-01")
    profile = profile_of(tmp_path, late, rule("step_free", unit="yes_no", name="other"), quota())
    assert diagnosed(profile, date="2024-01-01").quotas.empty


def test_langfang_asks_for_a_fifth() -> None:
    (found,) = read_rules("langfang", folder=Path()).quotas
    assert (found.rule, found.share, found.evidence) == ("excellent_floor_area", 0.2, "excerpt")
