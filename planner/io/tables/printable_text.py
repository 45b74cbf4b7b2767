"""Texts of a table without the characters that nobody can read: taken out when a layer is read, and told."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from planner.io.tables.sheets import Grid
from planner.messages.notices import Notice
from planner.messages.printable import is_legible, legible
from planner.schemas.table_schema import row_names


def legible_frame(frame: gpd.GeoDataFrame, table: str) -> tuple[gpd.GeoDataFrame, tuple[Notice, ...]]:
    r"""Return a layer with legible texts and column names, and what was taken out of which rows.

    Examples
    --------
    >>> layer = gpd.GeoDataFrame({"id": ["a", "b"], "name": ["东风", "西\x0b园"]}, geometry=[None, None])
    >>> clean, notices = legible_frame(layer, "communities")
    >>> clean["name"].tolist(), notices[0].key, notices[0].rows
    (['东风', '西园'], 'illegible', ('b',))
    """
    shapes = frame.geometry.name
    names = {name: legible(name) for name in frame.columns if isinstance(name, str) and not is_legible(name)}
    taken = {*frame.columns} - {*names}
    for number, (name, clean) in enumerate(names.items()):
        names[name] = f"{clean} [{number}]" if clean in taken else clean
        taken.add(names[name])
    spoiled = pd.Series(data=False, index=frame.index)
    cleaned: dict[str, pd.Series] = {}
    for name in frame.columns:
        if name == shapes or frame[name].dtype.kind not in "OUT":
            continue
        wrong = frame[name].map(lambda cell: isinstance(cell, str) and not is_legible(cell)).astype(bool)
        if wrong.any():
            cleaned[name] = frame[name].map(lambda cell: legible(cell) if isinstance(cell, str) else cell)
            spoiled |= wrong
    if not names and not cleaned:
        return frame, ()
    frame = gpd.GeoDataFrame(frame.assign(**cleaned).rename(columns=names))
    return frame, (Notice("illegible", table, tuple(map(str, row_names(frame)[spoiled]))),)


def legible_grid(grid: Grid, table: str) -> tuple[Grid, tuple[Notice, ...]]:
    """Return a sheet with legible texts, and what was taken out of which rows."""
    spoiled = [number for number, row in enumerate(grid.rows) if not all(map(is_legible, row))]
    if not spoiled:
        return grid, ()
    rows = list(grid.rows)
    for number in spoiled:
        rows[number] = tuple(map(legible, rows[number]))
    names = tuple(f"#{number + 1}" for number in spoiled)
    return replace(grid, rows=tuple(rows)), (Notice("illegible", table, names),)
