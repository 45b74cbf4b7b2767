"""Closed gates: streets stop short of them, and where they are is kept, so that one can be opened later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.io.osm.elements import place_keys
from planner.io.osm.ways import OsmGate

GAP_M = 0.05
"""Gap between a street and a closed gate: more than the 1 mm within which lines join, less than anyone maps."""

LONGEST_SHARE = 1 / 3
"""At most this share of the last segment is taken, so that a short one keeps its direction."""

METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True, eq=False)
class GatedLines:
    """Streets that stop at closed gates."""

    lines: NDArray[np.object_]
    """The lines, shape (lines,)."""
    stopped: NDArray[np.bool_]
    """Whether a line stops at a gate, shape (lines,)."""
    gates: list[OsmGate]
    """The gates that stand on a line."""


def stop_at_gates(
    lines: NDArray[np.object_],
    gates: Sequence[OsmGate],
    private: NDArray[np.bool_] | None = None,
    *,
    in_degrees: bool = True,
) -> GatedLines:
    """Cut streets short of every impassable gate on them.

    A street that passes a gate alone is cut there. Where several streets meet at a gate, those that end there are
    taken off, and those that run through stay whole: the gate is that of the side street.

    A gate that opens to residents stops nobody where it stands on a private way, or where one meets other streets:
    it is the gate of that way, and whoever may walk there passes it.

    Parameters
    ----------
    lines
        LineStrings and MultiLineStrings in degrees, shape (lines,).
    gates
        Barriers at nodes; those that are no vertex of a line are dropped.
    private
        Which lines are private ways, shape (lines,); None: none.
    in_degrees
        False: lines and gates are in metres.

    Returns
    -------
    gated
        The lines with their gaps, and the gates on them.

    Examples
    --------
    >>> street = np.array([shapely.LineString([(0, 0), (0.001, 0), (0.002, 0)])], dtype=object)
    >>> gated = stop_at_gates(street, [OsmGate(1, {"barrier": "fence"}, (0.001, 0), passable=False)])
    >>> [round(part.length * METRES_A_DEGREE, 3) for part in gated.lines[0].geoms], gated.stopped.tolist()
    ([111.145, 111.145], [True])
    """
    stopped = np.zeros(len(lines), dtype=bool)
    if not gates or not len(lines):
        return GatedLines(lines, stopped, [])
    parts, line_of_part = shapely.get_parts(lines, return_index=True)
    xy, part_of_vertex = shapely.get_coordinates(parts, return_index=True)
    counts = np.bincount(part_of_vertex, minlength=len(parts))
    first = np.concatenate([[0], np.cumsum(counts)])
    gate_keys = place_keys(np.array([gate.place for gate in gates]))
    keys = place_keys(xy)
    on_gate = np.flatnonzero(np.isin(keys, gate_keys))
    standing = [gate for gate, stands in zip(gates, np.isin(gate_keys, keys), strict=True) if stands]

    closed = set(gate_keys[[not gate.passable for gate in gates]].tolist())
    for_residents = set(gate_keys[[gate.opens_to_residents for gate in gates]].tolist())
    is_private = np.zeros(len(lines), dtype=bool) if private is None else private
    hits: dict[complex, list[tuple[int, int]]] = defaultdict(list)
    for vertex in on_gate.tolist():
        if complex(keys[vertex]) in closed:
            part = int(part_of_vertex[vertex])
            hits[complex(keys[vertex])].append((part, vertex - int(first[part])))
    cuts: dict[int, set[int]] = defaultdict(set)
    for key, places in hits.items():
        if key in for_residents and any(is_private[line_of_part[part]] for part, _ in places):
            continue
        ending = [(part, position) for part, position in places if position in (0, counts[part] - 1)]
        alone = len(places) == 1
        for part, position in ending if ending and not alone else places if not ending and alone else []:
            cuts[part].add(position)

    mended = lines.copy()
    for line in sorted({int(line_of_part[part]) for part in cuts}):
        pieces = [
            piece
            for part in np.flatnonzero(line_of_part == line).tolist()
            for piece in _pieces(xy[first[part] : first[part + 1]], cuts.get(part, set()), in_degrees=in_degrees)
        ]
        mended[line] = pieces[0] if len(pieces) == 1 else shapely.MultiLineString(pieces)
        stopped[line] = True
    return GatedLines(mended, stopped, standing)


def _pieces(xy: NDArray[np.float64], cuts: set[int], *, in_degrees: bool) -> Iterator[shapely.LineString]:
    """Yield a line's pieces between the vertices at which it stops."""
    last = len(xy) - 1
    bounds = sorted({0, last} | cuts)
    for begin, end in pairwise(bounds):
        piece = xy[begin : end + 1].copy()
        if begin in cuts:
            piece[0] = _short_of(xy[begin], xy[begin + 1], in_degrees=in_degrees)
        if end in cuts:
            piece[-1] = _short_of(xy[end], xy[end - 1], in_degrees=in_degrees)
        yield shapely.LineString(piece)


def _short_of(gate: NDArray[np.float64], inward: NDArray[np.float64], *, in_degrees: bool) -> NDArray[np.float64]:
    """Return the place `GAP_M` from a gate on the way to the vertex before it."""
    step = inward - gate
    shrink, metres = (np.cos(np.radians(gate[1])), METRES_A_DEGREE) if in_degrees else (1.0, 1.0)
    length_m = float(np.hypot(step[0] * shrink, step[1])) * metres
    return np.asarray(gate + step * min(GAP_M / length_m, LONGEST_SHARE))
