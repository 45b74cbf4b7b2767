"""The pieces that the layers of the map are made of: words, outlines, circles, signs and views."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from planner.messages.catalogue import Texts
from planner.reporting.document.records.plan import Entry
from planner.reporting.map import symbols
from planner.reporting.map.folium_adapter import DESCRIBE, Corners, Feature, Marker, Note, Shapes, html_marker
from planner.reporting.map.packing import polygon_steps
from planner.reporting.map.simplify import DRAWN_DIGITS, to_degrees
from planner.reporting.style import CORE_MARGIN_M, CORE_TAIL, dot_metres
from planner.results import Plan

LINE, POLYGON, LINES, POLYGONS = 1, 3, 5, 6
"""The types of GEOS that are written here; others are left to its own writer."""


def geojson_texts(shapes: NDArray[np.object_]) -> list[str]:
    """Write geometries as the JSON that Python makes of them, keys in the order of the alphabet.

    Examples
    --------
    >>> geojson_texts(np.array([shapely.LineString([(0, 0.5), (2, 1)])]))
    ['{"coordinates": [[0.0, 0.5], [2.0, 1.0]], "type": "LineString"}']
    """
    texts: list[str] = [""] * len(shapes)
    types = shapely.get_type_id(shapes)
    for single, several in ((LINE, LINES), (POLYGON, POLYGONS)):
        rows = np.flatnonzero(np.isin(types, (single, several)))
        if len(rows):
            parts, row_of_part = shapely.get_parts(shapes[rows], return_index=True)
            of_parts = _lists(parts) if single == LINE else _polygons(parts)
            of_rows = _grouped(of_parts, row_of_part, len(rows))
            for row, type_id, own in zip(rows.tolist(), types[rows].tolist(), of_rows, strict=True):
                coordinates = _listed(own) if type_id == several else "".join(own) or "[]"
                texts[row] = f'{{"coordinates": {coordinates}, "type": "{shapes[row].geom_type}"}}'
    for row in np.flatnonzero(~np.isin(types, (LINE, POLYGON, LINES, POLYGONS))).tolist():
        texts[row] = json.dumps(json.loads(shapely.to_geojson(shapes[row])), sort_keys=True)
    return texts


def _polygons(parts: NDArray[np.object_]) -> list[str]:
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    return [_listed(own) for own in _grouped(_lists(rings), part_of_ring, len(parts))]


def _lists(lines: NDArray[np.object_]) -> list[str]:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    borders = np.searchsorted(line, np.arange(len(lines) + 1)).tolist()
    places = xy.tolist()
    # Python writes a list of floats as JSON does.
    return [str(places[first:last]) for first, last in pairwise(borders)]


def _grouped(texts: list[str], group: NDArray[np.int64], count: int) -> list[list[str]]:
    borders = np.searchsorted(group, np.arange(count + 1)).tolist()
    return [texts[first:last] for first, last in pairwise(borders)]


def _listed(texts: list[str]) -> str:
    return f"[{', '.join(texts)}]"


SIMPLIFIED_M = 0.5
"""How far a drawn outline may lie from the measured one, metres."""


@dataclass(frozen=True, slots=True)
class CardTexts:
    """The tooltips and cards of the map, each referred to by its number."""

    texts: Texts
    notes: list[tuple[str, str]] = field(default_factory=list)

    def add(self, tip: object, card: object = "") -> int:
        """Keep a tooltip and a card, both HTML or escaped here, and return their number."""
        self.notes.append((str(Markup.escape(tip)), str(Markup.escape(card))))
        return len(self.notes) - 1

    def card(self, name: str, *given: object) -> Markup:
        """Return one of the cards in map_cards.html, filled in."""
        template = symbols.template_environment(self.texts).get_template("map_cards.html")
        return Markup(getattr(template.module, name)(*given))  # noqa: S704 - the template escapes what it is given


def whole_view(plan: Plan) -> Corners:
    """Return the corners of all communities."""
    return _corners(plan.inputs.communities.geometry)


def core_view(plan: Plan) -> Corners:
    """Return the corners of where most people live: far villages must not make the town too small."""
    demand = plan.inputs.demand
    people = demand["people"].to_numpy()
    edges = []
    for along in (demand.geometry.x.to_numpy(), demand.geometry.y.to_numpy()):
        order = np.argsort(along, kind="stable")
        share = np.cumsum(people[order]) / people.sum()
        edges.append(along[order][np.searchsorted(share, (CORE_TAIL, 1 - CORE_TAIL))])
    (west, east), (south, north) = edges
    core = shapely.box(west, south, east, north).buffer(CORE_MARGIN_M)
    study = shapely.box(*plan.inputs.communities.total_bounds)
    return _corners(gpd.GeoSeries([shapely.intersection(core, study)], crs=demand.crs))


def _corners(shapes: gpd.GeoSeries) -> Corners:
    west, south, east, north = np.round(shapes.to_crs(4326).total_bounds, DRAWN_DIGITS).tolist()
    return [[south, west], [north, east]]


def polygon_data(plan: Plan, shapes: NDArray[np.object_]) -> dict[str, list[int]]:
    """Return polygons as the page draws them anew, packed as `polygon_steps` or as kept."""
    crs = plan.inputs.crs
    return plan.prepared.cache.get(
        "map_data",
        (shapes, crs, SIMPLIFIED_M),
        lambda: polygon_steps(to_degrees(gpd.GeoSeries(shapes, crs=crs), SIMPLIFIED_M)),
    )


def shapes_layer(
    plan: Plan,
    shapes: NDArray[np.object_],
    properties: Iterable[Mapping[str, object]],
    look: Callable[[Feature], Mapping[str, object]],
    *,
    name: str,
    show: bool,
) -> Shapes:
    """Return a layer of outlines, numbered in their order; one with a note gets its tooltip and card."""
    crs = plan.inputs.crs
    # Thinned in metres before they are reprojected, then rounded.
    texts = plan.prepared.cache.get(
        "map_shapes",
        (shapes, crs, SIMPLIFIED_M),
        lambda: geojson_texts(to_degrees(gpd.GeoSeries(shapes, crs=crs), SIMPLIFIED_M)),
    )
    return Shapes(
        [{"type": "Feature", "id": place, "properties": dict(own)} for place, own in enumerate(properties)],
        texts,
        name=name,
        show=show,
        style_function=lambda feature: dict(look(feature)),
        on_each_feature=DESCRIBE,
        smooth_factor=0.8,
    )


def layer_name(text: str, swatch: str = "") -> str:
    """Return the name of a layer as the layer control shows it, with a sample of its look."""
    return f'<span class="swatch">{swatch}</span>{text}'


def private_layer_name(texts: Texts) -> str:
    """Return the name of the layer of private ways, whose key says how they are walked."""
    return layer_name(texts("maps.layer_private"), swatch(symbols.PRIVATE, look="dots"))


def swatch(colour: str, *, look: str = "patch") -> str:
    """Return a small sample of a colour, as HTML."""
    return f'<i class="{look}" style="--colour:{colour}"></i>'


def sized_places(points: gpd.GeoDataFrame, places: gpd.GeoSeries) -> dict[str, object]:
    """Return what a layer of circles sized by people needs: places, people, and the radius for one person."""
    degrees = places.to_crs(4326)
    return {
        "lat": np.round(degrees.y.to_numpy(), DRAWN_DIGITS).tolist(),
        "lon": np.round(degrees.x.to_numpy(), DRAWN_DIGITS).tolist(),
        "people": [int(value) if value.is_integer() else value for value in points["people"].round(2).tolist()],
        "metres": dot_metres(points["people"].to_numpy()),
    }


def sign_at(
    place: Entry, html: str, size: tuple[int, int], look: str, number: int, *, foot: int, station: int | None
) -> Marker:
    """Return a marker that stands at a place of the document by its `foot`, with tooltip and card by number.

    `station` is its number among those that the page switches on and off.
    """
    at = (round(place["lat"], DRAWN_DIGITS), round(place["lon"], DRAWN_DIGITS))
    marker = html_marker(at, html, size, foot=foot, class_name=look)
    Note(number, station).add_to(marker)
    return marker


def name_places(table: gpd.GeoDataFrame, names: Iterable[str], words: CardTexts) -> list[tuple[float, float, int]]:
    """Return where each name is written: latitude, longitude and its number."""
    inside = gpd.GeoSeries(table.representative_point(), crs=table.crs).to_crs(4326)
    return [
        (float(round(point.y, DRAWN_DIGITS)), float(round(point.x, DRAWN_DIGITS)), words.add(name))
        for point, name in zip(inside, names, strict=True)
        if name
    ]
