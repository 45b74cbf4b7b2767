"""Candidates from clusters: the middles of uncovered people, tied to walkable street positions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.accessibility.walk_clusters import NOISE, dbscan, hdbscan, walk_distances
from planner.network.walker import Walker
from planner.siting.candidates.candidate import Candidate, Source, make_ids_unique, place_id

POSITION_DIGITS = 2
"""Candidate positions are rounded to the centimetre, so that the last bits of a mean cannot change an answer."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """One clustering of the uncovered people: how many clusters, and from which seed."""

    clusters: int
    seed: int


@dataclass(frozen=True, slots=True)
class Grouping:
    """One clustering by walking distance: the method, how far apart neighbours are, and how many make a group."""

    method: str
    within_m: float
    least_points: int


def propose_middles(
    uncovered: gpd.GeoDataFrame,
    walker: Walker,
    clusterings: Sequence[Clustering],
) -> list[Candidate]:
    """Propose a position for the middle of each cluster of uncovered people.

    Weighted k-means: the middle is where the squared distances to the cluster's people are least. It is then moved
    to the nearest street position. A cluster knows nothing of walls and rivers: it proposes, it does not choose.

    Parameters
    ----------
    uncovered
        Demand points with people, in the network's CRS.
    walker
        Network and walk.
    clusterings
        How many clusters to make, once or several times; more clusters than points are as many as points.

    Returns
    -------
    candidates
        One a cluster, from west to east, with the people of its cluster; K and the sign of its place.
    """
    uncovered = _by_id(uncovered)
    xy = shapely.get_coordinates(uncovered.geometry.array)
    people = uncovered["people"].to_numpy()
    candidates: list[Candidate] = []
    for clustering in clusterings:
        centres, label = _k_means(xy, people, clustering)
        order = _in_order(centres)
        of_cluster = [float(people[label == number].sum()) for number in order]
        candidates += snap_to_streets(
            "K",
            "clusters",
            centres[order],
            walker,
            people=of_cluster,
            clusters=clustering.clusters,
        )
    return make_ids_unique(candidates)


def propose_dense(
    uncovered: gpd.GeoDataFrame,
    walker: Walker,
    grouping: Grouping,
) -> list[Candidate]:
    """Propose a position for the middle of each group of uncovered people who live close together on foot.

    DBSCAN or HDBSCAN on the walks between demand points, so that no group reaches across a river. The middle is
    the mean of the group's people, moved to the nearest street position.

    Parameters
    ----------
    uncovered
        Demand points with people.
    walker
        Network and walk.
    grouping
        How groups are made.

    Returns
    -------
    candidates
        One a group, from west to east; D and the sign of its place.
    """
    xy, people = shapely.get_coordinates(uncovered.geometry.array), uncovered["people"].to_numpy()
    metres = walk_distances(walker, walker.snap(uncovered), within_m=grouping.within_m)
    if grouping.method == "hdbscan":
        label = hdbscan(metres, min_places=grouping.least_points)
    else:
        label = dbscan(metres, within_m=grouping.within_m, min_places=grouping.least_points)
    groups = [label == number for number in range(int(label.max(initial=NOISE)) + 1)]
    groups = [rows for rows in groups if people[rows].sum() > 0]
    middles = np.array([np.average(xy[rows], axis=0, weights=people[rows]) for rows in groups]).reshape(-1, 2)
    order = _in_order(middles)
    return make_ids_unique(
        snap_to_streets(
            "D",
            "density",
            middles[order],
            walker,
            people=[float(people[groups[number]].sum()) for number in order],
        )
    )


def snap_to_streets(
    ids: str | Sequence[str],
    source: Source,
    xy: NDArray[np.float64],
    walker: Walker,
    *,
    people: Sequence[float] | None = None,
    clusters: int = 0,
    names: Sequence[str] | None = None,
) -> list[Candidate]:
    """Return candidates at the street positions nearest to places: with given ids, or a letter and the place."""
    snaps = walker.snap(xy.reshape(-1, 2))
    spots = np.round(snaps.nearest_xy, POSITION_DIGITS) + 0.0
    own = [place_id(ids, *spot) for spot in spots.tolist()] if isinstance(ids, str) else ids
    return [
        Candidate(
            id=ident,
            source=source,
            x_m=float(spots[place, 0]),
            y_m=float(spots[place, 1]),
            name="" if names is None else names[place],
            clusters=clusters,
            people=0.0 if people is None else people[place],
            moved_m=float(snaps.nearest_m[place]),
        )
        for place, ident in enumerate(own)
    ]


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


def _by_id(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return points in the order of their ids: k-means begins at random rows, whatever their order in a file."""
    if "id" not in points:
        return points
    keys = [_natural(ident) for ident in points["id"].astype(str)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return points.iloc[order]


def _natural(ident: str) -> tuple[tuple[bool, int, str], ...]:
    """Return a key by which B9 comes before B10, and what is alike but for leading zeros keeps an order."""
    parts = re.split(r"([0-9]+)", ident)
    return (*((part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts if part),)


def _in_order(centres: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give numbers to clusters from west to east, then south to north, whatever order the method left them in."""
    rounded = np.round(centres, POSITION_DIGITS)
    return np.lexsort((rounded[:, 1], rounded[:, 0]))
