"""Services that a study states badly: told with rows, never counted as zero."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import geopandas as gpd
import life_circle
import pytest
import shapely
import toy
from phrases import phrase

from planner.commands.main import main
from planner.config.service_profiles import (
    read_service_profile,
    service_standards,
    shipped_service_profiles,
)
from planner.config.study import read_study
from planner.inputs.services import follow_scenario
from planner.io.unused_layers import find_unused_layers
from planner.messages.errors import PlannerError, StudyError
from planner.prepare import prepare
from planner.schemas.tables import Facilities


def issues_of(tmp_path: Path, study: str) -> list[str]:
    with pytest.raises(PlannerError) as error:
        prepare(read_study(life_circle.write_study(tmp_path, study)), for_results=False)
    return [issue.key for issue in error.value.issues]


def notices_of(tmp_path: Path, study: str, **changed: gpd.GeoDataFrame) -> dict[str, tuple[str, ...]]:
    file = toy.write_study(tmp_path, changed={**life_circle.layers(), **changed}, study=study)
    notices = prepare(read_study(file), for_results=False).notices
    return {one.key: one.rows for one in notices if one.key.startswith("service_")}


def test_what_is_not_known_is_told_with_its_rows(tmp_path: Path) -> None:
    assert notices_of(tmp_path, life_circle.STUDY) == {
        "service_closed": ("K2",),
        "service_below_standard": ("B1",),
        "service_unknown": ("park",),
    }


def test_capacity_that_some_do_not_state(tmp_path: Path) -> None:
    pois = life_circle.pois().assign(open="")
    assert notices_of(tmp_path, life_circle.STUDY, pois=pois)["service_capacity_unknown"] == ("K2",)


def test_an_empty_layer_is_not_known(tmp_path: Path) -> None:
    study = toy.STUDY + '\n[[services]]\nid = "bath"\nlayer = { path = "toy.gpkg", layer = "none" }\nminutes = 5\n'
    none = gpd.GeoDataFrame({"id": ["x"]}, geometry=[shapely.Point(toy.ORIGIN)], crs=toy.CRS).iloc[:0]
    assert notices_of(tmp_path, study, none=none) == {"service_unknown": ("bath",)}


def test_a_group_that_has_nobody(tmp_path: Path) -> None:
    people = life_circle.layers()["people"].assign(people_65=0)
    assert notices_of(tmp_path, life_circle.STUDY, people=people)["service_group_empty"] == ("clinic",)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('where = { kind = "canteen" }', 'where = { sort = "canteen" }', "service_column_missing"),
        ('capacity = "places"', 'capacity = "beds"', "service_column_missing"),
        ('where = { kind = "canteen" }', 'tags = { amenity = "canteen" }', "tags_need_extract"),
        ('id = "park"', 'id = "library"', "wrong_setting"),
        (life_circle.SERVICES, "[bundles]\n", "wrong_setting"),
        ('group = "old"', 'group = "young"', "wrong_setting"),
        ("minutes = 15\n", "", "wrong_setting"),
        ("minutes = 15\n", 'profile = "gb"\n', "unknown_profile"),
        ("minutes = 15\n", 'profile = "tdt1062"\n', "unknown_profile"),
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert old in life_circle.STUDY
    assert key in issues_of(tmp_path, life_circle.STUDY.replace(old, new, 1))


def test_a_blank_cell_does_not_hide_whole_numbers(tmp_path: Path) -> None:
    grades = [None, 1, 2, 3, 1, 2, 3]
    pois = life_circle.pois().assign(grade=grades, open="")
    study = life_circle.STUDY.replace('where = { kind = ["park"] }', 'where = { grade = "3" }')
    file = toy.write_study(tmp_path, changed={**life_circle.layers(), "pois": pois}, study=study)
    park = next(
        one for one in prepare(read_study(file), for_results=False).inputs.services if one.standard.id == "park"
    )
    assert park.places["id"].tolist() == ["H2", "B2"]


def test_a_facility_that_stands_twice_is_told(tmp_path: Path) -> None:
    pois = life_circle.pois().iloc[[*range(7), 2]].reset_index(drop=True)
    pois = pois.assign(id=[*pois["id"][:7], "H9"])
    assert notices_of(tmp_path, life_circle.STUDY, pois=pois)["service_twice"] == ("H1", "H9")


def test_a_facility_without_room_does_not_count(tmp_path: Path) -> None:
    pois = life_circle.pois()
    pois = pois.assign(places=pois["places"].where(pois["id"] != "K1", 0.0))
    file = toy.write_study(tmp_path, changed={**life_circle.layers(), "pois": pois}, study=life_circle.STUDY)
    prepared = prepare(read_study(file), for_results=False)
    assert ("K1",) in [one.rows for one in prepared.notices if one.key == "service_below_standard"]
    assert not prepared.inputs.services[1].counts.any()


def test_capacity_follows_a_scenario(tmp_path: Path) -> None:
    study = life_circle.STUDY.replace(
        'where = { tier = ["community"] }', 'where = { tier = "community" }\ncapacity = "floor_area_m2"'
    )
    inputs = prepare(read_study(life_circle.write_study(tmp_path, study)), for_results=False).inputs
    after = Facilities(inputs.facilities.assign(floor_area_m2=inputs.facilities["floor_area_m2"] + 50.0))
    before, then = (
        one[-1].places["capacity"]
        for one in (inputs.services, follow_scenario(inputs.services, inputs.facilities, after))
    )
    assert then.tolist() == (before + 50.0).tolist()
    assert before.notna().all()


def test_a_profile_gives_what_the_study_does_not(tmp_path: Path) -> None:
    study = (
        toy.STUDY
        + """
[[services]]
id = "kindergarten"
where = { tier = "station" }
profile = "gb50180_services"

[[services]]
id = "health_station"
where = { tier = "station" }
profile = "complete_community"
minutes = 7
"""
    )
    own, nursery, health = service_standards(read_study(toy.write_study(tmp_path, study=study)))
    assert (own.id, own.minutes, own.evidence) == ("centres", 5.0, "own")
    assert (nursery.minutes, nursery.evidence, nursery.title("zh")) == (5.0, "unchecked", "幼儿园")
    assert (health.minutes, health.evidence, health.least_capacity) == (7.0, "own", 120.0)


@pytest.mark.parametrize("name", shipped_service_profiles())
def test_shipped_profiles_state_clause_and_evidence(name: str) -> None:
    profile = read_service_profile(name, folder=Path(), study="", setting="")
    assert len({one.id for one in profile.services}) == len(profile.services)
    assert all(one.clause and one.clause_zh and one.evidence != "seen" for one in profile.services)


def test_an_own_profile_that_is_wrong_names_the_place(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        'en = "x"\nzh = "x"\nsource = "x"\n[[services]]\nid = "a"\nen = "A"\nzh = "A"\nminutes = -1\n', "utf-8"
    )
    with pytest.raises(StudyError) as error:
        read_service_profile("own.toml", folder=tmp_path, study="study.toml", setting="services.0.profile")
    assert {issue.values["rule"] for issue in error.value.issues} >= {"services.0.minutes", "services.0.clause"}


def test_rows_that_are_not_selected_are_counted_aside_and_the_layer_is_in_use(tmp_path: Path) -> None:
    study = read_study(life_circle.write_study(tmp_path))
    prepared = prepare(study, for_results=False)
    used = {one.layer: (one.rows, one.used) for one in prepared.inputs.sources}
    assert used["services.canteen"] == (7, 2)
    assert used["services.park"] == (7, 0)
    assert "pois" not in {one.layer for one in find_unused_layers(study)}
    lines = "\n".join(check_lines(tmp_path))
    assert phrase("cli.check_service", service="Canteens", count=1, places=2) in lines


def check_lines(folder: Path) -> list[str]:
    output = StringIO()
    with redirect_stdout(output):
        main(["check", str(folder)])
    return output.getvalue().splitlines()
