"""Money in words: an English text names no Chinese unit, a Chinese one keeps its own, plan.json what was given."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
import toy

import planner
from planner.commands.main import main
from planner.messages.catalogue import Texts, money_unit, unit_of_amount
from planner.reporting.document.build import build_document
from planner.reporting.map.layers import _rows
from planner.reporting.report.blocks import Translator

CHINESE_UNIT = re.compile("[万亿千]元")


def rich(folder: Path, *, language: str = "en", unit: str = "万元") -> Path:
    """Write a study with prices, a programme, remedies and a budget."""
    study = toy.with_money(300.0, 300.0).replace("most_share = 0.8\n", "").replace("sites = 1", "sites = 2")
    study = study.replace('language = "en"', f'language = "{language}"')
    assert "[costs]" in study
    study = study.replace("[costs]\n", f'[costs]\nunit = "{unit}"\n')
    weak = toy.layers()["centres"].assign(floor_area_m2=[20.0, None])
    return toy.write_study(folder, changed={"centres": weak}, study=study)


def texts_of(folder: Path) -> dict[str, str]:
    """Return what the products say, by file; without plan.json's content, which holds what the study gave."""
    found = {name: (folder / name).read_text("utf-8") for name in ("map.html", "report.html")}
    with zipfile.ZipFile(folder / "report.docx") as packed:
        found["report.docx"] = packed.read("word/document.xml").decode()
    workbook = openpyxl.load_workbook(io.BytesIO((folder / "tables.xlsx").read_bytes()))
    cells = (str(cell) for sheet in workbook for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    found["tables.xlsx"] = "\n".join(cells)
    return found


def test_english_products_name_no_chinese_unit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = rich(tmp_path)
    plan = planner.run(study)
    planner.write(plan, tmp_path / "out")
    for name, text in texts_of(tmp_path / "out").items():
        assert CHINESE_UNIT.findall(text) == [], name
        assert "10,000 CNY" in text, name
    assert json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))["programme"]["unit"] == "万元"
    assert main(["programme", str(study)]) == 0
    said = capsys.readouterr().out
    assert CHINESE_UNIT.findall(said) == []
    assert re.search(r"with [\d,.]+ × 10,000 CNY, the programme starts", said)
    assert re.search(r"[\d,.]+ CNY per person", said)
    content = build_document(plan)
    rows = dict(_rows(content["programme"]["projects"][0], Translator(content, Texts("en"))))
    assert rows["Cost"].endswith(" × 10,000 CNY")


def test_chinese_products_keep_the_unit(tmp_path: Path) -> None:
    planner.write(planner.run(rich(tmp_path, language="zh")), tmp_path / "out")
    for name, text in texts_of(tmp_path / "out").items():
        assert CHINESE_UNIT.search(text), name
        assert "CNY" not in text, name


@pytest.mark.parametrize(
    ("unit", "heading", "behind_a_number"),
    [
        ("元", "CNY", "CNY"),
        ("千元", "1,000 CNY", "× 1,000 CNY"),
        (" 万元 ", "10,000 CNY", "× 10,000 CNY"),
        ("百万元", "million CNY", "million CNY"),
        ("亿元", "100 million CNY", "× 100 million CNY"),
        ("EUR", "EUR", "EUR"),
        ("1000 EUR", "1000 EUR", "× 1000 EUR"),
        ("万美元", "万美元", "万美元"),
    ],
)
def test_units(unit: str, heading: str, behind_a_number: str) -> None:
    assert (money_unit(unit, Texts("en")), unit_of_amount(unit, Texts("en"))) == (heading, behind_a_number)
    assert money_unit(unit, Texts("zh")).strip() == unit.strip()


def test_a_study_in_another_currency_says_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["programme", str(rich(tmp_path, unit="EUR"))]) == 0
    said = capsys.readouterr().out
    assert "CNY" not in said
    assert re.search(r"with [\d,.]+ EUR, the programme starts", said)
