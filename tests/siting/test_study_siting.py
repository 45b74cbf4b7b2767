"""The siting of a study: candidates of all sources, what is left out, what stands beside the optimum."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
import toy
from phrases import phrase
from scipy.sparse import csr_array

import planner
from planner.commands.main import main
from planner.config.sections.layers import Layer
from planner.config.sections.siting import SitingSettings as Settings
from planner.io.layers import read_layer
from planner.messages.catalogue import Texts
from planner.messages.errors import SitingError, StudyError
from planner.network.gates import close_gates
from planner.network.network import build_network
from planner.network.snapping import snap
from planner.network.walk import WalkSettings
from planner.network.walker import Walker
from planner.schemas.tables import PARCELS
from planner.siting.baselines import compare_baselines, find_alternatives
from planner.siting.candidates.builder import CandidateBuilder
from planner.siting.candidates.candidate import Candidate, candidate_xy, place_id
from planner.siting.candidates.clusters import Grouping, propose_dense
from planner.siting.candidates.relocations import facility_actions
from planner.siting.candidates.street_positions import propose_street_positions
from planner.siting.equity import group_frontier
from planner.siting.model_spec import get_spec
from planner.siting.models import DEFAULT_MODEL, model_names
from planner.siting.models.maximal_covering import maximal_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.proposals import compute_coverage, propose_sites
from planner.siting.solvers.deadline import TimeBudget
from planner.siting.study_problem import model_notices
from planner.siting.unserved import UnservedContext, explain_unserved

WALK = WalkSettings(3.6, 10.0)


@pytest.fixture(scope="module")
def sited(tmp_path_factory: pytest.TempPathFactory) -> planner.Plan:
    folder = tmp_path_factory.mktemp("sited")
    return planner.run(toy.write_study(folder, changed=toy.sited_layers(), study=toy.SITED))


def streets(*lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs=toy.CRS)


def served_sets(covers: csr_array) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(column).tolist()) for column in covers.toarray().T}


# street positions


@pytest.mark.parametrize("seed", range(6))
def test_no_street_position_serves_anyone_whom_a_proposed_one_does_not_serve_as_well(seed: int) -> None:
    """Every position tried, one each 3 m, is contained in a proposed one: on streets that bend, cross and end."""
    random = np.random.default_rng(seed)
    spots = random.uniform(0, 400, (14, 2)).round(1)
    network = build_network(
        streets(*([tuple(spots[i]), tuple(spots[j])] for i, j in random.integers(0, 14, (18, 2)) if i != j))
    )
    walker = Walker(network, WalkSettings(3.6, 40.0))
    homes = walker.snap(random.uniform(0, 400, (40, 2)))
    people, limit = random.integers(1, 9, 40).astype(float), np.where(np.arange(40) % 2, 2.0, 3.0)
    found = propose_street_positions(homes, people, limit, walker, network.segment_lines(), at_most=10_000)
    assert found.is_complete
    proposed = served_sets(compute_coverage(found.candidates, homes, limit, walker))
    tried = [
        Candidate(f"{place}", "streets", *shapely.get_coordinates(line.interpolate(metres))[0])
        for place, line in enumerate(network.segment_lines())
        for metres in np.arange(0.37, line.length, 3.0)
    ]
    for one in served_sets(compute_coverage(tried, homes, limit, walker)):
        assert any(one <= other for other in proposed), one
    sizes = [len(one) for one in proposed]
    assert len(sizes) == len(found.candidates), "no two serve the same people"


def test_fewer_street_positions_leave_no_neighbourhood_without() -> None:
    """Three hamlets far from one another, each with more than one position: three positions, one in each."""
    network = build_network(streets([(0, 0), (4000, 0)]))
    xy = np.array([[x + step, 0.0] for x in (100, 2000, 3900) for step in (0, 30, 60)])
    walker = Walker(network, WALK)
    homes, people = walker.snap(xy), np.array([9.0, 8, 1, 5, 5, 1, 6, 6, 1])
    limit = np.full(9, 0.4)
    lines = network.segment_lines()
    every = propose_street_positions(homes, people, limit, walker, lines, at_most=99)
    assert every.suffice > 3
    few = propose_street_positions(homes, people, limit, walker, lines, at_most=3)
    assert (few.suffice, few.is_complete) == (every.suffice, False)
    assert [round(one.x_m, -3) for one in few.candidates] == [0, 2000, 4000]


def test_with_every_street_position_the_bound_holds_for_a_finer_choice(tmp_path: Path) -> None:
    """The toy city's optimum over street positions is not exceeded by one over a position every 5 m."""
    study = toy.STUDY.replace("sites = 1", 'sites = 2\nsources = ["clusters", "streets"]')
    plan = planner.run(toy.write_study(tmp_path, study=study))
    assert plan.siting.pool.every_street
    tried = [
        Candidate(f"{place}-{metres}", "streets", *shapely.get_coordinates(line.interpolate(metres))[0])
        for place, line in enumerate(plan.network.segment_lines())
        for metres in np.arange(0, line.length + 1, 5.0)
    ]
    homes = plan.walker.snap(plan.coverage.uncovered)
    people = plan.coverage.uncovered["people"].to_numpy(dtype=float)
    fine = compute_coverage(tried, homes, np.full(len(people), 5.0), plan.walker)
    finest = maximal_covering(CoverageMatrix(fine, people), SelectionConstraints(sites=2), time_limit_s=20)
    best = plan.siting.best
    assert best is not None
    assert best.status == finest.status == "optimal"
    assert best.people_gained == best.bound == finest.objective


# other sources, and what is left out


def test_every_origin_proposes_and_what_cannot_be_chosen_says_why(sited: planner.Plan) -> None:
    pool = sited.siting.pool
    assert [one.source for one in pool.sources] == [
        *("clusters", "density", "parcels", "streets", "move", "merge", "keep")
    ]
    assert all(one.proposed for one in pool.sources)
    why = {one.candidate.id: (one.reason, one.detail) for one in pool.excluded}
    assert why == {"P:C": ("in_water", ""), "P:D": ("too_small", ""), "P:E": ("outside", "")}
    assert sum(one.proposed for one in pool.sources) == len(pool.candidates) + len(pool.excluded)


def test_a_parcel_keeps_its_cost_and_is_entered_where_it_is_nearest_to_the_street(sited: planner.Plan) -> None:
    parcels = {one.id: one for one in sited.siting.pool.candidates if one.source == "parcels"}
    school, room = parcels["P:A"], parcels["P:B"]
    assert (school.cost, school.area_m2, school.tenure, school.name) == (30.0, 400.0, "owned", "Old school")
    entrance = (school.x_m - toy.ORIGIN[0], school.y_m - toy.ORIGIN[1])
    assert entrance == (600.0, 235.0), "a street runs through it"
    assert room.cost == 20.0, "siting.new_cost, where the parcel does not say"


def test_a_candidate_too_near_to_a_centre_that_stays_names_it(tmp_path: Path) -> None:
    study = toy.STUDY.replace("candidates = 8", "candidates = 8\napart_m = 450.0")
    plan = planner.run(toy.write_study(tmp_path, study=study))
    near = [one for one in plan.siting.pool.excluded if one.reason == "too_near"]
    assert near
    for one in near:
        centre = {"C1": (200, 200), "S1": (800, 400)}[one.detail] + toy.ORIGIN
        assert np.abs(np.array([one.candidate.x_m, one.candidate.y_m]) - centre).sum() < 450, (
            "on a grid of streets"
        )


def test_a_budget_leaves_out_what_nobody_can_price(tmp_path: Path) -> None:
    study = toy.STUDY.replace("candidates = 8", "candidates = 8\nbudget = 50.0")
    plan = planner.run(toy.write_study(tmp_path, study=study))
    assert {one.reason for one in plan.siting.pool.excluded} == {"no_cost"}
    assert not plan.siting.candidates.shape[0]
    assert plan.siting.best is not None
    assert plan.siting.best.people_gained == 0


def test_dense_groups_do_not_reach_across_a_river() -> None:
    """Ten homes 20 m apart in a straight line, on two streets that nothing joins: two groups of five."""
    network = build_network(streets([(0, 0), (80, 0)], [(100, 0), (180, 0)]))
    xy = np.array([[20.0 * place, 1.0] for place in range(10)])
    homes = gpd.GeoDataFrame({"people": [1.0] * 10}, geometry=gpd.points_from_xy(*xy.T), crs=toy.CRS)
    walker = Walker(network, WalkSettings(3.6, 5.0))
    found = propose_dense(homes, walker, Grouping("dbscan", 35.0, 3))
    assert [(one.x_m, one.people) for one in found] == [(40.0, 5.0), (140.0, 5.0)]
    assert [one.id for one in found] == [place_id("D", 40.0, 0.0), place_id("D", 140.0, 0.0)]


def test_a_chinese_table_of_parcels_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["房屋编号", "坐落", "权属", "建筑面积（㎡）", "估算投资（万元）", "经度", "纬度"],
        ["F1", "人民路 3 号", "自有", "420", "35", 106.81, 39.67],
        ["F2", "新华街", "可租", "300", "", 106.82, 39.67],
    ):
        book.active.append(row)
    book.save(tmp_path / "房屋.xlsx")
    layer = Layer(path=Path("房屋.xlsx"))
    found = read_layer(tmp_path / "房屋.xlsx", layer, setting="inputs.parcels", schema=PARCELS)
    table = PARCELS.check(found.frame, source="房屋.xlsx", reader_issues=found.issues)
    assert list(table["tenure"]) == ["owned", "rentable"]
    assert list(table["area_m2"]) == [420.0, 300.0]
    assert table["cost"].iloc[0] == 35.0
    assert np.isnan(table["cost"].iloc[1])


# free centres


def test_what_becomes_of_free_centres() -> None:
    old = [Candidate("A", "keep", 0, 0), Candidate("B", "keep", 500, 0), Candidate("C", "keep", 900, 0)]
    merged = Candidate("M:A+B", "merge", 250, 0, centres=("A", "B"))
    new = Candidate("S:1", "streets", 880, 0)

    def told(*chosen: Candidate, new_sites: int) -> list[tuple[str, str]]:
        return [(one.fate, one.to) for one in facility_actions(old, chosen, new_sites=new_sites)]

    assert told(*old, new_sites=0) == [("keep", "A"), ("keep", "B"), ("keep", "C")]
    assert told(merged, old[2], new_sites=0) == [("merge", "M:A+B"), ("merge", "M:A+B"), ("keep", "C")]
    assert told(old[0], old[1], new, new_sites=0)[2] == ("move", "S:1")
    assert told(old[0], old[1], new, new_sites=1)[2] == ("close", "")


def test_freeing_a_centre_never_gains_fewer_people(tmp_path: Path) -> None:
    gained = []
    for number, free in enumerate(([], ["C1"], ["C1", "S1"])):
        study = toy.STUDY.replace("candidates = 8", f"candidates = 8\nrelocatable = {json.dumps(free)}")
        plan = planner.run(toy.write_study(tmp_path / str(number), study=study))
        best = plan.siting.best
        assert best is not None
        assert [one.centre for one in best.facility_actions] == free
        gained.append(best.people_gained)
        after = plan.gains[-1]["residents"]
        assert after == pytest.approx(best.people_gained)
    assert gained == sorted(gained)


def test_a_free_centre_that_there_is_not_is_refused(tmp_path: Path) -> None:
    study = toy.STUDY.replace("candidates = 8", 'candidates = 8\nrelocatable = ["C9"]')
    with pytest.raises(StudyError, match="C9"):
        planner.run(toy.write_study(tmp_path, study=study))


# beside the optimum


def test_the_curve_never_falls_and_other_plans_each_drop_another_site() -> None:
    random = np.random.default_rng(3)
    covers = csr_array(random.random((60, 25)) < 0.12)
    covering, choice = (
        CoverageMatrix(covers, random.integers(1, 20, 60).astype(float)),
        SelectionConstraints(sites=4),
    )
    best = maximal_covering(covering, choice, time_limit_s=20)
    xy = random.uniform(0, 5000, (25, 2))
    found = find_alternatives(
        covering,
        choice,
        best,
        xy=xy,
        near_m=100.0,
        within=0.5,
        differing=1,
        count=5,
        time_limit_s=20,
        each_drops_another=True,
    )
    assert len(found) == 5
    assert len({one.dropped for one in found}) == 5
    for one in found:
        assert one.gains - one.losses == pytest.approx(-one.given_up)


def test_the_card_of_the_toy_city(sited: planner.Plan) -> None:
    comparison, best = sited.sites.comparison, sited.siting.best
    assert best is not None
    steps = comparison.curve
    assert [one.sites for one in steps] == [1, 2, 3, 4]
    assert steps[1].people_gained == best.people_gained
    assert all(one.bound >= one.people_gained for one in steps)
    assert sum(one.added for one in steps) == pytest.approx(steps[-1].people_gained)
    assert comparison.greedy is not None
    assert comparison.greedy <= best.people_gained
    for plan in comparison.other_plans:
        assert plan.people_gained <= best.people_gained


def test_nothing_is_compared_where_nothing_was_asked() -> None:
    network = build_network(streets([(0, 0), (100, 0)]))
    nobody = gpd.GeoDataFrame({"people": []}, geometry=[], crs=toy.CRS)
    walker = Walker(network, WALK)
    siting = propose_sites(CandidateBuilder(nobody, np.zeros(0), walker.snap(nobody), walker, Settings(sites=2)))
    empty = compare_baselines(siting, Settings())
    assert (empty.greedy, empty.curve, empty.others) == (None, (), ())


@pytest.mark.parametrize(
    ("model", "told"), [("set_covering", True), ("hierarchical_covering", True), ("maximal_covering", False)]
)
def test_a_budget_that_the_model_ignores_is_told(model: str, *, told: bool) -> None:
    siting = Settings(model=model, budget=1.0)
    layers = {name: {"path": "toy.gpkg"} for name in ("communities", "facilities", "streets", "demand")}
    study = planner.make_study({"name": "Toy", "inputs": layers}).model_copy(update={"siting": siting})
    assert [notice.key for notice in model_notices(study)] == ["model_without_budget"] * told
    without = study.model_copy(update={"siting": siting.model_copy(update={"budget": None})})
    assert not list(model_notices(without))


# who is left, and why


def test_why_somebody_is_served_by_nobody() -> None:
    """A site at (0, 0); five-minute people around it, each cut off in another way."""
    lines = streets(
        [(0, 0), (100, 0), (100, 900), (200, 900), (200, 0)],  # the long way round to the other bank
        [(0, 0), (-100, 0), (-200, 0)],  # a compound behind a closed gate at -100
        [(0, -100), (50, -100)],  # joined to nothing
        [(0, 0), (0, 2000)],
    )
    gate = gpd.GeoDataFrame({"id": ["g"], "name": ["gate"]}, geometry=[shapely.Point(-100, 0)], crs=toy.CRS)
    cut = close_gates(lines, gate, within_m=1.0)
    network = build_network(cut.streets, gates=cut.gates)
    homes = [(200, 5), (-150, 0), (25, -100), (0, 1900), (3000, 3000), (200, 900)]
    water = gpd.GeoDataFrame(geometry=[shapely.box(140, -50, 160, 300)], crs=toy.CRS)
    left = explain_unserved(
        np.zeros(6, dtype=bool),
        UnservedContext(
            walker=Walker(network, WALK),
            demand=snap(np.array(homes, dtype=float), network, access_m=10.0),
            people=np.array([1.0, 2, 4, 8, 16, 0]),
            limit_min=np.full(6, 5.0),
            sites=snap(np.array([[0.0, 0.0]]), network, access_m=10.0),
            water=water,
            barriers=None,
            free_streets=network.segment_lines,
        ),
        TimeBudget(10.0),
    )
    assert left.reason == ("other_bank", "closed_compound", "cut_off", "too_far", "no_street")
    assert left.by_reason() == (
        ("no_street", 1, 16.0),
        ("closed_compound", 1, 2.0),
        ("cut_off", 1, 4.0),
        ("other_bank", 1, 1.0),
        ("too_far", 1, 8.0),
    )
    walked = 100 + 900 + 100 + 900 + 5
    assert left.minutes[0] == pytest.approx(walked / 60, abs=0.2)
    assert left.limit_for_all_min == pytest.approx(left.minutes[[0, 3]].max())
    assert (left.extra, left.extra_bound, left.never) == (4, 4.0, 16.0), "one each, and nothing for whom no street"


# other circumstances, and fairness


def test_regret_is_against_the_best_of_each_circumstance(sited: planner.Plan) -> None:
    found = sited.sites.scenarios
    assert found is not None
    table = found.table
    assert table.scenarios == (
        *("as_is", "walking:elderly_measured", "gates:open", "gates:closed", "people:growth"),
    )
    assert table.plans == ("today", "clustering", "maximal_covering", "robust")
    assert (table.regret >= 0).all()
    assert table.regret[3].max() == pytest.approx(found.robust.value)
    assert found.robust.value <= table.regret[:3].max(axis=1).min()
    best = sited.siting.best
    assert best is not None
    assert table.people[2, 0] - table.people[0, 0] == pytest.approx(best.people_gained)
    # Half as many again in the east: the difference is the people there, 20 at each of 17 points and 10 at one.
    east = sited.inputs.demand["people"][sited.inputs.demand["community"] == "E"].sum()
    assert table.people[2, 4] <= table.people[2, 0] + 0.5 * east


@pytest.mark.parametrize("setting", ['walking = ["nobody"]', 'gates = ["open"]'])
def test_a_circumstance_that_the_study_cannot_give_is_refused(tmp_path: Path, setting: str) -> None:
    study = toy.STUDY + f"[siting.robust]\n{setting}\n"
    with pytest.raises(StudyError):
        planner.run(toy.write_study(tmp_path, study=study))


def test_the_old_first_where_nobody_knows_them_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="65"):
        planner.run(toy.write_study(tmp_path, study=toy.STUDY + "[siting.fair]\nold = true\n"))


@pytest.mark.parametrize("seed", range(5))
def test_the_frontier_of_a_group_is_that_of_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    covers = random.random((12, 6)) < 0.3
    people, group = random.integers(1, 9, 12).astype(float), random.integers(0, 5, 12).astype(float)
    group[0] = 3.0
    plans = group_frontier(
        CoverageMatrix(csr_array(covers), people),
        group,
        SelectionConstraints(sites=2),
        points=20,
        time_limit_s=20,
        seed=seed,
    )
    every = [
        (people[served].sum(), group[served].sum() / group.sum())
        for two in itertools.combinations(range(6), 2)
        for served in [covers[:, two].any(axis=1)]
    ]
    for plan in plans:
        assert plan.people == max(total for total, share in every if share >= plan.worst_share - 1e-9)
    assert plans[0].people == max(total for total, _ in every)
    assert plans[-1].worst_share == pytest.approx(max(share for _, share in every))


# the command line


def put(study: Path, *words: str) -> int:
    return main(["site", str(study), *words])


def test_every_model_has_its_spec_and_its_texts() -> None:
    assert model_names()[0] == DEFAULT_MODEL == "maximal_covering"
    assert [get_spec(name).name for name in model_names()] == list(model_names())
    for language in ("zh", "en"):
        texts = Texts(language)
        for name in model_names():
            assert texts(f"models.name_{name}")
            assert texts(f"models.unit_{get_spec(name).unit}")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    more = """
m2_per_household = 30.0
new_area_m2 = 100.0

[[siting.tiers]]
tier = "community"
sites = 1
minutes = 10.0

[[siting.tiers]]
tier = "station"
sites = 1
minutes = 3.0

[[demand.groups]]
id = "old"
share = 0.1
weight = 2.0
"""
    return toy.write_study(tmp_path_factory.mktemp("asked"), study=toy.STUDY + more)


@pytest.mark.parametrize("model", model_names())
def test_every_model_answers_on_a_card(asked: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert put(asked, "--model", model) == 0
    card = capsys.readouterr().out
    assert "optimal: no choice among these candidates, under the same conditions, is better" in card
    assert "gap 0.00%" in card
    assert "s of 20 s at most, seed 0" in card
    assert "residents × 1, old × 2" in card


def test_the_answers_of_the_toy_city(tmp_path: Path) -> None:
    """By hand: 160 of 530 people are uncovered; one site can reach 130 of them."""
    study = toy.write_study(tmp_path / "toy")
    assert put(study, "--sites", "1", "--out", str(tmp_path / "out")) == 0
    found = json.loads((tmp_path / "out" / "sites.json").read_text("utf-8"))
    assert (found["before"], found["objective"], found["bound"], found["status"]) == (
        370.0,
        500.0,
        500.0,
        "optimal",
    )
    assert [site["people_added"] for site in found["sites"]] == [130.0]
    layers = set(pyogrio.list_layers(tmp_path / "out" / "sites.gpkg")[:, 0])
    assert layers == {"sites", "candidates", "excluded"}
    first = [(tmp_path / "out" / name).read_bytes() for name in ("sites.json", "sites.gpkg")]
    assert put(study, "--sites", "1", "--out", str(tmp_path / "out")) == 0
    assert first == [(tmp_path / "out" / name).read_bytes() for name in ("sites.json", "sites.gpkg")]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--model", "set_covering", "--sites", "3"), 2, phrase("errors.site_own_number")),
        (("--model", "hierarchical_covering"), 5, "[[siting.tiers]]"),
        (("--model", "capacitated_covering"), 5, "siting.m2_per_household"),
        (("--model", "kinds"), 5, phrase("errors.siting_one_kind")),
    ],
)
def test_a_question_is_never_changed_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    assert put(toy.write_study(tmp_path), *words) == code
    assert said in capsys.readouterr().err


def test_what_cannot_be_done_says_how_many_sites_could(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a centre in the east piece of two towns that nothing joins, no single site serves all."""
    lines = toy.layers()["streets"]
    middle = toy.ORIGIN[0] + 500
    apart = lines[~lines.intersects(shapely.LineString([(middle, 0), (middle, 9e6)]))]
    centres = toy.layers()["centres"].iloc[:1]
    centres = centres.set_geometry([shapely.Point(toy.ORIGIN + 3000)], crs=toy.CRS)
    study = toy.write_study(tmp_path, changed={"streets": apart, "centres": centres})
    assert put(study, "--model", "p_median", "--sites", "1") == SitingError.exit_code
    assert phrase("errors.siting_infeasible", fewest="2") in capsys.readouterr().err


def test_the_card_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.STUDY.replace('language = "en"', 'language = "zh"').replace("candidates = 8", "candidates = 1")
    assert put(toy.write_study(tmp_path, study=study)) == 0
    card = capsys.readouterr().out
    assert "最优（已证明）：在这些候选位置中，同样条件下没有更好的选法" in card
    assert "没有候选位置或中心能服务的有 30 人" in card
    assert "附近有站点，但道路绕行过远" in card
    assert "再增加 2 处沿街候选位置（不少于 2 处）" in card


def test_places_of_candidates_are_where_the_map_shows_them(sited: planner.Plan) -> None:
    shown = shapely.get_coordinates(sited.siting.candidates.geometry.array)
    np.testing.assert_array_equal(shown, candidate_xy(sited.siting.pool.new))


def test_the_time_of_the_stage_bounds_its_candidates_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that only work moves: each part of the search for street positions takes a second of the ten."""
    now, took, steps = [0.0], [], []

    class Told:
        def __call__(self, stage: str, /) -> None:
            steps.append(stage)

        def step(self, done: int, count: int) -> None:
            steps.append(f"{done}/{count}")

    def areas(walker: Walker, *given: object, **named: object) -> object:
        now[0] += 1.0
        return drawn(walker, *given, **named)

    def timed(*given: object, **named: object) -> object:
        begun = now[0]
        sites = solved(*given, **named)
        took.append(now[0] - begun)
        return sites

    drawn, solved = Walker.service_areas, planner.pipeline.solve_study
    monkeypatch.setattr("planner.siting.solvers.deadline.clock", lambda: now[0])
    monkeypatch.setattr("planner.siting.candidates.street_positions.POINTS_AT_ONCE", 1)
    monkeypatch.setattr("planner.pipeline.solve_study", timed)
    monkeypatch.setattr(Walker, "service_areas", areas)
    lines = [line for line in toy.SITED.splitlines() if not line.startswith(("sources", "seconds"))]
    study = "\n".join(lines).replace("[siting]", '[siting]\nsources = ["clusters", "streets"]\nseconds = 10.0')
    plan = planner.run(toy.write_study(tmp_path, changed=toy.sited_layers(), study=study), progress=Told())
    assert took[0] <= 11.0
    assert "siting_streets_stopped" in {notice.key for notice in plan.notices}
    assert [one.status for one in plan.siting.pool.sources if one.source == "streets"] == ["time_limit"]
    assert not plan.siting.pool.every_street
    counted = steps[steps.index("candidates") + 1 : steps.index("siting")]
    assert counted[0].startswith("0/")
    assert int(counted[0].partition("/")[2]) > len(counted)
