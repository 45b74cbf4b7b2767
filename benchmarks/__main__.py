"""The walking engine beside its peers: python -m benchmarks FOLDER --date DAY --out docs/benchmarks.md.

FOLDER holds poa_osm.pbf and poa_hexgrid.csv, the sample data of the R package r5r (MIT; streets © OpenStreetMap
contributors, ODbL 1.0); without it the streets are synthetic. The peers are listed in benchmarks/requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.document import Run, document, rows_of
from benchmarks.graphs import is_installed
from benchmarks.machine import machine
from benchmarks.one_task import TASKS
from benchmarks.processes import ROOT, environment
from benchmarks.rounds import Table

ROUNDS, QUICK_ROUNDS = 5, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the document where one is asked for; return 1 if a task failed."""
    options = _parser().parse_args(arguments)
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    tables, failed = [], []
    for task in options.only or TASKS:
        print(f"{task} …", file=sys.stderr, flush=True)
        try:
            found = _in_a_process(task, options.folder, quick=options.quick, rounds=rounds)
        except subprocess.CalledProcessError:
            failed.append(task)
            continue
        for table in found:
            print(f"{table.title}\n{rows_of(table)}\n", flush=True)
        tables += found
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    if options.out:
        _write(options, tables, rounds, failed)
    return 1 if failed else 0


def _in_a_process(task: str, folder: Path | None, *, quick: bool, rounds: int) -> list[Table]:
    """Return the tables of one task; what it says goes where this process says it."""
    order = {"task": task, "folder": str(folder.resolve()) if folder else "", "quick": quick, "rounds": rounds}
    with tempfile.TemporaryDirectory() as room:
        file = Path(room, "tables.json")
        subprocess.run(  # noqa: S603 -- this Python, on a module of this folder
            [sys.executable, "-m", "benchmarks.one_task", json.dumps(order), str(file)],
            check=True,
            cwd=ROOT,
            env=environment(TASKS[task][1]),
        )
        return [Table.from_dict(values) for values in json.loads(file.read_text("utf-8"))]


def _write(options: argparse.Namespace, tables: Sequence[Table], rounds: int, failed: Sequence[str]) -> None:
    """Write the document and, where matplotlib is there, its picture into `images` beside it."""
    image = None
    if is_installed("matplotlib"):
        from benchmarks.picture import draw

        name = f"images/{options.out.stem}.png"
        image = name if draw(tables, options.out.parent / name) else None
    command = "python -m benchmarks" + (" FOLDER" if options.folder else "")
    command += f" --only {' '.join(options.only)}" if options.only else ""
    command += " --quick" if options.quick else ""
    command += f" --date {options.date}" if options.date else ""
    run = Run(
        tables,
        machine(),
        f"{command} --out docs/benchmarks.md",
        options.date,
        rounds,
        options.quick,
        image,
        failed,
    )
    options.out.write_text(document(run), "utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", help="holds poa_osm.pbf and poa_hexgrid.csv")
    parser.add_argument("--only", nargs="+", choices=list(TASKS), help="these tasks only")
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it works")
    parser.add_argument("--rounds", type=int, help=f"{ROUNDS} unless said, {QUICK_ROUNDS} where quick")
    parser.add_argument("--date", default="", help="the day, for the document")
    parser.add_argument("--out", type=Path, help="the Markdown document to write")
    return parser


if __name__ == "__main__":
    sys.exit(main())
