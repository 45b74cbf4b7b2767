"""A whole run of a city, stage by stage, in a process of its own: python -m benchmarks.city_study STUDY OUT."""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

KIB = 1024


class Stages:
    """Notes how long each stage takes, and the most memory that the process holds in it, bytes."""

    def __init__(self) -> None:
        self.figures: dict[str, tuple[float, int]] = {}
        self._stage, self._began = "import", time.perf_counter()
        _forget_peak()

    def __call__(self, stage: str, /) -> None:
        """End the stage before, and begin this one."""
        seconds, peak = self.figures.get(self._stage, (0.0, 0))
        seconds += time.perf_counter() - self._began
        self.figures[self._stage] = seconds, max(peak, _peak_bytes())
        self._stage, self._began = stage, time.perf_counter()
        _forget_peak()

    def step(self, done: int, count: int) -> None:
        """Count what is done one by one as a stage of its own."""
        del count
        if not done and not self._stage.endswith(", one by one"):
            self(f"{self._stage}, one by one")


def _peak_bytes() -> int:
    """Return the most memory held since it was last forgotten; where nothing can be forgotten, of all time."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * KIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def main() -> None:
    """Run the study, write all products, and print what each stage took."""
    stages = Stages()
    import planner

    planner.write(planner.run(sys.argv[1], progress=stages), sys.argv[2], progress=stages, processes=2)
    stages("end")
    print(json.dumps(stages.figures))


if __name__ == "__main__":
    main()
