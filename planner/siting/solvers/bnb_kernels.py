"""Branch and bound as machine code: columns are put in or left out until no choice can be better."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.network.compile import ZERO, kernel
from planner.network.walk import FloatArray, IndexArray
from planner.siting.solvers.greedy_kernels import (
    SelectionLimits,
    ValueTable,
    greedy,
    interchange,
    nothing_open,
    open_what_fits,
)
from planner.siting.solvers.lagrangian_kernels import (
    BEST_MONEY_PRICE,
    BOUND,
    FREE,
    IN,
    OUT,
    Prices,
    Target,
    begin_at,
    descend,
)

ROUNDS, PATIENCE, FIRST_STEP = 60, 8, 0.5
"""Of the descent in one node: it begins at the prices of the node above, and need not go far."""

TREE_BYTES = 400e6

OPEN, EXPLORED, BORN = range(3)
"""What the places of `Tree.numbers` hold."""


class Tree(NamedTuple):
    """The nodes not yet explored, each in a slot, and the best choice so far."""

    born: IndexArray
    """When the node of a slot was made, -1 where the slot is empty, shape (slots,)."""
    bound: FloatArray
    """No choice of the node is worth more, shape (slots,)."""
    fate: NDArray[np.int8]
    """Whether each column is free, in or out, shape (slots, columns)."""
    price: NDArray[np.float32]
    money_price: FloatArray
    """`price`, `money_price`: Where its descent begins, shape (slots, rows) and (slots,)."""
    best_open: NDArray[np.bool_]
    best_value: FloatArray
    """`best_open`, `best_value`: The best choice, shape (columns,); its value, shape (1,)."""
    numbers: IndexArray
    """Nodes open, nodes explored, nodes born."""


def build_tree(fate: NDArray[np.int8], price: FloatArray, money_price: float, value: float, bound: float) -> Tree:
    """Return a tree with nothing but its root."""
    rows, columns = len(price), len(fate)
    slots = int(np.clip(TREE_BYTES / (4 * rows + columns + 1), 2 * columns + 4, 4000 + 2 * columns))
    tree = Tree(
        born=np.full(slots, -1, dtype=np.int64),
        bound=np.zeros(slots),
        fate=np.zeros((slots, columns), dtype=np.int8),
        price=np.zeros((slots, rows), dtype=np.float32),
        money_price=np.zeros(slots),
        best_open=np.zeros(columns, dtype=np.bool_),
        best_value=np.array([value]),
        numbers=np.array([1, 0, 1]),
    )
    tree.born[0], tree.bound[0], tree.money_price[0] = 0, bound, money_price
    tree.fate[0], tree.price[0] = fate, price
    return tree


@kernel
def explore(values: ValueTable, limits: SelectionLimits, tree: Tree, grain: float, nodes: int) -> None:
    """Explore up to so many nodes; what cannot be better than the best value by more than `grain` is cut off."""
    columns = tree.fate.shape[1]
    for _ in range(nodes):
        slot = _next_slot(tree)
        if slot < 0:
            return
        tree.numbers[OPEN] -= 1
        tree.born[slot] = -1
        if tree.bound[slot] <= tree.best_value[0] + grain:
            continue
        tree.numbers[EXPLORED] += 1
        fate = tree.fate[slot].copy()
        if not _settle(limits, fate):
            continue
        prices = begin_at(tree.price[slot].astype(np.float64), tree.money_price[slot], columns, FIRST_STEP)
        target = Target(tree.best_value[0], grain)
        _, chosen = descend(values, limits, fate, prices, target, ZERO + ROUNDS, ZERO + PATIENCE)
        bound = min(tree.bound[slot], prices.state[BOUND])
        if bound <= tree.best_value[0] + grain:
            continue
        _try_choice(values, limits, tree, chosen)
        if not _settle(limits, fate):
            continue
        column = _branching_column(fate, prices.often)
        if column < 0:
            _try_choice(values, limits, tree, np.flatnonzero(fate == IN))
            continue
        _put(tree, slot, fate, column, ZERO + OUT, prices, bound)
        other = slot
        while tree.born[other] >= 0:
            other = other + 1 if other + 1 < len(tree.born) else 0
        _put(tree, other, fate, column, ZERO + IN, prices, bound)


@kernel
def _next_slot(tree: Tree) -> int:
    """Return the node with the highest bound, the youngest of equals; where slots get scarce, the youngest."""
    slots, columns = tree.fate.shape
    by_bound = tree.numbers[OPEN] < slots - columns - 1
    best = -1
    for slot in range(slots):
        if tree.born[slot] < 0:
            continue
        younger = best < 0 or tree.born[slot] > tree.born[best]
        if by_bound and best >= 0:
            higher, equal = tree.bound[slot] > tree.bound[best], tree.bound[slot] == tree.bound[best]
            if higher or (equal and younger):
                best = slot
        elif younger:
            best = slot
    return best


@kernel
def _put(
    tree: Tree,
    slot: int,
    fate: NDArray[np.int8],
    column: int,
    side: int,
    prices: Prices,
    bound: float,
) -> None:
    """Put a child into an empty slot."""
    tree.born[slot] = tree.numbers[BORN]
    tree.bound[slot] = bound
    tree.fate[slot] = fate
    tree.fate[slot, column] = side
    tree.price[slot] = prices.best_price.astype(np.float32)
    tree.money_price[slot] = prices.state[BEST_MONEY_PRICE]
    tree.numbers[BORN] += 1
    tree.numbers[OPEN] += 1


@kernel
def _settle(limits: SelectionLimits, fate: NDArray[np.int8]) -> bool:
    """Leave out what no longer fits beside the columns that are in; return whether those fit themselves."""
    left, money = limits.most.copy(), limits.budget
    blocked = np.zeros(len(fate), dtype=np.bool_)
    for column in range(len(fate)):
        if fate[column] == IN:
            if blocked[limits.group[column]]:
                return False
            blocked[limits.group[column]] = True
            left[limits.kind[column]] -= 1
            money -= limits.cost[column]
    if money < 0 or (left < 0).any():
        return False
    for column in range(len(fate)):
        full = left[limits.kind[column]] == 0 or blocked[limits.group[column]] or limits.cost[column] > money
        if fate[column] == FREE and full:
            fate[column] = OUT
    return True


@kernel
def _branching_column(fate: NDArray[np.int8], often: FloatArray) -> int:
    """Return the free column about which the descent was least decided, -1 where none is free."""
    best, doubt = -1, -1.0
    for column in range(len(fate)):
        if fate[column] == FREE and min(often[column], 1.0 - often[column]) > doubt:
            best, doubt = column, min(often[column], 1.0 - often[column])
    return best


@kernel
def _try_choice(values: ValueTable, limits: SelectionLimits, tree: Tree, chosen: IndexArray) -> None:
    """Make a good choice of a relaxed one, and keep it if it is the best so far."""
    served = nothing_open(values)
    open_what_fits(values, limits, served, chosen)
    every = np.zeros(len(served.is_open), dtype=np.int8)
    greedy(values, limits, served, every, limits.budget < np.inf)
    interchange(values, limits, served, every, 1e-9 * tree.best_value[0], ZERO, 20 * len(every))
    value = served.best.sum()
    if value > tree.best_value[0]:
        tree.best_value[0] = value
        tree.best_open[:] = served.is_open
