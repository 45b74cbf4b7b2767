"""Central decisions that a wrong change of one line would turn round, each with an answer by hand."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from scipy.sparse import csr_array

from planner.accessibility.coverage import facilities_by_tier, main_facility, merge_branches, sum_with_branches
from planner.config.sections.siting import SitingSettings as Settings
from planner.network.network import WalkingNetwork, build_network
from planner.network.snapping import snap
from planner.network.travel_times import TravelTimes
from planner.network.visibility import build_barriers
from planner.network.walk import WalkSettings
from planner.network.walker import Walker
from planner.reporting.map.elements import core_view
from planner.schemas.tables import Facilities
from planner.siting.candidates.candidate import Candidate
from planner.siting.candidates.constraints import SiteConstraints
from planner.siting.candidates.relocations import propose_relocations
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.robustness import regret_table
from planner.siting.solution import Certificate, Solution, Status
from planner.siting.solvers.deadline import TimeBudget
from planner.siting.unserved import UnservedContext, UnservedDemand, explain_unserved

CRS = "EPSG:32648"
WALK = WalkSettings(3.6, 10.0)
"""60 m in a minute."""


def network_of(*lines: list[tuple[float, float]]) -> WalkingNetwork:
    return build_network(gpd.GeoDataFrame(geometry=[shapely.LineString(one) for one in lines], crs=CRS))


# on_barrier


@pytest.mark.parametrize(
    ("barrier_clearance_m", "reasons"),
    [
        (1.0, ["on_barrier", "on_barrier", "on_barrier", None, None]),
        (0.0, ["on_barrier", None, None, None, None]),
        (8.0, ["on_barrier", "on_barrier", "on_barrier", "on_barrier", None]),
    ],
)
def test_a_candidate_within_so_many_metres_of_a_railway_stands_on_it(
    barrier_clearance_m: float, reasons: list[str | None]
) -> None:
    """The railway runs along x = 500; candidates stand 0, 0.9, 1.0, 7.5 and 9 m from it, on a street beside it."""
    network = network_of([(0, 0), (499.0, 0)], [(499.0, 0), (499.0, 100)])
    candidates = [
        Candidate(f"K{place}", "named", x, 5.0) for place, x in enumerate((500.0, 499.1, 499.0, 492.5, 491.0))
    ]
    ground = SiteConstraints(
        district=shapely.box(-100, -100, 1000, 1000),
        water=shapely.GeometryCollection(),
        barriers=shapely.LineString([(500, -100), (500, 200)]),
        centres=snap(np.empty((0, 2)), network, access_m=10.0),
        ids=np.empty(0, dtype=object),
        walker=Walker(network, WALK),
        settings=Settings(barrier_clearance_m=barrier_clearance_m),
    )
    kept, excluded = ground.sorted_out(candidates)
    told = {one.candidate.id: one.reason for one in excluded}
    assert [told.get(one.id) for one in candidates] == reasons
    assert {one.id for one in kept} | set(told) == {one.id for one in candidates}


# merge_within_m


@pytest.mark.parametrize(
    ("within_m", "merged"),
    [
        (499.0, ["M:B+C"]),
        (500.0, ["M:A+B", "M:B+C"]),
        (799.0, ["M:A+B", "M:B+C"]),
        (800.0, ["M:A+B", "M:A+C", "M:B+C"]),
        (299.0, []),
    ],
)
def test_only_centres_near_one_another_on_foot_may_be_merged(within_m: float, merged: list[str]) -> None:
    """Along one street: A at 0, B at 500, C at 800 m. D is 100 m from A across a gap without a street."""
    network = network_of([(0, 0), (1000, 0)], [(0, 100), (1000, 100)])
    facilities = gpd.GeoDataFrame(
        {"id": list("ABCD"), "name": list("ABCD"), "community": ["a", "b", "c", "d"]},
        geometry=[shapely.Point(*one) for one in ((0, 0), (500, 0), (800, 0), (0, 100))],
        crs=CRS,
    )
    demand = gpd.GeoDataFrame(
        {"community": ["a", "b", "c", "d"], "people": [30.0, 10.0, 10.0, 5.0]},
        geometry=[shapely.Point(*one) for one in ((100, 0), (500, 0), (900, 0), (50, 100))],
        crs=CRS,
    )
    found = propose_relocations(
        facilities, demand, ["A", "B", "C", "D"], Walker(network, WALK), merge_within_m=within_m
    )
    merges = {one.id: one for one in found if one.source == "merge"}
    assert sorted(merges) == merged
    if "M:A+B" in merges:
        # The middle of 30 people at 100 m and 10 at 500 m.
        assert (merges["M:A+B"].x_m, merges["M:A+B"].y_m) == (200.0, 0.0)
        assert merges["M:A+B"].centres == ("A", "B")


# regret_bound


def answered(site: int, *, objective: float, bound: float, status: Status) -> Solution:
    nobody = np.empty(0, dtype=np.int64)
    served_by = np.full(2, -1)
    certificate = Certificate(objective, bound, status)
    return Solution("maximal_covering", "most", (site,), (objective,), certificate, 0.0, 0.0, 0, served_by, nobody)


def test_regret_is_bounded_by_what_no_choice_exceeds() -> None:
    """The best answer found serves 9 of dry and 4 of wet; no choice exceeds 9 and 7.5: it stopped."""
    dry = CoverageMatrix(csr_array(np.array([[1, 0], [1, 1]], dtype=bool)), np.array([5.0, 4.0]))
    wet = CoverageMatrix(csr_array(np.array([[0, 0], [0, 1]], dtype=bool)), np.array([5.0, 4.0]))
    best = {
        "dry": answered(0, objective=9.0, bound=9.0, status="optimal"),
        "wet": answered(1, objective=4.0, bound=7.5, status="time_limit"),
    }
    table = regret_table({"dry": dry, "wet": wet}, {"a": (0,), "b": (1,)}, best, SelectionConstraints(sites=1))
    assert (table.plans, table.scenarios) == (("a", "b"), ("dry", "wet"))
    assert table.people.tolist() == [[9.0, 0.0], [4.0, 4.0]]
    assert table.regret.tolist() == [[0.0, 4.0], [5.0, 0.0]]
    assert table.regret_bound.tolist() == [[0.0, 7.5], [5.0, 3.5]]


# other_side, detour


def left_of(
    homes: list[tuple[float, float]],
    lines: list[list[tuple[float, float]]],
    *,
    sites: list[tuple[float, float]],
    barriers: list[shapely.Geometry],
    water: list[shapely.Geometry],
    limit_min: float = 5.0,
) -> UnservedDemand:
    network = network_of(*lines)
    return explain_unserved(
        np.zeros(len(homes), dtype=bool),
        UnservedContext(
            walker=Walker(network, WALK),
            demand=snap(np.array(homes, dtype=float), network, access_m=10.0),
            people=np.arange(1.0, len(homes) + 1),
            limit_min=np.full(len(homes), limit_min),
            sites=snap(np.array(sites, dtype=float), network, access_m=10.0),
            water=gpd.GeoDataFrame(geometry=water, crs=CRS) if water else None,
            barriers=gpd.GeoDataFrame(geometry=barriers, crs=CRS) if barriers else None,
            free_streets=network.segment_lines,
        ),
        TimeBudget(10.0),
    )


ROUND = [[(0, 0), (0, 900), (200, 900), (200, 0)]]
"""A long way round: (200, 0) is 200 m from (0, 0) as the crow flies, and 2,000 m on foot."""
RAILWAY = shapely.LineString([(100, -50), (100, 300)])
RIVER = shapely.box(90, -50, 110, 300)


@pytest.mark.parametrize(
    ("barriers", "water", "reason"),
    [
        ([RAILWAY], [], "other_side"),
        ([], [RIVER], "other_bank"),
        ([RAILWAY], [RIVER], "other_bank"),
        ([], [], "detour"),
        ([shapely.LineString([(300, -50), (300, 300)])], [], "detour"),
        ([], [shapely.box(290, -50, 310, 300)], "detour"),
    ],
)
def test_what_stands_between_people_and_a_near_site(
    barriers: list[shapely.Geometry], water: list[shapely.Geometry], reason: str
) -> None:
    left = left_of([(200, 0)], ROUND, sites=[(0, 0)], barriers=barriers, water=water)
    assert left.reason == (reason,)
    assert left.minutes.tolist() == pytest.approx([2000 / 60])


@pytest.mark.parametrize(("x", "reason"), [(299.0, "other_side"), (300.0, "other_side"), (301.0, "too_far")])
def test_a_site_as_far_as_the_walk_as_the_crow_flies_is_near(x: float, reason: str) -> None:
    """Five minutes are 300 m."""
    lines = [[(0, 0), (0, 900), (x, 900), (x, 0)]]
    left = left_of([(x, 0)], lines, sites=[(0, 0)], barriers=[RAILWAY], water=[])
    assert left.reason == (reason,)


def test_behind_a_wall_is_not_without_a_street() -> None:
    """Both have no way to the street; a street lies within 10 m of the first, and 12 m from the second."""
    network = build_network(
        gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (500, 0)])], crs=CRS),
        barriers=build_barriers(gpd.GeoSeries([shapely.LineString([(50, 4), (150, 4)])], crs=CRS), None),
    )
    homes = np.array([(100.0, 8.0), (300.0, 12.0), (480.0, 8.0)])
    left = explain_unserved(
        np.array([False, False, True]),
        UnservedContext(
            walker=Walker(network, WALK),
            demand=snap(homes, network, access_m=10.0),
            people=np.array([3.0, 5.0, 7.0]),
            limit_min=np.full(3, 5.0),
            sites=snap(np.array([(480.0, 0.0)]), network, access_m=10.0),
            water=None,
            barriers=None,
            free_streets=network.segment_lines,
        ),
        TimeBudget(10.0),
    )
    assert left.rows.tolist() == [0, 1]
    assert left.reason == ("behind_barrier", "no_street")
    assert np.isinf(left.minutes).all()
    assert np.isnan(left.limit_for_all_min)
    assert (left.extra, left.extra_bound, left.never) == (0, 0.0, 8.0)
    assert left.by_reason() == (("no_street", 1, 5.0), ("behind_barrier", 1, 3.0))


def test_two_near_sites_beyond_the_railway() -> None:
    """Both are near as the crow flies; both walks are too long."""
    lines = [*ROUND, [(0, 0), (-100, 0)]]
    left = left_of([(200, 0)], lines, sites=[(0, 0), (-90, 0)], barriers=[RAILWAY], water=[])
    assert left.reason == ("other_side",)
    none = left_of([(200, 0)], lines, sites=[(0, 0), (-90, 0)], barriers=[], water=[])
    assert none.reason == ("detour",)


def test_where_everybody_is_served_nobody_is_left() -> None:
    network = network_of(*ROUND)
    homes = snap(np.array([(200.0, 0.0)]), network, access_m=10.0)
    around = UnservedContext(
        Walker(network, WALK), homes, np.ones(1), np.full(1, 5.0), homes, None, None, network.segment_lines
    )
    left = explain_unserved(np.array([True]), around, TimeBudget(10.0))
    assert (left.rows.tolist(), left.reason, left.by_reason()) == ([], (), ())
    assert (left.extra, left.extra_bound, left.never) == (0, 0.0, 0.0)
    assert np.isnan(left.limit_for_all_min)


@pytest.mark.parametrize(("most", "extra"), [(1, None), (2, 1)])
def test_further_stations_are_looked_for_up_to_so_many_places(
    monkeypatch: pytest.MonkeyPatch, most: int, extra: int | None
) -> None:
    """Of two places left one has no street: its two people are never served; one station serves the other."""
    monkeypatch.setattr("planner.siting.unserved.MOST_ROWS", most)
    left = left_of([(200, 0), (500, 500)], ROUND, sites=[(0, 0)], barriers=[], water=[])
    assert (left.extra, left.extra_bound, left.never) == (extra, float(extra or 0), 2.0)
    assert left.limit_for_all_min == pytest.approx(2000 / 60)


# core_view


def test_the_first_view_leaves_out_six_hundredths_of_the_people_on_each_side() -> None:
    """A hundred people 1 km apart from west to east: 6 beyond the view on each side, and 250 m around the rest."""
    utm = pyproj.CRS.from_user_input(CRS)
    x = 500_000.0 + 1000.0 * np.arange(100)
    y = np.full(100, 4_390_000.0)
    random = np.random.default_rng(1).permutation(100)
    demand = gpd.GeoDataFrame({"people": np.ones(100)}, geometry=shapely.points(x, y)[random], crs=utm)
    communities = gpd.GeoDataFrame(geometry=[shapely.box(4e5, 4.3e6, 7e5, 4.5e6)], crs=utm)
    plan = SimpleNamespace(inputs=SimpleNamespace(demand=demand, communities=communities))
    (south, west), (north, east) = core_view(plan)  # type: ignore[arg-type]
    # The place of the sixth person, and of the ninety-fourth.
    core = shapely.box(505_000 - 250, y[0] - 250, 593_000 + 250, y[0] + 250)
    expected = gpd.GeoSeries([core], crs=utm).to_crs(4326).total_bounds
    # The corners of the margin are round.
    assert [west, south, east, north] == pytest.approx(expected.tolist(), abs=5e-4)


def test_the_first_view_stays_in_the_study() -> None:
    utm = pyproj.CRS.from_user_input(CRS)
    demand = gpd.GeoDataFrame(
        {"people": [94.0, 6.0]}, geometry=shapely.points([[500_000.0, 4.39e6], [540_000.0, 4.42e6]]), crs=utm
    )
    communities = gpd.GeoDataFrame(
        geometry=[shapely.box(499_900, 4.3899e6, 500_100, 4.3901e6), shapely.box(5.3e5, 4.41e6, 5.5e5, 4.43e6)],
        crs=utm,
    )
    plan = SimpleNamespace(inputs=SimpleNamespace(demand=demand, communities=communities))
    (south, west), (north, east) = core_view(plan)  # type: ignore[arg-type]
    core = shapely.box(499_900, 4_389_900, 500_250, 4_390_250)
    expected = gpd.GeoSeries([core], crs=utm).to_crs(4326).total_bounds
    assert [west, south, east, north] == pytest.approx(expected.tolist(), abs=2e-5)


# branches


def facilities(*rows: tuple[str, str, str]) -> Facilities:
    return Facilities(pd.DataFrame(rows, columns=["id", "tier", "branch_of"]))


def test_the_shorter_walk_to_a_centre_or_its_branch_counts_once() -> None:
    """Facilities in this order: branch B1 of C, station S, centre C, branch B2 of C."""
    table = facilities(
        ("B1", "station", "C"), ("S", "station", ""), ("C", "community", ""), ("B2", "village", "C")
    )
    times = TravelTimes(
        np.array([0, 0, 1, 2, 2, 3]),
        np.array([0, 2, 0, 0, 1, 2]),
        np.array([4.0, 9.0, 5.0, 6.0, 7.0, 3.0]),
        4,
        3,
        15.0,
    )
    joined = merge_branches(times, table)
    walks = list(zip(joined.facility.tolist(), joined.demand.tolist(), joined.minutes.tolist(), strict=True))
    assert sorted(walks) == [(1, 0, 5.0), (2, 0, 4.0), (2, 1, 7.0), (2, 2, 3.0)]
    assert (joined.n_facilities, joined.n_demand, joined.horizon_min) == (4, 3, 15.0)
    assert main_facility(table).tolist() == [2, 1, 2, 2]
    chosen = facilities_by_tier(table)
    assert list(chosen) == ["community", "station"]
    assert {tier: which.tolist() for tier, which in chosen.items()} == {
        "community": [True, False, True, True],
        "station": [False, True, False, False],
    }


def test_floor_of_branches_is_added_to_the_centre_and_stays_with_them() -> None:
    table = facilities(
        ("B1", "station", "C"), ("S", "station", ""), ("C", "community", ""), ("B2", "village", "C")
    )
    floor = np.array([10.0, 20.0, 300.0, 5.0])
    assert sum_with_branches(floor, table).tolist() == [10.0, 20.0, 315.0, 5.0]
    assert floor.tolist() == [10.0, 20.0, 300.0, 5.0], "the column of the table is left alone"
    unknown = sum_with_branches(np.array([np.nan, 20.0, 300.0, 5.0]), table)
    assert np.isnan(unknown).tolist() == [True, False, True, False]


def test_without_branches_walks_and_floors_are_as_they_were() -> None:
    table = facilities(("S", "station", ""), ("C", "community", ""))
    times = TravelTimes(np.array([0]), np.array([0]), np.array([4.0]), 2, 1, 15.0)
    assert merge_branches(times, table) is times
    floor = np.array([1.0, 2.0])
    assert sum_with_branches(floor, table) is floor


def test_branches_that_nobody_reaches() -> None:
    table = facilities(("C", "community", ""), ("B", "station", "C"))
    none = TravelTimes(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0), 2, 1, 15.0)
    joined = merge_branches(none, table)
    assert (len(joined.facility), len(joined.demand), len(joined.minutes)) == (0, 0, 0)
