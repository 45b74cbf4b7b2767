"""Weighted k-means: the places nearest to which, on average, people live.

The method of scikit-learn's KMeans with its settings, made here because that library takes longer to import than a
district takes to cluster; tests hold it against theirs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]
Labels = NDArray[np.int64]

STARTS, MOST_ROUNDS, TOLERANCE = 4, 300, 1e-4
"""How often it begins anew, how many rounds each, and at which movement it rests, as a share of the variance."""

AT_ONCE = 256
"""Points whose distances to all middles are held at once."""


def k_means(xy: Places, weight: NDArray[np.float64], *, clusters: int, seed: int) -> tuple[Places, Labels]:
    """Return the middles of clusters, and to which each point belongs.

    The best of some starts by greedy k-means++, each followed by Lloyd's rounds [1]_, [2]_. All sums are in the
    order of the points, so that the same points give the same bits.

    Parameters
    ----------
    xy
        Points, metres, shape (points, 2).
    weight
        What each counts, at least one of them more than nothing.
    clusters
        How many, no more than there are distinct points.
    seed
        Of the starts.

    Returns
    -------
    middles
        Shape (clusters, 2).
    label
        The nearest middle of each point.

    References
    ----------
    .. [1] Lloyd, S. (1982). Least squares quantization in PCM. IEEE Transactions on Information Theory 28.
    .. [2] Arthur, D., Vassilvitskii, S. (2007). k-means++: the advantages of careful seeding. SODA.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [2.0, 0.0], [50.0, 0.0]])
    >>> middles, label = k_means(xy, np.array([3.0, 1.0, 1.0]), clusters=2, seed=1)
    >>> sorted(middles.tolist()), bool(label[0] == label[1] != label[2])
    ([[0.5, 0.0], [50.0, 0.0]], True)
    """
    mean = xy.mean(axis=0)
    # Large coordinates leave their mean a little beside nought.
    points, generator = xy - mean, np.random.RandomState(seed)
    beside = points.mean(axis=0)
    points -= beside
    rest = float(points.var(axis=0).mean()) * TOLERANCE
    best: tuple[Places, Labels] | None = None
    least = np.inf
    for _ in range(STARTS):
        middles, label = _settled(points, weight, _begun(points, weight, clusters, generator), rest)
        spread = float((((points - middles[label]) ** 2).sum(axis=1) * weight).sum())
        # A renumbering of the same clusters can be better by a rounding error only.
        if best is None or (spread < least and not _same(label, best[1])):
            best, least = (middles, label), spread
    assert best is not None  # noqa: S101 - there is at least one start
    return best[0] + beside + mean, best[1]


def _begun(points: Places, weight: NDArray[np.float64], clusters: int, generator: np.random.RandomState) -> Places:
    """Choose the first middles among the points, the better the farther from those chosen: greedy k-means++."""
    norms = np.einsum("ij,ij->i", points, points)
    tries = 2 + int(np.log(clusters))
    chosen = [int(generator.choice(len(points), p=weight / weight.sum()))]
    nearest = _squares(points[chosen], points, norms)[0]
    spread = float(nearest @ weight)
    for _ in range(1, clusters):
        drawn = np.searchsorted(np.cumsum(weight * nearest), generator.uniform(size=tries) * spread)
        drawn = np.minimum(drawn, len(points) - 1)
        after = np.minimum(nearest, _squares(points[drawn], points, norms))
        spreads = (after @ weight[:, None])[:, 0]
        best = int(np.argmin(spreads))
        nearest, spread = after[best], float(spreads[best])
        chosen.append(int(drawn[best]))
    return points[chosen]


def _squares(some: Places, points: Places, norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squared distances between some points and all, shape (some, points)."""
    squares = -2.0 * (some @ points.T)
    squares += np.einsum("ij,ij->i", some, some)[:, None]
    squares += norms
    return np.maximum(squares, 0.0)


def _settled(points: Places, weight: NDArray[np.float64], middles: Places, rest: float) -> tuple[Places, Labels]:
    """Move middles to the mean of what is nearest to them, until nothing changes any more."""
    before = np.full(len(points), -1)
    for _ in range(MOST_ROUNDS):
        label = _nearest(points, middles)
        moved = _means(points, weight, label, middles)
        shift = ((moved - middles) ** 2).sum()
        middles = moved
        if (label == before).all():
            return middles, label
        if shift <= rest:
            break
        before = label
    return middles, _nearest(points, middles)


def _nearest(points: Places, middles: Places) -> Labels:
    norms = np.einsum("ij,ij->i", middles, middles)
    label = np.empty(len(points), dtype=np.int64)
    for first in range(0, len(points), AT_ONCE):
        rows = slice(first, first + AT_ONCE)
        label[rows] = (norms - 2.0 * (points[rows] @ middles.T)).argmin(axis=1)
    return label


def _means(points: Places, weight: NDArray[np.float64], label: Labels, middles: Places) -> Places:
    """Return the means of clusters; an empty one takes the point farthest from its middle for itself."""
    count = len(middles)
    total = np.bincount(label, weight, minlength=count)
    sums = np.column_stack([np.bincount(label, weight * along, minlength=count) for along in points.T])
    empty = np.flatnonzero(total == 0)
    if len(empty):
        far_m2 = ((points - middles[label]) ** 2).sum(axis=1)
        farthest = np.argsort(-far_m2, kind="stable")[: len(empty)]
        for place, point in zip(empty, farthest, strict=True):
            if far_m2[point] == 0:
                break
            alone, of_it = points[point] * weight[point], weight[point]
            sums[label[point]] -= alone
            total[label[point]] -= of_it
            sums[place], total[place] = alone, of_it
    means = middles.copy()
    held = total > 0
    means[held] = sums[held] * (1.0 / total[held])[:, None]
    return means


def _same(label: Labels, other: Labels) -> bool:
    """Tell whether two clusterings differ by the numbers of their clusters only."""
    pairs = len(np.unique(np.column_stack([label, other]), axis=0))
    return pairs == len(np.unique(label)) == len(np.unique(other))
