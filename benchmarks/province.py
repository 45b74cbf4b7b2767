"""A synthetic province, cut and run as a batch: python -m benchmarks.province FOLDER [--threads 1].

It writes the province, runs it with one worker and with two, each of as many threads, runs it a second time, and
measures what the coordinator holds with 10, 100 and 1,000 tasks that do nothing. Figures stand in docs/scaling.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from planner.batch.tasks import DistrictResult, DistrictTask, read_receipt
from planner.batch.workers import Slot, carry_out

CRS = "EPSG:32648"
BLOCK_M, BLOCKS = 80.0, 12
"""A district has so many blocks of streets along each side."""

SIDE_M = BLOCK_M * BLOCKS
KEPT = 0.88
"""The share of the streets that are there."""

COMMUNITIES = 3
"""Along each side of a district."""

PEOPLE, CENTRES = 150, 5
"""Demand points and centres of a district."""

STUDY = """\
name = "Synthetic province"
language = "en"
inputs.communities = { path = "province.gpkg", layer = "communities" }
inputs.facilities = { path = "province.gpkg", layer = "facilities" }
inputs.streets = { path = "province.gpkg", layer = "streets" }
inputs.demand = { path = "province.gpkg", layer = "people" }
[limits]
minutes = [3, 5]
standard_min = 5
[walking]
access_m = 50.0
[siting]
sites = 2
seconds = 4.0
"""

PORTFOLIO = 'name = "Synthetic province"\nlanguage = "en"\nstudy = "study.toml"\n[cut]\ncolumn = "district"\n'


def write_province(folder: Path, districts: int, seed: int = 7) -> Path:
    """Write a province of districts in rows of ten, streets crooked and partly missing; return its portfolio."""
    random = np.random.default_rng(seed)
    columns = min(districts, 10)
    rows = -(-districts // columns)
    nx, ny = columns * BLOCKS + 1, rows * BLOCKS + 1
    corners = BLOCK_M * np.indices((nx, ny)).transpose(1, 2, 0) + random.uniform(-15, 15, (nx, ny, 2)) + [5e5, 4e6]
    across = np.stack([corners[:-1].reshape(-1, 2), corners[1:].reshape(-1, 2)], axis=1)
    along = np.stack([corners[:, :-1].reshape(-1, 2), corners[:, 1:].reshape(-1, 2)], axis=1)
    lines = np.concatenate([across, along])
    streets = gpd.GeoDataFrame(geometry=shapely.linestrings(lines[random.random(len(lines)) < KEPT]), crs=CRS)
    tables: dict[str, list[dict[str, object]]] = {"communities": [], "facilities": [], "people": []}
    step = SIDE_M / COMMUNITIES
    for number in range(districts):
        west, south = 5e5 + number % columns * SIDE_M, 4e6 + number // columns * SIDE_M
        code = f"D{number:04}"
        for one in range(COMMUNITIES**2):
            x, y = west + one % COMMUNITIES * step, south + one // COMMUNITIES * step
            tables["communities"].append(
                {
                    "id": f"{code}-{one}",
                    "name": f"{code}-{one}",
                    "district": code,
                    "people": float(random.integers(400, 900)),
                    "households": 200.0,
                    "geometry": shapely.box(x, y, x + step, y + step),
                }
            )
        for name, count in (("facilities", CENTRES), ("people", PEOPLE)):
            spots = random.uniform([west, south], [west + SIDE_M, south + SIDE_M], (count, 2))
            for one, spot in enumerate(spots):
                row: dict[str, object] = {"id": f"{code}-{name[0]}{one}", "geometry": shapely.Point(spot)}
                more = (
                    {"name": row["id"], "tier": "community", "floor_area_m2": 350.0}
                    if name == "facilities"
                    else {"people": float(random.integers(1, 60))}
                )
                tables[name].append(row | more)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in {**tables, "streets": None}.items():
        frame = streets if table is None else gpd.GeoDataFrame(table, crs=CRS)
        frame.to_file(folder / "province.gpkg", layer=name)
    (folder / "study.toml").write_text(STUDY, "utf-8")
    portfolio = folder / "portfolio.toml"
    portfolio.write_text(PORTFOLIO, "utf-8")
    return portfolio


def run_batch(portfolio: Path, out: Path, workers: int, threads: int) -> float:
    """Run a batch in a process of its own, each worker with so many threads; return its seconds."""
    began = time.perf_counter()
    words = [
        sys.executable,
        "-m",
        "planner",
        "batch",
        str(portfolio),
        "--out",
        str(out),
        "--workers",
        str(workers),
        "--threads",
        str(threads),
    ]
    subprocess.run([*words, "--products", "plan,tables,gpkg", "--quiet"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - this Python
    return time.perf_counter() - began


class Instant(Slot):
    """A slot whose tasks are done at once, with a row of usual size."""

    def submit(self, work: object, task: DistrictTask) -> Future[DistrictResult]:
        """Return a row."""
        del work
        future: Future[DistrictResult] = Future()
        figures = {f"figure_{number}": float(number) for number in range(30)}
        future.set_result(DistrictResult(task.code, task.name, "done", figures=figures))
        return future


def hold(count: int) -> float:
    """Return what this process holds at most after so many tasks that do nothing, MB."""
    tasks = [DistrictTask(f"D{number:05}", "", "", "", "") for number in range(count)]
    assert sum(1 for _ in carry_out(tasks, [Instant()] * 2)) == count  # noqa: S101 - a benchmark counts what it did
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--districts", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1, help="of each worker, so that two are compared with one")
    parser.add_argument("--hold", type=int, default=0)
    options = parser.parse_args()
    if options.hold:
        print(f"{hold(options.hold):.1f}")
        return
    portfolio = write_province(options.folder, options.districts)
    found: dict[str, object] = {"districts": options.districts, "threads": options.threads}
    for workers in (1, 2):
        out = options.folder / f"out{workers}"
        shutil.rmtree(out, ignore_errors=True)
        found[f"seconds_{workers}"] = round(run_batch(portfolio, out, workers, options.threads), 1)
        rows = [read_receipt(out, path.stem) for path in (out / ".batch/receipts").glob("*.json")]
        known = [row for row in rows if row is not None]
        found[f"median_district_s_{workers}"] = statistics.median(row.seconds for row in known)
        found[f"worker_mb_{workers}"] = max(row.memory_mb for row in known)
    out = options.folder / "out2"
    again = [run_batch(portfolio, out, 2, options.threads) for _ in range(3)]
    found["second_run_s"] = round(statistics.median(again), 2)
    for name in ("districts", "cut", ".batch"):
        found[f"mb_{name}"] = round(
            sum(one.stat().st_size for one in (out / name).rglob("*") if one.is_file()) / 2**20, 2
        )
    for count in (10, 100, 1000):
        words = [sys.executable, "-m", "benchmarks.province", str(options.folder), "--hold", str(count)]
        found[f"coordinator_mb_{count}"] = float(subprocess.check_output(words))  # noqa: S603 - this Python
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
