"""Every figure of the coverage tables and of the catchments for one small city, by hand."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely

from planner.accessibility.coverage import Coverage, measure_coverage, own_facility_minutes, people_shares
from planner.accessibility.two_step_fca import two_step_access
from planner.messages.errors import DataError
from planner.network.travel_times import TravelTimes
from planner.population.points import place_demand_points
from planner.schemas.tables import COMMUNITIES, DEMAND, FACILITIES, Communities, Facilities

CRS = "EPSG:32648"
ORIGIN = (500_000.0, 4_390_000.0)
"""Coordinates below are counted from here."""
NAN = float("nan")


def placed(table: dict[str, object], shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table, geometry=shapely.transform(shapes, lambda xy: xy + ORIGIN), crs=CRS)


def communities() -> Communities:
    """West and East of 100 × 100 m side by side, and North of 200 × 100 m, where nobody lives."""
    table = {"id": ["W", "E", "N"], "name": ["West", "East", "North"], "subdistrict": ["Low", "Low", "High"]}
    shapes = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(0, 100, 200, 200)]
    return COMMUNITIES.check(placed(table, shapes), source="test")


def facilities() -> Facilities:
    """C in the west with its branch B in the east, a village centre V in the east, a station S in the west."""
    table = {
        "id": ["B", "C", "V", "S"],
        "name": list("BCVS"),
        "tier": ["village", "community", "village", "station"],
        "community": ["E", "W", "E", "W"],
        "branch_of": ["C", "", "", ""],
    }
    shapes = [shapely.Point(one) for one in ((150, 50), (50, 50), (180, 50), (20, 50))]
    return FACILITIES.check(placed(table, shapes), source="test")


def demand() -> gpd.GeoDataFrame:
    """Four places in the west, of which one is empty, and two in the east."""
    table = {"id": [f"D{n}" for n in range(6)], "people": [10.0, 20.0, 40.0, 0.0, 80.0, 160.0]}
    shapes = [shapely.Point(x, 50) for x in (10, 30, 60, 90, 120, 190)]
    points = DEMAND.check(placed(table, shapes), source="test")
    return place_demand_points(points, communities()).points


WALKS = {
    # facility, demand: minutes
    ("B", 1): 3.0,
    ("B", 4): 5.0,
    ("C", 0): 5.0,
    ("C", 1): 4.0,
    ("C", 2): 7.0,
    ("V", 4): 5.1,
    ("V", 5): 10.0,
    ("S", 0): 1.0,
    ("S", 2): 8.0,
}


def times() -> TravelTimes:
    place = {"B": 0, "C": 1, "V": 2, "S": 3}
    return TravelTimes(
        np.array([place[one] for one, _ in WALKS]),
        np.array([row for _, row in WALKS]),
        np.array(list(WALKS.values())),
        4,
        6,
        15.0,
    )


def areas() -> np.ndarray:
    """Squares around each: C and its branch 20 and 40 m wide, V the same, S 60 m at both limits."""

    def square(x: float, half: float) -> shapely.Geometry:
        return shapely.transform(shapely.box(x - half, 50 - half, x + half, 50 + half), lambda xy: xy + ORIGIN)

    return np.array(
        [
            [square(150, 10), square(150, 20)],
            [square(50, 10), square(50, 20)],
            [square(180, 10), square(180, 20)],
            [square(20, 30), square(20, 30)],
        ],
        dtype=object,
    )


def measured(limits: tuple[float, ...] = (5.0, 10.0)) -> Coverage:
    return measure_coverage(
        times(), demand(), facilities(), communities(), areas(), limits_min=limits, standard_min=5.0
    )


def test_the_total() -> None:
    """Within 5: places 0 by C and S, 1 by C, 4 by B. Within 10: 2 by C and S besides, 4 by V too, 5 by V."""
    first, second = measured().total.to_dict("records")
    assert first == {
        "limit_min": 5.0,
        "people": 310.0,
        "people_covered": 110.0,
        "people_share": 110 / 310,
        "people_overlap": 10.0,
        "overlap_share": 10 / 310,
        "points": 6,
        "points_covered": 3,
        "points_share": 0.5,
        "area_m2": pytest.approx(40_000.0),
        # B 400, V 400, and C and S overlap: S reaches from 0 (the border) to 50, C from 40 to 60.
        "area_covered_m2": pytest.approx(400 + 400 + 50 * 60 + 10 * 20),
        "area_share": pytest.approx(4000 / 40_000),
    }
    assert second == {
        "limit_min": 10.0,
        "people": 310.0,
        "people_covered": 310.0,
        "people_share": 1.0,
        "people_overlap": 10.0 + 40.0 + 80.0,
        "overlap_share": 130 / 310,
        "points": 6,
        "points_covered": 5,
        "points_share": 5 / 6,
        "area_m2": pytest.approx(40_000.0),
        # B from 130 to 170 and V from 160 to 200 join; S to 50, C from 30 to 70.
        "area_covered_m2": pytest.approx(70 * 40 + 50 * 60 + 20 * 40),
        "area_share": pytest.approx(6600 / 40_000),
    }


def test_each_community() -> None:
    """Own premises of the west: C (S is a station); of the east: V, for B is a branch of a western centre."""
    rows = measured().by_community
    assert list(rows.columns) == [
        *("community", "name", "subdistrict", "limit_min", "people", "people_covered", "people_share"),
        *("people_overlap", "overlap_share", "points", "points_covered", "points_share"),
        *("own_people_covered", "area_m2", "area_covered_m2", "area_share"),
    ]
    short = rows[
        ["community", "name", "subdistrict", "limit_min", "people", "people_covered", "own_people_covered"]
    ]
    assert short.to_numpy().tolist() == [
        ["W", "West", "Low", 5.0, 70.0, 30.0, 30.0],
        ["E", "East", "Low", 5.0, 240.0, 80.0, 0.0],
        ["N", "North", "High", 5.0, 0.0, 0.0, 0.0],
        ["W", "West", "Low", 10.0, 70.0, 70.0, 70.0],
        ["E", "East", "Low", 10.0, 240.0, 240.0, 240.0],
        ["N", "North", "High", 10.0, 0.0, 0.0, 0.0],
    ]
    assert rows["people_overlap"].tolist() == [10.0, 0.0, 0.0, 50.0, 80.0, 0.0]
    assert rows["points"].tolist() == [4, 2, 0] * 2
    assert rows["points_covered"].tolist() == [2, 1, 0, 3, 2, 0]
    assert rows["people_share"].tolist() == pytest.approx([3 / 7, 1 / 3, NAN, 1.0, 1.0, NAN], nan_ok=True)
    assert rows["points_share"].tolist() == pytest.approx([0.5, 0.5, NAN, 0.75, 1.0, NAN], nan_ok=True)
    assert rows["area_m2"].tolist() == pytest.approx([1e4, 1e4, 2e4] * 2)
    assert rows["area_covered_m2"].tolist() == pytest.approx([3200, 800, 0, 3800, 2800, 0])
    assert rows["area_share"].tolist() == pytest.approx([0.32, 0.08, 0, 0.38, 0.28, 0])


def test_each_tier() -> None:
    """The branch is of the tier of its centre, and no centre of its own."""
    rows = measured().by_tier
    assert list(rows.columns) == [
        *("tier", "limit_min", "facilities", "people", "people_covered", "people_share", "people_overlap"),
        *("overlap_share", "points", "points_covered", "points_share", "area_m2", "area_covered_m2", "area_share"),
    ]
    columns = ["tier", "limit_min", "facilities", "people_covered", "people_overlap", "points_covered"]
    assert rows[columns].to_numpy().tolist() == [
        ["community", 5.0, 1, 110.0, 0.0, 3],
        ["village", 5.0, 1, 0.0, 0.0, 0],
        ["station", 5.0, 1, 10.0, 0.0, 1],
        ["community", 10.0, 1, 150.0, 0.0, 4],
        ["village", 10.0, 1, 240.0, 0.0, 2],
        ["station", 10.0, 1, 50.0, 0.0, 2],
    ]
    assert rows["people"].tolist() == [310.0] * 6
    assert rows["area_covered_m2"].tolist() == pytest.approx([800, 400, 3000, 3200, 1600, 3000])


def test_each_place_and_who_is_uncovered() -> None:
    """Place 3 is uncovered too, but nobody lives there."""
    found = measured()
    assert found.demand["nearest_min"].tolist() == [1.0, 3.0, 7.0, math.inf, 5.0, 10.0]
    assert found.demand["nearest_facility"].tolist() == ["S", "C", "C", "", "C", "V"]
    assert found.demand["facilities_5min"].tolist() == [2, 1, 0, 0, 1, 0]
    assert found.demand["facilities_10min"].tolist() == [2, 1, 2, 0, 2, 1]
    assert found.demand["people"].tolist() == demand()["people"].tolist()
    assert found.uncovered["id"].tolist() == ["D2", "D5"]
    assert found.standard_min == 5.0


def test_own_premises_are_neither_stations_nor_branches() -> None:
    assert own_facility_minutes(times(), demand(), facilities()).tolist() == [
        *(5.0, 4.0, 7.0, math.inf),
        *(5.1, 10.0),
    ]


def test_shares_of_nothing() -> None:
    found = people_shares(demand().iloc[:0], np.zeros(0, dtype=np.int64))
    assert (found["people"], found["points"], found["people_covered"]) == (0.0, 0, 0.0)
    assert all(math.isnan(found[name]) for name in ("people_share", "overlap_share", "points_share"))


def refused(**changed: object) -> list[tuple[str, dict[str, object]]]:
    given: dict[str, object] = {
        "times": times(),
        "demand": demand(),
        "facilities": facilities(),
        "communities": communities(),
        "areas": areas(),
        "limits_min": (5.0, 10.0),
        "standard_min": 5.0,
    } | changed
    with pytest.raises(DataError) as caught:
        measure_coverage(**given)  # type: ignore[arg-type]
    assert "measure_coverage" in str(caught.value)
    return [(issue.key, dict(issue.values)) for issue in caught.value.issues]


def test_what_does_not_belong_together_is_refused() -> None:
    without = demand().drop(columns="people")
    present = ", ".join(without.columns)
    assert refused(demand=without)[0] == ("missing_column", {"column": "demand.people", "present": present})
    for table, frame, columns in (
        ("demand", demand(), ("people", "community")),
        ("facilities", facilities(), ("id", "tier", "community")),
        ("communities", communities(), ("id", "name", "subdistrict")),
    ):
        for column in columns:
            found = refused(**{table: frame.drop(columns=column)})
            assert [values["column"] for key, values in found if key == "missing_column"] == [f"{table}.{column}"]
    assert refused(standard_min=6.0) == [("limit_not_among", {"found": 6.0, "limits": "5, 10"})]
    for changed, part in (
        ({"demand": demand().iloc[:5]}, "demand"),
        ({"facilities": facilities().iloc[:3]}, "facilities"),
        ({"areas": areas()[:3]}, "areas"),
        ({"areas": areas()[:, :1]}, "areas[0]"),
        ({"areas": np.array(None, dtype=object).reshape(1)}, "areas"),
    ):
        assert part in {values.get("part", values.get("name")) for _, values in refused(**changed)}
    assert refused(limits_min=(5.0, 16.0))
    assert refused(limits_min=(10.0, 5.0))
    assert refused(demand=demand().assign(people=[1.0, 2.0, -1.0, 0.0, 1.0, 1.0]))


# catchments


def test_catchments_of_zones_by_hand() -> None:
    """Zones to 5 and 10 minutes with weights 1 and 0.25; 300, unknown, 60 and 30 m² of floor."""
    found = two_step_access(
        times(),
        demand()["people"].to_numpy(),
        np.array([300.0, np.nan, 60.0, 30.0]),
        zones_min=[5.0, 10.0],
        weights=[1.0, 0.25],
    )
    assert found.people.tolist() == [100.0, 40.0, 60.0, 20.0]
    assert found.ratio.tolist() == pytest.approx([3.0, NAN, 1.0, 1.5], nan_ok=True)
    # Places 0, 1 and 2 reach C, of which nothing is known; 4 reaches B, and V in the second zone; 5 only V.
    assert found.access.tolist() == pytest.approx([NAN, NAN, NAN, 0.0, 3.25, 0.25], nan_ok=True)


def test_a_zone_without_weight_shares_nothing_out() -> None:
    """V has nobody within 5 minutes: no ratio, and no access by it."""
    found = two_step_access(
        times(),
        demand()["people"].to_numpy(),
        np.array([300.0, 70.0, 60.0, 30.0]),
        zones_min=[5.0, 10.0],
        weights=[1.0, 0.0],
    )
    assert found.people.tolist() == [100.0, 30.0, 0.0, 10.0]
    assert found.ratio.tolist() == pytest.approx([3.0, 70 / 30, NAN, 3.0], nan_ok=True)
    assert found.access.tolist() == pytest.approx([70 / 30 + 3, 70 / 30 + 3, 0.0, 0.0, 3.0, 0.0])


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"people": np.ones(5)}, "people"),
        ({"people": np.array([1.0, 1, 1, 1, 1, np.nan])}, "people"),
        ({"people": np.array([1.0, 1, 1, 1, 1, -1])}, "people"),
        ({"supply": np.ones(3)}, "supply"),
        ({"supply": np.array([1.0, -1, 1, 1])}, "supply"),
        ({"weights": [1.0]}, "weights"),
        ({"weights": [1.0, -0.5]}, "weights"),
    ],
)
def test_catchments_of_what_does_not_fit_are_refused(changed: dict[str, object], part: str) -> None:
    given: dict[str, object] = {"people": np.ones(6), "supply": np.ones(4), "weights": [1.0, 0.5]} | changed
    with pytest.raises(DataError, match=r"^two_step_access") as caught:
        two_step_access(times(), zones_min=[5.0, 10.0], **given)  # type: ignore[arg-type]
    assert part in {value for issue in caught.value.issues for value in issue.values.values()}


@pytest.mark.parametrize("zones", [[10.0, 5.0], [5.0, 15.5]])
def test_zones_that_do_not_rise_or_were_not_searched_are_refused(zones: list[float]) -> None:
    with pytest.raises(DataError, match=r"^two_step_access"):
        two_step_access(times(), np.ones(6), np.ones(4), zones_min=zones, weights=[1.0, 0.5])


def test_a_catchment_of_nobody_and_one_of_half_a_person() -> None:
    """Facility 0 is reached by an empty place alone, facility 1 by it and by half a person."""
    walks = TravelTimes(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([1.0, 2.0, 3.0]), 2, 2, 15.0)
    found = two_step_access(walks, np.array([0.0, 0.5]), np.array([8.0, 3.0]), zones_min=[5.0], weights=[1.0])
    assert found.people.tolist() == [0.0, 0.5]
    assert found.ratio.tolist() == pytest.approx([NAN, 6.0], nan_ok=True)
    assert found.access.tolist() == [6.0, 6.0]


def test_three_zones_are_searched_to_the_last() -> None:
    with pytest.raises(DataError, match=r"^two_step_access"):
        two_step_access(times(), np.ones(6), np.ones(4), zones_min=[5.0, 10.0, 16.0], weights=[1.0, 0.5, 0.2])


def test_half_a_person_counts() -> None:
    """One limit: 0.25 people at place 0 are covered by two, 0.5 at place 5 by none."""
    points = demand().assign(people=[0.25, 0.0, 0.0, 0.0, 0.0, 0.5])
    found = measure_coverage(
        times(), points, facilities(), communities(), areas()[:, :1], limits_min=(5.0,), standard_min=5.0
    )
    total = found.total.iloc[0]
    assert (total["people"], total["people_covered"], total["people_overlap"]) == (0.75, 0.25, 0.25)
    assert total["people_share"] == pytest.approx(1 / 3)
    assert found.uncovered["id"].tolist() == ["D5"]


def test_what_is_refused_is_named() -> None:
    for changed in ({"limits_min": (10.0, 5.0)}, {"limits_min": (5.0, 10.0, 16.0)}, {"demand": demand().iloc[:5]}):
        width = len(changed.get("limits_min", (5.0, 10.0)))
        given = {
            "times": times(),
            "demand": demand(),
            "facilities": facilities(),
            "communities": communities(),
            "areas": np.repeat(areas()[:, :1], width, axis=1),
            "limits_min": (5.0, 10.0),
            "standard_min": 5.0,
        } | changed
        with pytest.raises(DataError) as caught:
            measure_coverage(**given)  # type: ignore[arg-type]
        assert caught.value.source == "measure_coverage"
    (found,) = refused(demand=demand().assign(people=[1.0, 2.0, -1.0, 0.0, 1.0, 1.0]))
    assert "people" in found[1].values()
