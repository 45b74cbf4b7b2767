"""What is not counted or not measured is unknown in every product, never 0."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import toy

import planner
from planner.evaluation.improvements.actions import Action
from planner.messages.catalogue import Texts
from planner.programme.problem import Fund, ProjectOption
from planner.programme.project_options import kind_of_actions
from planner.reporting import programme_text
from planner.reporting.document.build import build_document
from planner.reporting.facility_text import next_centre_text
from planner.reporting.map.layers import _rows
from planner.reporting.report.blocks import Translator
from planner.reporting.report.sections.method import reading_section
from planner.reporting.tables.programme import projects_table

WEAK = {"centres": toy.layers()["centres"].assign(floor_area_m2=[20.0, None])}
PLACE = (toy.ORIGIN[0] + 600.0, toy.ORIGIN[1] + 200.0)
CHANGES = ("open_station", "open_gate", "build_crossing", "move")


def action(kind: str) -> Action:
    return Action(kind, 100.0, 1.0, place=PLACE, about="C1")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    study = toy.with_money(300.0, 300.0).replace("most_share = 0.8\n", "").replace("sites = 1", "sites = 2")
    return planner.run(toy.write_study(tmp_path_factory.mktemp("counted"), changed=WEAK, study=study))


@pytest.fixture(scope="module")
def branched(plan: planner.Plan) -> planner.Plan:
    """Return the plan with a branch instead of the upgrade of C1."""
    assert plan.programme is not None
    projects = tuple(
        replace(one, kind="branch", actions=(action("open_station"),), people_covered=None)
        if one.option == "upgrade:C1"
        else one
        for one in plan.programme.projects
    )
    return replace(plan, programme=replace(plan.programme, projects=projects, not_counted=("branch",)))


def test_which_options_are_counted() -> None:
    for kind in CHANGES:
        changed = (action("add_area"), action(kind))
        assert not ProjectOption("upgrade:C1", kind_of_actions(changed), 1.0, actions=changed).counts_coverage, (
            kind
        )
    for kind in ("access", "branch", "move", "new"):
        assert not ProjectOption("own", kind, 1.0).counts_coverage, kind
        assert ProjectOption("own", kind, 1.0, site="S1").counts_coverage, kind
    assert ProjectOption("upgrade:C1", "upgrade", 1.0, actions=(action("add_area"),)).counts_coverage
    assert ProjectOption("upgrade:C1", "share", 1.0, actions=(action("share"),)).counts_coverage


def test_a_project_of_which_nobody_is_counted_has_no_number(branched: planner.Plan) -> None:
    assert branched.programme is not None
    (branch,) = [one for one in branched.programme.projects if one.kind == "branch"]
    alone = replace(branch, people_standard=0.0)
    assert branch.cost_per_person == branch.cost / branch.people_standard
    assert alone.people is None
    assert math.isnan(alone.cost_per_person)
    assert replace(alone, people_covered=0.0).people == 0.0


def test_a_branch_is_a_kind_that_funds_for_new_stations_pay() -> None:
    assert kind_of_actions((action("add_area"), action("open_station"))) == "branch"
    kinds = ("new", "branch", "upgrade")
    for pays_for, paid in (
        (("new",), [1, 1, 0]),
        (("branch",), [0, 1, 0]),
        (("upgrade",), [0, 0, 1]),
        ((), [1, 1, 1]),
    ):
        assert [Fund("f", (1.0,), pays_for=pays_for).pays(kind) for kind in kinds] == paid


def test_new_stations_are_as_many_in_projects_and_years(branched: planner.Plan) -> None:
    programme = build_document(branched)["programme"]
    assert programme is not None
    for year in programme["years"]:
        done = [one for one in programme["projects"] if one["year"] <= year["year"]]
        assert len(year["sites"]) == sum(one["kind"] == "new" for one in done)
    assert "branch" in [one["kind"] for one in programme["projects"]]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_effect_that_is_not_counted_is_unknown_everywhere(
    branched: planner.Plan, language: str, tmp_path: Path
) -> None:
    content = build_document(branched)
    t = Translator(content, Texts(language))
    programme = content["programme"]
    assert programme is not None
    (branch,) = [one for one in programme["projects"] if one["kind"] == "branch"]
    assert branch["people_covered"] is None
    assert branch["people"] == branch["people_standard"] > 0
    assert programme["not_counted"] == ["branch"]
    unknown = t.programme("not_counted")
    assert (t.programme("column_covered"), unknown) in _rows(branch, t)
    block = projects_table(t).block(t, programme["projects"], "", keys=("number", "covered"))
    column = [row[1] if isinstance(row[1], str) else row[1].text for row in block.rows]
    assert [text == unknown for text in column] == [one["people_covered"] is None for one in programme["projects"]]
    here = t.programme("not_counted_here", projects=branch["id"])
    said = t.programme("proof_not_counted", kinds=t.programme("kind_branch"), here=here)
    assert said in list(programme_text.programme_statements(t))
    planner.write(branched, tmp_path)
    layer = gpd.read_file(tmp_path / "results.gpkg", layer="projects").set_index("id")
    assert layer["people_covered"].isna().to_dict() == {
        one["id"]: one["people_covered"] is None for one in programme["projects"]
    }
    sheets = openpyxl.load_workbook(tmp_path / "tables.xlsx").worksheets
    heads = [[cell.value for cell in next(sheet.iter_rows())] for sheet in sheets]
    covered = Translator(content, Texts("en")).programme("column_covered")
    (number,) = [place for place, head in enumerate(heads) if covered in head]
    # The last row is the total.
    rows = list(sheets[number].iter_rows(min_row=2, values_only=True))[:-1]
    place = heads[number].index(covered)
    assert [row[place] is None for row in rows] == [one["people_covered"] is None for one in programme["projects"]]


def test_where_all_is_counted_the_proof_excepts_nothing(plan: planner.Plan) -> None:
    content = build_document(plan)
    t = Translator(content, Texts("en"))
    assert content["programme"] is not None
    assert content["programme"]["not_counted"] == []
    said = list(programme_text.programme_statements(t))
    assert t.programme("optimal") in said
    assert not [sentence for sentence in said if t.programme("not_counted") in sentence.lower()]


def test_without_projects_the_proof_speaks_of_no_other_programme(plan: planner.Plan) -> None:
    assert plan.programme is not None
    years = tuple(
        replace(one, sites=(), resolved=(), people_covered=0.0, people_standard=0.0)
        for one in plan.programme.years
    )
    t = Translator(
        build_document(replace(plan, programme=replace(plan.programme, projects=(), years=years))), Texts("en")
    )
    said = list(programme_text.programme_statements(t))
    assert t.programme("optimal_none") in said
    assert t.programme("optimal") not in said


def test_a_need_met_in_part_says_what_holds_for_the_rest(plan: planner.Plan) -> None:
    t = Translator(build_document(plan), Texts("en"))
    need = {"projects": ["P1"], "year": None, "unmet_reason": "not_chosen", "people_met": 7.0, "kind": "uncovered"}
    rest = t.programme("left_rest", reason=t.programme("left_not_chosen"))
    assert programme_text.need_outcome(need, t).endswith(rest)  # type: ignore[arg-type]
    nothing = {**need, "projects": []}
    assert programme_text.need_outcome(nothing, t) == t.programme("left_not_chosen")  # type: ignore[arg-type]


def test_a_centre_beyond_the_horizon_is_farther_not_missing(plan: planner.Plan) -> None:
    t = Translator(build_document(plan), Texts("en"))
    centre = t.content["centres"][0]

    def card(value: float | None, *unknown: tuple[str, float]) -> str:
        found = [{"measure": "next_centre_min", "reason": why, "at_least": least} for why, least in unknown]
        changed = {**centre, "measures": {**centre["measures"], "next_centre_min": value}, "unknown": found}
        return next_centre_text(changed, t)  # type: ignore[arg-type]

    assert card(None, ("beyond_horizon", 15.0)) == t("measure_beyond", value=t.quantity(15.0, "minutes", 0))
    assert card(None, ("not_measured", 0.0)) == t.unknown
    assert card(3.25) == t.quantity(3.25, "minutes")


def test_no_proposed_sites_no_word_on_how_to_read_them(plan: planner.Plan) -> None:
    content = build_document(plan)
    siting = {**content["siting"], "proposals": [{**one, "sites": []} for one in content["siting"]["proposals"]]}
    counts = [
        len(list(reading_section(Translator(one, Texts("en")))))
        for one in (content, {**content, "siting": siting})
    ]
    assert counts[1] == counts[0] - 1
