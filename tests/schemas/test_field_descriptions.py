"""Every field of a result has a description that documentation can read."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
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

    Names documented together share their description.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Point:
    ...     '''A point.
    ...
    ...     Attributes
    ...     ----------
    ...     x, y
    ...         Coordinates, metres.
    ...     '''
    ...
    ...     x: float
    ...     y: float
    >>> describe_fields(Point)
    {'x': 'Coordinates, metres.', 'y': 'Coordinates, metres.'}
    """
    section = SECTION.search(inspect.cleandoc(cls.__doc__ or ""))
    described: dict[str, str] = {}
    names: list[str] = []
    for line in section.group(1).splitlines() if section else ():
        if line and not line.startswith(" "):
            names = [name.strip() for name in line.split(",")]
        else:
            for name in names:
                described[name] = f"{described.get(name, '')} {line.strip()}".strip()
    return {field.name: described.get(field.name, "") for field in fields(cls)}


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
