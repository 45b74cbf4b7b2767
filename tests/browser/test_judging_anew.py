"""What the page finds for each centre under any choice is what the rules find in a situation of that choice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import toy
from centres import profile_of, rule
from phrases import phrase
from playwright.sync_api import Page, expect

import planner
from planner.accessibility.access_data import AccessData
from planner.evaluation.diagnosis import diagnose
from planner.evaluation.indicators import INDICATORS, indicators_depending_on
from planner.evaluation.rules import RuleSet
from planner.inputs.scenario import Scenario, Site
from planner.prepare import prepare
from planner.reporting.document.build import build_document
from planner.reporting.map.page import draw_map
from planner.reporting.map.whatif_data import what_if_data
from planner.results import Plan

pytestmark = pytest.mark.browser

TIERS = '["community", "village"]'
CENTRES = (
    # id, tier, community, floor area, step free, newly built, place
    ("C1", "community", "W", 320.0, "yes", "", (200, 200)),
    ("C2", "community", "W", None, "", "no", (0, 0)),
    ("C3", "community", "E", 100.0, "no", "yes", (600, 200)),
    ("C4", "village", "E", 500.0, "yes", "", (800, 0)),
    ("C5", "community", "", 60.0, "", "", (900, 200)),
    ("S1", "station", "", None, "", "", (800, 400)),
    ("T1", "town", "", 900.0, "yes", "", (400, 400)),
)
"""C5 stands outside the communities, where no street is."""

WITH_BRANCHES = (
    *CENTRES,
    # Of another tier, before and beyond other centres; of a station and of the town, which are no premises.
    ("B1", "station", "", 40.0, "no", "", (600, 0)),
    ("B2", "community", "E", 150.0, "", "", (400, 0)),
    ("B3", "village", "W", None, "yes", "", (800, 200)),
    ("B4", "community", "W", 80.0, "", "", (800, 300)),
    ("B5", "community", "E", 10.0, "", "", (500, 400)),
)
BRANCH_OF = {"B1": "C1", "B2": "C1", "B3": "C3", "B4": "S1", "B5": "T1"}
CATCHMENT = '[catchment]\nzones_min = [4, 8]\nweights = [1.0, 0.3]\nclause = "c"\nevidence = "own"\n'

ASKED = {
    "floor": [rule("floor_area_m2 >= 340", tiers=TIERS)],
    "reach": [rule("people_within_5min >= 150 and people_within_10min < 700", unit="people", tiers=TIERS)],
    "catchment": [
        CATCHMENT,
        rule("m2_per_person_2sfca >= 0.9 or m2_per_person_e2sfca >= 1", unit="m2_per_person", tiers=TIERS),
    ],
    "people and floor": [
        rule("overlap_share <= 0.5 or people_nearest / floor_area_m2 < 0.6", unit="share", tiers=TIERS)
    ],
    "nearest": [rule("people_nearest <= 250", unit="people", tiers=TIERS)],
    "for each m2": [rule("people_per_m2 <= 1.5", unit="people_per_m2", tiers=TIERS)],
    phrase("notices.hidden_rows"): [
        rule("people_nearest / floor_area_m2 <= 1.5 or people_nearest < 120", unit="people_per_m2", tiers=TIERS)
    ],
    "own": [rule("own_covered_share_5min >= 0.6 and own_covered_share_10min >= 0.9", unit="share", tiers=TIERS)],
    "any": [rule("not covered_share < 0.55", unit="share", tiers=TIERS)],
    "overlap": [rule("overlap_share <= 0.35", unit="share", tiers=TIERS)],
    "old": [rule("people_65_uncovered <= 30", unit="people", tiers=TIERS)],
    "part": [rule("people_65_uncovered / people <= 0.11 or step_free", unit="ratio", tiers=TIERS)],
    "taken over": [rule("people_nearest - people_within_5min * 0.5 <= 60", unit="people", tiers=TIERS)],
    "exactly": [rule("covered_share * 10 >= covered_share * 9 + covered_share * 1", unit="share", tiers=TIERS)],
    "new": [
        rule("floor_area_m2 >= 50", tiers=TIERS),
        rule("covered_share >= 0.7", unit="share", name="new", tiers=TIERS, more='places = ["new"]'),
    ],
    "excellent": [
        rule("overlap_share <= 0.9", unit="share", name="must", tiers=TIERS),
        rule("step_free", unit="yes_no", name="a", tiers=TIERS, grade="excellent", more="weight = 0.1"),
        rule(
            "people_nearest <= 250", unit="people", name="b", tiers=TIERS, grade="excellent", more="weight = 0.2"
        ),
        rule("covered_share >= 0.6", unit="share", name="c", tiers=TIERS, grade="excellent", more="weight = 0.3"),
        rule("covered_share >= 0.1", unit="share", name="d", tiers=TIERS, grade="advice", more="weight = 9.0"),
    ],
}

TWO_OF_THREE = {"excellent": "excellent_share = 0.5"}

RATINGS = """([closed, opened]) => {
    const figures = probe.figures(probe.choose(closed, opened));
    return { verdicts: [...figures.verdicts], weak: figures.weak,
             compliant: figures.compliantShare, excellent: figures.excellentShare };
}"""


def test_every_measure_is_known_to_follow_the_choice_or_not() -> None:
    followed = {one.name for one in INDICATORS.values() if one.js}
    assert followed == indicators_depending_on("open_set") - {"next_centre_min"}


def rich_study(folder: Path, centres_given: Sequence[tuple[object, ...]] = CENTRES) -> Path:
    """Write the toy city with several premises in each community, fractions of people, and the old among them."""
    people = toy.layers()["people"]
    people = people.assign(people=people["people"] * 1.0371, people_65=people["people"] * 0.2113)
    columns = ("id", "tier", "community", "floor_area_m2", "step_free", "newly_built")
    rows = {name: [row[place] for row in centres_given] for place, name in enumerate(columns)}
    spots = [shapely.Point(np.array(row[-1]) + toy.ORIGIN) for row in centres_given]
    rows["branch_of"] = [BRANCH_OF.get(ident, "") for ident in rows["id"]]
    centres = gpd.GeoDataFrame({**rows, "name": rows["id"]}, geometry=spots, crs=toy.CRS)
    return toy.write_study(folder, changed={"people": people, "centres": centres})


@dataclass(frozen=True)
class Choices:
    """A plan, some choices, and the situation of each."""

    plan: Plan
    choices: list[tuple[list[int], list[int]]]
    access_variants: list[AccessData]


def scenario_of(plan: Plan, closed: Sequence[int], opened: Sequence[int]) -> Scenario:
    """Return the scenario that the page would save of a choice."""
    count = len(plan.inputs.facilities)
    candidates = plan.siting.candidates.iloc[[station - count for station in opened]]
    sites = tuple(
        Site(id=ident, x=spot.x, y=spot.y)
        for ident, spot in zip(candidates["id"], candidates.geometry, strict=True)
    )
    return Scenario(tuple(plan.inputs.facilities["id"].iloc[closed]), sites, plan.inputs.crs.to_string())


def situation_in(plan: Plan, closed: Sequence[int], opened: Sequence[int]) -> AccessData:
    """Return what a run of a choice assesses."""
    ready = prepare(plan.study, scenario=scenario_of(plan, closed, opened))
    return ready.assemble_access(ready.compute_times(), ready.compute_service_areas())


@pytest.fixture(scope="module", params=[CENTRES, WITH_BRANCHES], ids=["alone", "branches"])
def chosen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Choices:
    centres = request.param
    plan = planner.run(rich_study(tmp_path_factory.mktemp("rich"), centres))
    sites = range(len(centres), len(centres) + len(plan.siting.candidates))
    choices = [
        ([], []),
        ([0], []),
        ([0, 2, 5], [sites[0], sites[-1]]),
        ([1, 3], [sites[1]]),
        ([0, 1], []),
        ([0, 1, 2, 3, 4], []),
        ([0, 1, 2, 3, 4, 5, 6], [sites[1]]),
        ([4, 5, 6], list(sites)),
    ]
    if centres is WITH_BRANCHES:
        choices += [([7], []), ([8], []), ([7, 8], [sites[0]]), ([9], []), ([8, 9, 10, 2], []), ([0, 11], [])]
    return Choices(plan, choices, [situation_in(plan, *choice) for choice in choices])


@pytest.fixture(scope="module")
def page(chromium, chosen: Choices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:  # noqa: ANN001
    file = tmp_path_factory.mktemp("rich_map") / "map.html"
    file.write_text(draw_map(chosen.plan, build_document(chosen.plan)), "utf-8")
    page = chromium.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    yield page
    page.close()


def with_rule_set(profile: RuleSet, chosen: Choices) -> Plan:
    """Return the plan with the verdicts of another profile."""
    return replace(chosen.plan, diagnosis=diagnose(chosen.access_variants[0], rule_set=profile))


@pytest.mark.parametrize("name", ASKED)
def test_each_centre_is_judged_as_the_rules_judge_it(
    name: str, page: Page, chosen: Choices, tmp_path: Path
) -> None:
    profile = profile_of(tmp_path, *ASKED[name], head=TWO_OF_THREE.get(name, ""))
    plan = with_rule_set(profile, chosen)
    sets = what_if_data(plan, build_document(chosen.plan))
    assert sets["judged"]["unfollowed"] == []
    page.evaluate("(sets) => { window.probe = planner.openModel(sets); }", sets)
    seen = set()
    ids = list(plan.inputs.facilities["id"])
    for choice, access in zip(chosen.choices, chosen.access_variants, strict=True):
        found = diagnose(access, rule_set=profile)
        premises = found.centres[access.is_premises]
        shown = page.evaluate(RATINGS, list(choice))
        assert {ids[station]: verdict for station, verdict in shown["verdicts"]} == dict(
            zip(premises["id"], premises["verdict"], strict=True)
        ), choice
        communities = list(plan.inputs.communities["id"])
        assert [communities[one] for one in shown["weak"]] == list(found.weak_communities)
        for grade in ("compliant", "excellent"):
            share = found.rates[f"{grade}_share"]
            assert shown[grade] == (None if np.isnan(share) else share)
        seen |= set(premises["verdict"])
    # Nobody would notice a page that always says the same.
    assert len(seen) > 1 or name == "exactly", seen


@pytest.mark.parametrize("joint", ["or", "and"])
def test_where_a_rule_cannot_be_followed_nothing_is_said(
    chromium,  # noqa: ANN001
    joint: str,
    chosen: Choices,
    tmp_path: Path,
) -> None:
    asked = rule(f"floor_area_m2 >= 400 {joint} next_centre_min >= 4", tiers=TIERS)
    plan = with_rule_set(profile_of(tmp_path, asked), chosen)
    content = build_document(plan)
    sets = what_if_data(plan, content)
    assert sets["judged"]["unfollowed"] == ["next_centre_min"]
    # Without branches, the others pass or fail in any case; with theirs, C1 has 510 m² and C3 may have any area.
    alone, together = {
        "or": (["C1", "C2", "C3", "C5"], ["C1", "C2", "C3", "C5"]),
        "and": (["C2", "C4"], ["C1", "C2", "C3", "C4"]),
    }[joint]
    open_question = together if (plan.inputs.facilities["branch_of"] != "").any() else alone
    ids = plan.inputs.facilities["id"]
    undecided = [ids[one["station"]] for one in sets["judged"]["premises"] if "?next" in str(one["findings"])]
    assert undecided == open_question
    (tmp_path / "map.html").write_text(draw_map(plan, content), "utf-8")
    page = chromium.new_page()
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    figures = [page.locator(f'[data-figure="{name}"] > b') for name in ("weak_communities", "compliant_share")]
    today = [figure.text_content() for figure in figures]
    assert today[0] == str(len(plan.diagnosis.weak_communities))
    expect(page.locator("#verdicts-note")).to_be_hidden()
    page.evaluate("planner.session.take(planner.session.model.choose([0], []))")
    for figure, expected in itertools.zip_longest(figures, ["—", "—"]):
        expect(figure).to_have_text(expected)
    expect(page.locator('[data-figure="communities_without_centre"] > b')).to_have_text("0")
    expect(page.locator("#verdicts-note")).to_be_visible()
    expect(page.locator("#verdicts-note")).to_contain_text("walk to the next centre")
    page.locator("#reset").click()
    for figure, expected in zip(figures, today, strict=True):
        expect(figure).to_have_text(str(expected))
    expect(page.locator("#verdicts-note")).to_be_hidden()
    page.close()
