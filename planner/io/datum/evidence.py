"""Evidence for datums: how well two layers fit, for every pair of datums that they may be in.

Each witness looks at two layers. It moves the points of one into the datum of the other, as if the first were in
one datum and the second in another, and states how well they fit. Fits are log-likelihoods, cut off so that no
witness decides alone what others deny.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.io.datum.transform import DATUMS, WGS84, Datum, convert_datum

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Array = NDArray[np.float64]
Pair = tuple[Datum, Datum]
PAIRS: tuple[Pair, ...] = tuple(product(DATUMS, DATUMS))

WRONGLY_DECLARED = 0.05
"""Share of rows that name a community in which they do not lie although nothing is shifted."""

BORDER_M = 25.0
"""A door on the border street still counts as inside."""

FITTING_SHARE = 0.6
"""Least share of rows in the community that they name, at the best pair of datums, for the names to count."""

ROWS_COUNTED = 60
"""Rows of one layer err together; more of them than this do not add to the certainty."""

SAMPLE = 800
OUTSIDE_AT_MOST, EACH_OUTSIDE, OUTSIDE_WEIGHT = 0.01, 0.5, 6.0
"""The few rows that may lie outside at the true shift weigh less together than what decides."""

STRETCH_POINTS = 400_000
STEP_M = 8.0
ON_STREET_M = 12.0
BUILDING_AT_LEAST_M = 4.0

DECOYS = 120
DECOY_RING_M = (150.0, 1_800.0)
DECOY_APART_M = 80.0
STRIKING = 6.0
BEYOND_DECOYS = 1.0
FULL_AFTER = 2.0
PATTERN_WEIGHT = 8.0
TIE_BREAKER_WEIGHT = 4.5
BESIDE_M, BESIDE_SHARE = 40.0, 0.85
"""Nearly all centres stand this near to a street."""

FAR_M = 60.0
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True, eq=False)
class DatumEvidence:
    """Fit of two layers in each pair of datums."""

    key: str
    """What it looks at."""
    layers: tuple[str, str]
    """The two layers."""
    scores: Mapping[Pair, float]
    """Log-likelihood by the datums of the two."""
    counts: Mapping[Pair, float]
    """Rows that fit by the datums of the two, where rows are counted."""
    of: int
    """How many rows were looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalPlane:
    """A flat picture of the district in metres, exact enough to distinguish 400 m from none."""

    lon: float
    lat: float

    def flat(self, lon: Array, lat: Array) -> Array:
        """Return degrees as metres from the middle, shape (…, 2)."""
        east = (lon - self.lon) * METRES_PER_DEGREE * np.cos(np.radians(self.lat))
        return np.stack([east, (lat - self.lat) * METRES_PER_DEGREE], axis=-1)


class LayerGeometry:
    """The layers of a study, as they are written, on one flat picture."""

    def __init__(self, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
        self.degrees = {name: layer.to_crs(WGS84).geometry.array for name, layer in layers.items()}
        west, south, east, north = shapely.total_bounds(self.degrees["communities"])
        self.plane = LocalPlane((west + east) / 2, (south + north) / 2)
        self.reach_m = float(np.hypot(*(self.plane.flat(np.array(east), np.array(north)))))

    def shapes(self, name: str) -> NDArray[np.object_]:
        """Return a layer's shapes in flat metres, as they are written."""
        return np.asarray(
            shapely.transform(self.degrees[name], lambda xy: self.plane.flat(xy[:, 0], xy[:, 1])), dtype=object
        )

    def moved(self, lonlat: Array, source: Datum, target: Datum) -> Array:
        """Return places in flat metres, brought from one datum into another."""
        return self.plane.flat(*convert_datum(lonlat[:, 0], lonlat[:, 1], source, target))


def collect_evidence(
    layers: Mapping[str, gpd.GeoDataFrame], declared: Mapping[str, NDArray[np.object_]]
) -> tuple[DatumEvidence, ...]:
    """Collect all evidence that the layers of a study give.

    Parameters
    ----------
    layers
        communities, and what there is of facilities, demand and streets, each in its own system.
    declared
        The id of the community that each row of a layer names, "" where none; by layer.
    """
    scene = LayerGeometry(layers)
    evidence: list[DatumEvidence | None] = []
    communities = scene.shapes("communities")
    position = {str(name): row for row, name in enumerate(layers["communities"]["id"])}
    for name in ("facilities", "demand"):
        if name not in layers:
            continue
        spots = _spots(scene.degrees[name])
        home = np.array([position.get(str(item), -1) for item in declared.get(name, ())], dtype=np.int64)
        if len(home):
            evidence.append(_declared(scene, name, spots, home, communities))
    if "demand" in layers:
        evidence.append(_inside(scene, _spots(scene.degrees["demand"]), communities))
    if "streets" in layers:
        evidence += _along_streets(scene, layers)
    return tuple(item for item in evidence if item is not None)


def score_layer(layer: gpd.GeoDataFrame, settled: Mapping[str, gpd.GeoDataFrame]) -> Mapping[Datum, float]:
    """Score one more layer against those whose datum is resolved, in each datum that it may be in.

    Parameters
    ----------
    layer
        As it is written.
    settled
        communities and perhaps streets, in the true datum.

    Returns
    -------
    scores
        Log-likelihood by datum, all 0 without evidence: how its shapes lie beside the streets against how they
        lie at arbitrary shifts, and whether nearly all of it lies inside the communities.
    """
    scene = LayerGeometry({**settled, "layer": layer})
    spots = _spots(scene.degrees["layer"])
    spots = spots[_sample(np.flatnonzero(np.isfinite(spots).all(axis=1)))]
    evidence = [_inside(scene, spots, scene.shapes("communities"))]
    streets = _street_points(scene) if "streets" in settled else None
    if streets is not None:
        from scipy.spatial import cKDTree

        nearest = cKDTree(streets)
        shapes = scene.shapes("layer")
        size_m = np.sqrt(shapely.area(shapes[np.isfinite(shapely.area(shapes))]) / np.pi)
        own_m = float(np.clip(np.median(size_m), BUILDING_AT_LEAST_M, FAR_M / 2)) if len(size_m) else ON_STREET_M
        # Shops stand some way from the street's middle, gates on it: the most informative radius is used.
        tried = [
            _pattern("beside", "layer", scene, spots, nearest, _share_within(np.array(radius_m)))
            for radius_m in sorted({own_m, ON_STREET_M, BESIDE_M / 2})
        ]
        evidence.append(max((one for one in tried if one), key=lambda one: max(one.scores.values()), default=None))
    return {datum: sum(one.scores[datum, "wgs84"] for one in evidence if one is not None) for datum in DATUMS}


def _share_within(radius_m: Array) -> Callable[[Array], Array]:
    def measured(away_m: Array) -> Array:
        return np.asarray((away_m <= radius_m).mean(axis=-1))

    return measured


def _declared(
    scene: LayerGeometry, name: str, spots: Array, home: NDArray[np.int64], communities: NDArray[np.object_]
) -> DatumEvidence | None:
    """Count the rows inside the community that they name."""
    rows = _sample(np.flatnonzero((home >= 0) & np.isfinite(spots).all(axis=1)))
    if len(rows) == 0:
        return None
    outlines = communities[home[rows]]
    counts = {}
    for source, target in PAIRS:
        there = shapely.points(scene.moved(spots[rows], source, target))
        counts[source, target] = float((shapely.distance(outlines, there) <= BORDER_M).sum())
    if max(counts.values()) < FITTING_SHARE * len(rows):
        return None
    weight = min(1.0, ROWS_COUNTED / len(rows)) * np.log((1 - WRONGLY_DECLARED) / WRONGLY_DECLARED)
    scores = {pair: weight * count for pair, count in counts.items()}
    return DatumEvidence(f"{name}_declared", (name, "communities"), scores, counts, len(rows))


def _inside(scene: LayerGeometry, spots: Array, communities: NDArray[np.object_]) -> DatumEvidence | None:
    """Count the demand points inside any community; evidence only where nearly all are."""
    rows = _sample(np.flatnonzero(np.isfinite(spots).all(axis=1)))
    if len(rows) == 0:
        return None
    area = shapely.union_all(shapely.buffer(communities, BORDER_M))
    shapely.prepare(area)
    counts = {pair: float(shapely.contains_xy(area, *scene.moved(spots[rows], *pair).T).sum()) for pair in PAIRS}
    most = max(counts.values())
    if most < (1 - OUTSIDE_AT_MOST) * len(rows):
        return None
    scores = {pair: -min(EACH_OUTSIDE * (most - count), OUTSIDE_WEIGHT) for pair, count in counts.items()}
    return DatumEvidence("demand_inside", ("demand", "communities"), scores, counts, len(rows))


def _along_streets(scene: LayerGeometry, layers: Mapping[str, gpd.GeoDataFrame]) -> list[DatumEvidence | None]:
    """Find out whether the pattern of a layer fits the streets at one shift and no other."""
    streets = _street_points(scene)
    if streets is None:
        return []
    from scipy.spatial import cKDTree

    nearest = cKDTree(streets)
    evidence = []
    borders = scene.degrees["communities"]
    edge = _border_points(borders)
    evidence.append(
        _pattern("borders_on_streets", "communities", scene, edge, nearest, _share_within(np.array(ON_STREET_M)))
    )
    if "demand" in layers:
        shapes = scene.shapes("demand")
        radius_m = np.clip(np.sqrt(shapely.area(shapes) / np.pi), BUILDING_AT_LEAST_M, FAR_M / 2)
        spots = _spots(scene.degrees["demand"])
        rows = _sample(np.flatnonzero(np.isfinite(spots).all(axis=1)))
        evidence.append(
            _pattern("demand_by_streets", "demand", scene, spots[rows], nearest, _share_within(radius_m[rows]))
        )
    if "facilities" in layers:
        evidence.append(_by_streets(scene, _spots(scene.degrees["facilities"]), nearest))
    return evidence


def _pattern(
    key: str,
    name: str,
    scene: LayerGeometry,
    spots: Array,
    nearest: cKDTree,
    measure: Callable[[Array], Array],
) -> DatumEvidence | None:
    if len(spots) == 0:
        return None
    places = {pair: scene.moved(spots, *pair) for pair in PAIRS}
    shifts = np.array([np.median(places[pair] - places["wgs84", "wgs84"], axis=0) for pair in PAIRS])
    decoys = _decoys(shifts)
    tried = np.concatenate([places["wgs84", "wgs84"] + decoys[:, None], np.stack(list(places.values()))])
    away_m = _away_m(tried, nearest)
    measured = measure(away_m)
    usual, result = measured[: len(decoys)], dict(zip(places, measured[len(decoys) :].tolist(), strict=True))
    middle = float(np.median(usual))
    # The share of few points jumps by chance: never finer than that.
    chance = float(np.sqrt(max(middle * (1 - middle), 1 / len(spots)) / len(spots)))
    spread = max(1.4826 * float(np.median(np.abs(usual - middle))), chance)
    strangest = float((np.abs(usual - middle) / spread).max())
    from_z = max(STRIKING, strangest + BEYOND_DECOYS)
    scores = {
        pair: PATTERN_WEIGHT * float(np.clip((abs(value - middle) / spread - from_z) / FULL_AFTER, 0, 1))
        for pair, value in result.items()
    }
    return DatumEvidence(key, (name, "streets"), scores, result, len(spots)) if any(scores.values()) else None


def _by_streets(scene: LayerGeometry, spots: Array, nearest: cKDTree) -> DatumEvidence | None:
    """Count the centres near a street, against the share of arbitrary places that are: a tie-breaker."""
    spots = spots[_sample(np.flatnonzero(np.isfinite(spots).all(axis=1)))]
    if len(spots) == 0:
        return None
    places = {pair: scene.moved(spots, *pair) for pair in PAIRS}
    shifts = np.array([np.median(places[pair] - places["wgs84", "wgs84"], axis=0) for pair in PAIRS])
    tried = np.concatenate([places["wgs84", "wgs84"] + _decoys(shifts)[:, None], np.stack(list(places.values()))])
    away_m = _away_m(tried, nearest)
    near = away_m <= BESIDE_M
    anywhere = float(np.clip(near[: -len(PAIRS)].mean(), 0.02, BESIDE_SHARE))
    gain, loss = np.log(BESIDE_SHARE / anywhere), np.log((1 - BESIDE_SHARE) / (1 - anywhere))
    counts = dict(zip(places, near[-len(PAIRS) :].sum(axis=1).astype(float).tolist(), strict=True))
    scores = {pair: float(gain * count + loss * (len(spots) - count)) for pair, count in counts.items()}
    best = max(scores.values())
    scores = {pair: max(score - best, -TIE_BREAKER_WEIGHT) for pair, score in scores.items()}
    return DatumEvidence("facilities_by_streets", ("facilities", "streets"), scores, counts, len(spots))


def _away_m(places: Array, nearest: cKDTree) -> Array:
    """Return how far each place of each try is from a street, infinity beyond `FAR_M`."""
    away_m = np.asarray(nearest.query(places.reshape(-1, 2), distance_upper_bound=FAR_M)[0])
    return away_m.reshape(len(places), -1)


def _decoys(shifts: Array) -> Array:
    """Return arbitrary shifts, none near one that a datum makes; the same ones every time."""
    rng = np.random.default_rng(0)
    inner, outer = DECOY_RING_M
    away = np.sqrt(rng.uniform(inner**2, outer**2, 4 * DECOYS))
    turn = rng.uniform(0, 2 * np.pi, 4 * DECOYS)
    drawn = np.column_stack([away * np.cos(turn), away * np.sin(turn)])
    apart = np.linalg.norm(drawn[:, None] - shifts[None], axis=-1).min(axis=1) >= DECOY_APART_M
    return np.asarray(drawn[apart][:DECOYS], dtype=np.float64)


def _street_points(scene: LayerGeometry) -> Array | None:
    """Return points every few metres along the streets in and around the communities."""
    lines = scene.shapes("streets")
    reach_m = scene.reach_m + DECOY_RING_M[1]
    near = shapely.intersects(lines, shapely.box(-reach_m, -reach_m, reach_m, reach_m))
    parts = shapely.get_parts(lines[near & ~shapely.is_empty(lines)])
    parts = parts[shapely.length(parts) > 0]
    length_m = shapely.length(parts)
    if not length_m.sum() > 0:
        return None
    step_m = max(STEP_M, length_m.sum() / STRETCH_POINTS)
    dense = shapely.segmentize(parts, step_m)
    return np.asarray(shapely.get_coordinates(dense), dtype=np.float64)


def _border_points(outlines: NDArray[np.object_]) -> Array:
    """Return points evenly along the borders of areas, degrees."""
    lines = shapely.boundary(outlines)
    length = shapely.length(lines)
    total = length.sum()
    if not total > 0:
        return np.zeros((0, 2))
    count = np.maximum(np.round(length / total * SAMPLE).astype(np.int64), 4)
    points = [
        shapely.line_interpolate_point(line, (np.arange(n) + 0.5) / n, normalized=True)
        for line, n in zip(lines, count, strict=True)
    ]
    return np.asarray(shapely.get_coordinates(np.concatenate(points)), dtype=np.float64)


def _spots(shapes: NDArray[np.object_]) -> Array:
    """Return the middle of each shape in degrees; NaN where there is none."""
    middle = shapely.centroid(shapes)
    return np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])


def _sample(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return at most SAMPLE of the rows, evenly spread."""
    if len(rows) <= SAMPLE:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, SAMPLE).round().astype(np.int64)])
