"""Colours and lettering that map, map sheet and report share.

Colour-blind readers can distinguish them: ratings are of Okabe & Ito (2008), walking times and gaps are the two
arms of BrBG by ColorBrewer.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

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
