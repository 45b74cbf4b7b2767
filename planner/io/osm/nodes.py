"""Nodes of OpenStreetMap that stand at one place and are not one: kept apart, so that places tell nodes.

Streets join where they share a node. Later stages know places only, so the places must say it: where several nodes
stand at exactly one place (a bridge above a street, a line drawn twice), all but one are moved by a few
millimetres. That is more than what joins (1 mm) and less than OpenStreetMap stores (about 11 mm), so that no node
comes to stand on another.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

APART_M = 0.002
"""How far nodes at one place are moved apart, metres: more than the millimetre within which streets join."""

METRES_A_DEGREE = 111_195.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Place = tuple[float, float]


def place_keys(xy: Floats) -> NDArray[np.complex128]:
    """Return one number a place, equal for equal places only, shape (places,).

    Examples
    --------
    >>> one, same, other = place_keys(np.array([[24.94, 60.17], [24.94, 60.17], [24.94, -60.17]]))
    >>> bool(one == same), bool(one == other)
    (True, False)
    """
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    return np.asarray(xy[:, 0] + 1j * xy[:, 1], dtype=np.complex128)


def moved_nodes(
    nodes: Ints, xy: Floats, line: Ints, *, raised: Bools, in_degrees: bool = True
) -> dict[int, Place]:
    """Return where nodes stand once those at one place are told apart: only those that are moved.

    Nodes that follow one another on a line are joined by it, so they stay together. The node on the ground stays
    where it is, before those that only bridges and tunnels have; among equals the one with the lowest id.

    Parameters
    ----------
    nodes, xy, line
        The node of each vertex, its place, and the line it belongs to, in the order along the lines.
    raised
        Whether the line of each vertex is a bridge or a tunnel.
    in_degrees
        Whether places are in degrees; else in metres.

    Examples
    --------
    >>> crossed = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    >>> raised = np.array([False, False, True, True])
    >>> moved = moved_nodes(np.array([1, 2, 3, 4]), crossed, np.array([0, 0, 1, 1]), raised=raised)
    >>> [(node, round((x - 1.0) * METRES_A_DEGREE, 4), y) for node, (x, y) in moved.items()]
    [(3, 0.002, 0.0)]
    """
    if not len(nodes):
        return {}
    keys = place_keys(xy)
    each, first = np.unique(nodes, return_index=True)
    _, at, count = np.unique(keys[first], return_inverse=True, return_counts=True)
    shared = count[at] > 1
    if not shared.any():
        return {}
    joined = _joined(nodes, keys, line)
    on_ground = set(nodes[~raised].tolist())
    places: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for node, place in zip(each[shared].tolist(), at[shared].tolist(), strict=True):
        places[place][_root(joined, node)].append(node)
    where = dict(zip(each[shared].tolist(), xy[first[shared]].tolist(), strict=True))
    moved = {}
    for groups in places.values():
        ranked = sorted(groups.values(), key=lambda group: (not on_ground & set(group), min(group)))
        for rank, group in enumerate(ranked[1:], start=1):
            for node in group:
                x, y = where[node]
                step = APART_M / (METRES_A_DEGREE * float(np.cos(np.radians(y)))) if in_degrees else APART_M
                moved[node] = (x + rank * step, y)
    return moved


def _joined(nodes: Ints, keys: NDArray[np.complex128], line: Ints) -> dict[int, int]:
    """Return which nodes at one place a line joins, as a forest: the parent of each."""
    parents: dict[int, int] = {}
    follow = (line[1:] == line[:-1]) & (keys[1:] == keys[:-1]) & (nodes[1:] != nodes[:-1])
    for one, other in zip(nodes[:-1][follow].tolist(), nodes[1:][follow].tolist(), strict=True):
        low, high = sorted((_root(parents, one), _root(parents, other)))
        if low != high:
            parents[high] = low
    return parents


def _root(parents: dict[int, int], node: int) -> int:
    while node in parents:
        node = parents[node]
    return node
