"""Make the demo study of Helsinki: real streets, buildings, districts, places and people.

Run `python data/helsinki/make.py`; it reads `Helsinki.osm.pbf` and `population_grid.geojson` and writes
`helsinki.gpkg` beside them, the same bytes each time. What is modelled, and why, stands in README.md.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby, repeat
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pyogrio
import shapely
from osmium import osm
from osmium.filter import KeyFilter, TagFilter

from planner.io.osm.extract import DEGREES, read_osm_buildings, read_osm_points

HERE = Path(__file__).parent
EXTRACT = HERE / "Helsinki.osm.pbf"
POPULATION = HERE / "population_grid.geojson"
GEOPACKAGE = HERE / "helsinki.gpkg"
CRS = "EPSG:3067"
GRID_M = 0.01

DISTRICT_LEVEL = "10"
MAJOR_LEVEL = "9"
OTHER_MAJOR = "Keskinen suurpiiri"
"""The major district of Kallio: the extract names only the southern one."""

HOMELIKE = {"apartments": 1.0, "residential": 1.0, "yes": 0.3, "block": 0.3}
"""How much of a building's floor is taken to be dwellings, by its tag; every other kind has none."""
OTHER_USES = ("amenity", "office", "shop", "tourism", "leisure", "government", "railway", "public_transport")
"""A building that carries one of these itself is no home; a shop at a point inside it does not matter."""
SMALLEST_HOME_M2 = 100.0
USUAL_LEVELS = 5.0

CENTRE_KINDS = ("library", "community_centre", "social_facility")
SAME_PLACE = ("n369550855",)
"""The National Library a second time: its annexe has a point of the same name."""
TIERS = {
    "w596937289": "district",  # Oodi, the central library
    "w122595247": "community",  # the National Library, for Kluuvi
    "n1380779190": "community",  # the library in Rikhardinkatu, for Kaartinkaupunki
    "n4751244149": "community",  # Luckan, for Kamppi
}
"""The tier of a centre by its OpenStreetMap id; all others are stations."""
OWN_HOUSE = ("n1380779190", "n1007942428")
"""Libraries that are mapped as a point but have their building to themselves."""
LARGEST_CENTRE_M2 = 5_000.0
TENANT_SHARE = 0.25
LARGEST_ROOM_M2 = 600.0

SEA = "Itämeri (Baltic Sea)"

Xy = tuple[float, float]


def read_box() -> shapely.Polygon:
    """Return the box that the extract was cut at, in degrees."""
    box = osmium.io.Reader(EXTRACT).header().box()
    return shapely.box(box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)


def to_edge(inner: Xy | None, last: Xy, box: shapely.Polygon) -> Xy:
    """Return where the stretch from `inner` to `last` meets the box when it goes straight on.

    A stretch of one node has no direction: it goes to the edge the shortest way.
    """
    border = shapely.LineString(box.exterior.coords)
    if inner is None:
        return shapely.get_coordinates(shapely.shortest_line(border, shapely.Point(last)))[0]
    step = np.subtract(last, inner)
    beyond = np.add(last, step / np.hypot(*step))
    return shapely.get_coordinates(border.intersection(shapely.LineString([last, beyond])))[0]


def cut_stretches(way: osm.types.Way, box: shapely.Polygon) -> Iterator[shapely.LineString]:
    """Yield the stretches of a way inside the box, each carried on to the edge where nodes are missing."""
    numbered = enumerate(way.nodes)
    for present, run in groupby(numbered, key=lambda item: item[1].location.valid()):
        if not present:
            continue
        nodes = list(run)
        path = [(node.lon, node.lat) for _, node in nodes]
        comes_in, goes_out = nodes[0][0] > 0, nodes[-1][0] < len(way.nodes) - 1
        start = [to_edge(path[1] if len(path) > 1 else None, path[0], box)] if comes_in else []
        # A single node can be carried on only once.
        carry_on = goes_out and (len(path) > 1 or not comes_in)
        end = [to_edge(path[-2] if len(path) > 1 else None, path[-1], box)] if carry_on else []
        yield shapely.LineString([*start, *path, *end])


def read_lines(key: str, value: str, box: shapely.Polygon) -> dict[int, list[shapely.LineString]]:
    """Read the ways with one tag, by id, as stretches that end at the edge of the box."""
    processor = osmium.FileProcessor(EXTRACT).with_locations().with_filter(TagFilter((key, value)))
    return {way.id: list(cut_stretches(way, box)) for way in processor if isinstance(way, osm.types.Way)}


def cut_faces(lines: dict[int, list[shapely.LineString]], box: shapely.Polygon) -> list[shapely.Polygon]:
    """Cut the box along the lines."""
    every = [line for stretches in lines.values() for line in stretches]
    noded = shapely.node(shapely.GeometryCollection([*every, box.exterior]))
    return list(shapely.polygonize([noded]).geoms)


def read_districts() -> pd.DataFrame:
    """Read the district relations: name, major district, member ways; by relation id."""
    relations = [
        (found.id, dict(found.tags), [member.ref for member in found.members])
        for found in osmium.FileProcessor(EXTRACT, osm.RELATION).with_filter(KeyFilter("admin_level"))
        if isinstance(found, osm.types.Relation)
    ]
    majors = {
        part: tags["name"] for _, tags, parts in relations if tags["admin_level"] == MAJOR_LEVEL for part in parts
    }
    rows = [
        {"id": number, "name": tags["name"], "street": majors.get(number, OTHER_MAJOR), "ways": set(ways)}
        for number, tags, ways in relations
        if tags["admin_level"] == DISTRICT_LEVEL
    ]
    return pd.DataFrame(rows).set_index("id").sort_index()


def outline_districts(box: shapely.Polygon) -> gpd.GeoDataFrame:
    """Cut the box along the district boundaries; a face is the district whose boundary is all around it."""
    districts = read_districts()
    boundary_ways = set().union(*districts["ways"])
    lines = read_lines("boundary", "administrative", box)
    lines = {way: stretches for way, stretches in lines.items() if way in boundary_ways}
    outlines = {}
    for face in cut_faces(lines, box):
        around: Counter[int] = Counter()
        for way, stretches in lines.items():
            shared = shapely.MultiLineString(stretches).intersection(face.exterior.buffer(1e-9)).length
            for number in districts.index[[way in ways for ways in districts["ways"]]]:
                around[number] += shared
        number = around.most_common(1)[0][0]
        if number in outlines:
            message = f"two faces claim {districts.loc[number, 'name']}"
            raise ValueError(message)
        outlines[number] = face
    frame = districts.loc[sorted(outlines), ["name", "street"]].assign(kind="community")
    frame.insert(0, "id", [f"r{number}" for number in frame.index])
    faces = [outlines[number] for number in frame.index]
    return round_off(gpd.GeoDataFrame(frame.reset_index(drop=True), geometry=faces, crs=DEGREES))


def round_off(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Project a layer to the study's system and round its coordinates."""
    projected = layer.to_crs(CRS)
    return projected.set_geometry(shapely.normalize(shapely.set_precision(projected.geometry.array, GRID_M)))


def district_at(points: gpd.GeoSeries, districts: gpd.GeoDataFrame) -> pd.Series:
    """Return the id of the district that holds each point."""
    joined = gpd.sjoin(points.to_frame("geometry"), districts[["id", "geometry"]], how="left", predicate="within")
    return joined["id"].fillna("")


def read_population(districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Read the cells of the population grid, cut at the districts: people in proportion to the area that stays."""
    cells = gpd.read_file(POPULATION).to_crs(CRS)
    inside = shapely.intersection(cells.geometry.array, districts.union_all())
    cells["exact"] = cells["people"] * shapely.area(inside) / cells.area
    cells = cells.set_geometry(shapely.set_precision(inside, GRID_M))[cells["exact"] > 0].reset_index(drop=True)
    cells["people"] = share_out(round(cells["exact"].sum()), cells["exact"].to_numpy())
    return cells


def settle(buildings: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Spread the people of each cell over its buildings that may be homes, by their dwelling floor."""
    used = read_osm_points(EXTRACT, OTHER_USES)["id"]
    footprint_m2 = buildings.area
    share = buildings["building"].map(HOMELIKE).fillna(0.0)
    # A name in the centre of a capital is mostly that of a ministry, a bank or a department store.
    unnamed = (buildings["name"] == "") | buildings["building"].isin(["apartments", "residential"])
    homes = (share > 0) & unnamed & ~buildings["id"].isin(used) & (footprint_m2 >= SMALLEST_HOME_M2)
    floor_m2 = footprint_m2 * buildings["levels"].clip(lower=1.0).fillna(USUAL_LEVELS)
    middles = shapely.point_on_surface(buildings.geometry.array)
    people = np.zeros(len(buildings), dtype=int)
    for cell, count in zip(cells.geometry, cells["people"], strict=True):
        near = shapely.contains(cell, middles)
        # Where no building may be a home, somebody lives in the others.
        own = np.flatnonzero(near & homes) if (near & homes).any() else np.flatnonzero(near)
        weights = floor_m2[own] * (share[own] if (near & homes).any() else 1.0)
        if len(own):
            people[own] += share_out(int(count), weights.to_numpy())
        elif count:
            raise ValueError(f"no building for {count} people")
    settled = buildings.loc[people > 0, ["id", "geometry"]].reset_index(drop=True)
    settled.insert(1, "people", people[people > 0])
    return settled


def share_out(total: int, weights: np.ndarray) -> np.ndarray:
    """Share a whole number out in whole numbers: rounded down, the rest to the largest remainders."""
    exact = total * weights / weights.sum()
    whole = np.floor(exact).astype(int)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole


def place_centres(buildings: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take the public places of `CENTRE_KINDS` as centres, with the floor of the building that they are in."""
    places = read_osm_points(EXTRACT, ("amenity",))
    wanted = places["value"].isin(CENTRE_KINDS) & (places["name"] != "") & ~places["id"].isin(SAME_PLACE)
    centres = round_off(places[wanted].reset_index(drop=True))
    points = centres.geometry
    tier = centres["id"].map(TIERS).fillna("station")
    community = district_at(points, districts).where(tier != "district", "")
    floor_m2 = list(map(floor_area, centres["id"], points, repeat(buildings)))
    columns = {
        "id": centres["id"],
        "name": centres["name"],
        "tier": tier,
        "community": community,
        "floor_area_m2": floor_m2,
        "osm_kind": centres["value"],
    }
    return gpd.GeoDataFrame(columns, geometry=points, crs=CRS)


def floor_area(ident: str, point: shapely.Point, buildings: gpd.GeoDataFrame) -> float:
    """Return a centre's floor: all storeys of its own building, or part of one where it is a tenant."""
    around = buildings[buildings.contains(point)]
    if around.empty:
        return np.nan
    house = around.iloc[0]
    levels = USUAL_LEVELS if np.isnan(house["levels"]) else max(1.0, house["levels"])
    storey_m2 = house.geometry.area
    if ident in (house["id"], *OWN_HOUSE):
        floor_m2 = min(storey_m2 * levels, LARGEST_CENTRE_M2)
    else:
        floor_m2 = min(storey_m2 * TENANT_SHARE, LARGEST_ROOM_M2)
    return float(round(floor_m2, -1))


def draw_water(box: shapely.Polygon) -> gpd.GeoDataFrame:
    """Draw the sea, which OpenStreetMap keeps to the right of every coastline."""
    lines = read_lines("natural", "coastline", box)
    coast = shapely.MultiLineString([line for stretches in lines.values() for line in stretches])
    right, left = (coast.buffer(side, single_sided=True) for side in (-1e-6, 1e-6))
    sea = [face for face in cut_faces(lines, box) if face.intersection(right).area > face.intersection(left).area]
    return round_off(gpd.GeoDataFrame({"name": [SEA]}, geometry=[shapely.union_all(sea)], crs=DEGREES))


def write(layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Write all layers to one GeoPackage, whole or not at all, the same bytes every time."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2020-01-01T00:00:00.000Z"})
    unfinished = GEOPACKAGE.with_name("helsinki.unfinished.gpkg")
    unfinished.unlink(missing_ok=True)
    for name, layer in layers.items():
        pyogrio.write_dataframe(layer, unfinished, layer=name, append=unfinished.exists(), SPATIAL_INDEX="NO")
    unfinished.replace(GEOPACKAGE)


def main() -> None:
    """Cut the districts, settle the people, place the centres, draw the water and write the layers."""
    box = read_box()
    districts = outline_districts(box)
    every_building = round_off(read_osm_buildings(EXTRACT))
    cells = read_population(districts)
    homes = settle(every_building, cells)
    lives_in = district_at(homes.representative_point(), districts)
    people = homes.groupby(lives_in)["people"].sum().reindex(districts["id"], fill_value=0).to_numpy()
    write(
        {
            "communities": districts.assign(people=people)[[*districts.columns[:-1], "people", "geometry"]],
            "population_grid": cells[["id", "people", "geometry"]],
            "centres": place_centres(every_building, districts),
            "buildings": homes,
            "water": draw_water(box),
        }
    )


if __name__ == "__main__":
    main()
