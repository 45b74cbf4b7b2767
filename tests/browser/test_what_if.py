"""What the page computes for a choice of centres and sites is what the planner finds for it, to the bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import toy
from playwright.sync_api import Page, expect

import planner
from planner.inputs.scenario import read_scenario
from planner.network.walk import is_within
from planner.reporting.document.build import build_document
from planner.reporting.map.page import draw_map
from planner.results import Plan

pytestmark = pytest.mark.browser

FIGURES = """([closed, opened]) => {
    const { model } = planner.session;
    const choice = model.choose(closed, opened);
    const { shares, peopleShare, opened: _, closed: __, verdicts: ___, ...others } = model.figures(choice);
    const { rated: ____, areaShare, money, groupShares, businessAreas, ...figures } = others;
    return { ...figures, byCommunity: model.sets.limits.map((ring) => [...choice.byCommunity[ring]]) };
}"""


@pytest.fixture(scope="module")
def haibowan_page(chromium, haibowan_folder: Path):  # noqa: ANN001, ANN201
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    page.goto((haibowan_folder / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    yield page
    page.close()


def computed(plan: Plan, closed: list[int], opened: list[int]) -> dict[str, object]:
    """Count with numpy from the walking times what the page counts from its sets."""
    n_centres = len(plan.inputs.facilities)
    people = plan.inputs.demand["people"].to_numpy()
    home = plan.inputs.demand["community"].to_numpy()
    covered, by_community = [], []
    for limit in plan.study.limits.minutes:
        reached = np.zeros(len(people), dtype=bool)
        for times, chosen in (
            (plan.times, np.setdiff1d(np.arange(n_centres), closed)),
            (plan.candidate_times, np.array(opened, dtype=int) - n_centres),
        ):
            pairs = is_within(times.minutes, limit) & np.isin(times.facility, chosen)
            reached[times.demand[pairs]] = True
        covered.append(float(people[reached].sum()))
        by_community.append(
            [float(people[reached & (home == one)].sum()) for one in plan.inputs.communities["id"]]
        )
        if limit == plan.study.limits.standard_min:
            points_share = reached.sum() / len(people)
    return {"covered": covered, "byCommunity": by_community, "pointsShare": points_share}


def random_choice(plan: Plan, seed: int) -> tuple[list[int], list[int]]:
    rng = np.random.default_rng(seed)
    n_centres, n_candidates = len(plan.inputs.facilities), len(plan.siting.candidates)
    closed = np.flatnonzero(rng.random(n_centres) < rng.random() * 0.6).tolist()
    opened = (n_centres + np.flatnonzero(rng.random(n_candidates) < rng.random() * 0.3)).tolist()
    return closed, opened


def test_random_choices_are_counted_as_from_the_walking_times(haibowan_page: Page, haibowan_plan: Plan) -> None:
    for seed in range(25):
        closed, opened = random_choice(haibowan_plan, seed)
        shown = haibowan_page.evaluate(FIGURES, [closed, opened])
        expected = computed(haibowan_plan, closed, opened)
        assert {name: shown[name] for name in expected} == expected, seed


def as_a_run_says(plan: Plan) -> dict[str, object]:
    ids = list(plan.inputs.communities["id"])
    rates = plan.diagnosis.rates
    limits = plan.study.limits.minutes
    by_limit = dict(iter(plan.coverage.by_community.groupby("limit_min")))
    standard = plan.coverage.total.set_index("limit_min").loc[plan.study.limits.standard_min]
    return {
        "covered": plan.coverage.total["people_covered"].tolist(),
        "peopleCovered": standard["people_covered"],
        "uncovered": float(plan.coverage.uncovered["people"].sum()),
        "pointsShare": standard["points_share"],
        "weak": [ids.index(one) for one in plan.diagnosis.weak_communities],
        "without": [ids.index(one) for one in plan.diagnosis.communities_without_centre],
        "compliantShare": rates["compliant_share"],
        "excellentShare": rates["excellent_share"],
        "byCommunity": [
            by_limit[limit].set_index("community").loc[ids, "people_covered"].tolist() for limit in limits
        ],
    }


def test_the_choice_that_the_page_saves_gives_the_same_figures_when_it_is_run(
    haibowan_page: Page, haibowan_plan: Plan, tmp_path: Path
) -> None:
    """Centres closed and sites opened in the page, saved, carried out by a whole run."""
    page, n_centres = haibowan_page, len(haibowan_plan.inputs.facilities)
    premises = np.flatnonzero(haibowan_plan.inputs.facilities["tier"] == "community")
    closed = [*premises[[2, 7, 20]].tolist(), 0]
    opened = [n_centres + 3, n_centres + 41, n_centres + 250]
    page.evaluate(
        "([closed, opened]) => planner.session.take(planner.session.model.choose(closed, opened))",
        [closed, opened],
    )
    with page.expect_download() as download:
        page.locator("#save").click()
    picked = tmp_path / "picked.json"
    download.value.save_as(picked)
    saved = json.loads(picked.read_text("utf-8"))
    assert len(saved["closed"]) == 4
    assert len(saved["sites"]) == 3

    study = haibowan_plan.study.model_copy(
        update={"siting": haibowan_plan.study.siting.model_copy(update={"sites": 0})}
    )
    again = planner.run(study, scenario=picked)
    assert page.evaluate(FIGURES, [closed, opened]) == as_a_run_says(again)
    # The file comes back as it went, also where the page is that of the scenario.
    page.locator("#reset").click()
    page.locator("#load").set_input_files(picked)
    expect(page.locator("#changes li")).to_have_count(7)
    assert page.evaluate("planner.saved()") == saved
    assert build_document(again)["scenario"]["sha256"] == read_scenario(picked, study).sha256


def test_people_in_parts_add_up_to_the_bit(chromium, tmp_path: Path) -> None:  # noqa: ANN001
    """People spread along streets are fractions; their sums must not depend on the order."""
    study = toy.STUDY.replace('[inputs.demand]\npath = "toy.gpkg"\nlayer = "people"\n', "")
    layers = toy.layers()
    communities = layers["communities"].assign(people=[161.7, 370.0])
    plan = planner.run(toy.write_study(tmp_path, changed={"communities": communities}, study=study))
    people = plan.inputs.demand["people"].to_numpy()
    assert not np.array_equal(people, np.round(people))
    assert people[plan.inputs.demand["community"] == "E"].sum() == 370.0
    (tmp_path / "map.html").write_text(draw_map(plan, build_document(plan)), "utf-8")
    page = chromium.new_page()
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    for closed, opened in (([], []), ([0], [2, 5]), ([0, 1], []), ([1], [2, 3, 4, 5, 6])):
        shown = page.evaluate(FIGURES, [closed, opened])
        expected = computed(plan, closed, opened)
        assert {name: shown[name] for name in expected} == expected
    page.close()


def test_today_in_the_page_is_the_plan(haibowan_page: Page, haibowan_plan: Plan) -> None:
    assert haibowan_page.evaluate(FIGURES, [[], []]) == as_a_run_says(haibowan_plan)


def test_going_there_and_back_leaves_no_trace(haibowan_page: Page, haibowan_plan: Plan) -> None:
    closed, opened = random_choice(haibowan_plan, 99)
    differs = """([closed, opened]) => {
        const { model } = planner.session;
        const there = model.choose();
        for (const station of [...closed, ...opened]) model.set(there, station, opened.includes(station));
        for (const station of [...opened, ...closed]) model.set(there, station, closed.includes(station));
        return JSON.stringify(model.figures(there)) === JSON.stringify(model.figures(model.choose()));
    }"""
    assert haibowan_page.evaluate(differs, [closed, opened]) is True


def test_the_page_of_a_scenario_saves_what_adds_to_it(
    chromium,  # noqa: ANN001
    toy_study: Path,
    tmp_path: Path,
) -> None:
    first = tmp_path / "first.json"
    site = {"id": "N1", "x": toy.ORIGIN[0] + 400.0, "y": toy.ORIGIN[1]}
    content = {
        "format": "planner.scenario/1",
        "study": "Toy city",
        "crs": toy.CRS,
        "closed": ["S1"],
        "sites": [site],
    }
    first.write_text(json.dumps(content), "utf-8")
    plan = planner.run(toy_study, scenario=first)
    assert list(plan.inputs.facilities["id"]) == ["C1", "N1"]
    assert (
        plan.inputs.facilities["community"].tolist() == ["W", "E"]
        or plan.inputs.facilities["tier"][1] == "station"
    )
    html = draw_map(plan, build_document(plan))
    assert ": 1 closed, 1 stations added" in html
    (tmp_path / "map.html").write_text(html, "utf-8")
    page = chromium.new_page()
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("body[data-drawn=yes]")
    page.evaluate("planner.session.take(planner.session.model.choose([1], [2]))")
    saved = page.evaluate("planner.saved()")
    candidate = plan.siting.candidates.iloc[0]
    expected = {"id": candidate["id"], "x": candidate.geometry.x, "y": candidate.geometry.y}
    assert saved["closed"] == ["S1"]
    assert saved["sites"] == [expected]
    page.close()
