"""The layers of the study: the drawing put on the map, one table a subject."""

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import pandas as pd
from shapely import MultiPoint, Point, Polygon, set_precision, union_all
from shapely.geometry.base import BaseGeometry

from model.amenities import Amenity, Organisation
from model.centres import Centre
from model.country import draw_lake, lay_railway
from model.grid import Grid
from model.ground import Ground, Home, Street
from model.people import settle
from model.places import Place
from model.plan import RAIL_COLUMN
from model.survey import CRS, locate, to_line, to_polygon, to_rectangle


def make_layer(columns: Mapping[str, Iterable[object]], shapes: Sequence[BaseGeometry]) -> gpd.GeoDataFrame:
    """Make a layer in the map's reference system."""
    return gpd.GeoDataFrame(
        {name: list(values) for name, values in columns.items()}, geometry=list(shapes), crs=CRS
    )


def give_ids(letter: str, count: int) -> list[str]:
    """Give the rows of a layer their ids: R00001, R00002 and on."""
    return [f"{letter}{row:05d}" for row in range(1, count + 1)]


def settle_buildings(homes: list[Home]) -> gpd.GeoDataFrame:
    """Put the buildings on the map with their people; communities still go by their token on the plan."""
    shapes = [to_rectangle(home.middle, home.width, home.depth, home.angle) for home in homes]
    return gpd.GeoDataFrame(settle(homes), geometry=shapes, crs=CRS)


def outline_communities(grids: dict[str, Grid], buildings: gpd.GeoDataFrame) -> dict[str, Polygon]:
    """Outline every community: the union of its blocks, or the ground around a village's houses.

    Blocks share their corners to the last bit, so the union leaves neither gap nor overlap.
    """
    parts: dict[str, list[Polygon]] = {}
    for grid in grids.values():
        for cell in grid.cells():
            corners = list(cell.corners)
            if grid.rail_column is not None and cell.column == RAIL_COLUMN - 1:
                # The railway strip goes to the community west of it, so that neighbours meet.
                line = grid.west_line(RAIL_COLUMN)
                corners[1:3] = [grid.node(line, cell.row + 1), grid.node(line, cell.row)]
            parts.setdefault(cell.community, []).append(to_polygon(corners))
    outlines = {token: union_all(polygons) for token, polygons in parts.items()}
    for token, group in buildings.groupby("community"):
        if token not in outlines:
            corners = MultiPoint([xy for house in group.geometry for xy in house.exterior.coords])
            around = corners.convex_hull.buffer(70.0, quad_segs=3)
            outlines[str(token)] = set_precision(around, 0.01)
    return outlines


def draw_communities(
    communities: pd.DataFrame, grids: dict[str, Grid], buildings: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Draw the communities in the order of the official list, each with the people of its buildings."""
    polygons = outline_communities(grids, buildings)
    sums = buildings.groupby("community")[["people", "households"]].sum().loc[communities.index]
    columns: dict[str, Iterable[object]] = {
        "id": communities["code"],
        **{name: communities[name] for name in ("name", "street", "kind")},
        **{name: sums[name] for name in ("people", "households")},
    }
    return make_layer(columns, [polygons[token] for token in communities.index])


def draw_centres(centres: list[Centre], codes: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Draw the centres; a centre names its community by the official code."""
    columns: dict[str, Iterable[object]] = {
        "id": [centre.id for centre in centres],
        "name": [centre.name for centre in centres],
        "tier": [centre.tier for centre in centres],
        "community": [codes[centre.community] for centre in centres],
        "floor_area_m2": [centre.floor_area_m2 for centre in centres],
        "premium": [centre.premium for centre in centres],
        "site_kind": [centre.site_kind for centre in centres],
        "functions": [centre.functions for centre in centres],
        "open_hours_week": [centre.open_hours_week for centre in centres],
    }
    return make_layer(columns, [Point(locate(centre.place)) for centre in centres])


def draw_streets(streets: list[Street]) -> gpd.GeoDataFrame:
    """Draw the streets; they are joined where they share a vertex and nowhere else."""
    columns: dict[str, Iterable[object]] = {
        "id": give_ids("R", len(streets)),
        "name": [street.name for street in streets],
        "kind": [street.kind for street in streets],
    }
    return make_layer(columns, [to_line(street.path) for street in streets])


def draw_buildings(buildings: gpd.GeoDataFrame, codes: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Draw the residential buildings."""
    columns: dict[str, Iterable[object]] = {
        "id": give_ids("B", len(buildings)),
        **{name: buildings[name] for name in ("people", "households", "people_65")},
        "community": [codes[token] for token in buildings["community"]],
    }
    return make_layer(columns, list(buildings.geometry))


def draw_places(places: list[Place]) -> gpd.GeoDataFrame:
    """Draw the shops, offices and enterprises."""
    columns: dict[str, Iterable[object]] = {
        "id": give_ids("P", len(places)),
        "name": [place.name for place in places],
        "kind": [place.kind for place in places],
        "jobs": [place.jobs for place in places],
    }
    return make_layer(columns, [Point(locate(place.place)) for place in places])


def draw_amenities(amenities: list[Amenity]) -> gpd.GeoDataFrame:
    """Draw the facilities of the services besides the centres."""
    columns: dict[str, Iterable[object]] = {
        "id": give_ids("A", len(amenities)),
        "name": [one.name for one in amenities],
        "kind": [one.kind for one in amenities],
        "places": [one.places for one in amenities],
        "open": [one.is_open for one in amenities],
    }
    return make_layer(columns, [Point(locate(one.place)) for one in amenities])


def draw_organisations(organisations: list[Organisation]) -> gpd.GeoDataFrame:
    """Draw the enterprises and social organisations."""
    columns: dict[str, Iterable[object]] = {
        "id": give_ids("G", len(organisations)),
        "name": [one.name for one in organisations],
        "kind": [one.kind for one in organisations],
        "members": [one.members for one in organisations],
    }
    return make_layer(columns, [Point(locate(one.place)) for one in organisations])


def draw_layers(
    communities: pd.DataFrame,
    grids: dict[str, Grid],
    buildings: gpd.GeoDataFrame,
    centres: list[Centre],
    ground: Ground,
    places: list[Place],
) -> dict[str, gpd.GeoDataFrame]:
    """Turn the drawing into the layers of the study."""
    codes = communities["code"].to_dict()
    barriers: dict[str, Iterable[object]] = {
        "name": ["包兰铁路", *([None] * len(ground.walls))],
        "kind": ["railway", *(["wall"] * len(ground.walls))],
    }
    lines = [to_line(lay_railway(grids["city"])), *(to_line(wall) for wall in ground.walls)]
    parks = [to_polygon(ring) for _, ring in ground.parks]
    return {
        "communities": draw_communities(communities, grids, buildings),
        "centres": draw_centres(centres, codes),
        "streets": draw_streets(ground.streets),
        "buildings": draw_buildings(buildings, codes),
        "water": make_layer({"name": ["乌海湖"]}, [to_polygon(draw_lake(grids["city"]))]),
        "barriers": make_layer(barriers, lines),
        "parks": make_layer({"name": [name for name, _ in ground.parks]}, parks),
        "places": draw_places(places),
    }
