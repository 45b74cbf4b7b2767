"""Row labels of Parquet files, NUL in extracts, workbooks on a full disk: what damaged inputs showed."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import toy

from planner.config.sections.layers import Layer
from planner.io.layers import read_layer
from planner.io.osm.responses import is_valid_answer
from planner.messages.errors import DataError
from planner.reporting.tables.workbook import Sheet, write_workbook
from planner.schemas.tables import BUILDINGS, COMMUNITIES, PEOPLE_TABLE, STREETS, TableSchema


def read(path: Path, schema: TableSchema) -> gpd.GeoDataFrame:  # type: ignore[type-arg]
    return read_layer(path, Layer(path=path), setting=f"inputs.{schema.name}", schema=schema).frame


def test_labels_that_repeat_are_no_fault(tmp_path: Path) -> None:
    twice = toy.layers()["communities"].iloc[[0, 1, 0]].assign(id=["W", "E", "X"], name=["West", None, "Twice"])
    twice.to_parquet(tmp_path / "c.parquet")
    found = read(tmp_path / "c.parquet", COMMUNITIES)
    assert found.index.tolist() == [0, 1, 2]
    assert found["id"].tolist() == ["W", "E", "X"]


@pytest.mark.parametrize("labels", [["id"], ["id", "name"], ["street"]])
def test_labels_that_have_a_name_are_columns(tmp_path: Path, labels: list[str]) -> None:
    whole = toy.layers()["communities"]
    whole.set_index(labels).to_parquet(tmp_path / "c.parquet")
    found = read(tmp_path / "c.parquet", COMMUNITIES)
    rows = whole[["id", "name", "street"]].to_numpy().tolist()
    assert found[["id", "name", "subdistrict"]].to_numpy().tolist() == rows


def test_labels_of_a_table_without_places(tmp_path: Path) -> None:
    table = pd.DataFrame({"community": ["W", "E"], "people": [3, 4]}, index=[7, 7])
    table.to_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet", PEOPLE_TABLE)["people"].tolist() == [3, 4]
    table.set_index("community").to_parquet(tmp_path / "b.parquet")
    assert read(tmp_path / "b.parquet", PEOPLE_TABLE)["community"].tolist() == ["W", "E"]


NODES = [{"type": "node", "id": n, "lat": 39.6 + n / 1e4, "lon": 106.8, "tags": {}} for n in (1, 2, 3)]
WAY = {"type": "way", "id": 1, "nodes": [1, 2, 3], "tags": {"highway": "residential", "name": "A"}}
MEMBER = {"type": "way", "ref": 1, "role": "outer"}
WITH_NUL = {
    "value": [*NODES, {**WAY, "tags": {"highway": "residential", "name": "A\0B"}}],
    "value_alone": [*NODES, {**WAY, "tags": {"highway": "residential", "name": "\0"}}],
    "key": [*NODES, {**WAY, "tags": {"highway": "residential", "\0name": "A"}}],
    "node": [{**NODES[0], "tags": {"barrier": "gate\0"}}, *NODES[1:], WAY],
    "role": [
        *NODES,
        WAY,
        {"type": "relation", "id": 1, "members": [{**MEMBER, "role": "\0"}], "tags": {"a": "b"}},
    ],
}


@pytest.mark.parametrize("place", WITH_NUL)
@pytest.mark.parametrize("schema", [STREETS, BUILDINGS], ids=["streets", "buildings"])
def test_an_answer_with_nul_is_refused(tmp_path: Path, place: str, schema: TableSchema) -> None:  # type: ignore[type-arg]
    """It ended the process: a segmentation fault in the writer of extracts."""
    (tmp_path / "x.json").write_text(json.dumps({"osm3s": {}, "elements": WITH_NUL[place]}), "utf-8")
    with pytest.raises(DataError, match="NUL"):
        read(tmp_path / "x.json", schema)
    assert not is_valid_answer({"elements": WITH_NUL[place]})


def test_without_nul_it_is_read(tmp_path: Path) -> None:
    sound = {"osm3s": {}, "elements": [*NODES, WAY]}
    assert is_valid_answer(sound)
    (tmp_path / "x.json").write_text(json.dumps(sound), "utf-8")
    assert len(read(tmp_path / "x.json", STREETS)) == 1


def test_a_workbook_that_cannot_be_written_is_the_disks_fault(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_workbook([Sheet("A", (), ())], tmp_path / "nowhere" / "x.xlsx", title="T")
    with pytest.raises(OSError, match="No space left on device"):
        write_workbook([Sheet("A", (), ())], Path("/dev/full"), title="T")
