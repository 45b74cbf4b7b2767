"""Adjacency lists, grids and orders that keep near things side by side in memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.network.compile import kernel
from planner.network.walk import FloatArray, IndexArray, SmallArray

CELLS_A_SEGMENT = 4
"""Limit of grid cells per segment, so that empty country between two towns takes no memory."""

BLOCK_CELLS = 8
"""Width of the blocks in which points are processed, in cells: their streets then stay in the cache."""

BORDER_M = 1e-3
"""A segment is also listed in the cells that it misses by less, whatever the rounding at their borders."""

PASSAGE = -1
"""Stands for the edge of a link that is not an edge."""

MORTON_BITS = 21
"""Bits of each coordinate in a Morton code: two of them fit into one integer."""


class Adjacency(NamedTuple):
    """Outgoing links of every node (CSR): those of node ``n`` begin at ``pointer[n]``.

    Unsigned numbers spare every array access the test for a negative index.
    """

    pointer: SmallArray
    """Shape (nodes + 1,)."""
    node: SmallArray
    metres: FloatArray
    """`node`, `metres`: End node and length of the link, cost metres, shape (2 × edges,)."""
    edge_end: IndexArray
    """Twice the edge, plus one if the link begins at the edge's end, shape (2 × edges,); below 0 if the link is
    not an edge but a passage to the same place in another layer (`planner.network.gates`)."""


class Grid(NamedTuple):
    """Square cells over the streets, each with the segments that pass it, in order."""

    west: float
    south: float
    cell_m: float
    """`west`, `south`, `cell_m`: Corner of the first cell, and side of a cell, metres."""
    columns: int
    rows: int
    """`columns`, `rows`: Size; cells are counted from west to east, row by row from the south."""
    pointer: IndexArray
    segment: IndexArray
    """`pointer`, `segment`: The segments of cell ``c`` are ``segment[pointer[c] : pointer[c + 1]]``."""


def build_adjacency(edge_nodes: IndexArray, edge_cost_m: FloatArray, n_nodes: int) -> Adjacency:
    """Build the adjacency lists of both directions of every edge."""
    begins = edge_nodes.ravel()
    edge_end = np.argsort(begins, kind="stable")
    return Adjacency(
        pointer=csr_pointers(begins, n_nodes).astype(np.uint32),
        node=edge_nodes[:, ::-1].ravel()[edge_end].astype(np.uint32),
        metres=edge_cost_m.ravel()[edge_end],
        edge_end=edge_end,
    )


def add_passages(adjacency: Adjacency, passages: IndexArray) -> Adjacency:
    """Return the adjacency with links of no length from one node to another, in this direction only.

    Examples
    --------
    >>> street = build_adjacency(np.array([[0, 1]]), np.array([[5.0, 5.0]]), 3)
    >>> both = add_passages(street, np.array([[1, 2]]))
    >>> both.pointer.tolist(), both.node.tolist(), both.metres.tolist(), both.edge_end.tolist()
    ([0, 1, 3, 3], [1, 0, 2], [5.0, 5.0, 0.0], [0, 1, -1])
    """
    n_nodes = len(adjacency.pointer) - 1
    known = adjacency.pointer.astype(np.int64)
    begins = np.concatenate([np.repeat(np.arange(n_nodes), known[1:] - known[:-1]), passages[:, 0]])
    order = np.argsort(begins, kind="stable")
    more = len(passages)
    return Adjacency(
        pointer=csr_pointers(begins, n_nodes).astype(np.uint32),
        node=np.concatenate([adjacency.node, passages[:, 1].astype(np.uint32)])[order],
        metres=np.concatenate([adjacency.metres, np.zeros(more)])[order],
        edge_end=np.concatenate([adjacency.edge_end, np.full(more, PASSAGE)])[order],
    )


def csr_pointers(keys: IndexArray, count: int) -> IndexArray:
    """Return the start of the rows of each key in sorted order, and the end of the last, shape (count + 1,).

    Examples
    --------
    >>> csr_pointers(np.array([0, 0, 2]), 3).tolist()
    [0, 2, 2, 3]
    """
    return np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=count))]).astype(np.int64)


def morton_order(xy: FloatArray) -> IndexArray:
    """Order points along a Morton curve, so that near points have near numbers and share the processor's cache.

    Examples
    --------
    >>> morton_order(np.array([[0.0, 9.0], [9.0, 9.0], [0.0, 0.0], [9.0, 0.0]])).tolist()
    [2, 3, 0, 1]

    References
    ----------
    .. [1] Morton, G. M. (1966). A computer oriented geodetic data base. IBM.
    """
    low = xy.min(axis=0, initial=np.inf)
    extent = max(float((xy - low).max(initial=0.0)), 1.0)
    whole = ((xy - low) / extent * ((1 << MORTON_BITS) - 1)).astype(np.int64)
    code = np.zeros(len(xy), dtype=np.int64)
    for bit in range(MORTON_BITS):
        code |= (whole[:, 0] >> bit & 1) << 2 * bit | (whole[:, 1] >> bit & 1) << 2 * bit + 1
    return np.argsort(code, kind="stable")


def build_grid(segment_xy: FloatArray, segment_m: FloatArray) -> Grid:
    """Build a grid over segments, its cells about as wide as a segment is long.

    Examples
    --------
    >>> grid = build_grid(np.array([[5.0, 5.0, 25.0, 5.0], [40.0, 5.0, 40.0, 45.0]]), np.array([20.0, 40.0]))
    >>> grid.columns, grid.rows, grid.pointer.tolist(), grid.segment.tolist()
    (2, 2, [0, 1, 2, 2, 3], [0, 1, 1])
    """
    if not len(segment_m):
        nothing = np.zeros(0, dtype=np.int64)
        return Grid(0.0, 0.0, 1.0, 0, 0, np.zeros(1, dtype=np.int64), nothing)
    ends = segment_xy.reshape(-1, 2)
    west, south = ends.min(axis=0).tolist()
    width, height = (ends.max(axis=0) - (west, south)).tolist()
    most = CELLS_A_SEGMENT * len(segment_m)
    cell_m = max(float(segment_m.mean()), (width * height / most) ** 0.5, (width + height) / most)
    columns, rows = int(width / cell_m) + 1, int(height / cell_m) + 1
    pointer, segment = fill_cells(segment_xy, west, south, cell_m, columns, rows)
    return Grid(west, south, cell_m, columns, rows, pointer, segment)


@kernel
def block_order(xy: FloatArray, grid: Grid) -> IndexArray:
    """Order points by blocks of a grid, in their own order within each block.

    Processed in this order, near points find each other's streets in the cache.
    """
    width = BLOCK_CELLS * grid.cell_m
    columns, rows = grid.columns // BLOCK_CELLS + 1, grid.rows // BLOCK_CELLS + 1
    block = np.empty(len(xy), dtype=np.int64)
    pointer = np.zeros(columns * rows + 1, dtype=np.int64)
    for point in range(len(xy)):
        column = int(min(max((xy[point, 0] - grid.west) / width, 0.0), columns - 1.0))
        row = int(min(max((xy[point, 1] - grid.south) / width, 0.0), rows - 1.0))
        block[point] = row * columns + column
        pointer[block[point] + 1] += 1
    accumulate_counts(pointer)
    order = np.empty(len(xy), dtype=np.int64)
    for point in range(len(xy)):
        order[pointer[block[point]]] = point
        pointer[block[point]] += 1
    return order


@kernel
def fill_cells(
    segment_xy: FloatArray, west: float, south: float, cell_m: float, columns: int, rows: int
) -> tuple[IndexArray, IndexArray]:
    """Return the segments of each cell: counted first, then filled in."""
    pointer = np.zeros(columns * rows + 1, dtype=np.int64)
    segment = np.zeros(0, dtype=np.int64)
    for counting in (True, False):
        for s in range(len(segment_xy)):
            low_y = min(segment_xy[s, 1], segment_xy[s, 3])
            high_y = max(segment_xy[s, 1], segment_xy[s, 3])
            first, last = cell_range(low_y, high_y, south, cell_m, rows)
            for row in range(first, last + 1):
                begin, end = crossed_columns(segment_xy[s], south + row * cell_m, west, cell_m, columns)
                for cell in range(row * columns + begin, row * columns + end + 1):
                    if counting:
                        pointer[cell + 1] += 1
                    else:
                        segment[pointer[cell]] = s
                        pointer[cell] += 1
        if counting:
            accumulate_counts(pointer)
            segment = np.empty(pointer[-1], dtype=np.int64)
    shift_pointers(pointer)
    return pointer, segment


@kernel
def accumulate_counts(pointer: IndexArray) -> None:
    """Turn counts, each one place late, into the start of the rows of each key, in place."""
    for key in range(1, len(pointer)):
        pointer[key] += pointer[key - 1]


@kernel
def shift_pointers(pointer: IndexArray) -> None:
    """Undo what filling did: it moved every pointer to the end of its key's rows, where the next key's begin."""
    for key in range(len(pointer) - 1, 0, -1):
        pointer[key] = pointer[key - 1]
    pointer[0] = 0


@kernel
def cell_range(low: float, high: float, origin: float, cell_m: float, count: int) -> tuple[int, int]:
    """Return the first and the last cell along one axis that `low` to `high` touches."""
    first = int(np.floor((low - BORDER_M - origin) / cell_m))
    last = int(np.floor((high + BORDER_M - origin) / cell_m))
    return max(first, 0), min(last, count - 1)


@kernel
def crossed_columns(xy: FloatArray, row_y: float, west: float, cell_m: float, columns: int) -> tuple[int, int]:
    """Return the first and the last column that a segment passes inside one row of cells."""
    x, y, step_x, step_y = xy[0], xy[1], xy[2] - xy[0], xy[3] - xy[1]
    low, high = 0.0, 1.0
    if step_y != 0:
        one, other = (row_y - BORDER_M - y) / step_y, (row_y + cell_m + BORDER_M - y) / step_y
        low, high = max(low, min(one, other)), min(high, max(one, other))
    one, other = x + low * step_x, x + high * step_x
    return cell_range(min(one, other), max(one, other), west, cell_m, columns)
