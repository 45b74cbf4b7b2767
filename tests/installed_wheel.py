"""Build the wheel, install it in a fresh environment outside the repository, and use it there as a user would.

`make wheel` runs it. It prints the size of the wheel and the seconds of each step; any failure ends it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LARGEST_MB = 5.0
"""The wheel with the demonstration study."""

PARTS = ("planner", "data/haibowan", "pyproject.toml", "setup.py", "README.md", "LICENSE", "MANIFEST.in")
"""What the package is built from."""

PRODUCTS = {"map.html", "report.html", "report.docx", "tables.xlsx", "plan.json", "results.gpkg"}


def step(name: str, *command: object, folder: Path) -> str:
    """Run a command in a folder, print its seconds, and return its standard output."""
    began = time.perf_counter()
    done = subprocess.run([str(word) for word in command], cwd=folder, text=True, capture_output=True, check=False)
    print(f"{name}: {time.perf_counter() - began:.0f} s")
    if done.returncode:
        sys.exit(f"{name} failed with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main() -> None:
    """Build, install, and use the package."""
    with tempfile.TemporaryDirectory(prefix="planner-wheel-") as name:
        folder = Path(name)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        # Built from a copy: an earlier build in the repository leaves no module in the wheel.
        source = folder / "source"
        for part in PARTS:
            (source / part).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, source / part)
        step("build", *pip, "wheel", "--no-deps", "--wheel-dir", folder, source, folder=folder)
        (wheel,) = folder.glob("*.whl")
        size = wheel.stat().st_size / 1e6
        print(f"{wheel.name}: {size:.1f} MB")
        assert size <= LARGEST_MB, size
        with zipfile.ZipFile(wheel) as archive:
            metadata = next(item for item in archive.namelist() if item.endswith("/METADATA"))
            text = archive.read(metadata).decode("utf-8")
        assert "\nProject-URL: " in text, text
        assert text.count("\nClassifier: ") > 5, text
        step("environment", sys.executable, "-m", "venv", folder / "venv", folder=folder)
        programs = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
        constraints = ROOT / "constraints.txt"
        step("install", programs / "python", *pip[1:], "install", "-c", constraints, wheel, folder=folder)
        version = step("version", programs / "planner", "--version", folder=folder)
        assert version.startswith("service-coverage-planner "), version
        assert str(folder) in version, version
        demo = step("demo", programs / "planner", "demo", "--out", "demo", "--lang", "en", folder=folder)
        assert {Path(line).name for line in demo.splitlines()} == PRODUCTS, demo
        plan = json.loads((folder / "demo" / "maps" / "plan.json").read_text("utf-8"))
        assert plan["data"]["people"] == 341_000, plan["data"]["people"]
        step("new", programs / "planner", "new", "my-district", folder=folder)
        assert (folder / "my-district" / "study.toml").is_file()
        step("settings", programs / "planner", "settings", "siting", folder=folder)


if __name__ == "__main__":
    main()
