"""The map of districts by share of people within the standard, for page and report."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup

from planner.messages.catalogue import Texts
from planner.reporting.report.before_after import place_labels
from planner.reporting.report.drawing import draw_north_arrow, draw_scale_bar, frame_around, svg_path

CLASSES = (("0.9", "#1a6e5c"), ("0.75", "#5aa08d"), ("0.5", "#d9c36c"), ("0.25", "#dd8a4b"), ("0", "#b3402f"))
"""From which share of people within the standard on, and the colour of the district."""

UNKNOWN = "#bbbbbb"
DEGREE_M = 111_195.0
"""Length of a degree of latitude, metres."""

LEGEND_PX, KEY_PX = 24.0, 78.0


def draw_districts(
    outlines: gpd.GeoSeries,
    shares: Mapping[str, float],
    names: Mapping[str, str],
    texts: Texts,
    *,
    size_px: tuple[float, float],
    links: Mapping[str, str] | None = None,
) -> Markup:
    """Return the districts as a drawing with legend, scale bar and north arrow; each may be a link.

    Parameters
    ----------
    outlines
        By code, degrees.
    shares
        Of people within the standard by code (0-1); a district without any is grey.
    names
        By code; those that would cover another are left out.
    size_px
        How large the map is at most.
    links
        Where each district leads, by code.
    """
    _, south, _, north = outlines.total_bounds
    metres = [DEGREE_M * np.cos(np.radians((south + north) / 2)), DEGREE_M]
    ground = shapely.transform(outlines.to_numpy(), lambda xy: xy * metres)
    frame = frame_around(shapely.total_bounds(ground), size_px)
    drawn = []
    for code, shape in zip(outlines.index, ground, strict=True):
        share = shares.get(code, np.nan)
        colour = next((colour for least, colour in CLASSES if share >= float(least)), UNKNOWN)
        title = f"{names.get(code, code)} {'–' if np.isnan(share) else texts.percent(share)}"
        path = Markup('<path class="district" d="{}" fill="{}" stroke="#fff"><title>{}</title></path>').format(
            svg_path(np.array([shape], dtype=object), frame, tolerance_m=0.0), colour, title
        )
        link = (links or {}).get(code, "")
        drawn.append(Markup('<a href="{}">{}</a>').format(link, path) if link else path)
    named = gpd.GeoDataFrame({"name": [names.get(code, code) for code in outlines.index]}, geometry=ground)
    keys = [(f"≥ {texts.percent(float(least))}", colour) for least, colour in CLASSES] + [("–", UNKNOWN)]
    legend = [
        Markup('<rect x="{:g}" width="13" height="13" fill="{}"/>').format(place * KEY_PX, colour)
        + Markup('<text class="legend" x="{:g}" y="11">{}</text>').format(place * KEY_PX + 18, words)
        for place, (words, colour) in enumerate(keys)
    ]
    width, height = max(frame.width, KEY_PX * len(keys)), frame.height + LEGEND_PX
    return Markup(
        '<svg role="img" aria-label="{}" viewBox="0 0 {w:g} {h:g}" width="{w:g}" height="{h:g}">{}{}{}{}'
        '<g transform="translate(0 {top:g})">{}</g></svg>'
    ).format(
        texts("batch.map_head"),
        *(Markup("").join(parts) for parts in (drawn, place_labels(named, frame))),
        *(draw_scale_bar(frame, texts), draw_north_arrow(frame, texts), Markup("").join(legend)),
        w=round(width, 1),
        h=round(height, 1),
        top=round(frame.height + 8, 1),
    )
