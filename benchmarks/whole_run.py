"""A whole `planner run` in a fresh process, its caches warm; then what is asked after it, of kept results."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.porto_alegre import write_study
from benchmarks.processes import ROOT, Finished, run_python
from benchmarks.rounds import PLANNER, Row, Setting, Table

HAIBOWAN = ROOT / "data" / "haibowan"
SECOND, AFTER = "second run, one floor area changed", "after a run"


def tables(setting: Setting) -> list[Table]:
    """Measure a run of Porto Alegre, of Haibowan where its data is not given; then what is kept of Haibowan."""
    name = "Haibowan" if setting.folder is None else "Porto Alegre"
    with tempfile.TemporaryDirectory() as folder:
        study = HAIBOWAN / "study.toml" if setting.folder is None else write_study(setting.folder, Path(folder))
        words = ["-m", "planner", "run", str(study), "--no-cache", "--out", str(Path(folder, "results"))]
        run_python(words)
        rounds = [run_python(words) for _ in range(setting.rounds)]
    row = _row(PLANNER, rounds, note="from the first import to the last file")
    return [Table("whole_run", f"planner run, {name}, fresh process, warm cache", (row,)), _second(setting)]


def _second(setting: Setting) -> Table:
    """Measure a run, the same with one floor area changed, and what is asked after a run, in turns."""
    found: dict[str, list[Finished]] = {}
    with tempfile.TemporaryDirectory() as room:
        given, changed = (Path(room, name) for name in ("given", "changed"))
        for folder in (given, changed):
            shutil.copytree(HAIBOWAN, folder)
        _enlarge(changed / "haibowan.gpkg")
        before = os.environ.get("PLANNER_CACHE")
        os.environ["PLANNER_CACHE"] = str(Path(room, "kept"))
        try:
            for _ in range(setting.rounds):
                shutil.rmtree(Path(room, "kept"), ignore_errors=True)
                # The answer of `site` is kept by the first; the second is what somebody waits for.
                for name, words in (
                    (PLANNER, ("run", given, "--out", "results")),
                    ("", ("site", given)),
                    (f"planner site, {AFTER}", ("site", given)),
                    (f"planner map, {AFTER}", ("map", given, "--out", "map.pdf")),
                    (f"planner report, {AFTER}", ("report", given, "--out", "report.html")),
                    (SECOND, ("run", changed, "--out", "results")),
                ):
                    command, study, *rest = words
                    paths = [one if one.startswith("--") else str(Path(room, one)) for one in map(str, rest)]
                    finished = run_python(["-m", "planner", str(command), str(Path(study, "study.toml")), *paths])
                    found.setdefault(name, []).append(finished)
        finally:
            del os.environ["PLANNER_CACHE"]
            if before is not None:
                os.environ["PLANNER_CACHE"] = before
    rows = tuple(_row(name, finished) for name, finished in found.items() if name)
    notices = ("The first row keeps its results in an empty folder; the others find them there.",)
    return Table("second_run", "Haibowan: a run, what is asked after it, and a run with one change", rows, notices)


def _enlarge(file: Path) -> None:
    """Change one floor area; the layer's triggers, which ask for functions of GDAL, stand aside meanwhile."""
    with closing(sqlite3.connect(file)) as base, base:
        named = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'centres'"
        triggers = base.execute(named).fetchall()
        for name, _ in triggers:
            base.execute(f'DROP TRIGGER "{name}"')
        first = "(SELECT min(fid) FROM centres WHERE tier = 'community')"
        base.execute(f"UPDATE centres SET floor_area_m2 = floor_area_m2 + 40 WHERE fid = {first}")  # noqa: S608 - own words
        for _, text in triggers:
            base.execute(text)


def _row(name: str, rounds: Sequence[Finished], *, note: str = "") -> Row:
    return Row(
        name,
        tuple(each.seconds for each in rounds),
        note=note,
        peak_bytes=max(each.peak_bytes for each in rounds),
    )
