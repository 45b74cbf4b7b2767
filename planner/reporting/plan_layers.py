"""Layers of a plan in a notebook: maps and files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.messages.catalogue import Texts
from planner.messages.errors import DataError, Issue, suggest_name
from planner.reporting.notebook_maps import Drawn, draw_layers, plot_layers, write_frame
from planner.reporting.style import SITE, UNCOVERED, VERDICT_COLOURS, shades
from planner.reporting.tables.geopackage import result_layers, write_geopackage
from planner.reporting.write import write_single
from planner.results import Plan


def plan_layers(plan: Plan) -> list[Drawn]:
    """Return what a map of a plan shows, the lowest first: areas, people not covered, facilities, new sites."""
    texts = Texts(plan.study.language)
    reached = plan.reached.sort_values("limit_min", ascending=False)
    limits = sorted(reached["limit_min"])
    colours = dict(zip(limits, shades(len(limits)), strict=True))
    layers: list[Drawn] = []
    for row, limit in enumerate(reached["limit_min"]):
        look = {"color": colours[limit], "alpha": 0.6, "style_kwds": {"fillOpacity": 0.45, "weight": 0}}
        name = texts("maps.layer_reached", minutes=f"{limit:g}")
        layers.append((gpd.GeoDataFrame(reached.iloc[[row]]), {"name": name, **look}))
    uncovered = plan.coverage.uncovered[["id", "people", "geometry"]]
    look = {"color": UNCOVERED, "markersize": 2, "marker_kwds": {"radius": 2}}
    layers.append((gpd.GeoDataFrame(uncovered), {"name": texts("maps.layer_uncovered"), **look}))
    facilities = plan.to_frame().reset_index()[["facility", "name", "tier", "rating", "failed", "geometry"]]
    for rating, colour in VERDICT_COLOURS.items():
        chosen = facilities[facilities["rating"] == ("" if rating == "none" else rating)]
        look = {"color": colour, "edgecolor": "#333333", "markersize": 30, "marker_kwds": {"radius": 6}}
        layers.append((gpd.GeoDataFrame(chosen), {"name": texts(f"words.verdict_{rating}"), **look}))
    proposals = plan.siting.proposals
    best = list(proposals[-1].sites) if proposals else []
    sites = plan.siting.candidates.iloc[best].assign(rank=np.arange(1, len(best) + 1))
    look = {"color": SITE, "edgecolor": "#333333", "markersize": 50, "marker_kwds": {"radius": 8}}
    shown = gpd.GeoDataFrame(sites[["rank", "id", "source", "geometry"]])
    return [*layers, (shown, {"name": texts("maps.layer_sites"), **look})]


def plan_table(plan: Plan, name: str) -> gpd.GeoDataFrame | pd.DataFrame:
    """Return the rated facilities, or a layer of results.gpkg by name.

    Raises
    ------
    DataError
        There is no such table; the nearest is named.
    """
    if name == "facilities":
        # Imported by name at run time: the library stands above reporting.
        return gpd.GeoDataFrame(import_module("planner").evaluate(plan))
    tables = result_layers(plan)
    if name not in tables:
        values = {"name": "table", "found": repr(name), "hint": suggest_name(name, tables)}
        raise DataError("to_frame", [Issue("unknown_choice", values)])
    return tables[name]


def explore_plan(plan: Plan, options: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a folium map
    """Draw the layers of a plan on a folium map."""
    return draw_layers(plan_layers(plan), options)


def plot_plan(plan: Plan, options: Mapping[str, Any]) -> Any:  # noqa: ANN401 - matplotlib axes
    """Draw the layers of a plan with matplotlib."""
    return plot_layers(plan_layers(plan), options)


def write_plan(plan: Plan, path: str | os.PathLike[str], options: Mapping[str, Any]) -> None:
    """Write a plan's layers as a GeoPackage, or its facilities in another format."""
    file = Path(path)
    if file.suffix.lower() == ".gpkg":
        write_single(file, lambda target: write_geopackage(plan, target))
    else:
        write_frame(gpd.GeoDataFrame(plan.to_frame()), file, options)
