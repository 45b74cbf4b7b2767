"""Connected components of a network besides the largest: who is on them, and how near they come to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from planner.network.network import WalkingNetwork
from planner.network.quality import on_small_pieces
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A connected component of the streets that people are on.

    Attributes
    ----------
    points
        Positions of the points that reach no street of the largest component, shape (points,).
    people
        Their people.
    length_m
        Length of its streets, metres.
    gap_m
        Shortest straight distance to the largest component, metres.
    gap_xy
        Where that is, on the largest component, metres.
    """

    points: IndexArray
    people: float
    length_m: float
    gap_m: float
    gap_xy: tuple[float, float]


def components_of_people(
    network: WalkingNetwork, snaps: SnappedPoints, people: FloatArray, *, at_most: int
) -> tuple[tuple[Component, ...], int, float]:
    """Return the components besides the largest that people are on.

    Parameters
    ----------
    network
        Streets; component 0 is the largest.
    snaps
        Points of people.
    people
        Weight of each, shape (points,).
    at_most
        How many to describe, those with the most people first.

    Returns
    -------
    components
        At most so many, by people, falling.
    count
        Number of all components with people besides the largest.
    people
        People on all of them.
    """
    component = np.full(len(snaps.xy), np.iinfo(np.int64).max)
    np.minimum.at(component, snaps.point, network.edge_piece[network.segment_edge[snaps.segment]])
    off = np.flatnonzero(on_small_pieces(snaps, network) & (people > 0))
    numbers, member = np.unique(component[off], return_inverse=True)
    total = np.bincount(member, weights=people[off], minlength=len(numbers))
    if not len(numbers):
        return (), 0, 0.0
    lines = network.edge_lines()
    tree = shapely.STRtree(main := lines[network.edge_piece == 0])
    found = []
    for row in np.lexsort((numbers, -total))[:at_most].tolist():
        streets = shapely.union_all(lines[network.edge_piece == numbers[row]])
        nearest = main[tree.nearest(streets)]
        link = shapely.shortest_line(nearest, streets)
        x, y = shapely.get_coordinates(link)[0].tolist()
        found.append(
            Component(off[member == row], float(total[row]), float(streets.length), float(link.length), (x, y))
        )
    return tuple(found), len(numbers), float(total.sum())
