"""Matching of columns to fields, by the names in columns.toml and the study's own mapping.

Chinese and English names are known; what the study maps comes first. Two columns that claim the same field are
never decided by a guess.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from planner.io.tables.cells import normalize_name
from planner.io.tables.units import dimension_of, factor_of_unit, split_comments, units_in_line, units_of
from planner.messages.catalogue import Phrase
from planner.messages.errors import Issue, suggest_name

YEAR = re.compile(r"(?:截至|截止)?(?:19|20)\d\d(?:年(?:度|末|底|初)?(?:\d{1,2}月(?:\d{1,2}日|底|末)?)?)?")
NEAR_ENOUGH = 0.6
COMMENT_PARTS = re.compile(r"[，、;；]|,(?!\d{3})")
CHINESE_FIRST = re.compile(
    r"(?P<chinese>[\u3400-\u9fff]+)[\s/|·:：,，、_-]*(?P<english>[A-Za-z][A-Za-z0-9 _.'-]*)"
)
ENGLISH_FIRST = re.compile(
    r"(?P<english>[A-Za-z][A-Za-z0-9 _.'-]*?)[\s/|·:：,，、_-]*(?P<chinese>[\u3400-\u9fff]+)"
)
"""A heading that stands in a cell in two languages."""

HOLDS_A_NAME = 0.8
TEXT_DOUBT = 0.15
"""Names of texts are short and alike (名称, 简称): they must be nearer than those of numbers."""

SHORTEST_PART = 2
"""A heading that holds a name of this many characters may mean it: 阵地建筑面积 holds 建筑面积."""


@dataclass(frozen=True, slots=True)
class FieldClaim:
    """A column's claim to a field, what its numbers are multiplied by, and the unit that its heading names."""

    field: str
    factor: float = 1.0
    is_weak: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One field, the column that it is taken from, the factor of its numbers, and the unit in its heading.

    `is_weak` states that the column's name means the field only for want of a better one.
    """

    field: str
    column: str
    factor: float = 1.0
    unit: str = ""
    is_weak: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that one table's columns may have."""

    table: str
    """The table, as "facilities"."""
    fields: tuple[str, ...]
    """The fields that it may have."""
    explicit: Mapping[str, str]
    """The study's own mapping: field → column."""
    strong: Mapping[str, str]
    weak: Mapping[str, str]
    """`strong`, `weak`: Field by the plain name that means it."""
    place: Mapping[str, str]
    """The same for what states where a row lies."""
    totals: frozenset[str]
    notes: frozenset[str]
    """`totals`, `notes`: Plain words that begin rows that are no data."""
    numbers: frozenset[str] = frozenset()
    """Those of the fields that hold numbers."""

    @classmethod
    def of(
        cls,
        table: str,
        fields: Iterable[str],
        explicit: Mapping[str, str],
        *,
        numbers: Iterable[str] | None = None,
    ) -> Vocabulary:
        """Return the vocabulary of a table, with the study's own mapping."""
        words = column_names()
        fields = tuple(fields)
        own = {field: names for field, names in words.get(table, {}).items() if field in fields}
        weak = {field: names for field, names in words.get(table, {}).get("weak", {}).items() if field in fields}
        return cls(
            table=table,
            fields=fields,
            explicit=explicit,
            strong={**{normalize_name(field): field for field in fields}, **_by_name(own)},
            weak=_by_name(weak),
            place=_by_name(words["place"]),
            totals=frozenset(map(normalize_name, words["rows"]["totals"])),
            notes=frozenset(map(normalize_name, words["rows"]["notes"])),
            numbers=frozenset(numbers if numbers is not None else filter(dimension_of, fields)),
        )

    def claim(self, heading: str) -> FieldClaim | None:
        """Return what field of the table a heading means.

        Examples
        --------
        >>> words = Vocabulary.of("communities", ("people", "name"), {})
        >>> words.claim("常住人口（万人）"), words.claim("人口密度")
        (FieldClaim(field='people', factor=10000.0, is_weak=False, unit='万人'), None)
        """
        name, comments = split_comments(heading)
        claim = (
            self._named(normalize_name(name))
            or self._with_unit(normalize_name(name))
            or self._in_twolanguages_of(name)
        )
        if not comments:
            return claim
        units = units_of(claim.field) if claim else {}
        if claim is None or not units:
            return claim
        # Every comment must be understood: 建筑面积（平方米，含地下） may be another area than is meant.
        text = [word for comment in comments for word in COMMENT_PARTS.split(comment) if word.strip()]
        factors: dict[str, float] = {}
        for word in text:
            stated = units_in_line(word) or word
            if YEAR.fullmatch(stated.strip()) or self._translates(name, word, claim.field):
                continue
            factor = units.get(normalize_name(stated)) or factor_of_unit(claim.field, stated)
            if factor is None:
                return None
            factors[stated.strip()] = factor
        if len(set(factors.values())) > 1:
            return None
        unit, factor = next(iter(factors.items()), (claim.unit, claim.factor))
        return FieldClaim(claim.field, factor, claim.is_weak, unit)

    def where(self, heading: str, *, is_marked: bool = True) -> str | None:
        """Return what part of a place a heading means: lon, lat, x, y, lonlat, latlon or geometry.

        If `is_marked`, words of a datum, a map service or a kind of place beside it do not matter.

        Examples
        --------
        >>> words = Vocabulary.of("facilities", (), {})
        >>> [words.where(name) for name in ("高德lng", "wgs_lat", "location_lng", "2000经度", "bd_x", "gps")]
        ['lon', 'lat', 'lon', 'lon', 'x', None]
        """
        name, comments = split_comments(heading)
        result = self.place.get(normalize_name(heading)) or (
            self.place.get(normalize_name(name)) if comments else None
        )
        parts = (
            {self.place.get(normalize_name(part)) for part in split_languages(name)} if result is None else set()
        )
        if result is not None or (len(parts) == 1 and None not in parts):
            return result or parts.pop()
        bare = _without_marks(normalize_name(name)) if is_marked else ""
        return self.place.get(bare) if bare else None

    def nearest(self, field: str, headings: Sequence[str]) -> str | None:
        """Return the heading that looks most like a name of `field`, if any does."""
        likeness = {heading: self._likeness(field, heading) for heading in headings if normalize_name(heading)}
        best = max(likeness, key=lambda heading: likeness[heading], default=None)
        return best if best is not None and likeness[best] >= NEAR_ENOUGH else None

    def nearest_field(self, heading: str, fields: Iterable[str]) -> str | None:
        """Return which of `fields` a heading may have meant that names none of them plainly.

        Examples
        --------
        >>> words = Vocabulary.of("facilities", ("name", "floor_area_m2"), {})
        >>> words.nearest_field("阵地建筑面积", words.fields), words.nearest_field("负责人", words.fields)
        ('floor_area_m2', None)
        """
        likeness = {
            field: self._likeness(field, heading) - (0.0 if field in self.numbers else TEXT_DOUBT)
            for field in fields
        }
        best = max(likeness, key=lambda field: likeness[field], default=None)
        return best if best is not None and likeness[best] >= NEAR_ENOUGH else None

    def _likeness(self, field: str, heading: str) -> float:
        """Return from 0 to 1 how much a heading looks like a name of `field`; one that holds a name is near."""
        words = {
            normalize_name(heading),
            normalize_name(split_comments(heading)[0]),
            normalize_name(heading.rpartition("/")[2]),
        } - {""}
        names = [name for name, of in {**self.weak, **self.strong}.items() if of == field]
        ratios = [difflib.SequenceMatcher(None, word, name).ratio() for word in words for name in names]
        # Of texts, a name inside another states little: 社区 stands in 社区书记.
        held = [
            len(name)
            for word in words
            for name in names
            if field in self.numbers and name in word and len(name) >= SHORTEST_PART and not name.isascii()
        ]
        best = max(ratios, default=0.0)
        # The longest name counts: 居民活动面积合计数 holds 面积 too.
        return max(best, HOLDS_A_NAME + 0.01 * max(held)) if held else best

    def _named(self, name: str) -> FieldClaim | None:
        if name in self.strong:
            return FieldClaim(self.strong[name])
        return FieldClaim(self.weak[name], is_weak=True) if name in self.weak else None

    def _in_twolanguages_of(self, heading: str) -> FieldClaim | None:
        """Return the claim of a heading that states the same in Chinese and in English: 常住人口 Population."""
        claims = [self._named(normalize_name(part)) for part in split_languages(heading)]
        results = [claim for claim in claims if claim is not None]
        same = len(results) == len(claims) and len({claim.field for claim in results}) == 1
        return min(results, key=lambda claim: claim.is_weak) if results and same else None

    def _translates(self, name: str, comment: str, field: str) -> bool:
        """Return True if a comment only states a heading's name in the other language: 常住人口(Population)."""
        claim = self._named(normalize_name(comment))
        return claim is not None and claim.field == field and name.isascii() != comment.isascii()

    def _with_unit(self, name: str) -> FieldClaim | None:
        """Return the claim of a heading that ends with a unit, as 建筑面积㎡."""
        for field in self.fields:
            for unit, factor in units_of(field).items():
                if name.endswith(unit) and self.strong.get(name.removesuffix(unit)) == field:
                    return FieldClaim(field, factor, unit=unit)
        return None


def split_languages(heading: str) -> tuple[str, ...]:
    """Return the Chinese and the English part of a heading; () where it is in one language.

    Examples
    --------
    >>> [split_languages(name) for name in ("常住人口 / Resident population", "Community社区", "POI名称x")]
    [('常住人口', 'Resident population'), ('社区', 'Community'), ()]
    """
    for pattern in (CHINESE_FIRST, ENGLISH_FIRST):
        match = pattern.fullmatch(heading.strip())
        if match:
            return match["chinese"].strip(), match["english"].strip()
    return ()


def match_columns(
    headings: Sequence[str],
    vocabulary: Vocabulary,
    *,
    setting: str,
    claim_of: Callable[[str], FieldClaim | None] | None = None,
) -> tuple[tuple[MappedColumn, ...], list[Issue]]:
    """Match columns to fields.

    Parameters
    ----------
    headings
        The names of the file's columns.
    vocabulary
        The table's names, and the study's own mapping.
    claim_of
        What a column means, where its name alone does not state it; the vocabulary's own view if left out.

    Returns
    -------
    mapped
        The fields found, in the table's order.
    issues
        Columns that the file or the table does not have, and fields that several columns claim.

    Examples
    --------
    >>> words = Vocabulary.of("facilities", ("name", "floor_area_m2"), {})
    >>> found, _ = match_columns(["阵地名称", "建筑面积(㎡)"], words, setting="inputs.facilities")
    >>> [(one.field, one.column, one.unit) for one in found]
    [('name', '阵地名称', ''), ('floor_area_m2', '建筑面积(㎡)', 'm2')]
    """
    claim_of = claim_of or (lambda heading: vocabulary.claim(strip_letters(heading)))
    issues = _wrong_mapping(headings, vocabulary, setting)
    explicit = {ours: theirs for ours, theirs in vocabulary.explicit.items() if ours in vocabulary.fields}
    free = [heading for heading in headings if heading not in explicit.values()]
    claims: dict[str, list[tuple[str, FieldClaim]]] = {}
    for heading in free:
        claim = claim_of(heading)
        if claim is not None and claim.field not in explicit:
            claims.setdefault(claim.field, []).append((heading, claim))
    mapped = []
    for field in vocabulary.fields:
        if field in explicit:
            if explicit[field] in headings:
                mapped.append(_as_mapped(field, explicit[field], claim_of(explicit[field])))
            continue
        strong = [(heading, claim) for heading, claim in claims.get(field, []) if not claim.is_weak]
        if len(strong) > 1:
            named = ", ".join(f"`{heading}`" for heading, _ in strong)
            values = {"column": field, "columns": named, "setting": setting, "example": strong[0][0]}
            issues.append(Issue("several_columns", values))
        result = strong or sorted(claims.get(field, []), key=lambda claim: _rank(claim[0], vocabulary))
        if result:
            mapped.append(
                MappedColumn(field, result[0][0], result[0][1].factor, result[0][1].unit, result[0][1].is_weak)
            )
    return tuple(mapped), issues


def _as_mapped(field: str, column: str, claim: FieldClaim | None) -> MappedColumn:
    """Return a column that the study maps, in the unit that its heading names, whatever else it states."""
    if claim is not None and claim.field == field:
        return MappedColumn(field, column, claim.factor, claim.unit)
    unit = stated_unit(field, [column])
    return MappedColumn(field, column, *unit) if unit else MappedColumn(field, column)


def stated_unit(field: str, names: Sequence[str]) -> tuple[float, str] | None:
    """Return the factor and the word of the unit that a heading names, whatever else it states; None for none.

    Examples
    --------
    >>> stated_unit("floor_area_m2", ["可用面积（公顷，不含地下）"]), stated_unit("people", ["2022"])
    ((10000.0, '公顷'), None)
    """
    units = units_of(field)
    for name in reversed(names):
        narrow, comments = split_comments(strip_letters(name))
        for comment in (*comments, narrow.rpartition("/")[2]):
            for word in (comment, *COMMENT_PARTS.split(comment)):
                stated = (units_in_line(word) or word).strip()
                if normalize_name(stated) in units:
                    return units[normalize_name(stated)], stated
        ending = next((item for item in units if len(item) > 1 and normalize_name(narrow).endswith(item)), None)
        if ending is not None:
            return units[ending], ending
    return None


def strip_letters(heading: str) -> str:
    """Return a heading without the letters that distinguish repeated ones."""
    return re.sub(r" \[[A-Z]{1,3}\]$", "", heading)


def missing_column_issues(
    mapping: Mapping[str, str], headings: Sequence[str], vocabulary: Vocabulary, setting: str
) -> list[Issue]:
    """Return an issue for each mapped column that the file does not have, with the nearest that it has."""
    named = {"setting": setting, "present": ", ".join(headings)}
    issues = []
    for ours, theirs in mapping.items():
        if theirs in headings:
            continue
        near = difflib.get_close_matches(theirs, list(headings), n=1) or [vocabulary.nearest(ours, headings) or ""]
        text = Phrase("errors.did_you_mean", {"name": near[0]}) if near[0] else ""
        issues.append(Issue("mapped_column_missing", {**named, "column": ours, "theirs": theirs, "hint": text}))
    return issues


@cache
def column_names() -> dict[str, Any]:
    """Return columns.toml."""
    return tomllib.loads(resources.files("planner.io.tables").joinpath("columns.toml").read_text("utf-8"))


@cache
def values_of(field: str) -> dict[str, str]:
    """Return the planner's own word by each plain word that a table may use for it."""
    words = column_names()["values"].get(field, {})
    return {normalize_name(word) or word: ours for ours, others in words.items() for word in (ours, *others)}


@cache
def _place_marks() -> re.Pattern[str]:
    marks = sorted({normalize_name(word) for word in column_names()["rows"]["place_marks"]}, key=len, reverse=True)
    some = "|".join(map(re.escape, marks))
    return re.compile(f"(?:{some})*(.*?)(?:{some})*")


def _without_marks(name: str) -> str:
    """Return a plain name without the words of a datum or a map service at its ends.

    Examples
    --------
    >>> _without_marks("高德lng"), _without_marks("lonwgs84"), _without_marks("gps")
    ('lng', 'lon', '')
    """
    match = _place_marks().fullmatch(name)
    return match.group(1) if match else name


def _by_name(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {normalize_name(name): field for field, names in words.items() for name in names}


def _rank(heading: str, vocabulary: Vocabulary) -> int:
    """Return how good a name is among those that mean a field for want of a better one."""
    weak, name = (
        list(vocabulary.weak),
        normalize_name(split_comments(strip_letters(heading).rpartition("/")[2])[0]),
    )
    return weak.index(name) if name in weak else len(weak)


def _wrong_mapping(headings: Sequence[str], vocabulary: Vocabulary, setting: str) -> list[Issue]:
    unknown = [
        Issue(
            "mapped_column_unknown",
            {"setting": setting, "name": ours, "hint": suggest_name(ours, vocabulary.fields)},
        )
        for ours in vocabulary.explicit
        if ours not in vocabulary.fields
    ]
    mapped = {ours: theirs for ours, theirs in vocabulary.explicit.items() if ours in vocabulary.fields and theirs}
    return [*unknown, *missing_column_issues(mapped, headings, vocabulary, setting)]
