"""How often the datum of shifted layers is found: right, refused, or wrong, by kind of study.

    python -m benchmarks.datum [trials]

Layers are shifted by the known formulas; some centres name a community that is not theirs. *Right* means every
layer in its true datum (or, where all layers are shifted alike and none is known, alike); *refused*, that a layer
was left to the user; *wrong*, that any layer was taken for what it is not.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from planner.io.datum.resolve import UndatedLayer, choose_datums
from planner.io.datum.transform import DATUMS, Datum, convert_datum
from planner.io.osm.extract import read_osm_streets

DATA = Path(__file__).parent.parent / "data"
CHINA = (106.8, 39.6)
BORDERS_ON_STREETS = 0.8
ALL_FROM_ONE_MAP = 0.3

OUTCOMES = ("right", "refused", "wrong")

Layers = dict[str, gpd.GeoDataFrame]
Rng = np.random.Generator


def shifted(layer: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    """Return a layer in degrees as a map in `datum` would give it, still called EPSG:4326."""
    degrees = layer.to_crs(4326)

    def moved(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(convert_datum(xy[:, 0], xy[:, 1], "wgs84", datum))

    return degrees.set_geometry(shapely.transform(degrees.geometry.array, moved), crs=4326)


def haibowan() -> Layers:
    """Return the Haibowan study."""
    file = DATA / "haibowan" / "haibowan.gpkg"
    names = {"communities": "communities", "facilities": "centres", "streets": "streets", "demand": "buildings"}
    return {name: gpd.read_file(file, layer=layer) for name, layer in names.items()}


def helsinki_in_china() -> Layers:
    """Return central Helsinki, its metres laid out around a place in Inner Mongolia."""
    file = DATA / "helsinki" / "helsinki.gpkg"
    layers = {
        "communities": gpd.read_file(file, layer="communities"),
        "facilities": gpd.read_file(file, layer="centres"),
        "demand": gpd.read_file(file, layer="buildings"),
        "streets": read_osm_streets(DATA / "helsinki" / "Helsinki.osm.pbf"),
    }
    layers = {name: layer.to_crs(3067) for name, layer in layers.items()}
    west, south, east, north = layers["communities"].total_bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    home = np.array(
        gpd.GeoSeries(gpd.points_from_xy([CHINA[0]], [CHINA[1]]), crs=4326).to_crs(32648).get_coordinates()
    )
    return {
        name: layer.set_geometry(
            shapely.transform(layer.geometry.array, lambda xy: xy - middle + home[0]), crs=32648
        )
        for name, layer in layers.items()
    }


def district(rng: Rng, *, centres: int) -> Layers:
    """Return a synthetic district: as many communities as centres, blocks of 400–1,000 m, a jittered street grid.

    Four of five stretches of border run along streets; centres stand beside streets, houses on blocks.
    """
    block_m = rng.uniform(400, 1000)
    columns = int(np.ceil(np.sqrt(centres)))
    rows = int(np.ceil(centres / columns))
    x, y = np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij")
    corner = np.stack([x, y], axis=-1) * block_m + rng.normal(0, block_m * 0.12, (columns + 1, rows + 1, 2))
    cells = [(i, j) for j in range(rows) for i in range(columns)][:centres]
    outline = [
        shapely.Polygon([corner[i, j], corner[i + 1, j], corner[i + 1, j + 1], corner[i, j + 1]]) for i, j in cells
    ]
    edges = [(corner[i, j], corner[i + 1, j]) for i in range(columns) for j in range(rows + 1)]
    edges += [(corner[i, j], corner[i, j + 1]) for i in range(columns + 1) for j in range(rows)]
    streets = [shapely.LineString(edge) for edge in edges if rng.random() < BORDERS_ON_STREETS]
    spots, people = [], []
    for shape in outline:
        west, south, east, north = shape.bounds
        for _ in range(int(rng.integers(1, 4))):
            along = rng.uniform([west, south], [east, north])
            streets.append(shapely.LineString([(west, along[1]), (east, along[1])]))
            streets.append(shapely.LineString([(along[0], south), (along[0], north)]))
        inside = shapely.points(rng.uniform([west, south], [east, north], (400, 2)))
        inside = inside[shapely.contains(shape, inside)]
        away_m = shapely.distance(shapely.union_all(streets[-2:]), inside)
        beside = np.flatnonzero((away_m >= 5) & (away_m <= 30))  # noqa: PLR2004
        spots.append(inside[beside[0] if len(beside) else 0])
        people += inside[1:15].tolist()
    home = gpd.GeoSeries(gpd.points_from_xy([rng.uniform(104, 118)], [rng.uniform(27, 39)]), crs=4326)
    zone = home.estimate_utm_crs()
    origin = home.to_crs(zone).get_coordinates().to_numpy()[0]

    def laid(shapes: list[shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
        placed = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy + origin)
        return gpd.GeoDataFrame(columns, geometry=placed, crs=zone)

    ids = [f"C{number:02d}" for number in range(centres)]
    return {
        "communities": laid(outline, id=ids),
        "facilities": laid(spots, community=ids),
        "demand": laid(people, people=[1.0] * len(people)),
        "streets": laid(streets),
    }


def trial(layers: Layers, rng: Rng, *, known_streets: bool, wrong_share: float) -> str:
    """Shift each layer by a datum drawn at random, judge, and compare with the truth."""
    truth: dict[str, Datum] = {name: DATUMS[rng.integers(3)] for name in layers}
    if rng.random() < ALL_FROM_ONE_MAP:
        # As common as any mixture: all of one district comes from one map.
        truth = dict.fromkeys(layers, truth["communities"])
    if known_streets:
        truth["streets"] = "wgs84"
    given = {name: shifted(layer, truth[name]) for name, layer in layers.items()}
    named = layers["facilities"]["community"].to_numpy(dtype=object).copy()
    ids = layers["communities"]["id"].to_numpy(dtype=object)
    for row in np.flatnonzero((named != "") & (rng.random(len(named)) < wrong_share)):
        named[row] = ids[rng.integers(len(ids))]
    choice = choose_datums(
        {
            name: UndatedLayer(
                layer,
                "known" if name == "streets" and known_streets else "open",
                communities=named if name == "facilities" else None,
            )
            for name, layer in given.items()
        }
    )
    verdicts = choice.layers
    if len(set(truth.values())) == 1 and all(verdict.how == "alike" for verdict in verdicts.values()):
        return "right"
    if any(verdict.how == "undecided" for verdict in verdicts.values()):
        return "refused"
    return "right" if all(verdict.datum == truth[name] for name, verdict in verdicts.items()) else "wrong"


def studies(rng: Rng) -> Iterator[tuple[str, Callable[[], Layers]]]:
    """Yield the kinds of study, and how to make one."""
    real, abroad = haibowan(), helsinki_in_china()
    abroad["facilities"] = abroad["facilities"].assign(community=abroad["facilities"]["community"].fillna(""))
    yield "Haibowan", lambda: real
    yield "Helsinki in China", lambda: abroad
    for centres in (5, 8, 12, 20, 40, 60):
        yield f"district of {centres}", lambda centres=centres: district(rng, centres=centres)


def main(trials: int) -> None:
    """Print the table."""
    print(f"{'study':20s} {'wrongly named':>14s} {'trials':>7s} " + "".join(f"{one:>9s}" for one in OUTCOMES))
    rng = np.random.default_rng(4)
    total: Counter[str] = Counter()
    for name, make in studies(rng):
        for share in (0.0, 0.05, 0.10):
            found = Counter(
                trial(make(), rng, known_streets=bool(number % 2), wrong_share=share) for number in range(trials)
            )
            total += found
            print(f"{name:20s} {share:14.0%} {trials:7d} " + "".join(f"{found[one]:9d}" for one in OUTCOMES))
    count = sum(total.values())
    print(f"{'all':20s} {'':14s} {count:7d} " + "".join(f"{total[one]:9d}" for one in OUTCOMES))
    print(", ".join(f"{one} {total[one] / count:.2%}" for one in OUTCOMES))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
