"""A copy of the package to change by code, and the number of files that a change touches."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import planner


@dataclass
class ScratchPackage:
    """A copy of the planner in a folder of its own, with its compiled kernels."""

    root: Path
    touched: set[str] = field(default_factory=set)

    @classmethod
    def copy(cls, folder: Path) -> ScratchPackage:
        """Copy the package with the dates of its files, by which numba knows its kernels again."""
        ignored = shutil.ignore_patterns("node_modules")
        shutil.copytree(Path(planner.__file__).parent, folder / "planner", ignore=ignored)
        return cls(folder)

    @property
    def package(self) -> Path:
        """Return the folder of the copied package."""
        return self.root / "planner"

    def insert(self, name: str, before: str, text: str) -> None:
        """Insert text into a file of the package before the only place where a line stands."""
        file = self.package / name
        content = file.read_text("utf-8")
        assert content.count(before) == 1, (name, before)
        file.write_text(content.replace(before, text + before), "utf-8")
        self.touched.add(name)

    def run(self, *arguments: str) -> str:
        """Run Python with the copied package, and return what it prints."""
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
