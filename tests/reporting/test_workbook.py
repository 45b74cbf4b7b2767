"""tables.xlsx: typed columns, a head that stays, no formula of a stranger's, plan.json's numbers."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import toy
from openpyxl.workbook import Workbook
from plans import with_settings

import planner
from planner.messages.catalogue import LANGUAGES, Language, Texts
from planner.reporting.document.build import build_document
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.tables.results import write_result_workbook

PROGRAMME = ("needs", "funds", "places", "projects", "tasks")
SHEETS = ("about", "coverage", "communities", "centres", "findings", "rules", "sites", *PROGRAMME, "uncovered")
SHEETS += ("business_areas", "notices", "sources", "technical")


def tables(plan: planner.Plan, folder: Path, language: Language = "en") -> tuple[Workbook, PlanDocument]:
    plan = with_settings(plan, language=language)
    content = build_document(plan)
    write_result_workbook(plan, content, folder / "tables.xlsx")
    return openpyxl.load_workbook(folder / "tables.xlsx"), content


def column(book: Workbook, sheet: str, head: str, language: Language = "en", **values: object) -> list[object]:
    texts = Texts(language)
    rows = list(book[texts(f"report.sheet_{sheet}")].values)
    place = rows[0].index(texts(f"report.column_{head}", **values))
    return [row[place] for row in rows[1:]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_a_table_with_a_head_that_stays(
    rich_toy_plan: planner.Plan, tmp_path: Path, language: Language
) -> None:
    book, _ = tables(rich_toy_plan, tmp_path, language)
    assert book.sheetnames == [Texts(language)(f"report.sheet_{name}") for name in SHEETS]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert all(cell.font.bold and cell.value for cell in sheet[1])
        assert all(sheet.column_dimensions[cell.column_letter].width >= 8 for cell in sheet[1])


def test_numbers_are_numbers_and_those_of_the_plan(rich_toy_plan: planner.Plan, tmp_path: Path) -> None:
    book, content = tables(rich_toy_plan, tmp_path)
    total = content["coverage"]["total"]
    assert column(book, "coverage", "served")[: len(total)] == [row["people_covered"] for row in total]
    assert column(book, "coverage", "share")[: len(total)] == [row["people_share"] for row in total]
    assert column(book, "centres", "floor_area") == [c["measures"]["floor_area_m2"] for c in content["centres"]]
    assert column(book, "centres", "lon") == [centre["lon"] for centre in content["centres"]]
    standard = content["coverage"]["standard_min"]
    at = [row for row in content["coverage"]["by_community"] if row["limit_min"] == standard]
    people = [row["people"] for row in at]
    assert column(book, "communities", "people") == [*people, sum(people)]
    assert sum(column(book, "uncovered", "people")) == content["coverage"]["people_uncovered"]
    best = content["siting"]["proposals"][-1]
    assert column(book, "sites", "cumulative_weighted")[-1] == best["people_gained"]
    technical = column(book, "technical", "setting")
    hidden = [source["sha256"] for source in content["data"]["sources"]]
    rules = content["diagnosis"]["rules"]
    hidden += [rule["expression"] for rule in rules if rule["expression"] != rule["id"]]
    assert {*hidden, content["provenance"]["command"]} <= {*technical}
    elsewhere = {
        cell for sheet in book.worksheets[:-1] for row in sheet.iter_rows(values_only=True) for cell in row
    }
    assert not elsewhere & {*hidden}
    shares = book["Coverage"]["E2"]
    assert shares.number_format == "0.0%"
    assert book["Coverage"]["C2"].number_format == "#,##0"


def test_the_programmes_lists_are_those_of_the_plan(rich_toy_plan: planner.Plan, tmp_path: Path) -> None:
    book, content = tables(rich_toy_plan, tmp_path)
    found = content["programme"]
    assert found["projects"]
    lists = {name: list(book[Texts("en")(f"report.sheet_{name}")].values)[1:] for name in PROGRAMME}
    totals = {name: lists[name].pop() for name in ("projects", "tasks", "funds")}
    assert totals["tasks"][-1] == totals["projects"][9] == pytest.approx(found["cost"])
    assert [row[0] for row in lists["needs"]] == [need["id"] for need in found["needs"]]
    assert [row[-1] for row in lists["needs"]] == [need["people_met"] for need in found["needs"]]
    assert [row[0] for row in lists["tasks"]] == [project["id"] for project in found["projects"]]
    assert [row[-1] for row in lists["tasks"]] == [project["cost"] for project in found["projects"]]
    assert sum(row[9] for row in lists["projects"]) == pytest.approx(found["cost"])
    for row in lists["projects"]:
        assert sum(row[10:-3]) == pytest.approx(row[9])
    spent = sum(one["spent"] for fund in found["resources"]["funds"] for one in fund["years"])
    assert sum(row[6] for row in lists["funds"]) == pytest.approx(spent)
    assert [row[0] for row in lists["places"]] == [site["id"] for site in found["resources"]["sites"]]


def test_the_same_plan_gives_the_same_bytes(rich_toy_plan: planner.Plan, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        tables(rich_toy_plan, tmp_path / name)
        made.append((tmp_path / name / "tables.xlsx").read_bytes())
    assert made[0] == made[1]


def test_a_text_that_a_spreadsheet_would_carry_out_stays_a_text(tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://example.invalid","x")'
    names = [formula, "+1+1"]
    layers = toy.layers()
    changed = {
        "communities": layers["communities"].assign(name=names),
        "centres": layers["centres"].assign(name=["@SUM(A1)", "<script>alert(1)</script>"]),
    }
    book, _ = tables(planner.run(toy.write_study(tmp_path / "toy", changed=changed)), tmp_path)
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
            begins = [str(cell.value)[:1] for cell in row if cell.data_type == "s"]
            assert not {"=", "+", "@"} & set(begins)
    assert column(book, "communities", "community_name")[:2] == [f"'{name}" for name in names]
    assert column(book, "centres", "centre") == ["'@SUM(A1)", "<script>alert(1)</script>"]


def test_a_study_without_sites_or_places_has_no_such_sheet(tmp_path: Path) -> None:
    study = toy.STUDY.replace("sites = 1", "sites = 0")
    book, _ = tables(planner.run(toy.write_study(tmp_path / "toy", study=study)), tmp_path)
    assert {"Proposed sites", "Business areas"}.isdisjoint(book.sheetnames)


def test_sheets_print_on_a4_with_details_folded_away(rich_toy_plan: planner.Plan, tmp_path: Path) -> None:
    book, _ = tables(rich_toy_plan, tmp_path)
    for sheet in book:
        setup = sheet.page_setup
        assert (setup.orientation, setup.paperSize, setup.fitToHeight) == ("landscape", "9", "0") or (
            setup.orientation,
            int(setup.paperSize),
            int(setup.fitToHeight or 0),
        ) == ("landscape", 9, 0)
        seen = [look.width for look in sheet.column_dimensions.values() if not look.hidden]
        # At 145 signs a line A4 shows letters of their full size; half of it is the least that is read.
        assert sum(seen) <= 2 * 145, sheet.title
    folded = [name for name, look in book["Centres"].column_dimensions.items() if look.hidden]
    assert folded
    assert all(book["Centres"].column_dimensions[name].outlineLevel == 1 for name in folded)
