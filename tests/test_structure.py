"""The shape of the package: short modules and functions, one meaning a class name."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "planner"
MODULES = {path.relative_to(PACKAGE): path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))}

LAYERS_AT_MOST = 9
MODULE_LINES_AT_MOST = 450
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


def test_layers_are_nine_and_documented() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    layers = [layer.split(" | ") for layer in contract["layers"]]
    assert len(layers) <= LAYERS_AT_MOST
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (`.*`) \|$", page, re.MULTILINE)
    documented = {int(number): re.findall(r"`(\w+)`", names) for number, names in rows}
    assert {number: sorted(names) for number, names in documented.items()} == {
        number: sorted(names) for number, names in enumerate(reversed(layers), start=1)
    }
