"""Units of measurement as tables write them: in brackets, behind numbers, in a line above, in a column."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from planner.io.tables.cells import normalize_name, to_narrow

WORDS = {2: "百", 3: "千", 4: "万", 5: "十万", 6: "百万", 7: "千万", 8: "亿"}
"""The word for a power of ten."""

RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
POWER = re.compile(
    rf"(?:[×x*]\s*)?(?<![\d.])10\s?(?:(?:\^|\*\*)\s?[({{]?(?P<digit>\d)[)}}]?|(?P<raised>[{RAISED}]))(?!\d)"
)
TIMES = re.compile(r"(?<![A-Za-z\d])[×x*]\s*(?P<number>10{2,8}|1(?:[, ]?0{3}){1,2})(?!\d)", re.IGNORECASE)
THOUSANDS = re.compile(
    r"(?<!\d[,. '’])(?<!\d)(?:['’‘′`]000(?:['’]?s)?|000(?:['’]?s\b|(?=\s*[A-Za-z\u3400-\u9fff])))(?![\d])"
)
"""Figures of which three zeros were left away: '000, 000s."""

ENGLISH = re.compile(
    r"\b(?:in\s+)?(?P<word>(?:tens of |ten |hundreds of |hundred )(?:thousand|million)s?"
    r"|hundreds?|thousands?|millions?|k(?=\s))\b(?:\s+of\b)?",
    re.IGNORECASE,
)
POWERS = {"k": 3, "hundred": 2, "thousand": 3, "million": 6}
BEFORE = {"ten": 1, "tens": 1, "hundred": 2, "hundreds": 2}


def replace_power_multipliers(text: str) -> str:
    """Return a text in which powers of ten and left-out zeros are the multiplier's word.

    Examples
    --------
    >>> [replace_power_multipliers(text) for text in ("10³㎡", "10^4人", "('000)", "10 000 persons")]
    ['千㎡', '万人', '(千)', '10 000 persons']
    """
    named = POWER.sub(lambda found: _word(found, _exponent(found)), text)
    named = TIMES.sub(lambda found: _word(found, found["number"].count("0")), named)
    return THOUSANDS.sub("千", named)


def replace_english_multipliers(text: str) -> str:
    """Return a text in which the multipliers that English writes as words are those of Chinese, too.

    Examples
    --------
    >>> replace_english_multipliers("hundred thousand people"), replace_english_multipliers("thousands of persons")
    ('十万people', '千persons')
    """
    return re.sub(
        r"(?<=[十百千万亿])\s+(?=[a-z])",
        "",
        ENGLISH.sub(_of_english, replace_power_multipliers(text)),
        flags=re.IGNORECASE,
    )


def _exponent(match: re.Match[str]) -> int:
    return int(match["digit"]) if match["digit"] else RAISED.index(match["raised"])


def _word(match: re.Match[str], exponent: int) -> str:
    """Return the word of a power of ten; where there is none, what is written."""
    return WORDS.get(exponent, match[0])


def _of_english(match: re.Match[str]) -> str:
    first, *others = match["word"].lower().split()
    exponent = POWERS[(others or [first])[-1].removesuffix("s")]
    return _word(match, exponent + (BEFORE[first] if others else 0))


UNIT_LABEL = (
    r"(?:(?:计量|人口|户数|面积|金额|货币|数量|数据|表中|本表|统计|表内){0,3}单位|units?(?: of measure(?:ment)?)?)"
)
UNIT_LINE = re.compile(
    rf"(?:^|(?<=[\s(（\[【,，;；。、:：])){UNIT_LABEL}\s*(?:[:：]|均?为|是)\s*[(（\[【]?(?P<units>[^()（）\[\]【】。;；\n]+(?:[(（][^)）]*[)）])?)",
    re.IGNORECASE,
)
"""A unit that a line of text names: 单位：万人, (单位：人、%), 面积单位为公顷, Unit: 10,000 persons."""

UNIT_BESIDE = re.compile(
    rf"(?:^|(?<=[\s(（\[【,，;；。、:：])){UNIT_LABEL}(?![A-Za-z]|\s*[:：为是均])\s*[=(（\[【]?\s*(?P<units>[^)）】\]。;；\n]+)",
    re.IGNORECASE,
)
"""A unit right behind the label: 单位万人, 单位（万人）. Other words may stand there, as in 单位名称."""

UNIT_STATED = re.compile(
    r"(?:以|按)(?P<units>[^以按，,。;；\s]{1,8}?)(?:(?:为|作为?)(?:计量|统计)?单位|计(?!划|入|算机)|统计|表示)"
    r"|\bin (?P<english>(?:ten |hundred )?(?:thousands|millions)|(?:tens|hundreds) of thousands)\b",
    re.IGNORECASE,
)
"""A unit that a sentence names: 人口以万人计, 面积以公顷为单位, figures in thousands."""

ENGLISH_SCALES = {
    "thousands": "千",
    "ten thousands": "万",
    "tens of thousands": "万",
    "hundred thousands": "十万",
    "hundreds of thousands": "十万",
    "millions": "百万",
}
"""English names of multipliers without a unit."""

NEXT_UNIT = re.compile(rf"[，,;；。、]\s*(?={UNIT_LABEL})", re.IGNORECASE)
"""Between the units of two things: 人口单位为万人，面积单位为公顷."""

UNIT_HEADINGS = re.compile(UNIT_LABEL, re.IGNORECASE)
"""The heading of a column that holds units."""

DIVIDERS = re.compile(r"[、，,;；\s()（）\[\]【】]+|和|及|与|(?<![a-z])and(?![a-z])")
ONE_UNIT = re.compile(r"[^、;%‰\[\]()【】,]+|[a-z0-9 ,.]+")
"""Text that may be one unit as a whole; its comma is that of 10,000 persons."""

COUNTED = re.compile(r"(?P<number>10{0,2}(?:[, ]?0{3})*)\s*(?P<unit>[^\W\d_].*)")
"""A unit of so many: 10,000 persons. Only powers of ten are: 200 persons is a size, 10-20 persons a range."""

BRACKETED = re.compile(r"(?P<base>[^()\[\]]+?)\s*[(\[](?P<multiplier>[^()\[\]]+)[)\]]")
"""A unit whose multiplier stands in brackets: 人（万）, persons (thousands)."""

SCALED_BASE = re.compile(
    r"(?<![\d.〇零一二两三四五六七八九十百千万亿几数余多近约每])(?:[十百千]?万|[百千]万|千|百|亿)"
    r"(?:人|户|口|平方米|平米|㎡|m2|亩|公顷|元)(?![\u3400-\u9fffA-Za-z/])|(?:以|用|按)(?:十|百|千)?(?:万|亿|千)计"
)
"""A multiplied unit in a sentence: 本表人口数据为万人, and not 全区共40万人."""

SIZE = re.compile(r"^[\d.,~\s\-\u2013]+")
MULTIPLIED = re.compile(r"\d|[十百千万亿]|hundred|thousand|million", re.IGNORECASE)
COUNTABLE = ("people", "households", "area", "money")
"""Dimensions in which a bare multiplier such as 万 is a unit."""

OTHER = "other"
ORGANISATION_LENGTH = 4
"""单位 also means an organisation: a text longer than this that is no unit is the name of one."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measurement."""

    dimension: str
    """What it measures: "people", "area" …; "" for a bare multiplier, "other" for what the planner does not
    read."""
    factor: float
    """What turns numbers in it into the planner's own unit of that dimension."""
    scale: float
    """The multiplier in its name: 10,000 for 万人, 1 for 人 and 公顷."""
    text: str
    """As it is written."""


class UnknownUnitError(ValueError):
    """Units that do not state by what the numbers of a field are multiplied."""


def dimension_of(field: str) -> str | None:
    """Return what a field measures; None where its numbers have no unit."""
    result: str | None = _words()["dimensions"].get(field)
    return result


@cache
def units_of(field: str) -> dict[str, float]:
    """Return what may stand behind the numbers of a field, longest first, and what it multiplies them by.

    Examples
    --------
    >>> words = units_of("people")
    >>> words["人"], words["万人"], words["万"], words.get("公顷")
    (1.0, 10000.0, 10000.0, None)
    """
    dimension = dimension_of(field)
    if dimension is None:
        return {}
    results = {
        word: unit.factor
        for word, units in _known_units().items()
        for unit in units
        if unit.dimension == dimension or (not unit.dimension and dimension in COUNTABLE)
    }
    if dimension == "money":
        base = units_of_money()
        results = {word: factor * (base if not _is_money(word) else 1.0) for word, factor in results.items()}
    return dict(sorted(results.items(), key=lambda one: -len(one[0])))


def units_of_money() -> float:
    """Return what one 元 is in the planner's unit of money."""
    return float(_words()["units"]["money"]["元"])


def parse_units(text: str) -> tuple[Unit, ...]:
    """Return the units that a text lists; () where it names none.

    Examples
    --------
    >>> [unit.factor for unit in parse_units("万人")], [unit.dimension for unit in parse_units("人、%")]
    ([10000.0], ['people', 'other'])
    >>> parse_units("凤凰岭街道办事处")
    ()
    """
    narrow = replace_english_multipliers(to_narrow(text).lower())
    whole = _parse(narrow) if ONE_UNIT.fullmatch(narrow) else _bracketed(narrow)
    if whole:
        return whole
    results: list[Unit] = []
    for part in DIVIDERS.split(narrow):
        units = _parse(part)
        if not units and MULTIPLIED.search(part):
            # What is not understood may multiply what is: about 10,000 persons.
            units = _multiplied(part)
            if not units:
                return ()
        results += units
    # A bare multiplier beside units may be that of any of them.
    return () if len(results) > 1 and not all(unit.dimension for unit in results) else tuple(results)


def is_whole_unit(text: str) -> bool:
    """Return True if a cell reports nothing but units: 万人, （万人、万户）, ('000).

    Examples
    --------
    >>> [is_whole_unit(text) for text in ("（万人）", "('000)", "万户、万人", "万人社区", "人口", "2020")]
    [True, True, True, False, False, False]
    """
    texts = replace_english_multipliers(to_narrow(text).lower()).strip("()[]【】〔〕<>《》 ")
    parts = [part for part in DIVIDERS.split(texts) if part]
    return bool(_parse(texts) or _bracketed(texts)) or (bool(parts) and all(map(_parse, parts)))


def factor_of_unit(field: str, text: str) -> float | None:
    """Return the factor of units that are all of one field, as 10,000 persons; None where they are not.

    Examples
    --------
    >>> [factor_of_unit("people", text) for text in ("10,000 persons", "人/户", "%")]
    [10000.0, None, None]
    """
    known, units = units_of(field), parse_units(text)
    dimension = dimension_of(field)
    factors = {
        unit.factor if unit.dimension == dimension else known.get(normalize_name(unit.text)) for unit in units
    }
    return factors.pop() if len(factors) == 1 else None


def mentions_multiplied_unit(text: str) -> bool:
    """Return True if a sentence speaks of a multiplied unit, and no figure stands before it.

    Examples
    --------
    >>> [mentions_multiplied_unit(text) for text in ("本表人口数据为万人", "全区共40万人", "万人社区名单")]
    [True, False, False]
    """
    return SCALED_BASE.search(replace_power_multipliers(to_narrow(text))) is not None


def units_in_line(text: str) -> str | None:
    """Return the units that a line of text names behind 单位 or unit; None where it names none.

    Examples
    --------
    >>> units_in_line("各社区常住人口（单位：万人）"), units_in_line("填报单位：民政局"), units_in_line("合计")
    ('万人', None, None)
    >>> units_in_line("说明：人口以万人计"), units_in_line("以社区为单位"), units_in_line("in thousands")
    ('万人', None, '千')
    """
    narrow = replace_power_multipliers(to_narrow(text))
    lines = NEXT_UNIT.sub("\n", narrow)
    named = [result["units"].strip() for result in UNIT_LINE.finditer(lines)]
    beside = [result["units"].strip() for result in UNIT_BESIDE.finditer(lines)]
    named += [item for item in beside if item not in named and parse_units(item)]
    for result in UNIT_STATED.finditer(narrow):
        word = result["units"] or ENGLISH_SCALES[" ".join(result["english"].lower().split())]
        named += [word] if parse_units(word) else []
    units = [item for item in named if parse_units(item) or _looks_like_unit(item)]
    return "、".join(units) or None


def is_unit_heading(heading: str) -> bool:
    """Return True if a column of this name may hold units."""
    return UNIT_HEADINGS.fullmatch(to_narrow(heading)) is not None


def factor_for(field: str, text: str) -> float:
    """Return what the numbers of a field are multiplied by, where a line or a cell beside them names units.

    Raises
    ------
    UnknownUnitError
        Several that fit differ, or none fits and one of them multiplies.

    Examples
    --------
    >>> factor_for("people", "万人"), factor_for("floor_area_m2", "万人、公顷"), factor_for("households", "人、%")
    (10000.0, 10000.0, 1.0)
    """
    dimension = dimension_of(field)
    if dimension is None:
        return 1.0
    units = parse_units(text)
    if not units:
        raise UnknownUnitError(text)
    known_units = units_of(field)
    fitting = {unit.factor for unit in units if unit.dimension == dimension}
    if not fitting:
        fitting = {
            known_units[normalize_name(unit.text)]
            for unit in units
            if not unit.dimension and normalize_name(unit.text) in known_units
        }
    if len(fitting) == 1:
        return fitting.pop()
    # A unit without a multiplier that does not fit is not of this field: 人 beside a column of households.
    if fitting or any(unit.scale != 1 for unit in units):
        raise UnknownUnitError(text)
    return 1.0


def split_comments(heading: str) -> tuple[str, tuple[str, ...]]:
    """Return a heading without its brackets, and what stands in them.

    Examples
    --------
    >>> split_comments("常住人口（2020年）（万人）"), split_comments("面积(㎡"), split_comments("户数")
    (('常住人口', ('2020年', '万人')), ('面积', ('m2',)), ('户数', ()))
    """
    narrow = replace_power_multipliers(to_narrow(heading))
    comments = tuple(item.strip() for item in re.findall(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]?", narrow))
    name = re.sub(r"[(\[【〔][^()\[\]【】〔〕]*[)\]】〕]?", "", narrow).strip()
    return name, tuple(item for item in comments if item)


def _parse(text: str) -> tuple[Unit, ...]:
    """Return the units of one word, a rate among them; () where it is none."""
    if text in {"%", "‰"}:
        return (Unit(OTHER, 1.0, 1.0, text),)
    word = normalize_name(text.removeprefix("in ")).replace(",", "")
    if not word:
        return ()
    result = _known_units().get(word)
    if result:
        return tuple(Unit(unit.dimension, unit.factor, unit.scale, text) for unit in result)
    counted = COUNTED.fullmatch(text.removeprefix("in ").strip())
    if counted:
        scale = float(re.sub("[, ]", "", counted["number"]))
        return tuple(
            Unit(unit.dimension, unit.factor * scale, unit.scale * scale, text) for unit in _parse(counted["unit"])
        )
    parts = re.split(r"/|每|per ", text)
    if len(parts) > 1:
        each = [_parse(part) for part in parts]
        if all(each):
            flat = tuple(unit for units in each for unit in units)
            # 万人/平方公里 is a rate; 人/户 lists the units of two columns.
            is_list = {unit.dimension for unit in flat} <= {"people", "households"} and "/" in text
            return flat if is_list else (Unit(OTHER, 1.0, max(unit.scale for unit in flat), text),)
    return ()


def _looks_like_unit(text: str) -> bool:
    """Return True if a text that is not known as a unit may be one with a multiplier, as 万只."""
    if _multiplied(normalize_name(text)):
        return True
    texts = replace_english_multipliers(to_narrow(text).lower())
    parts = DIVIDERS.split(texts)
    if _parse(SIZE.sub("", texts)):
        return True
    return any(map(_parse, parts)) and any(MULTIPLIED.search(part) for part in parts)


def _multiplied(part: str) -> tuple[Unit, ...]:
    """Return a unit that is not known, by its multiplier: 万册 is none of the planner's."""
    if not 0 < len(part) < ORGANISATION_LENGTH:
        return ()
    scales = {word: float(scale) for word, scale in _words()["multipliers"].items() if part.startswith(word)}
    return (Unit(OTHER, 1.0, scales[max(scales, key=len)], part),) if scales else ()


def _bracketed(text: str) -> tuple[Unit, ...]:
    """Return the units of a text whose multiplier stands in brackets."""
    match = BRACKETED.fullmatch(text)
    if match is None:
        return ()
    bases, multipliers = _parse(match["base"]), _parse(match["multiplier"])
    if len(multipliers) != 1 or multipliers[0].dimension or not all(unit.scale == 1 for unit in bases):
        return ()
    by = multipliers[0].scale
    return tuple(Unit(unit.dimension, unit.factor * by, unit.scale * by, text) for unit in bases)


@cache
def _known_units() -> dict[str, tuple[Unit, ...]]:
    """Return the units by their plain words: bases, bases with a multiplier, and bare multipliers."""
    words = _words()
    scales = {normalize_name(word): float(scale) for word, scale in words["multipliers"].items()}
    results: dict[str, list[Unit]] = {}
    for dimension, bases in words["units"].items():
        for word, factor in bases.items():
            base = normalize_name(word)
            results.setdefault(base, []).append(Unit(dimension, float(factor), 1.0, base))
    for base, units in tuple(results.items()):
        for scale_word, scale in scales.items():
            longer = f"{scale_word}{base}"
            # 千米 is a kilometre, and no thousand of metres counted apart: both come to the same.
            if longer not in results:
                results[longer] = [
                    Unit(unit.dimension, unit.factor * scale, unit.scale * scale, longer) for unit in units
                ]
    for word, scale in scales.items():
        results.setdefault(word, [Unit("", scale, scale, word)])
    # m², ㎡ and m2 are one word here, and one unit.
    return {word: tuple(dict.fromkeys(units)) for word, units in results.items()}


def _is_money(word: str) -> bool:
    return any(unit.dimension == "money" for unit in _known_units().get(word, ()))


@cache
def _words() -> dict[str, Any]:
    text = resources.files("planner.io.tables").joinpath("columns.toml").read_text("utf-8")
    words: dict[str, Any] = tomllib.loads(text)
    return words
