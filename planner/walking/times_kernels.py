"""Travel times as machine code: from what a facility reaches to the demand points behind it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from planner.walking.compiling import kernel
from planner.walking.layout import Ways, add_up, step_back
from planner.walking.search_kernels import (
    Field,
    Stands,
    Streets,
    doors_to_nodes,
    new_field,
    spread,
    wipe,
)
from planner.walking.snapping import TOUCH_M
from planner.walking.walk import FloatArray, IndexArray


class Doors(NamedTuple):
    """Doors by edge: those of edge ``e`` are the rows from ``pointer[e]`` on; see `snapping.Doors`."""

    pointer: IndexArray
    point: IndexArray
    along_m: FloatArray
    walk_m: FloatArray


class Rows(NamedTuple):
    """Rows of snapped points by segment: those of segment ``s`` are ``row[pointer[s] : pointer[s + 1]]``."""

    pointer: IndexArray
    row: IndexArray
    point: IndexArray


class Ends(NamedTuple):
    """Snapped points at one end of the walks, with their doors by edge and their rows by segment."""

    stands: Stands
    doors: Doors
    rows: Rows


class Line(NamedTuple):
    """The walks from one facility to the demand points, `inf` where none was found, and which were."""

    metres: FloatArray
    found: IndexArray
    n_found: IndexArray


@kernel
def doors_by_edge(streets: Streets, stands: Stands, *, outer: bool) -> Doors:
    """Return the doors of points by their edge: all of them, or those `access_m` away."""
    least_m = stands.access_m - TOUCH_M if outer else -1.0
    pointer = np.zeros(len(streets.edge_m) + 1, dtype=np.int64)
    point, along_m, walk_m = np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    for counting in (True, False):
        for p in range(len(stands.pointer) - 1):
            for row in range(stands.pointer[p], stands.pointer[p + 1]):
                segment = stands.segment[row]
                edge = streets.segment_edge[segment]
                for end in range(2):
                    on_segment_m = stands.to_m[row] if end else stands.from_m[row]
                    straight_m = np.sqrt((on_segment_m - stands.foot_m[row]) ** 2 + stands.aside_m[row] ** 2)
                    if straight_m < least_m:
                        continue
                    if counting:
                        pointer[edge + 1] += 1
                        continue
                    place = pointer[edge]
                    point[place], walk_m[place] = p, straight_m
                    along_m[place] = streets.segment_from_m[segment] + on_segment_m
                    pointer[edge] += 1
        if counting:
            add_up(pointer)
            size = pointer[-1]
            point, along_m, walk_m = np.empty(size, dtype=np.int64), np.empty(size), np.empty(size)
    step_back(pointer)
    return Doors(pointer, point, along_m, walk_m)


@kernel
def rows_by_segment(stands: Stands, wanted: IndexArray, n_segments: int) -> Rows:
    """Return the rows of snapped points by segment, those of the wanted segments only."""
    is_wanted = np.zeros(n_segments, dtype=np.bool_)
    for segment in wanted:
        is_wanted[segment] = True
    pointer = np.zeros(n_segments + 1, dtype=np.int64)
    for segment in stands.segment:
        if is_wanted[segment]:
            pointer[segment + 1] += 1
    add_up(pointer)
    rows, point = np.empty(pointer[-1], dtype=np.int64), np.empty(pointer[-1], dtype=np.int64)
    for p in range(len(stands.pointer) - 1):
        for row in range(stands.pointer[p], stands.pointer[p + 1]):
            segment = stands.segment[row]
            if is_wanted[segment]:
                rows[pointer[segment]], point[pointer[segment]] = row, p
                pointer[segment] += 1
    step_back(pointer)
    return Rows(pointer, rows, point)


@kernel
def over_one_position(one: Stands, i: int, other: Stands, j: int) -> float:
    """Return the walk over one position of a stretch within reach of both, the best one by reflection."""
    low = max(one.from_m[i], other.from_m[j])
    high = min(one.to_m[i], other.to_m[j])
    if low > high:
        return np.inf
    aside_one, aside_other = abs(one.aside_m[i]), abs(other.aside_m[j])
    both = aside_one + aside_other
    weight = aside_one / both if both > 0 else 0.0
    over_m = min(max(one.foot_m[i] * (1 - weight) + other.foot_m[j] * weight, low), high)
    straight_one = np.sqrt((over_m - one.foot_m[i]) ** 2 + aside_one**2)
    return float(straight_one + np.sqrt((over_m - other.foot_m[j]) ** 2 + aside_other**2))


@kernel
def through_nodes(line: Line, field: Field, ways: Ways, streets: Streets, doors: Doors, reach_m: float) -> None:
    """Walk on from every node that was found to the doors on the edges that begin or end there."""
    metres, found, count = line.metres, line.found, line.n_found[0]
    # Plain arrays: taking one out of a tuple inside the loop would count references at every step.
    best, nodes, edge_m = field.metres, field.found, streets.edge_m
    pointer, edge_end = ways.pointer, ways.edge_end
    first_door, door_point, door_along_m, door_walk_m = doors.pointer, doors.point, doors.along_m, doors.walk_m
    for which in range(field.n_found[0]):
        node = nodes[which]
        so_far_m = best[node]
        for way in range(pointer[node], pointer[node + 1]):
            edge, at_end = edge_end[way] >> 1, edge_end[way] & 1
            length = edge_m[edge]
            for door in range(first_door[edge], first_door[edge + 1]):
                along_m = door_along_m[door]
                onward_m = max(length - along_m, 0.0) if at_end else along_m
                walk_m = so_far_m + (onward_m + door_walk_m[door])
                point = door_point[door]
                if walk_m <= reach_m and walk_m < metres[point]:
                    found[count] = point
                    count += metres[point] == np.inf
                    metres[point] = walk_m
    line.n_found[0] = count


@kernel
def without_nodes(
    line: Line, streets: Streets, facilities: Stands, facility: int, demand: Ends, reach_m: float
) -> None:
    """Walk along one edge from door to door, or over one position of a stretch within reach of both."""
    metres, found, count = line.metres, line.found, line.n_found[0]
    doors, rows = demand.doors, demand.rows
    for i in range(facilities.pointer[facility], facilities.pointer[facility + 1]):
        segment = facilities.segment[i]
        edge = streets.segment_edge[segment]
        for end in range(2):
            on_segment_m = facilities.to_m[i] if end else facilities.from_m[i]
            straight_m = np.sqrt((on_segment_m - facilities.foot_m[i]) ** 2 + facilities.aside_m[i] ** 2)
            along_m = streets.segment_from_m[segment] + on_segment_m
            for door in range(doors.pointer[edge], doors.pointer[edge + 1]):
                walk_m = straight_m + abs(along_m - doors.along_m[door]) + doors.walk_m[door]
                point = doors.point[door]
                if walk_m <= reach_m and walk_m < metres[point]:
                    found[count] = point
                    count += metres[point] == np.inf
                    metres[point] = walk_m
        for k in range(rows.pointer[segment], rows.pointer[segment + 1]):
            walk_m = over_one_position(facilities, i, demand.stands, rows.row[k])
            point = rows.point[k]
            if walk_m <= reach_m and walk_m < metres[point]:
                found[count] = point
                count += metres[point] == np.inf
                metres[point] = walk_m
    line.n_found[0] = count


@kernel
def walks_from_each(
    ways: Ways, streets: Streets, facilities: Stands, demand: Ends, first: int, last: int, reach_m: float
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Walk from each facility: how many demand points it reaches, which, rising, and how far they are."""
    n_demand = len(demand.stands.pointer) - 1
    field = new_field(len(ways.pointer) - 1, reach_m)
    line = Line(np.full(n_demand, np.inf), np.empty(n_demand + 1, dtype=np.int64), np.zeros(1, dtype=np.int64))
    counts = np.zeros(last - first, dtype=np.int64)
    points, metres, filled = np.empty(1024, dtype=np.int64), np.empty(1024), 0
    for facility in range(first, last):
        spread(field, ways, doors_to_nodes(streets, facilities, facility, facility + 1))
        through_nodes(line, field, ways, streets, demand.doors, reach_m)
        without_nodes(line, streets, facilities, facility, demand, reach_m)
        wipe(field)
        count = line.n_found[0]
        if filled + count > len(points):
            room = filled + 2 * count
            points = np.concatenate((points[:filled], np.empty(room, dtype=np.int64)))
            metres = np.concatenate((metres[:filled], np.empty(room)))
        for row in range(count):
            points[filled + row] = line.found[row]
        points[filled : filled + count].sort()
        for row in range(filled, filled + count):
            metres[row] = line.metres[points[row]]
            line.metres[points[row]] = np.inf
        filled += count
        counts[facility - first] = count
        line.n_found[0] = 0
    return counts, points[:filled], metres[:filled]


@kernel
def nearest_of_all(  # noqa: C901 -- a call in the loop costs more than the step
    field: Field, streets: Streets, facilities: Ends, demand: Stands, first: int, last: int
) -> tuple[FloatArray, IndexArray]:
    """Return the walk of each demand point to its nearest facility, `inf` without one, and which that is."""
    metres, facility = np.full(last - first, np.inf), np.full(last - first, -1, dtype=np.int64)
    doors, rows, outer_m = facilities.doors, facilities.rows, demand.access_m - TOUCH_M
    for point in range(first, last):
        best, who = np.inf, -1
        for row in range(demand.pointer[point], demand.pointer[point + 1]):
            segment = demand.segment[row]
            edge = streets.segment_edge[segment]
            for end in range(2):
                on_segment_m = demand.to_m[row] if end else demand.from_m[row]
                straight_m = np.sqrt((on_segment_m - demand.foot_m[row]) ** 2 + demand.aside_m[row] ** 2)
                if straight_m < outer_m:
                    continue
                along_m = streets.segment_from_m[segment] + on_segment_m
                for side in range(2):
                    node = streets.edge_nodes[edge, side]
                    if field.metres[node] < field.beyond_m:
                        onward_m = max(streets.edge_m[edge] - along_m, 0.0) if side else along_m
                        walk_m = field.metres[node] + (onward_m + straight_m)
                        if walk_m < best or (walk_m == best and field.label[node] < who):
                            best, who = walk_m, field.label[node]
                for door in range(doors.pointer[edge], doors.pointer[edge + 1]):
                    walk_m = doors.walk_m[door] + abs(doors.along_m[door] - along_m) + straight_m
                    if walk_m < best or (walk_m == best and doors.point[door] < who):
                        best, who = walk_m, doors.point[door]
            for k in range(rows.pointer[segment], rows.pointer[segment + 1]):
                walk_m = over_one_position(facilities.stands, rows.row[k], demand, row)
                if walk_m < best or (walk_m == best and rows.point[k] < who):
                    best, who = walk_m, rows.point[k]
        metres[point - first], facility[point - first] = best, who
    return metres, facility


@kernel
def search_all(ways: Ways, streets: Streets, stands: Stands, reach_m: float) -> Field:
    """Search from all points at once: each node's nearest, the lower position of those as near."""
    field = new_field(len(ways.pointer) - 1, reach_m)
    spread(field, ways, doors_to_nodes(streets, stands, 0, len(stands.pointer) - 1))
    return field
