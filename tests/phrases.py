"""Texts of the catalogues by their keys, so that tests hold which message appears, not how it is worded."""

from __future__ import annotations

import re

from planner.messages.catalogue import Language, catalogue

FIELD = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")


def phrase(key: str, language: Language = "en", **values: object) -> str:
    """Return the longest stretch of a message without fields, apart from those in `values`, which are filled in.

    Without values it holds no character that is special in regular expressions, and fits `match=` too.
    """
    text = catalogue()[key][language].replace("{{", "\x02").replace("}}", "\x03")
    for name, value in values.items():
        assert re.search(r"\{" + name + r"(:[^{}]*)?\}", text), f"{key} has no field {name}"
        text = re.sub(r"\{" + name + r"(:[^{}]*)?\}", lambda _, shown=str(value): f"\x01{shown}\x01", text)
    parts = FIELD.sub("\x00", text).split("\x00")
    if values:
        parts = [part for part in parts if "\x01" in part]
    else:
        parts = [
            piece for part in parts for piece in SPECIAL.split(part.replace("\x02", "{").replace("\x03", "}"))
        ]
    longest = max(parts, key=len)
    return longest.replace("\x01", "").replace("\x02", "{").replace("\x03", "}").strip()
