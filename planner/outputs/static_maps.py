"""The map without a browser: an A3 sheet as PNG, SVG or PDF, drawn by matplotlib."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from planner.errors import Breach, OutputError, StudyError
from planner.outputs import map_style as style
from planner.outputs.colours import NEAR, SITE, UNCOVERED, VERDICT_COLOURS
from planner.outputs.document import Document, document
from planner.outputs.lettering import font_path, readable
from planner.outputs.map_pieces import CORE_MARGIN_M, dot_metres
from planner.plan import Plan
from planner.tables import TIERS
from planner.texts import Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
A3_MM = (420.0, 297.0)
INCH_MM = 25.4
DOTS_AN_INCH = 200
MAP_BOX = (0.012, 0.015, 0.752, 0.97)
SIDE_BOX = (0.776, 0.015, 0.212, 0.97)
ROUND_SCALES = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
"""What a scale or a scale bar may begin with."""

CLOSE_MM = 4.0
"""A name this close to a sign is written below it."""

MARKERS = {"district": "*", "town": "s", "community": "o", "village": "^", "station": "D"}
MARKER_POINTS = {"district": 17.0, "town": 9.5, "community": 8.0, "village": 9.0, "station": 6.5}
INK, SOFT = "#1f2328", "#57606a"
STOPS = "、，。；：）”"
LAST_NARROW, NARROW = 0x2E7F, 0.53
"""Signs beyond are full-width; how wide the others are beside them."""

PIECES = (
    rf"[\u0000-\u{LAST_NARROW:04x}]+?(?:\s+|(?=[^\u0000-\u{LAST_NARROW:04x}])|$)|[^\u0000-\u{LAST_NARROW:04x}]"
)
"""What a line is made of: words with the spaces after them, and full-width signs one by one."""


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
    StudyError
        The ending is none of these.
    OutputError
        The file cannot be written.
    """
    path = Path(path)
    check_format(path)
    from matplotlib import rc_context

    figure = draw_static_map(plan, document(plan))
    # No dates and no random names, so that the same plan gives the same bytes; letters as outlines, so that the
    # file needs no font where it is opened.
    fixed: dict[Any, object] = {"svg.hashsalt": "planner", "svg.fonttype": "path", "pdf.compression": 6}
    no_date = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with rc_context(fixed):
            figure.savefig(path, dpi=DOTS_AN_INCH, metadata=no_date[path.suffix.lower()])
    except OSError as error:
        raise OutputError(str(path), [Breach("not_writable", {"reason": error.strerror or error})]) from error
    return path


def check_format(path: Path) -> None:
    """Refuse a file whose ending says no format that can be drawn, before the work begins that would be lost."""
    if path.suffix.lower() not in FORMATS:
        raise StudyError(str(path), [Breach("map_format", {"ending": path.suffix, "known": ", ".join(FORMATS)})])


def draw_static_map(plan: Plan, content: Document) -> Figure:
    """Return the sheet as a figure of matplotlib, A3 landscape; every number in it is the document's."""
    from matplotlib.figure import Figure

    texts = Texts(plan.study.language)
    figure = Figure(figsize=(A3_MM[0] / INCH_MM, A3_MM[1] / INCH_MM), facecolor="white")
    axes = figure.add_axes(MAP_BOX)
    scale = _frame(axes, plan)
    _draw_ground(axes, plan)
    _draw_reached(axes, plan)
    _draw_people(axes, plan, scale)
    _draw_signs(axes, plan, content)
    _draw_names(axes, plan, scale)
    _draw_scale_bar(axes, texts, scale)
    _draw_side(figure, content, texts, scale)
    return figure


def _frame(axes: Axes, plan: Plan) -> float:
    """Show where most people live, at a round scale; return how many metres a millimetre stands for."""
    demand = plan.inputs.demand
    people = demand["people"].to_numpy()
    west, south, east, north = _core(demand.geometry.x.to_numpy(), demand.geometry.y.to_numpy(), people)
    width_mm, height_mm = MAP_BOX[2] * A3_MM[0], MAP_BOX[3] * A3_MM[1]
    least = max((east - west) / width_mm, (north - south) / height_mm)
    scale = next(one for one in _round_numbers(least) if one >= least)
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


def _draw_ground(axes: Axes, plan: Plan) -> None:
    inputs = plan.inputs
    if inputs.water is not None:
        _fill(axes, inputs.water.geometry, style.WATER_STYLE["fillColor"], zorder=1)
    _fill(axes, inputs.communities.geometry, "#ffffff", zorder=2, alpha=0.55)
    width = inputs.streets["kind"].map(style.street_class)
    for kind, look in style.STREET_STYLES.items():
        _stroke(axes, inputs.streets.geometry[width == kind], str(look["color"]), _number(look["weight"]) * 0.6, 3)
    if inputs.barriers is not None:
        _stroke(axes, inputs.barriers.geometry, "#3d3d3d", 0.9, 4, dashes=(6, 3))
    _stroke(axes, inputs.communities.geometry.boundary, "#6b6b6b", 0.7, 8)
    weak = inputs.communities["id"].isin(plan.diagnosis.weak_communities)
    weak_look = style.WEAK_STYLE
    _stroke(axes, inputs.communities.geometry[weak].boundary, str(weak_look["color"]), 1.7, 9, dashes=(5, 3))


def _draw_reached(axes: Axes, plan: Plan) -> None:
    limits = plan.study.limits.minutes
    for place in reversed(range(len(limits))):
        shapes = plan.reached.geometry[plan.reached["limit_min"] == limits[place]]
        _fill(axes, shapes, style.walk_colours(len(limits))[place], zorder=5, alpha=style.RING_OPACITY)
        _stroke(axes, shapes.boundary, NEAR, 0.35, 5)


def _draw_people(axes: Axes, plan: Plan, scale: float) -> None:
    from matplotlib.collections import EllipseCollection

    uncovered = plan.coverage.uncovered
    if uncovered.empty:
        return
    metres = dot_metres(plan.inputs.demand["people"].to_numpy())
    across = 2 * np.maximum(metres * np.sqrt(uncovered["people"].to_numpy()), 0.2 * scale)
    places = shapely.get_coordinates(uncovered.geometry.array)
    circles = EllipseCollection(
        across, across, np.zeros(len(across)), units="xy", offsets=places, offset_transform=axes.transData
    )
    circles.set(facecolor=UNCOVERED, alpha=0.75, linewidth=0, zorder=10)
    axes.add_collection(circles)


def _draw_names(axes: Axes, plan: Plan, scale: float) -> None:
    communities = plan.inputs.communities
    inside = shapely.get_coordinates(shapely.point_on_surface(communities.geometry.array))
    signs = shapely.get_coordinates(plan.inputs.facilities.geometry.array)
    for name, (x, y) in zip(communities["name"], inside, strict=True):
        away = np.hypot(*(signs - (x, y)).T)
        below = away.min() < CLOSE_MM * scale
        down = signs[np.argmin(away)] - (0, CLOSE_MM * scale) if below else (x, y)
        _write(axes, float(down[0]), float(down[1]), str(name), 7, zorder=25, halo=True)
    water = plan.inputs.water
    if water is not None:
        window = shapely.box(*_window(axes))
        for name, shape in zip(water["name"], water.geometry, strict=True):
            seen = shapely.intersection(shape, window)
            if name and not seen.is_empty:
                spot = shapely.point_on_surface(seen)
                _write(axes, spot.x, spot.y, str(name), 11, zorder=12, colour="#2a5b84", halo=True)


def _window(axes: Axes) -> tuple[float, float, float, float]:
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    return west, south, east, north


def _draw_signs(axes: Axes, plan: Plan, content: Document) -> None:
    facilities = plan.inputs.facilities
    places = shapely.get_coordinates(facilities.geometry.array)
    verdicts = [centre["verdict"] or "none" for centre in content["centres"]]
    for tier in reversed(TIERS):
        for number in np.flatnonzero((facilities["tier"] == tier).to_numpy()):
            colour = VERDICT_COLOURS[verdicts[number]]
            _sign(axes, places[number], tier, colour)
    best = plan.siting.best
    candidates = shapely.get_coordinates(plan.siting.candidates.geometry.array)
    for rank, site in enumerate(best.sites if best else (), start=1):
        x, y = candidates[site]
        axes.plot([x], [y], marker="o", markersize=14, mfc=SITE, mec="#111", mew=1.4, zorder=21)
        _write(axes, x, y, str(rank), 9, zorder=22)


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
    _write(axes, x + length / 2, y + 3.5 * scale, words, 10, zorder=30, halo=True)
    x, y = west + 10 * scale, north - 26 * scale
    for side, colour in ((-1, "#ffffff"), (1, "#222222")):
        arrow = np.array([[0, 18], [6.5 * side, 0], [0, 4]]) * scale + (x, y)
        axes.fill(*arrow.T, facecolor=colour, edgecolor="#222", lw=0.8, zorder=30)
    _write(axes, x, y - 4 * scale, texts("maps.north"), 13, zorder=30, halo=True)


def _draw_side(figure: Figure, content: Document, texts: Texts, scale: float) -> None:
    """Write the title, the key figures, the legend and the title block, one below the other."""
    side = figure.add_axes(SIDE_BOX)
    side.set_xlim(0, SIDE_BOX[2] * A3_MM[0])
    side.set_ylim(SIDE_BOX[3] * A3_MM[1], 0)
    side.axis("off")
    y = _lines(side, 6, _wrapped(content["study"]["name"], 15), 17, step=8.5)
    y = _lines(side, y + 1, [texts("maps.heading")], 11, colour=SOFT, step=6)
    y = _draw_figures(side, y + 3, content, texts)
    y = _draw_legend(side, y + 4, content, texts)
    _draw_title_block(side, y + 6, content, texts, scale)


def _draw_figures(side: Axes, y: float, content: Document, texts: Texts) -> float:
    coverage = content["coverage"]
    standard = next(row for row in coverage["total"] if row["limit_min"] == coverage["standard_min"])
    rates, best = content["diagnosis"]["rates"], (content["siting"]["proposals"] or [None])[-1]

    def share(value: float | None) -> str:
        return texts("maps.unknown") if value is None else texts.percent(value)

    rows = [
        (share(standard["people_share"]), texts("maps.kpi_people", minutes=f"{coverage['standard_min']:g}")),
        (texts.whole(coverage["people_uncovered"]), texts("maps.kpi_uncovered")),
        (share(standard["area_share"]), texts("maps.kpi_area")),
        (share(rates["compliant_share"]), texts("maps.kpi_compliant")),
        (share(rates["excellent_share"]), texts("maps.kpi_excellent")),
        (str(len(content["diagnosis"]["weak_communities"])), texts("maps.kpi_weak")),
    ]
    if best:
        rows.append((f"+{texts.whole(best['people_gained'])}", texts("maps.kpi_gained")))
    for value, label in rows:
        _write(side, 30, y + 3, value, 14, ha="right")
        for line in _wrapped(label, 13):
            _write(side, 33, y + 3, line, 9.5, ha="left", colour=SOFT)
            y += 5
        y += 2.5
    return y


def _draw_legend(side: Axes, y: float, content: Document, texts: Texts) -> float:
    limits = [limit["minutes"] for limit in content["walking"]["limits"]]
    y = _lines(side, y, [texts("maps.legend")], 12, step=7)
    shown = [tier for tier in TIERS if tier in content["data"]["facilities"]]
    left: list[tuple[str, dict[str, Any]]] = [
        (texts(f"words.tier_{tier}"), {"marker": MARKERS[tier], "mfc": VERDICT_COLOURS["none"]}) for tier in shown
    ]
    left += [
        (texts("maps.within", minutes=f"{minutes:g}"), {"marker": "s", "mfc": colour})
        for minutes, colour in zip(limits, style.ring_swatches(len(limits)), strict=True)
    ]
    right: list[tuple[str, dict[str, Any]]] = [
        (texts(f"words.verdict_{verdict}"), {"marker": "s", "mfc": colour})
        for verdict, colour in VERDICT_COLOURS.items()
    ]
    right += [
        (texts("maps.legend_uncovered"), {"marker": "o", "mfc": UNCOVERED}),
        (texts("maps.legend_weak"), {"marker": "_", "mfc": "none", "mec": style.WEAK_STYLE["color"], "mew": 2.5}),
        (texts("maps.legend_site"), {"marker": "o", "mfc": SITE}),
    ]
    for x, column in ((3.0, left), (46.0, right)):
        for row, (label, look) in enumerate(column):
            side.plot([x], [y + 6 * row], ls="", **{"mec": "#222", "mew": 0.8, "ms": 7, **look})
            _write(side, x + 4, y + 6 * row, label, 9.5, ha="left")
    return y + 6 * max(len(left), len(right))


def _draw_title_block(side: Axes, y: float, content: Document, texts: Texts, scale: float) -> None:
    walking, data = content["walking"], content["data"]
    circles = " · ".join(
        texts("maps.title_circle", minutes=f"{one['minutes']:g}", metres=texts.whole(one["metres"]))
        for one in walking["limits"]
    )
    modelled = texts("maps.comma").join(texts(f"maps.source_{layer}") for layer in data["modelled"])
    scenario = content["scenario"]
    rows = [
        ("study", content["study"]["name"]),
        ("date", content["study"]["date"] or texts("maps.title_no_date")),
        ("walking", walking[texts.language]),
        ("circles", circles),
        ("access", texts("maps.title_access_m", metres=f"{walking['access_m']:g}")),
        ("rules", content["diagnosis"][texts.language]),
        ("crs", data["crs"]),
        ("scale", f"1 : {texts.whole(scale * 1000)}"),
        ("data", texts("maps.modelled", layers=modelled) if modelled else texts("maps.surveyed")),
    ]
    if scenario:
        counts = {"closed": len(scenario["closed"]), "sites": len(scenario["sites"])}
        rows.append(("scenario", texts("maps.title_scenario_is", file=scenario["file"], **counts)))
    width = SIDE_BOX[2] * A3_MM[0]
    top = y
    for key, value in rows:
        lines = _wrapped(value, 17)
        side.plot([0, width], [y, y], color="#9aa1a8", lw=0.6, clip_on=False)
        _write(side, 1, y + 3.4, texts(f"maps.title_{key}"), 8, ha="left", colour=SOFT)
        for row, line in enumerate(lines):
            warns = key in ("data", "scenario") and bool(modelled or scenario)
            _write(side, 22, y + 3.4 + 4.4 * row, line, 8, ha="left", colour="#8a3d00" if warns else INK)
        y += 2.4 + 4.4 * len(lines)
    side.plot([0, width, width, 0, 0], [top, top, y, y, top], color="#333", lw=1.4, clip_on=False)


def _wrapped(text: str, signs: int) -> list[str]:
    """Cut a text into lines of so many full-width signs, twice as many narrow ones; no line begins with a stop."""
    lines, line, width = [], "", 0.0
    for piece in re.findall(PIECES, readable(text)):
        wide = sum(1.0 if ord(sign) > LAST_NARROW else NARROW for sign in piece)
        if line and width + wide > signs and piece not in STOPS:
            lines.append(line.rstrip())
            line, width = "", 0.0
        line, width = line + piece, width + wide
    return [*lines, line.rstrip()] if line.strip() else lines


def _lines(axes: Axes, y: float, lines: Sequence[str], size: float, *, step: float, colour: str = INK) -> float:
    for line in lines:
        _write(axes, 0, y, line, size, ha="left", colour=colour)
        y += step
    return y


def _write(  # noqa: PLR0913 - a label has so many sides
    axes: Axes,
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    ha: str = "center",
    colour: str = INK,
    zorder: float = 3,
    halo: bool = False,
) -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.patheffects import withStroke

    font = FontProperties(fname=str(font_path()), size=size)
    label = axes.text(x, y, readable(text), fontproperties=font, ha=ha, va="center", color=colour, zorder=zorder)
    label.set_parse_math(False)
    label.set_clip_on(True)
    if halo:
        label.set_path_effects([withStroke(linewidth=2.2, foreground="white")])


def _fill(axes: Axes, shapes: gpd.GeoSeries, colour: object, *, zorder: float, alpha: float = 1.0) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    for part in shapely.get_parts(np.asarray(shapes.array, dtype=object)):
        if part.is_empty or part.geom_type != "Polygon":
            continue
        rings = [np.asarray(ring.coords)[:, :2] for ring in (part.exterior, *part.interiors)]
        outline = Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings))
        axes.add_patch(PathPatch(outline, facecolor=str(colour), edgecolor="none", alpha=alpha, zorder=zorder))


def _stroke(
    axes: Axes,
    lines: gpd.GeoSeries,
    colour: str,
    width: float,
    zorder: float,
    *,
    dashes: tuple[float, float] | None = None,
) -> None:
    from matplotlib.collections import LineCollection

    parts = [
        np.asarray(part.coords)[:, :2]
        for part in shapely.get_parts(np.asarray(lines.array, dtype=object))
        if not part.is_empty and part.geom_type in ("LineString", "LinearRing")
    ]
    look = (0, dashes) if dashes else "solid"
    axes.add_collection(LineCollection(parts, colors=colour, linewidths=width, linestyles=[look], zorder=zorder))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
