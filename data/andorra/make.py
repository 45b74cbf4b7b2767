"""Make the Andorra demonstration: real streets, borders and places; people by parish as published.

Run `python data/andorra/make.py`; it reads `andorra.osm.pbf` and writes `andorra.gpkg` beside this file, the same
bytes each time. What is real and what is assumed stands in README.md.
"""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import osmium
import pandas as pd
import pyogrio
import shapely
from osmium import osm

HERE = Path(__file__).parent
EXTRACT = HERE / "andorra.osm.pbf"
GEOPACKAGE = HERE / "andorra.gpkg"
CRS = "EPSG:25831"
GRID_M = 0.01

PARISH_LEVEL = "7"
PEOPLE = {
    "Andorra la Vella": 22_440,
    "Canillo": 4_325,
    "Encamp": 11_688,
    "Escaldes-Engordany": 14_599,
    "La Massana": 10_174,
    "Ordino": 4_942,
    "Sant Julià de Lòria": 9_375,
}
"""31 December 2019, as quoted from the statistics department; they add up to the official 77,543."""

KINDS = {"townhall": "community", "library": "station", "school": "station"}
"""The tier that a place stands for, by its tag `amenity`."""

NO_TOWN_HALL = ("n5803852949",)
"""The parliament, which the extract tags as a town hall."""


def read_parishes() -> gpd.GeoDataFrame:
    """Return the seven parishes with their people, in the order of their names."""
    rows, shapes = [], []
    factory = osmium.geom.WKBFactory()
    for found in osmium.FileProcessor(EXTRACT).with_areas():
        if not isinstance(found, osm.Area) or found.tags.get("admin_level") != PARISH_LEVEL:
            continue
        name = found.tags.get("name", "")
        if name in PEOPLE and found.tags.get("boundary") == "administrative":
            rows.append({"id": f"r{found.orig_id()}", "name": name, "people": float(PEOPLE[name])})
            shapes.append(shapely.from_wkb(factory.create_multipolygon(found)))
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs="EPSG:4326").to_crs(CRS)
    frame = frame.sort_values("name", ignore_index=True)
    frame.insert(0, "parish", [f"AD{number:02}" for number in (7, 2, 3, 8, 4, 5, 6)])
    return frame


def read_places() -> Iterator[dict[str, object]]:
    """Yield the places of the kinds that stand for centres: id, name, tier, position in degrees."""
    factory = osmium.geom.WKBFactory()
    for found in osmium.FileProcessor(EXTRACT).with_areas():
        tier = KINDS.get(found.tags.get("amenity", "")) if not isinstance(found, osm.Relation) else None
        if tier is None:
            continue
        if isinstance(found, osm.Area):
            shape = shapely.from_wkb(factory.create_multipolygon(found))
            ident = f"{'w' if found.from_way() else 'r'}{found.orig_id()}"
        elif isinstance(found, osm.Node):
            shape, ident = shapely.from_wkb(factory.create_point(found)), f"n{found.id}"
        else:
            continue
        name = found.tags.get("name", "") or found.tags["amenity"].replace("_", " ")
        if ident in NO_TOWN_HALL:
            continue
        yield {"id": ident, "name": name, "tier": tier, "geometry": shapely.point_on_surface(shape)}


def main() -> None:
    """Write the layers."""
    parishes = read_parishes()
    if set(parishes["name"]) != set(PEOPLE):
        message = f"parishes that do not close: {set(PEOPLE) - set(parishes['name'])}"
        raise ValueError(message)
    found = gpd.GeoDataFrame(list(read_places()), crs="EPSG:4326")
    places = found.to_crs(CRS).sort_values("id", ignore_index=True)
    GEOPACKAGE.unlink(missing_ok=True)
    # The file says when it was written: always of the extract's day.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2021-04-14T00:00:00.000Z"})
    for name, layer in (("parishes", parishes), ("centres", places)):
        rounded = layer.set_geometry(shapely.set_precision(layer.geometry.array, GRID_M))
        pyogrio.write_dataframe(rounded, GEOPACKAGE, layer=name)


if __name__ == "__main__":
    main()
