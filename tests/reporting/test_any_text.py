"""Every writer survives any text: control signs, non-characters, halves of pairs, given from memory."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest

import planner
from planner.reporting.map.sheet import write_static_map
from planner.reporting.report.area_report import write_area_report
from planner.results import Plan

EVIL = ["a\x0bb", "a\x01b", "a\ufffeb", "a\ud800b", "a\x7f b", "a\x00b", "]]>&<b>\x1f"]


def renamed(plan: Plan, text: str) -> Plan:
    """Return a plan of which every name is `text` with the row's number."""

    def names(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
        # Not as strings of pandas, which cannot hold halves of pairs.
        evil = {name: pd.Series([f"{text}{one}" for one in table[name]], table.index, object) for name in columns}
        return table.assign(**evil)

    inputs = replace(
        plan.inputs,
        communities=names(plan.inputs.communities, "name", "subdistrict"),
        facilities=names(plan.inputs.facilities, "name"),
        streets=names(plan.inputs.streets, "name"),
        balance=names(plan.inputs.balance, "name"),
    )
    coverage = replace(plan.coverage, by_community=names(plan.coverage.by_community, "name", "subdistrict"))
    fairness = replace(plan.fairness, by_subdistrict=names(plan.fairness.by_subdistrict, "subdistrict"))
    diagnosis = replace(plan.diagnosis, centres=names(plan.diagnosis.centres, "name"))
    study = plan.study.model_copy(update={"name": text, "date": text})
    prepared = replace(plan.prepared, study=study, inputs=inputs)
    return replace(plan, prepared=prepared, coverage=coverage, fairness=fairness, diagnosis=diagnosis)


@pytest.mark.parametrize("text", EVIL)
def test_all_products_are_written_and_can_be_read(toy_plan: Plan, tmp_path: Path, text: str) -> None:
    plan = renamed(toy_plan, text)
    planner.write(plan, tmp_path)
    for name in ("map.html", "report.html"):
        page = (tmp_path / name).read_text("utf-8")
        assert not set(page) & {chr(code) for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)}
    with zipfile.ZipFile(tmp_path / "report.docx") as parts:
        ET.fromstring(parts.read("word/document.xml"))  # noqa: S314 - our own file
    openpyxl.load_workbook(tmp_path / "tables.xlsx")
    assert json.loads((tmp_path / "plan.json").read_text("utf-8"))["centres"]
    assert pyogrio.read_dataframe(tmp_path / "results.gpkg", layer="centres")["name"].str.startswith(
        "a"
    ).all() or (text.startswith("]"))


@pytest.mark.parametrize("text", EVIL[:4])
def test_sheets_and_cards_are_drawn(toy_plan: Plan, tmp_path: Path, text: str) -> None:
    plan = renamed(toy_plan, text)
    for name in ("sheet.svg", "sheet.png", "sheet.pdf"):
        assert write_static_map(plan, tmp_path / name).stat().st_size > 1000
    ET.fromstring((tmp_path / "sheet.svg").read_text("utf-8"))  # noqa: S314 - our own file
    for name in ("card.docx", "card.html"):
        assert write_area_report(plan, tmp_path / name, wanted="W").stat().st_size > 1000


def test_the_report_may_load_and_run_nothing(toy_plan: Plan, tmp_path: Path) -> None:
    planner.write(toy_plan, tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    policy = page.split('http-equiv="Content-Security-Policy" content="', 1)[1].split('"', 1)[0]
    assert "default-src &#39;none&#39;" in policy
    assert "script" not in policy
    assert "<script" not in page
    assert "onload" not in page
