"""Damaged inputs of every format, as many as asked for: none may end in a traceback, an abort or a wait.

By hand: ``python tests/explore_damaged_inputs.py 20000 7`` (how many, which seed). Each worker
process checks studies whose one layer is damaged; an abort or a wait costs that process and is reported with the
file, which is kept. A small fixed slice is a test (`test_damaged_inputs.py`).
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import toy

from planner.cli import main
from planner.endings import EXHAUSTED

LONGEST_S = 10.0
ENDINGS = ("gpkg", "geojson", "shp", "fgb", "csv", "xlsx", "parquet")
LAYERS = ("communities", "centres", "streets", "people")
FAULTS = (1, EXHAUSTED)
"""Exit codes of a fault of the planner's own; nothing that a file holds may lead to one."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One damaged file: which layer of the toy city, in which format, and the seed of what is done to it."""

    layer: str
    ending: str
    seed: int


def damages(count: int, seed: int) -> Iterator[Damage]:
    """Yield so many, all formats and layers in turn."""
    for number in range(count):
        kinds = [(layer, ending) for ending in ENDINGS for layer in LAYERS]
        layer, ending = kinds[number % len(kinds)]
        yield Damage(layer, ending, seed * 1_000_003 + number)


def write_layer(layer: str, path: Path) -> None:
    """Write a layer of the toy city in the format of the ending."""
    frame: gpd.GeoDataFrame = toy.layers()[layer]
    match path.suffix:
        case ".parquet":
            frame.to_parquet(path)
        case ".csv" | ".xlsx":
            table = frame.drop(columns="geometry").assign(wkt=frame.geometry.to_wkt())
            if path.suffix == ".csv":
                table.to_csv(path, index=False)
            else:
                table.to_excel(path, index=False)
        case ".geojson":
            frame.to_crs(4326).to_file(path)
        case _:
            frame.to_file(path)


def damage(body: bytes, seed: int) -> bytes:
    """Return a file with some bytes turned, cut out, doubled, or replaced by what upsets readers."""
    random = np.random.default_rng(seed)
    damaged = bytearray(body)
    for _ in range(int(random.integers(1, 6))):
        if not damaged:
            break
        at, length = int(random.integers(len(damaged))), int(random.integers(1, 40))
        match int(random.integers(6)):
            case 0:
                damaged[at] ^= 1 << int(random.integers(8))
            case 1:
                del damaged[at : at + length]
            case 2:
                damaged[at:at] = damaged[at : at + length]
            case 3:
                damaged[at : at + length] = random.bytes(length)
            case 4:
                del damaged[at:]
            case _:
                odd = (b"\xff\xff\xff\xff", b"\0", b"NaN", b"1e999", b"-1", b'"', b"\xed\xa0\x80", b"[" * 2000)
                damaged[at : at + 4] = odd[int(random.integers(len(odd)))]
    return bytes(damaged)


def check(each: Damage, folder: Path) -> int:
    """Write the damaged layer into a study of its own and check it; return the exit code."""
    study = toy.write_study(folder)
    file = folder / f"damaged.{each.ending}"
    write_layer(each.layer, file)
    file.write_bytes(damage(file.read_bytes(), each.seed))
    text = study.read_text("utf-8")
    named = f'path = "toy.gpkg"\nlayer = "{each.layer}"\n'
    if named not in text:
        message = f"the toy study names no layer {each.layer}"
        raise LookupError(message)
    study.write_text(text.replace(named, f'path = "{file.name}"\n'), "utf-8")
    return main(["check", str(study)])


def _work(asked: multiprocessing.connection.Connection, folder: str) -> None:
    with Path("/dev/null").open("w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        while (each := asked.recv()) is not None:
            asked.send(check(each, Path(folder) / f"{each.layer}-{each.ending}-{each.seed}"))


def explore(count: int, seed: int, folder: Path) -> list[str]:
    """Check so many damaged inputs; return what went wrong, a line each."""
    spawning, wrong = multiprocessing.get_context("spawn"), []
    worker, ours = None, None
    for each in damages(count, seed):
        if worker is None or not worker.is_alive():
            ours, theirs = spawning.Pipe()
            worker = spawning.Process(target=_work, args=(theirs, str(folder)), daemon=True)
            worker.start()
            theirs.close()
            # Importing the libraries takes its time.
            ours.send(Damage("people", "gpkg", 0))
            ours.poll(120) and ours.recv()
        ours.send(each)
        try:
            code = ours.recv() if ours.poll(LONGEST_S) else None
        except EOFError:
            worker.join()
            wrong.append(f"{each}: the process was lost ({worker.exitcode})")
            continue
        if code is None:
            wrong.append(f"{each}: no answer within {LONGEST_S:g} s")
            worker.kill()
            worker.join()
        elif code in FAULTS:
            wrong.append(f"{each}: exit code {code}")
    if worker is not None and worker.is_alive():
        worker.kill()
        worker.join()
    return wrong


if __name__ == "__main__":
    how_many, which = (int(word) for word in (sys.argv[1:] + ["200", "1"][len(sys.argv) - 1 :])[:2])
    found = explore(how_many, which, Path(tempfile.mkdtemp(prefix="damaged-")))
    print(*found, f"{how_many} damaged inputs, {len(found)} faults", sep="\n")  # noqa: T201 - a script
    sys.exit(bool(found))
