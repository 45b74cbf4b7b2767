"""Line layers that state what their lines are: motorways, rivers and closed ways are not walked, as in an extract.

Layers made from OpenStreetMap (QuickOSM, Geofabrik, GDAL, OSMnx) keep its tags in columns of their own or in one
for all; those of survey offices name a class. A line is judged by `planner.io.osm.walkable_tags`, with its class
as `highway`. A column counts only where its words are those that the rules know: another one that happens to be
called so is not read, and that is reported.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources

import pandas as pd

from planner.io.osm.walkable_tags import (
    ACCESS_FORBIDDEN,
    FOOT_ALLOWED,
    FOOT_FORBIDDEN,
    PRIVATE,
    WALKABLE,
    WALKABLE_IF_ALLOWED,
    is_private,
    walking_obstacle,
)
from planner.schemas.tables import PRIVATE_WORDS

OWN_COLUMNS = frozenset({"kind", "structure", "gated", "square"})
"""Columns of streets that `planner fetch` has written: they are sorted already."""

TAG_COLUMNS = ("foot", "access", "motorroad", "tunnel")
TAG_ALIASES = {
    **dict.fromkeys(("行人", "行人通行", "步行", "是否可步行", "可步行"), "foot"),
    **dict.fromkeys(("通行", "通行权限", "通行限制", "通行情况", "是否开放", "开放情况"), "access"),
}
"""Chinese names of access columns."""

CHINESE_ACCESS = {
    **dict.fromkeys(
        ("禁止", "禁行", "禁止通行", "禁止步行", "禁止行人", "不可", "不可通行", "不通行", "否"), "no"
    ),
    **dict.fromkeys(("可", "可以", "允许", "可通行", "通行", "是", "公共", "公开"), "yes"),
    **dict.fromkeys(("私有", "内部", "仅居民", "小区内部", "居民通行"), PRIVATE),
}
"""Chinese values of access columns."""

OTHER_KEYS = ("railway", "waterway", "aerialway", "barrier", "man_made", "power", "natural", "boundary", "route")
"""Keys of lines that are no streets, unless `highway` states that they are one too."""

CLASS_COLUMNS = (
    "highway",
    "fclass",
    "道路等级",
    "道路类型",
    "道路类别",
    "公路等级",
    "road_class",
    "roadclass",
    "road_type",
)
"""Columns that state what a line is, the surest first."""

VAGUE_COLUMNS = ("kind", "class", "type", "等级", "类型", "类别", "道路性质", "category", "subtype")
"""Columns that state so in some layers, and something else in others."""

ALL_TAGS = ("other_tags", "tags", "all_tags")
"""Columns that hold further tags: GDAL writes them as hstore, others as JSON."""

ENOUGH = 0.5
"""A column of classes is one if the rules know the words of at least this share of the lines that have any."""

MOST_WORDS = 200
"""A column with more different texts holds names, and no classes."""

ACCESS_WORDS = (
    FOOT_ALLOWED
    | FOOT_FORBIDDEN
    | ACCESS_FORBIDDEN
    | {"residents", "agricultural", "forestry", "unknown", "limited"}
)
"""Values of `foot` and `access` in OpenStreetMap."""

OSM_CLASSES = frozenset({"highway", "fclass"})
"""Columns in which a word that OpenStreetMap does not walk on is no street, known or not."""

UNKNOWN = "unknown"
EMPTY = frozenset({"", "nan", "none", "null", "<na>", "_", "/", "—", "无"})
SETS = ("roads_for_cars", "not_roads", "not_built")
HSTORE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*(?:"((?:[^"\\]|\\.)*)"|NULL)')
LIST = re.compile(r"^\s*[\[(]\s*['\"]?([^'\",\])]*)")

OF_TRAILS = {f"track_grade{grade}": "track" for grade in range(1, 6)} | {"unknown": "road"}
"""Classes of Geofabrik that OpenStreetMap calls otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class LineClasses:
    """Lines of a layer that are not walkable, and why."""

    reason: pd.Series
    """``class``, ``foot``, ``access``, ``motorroad`` or ``tunnel``; "" for lines that are walked, by row."""
    word: pd.Series
    """What the layer states that decides, by row."""
    private: pd.Series
    """Whether a line is a private way, by row: it is walked as `walking.private_ways` states."""
    read: tuple[str, ...] = ()
    """The columns that were read."""
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns called as those that state what a line is, with words that the rules do not know: column → words."""
    unknown: tuple[str, ...] = ()
    """Words of the class column that the rules do not know, among others that they do: these lines are walked."""


def classify_lines(rows: pd.DataFrame, *, class_column: str | None = None) -> LineClasses:
    """Classify the lines of a layer as walkable, private or not walkable.

    Parameters
    ----------
    rows
        The layer with its own column names.
    class_column
        The column that the study states to be the class, if it does.

    Examples
    --------
    >>> found = classify_lines(pd.DataFrame({"fclass": ["residential", "motorway"], "type": ["asphalt"] * 2}))
    >>> found.reason.tolist(), found.word.tolist(), found.read
    (['', 'class'], ['', 'motorway'], ('fclass',))
    """
    nothing = pd.Series("", index=rows.index, dtype=object)
    columns = {_plain(name): str(name) for name in reversed(list(rows.columns))}
    columns |= {
        key: columns[alias] for alias, key in TAG_ALIASES.items() if alias in columns and key not in columns
    }
    if columns.keys() >= OWN_COLUMNS:
        return LineClasses(nothing, nothing, nothing == PRIVATE)
    tags = further_tags(rows, columns)
    texts = {name: _texts(rows[own]) for name, own in columns.items() if name in _NAMES or own == class_column}
    for key in ("highway", *TAG_COLUMNS, *OTHER_KEYS):
        values = pd.Series([plain_word(item.get(key, "")) for item in tags], index=rows.index, dtype=object)
        if (values != "").any():
            texts[key] = values.where(values != "", texts.get(key, nothing)) if key in texts else values
    chosen, unread = _class_columns(texts, _plain(class_column) if class_column else None)
    others_said = {
        name: _texts(rows[own]) for name, own in columns.items() if name not in texts and _may_be_words(rows[own])
    }
    states = {name: words for name, words in others_said.items() if _is_state(words)}
    if not chosen:
        chosen = [name for name, words in others_said.items() if name not in states and _is_class(words)][:1]
    texts |= {name: others_said[name] for name in (*chosen, *states) if name in others_said}
    is_osm = bool(chosen) and chosen[0] in OSM_CLASSES
    access = _believed(texts, sure=is_osm, unread=unread)
    of_class = {name: texts[name].tolist() for name in chosen}
    others = {key: texts[key].tolist() for key in OTHER_KEYS if key in texts and chosen[:1] == ["highway"]}
    text = {name: column.tolist() for name, column in access.items()}
    verdicts = [
        _judged(
            next(((name, column[row]) for name, column in of_class.items() if column[row]), ("", "")),
            {key: column[row] for key, column in text.items() if column[row]},
            next((f"{key}={column[row]}" for key, column in others.items() if column[row]), ""),
            is_osm=is_osm,
        )
        for row in range(len(rows))
    ]
    for words in states.values():
        verdicts = [
            ("class", word) if _set_of(word) == "not_built" and result[0] in {"", UNKNOWN, PRIVATE} else result
            for word, result in zip(words, verdicts, strict=True)
        ]
    unknown = dict.fromkeys(word for reason, word in verdicts if reason == UNKNOWN)
    judged = [("", "") if reason in {UNKNOWN, PRIVATE} else (reason, word) for reason, word in verdicts]
    return LineClasses(
        pd.Series([reason for reason, _ in judged], index=rows.index, dtype=object),
        pd.Series([word for _, word in judged], index=rows.index, dtype=object),
        pd.Series([reason == PRIVATE for reason, _ in verdicts], index=rows.index, dtype=bool),
        tuple(columns.get(name, name) for name in dict.fromkeys([*chosen, *access, *states])),
        {columns.get(name, name): some for name, some in unread.items()},
        tuple(unknown),
    )


_NAMES = frozenset({*CLASS_COLUMNS, *VAGUE_COLUMNS, *TAG_COLUMNS, *OTHER_KEYS})


def _judged(named: tuple[str, str], words: Mapping[str, str], other: str, *, is_osm: bool) -> tuple[str, str]:
    """Return why a line is not walked, and the word that decides."""
    column, word = named
    osm = OF_TRAILS.get(word, word)
    if not word:
        # An extract's lines without `highway` are rivers, railways, borders.
        if other or is_osm:
            return "class", other or "highway="
        osm = "road"
    elif osm not in WALKABLE and osm not in WALKABLE_IF_ALLOWED:
        known_words = _set_of(word)
        if column in OSM_CLASSES or known_words in SETS:
            return "class", word
        if not known_words and not words:
            return UNKNOWN, word
        osm = "road"
    if is_private({**words, "highway": osm}):
        return PRIVATE, ""
    reason = walking_obstacle({**words, "highway": osm})
    return reason, word if reason == "class" else words.get(reason, "")


def _class_columns(
    texts: Mapping[str, pd.Series], stated: str | None
) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Return the columns that state what lines are, and those that are called so and state something else."""
    unread: dict[str, tuple[str, ...]] = {}
    results: list[str] = []
    for name in dict.fromkeys([*([stated] if stated else []), *CLASS_COLUMNS, *VAGUE_COLUMNS]):
        if name not in texts or (results and name in VAGUE_COLUMNS):
            continue
        words = texts[name][texts[name] != ""]
        if not len(words):
            # Where rivers and railways stand in columns of their own, no line with `highway` is no street at all.
            results += ["highway"] if name == "highway" and any(key in texts for key in OTHER_KEYS) else []
        elif words.map(_is_known).mean() >= ENOUGH:
            results.append(name)
        elif name in CLASS_COLUMNS or name == stated or words.map(_set_of).isin(SETS).any():
            unread[name] = tuple(dict.fromkeys(word for word in words if not _is_known(word)))
    return results, unread


def _may_be_words(column: pd.Series) -> bool:
    """Return True if a column holds texts of which few differ, as classes do and names do not."""
    if column.dtype != object and not isinstance(column.dtype, pd.StringDtype):
        return False
    text = [value for value in column if isinstance(value, str)]
    return bool(text) and len(set(text)) <= MOST_WORDS


def _is_class(words: pd.Series) -> bool:
    """Return True if a column of any name states what lines are: known words, some that are not walked."""
    text = words[words != ""]
    is_class_word = text.map(lambda word: word in _words() or word in WALKABLE)
    return bool(len(text)) and is_class_word.mean() >= ENOUGH and any(_words().get(word) in SETS for word in text)


def _is_state(words: pd.Series) -> bool:
    """Return True if a column of any name states, and reports nothing else, whether lines are built yet."""
    text = set(words) - {""}
    unbuilt = {word for word in text if word in _words() and _words()[word] == "not_built"}
    return bool(unbuilt) and text - unbuilt <= set(_table()["built"])


def _believed(
    texts: Mapping[str, pd.Series], *, sure: bool, unread: dict[str, tuple[str, ...]]
) -> dict[str, pd.Series]:
    """Return the columns of access that speak as OpenStreetMap does; its own layers may hold strange words."""
    results = {}
    for name in TAG_COLUMNS:
        if name not in texts:
            continue
        column = texts[name].replace({"t": "yes", "f": "no"}) if name == "tunnel" else texts[name]
        column = column.map(lambda word: CHINESE_ACCESS.get(word, word)) if name in {"foot", "access"} else column
        if name == "access":
            column = column.map(lambda word: PRIVATE if word in PRIVATE_WORDS else word)
        words = column[column != ""]
        is_access_word = words.map(lambda word: any(part in ACCESS_WORDS for part in word.split(";")))
        if name not in {"foot", "access"} or (
            len(words) and (is_access_word.all() or (sure and is_access_word.mean() >= ENOUGH))
        ):
            results[name] = column
        elif len(words):
            unread[name] = tuple(dict.fromkeys(words[~is_access_word]))
    return results


def _is_known(word: str) -> bool:
    return OF_TRAILS.get(word, word) in WALKABLE | WALKABLE_IF_ALLOWED or bool(_set_of(word))


@cache
def _words() -> Mapping[str, str]:
    named = _table()
    return {word: name for name in (*SETS, "walked") for word in named[name]}


@cache
def _table() -> Mapping[str, Sequence[str]]:
    content = (resources.files("planner.io.osm") / "line_classes.toml").read_text("utf-8")
    result = tomllib.loads(content)
    return {**result, **{f"in_{name}": parts for name, parts in result["patterns"].items()}}


@cache
def _set_of(word: str) -> str:
    """Return the set of words that a class belongs to, "" if none."""
    if word in _words():
        return _words()[word]
    named = _table()
    if any(part in word for part in named["walked_within"]):
        return "walked"
    return next((name for name in SETS if any(part in word for part in named[f"in_{name}"])), "")


def further_tags(rows: pd.DataFrame, columns: Mapping[str, str]) -> list[Mapping[str, str]]:
    """Return the tags of each row that a column holds as a whole."""
    held = [columns[name] for name in ALL_TAGS if name in columns]
    results: list[dict[str, str]] = [{} for _ in range(len(rows))]
    for own in held:
        for row, value in enumerate(rows[own]):
            results[row] |= _tags_in(value)
    return list(results)


def _tags_in(value: object) -> dict[str, str]:
    if isinstance(value, str) and "=>" in value:
        return {_plain(key): text for key, text in HSTORE.findall(value)}
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    if isinstance(value, Mapping):
        return {_plain(key): str(text) for key, text in value.items() if text is not None}
    return {}


def _texts(column: pd.Series) -> pd.Series:
    """Return a column as plain words, "" where it is empty; of several in one cell the first."""
    return pd.Series([plain_word(value) for value in column], index=column.index, dtype=object)


def plain_word(value: object) -> str:
    """Return what a cell states as a plain word, "" where it is empty; of several in one cell the first."""
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        several: Iterable[object] = value if isinstance(value, (list, tuple)) else [value.tolist()]
        value = next(iter(several), "")
    return _word_in(str(value))


@lru_cache(maxsize=4096)
def _word_in(text: str) -> str:
    listed = LIST.match(text)
    word = _plain(listed[1] if listed else text)
    return "" if word in EMPTY else word


def _plain(text: object) -> str:
    return re.sub(r"[\s\-]+", "_", str(text).strip().lower())
