"""QGIS styles in results.gpkg: each layer opens with the colours of the map and with column names in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from planner.messages.catalogue import Language, Texts, has_text
from planner.reporting.style import BEYOND, NEAR, SITE, UNCOVERED, VERDICT_COLOURS, shades

CHANGED = "1970-01-01T00:00:00Z"
"""No date of the machine: the same results give the same bytes."""

CREATE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
    ui TEXT(30), update_time DATETIME)
"""
"""The table in which QGIS looks for the style of a layer that it opens."""

Category = tuple[str, str]
"""Value of a column, and the colour of its rows."""

SIMPLE = {
    "communities": "#f7f4ef",
    "streets": "#9a9a9a",
    "uncovered": UNCOVERED,
    "demand": NEAR,
    "sites": SITE,
    "water": "#a6cee3",
    "barriers": "#333333",
    "business_areas": "#8073ac",
}
"""Colour of the layers that have one."""

CATEGORIES: Mapping[str, tuple[str, tuple[Category, ...]]] = {
    "centres": ("verdict", tuple((name, colour) for name, colour in VERDICT_COLOURS.items() if name != "none")),
    "facilities": ("rating", tuple((name, colour) for name, colour in VERDICT_COLOURS.items() if name != "none")),
}
"""Layers coloured by the values of a column."""

GRADED = {"service_areas": "limit_min", "reached": "limit_min"}
"""Layers coloured by walking time, from `NEAR` to `FAR`."""


def add_styles(path: Path, language: Language) -> None:
    """Add a style to every layer of a GeoPackage: colours as on the map, column names in words.

    Parameters
    ----------
    path
        The file; it is changed in place. The same file gives the same bytes.
    language
        Of the column names; those of which the catalogue has no text keep their own.
    """
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(CREATE)
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES (?, ?, ?, ?)",
            ("layer_styles", "attributes", "layer_styles", CHANGED),
        )
        layers = database.execute(
            "SELECT table_name, column_name, geometry_type_name FROM gpkg_geometry_columns ORDER BY table_name"
        ).fetchall()
        for number, (layer, column, geometry) in enumerate(layers, start=1):
            fields = [row[1] for row in database.execute(f'PRAGMA table_info("{layer}")')]
            limits = _limits(database, layer, fields)
            qml = _qml(layer, geometry, [name for name in fields if name not in {"fid", column}], limits, language)
            database.execute(
                "INSERT INTO layer_styles VALUES (?, '', '', ?, ?, ?, ?, '', 1, '', '', NULL, ?)",
                (number, layer, column, layer, qml, CHANGED),
            )


def _limits(database: sqlite3.Connection, layer: str, fields: list[str]) -> list[float]:
    """Return the walking times of a layer that is coloured by them."""
    column = GRADED.get(layer)
    if column not in fields:
        return []
    rows = database.execute(f'SELECT DISTINCT "{column}" FROM "{layer}" ORDER BY 1')  # noqa: S608 - own names
    return [float(row[0]) for row in rows]


def _qml(layer: str, geometry: str, fields: list[str], limits: list[float], language: Language) -> str:
    """Return the style of one layer in QGIS's own format."""
    parts = ["<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>", '<qgis version="3.34">']
    parts += _renderer(layer, geometry, fields, limits)
    parts.append("<aliases>")
    parts += [
        f'<alias field={quoteattr(name)} index="{at}" name={quoteattr(alias)}/>'
        for at, name in enumerate(fields, start=1)
        if (alias := column_alias(name, language))
    ]
    return "".join([*parts, "</aliases></qgis>"])


def column_alias(name: str, language: Language) -> str:
    """Return what users read instead of the name of a column; "" where the catalogue has no text.

    Examples
    --------
    >>> column_alias("people", "zh") != ""
    True
    """
    return Texts(language)(f"columns.{name}") if has_text(f"columns.{name}") else ""


def _renderer(layer: str, geometry: str, fields: list[str], limits: list[float]) -> Iterator[str]:
    """Yield how the rows of a layer are drawn: in one colour, by a column, or by walking time."""
    column, categories = CATEGORIES.get(layer, ("", ()))
    if limits:
        named = [(f"{at:g}", colour) for at, colour in zip(limits, shades(len(limits)), strict=True)]
        column, categories = GRADED[layer], tuple(reversed(named))
    if column not in fields:
        yield '<renderer-v2 type="singleSymbol"><symbols>'
        yield _symbol("0", geometry, SIMPLE.get(layer, BEYOND))
        yield "</symbols></renderer-v2>"
        return
    order = ' enableorderby="1"' if limits else ""
    yield f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)}{order}><categories>'
    for number, (value, _) in enumerate(categories):
        yield (
            f'<category symbol="{number}" value={quoteattr(value)} label={quoteattr(value)} render="true"'
            f"{' type=' + chr(34) + 'double' + chr(34) if limits else ''}/>"
        )
    yield "</categories><symbols>"
    for number, (_, colour) in enumerate(categories):
        yield _symbol(str(number), geometry, colour)
    yield "</symbols>"
    if limits:
        # The smaller areas are drawn on top.
        yield f'<orderby><orderByClause asc="0" nullsFirst="0">{escape(column)}</orderByClause></orderby>'
    yield "</renderer-v2>"


def _symbol(name: str, geometry: str, colour: str) -> str:
    """Return a symbol of one colour for points, lines or areas."""
    rgb = ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"
    kind, marker, options = "fill", "SimpleFill", {"color": rgb, "outline_color": "80,80,80,255"}
    if "POINT" in geometry:
        kind, marker, options = "marker", "SimpleMarker", {"color": rgb, "name": "circle", "size": "2.4"}
    elif "LINE" in geometry:
        kind, marker, options = "line", "SimpleLine", {"line_color": rgb, "line_width": "0.4"}
    alpha = "0.7" if kind == "fill" else "1"
    values = "".join(f'<Option type="QString" name="{key}" value="{value}"/>' for key, value in options.items())
    return (
        f'<symbol type="{kind}" name="{name}" alpha="{alpha}"><layer class="{marker}" enabled="1">'
        f'<Option type="Map">{values}</Option></layer></symbol>'
    )
