"""In which encoding a text is: by what its bytes prove, before what a mark or a habit says."""

from __future__ import annotations

import codecs
import re
import unicodedata

from planner.io.text_encodings import CHINESE, CLEARLY, PLAUSIBLE, plausibility
from planner.messages.errors import Issue

UTF_16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
"""What Excel calls Unicode text."""

PROVES_UTF_8 = 3
"""So many characters of several bytes prove UTF-8: other encodings do not make them by chance."""

DAMAGED_AT_MOST = 0.1
"""Of a text in UTF-8, no more of its characters than this are torn by damage."""

COMMON_CHINESE = 0.5
"""Of a Chinese text, names and addresses included, more than nine in ten characters are in GB2312; of a text in
another encoding that is read as Chinese, less than one in three are."""

SAMPLE = 2**20
JUDGED = 2**16
"""Characters that are weighed against the readings of other sets."""

SHOWN_CHARACTERS = 12
MANY_BYTES = re.compile(r"[^\x00-\x7f]")
NOT_DECODED = "\ufffd"


class NoTextError(Exception):
    """The bytes are no text that can be read, and why: an issue of the table or study."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(issue.key)


def decoded(content: bytes) -> tuple[str, str]:
    r"""Return a text and the name of its encoding: utf-8, utf-16, gb18030 or cp950 (Big5).

    Raises
    ------
    NoTextError
        It is in none of them, or is UTF-8 that was damaged.

    Examples
    --------
    >>> decoded("东风社区".encode("gbk")), decoded("a,东风\n".encode("utf-16-le"))
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
        raise NoTextError(Issue("no_text_table"))
    worth = {name: plausibility([text[:JUDGED]]) for name, text in readings.items()}
    best = max(worth, key=lambda name: worth[name])
    # As in the texts of spatial layers, another set speaks against the usual one only where it is clearly better.
    usual = "gb18030" if "gb18030" in readings and worth[best] - worth["gb18030"] <= CLEARLY else best
    foreign = MANY_BYTES.findall(readings[usual][:SAMPLE])
    common = sum(_is_common(sign) for sign in foreign)
    if worth[usual] < PLAUSIBLE and (usual != "gb18030" or common < COMMON_CHINESE * len(foreign)):
        shown = "".join(foreign[:SHOWN_CHARACTERS])
        raise NoTextError(Issue("no_text_table" if usual != "gb18030" else "no_chinese_text", {"shown": shown}))
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
        raise NoTextError(Issue("no_text_table")) from error


def _without_mark(content: bytes) -> str:
    """Return a text in UTF-16 that does not say so: every second byte of its digits and commas is zero."""
    for _, encoding in UTF_16:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        sample = text[:SAMPLE]
        plain = sum(sign in "\t\r\n" or " " <= sign <= "~" or _is_common(sign) for sign in sample)
        if sample and plain >= (1 - DAMAGED_AT_MOST) * len(sample):
            return text
    raise NoTextError(Issue("no_text_table"))


def _refuse_damaged(content: bytes, error: UnicodeDecodeError) -> None:
    """Refuse what proves to be UTF-8 but for a few bytes: read as Chinese, every name would be another."""
    foreign = MANY_BYTES.findall(content.decode("utf-8", errors="replace"))
    torn = foreign.count(NOT_DECODED)
    whole = len(foreign) - torn
    if whole >= PROVES_UTF_8 and torn <= DAMAGED_AT_MOST * whole + 1:
        row = content.count(b"\n", 0, error.start) + 1
        raise NoTextError(Issue("damaged_text", {"row": row})) from error


def _is_common(sign: str) -> bool:
    """Tell whether a character is one that Chinese texts are made of."""
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return unicodedata.east_asian_width(sign) == "F"
    return sign > "\x9f"
