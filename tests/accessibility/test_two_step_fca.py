"""Two-step floating catchments against PySAL `access`, and what they conserve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from access import weights
from access.fca import two_stage_fca

from planner.accessibility.two_step_fca import two_step_access
from planner.network.travel_times import TravelTimes

HOSPITALS = {"people": [100.0, 50.0, 10.0], "doctors": [15.0, 20.0, 100.0]}
"""The example that `access` brings with its tests: three tracts with people and doctors."""

SCENARIOS = {
    "gridlock": [[1, 80, 40], [80, 1, 40], [40, 40, 1]],
    "toll_lane_in": [[1, 80, 20], [80, 1, 20], [40, 40, 1]],
    "toll_lane_out": [[1, 80, 40], [80, 1, 40], [20, 20, 1]],
}
"""Travel costs there, from each tract (row) to each (column)."""


def as_times(cost: np.ndarray) -> TravelTimes:
    """Return a matrix of demand × facilities as travel times."""
    demand, facility = (index.ravel() for index in np.indices(cost.shape))
    order = np.lexsort((demand, facility))
    minutes = cost.ravel().astype(float)[order]
    return TravelTimes(facility[order], demand[order], minutes, cost.shape[1], cost.shape[0], np.inf)


def by_pysal(
    cost: np.ndarray, people: np.ndarray, supply: np.ndarray, zones: list[float], shares: list[float]
) -> np.ndarray:
    rows, columns = (index.ravel() for index in np.indices(cost.shape))
    costs = pd.DataFrame({"origin": rows, "dest": columns, "cost": cost.ravel().astype(float)})
    shared = two_stage_fca(
        pd.DataFrame({"demand": people}, index=pd.RangeIndex(len(people), name="geoid")),
        pd.DataFrame({"supply": supply}, index=pd.RangeIndex(len(supply), name="geoid")),
        costs,
        max_cost=zones[-1],
        demand_index=True,
        supply_index=True,
        weight_fn=None if shares == [1.0] else weights.step_fn(dict(zip(zones, shares, strict=True))),
    )
    return shared.reindex(range(len(people))).fillna(0.0).to_numpy()


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(
    ("zones", "shares"), [([40.0], [1.0]), ([60.0], [1.0]), ([10.0, 30.0, 60.0], [1.0, 0.68, 0.22])]
)
def test_it_is_what_pysal_finds_on_its_own_example(scenario: str, zones: list[float], shares: list[float]) -> None:
    cost, people, supply = np.array(SCENARIOS[scenario]), *map(np.array, HOSPITALS.values())
    found = two_step_access(as_times(cost), people, supply, zones_min=zones, weights=shares)
    np.testing.assert_allclose(found.access, by_pysal(cost, people, supply, zones, shares), rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("zones", "shares"), [([10.0], [1.0]), ([5.0, 10.0, 15.0], [1.0, 0.68, 0.22])])
def test_it_is_what_pysal_finds_on_random_cities(seed: int, zones: list[float], shares: list[float]) -> None:
    """Whole minutes, so that many walks end exactly at a limit."""
    random = np.random.default_rng(seed)
    cost = random.integers(1, 25, (60, 9)).astype(float)
    people, supply = random.integers(1, 90, 60).astype(float), random.uniform(50, 900, 9)
    found = two_step_access(as_times(cost), people, supply, zones_min=zones, weights=shares)
    np.testing.assert_allclose(found.access, by_pysal(cost, people, supply, zones, shares), rtol=1e-12)
    # What is shared out is what there is.
    assert (people * found.access).sum() == pytest.approx(supply[found.people > 0].sum())


def test_what_is_not_known_stays_so_and_nobody_gets_nothing() -> None:
    cost = np.array([[1.0, 1.0, 99.0], [99.0, 1.0, 99.0], [99.0, 99.0, 1.0]])
    found = two_step_access(
        as_times(cost), np.array([10.0, 20.0, 0.0]), np.array([np.nan, 60.0, 5.0]), zones_min=[5.0], weights=[1.0]
    )
    assert found.people.tolist() == [10.0, 30.0, 0.0]
    np.testing.assert_array_equal(found.ratio, [np.nan, 2.0, np.nan])
    np.testing.assert_array_equal(found.access, [np.nan, 2.0, 0.0])
