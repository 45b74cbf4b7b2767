"""The report's pictures as PNG: drawn with its style sheet and letters, or kept from earlier runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

from markupsafe import Markup

from planner.cache import Cache
from planner.io.second_process import run_here, start_in_process
from planner.messages.printable import replace_illegal
from planner.reporting.report.blocks import CentreCard, Figure, Report
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
    return [render_png(drawing) for drawing in drawings]


def _pixels(drawing: str, side: str) -> float:
    match = re.search(rf'<svg [^>]*? {side}="([\d.]+)"', drawing)
    if match is None:
        message = "a figure of the report states its size"
        raise ValueError(message)
    return float(match[1])


Pictures = Mapping[Markup, Picture]


def drawings_of(report: Report) -> tuple[Markup, ...]:
    """Return the drawings of a report in their order, each once."""
    sections = (*((report.memo,) if report.memo else ()), *report.sections)
    blocks = (block for section in sections for block in section.blocks)
    figures = (block.figure if isinstance(block, CentreCard) else block for block in blocks)
    return tuple(dict.fromkeys(figure.picture for figure in figures if isinstance(figure, Figure)))


@contextmanager
def start_pictures(report: Report, cache: Cache, *, processes: int = 1) -> Iterator[Callable[[], Pictures]]:
    """Begin to draw the pictures of a report that the cache does not hold; what is returned waits for all.

    Parameters
    ----------
    report
        Whose drawings are wanted as PNG.
    cache
        Where pictures are kept by their drawing.
    processes
        With 2, a second process draws them while this one goes on.
    """
    drawings = drawings_of(report)
    drawn_by = version("resvg_py")
    missing = [drawing for drawing in drawings if not cache.holds("picture", (str(drawing), drawn_by))]
    in_second = processes > 1 and missing
    with start_in_process(render_all, missing) if in_second else run_here(render_all, missing) as wait:

        def pictures() -> Pictures:
            drawn = dict(zip(missing, wait(), strict=True))

            def picture_of(markup: Markup) -> Picture:
                # What is kept may be damaged, or deleted meanwhile: it is drawn here then.
                return cache.get(
                    "picture", (str(markup), drawn_by), lambda: drawn.get(markup) or render_png(markup)
                )

            return {drawing: picture_of(drawing) for drawing in drawings}

        yield pictures
