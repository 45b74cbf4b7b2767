"""The machine and the software that a measurement holds for."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "numba", "scipy", "shapely", "geopandas", "networkx", "osmnx", "pandana", "pyvalhalla")


def machine() -> dict[str, str]:
    """Return what is known of the machine, in words by name.

    Examples
    --------
    >>> sorted(machine())
    ['compiler', 'cores', 'memory', 'packages', 'processor', 'system']
    """
    return {
        "processor": _processor(),
        "cores": f"{_cores()}",
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        "compiler": _compiler(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> str:
    try:
        held = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "unknown"
    return f"{held / 2**30:.0f} GB"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "–"


def _compiler() -> str:
    compiler = shutil.which("g++")
    if compiler is None:
        return "none"
    said = subprocess.run(  # noqa: S603 -- the compiler of this machine
        [compiler, "--version"], capture_output=True, text=True, check=False
    )
    return said.stdout.splitlines()[0] + ", -O3" if said.stdout else "g++"
