"""The versions that the README's commands install are those in constraints.txt."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


def pinned() -> dict[str, str]:
    """Return the version of each library."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def test_every_library_is_pinned_to_a_version_that_the_project_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    needed = [Requirement(line) for line in listed]
    versions = pinned()
    for requirement in needed:
        if requirement.name != project["name"]:
            assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


def test_the_commands_install_the_pinned_versions() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    installs = re.findall(r"^\t\$\(BIN\)/python (.*)$", makefile.partition("demo:")[0], flags=re.MULTILINE)
    assert len(installs) == 2
    assert all(line.startswith("$(PIP) ") for line in installs)
    assert re.search(r"^PIP := .*--constraint constraints.txt$", makefile, flags=re.MULTILINE)
