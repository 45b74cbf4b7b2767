"""Kill batches at random moments: python tests/explore/kill_batches.py [--kills 50] [--scheduler] [--cut].

Each time the batch itself, or one of its workers, is killed by SIGKILL; with --scheduler a scheduler of dask,
which needs the extra `cluster`. After each, every district's products must be all there or none; in the end the
rest is done, and every byte is that of a batch that nobody killed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS / "batch"), str(TESTS / "laws"), str(TESTS.parent)]

import psutil  # noqa: E402
import toy  # noqa: E402
from wholes import write_whole  # noqa: E402

CODES = "ABCDEF"
PRODUCTS = {"plan.json", "tables.xlsx", "results.gpkg"}


def write_portfolio(folder: Path) -> Path:
    """Write six toy cities as a portfolio."""
    for code in CODES:
        toy.write_study(folder / code, study=toy.STUDY.replace("Toy city", f"Toy {code}") + toy.HAIBOWAN_RULES)
    lines = "\n".join(f'{code} = "{code}/study.toml"' for code in CODES)
    file = folder / "portfolio.toml"
    file.write_text(f'name = "Toys"\nlanguage = "en"\n\n[studies]\n{lines}\n', "utf-8")
    return file


def start(portfolio: Path, out: Path, *further: str) -> subprocess.Popen[bytes]:
    """Start a batch."""
    words = [sys.executable, "-m", "planner", "batch", str(portfolio), "--out", str(out), *further]
    return subprocess.Popen(
        [*words, "--products", "plan,tables,gpkg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def contents(out: Path) -> dict[str, bytes]:
    """Return every product by its path."""
    files = [path for path in out.rglob("*") if path.is_file() and ".batch" not in path.parts]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files if path.name != ".planner-lock"}


def torn(out: Path) -> list[str]:
    """Return the districts that have some products and not all."""
    found = []
    for folder in out.glob("districts/*"):
        there = {path.name for path in folder.iterdir() if path.is_file()} & PRODUCTS
        if there not in (set(), PRODUCTS):
            found.append(f"{folder.name}: {sorted(there)}")
    return found


def kill_some(process: subprocess.Popen[bytes], chance: random.Random) -> str:
    """Kill the batch, or one of its workers; return which."""
    workers = [
        one
        for one in psutil.Process(process.pid).children(recursive=True)
        if "spawn_main" in " ".join(one.cmdline())
    ]
    if workers and chance.random() < 0.5:
        os.kill(chance.choice(workers).pid, signal.SIGKILL)
        return "worker"
    process.kill()
    process.wait()
    return "batch"


def start_cluster(folder: Path) -> tuple[list[subprocess.Popen[bytes]], str]:
    """Start a scheduler of dask with two workers; return the processes and the address."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    module = [sys.executable, "-m", "distributed.cli"]
    words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    started = [subprocess.Popen([*module[:2], "distributed.cli.dask_scheduler", *words], **quiet)]
    while not file.exists():
        time.sleep(0.1)
    time.sleep(0.5)
    worker = [*module[:2], "distributed.cli.dask_worker", "--scheduler-file", str(file), "--nworkers", "2"]
    started.append(subprocess.Popen([*worker, "--nthreads", "1", "--no-dashboard"], **quiet))
    import json

    return started, str(json.loads(file.read_text("utf-8"))["address"])


def main() -> int:  # noqa: C901 - one story
    """Kill, continue, compare; return 1 where a law is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scheduler", action="store_true")
    parser.add_argument("--cut", action="store_true", help="districts that are cut from one study")
    options = parser.parse_args()
    chance, counts, broken = random.Random(options.seed), dict[str, int](), list[str]()  # noqa: S311 - moments
    folder = Path(tempfile.mkdtemp(prefix="kill_batches_"))
    portfolio = write_whole(folder, options.seed) if options.cut else write_portfolio(folder)
    whole, out = folder / "whole", folder / "out"
    began = time.perf_counter()
    if start(portfolio, whole, "--workers", "2").wait():
        return 1
    length_s, expected = time.perf_counter() - began, contents(whole)
    count = len(list(whole.glob("districts/*")))
    for number in range(options.kills):
        cluster: list[subprocess.Popen[bytes]] = []
        further = ["--workers", "2"]
        if options.scheduler:
            cluster, address = start_cluster(folder)
            further = ["--scheduler", address]
        process = start(portfolio, out, *further)
        time.sleep(chance.uniform(0.2, length_s))
        if process.poll() is None:
            if cluster and chance.random() < 0.7:
                cluster[0].kill()
                which = "scheduler"
            else:
                which = kill_some(process, chance)
            counts[which] = counts.get(which, 0) + 1
        try:
            process.wait(timeout=10 * length_s + 60)
        except subprocess.TimeoutExpired:
            broken.append(f"{number}: the batch does not end")
            process.kill()
        for one in cluster:
            one.kill()
            one.wait()
        broken += [f"{number}: {one}" for one in torn(out)]
        if len(list(out.glob(".batch/receipts/*.json"))) == count:
            if start(portfolio, out, "--workers", "2").wait() or contents(out) != expected:
                broken.append(f"{number}: other bytes than of a whole batch")
            shutil.rmtree(out)
    if start(portfolio, out, "--workers", "2").wait() or contents(out) != expected:
        broken.append("other bytes than of a whole batch")
    shutil.rmtree(folder)
    sys.stdout.write(f"{sum(counts.values())} kills {counts}; broken: {broken or 'nothing'}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
