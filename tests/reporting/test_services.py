"""Services in every product: document, report, workbook and GeoPackage say the same."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import life_circle
import openpyxl
import pytest
import toy
from phrases import phrase

import planner
from planner.messages.catalogue import Texts, catalogue
from planner.reporting.document.build import build_document
from planner.reporting.map.elements import CardTexts
from planner.reporting.map.layers import map_layers
from planner.reporting.map.page import _sources
from planner.reporting.report.blocks import Translator
from planner.reporting.tables.services import mend_text
from planner.results import Plan


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planner.run(life_circle.write_study(tmp_path_factory.mktemp("shown")))


@pytest.fixture(scope="module")
def products(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("products")
    planner.write(plan, folder, products=["report", "tables", "plan", "gpkg"])
    return folder


def test_the_document_holds_what_was_measured(plan: Plan, products: Path) -> None:
    found = json.loads((products / "plan.json").read_text("utf-8"))["services"]
    assert [one["id"] for one in found["services"]] == [one.id for one in plan.services.access]
    assert found["unknown"] == ["park"]
    served = {one["id"]: one["people_served"] for one in found["services"]}
    total = plan.services.total.set_index("service")["people_served"]
    assert served == {**total.drop("park").to_dict(), "park": None}
    assert found["ledger"][0]["mend_at_name"] == "East station"
    assert found["services"][4]["people_share"] is None


def test_a_study_without_services_says_nothing_of_them(tmp_path: Path) -> None:
    document = build_document(planner.run(toy.write_study(tmp_path)))
    assert "services" not in document
    assert "services" not in document["study"]


def test_the_report_draws_the_matrix_and_lists_the_ledger(products: Path) -> None:
    page = (products / "report.html").read_text("utf-8")
    assert phrase("report.section_services") in page
    assert f'aria-label="{catalogue()["services.matrix"]["en"]}"' in page
    assert "100.0% N</text>" in page  # nobody in the east has a canteen
    assert ">?</text>" in page  # nobody knows of parks
    assert phrase("services.mend_add", name="East station") in page


def test_workbook_and_geopackage_hold_the_ledger(plan: Plan, products: Path) -> None:
    book = openpyxl.load_workbook(products / "tables.xlsx")
    sheet = book[phrase("report.sheet_ledger")]
    assert sheet.max_row == 1 + len(plan.ledger.rows)
    layer = gpd.read_file(products / "results.gpkg", layer="services_ledger")
    assert layer["people_missing"].tolist()[:-2] == plan.ledger.rows["people_missing"].tolist()[:-2]
    demand = gpd.read_file(products / "results.gpkg", layer="services_demand")
    assert {f"{one.id}_min" for one in plan.services.access} <= set(demand.columns)
    assert demand["missing"].tolist() == plan.services.demand["missing"].tolist()


def test_the_map_has_a_layer_for_completeness_and_for_each_service(plan: Plan) -> None:
    content, words = build_document(plan), CardTexts(Texts("en"))
    layers = {layer.layer_name.partition("</span>")[2]: layer for _, layer in map_layers(plan, content, words)}
    (canteens,) = [name for name in layers if name.startswith(phrase("services.layer_lacking", name="Canteens"))]
    assert layers[canteens].show is False
    assert sum(phrase("services.layer_lacking") in name for name in layers) == len(plan.services.access)
    notes = dict(words.notes)
    assert phrase("services.reason_nothing_near") in notes["East · Canteens"]
    assert phrase("services.mend_add", name="East station") in notes["East · Canteens"]
    assert phrase("services.reason_unknown") in notes["East · park"]


def test_capacity_to_be_added_is_rounded_up(plan: Plan) -> None:
    row = build_document(plan)["services"]["ledger"][0] | {"mend": "extend", "mend_amount": 5.2, "mend_cost": 2.6}
    said = mend_text(row, Translator(build_document(plan), Texts("en")))
    assert phrase("services.mend_extend", name="East station", amount="6") in said


def test_the_credit_stands_once_in_the_line_of_sources() -> None:
    credit = "© OpenStreetMap contributors, ODbL 1.0"
    of_services = [{"layer": f"services.{name}", "source": credit} for name in ("canteen", "clinic")]
    streets = [{"layer": "streets", "source": f"Streets, 2026; {credit}"}]
    for sources in (of_services, [*streets, *of_services]):
        line = _sources({"data": {"attribution": credit, "sources": sources}}, Texts("en"))
        assert line.count("OpenStreetMap") == 1
    assert "Streets, 2026" in line


def test_services_of_one_file_stand_once_in_the_line_of_sources() -> None:
    sources = [{"layer": f"services.{name}", "source": "a survey"} for name in ("canteen", "clinic")]
    line = _sources({"data": {"attribution": "", "sources": sources}}, Texts("en"))
    assert line.count("a survey") == line.count(phrase("words.input_services")) == 1
