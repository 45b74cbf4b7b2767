"""Make planner/io/datum/mainland_china.geojson: where Chinese maps are shifted, from Natural Earth's countries.

    python data/outline/make.py countries-10m.json

The file is Natural Earth 4.1, 1:10m countries (public domain), as the npm package world-atlas 2.0.2 redistributes
it. Mainland China here is: every place within half a degree of China's land (so that harbours, islands and a
coarse coast do not cut into a district) that is not land of another country or of Hong Kong, Macao or Taiwan, nor
nearer to one of these three than to the mainland's own land.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import shapely

TARGET = Path(__file__).parents[2] / "planner" / "inputs" / "mainland_china.geojson"
CHINA = "156"
ISLANDS = ("158", "344", "446")
AT_SEA_DEG = 0.5
AROUND_ISLANDS_DEG = 0.05
TOLERANCE_DEG = 0.004
SMALLEST_DEG2 = 0.02
PRECISION_DEG = 0.001


def make(countries: Path) -> None:
    """Write the outline."""
    frame = gpd.read_file(countries, layer="countries")
    shapes = frame.geometry.make_valid()
    china = shapely.union_all(shapes[frame["id"] == CHINA].array)
    near = china.buffer(AT_SEA_DEG, quad_segs=2)
    others = shapely.union_all(shapes[(frame["id"] != CHINA) & shapes.intersects(near)].array)
    islands = shapely.union_all(shapes[frame["id"].isin(ISLANDS)].array).buffer(AROUND_ISLANDS_DEG, quad_segs=2)
    outline = near.difference(others).difference(islands.difference(china)).union(china)
    parts = [part for part in shapely.get_parts(outline) if part.area >= SMALLEST_DEG2 and part.intersects(china)]
    whole = shapely.union_all([shapely.Polygon(part.exterior) for part in parts]).simplify(TOLERANCE_DEG)
    own = shapely.union_all(shapes[frame["id"].isin(ISLANDS)].array).buffer(TOLERANCE_DEG, quad_segs=2)
    outline = shapely.set_precision(whole.difference(own), PRECISION_DEG)
    TARGET.write_text(shapely.to_geojson(outline) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
