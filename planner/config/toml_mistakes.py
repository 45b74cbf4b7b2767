"""What is wrong with a line of TOML, in the user's language: the mistakes that people make, with their remedy."""

from __future__ import annotations

import re

from planner.messages.catalogue import Phrase

FULL_WIDTH = re.compile("[“”‘’＂＝［］｛｝，．＃：\u3000]")
PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")
SHOWN_CHARACTERS = 80

REASONS = (
    (r"Unescaped '\\' in a string|Invalid hex value", "backslash"),
    (r"Illegal character '\\n'|Unterminated string|Expected \"'", "quote"),
    (r"Cannot declare (?P<name>.+) twice", "twice"),
    (r"Cannot overwrite a value|Duplicate inline table key", "repeated"),
    (r"Expected '=' after a key", "equals"),
    (r"Expected '\]|Unclosed array|Unclosed inline table", "bracket"),
    (r"Invalid initial character for a key part|Invalid statement", "name"),
    (r"Invalid value", "value"),
    (r"Expected newline", "rest"),
)
"""Messages of `tomllib`, and our entry ``toml_…`` for each."""


def explain_mistake(message: str, text: str) -> Phrase:
    r"""Return where a text is no TOML, and what to do.

    Parameters
    ----------
    message
        Of `tomllib`.
    text
        The whole text.

    Examples
    --------
    >>> explain_mistake("Invalid value (at line 1, column 8)", "name = “Toy”").in_words("en")
    'line 1, column 8, `name = “Toy”`: full-width signs (“ ” ＝ ，) stand where " = , are needed'
    """
    lines = text.splitlines() or [""]
    place = PLACE.search(message)
    number = int(place[1]) if place and place[1] else len(lines)
    # A line that is not closed is found at its end, or on the next.
    line = lines[min(number, len(lines)) - 1]
    values = {
        "line": number,
        "column": place[2] if place and place[2] else len(line) + 1,
        "text": line.strip()[:SHOWN_CHARACTERS],
        "reason": _reason(message, line),
    }
    return Phrase("errors.toml_at", values)


def _reason(message: str, line: str) -> Phrase | str:
    if FULL_WIDTH.search(re.sub(r"\"[^\"]*\"|'[^']*'|#.*", "", line)):
        return Phrase("errors.toml_full_width")
    for pattern, key in REASONS:
        match = re.search(pattern, message)
        if match:
            name = ".".join(re.findall(r"'([^']+)'", match.groupdict().get("name") or ""))
            return Phrase(f"errors.toml_{key}", {"name": name})
    return Phrase("errors.toml_backslash") if "\\" in line else PLACE.sub("", message).strip()
