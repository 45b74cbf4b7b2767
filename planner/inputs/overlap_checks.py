"""Duplicates in the layers: overlapping communities, facilities at one point, people over 65 above all people.

Ground that several communities share belongs to the one with the lowest id, as a point on a border does: nobody is
counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from planner.messages.notices import Notice
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

    one: str
    other: str
    area_m2: float
    is_same: bool


def find_overlaps(communities: Communities) -> tuple[CommunityOverlap, ...]:
    """Return the pairs of communities that overlap by more than a sliver, the larger overlap first.

    Examples
    --------
    >>> table = gpd.GeoDataFrame({"id": ["A", "B", "C"]}, geometry=[shapely.box(0, 0, 100, 100),
    ...     shapely.box(80, 0, 200, 100), shapely.box(200, 0, 300, 100)], crs=32648)
    >>> find_overlaps(Communities(table))
    (CommunityOverlap(one='A', other='B', area_m2=2000.0, is_same=False),)
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
    return tuple(sorted(results, key=lambda one: (-one.area_m2, one.one, one.other)))


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
                f"{item.one} + {item.other}: {item.area_m2 / HECTARE_M2:,.2f}" for item in pairs[:NAMED_PAIRS]
            )
            values = {
                "count": f"{len(pairs)}",
                "pairs": named + (" …" if len(pairs) > NAMED_PAIRS else ""),
                "hectares": f"{sum(item.area_m2 for item in pairs) / HECTARE_M2:,.2f}",
            }
            rows = tuple(sorted({name for item in pairs for name in (item.one, item.other)}))
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
