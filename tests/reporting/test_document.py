from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import toy

import planner
from planner.config.study import Study
from planner.reporting.document.build import build_document, format_json

GOLDEN = Path(__file__).parents[1] / "golden"


def everything(folder: Path) -> planner.Plan:
    """Return the plan of the toy study with all parts at once."""
    study = toy.write_study(folder, changed=toy.every_layer(), study=toy.EVERYTHING)
    return planner.run(study, verified=True)


def scrubbed(content: dict[str, Any]) -> dict[str, Any]:
    """Return a document without what depends on the machine: versions, and the hash of a freshly written file."""
    content = json.loads(format_json(content))
    del content["provenance"]
    for source in content["data"]["sources"]:
        del source["sha256"]
    return content


def assert_same(found: Any, expected: Any, path: str = "plan") -> None:  # noqa: ANN401 - a document is any plain value
    """Compare two documents; numbers may differ in what another GEOS rounds differently."""
    if isinstance(expected, dict):
        assert list(found) == list(expected), path
        for key in expected:
            assert_same(found[key], expected[key], f"{path}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), path
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_same(one, other, f"{path}[{number}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6), path
    else:
        assert found == expected, path


def golden(name: str) -> dict[str, Any]:
    """Return what a plan was; `PYTHONPATH=tests python tests/reporting/test_document.py` writes it again."""
    content: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    return content


def test_the_toy_plan_is_as_it_was(toy_plan: planner.Plan) -> None:
    assert_same(scrubbed(build_document(toy_plan)), golden("toy_plan"))


def test_the_plan_with_all_parts_is_as_it_was(tmp_path: Path) -> None:
    content = scrubbed(build_document(everything(tmp_path)))
    assert_same(content, golden("everything_plan"))
    parts = ("groups", "business_areas", "fairness", "siting", "programme", "scenarios")
    assert all(content[part] for part in parts)
    siting = ("robust", "fair", "excluded", "alternatives", "left", "curve")
    assert all(content["siting"][part] for part in siting)
    assert content["programme"]["projects"]
    assert any(centre["remedy"] for centre in content["centres"])


def test_a_document_is_plain_json_without_nan(toy_plan: planner.Plan) -> None:
    text = format_json(build_document(toy_plan))
    assert "NaN" not in text
    assert "Infinity" not in text
    assert json.loads(text) == build_document(toy_plan)


def test_every_setting_of_the_study_is_in_it_but_no_path_of_the_machine(toy_plan: planner.Plan) -> None:
    content = build_document(toy_plan)
    absent = {"services", "bundles", "step_free", "service_times", "belts", "assignment", "step_free_incline"}
    # Listed only where a study has them.
    assert set(content["study"]) == set(Study.model_fields) - {"file"} - absent
    assert str(toy_plan.study.file.parent) not in format_json(content)


def test_frames_are_not_changed_in_place(toy_study: Path) -> None:
    plan = planner.run(toy_study)
    before = {
        name: frame.copy() for name, frame in (("demand", plan.inputs.demand), ("areas", plan.service_areas))
    }
    build_document(plan)
    assert before["demand"].equals(plan.inputs.demand)
    assert before["areas"].equals(plan.service_areas)


def test_a_plan_is_frozen(toy_plan: planner.Plan) -> None:
    with pytest.raises(AttributeError):
        toy_plan.notices = ()  # type: ignore[misc]  # the very thing that must fail
    assert replace(toy_plan, notices=()).notices == ()


def test_service_areas_carry_their_share_of_the_disc(toy_plan: planner.Plan) -> None:
    areas = toy_plan.service_areas
    disc = np.pi * (areas["limit_min"] * 60) ** 2
    np.testing.assert_allclose(areas["disc_share"], areas.area / disc)
    union = shapely.union_all(areas.geometry.array[areas["limit_min"] == 5.0])
    assert union.equals_exact(toy_plan.reached.geometry.iloc[0], 1e-6)


if __name__ == "__main__":
    import tempfile

    plans = {
        "toy_plan": lambda folder: planner.run(toy.write_study(folder, study=toy.STUDY + toy.HAIBOWAN_RULES)),
        "everything_plan": everything,
    }
    for name, make in plans.items():
        with tempfile.TemporaryDirectory() as folder:
            content = scrubbed(build_document(make(Path(folder))))
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        (GOLDEN / f"{name}.json").write_text(text, "utf-8")
