"""Weighted k-means: scikit-learn's own is the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from planner.siting.proposing.k_means import k_means


@pytest.mark.parametrize(("seed", "count", "clusters"), [(0, 40, 1), (1, 300, 12), (2, 900, 150), (3, 700, 699)])
def test_middles_and_clusters_are_those_of_scikit_learn(seed: int, count: int, clusters: int) -> None:
    random = np.random.default_rng(seed)
    xy = np.array([480_000, 4_390_000]) + random.uniform(0, 5000, (count, 2))
    weight = random.uniform(0, 90, count)
    middles, label = k_means(xy, weight, clusters=clusters, seed=seed)
    model = KMeans(clusters, n_init=4, random_state=seed)
    with threadpool_limits(1):
        theirs = model.fit_predict(xy - xy.mean(axis=0), sample_weight=weight)
    assert label.tolist() == theirs.tolist()
    np.testing.assert_allclose(middles, model.cluster_centers_ + xy.mean(axis=0), atol=1e-6)


def test_as_many_clusters_as_places_are_the_places() -> None:
    """Many people in one place leave clusters empty at first; none may stay so."""
    xy = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [9.0, 0.0], [9.0, 1.0]])
    middles, label = k_means(xy, np.array([5.0, 5.0, 0.0, 1.0, 1.0]), clusters=3, seed=0)
    assert sorted(middles.tolist()) == [[0.0, 0.0], [9.0, 0.0], [9.0, 1.0]]
    np.testing.assert_allclose(middles[label], xy)


def test_one_place_apart_gets_a_cluster_of_its_own() -> None:
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [5000.0, 0.0]])
    for seed in range(5):
        _, label = k_means(xy, np.ones(4), clusters=2, seed=seed)
        assert len(set(label[:3].tolist())) == 1
        assert label[3] != label[0]
