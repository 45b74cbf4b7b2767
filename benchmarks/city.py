"""A large synthetic city: superblocks with gated compounds, a river with few bridges, and a study of it.

    python -m benchmarks.city OUT [POINTS]

Everything grows with the number of demand points: 100,000 points stand for 2,000 km of streets, 200 centres of
which 25 are weak, 300 clusters of candidates, and a programme.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

CRS = "EPSG:32648"
ORIGIN = (500_000.0, 4_390_000.0)
BLOCK_M = 500.0
COMMUNITY_M = 2 * BLOCK_M
POINTS_A_BLOCK = 125
BRIDGE_EVERY = 6
"""Every sixth north–south avenue crosses the river."""

WEAK_EVERY = 8
RIVER_M = 80.0
SPACING_M = 50.0
"""Between the vertices of a street."""

RULES = """\
en = "Large city"
zh = "大城市"
source = "made for this benchmark"

[[rules]]
id = "floor"
expression = "floor_area_m2 >= 300"
tiers = ["community"]
grade = "compliant"
unit = "m2"
clause = "made for this benchmark"
evidence = "own"
en = "Floor area"
zh = "建筑面积"

[[rules]]
id = "own"
expression = "own_covered_share_10min >= 0.55"
tiers = ["community"]
grade = "compliant"
unit = "share"
clause = "made for this benchmark"
evidence = "own"
en = "Own coverage"
zh = "覆盖"
"""

STUDY = """\
name = "Large city"
language = "en"
crs = "EPSG:32648"
{layers}
[limits]
minutes = [5, 10, 15]
standard_min = 10

[rules]
profile = "rules.toml"

[costs]
floor_area_per_m2 = 0.3
gate_open = 2.0
crossing = 20.0
crossing_per_m = 0.2
share = 15.0
station = 40.0
move = 60.0

[siting]
sites = {sites}
candidates = {candidates}
sources = ["clusters", "streets"]

[programme]
new_cost = 40.0

[[programme.funds]]
id = "district"
amounts = [{money}, {money}]
"""
LAYERS = {
    "communities": "communities",
    "facilities": "centres",
    "streets": "streets",
    "demand": "buildings",
    "water": "water",
    "gates": "gates",
}


@dataclass(frozen=True, slots=True)
class Extent:
    """A city of `columns` × `rows` superblocks; the river flows along the south side of row `river`."""

    columns: int
    rows: int

    @property
    def river(self) -> int:
        """Row of superblocks whose south side is the river."""
        return self.rows // 2 // 2 * 2


def extent_of(points: int) -> Extent:
    """Return the superblocks that hold so many demand points; even numbers, so that communities are whole.

    Examples
    --------
    >>> extent_of(100_000)
    Extent(columns=28, rows=28)
    """
    side = max(round((points / POINTS_A_BLOCK) ** 0.5 / 2) * 2, 4)
    return Extent(side, side)


def write_city(out: Path, points: int) -> Path:
    """Write the layers, the rules and the study file of a city of so many demand points; return the study file."""
    out.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    extent = extent_of(points)
    target = out / "city.gpkg"
    target.unlink(missing_ok=True)
    compounds = _compounds(extent)
    layers = {
        "communities": _communities(extent),
        "centres": _centres(extent),
        "streets": _streets(extent, compounds),
        "buildings": _buildings(compounds, points, random),
        "water": _frame({"name": ["River"]}, [_river(extent)]),
        "gates": _gates(compounds),
    }
    for name, frame in layers.items():
        frame.to_file(target, layer=name, driver="GPKG")
    (out / "rules.toml").write_text(RULES, "utf-8")
    said = "".join(
        f'\n[inputs.{name}]\npath = "{target.name}"\nlayer = "{layer}"\nmodelled = true\n'
        for name, layer in LAYERS.items()
    )
    share = points / 100_000
    study = STUDY.format(
        layers=said,
        sites=max(round(10 * share), 2),
        candidates=max(round(300 * share), 20),
        money=round(400 * share, 1),
    )
    file = out / "study.toml"
    file.write_text(study, "utf-8")
    return file


def _communities(extent: Extent) -> gpd.GeoDataFrame:
    corners = [(x, y) for y in range(0, extent.rows, 2) for x in range(0, extent.columns, 2)]
    boxes = [
        shapely.box(x * BLOCK_M, y * BLOCK_M, x * BLOCK_M + COMMUNITY_M, y * BLOCK_M + COMMUNITY_M)
        for x, y in corners
    ]
    names = [f"Q{number:03}" for number in range(1, len(boxes) + 1)]
    district = [f"D{x // 8}{y // 8}" for x, y in corners]
    return _frame({"id": names, "name": names, "subdistrict": district}, boxes)


def _centres(extent: Extent) -> gpd.GeoDataFrame:
    """Return a centre in the middle of each community; every eighth stands near its corner, and is weak."""
    places, names = [], []
    for y in range(0, extent.rows, 2):
        for x in range(0, extent.columns, 2):
            number = len(places) + 1
            names.append(f"{number:03}")
            east, north = (1.0, 1.0) if number % WEAK_EVERY else (0.5, 0.3)
            places.append(shapely.Point((x + east) * BLOCK_M + 10, (y + north) * BLOCK_M + 10))
    columns = {
        "id": [f"C{name}" for name in names],
        "name": [f"Centre {name}" for name in names],
        "tier": "community",
        "community": [f"Q{name}" for name in names],
        "floor_area_m2": [300.0 + 50 * (int(name) % 7) for name in names],
    }
    return _frame(columns, places)


def _compounds(extent: Extent) -> NDArray[np.float64]:
    """Return the west, south, east and north of the compound in every superblock, shape (superblocks, 4)."""
    column, row = (one.ravel() for one in np.meshgrid(np.arange(extent.columns), np.arange(extent.rows)))
    west, south = column * BLOCK_M, row * BLOCK_M
    # On the river the compound begins behind the bank.
    begin = np.where(row == extent.river, south + RIVER_M + 20, south + 100)
    return np.column_stack([west + 50, begin, west + BLOCK_M / 2 - 50, south + BLOCK_M - 75])


def _streets(extent: Extent, compounds: NDArray[np.float64]) -> gpd.GeoDataFrame:
    """Return avenues around the superblocks, a lane through each, and a private loop in each."""
    lines, names, access = [], [], []

    def add(begin: tuple[float, float], end: tuple[float, float], name: str) -> None:
        lines.append(shapely.segmentize(shapely.LineString([begin, end]), SPACING_M))
        names.append(name)
        access.append("")

    half = BLOCK_M / 2
    for column in range(2 * extent.columns + 1):
        x = column * half
        for row in range(extent.rows):
            is_lane = column % 2
            crosses = row == extent.river and (is_lane or column // 2 % BRIDGE_EVERY)
            y = row * BLOCK_M
            if crosses:
                # The bank street is south of the river; what comes from the north ends before it.
                add((x, y + RIVER_M + 20), (x, y + BLOCK_M), f"{'Lane' if is_lane else 'Avenue'} {column}")
            else:
                add((x, y), (x, y + BLOCK_M), f"{'Lane' if is_lane else 'Avenue'} {column}")
    for row in range(extent.rows + 1):
        for column in range(2 * extent.columns):
            add((column * half, row * BLOCK_M), ((column + 1) * half, row * BLOCK_M), f"Street {row}")
    for number, (west, south, east, north) in enumerate(compounds.tolist()):
        ring = shapely.LineString([(west, south), (east, south), (east, north), (west, north), (west, south)])
        lines.append(shapely.segmentize(ring, SPACING_M))
        # The open gate is on the north side, one that is closed for every second compound on the west side.
        lines.append(shapely.LineString([(west, north), (west, north + 75)]))
        lines.append(shapely.LineString([(west, south), (west - 25, south), (west - 50, south)]))
        names += [f"Compound {number}"] * 3
        access += ["private"] * 3
    return _frame({"name": names, "access": access}, lines)


def _gates(compounds: NDArray[np.float64]) -> gpd.GeoDataFrame:
    """Return the closed gate on the west side of every second compound."""
    xy = compounds[::2, :2] - (25, 0)
    return _frame(
        {"id": [f"G{number}" for number in range(len(xy))], "name": "South gate", "open": "no"}, shapely.points(xy)
    )


def _buildings(compounds: NDArray[np.float64], points: int, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return houses: half of them along the rings of compounds, half along the lanes beside them."""
    west, south, east, north = compounds[np.sort(random.integers(0, len(compounds), points))].T
    along, aside = random.uniform(size=points), random.uniform(-30, 30, points)
    side = random.integers(0, 4, points)
    x = np.choose(side, [west + aside, east + aside, east + 50 + aside, east + 50 + aside])
    y = south + along * (north - south)
    people = random.integers(5, 90, points)
    return _frame(
        {"id": [f"B{number:06}" for number in range(points)], "people": people, "households": people // 3 + 1},
        shapely.points(np.column_stack([x, y]).round(2)),
    )


def _river(extent: Extent) -> shapely.Polygon:
    south = extent.river * BLOCK_M + 3
    return shapely.box(-BLOCK_M, south, (extent.columns + 1) * BLOCK_M, south + RIVER_M - 3)


def _frame(columns: dict[str, object], shapes: object) -> gpd.GeoDataFrame:
    bent = shapely.transform(np.asarray(shapes, dtype=object), _bend)
    return gpd.GeoDataFrame(columns, geometry=bent, crs=CRS)


def _bend(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return positions in a city whose streets are bent a little, as surveyed ones are: no two are parallel."""
    x, y = xy.T
    east = 6.0 * np.sin(y / 97.0 + x / 1900.0) + 2.0 * np.sin(x / 61.0)
    north = 6.0 * np.sin(x / 103.0 - y / 2100.0) + 2.0 * np.cos(y / 67.0)
    return np.asarray(xy + np.column_stack([east, north]) + ORIGIN)


if __name__ == "__main__":
    print(write_city(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000))  # noqa: PLR2004
