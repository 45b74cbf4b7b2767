"""Renamed settings: an old name gives the same study and one notice."""

from __future__ import annotations

from typing import Any

import pytest

from planner.config.study import make_study
from planner.config.toml_files import RENAMED, with_new_names
from planner.messages.errors import StudyError

LAYERS: dict[str, Any] = {name: {"path": f"{name}.gpkg"} for name in ("communities", "facilities", "streets")}
BASE: dict[str, Any] = {"name": "Toy", "inputs": LAYERS}
FUND = {"id": "district", "amounts": [1.0, 1.0]}
PROJECT = {"id": "gate", "kind": "access", "cost": 2.0}
OLD: dict[str, dict[str, Any]] = {
    "circles": {"circles": {"within_m": 90.0}},
    "demand.kinds": {"demand": {"kinds": [{"id": "old", "share": 0.1}, {"id": "young", "share": 0.2}]}},
    "inputs.communities.columns.street": {
        "inputs": {**LAYERS, "communities": {"path": "c.gpkg", "columns": {"street": "街道"}}}
    },
    "inputs.people_table.columns.street": {
        "inputs": {**LAYERS, "people_table": {"path": "p.xlsx", "columns": {"street": "街道"}}}
    },
    "programme.projects.street": {
        "programme": {"funds": [FUND], "projects": [{**PROJECT, "street": "North"}, {**PROJECT, "id": "b"}]}
    },
    "programme.projects.settles": {"programme": {"funds": [FUND], "projects": [{**PROJECT, "settles": ["C1"]}]}},
    "programme.starts_per_street": {"programme": {"starts_per_street": 2}},
    "siting.apart_m": {"siting": {"apart_m": 400.0}},
    "siting.barrier_m": {"siting": {"barrier_m": 3.0}},
    "siting.fade_min": {"siting": {"fade_min": 12.0}},
    "siting.origins": {"siting": {"origins": ["streets", "circles"]}},
    "siting.free": {"siting": {"free": ["C1"]}},
}


def test_every_old_name_is_tried() -> None:
    assert set(OLD) == set(RENAMED)


@pytest.mark.parametrize("old", OLD)
def test_an_old_name_gives_the_same_study_and_one_name_to_report(old: str) -> None:
    content = BASE | OLD[old]
    current = with_new_names(content)
    assert current != content
    study = make_study(content)
    assert study.former_names == ((old, RENAMED[old]),)
    assert study.model_dump() == make_study(current).model_dump()
    assert make_study(current).former_names == ()


def test_an_old_name_beside_the_new_one_is_an_error() -> None:
    with pytest.raises(StudyError) as caught:
        make_study(BASE | {"siting": {"free": ["C1"], "relocatable": ["C2"]}})
    assert [(issue.key, issue.values["path"]) for issue in caught.value.issues] == [
        ("unknown_setting", "siting.free")
    ]
