"""Arguments at the door of the library: numbers, limits, names and settings, refused with the remedy."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from pydantic import ValidationError

from planner.config.sections.base import Settings
from planner.messages.errors import DataError, Issue, suggest_name

AnySettings = TypeVar("AnySettings", bound=Settings)

SHOWN_LENGTH = 120
"""Messages name a value by its text up to this length, characters."""


def read_minutes(minutes: object, *, name: str = "minutes") -> list[float]:
    """Return limits in minutes as a rising list.

    Examples
    --------
    >>> read_minutes([15, 5, 10]), read_minutes(5)
    ([5.0, 10.0, 15.0], [5.0])
    """
    given: list[object] = list(minutes) if isinstance(minutes, Iterable) else [minutes]
    wrong = [one for one in given if not is_number(one) or not np.isfinite(float(one)) or float(one) <= 0]  # type: ignore[arg-type]
    if wrong or not given:
        raise DataError(name, [Issue("minutes_not_positive", {"name": name, "found": in_short(minutes)})])
    return sorted({float(one) for one in given})  # type: ignore[arg-type]


def read_limit(minutes: object, *, name: str = "minutes") -> float:
    """Return the one limit in minutes that a function takes."""
    limits = read_minutes(minutes, name=name)
    if len(limits) > 1:
        raise DataError(name, [Issue("not_one_limit", {"name": name, "found": in_short(minutes)})])
    return limits[0]


def in_short(value: object) -> str:
    """Return an argument as a message names it: its text, or the type of what prints as a table or at length.

    Examples
    --------
    >>> import pandas as pd
    >>> in_short([5, 10]), in_short(pd.DataFrame({"a": [1]}))
    ('[5, 10]', 'DataFrame')
    """
    text = "" if hasattr(value, "shape") and not is_number(value) else repr(value)
    return text if 0 < len(text) <= SHOWN_LENGTH and "\n" not in text else type(value).__name__


def is_number(value: object) -> bool:
    """Return True for a real number that is no truth value."""
    return isinstance(value, numbers.Real | np.number) and not isinstance(value, bool | np.bool_)


def check_number(name: str, value: object, *, least: float = 0.0) -> float:
    """Return a finite number, at least `least`.

    Raises
    ------
    DataError
        It is none.
    """
    if not is_number(value) or not np.isfinite(float(value)):  # type: ignore[arg-type]
        raise DataError(name, [Issue("not_a_value", {"name": name, "found": in_short(value)})])
    number = float(value)  # type: ignore[arg-type]
    if number < least:
        raise DataError(
            name, [Issue("value_too_small", {"name": name, "found": f"{number:g}", "least": f"{least:g}"})]
        )
    return number


def check_choice(name: str, value: object, choices: Sequence[str]) -> str:
    """Return a value that is one of `choices`.

    Raises
    ------
    DataError
        It is not; the nearest known one is named.
    """
    if not isinstance(value, str) or value not in choices:
        raise DataError(
            name,
            [
                Issue(
                    "unknown_choice",
                    {"name": name, "found": in_short(value), "hint": suggest_name(value, choices)},
                )
            ],
        )
    return str(value)


def check_settings(
    model: type[AnySettings], values: Mapping[str, object], *, name: str, others: Sequence[str] = ()
) -> AnySettings:
    """Return a section of a study's settings from keyword arguments; `others` are the function's own, for hints.

    Raises
    ------
    DataError
        There is no such setting, with the nearest named, or a value is not valid.
    """
    for argument, value in values.items():
        if argument not in model.model_fields:
            known = [*others, *model.model_fields]
            values = {
                "name": name,
                "found": f"{argument}={in_short(value)}",
                "hint": suggest_name(argument, known),
            }
            raise DataError(name, [Issue("unknown_choice", values)])
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        argument = ".".join(str(part) for part in first["loc"])
        issue = Issue(
            "wrong_argument", {"name": argument, "found": in_short(first["input"]), "reason": first["msg"]}
        )
        raise DataError(name, [issue]) from error
