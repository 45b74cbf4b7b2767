"""Kept results: equal bytes, and every change of an input invalidates what depends on it."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import toy

import planner
from planner.cache import Cache, CacheWarning, default_cache
from planner.reporting.document.build import build_document, format_json

Change = Callable[[dict[str, gpd.GeoDataFrame]], dict[str, gpd.GeoDataFrame]]


STUDY = toy.EVERYTHING.replace("budget = 60.0", "budget = 40.0")
"""All parts of a study, with money for two sites: the proof that three are best takes half of a run."""


def everything(folder: Path, layers: dict[str, gpd.GeoDataFrame], study: str = STUDY) -> Path:
    return toy.write_study(folder, changed=layers, study=study)


def in_words(file: Path, cache: Cache | None = None) -> str:
    """Return the whole plan as plan.json says it, without the hash of the layers' file."""
    plan = planner.run(file) if cache is None else planner.run(file, cache=cache)
    text = format_json(build_document(plan))
    assert len(text) > 10_000
    return text


def all_layers() -> dict[str, gpd.GeoDataFrame]:
    return {**toy.layers(), **toy.every_layer()}


def with_column(layer: str, column: str, change: Callable[[pd.Series], object]) -> Change:
    return lambda layers: {**layers, layer: layers[layer].assign(**{column: change(layers[layer][column])})}


def moved(layer: str, row: int, east: float, north: float) -> Change:
    def change(layers: dict[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
        shapes = layers[layer].geometry.to_numpy(copy=True)
        shapes[row] = shapely.transform(shapes[row], lambda xy: xy + np.array([east, north]))
        return {**layers, layer: layers[layer].set_geometry(shapes, crs=layers[layer].crs)}

    return change


def without(layer: str, row: int) -> Change:
    return lambda layers: {**layers, layer: layers[layer].drop(index=layers[layer].index[row])}


CHANGES: dict[str, Change] = {
    "floor area": with_column("centres", "floor_area_m2", lambda column: [25.0, *column[1:]]),
    "a centre's name": with_column("centres", "name", lambda column: ["Old hall", *column[1:]]),
    "a centre's community": with_column("centres", "community", lambda column: ["E", *column[1:]]),
    "a centre moves": moved("centres", 0, 100.0, 0.0),
    "one more person": with_column("people", "people", lambda column: [column.iloc[0] + 1, *column[1:]]),
    "households": with_column("people", "households", lambda column: column + 3),
    "old people": with_column("people", "people_65", lambda column: column * 0.5),
    "a point moves": moved("people", 3, 20.0, 5.0),
    "a point less": without("people", 5),
    "a street less": without("streets", 4),
    "a street's name": with_column("streets", "name", lambda column: ["Long lane", *column[1:]]),
    "a street moves": moved("streets", 2, 0.0, 0.4),
    "a community's name": with_column("communities", "name", lambda column: ["Far west", *column[1:]]),
    "a community's kind": with_column("communities", "kind", lambda _: ["village", "community"]),
    "water moves": moved("water", 0, -40.0, 190.0),
    "the gate opens": with_column("gates", "open", lambda _: ["true"]),
    "the gate's name": with_column("gates", "name", lambda _: ["Main gate"]),
    "a parcel's cost": with_column("parcels", "cost", lambda column: column + 2),
    "a parcel less": without("parcels", 0),
    "a parcel moves": moved("parcels", 1, 15.0, 0.0),
    "a shop moves": moved("places", 0, 60.0, 0.0),
    "a shop less": without("places", 1),
}
"""One change in each column and shape of every table that the rich toy city has."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache that a run of the unchanged city has filled."""
    folder = tmp_path_factory.mktemp("kept")
    planner.run(everything(tmp_path_factory.mktemp("city"), all_layers()), cache=Cache(folder))
    return folder


def test_a_second_run_computes_nothing_and_writes_the_same_bytes(tmp_path: Path) -> None:
    file, first, second = (
        everything(tmp_path / "city", all_layers()),
        *(Cache(tmp_path / "kept") for _ in range(2)),
    )
    fresh = planner.write(planner.run(file), tmp_path / "fresh")
    planner.write(planner.run(file, cache=first), tmp_path / "first")
    again = planner.write(planner.run(file, cache=second), tmp_path / "again")
    assert first.misses
    assert not second.misses
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in fresh]


@pytest.mark.parametrize("change", CHANGES)
def test_after_any_change_of_an_input_a_run_with_kept_results_equals_one_without(
    change: str, kept: Path, tmp_path: Path
) -> None:
    file = everything(tmp_path / "city", CHANGES[change](all_layers()))
    cache = Cache(kept)
    assert in_words(file, cache) == in_words(file)


def test_a_floor_area_leaves_streets_walks_and_sites_as_they_were(kept: Path, tmp_path: Path) -> None:
    cache = Cache(kept)
    planner.run(everything(tmp_path / "city", CHANGES["floor area"](all_layers())), cache=cache)
    assert set(cache.misses) <= {"improvement", "layer"}
    assert cache.misses.count("layer") <= 1


def test_products_after_a_floor_area_are_a_fresh_runs_with_little_drawn_again(tmp_path: Path) -> None:
    """Bytes as of a run that keeps nothing; of what is kept, only what says the floor area is made again."""

    def products(file: Path, cache: Cache, name: str) -> list[bytes]:
        plan = planner.run(file, cache=cache)
        return [path.read_bytes() for path in planner.write(plan, tmp_path / name, cache=cache)]

    products(everything(tmp_path / "city", all_layers()), Cache(tmp_path / "kept"), "first")
    cache = Cache(tmp_path / "kept")
    changed = everything(tmp_path / "city", CHANGES["floor area"](all_layers()))
    second = products(changed, cache, "second")
    assert second == products(changed, Cache(None), "fresh")
    assert Counter(cache.misses) == {"layer": 1, "improvement": 1}
    assert {"network", "areas", "siting", "detours", "datums", "map_shapes", "ground", "picture"} <= set(
        cache.hits
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('language = "en"', 'language = "zh"'),
        ("candidates = 8", "candidates = 7"),
        ("access_m = 10.0", "access_m = 30.0"),
    ],
)
def test_after_a_change_of_a_setting_too(old: str, new: str, kept: Path, tmp_path: Path) -> None:
    assert old in STUDY
    file = everything(tmp_path / "city", all_layers(), STUDY.replace(old, new))
    assert in_words(file, Cache(kept)) == in_words(file)


def test_a_damaged_file_is_told_ignored_and_made_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.get("sum", (1, 2), lambda: 3) == 3
    (file,) = tmp_path.glob("*.kept")
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole[:5] + b"x" + whole[6:], b"no pickle at all"):
        file.write_bytes(damaged)
        with pytest.warns(CacheWarning, match="damaged"):
            assert cache.get("sum", (1, 2), lambda: 3) == 3
        assert file.read_bytes() == whole


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder", "utf-8")
    with pytest.warns(CacheWarning, match="cannot be kept for later runs"):
        assert Cache(blocked / "kept").get("sum", 1, lambda: 2) == 2


def test_what_a_clock_has_stopped_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for _ in range(2):
        cache.get("search", 1, lambda: {"status": "time_limit"}, unless=b"time_limit")
    assert cache.misses == ["search", "search"]


def test_an_error_is_not_kept_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        Cache(tmp_path).get("quotient", 1, lambda: 1 / 0)
    assert not list(tmp_path.iterdir())


def test_many_runs_at_once_read_whole_files(tmp_path: Path) -> None:
    values = np.arange(200_000.0)
    wrong: list[object] = []

    def work() -> None:
        found = [Cache(tmp_path).get("array", number % 3, lambda: values) for number in range(30)]
        wrong.extend(one for one in found if not np.array_equal(one, values))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(list(tmp_path.iterdir())) == 3


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for number in range(4):
        cache.get("array", number, lambda: np.zeros(1000))
    for age, file in enumerate(sorted(tmp_path.iterdir())):
        os.utime(file, (1000 - age, 1000 - age))
    newest = sorted(tmp_path.iterdir())[:2]
    cache.prune(sum(file.stat().st_size for file in newest))
    assert sorted(tmp_path.iterdir()) == newest


def test_digests_tell_content_apart_and_nothing_else() -> None:
    frame = gpd.GeoDataFrame(
        {"a": ["x", "yz"], "n": [1.0, np.nan]}, geometry=shapely.points([(0, 0), (1, 2)]), crs=3857
    )
    values: list[object] = [
        *(None, True, 1, 1.0, -0.0, 0.0, "1", b"1", (), [], (1,), [1], (1, 2), (12,), ((1,), 2), (1, (2,))),
        *({"a": 1}, {"a": "1"}, {"b": 1}, frozenset({1, 2}), ("ab", "c"), ("a", "bc")),
        *(np.array([1, 2]), np.array([[1], [2]]), np.array([1.0, 2.0]), np.array(["ab", "c"], dtype=object)),
        *(np.array(["a", "bc"], dtype=object), np.array([None], dtype=object), np.array([shapely.Point(1, 2)])),
        *(np.array([shapely.Point(2, 1)]), frame, frame.iloc[::-1], frame.to_crs(32648), frame[["a", "geometry"]]),
        *(
            frame.assign(a=["xy", "z"]),
            frame.rename(columns={"n": "m"}),
            frame.reset_index(drop=True).set_index("a"),
        ),
        *(frame.assign(n=[1.0, 2.0]), frame.astype({"a": object})),
    ]
    digests = [Cache(None).digest(value) for value in values]
    assert len(set(digests)) == len(values)
    assert digests == [Cache(None).digest(value) for value in values]
    assert Cache(None).digest(frame.copy()) == Cache(None).digest(frame)


def test_what_has_no_known_content_is_refused() -> None:
    with pytest.raises(TypeError, match="not known"):
        Cache(None).digest(object())


def test_the_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLANNER_CACHE", str(tmp_path))
    assert default_cache().folder == tmp_path
    monkeypatch.setenv("PLANNER_CACHE", "off")
    assert default_cache().folder is None
    monkeypatch.delenv("PLANNER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    found = default_cache().folder
    assert found is not None
    assert found.name == "service-coverage-planner"
