"""A small fixed slice of `explore/damaged_inputs.py`: no damaged input ends in a traceback, an abort or a wait."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from damaged_inputs import Damage, Worker, all_samples, damages, explore, main_code, put, read
from input_samples import Sample

from planner.io.formats import RASTERS, endings_of

LIKE = dict(
    [
        *((".json", ".geojson"), (".geojsons", ".geojsonl"), (".ndjson", ".geojsonl"), (".shz", ".shp.zip")),
        *((".zip", ".shp.zip"), (".gdb", ".gdb.zip"), (".tsv.gz", ".csv.gz"), (".txt.gz", ".csv.gz")),
        *((".pbf", ".osm.pbf"), (".xml", ".osm.xml"), (".osm.bz2", ".osm.gz"), (".xml.gz", ".osm.gz")),
        *((".xml.bz2", ".osm.gz"), (".tiff", ".tif"), (".hgt", ".tif")),
    ]
)
"""Endings that are read as others are."""

CHECKED = ("toy-people.csv", "toy-streets.osm.pbf", "toy-communities.gpkg", "toy-study.toml", "toy-scenario.json")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Sample]:
    return all_samples(tmp_path_factory.mktemp("made") / "sound")


def test_every_format_that_is_read_is_damaged(sound: Mapping[str, Sample]) -> None:
    """What belongs to formats is asked of the planner: a new one has no sample, and is missed here."""
    tried = {f".{sample.ending}" for sample in sound.values()}
    wanted = {*endings_of("layer", "archive", "table", "extract", "graph"), *RASTERS}
    packed_alone = {ending for ending in endings_of("layer") if ending.endswith(".gz")}
    assert {LIKE.get(ending, ending) for ending in wanted - packed_alone} <= tried
    assert tried & packed_alone


def test_sound_samples_are_read(tmp_path: Path, sound: Mapping[str, Sample]) -> None:
    """So that the damage is what is refused, and not the way in which a sample is made."""
    for name, sample in sound.items():
        read(sample, put(sample, None, tmp_path / name))


@pytest.mark.parametrize("name", CHECKED)
def test_sound_samples_pass_the_check(tmp_path: Path, sound: Mapping[str, Sample], name: str) -> None:
    assert main_code(sound[name], put(sound[name], None, tmp_path / "it")) == 0


def test_damaged_inputs_are_refused_or_read(tmp_path: Path, sound: Mapping[str, Sample]) -> None:
    found = explore(damages(sorted(sound), len(sound), 1), tmp_path)
    assert found.wrong == []
    assert found.tried.total() == len(sound)
    # Harm that refuses everything, or nothing, would show nothing.
    assert len(sound) / 10 < found.read.total() < len(sound) * 9 / 10


def test_a_wait_and_an_abort_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch is watched: a worker that is stopped answers nothing, one that is killed is lost."""
    monkeypatch.setattr("damaged_inputs.LONGEST_S", 1.0)
    each = Damage("toy-people.csv", 1)
    worker = Worker(tmp_path)
    assert worker.ask(each) in ("read", "refused")
    os.kill(worker._process.pid, signal.SIGSTOP)
    assert worker.ask(each) == "no answer within 1 s"
    os.kill(worker._process.pid, signal.SIGKILL)
    assert worker.ask(each) == "the process was lost (-9)"
    assert not worker.is_alive
