"""Settings of the input layers, and layers that are given in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, StrictBool

from planner.config.sections.base import Settings
from planner.messages.errors import Issue

DatumSetting = Literal["auto", "wgs84", "cgcs2000", "gcj02", "bd09"]


class Layer(Settings):
    """One input layer."""

    path: Path
    """The file, relative to the study: .gpkg, .shp, .geojson, .xlsx, .csv …; streets also .pbf, .osm, .graphml."""

    layer: str | None = None
    """The layer inside the file, or the sheet of a workbook, where it holds several."""

    crs: str | None = None
    """The coordinate system, where the file does not say (CSV, old shapefiles), as "EPSG:4326"."""

    datum: DatumSetting = "auto"
    """Whose coordinates: "wgs84", "cgcs2000", "gcj02" (Amap), "bd09" (Baidu); "auto" finds out. China only."""

    columns: dict[str, str] = Field(default_factory=dict, max_length=200)
    """Your column names, as { people = "人口", name = "社区名称" }."""

    values: dict[str, str] = Field(default_factory=dict, max_length=1000)
    """Your words for tiers and kinds, as { "社区党群服务中心" = "community" }; "*中心" means all that end so."""

    keep: tuple[str, ...] = ()
    """Further columns that results.gpkg is to carry, as ["楼栋号"]; of communities, facilities, demand, places."""

    source: str = ""
    """Where the layer comes from and of which date, as it is to stand in the report."""

    modelled: StrictBool = False
    """True where the layer is modelled, not surveyed: map and report then say so."""

    keep_all_lines: StrictBool = False
    """Streets only: true keeps all lines of a layer, also motorways, rivers and closed ways."""


class Raster(Settings):
    """A raster layer."""

    path: Path
    """The file, relative to the study file: .tif, .tiff, .asc or .hgt."""

    crs: str | None = None
    """The coordinate system, where the file does not say, as "EPSG:4326"."""

    source: str = ""
    """Where the raster comes from and of which date, as it is to stand in the report."""

    modelled: StrictBool = False
    """True where it is modelled, not surveyed: map and report then say so."""


class DistrictSettings(Settings):
    """One district of larger layers: what lies beyond it counts for walks, and in no sum."""

    communities: tuple[str, ...] = ()
    """Ids of its communities; people and centres of others in the layer count for walks only. Left out: all."""

    facilities: tuple[str, ...] = ()
    """Ids of its centres that serve no community of the layer."""


class InputSettings(Settings):
    """The layers."""

    communities: Layer
    """Communities and villages: polygons with id, name; optional subdistrict, kind, people, households."""

    facilities: Layer
    """Service centres: points with id, name, tier; optional community, floor_area_m2."""

    streets: Layer
    """Walkable streets: lines, joined where they share a vertex, or an OpenStreetMap extract."""

    demand: Layer | None = None
    """People: buildings or grid cells with id, people. Without it, community totals are spread along streets."""

    people_table: Layer | None = None
    """People by community, a table without places: community (id, code or name), people and/or households."""

    buildings: Layer | None = None
    """Buildings: polygons; optional kind, levels, height_m; or an extract. Totals are spread over the homes."""

    population: Raster | None = None
    """A population raster (GeoTIFF): people a cell, or a density (`demand.raster_unit`)."""

    places: Layer | None = None
    """Shops, offices, enterprises: points with id; optional name, kind, jobs, weight. For business areas."""

    water: Layer | None = None
    """Rivers and lakes: polygons, drawn on the map; a centre inside one is an error; see `stop_at_barriers`."""

    barriers: Layer | None = None
    """Railways and walls: lines, drawn on the map; see `stop_at_barriers`."""

    gates: Layer | None = None
    """Gates: points with id; optional name, open. A street ends on both sides of a gate that is not open."""

    parcels: Layer | None = None
    """Where a station might be had: plots, buildings, rooms with id; optional name, tenure, area_m2, cost."""

    organisations: Layer | None = None
    """Enterprises and social organisations: points with id; optional name, kind, members. Each gets a station."""

    elevation: Raster | None = None
    """Heights of the ground in metres, for `walking.costs.slope`; of several bands the first counts."""


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
