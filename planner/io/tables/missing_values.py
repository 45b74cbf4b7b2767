"""Numbers that stand for "not known" in public data."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from planner.messages.notices import Notice

UNKNOWN_HEIGHT = -1
"""What Microsoft's building footprints say where no height is known, and those who made their own of them."""

HEIGHTS = ("height_m", "levels")


def forget_unknown_heights(frame: gpd.GeoDataFrame, table: str) -> tuple[gpd.GeoDataFrame, tuple[Notice, ...]]:
    """Return buildings without the heights and storeys that are −1, and how many there were.

    Examples
    --------
    >>> homes = gpd.GeoDataFrame({"id": ["a", "b"], "height_m": [-1.0, 9.0]}, geometry=[None, None])
    >>> known, notices = forget_unknown_heights(homes, "buildings")
    >>> known["height_m"].tolist(), notices[0].values["count"]
    ([nan, 9.0], '1')
    """
    notices = []
    for name in HEIGHTS:
        if name not in frame.columns:
            continue
        unknown = pd.to_numeric(frame[name], errors="coerce") == UNKNOWN_HEIGHT
        if unknown.any():
            values = {"column": name, "count": f"{int(unknown.sum()):,}"}
            notices.append(Notice("height_unknown", table, values=values))
            frame = gpd.GeoDataFrame(frame.assign(**{name: frame[name].mask(unknown)}))
    return frame, tuple(notices)
