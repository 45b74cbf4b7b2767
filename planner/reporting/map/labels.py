"""Names on the map: street names along their streets, and what can be found by its name."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.map import symbols
from planner.reporting.map.simplify import DRAWN_DIGITS
from planner.results import Plan

STRAIGHT_M = 8.0
"""How far a street may bend away from the line that its name is written along, metres."""

SHORTEST_M = 60.0
"""A straight part shorter than this carries no name, metres."""

NAMED = ("arterial", "street")

Chord = tuple[str, float, float, float, float]
Place = tuple[str, str, float, float, int | None, str | None, str]


def street_names(plan: Plan) -> list[Chord]:
    """Return where street names are written: name, and both ends (lat, lon) of a straight part, longest first."""
    streets = plan.inputs.streets
    named = streets[(streets["name"] != "") & streets["kind"].map(symbols.street_class).isin(NAMED)]
    names = sorted(set(named["name"]))
    place = {name: number for number, name in enumerate(names)}
    chords, street = _straight_parts(named.geometry.to_numpy(), named["name"].map(place).to_numpy(dtype=np.int64))
    if not len(chords):
        return []
    ends = _degrees(shapely.points(chords.reshape(-1, 2)), plan).reshape(-1, 4)
    length = np.hypot(*(chords[:, 1] - chords[:, 0]).T)
    order = np.argsort(-length, kind="stable")
    return [(names[street[row]], *ends[row].tolist()) for row in order]


def places_to_find(plan: Plan, content: PlanDocument) -> list[Place]:
    """Return what can be found by name: name, kind, lat, lon, station, community, code."""
    communities = plan.inputs.communities
    inside = _degrees(shapely.point_on_surface(communities.geometry.array), plan).tolist()
    both = [*content["centres"], *content["siting"]["candidates"]]
    n_centres = len(content["centres"])
    places: list[Place] = [
        (name, "community", lat, lon, None, community, "")
        for name, community, (lat, lon) in zip(communities["name"], communities["id"], inside, strict=True)
    ]
    places += [
        (
            one["name"] if station < n_centres else one["place"] or one["id"],
            "centre" if station < n_centres else "candidate",
            round(one["lat"], DRAWN_DIGITS),
            round(one["lon"], DRAWN_DIGITS),
            station,
            None,
            "" if station < n_centres else one["id"],
        )
        for station, one in enumerate(both)
    ]
    return places + _streets_to_find(plan)


def _streets_to_find(plan: Plan) -> list[Place]:
    streets = plan.inputs.streets
    named = streets[streets["name"] != ""]
    if named.empty:
        return []
    longest = named.assign(length_m=named.length).sort_values("length_m", ascending=False, kind="stable")
    longest = longest.drop_duplicates("name").sort_values("name", kind="stable")
    middles = shapely.line_interpolate_point(
        [max(shapely.get_parts(line), key=shapely.length) for line in longest.geometry], 0.5, normalized=True
    )
    places = _degrees(middles, plan).tolist()
    return [
        (name, "street", lat, lon, None, None, "")
        for name, (lat, lon) in zip(longest["name"], places, strict=True)
    ]


def merge_lines(lines: NDArray[np.object_], group: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the lines of each group, numbered from 0, as one shape, joined where they meet end to end."""
    order = np.argsort(group, kind="stable")
    parts, line = shapely.get_parts(lines[order], return_index=True)
    together = shapely.multilinestrings(parts, indices=group[order][line])
    return np.asarray(shapely.line_merge(together), dtype=object)


def _straight_parts(
    lines: NDArray[np.object_], street: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the longest straight part of each stretch of a street, shape (parts, 2, 2), and whose it is."""
    stretches, street_of = shapely.get_parts(merge_lines(lines, street), return_index=True)
    corners, stretch = shapely.get_coordinates(shapely.simplify(stretches, STRAIGHT_M), return_index=True)
    begins = np.flatnonzero(stretch[1:] == stretch[:-1])
    of = stretch[begins]
    length = np.hypot(*(corners[begins + 1] - corners[begins]).T)
    order = np.lexsort((-length, of))
    _, longest = np.unique(of[order], return_index=True)
    kept = order[longest]
    kept = kept[length[kept] >= SHORTEST_M]
    return np.stack([corners[begins[kept]], corners[begins[kept] + 1]], axis=1), street_of[of[kept]]


def _degrees(points: object, plan: Plan) -> np.ndarray:
    """Return latitude and longitude of points, rounded, shape (points, 2)."""
    degrees = gpd.GeoSeries(points, crs=plan.inputs.crs).to_crs(4326)
    return np.round(np.column_stack([degrees.y, degrees.x]), DRAWN_DIGITS)
