"""Street positions: the sets that no other contains, whatever the parts in which they are searched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.streets import WALK, grid, points_near
from planner.network.walker import Walker
from planner.siting.candidates import street_positions
from planner.siting.candidates.set_kernels import undominated_sets
from planner.siting.candidates.street_positions import propose_street_positions

sets_of_rows = st.lists(st.frozensets(st.integers(0, 7)), max_size=12)


@given(sets_of_rows)
def test_a_set_stays_unless_another_contains_it(sets: list[frozenset[int]]) -> None:
    size = np.array([len(one) for one in sets], dtype=np.int64)
    pointer = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    row = np.array([place for one in sets for place in sorted(one)], dtype=np.int32)
    keeps = undominated_sets(pointer, row, np.lexsort((np.arange(len(sets)), -size)), 8)
    expected = [
        bool(one) and not any(one < other or (one == other and place < here) for place, other in enumerate(sets))
        for here, one in enumerate(sets)
    ]
    assert keeps.tolist() == expected


@pytest.mark.parametrize("at_most", [7, 10**6])
def test_positions_do_not_depend_on_the_parts_in_which_they_are_searched(
    monkeypatch: pytest.MonkeyPatch, at_most: int
) -> None:
    network, random = grid(8), np.random.default_rng(3)
    walker = Walker(network, WALK)
    demand = walker.snap(points_near(network, 60, within_m=20.0, seed=5))
    people, limit_min = random.integers(0, 9, 60).astype(float), random.choice([2.0, 4.0], 60)
    lines = network.as_drawn.segment_lines()

    def positions() -> tuple[int, list[tuple[str, float, float]]]:
        found = propose_street_positions(demand, people, limit_min, walker, lines, at_most=at_most)
        return found.suffice, [(one.id, one.x_m, one.y_m) for one in found.candidates]

    whole = positions()
    assert whole[0] > len(whole[1]) == at_most or whole[0] == len(whole[1])
    monkeypatch.setattr(street_positions, "POSITIONS_AT_ONCE", 5)
    monkeypatch.setattr(street_positions, "BLOCK_M", 150.0)
    monkeypatch.setattr(street_positions, "MERGED_AT", 40)
    monkeypatch.setattr(street_positions, "POINTS_AT_ONCE", 7)
    assert positions() == whole
