"""One task in a process of its own, held to its number of cores: called by `python -m benchmarks`."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.processes import hold_to_cores

TASKS: dict[str, tuple[str, int | None]] = {
    "read": ("reading", 1),
    "search": ("searching", 1),
    "polygons": ("polygons", 1),
    "polygons_two_threads": ("polygons_two_threads", 2),
    "nearest": ("nearest_facility", 1),
    "assign": ("assigning", 2),
    "diagnosis": ("diagnosis", None),
    "run": ("whole_run", None),
    "scale": ("scale", 1),
    "large": ("large", None),
    "city": ("large_city", None),
    "siting": ("siting", 1),
    "programme": ("programme", 1),
    "services": ("services", 1),
}
"""The module of each task and the cores that it may use; None: all, and the module says what it uses."""


def main() -> None:
    """Do the task that the first word describes and write its tables into the file that the second names."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    module, threads = TASKS[order["task"]]
    if threads:
        # Before anything heavy is imported: threads that a library starts inherit the cores of this one.
        hold_to_cores(threads)
    from benchmarks.rounds import Setting

    folder = Path(order["folder"]) if order["folder"] else None
    tables = import_module(f"benchmarks.{module}").tables(Setting(folder, order["quick"], order["rounds"]))
    Path(sys.argv[2]).write_text(json.dumps([table.as_dict() for table in tables]), "utf-8")


if __name__ == "__main__":
    main()
