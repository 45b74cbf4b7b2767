"""The settings of a study as its results tell them: exact, without the paths of a machine and without keys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from planner.config.study import Study, portable

HOST = re.compile(r"(https?://[^/]+/).*", re.DOTALL)
HIDDEN = "…"
"""Stands where a key was, or the part of an address that may hold one."""


def portable_settings(study: Study) -> dict[str, Any]:
    """Return all settings of a study as plain values for plan.json.

    Absolute paths shrink to the file's name: where a folder lies on somebody's machine is nobody's business. Of an
    address of tiles the host stays: the rest may hold a key.
    """
    settings: dict[str, Any] = _portable(study.model_dump(mode="python"))
    rules = settings["rules"]
    rules["profile"] = portable(rules["profile"])
    rules["compare"] = [portable(one) for one in rules["compare"]]
    tiles = settings["map"]
    tiles["key"] = HIDDEN if tiles["key"] else ""
    tiles["tiles"] = HOST.sub(rf"\1{HIDDEN}", tiles["tiles"])
    return settings


def _portable(value: Any) -> Any:  # noqa: ANN401 - settings hold any plain value
    if isinstance(value, dict):
        return {key: _portable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(inner) for inner in value]
    return portable(value) if isinstance(value, Path) else value
