"""Drawing of the report's maps as SVG: the window on the ground, shapes, marks, scale bar and north arrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from planner.messages.catalogue import Texts
from planner.reporting.map.simplify import LINES, POLYGONS, simplify_borders
from planner.reporting.map.symbols import SHAPES

TOLERANCE_M = 2.0
"""Lines are drawn with fewer vertices, off by at most this: a fraction of a pixel on every map here."""

PADDING = 0.03

MARK_PX = {"district": 17.0, "town": 12.0, "community": 10.0, "village": 11.0, "station": 9.5}
"""How wide each tier's mark is drawn."""

SHAPE_UNITS = 24.0
"""The square in which `SHAPES` are outlined."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A window on the ground, metres, and how large a metre is drawn."""

    west: float
    south: float
    east: float
    north: float
    px_a_metre: float

    @property
    def width(self) -> float:
        """Return the window's width in pixels."""
        return (self.east - self.west) * self.px_a_metre

    @property
    def height(self) -> float:
        """Return the window's height in pixels."""
        return (self.north - self.south) * self.px_a_metre

    def pixels(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ground coordinates as pixels from the top left, to a tenth."""
        return np.round((xy - [self.west, self.north]) * [self.px_a_metre, -self.px_a_metre], 1) + 0.0

    def window(self) -> shapely.Geometry:
        """Return the window as a polygon on the ground."""
        return shapely.box(self.west, self.south, self.east, self.north)


def frame_around(bounds: Sequence[float], size_px: tuple[float, float]) -> Frame:
    """Return the frame that shows `bounds` as large as `size_px` allows.

    Examples
    --------
    >>> frame = frame_around((0.0, 0.0, 100.0, 50.0), (212.0, 212.0))
    >>> frame.width, frame.height, frame.pixels(np.array([[0.0, 50.0]])).tolist()
    (212.0, 112.0, [[6.0, 6.0]])
    """
    west, south, east, north = (float(value) for value in bounds)
    pad = max(east - west, north - south, 1.0) * PADDING
    wide, high = east - west + 2 * pad, north - south + 2 * pad
    px_a_metre = min(size_px[0] / wide, size_px[1] / high)
    return Frame(west - pad, south - pad, east + pad, north + pad, px_a_metre)


def draw_scale_bar(frame: Frame, texts: Texts) -> Markup:
    """Return a scale bar of a round length, at the lower left."""
    longest_m = frame.width / frame.px_a_metre / 3
    power = 10.0 ** np.floor(np.log10(longest_m))
    metres = max(step * power for step in (1, 2, 5) if step * power <= longest_m)
    length = round(metres * frame.px_a_metre, 1)
    words = texts("report.metres", value=texts.whole(metres))
    return Markup(
        '<g class="scale" transform="translate(8 {top:g})">'
        '<rect class="plate" x="-4" y="-16" width="{plate:g}" height="22"/>'
        '<path d="M0 -4v4h{length:g}v-4"/><text x="{middle:g}" y="-5">{words}</text></g>'
    ).format(
        top=round(frame.height - 10.0, 1),
        plate=length + 8,
        length=length,
        middle=round(length / 2, 1),
        words=words,
    )


def draw_north_arrow(frame: Frame, texts: Texts) -> Markup:
    """Return the north arrow, at the upper right."""
    return Markup(
        '<g class="north" transform="translate({:g} 24)"><circle class="plate" r="17" cy="-3"/>'
        '<path d="M0 -16l5 15l-5 -4l-5 4z"/><text y="10">{}</text></g>'
    ).format(round(frame.width - 24.0, 1), texts("report.north"))


def draw_mark(tier: str, x: float, y: float, *, kind: str, width: float | None = None, title: str = "") -> Markup:
    """Return a tier's mark in the middle of (x, y)."""
    scale = (width or MARK_PX[tier]) / SHAPE_UNITS
    left, top = x - scale * SHAPE_UNITS / 2, y - scale * SHAPE_UNITS / 2
    named = Markup("<title>{}</title>").format(title) if title else Markup("")
    return Markup('<path class="{}" transform="translate({:g} {:g}) scale({:g})" d="{}">{}</path>').format(
        kind, round(left, 1), round(top, 1), round(scale, 3), SHAPES[tier], named
    )


def draw_shapes(
    kind: str, shapes: NDArray[np.object_], frame: Frame, *, tolerance_m: float = TOLERANCE_M
) -> Markup:
    """Return lines and polygons as one path of a class of report.css."""
    return Markup('<path class="{}" d="{}"/>').format(kind, svg_path(shapes, frame, tolerance_m=tolerance_m))


def svg_path(shapes: NDArray[np.object_], frame: Frame, *, tolerance_m: float = TOLERANCE_M) -> str:
    """Return lines and polygons as one SVG path; points and empty shapes leave no trace."""
    parts = shapely.get_parts(shapely.get_parts(simplify_borders(np.asarray(shapes, dtype=object), tolerance_m)))
    types = shapely.get_type_id(parts)
    lines = parts[np.isin(types, LINES)]
    rings = shapely.get_rings(parts[np.isin(types, POLYGONS)])
    return _strokes(lines, frame, "") + _strokes(rings, frame, "z")


def clip_to_frame(table: gpd.GeoDataFrame, frame: Frame) -> NDArray[np.object_]:
    """Return what of lines and polygons lies in the window; only those that its edge cuts are cut."""
    shapes = table.geometry.to_numpy()
    seen = in_sight(shapes, frame)
    west, south, east, north = shapely.bounds(shapes).T
    cut = (west < frame.west) | (east > frame.east) | (south < frame.south) | (north > frame.north)
    clipped = shapes.copy()
    clipped[seen & cut] = shapely.clip_by_rect(
        shapes[seen & cut], frame.west, frame.south, frame.east, frame.north
    )
    return np.asarray(clipped[seen], dtype=object)


def in_sight(shapes: NDArray[np.object_], frame: Frame) -> NDArray[np.bool_]:
    """Return which shapes may be seen in the window, by their bounds."""
    west, south, east, north = shapely.bounds(shapes).T
    seen = (west <= frame.east) & (east >= frame.west) & (south <= frame.north) & (north >= frame.south)
    return np.asarray(seen, dtype=np.bool_)


def _strokes(lines: NDArray[np.object_], frame: Frame, end: str) -> str:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    pixels = frame.pixels(xy)
    starts = np.concatenate([[True], line[1:] != line[:-1]])[: len(line)]
    moved = starts.copy()
    moved[1:] |= (np.diff(pixels, axis=0) != 0).any(axis=1)
    shown, line = pixels[moved], line[moved]
    edges = np.flatnonzero(np.concatenate([[True], np.diff(line) != 0, [True]])) if len(line) else np.zeros(1, int)
    texts = [f"{x:g} {y:g}" for x, y in shown.tolist()]
    return "".join(
        f"M{' '.join(texts[first:last])}{end}"
        for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        if last - first > 1
    )
