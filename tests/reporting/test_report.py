"""The report: every number from plan.json, both languages, nothing from the network, nothing unescaped."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pytest
import toy
from phrases import phrase
from plans import with_settings

import planner
from planner.evaluation.diagnosis import WEAK
from planner.messages.catalogue import LANGUAGES, Language, Texts, catalogue
from planner.reporting.document.build import build_document
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.facility_text import failure_reason
from planner.reporting.report.blocks import DIGITS, Translator
from planner.reporting.report.build import write_report

BODY = ("situation", "problems", "plan", "money", "safeguards", "next")
ANNEXES = ("basis", "inventory", "coverage", "weak", "siting", "fairness", "reading", "data")
SECTIONS = ("memo", *BODY, *ANNEXES)
MEBIBYTE = 2**20


class Reader(HTMLParser):
    """What a reader sees, where links lead, and which tags were opened and not closed."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.ids, self.links, self.tags, self.open = "", [], [], set(), []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [
            value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset", "action")
        ]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.text += " ".join(data.split()) + "\n"


def in_language(plan: planner.Plan, language: Language) -> planner.Plan:
    return with_settings(plan, language=language)


Report: TypeAlias = tuple[str, Reader, PlanDocument]


def report_of(plan: planner.Plan) -> Report:
    content = build_document(plan)
    page = write_report(plan, content)
    return page, Reader(page), content


@pytest.fixture(scope="module")
def haibowan_report(haibowan_plan: planner.Plan) -> Callable[[Language], Report]:
    """Return what makes the report of the embedded study in a language, each once."""
    return functools.cache(lambda language: report_of(in_language(haibowan_plan, language)))


def plan_with(folder: Path, study: str = toy.STUDY, **changed: gpd.GeoDataFrame) -> planner.Plan:
    return planner.run(toy.write_study(folder / "toy", changed=changed, study=study))


def failing(value: float) -> PlanDocument:
    return {
        "grade": "compliant",
        "passed": False,
        "value": value,
        "at_least": None,
        "comparison": "≥",
        "required": 300.0,
        "unit": "m2",
        "unknown": [],
    }


def test_the_same_plan_gives_the_same_bytes(toy_plan: planner.Plan) -> None:
    assert report_of(toy_plan)[0] == report_of(toy_plan)[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_tell_every_section(toy_plan: planner.Plan, language: Language) -> None:
    page, reader, _ = report_of(in_language(toy_plan, language))
    assert [name for name in reader.ids if name in SECTIONS] == list(SECTIONS)
    assert reader.open == []
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in page
    for name in BODY:
        assert Texts(language)(f"decision.section_{name}") in reader.text
    for name in ANNEXES:
        assert Texts(language)(f"report.section_{name}") in reader.text


def test_every_text_is_there_in_both_languages_and_takes_the_same_values() -> None:
    for key, entry in catalogue().items():
        if key.startswith("report."):
            assert set(entry) == set(LANGUAGES), key
            values = [set(re.findall(r"{(\w+)}", entry[language])) for language in LANGUAGES]
            assert values[0] == values[1], key


def test_hostile_names_are_only_text(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    layers = toy.layers()
    changed = {
        "communities": layers["communities"].assign(name=[hostile, '"><img src=x onerror=alert(2)>']),
        "centres": layers["centres"].assign(name=[hostile, "{{ 7 * 7 }}"], floor_area_m2=[20.0, None]),
    }
    study = toy.STUDY.replace('name = "Toy city"', 'name = "<script>alert(1)</script>"')
    page, reader, content = report_of(plan_with(tmp_path, study, **changed))
    assert content["centres"][0]["verdict"] == WEAK
    assert "<script" not in page
    assert "<img" not in page
    assert "script" not in reader.tags
    assert html.escape(hostile) in page
    assert "{{ 7 * 7 }}" in page


def test_the_page_needs_no_network_and_no_script(haibowan_report: Callable[[Language], Report]) -> None:
    page, reader, _ = haibowan_report("zh")
    assert reader.links
    inside = [link for link in reader.links if not link.startswith("map.html#")]
    # A cell of the ledger opens the map that lies beside the page.
    assert all(link.startswith("#") and link[1:] in reader.ids for link in inside)
    assert not re.search(r"https?:|url\(|@import", page)
    assert not {"script", "link", "img", "iframe"} & reader.tags
    assert len(page.encode()) <= 4 * MEBIBYTE


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_weak_centre_stands_with_every_failed_rule(
    haibowan_report: Callable[[Language], Report], language: Language
) -> None:
    page, _, content = haibowan_report(language)
    texts = Texts(language)
    clause = "clause_zh" if language == "zh" else "clause"
    rules = {rule["id"]: rule for rule in content["diagnosis"]["rules"]}
    weak = [centre for centre in content["centres"] if centre["verdict"] == WEAK]
    cards = page.split('<article class="centre-card">')[1:]
    assert len(weak) == len(cards) > 0
    for centre, card in zip(weak, cards, strict=True):
        told = html.unescape(card)
        assert centre["name"] in told
        failed = [finding for finding in centre["findings"] if finding["passed"] is False]
        assert failed
        for finding in failed:
            rule, unit = rules[finding["rule"]], rules[finding["rule"]]["unit"]
            of_100 = 100 if unit == "share" else 1
            value, required = (
                texts.number(finding[name] * of_100, DIGITS[unit]) for name in ("value", "required")
            )
            sentence = next(line for line in told.splitlines() if rule[clause] in line and rule[language] in line)
            assert texts(f"report.unit_{unit}", value=value) in sentence
            assert texts(f"report.unit_{unit}", value=required) in sentence
            assert texts(f"report.rule_evidence_{rule['evidence']}").lower() in sentence.lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_totals_are_those_of_the_plan(
    haibowan_report: Callable[[Language], Report], language: Language
) -> None:
    _, reader, content = haibowan_report(language)
    texts = Texts(language)
    for row in content["coverage"]["total"]:
        assert texts.whole(row["people_covered"]) in reader.text
        assert texts.percent(row["people_share"]) in reader.text
        assert texts.whole(round(row["people"]) - round(row["people_covered"])) in reader.text
    assert texts.whole(content["coverage"]["people_uncovered"]) in reader.text
    rates = content["diagnosis"]["rates"]
    assert texts.percent(rates["compliant_share"]) in reader.text
    assert texts.percent(rates["excellent_share"]) in reader.text
    for proposal in content["siting"]["proposals"]:
        assert texts.whole(proposal["people_gained"]) in reader.text
        assert all(site["id"] in reader.text for site in proposal["sites"])
    assert content["provenance"]["command"] in reader.text
    assert all(source["sha256"] in reader.text for source in content["data"]["sources"])


def test_every_community_and_every_centre_is_listed(haibowan_report: Callable[[Language], Report]) -> None:
    _, reader, content = haibowan_report("zh")
    lines = [line.removeprefix("▼ ") for line in reader.text.splitlines()]
    assert all(centre["id"] in lines and centre["name"] in lines for centre in content["centres"])
    assert all(row["name"] in lines for row in content["coverage"]["by_community"])


def test_modelled_layers_are_said_to_be_modelled(
    haibowan_report: Callable[[Language], Report], toy_plan: planner.Plan
) -> None:
    assert Texts("zh")("report.modelled_title") in haibowan_report("zh")[1].text
    assert Texts("en")("report.surveyed", section="Annex 8") in report_of(toy_plan)[1].text


def test_whole_people_add_up_where_the_data_have_fractions(tmp_path: Path) -> None:
    people = toy.layers()["people"]
    fractions = people.assign(people=people["people"] + np.linspace(0.1, 0.9, len(people)))
    page, _, content = report_of(plan_with(tmp_path, people=fractions))
    total = content["coverage"]["total"][0]
    shown = round(total["people"]) - round(total["people_covered"])
    assert f"; {shown:,} (" in html.unescape(page)
    best = content["siting"]["proposals"][-1]
    left = shown - round(best["people_gained"])
    assert f"{left:,} people remain" in page


def test_a_plan_without_anyone_uncovered_renders(tmp_path: Path) -> None:
    study = toy.STUDY + "\n[limits]\nminutes = [5, 10, 15, 60]\nstandard_min = 60\n"
    _, reader, content = report_of(plan_with(tmp_path, study))
    assert content["coverage"]["people_uncovered"] == 0
    assert Texts("en")("report.nobody_uncovered") in reader.text


def test_a_plan_that_asks_for_no_stations_renders(tmp_path: Path) -> None:
    _, reader, content = report_of(plan_with(tmp_path, toy.STUDY.replace("sites = 1", "sites = 0")))
    assert content["siting"]["proposals"] == []
    assert Texts("en")("report.no_sites_asked") in reader.text


def test_unknown_floor_area_is_neither_a_pass_nor_a_fail(tmp_path: Path) -> None:
    centres = toy.layers()["centres"].assign(floor_area_m2=np.array([np.nan, np.nan]))
    page, reader, content = report_of(plan_with(tmp_path, centres=centres))
    assert content["centres"][0]["verdict"] == "undetermined"
    assert phrase("report.undetermined_note") in reader.text
    assert "— not known" in reader.text
    assert '<article class="centre-card">' not in page
    assert "nan" not in re.findall(r"\w+", reader.text.lower())
    assert "None" not in reader.text


def test_a_search_that_was_stopped_says_so_with_its_bound(toy_plan: planner.Plan) -> None:
    content = build_document(toy_plan)
    best = content["siting"]["proposals"][-1]
    best |= {"status": "time_limit", "bound": best["people_gained"] + 30.4, "gap": 0.1}
    told = Reader(write_report(toy_plan, content)).text
    assert f"can gain more than {best['people_gained'] + 31:,.0f}." in told
    assert "time limit of 20 s reached, not proven optimal" in told
    assert "optimal: no choice" not in told


def test_people_spread_along_streets_are_said_to_be(tmp_path: Path) -> None:
    communities = toy.layers()["communities"].assign(people=[100.5, 200.0], households=[40.0, 80.0])
    study = toy.STUDY.partition("[inputs.demand]")[0] + "[walking]\nspeed_kmh = 4.0\n[siting]\nsites = 1\n"
    _, reader, _ = report_of(plan_with(tmp_path, study, communities=communities))
    assert phrase("report.basis_along_streets") in reader.text
    assert phrase("report.basis_speed", speed="1.11", speed_kmh="4") in reader.text


def test_a_near_miss_is_told_with_enough_digits(toy_plan: planner.Plan) -> None:
    content = build_document(toy_plan)
    rule = next(rule for rule in content["diagnosis"]["rules"] if rule["id"] == "floor_area")
    finding = failing(299.97)
    told = failure_reason(finding, rule, Translator(content, Texts("en")))
    assert "299.97 m²" in told
    assert "300.00 m²" in told


def test_a_centre_far_from_any_street_is_marked(tmp_path: Path) -> None:
    centres = toy.layers()["centres"]
    moved = centres.set_geometry([centres.translate(50.0, 50.0).iloc[0], centres.geometry.iloc[1]])
    _, reader, _ = report_of(plan_with(tmp_path, centres=moved))
    assert "▲ 50.0" in reader.text


def test_a_notice_names_the_first_rows_and_counts_the_rest(tmp_path: Path) -> None:
    people = toy.layers()["people"]
    xy = people.get_coordinates()
    inner = xy["y"].between(toy.ORIGIN[1] + 1, toy.ORIGIN[1] + 399)
    lost = people.set_geometry(people.translate(40.0, 40.0).where(inner, people.geometry))
    _, reader, content = report_of(plan_with(tmp_path, people=lost))
    notice = next(notice for notice in content["notices"] if notice["key"] == "demand_no_street")
    assert f"({len(notice['rows'])}): " in reader.text
    assert 0 < len(notice["rows"]) <= 20
    assert all(row in reader.text for row in notice["rows"])


def test_a_notice_on_many_rows_counts_the_rest(toy_plan: planner.Plan) -> None:
    content = build_document(toy_plan)
    rows = [f"row-{number}" for number in range(25)]
    notice = {"key": "x", "table": "demand", "rows": rows, "people": 7.0, "en": "Far.", "zh": "远。"}
    reader = Reader(write_report(toy_plan, content | {"notices": [notice]}))
    assert "row-19 and 5 more" in reader.text
    assert "row-20" not in reader.text
    assert "(25): " in reader.text
    assert "affected: 7." in reader.text


def test_how_sure_a_clause_is_stands_once(toy_plan: planner.Plan) -> None:
    content = build_document(toy_plan)
    rule = next(rule for rule in content["diagnosis"]["rules"] if rule["id"] == "floor_area")
    finding = failing(20.0)
    t = Translator(content, Texts("en"))
    assert failure_reason(finding, rule | {"clause": "A clause", "evidence": "own"}, t).endswith(
        "(A clause; own rule)."
    )
    assert failure_reason(finding, rule | {"clause": "Own rule: X", "evidence": "own"}, t).endswith(
        "(Own rule: X)."
    )


@pytest.mark.parametrize("style", ["plain", "gbt9704"])
def test_all_that_is_read_stands_in_the_main_landmark(toy_plan: planner.Plan, style: str) -> None:
    """A screen reader that goes to the main content begins with page one."""
    settings = toy_plan.study.report.model_copy(update={"style": style})
    page, _, _ = report_of(with_settings(toy_plan, report=settings))
    before, body = page.split("<main>")
    inside, after = body.split("</main>")
    assert 'id="memo"' in inside
    assert Reader(f"<div>{before[before.index('<body') :].partition('>')[2]}</div>").text.split() == []
    assert after.split() == ["</body>", "</html>"]
