"""Letters of the map sheet as a TrueType font: a PDF embeds that as text of its own kind, and not as Type 3."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from planner.reporting.style import font_path

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
