"""One choice for several circumstances, by hand: the worst, the largest regret, and what is expected."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from planner.messages.errors import SitingError
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.robustness import regret_table, solve_robust, solve_scenarios


def covering(*columns: tuple[int, ...], people: tuple[float, ...]) -> CoverageMatrix:
    """Return who is served: each column lists its rows."""
    table = np.zeros((len(people), len(columns)), dtype=bool)
    for place, rows in enumerate(columns):
        table[list(rows), place] = True
    return CoverageMatrix(csr_array(table), np.array(people))


DRY = covering((0,), (1,), (2,), people=(60.0, 50.0, 40.0))
WET = covering((0,), (1,), (0, 2), people=(10.0, 45.0, 20.0))
SNOW = covering((1,), (0,), (2,), people=(30.0, 20.0, 24.0))
WORLDS = {"dry": DRY, "wet": WET, "snow": SNOW}
"""People served by each of three sites: 60, 50, 40 in dry; 10, 45, 30 in wet; 20, 30, 24 in snow."""
ONE = SelectionConstraints(sites=1)
PLANS = {"a": (0,), "b": (1,), "c": (2,), "ac": (0, 2), "none": ()}


def test_the_best_of_each() -> None:
    best = solve_scenarios(WORLDS, ONE, time_limit_s=9, seed=4)
    assert {name: (answer.sites, answer.objective) for name, answer in best.items()} == {
        "dry": ((0,), 60.0),
        "wet": ((1,), 45.0),
        "snow": ((1,), 30.0),
    }
    assert [(answer.status, answer.seed, answer.bound) for answer in best.values()] == [
        ("optimal", 4, 60.0),
        ("optimal", 4, 45.0),
        ("optimal", 4, 30.0),
    ]


def test_every_plan_in_every_circumstance() -> None:
    table = regret_table(WORLDS, PLANS, solve_scenarios(WORLDS, ONE, time_limit_s=9), ONE)
    assert (table.plans, table.scenarios) == (("a", "b", "c", "ac", "none"), ("dry", "wet", "snow"))
    assert table.people.tolist() == [
        *([60.0, 10.0, 20.0], [50.0, 45.0, 30.0], [40.0, 30.0, 24.0]),
        *([100.0, 30.0, 44.0], [0.0, 0.0, 0.0]),
    ]
    assert table.regret.tolist() == [
        *([0.0, 35.0, 10.0], [10.0, 0.0, 0.0], [20.0, 15.0, 6.0]),
        *([-40.0, 15.0, -14.0], [60.0, 45.0, 30.0]),
    ]
    assert table.regret_bound.tolist() == table.regret.tolist()
    empty = regret_table(WORLDS, {}, solve_scenarios(WORLDS, ONE, time_limit_s=9), ONE)
    assert empty.people.shape == (0, 3)


def test_open_centres_serve_in_every_plan() -> None:
    fixed = SelectionConstraints(sites=1, fixed=(2,))
    table = regret_table(WORLDS, {"a": (0,), "none": ()}, solve_scenarios(WORLDS, fixed, time_limit_s=9), fixed)
    assert table.people.tolist() == [[100.0, 30.0, 44.0], [40.0, 30.0, 24.0]]
    # The best beside C: A in dry (100), B in wet (75) and in snow (54).
    assert table.regret.tolist() == [[0.0, 45.0, 10.0], [60.0, 45.0, 30.0]]


@pytest.mark.parametrize(
    ("rule", "sites", "value"),
    [
        # The fewest are 10, 30 and 24.
        ("worst people", (1,), 30.0),
        # The largest regrets are 35, 10 and 20.
        ("worst regret", (1,), 10.0),
        # 90, 125 and 94 in all.
        ("expected", (1,), 125 / 3),
    ],
)
def test_one_site_for_all(rule: str, sites: tuple[int, ...], value: float) -> None:
    best = solve_scenarios(WORLDS, ONE, time_limit_s=9)
    found = solve_robust(WORLDS, ONE, best, rule=rule, time_limit_s=9)
    assert (found.rule, found.sites, found.status) == (rule, sites, "optimal")
    assert (found.value, found.bound) == (pytest.approx(value), pytest.approx(value))
    assert found.people == {"dry": 50.0, "wet": 45.0, "snow": 30.0}


@pytest.mark.parametrize(
    ("rule", "sites", "value"),
    [
        # A and B: 110, 55, 50. A and C: 100, 30, 44. B and C: 90, 75, 54.
        ("worst people", (1, 2), 54.0),
        # The best are 110, 75 and 54: regrets of 20, 45 and 20.
        ("worst regret", (0, 1), 20.0),
        ("expected", (1, 2), 219 / 3),
    ],
)
def test_two_sites_for_all(rule: str, sites: tuple[int, ...], value: float) -> None:
    two = SelectionConstraints(sites=2)
    found = solve_robust(WORLDS, two, solve_scenarios(WORLDS, two, time_limit_s=9), rule=rule, time_limit_s=9)
    assert found.value == pytest.approx(value)
    if rule == "worst regret":
        # A and B, and B and C, regret 20 both.
        assert found.sites in ((0, 1), (1, 2))
    else:
        assert found.sites == sites


def test_what_is_likely_counts_more() -> None:
    best = solve_scenarios(WORLDS, ONE, time_limit_s=9)
    dry = {"dry": 0.8, "wet": 0.1, "snow": 0.1}
    found = solve_robust(WORLDS, ONE, best, rule="expected", time_limit_s=9, probability=dry)
    # A 51, B 47.5, C 37.4.
    assert (found.sites, found.value, found.bound) == ((0,), pytest.approx(51.0), pytest.approx(51.0))
    assert found.people == {"dry": 60.0, "wet": 10.0, "snow": 20.0}


@pytest.mark.parametrize("rule", ["worst people", "worst regret", "expected"])
def test_open_centres_count_in_every_rule(rule: str) -> None:
    """C is open. Beside it A gives 100, 30, 44 and B gives 90, 75, 54; the best are 100, 75 and 54."""
    fixed = SelectionConstraints(sites=1, fixed=(2,))
    found = solve_robust(WORLDS, fixed, solve_scenarios(WORLDS, fixed, time_limit_s=9), rule=rule, time_limit_s=9)
    assert found.sites == (1,)
    assert found.people == {"dry": 90.0, "wet": 75.0, "snow": 54.0}
    assert found.value == pytest.approx({"worst people": 54.0, "worst regret": 10.0, "expected": 73.0}[rule])


def test_no_regret_is_no_less_than_none() -> None:
    found = solve_robust(
        {"dry": DRY}, ONE, solve_scenarios({"dry": DRY}, ONE, time_limit_s=9), rule="worst regret", time_limit_s=9
    )
    assert (found.sites, found.value, found.bound, found.status) == ((0,), 0.0, 0.0, "optimal")
    assert str(found.value) == "0.0"
    assert str(found.bound) == "0.0"


def refused(**changed: object) -> list[str]:
    best = solve_scenarios(WORLDS, ONE, time_limit_s=9)
    given: dict[str, object] = {
        "scenarios": WORLDS,
        "constraints": ONE,
        "best": best,
        "rule": "expected",
        "time_limit_s": 9,
    }
    with pytest.raises(SitingError) as caught:
        solve_robust(**(given | changed))  # type: ignore[arg-type]
    return [str(issue.values.get("part", "")) for issue in caught.value.issues]


def test_what_cannot_be_asked_is_refused() -> None:
    best = solve_scenarios(WORLDS, ONE, time_limit_s=9)
    assert refused(rule="mean") == ["rule"]
    assert refused(best={"dry": best["dry"]}) == ["best"]
    assert refused(probability={"dry": 1.0}) == ["probability"]
    assert refused(probability={"dry": 1.0, "wet": -1.0, "snow": 1.0}) == ["probability"]
    assert refused(scenarios={}) == ["scenarios"]
    with pytest.raises(SitingError) as caught:
        regret_table(WORLDS, {"far": (3,)}, best, ONE)
    assert "far" in str([issue.values for issue in caught.value.issues])
    with pytest.raises(SitingError) as missing:
        regret_table(WORLDS, {"a": (0,)}, {"dry": best["dry"]}, ONE)
    assert [issue.values["part"] for issue in missing.value.issues] == ["best"]
