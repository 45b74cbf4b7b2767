"""Rates carry what they are of; what is not judged says so; the rules are named and are no other district's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pytest
import toy
from page_script import computed
from phrases import phrase

import planner
from planner.commands.main import main
from planner.config.study import read_study
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.map.page import draw_map
from planner.reporting.rounding import rate_text
from planner.results import Plan

CHINESE = toy.STUDY.replace('language = "en"', 'language = "zh"')
STATIONS_ONLY = """
en = "Stations"
zh = "只评驿站"
source = "own"
source_zh = "自定"

[[rules]]
id = "hours"
expression = "open_hours_week >= 40"
tiers = ["district"]
grade = "compliant"
unit = "hours_per_week"
clause = "own"
clause_zh = "自定"
evidence = "own"
en = "Hours"
zh = "开放时间"
"""


def not_judged(folder: Path, study: str) -> Plan:
    file = toy.write_study(folder, study=study + '[rules]\nprofile = "own.toml"\n')
    (folder / "own.toml").write_text(STATIONS_ONLY, "utf-8")
    return planner.run(file)


def test_the_default_rules_are_the_national_ones(toy_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = planner.run(toy_study)
    assert plan.study.rules.profile == "national"
    assert "Haibowan" not in draw_map(plan, build_document(plan))
    assert main(["check", str(toy_study)]) == 0
    assert (
        phrase("cli.check_rules", rules="National guidance on community premises", profile="national")
        in capsys.readouterr().out
    )
    assert main(["check", "--json", str(toy_study)]) == 0
    assert json.loads(capsys.readouterr().out)["rules"]["profile"] == "national"


def test_a_new_study_does_not_name_another_districts_rules(tmp_path: Path) -> None:
    assert main(["new", str(tmp_path / "mine")]) == 0
    study = tmp_path / "mine" / "study.toml"
    assert read_study(study).rules.profile == "national"
    assert "haibowan" not in study.read_text("utf-8")


def test_what_no_rule_is_for_is_not_judged(tmp_path: Path) -> None:
    plan = not_judged(tmp_path / "toy", CHINESE)
    planner.write(plan, tmp_path / "out")
    page = (tmp_path / "out" / "map.html").read_text("utf-8")
    shown = dict(re.findall(r'data-figure="(\w+)"[^>]*>\s*<b>(.*?)</b>', page))
    names = ("compliant_share", "excellent_share", "weak_communities")
    assert {shown[name] for name in names} == {"未评定"}
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert report.count("未评定") >= 4
    assert "没有适用规则的社区（村）阵地" in report
    book = openpyxl.load_workbook(tmp_path / "out" / "tables.xlsx")
    about = {row[0]: row[1] for row in book.worksheets[0].iter_rows(values_only=True)}
    assert {about[label] for label in ("达标率", "优秀率", "阵地薄弱社区")} == {"未评定"}
    assert computed(plan, "return model.figures(model.choose()).rated.assessed") == 0


def test_check_says_that_nothing_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    not_judged(tmp_path / "toy", CHINESE)
    assert main(["check", str(tmp_path / "toy" / "study.toml")]) == 0
    said = re.sub(r"\s", "", capsys.readouterr().out)
    assert "评定规则：只评驿站（own.toml）" in said
    assert "不作评定" in said


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"assessed": 3, "excellent": 0, "compliant": 0, "weak": 1, "undetermined": 2}, "0.0%（0/1）"),
        ({"assessed": 3, "excellent": 0, "compliant": 0, "weak": 0, "undetermined": 3}, "数据不足"),
        ({"assessed": 0, "excellent": 0, "compliant": 0, "weak": 0, "undetermined": 0}, "未评定"),
        ({"assessed": 9, "excellent": 1, "compliant": 5, "weak": 2, "undetermined": 1}, "75.0%（6/8）"),
    ],
)
def test_a_rate_says_what_it_is_of(rates: dict[str, float], said: str) -> None:
    assert rate_text(rates, "compliant", Texts("zh")) == said


def test_the_page_writes_rates_as_the_planner_does(toy_plan: Plan) -> None:
    rated = computed(toy_plan, "return model.figures(model.choose()).rated")
    rates = toy_plan.diagnosis.rates
    assert rated == {"assessed": 1, "determined": 1, "compliant": 1, "excellent": rates["excellent"]}


def test_key_figures_of_the_workbook_are_numbers(haibowan_folder: Path) -> None:
    book = openpyxl.load_workbook(haibowan_folder / "tables.xlsx")
    cells = {row[0].value: row[1] for row in book.worksheets[0].iter_rows() if row[0].value}
    content = json.loads((haibowan_folder / "plan.json").read_text("utf-8"))
    share = next(row["people_share"] for row in content["coverage"]["total"] if row["limit_min"] == 5.0)
    assert (cells["达标率"].value, cells["达标率"].number_format) == (0.7, "0.0%")
    served = next(cell for label, cell in cells.items() if "5" in label and cell.number_format == "0.0%")
    assert served.value == pytest.approx(share)
    assert isinstance(cells["新增覆盖人口"].value, int | float)
