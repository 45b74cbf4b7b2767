"""What a spatial file says of itself: systems that nobody knows, answers that broke off, lines not built yet."""

from __future__ import annotations

import bz2
import json
from pathlib import Path

import pytest
from phrases import phrase
from test_line_layers import lines, read, save
from test_osm import LINE, way, write

from planner.config.sections.layers import Layer
from planner.io.layers import read_layer
from planner.io.osm.extract import read_osm_street_data
from planner.messages.errors import DataError
from planner.schemas.tables import GATES

TIMED_OUT = 'runtime error: Query timed out in "query" at line 3 after 26 seconds.'
STREET = way(1, [1, 2, 3], highway="residential")


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_in_xml_that_broke_off_is_refused(tmp_path: Path, packed: bool) -> None:  # noqa: FBT001
    file = write(tmp_path, *LINE, STREET, f"<remark> {TIMED_OUT} </remark>")
    if packed:
        content = bz2.compress(file.read_bytes())
        file = tmp_path / "made.osm.bz2"
        file.write_bytes(content)
    with pytest.raises(DataError, match="timed out.*" + phrase("errors.osm_incomplete")):
        read_osm_street_data(file)


@pytest.mark.parametrize(
    "remark", [TIMED_OUT, "runtime error: Query run out of memory using about 2048 MB of RAM.", "Timed out"]
)
def test_an_answer_in_json_that_broke_off_is_refused(tmp_path: Path, remark: str) -> None:
    nodes = [{"type": "node", "id": number, "lon": number / 100, "lat": 0} for number in (1, 2)]
    street = {"type": "way", "id": 1, "nodes": [1, 2], "tags": {"highway": "path"}}
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"elements": [*nodes, street], "remark": remark}), "utf-8")
    with pytest.raises(DataError, match=phrase("errors.osm_incomplete")):
        read_osm_street_data(file)
    file.write_text(json.dumps({"elements": [*nodes, street]}), "utf-8")
    assert len(read_osm_street_data(file).streets) == 1


def test_a_note_is_no_fault(tmp_path: Path) -> None:
    assert len(read_osm_street_data(write(tmp_path, "<note>errors: none</note>", *LINE, STREET)).streets) == 1


def gates(folder: Path, system: object, ending: str) -> Path:
    place = {"type": "Point", "coordinates": [106.8, 39.6]}
    feature = {"type": "Feature", "properties": {"id": "G", "open": "yes"}, "geometry": place}
    file = folder / f"gates{ending}"
    text = json.dumps({"type": "FeatureCollection", "crs": system, "features": [feature]}, ensure_ascii=False)
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize("name", ["GCJ-02", "西安80", "EPSG:999999", "Xian 1980", "CGCS2000_3_Degree_GK_CM_105E"])
def test_a_system_that_is_not_known_is_refused(tmp_path: Path, name: str) -> None:
    """GDAL takes such degrees for those of WGS-84: Xian 80 lies some 50 to 300 m beside it."""
    file = gates(tmp_path, {"type": "name", "properties": {"name": name}}, ".geojson")
    found = read_layer(file, Layer(path=file), setting="inputs.gates", schema=GATES)
    assert [issue.key for issue in found.issues] == ["unknown_system"]
    assert found.issues[0].values["name"] == name
    stated = read_layer(file, Layer(path=file, crs="EPSG:4490"), setting="inputs.gates", schema=GATES)
    assert not stated.issues
    assert stated.frame.crs.to_epsg() == 4490


@pytest.mark.parametrize(
    "name", ["EPSG:4490", "urn:ogc:def:crs:EPSG::4610", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", None]
)
def test_a_system_that_is_known_is_read(tmp_path: Path, name: str | None) -> None:
    system = None if name is None else {"type": "name", "properties": {"name": name}}
    file = gates(tmp_path, system, ".json")
    found = read_layer(file, Layer(path=file), setting="inputs.gates", schema=GATES)
    assert not found.issues
    digits = (name or "").rpartition(":")[2]
    assert found.frame.crs.to_epsg() == (int(digits) if digits.isdigit() else 4326)


@pytest.mark.parametrize(
    ("words", "walked"),
    [
        (["在建", "已建成", "规划", "现状"], [False, True, False, True]),
        (["Under construction", "existing", "proposed", "open"], [False, True, False, True]),
        (["正常", "正常", "已拆除", ""], [True, True, False, True]),
    ],
)
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "csv"])
def test_lines_that_are_not_built_are_left_out(
    tmp_path: Path, ending: str, words: list[object], walked: list[bool]
) -> None:
    found = read(save(lines(道路等级=["支路"] * 4, 建设情况=words), tmp_path, ending))
    assert len(found.frame) == sum(walked)
    assert "建设情况" not in [one.column for one in found.unread]


@pytest.mark.parametrize("name", ["RTEG", "DLDJ", "用地", "att_1"])
def test_a_column_of_any_name_is_the_class_by_its_words(tmp_path: Path, name: str) -> None:
    found = read(save(lines(**{name: ["高速", "国道", "县道", "铁路"]}), tmp_path, "gpkg"))
    assert len(found.frame) == 2
    assert found.notes.left_out is not None
    assert sorted(found.notes.left_out["word"]) == ["铁路", "高速"]


@pytest.mark.parametrize(
    "columns",
    [
        {"路名": ["高速公路北街", "铁路南巷", "河道东路"]},
        {"备注": ["施工", "请核实", "见图"]},
        {"状态": ["规划", "待核", "未知情况"]},
        {"编号": ["高速", "A2", "A3", "A4"]},
    ],
)
def test_names_and_notes_leave_no_line_out(tmp_path: Path, columns: dict[str, list[object]]) -> None:
    assert len(read(save(lines(**columns), tmp_path, "gpkg")).frame) == len(next(iter(columns.values())))
