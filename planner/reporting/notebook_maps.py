"""Results in a notebook: a short table in HTML, folium and matplotlib maps, files."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import geopandas as gpd
from matplotlib.patches import Patch

from planner.messages.catalogue import SOURCE_LANGUAGE, Texts, user_language

Drawn = tuple[gpd.GeoDataFrame, Mapping[str, Any]]
"""A layer, and how it is drawn: options of `GeoDataFrame.explore`."""

COVERED, UNCOVERED, NEW, EXISTING = "#1b7837", "#b2182b", "#d95f02", "#2166ac"
PLOTTED = frozenset({"color", "markersize", "alpha", "edgecolor"})
"""Options of a layer that matplotlib takes; folium takes `color`, and those of its own."""

SHOWN_POINTS = 20_000
"""Notebooks become slow with more points than this: the ones with the most people are drawn."""


class MapResult(ABC):
    """A result with layers that can be drawn and written; subclasses name them in `layers`."""

    __slots__ = ()

    @abstractmethod
    def layers(self) -> list[Drawn]:
        """Return the layers of the result's map, the lowest first."""

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the main table of the result: its uppermost layer."""
        return self.layers()[-1][0]

    def explore(self, **options: Any) -> Any:  # noqa: ANN401 - a folium map
        """Draw an interactive map; options are those of `GeoDataFrame.explore`, such as `tiles`."""
        return draw_layers(self.layers(), options)

    def plot(self, **options: Any) -> Any:  # noqa: ANN401 - matplotlib axes
        """Draw the layers with matplotlib; options of `GeoDataFrame.plot`, such as `ax` and `figsize`."""
        return plot_layers(self.layers(), options)

    def to_file(self, path: str | os.PathLike[str], **options: Any) -> None:  # noqa: ANN401 - options of GDAL
        """Write the main table: GeoParquet (.parquet), or any format of `GeoDataFrame.to_file`."""
        write_frame(self.to_frame(), path, options)


def plot_layers(layers: Sequence[Drawn], options: Mapping[str, Any]) -> Any:  # noqa: ANN401 - matplotlib axes
    """Draw layers with matplotlib, one over the other, with a legend."""
    settings = dict(options)
    axes, crs = settings.pop("ax", None), layers[0][0].crs
    for layer, style in layers:
        frame = layer.to_crs(crs)
        if len(frame):
            drawn = {key: value for key, value in style.items() if key in PLOTTED}
            axes = frame.plot(ax=axes, label=style.get("name"), **drawn | settings)
            settings.pop("figsize", None)
    if axes is not None:
        axes.set_axis_off()
        handles = [
            Patch(color=style.get("color"), label=style.get("name")) for layer, style in layers if len(layer)
        ]
        axes.legend(handles=handles, loc="best", fontsize="small")
    return axes


def write_frame(frame: gpd.GeoDataFrame, path: str | os.PathLike[str], options: Mapping[str, Any]) -> None:
    """Write a frame: GeoParquet (.parquet), or any format of `GeoDataFrame.to_file`."""
    if Path(path).suffix == ".parquet":
        frame.to_parquet(Path(path), **options)
    else:
        frame.to_file(Path(path), **options)


def warn_offline(drawn: Any) -> Any:  # noqa: ANN401 - a folium map
    """Let a map say what to do where its scripts cannot be loaded; return it."""
    from branca.element import Element

    text = json.dumps(Texts(user_language() or SOURCE_LANGUAGE)("maps.needs_network"))
    script = f"if (typeof L === 'undefined') {{ document.body.insertAdjacentText('afterbegin', {text}); }}"
    drawn.get_root().html.add_child(Element(f"<script>{script}</script>"), name="tell_offline")
    return drawn


def draw_layers(layers: Sequence[Drawn], options: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a folium map
    """Draw layers one over the other on one folium map, with a control to switch them."""
    import folium

    drawn, settings = options.get("m"), dict(options)
    for frame, style in layers:
        if not len(frame):
            continue
        shown = (
            frame.nlargest(SHOWN_POINTS, "people") if len(frame) > SHOWN_POINTS and "people" in frame else frame
        )
        looks = {key: value for key, value in style.items() if key == "color" or key not in PLOTTED}
        drawn = shown.explore(**settings | {"m": drawn} | looks)
    if drawn is None:
        return drawn
    if len(layers) > 1:
        folium.LayerControl(collapsed=True).add_to(drawn)
    return warn_offline(drawn)


def html_table(title: str, figures: Mapping[str, str]) -> str:
    """Return a title and figures as a small HTML table."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in figures.items()
    )
    return f"<table><caption><b>{escape(title)}</b></caption><tbody>{rows}</tbody></table>"
