"""Make and run a study of Porto Alegre from r5r's sample data, and say how long each stage took.

The folder must hold poa_osm.pbf and poa_hexgrid.csv (id, lon, lat, population, schools, healthcare), as the R
package r5r ships them (MIT; streets © OpenStreetMap contributors, ODbL 1.0). Cells with a school stand for
centres; squares of 2 km stand for communities, since the data has no boundaries. Schools and healthcare are
services besides.

    python benchmarks/porto_alegre.py FOLDER OUT
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

SQUARE_M = 2000.0
CELL_M = 150.0
"""Radius of the disc inside a cell."""

CRS = "EPSG:32722"
STUDY = """\
name = "Porto Alegre: schools as centres"
language = "en"
crs = "EPSG:32722"

[inputs.communities]
path = "porto_alegre.gpkg"
layer = "communities"
modelled = true
source = "Squares of 2 km"

[inputs.facilities]
path = "porto_alegre.gpkg"
layer = "centres"
source = "Cells with a school, r5r sample data"

[inputs.streets]
path = "{streets}"
source = "OpenStreetMap, ODbL 1.0"

[inputs.demand]
path = "porto_alegre.gpkg"
layer = "cells"
source = "r5r sample data"

[walking]
access_m = 200.0

[limits]
minutes = [5, 10, 15]
standard_min = 15

[siting]
sites = 10
candidates = 300
"""
SERVICES = ("schools", "healthcare")
"""Columns of the table: how many of each stand in a cell."""

SERVICE = """
[[services]]
id = "{name}"
layer = {{ path = "porto_alegre.gpkg", layer = "{name}", source = "Cells with one or more, r5r sample data" }}
minutes = 15
"""


def write_study(folder: Path, out: Path, *, buildings: int = 0, services: bool = False) -> Path:
    """Write the study's layers and file into `out` and return the file.

    With `buildings` the people of the cells are split among so many points near their middles; with `services`
    schools and healthcare are services of the study.
    """
    out.mkdir(parents=True, exist_ok=True)
    table = pd.read_csv(folder / "poa_hexgrid.csv")
    points = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326).to_crs(CRS)
    points = points.rename(columns={"population": "people"})
    schools = points[points["schools"] > 0]
    centres = schools[["id", "geometry"]].assign(name=schools["id"], tier="community", floor_area_m2=np.nan)
    west, south, east, north = points.total_bounds
    boxes = [
        shapely.box(x, y, x + SQUARE_M, y + SQUARE_M)
        for x in np.arange(west - 100, east, SQUARE_M)
        for y in np.arange(south - 100, north, SQUARE_M)
    ]
    boxes = [box for box in boxes if points.within(box).any()]
    names = [f"Q{number:02}" for number in range(1, len(boxes) + 1)]
    communities = gpd.GeoDataFrame({"id": names, "name": names}, geometry=boxes, crs=CRS)
    target = out / "porto_alegre.gpkg"
    target.unlink(missing_ok=True)
    cells = points[["id", "people", "geometry"]]
    for layer, frame in (
        ("communities", communities),
        ("centres", centres),
        ("cells", _split(cells, buildings) if buildings else cells),
    ):
        frame.to_file(target, layer=layer, driver="GPKG")
    for name in SERVICES if services else ():
        # As many facilities at the middle of a cell as the table counts in it; a blank cell has none to place.
        counts = points[name].fillna(0).astype(int)
        rows = points.loc[points.index.repeat(counts), ["id", "geometry"]]
        rows = rows.assign(id=[f"{name}-{number}" for number in range(1, len(rows) + 1)], name=rows["id"])
        rows.to_file(target, layer=name, driver="GPKG")
    study = out / "study.toml"
    text = STUDY.format(streets=(folder / "poa_osm.pbf").resolve().as_posix())
    text += "".join(SERVICE.format(name=name) for name in (SERVICES if services else ()))
    study.write_text(text, "utf-8")
    return study


def _split(cells: gpd.GeoDataFrame, buildings: int) -> gpd.GeoDataFrame:
    """Return buildings at random places in the cells, each cell's by its people; nobody is lost."""
    random = np.random.default_rng(3)
    inhabited = cells[cells["people"] > 0]
    count = np.maximum(np.round(inhabited["people"] / inhabited["people"].sum() * buildings), 1).astype(int)
    row = np.repeat(np.arange(len(inhabited)), count)
    angle, apart_m = random.uniform(0, 2 * np.pi, len(row)), CELL_M * np.sqrt(random.uniform(size=len(row)))
    middle = shapely.get_coordinates(inhabited.geometry.array)[row]
    xy = middle + np.column_stack([np.cos(angle), np.sin(angle)]) * apart_m[:, None]
    people = (inhabited["people"] / count).to_numpy()[row]
    ids = [f"B{number:06}" for number in range(len(row))]
    return gpd.GeoDataFrame({"id": ids, "people": people}, geometry=shapely.points(xy), crs=cells.crs)


class Stages:
    """Notes when each stage begins."""

    def __init__(self) -> None:
        self.began: list[tuple[str, float]] = []

    def __call__(self, stage: str, /) -> None:
        """Note that `stage` begins now."""
        self.began.append((stage, time.perf_counter()))

    def table(self) -> str:
        """Return the seconds of each stage, one a line."""
        ends = [moment for _, moment in self.began[1:]]
        return "\n".join(
            f"{stage:20} {end - begin:7.2f} s" for (stage, begin), end in zip(self.began, ends, strict=False)
        )


def main() -> None:
    """Run the study and print what came out."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    stages = Stages()
    stages("import")
    import planner

    study = write_study(folder, out, services=True)
    plan = planner.run(study, progress=stages)
    planner.write(plan, out / "results", progress=stages)
    stages("end")
    print(stages.table())
    print(plan.coverage.total[["limit_min", "people", "people_covered", "people_share", "area_share"]].to_string())
    if plan.services is not None:
        print(plan.services.total[["service", "people", "people_served", "people_share"]].to_string())
    print(plan.prepared.network_quality)
    for notice in plan.notices:
        print(f"{notice.in_words('en')} {len(notice.rows)} rows, {notice.people:,.0f} people")
    for proposal in plan.siting.proposals:
        print(proposal.method, f"{proposal.people_gained:,.0f}", proposal.bound, proposal.status)


if __name__ == "__main__":
    main()
