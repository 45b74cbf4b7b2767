"""The shape of the package: short modules and functions, few layers, tests in the same rooms."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
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


PRONOUNS = {"asked", "found", "known", "ones", "ready", "said", "told"}
"""No name of its own: a reader cannot tell what it holds. `is_known` and `known_units` are adjectives."""
VERBS_OF_SPEECH = {"ask", "asked", "asks", "reckon", "said", "say", "says", "tell", "tells", "told"}
"""No part of a name: functions return, write, draw, refuse; parameters are requested or given."""
OF_A_STUDY_LINE = {"asks"}
"""Whether a line of a new study file is a question to the user."""
LOOP_NAMES = {"one"}
"""A name for one of two beside `other`, and in short loops; never of a parameter that stands alone."""


def definitions() -> Iterator[tuple[str, str, bool]]:
    """Yield names of modules, functions, parameters, classes, fields and constants; records of plan.json apart."""
    for path, text in MODULES.items():
        if "records" in path.parts:
            continue
        yield f"{path}", path.stem, False
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"{path}:{node.lineno}", node.name, False
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
                yield from ((f"{path}:{node.lineno}", name, "other" in names) for name in names)
        bodies = [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
        for statement in (each for body in bodies for each in body):
            targets = (
                statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            )
            yield from (
                (f"{path}:{statement.lineno}", each.id, False) for each in targets if isinstance(each, ast.Name)
            )


def test_names_are_nouns_of_the_field() -> None:
    """No pronoun is a noun, and no verb of speech names a function."""
    wrong = []
    for place, name, is_pair in definitions():
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_").split("_")
        is_pronoun = len(words) == 1 and (words[0] in PRONOUNS or (name in LOOP_NAMES and not is_pair))
        if is_pronoun or (VERBS_OF_SPEECH - OF_A_STUDY_LINE) & {*words}:
            wrong.append((place, name))
    assert wrong == []
