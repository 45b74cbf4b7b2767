"""Write constraints.txt: the versions with which the planner is tested, from a fresh environment (`make lock`)."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAD = """\
# The versions with which the planner is tested, on Python 3.11: `make demo` and `make test` install these.
# `make lock` writes them from the newest ones; `make newest` runs the laws on the newest ones and changes nothing.
"""
HELD = {"highspy": "1.15.1"}
"""Held back: 1.16.0, given a first solution, states a better objective and returns the first solution."""


def main() -> None:
    """Install into a fresh environment and write down what came."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        held = [f"{name}=={version}" for name, version in HELD.items()]
        # This Python, this project.
        subprocess.run([python, "-m", "pip", "install", "--quiet", *held, f"{ROOT}[dev]"], check=True)  # noqa: S603
        freeze = [python, "-m", "pip", "freeze"]
        frozen = subprocess.run(freeze, check=True, capture_output=True, text=True).stdout  # noqa: S603
    pinned = sorted(line for line in frozen.splitlines() if re.fullmatch(r"[\w.-]+==[\w.!+]+", line))
    (ROOT / "constraints.txt").write_text(HEAD + "\n".join(pinned) + "\n", "utf-8")


if __name__ == "__main__":
    main()
