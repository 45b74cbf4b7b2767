"""Candidates: clusters of uncovered people, tied to walkable street positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.walking.network import WalkingNetwork
from planner.walking.snapping import snap

POSITION_DIGITS = 2
"""Candidate positions are rounded to the centimetre, so that the last bits of a mean cannot change an answer."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """One clustering of the uncovered people: how many clusters, and from which seed."""

    clusters: int
    seed: int


def propose_candidates(
    uncovered: gpd.GeoDataFrame,
    network: WalkingNetwork,
    clusterings: Sequence[Clustering],
    *,
    access_m: float,
) -> gpd.GeoDataFrame:
    """Propose a position for the middle of each cluster of uncovered people.

    Weighted k-means: the middle is where the squared distances to the cluster's people are least. It is then moved
    to the nearest street position. A cluster knows nothing of walls and rivers: it proposes, it does not choose.

    Parameters
    ----------
    uncovered
        Demand points with people, in the network's CRS.
    network
        The streets.
    clusterings
        How many clusters to make, once or several times; more clusters than points are as many as points.
    access_m
        Passed on to snapping.

    Returns
    -------
    candidates
        One row a cluster: id (K<clusters>-<number>), clusters, people (of the cluster), moved_m (from its middle
        to the street), geometry.
    """
    xy = shapely.get_coordinates(uncovered.geometry.array)
    people = uncovered["people"].to_numpy()
    ids: list[str] = []
    clusters: list[int] = []
    of_people: list[float] = []
    middles: list[NDArray[np.float64]] = []
    for clustering in clusterings:
        centres, label = _k_means(xy, people, clustering)
        for place, number in enumerate(_in_order(centres), start=1):
            ids.append(f"K{clustering.clusters}-{place}")
            clusters.append(clustering.clusters)
            of_people.append(float(people[label == number].sum()))
            middles.append(centres[number])
    middle_xy = np.array(middles).reshape(-1, 2)
    snaps = snap(middle_xy, network, access_m=access_m)
    return gpd.GeoDataFrame(
        {"id": ids, "clusters": clusters, "people": of_people, "moved_m": snaps.nearest_m},
        geometry=gpd.points_from_xy(*np.round(snaps.nearest_xy, POSITION_DIGITS).T),
        crs=uncovered.crs,
    )


def _k_means(
    xy: NDArray[np.float64], people: NDArray[np.float64], clustering: Clustering
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    # scikit-learn takes longer to import than the rest of the planner together.
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    distinct = len(np.unique(xy, axis=0))
    model = KMeans(n_clusters=min(clustering.clusters, distinct), n_init=4, random_state=clustering.seed)
    # One thread: several add up in an order of their own, and the same study must give the same bytes.
    with threadpool_limits(limits=1):
        label = model.fit_predict(xy - xy.mean(axis=0), sample_weight=people)
    return model.cluster_centers_ + xy.mean(axis=0), label


def _in_order(centres: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give numbers to clusters from west to east, then south to north, whatever order the method left them in."""
    rounded = np.round(centres, POSITION_DIGITS)
    return np.lexsort((rounded[:, 1], rounded[:, 0]))
