"""Whole runs of a synthetic city of growing size: how long each stage takes, and which grows too fast."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.city import write_city
from benchmarks.porto_alegre import write_study
from benchmarks.processes import Finished, run_python
from benchmarks.rounds import Row, Setting, Table

SIZES = (25_000, 50_000, 100_000, 200_000)
QUICK_SIZES = (1_000, 2_000)
BUILDINGS = 100_000
LINEAR = 1.15
"""Exponent of growth above which a stage is marked: timings on a busy machine are no more exact."""

TOLD_S = 1.0
"""Stages that take less than this at the largest size grow unnoticed."""

READING = ("read_inputs", "build_network")
Figures = Mapping[str, tuple[float, int]]


def tables(setting: Setting) -> list[Table]:
    """Measure the cities, and Porto Alegre with its cells split into buildings where its data is given."""
    sizes = QUICK_SIZES if setting.quick else SIZES
    # Compiling once for all belongs to no size.
    run_python(["-m", "planner", "compile"])
    with tempfile.TemporaryDirectory() as folder:
        runs = {f"{size:,}": _run(write_city(Path(folder, str(size)), size)) for size in sizes}
        found = [_table("large_city", "Whole run of the synthetic city by its demand points", runs, sizes)]
        if setting.folder is not None:
            study = write_study(setting.folder, Path(folder, "poa"), buildings=BUILDINGS)
            runs = {f"{BUILDINGS:,}": _run(study)}
            found.append(
                _table("large_porto_alegre", "Whole run of Porto Alegre, cells split", runs, (BUILDINGS,))
            )
    return found


def growth(seconds: tuple[float, ...], sizes: tuple[int, ...]) -> float:
    """Return the exponent of growth from the first to the last size; 1 is linear.

    Examples
    --------
    >>> growth((1.0, 2.0, 4.0), (10, 20, 40)), growth((1.0, 16.0), (10, 40))
    (1.0, 2.0)
    """
    return math.log(seconds[-1] / seconds[0]) / math.log(sizes[-1] / sizes[0])


def _run(study: Path) -> Finished:
    return run_python(["-m", "benchmarks.city_study", str(study), str(study.parent / "results")])


def _table(key: str, title: str, runs: Mapping[str, Finished], sizes: tuple[int, ...]) -> Table:
    figures: list[Figures] = [json.loads(run.output) for run in runs.values()]
    stages = [stage for stage in figures[-1] if all(stage in one for one in figures)]
    rows = [_row(stage, tuple(one[stage] for one in figures), tuple(runs), sizes) for stage in stages]
    whole = tuple((run.seconds, run.peak_bytes) for run in runs.values())
    rows.append(_row("the whole process", whole, tuple(runs), sizes))
    ratios = [
        run.seconds / sum(one[name][0] for name in READING)
        for run, one in zip(runs.values(), figures, strict=True)
    ]
    told = ", ".join(f"{size}: {ratio:.1f}" for size, ratio in zip(runs, ratios, strict=True))
    return Table(
        key,
        title,
        tuple(rows),
        (
            f"The whole run took this many times the time of reading its layers and building the network: {told}.",
            f"A stage is marked that takes {TOLD_S:g} s or more and grows by more than points^{LINEAR:g}.",
        ),
    )


def _row(
    stage: str, measured: tuple[tuple[float, int], ...], names: tuple[str, ...], sizes: tuple[int, ...]
) -> Row:
    shown = {
        name: f"{seconds:.2f} s, {peak / 1e9:.2f} GB"
        for name, (seconds, peak) in zip(names, measured, strict=True)
    }
    seconds = tuple(one for one, _ in measured)
    if len(sizes) > 1:
        exponent = growth(seconds, sizes)
        is_fast = seconds[-1] >= TOLD_S and exponent > LINEAR
        shown["growth"] = f"points^{exponent:.2f}" + (" **faster than its input**" if is_fast else "")
    return Row(stage, (), shown, peak_bytes=max(peak for _, peak in measured))
