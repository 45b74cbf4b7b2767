"""Forms of extracts: places on ways, answers of Overpass in XML and JSON, files that grow without measure."""

from __future__ import annotations

import bz2
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from test_osm import LINE, relation, square, way, write

from planner.config.sections.layers import Layer
from planner.io.layers import read_layer
from planner.io.osm import raw_files
from planner.io.osm.extract import (
    read_osm_building_areas,
    read_osm_buildings,
    read_osm_street_data,
    read_osm_streets,
)
from planner.io.osm.raw_files import ALWAYS_BYTES, read_unpacked
from planner.messages.errors import DataError
from planner.schemas.tables import BARRIERS, STREETS, WATER

CASES = Path(__file__).parents[1] / "cases" / "osm-locations-on-ways"


@pytest.mark.parametrize("name", ["no-nodes.osm.pbf", "some-nodes.osm.pbf"])
def test_places_on_ways_are_read(name: str) -> None:
    """`osmium add-locations-to-ways` drops nodes without tags: the street is 800 m long all the same."""
    streets = read_osm_streets(CASES / name)
    assert streets.to_crs(32648).length.sum() == pytest.approx(800, abs=1)
    assert len(streets.geometry[0].coords) == 9


def test_crossings_of_nodes_that_were_kept_still_count() -> None:
    walk = read_osm_street_data(CASES / "some-nodes.osm.pbf")
    assert walk.gaps.empty


def on_nodes(number: int, *places: tuple[float, float], refs: bool, **tags: str) -> str:
    inside = "".join(
        f'<nd {f"""ref="{row}" """ if refs else ""}lat="{y}" lon="{x}"/>'
        for row, (x, y) in enumerate(places, start=1)
    )
    body = way(number, [], **tags)
    return body.replace(">", f"><bounds minlat='0' minlon='0' maxlat='1' maxlon='1'/>{inside}", 1)


@pytest.mark.parametrize("refs", [True, False])
def test_overpass_xml_with_geometry(tmp_path: Path, refs: bool) -> None:  # noqa: FBT001
    file = write(
        tmp_path,
        on_nodes(1, (0, 0), (0.01, 0), refs=refs, highway="path"),
        on_nodes(2, (0, 0), (0.01, 0.01), refs=refs, highway="path") if not refs else "",
    )
    walk = read_osm_street_data(file)
    assert walk.streets.geometry[0].wkt == "LINESTRING (0 0, 0.01 0)"
    assert walk.source.unnamed is not refs


def test_a_relation_that_draws_its_members(tmp_path: Path) -> None:
    """`out geom` of a relation alone: its ways are drawn inside it."""
    corners = [(0, 0), (0.01, 0), (0.01, 0.01), (0, 0)]
    inside = "".join(f'<nd lat="{y}" lon="{x}"/>' for x, y in corners)
    building = relation(3, [(9, "outer")], type="multipolygon", building="yes")
    file = write(tmp_path, building.replace("/><tag", f">{inside}</member><tag", 1))
    assert shapely.area(read_osm_buildings(file).geometry.array).tolist() == pytest.approx([0.00005])
    elements = [
        {
            "type": "relation",
            "id": 3,
            "tags": {"type": "multipolygon", "building": "yes"},
            "members": [
                {
                    "type": "way",
                    "ref": 9,
                    "role": "outer",
                    "geometry": [{"lat": y, "lon": x} for x, y in corners],
                }
            ],
        }
    ]
    assert shapely.area(read_osm_buildings(answer(tmp_path, elements)).geometry.array).tolist() == pytest.approx(
        [0.00005]
    )


def answer(folder: Path, elements: list[dict[str, Any]], name: str = "answer.json") -> Path:
    file = folder / name
    content = {"version": 0.6, "generator": "Overpass API", "osm3s": {"copyright": "ODbL"}, "elements": elements}
    file.write_text(json.dumps(content), "utf-8")
    return file


def drawn(*places: tuple[float, float]) -> list[dict[str, float]]:
    return [{"lat": y, "lon": x} for x, y in places]


FORMS: dict[str, list[dict[str, Any]]] = {
    "out body": [
        {"type": "node", "id": 1, "lat": 0, "lon": 0},
        {"type": "node", "id": 2, "lat": 0, "lon": 0.01},
        {"type": "way", "id": 7, "nodes": [1, 2], "tags": {"highway": "path"}},
    ],
    "out geom": [
        {
            "type": "way",
            "id": 7,
            "nodes": [1, 2],
            "geometry": drawn((0, 0), (0.01, 0)),
            "tags": {"highway": "path"},
        }
    ],
    "without ids": [{"type": "way", "id": 7, "geometry": drawn((0, 0), (0.01, 0)), "tags": {"highway": "path"}}],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["a.json", "a.osm.json", "a.geojson"])
def test_overpass_json(tmp_path: Path, form: str, name: str) -> None:
    file = answer(tmp_path, FORMS[form], name)
    found = read_layer(file, Layer(path=file), setting="inputs.streets", schema=STREETS)
    assert found.frame.geometry[0].wkt == "LINESTRING (0 0, 0.01 0)"
    assert [notice.key for notice in found.notices] == (["osm_unnamed_nodes"] if form == "without ids" else [])


@pytest.mark.parametrize(
    "content",
    [
        '{"elements": 3, "osm3s": {}}',
        '{"osm3s": {}}',
        '{"osm3s": {}, "elements": ' + "[" * 100_000,
        '{"osm3s": {}, "elements": [{"type": "planet", "id": 1}]}',
        '{"osm3s": {}, "elements": [{"type": "way"}]}',
        '{"osm3s": {}, "elements": [{"type": "node", "id": 99999999999999999999999, "lat": 0, "lon": 0}]}',
    ],
)
def test_json_that_is_no_answer_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "answer.json"
    file.write_text(content, "utf-8")
    with pytest.raises(DataError) as caught:
        read_osm_streets(file)
    assert [issue.key for issue in caught.value.issues] == ["unreadable_file"]


def test_ways_without_any_place_are_refused_with_what_to_do(tmp_path: Path) -> None:
    elements = [{"type": "way", "id": 7, "nodes": [1, 2], "tags": {"highway": "path"}}]
    for file in (answer(tmp_path, elements), write(tmp_path, way(7, [1, 2], highway="path"))):
        with pytest.raises(DataError, match="out geom"):
            read_osm_streets(file)


def test_water_and_barriers_are_read_as_such(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *square(10, 0, 0, 0.01),
        *LINE,
        way(1, [10, 11, 12, 13, 10], natural="water"),
        way(2, [1, 2], railway="rail"),
        way(3, [2, 3], highway="path"),
    )
    for schema, ids in ((WATER, ["w1"]), (BARRIERS, ["w2"])):
        found = read_layer(file, Layer(path=file), setting=f"inputs.{schema.name}", schema=schema)
        assert found.frame["id"].tolist() == ids


def test_missing_nodes_are_counted_with_their_place(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *[one for number, one in enumerate(LINE, start=1) if number not in (3, 7)],
        way(1, [1, 2, 3, 4, 5], highway="path"),
        way(2, [5, 6, 7], highway="path"),
        way(3, [90, 91], highway="path"),
        way(4, [90, 91], highway="motorway"),
    )
    gaps = read_osm_street_data(file).gaps
    assert gaps[["id", "nodes"]].values.tolist() == [["w1", 1], ["w2", 1], ["w3", 2]]
    assert [None if place is None else place.wkt for place in gaps.geometry] == [
        "LINESTRING (0.02 0, 0.04 0)",
        "POINT (0.06 0)",
        None,
    ]


def test_squares_and_buildings_that_lack_members_are_told(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        *square(10, 0, 0, 0.01),
        way(1, [10, 11, 12, 13, 10]),
        relation(5, [(1, "outer"), (2, "inner")], type="multipolygon", highway="pedestrian"),
        relation(6, [(1, "outer"), (2, "inner")], type="multipolygon", building="yes"),
        way(3, [10, 11, 99, 10], building="yes"),
    )
    assert read_osm_street_data(file).gaps["id"].tolist() == ["r5"]
    _, gaps, _ = read_osm_building_areas(file)
    assert gaps["id"].tolist() == ["w3", "r6"]


# files that grow


def blob(kind: bytes, content: bytes, size: int) -> bytes:
    """Return a blob of a PBF that says how large its content is when it is unpacked."""

    def number(value: int) -> bytes:
        out = b""
        while value > 0x7F:
            out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
        return out + bytes([value])

    body = b"\x10" + number(size) + b"\x1a" + number(len(content)) + content
    head = b"\x0a" + number(len(kind)) + kind + b"\x18" + number(len(body))
    return len(head).to_bytes(4, "big") + head + body


LIMIT_BYTES = 4 * 2**20
"""A sixteenth of `ALWAYS_BYTES`, which the files need only just exceed."""


def bombs() -> dict[str, bytes]:
    spaces, start = b" " * 2**18, b'<?xml version="1.0"?><osm version="0.6"><!--'
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    one = packer.compress(start) + b"".join(packer.compress(spaces) for _ in range(18))
    one += packer.compress(b"--></osm>") + packer.flush()
    nodes = b"".join(b'<node id="%d" lat="0" lon="0"/>' % number for number in range(10))
    packed = zlib.compress(b"\0" * 2**20, 9)
    return {
        "comment.osm.gz": one,
        "members.osm.gz": gzip.compress(start) + gzip.compress(spaces) * 18 + gzip.compress(b"--></osm>"),
        "nodes.osm.bz2": bz2.compress(b'<osm version="0.6">') + bz2.compress(nodes * 3_000) * 5,
        "zeros.osm.pbf": blob(b"OSMHeader", zlib.compress(b""), 0) + blob(b"OSMData", packed, 2**20) * 5,
    }


def test_files_that_grow_without_measure_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ALWAYS_BYTES == 16 * LIMIT_BYTES
    monkeypatch.setattr(raw_files, "ALWAYS_BYTES", LIMIT_BYTES)
    for name, content in bombs().items():
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(DataError) as caught:
            read_osm_streets(file)
        assert [issue.key for issue in caught.value.issues] == ["grows_unpacking"], name


def test_a_large_real_file_is_no_bomb(tmp_path: Path) -> None:
    """What real files hold packs to a half or a twentieth."""
    content = np.random.default_rng(1).bytes(35 * 2**20).hex().encode()
    file = tmp_path / "large.osm.gz"
    file.write_bytes(gzip.compress(content, compresslevel=1))
    assert sum(map(len, read_unpacked(file))) == len(content) > ALWAYS_BYTES
