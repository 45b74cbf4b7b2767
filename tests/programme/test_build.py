"""The programme of a study: lists, years, money, in all products and on the command line."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pyogrio
import pytest
import toy
from phrases import phrase
from plans import read_map

import planner
from planner.commands.main import main
from planner.config.study import read_study
from planner.messages.errors import StudyError
from planner.programme.programme import Programme
from planner.programme.project_options import (
    ProgrammeInputs,
    budget_problem,
    find_options,
    kind_of_actions,
    resolving_plans,
)
from planner.reporting.document.build import build_document
from planner.reporting.tables.geopackage import result_layers
from planner.siting.candidates.candidate import place_id

CORNER = place_id("K", *toy.ORIGIN)
"""The candidate in the south-west corner."""

WEAK = {"centres": toy.layers()["centres"].assign(floor_area_m2=[20.0, None])}


def plan_with(folder: Path, study: str) -> planner.Plan:
    return planner.run(toy.write_study(folder, changed=WEAK, study=study))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    return plan_with(tmp_path_factory.mktemp("programme"), toy.with_money(150.0, 40.0))


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    return plan_with(tmp_path_factory.mktemp("poor"), toy.with_money(50.0, 0.0))


def programme_of(plan: planner.Plan) -> Programme:
    assert plan.programme is not None
    return plan.programme


def test_the_toy_programme_computed_by_hand(plan: planner.Plan) -> None:
    """C1 has 20 m² and needs 300: 280 more at 0.5 are 140, of which 'above' pays 80 % at most: 112 and 28.

    Then 'above' has 38 left in the first year and 78 in the second, but of a station at 40 it pays 32 at most, and
    nobody else the other 8, since the dues are for upgrades. So there is no station at all.
    """
    programme = programme_of(plan)
    assert [(one.option, one.year, one.cost, one.paid) for one in programme.projects] == [
        ("upgrade:C1", 0, 140.0, pytest.approx((112.0, 28.0)))
    ]
    west = plan.inputs.demand.loc[plan.inputs.demand["community"] == "W", "people"].sum()
    assert programme.people == programme.bound == west
    assert (programme.weak, programme.resolvable, programme.resolved) == (1, 1, 1)
    assert (programme.status, programme.order_status, programme.funding_gap) == ("optimal", "optimal", None)
    above = [one for one in programme.funds if one.fund == "above"]
    assert [(one.brought, one.spent, one.left) for one in above] == [
        (0.0, pytest.approx(112.0), pytest.approx(38.0)),
        (pytest.approx(38.0), 0.0, pytest.approx(78.0)),
    ]
    dues = [one for one in programme.funds if one.fund == "dues"]
    assert [(one.amount, one.brought) for one in dues] == [(150.0, 0.0), (0.0, 0.0)]


def test_needs_say_why_and_what_meets_them(plan: planner.Plan) -> None:
    needs = {need.place + need.kind: need for need in programme_of(plan).needs}
    weak = needs["C1weak_centre"]
    assert (weak.projects, weak.year, weak.people_met, weak.unmet_reason) == (("P1",), 0, weak.people, "")
    assert weak.rules
    assert needs["Eno_centre"].unmet_reason == "no_project"
    uncovered = plan.coverage.uncovered.groupby("community")["people"].sum()
    for community, people in uncovered.items():
        need = needs[f"{community}uncovered"]
        assert (need.people, need.unmet_reason, need.people_met) == (people, "not_chosen", 0.0)


def test_what_money_is_missing(poor: planner.Plan) -> None:
    """140 are needed: 112 at most from above, which has 50, and 28 at least from the dues, which have 50."""
    programme = programme_of(poor)
    assert programme.projects == ()
    missing = programme.funding_gap
    assert missing is not None
    assert missing.total == pytest.approx(40.0)
    assert missing.extra.sum(axis=1).tolist() == pytest.approx([40.0, 0.0])
    words = build_document(poor)["programme"]["funding_gap"]
    assert words["extra"][0]["fund"] == "above"


def test_a_station_gains_whom_it_reaches(rich_toy_plan: planner.Plan) -> None:
    """Residents each count once, whatever other kinds weigh in siting; two stations for 40 of 85."""
    programme = programme_of(rich_toy_plan)
    assert [project.kind for project in programme.projects] == ["new", "new"]
    assert [project.year for project in programme.projects] == [0, 1]
    walks, standard = rich_toy_plan.candidate_times, rich_toy_plan.study.limits.standard_min
    ids = list(rich_toy_plan.siting.candidates["id"])
    near = {
        site: {
            int(point)
            for point in walks.demand[(walks.facility == ids.index(site)) & (walks.minutes <= standard + 1e-6)]
        }
        for site in programme.years[-1].sites
    }
    uncovered = set(
        map(int, rich_toy_plan.coverage.demand.index[rich_toy_plan.coverage.demand["facilities_5min"] == 0])
    )
    people = rich_toy_plan.inputs.demand["people"].to_numpy()
    gained = sum(people[point] for point in uncovered & set.union(*near.values()))
    assert programme.people == gained
    assert sum(project.people or 0.0 for project in programme.projects) == gained


def test_years_are_scenarios_of_the_map(rich_toy_plan: planner.Plan) -> None:
    programme = programme_of(rich_toy_plan)
    scenarios = {one["key"]: one for one in build_document(rich_toy_plan)["scenarios"]}
    assert list(scenarios)[:3] == ["today", "year_1", "year_2"]
    assert scenarios["year_1"]["zh"] == "第 1 年底"
    for label, year in zip(programme.labels, programme.years, strict=True):
        assert scenarios[f"year_{label}"]["sites"] == list(year.sites)


def test_a_run_of_the_last_year_covers_whom_the_programme_promises(
    rich_toy_plan: planner.Plan, tmp_path: Path
) -> None:
    """Carried out as a scenario, with its stations standing, the study covers as many more people."""
    programme = programme_of(rich_toy_plan)
    table = rich_toy_plan.siting.candidates.set_index("id")
    sites = [
        {"id": f"new-{ident}", "x": table.geometry[ident].x, "y": table.geometry[ident].y}
        for ident in programme.years[-1].sites
    ]
    study = toy.write_study(tmp_path, changed={"places": toy.places()}, study=toy.RICH)
    file = tmp_path / "scenario.json"
    content = {"format": "planner.scenario/1", "study": "Toy city", "crs": "EPSG:32648", "closed": []}
    file.write_text(json.dumps({**content, "sites": sites}), "utf-8")
    after = planner.run(study, scenario=file)

    def covered(one: planner.Plan) -> float:
        total = one.coverage.total
        return float(total.loc[total["limit_min"] == 5.0, "people_covered"].iloc[0])

    assert covered(after) - covered(rich_toy_plan) == programme.years[-1].people_covered


def test_all_products_tell_the_programme(plan: planner.Plan, tmp_path: Path) -> None:
    planner.write(plan, tmp_path)
    layers = {name for name, _ in pyogrio.list_layers(tmp_path / "results.gpkg")}
    assert {"projects", "needs", "funds"} <= layers
    projects = result_layers(plan)["projects"]
    assert projects["unit"].tolist() == ["North town"]
    assert projects.geometry.iloc[0].equals(plan.inputs.facilities.geometry.iloc[0])
    drawn = read_map(tmp_path / "map.html")
    assert "Projects of 2024 (1)" in drawn
    assert "P1 · Bring West centre to standard" in drawn
    page = (tmp_path / "report.html").read_text("utf-8")
    for expected in ("Programme: years and money", "Bring West centre to standard", "end of 2024", "not quoted"):
        assert expected in page
    assert phrase("programme.optimal") in page
    assert phrase("programme.weak_all", weak="1") in page


def test_the_report_is_chinese_where_the_study_is(tmp_path: Path) -> None:
    study = toy.with_money(150.0, 40.0).replace('language = "en"', 'language = "zh"')
    plan = plan_with(tmp_path / "toy", study)
    planner.write(plan, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    for expected in (
        "序号",
        "主要任务",
        "具体措施",
        "责任单位",
        "完成时限",
        "2024 年底前",
        "需求清单",
        "资源清单",
    ):
        assert expected in page


def test_without_funds_there_is_no_programme(toy_plan: planner.Plan) -> None:
    assert toy_plan.programme is None
    assert build_document(toy_plan)["programme"] is None
    assert "projects" not in result_layers(toy_plan)
    assert [one["key"] for one in build_document(toy_plan)["scenarios"]][1] != "year_1"


def test_the_command_prints_the_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.write_study(tmp_path, changed=WEAK, study=toy.with_money(150.0, 40.0))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(["programme", str(study)]) == 0
    said = capsys.readouterr()
    for expected in (
        "NEEDS",
        "RESOURCES",
        "PROJECTS",
        "P1 · Bring West centre to standard",
        "280 m²",
        "North town",
    ):
        assert expected in said.out
    assert "programme of years and funds" in said.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_command_says_what_money_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.write_study(tmp_path, changed=WEAK, study=toy.with_money(50.0, 0.0))
    assert main(["programme", str(study)]) == 0
    assert (
        phrase("programme.missing_money", total="40", unit="× 10,000 CNY", extra="From above 40 (2024)")
        in capsys.readouterr().out
    )


def test_the_command_needs_funds(toy_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["programme", str(toy_study)]) == 2
    assert "[[programme.funds]]" in capsys.readouterr().err


OWN = """
[[programme.projects]]
id = "merge"
name = "West into East"
kind = "merge"
cost = 5.0
resolves = ["C1"]
closes = ["S1"]
unit = "Bureau"

[[programme.precedence]]
first = "merge"
then = "{then}"
"""


def test_projects_of_the_studys_own(tmp_path: Path) -> None:
    """The merger settles C1 for 5 instead of 140, but only above pays for it, 80 % at most: it is not begun.

    In the second study above pays for all of it, and the upgrade is out of reach: 50 from above and 50 of the dues
    in the first year, no dues in the second.
    """
    study = toy.with_money(150.0, 40.0) + OWN.format(then=CORNER)
    assert [one.kind for one in programme_of(plan_with(tmp_path / "one", study)).projects] == ["upgrade"]
    whole = (toy.with_money(50.0, 40.0) + OWN.format(then=CORNER)).replace("most_share = 0.8\n", "")
    programme = programme_of(plan_with(tmp_path / "two", whole))
    merger = next(one for one in programme.projects if one.kind == "merge")
    assert (merger.option, merger.title, merger.unit, merger.closes) == (
        "merge",
        "West into East",
        "Bureau",
        ("S1",),
    )
    assert merger.people_covered < 0
    assert programme.years[0].closed == ("S1",)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            OWN.format(then="nowhere"),
            phrase("errors.programme_unknown", setting="programme.precedence.then", names="nowhere"),
        ),
        (OWN.format(then="upgrade:C1").replace('["S1"]', '["S9"]'), "`programme.projects.closes`"),
        (OWN.format(then="merge"), "is circular"),
        (OWN.format(then="merge").replace('"merge"', '"upgrade:C1"'), "uses ids of candidates"),
    ],
)
def test_what_is_named_must_be_there(tmp_path: Path, wrong: str, said: str) -> None:
    study = toy.with_money(150.0, 40.0) + wrong.replace('kind = "upgrade:C1"', 'kind = "merge"')
    with pytest.raises(StudyError, match=re.escape(said)):
        plan_with(tmp_path, study)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("amounts = [50.0]", phrase("errors.reason_fund_years", fund="above", amounts="1", years="2")),
        ('amounts = [1.0, 1.0]\nmatches = "nobody"', phrase("errors.reason_fund_unknown", matches="nobody")),
        ("amounts = [1.0, -1.0]", "must be at least 0"),
        ('amounts = [1.0, 1.0]\npays_for = ["parties"]', "one of"),
    ],
)
def test_wrong_funds_are_refused(tmp_path: Path, wrong: str, said: str) -> None:
    file = tmp_path / "study.toml"
    file.write_text(toy.STUDY + f'\n[[programme.funds]]\nid = "above"\n{wrong}\n', "utf-8")
    with pytest.raises(StudyError, match=re.escape(said)):
        read_study(file)


def known_of(plan: planner.Plan, **changed: object) -> ProgrammeInputs:
    known = ProgrammeInputs(
        plan.study,
        plan.inputs,
        plan.diagnosis,
        plan.improvements.plans,
        plan.times,
        plan.coverage.demand,
        plan.siting.candidates,
        plan.candidate_times,
    )
    return replace(known, **changed)


def test_candidates_bring_their_cost_and_free_centres_move_and_merge(plan: planner.Plan) -> None:
    """One candidate has a price, one moves S1, one merges both centres, and the others cost what is said."""
    table = plan.siting.candidates
    count = len(table) - 3
    options = table.assign(
        source=["parcels", "move", "merge"] + ["clusters"] * count,
        cost=[12.5, math.nan, 7.0] + [math.nan] * count,
        centres=["", "S1", "S1, C1"] + [""] * count,
    )
    dear = plan.study.programme.model_copy(update={"move_cost": 9.0})
    study = plan.study.model_copy(update={"programme": dear})
    offers = {option.id: option for option in find_options(known_of(plan, candidates=options, study=study))}
    parcel, move, merge, cluster = (offers[ident] for ident in table["id"][:4])
    assert (parcel.kind, parcel.cost, parcel.closes) == ("new", 12.5, ())
    assert (move.kind, move.cost, move.closes) == ("move", 9.0, ("S1",))
    assert (merge.kind, merge.cost, merge.closes) == ("merge", 7.0, ("S1", "C1"))
    assert (cluster.kind, cluster.cost) == ("new", 40.0)
    assert all(option.subdistrict == "North town" for option in offers.values())
    unpriced = {option.id for option in find_options(known_of(plan, candidates=options))}
    assert move.id not in unpriced


def test_whom_a_free_centre_serves_is_counted_as_held(plan: planner.Plan) -> None:
    table = plan.siting.candidates
    move = table.assign(source="move", cost=1.0, centres="S1")
    known = known_of(plan, candidates=move)
    problem = budget_problem(known, find_options(known))
    assert problem.closable == ("S1",)
    served = plan.times.demand[(plan.times.facility == 1) & (plan.times.minutes <= 5 + 1e-6)]
    west = plan.times.demand[(plan.times.facility == 0) & (plan.times.minutes <= 5 + 1e-6)]
    people = plan.inputs.demand["people"].to_numpy()
    held = float(problem.weight[problem.coverage_today.toarray().ravel()].sum())
    assert held == sum(people[point] for point in set(served.tolist()) - set(west.tolist()))


@pytest.mark.parametrize(
    ("change", "kind"), [("move", "move"), ("share", "share"), ("open_gate", "access"), ("step_free", "upgrade")]
)
def test_funds_know_changes_by_their_kind(plan: planner.Plan, change: str, kind: str) -> None:
    remedy = plan.improvements.plans[0]
    changed = replace(remedy, actions=(replace(remedy.actions[0], kind=change),))
    assert resolving_plans([changed]) == (changed,)
    assert kind_of_actions(changed.actions) == kind


def test_what_leads_only_to_the_unknown_brings_nobody_to_standard(plan: planner.Plan) -> None:
    remedy = plan.improvements.plans[0]
    assert resolving_plans([replace(remedy, rating="undetermined"), replace(remedy, actions=())]) == ()


def test_a_remedy_without_a_price_is_a_need_that_says_so(tmp_path: Path) -> None:
    study = toy.with_money(150.0, 40.0).replace("floor_area_per_m2 = 0.5\n", "")
    programme = programme_of(plan_with(tmp_path, study))
    assert (programme.weak, programme.resolvable, programme.funding_gap) == (1, 0, None)
    assert programme.needs[0].unmet_reason == "no_cost"


def test_a_study_without_sites_has_a_programme_of_upgrades(tmp_path: Path) -> None:
    study = toy.with_money(150.0, 40.0).replace("sites = 1", "sites = 0")
    plan = plan_with(tmp_path / "toy", study)
    assert [one.option for one in programme_of(plan).projects] == ["upgrade:C1"]
    assert planner.write(plan, tmp_path / "out")


def test_money_that_buys_nothing_is_said(tmp_path: Path) -> None:
    study = toy.with_money(0.0, 0.0)
    plan = plan_with(tmp_path / "toy", study)
    assert programme_of(plan).projects == ()
    planner.write(plan, tmp_path / "out")
    assert phrase("programme.no_projects") in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_who_is_responsible(tmp_path: Path) -> None:
    named = 'costs_modelled = true\nresponsible = { upgrade = "{subdistrict} council" }\n'
    plan = plan_with(tmp_path, toy.with_money(150.0, 40.0).replace("costs_modelled = true\n", named))
    assert [project.unit for project in programme_of(plan).projects] == ["North town council"]
