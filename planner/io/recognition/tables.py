"""Recognition of the table that a layer holds (geometry, columns, values, name), and of words for tiers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.config.study_file import StudyLine
from planner.io.layer_read import LayerRead
from planner.io.recognition.files import FolderLayer
from planner.io.tables.cells import normalize_name
from planner.io.tables.columns import column_names, values_of
from planner.io.tables.layer_columns import vocabulary_of
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError
from planner.schemas.table_schema import AREAS, LINES, POINTS, TableSchema
from planner.schemas.tables import TABLES, TIERS

NAMED = 2.0
"""Weight of a file's or layer's name."""

OF_NAMES = 3.0
"""Weight of the names in a layer, where most of them end as those of a table do."""

GENERIC = {"id": 0.25, "name": 0.25, "community": 0.5, "kind": 0.5, "tier": 2.0, "people": 1.0}
"""Weights of columns that several tables have, or one table alone; 1 else, half where the name is weak."""

COPY = 1.0
"""Weight of a file name that speaks of a copy."""

PLACED = 1.0
"""Weight of columns that state where rows lie, against a table without places."""

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

NAMED_ONLY = frozenset(schema.name for schema in TABLES) - {*NEED, "streets"}
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
    """Yield what supports a table, and minus infinity where a column is missing that it needs."""
    fields = {item.field: 0.5 if item.is_weak else 1.0 for item in read.mapped}
    if any(not (needed & fields.keys()) for needed in NEED.get(schema.name, ())) or read.frame.empty:
        yield -np.inf
    yield from (GENERIC.get(field, 1.0) * weight for field, weight in fields.items())
    if schema.name == "streets":
        yield LEAST_SCORE
    named = schema.name in named_in(layer.title, column_names()["layer_names"])
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


Words = Mapping[str, Sequence[str]]


@cache
def recognition_words() -> Mapping[str, Words]:
    """Return words.toml: of each section, the words by table, tier or datum.

    Examples
    --------
    >>> "高德" in recognition_words()["datum_words"]["gcj02"]
    True
    """
    return tomllib.loads(resources.files("planner.io.recognition").joinpath("words.toml").read_text("utf-8"))


def named_in(text: str, words: Words) -> list[str]:
    """Return the keys of which a text holds a word.

    Examples
    --------
    >>> named_in("高德经度", {"gcj02": ["gcj", "高德"], "bd09": ["百度"]})
    ['gcj02']
    """
    return [key for key, parts in words.items() if any(part in text.lower() for part in parts)]


WORDS_AT_MOST = 60


def tier_words(cells: pd.Series, names: pd.Series | None = None, *, endings: bool) -> tuple[StudyLine, ...]:
    """Return a line for each word of a column: the tier that it means, or the question which.

    Parameters
    ----------
    cells
        The words of each centre; names of centres, where no column states the tier.
    names
        Names of the same centres, which suggest the tier of a word that is not known.
    endings
        True for names: what they end in is taken for the word.

    Examples
    --------
    >>> words = pd.Series(["社区党群服务中心", "红色港湾", "社区党群服务中心"])
    >>> [(line.key, line.value, line.asks) for line in tier_words(words, endings=False)]
    [('社区党群服务中心', 'community', False), ('红色港湾', '', True)]
    """
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()]
    words = dict.fromkeys(texts)
    if endings:
        words = dict.fromkeys(_ending(text) for text in texts)
    lines = []
    for word in [*words][:WORDS_AT_MOST]:
        if word not in TIERS:
            called = () if names is None else names[cells.astype(str).str.strip() == word]
            lines.append(_line(word, [name for name in called if isinstance(name, str)]))
    return tuple(lines)


def _line(word: str, names: Sequence[str]) -> StudyLine:
    plain = word.removeprefix("*")
    known_tier = values_of("tier").get(normalize_name(plain) or plain)
    choices = " | ".join(TIERS)
    if known_tier is not None:
        return StudyLine(word, known_tier, "")
    of_names = {values_of("tier").get(_ending(name).removeprefix("*")) for name in names}
    if len(of_names) == 1 and (tier := of_names.pop()):
        return StudyLine(word, tier, Phrase("recognition.tier_by_names", {"name": names[0]}), asks=True)
    suggested = named_in(plain, recognition_words()["tier_parts"])
    if suggested:
        return StudyLine(word, suggested[0], Phrase("recognition.tier_guessed", {"choices": choices}), asks=True)
    reason = Phrase("recognition.tier_unknown", {"choices": choices})
    return StudyLine(word, "", reason, asks=True, is_comment=True)


def _ending(name: str) -> str:
    """Return `*` and the longest known word that a name ends in; the name itself where it ends in none."""
    words: Iterable[str] = values_of("tier")
    endings = [word for word in words if len(word) > 1 and normalize_name(name).endswith(word)]
    return f"*{max(endings, key=len)}" if endings else name


def find_people_groups(columns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield an id and the column of each group, the first column of several.

    Shares, households and one sex alone are no group.

    Examples
    --------
    >>> list(find_people_groups(["60岁以上（人）", "65+", "0-6岁儿童", "65岁以上占比", "60岁及以上/男", "户数"]))
    [('aged_60', '60岁以上（人）'), ('aged_65', '65+'), ('children', '0-6岁儿童')]
    """
    words = recognition_words()["people_groups"]
    words_seen: set[str] = set()
    for column in columns:
        text = "".join(column.lower().split())
        if any(part in text for part in words["none"]):
            continue
        aged = next((match for pattern in words["aged"] if (match := re.search(pattern, text))), None)
        if aged is not None:
            ident = f"aged_{aged.group(1)}" if aged.groups() else "aged"
        elif any(re.search(pattern, text) for pattern in words["children"]):
            ident = "children"
        else:
            continue
        if ident not in words_seen:
            words_seen.add(ident)
            yield ident, column
