"""Layers of a study that are given in memory: which setting each becomes, and its frame."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from planner.config.sections.layers import InputSettings, Raster
from planner.messages.errors import Issue

ARGUMENTS = {"people" if name == "demand" else name: name for name in InputSettings.model_fields}
"""Argument of `Study` for each layer: `people` is `inputs.demand`, as `demand` holds settings."""

GRAPH_NAME = "streets.graphml"
"""What a graph in memory is called: it is read as a GraphML file is."""


def split_layers(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[Issue]]:
    """Return the settings of layers, the frames and graphs among them by layer, and what is wrong.

    A layer is a path, a GeoDataFrame, a graph of streets, or a table of settings with `path` or `frame`.
    """
    settings: dict[str, Any] = {}
    frames: dict[str, Any] = {}
    issues: list[Issue] = []
    for argument, value in given.items():
        name = ARGUMENTS[argument]
        options = dict(value) if isinstance(value, Mapping) and not _is_graph(value) else {}
        content = options.pop("frame", None) if options else value
        if options and content is None:
            settings[name] = options
        elif isinstance(content, str | os.PathLike):
            settings[name] = {**options, "path": str(content)}
        else:
            issues += _wrong_type(argument, content, is_raster=_is_raster(name))
            frames[name] = content
            settings[name] = {**options, "path": GRAPH_NAME if _is_graph(content) else argument}
    return settings, frames, issues


def _wrong_type(argument: str, content: object, *, is_raster: bool) -> Iterator[Issue]:
    if is_raster:
        yield Issue("study_no_table", {"layer": argument})
    elif not (
        hasattr(content, "geometry")
        or _is_table(argument, content)
        or (argument == "streets" and _is_graph(content))
    ):
        key = "study_layer_network" if hasattr(content, "streets") else "study_layer_type"
        yield Issue(key, {"layer": argument, "found": type(content).__name__})


def _is_table(argument: str, content: object) -> bool:
    return argument == "people_table" and hasattr(content, "columns")


def _is_graph(content: object) -> bool:
    return hasattr(content, "edges") and hasattr(content, "nodes")


def _is_raster(name: str) -> bool:
    return Raster in getattr(InputSettings.model_fields[name].annotation, "__args__", ())
