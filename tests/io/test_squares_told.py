"""Squares that people walk round, because their entrances are too many or their outline is wrong, are told."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from test_osm import relation, way
from test_streets_told import at, city, keys

import planner
from planner.commands.check import describe_as_json
from planner.io.osm import squares as osm_squares
from planner.io.osm.extract import read_osm_street_data
from planner.io.osm.squares import MOST_PLACES

FIRST = 1000


def ring(count: int, *, x: float = 300.0, y: float = 300.0, radius: float = 80.0, first: int = FIRST) -> list[str]:
    """Return a round square's nodes, and as many streets of 20 m that end at them."""
    found = []
    for number in range(count):
        turn = 2 * math.pi * number / count
        for row, metres in ((number, radius), (5000 + number, radius + 20)):
            found.append(at(first + row, x + metres * math.cos(turn), y + metres * math.sin(turn)))
        found.append(way(first + number, [first + number, first + 5000 + number], highway="footway"))
    return found


def outline(count: int, ident: int, *, first: int = FIRST, **tags: str) -> str:
    nodes = [*range(first, first + count), first]
    return way(ident, nodes, **tags)


def told(file: Path) -> dict[str, dict[str, object]]:
    return keys(json.loads(describe_as_json(file)))


@pytest.mark.parametrize("drawn_as", ["way", "relation"])
def test_a_square_with_too_many_entrances_is_told_with_its_place_and_number(tmp_path: Path, drawn_as: str) -> None:
    count = MOST_PLACES + 10
    square = {"highway": "pedestrian"}
    if drawn_as == "way":
        objects = [outline(count, 77, area="yes", **square)]
    else:
        objects = [outline(count, 76), relation(77, [(76, "outer")], type="multipolygon", **square)]
    file = city(tmp_path, *ring(count), *objects)
    notice = told(file)["squares_many"]
    ident = "77" if drawn_as == "way" else "r77"
    assert notice["rows"] == [ident]
    assert f"1 square(s) have more than {MOST_PLACES}" in str(notice["en"])
    assert f"{ident}: {count} (" in str(notice["en"])
    assert f"{ident}: {count} (" in str(notice["zh"])
    # The toy city stands near 105° E, 39.65° N.
    lon, lat = str(notice["en"]).split(f": {count} (")[1].split(")")[0].split(", ")
    assert (float(lon), float(lat)) == pytest.approx((105.0, 39.6), abs=0.5)
    assert "squares_many" in {one.key for one in planner.run(file).notices}


def test_at_the_limit_a_square_is_crossed_and_one_more_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osm_squares, "MOST_PLACES", 12)
    for count, found in ((12, []), (13, [("77", "many", 13)])):
        folder = tmp_path / str(count)
        folder.mkdir()
        city(folder, *ring(count), outline(count, 77, highway="pedestrian", area="yes"))
        walk = read_osm_street_data(folder / "city.osm")
        assert [(one.id, one.reason, one.places) for one in walk.uncrossed.itertuples()] == found
        assert ("77 across" in set(walk.streets["id"])) == (count == 12)


def test_a_tangled_outline_is_told_and_one_without_entrances_is_not(tmp_path: Path) -> None:
    bow = way(77, [FIRST, FIRST + 2, FIRST + 1, FIRST + 3, FIRST], highway="pedestrian", area="yes")
    lonely = [at(9000 + row, 600 + 10 * row, 300 + 10 * (row % 2)) for row in range(3)]
    alone = way(78, [9000, 9001, 9002, 9000], highway="pedestrian", area="yes")
    found = told(city(tmp_path, *ring(4), bow, *lonely, alone))
    assert found["squares_tangled"]["rows"] == ["77"]
    assert "squares_many" not in found


def test_several_squares_are_one_notice_and_far_ones_none(tmp_path: Path) -> None:
    count = MOST_PLACES + 1
    far = ring(count, x=60_000.0, first=20_000)
    objects = [
        *ring(count),
        outline(count, 77, highway="pedestrian", area="yes"),
        *ring(count, x=500.0, y=250.0, first=40_000),
        outline(count, 78, first=40_000, highway="pedestrian", area="yes"),
        *far,
        outline(count, 79, first=20_000, highway="pedestrian", area="yes"),
    ]
    notice = told(city(tmp_path, *objects))["squares_many"]
    assert notice["rows"] == ["77", "78"]


def test_an_extract_whose_squares_are_crossed_says_nothing(tmp_path: Path) -> None:
    found = told(city(tmp_path, *ring(6), outline(6, 77, highway="pedestrian", area="yes")))
    assert not {key for key in found if key.startswith("squares_")}
