"""The report's pictures as PNG: kept from earlier runs, or drawn, in a second process where there may be one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version

from markupsafe import Markup

from planner.cache import Cache
from planner.io.second_process import run_here, start_in_process
from planner.reporting.report.blocks import CentreCard, Figure, Report
from planner.reporting.report.png import Picture, render_all, render_png

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
    missing = [one for one in drawings if not cache.holds("picture", (str(one), drawn_by))]
    in_second = processes > 1 and missing
    with start_in_process(render_all, missing) if in_second else run_here(render_all, missing) as wait:

        def pictures() -> Pictures:
            drawn = dict(zip(missing, wait(), strict=True))

            def picture_of(markup: Markup) -> Picture:
                # What is kept may be damaged, or deleted meanwhile: it is drawn here then.
                return cache.get(
                    "picture", (str(markup), drawn_by), lambda: drawn.get(markup) or render_png(markup)
                )

            return {one: picture_of(one) for one in drawings}

        yield pictures
