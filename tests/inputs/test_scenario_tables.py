"""What a scenario file says and what the tables are with it, or every reason why it cannot be carried out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import toy

from planner.config.study import Study, read_study
from planner.inputs.scenario import Scenario, Site, apply_scenario, read_scenario
from planner.inputs.study_inputs import Inputs, read_inputs
from planner.messages.errors import ScenarioError

EAST, NORTH = toy.ORIGIN


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Return the toy study with a branch of the western centre in the east, and a column of the user's own."""
    layers = toy.layers()
    centres = layers["centres"]
    branch = centres.iloc[[0]].assign(id="B1", name="Branch", branch_of="C1", tier="station")
    branch = branch.set_geometry([shapely.Point(EAST + 600, NORTH + 200)], crs=toy.CRS)
    both = gpd.pd.concat([centres.assign(branch_of=""), branch], ignore_index=True).assign(hall=["a", "b", "c"])
    file = toy.write_study(tmp_path_factory.mktemp("scenario"), changed={"centres": gpd.GeoDataFrame(both)})
    return read_study(file)


@pytest.fixture(scope="module")
def inputs(study: Study) -> Inputs:
    return read_inputs(study, margin_m=900.0)


def site(ident: str = "N1", x: float = 100.0, y: float = 200.0) -> Site:
    return Site(id=ident, x=EAST + x, y=NORTH + y)


def scenario(*closed: str, sites: tuple[Site, ...] = (), crs: str = toy.CRS, file: str = "") -> Scenario:
    return Scenario(closed, sites, crs, file)


def test_a_site_becomes_a_station_of_its_community(study: Study, inputs: Inputs) -> None:
    given = scenario("S1", sites=(site(), site("N2", 700, 100)), file="picked.json")
    found = apply_scenario(given, inputs, study)
    table = found.facilities
    assert table["id"].tolist() == ["C1", "B1", "N1", "N2"]
    assert table.index.tolist() == [0, 1, 2, 3]
    assert table["name"].tolist()[2:] == ["New station N1", "New station N2"]
    assert table["tier"].tolist() == ["community", "station", "station", "station"]
    assert table["community"].tolist()[2:] == ["W", "E"]
    assert table["branch_of"].tolist() == ["", "C1", "", ""]
    assert table["floor_area_m2"].isna().tolist() == [False, False, True, True]
    assert table["hall"].isna().tolist() == [False, False, True, True]
    assert table.crs == inputs.crs
    places = [(point.x - EAST, point.y - NORTH) for point in table.geometry[2:]]
    assert places == [(100.0, 200.0), (700.0, 100.0)]
    first, *others = found.notices
    assert (first.key, first.table, first.rows) == ("scenario", "facilities", ("S1", "N1", "N2"))
    assert dict(first.values) == {"file": "picked.json", "closed": 1, "sites": 2}
    assert tuple(others) == inputs.notices
    # Nothing else is changed, and the inputs of today are not.
    assert found.demand is inputs.demand
    assert inputs.facilities["id"].tolist() == ["C1", "S1", "B1"]


def test_a_branch_closes_with_its_centre_and_by_itself(study: Study, inputs: Inputs) -> None:
    def left(*closed: str) -> list[str]:
        table = apply_scenario(scenario(*closed), inputs, study).facilities
        assert table.index.tolist() == list(range(len(table)))
        return table["id"].tolist()

    assert left("C1") == ["S1"]
    assert left("B1") == ["C1", "S1"]
    assert left("S1") == ["C1", "B1"]
    assert left() == ["C1", "S1", "B1"]


def test_all_may_close_where_a_site_opens(study: Study, inputs: Inputs) -> None:
    every = ("C1", "S1", "B1")
    assert apply_scenario(scenario(*every, sites=(site(),)), inputs, study).facilities["id"].tolist() == ["N1"]
    with pytest.raises(ScenarioError) as caught:
        apply_scenario(scenario(*every), inputs, study)
    assert [issue.key for issue in caught.value.issues] == ["scenario_closes_all"]
    assert caught.value.source == "scenario"


@pytest.mark.parametrize("crs", ["EPSG:32648", "epsg:32648", " EPSG:32648 ", "WGS 84 / UTM zone 48N"])
def test_the_system_however_it_is_written(study: Study, inputs: Inputs, crs: str) -> None:
    assert len(apply_scenario(scenario("S1", crs=crs), inputs, study).facilities) == 2


def reasons(study: Study, inputs: Inputs, given: Scenario) -> list[tuple[str, tuple[str, ...]]]:
    with pytest.raises(ScenarioError) as caught:
        apply_scenario(given, inputs, study)
    for issue in caught.value.issues:
        assert issue.values.get("crs", "EPSG:32648") == "EPSG:32648"
        assert issue.values.get("metres", "900") == "900"
        assert issue.values.get("found", given.crs) == given.crs
    assert caught.value.source == (given.file or "scenario")
    return [(issue.key, tuple(issue.rows)) for issue in caught.value.issues]


def test_every_reason_with_its_rows(study: Study, inputs: Inputs) -> None:
    """The district is from -50 to 850 m across and from -50 to 450 m up; sites may be 900 m outside it."""
    given = scenario(
        *("C9", "S1", "C8"),
        sites=(site("C1"), site("far", 1750.5), site("near", 1749.5), site("south", 100, -951)),
        crs="EPSG:32649",
        file="a.json",
    )
    assert reasons(study, inputs, given) == [
        ("scenario_crs", ()),
        ("scenario_unknown_centre", ("C9", "C8")),
        ("scenario_site_is_centre", ("C1",)),
        ("scenario_site_far", ("far", "south")),
    ]
    assert reasons(study, inputs, scenario(crs="no system")) == [("scenario_crs", ())]
    assert reasons(study, inputs, scenario("C9")) == [("scenario_unknown_centre", ("C9",))]
    assert reasons(study, inputs, scenario(sites=(site("S1"),))) == [("scenario_site_is_centre", ("S1",))]


# the file


def whole(**changed: object) -> dict[str, object]:
    own = {"id": "N1", "x": 1.0, "y": 2.5}
    return {
        "format": "planner.scenario/1",
        "study": "Toy city",
        "crs": toy.CRS,
        "closed": ["S1"],
        "sites": [own],
    } | changed


def test_a_file_as_the_map_saves_it(study: Study, tmp_path: Path) -> None:
    file = tmp_path / "picked.json"
    for start in ("", "\ufeff"):
        file.write_text(start + json.dumps(whole()), "utf-8")
        found = read_scenario(str(file), study)
        assert (found.closed, found.crs, found.file) == (("S1",), toy.CRS, "picked.json")
        assert [(one.id, one.x, one.y) for one in found.sites] == [("N1", 1.0, 2.5)]
        assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", [("scenario_not_json", "reason")]),
        ('{"a": 1, "b": 2, "a": 3, "b": 4}', [("scenario_key_twice", "a, b")]),
        ('{"closed": [{"b": 1, "b": 1, "a": 2}]}', [("scenario_key_twice", "b")]),
        ("7", [("wrong_scenario", "{}")]),
        (json.dumps(whole(closed=[""])), [("wrong_scenario", "closed.0")]),
        (json.dumps(whole(study="")), [("wrong_scenario", "study")]),
        (json.dumps(whole(crs=5, format="x")), [("wrong_scenario", "format"), ("wrong_scenario", "crs")]),
        (json.dumps(whole(sites=[{"id": "a", "x": 1.0, "y": "2"}])), [("wrong_scenario", "sites.0.y")]),
        (json.dumps(whole(sites=[{"id": "a", "x": 1.0, "y": 2.0, "z": 3.0}])), [("wrong_scenario", "sites.0.z")]),
        (json.dumps(whole(study="Other")), [("scenario_other_study", "Other")]),
        (json.dumps(whole(closed=["b", "a", "b", "a", "c"])), [("scenario_twice", "closed")]),
        (
            json.dumps(whole(study="Other", closed=["a"] * 3, sites=[{"id": "q", "x": 1.0, "y": 2.0}] * 2)),
            [("scenario_other_study", "Other"), ("scenario_twice", "closed"), ("scenario_twice", "sites")],
        ),
    ],
)
def test_a_file_that_is_none(study: Study, tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    file = tmp_path / "x.json"
    file.write_text(text, "utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_scenario(file, study)
    assert caught.value.source == str(file)
    found = caught.value.issues
    assert [issue.key for issue in found] == [key for key, _ in expected]
    for issue, (key, value) in zip(found, expected, strict=True):
        values = {name: str(one) for name, one in issue.values.items()}
        if key == "scenario_not_json":
            assert "line 1" in values["reason"]
        elif key == "scenario_key_twice":
            assert values["keys"] == value
        elif key == "wrong_scenario":
            assert values["path"] == value
            assert values["reason"]
        elif key == "scenario_other_study":
            assert (values["found"], values["study"]) == ("Other", "Toy city")
        else:
            assert values["setting"] == value
            assert list(issue.rows) == {5: ["a", "b"], 3: ["a"], 2: ["q"]}[len(json.loads(text)[value])]


def test_a_file_that_is_not_there_or_no_text(study: Study, tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.json", "errors.os_enoent"), (tmp_path, "errors.os_eisdir")):
        with pytest.raises(ScenarioError) as caught:
            read_scenario(path, study)
        assert caught.value.source == str(path)
        (issue,) = caught.value.issues
        assert issue.key == "unreadable_scenario"
        assert reason in repr(issue.values["reason"])
    (tmp_path / "latin.json").write_bytes('{"closed": "é"}'.encode("latin-1"))
    with pytest.raises(ScenarioError) as broken:
        read_scenario(tmp_path / "latin.json", study)
    assert [issue.key for issue in broken.value.issues] == ["scenario_not_json"]
