"""QGIS styles in results.gpkg: each layer opens with the colours of the map and with column names in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from planner.messages.catalogue import Language, Texts, has_text
from planner.reporting.style import BEYOND, SITE, UNCOVERED, VERDICT_COLOURS, shades

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

SIMPLE = {
    "communities": "#f7f4ef",
    "streets": "#9a9a9a",
    "uncovered": UNCOVERED,
    "sites": SITE,
    "water": "#a6cee3",
    "barriers": "#333333",
    "business_areas": "#8073ac",
}
"""Colour of the layers that have one."""

RATED = {"centres": "verdict", "facilities": "rating"}
"""Layers coloured by the rating of a column; rows that are not assessed have none."""

GRADED = {"service_areas": "limit_min", "reached": "limit_min"}
"""Layers coloured by walking time, the shortest darkest."""

PEOPLE = {"demand": "nearest_min"}
"""Layers of points coloured by their walk: as the areas, or as uncovered beyond the longest limit."""


def add_styles(
    path: Path, language: Language, headings: Mapping[str, Mapping[str, str]] = MappingProxyType({})
) -> None:
    """Add a style to every layer of a GeoPackage: colours as on the map, column names in words.

    Parameters
    ----------
    path
        The file; it is changed in place. The same file gives the same bytes.
    language
        Of the column names; those of which the catalogue has no text keep their own.
    headings
        Of columns that follow from a table of the report, by layer.
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
            drawn = _renderer(layer, geometry, fields, _limits(database, layer), Texts(language))
            shown = headings.get(layer, {})
            aliases = {name: shown.get(name) or column_alias(name, language) for name in fields}
            qml = _qml([*drawn], {name: aliases[name] for name in fields if name not in {"fid", column}})
            database.execute(
                "INSERT INTO layer_styles VALUES (?, '', '', ?, ?, ?, ?, '', 1, '', '', NULL, ?)",
                (number, layer, column, layer, qml, CHANGED),
            )


def _limits(database: sqlite3.Connection, layer: str) -> list[float]:
    """Return the limits of walking time by which a layer is coloured; [] where it is not, or none are known."""
    table = layer if layer in GRADED else "reached" if layer in PEOPLE else ""
    if not database.execute("SELECT 1 FROM gpkg_contents WHERE table_name = ?", (table,)).fetchall():
        return []
    rows = database.execute(f'SELECT DISTINCT "{GRADED[table]}" FROM "{table}" ORDER BY 1')  # noqa: S608 - own names
    return [float(row[0]) for row in rows]


def _qml(renderer: list[str], aliases: Mapping[str, str]) -> str:
    """Return the style of one layer in QGIS's own format, with the columns' names in words."""
    parts = ["<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>", '<qgis version="3.34">', *renderer]
    parts.append("<aliases>")
    parts += [
        f'<alias field={quoteattr(name)} index="{at}" name={quoteattr(alias)}/>'
        for at, (name, alias) in enumerate(aliases.items(), start=1)
        if alias
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


def _renderer(layer: str, geometry: str, fields: list[str], limits: list[float], texts: Texts) -> Iterator[str]:
    """Yield how the rows of a layer are drawn: in one colour, by a column, or by walking time."""
    shaded = zip(limits, shades(len(limits)), strict=True)
    steps = [(limit, texts("maps.within", minutes=f"{limit:g}"), shade) for limit, shade in shaded]
    if RATED.get(layer) in fields:
        named = {name: texts(f"words.verdict_{name}") for name in VERDICT_COLOURS}
        rows = [("" if name == "none" else name, named[name], VERDICT_COLOURS[name]) for name in named]
        yield from _categories(RATED[layer], rows, geometry)
    elif GRADED.get(layer) in fields and steps:
        yield from _categories(
            GRADED[layer], [(f"{at:g}", name, shade) for at, name, shade in steps[::-1]], geometry
        )
    elif PEOPLE.get(layer) in fields and steps:
        column, least = f'"{PEOPLE[layer]}"', [0.0, *limits]
        rules = [
            (f"{column} <= {limit:g}" + (f" AND {column} > {least[at]:g}" if at else ""), name, shade)
            for at, (limit, name, shade) in enumerate(steps)
        ]
        beyond = f"{column} IS NULL OR {column} > {limits[-1]:g}"
        yield from _rules([*rules, (beyond, texts("maps.layer_uncovered"), UNCOVERED)], geometry)
    else:
        symbol = _symbols([SIMPLE.get(layer, BEYOND)], geometry)
        yield f'<renderer-v2 type="singleSymbol"><symbols>{symbol}</symbols></renderer-v2>'


def _categories(column: str, rows: Sequence[tuple[str, str, str]], geometry: str) -> Iterator[str]:
    """Yield a symbol a value: value, label and colour; "" is all others. Numbers: the smaller on top."""
    graded = column in GRADED.values()
    order, kind = (' enableorderby="1"', ' type="double"') if graded else ("", "")
    yield f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)}{order}><categories>'
    for number, (value, label, _) in enumerate(rows):
        yield (
            f'<category symbol="{number}" value={quoteattr(value)} label={quoteattr(label)} render="true"{kind}/>'
        )
    yield f"</categories><symbols>{_symbols([colour for *_, colour in rows], geometry)}</symbols>"
    if graded:
        yield f'<orderby><orderByClause asc="0" nullsFirst="0">{escape(column)}</orderByClause></orderby>'
    yield "</renderer-v2>"


def _rules(rows: Sequence[tuple[str, str, str]], geometry: str) -> Iterator[str]:
    """Yield a symbol a rule: filter, label and colour."""
    yield '<renderer-v2 type="RuleRenderer"><rules key="rules">'
    for number, (rule, label, _) in enumerate(rows):
        yield f'<rule key="{number}" symbol="{number}" filter={quoteattr(rule)} label={quoteattr(label)}/>'
    symbols = _symbols([colour for *_, colour in rows], geometry, are_small=True)
    yield f"</rules><symbols>{symbols}</symbols></renderer-v2>"


def _symbols(colours: Sequence[str], geometry: str, *, are_small: bool = False) -> str:
    return "".join(_symbol(str(at), geometry, colour, is_small=are_small) for at, colour in enumerate(colours))


def _symbol(name: str, geometry: str, colour: str, *, is_small: bool) -> str:
    """Return a symbol of one colour for points, lines or areas."""
    rgb = ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"
    kind, marker, options = "fill", "SimpleFill", {"color": rgb, "outline_color": "80,80,80,255"}
    if "POINT" in geometry:
        kind, marker, options = "marker", "SimpleMarker", {"color": rgb, "name": "circle", "size": "2.4"}
        if is_small:
            options |= {"size": "0.8", "outline_style": "no"}
    elif "LINE" in geometry:
        kind, marker, options = "line", "SimpleLine", {"line_color": rgb, "line_width": "0.4"}
    alpha = "0.7" if kind == "fill" else "1"
    values = "".join(f'<Option type="QString" name="{key}" value="{value}"/>' for key, value in options.items())
    return (
        f'<symbol type="{kind}" name="{name}" alpha="{alpha}"><layer class="{marker}" enabled="1">'
        f'<Option type="Map">{values}</Option></layer></symbol>'
    )
