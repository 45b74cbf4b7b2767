"""Settings that were renamed: their former names are accepted for one release, with a notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

RENAMED: Mapping[str, str] = {
    "circles": "business_areas",
    "demand.kinds": "groups",
    "inputs.communities.columns.street": "subdistrict",
    "inputs.people_table.columns.street": "subdistrict",
    "programme.projects.settles": "resolves",
    "programme.projects.street": "subdistrict",
    "programme.starts_per_street": "max_starts_per_subdistrict",
    "siting.apart_m": "min_spacing_m",
    "siting.barrier_m": "barrier_clearance_m",
    "siting.fade_min": "zero_coverage_min",
    "siting.free": "relocatable",
    "siting.origins": "sources",
}
"""New name by the dotted path of the former one; a list of tables counts as one table."""


def with_new_names(content: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return settings by their new names; a former name beside its new one is left, to be refused.

    Examples
    --------
    >>> with_new_names({"programme": {"starts_per_street": 2}})
    {'programme': {'max_starts_per_subdistrict': 2}}
    """
    result: dict[str, Any] = {}
    for name, value in content.items():
        new = RENAMED.get(f"{path}{name}", name)
        result[name if new in content else new] = _renamed_inside(value, f"{path}{name}.")
    return result


def _renamed_inside(value: object, path: str) -> object:
    if isinstance(value, Mapping):
        return with_new_names(value, path)
    if isinstance(value, list | tuple):
        return type(value)(_renamed_inside(one, path) for one in value)
    return value


def former_names(content: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted paths of former names in some settings, each with its new name.

    Examples
    --------
    >>> list(former_names({"programme": {"starts_per_street": 2}}))
    [('programme.starts_per_street', 'max_starts_per_subdistrict')]
    """
    for name, value in content.items():
        if f"{path}{name}" in RENAMED:
            yield f"{path}{name}", RENAMED[f"{path}{name}"]
        tables = value if isinstance(value, list | tuple) else [value]
        for table in tables:
            if isinstance(table, Mapping):
                yield from former_names(table, f"{path}{name}.")
