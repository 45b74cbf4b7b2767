"""Services without stairs: as a study whose stairs are closed, and nobody gains."""

from __future__ import annotations

from pathlib import Path

import life_circle
import pytest
import toy

import planner
from planner.reporting.document.build import build_document

STAIRS = ("Street 0", "Street 12")


def test_who_loses_what_is_the_difference_of_two_studies(tmp_path: Path) -> None:
    layers = life_circle.layers()
    streets = toy.layers()["streets"]
    layers["streets"] = streets.assign(kind=["steps" if name in STAIRS else "" for name in streets["name"]])
    both = "step_free = true\n" + life_circle.STUDY
    plan = planner.run(toy.write_study(tmp_path / "both", changed=layers, study=both))
    closed = life_circle.STUDY + '\n[walking.costs]\nstairs = "closed"\n'
    without = planner.run(toy.write_study(tmp_path / "closed", changed=layers, study=closed)).services
    total = plan.step_free[plan.step_free["community"] == ""].set_index("service")
    known = total.index != "park"
    expected = without.total.set_index("service")["people_served"]
    assert total["people_served_step_free"][known].tolist() == pytest.approx(expected[known].tolist())
    plain = plan.services.total.set_index("service")["people_served"]
    assert total["people_served"][known].tolist() == plain[known].tolist()
    assert total["people_lost"][known].tolist() == pytest.approx((plain - expected)[known].tolist())
    assert total["people_lost"][known].sum() > 0
    assert total["people_lost"].isna()["park"]
    parts = plan.step_free[plan.step_free["community"] != ""].groupby("service")["people_lost"].sum()
    assert parts[total.index[known]].tolist() == pytest.approx(total["people_lost"][known].tolist())
    rows = build_document(plan)["services"]["step_free"]
    assert [row["service"] for row in rows if row["community"] == ""] == total.index.tolist()
    planner.write(plan, tmp_path / "out", products=["report", "tables"])
