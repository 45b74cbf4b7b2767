"""The report by parts: a sheet for a street, a one-page card for a community, refusals that name the nearest."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import docx
import pytest
import toy
from phrases import phrase
from plans import with_settings

import planner
from planner.messages.catalogue import LANGUAGES, Texts
from planner.messages.errors import StudyError
from planner.reporting.document.build import build_document
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.report.area_report import build_area_report, filter_document, find_part, write_area_report
from planner.reporting.report.blocks import Cell, Table
from planner.reporting.report.html import write_page

CHROMIUM = shutil.which("chromium")


def names(content: PlanDocument, column: str) -> list[str]:
    return list(dict.fromkeys(row[column] for row in content["coverage"]["by_community"]))


def test_all_communities_together_are_the_district(haibowan_plan: planner.Plan) -> None:
    content = build_document(haibowan_plan)
    whole = filter_document(content, names(content, "community"))
    for part, total in zip(whole["coverage"]["total"], content["coverage"]["total"], strict=True):
        for name, value in part.items():
            assert value == pytest.approx(total[name], abs=1e-5), name
    rates = content["diagnosis"]["rates"]
    assert whole["diagnosis"]["rates"] == pytest.approx({**rates, "perhaps_excellent": 0}, abs=1e-6)
    assert whole["diagnosis"]["weak_communities"] == content["diagnosis"]["weak_communities"]


def test_streets_share_out_the_district(haibowan_plan: planner.Plan) -> None:
    content = build_document(haibowan_plan)
    parts = [find_part(content, street, source="x") for street in names(content, "subdistrict")]
    told = [filter_document(content, part.communities) for part in parts]
    for name in ("people", "people_covered", "points"):
        shared = sum(one["coverage"]["total"][0][name] for one in told)
        assert shared == pytest.approx(content["coverage"]["total"][0][name])
    assert sum(one["diagnosis"]["rates"]["weak"] for one in told) == content["diagnosis"]["rates"]["weak"]


def test_a_part_of_the_toy_city_by_hand(toy_plan: planner.Plan) -> None:
    content = build_document(toy_plan)
    west = filter_document(content, ["W"])
    row = next(one for one in content["coverage"]["by_community"] if one["community"] == "W")
    assert west["coverage"]["total"][0]["people"] == row["people"]
    assert west["coverage"]["people_uncovered"] == row["people"] - row["people_covered"]
    assert [centre["id"] for centre in west["centres"]] == ["C1"]
    assert west["data"]["facilities"] == {"community": 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_street_and_a_community_are_told_in_both_languages(haibowan_plan: planner.Plan, language: str) -> None:
    plan = with_settings(haibowan_plan, language=language)
    content = build_document(plan)
    texts = Texts(plan.study.language)
    street = build_area_report(plan, content, "新华街道")
    page = write_page(street)
    table = street.sections[0].blocks[1]
    assert isinstance(table, Table)
    listed = [cell.text.removeprefix("▼ ") for row in table.rows[:-1] if isinstance(cell := row[0], Cell)]
    inside = {row["name"]: 0 for row in content["coverage"]["by_community"] if row["subdistrict"] == "新华街道"}
    assert listed == list(inside)
    assert all(name in page for name in inside)
    assert texts("report.cut_subdistrict") in page
    card = write_page(build_area_report(plan, content, "清泉社区"))
    row = next(one for one in content["coverage"]["by_community"] if one["name"] == "清泉社区")
    assert texts.percent(row["people_share"]) in card
    assert f"--for {row['community']} " in card
    assert write_page(build_area_report(plan, content, row["community"])) == card


def test_a_name_that_nothing_has_is_refused_with_the_nearest(haibowan_plan: planner.Plan) -> None:
    with pytest.raises(StudyError, match="Nearest: 清泉社区"):
        find_part(build_document(haibowan_plan), "清泉", source="study.toml")


def test_a_name_that_several_have_asks_for_the_id(tmp_path: Path) -> None:
    same = toy.layers()["communities"].assign(name=["Twin", "Twin"])
    plan = planner.run(toy.write_study(tmp_path / "toy", changed={"communities": same}))
    content = build_document(plan)
    with pytest.raises(StudyError, match=re.escape(phrase("errors.several_parts", ids="W, E"))):
        find_part(content, "Twin", source="study.toml")
    assert find_part(content, "E", source="study.toml").communities == ("E",)
    assert find_part(content, "North town", source="study.toml").communities == ("W", "E")
    assert find_part(content, "Toy city", source="study.toml").kind == "district"


def test_other_formats_are_refused(toy_plan: planner.Plan, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"Supported: \.html, \.docx"):
        write_area_report(toy_plan, tmp_path / "card.pdf", wanted="W")


def test_the_same_plan_gives_the_same_bytes_and_a_hostile_name_is_only_text(tmp_path: Path) -> None:
    hostile = '<script>alert(1)</script>"; rm -rf ~'
    layers = toy.layers()
    changed = {"communities": layers["communities"].assign(name=[hostile, "East"], street=[hostile, "x"])}
    plan = planner.run(toy.write_study(tmp_path / "toy", changed=changed))
    for ending in (".html", ".docx"):
        for wanted in ("W", "x"):
            one = write_area_report(plan, tmp_path / f"one{ending}", wanted=wanted).read_bytes()
            assert write_area_report(plan, tmp_path / f"two{ending}", wanted=wanted).read_bytes() == one
            assert b"<script" not in one
    docx.Document(str(tmp_path / "one.docx"))


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_card_is_one_page(haibowan_plan: planner.Plan, tmp_path: Path) -> None:
    content = build_document(haibowan_plan)
    longest = max(
        content["centres"],
        key=lambda centre: (centre["verdict"] == "weak", len([f for f in centre["findings"] if not f["passed"]])),
    )
    file = write_area_report(haibowan_plan, tmp_path / "card.html", wanted=longest["community"])
    printed = tmp_path / "card.pdf"
    switches = ["--headless", "--no-sandbox", "--no-pdf-header-footer", f"--print-to-pdf={printed}"]
    subprocess.run([str(CHROMIUM), *switches, file.as_uri()], check=True, capture_output=True)
    assert printed.read_bytes().count(b"/Type /Page\n") == 1
