"""Characters that no text for people holds: control characters, and sequences that steer a terminal.

They come along when cells are copied: soft breaks of Word (U+000B), the ends of fields of old databases, marks of
byte order. No XML file can hold them, so that pictures and Word files break over them; others turn a terminal's
colours, or the direction of writing, so that a reader sees another text than there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

SEQUENCE = (
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x9b[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)"
)
"""What a terminal obeys: colours and cursors, titles and links."""

BREAKS = "\x0b\x0c\x85\u2028\u2029"
"""Breaks of lines and pages that tables do not have."""

OTHERS = (
    "\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufdd0-\ufdef\ufff9-\ufffb"
)
NO_CHARACTERS = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
HALF_CHARACTERS = "\ud800-\udfff"

ILLEGIBLE = re.compile(f"{SEQUENCE}|[{BREAKS}{OTHERS}{NO_CHARACTERS}{HALF_CHARACTERS}]")
STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
WORDS = re.compile(f"(?<=[!-~])[{BREAKS}]+(?=[!-~])")
"""A break between two words of an alphabet parts them; between Chinese characters it parts nothing."""


def is_legible(text: str) -> bool:
    r"""Return True if a text holds nothing but what a person can read.

    Examples
    --------
    >>> is_legible("东风社区"), is_legible("东风\x0b社区")
    (True, False)
    """
    return text.isprintable() or ILLEGIBLE.search(text) is None


def strip_illegible(text: str) -> str:
    r"""Return a text without the characters that nobody can read.

    Examples
    --------
    >>> [strip_illegible(text) for text in ("东风\x0b社区", "East\x0bside", "\x1b[31mred\x1b[0m\ufffe")]
    ['东风社区', 'East side', 'red']
    """
    return text if is_legible(text) else ILLEGIBLE.sub("", WORDS.sub(" ", text))


def quote_printable(text: str) -> str:
    r"""Return a text as a message quotes it: what steers a terminal by its code.

    Examples
    --------
    >>> quote_printable("\x1b[31mred")
    '\\x1b[31mred'
    """
    return STEERING.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def illegible_in(content: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    r"""Yield where in a tree of tables and lists a text or a name is not legible.

    Examples
    --------
    >>> list(illegible_in({"funds": [{"name": "a\x01"}]}))
    [('funds', 0, 'name')]
    """
    if isinstance(content, str):
        if not is_legible(content):
            yield path
    elif isinstance(content, Mapping):
        for name, value in content.items():
            here = (*path, quote_printable(str(name)))
            if not is_legible(str(name)):
                yield here
            yield from illegible_in(value, here)
    elif isinstance(content, list | tuple):
        for number, value in enumerate(content):
            yield from illegible_in(value, (*path, number))


ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that XML cannot hold; among them are the halves of surrogate pairs, which UTF-8 cannot hold either."""


def replace_illegal(text: str) -> str:
    r"""Return a text with a sign of its own for every one that a product cannot hold.

    Examples
    --------
    >>> replace_illegal("a\x00b")
    'a\ufffdb'
    """
    return ILLEGAL.sub("\ufffd", text)
