"""Damage inside what is packed, and encodings that nobody knows: refused in words, by every reader."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
from damaged_inputs import all_samples
from input_samples import Sample

from planner.config.sections.layers import Layer
from planner.io.layers import read_layer
from planner.messages.errors import DataError
from planner.schemas.tables import BUILDINGS, DEMAND, STREETS

SCHEMAS = {"streets": STREETS, "buildings": BUILDINGS, "people": DEMAND}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return dict(all_samples(tmp_path_factory.mktemp("made") / "sound"))


def refusal(path: Path, content: bytes, reads: str) -> str:
    path.write_bytes(content)
    with pytest.raises(DataError) as told:
        read_layer(path, Layer(path=path), setting=f"inputs.{reads}", schema=SCHEMAS[reads])
    return told.value.in_words("en")


@pytest.mark.parametrize(
    "name",
    [
        "toy-streets.osm.gz",
        "toy-buildings.osm.gz",
        "toy-people.csv.gz",
        "toy-streets.geojson.gz",
        "toy-people.shp.zip",
        "toy-people.kmz",
    ],
)
def test_turned_bits_inside_what_is_packed(tmp_path: Path, sound: dict[str, Sample], name: str) -> None:
    sample = sound[name]
    (file,) = sample.files
    whole = sample.files[file]
    # Behind the head of gzip, and in every eighth of the stream: what breaks differs with the place.
    for part in range(1, 8):
        at = len(whole) * part // 8
        harmed = whole[:at] + bytes(byte ^ 0xFF for byte in whole[at : at + 12]) + whole[at + 12 :]
        assert "cannot be" in refusal(tmp_path / file, harmed, sample.reads), part


def test_turned_bits_inside_bz2(tmp_path: Path, sound: dict[str, Sample]) -> None:
    whole = bz2.compress(sound["toy-streets.osm"].files["x.osm"])
    harmed = whole[:200] + b"\xff\0\xff\0" + whole[204:]
    assert "cannot be read" in refusal(tmp_path / "x.osm.bz2", harmed, "streets")


@pytest.mark.parametrize("encoding", ["UTN-8", "x-nothing", "latin-99"])
@pytest.mark.parametrize("name", ["streets.osm", "streets.osm.xml", "streets.osm.gz", "people.kml", "people.gml"])
def test_an_encoding_that_nobody_knows(tmp_path: Path, sound: dict[str, Sample], name: str, encoding: str) -> None:
    sample = sound[f"toy-{name}"]
    file, whole = next(iter(sample.files.items()))
    is_packed = file.endswith(".gz")
    text = gzip.decompress(whole) if is_packed else whole
    assert b"UTF-8" in text[:100] or b"utf-8" in text[:100]
    harmed = text.replace(b"utf-8", b"UTF-8", 1).replace(b"UTF-8", encoding.encode(), 1)
    said = refusal(tmp_path / file, gzip.compress(harmed) if is_packed else harmed, sample.reads)
    assert "cannot be" in said


def test_a_graph_in_an_encoding_that_nobody_knows(tmp_path: Path, sound: dict[str, Sample]) -> None:
    whole = sound["toy-streets.graphml"].files["x.graphml"]
    assert b"utf-8" in whole[:60]
    assert "unknown encoding" in refusal(tmp_path / "x.graphml", whole.replace(b"utf-8", b"UTN-8", 1), "streets")


def test_an_extract_says_which_encoding(tmp_path: Path, sound: dict[str, Sample]) -> None:
    whole = sound["toy-streets.osm"].files["x.osm"]
    said = refusal(tmp_path / "x.osm", whole.replace(b"UTF-8", b"UTN-8", 1), "streets")
    assert "unknown encoding: UTN-8" in said
