"""Page one: what it says is counted anew here; it asks for a decision whatever a study has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import toy
from plans import with_settings

import planner
from planner.config.sections.map import ReportSettings
from planner.messages.catalogue import LANGUAGES, Language, Texts
from planner.reporting.document.build import build_document
from planner.reporting.report.blocks import KeyFigures, Paragraph, Report, Table, Translator
from planner.reporting.report.build import build_report
from planner.reporting.report.outcome import outcome_of, reached_by
from planner.reporting.report.sections.memo import date_text, if_nothing, requests
from planner.results import Plan


def report_of(plan: Plan, language: Language = "en") -> Report:
    plan = with_settings(plan, language=language)
    return build_report(plan, build_document(plan))


def memo_of(plan: Plan) -> list[object]:
    memo = report_of(plan).memo
    assert memo is not None
    return list(memo.blocks)


@pytest.mark.parametrize("name", ["haibowan_plan", "helsinki_plan", "rich_toy_plan"])
def test_the_result_is_what_the_demand_points_give(name: str, request: pytest.FixtureRequest) -> None:
    plan: Plan = request.getfixturevalue(name)
    t = Translator(build_document(plan), Texts("en"))
    people = plan.inputs.demand["people"].to_numpy()
    today = reached_by(plan, None).is_covered
    assert people[~today].sum() == pytest.approx(t.content["coverage"]["people_uncovered"], abs=1e-6)
    outcome = outcome_of(t)
    assert outcome is not None
    after = reached_by(plan, outcome).is_covered
    if not outcome.closed:
        assert round(people[~after].sum()) == outcome.uncovered
        assert people[after].sum() / people.sum() == pytest.approx(outcome.share, abs=1e-9)


def test_the_three_figures_and_the_money_are_the_plans(haibowan_plan: Plan) -> None:
    blocks = memo_of(haibowan_plan)
    (three,) = (block for block in blocks if isinstance(block, KeyFigures))
    assert [one.value for one in three.figures] == ["26.1% → 43.3%", "251,957 → 193,376", "12 → 0"]
    assert "17.2 percentage points" in three.figures[0].note
    (money,) = (block for block in blocks if isinstance(block, Table))
    programme = haibowan_plan.programme
    assert programme is not None
    assert money.rows[-1][1:4] == ("992.16", "978.60", f"{programme.cost:,.2f}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("study", "key"),
    [
        (toy.STUDY, "ask_sites_money"),
        (toy.STUDY.replace("sites = 1", "sites = 0"), "ask_how_many"),
        (toy.STUDY + "\n[limits]\nminutes = [5, 60]\nstandard_min = 60\n", "ask_keep"),
    ],
)
def test_page_one_asks_for_what_can_be_decided(tmp_path: Path, study: str, key: str, language: Language) -> None:
    plan = with_settings(planner.run(toy.write_study(tmp_path / "toy", study=study)), language=language)
    t = Translator(build_document(plan), Texts(language))
    begin = Texts(language).template(f"decision.{key}").partition("{")[0]
    assert any(ask.startswith(begin) for ask in requests(plan, t))
    assert list(if_nothing(t))
    report = report_of(plan, language)
    assert report.memo is not None
    said = [block.text for block in report.memo.blocks if isinstance(block, Paragraph)]
    assert not any("None" in text or "nan" in text for text in said)


def test_without_people_page_one_asks_for_them(toy_plan: Plan) -> None:
    content = build_document(toy_plan)
    for row in content["coverage"]["total"]:
        row |= {"people": 0.0, "people_covered": 0.0, "people_share": None}
        row["shown"] = {"people": 0, "people_covered": 0}
    t = Translator(content, Texts("en"))
    assert outcome_of(t) is None
    assert next(requests(toy_plan, t)) == t.decision("ask_people")
    assert list(if_nothing(t)) == [t.decision("nothing_nobody")]


def test_technical_words_stand_in_the_last_annex_alone(haibowan_plan: Plan) -> None:
    report = report_of(haibowan_plan, "zh")
    assert report.memo is not None
    before = " ".join(str(section) for section in (report.memo, *report.sections[:-1]))
    assert "EPSG" not in before + str(report.facts)
    for source in report.t.content["data"]["sources"]:
        assert source["sha256"] not in before
    for rule in report.t.content["diagnosis"]["rules"]:
        assert not re.search(re.escape(rule["expression"]), before)
    for word in ("DBSCAN", "基尼", "泰尔", "networkx", "plan.json", "planner run"):
        assert word not in before, word
        assert word in str(report.sections[-1]) or word == "plan.json", word


def test_an_office_is_never_invented(toy_plan: Plan) -> None:
    office = report_of(toy_plan).office
    assert office is not None
    assert (office.addressee, office.issuer, office.issued) == ("", "", "")
    asked = with_settings(toy_plan, report=ReportSettings(style="gbt9704", issuer="某办公室", issued="2023-06-30"))
    office = report_of(asked, "zh").office
    assert office is not None
    assert (office.addressee, office.issuer, office.issued) == ("【请填写】", "某办公室", "2023年6月30日")


@pytest.mark.parametrize(
    ("given", "shown"), [("2023-06-30", "2023年6月30日"), ("2023 年", "2023 年"), ("", ""), ("1-2-3", "1-2-3")]
)
def test_dates_are_written_as_clause_7_3_5_4_has_them(given: str, shown: str) -> None:
    assert date_text(given, Translator({}, Texts("zh"))) == shown


def test_no_paragraph_of_page_one_is_empty(rich_toy_plan: Plan) -> None:
    assert all(block.text for block in memo_of(rich_toy_plan) if isinstance(block, Paragraph))
