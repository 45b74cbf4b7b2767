r"""Bundles: which rooms are taken, and which services go into each, for most people with most needs met.

.. math:: \max \sum_s \sum_i a_{is} x_{is}, \quad x_{is} \le \sum_{r: t_{ri} \le T_s} z_{rs}, \quad z_{rs} \le y_r,
   \quad \sum_s m_s z_{rs} \le M_r y_r, \quad \sum_r f_r y_r + \sum_{r, s} c_{rs} z_{rs} \le B

with rooms :math:`r` (existing premises are rooms that cost nothing to take), services :math:`s`, people
:math:`a_{is}` who lack a service, times its weight, floor areas :math:`m_s, M_r` and costs :math:`f_r, c_{rs}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from planner.messages.errors import Issue, SitingError
from planner.network.walk import FloatArray, IndexArray
from planner.siting.solution import Certificate, Certified
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.mip import BUDGET_TOLERANCE, MixedIntegerProgram, solve

CHOSEN = 0.5
"""A whole variable above this is 1."""


@dataclass(frozen=True, slots=True, eq=False)
class BundleProblem:
    """Rooms, services and people who lack them."""

    area_m2: FloatArray
    opening_cost: FloatArray
    """`area_m2`, `opening_cost`: Floor area of each room (`inf`: no limit), and what taking it costs, shape
    (rooms,)."""
    needed_m2: FloatArray
    """Floor area that each service takes up, shape (services,)."""
    fitting_cost: FloatArray
    """Cost of putting a service into a room, shape (rooms, services)."""
    allowed: NDArray[np.bool_]
    """Which service may go into which room, shape (rooms, services)."""
    reach: Sequence[tuple[IndexArray, IndexArray]]
    """For each service the pairs of a room and a demand row within its standard: positions of rooms, of rows."""
    weight: Sequence[FloatArray]
    """For each service the people at each demand row who lack it, times its weight."""
    budget: float = np.inf
    """What all may cost together; `inf`: no limit."""
    most_rooms: int | None = None
    """How many rooms may be taken; None: any number."""
    counted: NDArray[np.bool_] | None = None
    """Which rooms `most_rooms` is about; None: those that cost something to take, shape (rooms,)."""
    most_services: FloatArray | None = None
    """How many services each room may hold; None: any number, shape (rooms,)."""

    @property
    def n_rooms(self) -> int:
        """Number of rooms."""
        return len(self.area_m2)

    @property
    def n_services(self) -> int:
        """Number of services."""
        return len(self.needed_m2)

    def alone(self, service: int) -> BundleProblem:
        """Return the problem in which only one service may be placed."""
        only = np.zeros_like(self.allowed)
        only[:, service] = self.allowed[:, service]
        return replace(self, allowed=only)

    def apart(self) -> BundleProblem:
        """Return the problem in which every service takes rooms of its own: a room stands once for each."""
        rooms, services = self.allowed.shape
        of = np.repeat(np.arange(rooms), services)
        own = np.tile(np.arange(services), rooms)[:, None] == np.arange(services)
        pairs = [(room * services + number, row) for number, (room, row) in enumerate(self.reach)]
        return replace(
            self,
            area_m2=self.area_m2[of],
            opening_cost=self.opening_cost[of],
            fitting_cost=self.fitting_cost[of],
            allowed=self.allowed[of] & own,
            reach=pairs,
            most_rooms=None,
            most_services=None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class BundleSolution(Certified):
    """Rooms that are taken, and what goes into them."""

    rooms: tuple[int, ...]
    """Positions of the rooms, ascending."""
    contents: tuple[tuple[int, int], ...]
    """Pairs of a room and a service, ascending."""
    gained: FloatArray
    """Weighted people served, by service, shape (services,)."""
    cost: float
    """Of all together."""
    certificate: Certificate
    """Weighted people served, the bound that no choice beats, and the status."""


def solve_bundles(problem: BundleProblem, *, time_limit_s: float = 60.0) -> BundleSolution:
    """Choose rooms and their services for most people, exactly or with the bound at which time ran out.

    Raises
    ------
    SitingError
        A number is missing or below zero, or the arrays do not fit one another.

    References
    ----------
    .. [1] Church, R., ReVelle, C. (1974). The maximal covering location problem. Papers of the Regional Science
       Association 32.

    Examples
    --------
    >>> both = np.array([0]), np.array([0])
    >>> problem = BundleProblem(
    ...     area_m2=np.array([100.0]), opening_cost=np.array([10.0]), needed_m2=np.array([60.0, 60.0]),
    ...     fitting_cost=np.ones((1, 2)), allowed=np.ones((1, 2), dtype=bool), reach=[both, both],
    ...     weight=[np.array([5.0]), np.array([8.0])], budget=20.0,
    ... )
    >>> found = solve_bundles(problem)
    >>> found.contents, found.objective, found.cost, found.status
    (((0, 1),), 8.0, 11.0, 'optimal')
    """
    _check(problem)
    programme, rows = _programme(problem)
    solution = solve(programme, Deadline(time_limit_s))
    if solution.x is None:
        # Nothing taken keeps every row: only time can be the reason.
        nothing = np.zeros(len(programme.cost))
        return _solution(problem, rows, nothing, bound=-solution.bound)
    return _solution(problem, rows, solution.x, bound=-solution.bound)


def least_cost(problem: BundleProblem, *, at_least: float, time_limit_s: float = 60.0) -> float | None:
    """Return what serving so many weighted people costs at least, whatever the budget; None if it cannot be shown.

    Parameters
    ----------
    at_least
        Weighted people to be served.
    """
    _check(problem)
    programme, _ = _programme(replace(problem, budget=np.inf))
    size = 1 + problem.n_services
    cost = np.zeros(len(programme.cost))
    cost[: problem.n_rooms * size] = _costs(problem)
    matrix = csr_array(vstack([programme.matrix, csr_array(-programme.cost[None, :])], format="csr"))
    needed = at_least * (1 - BUDGET_TOLERANCE)
    cheapest = replace(
        programme,
        cost=cost,
        matrix=matrix,
        row_lower=np.append(programme.row_lower, needed),
        row_upper=np.append(programme.row_upper, np.inf),
    )
    solution = solve(cheapest, Deadline(time_limit_s))
    if solution.x is None or not np.isfinite(solution.bound):
        return None
    value = float(cost @ np.round(solution.x))
    return value if value <= solution.bound + BUDGET_TOLERANCE * max(1.0, value) * 1e3 else None


def _costs(problem: BundleProblem) -> FloatArray:
    """Return the cost of taking rooms, then of what goes into them, as the variables stand."""
    return np.concatenate([problem.opening_cost, problem.fitting_cost.ravel()])


def _merged(problem: BundleProblem, service: int) -> tuple[csr_array, FloatArray]:
    """Return which rooms serve which group of demand rows (rows of the same rooms are one), and its people."""
    room, row = problem.reach[service]
    usable = problem.allowed[room, service]
    weight = problem.weight[service]
    reached = csr_array(
        (np.ones(int(usable.sum())), (row[usable], room[usable])), shape=(len(weight), problem.n_rooms)
    )
    groups: dict[bytes, int] = {}
    people: list[float] = []
    kept: list[int] = []
    for number in np.flatnonzero((np.diff(reached.indptr) > 0) & (weight > 0)):
        rooms = np.sort(reached.indices[reached.indptr[number] : reached.indptr[number + 1]])
        key = rooms.tobytes()
        if key not in groups:
            groups[key] = len(people)
            people.append(0.0)
            kept.append(int(number))
        people[groups[key]] += float(weight[number])
    return csr_array(reached[kept] if kept else csr_array((0, problem.n_rooms))), np.array(people)


def _programme(problem: BundleProblem) -> tuple[MixedIntegerProgram, list[tuple[csr_array, FloatArray]]]:
    """Return the programme: variables are rooms, contents of rooms (room by room), then groups of people."""
    rooms, services = problem.allowed.shape
    merged = [_merged(problem, service) for service in range(services)]
    counts = [len(people) for _, people in merged]
    first = rooms + rooms * services
    total = first + sum(counts)
    at: list[tuple[IndexArray, IndexArray, FloatArray]] = []
    lower: list[FloatArray] = []
    upper: list[FloatArray] = []
    n_rows = 0

    def add(row: IndexArray, column: IndexArray, value: FloatArray, least: FloatArray, most: FloatArray) -> None:
        nonlocal n_rows
        at.append((row + n_rows, column, value))
        lower.append(least)
        upper.append(most)
        n_rows += len(least)

    each, content = np.arange(rooms), rooms + np.arange(rooms * services)
    of_room = np.repeat(each, services)
    count = rooms * services
    # A service stands only in a room that is taken.
    add(
        np.concatenate([np.arange(count), np.arange(count)]),
        np.concatenate([content, of_room]),
        np.concatenate([np.ones(count), -np.ones(count)]),
        np.full(count, -np.inf),
        np.zeros(count),
    )
    bounded = np.isfinite(problem.area_m2)
    inside = bounded[of_room]
    add(
        np.concatenate([of_room[inside], each[bounded]]),
        np.concatenate([content[inside], each[bounded]]),
        np.concatenate([np.tile(problem.needed_m2, rooms)[inside], -problem.area_m2[bounded]]),
        np.full(rooms, -np.inf),
        np.zeros(rooms),
    )
    if problem.most_services is not None:
        most = problem.most_services
        add(of_room, content, np.ones(count), np.full(rooms, -np.inf), most.astype(np.float64))
    if np.isfinite(problem.budget):
        cost = _costs(problem)
        most = np.array([problem.budget * (1 + BUDGET_TOLERANCE)])
        add(np.zeros(len(cost), dtype=np.int64), np.arange(len(cost)), cost, np.array([-np.inf]), most)
    if problem.most_rooms is not None:
        paid = np.flatnonzero(problem.opening_cost > 0 if problem.counted is None else problem.counted)
        most = np.array([float(problem.most_rooms)])
        add(np.zeros(len(paid), dtype=np.int64), paid, np.ones(len(paid)), np.array([-np.inf]), most)
    start = first
    for service, (reached, people) in enumerate(merged):
        group = np.repeat(np.arange(len(people)), np.diff(reached.indptr))
        own = start + np.arange(len(people))
        add(
            np.concatenate([np.arange(len(people)), group]),
            np.concatenate([own, rooms + reached.indices * services + service]),
            np.concatenate([np.ones(len(people)), -np.ones(len(group))]),
            np.full(len(people), -np.inf),
            np.zeros(len(people)),
        )
        start += len(people)
    row, column, value = (np.concatenate(part) for part in zip(*at, strict=True))
    highest = np.ones(total)
    highest[content] = problem.allowed.ravel()
    programme = MixedIntegerProgram(
        cost=np.concatenate([np.zeros(first), *(-people for _, people in merged)]),
        matrix=csr_array((value, (row, column)), shape=(n_rows, total)),
        row_lower=np.concatenate(lower),
        row_upper=np.concatenate(upper),
        lower=np.zeros(total),
        upper=highest,
        integral=np.arange(total) < first,
    )
    return programme, merged


def _solution(
    problem: BundleProblem, merged: Sequence[tuple[csr_array, FloatArray]], x: FloatArray, *, bound: float
) -> BundleSolution:
    """Recount a choice; a room in which nothing stands, and a service that serves nobody more, are given back."""
    rooms, services = problem.allowed.shape
    chosen = x[rooms : rooms + rooms * services].reshape(rooms, services) > CHOSEN
    gained = np.zeros(services)
    for service, (reached, people) in enumerate(merged):
        for room in np.flatnonzero(chosen[:, service])[::-1]:
            without = chosen[:, service].copy()
            without[room] = False
            if np.array_equal(reached @ without > 0, reached @ chosen[:, service] > 0):
                chosen[room, service] = False
        gained[service] = people[reached @ chosen[:, service].astype(np.float64) > 0].sum()
    taken = chosen.any(axis=1)
    cost = float(problem.opening_cost[taken].sum() + problem.fitting_cost[chosen].sum())
    return BundleSolution(
        rooms=tuple(int(room) for room in np.flatnonzero(taken)),
        contents=tuple((int(room), int(service)) for room, service in np.argwhere(chosen)),
        gained=gained,
        cost=cost,
        certificate=Certificate.of(float(gained.sum()), max(bound, float(gained.sum()))),
    )


def _check(problem: BundleProblem) -> None:
    shape = (problem.n_rooms, problem.n_services)
    fits = (
        len(problem.opening_cost) == problem.n_rooms
        and problem.fitting_cost.shape == problem.allowed.shape == shape
        and len(problem.reach) == len(problem.weight) == problem.n_services
    )
    numbers = (problem.area_m2, problem.opening_cost, problem.needed_m2, problem.fitting_cost, *problem.weight)
    if (
        not fits
        or any(np.isnan(number).any() or (number < 0).any() for number in numbers)
        or not problem.budget >= 0
    ):
        raise SitingError("solve_bundles", [Issue("bundles_unfit")])
