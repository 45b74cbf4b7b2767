"""Belts along streets (沿街商业带): what stands within a walk of a named street, with its stations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.config.sections.demand import BeltSettings
from planner.network.isochrones.unions import unite_areas
from planner.network.positions import as_snapped, positions_of_nodes
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, WalkSettings, is_within
from planner.network.walker import Walker
from planner.schemas.tables import Facilities, Streets

STATION = "station"
MEMBER_COLUMNS = ("belt", "kind", "id", "name", "walk_min")


@dataclass(frozen=True, slots=True, eq=False)
class Belts:
    """Belts of a study."""

    table: gpd.GeoDataFrame
    """One row a belt, in the order of the study: id, name, streets, length_m, limit_min, people, places, workers,
    organisations, centres, stations (counts within the limit; NaN where the study gives no such layer),
    geometry (where the walk to the street is within the limit)."""
    members: pd.DataFrame
    """One row a member of a belt: belt, kind (``facility``, ``place``, ``organisation``), id, name, walk_min, by
    kind and walk."""


def find_belts(
    settings: Sequence[BeltSettings],
    walker: Walker,
    streets: Streets,
    facilities: tuple[Facilities, SnappedPoints],
    demand: tuple[gpd.GeoDataFrame, SnappedPoints],
    *,
    places: gpd.GeoDataFrame | None = None,
    organisations: gpd.GeoDataFrame | None = None,
) -> Belts:
    """Find what stands along streets.

    Parameters
    ----------
    settings
        Names of the streets of each belt, and how far from them it reaches.
    walker, streets
        Network and walk; the rows that the network was built from, for street names.
    facilities, demand
        Facilities and demand points, each with the same snapped.
    places, organisations
        Shops and offices with their workers, and organisations; None where the study gives none.
    """
    layers = {"facility": facilities, "demand": demand}
    for kind, points in (("place", places), ("organisation", organisations)):
        if points is not None:
            layers[kind] = (points, walker.snap(gpd.GeoDataFrame(points)))
    rows, members, shapes = [], [], []
    for setting in settings:
        limit_min = (
            setting.minutes if setting.minutes is not None else walker.walk.minutes(setting.within_m or 0.0)
        )
        own = streets["name"].isin(setting.streets).to_numpy()
        near: dict[str, pd.DataFrame] = {}
        for kind, (points, snaps) in layers.items():
            minutes = minutes_from_streets(walker, own, snaps)
            inside = is_within(minutes, limit_min)
            near[kind] = pd.DataFrame(points[inside].drop(columns="geometry")).assign(walk_min=minutes[inside])
            if kind != "demand":
                listed = near[kind][["id", "name", "walk_min"]].assign(belt=setting.id, kind=kind)
                members.append(listed.sort_values(["walk_min", "id"], kind="stable"))
        rows.append(
            {
                "id": setting.id,
                "name": setting.name or setting.id,
                "streets": ", ".join(setting.streets),
                "length_m": float(_edges(walker, own)[1].sum()),
                "limit_min": limit_min,
                "people": float(near["demand"]["people"].sum()),
                "places": float(len(near["place"])) if "place" in near else np.nan,
                "workers": float(near["place"]["workers"].sum()) if "place" in near else np.nan,
                "organisations": float(len(near["organisation"])) if "organisation" in near else np.nan,
                "centres": int((near["facility"]["tier"] != STATION).sum()),
                "stations": int((near["facility"]["tier"] == STATION).sum()),
            }
        )
        shapes.append(_extent(walker, own, limit_min))
    every = pd.concat(members, ignore_index=True) if members else pd.DataFrame(columns=[*MEMBER_COLUMNS])
    return Belts(gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=streets.crs), every[[*MEMBER_COLUMNS]])


def minutes_from_streets(walker: Walker, own: np.ndarray, snaps: SnappedPoints) -> FloatArray:
    """Return the walk between each point and the nearest position on some streets, `inf` where there is none.

    A walk comes to the streets through a junction on them, or straight from the point.

    Parameters
    ----------
    own
        True for rows of the streets table, shape (streets,).
    snaps
        The points, snapped.
    """
    network = walker.network
    nodes, _ = _edges(walker, own)
    if not len(nodes):
        return np.full(len(snaps.xy), np.inf)
    junctions = as_snapped(positions_of_nodes(network, nodes.tolist()), network)
    minutes, _ = walker.nearest(junctions, snaps, within_min=walker.upper_bound_min)
    beside = own[network.edge_street[network.segment_edge[snaps.segment]]]
    along = np.clip(snaps.foot_m, snaps.from_m, snaps.to_m)[beside] - snaps.foot_m[beside]
    straight = walker.walk.all_minutes(np.hypot(snaps.aside_m[beside], along))
    minutes = minutes.copy()
    np.minimum.at(minutes, snaps.point[beside], straight)
    return minutes


def _edges(walker: Walker, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes of the chosen streets as they are drawn, and the lengths of their edges, metres."""
    drawn = walker.network.as_drawn
    chosen = own[drawn.edge_street]
    return np.unique(drawn.edge_nodes[chosen]), drawn.edge_m[chosen]


def _extent(walker: Walker, own: np.ndarray, limit_min: float) -> shapely.Geometry:
    """Return where the walk to the streets is within the limit."""
    drawn, nodes = walker.network.as_drawn, _edges(walker, own)[0]
    if not len(nodes):
        return shapely.Polygon()
    junctions = as_snapped(positions_of_nodes(walker.network, nodes.tolist()), walker.network)
    beside_m = min(walker.access_m, walker.walk.metres(limit_min))
    narrow = Walker(walker.network, WalkSettings(walker.walk.speed_kmh, beside_m))
    around = narrow.service_areas(replace(junctions, access_m=beside_m), limits_min=[limit_min])[:, 0]
    beside = shapely.buffer(drawn.edge_lines()[own[drawn.edge_street]], beside_m)
    return unite_areas(np.concatenate([around, beside]))
