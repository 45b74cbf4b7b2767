"""Closed gates: where streets are cut, and what opening one would join."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from planner.network.walk import FloatArray

SAME_PLACE_M = 1e-3
"""Streets that pass a gate's position so near pass the gate: vertices are told apart to the millimetre."""

PLACE_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Gate:
    """A closed gate on a street.

    Attributes
    ----------
    id, name
        As its table has them.
    xy
        Where it cuts the streets, to the millimetre.
    nodes
        The nodes of the network that opening it would make one.
    """

    id: str
    name: str
    xy: tuple[float, float]
    nodes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SplitStreets:
    """Streets with closed gates in them.

    Attributes
    ----------
    streets
        The rows of the input; those that pass a gate end there and begin again.
    gates
        The gates that a street passes, in the order of their table.
    stray
        The ids of the others.
    """

    streets: gpd.GeoDataFrame
    gates: tuple[Gate, ...]
    stray: tuple[str, ...]


def close_gates(streets: gpd.GeoDataFrame, closed: gpd.GeoDataFrame, *, within_m: float) -> SplitStreets:
    """Cut the street nearest to each gate, and with it all that pass the same place.

    Other streets are left as they are, however near the gate: a gate on a lane must not close the road that the
    lane leads to.

    Parameters
    ----------
    streets
        LineStrings and MultiLineStrings in metres.
    closed
        The closed gates: points with `id` and `name`, in the same CRS.
    within_m
        A gate farther from every street is on none.

    Returns
    -------
    cut
        To be built with ``build_network(cut.streets, gates=cut.gates)``.

    Examples
    --------
    >>> lane = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 100 0)"], crs=32648).to_frame("geometry")
    >>> gates = gpd.GeoDataFrame({"id": ["a", "b"], "name": ""}, geometry=gpd.points_from_xy([40, 50], [2, 90]))
    >>> cut = close_gates(lane, gates, within_m=5.0)
    >>> cut.streets.geometry[0].wkt, cut.stray
    ('MULTILINESTRING ((0 0, 40 0), (40 0, 100 0))', ('b',))
    """
    shapes = np.array(streets.geometry.array, dtype=object)
    tree = shapely.STRtree(shapes)
    gates = np.asarray(closed.geometry.array, dtype=object)
    found, row = tree.query_nearest(gates, max_distance=within_m)
    order = np.lexsort((row, found))
    passed, first = np.unique(found[order], return_index=True)
    places: dict[int, tuple[float, float]] = {}
    for gate, nearest in zip(passed.tolist(), row[order][first].tolist(), strict=True):
        line = shapes[nearest]
        place = shapely.get_coordinates(shapely.shortest_line(line, gates[gate]))[0]
        corners = np.round(shapely.get_coordinates(line), PLACE_DIGITS)
        apart_m = np.hypot(*(corners - place).T)
        nearest_corner = int(np.argmin(apart_m))
        # A vertex beside the place is the place: streets join there.
        at = corners[nearest_corner] if apart_m[nearest_corner] <= SAME_PLACE_M else np.round(place, PLACE_DIGITS)
        places[gate] = (float(at[0]), float(at[1]))
        for passing in tree.query(shapely.Point(at), predicate="dwithin", distance=SAME_PLACE_M).tolist():
            shapes[passing] = _cut(shapes[passing], at)
    names = list(zip(closed["id"], closed["name"], strict=True))
    return SplitStreets(
        gpd.GeoDataFrame(streets.set_geometry(shapes, crs=streets.crs)),
        tuple(Gate(*names[gate], place) for gate, place in places.items()),
        tuple(str(ident) for gate, (ident, _) in enumerate(names) if gate not in places),
    )


def _cut(shape: shapely.Geometry, at: FloatArray) -> shapely.Geometry:
    """Return a street in pieces that end at a place; its vertices there lie exactly on it."""
    pieces: list[FloatArray] = []
    for part in shapely.get_parts(shape):
        xy = shapely.get_coordinates(part)
        segments = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
        near = shapely.distance(segments, shapely.Point(at)) <= SAME_PLACE_M
        is_at = np.hypot(*(xy - at).T) <= SAME_PLACE_M
        piece = [at if is_at[0] else xy[0]]
        for i in range(len(segments)):
            if near[i] and not is_at[i] and not is_at[i + 1]:
                pieces.append(np.array([*piece, at]))
                piece = [at]
            piece.append(at if is_at[i + 1] else xy[i + 1])
            if is_at[i + 1] and i + 1 < len(segments):
                pieces.append(np.array(piece))
                piece = [at]
        pieces.append(np.array(piece))
    kept = [shapely.LineString(piece) for piece in pieces if len(piece) > 1]
    return kept[0] if len(kept) == 1 else shapely.MultiLineString(kept)
