"""Density clustering of places by walking distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from planner.network.snapping import SnappedPoints
from planner.network.walker import Walker

NOISE = -1
"""The label of a place in no cluster."""

SAME_SPOT_M = 1e-6
APART_M = 1e7
"""Stands for no walk where the method needs a number: a quarter of the globe."""


def walk_distances(walker: Walker, places: SnappedPoints, *, within_m: float) -> csr_array:
    """Compute the walking distances between places at most `within_m` apart.

    Parameters
    ----------
    walker
        Network and walk; the metres do not depend on the speed.
    places
        The snapped places.
    within_m
        Greatest distance, cost metres, inclusive.

    Returns
    -------
    metres
        Cost metres, in the longer direction, shape (places, places), symmetric; a pair that is not stored is
        farther apart. Each place is 0 from itself, and 0 m between two places is stored.
    """
    walk = walker.walk
    times = walker.times(places, places, within_min=walk.minutes(within_m))
    count = len(places.xy)
    metres = times.minutes * walk.metres(1.0)
    pair = times.facility * count + times.demand
    order = np.argsort(pair, kind="stable")
    pair, metres = pair[order], metres[order]
    # The longer direction counts: they differ where streets are steep, else in the last bits.
    back = (pair % count) * count + pair // count if count else pair
    at = np.searchsorted(pair, back)
    both = (
        (at < len(pair)) & (pair[np.minimum(at, len(pair) - 1)] == back) if len(pair) else np.zeros(0, dtype=bool)
    )
    apart = (pair // max(count, 1)) != (pair % max(count, 1))
    kept = both & apart
    symmetric = np.maximum(metres[kept], metres[np.minimum(at, max(len(pair) - 1, 0))][kept])
    own = np.arange(count)
    # A place that reaches no street is alone, 0 m from itself like all.
    return coo_array(
        (
            np.concatenate([symmetric, np.zeros(count)]),
            (
                np.concatenate([pair[kept] // max(count, 1), own]),
                np.concatenate([pair[kept] % max(count, 1), own]),
            ),
        ),
        shape=(count, count),
    ).tocsr()


def dbscan(metres: csr_array, *, within_m: float, min_places: int) -> NDArray[np.int64]:
    """Cluster places by DBSCAN.

    A place with at least `min_places` places within `within_m` on foot, itself included, is a core. Cores within
    reach of one another are one cluster; any other place belongs to the cluster of a core within reach, to that
    with the lower number where several are, else to none.

    Parameters
    ----------
    metres
        As `walk_distances`.
    within_m
        The reach, metres, inclusive.
    min_places
        Number that makes a core.

    Returns
    -------
    labels
        0, 1, … in the order of the clusters' first places; -1 in none, shape (places,).

    References
    ----------
    .. [1] Ester, M., Kriegel, H.-P., Sander, J., Xu, X. (1996). A density-based algorithm for discovering clusters
       in large spatial databases with noise. KDD-96.

    Examples
    --------
    >>> apart = np.abs(np.subtract.outer([0.0, 1.0, 2.0, 9.0], [0.0, 1.0, 2.0, 9.0]))
    >>> dbscan(csr_array(apart), within_m=1.0, min_places=2).tolist()
    [0, 0, 0, -1]
    """
    from sklearn.cluster import DBSCAN
    from sklearn.neighbors import sort_graph_by_row_values

    if metres.shape[0] == 0:
        return np.zeros(0, dtype=np.int64)
    # Up to scikit-learn 1.9.0 an order of its own is a warning.
    stored = sort_graph_by_row_values(_with_diagonal(metres), copy=True, warn_when_not_sorted=False)
    # A tenth of a millimetre: sums of doubles along a path that is exactly as long may come out above.
    reach = within_m + 1e-4
    model = DBSCAN(eps=reach, min_samples=min_places, metric="precomputed")
    return np.asarray(model.fit_predict(stored), dtype=np.int64)


def hdbscan(metres: csr_array, *, min_places: int) -> NDArray[np.int64]:
    """Cluster places by HDBSCAN*: as DBSCAN over all distances, keeping the clusters that last longest.

    Places that are not joined by stored walks are never one cluster. Every set of joined places may be one cluster
    as a whole. A place with fewer than `min_places` places within the stored walks, itself included, is in none.

    Parameters
    ----------
    metres
        As `walk_distances`; how far these look is the farthest that two neighbours can be apart.
    min_places
        Smallest cluster, and number of places around a dense one.

    Returns
    -------
    labels
        0, 1, … in the order of the clusters' first places; -1 in none, shape (places,).

    References
    ----------
    .. [1] Campello, R. J. G. B., Moulavi, D., Sander, J. (2013). Density-based clustering based on hierarchical
       density estimates. PAKDD 2013.
    """
    from sklearn.cluster import HDBSCAN

    reachability, dense = _mutual_reachability(_with_diagonal(metres), min_places)
    labels = np.full(metres.shape[0], NOISE, dtype=np.int64)
    from scipy.sparse.csgraph import connected_components

    pieces, piece = connected_components(reachability, directed=False)
    for number in range(pieces):
        joined = dense[piece == number]
        if len(joined) < min_places:
            continue
        # The walks are mutual reachability already, so each place is its own nearest.
        model = HDBSCAN(min_cluster_size=min_places, min_samples=1, metric="precomputed", copy=True)
        own = reachability[piece == number][:, piece == number]
        cluster_labels = model.fit_predict(_with_anchor(own, min_places))[: len(joined)]
        labels[joined] = np.where(cluster_labels == NOISE, NOISE, cluster_labels + labels.max() + 1)
    return _renumbered(labels)


def _mutual_reachability(stored: csr_array, min_places: int) -> tuple[csr_array, NDArray[np.int64]]:
    """Return the mutual reachability of the places with enough others around them, and which these are.

    It is the greatest of the walk between two places and of how far each must go to have `min_places` around it,
    itself included.
    """
    dense = np.flatnonzero(np.diff(stored.indptr) >= min_places)
    core_m = np.array(
        [np.partition(stored.data[stored.indptr[i] : stored.indptr[i + 1]], min_places - 1)[min_places - 1]
         for i in dense.tolist()], dtype=np.float64
    )  # fmt: skip
    among = stored[dense][:, dense].tocoo()
    apart = among.row != among.col
    row, column = among.row[apart], among.col[apart]
    metres = np.maximum(np.maximum(core_m[row], core_m[column]), among.data[apart])
    # A stored zero would be no edge to the spanning tree.
    metres = np.maximum(metres, SAME_SPOT_M)
    return coo_array((metres, (row, column)), shape=among.shape).tocsr(), dense


def _with_diagonal(metres: csr_array) -> csr_array:
    """Return the walks with every place 0 m from itself as a stored value."""
    stored = metres.tocoo()
    apart = stored.row != stored.col
    own = np.arange(metres.shape[0])
    return coo_array(
        (
            np.concatenate([stored.data[apart], np.zeros(len(own))]),
            (np.concatenate([stored.row[apart], own]), np.concatenate([stored.col[apart], own])),
        ),
        shape=metres.shape,
    ).tocsr()


def _with_anchor(stored: csr_array, min_places: int) -> csr_array:
    """Return the walks of joined places, and far away one cluster more.

    scikit-learn never takes all that it is given for one cluster; beside another one, these places are a part of
    the whole, and may be one cluster like any other part.
    """
    count = stored.shape[0]
    places = stored.tocoo()
    first, second = np.triu_indices(min_places, k=1)
    every = np.arange(count + min_places)
    return coo_array(
        (
            np.concatenate([places.data, np.ones(2 * len(first)), np.full(2, APART_M), np.zeros(len(every))]),
            (
                np.concatenate([places.row, count + first, count + second, [0, count], every]),
                np.concatenate([places.col, count + second, count + first, [count, 0], every]),
            ),
        ),
        shape=(count + min_places,) * 2,
    ).tocsr()


def _renumbered(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Renumber clusters in the order of their first places."""
    seen: dict[int, int] = {}
    for label in labels.tolist():
        if label != NOISE:
            seen.setdefault(label, len(seen))
    return np.array([seen.get(label, NOISE) for label in labels.tolist()], dtype=np.int64)
