"""Kinds of demand: residents of 65+, workers, visitors; each counted, served, and weighed by its own figures."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import toy
from phrases import phrase

import planner
from planner.commands.main import main
from planner.config.study import make_study
from planner.messages.errors import DataError, StudyError
from planner.reporting.document.build import build_document
from planner.reporting.map.page import draw_map
from planner.reporting.report.build import write_report

LEAST = {
    "name": "s",
    "inputs": {"communities": {"path": "a"}, "facilities": {"path": "b"}, "streets": {"path": "c"}},
}


def kind(**settings: object) -> str:
    lines = [
        f"{name} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for name, value in settings.items()
    ]
    return "\n".join(["", "[[demand.groups]]", *lines, ""])


def plan_of(folder: Path, study: str, **changed: gpd.GeoDataFrame) -> planner.Plan:
    return planner.run(toy.write_study(folder / "toy", changed=changed, study=study))


def test_without_kinds_every_result_is_what_it_was_with_them_at_weight_zero(tmp_path: Path) -> None:
    plain = build_document(plan_of(tmp_path / "plain", toy.STUDY))
    further = build_document(plan_of(tmp_path / "further", toy.STUDY + kind(id="old", share=0.2)))
    for part in ("coverage", "diagnosis", "centres", "network", "business_areas"):
        assert plain[part] == further[part]
    assert plain["siting"]["candidates"] == further["siting"]["candidates"]
    for one, other in zip(plain["siting"]["proposals"], further["siting"]["proposals"], strict=True):
        without = {name: value for name, value in other.items() if name != "gained_by_group"}
        assert without == {name: value for name, value in one.items() if name != "gained_by_group"}
    assert not plain["groups"]
    assert not further["siting"]["weighted"]


def test_a_share_has_the_coverage_of_the_residents(tmp_path: Path) -> None:
    content = build_document(plan_of(tmp_path, toy.STUDY + kind(id="old", share=0.25)))
    (old,) = content["groups"]
    assert old["people"] == 0.25 * content["data"]["people"]
    for own, residents in zip(old["total"], content["coverage"]["total"], strict=True):
        assert own["people_covered"] == pytest.approx(0.25 * residents["people_covered"])
        assert own["people_share"] == pytest.approx(residents["people_share"])
        assert own["overlap_share"] == pytest.approx(residents["overlap_share"])


def test_a_column_counts_by_hand_with_its_own_limits(tmp_path: Path) -> None:
    """One old person a point: 37 points; within 3 minutes = 180 m − what the door takes."""
    people = toy.layers()["people"].assign(old=1.0)
    study = toy.STUDY + kind(id="old", column="old", minutes=[3, 5], standard_min=3)
    plan = plan_of(tmp_path, study, people=people)
    (old,) = plan.groups
    assert old.limits_min == (3, 5)
    residents = plan.coverage.demand
    at_three = int((residents["nearest_min"] <= 3).sum())
    assert old.total["people_covered"].tolist() == [at_three, int((residents["nearest_min"] <= 5).sum())]
    assert len(old.uncovered) == 37 - at_three
    by_community = old.by_community.groupby("limit_min")["people"].sum()
    assert (by_community == 37).all()


def test_limits_beyond_the_horizon_are_searched(tmp_path: Path) -> None:
    study = toy.STUDY + kind(id="old", share=1.0, minutes=[60], standard_min=60)
    plan = plan_of(tmp_path, study)
    assert plan.times.horizon_min < 60
    assert plan.inputs.margin_m >= plan.walk.metres(60)
    assert plan.groups[0].total["people_share"].tolist() == [1.0]


def test_a_column_of_the_communities_is_spread_with_the_residents(tmp_path: Path) -> None:
    own = toy.layers()["communities"].assign(people=[100.0, 300.0], old=[30.0, 9.0])
    study = toy.STUDY.replace('[inputs.demand]\npath = "toy.gpkg"\nlayer = "people"\n', "")
    plan = plan_of(tmp_path, study + kind(id="old", column="old"), communities=own)
    (old,) = plan.groups
    assert plan.inputs.demand_method == "along_streets"
    summed = old.group.points.groupby("community")["people"].sum()
    assert summed.to_dict() == {"E": pytest.approx(9), "W": pytest.approx(30)}
    assert old.group.given == 39


@pytest.mark.parametrize(
    ("people", "column", "said"),
    [
        (None, "elderly", phrase("errors.kind_column_missing", column="elderly")),
        (None, "people_65", phrase("errors.kind_column_missing", column="people_65")),
        (["many"] + ["1"] * 36, "old", phrase("errors.not_a_number", found="many")),
        ([-1.0] + [1.0] * 36, "old", phrase("errors.negative_number")),
    ],
)
def test_a_column_that_cannot_be_counted_is_refused(
    tmp_path: Path, people: list[object] | None, column: str, said: str
) -> None:
    layer = toy.layers()["people"]
    layer = layer if people is None else layer.assign(old=people)
    with pytest.raises(DataError) as caught:
        plan_of(tmp_path, toy.STUDY + kind(id="old", column=column), people=layer)
    assert said in str(caught.value)


def test_those_of_65_come_from_the_communities_where_the_demand_layer_does_not_know_them(tmp_path: Path) -> None:
    """The schema gives the layer a blank column people_65, which is not a count of nobody."""
    own = toy.layers()["communities"].assign(people_65=[30.0, 9.0])
    plan = plan_of(tmp_path, toy.STUDY + kind(id="old", column="people_65"), communities=own)
    assert plan.groups[0].group.given == 39
    assert plan.inputs.demand["people_65"].isna().all()


def test_blank_cells_of_a_counted_column_are_nobody_of_the_kind_and_stay_unknown_to_the_rules(
    tmp_path: Path,
) -> None:
    people = toy.layers()["people"]
    layer = people.assign(people_65=[2.0] + [np.nan] * (len(people) - 1))
    plan = plan_of(tmp_path, toy.STUDY + kind(id="old", column="people_65"), people=layer)
    assert plan.groups[0].group.given == 2
    assert plan.inputs.demand["people_65"].notna().sum() == 1


def test_visitors_of_a_layer_of_their_own(tmp_path: Path) -> None:
    """A park with 50 visitors at the west centre, 20 out of reach, 5 outside every community."""
    shapes = [shapely.Point(toy.ORIGIN + spot) for spot in ((200, 210), (400, 0), (3000, 0))]
    parks = gpd.GeoDataFrame({"id": ["a", "b", "c"], "people": [50, 20, 5]}, geometry=shapes, crs=toy.CRS)
    study = toy.STUDY + '\n[[demand.groups]]\nid = "visitors"\nlayer = { path = "toy.gpkg", layer = "parks" }\n'
    plan = plan_of(tmp_path, study, parks=parks)
    (visitors,) = build_document(plan)["groups"]
    assert (visitors["people_given"], visitors["people"], visitors["people_lost"]) == (75, 70, 5)
    assert visitors["total"][0]["people_covered"] == 50
    assert [notice.rows for notice in plan.notices if notice.key == "kind_outside"] == [("c",)]
    (source,) = [one for one in plan.inputs.sources if one.layer == "kinds.visitors"]
    assert (source.rows, source.used) == (3, 2)
    assert [(one.key, one.rows) for one in source.dropped] == [("demand_outside", ("2",))]


def test_weights_decide_where_a_station_goes_and_gains_are_counted_by_kind(tmp_path: Path) -> None:
    """Workers in the south-west, residents in the north-east: the weight says whom the one site serves."""
    layers = toy.layers()
    base = toy.STUDY + '\n[inputs.places]\npath = "toy.gpkg"\nlayer = "places"\n'
    shops = gpd.GeoDataFrame({"id": ["p"], "jobs": [300.0]}, geometry=[shapely.Point(toy.ORIGIN)], crs=toy.CRS)
    centres = layers["centres"].iloc[1:]
    residents = layers["people"].assign(
        people=lambda table: np.where(table.geometry.x > toy.ORIGIN[0] + 600, 20, 1)
    )
    found = {}
    for weight in (0.0, 1.0):
        study = base + kind(id="workers", places=True, weight=weight)
        plan = plan_of(tmp_path / f"{weight}", study, places=shops, centres=centres, people=residents)
        found[weight] = build_document(plan)["siting"]
        assert len(write_report(plan, build_document(plan))) > 0
        assert len(draw_map(plan, build_document(plan))) > 0
    unweighted, weighted = (found[weight]["proposals"][-1] for weight in (0.0, 1.0))
    assert not found[0.0]["weighted"]
    assert found[1.0]["weighted"]
    gains = {one["group"]: one["people_gained"] for one in weighted["gained_by_group"]}
    assert gains["workers"] == 300
    assert {one["group"]: one["people_gained"] for one in unweighted["gained_by_group"]}["workers"] == 0
    # The objective is the weighted sum, proven, and residents alone make the share of people.
    assert weighted["people_gained"] == pytest.approx(gains["residents"] + gains["workers"])
    assert weighted["status"] == "optimal"
    people = sum(residents["people"])
    after = weighted["people_share_after"] * people
    assert after == pytest.approx(weighted["people_covered_after"])
    assert unweighted["people_gained"] > gains["residents"]


def test_each_kind_is_gained_by_its_own_standard(tmp_path: Path) -> None:
    """A site is counted for workers within 3 minutes and for residents within 5: recounted from the pairs."""
    plan = plan_of(tmp_path, toy.RICH, places=toy.places())
    assert plan.weights == {"residents": 1.0, "old": 0.0, "workers": 0.5}
    best = plan.siting.best
    assert best is not None
    for proposal, gains in zip(plan.siting.proposals, plan.gains, strict=True):
        weighted = gains["residents"] + 0.5 * gains["workers"]
        assert proposal.people_gained == pytest.approx(weighted)


def test_a_hostile_name_of_a_kind_or_of_a_place_is_only_words(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>{{ 7 * 191 }}{% raw %}"
    study = toy.RICH.replace('"Workers"', f"'{hostile}'").replace('"Residents of 65+"', f"'{hostile}'")
    plan = plan_of(tmp_path, study, places=toy.places().assign(name=hostile))
    content = build_document(plan)
    assert content["business_areas"]["areas"][0]["name"].startswith(hostile)
    for page in (draw_map(plan, content), write_report(plan, content)):
        assert "<script>alert" not in page
        assert "1337" not in page


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ([{"id": "a"}], "exactly one of"),
        ([{"id": "a", "share": 0.1, "column": "b"}], "exactly one of"),
        ([{"id": "A b", "share": 0.1}], phrase("errors.reason_string_pattern_mismatch")),
        ([{"id": "residents", "share": 0.1}], phrase("errors.reason_ids_repeat")),
        ([{"id": "a", "share": 0.1}, {"id": "a", "share": 0.2}], phrase("errors.reason_ids_repeat")),
        ([{"id": "a", "share": 0.1, "minutes": [5, 3]}], phrase("errors.reason_kind_not_rising")),
        ([{"id": "a", "share": 0.1, "standard_min": 7}], phrase("errors.reason_kind_not_measured")),
        ([{"id": "a", "places": True}], "`inputs.places`"),
        ([{"id": "a", "share": 2}], "at most 1"),
        ([{"id": "a", "sharee": 0.2}], "Did you mean `share`"),
    ],
)
def test_kinds_that_make_no_sense_are_refused_by_the_study(kinds: list[dict[str, object]], said: str) -> None:
    with pytest.raises(StudyError) as caught:
        make_study({**LEAST, "demand": {"kinds": kinds}})
    assert said in str(caught.value)
    assert "demand.groups" in str(caught.value)


def test_haibowan_counts_its_old_and_its_workers(haibowan_plan: planner.Plan) -> None:
    old, workers = build_document(haibowan_plan)["groups"]
    assert old["people"] == round(0.1209 * 341_000)
    assert workers["people"] == pytest.approx(workers["people_given"])
    assert haibowan_plan.business_areas is not None
    assert workers["people"] == pytest.approx(haibowan_plan.business_areas.places["workers"].sum())


def test_check_shows_the_balance_of_people_and_every_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    totals = toy.layers()["communities"].assign(people=[100.0, None])
    file = toy.write_study(
        tmp_path / "toy", changed={"communities": totals, "places": toy.places()}, study=toy.RICH
    )
    assert main(["check", str(file)]) == 0
    said = capsys.readouterr().out
    assert phrase("cli.check_balance_head") in said
    # 16 points of 10 people stand west of x = 400; those on this border belong to the lower id, E.
    assert "  West: 100 | 160 | 160 (as supplied)" in said
    assert "  East: – | 370 | 370 (as supplied)" in said
    assert phrase("cli.check_balance_lost", people="0") in said
    assert phrase("cli.check_kind", kind="Residents of 65+", people="53", given="53", points="37") in said
