"""The report's maps: small inline SVGs of the plan's geometry, styled by report.css."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from planner.evaluation import RATINGS
from planner.evaluation.severance import DIRECTIONS, SECTOR_DEGREES
from planner.messages.catalogue import Texts
from planner.reporting.facility_text import MAX_PAIRS
from planner.reporting.map.symbols import ring_swatches
from planner.reporting.report.drawing import (
    Frame,
    clip_to_frame,
    draw_mark,
    draw_north_arrow,
    draw_scale_bar,
    draw_shapes,
    frame_around,
    in_sight,
    svg_path,
)
from planner.reporting.small_counts import SQUARE_M, displayed_positions
from planner.results import Plan
from planner.schemas.tables import TIERS
from planner.siting.proposals import Proposal

SECTOR_CHORDS = 8
"""Chords of a sector's arc."""


def blocked_sectors(plan: Plan, ident: str) -> NDArray[np.object_]:
    """Return the blocked directions of a centre as sectors of the disc of the standard."""
    radius_m = plan.walk.metres(plan.study.limits.standard_min)
    facilities, found = plan.inputs.facilities, plan.diagnosis.directions
    centre = shapely.get_coordinates(facilities.geometry.array[(facilities["id"] == ident).to_numpy()])[0]
    blocked = found[(found["facility"] == ident) & found["blocked"].map(lambda one: one is True)]
    sectors = [_sector(centre, DIRECTIONS.index(name), radius_m) for name in blocked["direction"]]
    return np.array(sectors, dtype=object)


def severed_pair_lines(plan: Plan, ident: str) -> NDArray[np.object_]:
    """Return the pairs of street positions around a centre that its card tells of, as lines."""
    near = {pair for pair, _ in plan.improvements.pairs_near[ident][:MAX_PAIRS]}
    lines = plan.improvements.severance_pairs.geometry.array[
        plan.improvements.severance_pairs["id"].isin(near).to_numpy()
    ]
    return np.asarray(lines, dtype=object)


def action_positions(plan: Plan, ident: str) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Return where the cheapest change for a centre is made: crossings as lines, and other places."""
    changes = [
        action
        for remedy in plan.improvements.plans
        if remedy.facility == ident
        for action in remedy.actions
        if action.place
    ]
    paths = [shapely.LineString([change.place, change.other]) for change in changes if change.other]
    places = [one.place for one in changes if not one.other]
    return np.array(paths, dtype=object), np.array(places, dtype=np.float64).reshape(-1, 2)


def _sector(centre: NDArray[np.float64], number: int, radius_m: float) -> shapely.Polygon:
    """Return one of the eight sectors of a disc, the first of them around north."""
    bearing = np.radians((number + np.linspace(-0.5, 0.5, SECTOR_CHORDS + 1)) * SECTOR_DEGREES)
    arc = centre + radius_m * np.column_stack([np.sin(bearing), np.cos(bearing)])
    return shapely.Polygon([centre, *arc])


OVERVIEW_PX = (440.0, 600.0)
SITING_PX = (680.0, 700.0)
CENTRE_PX = (300.0, 240.0)
PART_PX = (480.0, 420.0)
LEGEND_PX = 190.0
LEGEND_STEP_PX = 18.0
SITE_PX = 14.0
SITING_MARGIN_M = 500.0
DOT_M, LEAST_DOT_PX, MOST_DOT_PX = 12.0, 0.8, 2.4
"""Smallest and largest radius of uncovered people, pixels."""


def overview_figure(plan: Plan, texts: Texts) -> Markup:
    """Draw the whole study today: reach, people beyond the standard, centres with a legend."""
    frame = frame_around(plan.inputs.communities.total_bounds, OVERVIEW_PX)
    drawn = [*_ground(plan, frame, plan.reached), *_centres(plan, frame)]
    legend = _legend(plan, texts, frame.width + 16.0, with_sites=False)
    return _svg(drawn, frame, texts, legend=legend, label=texts("report.section_inventory"))


def siting_figure(plan: Plan, texts: Texts) -> Markup:
    """Draw the surroundings of the best answer's stations, numbered; the other answers' as squares."""
    *others, best = plan.siting.proposals
    places = plan.siting.candidates.geometry.iloc[list(best.sites)].buffer(SITING_MARGIN_M)
    frame = frame_around(places.total_bounds, SITING_PX)
    squares = [
        draw_mark("town", x, y, kind="clustering", width=SITE_PX)
        for proposal in others
        for x, y in _proposed(plan, proposal, frame)
    ]
    drawn = [
        *_ground(plan, frame, plan.reached),
        *_names(plan.inputs.communities, frame),
        *_centres(plan, frame),
        *squares,
        *_numbered(plan, best, frame),
    ]
    return _svg(drawn, frame, texts, label=texts("report.section_siting"))


def centre_figure(plan: Plan, position: int, texts: Texts) -> Markup:
    """Draw the surroundings of one centre.

    Parameters
    ----------
    plan
        The plan.
    position
        The centre's row in the facilities table.
    texts
        The language.
    """
    facility = plan.inputs.facilities.iloc[position]
    areas = plan.service_areas[plan.service_areas["facility"] == facility["id"]]
    home = plan.inputs.communities[plan.inputs.communities["id"] == facility["community"]]
    disc = facility.geometry.buffer(plan.walk.metres(plan.study.limits.standard_min), quad_segs=32)
    shown = shapely.union_all([disc, *areas.geometry, *home.geometry])
    frame = frame_around(shown.bounds, CENTRE_PX)
    drawn = [
        *_ground(plan, frame, areas),
        draw_shapes("home", home.geometry.array, frame),
        *_blocked(plan, facility["id"], frame),
        draw_shapes("disc", np.array([disc]), frame, tolerance_m=0.0),
        *_centres(plan, frame, only=facility["id"]),
        *_changed(plan, facility["id"], frame),
    ]
    return _svg(drawn, frame, texts, label=str(facility["name"]))


def _blocked(plan: Plan, ident: str, frame: Frame) -> Iterable[Markup]:
    """Draw the directions that are blocked as sectors of the disc, and the pairs of positions around a centre."""
    for kind, shapes in (("blocked", blocked_sectors(plan, ident)), ("pair", severed_pair_lines(plan, ident))):
        if len(shapes):
            yield draw_shapes(kind, shapes, frame, tolerance_m=0.0)


def _changed(plan: Plan, ident: str, frame: Frame) -> Iterable[Markup]:
    """Draw where the cheapest change would be made."""
    paths, places = action_positions(plan, ident)
    if len(paths):
        yield draw_shapes("built", paths, frame, tolerance_m=0.0)
    for x, y in frame.pixels(places):
        yield Markup('<circle class="change" cx="{:g}" cy="{:g}" r="5"/>').format(x, y)


def part_figure(plan: Plan, communities: Collection[str], texts: Texts) -> Markup:
    """Draw some communities: reached area, uncovered people, facilities and proposed stations."""
    given = plan.inputs.communities
    home = given[given["id"].isin(communities)]
    frame = frame_around(home.total_bounds, PART_PX)
    best = plan.siting.best
    drawn = [
        *_ground(plan, frame, plan.reached),
        draw_shapes("home", np.array([shapely.union_all(home.geometry.array)]), frame),
        *_names(home, frame),
        *_centres(plan, frame),
        *(_numbered(plan, best, frame) if best else ()),
    ]
    label = texts("report.joint").join(home["name"])
    return _svg(drawn, frame, texts, legend=_legend(plan, texts, frame.width + 16.0), label=label)


def _ground(plan: Plan, frame: Frame, rings: gpd.GeoDataFrame) -> Iterable[Markup]:
    """Return what lies under the marks, as an earlier run drew it where it has."""
    inputs, demand = plan.inputs, plan.study.demand
    layers = (inputs.water, inputs.communities, inputs.streets, inputs.barriers, plan.coverage.uncovered)
    shown = (demand.least_shown, inputs.demand_method, plan.study.inputs.demand)
    return plan.prepared.cache.get(
        "ground", (frame, rings, layers, shown), lambda: tuple(_drawn_ground(plan, frame, rings))
    )


def _drawn_ground(plan: Plan, frame: Frame, rings: gpd.GeoDataFrame) -> Iterable[Markup]:
    """Draw water, communities, rings, streets, barriers, people not served."""
    inputs, window = plan.inputs, frame.window()
    if inputs.water is not None:
        yield draw_shapes("water", clip_to_frame(inputs.water, frame), frame)
    # Uncut, so that no border is drawn along the window; those of a whole city would fill the file unseen. Borders
    # are thinned between the points where communities meet, so that the neighbours of those in sight are needed.
    outlines = inputs.communities.geometry.to_numpy()
    seen = outlines[in_sight(outlines, frame)]
    around = replace(
        frame, **dict(zip(("west", "south", "east", "north"), shapely.total_bounds(seen), strict=True))
    )
    outlines = outlines[in_sight(outlines, around)] if len(seen) else seen
    yield draw_shapes("land", outlines, frame)
    fills = ring_swatches(len(rings))
    by_limit = rings.sort_values("limit_min", ascending=False)
    for row, fill in enumerate(reversed(fills)):
        path = svg_path(clip_to_frame(by_limit.iloc[[row]], frame), frame)
        yield Markup('<path class="ring" fill="{}" d="{}"/>').format(fill, path)
    yield draw_shapes("streets", clip_to_frame(inputs.streets, frame), frame)
    if inputs.barriers is not None:
        yield draw_shapes("barriers", clip_to_frame(inputs.barriers, frame), frame)
    # Points are spread within their square: all of the squares in sight, and no others.
    xy = shapely.get_coordinates(plan.coverage.uncovered.geometry.array)
    least = np.floor(np.array([frame.west, frame.south]) / SQUARE_M) * SQUARE_M
    most = np.ceil(np.array([frame.east, frame.north]) / SQUARE_M) * SQUARE_M
    near = ((xy >= least) & (xy <= most)).all(axis=1)
    uncovered = displayed_positions(plan.coverage.uncovered[near], plan).array
    dots = frame.pixels(shapely.get_coordinates(uncovered[shapely.intersects(uncovered, window)]))
    yield Markup('<path class="uncovered" stroke-width="{:g}" d="{}"/>').format(
        round(min(max(DOT_M * frame.px_a_metre, LEAST_DOT_PX), MOST_DOT_PX), 2),
        "".join(f"M{x:g} {y:g}h0" for x, y in dots),
    )
    yield draw_shapes("outlines", outlines, frame)


def _names(communities: gpd.GeoDataFrame, frame: Frame) -> Iterable[Markup]:
    places = frame.pixels(shapely.get_coordinates(communities.geometry.representative_point().array))
    for name, (x, y) in zip(communities["name"], places, strict=True):
        yield Markup('<text class="name" x="{:g}" y="{:g}">{}</text>').format(x, y, name)


def _centres(plan: Plan, frame: Frame, only: str | None = None) -> Iterable[Markup]:
    """Draw centres by tier and verdict, the higher tiers on top; all but `only` are dimmed where it is given."""
    facilities = plan.inputs.facilities
    verdicts = plan.diagnosis.centres["verdict"].to_numpy()
    ids, tiers, names = (facilities[name].to_numpy() for name in ("id", "tier", "name"))
    places = frame.pixels(shapely.get_coordinates(facilities.geometry.array))
    inside = ((places >= 0) & (places <= [frame.width, frame.height])).all(axis=1)
    order = sorted(np.flatnonzero(inside), key=lambda row: (ids[row] == only, -TIERS.index(tiers[row])))
    for row in order:
        dimmed = " other" if only is not None and ids[row] != only else ""
        kind = f"centre {verdicts[row] or 'none'}{dimmed}"
        yield draw_mark(tiers[row], *places[row], kind=kind, title=names[row])


def _numbered(plan: Plan, proposal: Proposal, frame: Frame) -> Iterable[Markup]:
    places = _proposed(plan, proposal, frame)
    for rank, (x, y) in sorted(enumerate(places, start=1), reverse=True):
        yield Markup('<circle class="site" cx="{:g}" cy="{:g}" r="8"/>').format(x, y)
        yield Markup('<text class="rank" x="{:g}" y="{:g}">{}</text>').format(x, round(y + 3.6, 1), rank)


def _proposed(plan: Plan, proposal: Proposal, frame: Frame) -> NDArray[np.float64]:
    return frame.pixels(shapely.get_coordinates(plan.siting.candidates.geometry.array[list(proposal.sites)]))


def _legend(plan: Plan, texts: Texts, left: float, *, with_sites: bool = True) -> Iterable[Markup]:
    """Draw the key to everything on the overview, only what is there."""
    inputs, limits = plan.inputs, plan.study.limits
    entries: list[tuple[Markup, str]] = [
        (
            Markup('<path class="ring" fill="{}" d="M0 -6h16v12h-16z"/>').format(fill),
            texts("report.legend_reached", minutes=f"{limit:g}"),
        )
        for fill, limit in zip(ring_swatches(len(limits.minutes)), limits.minutes, strict=True)
    ]
    entries += [
        (
            Markup('<path class="uncovered" stroke-width="2" d="M3 -2h0M8 2h0M13 -1h0"/>'),
            texts("report.legend_uncovered", minutes=f"{limits.standard_min:g}"),
        ),
        (Markup('<path class="outlines" d="M0 -5h16v10h-16z"/>'), texts("report.legend_communities")),
        (Markup('<path class="streets" d="M0 0h16"/>'), texts("report.legend_streets")),
    ]
    if inputs.water is not None:
        entries.append((Markup('<path class="water" d="M0 -6h16v12h-16z"/>'), texts("report.legend_water")))
    if inputs.barriers is not None:
        entries.append((Markup('<path class="barriers" d="M0 0h16"/>'), texts("report.legend_barriers")))
    if plan.siting.proposals and with_sites:
        pin = Markup('<circle class="site" cx="8" cy="0" r="8"/><text class="rank" x="8" y="3.6">1</text>')
        entries.append((pin, texts("report.legend_sites")))
    entries.append((Markup(""), texts("report.legend_tiers")))
    present = set(inputs.facilities["tier"])
    entries += [
        (
            draw_mark(tier, 8.0, 0.0, kind="centre shape"),
            texts(f"words.tier_{tier}"),
        )
        for tier in TIERS
        if tier in present
    ]
    entries.append((Markup(""), texts("report.legend_verdicts")))
    judged = set(plan.diagnosis.centres["verdict"].replace("", "none"))
    entries += [
        (
            draw_mark("community", 8.0, 0.0, kind=f"centre {verdict}"),
            texts(f"words.verdict_{verdict}"),
        )
        for verdict in (*RATINGS, "none")
        if verdict in judged
    ]
    for row, (mark, words) in enumerate(entries):
        top = 12.0 + row * LEGEND_STEP_PX
        text = Markup('<text class="{}" x="{}" y="4">{}</text>')
        label = text.format("legend", 24, words) if mark else text.format("legend heading", 0, words)
        yield Markup('<g transform="translate({:g} {:g})">{}{}</g>').format(left, top, mark, label)


def _svg(
    drawn: Iterable[Markup], frame: Frame, texts: Texts, *, label: str, legend: Iterable[Markup] | None = None
) -> Markup:
    width, height = round(frame.width, 1), round(frame.height, 1)
    whole = width + (LEGEND_PX + 16.0 if legend is not None else 0.0)
    return Markup(
        '<svg role="img" aria-label="{label}" viewBox="0 0 {whole:g} {height:g}"'
        ' width="{whole:g}" height="{height:g}">'
        '<svg width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">'
        '<rect class="paper" width="{width:g}" height="{height:g}"/>{drawn}{scale}{north}</svg>{legend}</svg>'
    ).format(
        label=label,
        whole=whole,
        width=width,
        height=height,
        drawn=Markup("").join(drawn),
        scale=draw_scale_bar(frame, texts),
        north=draw_north_arrow(frame, texts),
        legend=Markup("").join(legend or ()),
    )
