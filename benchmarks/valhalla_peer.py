"""Valhalla's isochrones beside the planner's areas, drawn by an interpreter that has pyvalhalla (3.9 or newer).

The variable VALHALLA_PYTHON names that interpreter; without it, this one is tried.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pyproj

from benchmarks.processes import ROOT
from benchmarks.rounds import Contestant
from benchmarks.streets import CRS, LIMITS_MIN, WALK
from planner.network.walk import FloatArray

VALHALLA = "Valhalla isochrones"


def interpreter() -> str | None:
    """Return an interpreter that has Valhalla and its tile builder, None if there is none."""
    python = os.environ.get("VALHALLA_PYTHON", sys.executable)
    if not (Path(python).parent / "valhalla_build_tiles").exists():
        return None
    has = subprocess.run([python, "-c", "import valhalla"], check=False, capture_output=True)  # noqa: S603 -- named by who runs this
    return None if has.returncode else python


@contextmanager
def valhalla(python: str, extract: Path, xy: FloatArray) -> Iterator[Contestant]:
    """Give the contestant that draws, for all limits, around places in the CRS of the benchmarks' streets."""
    lon, lat = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True).transform(*xy.T)
    order = {
        "lonlat": list(zip(lon.tolist(), lat.tolist(), strict=True)),
        "speed_kmh": WALK.speed_kmh,
        "limits_min": LIMITS_MIN,
    }
    with TemporaryDirectory() as folder:
        words = [python, str(ROOT / "benchmarks" / "valhalla_worker.py"), str(extract), folder]
        process = subprocess.Popen(  # noqa: S603 -- named by who runs this
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

        def ask(line: str) -> str:
            if process.stdin is None or process.stdout is None:
                return ""
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        version = ask(json.dumps(order))
        note = f"{version}, search included, GeoJSON of its grid's contours, no denoising"
        try:
            yield Contestant(VALHALLA, lambda: ask("again"), None, 1 / (len(xy) * len(LIMITS_MIN)), note)
        finally:
            process.kill()
            process.wait()
