"""Notices on a study's inputs: lines not walkable, few people per demand point, communities without people."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from planner.config.study import Study
from planner.io.layer_read import clip_excluded_lines, gap_notices, uncrossed_notices
from planner.io.study_layers import StudyLayers
from planner.messages.notices import Notice
from planner.population.disaggregate import Residents
from planner.schemas.tables import Communities

FEW_PEOPLE = 5
"""Points of fewer people may be one household: more than four live together in few homes of a census."""


def lines_not_walked(
    tables: StudyLayers, communities: Communities, margin_m: float
) -> tuple[gpd.GeoDataFrame, list[Notice]]:
    """Return the lines near the communities that are not walked, and the notices on what files lack."""
    outline = shapely.union_all(communities.geometry.array)
    area = shapely.buffer(outline, margin_m)
    torn = [
        notice
        for name in ("streets", "buildings")
        for notice in gap_notices(name, tables.notes(name), crs=communities.crs, communities=outline)
    ]
    around = uncrossed_notices(tables.notes("streets"), crs=communities.crs, area=area)
    return clip_excluded_lines(tables.notes("streets"), crs=communities.crs, area=area), [*torn, *around]


def community_notices(communities: Communities, residents: Residents) -> list[Notice]:
    """Tell which communities have nobody, and by how many people those placed differ from those given."""
    balance = residents.balance[:-1].set_axis(communities.index)
    notices = []
    without = ~(balance["placed"] > 0)
    if without.any():
        notices.append(Notice("community_without_people", "communities", tuple(communities["id"][without])))
    differs = balance["given"].notna() & ((balance["given"] - balance["placed"]).abs() >= 1)
    if residents.method in {"points", "raster"} and differs.any():
        gap = float(np.abs(balance["given"] - balance["placed"])[differs].sum())
        notices.append(Notice("people_differ", "communities", tuple(communities["id"][differs]), gap))
    return notices


def small_count_notices(study: Study, residents: Residents) -> list[Notice]:
    """Tell that surveyed points of few people are not shown by their door, or that the study shows them."""
    layer, people = study.inputs.demand, residents.points["people"]
    least = study.demand.least_shown or FEW_PEOPLE
    few = int(((people > 0) & (people < least)).sum())
    if layer is None or layer.modelled or residents.method != "points" or not few:
        return []
    key = "small_counts" if study.demand.least_shown else "small_counts_shown"
    return [Notice(key, "demand", values={"count": few, "least": least})]
