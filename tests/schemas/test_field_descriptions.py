"""Every field of a result has a description that documentation can read."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import get_args, get_type_hints

import planner

SECTION = re.compile(r"^Attributes\n-+\n(.*?)(?=^\w[^\n]*\n-{3,}\n|\Z)", re.MULTILINE | re.DOTALL)

ROOMS = ("accessibility", "prepare", "programme", "results", "siting")


def test_every_field_of_a_result_is_described() -> None:
    results = [one for one in nested_dataclasses(planner.Plan) if one.__module__.split(".")[1] in ROOMS]
    assert {"Coverage", "Plan", "PreparedStudy", "Programme", "Solution"} <= {one.__name__ for one in results}
    missing = {
        f"{one.__name__}.{name}" for one in results for name, text in describe_fields(one).items() if not text
    }
    assert not missing


def describe_fields(cls: type) -> dict[str, str]:
    """Return the description of each field of a dataclass; "" for fields without one.

    It stands below the field, below the last of several as "`x`, `y`: …", or in the section Attributes.
    """
    described = dict(section_entries(inspect.cleandoc(cls.__doc__ or "")))
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    for statement, below in itertools.pairwise(definition.body):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(below, ast.Expr):
            continue
        assert isinstance(statement.target, ast.Name)
        text = ast.literal_eval(below.value)
        group = re.match(r"((?:`\w+`, )+`\w+`): ", text)
        names = re.findall(r"\w+", group[1]) if group else []
        for name in names if statement.target.id in names else [statement.target.id]:
            described[name] = text
    return {field.name: described.get(field.name, "") for field in fields(cls)}


def section_entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names of the section Attributes with their description; names documented together share it."""
    section = SECTION.search(text)
    for names, description in re.findall(
        r"^(\S[^\n]*)\n((?:(?: [^\n]*)?\n?)+)", section[1] if section else "", re.MULTILINE
    ):
        for name in names.split(","):
            yield name.strip(), " ".join(description.split())


def test_descriptions_are_read_where_they_stand() -> None:
    assert describe_fields(_Point) == {
        "x": "`x`, `y`: Coordinates, metres.",
        "y": "`x`, `y`: Coordinates, metres.",
        "name": "Its name.",
        "other": "",
    }
    assert describe_fields(_Walk) == {
        "metres": "Lengths of two lines.",
        "minutes": "Lengths of two lines.",
        "other": "",
    }


@dataclass
class _Point:
    x: float
    y: float
    """`x`, `y`: Coordinates, metres."""
    name: str
    """Its name."""
    other: str


@dataclass
class _Walk:
    """A walk.

    Attributes
    ----------
    metres, minutes
        Lengths
        of two lines.
    """

    metres: float
    minutes: float
    other: str


def nested_dataclasses(cls: type) -> Iterator[type]:
    """Yield a dataclass and those of its fields, at any depth, each once."""
    nested: set[type] = set()
    stack: list[object] = [cls]
    while stack:
        annotation = stack.pop()
        stack.extend(get_args(annotation))
        if isinstance(annotation, type) and is_dataclass(annotation) and annotation not in nested:
            nested.add(annotation)
            stack.extend(get_type_hints(annotation).values())
            yield annotation
