"""A plan in a notebook: key figures with a small map, its layers as maps and files."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from markupsafe import Markup

from planner.messages.catalogue import Texts
from planner.messages.errors import DataError, Issue, suggest_name
from planner.reporting.document.build import build_document
from planner.reporting.notebook_maps import Drawn, draw_layers, plot_layers, write_frame
from planner.reporting.report.blocks import Translator, annex_ref
from planner.reporting.report.figures import overview_figure
from planner.reporting.report.pictures import render_png
from planner.reporting.report.sections.summary import indicator_cards, nature_of
from planner.reporting.style import SITE, UNCOVERED, VERDICT_COLOURS, shades
from planner.reporting.tables.geopackage import result_layers, write_geopackage
from planner.reporting.write import write_single
from planner.results import Plan

BOX = "border:1px solid #c9cfd5;border-top:4px solid #01665e;padding:6px 10px;background:#fff;color:#1c2126"
GRID = "display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:8px;flex:1 1 360px"


LEAST_DOTS = 0.2
LARGEST_BYTES = 60_000
"""Of the picture: a notebook is stored with what it shows, and letters for bytes take a third more."""


def show(plan: Plan) -> str:
    """Return a plan as HTML for a notebook, with the numbers of `planner.reporting.document.build.build_document`.

    Parameters
    ----------
    plan
        What `planner.run` returned.

    Returns
    -------
    html
        A fragment that needs no network, no script and no style sheet; what the study states in it is escaped.
    """
    t = Translator(build_document(plan), Texts(plan.study.language))
    modelled, nature = nature_of(t, section=annex_ref(t, "data"))
    cards = Markup("").join(
        Markup(
            '<div style="{}"><b style="font-size:1.4em">{}</b><br>{}<br>'
            '<small style="color:#4a545e">{}</small></div>'
        ).format(BOX, indicator.value, indicator.label, indicator.note)
        for indicator in indicator_cards(t)
    )
    image = base64.b64encode(_small_png(overview_figure(plan, t.texts))).decode("ascii")
    return str(
        Markup(
            '<div style="font-family:sans-serif;max-width:62em"><h3 style="margin:4px 0">{name}</h3>{nature}'
            '<div style="display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start">'
            '<div style="{grid}">{cards}</div>'
            '<img alt="{name}" style="max-height:460px;background:#fff" src="data:image/png;base64,{image}">'
            "</div></div>"
        ).format(
            name=plan.study.name,
            nature=Markup("<p><small>{}</small></p>").format(nature) if modelled else "",
            grid=GRID,
            cards=cards,
            image=image,
        )
    )


def _small_png(figure: Markup) -> bytes:
    """Return a figure as a PNG of as many dots as `LARGEST_BYTES` allow."""
    dots, png = 1.0, render_png(figure, dots_a_px=1.0).png
    while len(png) > LARGEST_BYTES and dots > LEAST_DOTS:
        # The bytes of a drawing grow somewhat slower than its area.
        dots = max(dots * min((LARGEST_BYTES / len(png)) ** 0.6, 0.9), LEAST_DOTS)
        png = render_png(figure, dots_a_px=dots).png
    return png


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
    tables = result_layers(plan, only=name)
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
