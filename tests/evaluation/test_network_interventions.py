"""Gates, crossings, moves, sharing, branches: by hand, and applied to the layers and run again."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from centres import BLOCKED, rule
from changing import COVERED, ORIGIN, Layers, applied, city, diagnosed, rated, write_city
from phrases import phrase

import planner
from planner.commands.explain import explain
from planner.evaluation.improvements import context as context_module
from planner.evaluation.improvements.actions import Action, ImprovementPlan
from planner.messages.catalogue import Texts
from planner.network.network import build_network
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import travel_times
from planner.network.walk import WalkSettings
from planner.network.walker import Walker
from planner.reporting.document.build import build_document

PRICES = ("gate_open", "crossing", "move", "share", "station")


def costs(**cheap: float) -> str:
    """Return a cost table in which all is dear but what is named."""
    prices = {"floor_area_per_m2": 1.0, **dict.fromkeys(PRICES, 1000.0), **cheap}
    return "[costs]\n" + "".join(f"{name} = {value}\n" for name, value in prices.items())


def verdict_then(folder: Path, layers: Layers, remedy: ImprovementPlan, *rules: str, more: str = "") -> str:
    """Make the changes to the layers and judge the whole study again."""
    then = rated(folder / "then", applied(layers, remedy.actions), *rules, more=more)
    return then.ratings()["C1"]


def only(remedies: tuple[ImprovementPlan, ...]) -> tuple[ImprovementPlan, Action]:
    (remedy,) = remedies
    (change,) = remedy.actions
    return remedy, change


def spot(change: Action) -> tuple[float, float]:
    """Return the place of a change, counted from the origin."""
    assert change.place is not None
    x, y = (one - zero for one, zero in zip(change.place, ORIGIN, strict=True))
    return round(x, 6), round(y, 6)


def test_a_closed_gate_is_opened(tmp_path: Path) -> None:
    """Half of the people live 250 m down the street, behind a gate at 200 m; 250 m are 4 min 10 s."""
    layers = city([[(0, 0), (600, 0)]], {(100, 0): 10, (250, 0): 10}, gates=[(200, 0), (500, 0)])
    now, found = diagnosed(tmp_path, layers, more=costs(gate_open=3.0))
    assert now.ratings()["C1"] == "weak"
    remedy, change = only(found.plans)
    assert (change.kind, change.about, change.cost, spot(change)) == ("open_gate", "G1", 3.0, (200, 0))
    assert (remedy.rating, remedy.resolved, remedy.remaining, remedy.cost) == ("compliant", ("own",), (), 3.0)
    assert verdict_then(tmp_path, layers, remedy, more=costs()) == "compliant"


PARALLEL = [[(0, 0), (400, 0), (400, 40), (0, 40)]]


def test_a_crossing_joins_two_streets_on_both_sides_of_a_railway(tmp_path: Path) -> None:
    """From (0, 40) it is 840 m round the railway and 40 m over it; from (100, 40) 740 m, and 140 m."""
    layers = city(PARALLEL, {(100, 0): 10, (0, 40): 10, (100, 40): 10}, barriers=[[(-100, 20), (390, 20)]])
    now, found = diagnosed(tmp_path, layers, more=costs(crossing=2.0) + "crossing_per_m = 0.5\n")
    assert now.ratings()["C1"] == "weak"
    remedy, change = only(found.plans)
    assert (change.kind, change.amount, change.cost) == (
        "build_crossing",
        pytest.approx(40.0),
        pytest.approx(22.0),
    )
    assert spot(change) == (0, 0)
    assert verdict_then(tmp_path, layers, remedy, more=costs()) == remedy.rating == "compliant"

    first = found.severance_pairs.iloc[0]
    assert (first["air_m"], first["walk_m"], first["times"]) == pytest.approx((40.0, 840.0, 21.0))
    assert first["minutes_saved"] == pytest.approx(10 * (840 - 40) / 60 + 10 * (740 - 140) / 60)
    assert (first["people"], first["people_cut_off"]) == (20, 0)
    assert (first["between"], first["between_name"]) == ("barrier", "Railway")
    assert (first["from_street"], first["to_street"]) == ("Street 1", "Street 1")


def test_who_has_no_way_at_all_counts_as_far_as_walks_are_counted(tmp_path: Path) -> None:
    layers = city([[(0, 0), (400, 0)], [(0, 40), (400, 40)]], {(100, 0): 10, (0, 40): 10})
    _, found = diagnosed(tmp_path, layers, more="[remedies]\nfar_min = 20\n")
    first = found.severance_pairs.iloc[0]
    assert first["minutes_saved"] == pytest.approx(10 * (20 - 40 / 60))
    assert (first["people_cut_off"], first["between"]) == (10, "gap")
    assert first[["walk_m", "times"]].isna().all()


def test_a_centre_moves_no_farther_than_it_must(tmp_path: Path) -> None:
    """From 100 m on, people at 0 and at 400 m are both within 300 m, inclusive; places are tried every 50 m."""
    layers = city([[(0, 0), (1000, 0)]], {(0, 0): 10, (400, 0): 10})
    now, found = diagnosed(tmp_path, layers, more=costs(move=4.0))
    assert now.ratings()["C1"] == "weak"
    remedy, change = only(found.plans)
    assert (change.kind, change.amount, spot(change)) == ("move", pytest.approx(100.0), (100, 0))
    assert verdict_then(tmp_path, layers, remedy, more=costs()) == remedy.rating == "compliant"


def test_a_move_is_tried_where_most_of_its_people_are_not_where_most_are_new(tmp_path: Path) -> None:
    """At 700 m it reaches 15 who have no centre near today, and leaves 50; at 100 m it reaches 60 of 65."""
    layers = city([[(0, 0), (1000, 0)]], {(0, 0): 50, (400, 0): 10, (1000, 0): 5})
    _, found = diagnosed(tmp_path, layers, more=costs(move=4.0) + "[remedies]\ntried = 1\nmove_m = 1000\n")
    _, change = only(found.plans)
    assert (change.kind, spot(change)) == ("move", (100, 0))


NEIGHBOUR = [{"at": (0, 0)}, {"at": (500, 0), "community": "B", "floor_area_m2": 460.0}]


def test_a_neighbour_lends_what_it_can_spare(tmp_path: Path) -> None:
    """Half of A's people live 100 m beyond B's centre, which has 60 m² more than the 400 m² that it needs."""
    layers = city(
        [[(0, 0), (1000, 0)]], {(0, 0): 10, (600, 0): 10, (700, 0): 30}, centres=NEIGHBOUR, split_x=650.0
    )
    rules = (COVERED, rule("floor_area_m2 >= 400", name="floor"))
    now, found = diagnosed(tmp_path, layers, *rules, more=costs(share=2.0))
    assert now.ratings() == {"C1": "weak", "C2": "compliant"}
    remedy, change = only(found.plans)
    assert (change.kind, change.amount, change.about, spot(change)) == ("share", 50, "C2", (500, 0))
    then = rated(tmp_path / "then", applied(layers, remedy.actions), *rules)
    assert then.ratings() == {"C1": "compliant", "C2": "compliant", "new": ""}
    assert dict(zip(then.centres["id"], then.centres["floor_area_m2"], strict=True)) == {
        "C1": 450.0,
        "C2": 410.0,
        "new": 50.0,
    }


def test_a_neighbour_that_needs_its_floor_lends_none(tmp_path: Path) -> None:
    layers = city(
        [[(0, 0), (1000, 0)]], {(0, 0): 10, (600, 0): 10, (700, 0): 30}, centres=NEIGHBOUR, split_x=650.0
    )
    rules = (COVERED, rule("floor_area_m2 >= 420", name="floor"))
    _, found = diagnosed(tmp_path, layers, *rules, more=costs(share=2.0))
    (remedy,) = found.plans
    assert "share" not in {change.kind for change in remedy.actions}


def test_a_branch_opens_where_it_gains_most_and_is_nearest(tmp_path: Path) -> None:
    """At 700 m a branch is 300 m, inclusive, from the people at 1,000 m; nearer ones are not."""
    layers = city([[(0, 0), (1000, 0)]], {(0, 0): 10, (1000, 0): 10})
    now, found = diagnosed(tmp_path, layers, more=costs(station=9.0))
    assert now.ratings()["C1"] == "weak"
    remedy, change = only(found.plans)
    assert (change.kind, change.amount, spot(change)) == ("open_station", 100.0, (700, 0))
    assert verdict_then(tmp_path, layers, remedy, more=costs()) == remedy.rating == "compliant"


def test_a_gate_and_more_floor_where_neither_suffices(tmp_path: Path) -> None:
    layers = city([[(0, 0), (600, 0)]], {(100, 0): 10, (250, 0): 10}, gates=[(200, 0)])
    rules = (COVERED, rule("floor_area_m2 >= 520", name="floor"))
    _, found = diagnosed(tmp_path, layers, *rules, more=costs(gate_open=3.0))
    (remedy,) = found.plans
    assert [(one.kind, one.amount, one.cost) for one in remedy.actions] == [
        ("open_gate", 1, 3.0),
        ("add_area", 120, 120.0),
    ]
    assert (remedy.cost, remedy.resolved) == (123.0, ("own", "floor"))
    assert verdict_then(tmp_path, layers, remedy, *rules, more=costs()) == remedy.rating == "compliant"


def test_nothing_suffices_and_that_is_said(tmp_path: Path) -> None:
    layers = city(
        [[(0, 0), (100, 0)], [(3000, 0), (3100, 0)], [(5000, 0), (5100, 0)]], {(3000, 0): 10, (5100, 0): 9}
    )
    _, found = diagnosed(tmp_path, layers, more=costs())
    (remedy,) = found.plans
    assert (remedy.actions, remedy.rating, remedy.remaining) == ((), "weak", ("own",))


def test_a_change_without_a_price_comes_after_those_with_one(tmp_path: Path) -> None:
    layers = city([[(0, 0), (600, 0)]], {(100, 0): 10, (250, 0): 10}, gates=[(200, 0)])
    _, found = diagnosed(tmp_path / "a", layers, more="[costs]\nmove = 50.0\n")
    assert only(found.plans)[1].kind == "move" or only(found.plans)[1].cost is None
    _, found = diagnosed(tmp_path / "b", layers)
    remedy, change = only(found.plans)
    assert (change.kind, change.cost, remedy.cost) == ("open_gate", None, None)
    _, found = diagnosed(tmp_path / "c", layers, more="[remedies]\nstreets = false\n")
    assert found.plans[0].actions == ()


def test_a_gate_of_an_extract_is_opened_where_its_streets_stop_short(tmp_path: Path) -> None:
    """OpenStreetMap's closed gates leave a gap of 10 cm; its streets are marked."""
    lines = [[(0, 0), (199.95, 0)], [(200.05, 0), (600, 0)]]
    layers = city(lines, {(100, 0): 10, (250, 0): 10})
    marked = {**layers, "streets": layers["streets"].assign(gated=[True, True])}
    _, found = diagnosed(tmp_path / "gated", marked, more=costs(gate_open=3.0))
    remedy, change = only(found.plans)
    assert (change.kind, change.about, spot(change), remedy.rating) == (
        "open_gate",
        "gap-1",
        (200, 0),
        "compliant",
    )
    mended = {**layers, "streets": city([[(0, 0), (600, 0)]], {(0, 0): 1})["streets"]}
    assert rated(tmp_path / "mended", mended).ratings()["C1"] == "compliant"
    _, found = diagnosed(tmp_path / "unmarked", layers, more=costs(gate_open=3.0))
    assert only(found.plans)[1].kind != "open_gate"


def test_the_card_shows_what_blocks_and_what_would_help(tmp_path: Path) -> None:
    """In report, plan.json, results.gpkg and the terminal: the same pair, the same crossing."""
    layers = city(PARALLEL, {(100, 0): 10, (0, 40): 10, (100, 40): 10}, barriers=[[(-100, 20), (390, 20)]])
    more = costs(crossing=2.0) + "[siting]\nsites = 1\n"
    write_city(tmp_path, layers, more=more, head=BLOCKED)
    plan = planner.run(tmp_path / "study.toml")
    planner.write(plan, tmp_path / "out")
    content = build_document(plan)
    (centre,) = content["centres"]
    (change,) = centre["remedy"]["changes"]
    assert (change["kind"], change["cost"], centre["remedy"]["mended"]) == ("build_crossing", 2.0, ["own"])
    assert change["place"] == pytest.approx([centre["lon"], centre["lat"]])
    assert centre["blocked_pairs"][0] == {"pair": "X1", "direction": "N"}
    assert content["diagnosis"]["blocked_pairs"][0]["between_name"] == "Railway"

    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    card = report[report.index('<article class="centre-card">') : report.index("</article>")]
    blocked = phrase(
        "report.blocked_pair",
        direction="north",
        id="X1",
        streets="Street 1",
        air="40",
        walk="840",
        between="a barrier: Railway",
    )
    helps = phrase("report.remedy_one") + " build a crossing of 40 m from lon"
    assert blocked in card
    assert helps in card
    for mark in ("blocked", "pair", "built"):
        assert f'<path class="{mark}" d="M' in card, mark
    assert ".centre-card { border" in report
    assert "break-inside: avoid" in report
    told = explain(tmp_path / "study.toml", "C1", Texts("en"))
    assert blocked in told
    assert helps in told

    remedies = gpd.read_file(tmp_path / "out" / "results.gpkg", layer="remedies")
    assert remedies[["facility", "change", "verdict_then"]].to_numpy().tolist() == [
        ["C1", "build_crossing", "compliant"]
    ]
    assert remedies.length.iloc[0] == pytest.approx(40.0)
    pairs = gpd.read_file(tmp_path / "out" / "results.gpkg", layer="blocked_pairs")
    assert pairs["id"].tolist() == [one["id"] for one in content["diagnosis"]["blocked_pairs"]]


def test_people_reached_are_the_same_in_any_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [shapely.LineString([(0, 60 * row), (300, 60 * row)]) for row in range(6)]
    lines += [shapely.LineString([(60 * row, 0), (60 * row, 300)]) for row in range(6)]
    walker = Walker(build_network(gpd.GeoSeries(lines, crs=32648).to_frame("geometry")), WalkSettings(4.0, 50.0))
    random = np.random.default_rng(1)
    starts, ends = (walker.snap(random.uniform(0, 300, (count, 2))) for count in (23, 40))
    people = np.where(np.arange(40) % 4 == 0, 0.0, random.uniform(0, 9, 40))
    whole = context_module._people_reached(walker, starts, ends, people, 3.0)
    minutes = walker.time_matrix(starts, ends, within_min=3.0)
    assert whole.tolist() == pytest.approx([people[row <= 3.0].sum() for row in minutes])
    sizes = []

    def counted(network: object, some: SnappedPoints, others: SnappedPoints, **options: float) -> object:
        sizes.append(len(some.xy) * len(others.xy))
        return travel_times(network, some, others, **options)

    monkeypatch.setattr(context_module, "travel_times", counted)
    for most in (1, 100, 10**9):
        monkeypatch.setattr(context_module, "PAIRS_AT_MOST", most)
        sizes.clear()
        assert context_module._people_reached(walker, starts, ends, people, 3.0).tobytes() == whole.tobytes()
        assert max(sizes) <= max(most, 30)
