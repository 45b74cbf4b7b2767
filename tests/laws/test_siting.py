from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from planner.siting.maximal_covering import maximal_covering, merge_rows, people_served, rank_sites


@st.composite
def instances(draw: st.DrawFn) -> tuple[csr_array, np.ndarray, int]:
    rows, columns = draw(st.integers(1, 12)), draw(st.integers(1, 8))
    cells = draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))
    people = draw(st.lists(st.integers(0, 30), min_size=rows, max_size=rows))
    sites = draw(st.integers(1, columns))
    return csr_array(np.array(cells).reshape(rows, columns)), np.array(people, dtype=float), sites


@settings(max_examples=60, deadline=None)
@given(instances())
def test_maximal_covering_equals_brute_force(instance: tuple[csr_array, np.ndarray, int]) -> None:
    covers, people, sites = instance
    best = max(
        people_served(covers, people, np.array(choice)) for choice in combinations(range(covers.shape[1]), sites)
    )
    proposal = maximal_covering(covers, people, sites=sites, seconds=20, study="test")
    assert proposal.people_gained == best
    assert proposal.bound == best
    assert proposal.status == "proven"
    assert sum(proposal.people_added) == proposal.people_gained
    assert list(proposal.people_added) == sorted(proposal.people_added, reverse=True)


@settings(max_examples=60, deadline=None)
@given(instances())
def test_merging_rows_changes_no_answer(instance: tuple[csr_array, np.ndarray, int]) -> None:
    covers, people, _ = instance
    rows, weight = merge_rows(covers, people)
    for site in range(covers.shape[1]):
        assert people_served(rows, weight, np.array([site])) == people_served(covers, people, np.array([site]))


@settings(max_examples=60, deadline=None)
@given(instances())
def test_greedy_is_between_the_optimum_and_its_guarantee(instance: tuple[csr_array, np.ndarray, int]) -> None:
    covers, people, sites = instance
    everywhere, added = rank_sites(covers, people, np.arange(covers.shape[1]))
    greedy = sum(added[:sites])
    optimum = maximal_covering(covers, people, sites=sites, seconds=20, study="test").people_gained
    assert (1 - 1 / np.e) * optimum - 1e-9 <= greedy <= optimum
    assert people_served(covers, people, np.array(everywhere[:sites])) == greedy


def hard_instance() -> tuple[csr_array, np.ndarray]:
    """Return 3,000 people points and 400 candidates that cover 8 % each at random: hours to prove."""
    random = np.random.default_rng(5)
    return csr_array(random.random((3000, 400)) < 0.02), random.integers(1, 100, 3000).astype(float)


def test_a_search_that_is_stopped_says_so_and_keeps_its_bound() -> None:
    covers, people = hard_instance()
    proposal = maximal_covering(covers, people, sites=40, seconds=2, study="test")
    assert proposal.status == "stopped"
    assert proposal.bound is not None
    assert proposal.bound > proposal.people_gained
    assert proposal.gap == pytest.approx(1 - proposal.people_gained / proposal.bound)
    assert proposal.bound <= people.sum()


def test_the_optimum_is_no_worse_than_the_clustering_on_the_haibowan_study(haibowan_plan: object) -> None:
    siting = haibowan_plan.siting
    clustering, optimum = siting.proposals
    assert clustering.bound is None
    assert clustering.status == "heuristic"
    assert optimum.status == "proven"
    assert optimum.people_gained > clustering.people_gained > 0
    assert optimum.bound == optimum.people_gained
    people = haibowan_plan.coverage.uncovered["people"].to_numpy()
    served = people_served(siting.covers, people, np.array(optimum.sites))
    assert served == optimum.people_gained
