"""Which table of a study a layer is: by its geometry, the names of its columns, its values and its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.io.layer_read import LayerRead
from planner.io.recognition.files import FolderLayer
from planner.io.recognition.words import named_in, recognition_words
from planner.io.study_layers import TABLES
from planner.io.tables.layer_columns import vocabulary_of
from planner.messages.errors import DataError
from planner.schemas.table_schema import AREAS, LINES, POINTS, TableSchema

NAMED = 2.0
"""Weight of a file's or layer's name."""

OF_NAMES = 3.0
"""Weight of the names in a layer, where most of them end as those of a table do."""

GENERIC = {"id": 0.25, "name": 0.25, "community": 0.5, "kind": 0.5, "tier": 2.0, "people": 1.0}
"""Weights of columns that several tables have, or one table alone; 1 else, half where the name is weak."""

COPY = 1.0
"""Weight of a file name that speaks of a copy."""

PLACED = 1.0
"""Weight of columns that say where rows lie, against a table without places."""

MOST_NAMES = 0.5
COMMUNITY_M2, BUILDING_M2 = 30_000.0, 4_000.0
"""Median areas: communities are larger than the one, buildings smaller than the other."""

OF_SIZE = 1.5
LEAST_SCORE, CLEAR_LEAD = 1.5, 0.75
"""A table needs so high a score; one that leads by less than the second is doubtful."""

NEED = {
    "demand": ({"people", "households"},),
    "people_table": ({"community"}, {"people", "households"}),
    "communities": ({"name"},),
    "facilities": ({"name"},),
}
"""Columns, one of each set, without which a layer is not taken for a table."""

NAMED_ONLY = ("water", "barriers", "gates", "parcels", "places", "buildings")
"""Tables that nothing but their own columns or name distinguish."""


@dataclass(frozen=True, slots=True, eq=False)
class TableGuess:
    """A layer read as one table, and how well it fits."""

    layer: FolderLayer
    schema: TableSchema[Any]
    read: LayerRead
    score: float

    @property
    def table(self) -> str:
        """The table's name."""
        return self.schema.name

    def column(self, field: str) -> str | None:
        """Return the column that is taken for a field; None where none is."""
        return next((item.column for item in self.read.mapped if item.field == field), None)


def guess_tables(layer: FolderLayer) -> list[TableGuess]:
    """Return the tables that a layer may be, likeliest first; () where none is likely.

    Raises
    ------
    DataError
        It cannot be read as any.
    """
    guesses: list[TableGuess] = []
    errors: list[DataError] = []
    for schema in _fitting(layer):
        try:
            read = layer.read_as(schema)
        except DataError as error:
            errors.append(error)
            continue
        score = sum(_scores(layer, schema, read))
        if score >= LEAST_SCORE:
            guesses.append(TableGuess(layer, schema, read, score))
    if not guesses and errors and len(errors) == len(_fitting(layer)):
        raise errors[0]
    return sorted(guesses, key=lambda guess: (-guess.score, TABLES.index(guess.schema)))


def _fitting(layer: FolderLayer) -> list[TableSchema[Any]]:
    if layer.content in {"extract", "graph"}:
        return [schema for schema in TABLES if schema.name == "streets"]
    if layer.content == "table":
        return [schema for schema in TABLES if schema.name not in {"streets", "water", "barriers"}]
    if layer.content != "layer":
        return list(TABLES)
    kinds = _kinds(gpd.GeoDataFrame(layer.vector().frame))
    if not kinds:
        return [schema for schema in TABLES if not schema.geometry_types]
    return [schema for schema in TABLES if kinds & {*schema.geometry_types}]


def _kinds(frame: gpd.GeoDataFrame) -> set[str]:
    """Return the types of most shapes, collections by their parts."""
    shapes = frame.geometry.array
    parts = shapely.get_parts(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    dimensions = shapely.get_dimensions(parts)
    if not len(dimensions):
        return set()
    most = int(np.bincount(dimensions[dimensions >= 0], minlength=3).argmax())
    return {*(POINTS, LINES, AREAS)[most]}


def _scores(layer: FolderLayer, schema: TableSchema[Any], read: LayerRead) -> Iterator[float]:
    """Yield what speaks for a table, and minus infinity where a column is missing that it needs."""
    fields = {item.field: 0.5 if item.is_weak else 1.0 for item in read.mapped}
    if any(not (needed & fields.keys()) for needed in NEED.get(schema.name, ())) or read.frame.empty:
        yield -np.inf
    yield from (GENERIC.get(field, 1.0) * weight for field, weight in fields.items())
    if schema.name == "streets":
        yield LEAST_SCORE
    named = schema.name in named_in(layer.title, recognition_words()["layer_names"])
    yield NAMED * named
    yield -COPY * bool(named_in(layer.title, recognition_words()["copies"]))
    if not schema.geometry_types and any(vocabulary_of(schema, {}).where(item.column) for item in read.unread):
        yield -PLACED
    own = fields.keys() - GENERIC.keys()
    if schema.name in NAMED_ONLY and not (named or own or _small(schema, read)):
        yield -np.inf
    if schema.name == "places" and not (named or "kind" in fields or own):
        yield -np.inf
    if "name" in fields:
        yield OF_NAMES * _name_share(schema.name, read.frame["name"])
    if schema.geometry_types == AREAS or set(schema.geometry_types) & {*AREAS}:
        yield _size_score(schema.name, read.frame)


def _name_share(table: str, names: pd.Series) -> float:
    """Return 1 where most names end as those of a table do, −1 where they end as those of another do."""
    texts = [name.strip().lower() for name in names if isinstance(name, str) and name.strip()]
    endings = recognition_words()["name_endings"]
    if not texts:
        return 0.0
    shares = {key: sum(text.endswith(tuple(ends)) for text in texts) / len(texts) for key, ends in endings.items()}
    most = max(shares, key=lambda key: shares[key])
    if shares[most] < MOST_NAMES:
        return 0.0
    return 1.0 if most == table else -1.0 if table in {"facilities", "communities", "places"} else 0.0


def _median_m2(frame: gpd.GeoDataFrame) -> float:
    shapes = frame.geometry.array
    areas = shapely.area(shapes)
    if frame.crs is None or not frame.crs.is_geographic:
        return float(np.median(areas)) if len(areas) else 0.0
    lat = float(np.nanmean(shapely.bounds(shapes)[:, 1]))
    return float(np.nanmedian(areas)) * 111_320.0**2 * float(np.cos(np.radians(lat)))


def _size_score(table: str, frame: gpd.GeoDataFrame) -> float:
    size = _median_m2(frame)
    if size == 0:
        return 0.0
    if size >= COMMUNITY_M2:
        return OF_SIZE if table == "communities" else -OF_SIZE if table == "buildings" else 0.0
    if size <= BUILDING_M2:
        return OF_SIZE if table == "buildings" else -OF_SIZE if table == "communities" else 0.0
    return 0.0


def _small(schema: TableSchema[Any], read: LayerRead) -> bool:
    return schema.name == "buildings" and 0 < _median_m2(read.frame) <= BUILDING_M2


def choose_tables(guesses: Sequence[Sequence[TableGuess]]) -> dict[str, list[TableGuess]]:
    """Return the layers for each table, best first; each layer is the table that it fits best.

    A layer whose best table has a better layer by far is taken for its second table, where it has one.
    """
    chosen: dict[str, list[TableGuess]] = {}
    for of_layer in guesses:
        if of_layer:
            chosen.setdefault(of_layer[0].table, []).append(of_layer[0])
    return {table: sorted(of_table, key=lambda guess: -guess.score) for table, of_table in chosen.items()}


def is_doubtful(guesses: Sequence[TableGuess]) -> bool:
    """Return True if the second guess is nearly as good as the first."""
    return len(guesses) > 1 and guesses[0].score - guesses[1].score < CLEAR_LEAD
