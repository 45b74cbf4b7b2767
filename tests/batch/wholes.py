"""Random cities as one study, to be cut into districts at random."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from cities import CRS, random_city

CELL_M = 180.0

RULES = """
en = "Everything that depends on others"
zh = "取决于他人的一切"
source = "a test"

[[rules]]
id = "load"
expression = "people_per_m2 <= 0.5"
tiers = ["community"]
grade = "compliant"
unit = "people_per_m2"
clause = "-"
evidence = "own"
en = "Load"
zh = "负荷"

[[rules]]
id = "overlap"
expression = "overlap_share <= 0.5"
tiers = ["community"]
grade = "compliant"
unit = "share"
clause = "-"
evidence = "own"
en = "Overlap"
zh = "重叠"

[[rules]]
id = "within"
expression = "people_within_3min >= 60"
tiers = ["community", "station"]
grade = "compliant"
unit = "people"
clause = "-"
evidence = "own"
en = "People"
zh = "人口"

[catchment]
zones_min = [1, 2, 3]
weights = [1.0, 0.68, 0.22]
clause = "-"
evidence = "own"
"""

STUDY = """
name = "Whole"
language = "en"
inputs.communities = {{ path = "whole.gpkg", layer = "communities" }}
inputs.facilities = {{ path = "whole.gpkg", layer = "facilities" }}
inputs.streets = {{ path = "whole.gpkg", layer = "streets" }}
{people}
[limits]
minutes = [2, 3]
standard_min = 2
[rules]
profile = "rules.toml"
[walking]
access_m = 30.0
[siting]
sites = 0
"""

METHODS = ("points", "buildings", "along_streets")


def write_whole(folder: Path, seed: int) -> Path:
    """Write a random city of 64 communities as one study, and a portfolio that cuts it; return the portfolio."""
    random = np.random.default_rng(seed)
    method = METHODS[seed % 3]
    streets = random_city(seed, blocks=17, kept=0.85)
    corner = 950.0
    cells = [
        shapely.box(corner + CELL_M * x, corner + CELL_M * y, corner + CELL_M * (x + 1), corner + CELL_M * (y + 1))
        for x in range(8)
        for y in range(8)
    ]
    middle = np.array([cell.centroid.coords[0] for cell in cells])
    seats = middle[random.choice(64, 5, replace=False)]
    code = np.argmin(np.hypot(*(middle[:, None] - seats[None]).T), axis=0)
    ids = [f"c{number:02}" for number in random.permutation(64)]
    communities = gpd.GeoDataFrame(
        {
            "id": ids,
            "name": ids,
            "district": [f"D{one}" for one in code],
            "people": random.integers(20, 90, 64).astype(float),
            "households": random.integers(5, 30, 64).astype(float),
        },
        geometry=cells,
        crs=CRS,
    )
    spots = random.uniform(corner - 60, corner + 8 * CELL_M + 60, (60, 2))
    home = random.choice(64, 60)
    facilities = gpd.GeoDataFrame(
        {
            "id": [f"f{number:02}" for number in range(60)],
            "name": [f"f{number:02}" for number in range(60)],
            "tier": random.choice(["community", "station"], 60, p=[0.7, 0.3]),
            # Some declare a community in which they do not stand.
            "community": [ids[one] if random.random() < 0.2 else "" for one in home],
            "floor_area_m2": random.integers(50, 400, 60).astype(float),
            "branch_of": ["f00" if number in (7, 8) else "" for number in range(60)],
        },
        geometry=shapely.points(spots),
        crs=CRS,
    )
    layers = {"communities": communities, "facilities": facilities, "streets": streets}
    places = random.uniform(corner - 30, corner + 8 * CELL_M + 30, (700, 2))
    # Some on the very borders, which the lowest id gets.
    places[:80, 0] = corner + CELL_M * random.integers(0, 9, 80)
    if method == "points":
        layers["people"] = gpd.GeoDataFrame(
            {"id": [f"p{n}" for n in range(700)], "people": random.integers(0, 9, 700).astype(float)},
            geometry=shapely.points(places),
            crs=CRS,
        )
    elif method == "buildings":
        layers["people"] = gpd.GeoDataFrame(
            {"levels": random.integers(1, 6, 700).astype(float), "kind": "residential"},
            geometry=shapely.buffer(shapely.points(places), 6.0, quad_segs=2),
            crs=CRS,
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, layer in layers.items():
        layer.to_file(folder / "whole.gpkg", layer=name)
    layer = {"points": "demand", "buildings": "buildings"}.get(method)
    people = "" if layer is None else f'inputs.{layer} = {{ path = "whole.gpkg", layer = "people" }}'
    (folder / "study.toml").write_text(STUDY.format(people=people), "utf-8")
    (folder / "rules.toml").write_text(RULES, "utf-8")
    portfolio = folder / "portfolio.toml"
    portfolio.write_text(
        'name = "Whole"\nlanguage = "en"\nstudy = "study.toml"\n[cut]\ncolumn = "district"\n', "utf-8"
    )
    return portfolio
