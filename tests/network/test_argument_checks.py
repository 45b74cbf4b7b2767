"""What functions called from a notebook refuse: what they cannot mean, in words, before any number comes of it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from phrases import phrase

from planner.accessibility.coverage import measure_coverage
from planner.accessibility.equity import measure_equity
from planner.accessibility.two_step_fca import two_step_access
from planner.messages.errors import DataError, PlannerError
from planner.network.isochrones.service_areas import service_areas
from planner.network.network import WalkingNetwork, build_network
from planner.network.snapping import SnappedPoints, snap
from planner.network.travel_times import (
    TravelTimes,
    nearest_facility,
    nearest_facility_of_places,
    travel_times,
)
from planner.network.visibility import build_barriers
from planner.network.walk import WalkSettings

ORIGIN = (500_000.0, 4_400_000.0)
LINES = [[(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)]]
WALK = WalkSettings(3.6, 50.0)


def streets(crs: object = "EPSG:32648", shapes: list[shapely.Geometry] | None = None) -> gpd.GeoDataFrame:
    lines = [shapely.LineString(np.add(line, ORIGIN)) for line in LINES] if shapes is None else shapes
    return gpd.GeoDataFrame(geometry=lines, crs=crs)


@pytest.fixture(scope="module")
def network() -> WalkingNetwork:
    return build_network(streets())


@pytest.fixture(scope="module")
def snaps(network: WalkingNetwork) -> SnappedPoints:
    return snap(np.add([[50.0, 10.0], [90.0, 60.0]], ORIGIN), network, access_m=50.0)


def refused(call: Callable[[], object], *said: str) -> None:
    with pytest.raises(DataError) as told:
        call()
    assert isinstance(told.value, ValueError)
    assert isinstance(told.value, PlannerError)
    for words in said:
        assert words in str(told.value)
    # Said in Chinese too, with no blank left unfilled.
    assert "{" not in told.value.in_words("zh")


class MultiDiGraph:
    """As networkx has it: edges, and no geometry."""

    edges = ()


def line_to(x: float) -> shapely.LineString:
    """Return a line whose end is no place; shapely warns of it, and makes it."""
    with np.errstate(invalid="ignore"):
        return shapely.LineString([(0, 0), (x, 1)])


POINT, AREA = shapely.Point(*ORIGIN), shapely.box(*ORIGIN, 500_100, 4_400_100)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (MultiDiGraph(), "ox.convert.graph_to_gdfs"),
        (pd.DataFrame({"a": [1]}), "GeoDataFrame of lines"),
        ([shapely.LineString(LINES[0])], "It is a list"),
        (gpd.GeoDataFrame({"a": [1]}), "no column of geometry"),
        (streets(crs=None), "set_crs"),
        (
            streets(crs=4326, shapes=[shapely.LineString([(116, 39), (116.1, 39)])]),
            phrase("errors.frame_in_degrees", crs="EPSG:4326"),
        ),
        (streets(crs=4490, shapes=[shapely.LineString([(116, 39), (116.1, 39)])]), "estimate_utm_crs"),
        (streets(crs=2263), "US survey foot (EPSG:2263)"),
        (streets(crs=4978), "degrees"),
        (streets(shapes=[POINT]), phrase("errors.geometry_type", found="Point")),
        (streets(shapes=[AREA]), phrase("errors.geometry_type", found="Polygon")),
        (streets(shapes=[*streets().geometry, AREA]), "(1 row: #3)"),
        (streets(shapes=[*streets().geometry, None]), "Rows without geometry"),
        (streets(shapes=[*streets().geometry, shapely.LineString()]), "Rows without geometry"),
        (streets(shapes=[line_to(np.nan)]), "not finite numbers"),
        (streets(shapes=[line_to(np.inf)]), "not finite numbers"),
        (streets(shapes=[]), "no rows"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_streets_that_are_none(given: object, said: str) -> None:
    refused(lambda: build_network(given), "build_network(streets)", said)


def test_lines_of_several_parts_and_a_series_are_streets() -> None:
    whole = build_network(streets())
    multi = build_network(streets(shapes=[shapely.MultiLineString(list(streets().geometry))]))
    assert multi.edge_m.tolist() == whole.edge_m.tolist() == build_network(streets().geometry).edge_m.tolist()


@pytest.mark.parametrize(
    ("xy", "said"),
    [
        ([[np.nan, 0.0]], "not finite numbers"),
        ([[500_010.0, 4_400_000.0], [500_020.0, np.nan]], "(1 row: #1)"),
        ([[np.inf, 0.0]], "not finite numbers"),
        ([[-np.inf, np.nan]], "not finite numbers"),
        ([[116.3, 39.9]], "Convert the points first: frame.to_crs(network.crs)"),
        ([[0.0, 0.0]], "Convert the points first"),
        ([[39.9, 116.3], [39.8, 116.2]], "degrees"),
        ([[12_946_000.0, 4_853_000.0]], "another coordinate system"),
        ([1.0, 2.0], "shape (2,)"),
        ([[1.0, 2.0, 3.0]], "shape (1, 3)"),
        ([["a", "b"]], "not numbers"),
        (None, "the shape"),
        (gpd.GeoDataFrame(geometry=[POINT], crs=32648), "shapely.get_coordinates"),
        (gpd.GeoSeries([AREA], crs=32648), "shapely.get_coordinates"),
        (POINT, "shapely.get_coordinates"),
    ],
    ids=str,
)
def test_points_that_are_none(network: WalkingNetwork, snaps: SnappedPoints, xy: object, said: str) -> None:
    refused(lambda: snap(xy, network, access_m=50.0), "snap(xy)", said)
    refused(lambda: nearest_facility_of_places(network, snaps, xy, walk=WALK, horizon_min=5.0), said)


def test_no_points_are_no_fault(network: WalkingNetwork) -> None:
    for nothing in (np.zeros((0, 2)), [], np.zeros(0)):
        assert len(snap(nothing, network, access_m=50.0).xy) == 0


def test_a_point_far_from_the_streets_is_a_result(network: WalkingNetwork) -> None:
    """Not all of them: one that was mislocated keeps its row and reaches nothing."""
    found = snap(np.array([[116.3, 39.9], np.add((50.0, 10.0), ORIGIN)]), network, access_m=50.0)
    assert found.reaches_street.tolist() == [False, True]


def test_coordinates_near_zero_are_no_degrees() -> None:
    local = build_network(streets(shapes=[shapely.LineString(line) for line in LINES]))
    assert snap(np.array([[50.0, 10.0]]), local, access_m=50.0).reaches_street.all()


@pytest.mark.parametrize("access_m", [-1.0, np.nan, np.inf, "50", None, True])
def test_an_access_that_is_none(network: WalkingNetwork, access_m: object) -> None:
    refused(lambda: snap([[500_050.0, 4_400_010.0]], network, access_m=access_m), "`access_m`")
    refused(lambda: WalkSettings(3.6, access_m), "`access_m`")


@pytest.mark.parametrize("speed", [0.0, -1.0, np.nan, np.inf, -np.inf, 1e-300, 1e300, "3.6", None, True])
def test_a_speed_that_is_none(speed: object) -> None:
    refused(lambda: WalkSettings(speed, 50.0), "`speed_kmh`")


def test_snaps_that_belong_elsewhere(network: WalkingNetwork, snaps: SnappedPoints) -> None:
    other = build_network(streets(shapes=[shapely.LineString(np.add(LINES[0], ORIGIN))]))
    far = WalkSettings(3.6, 80.0)
    for call in (
        lambda on, walk: travel_times(on, snaps, snaps, walk=walk, horizon_min=5.0),
        lambda on, walk: nearest_facility(on, snaps, snaps, walk=walk, horizon_min=5.0),
        lambda on, walk: nearest_facility_of_places(on, snaps, snaps.xy, walk=walk, horizon_min=5.0),
        lambda on, walk: service_areas(on, snaps, walk=walk, limits_min=[5.0]),
    ):
        refused(lambda call=call: call(other, WALK), "another network")
        refused(lambda call=call: call(network, far), "access_m = 50", "access_m = 80", "access_m=walk.access_m")
        refused(lambda call=call: call("network", WALK), "build_network(streets)")
    xy = np.add([[50.0, 10.0]], ORIGIN)
    refused(lambda: travel_times(network, xy, snaps, walk=WALK, horizon_min=5.0), "what snap(xy")
    for horizon in (np.nan, "5", None):
        refused(lambda h=horizon: travel_times(network, snaps, snaps, walk=WALK, horizon_min=h), "`horizon_min`")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (10, phrase("errors.limits_scalar")),
        (10.0, phrase("errors.limits_scalar")),
        ("5", phrase("errors.limits_scalar")),
        ([], phrase("errors.limits_not_minutes")),
        ([15.0, 5.0], phrase("errors.limits_not_rising")),
        ([5.0, 5.0], phrase("errors.limits_not_rising")),
        ([5.0, np.nan], phrase("errors.limits_not_minutes")),
        ([np.inf], phrase("errors.limits_not_minutes")),
        ([-5.0, 5.0], phrase("errors.limits_not_minutes")),
        (["5"], phrase("errors.limits_not_minutes")),
        ([None], phrase("errors.limits_not_minutes")),
    ],
    ids=str,
)
def test_limits_that_are_none(network: WalkingNetwork, snaps: SnappedPoints, limits: object, said: str) -> None:
    refused(lambda: service_areas(network, snaps, walk=WALK, limits_min=limits), "`limits_min`", said)


def test_limits_may_come_as_any_list(network: WalkingNetwork, snaps: SnappedPoints) -> None:
    for limits in ((2, 5), [2.0, 5.0], np.array([2.0, 5.0]), pd.Series([2, 5])):
        assert service_areas(network, snaps, walk=WALK, limits_min=limits).shape == (2, 2)


def test_barriers_that_are_none() -> None:
    wall = gpd.GeoSeries([shapely.LineString(LINES[0])], crs=32648)
    refused(lambda: build_barriers(wall.to_crs(4326), None), "degrees")
    refused(lambda: build_barriers(wall, wall), phrase("errors.geometry_type", found="LineString"))
    refused(
        lambda: build_barriers(gpd.GeoSeries([POINT], crs=32648), None),
        phrase("errors.geometry_type", found="Point"),
    )
    refused(lambda: build_barriers(wall.to_frame("geometry"), None), "a GeoSeries is needed")
    refused(lambda: build_barriers(gpd.GeoSeries([line_to(np.nan)]), None), "finite")
    assert len(build_barriers(None, None).xy) == 0


def times(n_facilities: int = 2, n_demand: int = 3, horizon_min: float = 10.0) -> TravelTimes:
    return TravelTimes(
        np.array([0, 1]), np.array([0, 1]), np.array([4.0, 9.0]), n_facilities, n_demand, horizon_min
    )


def tables() -> SimpleNamespace:
    demand = gpd.GeoDataFrame(
        {"people": [10.0, 20.0, 5.0], "community": ["c"] * 3}, geometry=[POINT] * 3, crs=32648
    )
    facilities = gpd.GeoDataFrame(
        {"id": ["a", "b"], "tier": ["community", "station"], "community": ["c", "c"], "branch_of": ["", ""]},
        geometry=[POINT] * 2,
        crs=32648,
    )
    communities = gpd.GeoDataFrame({"id": ["c"], "name": ["C"], "subdistrict": ["S"]}, geometry=[AREA], crs=32648)
    areas = np.full((2, 2), AREA, dtype=object)
    return SimpleNamespace(
        times=times(), demand=demand, facilities=facilities, communities=communities, areas=areas
    )


def coverage(limits: object = (5.0, 10.0), standard: float = 5.0, **changed: object) -> object:
    given = vars(tables()) | changed
    return measure_coverage(*given.values(), limits_min=limits, standard_min=standard)


def test_what_belongs_together_is_counted() -> None:
    total = coverage().total
    assert total["people_covered"].tolist() == [10.0, 30.0]
    assert total["people_share"].tolist() == [10 / 35, 30 / 35]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"times": times(n_demand=4)}, phrase("errors.length_differs", name="demand", found="3", expected="4")),
        (
            {"times": times(n_facilities=3)},
            phrase("errors.length_differs", name="facilities", found="2", expected="3"),
        ),
        ({"areas": np.full((1, 2), AREA, dtype=object)}, "`areas` has 1 entries"),
        (
            {"areas": np.full((2, 3), AREA, dtype=object)},
            phrase("errors.length_differs", name="areas[0]", found="3", expected="2"),
        ),
        (
            {"demand": tables().demand.assign(people=[1.0, -2.0, 3.0])},
            phrase("errors.counts_wrong", name="people"),
        ),
        ({"demand": tables().demand.assign(people=[1.0, np.nan, 3.0])}, "(1 row: #1)"),
        ({"demand": tables().demand.assign(people=[1.0, np.inf, 3.0])}, phrase("errors.counts_wrong")),
        ({"demand": tables().demand.assign(people=["a", "b", "c"])}, "`people`"),
        ({"demand": tables().demand.drop(columns="people")}, "demand.people"),
        ({"facilities": tables().facilities.drop(columns="tier")}, "facilities.tier"),
        ({"limits": [10.0, 5.0]}, phrase("errors.limits_not_rising")),
        ({"limits": 5.0}, phrase("errors.limits_scalar")),
        ({"standard": 7.0}, phrase("errors.limit_not_among", found="7.0", limits="5, 10")),
        ({"limits": [5.0, 15.0]}, phrase("errors.horizon_too_short", horizon="10", longest="15")),
    ],
)
def test_what_does_not_belong_together_is_not_counted(changed: dict[str, object], said: str) -> None:
    refused(lambda: coverage(**changed), said)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"people": [1.0, -1.0, 1.0]}, "`people`"),
        ({"people": [1.0, np.nan, 1.0]}, "(1 row: #1)"),
        ({"people": [1.0, 1.0]}, phrase("errors.length_differs", name="people", found="2", expected="3")),
        ({"supply": [-5.0, 1.0]}, "`supply`"),
        ({"supply": [5.0]}, phrase("errors.length_differs", name="supply", found="1", expected="2")),
        ({"zones_min": [10.0, 5.0]}, phrase("errors.limits_not_rising")),
        ({"zones_min": [5.0, 15.0]}, phrase("errors.horizon_too_short", horizon="10")),
        ({"weights": [1.0]}, phrase("errors.length_differs", name="weights", found="1", expected="2")),
        ({"weights": [1.0, -0.5]}, "`weights`"),
    ],
)
def test_catchments_of_what_cannot_be_shared_out(changed: dict[str, object], said: str) -> None:
    given = {"people": [1.0, 2.0, 3.0], "supply": [5.0, np.nan], "zones_min": [5.0, 10.0], "weights": [1.0, 0.5]}
    arrays = {name: np.array(value) if name in ("people", "supply") else value for name, value in given.items()}
    assert two_step_access(times(), **arrays).ratio[0] == 5.0
    arrays |= {name: np.array(value) if name in ("people", "supply") else value for name, value in changed.items()}
    refused(lambda: two_step_access(times(), **arrays), "two_step_access", said)


def test_fairness_of_what_is_no_time() -> None:
    demand, streets_of = tables().demand, pd.Series({"c": "S"})
    for minutes in ([1.0, 2.0], [1.0, np.nan, 2.0], [1.0, -2.0, 3.0], [-np.inf, 1.0, 1.0]):
        refused(
            lambda m=minutes: measure_equity(np.array(m), demand, streets_of, standard_min=5.0),
            "measure_equity",
        )
    measure_equity(np.array([1.0, np.inf, 2.0]), demand, streets_of, standard_min=5.0)


def test_a_count_beyond_the_horizon_is_none() -> None:
    assert times().count_within(10.0).tolist() == [1, 1, 0]
    refused(lambda: times().count_within(15.0), phrase("errors.horizon_too_short", longest="15"))
