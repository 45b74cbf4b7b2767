"""Puts the demonstration study into the wheel, for `planner demo`; all else stands in pyproject.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

STUDY = Path(__file__).parent / "data" / "haibowan"
FILES = ("study.toml", "haibowan.gpkg", "README.md")


class BuildWithDemo(build_py):
    """Build the package with the demonstration study as `planner/demo`."""

    def run(self) -> None:
        """Build, and copy the study; an editable installation reads it where it stands."""
        super().run()
        if not getattr(self, "editable_mode", False):
            folder = Path(self.build_lib) / "planner" / "demo"
            folder.mkdir(parents=True, exist_ok=True)
            for name in FILES:
                shutil.copyfile(STUDY / name, folder / name)


setup(cmdclass={"build_py": BuildWithDemo})
