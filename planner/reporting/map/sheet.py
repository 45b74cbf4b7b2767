"""The map without a browser: an A3 sheet as PNG, SVG or PDF, drawn by matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.messages.catalogue import Texts
from planner.messages.errors import CommandError, Issue
from planner.reporting.document.build import build_document
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.files.input_protection import protect_inputs
from planner.reporting.map import symbols
from planner.reporting.map.sheet_drawing import A3_MM, INK, MARK_LOOKS, MARKERS, fill, signs_wide, stroke, write
from planner.reporting.map.sheet_margin import draw_side
from planner.reporting.map.sheet_state import Mark, SheetState, sheet_state
from planner.reporting.map.sizes import CORE_MARGIN_M, dot_metres
from planner.reporting.small_counts import displayed_positions
from planner.reporting.style import NEAR, UNCOVERED, VERDICT_COLOURS
from planner.reporting.write import write_single
from planner.results import Plan
from planner.schemas.tables import TIERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
INCH_MM = 25.4
DOTS_AN_INCH = 200
MAP_BOX = (0.012, 0.015, 0.752, 0.97)
ROUND_SCALES = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
"""What a scale or a scale bar may begin with."""

BORDER, MOST_SMALLER = 1.03, 1.5
"""Margin around the whole study, and how many times smaller the map may be drawn to show all of it."""

TAG_MM = 2.6
"""How far right of and above a centre the number of its upgrade stands."""

CLOSE_MM = 4.0
"""A name this close to a sign is written below it."""

NAME_MM = 7 * INCH_MM / 72
"""How wide a full-width sign of a name is."""

MARKER_POINTS = {"district": 17.0, "town": 9.5, "community": 8.0, "village": 9.0, "station": 6.5}


def write_static_map(plan: Plan, path: str | Path) -> Path:
    """Draw a plan as an A3 sheet, landscape.

    Parameters
    ----------
    plan
        What `planner.run` returned.
    path
        Where to; its ending says as what: .png (200 dots an inch), .svg or .pdf.

    Returns
    -------
    path
        The same plan gives the same bytes, with the same version of matplotlib.

    Raises
    ------
    CommandError
        The ending is none of these.
    OutputError
        The file cannot be written.
    """
    path = Path(path)
    check_format(path)
    protect_inputs(plan.study, path.parent, [path.name])
    from matplotlib import rcParams

    content = build_document(plan)
    figure = draw_static_map(plan, content)
    # No dates and no random names, so that the same plan gives the same bytes; texts stay texts, to be found and
    # changed. In a PDF they are of Type 3: matplotlib embeds the outlines of this font (CFF) under a wrong name.
    fixed: dict[Any, object] = {
        "svg.hashsalt": "planner",
        "svg.fonttype": "none",
        "pdf.compression": 6,
    }
    no_date: dict[str, dict[str, Any]] = {
        ".svg": {"Date": None},
        ".pdf": {"CreationDate": None},
        ".png": {"Software": None},
    }
    # Letters are outlines: what must be named stands in the file's own words as well.
    named = {".svg": "Rights", ".pdf": "Subject", ".png": "Copyright"}[path.suffix.lower()]
    credit = {named: content["data"]["attribution"]} if content["data"]["attribution"] else {}
    metadata = no_date[path.suffix.lower()] | credit
    with _own_style():
        rcParams.update(fixed)
        return write_single(path, lambda place: figure.savefig(place, dpi=DOTS_AN_INCH, metadata=metadata))


def check_format(path: Path) -> None:
    """Refuse a file whose ending says no format that can be drawn, before the work begins that would be lost."""
    if path.suffix.lower() not in FORMATS:
        raise CommandError(str(path), [Issue("map_format", {"ending": path.suffix, "known": ", ".join(FORMATS)})])


def draw_static_map(plan: Plan, content: PlanDocument) -> Figure:
    """Return the sheet as a figure of matplotlib, A3 landscape; every number in it is the document's."""
    with _own_style():
        return _draw(plan, content)


@contextmanager
def _own_style() -> Iterator[None]:
    """Draw as matplotlib does by default: a `matplotlibrc` in the working folder would change the sheet."""
    from matplotlib import rc_context, rcdefaults

    with rc_context():
        rcdefaults()
        yield


def _draw(plan: Plan, content: PlanDocument) -> Figure:
    from matplotlib.figure import Figure

    texts = Texts(plan.study.language)
    figure = Figure(figsize=(A3_MM[0] / INCH_MM, A3_MM[1] / INCH_MM), facecolor="white")
    axes = figure.add_axes(MAP_BOX)
    scale = _frame(axes, plan)
    state = sheet_state(plan, content, texts)
    _draw_ground(axes, plan, state)
    _draw_reached(axes, state)
    _draw_people(axes, plan, state, scale)
    _draw_signs(axes, plan, state, scale)
    _draw_names(axes, plan, state, scale)
    _draw_scale_bar(axes, texts, scale)
    draw_side(figure, content, state, texts, scale, has_private_ways=not plan.inputs.private_ways.empty)
    return figure


def _frame(axes: Axes, plan: Plan) -> float:
    """Show where most people live, at a round scale; return how many metres a millimetre stands for."""
    demand = plan.inputs.demand
    people = demand["people"].to_numpy()
    west, south, east, north = _core(demand.geometry.x.to_numpy(), demand.geometry.y.to_numpy(), people)
    width_mm, height_mm = MAP_BOX[2] * A3_MM[0], MAP_BOX[3] * A3_MM[1]
    least = max((east - west) / width_mm, (north - south) / height_mm)
    scale = next(one for one in _round_numbers(least) if one >= least)
    # Outlying parts are shown too where they cost little of the scale.
    whole = plan.inputs.communities.total_bounds
    needed = max((whole[2] - whole[0]) / width_mm, (whole[3] - whole[1]) / height_mm) * BORDER
    fitting = next(one for one in _round_numbers(needed) if one >= needed)
    if scale < fitting <= scale * MOST_SMALLER:
        scale, (west, south, east, north) = fitting, whole
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    axes.set_xlim(middle_x - scale * width_mm / 2, middle_x + scale * width_mm / 2)
    axes.set_ylim(middle_y - scale * height_mm / 2, middle_y + scale * height_mm / 2)
    axes.set_aspect("equal", adjustable="box")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#eceae4")
    return scale


def _core(x: Any, y: Any, people: Any) -> tuple[float, float, float, float]:  # noqa: ANN401 - arrays of numbers
    """Return the box of all but the outermost hundredth of people on each side."""
    edges = []
    for along in (x, y):
        order = np.argsort(along, kind="stable")
        share = np.cumsum(people[order]) / people.sum()
        low, high = along[order][np.minimum(np.searchsorted(share, (0.01, 0.99)), len(along) - 1)]
        edges.append((float(low) - CORE_MARGIN_M, float(high) + CORE_MARGIN_M))
    return edges[0][0], edges[1][0], edges[0][1], edges[1][1]


def _round_numbers(least: float) -> Iterator[float]:
    power = 10.0 ** math.floor(math.log10(least))
    while True:
        yield from (power * one for one in ROUND_SCALES)
        power *= 10


def _draw_ground(axes: Axes, plan: Plan, state: SheetState) -> None:
    inputs = plan.inputs
    if inputs.water is not None:
        fill(axes, inputs.water.geometry, symbols.WATER_STYLE["fillColor"], zorder=1)
    fill(axes, inputs.communities.geometry, "#ffffff", zorder=2, alpha=0.55)
    streets = inputs.streets[~inputs.private_streets]
    width = streets["kind"].map(symbols.street_class)
    for kind, look in symbols.STREET_STYLES.items():
        stroke(axes, streets.geometry[width == kind], str(look["color"]), _number(look["weight"]) * 0.6, 3)
    stroke(axes, inputs.private_ways.geometry, symbols.PRIVATE, 0.9, 6, dashes=(1, 1.5))
    if inputs.barriers is not None:
        stroke(axes, inputs.barriers.geometry, "#3d3d3d", 0.9, 4, dashes=(6, 3))
    stroke(axes, inputs.communities.geometry.boundary, "#6b6b6b", 0.7, 8)
    weak = inputs.communities["id"].isin(state.weak_communities)
    weak_look = symbols.WEAK_STYLE
    stroke(axes, inputs.communities.geometry[weak].boundary, str(weak_look["color"]), 1.7, 9, dashes=(5, 3))


def _draw_reached(axes: Axes, state: SheetState) -> None:
    colours = symbols.walk_colours(len(state.reached))
    for shape, colour in reversed([*zip(state.reached, colours, strict=True)]):
        shapes = gpd.GeoSeries([shape])
        fill(axes, shapes, colour, zorder=5, alpha=symbols.RING_OPACITY)
        stroke(axes, shapes.boundary, NEAR, 0.35, 5)


def _draw_people(axes: Axes, plan: Plan, state: SheetState, scale: float) -> None:
    from matplotlib.collections import EllipseCollection

    uncovered = state.uncovered
    if uncovered.empty:
        return
    metres = dot_metres(plan.inputs.demand["people"].to_numpy())
    across = 2 * np.maximum(metres * np.sqrt(uncovered["people"].to_numpy()), 0.2 * scale)
    places = shapely.get_coordinates(displayed_positions(uncovered, plan).array)
    circles = EllipseCollection(
        across, across, np.zeros(len(across)), units="xy", offsets=places, offset_transform=axes.transData
    )
    circles.set(facecolor=UNCOVERED, alpha=0.75, linewidth=0, zorder=10)
    axes.add_collection(circles)


def _draw_names(axes: Axes, plan: Plan, state: SheetState, scale: float) -> None:
    communities = plan.inputs.communities
    inside = shapely.get_coordinates(shapely.point_on_surface(communities.geometry.array))
    places = shapely.get_coordinates(plan.inputs.facilities.geometry.array)
    signs = np.array([*places, *((mark.x, mark.y) for mark in state.marks)])
    taken: list[tuple[float, float, float]] = []
    for name, (x, y) in zip(communities["name"], inside, strict=True):
        half = signs_wide(str(name)) * NAME_MM / 2
        near = signs[np.argmin(np.hypot(*(signs - (x, y)).T))]
        step = CLOSE_MM * scale
        spots = [
            (x, y),
            (near[0], near[1] - step),
            (near[0], near[1] + step),
            (x, y - 2 * step),
            (x, y + 2 * step),
        ]
        at = min(spots, key=lambda spot: _covered(spot, half * scale, scale, signs, taken))
        taken.append((float(at[0]), float(at[1]), half * scale))
        # Below the signs: no name covers the number of a site.
        write(axes, float(at[0]), float(at[1]), str(name), 7, zorder=18, halo=True)
    water = plan.inputs.water
    if water is not None:
        window = shapely.box(*_window(axes))
        for name, shape in zip(water["name"], water.geometry, strict=True):
            seen = shapely.intersection(shape, window)
            if name and not seen.is_empty:
                spot = shapely.point_on_surface(seen)
                write(axes, spot.x, spot.y, str(name), 11, zorder=12, colour="#2a5b84", halo=True)


def _covered(
    spot: Sequence[float],
    half_m: float,
    scale: float,
    signs: NDArray[np.float64],
    taken: Sequence[tuple[float, float, float]],
) -> int:
    """Return how many signs and names a name at a spot would meet, a name counting twice."""
    high = CLOSE_MM * scale
    away = np.abs(signs - spot)
    met = int(((away[:, 0] < half_m + high / 2) & (away[:, 1] < high * 0.8)).sum())
    return met + 2 * sum(abs(spot[0] - x) < half_m + half and abs(spot[1] - y) < high for x, y, half in taken)


def _window(axes: Axes) -> tuple[float, float, float, float]:
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    return west, south, east, north


def _draw_signs(axes: Axes, plan: Plan, state: SheetState, scale: float) -> None:
    facilities = plan.inputs.facilities
    places = shapely.get_coordinates(facilities.geometry.array)
    for tier in reversed(TIERS):
        for number in np.flatnonzero((facilities["tier"] == tier).to_numpy()):
            rating = state.ratings[number]
            if rating is None:
                axes.plot(*places[number][:, None], **MARK_LOOKS["closed"], markersize=8, zorder=20)
            else:
                _sign(axes, places[number], tier, VERDICT_COLOURS[rating])
    for mark in state.marks:
        _draw_mark(axes, mark, scale)


def _draw_mark(axes: Axes, mark: Mark, scale: float) -> None:
    look = MARK_LOOKS[mark.kind]
    if mark.kind == "upgrade":
        # A ring around the sign of the centre, and the number beside it.
        axes.plot([mark.x], [mark.y], **look, markersize=15, zorder=18.5)
        write(axes, mark.x + TAG_MM * scale, mark.y + TAG_MM * scale, mark.label, 7.5, zorder=22, halo=True)
        return
    axes.plot([mark.x], [mark.y], **look, markersize=14, zorder=21)
    write(axes, mark.x, mark.y, mark.label, 9, zorder=22)


def _sign(axes: Axes, place: Sequence[float], tier: str, colour: str) -> None:
    marker, size = MARKERS[tier], MARKER_POINTS[tier]
    axes.plot([place[0]], [place[1]], marker=marker, markersize=size + 2, mfc="#fff", mec="#fff", mew=0, zorder=19)
    axes.plot([place[0]], [place[1]], marker=marker, markersize=size, mfc=colour, mec="#222", mew=0.9, zorder=20)


def _draw_scale_bar(axes: Axes, texts: Texts, scale: float) -> None:
    width_mm = 60.0
    length = [one for one, _ in zip(_round_numbers(scale), range(40), strict=False) if one <= scale * width_mm][-1]
    west, south, _, north = _window(axes)
    x, y = west + 6 * scale, south + 6 * scale
    axes.plot([x, x, x + length, x + length], [y + 2 * scale, y, y, y + 2 * scale], color=INK, lw=1.6, zorder=30)
    words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"  # noqa: PLR2004 - a kilometre
    write(axes, x + length / 2, y + 3.5 * scale, words, 10, zorder=30, halo=True)
    x, y = west + 10 * scale, north - 26 * scale
    for side, colour in ((-1, "#ffffff"), (1, "#222222")):
        arrow = np.array([[0, 18], [6.5 * side, 0], [0, 4]]) * scale + (x, y)
        axes.fill(*arrow.T, facecolor=colour, edgecolor="#222", lw=0.8, zorder=30)
    write(axes, x, y - 4 * scale, texts("maps.north"), 13, zorder=30, halo=True)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
