"""Random cities as one study, to be cut into districts at random; and what is compared of whole and parts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from cities import CRS, random_city
from rasterio import Affine

from planner.accessibility.coverage import with_nearest
from planner.batch.districts import CutResult, districts_of
from planner.batch.portfolio import read_portfolio
from planner.config.study import read_study
from planner.evaluation.diagnosis import Diagnosis, diagnose
from planner.evaluation.ratings import uses_service_areas
from planner.prepare import PreparedStudy, prepare

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
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in _files(seed).items():
        (folder / name).write_bytes(body)
    return folder / "portfolio.toml"


@cache
def _files(seed: int) -> dict[str, bytes]:
    with TemporaryDirectory() as room:
        _write_whole(Path(room), seed)
        return {file.name: file.read_bytes() for file in Path(room).iterdir()}


def _write_whole(folder: Path, seed: int) -> None:
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
    for name, layer in layers.items():
        layer.to_file(folder / "whole.gpkg", layer=name)
    layer = {"points": "demand", "buildings": "buildings"}.get(method)
    people = "" if layer is None else f'inputs.{layer} = {{ path = "whole.gpkg", layer = "people" }}'
    (folder / "study.toml").write_text(STUDY.format(people=people), "utf-8")
    (folder / "rules.toml").write_text(RULES, "utf-8")
    (folder / "portfolio.toml").write_text(
        'name = "Whole"\nlanguage = "en"\nstudy = "study.toml"\n[cut]\ncolumn = "district"\n', "utf-8"
    )


def write_heights(
    path: Path, metres: np.ndarray[tuple[int, int]], corner: tuple[float, float], step: float
) -> None:
    """Write heights as a raster from its corner in the north-west, cells of so many metres."""
    height, width = metres.shape
    place = {"crs": CRS, "transform": Affine(step, 0, corner[0], 0, -step, corner[1])}
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype="float64", **place
    ) as raster:
        raster.write(metres, 1)


def measured(study: Path) -> tuple[PreparedStudy, pd.DataFrame, Diagnosis]:
    """Return a study, its people with their walks, and its verdicts."""
    prepared = prepare(read_study(study), for_results=False)
    limits = prepared.study.limits.minutes
    inputs = prepared.inputs
    times = prepared.compute_times()
    points = with_nearest(inputs.demand, times, inputs.facilities, limits_min=limits)
    # As `measure_access`, with the walks that are known.
    areas = prepared.compute_service_areas() if uses_service_areas(prepared.rules) else None
    access = prepared.assemble_access(times, areas)
    return prepared, pd.DataFrame(points.drop(columns="geometry")), diagnose(access, rule_set=prepared.rules)


def in_order(tables: list[pd.DataFrame], key: str) -> pd.DataFrame:
    """Return tables as one, in the order of ids."""
    return pd.concat(tables, ignore_index=True).sort_values(key, ignore_index=True)


def equal(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Assert that tables are equal: texts and people to the bit, minutes and shares but for the last bits."""
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12, atol=1e-11)
    for name in expected.columns:
        if str(name).startswith("people") or expected[name].dtype == object:
            pd.testing.assert_series_equal(found[name], expected[name], check_exact=True)


def compare(portfolio: Path, out: Path) -> tuple[PreparedStudy, CutResult, list[int]]:
    """Assert that the parts of a portfolio give the minutes, people and verdicts of the whole.

    Returns both, and how many streets each part has.
    """
    settings = read_portfolio(portfolio)
    cut = districts_of(settings, out, "")
    assert settings.study is not None
    whole, points, verdicts = measured(settings.resolve(settings.study))
    parts = [measured(district.study) for district in cut.districts]
    # People and their minutes; the community tells which district counts each.
    found = in_order([part for _, part, _ in parts], "id")
    assert found["people"].sum() == points["people"].sum()
    equal(found, points.sort_values("id", ignore_index=True))
    # Verdicts, and every indicator that they rest on.
    centres = [
        diagnosis.centres[~diagnosis.centres["id"].isin(prepared.inputs.neighbours.facilities)]
        for prepared, _, diagnosis in parts
    ]
    assert len(set(verdicts.centres["verdict"])) > 1
    equal(in_order(centres, "id"), in_order([verdicts.centres], "id"))
    communities = [diagnosis.communities for _, _, diagnosis in parts]
    equal(in_order(communities, "community"), in_order([verdicts.communities], "community"))
    assert sum(diagnosis.rates["weak"] for _, _, diagnosis in parts) == verdicts.rates["weak"]
    return whole, cut, [len(prepared.inputs.streets) for prepared, _, _ in parts]
