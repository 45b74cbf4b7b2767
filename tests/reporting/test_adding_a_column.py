"""An output column is added in the files that docs/extending.md names: all products with tables have it."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pyogrio
import toy
from scratch_package import ScratchPackage

MOST_FILES = 3

COLUMN = """            TableColumn(
                "service_area",
                t("column_service_area"),
                lambda row: row["service_areas"][0]["area_m2"],
                "whole",
            ),
"""


def test_a_column_is_one_entry_and_its_heading(tmp_path: Path) -> None:
    scratch = ScratchPackage.copy(tmp_path / "scratch")
    tables = "reporting/tables/result_tables.py"
    scratch.insert(tables, '            indicator("own_people", "people", "whole"),', COLUMN)
    scratch.insert(tables, '"street_m")\n"""Columns of the facilities', '"service_area", ')
    stored = '        RecordField("service_area", float, "area within the shortest limit", "m²"),\n'
    scratch.insert(tables, '        RecordField("reasons"', stored)
    for language, heading in (("en", "Service area, m²"), ("zh", "服务范围（平方米）")):
        text = f'column_service_area = "{heading}"\n'
        scratch.insert(f"messages/{language}/report.toml", "column_street_m = ", text)
    assert len(scratch.touched) <= MOST_FILES

    study = toy.write_study(tmp_path / "toy", study=toy.STUDY)
    out = tmp_path / "out"
    scratch.run("-m", "planner", "run", str(study), "--out", str(out))

    plan = json.loads((out / "plan.json").read_text("utf-8"))
    areas = [centre["service_areas"][0]["area_m2"] for centre in plan["centres"]]
    heading = {"en": "Service area, m²", "zh": "服务范围（平方米）"}[plan["study"]["language"]]
    sheets = openpyxl.load_workbook(out / "tables.xlsx")
    (rows,) = (rows for sheet in sheets if heading in (rows := list(sheet.values))[0])
    assert [row[rows[0].index(heading)] for row in rows[1:]] == areas
    centres = pyogrio.read_dataframe(out / "results.gpkg", layer="centres")
    ids = [centre["id"] for centre in plan["centres"]]
    assert centres.set_index("id")["service_area"].loc[ids].tolist() == areas
    styles = pyogrio.read_dataframe(out / "results.gpkg", layer="layer_styles").set_index("f_table_name")
    assert 'field="service_area" index="' in styles.loc["centres", "styleQML"]
    assert f'name="{heading}"' in styles.loc["centres", "styleQML"]
    page = (out / "report.html").read_text("utf-8")
    with zipfile.ZipFile(out / "report.docx") as parts:
        word = re.sub(r"<[^>]+>", " ", parts.read("word/document.xml").decode())
    for text in (page, word):
        assert heading in text
        assert all(f"{area:,.0f}" in text for area in areas)
