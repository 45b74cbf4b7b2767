"""Maps of today and of a plan's result side by side, at one scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from planner.evaluation import WEAK
from planner.reporting.report.blocks import Translator
from planner.reporting.report.drawing import (
    Frame,
    clip_to_frame,
    draw_mark,
    draw_north_arrow,
    draw_scale_bar,
    draw_shapes,
)
from planner.reporting.report.official import text_signs
from planner.reporting.report.outcome import Outcome, Reached, reached_by
from planner.reporting.small_counts import displayed_positions
from planner.results import Plan

PANEL_PX = (312.0, 288.0)
AFTER_PX, NAME_PX = (640.0, 620.0), 10.0
GAP_PX, HEAD_PX, LEGEND_PX = 16.0, 20.0, 24.0
PX_A_MM = 96 / 25.4
PEOPLE_SHARE = 0.06
"""Share of people that may live beyond each side of the map, which then shows the others larger."""

MARGIN_M = 250.0
ROUND = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 10)
MARK_SPACE_PX, LEGEND_LETTER_PX = 18.0, 12.5
WEAK_PX, OTHER_PX, SITE_PX = 8.0, 5.5, 3.6


def before_after_figure(
    plan: Plan, t: Translator, outcome: Outcome | None, panel_px: tuple[float, float] = PANEL_PX
) -> tuple[Markup, int]:
    """Draw today beside the result of a plan; today alone where there is none.

    Returns
    -------
    figure, scale
        The drawing, and how many times smaller than the ground it is at its own size.
    """
    frame, scale = people_frame(plan, panel_px if outcome else (2 * panel_px[0] + GAP_PX, panel_px[1]))
    panels = [(t.texts("decision.map_before_title"), None), *([(outcome.when, outcome)] if outcome else [])]
    drawn, left = [], 0.0
    for title, shown in panels:
        panel = Markup('<svg x="{:g}" y="{:g}" width="{:g}" height="{:g}">{}{}{}</svg>').format(
            left,
            HEAD_PX,
            round(frame.width, 1),
            round(frame.height, 1),
            Markup("").join(_panel(plan, frame, shown)),
            draw_scale_bar(frame, t.texts),
            draw_north_arrow(frame, t.texts),
        )
        drawn.append(Markup('<text class="legend heading" x="{:g}" y="13">{}</text>').format(left, title) + panel)
        left += round(frame.width, 1) + GAP_PX
    width, height = left - GAP_PX, frame.height + HEAD_PX + LEGEND_PX
    legend = Markup('<g transform="translate(0 {:g})">{}</g>').format(
        round(frame.height + HEAD_PX + 15, 1), Markup("").join(_legend(t, width, with_sites=outcome is not None))
    )
    figure = Markup(
        '<svg role="img" aria-label="{}" viewBox="0 0 {w:g} {h:g}" width="{w:g}" height="{h:g}">{}</svg>'
    ).format(
        t.texts("decision.section_plan"), Markup("").join([*drawn, legend]), w=round(width, 1), h=round(height, 1)
    )
    return figure, scale


def after_figure(plan: Plan, t: Translator, outcome: Outcome) -> Markup:
    """Draw the result of a plan on one large map, with the communities' names."""
    frame, _ = people_frame(plan, AFTER_PX)
    names = place_labels(plan.inputs.communities, frame)
    legend = Markup('<g transform="translate(0 {:g})">{}</g>').format(
        round(frame.height + 16, 1), Markup("").join(_legend(t, frame.width, with_sites=True))
    )
    return Markup(
        '<svg role="img" aria-label="{}" viewBox="0 0 {w:g} {h:g}" width="{w:g}" height="{h:g}">'
        '<svg width="{w:g}" height="{inner:g}">{}{}{}{}</svg>{}</svg>'
    ).format(
        t.texts("decision.section_plan"),
        Markup("").join(_panel(plan, frame, outcome)),
        Markup("").join(names),
        draw_scale_bar(frame, t.texts),
        draw_north_arrow(frame, t.texts),
        legend,
        w=round(frame.width, 1),
        inner=round(frame.height, 1),
        h=round(frame.height + LEGEND_PX, 1),
    )


def place_labels(communities: gpd.GeoDataFrame, frame: Frame) -> Iterator[Markup]:
    """Yield the communities' names, the largest first, leaving out those that would cover one before."""
    order = np.argsort(-communities.geometry.area.to_numpy(), kind="stable")
    places = frame.pixels(shapely.get_coordinates(communities.geometry.representative_point().array))
    taken: list[tuple[float, float, float]] = []
    for row in order:
        name, (x, y) = str(communities["name"].iloc[row]), places[row]
        half = NAME_PX * sum(1.0 if ord(sign) > 0x2E7F else 0.55 for sign in name) / 2  # noqa: PLR2004 - full width
        free = all(abs(x - a) > half + b or abs(y - c) > NAME_PX * 1.2 for a, b, c in taken)
        if free and half < x < frame.width - half and NAME_PX < y < frame.height - NAME_PX:
            taken.append((x, half, y))
            yield Markup('<text class="name" x="{:g}" y="{:g}">{}</text>').format(x, y, name)


def people_frame(plan: Plan, size_px: tuple[float, float]) -> tuple[Frame, int]:
    """Return the window in which most people live, at a round scale, and that scale."""
    demand = plan.inputs.demand
    x, y = demand.geometry.x.to_numpy(), demand.geometry.y.to_numpy()
    people = demand["people"].to_numpy()
    (west, east), (south, north) = _middle(x, people), _middle(y, people)
    metres_a_mm = max((east - west) / size_px[0], (north - south) / size_px[1]) * PX_A_MM
    power = 10.0 ** np.floor(np.log10(metres_a_mm))
    metres_a_mm = next(one * power for one in ROUND if one * power >= metres_a_mm)
    half = [side / PX_A_MM * metres_a_mm / 2 for side in size_px]
    x0, y0 = (west + east) / 2, (south + north) / 2
    frame = Frame(x0 - half[0], y0 - half[1], x0 + half[0], y0 + half[1], PX_A_MM / metres_a_mm)
    return frame, round(metres_a_mm * 1000)


def _middle(along: NDArray[np.float64], people: NDArray[np.float64]) -> tuple[float, float]:
    """Return where all but the outermost people live, with a margin."""
    if not people.sum():
        return float(along.min()) - MARGIN_M, float(along.max()) + MARGIN_M
    order = np.argsort(along, kind="stable")
    share = np.cumsum(people[order]) / people.sum()
    low, high = np.minimum(np.searchsorted(share, (PEOPLE_SHARE, 1 - PEOPLE_SHARE)), len(along) - 1)
    return float(along[order][low]) - MARGIN_M, float(along[order][high]) + MARGIN_M


def _panel(plan: Plan, frame: Frame, outcome: Outcome | None) -> Iterator[Markup]:
    inputs, reached = plan.inputs, reached_by(plan, outcome)
    yield Markup('<rect class="paper" width="{:g}" height="{:g}"/>').format(
        round(frame.width, 1), round(frame.height, 1)
    )
    if inputs.water is not None:
        yield draw_shapes("water", clip_to_frame(inputs.water, frame), frame)
    land = clip_to_frame(inputs.communities, frame)
    yield draw_shapes("land", land, frame)
    area = shapely.clip_by_rect(reached.area, frame.west, frame.south, frame.east, frame.north)
    yield draw_shapes("within", np.array([area], dtype=object), frame)
    yield draw_shapes("outlines thin", land, frame)
    yield _left_out(plan, frame, reached)
    yield from _centres(plan, frame, outcome)


def _left_out(plan: Plan, frame: Frame, reached: Reached) -> Markup:
    """Return the people beyond the standard, a dot a demand point."""
    points = displayed_positions(plan.inputs.demand[~reached.is_covered], plan)
    xy = shapely.get_coordinates(points.array)
    inside = (xy >= [frame.west, frame.south]).all(axis=1) & (xy <= [frame.east, frame.north]).all(axis=1)
    dots = np.unique(frame.pixels(xy[inside]), axis=0) if inside.any() else np.empty((0, 2))
    return Markup('<path class="uncovered" stroke-width="1.1" d="{}"/>').format(
        "".join(f"M{x:g} {y:g}h0" for x, y in dots)
    )


def _centres(plan: Plan, frame: Frame, outcome: Outcome | None) -> Iterator[Markup]:
    facilities, verdicts = plan.inputs.facilities, plan.diagnosis.centres["verdict"].to_numpy()
    closed = set(outcome.closed if outcome else ())
    resolved = set(outcome.resolved if outcome else ())
    weak = [
        verdict == WEAK and ident not in resolved
        for ident, verdict in zip(facilities["id"], verdicts, strict=True)
    ]
    places = frame.pixels(shapely.get_coordinates(facilities.geometry.array))
    rows = [
        row for row, ident in enumerate(facilities["id"]) if ident not in closed and _inside(places[row], frame)
    ]
    for row in sorted(rows, key=lambda row: weak[row]):
        kind = f"centre {WEAK}" if weak[row] else "centre shape"
        yield draw_mark("community", *places[row], kind=kind, width=WEAK_PX if weak[row] else OTHER_PX)
    if outcome is not None:
        chosen = plan.siting.candidates[plan.siting.candidates["id"].isin(outcome.sites)]
        for place in frame.pixels(shapely.get_coordinates(chosen.geometry.array)):
            if _inside(place, frame):
                yield Markup('<circle class="site" cx="{:g}" cy="{:g}" r="{:g}"/>').format(*place, SITE_PX)


def _inside(place: Sequence[float] | NDArray[np.float64], frame: Frame) -> bool:
    return bool(0 <= place[0] <= frame.width and 0 <= place[1] <= frame.height)


def _legend(t: Translator, width: float, *, with_sites: bool) -> Iterator[Markup]:
    minutes = t.exact(t.content["coverage"]["standard_min"])
    entries = [
        ("legend_reached", Markup('<path class="within" d="M0 -8h12v8h-12z"/>')),
        ("legend_uncovered", Markup('<path class="uncovered" stroke-width="2.4" d="M2 -6h0M7 -2h0M10 -7h0"/>')),
        ("legend_weak", draw_mark("community", 6, -4, kind=f"centre {WEAK}", width=9)),
        ("legend_centre", draw_mark("community", 6, -4, kind="centre shape", width=7)),
    ]
    if with_sites:
        entries.append(("legend_site", Markup('<circle class="site" cx="6" cy="-4" r="4.4"/>')))
    words = [t.texts(f"decision.{key}", minutes=minutes) for key, _ in entries]
    wide = [MARK_SPACE_PX + LEGEND_LETTER_PX * text_signs(text) for text in words]
    gap, left = max((width - sum(wide)) / max(len(entries) - 1, 1), 0.0), 0.0
    for (_, mark), text, taken in zip(entries, words, wide, strict=True):
        yield Markup('<g transform="translate({:g} 0)">{}<text class="legend" x="16" y="0">{}</text></g>').format(
            round(left, 1), mark, text
        )
        left += taken + gap
