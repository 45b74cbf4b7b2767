"""The versions that the README's commands install are those in constraints.txt."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
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


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    # pydantic requires one exact version of its core.
    packages = imported() - set(sys.stdlib_module_names) - {"planner", "pydantic_core"}
    owners = packages_distributions()
    needed = {canonicalize_name(owners[package][0]) for package in packages}
    assert needed - declared == set()


def imported() -> set[str]:
    """Return the packages that any module of the planner imports, at its top or inside a function."""
    names: set[str] = set()
    for path in (ROOT / "planner").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
    return {name.partition(".")[0] for name in names}
