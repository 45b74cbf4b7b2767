"""The toy city with services: facilities on street corners, so that a walk is |dx| + |dy|.

Two canteens (one closed), three clinics of which residents of 65+ are to reach two, two libraries (one is too
small), and parks, of which none is given.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
import toy

SPOTS = {
    "canteen": [("K1", (0, 0), 30.0, ""), ("K2", (800, 400), None, "no")],
    "clinic": [("H1", (200, 200), 5.0, ""), ("H2", (400, 200), None, ""), ("H3", (800, 0), 8.0, "")],
    "library": [("B1", (400, 400), 40.0, ""), ("B2", (600, 0), 200.0, "")],
}
"""Id, place, capacity and whether it is open, by kind."""

SERVICES = """
[[demand.groups]]
id = "old"
column = "people_65"

[[services]]
id = "canteen"
name = "Canteens"
layer = { path = "toy.gpkg", layer = "pois" }
where = { kind = "canteen" }
minutes = 5
capacity = "places"
per_1000 = 100.0
weight = 2.0
add_cost = 3.0
new_cost = 20.0
unit_cost = 0.5

[[services]]
id = "clinic"
name = "Clinics"
layer = { path = "toy.gpkg", layer = "pois" }
where = { kind = ["clinic"] }
minutes = 5
count = 2
group = "old"

[[services]]
id = "library"
layer = { path = "toy.gpkg", layer = "pois" }
where = { kind = ["library"] }
capacity = "places"
least_capacity = 100.0
minutes = 10
basic = false

[[services]]
id = "park"
layer = { path = "toy.gpkg", layer = "pois" }
where = { kind = ["park"] }
minutes = 15

[[services]]
id = "premises"
where = { tier = ["community"] }
minutes = 10
"""

STUDY = toy.STUDY + SERVICES

SHARED = (
    STUDY.replace("minutes = 5\ncount = 2", "minutes = 5\nadd_cost = 2.0\narea_m2 = 80\ncount = 2").replace(
        "add_cost = 3.0", "add_cost = 3.0\narea_m2 = 120"
    )
    + """
[bundles]
budget = 30.0

[inputs.parcels]
path = "toy.gpkg"
layer = "parcels"
"""
)
"""The same with rooms that canteens and clinics may share."""

WITH_MONEY = f"""{SHARED}
[programme]
new_cost = 12.0
years = 2

[[programme.funds]]
id = "city"
amounts = [12.0, 13.0]
"""
"""The same with 25 of money in two years, for stations, rooms and services."""

SEED = (
    SHARED
    + """
[inputs.organisations]
path = "toy.gpkg"
layer = "organisations"

[assignment]
minutes = 5
most = 2
tiers = ["station", "community"]
source = "a letter"

[report]
levels = true

[[belts]]
id = "south"
name = "South belt"
streets = ["Street 0", "Street 1"]
within_m = 150

[[belts]]
id = "north"
streets = ["Street 11"]
minutes = 1
"""
)
"""The same with organisations, two to a station, and belts along the southern and a northern street."""


def organisations() -> gpd.GeoDataFrame:
    """Return three organisations near the centre at (200, 200), one near the station, one near nothing."""
    spots = {"O1": (200, 300), "O2": (200, 250), "O3": (320, 200), "O4": (800, 300), "O5": (800, 0)}
    return gpd.GeoDataFrame(
        {
            "id": list(spots),
            "name": [f"Firm {one}" for one in spots],
            "kind": ["enterprise", "enterprise", "society", "enterprise", "society"],
            "members": [3.0, None, 5.0, 7.0, 2.0],
        },
        geometry=shapely.points([np.array(spot) + toy.ORIGIN for spot in spots.values()]),
        crs=toy.CRS,
    )


WITH_TIMES = 'step_free = true\nservice_times = ["weekday 12:00", "Sunday 10:00", "工作日 19:00"]\n' + SEED
"""The same at times of the week, and without steps."""


def pois() -> gpd.GeoDataFrame:
    """Return the facilities of all services in one layer."""
    rows = [(kind, *row) for kind, of_kind in SPOTS.items() for row in of_kind]
    return gpd.GeoDataFrame(
        {
            "id": [row[1] for row in rows],
            "name": [f"{row[0]} {row[1]}" for row in rows],
            "kind": [row[0] for row in rows],
            "places": [row[3] for row in rows],
            "open": [row[4] for row in rows],
        },
        geometry=shapely.points([np.array(row[2]) + toy.ORIGIN for row in rows]),
        crs=toy.CRS,
    )


HOURS = [
    "Mo-Fr 11:00-13:00",
    "",
    "Mo-Su 08:00-20:00",
    "周一至周五 9:00-17:00",
    "ask inside",
    "",
    "Mo-Fr 10:00-20:00",
]
"""Opening hours of K1, K2, H1, H2, H3, B1, B2, where a study asks for times."""


def layers() -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that differ from the toy city's."""
    sited = toy.sited_layers()
    return {
        "pois": pois(),
        "people": sited["people"],
        "parcels": sited["parcels"],
        "organisations": organisations(),
    }


def write_study(folder: Path, study: str = STUDY) -> Path:
    """Write the layers and the study file; return the study file."""
    changed = layers()
    if "service_times" in study:
        changed["pois"] = changed["pois"].assign(opening_hours=HOURS)
    return toy.write_study(folder, changed=changed, study=study)


def walk_m(people: gpd.GeoDataFrame, spot: tuple[float, float]) -> np.ndarray:
    """Return the walk from each home to a street corner, metres."""
    return np.asarray(
        np.abs(np.column_stack([people.geometry.x, people.geometry.y]) - toy.ORIGIN - spot).sum(axis=1)
    )
