"""One choice for several states of the world: walking profiles, closed gates, other populations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from planner.messages.errors import Issue
from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import check_names, check_not_negative, check_positions, raise_issues
from planner.siting.models.maximal_covering import maximal_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.solution import Solution, Status, status_of
from planner.siting.solvers.balanced import BalancedResult, ServedSums, maximise_smallest_sum, merge_equal_rows
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.precompile import start_deadline

RULES = ("worst people", "worst regret", "expected")


@dataclass(frozen=True, slots=True, eq=False)
class RobustPlan:
    """A choice made for all scenarios.

    Attributes
    ----------
    rule
        ``"worst people"``, ``"worst regret"`` or ``"expected"``.
    sites
        The chosen columns, without fixed ones, ascending.
    value
        People served in the worst scenario; the largest regret, people; or the expected number of people.
    bound
        No choice is better than this.
    status
        As in `Solution`.
    people
        People served in each scenario.
    """

    rule: str
    sites: tuple[int, ...]
    value: float
    bound: float
    status: Status
    people: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class RegretTable:
    """How every plan fares in every scenario.

    Attributes
    ----------
    plans
        Names of the plans.
    scenarios
        Names of the scenarios.
    people
        People served, shape (plans, scenarios).
    regret
        People fewer than the best plan for that scenario serves, shape (plans, scenarios).
    regret_bound
        The same against the bound of that scenario: the regret is at most so much.
    """

    plans: tuple[str, ...]
    scenarios: tuple[str, ...]
    people: FloatArray
    regret: FloatArray
    regret_bound: FloatArray


def solve_scenarios(
    scenarios: Mapping[str, CoverageMatrix], choice: SelectionConstraints, *, seconds: float, seed: int = 0
) -> dict[str, Solution]:
    """Answer maximal covering for every scenario by itself."""
    clock, answers = start_deadline(seconds), {}
    for left, (name, covering) in zip(range(len(scenarios), 0, -1), scenarios.items(), strict=True):
        answers[name] = maximal_covering(covering, choice, seconds=clock.left / left, seed=seed)
    return answers


def regret_table(
    scenarios: Mapping[str, CoverageMatrix],
    plans: Mapping[str, tuple[int, ...]],
    best: Mapping[str, Solution],
    choice: SelectionConstraints,
) -> RegretTable:
    """Judge plans in every scenario against the best plan for it.

    Examples
    --------
    >>> dry = CoverageMatrix(csr_array(np.array([[1, 0], [1, 1]], dtype=bool)), np.array([5.0, 4.0]))
    >>> wet = CoverageMatrix(csr_array(np.array([[0, 0], [0, 1]], dtype=bool)), np.array([5.0, 4.0]))
    >>> worlds = {"dry": dry, "wet": wet}
    >>> best = solve_scenarios(worlds, SelectionConstraints(sites=1), seconds=9)
    >>> regret_table(worlds, {"a": (0,), "b": (1,)}, best, SelectionConstraints(sites=1)).regret
    array([[0., 4.],
           [5., 0.]])
    """
    raise_issues(_same_columns(scenarios))
    for covering in scenarios.values():
        columns = covering.covers.shape[1]
        raise_issues(
            choice.issues(columns), *(check_positions(name, sites, columns) for name, sites in plans.items())
        )
    raise_issues(check_names("best", scenarios, best))
    fixed = choice.fixed_columns()
    people = np.array(
        [
            [
                _served(covering, np.concatenate([fixed, np.array(sites, dtype=np.int64)]))
                for covering in scenarios.values()
            ]
            for sites in plans.values()
        ]
    ).reshape(len(plans), len(scenarios))
    top = np.array([best[name].objective for name in scenarios])
    bound = np.array([best[name].bound for name in scenarios])
    return RegretTable(tuple(plans), tuple(scenarios), people, top - people, bound - people)


def solve_robust(
    scenarios: Mapping[str, CoverageMatrix],
    choice: SelectionConstraints,
    best: Mapping[str, Solution],
    *,
    rule: str,
    seconds: float,
    probability: Mapping[str, float] | None = None,
    seed: int = 0,
) -> RobustPlan:
    r"""Choose the same sites for all scenarios.

    ``"worst people"`` maximises the people served in the scenario in which they are fewest; ``"worst regret"``
    minimises the largest shortfall against the best plan of each scenario (Savage); ``"expected"`` maximises the
    mean by `probability`, equal unless given. Columns are the same in all scenarios.

    Parameters
    ----------
    scenarios
        Who is served by what in each, by its name.
    choice
        What may be chosen.
    best
        The best plan of each scenario, from `solve_scenarios`.
    rule
        One of the three.
    probability
        Of each scenario, for ``"expected"``.
    seconds, seed
        As in `maximal_covering`.

    Raises
    ------
    SitingError
        There is no such rule, no scenario, or one without its best plan or its probability.

    Examples
    --------
    >>> dry = CoverageMatrix(csr_array(np.array([[1, 0], [1, 1]], dtype=bool)), np.array([5.0, 4.0]))
    >>> wet = CoverageMatrix(csr_array(np.array([[0, 0], [0, 1]], dtype=bool)), np.array([5.0, 4.0]))
    >>> worlds = {"dry": dry, "wet": wet}
    >>> best = solve_scenarios(worlds, SelectionConstraints(sites=1), seconds=9)
    >>> [solve_robust(worlds, SelectionConstraints(sites=1), best, rule=rule, seconds=9).sites
    ...  for rule in ("worst people", "worst regret", "expected")]
    [(1,), (0,), (0,)]
    """
    raise_issues(
        check_names("rule", [rule], RULES),
        check_names("best", scenarios, best),
        check_names("probability", scenarios, scenarios if probability is None else probability),
        check_not_negative("probability", [] if probability is None else list(probability.values())),
        () if scenarios else [Issue("siting_nobody", {"part": "scenarios"})],
        _same_columns(scenarios),
    )
    clock, names = start_deadline(seconds), list(scenarios)
    fixed = choice.fixed_columns()
    if rule == "expected":
        share = {name: 1 / len(names) for name in names} if probability is None else probability
        stacked = CoverageMatrix(
            csr_array(vstack([scenarios[name].covers for name in names], format="csr")),
            np.concatenate([scenarios[name].weight * share[name] for name in names]),
        )
        answer = maximal_covering(stacked, choice, seconds=clock.left, seed=seed)
        return _robust(
            scenarios, fixed, rule, np.array(answer.sites, dtype=np.int64), answer.objective, answer.bound
        )
    offset = (
        np.zeros(len(names)) if rule == "worst people" else -np.array([best[name].objective for name in names])
    )
    found = _most_even(scenarios, choice, offset, best, clock)
    chosen = np.zeros(0, dtype=np.int64) if found.chosen is None else found.chosen
    sign = 1.0 if rule == "worst people" else -1.0
    bound = found.bound if rule == "worst people" else min(found.bound, 0.0)
    return _robust(scenarios, fixed, rule, chosen, sign * found.value + 0.0, sign * bound + 0.0)


def _same_columns(scenarios: Mapping[str, CoverageMatrix]) -> list[Issue]:
    """Return that a plan cannot be one for all scenarios: they have other candidates."""
    counts = {name: covering.covers.shape[1] for name, covering in scenarios.items()}
    first = next(iter(counts.values()), 0)
    return [
        Issue("siting_shape", {"part": name, "found": count, "expected": first})
        for name, count in counts.items()
        if count != first
    ]


def _most_even(
    scenarios: Mapping[str, CoverageMatrix],
    choice: SelectionConstraints,
    offset: FloatArray,
    best: Mapping[str, Solution],
    clock: Deadline,
) -> BalancedResult:
    stacked = csr_array(vstack([covering.covers for covering in scenarios.values()], format="csr"))
    distinct, which = merge_equal_rows(stacked)
    scenario = np.repeat(np.arange(len(scenarios)), [len(one.weight) for one in scenarios.values()])
    weight = np.concatenate([covering.weight for covering in scenarios.values()])
    parts = csr_array((weight, (scenario, np.arange(len(weight)))), shape=(len(scenarios), len(weight)))
    sums = ServedSums(distinct, csr_array(parts @ which), offset)
    starts = [np.array(best[name].sites, dtype=np.int64) for name in scenarios]
    room = choice.room(stacked.shape[1])
    return maximise_smallest_sum(sums, room, choice.fixed_columns(), clock, starts=starts)


def _robust(
    scenarios: Mapping[str, CoverageMatrix],
    fixed: IndexArray,
    rule: str,
    chosen: IndexArray,
    value: float,
    bound: float,
) -> RobustPlan:
    opened = np.concatenate([fixed, chosen])
    people = {name: _served(covering, opened) for name, covering in scenarios.items()}
    sites = tuple(int(site) for site in np.sort(chosen))
    return RobustPlan(rule, sites, value, bound, status_of(value, bound), people)


def _served(covering: CoverageMatrix, columns: IndexArray) -> float:
    served = np.asarray(covering.covers[:, columns].sum(axis=1)).ravel() > 0
    return float(covering.weight[served].sum())
