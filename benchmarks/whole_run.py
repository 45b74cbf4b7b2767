"""A whole `planner run` in a fresh process, its caches warm: all stages and all outputs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.porto_alegre import write_study
from benchmarks.processes import ROOT, run_python
from benchmarks.rounds import PLANNER, Row, Setting, Table


def tables(setting: Setting) -> list[Table]:
    """Measure the study of Porto Alegre; the embedded study of Haibowan where its data is not given."""
    name = "Haibowan" if setting.folder is None else "Porto Alegre"
    with tempfile.TemporaryDirectory() as folder:
        if setting.folder is None:
            study = ROOT / "data" / "haibowan" / "study.toml"
        else:
            study = write_study(setting.folder, Path(folder))
        words = ["-m", "planner", "run", str(study), "--out", str(Path(folder, "results"))]
        run_python(words)
        rounds = [run_python(words) for _ in range(setting.rounds)]
    row = Row(
        PLANNER,
        tuple(each.seconds for each in rounds),
        note="from the first import to the last file",
        peak_bytes=max(each.peak_bytes for each in rounds),
    )
    return [Table("whole_run", f"planner run, {name}, fresh process, warm cache", (row,))]
