"""The map without a browser: an A3 sheet as PNG, SVG or PDF, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
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
from planner.reporting.map.sheet_drawing import (
    A3_MM,
    INK,
    MARK_LOOKS,
    MARKERS,
    fill_areas,
    signs_wide,
    stroke_lines,
    truetype_letters,
    write_text,
)
from planner.reporting.map.sheet_frame import MAP_BOX, STRIP_MM, Window, choose_windows, round_numbers
from planner.reporting.map.sheet_margin import draw_band, draw_side, scale_text
from planner.reporting.map.sheet_state import Mark, SheetState, sheet_state
from planner.reporting.small_counts import displayed_positions
from planner.reporting.style import NEAR, UNCOVERED, VERDICT_COLOURS, dot_metres
from planner.reporting.write import write_single
from planner.results import Plan
from planner.schemas.tables import TIERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
INCH_MM = 25.4
DOTS_AN_INCH = 200
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
    # changed.
    fixed: dict[Any, object] = {
        "svg.hashsalt": "planner",
        "svg.fonttype": "none",
        "pdf.compression": 6,
        "pdf.fonttype": 42,
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
    with _own_style(), ExitStack() as stack:
        rcParams.update(fixed)
        if path.suffix.lower() == ".pdf":
            stack.enter_context(truetype_letters(figure))
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
    state = sheet_state(plan, content, texts)
    main, *insets = choose_windows(plan, [(mark.x, mark.y) for mark in state.marks])
    _draw_map(axes, plan, state, main)
    _draw_water_names(axes, plan)
    _draw_scale_bar(axes, texts, main.scale)
    for inset in insets:
        _draw_inset(figure, plan, state, inset, texts)
    draw_band(figure, content, state, texts)
    draw_side(figure, content, state, texts, main.scale, has_private_ways=not plan.inputs.private_ways.empty)
    return figure


def _frame(axes: Axes, window: Window) -> None:
    west, south, east, north = window.bounds
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect("equal", adjustable="box")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#eceae4")


def _draw_map(axes: Axes, plan: Plan, state: SheetState, window: Window) -> None:
    _frame(axes, window)
    _draw_ground(axes, plan, state)
    _draw_reached(axes, state)
    _draw_people(axes, plan, state, window.scale)
    _draw_signs(axes, plan, state, window)
    _draw_names(axes, plan, state, window.scale)


def _draw_inset(figure: Figure, plan: Plan, state: SheetState, window: Window, texts: Texts) -> None:
    left, bottom, right, top = window.place_mm
    box = (
        MAP_BOX[0] + left / A3_MM[0],
        MAP_BOX[1] + bottom / A3_MM[1],
        (right - left) / A3_MM[0],
        (top - bottom) / A3_MM[1],
    )
    axes = figure.add_axes(box, zorder=2)
    _draw_map(axes, plan, state, window)
    for spine in axes.spines.values():
        spine.set(linewidth=1.4, edgecolor=INK)
    west, south, *_ = window.bounds
    where = (west + 2 * window.scale, south + STRIP_MM / 2 * window.scale)
    scale_line = texts("maps.inset_scale", scale=scale_text(window.scale, texts))
    write_text(axes, *where, scale_line, 8, ha="left", zorder=30, halo=True)


def _draw_ground(axes: Axes, plan: Plan, state: SheetState) -> None:
    inputs = plan.inputs
    if inputs.water is not None:
        fill_areas(axes, inputs.water.geometry, symbols.WATER_STYLE["fillColor"], zorder=1)
    fill_areas(axes, inputs.communities.geometry, "#ffffff", zorder=2, alpha=0.55)
    streets = inputs.streets[~inputs.private_streets]
    width = streets["kind"].map(symbols.street_class)
    for kind, look in symbols.STREET_STYLES.items():
        stroke_lines(axes, streets.geometry[width == kind], str(look["color"]), _number(look["weight"]) * 0.6, 3)
    stroke_lines(axes, inputs.private_ways.geometry, symbols.PRIVATE, 0.9, 6, dashes=(1, 1.5))
    if inputs.barriers is not None:
        stroke_lines(axes, inputs.barriers.geometry, "#3d3d3d", 0.9, 4, dashes=(6, 3))
    stroke_lines(axes, inputs.communities.geometry.boundary, "#6b6b6b", 0.7, 8)
    weak = inputs.communities["id"].isin(state.weak_communities)
    weak_look = symbols.WEAK_STYLE
    stroke_lines(axes, inputs.communities.geometry[weak].boundary, str(weak_look["color"]), 1.7, 9, dashes=(5, 3))


def _draw_reached(axes: Axes, state: SheetState) -> None:
    colours = symbols.walk_colours(len(state.reached))
    for shape, colour in reversed([*zip(state.reached, colours, strict=True)]):
        shapes = gpd.GeoSeries([shape])
        fill_areas(axes, shapes, colour, zorder=5, alpha=symbols.RING_OPACITY)
        stroke_lines(axes, shapes.boundary, NEAR, 0.35, 5)


def _draw_people(axes: Axes, plan: Plan, state: SheetState, scale: float) -> None:
    uncovered = state.uncovered
    if uncovered.empty:
        return
    metres = dot_metres(plan.inputs.demand["people"].to_numpy())
    across = 2 * np.maximum(metres * np.sqrt(uncovered["people"].to_numpy()), 0.2 * scale)
    places = shapely.get_coordinates(displayed_positions(uncovered, plan).array)
    is_seen = _is_inside(axes, places, float(across.max()) / 2)
    across, places = across[is_seen], places[is_seen]
    # Circles of one size are one marker, drawn many times: a path for each takes twice as long as all the rest.
    sizes = np.maximum(np.round(across / scale * 72 / INCH_MM, 1), 0.1)
    look: dict[str, Any] = {"ls": "", "marker": "o", "mfc": UNCOVERED, "mec": "none", "alpha": 0.75}
    for size in np.unique(sizes):
        axes.plot(*places[sizes == size].T, ms=float(size), snap=False, zorder=10, **look)


def _draw_names(axes: Axes, plan: Plan, state: SheetState, scale: float) -> None:
    communities = plan.inputs.communities
    inside = shapely.get_coordinates(shapely.point_on_surface(communities.geometry.array))
    places = shapely.get_coordinates(plan.inputs.facilities.geometry.array)
    signs = np.array([*places, *((mark.x, mark.y) for mark in state.marks)])
    taken: list[tuple[float, float, float]] = []
    west, south, east, north = _window(axes)
    for name, (x, y) in zip(communities["name"], inside, strict=True):
        if not (west < x < east and south < y < north):
            continue
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
        write_text(axes, float(at[0]), float(at[1]), str(name), 7, zorder=18, halo=True)


def _draw_water_names(axes: Axes, plan: Plan) -> None:
    water = plan.inputs.water
    if water is not None:
        window = shapely.box(*_window(axes))
        for name, shape in zip(water["name"], water.geometry, strict=True):
            seen = shapely.intersection(shape, window)
            if name and not seen.is_empty:
                spot = shapely.point_on_surface(seen)
                write_text(axes, spot.x, spot.y, str(name), 11, zorder=12, colour="#2a5b84", halo=True)


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


def _is_inside(axes: Axes, places: NDArray[np.float64], margin_m: float) -> NDArray[np.bool_]:
    west, south, east, north = _window(axes)
    low, high = (west - margin_m, south - margin_m), (east + margin_m, north + margin_m)
    is_inside: NDArray[np.bool_] = np.all((places >= low) & (places <= high), axis=1)
    return is_inside


def _draw_signs(axes: Axes, plan: Plan, state: SheetState, window: Window) -> None:
    facilities = plan.inputs.facilities
    places = shapely.get_coordinates(facilities.geometry.array)
    is_seen = _is_inside(axes, places, CLOSE_MM * window.scale)
    for tier in reversed(TIERS):
        for number in np.flatnonzero((facilities["tier"] == tier).to_numpy() & is_seen):
            rating = state.ratings[number]
            if rating is None:
                axes.plot(*places[number][:, None], **MARK_LOOKS["closed"], markersize=8, zorder=20)
            else:
                _sign(axes, places[number], tier, VERDICT_COLOURS[rating])
    for mark in state.marks:
        if _is_inside(axes, np.array([[mark.x, mark.y]]), CLOSE_MM * window.scale)[0]:
            _draw_mark(axes, mark, window.scale)


def _draw_mark(axes: Axes, mark: Mark, scale: float) -> None:
    look = MARK_LOOKS[mark.kind]
    if mark.kind == "upgrade":
        # A ring around the sign of the centre, and the number beside it.
        axes.plot([mark.x], [mark.y], **look, markersize=15, zorder=18.5)
        write_text(axes, mark.x + TAG_MM * scale, mark.y + TAG_MM * scale, mark.label, 9, zorder=22, halo=True)
        return
    axes.plot([mark.x], [mark.y], **look, markersize=14, zorder=21)
    write_text(axes, mark.x, mark.y, mark.label, 9, zorder=22)


def _sign(axes: Axes, place: Sequence[float], tier: str, colour: str) -> None:
    marker, size = MARKERS[tier], MARKER_POINTS[tier]
    axes.plot([place[0]], [place[1]], marker=marker, markersize=size + 2, mfc="#fff", mec="#fff", mew=0, zorder=19)
    axes.plot([place[0]], [place[1]], marker=marker, markersize=size, mfc=colour, mec="#222", mew=0.9, zorder=20)


def _draw_scale_bar(axes: Axes, texts: Texts, scale: float) -> None:
    width_mm = 60.0
    length = [
        number for number, _ in zip(round_numbers(scale), range(40), strict=False) if number <= scale * width_mm
    ][-1]
    west, south, _, north = _window(axes)
    x, y = west + 6 * scale, south + 6 * scale
    axes.plot([x, x, x + length, x + length], [y + 2 * scale, y, y, y + 2 * scale], color=INK, lw=1.6, zorder=30)
    words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"  # noqa: PLR2004 - a kilometre
    write_text(axes, x + length / 2, y + 3.5 * scale, words, 10, zorder=30, halo=True)
    x, y = west + 10 * scale, north - 26 * scale
    for side, colour in ((-1, "#ffffff"), (1, "#222222")):
        arrow = np.array([[0, 18], [6.5 * side, 0], [0, 4]]) * scale + (x, y)
        axes.fill(*arrow.T, facecolor=colour, edgecolor="#222", lw=0.8, zorder=30)
    write_text(axes, x, y - 4 * scale, texts("maps.north"), 13, zorder=30, halo=True)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
