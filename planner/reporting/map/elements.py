"""The pieces that the layers of the map are made of: words, outlines, circles, signs and views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from planner.messages.catalogue import Texts
from planner.reporting.document.records.plan import Entry
from planner.reporting.geojson import geojson_texts
from planner.reporting.map import symbols
from planner.reporting.map.folium_adapter import DESCRIBE, Corners, Feature, Marker, Note, Shapes, html_marker
from planner.reporting.map.packing import polygon_steps
from planner.reporting.map.simplify import DRAWN_DIGITS, to_degrees
from planner.reporting.style import CORE_MARGIN_M, CORE_TAIL, dot_metres
from planner.results import Plan

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
