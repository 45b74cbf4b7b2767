"""Lagrangian bounds as machine code: a price on every row, and what the best columns are worth at these prices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.network.compile import kernel
from planner.network.walk import FloatArray, IndexArray
from planner.siting.solvers.greedy_kernels import SelectionLimits, ValueTable

FREE, IN, OUT = 0, 1, -1
SMOOTHING = 0.7
"""The share of the former direction in the next one."""

SMALLEST_STEP = 1e-4
PROGRESS = 1e-7
"""A bound that falls by less than this share counts as one that does not fall."""

BOUND, STEP, IDLE, MONEY_PRICE, BEST_MONEY_PRICE, MONEY_DIRECTION = range(6)
"""What the places of `Prices.state` hold."""


class Prices(NamedTuple):
    """The state of one descent.

    Attributes
    ----------
    price, best_price
        Of each row, now and where the bound was lowest, shape (rows,).
    direction
        The smoothed direction of the descent, shape (rows,).
    profit
        What each column is worth at these prices, shape (columns,).
    often
        How often, of late, a column was among the best, shape (columns,).
    state
        Lowest bound; step; rounds without progress; price of money now and at the lowest bound; its direction.
    """

    price: FloatArray
    best_price: FloatArray
    direction: FloatArray
    profit: FloatArray
    often: FloatArray
    state: FloatArray


class Target(NamedTuple):
    """What a bound is held against: the best value known, and by how much a better one would exceed it."""

    value: float
    grain: float


@kernel
def begin_at(price: FloatArray, money_price: float, columns: int, step: float) -> Prices:
    """Return the state before the first round."""
    state = np.zeros(6)
    state[BOUND], state[STEP], state[MONEY_PRICE], state[BEST_MONEY_PRICE] = np.inf, step, money_price, money_price
    zero = np.zeros(columns)
    return Prices(price.copy(), price.copy(), np.zeros(len(price)), zero, zero.copy(), state)


@kernel
def relaxed_choice(
    profit: FloatArray, limits: SelectionLimits, fate: NDArray[np.int8]
) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Choose the most profitable columns that quotas and groups allow, with those that must be in.

    Where a group has columns of several kinds, one of each kind may be chosen, which only raises the bound. Money
    does not limit the choice: it has a price.

    Returns
    -------
    chosen
        Positions.
    worst, following
        By kind: the least profit among the chosen that are free, 0 where the quota is not used up; the highest
        profit among those not chosen.
    """
    columns, kinds = len(profit), len(limits.most)
    blocked = np.zeros(columns, dtype=np.bool_)
    mark = np.full(columns, -1, dtype=np.int64)
    left = limits.most.copy()
    chosen, candidates = np.empty(columns, dtype=np.int64), np.empty(columns, dtype=np.int64)
    n_chosen, n_candidates = 0, 0
    for column in range(columns):
        if fate[column] == IN:
            blocked[limits.group[column]] = True
            left[limits.kind[column]] -= 1
            chosen[n_chosen] = column
            n_chosen += 1
    for column in range(columns):
        if fate[column] == FREE and profit[column] > 0:
            candidates[n_candidates] = column
            n_candidates += 1
    candidates = candidates[:n_candidates]
    worst, following = np.zeros(kinds), np.zeros(kinds)
    for column in candidates[np.argsort(-profit[candidates], kind="mergesort")]:
        kind, group = limits.kind[column], limits.group[column]
        if left[kind] > 0 and not blocked[group] and mark[group] != kind:
            mark[group] = kind
            chosen[n_chosen] = column
            n_chosen += 1
            left[kind] -= 1
            if left[kind] == 0:
                worst[kind] = profit[column]
        elif following[kind] == 0:
            following[kind] = profit[column]
    return chosen[:n_chosen], worst, following


@kernel
def descend(
    values: ValueTable,
    limits: SelectionLimits,
    fate: NDArray[np.int8],
    prices: Prices,
    aim: Target,
    rounds: int,
    patience: int,
) -> tuple[bool, IndexArray]:
    r"""Lower the Lagrangian bound by moving the prices, and settle the fate of columns that it decides.

    With prices :math:`u \ge 0` on the rows and :math:`\mu \ge 0` on money,

    .. math:: L = \sum_i u_i + \mu B + \max_y \sum_j y_j \Big(\sum_i (v_{ij} - u_i)^+ - \mu c_j\Big)

    is at least the value of every choice. Prices move against a smoothed subgradient, by what the bound is above
    the best value known; after `patience` rounds without progress the step is halved and the search goes back to
    the best prices.

    Returns
    -------
    settled, chosen
        Whether the descent has ended (no choice is better, or the step is too small); the last relaxed choice.
    """
    state, profit = prices.state, prices.profit
    short = np.zeros(len(prices.price))
    chosen, above = np.empty(0, dtype=np.int64), len(values.value)
    for _ in range(rounds):
        above = _compute_profits(values, limits, fate, prices, above)
        chosen, worst, following = relaxed_choice(profit, limits, fate)
        bound = prices.price.sum() + profit[chosen].sum()
        if limits.budget < np.inf:
            bound += state[MONEY_PRICE] * limits.budget
        state[IDLE] += 1
        if bound < state[BOUND]:
            if bound < state[BOUND] - PROGRESS * abs(bound):
                state[IDLE] = 0
            state[BOUND], state[BEST_MONEY_PRICE] = bound, state[MONEY_PRICE]
            prices.best_price[:] = prices.price
            if bound <= aim.value + aim.grain:
                return True, chosen
            _decide(limits, fate, chosen, profit, worst, following, bound - aim.value - aim.grain)
        if state[IDLE] <= patience:
            if not _move(values, limits, prices, chosen, short, max(bound - aim.value, PROGRESS * abs(bound))):
                return True, chosen
            continue
        state[STEP] *= 0.5
        state[IDLE] = 0
        prices.price[:] = prices.best_price
        prices.direction[:] = 0
        state[MONEY_PRICE], state[MONEY_DIRECTION] = state[BEST_MONEY_PRICE], 0.0
        if state[STEP] < SMALLEST_STEP:
            return True, chosen
    return False, chosen


@kernel
def _compute_profits(  # noqa: C901 -- one kernel, two loops
    values: ValueTable, limits: SelectionLimits, fate: NDArray[np.int8], prices: Prices, above: int
) -> int:
    """Compute what each column that is not out is worth at the present prices; return the values above these.

    Rows are read from the highest value down to their price where that is shorter, by what was `above` before.
    """
    price, money_price, profit = prices.price, prices.state[MONEY_PRICE], prices.profit
    listed = 0
    for column in range(len(fate)):
        profit[column] = -money_price * limits.cost[column]
        if fate[column] != OUT:
            listed += values.column_pointer[column + 1] - values.column_pointer[column]
    by_rows, above = 2 * above < listed, 0
    if by_rows:
        for row in range(len(price)):
            for place in range(values.row_pointer[row], values.row_pointer[row + 1]):
                more = values.value[place] - price[row]
                if more <= 0:
                    break
                profit[values.column[place]] += more
                above += 1
        return above
    for column in range(len(fate)):
        if fate[column] == OUT:
            continue
        total = 0.0
        for place in range(values.column_pointer[column], values.column_pointer[column + 1]):
            more = values.column_value[place] - price[values.row[place]]
            if more > 0:
                total += more
                above += 1
        profit[column] += total
    return above


@kernel
def _decide(
    limits: SelectionLimits,
    fate: NDArray[np.int8],
    chosen: IndexArray,
    profit: FloatArray,
    worst: FloatArray,
    following: FloatArray,
    slack: float,
) -> None:
    """Settle columns by their reduced profits.

    If putting a column in lowers the bound by `slack` or more, no better choice has it; if leaving it out does,
    every better choice has it.
    """
    selected = np.zeros(len(fate), dtype=np.bool_)
    for column in chosen:
        selected[column] = True
    for column in range(len(fate)):
        if fate[column] != FREE:
            continue
        kind = limits.kind[column]
        if selected[column]:
            if profit[column] - following[kind] >= slack:
                fate[column] = IN
        elif worst[kind] - profit[column] >= slack:
            fate[column] = OUT


@kernel
def _move(
    values: ValueTable,
    limits: SelectionLimits,
    prices: Prices,
    chosen: IndexArray,
    short: FloatArray,
    distance: float,
) -> bool:
    """Move the prices against the smoothed subgradient; return whether there was any way to go."""
    price, direction, state = prices.price, prices.direction, prices.state
    budgeted = limits.budget < np.inf
    # Money has one price, rows have thousands: it moves as fast as all of them together.
    scale = np.sqrt(len(price)) / limits.budget if budgeted else 0.0
    prices.often[:] *= 0.9
    short[:] = 1.0
    money = limits.budget if budgeted else 0.0
    for column in chosen:
        prices.often[column] += 0.1
        money -= limits.cost[column]
        for place in range(values.column_pointer[column], values.column_pointer[column + 1]):
            if values.column_value[place] > price[values.row[place]]:
                short[values.row[place]] -= 1.0
    length = 0.0
    for row in range(len(price)):
        along = SMOOTHING * direction[row] + (1.0 - SMOOTHING) * short[row]
        if along > 0 and price[row] <= 0:
            along = 0.0
        direction[row] = along
        length += along * along
    if budgeted:
        state[MONEY_DIRECTION] = SMOOTHING * state[MONEY_DIRECTION] + (1.0 - SMOOTHING) * money * scale
        length += state[MONEY_DIRECTION] * state[MONEY_DIRECTION]
    if length <= 0:
        return False
    size = state[STEP] * distance / length
    for row in range(len(price)):
        price[row] = max(0.0, price[row] - size * direction[row])
    if budgeted:
        state[MONEY_PRICE] = max(0.0, state[MONEY_PRICE] - size * scale * state[MONEY_DIRECTION])
    return True
