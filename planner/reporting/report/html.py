"""report.html: the report as one self-contained page that can be printed and filed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup

from planner.messages.catalogue import locale_of
from planner.messages.printable import replace_illegal
from planner.reporting.style import DISC, SITE, UNCOVERED, VERDICT_COLOURS

if TYPE_CHECKING:
    # A second process draws pictures in the page's style; it needs nothing of what makes a page.
    from jinja2 import Environment

    from planner.reporting.report.blocks import Report

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""What the page may load and run: nothing but its own style and pictures inside it."""

COLOURS = {**VERDICT_COLOURS, "people": UNCOVERED, "site": SITE, "disc": DISC}


def write_page(report: Report, *, pages: Mapping[str, int] | None = None) -> str:
    """Lay a report out as one page with its style and its figures inside; the same report gives the same page.

    `pages` are the printed pages on which the sections begin, by their id, for the table of contents.
    """
    page = page_templates("planner.reporting", "templates").get_template("report.html.j2")
    html = page.render(
        report=report,
        pages=pages or {},
        t=report.t,
        language=locale_of(report.t.texts.language).html,
        policy=POLICY,
        style=Markup(page_style()),  # noqa: S704 - our own style sheet
    )
    return replace_illegal(html)


@cache
def page_style() -> str:
    """Return the style sheet of the page and of the figures in it, with the map's colours filled in."""
    style = _template("report.css")
    for part, colour in COLOURS.items():
        style = style.replace(f"var(--{part})", colour)
    return style


def _template(name: str) -> str:
    return resources.files("planner.reporting").joinpath("templates", name).read_text("utf-8")


@cache
def page_templates(package: str, folder: str = "") -> Environment:
    """Return the templates of pages in a package: all values are escaped, and a missing one is a fault."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    pages = resources.files(package).joinpath(folder)
    return Environment(
        loader=FunctionLoader(lambda name: pages.joinpath(name).read_text("utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
