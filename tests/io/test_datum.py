"""The shifts of Chinese maps: against the published example, both ways, and not where they do not apply."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.io.datum.transform import DATUMS, Datum, convert_datum, in_mainland, to_wgs84

GEOD = pyproj.Geod(ellps="WGS84")
HAIBOWAN = (106.813, 39.673)

INSIDE = {
    "Haibowan": HAIBOWAN,
    "Dandong": (124.39, 40.12),
    "Heihe": (127.5, 50.245),
    "Manzhouli": (117.45, 49.585),
    "Khorgos": (80.42, 44.21),
    "Ruili": (97.85, 24.01),
    "Shenzhen": (114.06, 22.54),
    "Zhuhai": (113.57, 22.27),
    "Zhoushan": (122.2, 30.0),
    "Yangshan harbour": (122.07, 30.62),
    "Sanya": (109.5, 18.25),
    "Tumen": (129.84, 42.96),
}
OUTSIDE = {
    "Hong Kong": (114.17, 22.30),
    "Macao": (113.55, 22.19),
    "Taipei": (121.56, 25.04),
    "Kinmen": (118.32, 24.43),
    "Sinuiju": (124.40, 40.09),
    "Blagoveshchensk": (127.53, 50.28),
    "Seoul": (126.98, 37.57),
    "Hanoi": (105.85, 21.03),
    "Ulaanbaatar": (106.9, 47.9),
    "Helsinki": (24.94, 60.17),
    "Porto Alegre": (-51.2, -30.0),
    "Null Island": (0.0, 0.0),
}


def metres(lon: np.ndarray, lat: np.ndarray, other_lon: np.ndarray, other_lat: np.ndarray) -> np.ndarray:
    return np.asarray(GEOD.inv(lon, lat, other_lon, other_lat)[2])


def one(place: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([place[0]]), np.array([place[1]])


def test_the_example_that_amap_publishes() -> None:
    lon, lat = convert_datum(*one((116.481499, 39.990475)), "wgs84", "gcj02")
    # Amap's own service differs from the known formula by 4.3 cm here.
    assert metres(lon, lat, *one((116.487585177952, 39.991754014757)))[0] < 0.05


def test_figures_on_which_other_implementations_agree() -> None:
    place = one((116.404, 39.915))
    for target, source, expected in (
        ("gcj02", "wgs84", (116.41024449916938, 39.91640428150164)),
        ("bd09", "gcj02", (116.41036949371029, 39.92133699351021)),
    ):
        np.testing.assert_allclose(np.ravel(convert_datum(*place, source, target)), expected, rtol=0, atol=1e-12)


def test_the_shift_at_haibowan_is_as_it_was_measured() -> None:
    gcj = convert_datum(*one(HAIBOWAN), "wgs84", "gcj02")
    azimuth, _, away = GEOD.inv(*one(HAIBOWAN), *gcj)
    assert away[0] * np.sin(np.radians(azimuth[0])) == pytest.approx(405, abs=3)
    assert away[0] * np.cos(np.radians(azimuth[0])) == pytest.approx(101, abs=3)
    assert metres(*one(HAIBOWAN), *convert_datum(*one(HAIBOWAN), "wgs84", "bd09"))[0] == pytest.approx(
        1230, abs=10
    )


@pytest.mark.parametrize("source", DATUMS)
@pytest.mark.parametrize("target", DATUMS)
def test_there_and_back_over_all_of_china_within_a_millimetre(source: Datum, target: Datum) -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(73, 135, 60_000), rng.uniform(18, 54, 60_000)
    # Near the outline a shifted place may lie on its other side, where the shift has no inverse.
    deep = np.all(
        [in_mainland(lon + east, lat + north) for east in (-0.02, 0.02) for north in (-0.02, 0.02)], axis=0
    )
    lon, lat = lon[deep], lat[deep]
    assert len(lon) > 20_000
    back = convert_datum(*convert_datum(lon, lat, source, target), target, source)
    assert metres(lon, lat, *back).max() < 0.001


@settings(max_examples=50)
@given(st.floats(100, 118), st.floats(26, 41), st.sampled_from(DATUMS), st.sampled_from(DATUMS))
def test_all_roads_between_two_datums_agree(lon: float, lat: float, source: Datum, target: Datum) -> None:
    """By way of the third datum one comes to the same place."""
    direct = convert_datum(*one((lon, lat)), source, target)
    for way in DATUMS:
        assert (
            metres(*direct, *convert_datum(*convert_datum(*one((lon, lat)), source, way), way, target))[0] < 0.001
        )


@pytest.mark.parametrize("place", INSIDE.values(), ids=INSIDE)
def test_places_in_mainland_china_are_shifted(place: tuple[float, float]) -> None:
    assert in_mainland(*one(place))[0]
    assert 100 < metres(*one(place), *convert_datum(*one(place), "wgs84", "gcj02"))[0] < 800


@pytest.mark.parametrize("place", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("source", DATUMS)
@pytest.mark.parametrize("target", DATUMS)
def test_places_elsewhere_stay_to_the_bit(place: tuple[float, float], source: Datum, target: Datum) -> None:
    lon, lat = convert_datum(*one(place), source, target)
    assert (lon[0], lat[0]) == place


def test_what_is_no_place_stays_none() -> None:
    lon, lat = convert_datum(np.array([np.nan, 106.8]), np.array([39.6, np.inf]), "bd09", "wgs84")
    assert np.isnan(lon[0])
    assert np.isinf(lat[1])
    empty = convert_datum(np.zeros(0), np.zeros(0), "bd09", "wgs84")
    assert [len(part) for part in empty] == [0, 0]


def test_a_layer_is_converted_whatever_its_system_is() -> None:
    true = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(106.80, 39.66, 106.82, 39.68)], crs=4326)
    shifted = true.set_geometry(
        [shapely.transform(true.geometry[0], lambda xy: np.column_stack(convert_datum(*xy.T, "wgs84", "bd09")))]
    ).set_crs(4326)
    back = to_wgs84(shifted.to_crs(32648), "bd09")
    assert shapely.hausdorff_distance(back.geometry[0], true.geometry[0]) < 1e-8
    assert back.crs.to_epsg() == 4326


def test_rows_of_a_layer_keep_their_places_whatever_their_index() -> None:
    """The rows that are left of a larger table have numbers of their own."""
    west, east = (106.8, 39.6), (116.4, 39.9)
    shapes = [shapely.Point(*convert_datum(*one(place), "wgs84", "gcj02")) for place in (west, east)]
    layer = gpd.GeoDataFrame({"id": ["w", "e"]}, geometry=shapes, crs=4326).set_index(np.array([7, 3]))
    found = to_wgs84(layer, "gcj02")
    assert found.index.tolist() == [7, 3]
    assert found.crs == "EPSG:4326"
    for shape, place in zip(found.geometry, (west, east), strict=True):
        assert (shape.x, shape.y) == pytest.approx(place, abs=1e-9)
