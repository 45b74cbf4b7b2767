"""The report's figures as PNG, for files that hold no SVG: the same drawing, style sheet and letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from planner.messages.printable import replace_illegal
from planner.reporting.report.html import page_style
from planner.reporting.style import font_path

FAMILY = "Noto Sans SC"
PX_AN_INCH = 96.0
INCH_MM = 25.4
DOTS_A_PX = 1.5
SVG = '<svg xmlns="http://www.w3.org/2000/svg" '


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG and how large it is shown at most, millimetres."""

    png: bytes
    width_mm: float
    height_mm: float


def render_png(svg: Markup, *, dots_a_px: float = DOTS_A_PX) -> Picture:
    """Return a figure of `planner.reporting.report.figures` as a PNG, of 144 dots an inch by default.

    The same figure gives the same bytes, on every system: letters are drawn from the installed font alone.
    """
    from resvg_py import svg_to_bytes

    # `replace` of Markup would escape what it is asked to find.
    drawing = replace_illegal(str(svg))
    png = svg_to_bytes(
        svg_string=drawing.replace("<svg ", SVG, 1),
        zoom=dots_a_px,
        background="#ffffff",
        style_sheet=page_style(),
        skip_system_fonts=True,
        font_files=[str(font_path())],
        font_family=FAMILY,
        sans_serif_family=FAMILY,
    )
    width, height = (_pixels(drawing, side) * INCH_MM / PX_AN_INCH for side in ("width", "height"))
    return Picture(bytes(png), width, height)


def render_all(drawings: Sequence[Markup]) -> list[Picture]:
    """Return several figures as PNG."""
    return [render_png(one) for one in drawings]


def _pixels(drawing: str, side: str) -> float:
    found = re.search(rf'<svg [^>]*? {side}="([\d.]+)"', drawing)
    if found is None:
        message = "a figure of the report states its size"
        raise ValueError(message)
    return float(found[1])
