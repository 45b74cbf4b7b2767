"""Which column of a file is which field: the names in columns.toml, and what the study says.

Chinese and English names are known; what the study maps comes first. Two columns that claim the same field are
never decided by a guess.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from planner.errors import Breach
from planner.inputs.cells import plain
from planner.texts import Phrase

IN_BRACKETS = re.compile(r"(?P<name>.+?)[(\[【〔](?P<comment>[^()\[\]]*)[)\]】〕]?")
YEAR = re.compile(r"(?:19|20)\d\d(?:年.*)?")
NEAR_ENOUGH = 0.6


@dataclass(frozen=True, slots=True)
class Claim:
    """A column's claim to a field, and what its numbers are multiplied by."""

    field: str
    factor: float = 1.0
    is_weak: bool = False


@dataclass(frozen=True, slots=True)
class Mapped:
    """One field and the column that it is taken from."""

    field: str
    column: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that one table's columns may have.

    Attributes
    ----------
    table
        The table, as "facilities".
    fields
        The fields that it may have.
    explicit
        The study's own mapping: field → column.
    strong, weak
        Field by the plain name that means it.
    place
        The same for what says where a row lies.
    totals, notes
        Plain words that begin rows that are no data.
    """

    table: str
    fields: tuple[str, ...]
    explicit: Mapping[str, str]
    strong: Mapping[str, str]
    weak: Mapping[str, str]
    place: Mapping[str, str]
    totals: frozenset[str]
    notes: frozenset[str]

    @classmethod
    def of(cls, table: str, fields: Iterable[str], explicit: Mapping[str, str]) -> Vocabulary:
        """Return the vocabulary of a table, with the study's own mapping."""
        words = column_names()
        fields = tuple(fields)
        own = {field: names for field, names in words.get(table, {}).items() if field in fields}
        weak = {field: names for field, names in words.get(table, {}).get("weak", {}).items() if field in fields}
        return cls(
            table=table,
            fields=fields,
            explicit=explicit,
            strong={**{plain(field): field for field in fields}, **_by_name(own)},
            weak=_by_name(weak),
            place=_by_name(words["place"]),
            totals=frozenset(map(plain, words["rows"]["totals"])),
            notes=frozenset(map(plain, words["rows"]["notes"])),
        )

    def claim(self, heading: str) -> Claim | None:
        """Return what field of the table a heading means.

        Examples
        --------
        >>> words = Vocabulary.of("communities", ("people", "name"), {})
        >>> words.claim("常住人口（万人）"), words.claim("人口密度")
        (Claim(field='people', factor=10000.0, is_weak=False), None)
        """
        narrow = unicodedata.normalize("NFKC", heading).strip()
        found = IN_BRACKETS.fullmatch(narrow)
        if found is None:
            return self._named(plain(narrow)) or self._with_unit(plain(narrow))
        claim = self._named(plain(found["name"]))
        units = units_of(claim.field) if claim else {}
        if claim is None or not units or YEAR.fullmatch(found["comment"].strip()):
            return claim
        factor = units.get(plain(found["comment"]))
        return None if factor is None else Claim(claim.field, factor, claim.is_weak)

    def where(self, heading: str) -> str | None:
        """Return what part of a place a heading means: lon, lat, x, y, lonlat, latlon or geometry."""
        found = IN_BRACKETS.fullmatch(unicodedata.normalize("NFKC", heading).strip())
        return self.place.get(plain(heading)) or (self.place.get(plain(found["name"])) if found else None)

    def known(self, headings: Iterable[str]) -> int:
        """Return how many fields and parts of a place a row of headings names."""
        fields = set()
        for heading in headings:
            if not heading:
                continue
            claim = self.claim(heading)
            fields |= {claim.field} if claim else set()
            part = self.where(heading)
            fields |= {part} if part else set()
            fields |= {ours for ours, theirs in self.explicit.items() if theirs == heading}
        return len(fields)

    def nearest(self, field: str, headings: Sequence[str]) -> str | None:
        """Return the heading that looks most like a name of `field`, if any does."""
        names = [name for name, of in {**self.weak, **self.strong}.items() if of == field]
        likeness = {
            heading: max(difflib.SequenceMatcher(None, plain(heading), name).ratio() for name in names)
            for heading in headings
            if names and plain(heading)
        }
        best = max(likeness, key=lambda heading: likeness[heading], default=None)
        return best if best is not None and likeness[best] >= NEAR_ENOUGH else None

    def _named(self, name: str) -> Claim | None:
        if name in self.strong:
            return Claim(self.strong[name])
        return Claim(self.weak[name], is_weak=True) if name in self.weak else None

    def _with_unit(self, name: str) -> Claim | None:
        """Return the claim of a heading that ends with a unit, as 建筑面积㎡."""
        for field in self.fields:
            for unit, factor in units_of(field).items():
                if name.endswith(unit) and self.strong.get(name.removesuffix(unit)) == field:
                    return Claim(field, factor)
        return None


def match_columns(
    headings: Sequence[str], vocabulary: Vocabulary, *, setting: str
) -> tuple[tuple[Mapped, ...], list[Breach]]:
    """Say which column is which field.

    Parameters
    ----------
    headings
        The names of the file's columns.
    vocabulary
        The table's names, and the study's own mapping.
    setting
        The dotted path of the layer's settings, for messages.

    Returns
    -------
    mapped
        The fields found, in the table's order.
    breaches
        Columns that the file or the table does not have, and fields that several columns claim.

    Examples
    --------
    >>> words = Vocabulary.of("facilities", ("name", "floor_area_m2"), {})
    >>> match_columns(["阵地名称", "建筑面积(㎡)"], words, setting="inputs.facilities")[0]
    (Mapped(field='name', column='阵地名称', factor=1.0),
     Mapped(field='floor_area_m2', column='建筑面积(㎡)', factor=1.0))
    """
    breaches = _wrong_mapping(headings, vocabulary, setting)
    explicit = {ours: theirs for ours, theirs in vocabulary.explicit.items() if ours in vocabulary.fields}
    free = [heading for heading in headings if heading not in explicit.values()]
    claims: dict[str, list[tuple[str, Claim]]] = {}
    for heading in free:
        claim = vocabulary.claim(unlettered(heading))
        if claim is not None and claim.field not in explicit:
            claims.setdefault(claim.field, []).append((heading, claim))
    mapped = []
    for field in vocabulary.fields:
        if field in explicit:
            if explicit[field] in headings:
                claim = vocabulary.claim(explicit[field])
                factor = claim.factor if claim and claim.field == field else 1.0
                mapped.append(Mapped(field, explicit[field], factor))
            continue
        strong = [(heading, claim) for heading, claim in claims.get(field, []) if not claim.is_weak]
        if len(strong) > 1:
            named = ", ".join(f"`{heading}`" for heading, _ in strong)
            values = {"column": field, "columns": named, "setting": setting, "example": strong[0][0]}
            breaches.append(Breach("several_columns", values))
        found = strong or sorted(claims.get(field, []), key=lambda claim: _rank(claim[0], vocabulary))
        if found:
            mapped.append(Mapped(field, found[0][0], found[0][1].factor))
    return tuple(mapped), breaches


def unlettered(heading: str) -> str:
    """Return a heading without the letters that tell repeated ones apart."""
    return re.sub(r" \[[A-Z]{1,3}\]$", "", heading)


def hint(name: str, known: Iterable[str]) -> Phrase:
    """Return the nearest known name, or all of them."""
    near = difflib.get_close_matches(name, sorted(known), n=1)
    if near:
        return Phrase("errors.did_you_mean", {"name": near[0]})
    return Phrase("errors.known_settings", {"names": ", ".join(known)})


def missing_columns(
    mapping: Mapping[str, str], headings: Sequence[str], vocabulary: Vocabulary, setting: str
) -> list[Breach]:
    """Return a breach for each mapped column that the file does not have, with the nearest that it has."""
    named = {"setting": setting, "present": ", ".join(headings)}
    breaches = []
    for ours, theirs in mapping.items():
        if theirs in headings:
            continue
        near = difflib.get_close_matches(theirs, list(headings), n=1) or [vocabulary.nearest(ours, headings) or ""]
        said = Phrase("errors.did_you_mean", {"name": near[0]}) if near[0] else ""
        breaches.append(Breach("mapped_column_missing", {**named, "column": ours, "theirs": theirs, "hint": said}))
    return breaches


@cache
def column_names() -> dict[str, Any]:
    """Return columns.toml."""
    return tomllib.loads(resources.files("planner.inputs").joinpath("columns.toml").read_text("utf-8"))


@cache
def units_of(field: str) -> dict[str, float]:
    """Return what may stand behind the numbers of a field, longest first, and what it multiplies them by."""
    units = column_names()["units"].get(field, {})
    return {plain(unit): float(factor) for unit, factor in sorted(units.items(), key=lambda one: -len(one[0]))}


@cache
def values_of(field: str) -> dict[str, str]:
    """Return the planner's own word by each plain word that a table may use for it."""
    words = column_names()["values"].get(field, {})
    return {plain(word): ours for ours, others in words.items() for word in (ours, *others)}


def _by_name(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {plain(name): field for field, names in words.items() for name in names}


def _rank(heading: str, vocabulary: Vocabulary) -> int:
    return list(vocabulary.weak).index(plain(unlettered(heading)))


def _wrong_mapping(headings: Sequence[str], vocabulary: Vocabulary, setting: str) -> list[Breach]:
    unknown = [
        Breach("mapped_column_unknown", {"setting": setting, "name": ours, "hint": hint(ours, vocabulary.fields)})
        for ours in vocabulary.explicit
        if ours not in vocabulary.fields
    ]
    known = {ours: theirs for ours, theirs in vocabulary.explicit.items() if ours in vocabulary.fields}
    return [*unknown, *missing_columns(known, headings, vocabulary, setting)]
