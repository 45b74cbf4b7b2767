"""Detection of text encodings: evidence before declaration, for tables and for spatial layers.

Bytes that are UTF-8 prove it. Every other set takes almost any bytes, so that what a file declares is only
believed where the texts that come of it could stand in a table: as Chinese, or as words of an alphabet.
"""

from __future__ import annotations

import codecs
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from planner.messages.errors import Issue

PLAUSIBLE = 0.4
"""A reading of this plausibility could stand in a table. Right readings of names reach 0.6 and more; what comes of
a wrong set is rare characters and signs, below 0.25."""

CLEARLY = 0.35
"""By how much another reading must be the more plausible one to contradict a declared one."""

DOUBTFUL = 0.2
"""Chinese texts of less plausibility are read and doubted: no table of names has so many rare characters."""

SECOND_LEVEL = 0.5
"""Weight of a character among the 3,755 of GB 2312's first level that is not among the most common."""

LETTERS_AT_LEAST = 0.9
"""Least share of letters among the characters beyond ASCII in an alphabet's reading."""

THREE_BYTES = "\u0800"
"""The first character that UTF-8 writes in three bytes. Other sets hardly ever give such a pattern by chance."""

LOOKED_AT = 2000
"""Texts that are weighed; all of them must be readable."""

SHOWN_TEXTS = 3

CHARACTERS_AT_LEAST = 2
"""Fewer Chinese characters in a whole table contradict no declaration: any two accented letters make one."""

WESTERN = "cp1252"
"""Encoding of Western European files that declare none."""

CHINESE = ("gb18030", "cp950")
"""Sets of two bytes a character that Chinese tables are in: simplified and traditional."""

SAME = {
    **dict.fromkeys(("936", "cp936", "gbk", "gb2312", "gb18030", "windows936", "windowssimpchinese"), "gb18030"),
    **dict.fromkeys(("950", "cp950", "big5", "windows950", "windowstradchinese", "big5hkscs"), "cp950"),
    **dict.fromkeys(("utf8", "65001", "cp65001", "unicode"), "utf-8"),
    **dict.fromkeys(("1252", "cp1252", "windows1252", "windowslatin1"), "cp1252"),
    # Latin-1 takes any bytes and is what many programs write without being asked: it declares nothing.
    **dict.fromkeys(("", "iso88591", "88591", "latin1", "oem", "ascii", "usascii", "neutral", "system"), ""),
}
"""Names of encodings in files, without signs and "ANSI", with Python's name; "" if it proves nothing."""


@dataclass(frozen=True, slots=True)
class TextEncoding:
    """The encoding that texts are read in."""

    name: str
    """As Python calls it."""
    declared: str = ""
    """What the file declares, where the texts contradict it; else ""."""
    read_as: str = ""
    declared_reads: str = ""
    """`read_as`, `declared_reads`: The first texts that differ, as they are read and as the declared set would
    read them."""
    is_doubtful: bool = False
    """Whether the texts look like none in any set; `read_as` shows the first of them."""


def normalize_encoding(declared: str) -> str:
    """Return the set that a file declares, as Python calls it; "" where it declares nothing.

    Examples
    --------
    >>> [normalize_encoding(said) for said in ("ANSI 936", "UTF-8", "ISO-8859-1", "klingon")]
    ['gb18030', 'utf-8', '', '']
    """
    plain = "".join(sign for sign in declared.lower().removeprefix("ansi") if sign.isalnum())
    if plain in SAME:
        return SAME[plain]
    for name in (declared.strip(), f"cp{plain}"):
        try:
            return codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
    return ""


def choose_encoding(texts: Sequence[tuple[bytes, int]], declared: str) -> TextEncoding | None:
    """Find the encoding of texts.

    Parameters
    ----------
    texts
        Each with the width of its field in bytes, 0 where nothing limits it: a field may cut a character.
    declared
        What the file states, as it states it; "" where it does not.

    Returns
    -------
    encoding
        UTF-8 where the bytes prove it; else the declared set if its reading is plausible; else the set whose
        reading is the most plausible. None where the bytes are no text in any.

    Examples
    --------
    >>> choose_encoding([("东风社区".encode(), 0)], "GBK").name
    'utf-8'
    >>> doubted = choose_encoding([("东风社区".encode("gb18030"), 0)], "1252")
    >>> doubted.name, doubted.read_as, doubted.declared_reads
    ('gb18030', '东风社区', '¶«·çÉçÇø')
    >>> choose_encoding([("Käpylä".encode("cp1252"), 0)], "1252").name
    'cp1252'
    """
    words = normalize_encoding(declared)
    speaking = [(text, width) for text, width in dict.fromkeys(texts) if not text.isascii()]
    if not speaking:
        return TextEncoding(words or "utf-8")
    names = dict.fromkeys(name for name in (words, "utf-8", *CHINESE, WESTERN) if name)
    readings = {name: read for name in names if (read := _reading(speaking, name)) is not None}
    chosen = _chosen(readings, words)
    if chosen is None:
        # Nothing else takes these bytes: each is a character, if the file states anything.
        return TextEncoding("iso8859-1") if declared.strip() else None
    if chosen == WESTERN and not declared.strip() and text_plausibility(readings[WESTERN]) < PLAUSIBLE:
        return None
    if not words or chosen == words:
        doubtful = chosen != "utf-8" and text_plausibility(readings[chosen]) < DOUBTFUL
        return TextEncoding(chosen, read_as=_listed(readings[chosen][:SHOWN_TEXTS]), is_doubtful=doubtful)
    other = readings.get(words) or _reading(speaking, words, errors="replace") or []
    pairs = [(item, two) for item, two in zip(readings[chosen], other, strict=True) if item != two]
    if not pairs:
        return TextEncoding(chosen)
    shown = pairs[:SHOWN_TEXTS]
    return TextEncoding(
        chosen, declared.strip(), _listed(item for item, _ in shown), _listed(two for _, two in shown)
    )


def decode_text(text: bytes, encoding: str, width: int = 0, errors: str = "strict") -> str:
    """Decode a text; a character of which the field's width has cut off the end is dropped."""
    if width and len(text) >= width - 3:
        return codecs.getincrementaldecoder(encoding)(errors).decode(text, final=False)
    return text.decode(encoding, errors)


def text_plausibility(texts: Sequence[str]) -> float:
    """Return how much texts look like what stands in a table, 0 to 1; only what is beyond ASCII is looked at.

    Examples
    --------
    >>> [text_plausibility([text]) for text in ("东风社区", "¶«·çÉçÇø", "Käpylä")]
    [1.0, 0.0, 1.0]
    >>> text_plausibility(["涓滈绀惧尯"]) < PLAUSIBLE
    True
    """
    beyond = [sign for text in texts[:LOOKED_AT] for sign in text if not sign.isascii() and not _is_mark(sign)]
    if not beyond:
        return 0.0
    han = [sign for sign in beyond if "\u3400" <= sign <= "\u9fff" or sign >= "\U00020000"]
    if han:
        common = _common()
        worth = sum(1.0 if sign in common else SECOND_LEVEL * _is_first_level(sign) for sign in han)
        return worth / len(beyond)
    letters = [sign for sign in beyond if sign.isalpha()]
    if len(letters) < LETTERS_AT_LEAST * len(beyond):
        return 0.0
    scripts = {unicodedata.name(sign, "?").partition(" ")[0] for sign in letters}
    if scripts == {"LATIN"}:
        # Accents stand among plain letters; a text of accented letters alone is made of another set's bytes.
        plain = sum(sign.isascii() and sign.isalpha() for text in texts[:LOOKED_AT] for sign in text)
        return 1.0 if plain >= len(letters) else 0.0
    return 1.0 if len(scripts) == 1 and _is_word_like(texts[:LOOKED_AT]) else 0.0


def _chosen(readings: dict[str, list[str]], declared: str) -> str | None:
    if not readings:
        return None
    if "utf-8" in readings and any(sign >= THREE_BYTES for text in readings["utf-8"] for sign in text):
        return "utf-8"
    worth = {name: text_plausibility(texts) for name, texts in readings.items()}
    best = max(worth, key=lambda name: worth[name])
    trusted = declared if declared in worth else next(iter(worth))
    if trusted == declared and best in CHINESE and len("".join(readings[best])) < CHARACTERS_AT_LEAST:
        return trusted
    doubted = worth[trusted] < PLAUSIBLE <= worth[best] or (
        declared in CHINESE and worth[best] >= PLAUSIBLE and worth[best] - worth[trusted] > CLEARLY
    )
    return best if doubted else trusted


def _reading(texts: Sequence[tuple[bytes, int]], encoding: str, errors: str = "strict") -> list[str] | None:
    try:
        return [decode_text(text, encoding, width, errors) for text, width in texts]
    except (UnicodeDecodeError, LookupError):
        return None


def _is_mark(sign: str) -> bool:
    """Return True if a character is punctuation that stands in Chinese texts and reports nothing: （）、，《》."""
    return "\u3000" <= sign <= "\u3020" or "\uff00" <= sign <= "\uff65" or sign in "·—…“”‘’№²³℃°"


def _is_word_like(texts: Sequence[str]) -> bool:
    """Return True if capitals stand only at the beginning of words, or everywhere."""
    words = [word for text in texts for word in text.split() if not word.isascii()]
    fitting = sum(word.lower() == word or word.upper() == word or word[1:].lower() == word[1:] for word in words)
    return fitting >= LETTERS_AT_LEAST * len(words)


def _is_first_level(sign: str) -> bool:
    """Return True if a character is on the first level of GB 2312: rows 16 to 55."""
    try:
        code = sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 0xB0 <= code[0] <= 0xD7  # noqa: PLR2004 - the two rows' lead bytes


@cache
def _common() -> frozenset[str]:
    text = resources.files("planner.io").joinpath("text_encodings.toml").read_text("utf-8")
    return frozenset("".join(tomllib.loads(text).values()))


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(texts)


UTF_16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
"""Encodings that Excel calls Unicode text."""

PROVES_UTF_8 = 3
"""So many characters of several bytes prove UTF-8: other encodings do not make them by chance."""

DAMAGED_AT_MOST = 0.1
"""Largest share of characters of a text in UTF-8 that damage has torn."""

COMMON_CHINESE = 0.5
"""Of a Chinese text, names and addresses included, more than nine in ten characters are in GB2312; of a text in
another encoding that is read as Chinese, less than one in three are."""

SAMPLE = 2**20
JUDGED = 2**16
"""Characters that are weighed against the readings of other sets."""

SHOWN_CHARACTERS = 12
MANY_BYTES = re.compile(r"[^\x00-\x7f]")
NOT_DECODED = "\ufffd"


class TextDecodeError(Exception):
    """The bytes are no text that can be read, and why: an issue of the table or study."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(issue.key)


def decode_table(content: bytes) -> tuple[str, str]:
    r"""Return a text and the name of its encoding: utf-8, utf-16, gb18030 or cp950 (Big5).

    Raises
    ------
    NoTextError
        It is in none of them, or is UTF-8 that was damaged.

    Examples
    --------
    >>> decode_table("东风社区".encode("gbk")), decode_table("a,东风\n".encode("utf-16-le"))
    (('东风社区', 'gb18030'), ('a,东风\n', 'utf-16'))
    """
    for mark, encoding in UTF_16:
        if content.startswith(mark):
            return _strictly(content.removeprefix(mark), encoding), "utf-16"
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" in content:
        return _without_mark(content), "utf-16"
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        _refuse_damaged(content, error)
    readings = {name: text for name in CHINESE if (text := _decoded(content, name)) is not None}
    if not readings:
        raise TextDecodeError(Issue("no_text_table"))
    worth = {name: text_plausibility([text[:JUDGED]]) for name, text in readings.items()}
    best = max(worth, key=lambda name: worth[name])
    # As in the texts of spatial layers, another set contradicts the usual one only where it is clearly better.
    usual = "gb18030" if "gb18030" in readings and worth[best] - worth["gb18030"] <= CLEARLY else best
    foreign = MANY_BYTES.findall(readings[usual][:SAMPLE])
    common = sum(_is_common(sign) for sign in foreign)
    if worth[usual] < PLAUSIBLE and (usual != "gb18030" or common < COMMON_CHINESE * len(foreign)):
        shown = "".join(foreign[:SHOWN_CHARACTERS])
        raise TextDecodeError(
            Issue("no_text_table" if usual != "gb18030" else "no_chinese_text", {"shown": shown})
        )
    return readings[usual], usual


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise TextDecodeError(Issue("no_text_table")) from error


def _without_mark(content: bytes) -> str:
    """Return a text in UTF-16 that does not state it: every second byte of its digits and commas is zero."""
    for _, encoding in UTF_16:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        sample = text[:SAMPLE]
        plain = sum(sign in "\t\r\n" or " " <= sign <= "~" or _is_common(sign) for sign in sample)
        if sample and plain >= (1 - DAMAGED_AT_MOST) * len(sample):
            return text
    raise TextDecodeError(Issue("no_text_table"))


def _refuse_damaged(content: bytes, error: UnicodeDecodeError) -> None:
    """Refuse what proves to be UTF-8 but for a few bytes: read as Chinese, every name would be another."""
    foreign = MANY_BYTES.findall(content.decode("utf-8", errors="replace"))
    torn = foreign.count(NOT_DECODED)
    whole = len(foreign) - torn
    if whole >= PROVES_UTF_8 and torn <= DAMAGED_AT_MOST * whole + 1:
        row = content.count(b"\n", 0, error.start) + 1
        raise TextDecodeError(Issue("damaged_text", {"row": row})) from error


def _is_common(sign: str) -> bool:
    """Return True if a character is one that Chinese texts are made of."""
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return unicodedata.east_asian_width(sign) == "F"
    return sign > "\x9f"
