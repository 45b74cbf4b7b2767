"""Shapes drawn around one centre besides the base map: what blocks the way, and where a change would be made."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.evaluation.severance import DIRECTIONS, SECTOR_DEGREES
from planner.reporting.facility_text import MAX_PAIRS
from planner.results import Plan

SECTOR_CHORDS = 8
"""Chords of a sector's arc."""


def blocked_sectors(plan: Plan, ident: str) -> NDArray[np.object_]:
    """Return the blocked directions of a centre as sectors of the disc of the standard."""
    radius_m = plan.walk.metres(plan.study.limits.standard_min)
    facilities, found = plan.inputs.facilities, plan.diagnosis.directions
    centre = shapely.get_coordinates(facilities.geometry.array[(facilities["id"] == ident).to_numpy()])[0]
    blocked = found[(found["facility"] == ident) & found["blocked"].map(lambda one: one is True)]
    sectors = [_sector(centre, DIRECTIONS.index(name), radius_m) for name in blocked["direction"]]
    return np.array(sectors, dtype=object)


def severed_pair_lines(plan: Plan, ident: str) -> NDArray[np.object_]:
    """Return the pairs of street positions around a centre that its card tells of, as lines."""
    near = {pair for pair, _ in plan.improvements.pairs_near[ident][:MAX_PAIRS]}
    lines = plan.improvements.severance_pairs.geometry.array[
        plan.improvements.severance_pairs["id"].isin(near).to_numpy()
    ]
    return np.asarray(lines, dtype=object)


def action_positions(plan: Plan, ident: str) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Return where the cheapest change for a centre is made: crossings as lines, and other places."""
    changes = [
        action
        for remedy in plan.improvements.plans
        if remedy.facility == ident
        for action in remedy.actions
        if action.place
    ]
    paths = [shapely.LineString([change.place, change.other]) for change in changes if change.other]
    places = [one.place for one in changes if not one.other]
    return np.array(paths, dtype=object), np.array(places, dtype=np.float64).reshape(-1, 2)


def _sector(centre: NDArray[np.float64], number: int, radius_m: float) -> shapely.Polygon:
    """Return one of the eight sectors of a disc, the first of them around north."""
    bearing = np.radians((number + np.linspace(-0.5, 0.5, SECTOR_CHORDS + 1)) * SECTOR_DEGREES)
    arc = centre + radius_m * np.column_stack([np.sin(bearing), np.cos(bearing)])
    return shapely.Polygon([centre, *arc])
