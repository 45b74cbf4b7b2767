"""Every stage answers "nothing" properly: no site, no need, nobody left, nobody near a street."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import toy
from nothing import drawn, everything_is_made, with_centres, with_people
from phrases import phrase

import planner
from planner.commands.main import main
from planner.reporting.document.build import build_document
from planner.results import Plan

NO_SITE: dict[str, str] = {
    "a budget below every cost": "new_cost = 40.0\nbudget = 10.0\n",
    "a budget and unknown costs": "budget = 1000.0\n",
    "no money at all": "new_cost = 40.0\nbudget = 0.0\n",
    "too near to a centre": "min_spacing_m = 5000\n",
    "free centres and nothing else": 'relocatable = ["C1", "S1"]\napart_m = 5000\nnew_cost = 40.0\nbudget = 0.0\n',
    "no source": "sources = []\nbudget = 5.0\n",
}


def carried_out(folder: Path, study: str, **changed: gpd.GeoDataFrame) -> Plan:
    return everything_is_made(toy.write_study(folder, changed=changed, study=study), answers=False)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_left_out_everything_is_made(seed: int, tmp_path: Path) -> None:
    layers, study = drawn(seed)
    everything_is_made(toy.write_study(tmp_path, changed=layers, study=study))


@pytest.mark.parametrize("name", NO_SITE)
def test_no_site_is_an_answer(name: str, tmp_path: Path) -> None:
    plan = carried_out(tmp_path, toy.STUDY + NO_SITE[name])
    found = build_document(plan)["siting"]
    assert [one["sites"] for one in found["proposals"]] == [[], []]
    assert [one["people_gained"] for one in found["proposals"]] == [0.0, 0.0]
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert ("No new site is proposed" in report) == ("free" not in name)
    sites = gpd.read_file(tmp_path / "out" / "results.gpkg", layer="sites")
    assert len(sites) == 0
    assert "people_added" in sites


def test_candidates_that_serve_nobody_are_not_taken(tmp_path: Path) -> None:
    """Two people in opposite corners of the city: the middle between them is beyond both."""
    people = toy.layers()["people"]
    corners = people[people["id"].isin(["P0-400", "P800-0"])]
    plan = carried_out(tmp_path, toy.STUDY.replace("candidates = 8", "candidates = 1"), people=corners)
    assert plan.siting.people_uncovered == 30.0
    assert [one.people_gained for one in plan.siting.proposals] == [0.0, 0.0]


def test_money_and_nothing_to_do(tmp_path: Path) -> None:
    layers = toy.layers()
    covered = with_people("all covered", layers["people"])
    strong = layers["centres"].assign(community=["W", "E"], tier="community", floor_area_m2=900.0)
    plan = carried_out(tmp_path, toy.with_money(60.0, 60.0), people=covered, centres=strong)
    assert plan.programme is not None
    assert (plan.programme.needs, plan.programme.projects, plan.programme.people) == ((), (), 0.0)
    assert {"needs", "projects"} <= set(pyogrio.list_layers(tmp_path / "out" / "results.gpkg")[:, 0])


def test_few_places_are_left(tmp_path: Path) -> None:
    """Two points of 20 people are uncovered, 100 m apart: one station serves both, though five were asked for."""
    few = with_people("two places left", toy.layers()["people"])
    plan = carried_out(tmp_path, toy.STUDY.replace("sites = 1", "sites = 5"), people=few)
    assert plan.siting.best is not None
    assert plan.siting.best.people_gained == plan.siting.people_uncovered == 40.0
    (notice,) = [one for one in plan.notices if one.key == "siting_few_places"]
    assert notice.values == {"sites": 5, "places": 2}


def test_those_left_have_no_street(tmp_path: Path) -> None:
    hidden = with_people("most without street", toy.layers()["people"])
    plan = carried_out(tmp_path, toy.STUDY.replace("sites = 1", "sites = 2"), people=hidden)
    assert plan.coverage.uncovered["people"].sum() == plan.siting.people_without_street > 0
    assert [one.key for one in plan.notices if one.table == "siting"] == ["siting_no_street"]
    assert plan.sites.unserved is not None
    assert [reason for reason, *_ in plan.sites.unserved.by_reason()] == ["no_street"]


def test_a_scenario_that_leaves_few_places_is_carried_out(tmp_path: Path) -> None:
    study = toy.write_study(tmp_path, study=toy.STUDY.replace("sites = 1", "sites = 4"))
    east, north = toy.ORIGIN
    spots = [(0, 0), (0, 400), (400, 0), (600, 0), (600, 200)]
    sites = [{"id": f"N{number}", "x": east + x, "y": north + y} for number, (x, y) in enumerate(spots)]
    scenario = {"format": "planner.scenario/1", "study": "Toy city", "crs": toy.CRS, "closed": [], "sites": sites}
    file = tmp_path / "almost.json"
    file.write_text(json.dumps(scenario), "utf-8")
    plan = planner.run(study, scenario=file)
    left = plan.coverage.uncovered
    assert 0 < len(left) < 4
    assert "siting_few_places" in [one.key for one in plan.notices]
    assert main(["run", str(study), "--scenario", str(file), "--out", str(tmp_path / "out")]) == 0


def test_no_centre_is_near_anybody(tmp_path: Path) -> None:
    far = with_centres("far away", toy.layers()["centres"])
    plan = carried_out(tmp_path, toy.STUDY, centres=far)
    assert plan.coverage.total["people_covered"].max() == 0
    assert plan.siting.best is not None
    assert plan.siting.best.people_gained > 0


def test_nobody_at_all_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = toy.layers()["people"].assign(people=0)
    study = toy.write_study(tmp_path, changed={"people": people})
    assert main(["check", str(study)]) == 3
    assert phrase("errors.nobody_inside") in capsys.readouterr().err
