"""Answers of Overpass as an extract, so that one reader with one set of rules reads every source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from planner.io.osm.elements import settle, write_elements
from planner.messages.errors import FetchError, Issue


def write_extract(answers: Iterable[Mapping[str, Any]], path: Path, *, source: str) -> int:
    """Write the elements of several answers to one `.osm.pbf`, each once, ordered; return how many there are.

    Raises
    ------
    FetchError
        An answer holds what is no element of OpenStreetMap.
    """
    try:
        settled = settle(element for answer in answers for element in answer["elements"])
        write_elements(settled.elements, path)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError) as error:
        raise FetchError(source, [Issue("answer_not_osm", {"server": source})]) from error
    return len(settled.elements)
