"""Objects of an extract that are not there: deleted, invisible, old versions, histories, changes."""

from __future__ import annotations

import bz2
import gzip
import shutil
from pathlib import Path

import osmium
import pytest
from osmium.osm import mutable
from test_osm import LINE, node, relation, square, way, write

from planner.io.osm.extract import (
    read_osm_barriers,
    read_osm_buildings,
    read_osm_points,
    read_osm_street_data,
    read_osm_streets,
    read_osm_water,
)
from planner.messages.errors import DataError

HISTORY = Path(__file__).parents[1] / "cases" / "history.osh.pbf"

GONE = {
    "JOSM": ' action="delete"',
    "JOSM, with a version": ' version="4" action="delete"',
    "invisible": ' version="2" visible="false"',
    "invisible, in capitals": ' version="2" visible="False"',
}


def marked(element: str, mark: str) -> str:
    """Return an element with further attributes."""
    kind = element[1:].split(" ", 1)[0]
    return element.replace(f"<{kind}", f"<{kind}{mark}", 1)


@pytest.mark.parametrize("mark", GONE.values(), ids=GONE.keys())
@pytest.mark.parametrize("packing", ["osm", "osm.gz", "osm.bz2", "osm.xml"])
def test_a_deleted_street_is_not_walked(tmp_path: Path, mark: str, packing: str) -> None:
    ways = [way(1, [1, 2], highway="residential"), marked(way(2, [2, 3], highway="residential"), mark)]
    plain = write(tmp_path, *LINE, *ways)
    content = plain.read_bytes()
    packed = {"osm.gz": gzip.compress, "osm.bz2": bz2.compress}.get(packing, bytes)(content)
    file = tmp_path / f"other.{packing}"
    file.write_bytes(packed)
    walk = read_osm_street_data(file)
    assert walk.streets["id"].tolist() == ["1"]
    assert (walk.source.deleted, walk.source.older) == (1, 0)


@pytest.mark.parametrize("mark", GONE.values(), ids=GONE.keys())
def test_nothing_that_is_deleted_is_read(tmp_path: Path, mark: str) -> None:
    """Buildings, squares as relations, gates, shops, barriers and water alike."""
    things = [
        *square(10, 0.02, 0.02, 0.01),
        *square(20, 0.04, 0.04, 0.01),
        *LINE,
        way(1, [1, 2, 3], highway="residential"),
        way(2, [10, 11, 12, 13, 10]),
    ]
    gone = [
        node(2, 0.02, 0.0, barrier="wall"),
        node(50, 0.03, 0.03, shop="bakery"),
        way(3, [20, 21, 22, 23, 20], building="yes"),
        way(4, [20, 21, 22, 23, 20], natural="water"),
        way(5, [4, 5], barrier="fence"),
        relation(6, [(2, "outer")], type="multipolygon", highway="pedestrian"),
    ]
    there = write(tmp_path, *[one for one in things if one != LINE[1]], *gone, name="there.osm")
    assert len(read_osm_street_data(there).gates) == 1
    assert [len(read(there)) for read in (read_osm_buildings, read_osm_water, read_osm_barriers)] == [1, 1, 1]
    assert len(read_osm_points(there, ("shop",))) == 1
    assert "r6" in read_osm_streets(there)["id"].tolist()
    file = write(tmp_path, *things, *[marked(one, mark) for one in gone[1:]])
    walk = read_osm_street_data(file)
    assert walk.streets["id"].tolist() == ["1"]
    assert [len(read(file)) for read in (read_osm_buildings, read_osm_water, read_osm_barriers)] == [0, 0, 0]
    assert read_osm_points(file, ("shop",)).empty


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(
    ("old", "new", "walked"),
    [
        ({"highway": "residential"}, {"highway": "construction"}, []),
        ({"highway": "construction"}, {"highway": "residential"}, ["1"]),
        ({"highway": "residential"}, {"building": "yes"}, []),
        ({"highway": "path", "foot": "no"}, {"highway": "path"}, ["1"]),
    ],
)
def test_of_two_versions_the_newest_counts(
    tmp_path: Path,
    old: dict[str, str],
    new: dict[str, str],
    walked: list[str],
    newest_first: bool,  # noqa: FBT001
) -> None:
    versions = [
        marked(way(1, [1, 2], **old), ' version="1"'),
        marked(way(1, [1, 2], **new), ' version="12"'),
    ]
    file = write(tmp_path, *LINE, *(reversed(versions) if newest_first else versions))
    walk = read_osm_street_data(file)
    assert walk.streets["id"].tolist() == walked
    assert (walk.source.deleted, walk.source.older) == (0, 1)


def test_a_node_that_was_moved_is_where_its_newest_version_is(tmp_path: Path) -> None:
    old, new = marked(node(2, 0.02, 0.0), ' version="1"'), marked(node(2, 0.03, 0.0), ' version="2"')
    for nodes in ((old, new), (new, old)):
        file = write(tmp_path, LINE[0], *nodes, way(1, [1, 2], highway="path"))
        assert read_osm_streets(file).geometry[0].coords[1] == (0.03, 0.0)


def test_a_street_that_came_back_is_walked(tmp_path: Path) -> None:
    gone = marked(way(1, [1, 2], highway="path"), ' version="2" visible="false"')
    back = marked(way(1, [1, 3], highway="path"), ' version="3" visible="true"')
    file = write(tmp_path, *LINE, back, gone)
    assert read_osm_streets(file).geometry[0].coords[1] == (0.03, 0.0)


def test_versions_in_a_pbf(tmp_path: Path) -> None:
    """Joined extracts repeat objects; where one is newer, it counts, wherever it stands."""
    file = tmp_path / "joined.osm.pbf"
    with osmium.SimpleWriter(file) as writer:
        for number in (1, 2, 3):
            writer.add_node(mutable.Node(id=number, version=1, location=(number / 100, 0.0)))
        writer.add_way(mutable.Way(id=7, version=3, nodes=[1, 2], tags={"highway": "construction"}))
        writer.add_way(mutable.Way(id=7, version=2, nodes=[1, 2], tags={"highway": "residential"}))
        writer.add_way(mutable.Way(id=8, version=1, nodes=[2, 3], tags={"highway": "path"}))
    walk = read_osm_street_data(file)
    assert walk.streets["id"].tolist() == ["8"]
    assert walk.source.older == 1


@pytest.mark.parametrize("name", ["h.osh.pbf", "renamed.osm.pbf", "h.osh", "h.osh.gz", "h.osh.bz2"])
def test_histories_are_refused_by_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    shutil.copy(HISTORY, file)
    for read in (read_osm_streets, read_osm_buildings):
        with pytest.raises(DataError) as caught:
            read(file)
        assert [issue.key for issue in caught.value.issues] == ["osm_history"]


CHANGES = {
    "osmChange": '<osmChange version="0.6"><modify>{}</modify></osmChange>',
    "delete": '<!-- a day --><osmChange version="0.6"><delete>{}</delete></osmChange>',
    "augmented": '<osm version="0.6"><action type="modify"><old>{}</old><new>{}</new></action></osm>',
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["day.osm", "day.osm.gz", "day.xml", "day.osc"])
def test_changes_under_any_name_are_refused(tmp_path: Path, change: str, name: str) -> None:
    street = way(1, [1, 2], highway="path")
    content = CHANGES[change].replace("{}", "".join(LINE) + street).encode()
    file = tmp_path / name
    file.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with pytest.raises(DataError) as caught:
        read_osm_streets(file)
    assert [issue.key for issue in caught.value.issues] == ["osm_change"]
