"""A toy city that can be computed by hand.

Streets every 200 m from (0, 0) to (800, 400) east of the origin, in EPSG:32648 with the origin at
(500000, 4390000); two communities of 400 × 400 m side by side; one demand point of people every 100 m along the
streets; a centre in the west on the street corner (200, 200), 320 m² for 10 households, and a station in the east
at (800, 400).
"""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

ORIGIN = np.array([500_000.0, 4_390_000.0])
CRS = "EPSG:32648"

STUDY = """\
name = "Toy city"
language = "en"

[inputs.communities]
path = "toy.gpkg"
layer = "communities"

[inputs.facilities]
path = "toy.gpkg"
layer = "centres"

[inputs.streets]
path = "toy.gpkg"
layer = "streets"

[inputs.demand]
path = "toy.gpkg"
layer = "people"

[walking]
access_m = 10.0

[siting]
sites = 1
candidates = 8
"""


HAIBOWAN_RULES = '\n[rules]\nprofile = "haibowan"\n'
"""The toy city's premises are compliant by these rules; by the national ones data is missing to tell."""

RICH = (
    STUDY.replace("candidates = 8\n", "candidates = 12\n")
    + """
[inputs.places]
path = "toy.gpkg"
layer = "places"

[business_areas]
within_m = 90.0
least_places = 4

[demand]
residents_weight = 1.0

[[demand.groups]]
id = "old"
name = "Residents of 65+"
share = 0.1

[[demand.groups]]
id = "workers"
name = "Workers"
places = true
weight = 0.5
minutes = [3, 5]
standard_min = 3

[programme]
new_cost = 40.0

[[programme.funds]]
id = "above"
amounts = [50.0, 35.0]
"""
)
"""The toy city with residents of 65+ and workers, shops that make a business area in the west, and money."""


OWN = """
[[programme.projects]]
id = "gate"
kind = "access"
cost = 0.0

[[programme.precedence]]
first = "gate"
then = "upgrade:C1"
same_year = true
"""
"""A gate that must be open before the centre in the west is enlarged."""


def with_money(first: float, second: float) -> str:
    """Return the toy study with prices, and two funds: one for everything, one for upgrades in the first year."""
    return f"""{STUDY}{HAIBOWAN_RULES}
[costs]
floor_area_per_m2 = 0.5

[programme]
first_year = 2024
new_cost = 40.0
cost_source = "a guess"
costs_modelled = true

[[programme.funds]]
id = "above"
name = "From above"
amounts = [{first}, {second}]
most_share = 0.8
source = "a letter"

[[programme.funds]]
id = "dues"
amounts = [{first}, 0.0]
carry_over = false
pays_for = ["upgrade"]
matches = "above"
match_share = 0.25
"""


def places() -> gpd.GeoDataFrame:
    """Return six shops on the street in the south-west, 40 m apart, a mall among them, and one far away."""
    spots = [(20 + 40 * number, 5) for number in range(6)] + [(700, 405)]
    return _frame(
        {
            "id": [f"S{number}" for number in range(1, 8)],
            "name": ["", "", "Great Mall", "", "", "", "Corner shop"],
            "kind": ["shop", "shop", "mall", "restaurant", "bank", "shop", "shop"],
            "jobs": [None, None, 100.0, None, None, None, 3.0],
        },
        [shapely.Point(spot) for spot in spots],
    )


SITED = (
    STUDY.replace("sites = 1", "sites = 2")
    + """
sources = ["clusters", "density", "business_areas", "parcels", "streets"]
min_spacing_m = 100
least_area_m2 = 100
new_cost = 20.0
budget = 60.0
relocatable = ["S1", "C1"]
alternatives_within = 0.5

[siting.density]
least_points = 3

[siting.robust]
walking = ["elderly_measured"]
gates = ["open", "closed"]

[[siting.robust.people]]
name = "growth"
people = { E = 1.5 }

[siting.fair]
communities = true
old = true

[inputs.parcels]
path = "toy.gpkg"
layer = "parcels"

[inputs.water]
path = "toy.gpkg"
layer = "water"

[inputs.gates]
path = "toy.gpkg"
layer = "gates"
"""
)
"""The toy city with everything that can be asked of new sites."""


EVERYTHING = (
    SITED
    + RICH.removeprefix(STUDY.replace("candidates = 8\n", "candidates = 12\n")).partition("[programme]")[0]
    + with_money(200.0, 60.0).removeprefix(STUDY + HAIBOWAN_RULES)
    + OWN
    + """
[rules]
profile = "haibowan"
compare = ["gb50180", "langfang"]
walking = ["default_walker"]

[[siting.tiers]]
tier = "station"
sites = 1
minutes = 5
"""
)
"""All parts of a study at once: groups of people, a business area, remedies, siting in full, and money."""


def every_layer() -> dict[str, gpd.GeoDataFrame]:
    """Return what `EVERYTHING` asks for; the centre in the west is too small."""
    centres = layers()["centres"].assign(floor_area_m2=[20.0, None])
    return {**sited_layers(), "places": places(), "centres": centres}


def sited_layers() -> dict[str, gpd.GeoDataFrame]:
    """Return what `SITED` asks for: parcels, a lake on one of them, a closed gate, residents of 65+."""
    people = layers()["people"]
    old = np.where(people.geometry.x < ORIGIN[0] + 350, 0.5, 0.1)
    return {
        "people": people.assign(people_65=people["people"] * old),
        "parcels": _frame(
            {
                "id": ["A", "B", "C", "D", "E"],
                "name": ["Old school", "", "Lake house", "Tiny", "Far"],
                "tenure": ["owned", "rentable", "", "shared", "owned"],
                "area_m2": [400, 350, 300, 20, 500],
                "cost": [30.0, None, 10.0, 5.0, 8.0],
            },
            [
                shapely.box(590, 210, 640, 260),
                *(shapely.Point(spot) for spot in ((650, 200), (620, 0), (400, 0), (2000, 0))),
            ],
        ),
        "water": _frame({"name": ["Lake"]}, [shapely.box(610, -20, 690, 20)]),
        "gates": _frame({"id": ["g"], "name": ["East gate"], "open": ["false"]}, [shapely.Point(500, 200)]),
    }


def layers() -> dict[str, gpd.GeoDataFrame]:
    """Return the toy city's layers by name."""
    xs, ys = np.arange(0, 801, 200), np.arange(0, 401, 200)
    lines = [[(x, y), (x + 200, y)] for y in ys for x in xs[:-1]]
    lines += [[(x, y), (x, y + 200)] for x in xs for y in ys[:-1]]
    spots = sorted(
        {(x, y) for x in range(0, 801, 100) for y in range(0, 401, 100) if x % 200 == 0 or y % 200 == 0}
    )
    return {
        "communities": _frame(
            {"id": ["W", "E"], "name": ["West", "East"], "street": ["North town"] * 2, "kind": ["community"] * 2},
            [shapely.box(-50, -50, 400, 450), shapely.box(400, -50, 850, 450)],
        ),
        "centres": _frame(
            {
                "id": ["C1", "S1"],
                "name": ["West centre", "East station"],
                "tier": ["community", "station"],
                "community": ["W", ""],
                "floor_area_m2": [320.0, None],
            },
            [shapely.Point(200, 200), shapely.Point(800, 400)],
        ),
        "streets": _frame({"name": [f"Street {i}" for i in range(len(lines))]}, shapely.linestrings(lines)),
        "people": _frame(
            {
                "id": [f"P{x}-{y}" for x, y in spots],
                "people": [10 if x <= 400 else 20 for x, _ in spots],
                "households": [4] * len(spots),
            },
            shapely.points(spots),
        ),
    }


def write_study(folder: Path, *, changed: dict[str, gpd.GeoDataFrame] | None = None, study: str = STUDY) -> Path:
    """Write the toy city's layers, some of them changed, and its study file; return the study file."""
    folder.mkdir(parents=True, exist_ok=True)
    file, package = folder / "study.toml", folder / "toy.gpkg"
    named = {**layers(), **(changed or {})}
    if package.exists():
        _write_layers(package, named)
    else:
        package.write_bytes(_geopackage(named))
    file.write_text(study, "utf-8")
    return file


_GEOPACKAGES: dict[bytes, bytes] = {}
"""Files by the pickled layers that they hold: SQLite takes longer to write one than the planner to read it."""


def _geopackage(named: dict[str, gpd.GeoDataFrame]) -> bytes:
    content = pickle.dumps(named)
    if content not in _GEOPACKAGES:
        with tempfile.TemporaryDirectory() as room:
            _write_layers(Path(room, "toy.gpkg"), named)
            _GEOPACKAGES[content] = Path(room, "toy.gpkg").read_bytes()
    return _GEOPACKAGES[content]


def _write_layers(package: Path, named: dict[str, gpd.GeoDataFrame]) -> None:
    for name, layer in named.items():
        pyogrio.write_dataframe(layer, package, layer=name, driver="GPKG")


def _frame(columns: dict[str, list[object]], shapes: object) -> gpd.GeoDataFrame:
    placed = shapely.transform(np.asarray(shapes, dtype=object), lambda xy: xy + ORIGIN)
    return gpd.GeoDataFrame(columns, geometry=placed, crs=CRS)
