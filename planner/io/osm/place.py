"""Where to fetch: a place by its name, or a boundary from a file, and the margin around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry import shape as shape_of

from planner.io.osm.objects import DEGREES
from planner.io.osm.responses import in_print
from planner.messages.errors import FetchError, Issue

SHOWN_PLACES = 8
LARGEST_KM2 = 10_000.0
"""More is not asked of a public server: a district has some hundreds, a large prefecture some ten thousand."""
CORNER_M = 10.0
"""The margin's outline is drawn with corners this coarse, outwards, so that the question stays short."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What is to be fetched.

    Attributes
    ----------
    name
        In words.
    osm_id
        Of the boundary, as R2181; "" where it comes from a file.
    boundary
        Polygons in degrees.
    """

    name: str
    osm_id: str
    boundary: shapely.Geometry


def choose_place(asked: str, results: Sequence[Mapping[str, Any]]) -> Place:
    """Return the one place that a name means.

    Administrative boundaries go before other outlines of the same name. Several are never told apart by a guess.

    Raises
    ------
    FetchError
        Nothing has this name, nothing of it has an outline, or several have: they are listed with their ids.
    """
    if not results:
        raise FetchError(asked, [Issue("place_not_found", {"place": asked})])
    outlined = {_osm_id(result): result for result in results if _outline(result) is not None}
    if not outlined:
        raise FetchError(asked, [Issue("place_without_outline", {"found": _listed(results)})])
    official = {key: result for key, result in outlined.items() if result.get("type") == "administrative"}
    meant = official or outlined
    if len(meant) > 1:
        raise FetchError(asked, [Issue("several_places", {"found": _listed(list(meant.values()))})])
    ((osm_id, result),) = meant.items()
    boundary = _outline(result)
    assert boundary is not None  # noqa: S101 - only outlined results are left
    return Place(in_print(str(result.get("display_name", asked))), osm_id, boundary)


def boundary_of(frame: gpd.GeoDataFrame, *, source: str) -> shapely.Geometry:
    """Return the union of a layer's polygons, in degrees.

    Raises
    ------
    FetchError
        It has no polygons, or does not say its coordinate system.
    """
    if frame.crs is None:
        raise FetchError(source, [Issue("no_crs")])
    shapes = frame.geometry[frame.geometry.notna()].to_crs(DEGREES)
    outlines = shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"])]
    if outlines.empty or outlines.is_empty.all():
        raise FetchError(source, [Issue("boundary_no_area")])
    return shapely.union_all(shapely.make_valid(outlines.array))


def with_margin(boundary: shapely.Geometry, margin_m: float, *, source: str) -> shapely.Geometry:
    """Return the boundary and all within `margin_m` of it, degrees; a little more, never less.

    Raises
    ------
    FetchError
        It is more than a public server should be asked for.

    Examples
    --------
    >>> grown = with_margin(shapely.box(106.8, 39.6, 106.9, 39.7), 1000.0, source="here")
    >>> [round(side, 3) for side in grown.bounds]
    [106.788, 39.591, 106.912, 39.709]
    """
    layer = gpd.GeoSeries([boundary], crs=DEGREES)
    metric = layer.to_crs(layer.estimate_utm_crs())
    grown = metric.buffer(margin_m + CORNER_M).simplify(CORNER_M)
    km2 = float(grown.area.iloc[0]) / 1e6
    if km2 > LARGEST_KM2:
        values = {"km2": f"{km2:,.0f}", "most": f"{LARGEST_KM2:,.0f}"}
        raise FetchError(source, [Issue("area_too_large", values)])
    return grown.to_crs(DEGREES).iloc[0]


def _outline(result: Mapping[str, Any]) -> shapely.Geometry | None:
    try:
        outline = shape_of(result["geojson"])
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError):
        return None
    return outline if shapely.area(outline) > 0 else None


def _osm_id(result: Mapping[str, Any]) -> str:
    return in_print(f"{str(result.get('osm_type', '?'))[:1].upper()}{result.get('osm_id', '?')}")


def _listed(results: Sequence[Mapping[str, Any]]) -> str:
    shown = [
        f"{_osm_id(result)} {in_print(str(result.get('display_name', '?')))}" for result in results[:SHOWN_PLACES]
    ]
    return "; ".join(shown) + (" …" if len(results) > SHOWN_PLACES else "")
