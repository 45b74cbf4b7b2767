"""Markers of tests, applied by what each test needs: its folder, its fixtures, and the calls in its source."""

from __future__ import annotations

import ast
import functools
import inspect
from pathlib import Path

import hypothesis
import pytest

QUICK = "quick"
"""The Hypothesis profile of `make fast`: `pytest --hypothesis-profile quick`."""
QUICK_EXAMPLES = 5

STUDY_FIXTURES = ("haibowan", "helsinki", "known_runs", "rich_toy_plan", "everything_plan")
"""Beginnings of the names of fixtures that run an embedded study."""

CALLS = {
    "study": {"planner.run", "run", "run_study", "main", "cli", "prepare", "planner.write", "write"},
    "slow": {"subprocess.run", "subprocess.Popen", "Popen", "os.fork", "fork", "ThreadingHTTPServer"},
}
"""Calls by which a test is of that kind, also where a function or fixture of its module makes them."""

HELPERS = tuple(Path(__file__).parent / folder for folder in (".", "laws", "explore"))
"""Folders from which tests import helpers, as pytest's `pythonpath`."""

SLOW_FILES = (
    *("test_adding_", "test_benchmarks", "test_damaged", "test_exchange", "test_exit", "test_fetching"),
    *("test_halo", "test_hostile_servers", "test_layer_schemas", "test_notebooks", "test_pdf", "test_rollup"),
    *("test_batch", "test_cluster", "test_second_process", "test_streams", "test_workbooks_bounded"),
)
"""Beginnings of the names of files whose tests start processes, copy the package, or read huge files."""

SLOW_NAMES = ("real_streets", "at_random", "grow_without", "without_end", "threads", "helsinki", "haibowan_plan")
"""Parts of the names of tests that take seconds: on whole cities, and on files without end."""


def apply(items: list[pytest.Item]) -> None:
    """Mark each test: one of unit, law, study, browser; and slow where it takes seconds."""
    for item in items:
        for name in _markers(item):
            item.add_marker(name)


def limit_examples(items: list[pytest.Item]) -> None:
    """Lower the number of examples of each property test, also where the test states its own."""
    for item in items:
        function = getattr(item, "obj", None)
        if not getattr(function, "is_hypothesis_test", False):
            continue
        # A private name: where a new version has moved it, this fails and limits nothing in silence.
        own = function._hypothesis_internal_use_settings
        if own.max_examples > QUICK_EXAMPLES:
            function._hypothesis_internal_use_settings = hypothesis.settings(own, max_examples=QUICK_EXAMPLES)


def _markers(item: pytest.Item) -> set[str]:
    parts = Path(item.path).parts
    called = _kinds(item)
    is_slow = item.path.stem.startswith(SLOW_FILES) or any(part in item.name for part in SLOW_NAMES)
    slow = {"slow"} & called | ({"slow"} if is_slow else set())
    if "browser" in parts:
        return {"browser"} | slow
    fixtures = getattr(item, "fixturenames", ())
    if "study" in called or any(name.startswith(STUDY_FIXTURES) for name in fixtures):
        return {"study"} | slow
    return ({"law"} if "laws" in parts else {"unit"}) | slow


def _kinds(item: pytest.Item) -> set[str]:
    """Return the kinds of the test by the functions and fixtures of its module that it reaches."""
    function = getattr(item, "function", None)
    if function is None:
        return set()
    kinds = _kinds_by_function(item.path)
    names = {inspect.unwrap(function).__name__, *getattr(item, "fixturenames", ())}
    return set().union(*(kinds.get(name, set()) for name in names))


@functools.cache
def _kinds_by_function(path: Path) -> dict[str, set[str]]:
    """Return the kinds of each function at the top of a module, through the functions and helpers it names."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = {name: _names(node) for name, node in functions.items()}
    kinds = {name: {kind for kind, calls in CALLS.items() if calls & found} for name, found in names.items()}
    known = _kinds_of_helpers(tree) | kinds
    changed = True
    while changed:
        changed = False
        for name, found in names.items():
            more = set().union(*(known[other] for other in found & known.keys())) - kinds[name]
            kinds[name] |= more
            changed = changed or bool(more)
    return kinds


def _kinds_of_helpers(tree: ast.Module) -> dict[str, set[str]]:
    """Return the kinds of what a module imports from helpers of the tests, by the name it has here."""
    kinds: dict[str, set[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and (helper := _helper(node.module)):
            of_helper = _kinds_by_function(helper)
            kinds |= {alias.asname or alias.name: of_helper.get(alias.name, set()) for alias in node.names}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if helper := _helper(alias.name):
                    here = alias.asname or alias.name
                    kinds |= {f"{here}.{name}": of_one for name, of_one in _kinds_by_function(helper).items()}
    return kinds


def _helper(module: str) -> Path | None:
    """Return the file of a helper module of the tests; None for any other module."""
    files = (folder / f"{module}.py" for folder in HELPERS)
    return next((file for file in files if file.is_file()), None)


def _names(node: ast.AST) -> set[str]:
    """Return the names, and names with one dot, that occur in a function."""
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            found.add(inner.id)
        elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
            found.add(f"{inner.value.id}.{inner.attr}")
        elif isinstance(inner, ast.arg):
            found.add(inner.arg)
    return found
