"""Places are named by the nearest crossing of named streets, as one reads it off the map."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from planner.messages.catalogue import Texts
from planner.reporting.place_names import place_names
from planner.schemas.tables import Streets

CRS = "EPSG:32648"


def grid(side_m: float = 400.0, count: int = 4) -> Streets:
    """Return streets `W0`, `W1`, … from west to east and `N0`, … northwards, joined at their crossings."""
    ways = np.arange(count) * side_m
    lines = [[(x, y) for x in ways] for y in ways] + [[(x, y) for y in ways] for x in ways]
    names = [f"W{n}" for n in range(count)] + [f"N{n}" for n in range(count)]
    return Streets(gpd.GeoDataFrame({"name": names}, geometry=shapely.linestrings(lines), crs=CRS))


def named(*spots: tuple[float, float], streets: Streets | None = None, language: str = "en") -> list[str]:
    given = grid() if streets is None else streets
    return place_names(gpd.GeoSeries(shapely.points(spots), crs=CRS), given, Texts(language))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spot", "name"),
    [
        ((400, 400), "N1 at W1"),
        ((410, 405), "N1 at W1"),
        ((460, 400), "N1 at W1, 60 m east"),
        ((440, 440), "N1 at W1, 60 m northeast"),
        ((400, 337), "N1 at W1, 60 m south"),
        ((330, 402), "N1 at W1, 70 m west"),
        ((-120, -120), "N0 at W0, 170 m southwest"),
        # No crossing within 300 m, but a street within 150 m; neither.
        ((1340, 1430), "W3"),
        ((1800, 1800), ""),
    ],
)
def test_a_place_is_named_from_its_crossing(spot: tuple[float, float], name: str) -> None:
    streets = grid()
    if name == "W3":
        long = shapely.LineString([(1200, 1200), (1200, 1430), (1900, 1430)])
        streets = Streets(gpd.GeoDataFrame({"name": ["W3"]}, geometry=[long], crs=CRS))
    assert named(spot, streets=streets) == [name]


def test_chinese_names_put_the_direction_behind() -> None:
    streets = grid()
    streets["name"] = streets["name"].replace({"W1": "青山街", "N1": "海拉路"})
    assert named((460, 400), streets=streets, language="zh") == ["海拉路与青山街路口东 60 米"]


def test_random_places_have_the_crossing_that_is_nearest() -> None:
    rng = np.random.default_rng(1)
    spots = rng.uniform(0, 1200, (200, 2))
    for (x, y), name in zip(spots, named(*map(tuple, spots)), strict=True):
        column, row = round(x / 400), round(y / 400)
        assert name.startswith(f"N{column} at W{row}"), (x, y)


def test_names_do_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(2)
    spots = [*map(tuple, rng.uniform(-200, 1400, (100, 2))), (200, 200), (600, 600), (200, 600)]
    streets = grid()
    turned = Streets(streets.iloc[::-1])
    assert named(*spots, streets=streets) == named(*spots, streets=turned)


def test_without_names_or_places_there_is_nothing_to_name() -> None:
    nameless = grid()
    nameless["name"] = ""
    assert named((400, 400), streets=nameless) == [""]
    assert place_names(gpd.GeoSeries([], crs=CRS), grid(), Texts("en")) == []
