"""Colours, lettering and sizes that map, map sheet and report share."""

from __future__ import annotations

import math
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.evaluation import COMPLIANT, EXCELLENT, UNDETERMINED, WEAK

VERDICT_COLOURS = {
    EXCELLENT: "#0072b2",
    COMPLIANT: "#56b4e9",
    WEAK: "#d55e00",
    UNDETERMINED: "#ffffff",
    "none": "#7a7a7a",
}
NEAR, FAR = "#01665e", "#c7eae5"
"""The colour of the shortest walking time, and of the longest; those between lie between."""

BEYOND = "#bf812d"
UNCOVERED = "#a6611a"
SITE = "#f0e442"
DISC = "#333333"


def shades(count: int) -> list[str]:
    """Return the colours of so many walking times, the shortest first.

    Examples
    --------
    >>> shades(1), shades(2)
    (['#01665e'], ['#01665e', '#c7eae5'])
    """
    near, far = ([*bytes.fromhex(colour[1:])] for colour in (NEAR, FAR))
    shares = [place / max(count - 1, 1) for place in range(count)]
    mixed = ([round(a + (b - a) * share) for a, b in zip(near, far, strict=True)] for share in shares)
    return ["#{:02x}{:02x}{:02x}".format(*colour) for colour in mixed]


FONT = ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf")
"""Noto Sans SC (SIL Open Font License 1.1), in the package that installs it."""


@cache
def font_path() -> Path:
    """Return where the font is installed."""
    package, name = FONT
    with resources.as_file(resources.files(package).joinpath(name)) as path:
        return path


@cache
def font_code_points() -> frozenset[int]:
    """Return the code points that the font has a glyph for."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(font_path())).get_charmap())


def replace_missing_glyphs(text: str) -> str:
    r"""Return a text with its code in brackets for every sign that the font lacks, and one space for line ends.

    Examples
    --------
    >>> replace_missing_glyphs("海勃湾\U0001f600")
    '海勃湾[U+1F600]'
    """
    signs = font_code_points()
    return "".join(sign if ord(sign) in signs else f"[U+{ord(sign):04X}]" for sign in " ".join(text.split()))


DOT_METRES, LARGEST_DOT_METRES = 3.0, 60.0
"""The radius of a circle for one person and the largest radius, metres; areas are in proportion to people."""

CORE_TAIL, CORE_MARGIN_M = 0.06, 250.0
"""Which share of people may live beyond each side of the first view, and the margin around the others, metres."""


def dot_metres(people: NDArray[np.float64]) -> float:
    """Return the radius of a circle for one person, metres: smaller where the largest would be too large."""
    return round(min(DOT_METRES, LARGEST_DOT_METRES / math.sqrt(max(float(people.max()), 1.0))), 3)
