"""Notebook view of a plan: key figures and a small map."""

from __future__ import annotations

import base64

from markupsafe import Markup

from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.report.blocks import Translator, annex_ref
from planner.reporting.report.figures import overview_figure
from planner.reporting.report.png import render_png
from planner.reporting.report.sections.summary import indicators, nature_of
from planner.results import Plan

BOX = "border:1px solid #c9cfd5;border-top:4px solid #01665e;padding:6px 10px;background:#fff;color:#1c2126"
GRID = "display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:8px;flex:1 1 360px"


LEAST_DOTS = 0.2
LARGEST_BYTES = 60_000
"""Of the picture: a notebook is stored with what it shows, and letters for bytes take a third more."""


def show(plan: Plan) -> str:
    """Return a plan as HTML for a notebook, with the numbers of `planner.reporting.document.build.build_document`.

    Parameters
    ----------
    plan
        What `planner.run` returned.

    Returns
    -------
    html
        A fragment that needs no network, no script and no style sheet; what the study states in it is escaped.
    """
    t = Translator(build_document(plan), Texts(plan.study.language))
    modelled, nature = nature_of(t, section=annex_ref(t, "data"))
    cards = Markup("").join(
        Markup(
            '<div style="{}"><b style="font-size:1.4em">{}</b><br>{}<br>'
            '<small style="color:#4a545e">{}</small></div>'
        ).format(BOX, one.value, one.label, one.note)
        for one in indicators(t)
    )
    image = base64.b64encode(_small_png(overview_figure(plan, t.texts))).decode("ascii")
    return str(
        Markup(
            '<div style="font-family:sans-serif;max-width:62em"><h3 style="margin:4px 0">{name}</h3>{nature}'
            '<div style="display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start">'
            '<div style="{grid}">{cards}</div>'
            '<img alt="{name}" style="max-height:460px;background:#fff" src="data:image/png;base64,{image}">'
            "</div></div>"
        ).format(
            name=plan.study.name,
            nature=Markup("<p><small>{}</small></p>").format(nature) if modelled else "",
            grid=GRID,
            cards=cards,
            image=image,
        )
    )


def _small_png(figure: Markup) -> bytes:
    """Return a figure as a PNG of as many dots as `LARGEST_BYTES` allow."""
    dots, png = 1.0, render_png(figure, dots_a_px=1.0).png
    while len(png) > LARGEST_BYTES and dots > LEAST_DOTS:
        # The bytes of a drawing grow somewhat slower than its area.
        dots = max(dots * min((LARGEST_BYTES / len(png)) ** 0.6, 0.9), LEAST_DOTS)
        png = render_png(figure, dots_a_px=dots).png
    return png
