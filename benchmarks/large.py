"""Large studies: what happens to time and memory as streets, people and facilities grow together."""

from __future__ import annotations

import json
from collections.abc import Mapping

from benchmarks.processes import run_python
from benchmarks.rounds import PLANNER, Row, Setting, Table
from benchmarks.scale import QUICK_SIDES, SIDES

DEMAND_A_FACILITY = 200


def tables(setting: Setting) -> list[Table]:
    """Measure whole studies, the largest first, each in fresh processes."""
    sides = QUICK_SIDES if setting.quick else SIDES
    rows = tuple(_study(setting, side) for side in sorted(sides, reverse=True))
    title = f"As many points as junctions, a facility for every {DEMAND_A_FACILITY}: fresh process, all cores"
    notices = (
        (
            "Seconds are of the whole process, the making of the synthetic streets included; the stages are those"
            " of the last round. Memory is the most that the process held in any round."
        ),
        (
            f"The larger study is {(max(sides) / min(sides)) ** 2:.0f} times the smaller one: where cost is"
            " linear, so are its time and memory beyond what an empty process takes."
        ),
    )
    return [Table("large", title, rows, notices)]


def _study(setting: Setting, side: int) -> Row:
    n_demand = side * side
    n_facilities = max(n_demand // DEMAND_A_FACILITY, 1)
    words = ["-m", "benchmarks.large_study", str(side), str(n_demand), str(n_facilities)]
    rounds = [run_python(words) for _ in range(setting.rounds)]
    stages: Mapping[str, float] = json.loads(rounds[-1].output)
    return Row(
        f"{PLANNER}, {n_demand:,} junctions and points, {n_facilities:,} facilities",
        tuple(each.seconds for each in rounds),
        {stage: f"{seconds:.2f} s" for stage, seconds in stages.items()},
        peak_bytes=max(each.peak_bytes for each in rounds),
    )
