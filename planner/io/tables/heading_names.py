"""Meaning of the path of names above a column: which field or part of a position it states, and in which unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from planner.io.tables.cells import normalize_name
from planner.io.tables.columns import YEAR, FieldClaim, Vocabulary, column_names, split_languages
from planner.io.tables.units import (
    dimension_of,
    factor_of_unit,
    is_whole_unit,
    parse_units,
    split_comments,
    units_in_line,
    units_of,
)

SEPARATOR = "/"
"""Between the names of a path, as a user reads and maps them: 常住人口/合计."""


def path_name(path: Sequence[str]) -> str:
    """Return a path as a user reads it."""
    return SEPARATOR.join(path)


def match_path(path: Sequence[str], vocabulary: Vocabulary) -> FieldClaim | None:
    """Return what field the column of a path means; None where none, or where it may be a part of it.

    Examples
    --------
    >>> words = Vocabulary.of("communities", ("people", "households"), {})
    >>> paths = (("常住人口（万人）", "合计"), ("常住人口", "男"), ("60岁以上", "人数"))
    >>> [match_path(path, words) for path in paths]
    [FieldClaim(field='people', factor=10000.0, is_weak=False, unit='万人'), None, None]
    """
    names, unit = _without_years_and_units(path)
    while len(names) > 1 and is_total(names[-1]):
        names.pop()
    if not names:
        return None
    if len(names) == 1:
        claim = _claim(names[0], vocabulary)
        if claim is None and (shorter := _without_total(names[0])):
            claim = _claim(shorter, vocabulary)
    else:
        claim = _claim("".join(names), vocabulary) or _claim(names[-1], vocabulary)
        if claim is not None and claim.field in vocabulary.numbers and not _is_joined(names, claim, vocabulary):
            claim = claim if all(_is_neutral(name, vocabulary) for name in names[:-1]) else None
    if claim is not None and unit and not claim.unit and _is_of_another(claim.field, unit):
        return None
    return _with_unit(claim, [*names[:-1], unit] if len(names) > 1 else [unit])


def place_part(path: Sequence[str], vocabulary: Vocabulary) -> str | None:
    """Return what part of a place the column of a path holds."""
    return (vocabulary.where(path[-1]) or vocabulary.where("".join(path))) if path else None


def count_known_names(paths: Sequence[Sequence[str]], vocabulary: Vocabulary) -> int:
    """Return how many fields and parts of a place a heading names."""
    fields = set()
    for path in paths:
        if not path:
            continue
        claim, part = match_path(path, vocabulary), place_part(path, vocabulary)
        fields |= {claim.field} if claim else set()
        fields |= {part} if part else set()
        fields |= {ours for ours, theirs in vocabulary.explicit.items() if is_called(path, theirs)}
        # A group of which only parts are there is reported later; here it states that this is the heading.
        fields |= {above.field for above in (_claim(name, vocabulary) for name in path[:-1]) if above}
    return len(fields)


def is_called(path: Sequence[str], name: str) -> bool:
    """Return True if a user may call a column so: by its path, or by its names without a mark between."""
    return name in {path_name(path), "".join(path)}


def find_parts(field: str, paths: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> list[str]:
    """Return the columns that stand under a heading which means `field` and are no total of it.

    Examples
    --------
    >>> words = Vocabulary.of("communities", ("people",), {}, numbers=("people",))
    >>> find_parts("people", {"常住人口/男": ("常住人口", "男"), "户数": ("户数",)}, words)
    ['常住人口/男']
    """
    results = []
    for name, path in paths.items():
        groups = [match_path(path[:depth], vocabulary) for depth in range(1, len(path))]
        own = match_path(path, vocabulary)
        if own is None and any(group is not None and group.field == field for group in groups):
            results.append(name)
    return results


def is_unit_cell(text: str) -> bool:
    """Return True if a cell of a heading holds nothing but a unit."""
    name, comments = split_comments(text)
    words = [name, *comments] if name else list(comments)
    return bool(words) and all(units_in_line(word) or is_whole_unit(word) for word in words)


def _claim(name: str, vocabulary: Vocabulary) -> FieldClaim | None:
    return vocabulary.claim(name)


def _is_joined(names: Sequence[str], claim: FieldClaim, vocabulary: Vocabulary) -> bool:
    joined = _claim("".join(names), vocabulary)
    return joined is not None and joined.field == claim.field


def _without_years_and_units(path: Sequence[str]) -> tuple[list[str], str]:
    """Return the names that state what is counted, and the unit that a row of its own states."""
    names, unit = [], ""
    for position, name in enumerate(path):
        narrow, comments = split_comments(name)
        only = narrow or (comments[0] if len(comments) == 1 else "")
        if len(path) > 1 and YEAR.fullmatch(only.strip()):
            continue
        if position and is_unit_cell(name):
            unit = units_in_line(name) or (name if narrow and comments else only)
            continue
        names.append(name)
    return names or list(path[-1:]), unit


def _with_unit(claim: FieldClaim | None, above: Sequence[str]) -> FieldClaim | None:
    """Return a claim in the unit that a name above it, or a row of units below it, states."""
    if claim is None or claim.unit:
        return claim
    units = units_of(claim.field)
    for name in reversed(above):
        _, comments = split_comments(name)
        for text in (name, *comments):
            stated = units_in_line(text) or text
            factor = units.get(normalize_name(stated)) if stated else None
            if factor is None and is_whole_unit(stated):
                factor = factor_of_unit(claim.field, stated)
            if factor is not None:
                return replace(claim, factor=factor, unit=units_in_line(text) or text)
    return claim


def _is_of_another(field: str, unit: str) -> bool:
    """Return True if a row of units below a name states that it is no count of the field: 人口 in %."""
    units = parse_units(unit)
    dimension = dimension_of(field)
    return dimension is not None and bool(units) and not any(item.dimension in {"", dimension} for item in units)


def is_total(name: str) -> bool:
    """Return True if a name only states the total of the names above it."""
    bare, _ = split_comments(name)
    text = [normalize_name(bare or name)], [normalize_name(part) for part in split_languages(bare)]
    return any(words and heading_words("heading_totals").issuperset(words) for words in text)


def _without_total(name: str) -> str:
    """Return 常住人口 of 常住人口合计; "" of a name that states no total."""
    bare, comments = split_comments(name)
    for word in ("合计", "总计", "小计", "总数"):
        for shorter in (bare.removesuffix(word), bare.removeprefix(word)):
            if shorter and shorter != bare:
                return shorter + "".join(f"({comment})" for comment in comments)
    return ""


def _is_neutral(name: str, vocabulary: Vocabulary) -> bool:
    """Return True if a heading leaves what stands below it whole: 人口情况 does, 60岁以上 does not."""
    bare, _ = split_comments(name)
    word = normalize_name(bare or name)
    if not word or is_total(name) or YEAR.fullmatch(bare) or word in heading_words("neutral_names"):
        return True
    if any(part in word for part in heading_words("narrowing")):
        return False
    if _claim(name, vocabulary) is not None or vocabulary.where(name) is not None:
        return True
    return any(word.endswith(ending) for ending in heading_words("neutral"))


def heading_words(key: str) -> frozenset[str]:
    """Return the words of a list of columns.toml, normalized."""
    return frozenset(normalize_name(word) for word in column_names()["rows"][key])
