"""Drawing of the map sheet: texts, lines and areas on axes of matplotlib, with letters as a TrueType font."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.reporting.style import SITE, font_path, replace_missing_glyphs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

A3_MM = (420.0, 297.0)
MARKERS = {"district": "*", "town": "s", "community": "o", "village": "^", "station": "D"}
MARK_LOOKS: dict[str, dict[str, Any]] = {
    "site": {"marker": "o", "mfc": SITE, "mec": "#111", "mew": 1.4},
    "project": {"marker": "o", "mfc": SITE, "mec": "#111", "mew": 1.4},
    "upgrade": {"marker": "o", "mfc": SITE, "mec": "#111", "mew": 0.8},
    "passage": {"marker": "s", "mfc": "#fff", "mec": "#111", "mew": 1.4},
    "closed": {"marker": "x", "mfc": "none", "mec": "#444", "mew": 1.8},
}
INK, SOFT = "#1f2328", "#57606a"
STOPS = "、，。；：）”"
LAST_NARROW, NARROW, WIDE = 0x2E7F, 0.53, "→%×·"
"""Signs beyond are full-width; how wide the others are beside them; and which of them are as wide."""

PIECES = (
    rf"[\u0000-\u{LAST_NARROW:04x}]+?(?:\s+|(?=[^\u0000-\u{LAST_NARROW:04x}])|$)|[^\u0000-\u{LAST_NARROW:04x}]"
)
"""What a line is made of: words with the spaces after them, and full-width signs one by one."""


def signs_wide(text: str) -> float:
    """Return how wide a text is, in full-width signs: a sign is as wide as the letters are high.

    Examples
    --------
    >>> signs_wide("达标率"), round(signs_wide("26.1%"), 2)
    (3.0, 3.12)
    """
    return sum(1.0 if ord(sign) > LAST_NARROW or sign in WIDE else NARROW for sign in text)


def wrap_text(text: str, signs: int) -> list[str]:
    """Cut a text into lines of so many full-width signs, twice as many narrow ones; no line begins with a stop."""
    lines, line, width = [], "", 0.0
    for piece in re.findall(PIECES, replace_missing_glyphs(text)):
        wide = signs_wide(piece)
        if line and width + wide > signs and piece not in STOPS:
            lines.append(line.rstrip())
            line, width = "", 0.0
        line, width = line + piece, width + wide
    return [*lines, line.rstrip()] if line.strip() else lines


def write_lines(
    axes: Axes, y: float, lines: Sequence[str], size: float, *, step: float, colour: str = INK
) -> float:
    """Write lines one below the other; return where the next one goes."""
    for line in lines:
        write_text(axes, 0, y, line, size, ha="left", colour=colour)
        y += step
    return y


def write_text(  # noqa: PLR0913 - a label has so many sides
    axes: Axes,
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    ha: str = "center",
    colour: str = INK,
    zorder: float = 3,
    halo: bool = False,
) -> None:
    """Write a text in the project's font, with a white border where it lies on the map."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.patheffects import Stroke

    font, shown = FontProperties(fname=str(font_path()), size=size), replace_missing_glyphs(text)
    # A text with an effect is drawn as outlines: the border is a drawing of its own, and the text stays a text.
    for is_border in (True, False) if halo else (False,):
        label = axes.text(x, y, shown, fontproperties=font, ha=ha, va="center", color=colour, zorder=zorder)
        label.set_parse_math(False)
        label.set_clip_on(True)
        if is_border:
            label.set_path_effects([Stroke(linewidth=2.2, foreground="white")])


def fill_areas(axes: Axes, shapes: gpd.GeoSeries, colour: object, *, zorder: float, alpha: float = 1.0) -> None:
    """Fill areas, their holes left out."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    for part in _seen(axes, shapes):
        if part.geom_type != "Polygon":
            continue
        rings = [np.asarray(ring.coords)[:, :2] for ring in (part.exterior, *part.interiors)]
        outline = Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings))
        # What the axes show is set already: a patch need not be measured, which costs as much as drawing it.
        axes.add_artist(PathPatch(outline, facecolor=str(colour), edgecolor="none", alpha=alpha, zorder=zorder))


def stroke_lines(
    axes: Axes,
    lines: gpd.GeoSeries,
    colour: str,
    width: float,
    zorder: float,
    *,
    dashes: tuple[float, float] | None = None,
) -> None:
    """Draw lines, or the borders of areas."""
    from matplotlib.collections import LineCollection

    parts = [
        np.asarray(part.coords)[:, :2]
        for part in _seen(axes, lines)
        if part.geom_type in ("LineString", "LinearRing")
    ]
    look = (0, dashes) if dashes else "solid"
    drawn = LineCollection(parts, colors=colour, linewidths=width, linestyles=[look], zorder=zorder)
    axes.add_collection(drawn, autolim=False)


def _seen(axes: Axes, shapes: gpd.GeoSeries) -> NDArray[np.object_]:
    """Return the parts of shapes that may be seen: what lies beyond the window costs time and room."""
    parts: NDArray[np.object_] = shapely.get_parts(np.asarray(shapes.array, dtype=object))
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    # An empty part has no bounds, and no number is less than none.
    west, south, east, north = shapely.bounds(parts).T
    seen: NDArray[np.object_] = parts[(west <= x1) & (east >= x0) & (south <= y1) & (north >= y0)]
    return seen


if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_ERROR = 0.5
"""Largest distance of a quadratic outline from the cubic one, in units of the font (of 1,000)."""

NAMES = {"copyright": 0, "familyName": 1, "styleName": 2, "fullName": 4, "psName": 6, "licenseDescription": 13}
"""Names that the font keeps, by their numbers in the name table."""


@lru_cache(maxsize=4)
def truetype_subset(signs: frozenset[str]) -> bytes:
    r"""Return the project's font with only some signs, its cubic outlines as quadratic ones.

    Examples
    --------
    >>> truetype_subset(frozenset("海勃湾"))[:4]
    b'\x00\x01\x00\x00'
    """
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import TTFont

    # Of fontTools only some is typed.
    source: Any = TTFont(font_path(), lazy=True)
    pen: Any
    with source:
        names, drawn = source.getBestCmap(), source.getGlyphSet()
        table = {ord(sign): names[ord(sign)] for sign in sorted(signs) if ord(sign) in names}
        order = [".notdef", *dict.fromkeys(table.values())]
        outlines, metrics = {}, {}
        for name in order:
            pen = TTGlyphPen(None)
            drawn[name].draw(Cu2QuPen(pen, MOST_ERROR, reverse_direction=True))
            outlines[name] = pen.glyph()
            metrics[name] = source["hmtx"][name]
        made: Any = FontBuilder(source["head"].unitsPerEm, isTTF=True)
        made.setupGlyphOrder(order)
        made.setupCharacterMap(table)
        made.setupGlyf(outlines)
        made.setupHorizontalMetrics(metrics)
        made.setupHorizontalHeader(ascent=source["hhea"].ascent, descent=source["hhea"].descent)
        shown = {key: source["name"].getDebugName(number) for key, number in NAMES.items()}
        made.setupNameTable({key: name for key, name in shown.items() if name})
        made.setupOS2()
        made.setupPost(keepGlyphNames=False)
        # The time of making would change the bytes of the sheet.
        made.font.recalcTimestamp = False
        made.updateHead(created=source["head"].created, modified=source["head"].modified)
        file = io.BytesIO()
        made.save(file)
    return file.getvalue()


@contextmanager
def truetype_letters(figure: Figure) -> Iterator[None]:
    """Set the texts of a figure in TrueType while it is saved: matplotlib cannot embed outlines of CFF as text."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text

    texts = [text for text in figure.findobj(Text) if text.get_text()]
    font = truetype_subset(frozenset("".join(text.get_text() for text in texts)))
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "letters.ttf"
        file.write_bytes(font)
        for text in texts:
            text.set_fontproperties(FontProperties(fname=str(file), size=text.get_fontsize()))
        yield
