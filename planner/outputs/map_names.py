"""Names on the map: street names along their streets, and what can be found by its name."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from planner.outputs import map_style as style
from planner.outputs.document import Document
from planner.outputs.thinning import DRAWN_DIGITS
from planner.plan import Plan

STRAIGHT_M = 8.0
"""How far a street may bend away from the line that its name is written along, metres."""

SHORTEST_M = 60.0
"""A straight part shorter than this carries no name, metres."""

NAMED = ("arterial", "street")

Chord = tuple[str, float, float, float, float]
Place = tuple[str, str, float, float, int | None, str | None]


def street_names(plan: Plan) -> list[Chord]:
    """Return where street names are written: name, and both ends (lat, lon) of a straight part, longest first."""
    streets = plan.inputs.streets
    named = streets[(streets["name"] != "") & streets["kind"].map(style.street_class).isin(NAMED)]
    names, chords = [], []
    lines, rows = named.geometry.to_numpy(), rows_by(named["name"])
    for name in sorted(rows):
        for chord in _straight_parts(lines[rows[name]]):
            names.append(name)
            chords.append(chord)
    if not chords:
        return []
    ends = _degrees(shapely.points(np.array(chords).reshape(-1, 2)), plan).reshape(-1, 4)
    length = np.array([np.hypot(*(chord[1] - chord[0])) for chord in chords])
    order = np.argsort(-length, kind="stable")
    return [(names[place], *ends[place].tolist()) for place in order]


def places_to_find(plan: Plan, content: Document) -> list[Place]:
    """Return what can be found by name: name, kind, lat, lon, its station's number, its community's id."""
    communities = plan.inputs.communities
    inside = _degrees(shapely.point_on_surface(communities.geometry.array), plan).tolist()
    both = [*content["centres"], *content["siting"]["candidates"]]
    n_centres = len(content["centres"])
    found: list[Place] = [
        (name, "community", lat, lon, None, community)
        for name, community, (lat, lon) in zip(communities["name"], communities["id"], inside, strict=True)
    ]
    found += [
        (
            one["name"] if station < n_centres else one["id"],
            "centre" if station < n_centres else "candidate",
            round(one["lat"], DRAWN_DIGITS),
            round(one["lon"], DRAWN_DIGITS),
            station,
            None,
        )
        for station, one in enumerate(both)
    ]
    return found + _streets_to_find(plan)


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
        (name, "street", lat, lon, None, None) for name, (lat, lon) in zip(longest["name"], places, strict=True)
    ]


def rows_by(keys: Iterable[Hashable]) -> dict[Any, list[int]]:
    """Return the rows of each key, in their order: a frame a key takes far longer where keys are many."""
    rows: dict[Any, list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return rows


def _straight_parts(lines: object) -> list[np.ndarray]:
    """Return the longest straight part of each stretch of a street, as its two ends."""
    joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines))))
    parts = []
    for line in shapely.simplify(joined, STRAIGHT_M):
        corners = shapely.get_coordinates(line)
        length = np.hypot(*np.diff(corners, axis=0).T)
        place = int(np.argmax(length))
        if length[place] >= SHORTEST_M:
            parts.append(corners[place : place + 2])
    return parts


def _degrees(points: object, plan: Plan) -> np.ndarray:
    """Return latitude and longitude of points, rounded, shape (points, 2)."""
    degrees = gpd.GeoSeries(points, crs=plan.inputs.crs).to_crs(4326)
    return np.round(np.column_stack([degrees.y, degrees.x]), DRAWN_DIGITS)
