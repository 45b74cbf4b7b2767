"""Who may walk where, by tags; and the same filter said a second time, on the real extract."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely

from planner.io.osm.extract import read_osm_streets
from planner.io.osm.walkable_tags import is_private, is_walkable

HELSINKI = Path(__file__).parents[2] / "data" / "helsinki" / "Helsinki.osm.pbf"


@pytest.mark.parametrize(
    ("tags", "walked"),
    [
        ({"highway": "footway"}, True),
        ({"highway": "primary"}, True),
        ({"highway": "trunk_link"}, True),
        ({"highway": "motorway"}, False),
        ({"highway": "motorway", "foot": "yes"}, False),
        ({"highway": "trunk", "motorroad": "yes"}, False),
        ({"highway": "construction", "foot": "designated"}, False),
        ({"highway": "proposed"}, False),
        ({"highway": "somebody's own class"}, False),
        ({"highway": "cycleway"}, True),
        ({"highway": "cycleway", "foot": "no"}, False),
        ({"highway": "residential", "foot": "private"}, False),
        ({"highway": "primary", "foot": "use_sidepath"}, False),
        ({"highway": "primary", "sidewalk": "separate"}, True),
        ({"highway": "service", "access": "private"}, False),
        ({"highway": "service", "access": "no"}, False),
        ({"highway": "service", "access": "no", "foot": "yes"}, True),
        ({"highway": "service", "access": "private", "foot": "permissive"}, True),
        ({"highway": "service", "access": "destination"}, True),
        ({"highway": "service", "service": "parking_aisle"}, True),
        ({"highway": "service", "tunnel": "yes"}, False),
        ({"highway": "service", "tunnel": "building_passage"}, True),
        ({"highway": "footway", "tunnel": "yes"}, True),
        ({"highway": "pedestrian", "area": "yes"}, True),
        ({"highway": "corridor"}, False),
        ({"highway": "corridor", "foot": "yes"}, True),
        ({"foot": "yes"}, False),
        ({}, False),
    ],
)
def test_who_may_walk_where(tags: dict[str, str], walked: bool) -> None:  # noqa: FBT001
    assert is_walkable(tags) is walked


def plainly_walkable(tags: dict[str, str]) -> bool:
    """Say the filter a second time, as a list of objections."""
    kind, foot = tags.get("highway"), tags.get("foot")
    roads = ["trunk", "primary", "secondary", "tertiary"]
    usual = ["footway", "pedestrian", "path", "steps", "track", "bridleway", "cycleway"]
    usual += ["living_street", "residential", "unclassified", "service", "road"]
    usual += [*roads, *(f"{road}_link" for road in roads)]
    if foot in ("yes", "designated", "permissive", "official"):
        return kind in [*usual, "busway", "bus_guideway", "corridor", "elevator", "platform"]
    objections = [
        kind not in usual,
        foot in ("no", "private", "use_sidepath"),
        tags.get("access") in ("no", "private", "military"),
        tags.get("motorroad") == "yes",
        kind == "service" and tags.get("tunnel") == "yes",
    ]
    return not any(objections)


def plainly_private(tags: dict[str, str]) -> bool:
    """Say once more what is private: walked on but for the word."""
    private = {("foot", "private"), ("access", "private")}
    opened = {key: value for key, value in tags.items() if (key, value) not in private}
    return not plainly_walkable(tags) and plainly_walkable(opened)


@pytest.mark.parametrize(
    ("tags", "private"),
    [
        ({"highway": "service", "access": "private"}, True),
        ({"highway": "footway", "foot": "private"}, True),
        ({"highway": "footway", "foot": "private", "access": "private"}, True),
        ({"highway": "service", "access": "private", "foot": "no"}, False),
        ({"highway": "service", "access": "no", "foot": "private"}, False),
        ({"highway": "service", "access": "private", "foot": "yes"}, False),
        ({"highway": "service", "access": "private", "tunnel": "yes"}, False),
        ({"highway": "trunk", "access": "private", "motorroad": "yes"}, False),
        ({"highway": "motorway", "access": "private"}, False),
        ({"highway": "corridor", "access": "private"}, False),
        ({"highway": "service", "access": "no"}, False),
        ({"highway": "service"}, False),
        ({"access": "private"}, False),
    ],
)
def test_which_ways_are_private(tags: dict[str, str], private: bool) -> None:  # noqa: FBT001
    assert is_private(tags) is private
    assert plainly_private(tags) is private


def test_helsinki_streets_agree_with_a_simple_pass() -> None:
    lines, private = {}, set()
    for found in osmium.FileProcessor(HELSINKI).with_locations():
        tags = dict(found.tags)
        if found.is_way() and (plainly_walkable(tags) or plainly_private(tags)):
            private |= {str(found.id)} if plainly_private(tags) else set()
            present = [place.location.valid() for place in found.nodes]
            pairs = sum(here and there for here, there in pairwise(present))
            lines[str(found.id)] = pairs
    expected = {ident for ident, pairs in lines.items() if pairs}
    streets = read_osm_streets(HELSINKI)
    # Squares have tests of their own; a way that stops at a gate has lost 10 cm but no vertex.
    streets = streets[~streets["square"] & ~streets["id"].str.startswith("r")]
    assert set(streets["id"]) == expected
    assert set(streets["id"][streets["access"] == "private"]) == expected & private
    assert len(expected & private) == 12
    assert streets["id"].is_unique
    assert 2_000 < len(streets) < 2_500
    assert streets["id"].astype(int).is_monotonic_increasing
    pairs = shapely.get_num_coordinates(streets.geometry.array) - shapely.get_num_geometries(
        streets.geometry.array
    )
    # Repeated places are dropped, so a line may have fewer segments than the way has pairs, never more.
    counted = np.array([lines[ident] for ident in streets["id"]])
    assert (pairs <= counted).all()
    assert (pairs == counted).mean() > 0.99
