"""Walking costs: cost metres per metre of street, by slope, stairs, class and crossing."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.network import WalkingNetwork
from planner.network.walk import FloatArray, IndexArray

Heights = Callable[[FloatArray], FloatArray]
"""Function of coordinates in the network's CRS, shape (n, 2), that returns heights, metres, NaN if unknown."""

Stairs = Literal["level", "slow", "closed"]

HOUR_S = 3600.0

OFF_GROUND = ("bridge", "tunnel")
"""Structures that rise evenly from one end to the other, whatever the ground below."""


@dataclass(frozen=True, slots=True)
class Tobler:
    """Tobler's hiking function: ``top_kmh · exp(−decay · |slope − best_slope|)``."""

    top_kmh: float
    decay: float
    best_slope: float

    def kmh(self, slope: FloatArray) -> FloatArray:
        """Return the speed at a slope in the direction of walking, rise over run.

        Examples
        --------
        >>> default_tobler().kmh(np.array([0.0, -0.05, 0.1])).round(3).tolist()
        [5.037, 6.0, 3.549]
        """
        speed: FloatArray = self.top_kmh * np.exp(-self.decay * np.abs(slope - self.best_slope))
        return speed

    def factor(self, slope: FloatArray) -> FloatArray:
        """Return the cost factor at a slope: 1 on the flat, whatever the base speed."""
        flat_kmh = self.kmh(np.zeros(1))
        return flat_kmh / self.kmh(slope)

    @property
    def least_cost_factor(self) -> float:
        """Cost factor at the best slope."""
        return float(self.factor(np.array([self.best_slope]))[0])


@dataclass(frozen=True, slots=True, eq=False)
class WalkingCosts:
    """Cost settings; by default every street has a cost factor of 1."""

    speed_kmh: float
    """Base speed."""
    slope: bool = False
    """Whether slope counts."""
    step_m: float = 30.0
    """Greatest length of a segment for sampling slope, metres."""
    stairs: Stairs = "level"
    """Whether stairs cost as much as level ground, more, or are closed."""
    class_kmh: Mapping[str, float] = field(default_factory=dict)
    """Speed on streets of a class (column `kind`), km/h."""
    crossing_s: Mapping[str, float] = field(default_factory=dict)
    """Wait at crossings of a type (column `crossing`), seconds."""

    @property
    def least_cost_factor(self) -> float:
        """Lower bound of all cost factors."""
        fastest = max([self.speed_kmh, *self.class_kmh.values()]) / self.speed_kmh
        return (default_tobler().least_cost_factor if self.slope else 1.0) / fastest


@cache
def cost_figures() -> dict[str, dict[str, Any]]:
    """Return the default figures, each with source and evidence.

    Examples
    --------
    >>> cost_figures()["stairs"]["kinds"]
    ['steps']
    """
    text = resources.files("planner.network").joinpath("costs.toml").read_text("utf-8")
    return tomllib.loads(text)


def default_tobler() -> Tobler:
    """Return Tobler's hiking function with the default figures."""
    figures = cost_figures()["slope"]
    return Tobler(figures["top_kmh"], figures["decay"], figures["best_slope"])


def select_walkable(streets: gpd.GeoDataFrame, costs: WalkingCosts) -> gpd.GeoDataFrame:
    """Return the streets that are not closed, split where slope is sampled.

    Examples
    --------
    >>> flight = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 9 0)"], crs=32648).to_frame("geometry")
    >>> len(select_walkable(flight.assign(kind="steps"), WalkingCosts(3.6, stairs="closed")))
    0
    """
    kept = streets[~_is_stairs(streets)] if costs.stairs == "closed" else streets
    if not costs.slope:
        return kept
    return gpd.GeoDataFrame(
        kept.set_geometry(shapely.segmentize(kept.geometry.array, costs.step_m), crs=streets.crs)
    )


def compute_cost_factors(
    network: WalkingNetwork, streets: gpd.GeoDataFrame, costs: WalkingCosts, heights: Heights | None = None
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Compute the cost metres per metre of each segment.

    The factors of class and slope are multiplied. Slow stairs have their own factor instead of both. The wait at a
    crossing is spread over the length of its street row, so that a row counts once, whatever its vertices.

    Parameters
    ----------
    network
        Built from `streets`.
    streets
        With the columns `kind`, `crossing` and `structure` ("bridge", "tunnel") as far as the costs use them.
    costs
        Cost settings.
    heights
        Terrain, for slope.

    Returns
    -------
    factor
        Along (0) and against (1) each segment as it is drawn, shape (segments, 2).
    without_height
        Streets with segments of unknown height, which are taken as level, shape (streets,).

    References
    ----------
    .. [1] Tobler, W. (1993). Three presentations on geographical analysis and modeling. NCGIA Technical Report
       93-1.
    """
    street = network.edge_street[network.segment_edge]
    factor = np.ones((len(street), 2))
    without_height = np.zeros(len(streets), dtype=bool)
    if costs.slope and heights is not None:
        slope = _slopes(network, street, _is_off_ground(streets), heights)
        without_height[street[np.isnan(slope)]] = True
        slope = np.nan_to_num(slope, nan=0.0)
        factor *= np.column_stack([default_tobler().factor(slope), default_tobler().factor(-slope)])
    if costs.class_kmh:
        speed = streets["kind"].map(dict(costs.class_kmh)).fillna(costs.speed_kmh).to_numpy(dtype=np.float64)
        factor *= (costs.speed_kmh / speed)[street][:, None]
    if costs.stairs == "slow":
        factor[_is_stairs(streets)[street]] = cost_figures()["stairs"]["cost_factor"]
    if costs.crossing_s:
        wait_s = streets["crossing"].map(dict(costs.crossing_s)).fillna(0.0).to_numpy(dtype=np.float64)
        wait_m = wait_s * costs.speed_kmh * 1000 / HOUR_S
        length_m = np.bincount(street, weights=network.segment_m, minlength=len(streets))
        factor += (wait_m[street] / length_m[street])[:, None]
    return factor, without_height


def find_unused_names(streets: gpd.GeoDataFrame, column: str, names: Collection[str]) -> tuple[str, ...]:
    """Return the names with a cost that no street has, in the order of the settings."""
    present = set(streets[column]) if column in streets.columns else set()
    return tuple(name for name in names if name not in present)


def _is_stairs(streets: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    is_stairs: NDArray[np.bool_] = streets["kind"].isin(cost_figures()["stairs"]["kinds"]).to_numpy()
    return is_stairs


def _is_off_ground(streets: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    if "structure" not in streets.columns:
        return np.zeros(len(streets), dtype=bool)
    is_off_ground: NDArray[np.bool_] = streets["structure"].isin(OFF_GROUND).to_numpy()
    return is_off_ground


def _slopes(
    network: WalkingNetwork, street: IndexArray, is_off_ground: NDArray[np.bool_], heights: Heights
) -> FloatArray:
    """Return rise over run along each segment as it is drawn, NaN if unknown, shape (segments,)."""
    ends = network.segment_xy.reshape(-1, 2)
    height = heights(ends).reshape(-1, 2)
    # Runs of segments that follow on one another: a bridge rises evenly from its first place to its last.
    follows = np.zeros(len(street), dtype=bool)
    follows[1:] = (street[1:] == street[:-1]) & (network.segment_xy[1:, :2] == network.segment_xy[:-1, 2:]).all(
        axis=1
    )
    alone = ~(follows & is_off_ground[street])
    run = np.cumsum(alone) - 1
    first = np.flatnonzero(alone)
    last = np.concatenate([first[1:], [len(street)]])[: len(first)] - 1
    length_m = np.bincount(run, weights=network.segment_m, minlength=len(first))
    slope: FloatArray = ((height[last, 1] - height[first, 0]) / length_m)[run]
    return slope
