"""Communities of rows: matched by id, code or name however it is written, and those that facilities belong to.

A name is compared in steps, from the strictest to the loosest; the first step at which any community answers
decides. Where two answer at that step, none is taken.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
import shapely

from planner.io.tables.cells import parse_code
from planner.messages.errors import DataError, Issue
from planner.messages.notices import Notice
from planner.population.demand_points import community_at
from planner.schemas.tables import Communities, Facilities, Water

SUFFIXES = (
    *("社区居民委员会", "社区居委会", "居民委员会", "居委会", "社区党群服务中心", "社区"),
    *("嘎查村民委员会", "嘎查委员会", "村民委员会", "村委会", "行政村", "嘎查", "村"),
)
"""Suffixes of community names, longest first."""

TOWN_CODE = 9
"""Digits of a statistical code: 12 for a community, 9 for its town, to which some tables add 000."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A row whose community was not found: its name, and the communities that it may mean."""

    row: str
    given: str
    nearest: str


@dataclass(frozen=True, slots=True, eq=False)
class CommunityMatches:
    """Matches of rows to communities."""

    ids: pd.Series
    """The id of each row's community, "" where it names none or none was found; the rows' index."""
    unmatched: tuple[Unmatched, ...]
    """Rows whose community is not there, with the nearest name."""
    ambiguous: tuple[Unmatched, ...]
    """Rows that may mean several, with all of them."""
    by_name: int
    """How many rows were joined by another name than the id itself."""


def match_communities(given: pd.Series, rows: Sequence[str], communities: Communities) -> CommunityMatches:
    """Find the community that each row names.

    Parameters
    ----------
    given
        What each row states: an id, a code, a name; "" where nothing.
    communities
        With id, name and subdistrict.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["150302001002", "150302001003"], "name": ["和平社区", "公园社区居委会"],
    ...     "subdistrict": ["凤凰岭街道", "凤凰岭街道"]})
    >>> joined = match_communities(
    ...     pd.Series(["凤凰岭街道和平社区居民委员会", "150302001003.0", "公圆社区", ""]), ["a", "b", "c", "d"],
    ...     Communities(table))
    >>> joined.ids.tolist()
    ['150302001002', '150302001003', '', '']
    >>> joined.unmatched
    (Unmatched(row='c', given='公圆社区', nearest='公园社区居委会'),)
    """
    steps = _steps(communities)
    ids, unmatched, ambiguous, by_name = [], [], [], 0
    names = dict(zip(communities["id"], communities["name"], strict=True))
    ids_by_name: dict[str, tuple[str, ...]] = {}
    for row, text in zip(rows, given, strict=True):
        if not text:
            ids.append("")
            continue
        if text not in ids_by_name:
            ids_by_name[text] = _first_match(text, steps)
        result = ids_by_name[text]
        ids.append(result[0] if len(result) == 1 else "")
        by_name += len(result) == 1 and result[0] != text
        if not result:
            unmatched.append(Unmatched(row, text, _nearest(text, names.values())))
        elif len(result) > 1:
            named = ", ".join(f"{names[item]} ({item})" for item in result)
            ambiguous.append(Unmatched(row, text, named))
    return CommunityMatches(
        pd.Series(ids, index=given.index, dtype=object), tuple(unmatched), tuple(ambiguous), by_name
    )


def strip_suffixes(text: str) -> str:
    """Return a community's name without what only states that it is one.

    Examples
    --------
    >>> strip_suffixes("和平社区居委会"), strip_suffixes("新地村村委会"), strip_suffixes("社区")
    ('和平', '新地', '社区')
    """
    name = _narrow(text)
    shortened = True
    while shortened:
        shortened = False
        for suffix in SUFFIXES:
            if name.endswith(suffix) and len(name) > len(suffix):
                name, shortened = name.removesuffix(suffix), True
                break
    return name


def _narrow(text: str) -> str:
    return re.sub(r"[\s()\-_·,.、]", "", unicodedata.normalize("NFKC", text)).lower()


def _full_code(text: str) -> str:
    """Return a code in 12 digits where it is one: 9 digits, with 000 behind them, are the same."""
    digits = parse_code(text)
    return digits + "000" if digits.isdigit() and len(digits) == TOWN_CODE else digits


Step = tuple[Callable[[str], str], dict[str, list[str]]]


def _steps(communities: Communities) -> list[Step]:
    ids = [str(item) for item in communities["id"]]
    names = [str(item) for item in communities["name"]]
    subdistricts = (
        [str(item) for item in communities["subdistrict"]] if "subdistrict" in communities else [""] * len(ids)
    )
    prefixes = sorted({_narrow(item) for item in subdistricts if item}, key=len, reverse=True)

    def without_subdistrict(text: str) -> str:
        name = _narrow(text)
        for prefix in prefixes:
            if prefix in name and not name.endswith(prefix):
                return strip_suffixes(name.partition(prefix)[2])
        return strip_suffixes(name)

    def with_subdistrict(text: str) -> str:
        name = _narrow(text)
        prefix = next((item for item in prefixes if item in name and not name.endswith(item)), "")
        return f"{prefix}/{strip_suffixes(name.partition(prefix)[2] if prefix else name)}"

    whole = [
        f"{_narrow(subdistrict)}/{strip_suffixes(name)}"
        for subdistrict, name in zip(subdistricts, names, strict=True)
    ]
    return [
        (str, _index(ids, ids)),
        (_full_code, _index(map(_full_code, ids), ids)),
        (str, _index(names, ids)),
        (_narrow, _index(map(_narrow, names), ids)),
        (with_subdistrict, _index(whole, ids)),
        (without_subdistrict, _index(map(without_subdistrict, names), ids)),
    ]


def _index(keys: Iterable[str], ids: Sequence[str]) -> dict[str, list[str]]:
    results: dict[str, list[str]] = {}
    for key, item in zip(keys, ids, strict=True):
        results.setdefault(key, []).append(item)
    return results


def _first_match(text: str, steps: Iterable[Step]) -> tuple[str, ...]:
    for form, index in steps:
        key = form(text)
        if key in index:
            return tuple(index[key])
    return ()


def _nearest(text: str, names: Iterable[str]) -> str:
    own = {name: strip_suffixes(name) for name in names}
    likeness = {
        name: difflib.SequenceMatcher(None, strip_suffixes(text), short).ratio() for name, short in own.items()
    }
    best = max(likeness, key=lambda name: likeness[name], default="")
    return best if best and likeness[best] > 0 else ""


def resolve_communities(
    facilities: Facilities, communities: Communities
) -> tuple[Facilities, list[Issue], tuple[Notice, ...]]:
    """Find the community that each facility declares, by id, code or name."""
    joined = match_communities(facilities["community"], list(facilities["id"]), communities)
    issues = []
    for key, rows in (("unknown_community", joined.unmatched), ("ambiguous_community", joined.ambiguous)):
        if rows:
            issues.append(Issue(key, {"found": _candidates(rows)}, [row.row for row in rows]))
    issues += _lost_branches(facilities)
    count = {"count": joined.by_name}
    notices = (Notice("joined_by_name", "facilities", values=count),) if joined.by_name else ()
    return Facilities(facilities.assign(community=joined.ids)), issues, notices


def assign_communities(
    facilities: Facilities,
    communities: Communities,
    water: Water | None,
    unknown: Sequence[Issue],
    *,
    source: str,
) -> tuple[Facilities, tuple[Notice, ...]]:
    """Give each facility its community: the declared one, else the one that it stands in."""
    issues = list(unknown)
    if water is not None:
        wet = facilities.geometry.within(shapely.union_all(water.geometry.array))
        if wet.any():
            issues.append(Issue("centre_in_water", {}, list(facilities["id"][wet])))
    if issues:
        raise DataError(source, issues)
    stands_in = community_at(facilities, communities)
    declared = facilities["community"]
    elsewhere = (declared != "") & (declared != stands_in)
    # Where communities overlap, a centre stands in both.
    outlines = communities.set_index("id").geometry
    for row in facilities.index[elsewhere]:
        elsewhere[row] = not outlines[declared[row]].covers(facilities.geometry[row])
    notices: tuple[Notice, ...] = ()
    if elsewhere.any():
        notices = (Notice("facility_elsewhere", "facilities", tuple(facilities["id"][elsewhere])),)
    return Facilities(facilities.assign(community=declared.where(declared != "", stands_in))), notices


def _lost_branches(facilities: Facilities) -> list[Issue]:
    """Return what is wrong with branches: of a centre that is not there, of themselves, or of another branch."""
    main = facilities["branch_of"]
    centres = set(facilities["id"][main == ""])
    lost = (main != "") & ~main.isin(centres)
    references = ", ".join(sorted(set(main[lost])))
    return [Issue("unknown_main", {"found": references}, list(facilities["id"][lost]))] if lost.any() else []


def _candidates(rows: Sequence[Unmatched]) -> str:
    """Return what rows state, each with what it may mean."""
    return ", ".join(sorted({row.given + (f" (→ {row.nearest}?)" if row.nearest else "") for row in rows}))
