"""Notices on a study's inputs: duplicates, lines that are not walkable, communities without people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from planner.config.study import Study
from planner.io.layer_read import clip_excluded_lines, gap_notices, uncrossed_notices
from planner.io.study_layers import StudyLayers
from planner.messages.notices import Notice
from planner.population.disaggregate import Residents
from planner.population.grid_cells import touching_pairs
from planner.schemas.tables import Communities, Demand, Facilities

SLIVER_M2 = 100.0
"""Borders of neighbours that were drawn apart overlap by slivers; a tenth of a house and less is not told."""

SAME_OUTLINE = 0.98
"""Two communities are of one outline if what they share is this part of both together."""

ONE_SPOT_M = 0.5
"""Centres closer than this stand at one spot: coordinates are written to a metre or so."""

NAMED_PAIRS = 5
HECTARE_M2 = 10_000.0


@dataclass(frozen=True, slots=True)
class CommunityOverlap:
    """Ground that two communities share: their ids, how much, m², and whether it is all of both."""

    first: str
    second: str
    area_m2: float
    is_same: bool


def find_overlaps(communities: Communities) -> tuple[CommunityOverlap, ...]:
    """Return the pairs of communities that overlap by more than a sliver, the larger overlap first.

    Examples
    --------
    >>> table = gpd.GeoDataFrame({"id": ["A", "B", "C"]}, geometry=[shapely.box(0, 0, 100, 100),
    ...     shapely.box(80, 0, 200, 100), shapely.box(200, 0, 300, 100)], crs=32648)
    >>> find_overlaps(Communities(table))
    (CommunityOverlap(first='A', second='B', area_m2=2000.0, is_same=False),)
    """
    ordered = communities.sort_values("id")
    outlines = np.asarray(ordered.geometry.array, dtype=object)
    ids = ordered["id"].to_numpy(dtype=object)
    results = []
    for first, second in touching_pairs(outlines):
        area = float(shapely.intersection(outlines[first], outlines[second]).area)
        if area >= SLIVER_M2:
            whole = float(shapely.union(outlines[first], outlines[second]).area)
            results.append(CommunityOverlap(str(ids[first]), str(ids[second]), area, area >= SAME_OUTLINE * whole))
    return tuple(sorted(results, key=lambda one: (-one.area_m2, one.first, one.second)))


def duplicate_notices(
    communities: Communities, facilities: Facilities, demand: Demand | None
) -> tuple[Notice, ...]:
    """Return notices of duplicates in the layers, in their metric system."""
    return (
        *_ground_notices(find_overlaps(communities)),
        *_spot_notices(facilities),
        *(() if demand is None else _part_notices(demand)),
    )


def _ground_notices(shared: Sequence[CommunityOverlap]) -> Iterator[Notice]:
    for key, pairs in (
        ("communities_same_outline", [item for item in shared if item.is_same]),
        ("communities_overlap", [item for item in shared if not item.is_same]),
    ):
        if pairs:
            named = ", ".join(
                f"{item.first} + {item.second}: {item.area_m2 / HECTARE_M2:,.2f}" for item in pairs[:NAMED_PAIRS]
            )
            values = {
                "count": f"{len(pairs)}",
                "pairs": named + (" …" if len(pairs) > NAMED_PAIRS else ""),
                "hectares": f"{sum(item.area_m2 for item in pairs) / HECTARE_M2:,.2f}",
            }
            rows = tuple(sorted({name for item in pairs for name in (item.first, item.second)}))
            yield Notice(key, "communities", rows, values=values)


def _spot_notices(facilities: Facilities) -> Iterator[Notice]:
    """Name centres at one spot; a branch beside its own centre is meant so."""
    points = np.asarray(facilities.geometry.array, dtype=object)
    ids = facilities["id"].to_numpy(dtype=object)
    main = facilities["branch_of"].to_numpy(dtype=object)
    first, second = shapely.STRtree(points).query(points, predicate="dwithin", distance=ONE_SPOT_M)
    pairs = [(item, other) for item, other in zip(first, second, strict=True) if item < other]
    apart = [(item, other) for item, other in pairs if main[item] != ids[other] and main[other] != ids[item]]
    if apart:
        named = ", ".join(f"{ids[item]} + {ids[other]}" for item, other in apart[:NAMED_PAIRS])
        values = {"pairs": named + (" …" if len(apart) > NAMED_PAIRS else "")}
        rows = tuple(sorted({str(ids[place]) for pair in apart for place in pair}))
        yield Notice("facilities_one_spot", "facilities", rows, values=values)


def _part_notices(demand: gpd.GeoDataFrame) -> Iterator[Notice]:
    above = (demand["people_65"] > demand["people"]).to_numpy(dtype=np.bool_)
    if above.any():
        people = float((demand["people_65"] - demand["people"])[above].sum())
        yield Notice("people_65_above_people", "demand", tuple(demand["id"][above]), people)


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
    """Report which communities have nobody, and by how many people those placed differ from those given."""
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
    """Report that surveyed points of few people are not shown by their door, or that the study shows them."""
    layer, people = study.inputs.demand, residents.points["people"]
    least = study.demand.least_shown or FEW_PEOPLE
    few = int(((people > 0) & (people < least)).sum())
    if layer is None or layer.modelled or residents.method != "points" or not few:
        return []
    key = "small_counts" if study.demand.least_shown else "small_counts_shown"
    return [Notice(key, "demand", values={"count": few, "least": least})]
