"""Renamed settings: the old name is accepted for one release, with a notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planner.messages.notices import Notice

RENAMED = {
    "circles": "business_areas",
    "demand.kinds": "groups",
    "inputs.communities.columns.street": "subdistrict",
    "inputs.people_table.columns.street": "subdistrict",
    "programme.projects.street": "subdistrict",
    "programme.starts_per_street": "max_starts_per_subdistrict",
    "siting.apart_m": "min_spacing_m",
    "siting.barrier_m": "barrier_clearance_m",
    "siting.fade_min": "zero_coverage_min",
    "siting.free": "relocatable",
}
"""New name of a setting by its old dotted path; the tables of a list share one path."""


def rename_settings(content: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a study's tables under the current names, and the old paths in use.

    An old name beside its new one stays, so that validation reports it.

    Examples
    --------
    >>> rename_settings({"siting": {"free": ["C1"], "sites": 2}})
    ({'siting': {'relocatable': ['C1'], 'sites': 2}}, ('siting.free',))
    """
    old_paths: dict[str, None] = {}

    def renamed(value: Any, path: str) -> Any:  # noqa: ANN401 - any TOML value
        if isinstance(value, list | tuple):
            return type(value)(renamed(item, path) for item in value)
        if not isinstance(value, Mapping):
            return value
        tables = {}
        for name, inner in value.items():
            inner_path = f"{path}.{name}" if path else str(name)
            new = RENAMED.get(inner_path, name)
            if new != name and new in value:
                new = name
            elif new != name:
                old_paths[inner_path] = None
            tables[new] = renamed(inner, inner_path)
        return tables

    return renamed(content, ""), tuple(old_paths)


def renamed_notices(old_paths: tuple[str, ...]) -> Iterator[Notice]:
    """Yield one notice per old setting name in use."""
    for old in old_paths:
        parent, _, _ = old.rpartition(".")
        new = f"{parent}.{RENAMED[old]}" if parent else RENAMED[old]
        yield Notice("setting_renamed", "study", values={"old": old, "new": new})
