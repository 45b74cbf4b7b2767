"""The shape of the package: short modules and functions, few layers, tests in the same rooms."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "planner"
MODULES = {path.relative_to(PACKAGE): path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))}

LAYERS_AT_MOST = 9
MODULE_LINES_AT_MOST = 450
FUNCTION_LINES_AT_MOST = 80
USUAL_FUNCTION_LINES = 45
"""What 95 of 100 functions keep to, with their docstrings."""


def functions() -> list[tuple[int, str]]:
    return [
        (node.end_lineno - node.lineno + 1, f"{path}:{node.name}")
        for path, text in MODULES.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None
    ]


def test_no_module_is_too_long() -> None:
    assert [
        (path, len(text.splitlines()))
        for path, text in MODULES.items()
        if len(text.splitlines()) > MODULE_LINES_AT_MOST
    ] == []


def test_most_functions_are_short() -> None:
    lengths = sorted(length for length, _ in functions())
    assert lengths[int(0.95 * len(lengths))] <= USUAL_FUNCTION_LINES


def test_no_function_is_too_long() -> None:
    assert [named for named in functions() if named[0] > FUNCTION_LINES_AT_MOST] == []


def test_layers_are_few() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    assert len(contract["layers"]) <= LAYERS_AT_MOST


def test_no_class_name_means_two_things() -> None:
    """Records of plan.json are named as the objects that they record; all other names are unique."""
    names = Counter(
        node.name
        for path, text in MODULES.items()
        if "records" not in path.parts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_tests_stand_in_the_rooms_of_the_package() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.iterdir())}
    assert folders <= rooms | {"browser", "cases", "explore", "golden", "laws", "__pycache__"}
