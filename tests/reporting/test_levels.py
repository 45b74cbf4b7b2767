"""Three levels: figures of district, subdistricts and communities add up, and are the same in every product."""

from __future__ import annotations

import copy
from pathlib import Path

import geopandas as gpd
import life_circle
import openpyxl
import pytest
from phrases import phrase

import planner
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.document.levels import levels_entries
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.map.elements import CardTexts
from planner.reporting.map.layers import map_layers
from planner.results import Plan

SUMS = ("communities", "people", "people_covered", "weak", "without_centre", "people_sufficient")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planner.run(life_circle.write_study(tmp_path_factory.mktemp("levels"), life_circle.SEED))


@pytest.fixture(scope="module")
def content(plan: Plan) -> PlanDocument:
    return build_document(plan)


def test_each_level_adds_up_to_the_district(content: PlanDocument) -> None:
    units = content["levels"]["units"]
    (district,) = [one for one in units if one["level"] == "district"]
    for level in ("subdistrict", "community"):
        own = [one for one in units if one["level"] == level]
        assert {name: sum(one[name] for one in own) for name in SUMS} == pytest.approx(
            {name: district[name] for name in SUMS}
        )
    total = next(
        row for row in content["coverage"]["total"] if row["limit_min"] == content["coverage"]["standard_min"]
    )
    assert district["people"] == total["shown"]["people"]
    assert district["people_covered"] == total["shown"]["people_covered"]
    assert district["organisations"] == content["organisations"]["organisations"]
    assert district["organisations_served"] == content["organisations"]["served"]
    assert district["people_sufficient"] == pytest.approx(content["services"]["completeness"]["people_sufficient"])


def test_the_ledger_of_each_level_is_that_of_its_communities(content: PlanDocument) -> None:
    rows, by_level = content["services"]["ledger"], content["levels"]["ledger"]
    known = {one["id"] for one in content["services"]["services"] if one["known"]}
    for service in known:
        missing = sum(row["people_missing"] for row in rows if row["service"] == service)
        for level in ("district", "subdistrict", "community"):
            own = [row for row in by_level if (row["level"], row["service"]) == (level, service)]
            assert sum(row["people_missing"] for row in own) == pytest.approx(missing)
    of_one = {(row["community"], row["service"]): row for row in rows}
    for row in by_level:
        if row["level"] == "community":
            single = of_one[row["id"], row["service"]]
            assert (row["reason"], row["mend_cost"]) == (single["reason"], single["mend_cost"])
            assert row["missing_share"] == pytest.approx(single["missing_share"])


@pytest.mark.parametrize(
    ("mends", "cost"),
    [
        ([("extend", "K1", 3.0), ("extend", "K1", 5.0)], 5.0),
        ([("add", "C1", 3.0), ("add", "C1", 3.0)], 3.0),
        ([("add", "C1", 3.0), ("add", "C2", 3.0)], 6.0),
        ([("add", "C1", 3.0), ("extend", "C1", 4.0)], 7.0),
        ([("new", "", 20.0), ("new", "", 20.0)], 40.0),
        ([("add", "C1", 3.0), ("", "", None)], None),
    ],
)
def test_a_mend_for_several_communities_costs_once(
    content: PlanDocument, mends: list[tuple[str, str, float | None]], cost: float | None
) -> None:
    changed = copy.deepcopy(content)
    first = next(row for row in changed["services"]["ledger"] if row["service"] == "canteen")
    changed["services"]["ledger"] = [
        {**first, "community": community, "mend": kind, "mend_at": at, "mend_cost": price}
        for community, (kind, at, price) in zip(("W", "E"), mends, strict=True)
    ]
    rows = levels_entries(changed)["levels"]["ledger"]
    assert [row["mend_cost"] for row in rows if row["level"] == "district"] == [cost]


def test_three_views_in_every_product(plan: Plan, content: PlanDocument, tmp_path: Path) -> None:
    planner.write(plan, tmp_path, products=["report", "tables", "gpkg"])
    page = (tmp_path / "report.html").read_text("utf-8")
    words = CardTexts(Texts("en"))
    names = {layer.layer_name.partition("</span>")[2] for _, layer in map_layers(plan, content, words)}
    for level in ("district", "subdistrict", "community"):
        assert phrase(f"levels.title_{level}") in page
        assert phrase(f"levels.layer_{level}") in names
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    assert book[phrase("report.sheet_levels")].max_row == 1 + len(content["levels"]["units"])
    assert book[phrase("report.sheet_levels_ledger")].max_row == 1 + len(content["levels"]["ledger"])
    layer = gpd.read_file(tmp_path / "results.gpkg", layer="levels").set_index("level")
    areas = plan.inputs.communities.area.sum()
    assert layer.area.groupby(level=0).sum().to_dict() == pytest.approx(dict.fromkeys(layer.index.unique(), areas))


def test_a_study_that_does_not_ask_has_none(toy_plan: Plan) -> None:
    document = build_document(toy_plan)
    assert "levels" not in document
    assert "levels" not in document["study"]["report"]
