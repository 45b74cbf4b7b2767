"""The report of all districts: page one, the league with its data beside, the money; in both languages."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from docx import Document
from shapely import box

from planner.batch import rollup
from planner.batch.districts import CutResult
from planner.batch.funds import curves_of, share_funds
from planner.batch.portfolio import Portfolio, PortfolioFunds
from planner.batch.province import Province, in_words, league_table
from planner.batch.province_page import draw_province
from planner.batch.province_report import build_province_report
from planner.batch.tasks import DistrictResult
from planner.config.sections.map import ReportSettings
from planner.messages.catalogue import Language, Texts
from planner.messages.notices import layer_name
from planner.reporting.report.blocks import Figure, KeyFigures, Paragraph, Report, Table
from planner.reporting.report.docx import docx_bytes

EVIL = "<script>alert(1)</script>"
LANGUAGES: tuple[Language, ...] = ("zh", "en")
FIGURES = {
    "communities": 2,
    "centres": 3,
    "assessed": 4,
    "excellent": 1,
    "compliant": 1,
    "weak": 1,
    "undetermined": 1,
    "standard_min": 15.0,
    "rules": "haibowan",
    "speed_kmh": 4.3,
    "date": "2026",
    "method": "points",
    "modelled": ["buildings"],
    "near_misses": 2,
    "notices": 1,
    "outside_share": 0.25,
    "area_km2": 2.0,
    "streets_km": 9.0,
    "settle_cost": 0.0,
    "attribution": "© Somebody",
}
PEOPLE = {"A": (100.0, 50.0, (0.0, 9.0)), "B": (10.0, 0.0, (0.0, 5.0)), "C": (40.0, 40.0, (0.0, 0.0))}


def province(funds: PortfolioFunds | None = None, **changes: object) -> Province:
    """Return three districts, B the worst, and one that failed; one new site is paid for."""
    portfolio = Portfolio(name="Three", language="en", studies={"A": Path("a")}, funds=funds)
    rows = [DistrictResult("D", "Lost", "failed", "no streets")]
    for code, (people, covered, gained) in PEOPLE.items():
        curve = {**dict.fromkeys(("gained", "served", "bound"), gained), "every_street": True}
        figures = {**FIGURES, "people": people, "people_covered": covered, "curve": curve}
        rows.append(DistrictResult(code, f"District {code}", "done", figures=figures))
    communities = pd.DataFrame(
        {
            "district": ["A", "A", "B", "C"],
            "community": ["a1", "a2", "b1", "c1"],
            "name": ["a1", EVIL, "b1", "c1"],
            "subdistrict": ["North", "North", "", ""],
            "people": [60.0, 40.0, 10.0, 40.0],
            "people_covered": [50.0, 0.0, 0.0, 40.0],
            "people_share": [50 / 60, 0.0, 0.0, 1.0],
            "rating": ["weak", "", "", "compliant"],
        }
    )
    outlines = gpd.GeoSeries([box(i, 40, i + 1, 41) for i in range(3)], index=list("ABC"), crs=4326)
    choice = share_funds(curves_of({row.code: row.figures for row in rows}), funds) if funds else None
    made = Province(
        *(portfolio, rows, in_words(league_table(rows), Texts("en")), communities, outlines, CutResult(()), choice)
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def tables(report: Report) -> dict[str, list[list[str]]]:
    """Return the texts of the tables of a report by section, of a section with several those of the first."""
    return {
        section.id: [[one if isinstance(one, str) else one.text for one in row] for row in block.rows]
        for section in report.sections
        for block in reversed(section.blocks)
        if isinstance(block, Table)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_league_has_the_quality_of_the_data_beside_the_rank(language: Language) -> None:
    texts = Texts(language)
    report = build_province_report(province(), texts)
    (table, *_) = (block for block in report.sections[0].blocks if isinstance(block, Table))
    heads = (*table.words, *table.numbers)
    assert {texts(f"batch.column_{one}") for one in ("streets_km_per_km2", "outside_share", "modelled")} <= {
        *heads
    }
    rows = [dict(zip(heads, row, strict=True)) for row in tables(report)["districts"]]
    name, uncovered = texts("batch.column_name"), texts("batch.column_people_uncovered")
    assert [row[name] for row in rows] == ["District B", "District A", "District C", texts("batch.total")]
    assert [row[uncovered] for row in rows] == ["10", "50", "0", "60"]
    assert [row[texts("batch.column_streets_km_per_km2")] for row in rows[:-1]] == ["4.5"] * 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_three_levels_and_what_failed_stand_in_the_report(language: Language) -> None:
    found = tables(build_province_report(province(), Texts(language)))
    assert found["streets"] == [["District A", "North", "2", "100", "50.0%", "50"]]
    assert [row[2] for row in found["communities"]] == [EVIL, "a1", "b1"]
    assert found["failed"] == [["D", "Lost", "no streets"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_one_says_what_is_asked(language: Language) -> None:
    """One site for the most people goes to A; the fairest to B: page one asks which."""
    texts = Texts(language)
    report = build_province_report(province(PortfolioFunds(sites=1)), texts)
    assert report.memo is not None
    blocks = report.memo.blocks
    (figures,) = (block.figures for block in blocks if isinstance(block, KeyFigures))
    change = texts("decision.change", before="60.0%", after="66.0%")
    assert figures[0].value == change
    asked = [block.text for block in blocks if isinstance(block, Paragraph) and block.numbered]
    values = {"fair": "50.0%", "most": "0.0%", "fair_people": "5", "most_people": "9"}
    assert texts("batch.ask_fair", **values) in asked
    assert texts("batch.ask_failed", count=1, names="Lost") in asked
    (warning, *_) = (block.text for block in blocks if isinstance(block, Paragraph) and block.warning)
    assert warning == texts("decision.modelled", layers=layer_name("buildings", Texts("en")))
    assert tables(report)["money"] == [["District A", "50.0%", "1", "1.00", "0.00", "9", "9", "59.0%"]]
    (drawing,) = (block.picture for block in blocks if isinstance(block, Figure))
    assert drawing.count('class="district"') == 3


def test_equality_of_one_pays_the_worst_district_first() -> None:
    fair = build_province_report(province(PortfolioFunds(sites=1, equality=1.0)), Texts("en"))
    assert [row[0] for row in tables(fair)["money"]] == ["District B"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_no_site_and_no_district_are_reports_too(language: Language) -> None:
    """Nothing to rank, to show, or to decide: the report says so, and never that nobody lives there."""
    texts, made = Texts(language), province()
    empty = replace(
        made,
        rows=made.rows[:1],
        league=in_words(league_table([]), texts),
        communities=pd.DataFrame(),
        outlines=gpd.GeoSeries([], crs=4326),
    )
    report = build_province_report(empty, texts)
    assert tables(report)["failed"] == [["D", "Lost", "no streets"]]
    assert docx_bytes(report)
    assert draw_province(empty, texts)
    none = [replace(row, figures={**row.figures, "people": 0.0, "people_covered": 0.0}) for row in made.rows[1:]]
    nobody = replace(made, rows=none, league=in_words(league_table(none), texts))
    assert tables(build_province_report(nobody, texts))["districts"][0][0] == "–"


@pytest.mark.parametrize("style", ["plain", "gbt9704"])
def test_the_file_is_the_same_each_time_and_a_name_is_text(style: str) -> None:
    office = ReportSettings(style=style, issuer="某市民政局", addressee="市政府", issued="2026-06-30")  # type: ignore[arg-type]
    made = province(PortfolioFunds(sites=1))
    made = replace(made, portfolio=made.portfolio.model_copy(update={"report": office}))
    first, second = (docx_bytes(build_province_report(made, Texts("zh"))) for _ in range(2))
    assert first == second
    words = "\n".join(one.text for one in Document(io.BytesIO(first)).paragraphs)
    assert "某市民政局" in words
    assert "市政府" in words
    body = zipfile.ZipFile(io.BytesIO(first)).read("word/document.xml").decode()
    assert EVIL not in body
    assert "&lt;script&gt;" in body


def test_a_report_is_printed_where_pdf_is_asked_for_and_a_browser_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("planner.reporting.report.pdf.find_browser", lambda: None)
    assert not rollup._prints(["pdf"])
    monkeypatch.setattr("planner.reporting.report.pdf.find_browser", lambda: "browser")
    assert rollup._prints(["plan", "pdf"])
    assert not rollup._prints(None)
