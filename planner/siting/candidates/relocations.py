"""Candidates from existing centres that the study frees: as they are, moved, or merged two by two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.network.walker import Walker
from planner.siting.candidates.candidate import Candidate, candidate_xy
from planner.siting.candidates.clusters import snap_to_streets


@dataclass(frozen=True, slots=True)
class FacilityAction:
    """What a plan does with a free centre."""

    centre: str
    """Its id."""
    fate: str
    """``"keep"``, ``"move"``, ``"merge"`` or ``"close"``."""
    to: str = ""
    """The id of the candidate that takes its place; empty where none does."""


def propose_relocations(
    facilities: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    free: Sequence[str],
    walker: Walker,
    *,
    merge_within_m: float,
) -> list[Candidate]:
    """Propose what may be done with free centres; closing one is to choose none of its options.

    Parameters
    ----------
    facilities, demand
        All centres; people with their communities.
    free
        Ids of the free ones.
    walker
        Network and walk.
    merge_within_m
        Two no farther apart than this on foot may be merged.

    Returns
    -------
    candidates
        Of each free centre itself, at no cost (``"keep"``), and the middle of its community's people, where there
        are any (``"move"``); of each two near one another the middle of the people of both (``"merge"``).
    """
    table = facilities.set_index("id", drop=False).loc[list(free)]
    kept = [
        Candidate(str(ident), "keep", float(x), float(y), 0.0, str(name))
        for ident, name, (x, y) in zip(
            table["id"], table["name"], shapely.get_coordinates(table.geometry.array), strict=True
        )
    ]
    homes = [frozenset({community}) - {""} for community in table["community"]]
    moves = [
        (f"M:{one.id}", (one.id,), middle)
        for one, home in zip(kept, homes, strict=True)
        if (middle := _middle(demand, home)) is not None
    ]
    near = _near(kept, walker, within_m=merge_within_m)
    merges = [
        (f"M:{kept[one].id}+{kept[other].id}", (kept[one].id, kept[other].id), middle)
        for one, other in near
        if (middle := _middle(demand, homes[one] | homes[other])) is not None
    ]
    proposals = list(kept)
    for options in (moves, merges):
        if options:
            xy = np.array([middle for *_, middle in options])
            source = "move" if options is moves else "merge"
            placed = snap_to_streets(
                [ident for ident, *_ in options],
                "move" if source == "move" else "merge",
                xy,
                walker,
            )
            proposals += [_of_centres(one, centres) for one, (_, centres, _) in zip(placed, options, strict=True)]
    return proposals


def facility_actions(
    free: Sequence[Candidate], chosen: Sequence[Candidate], *, new_sites: int
) -> tuple[FacilityAction, ...]:
    """Return the action of a plan on each relocatable centre.

    A centre that is chosen as it is stays. Of the others, two whose common option is chosen are merged. Sites
    beyond the number of new ones replace centres: those closed centres and sites are paired so that they move the
    least, an option of the centre itself first. What is left is closed.

    Examples
    --------
    >>> old = [Candidate("C1", "keep", 0, 0), Candidate("C2", "keep", 100, 0)]
    >>> [one.fate for one in facility_actions(old, [old[0], Candidate("S1", "streets", 90, 0)], new_sites=0)]
    ['keep', 'move']
    """
    kept = {candidate.id for candidate in chosen if candidate.stays}
    merged = {
        centre: one.id
        for one in chosen
        if one.source == "merge" and not kept & set(one.centres)
        for centre in one.centres
    }
    gone = [one for one in free if one.id not in kept and one.id not in merged]
    sites = [one for one in chosen if not one.stays and one.id not in merged.values()]
    moved = _moved(gone, sites, count=min(len(gone), max(0, len(sites) - new_sites)))

    def fate(ident: str) -> FacilityAction:
        if ident in kept:
            return FacilityAction(ident, "keep", ident)
        if ident in merged:
            return FacilityAction(ident, "merge", merged[ident])
        return FacilityAction(ident, "move", moved[ident]) if ident in moved else FacilityAction(ident, "close")

    return tuple(fate(one.id) for one in free)


def _moved(gone: Sequence[Candidate], sites: Sequence[Candidate], *, count: int) -> dict[str, str]:
    if not count:
        return {}
    between = np.hypot(*(candidate_xy(gone)[:, None, :] - candidate_xy(sites)[None, :, :]).transpose(2, 0, 1))
    own = np.array([[one.id in site.centres for site in sites] for one in gone])
    from scipy.optimize import linear_sum_assignment

    centre, site = linear_sum_assignment(np.where(own, 0.0, between))
    order = np.argsort(between[centre, site], kind="stable")[:count]
    return {gone[centre[place]].id: sites[site[place]].id for place in order}


def _middle(demand: gpd.GeoDataFrame, homes: frozenset[str]) -> NDArray[np.float64] | None:
    rows = demand["community"].isin(homes).to_numpy()
    people = demand["people"].to_numpy()[rows]
    if not people.sum() > 0:
        return None
    xy = shapely.get_coordinates(demand.geometry.array[rows])
    return np.asarray(np.average(xy, axis=0, weights=people), dtype=np.float64)


def _near(kept: Sequence[Candidate], walker: Walker, *, within_m: float) -> list[tuple[int, int]]:
    spots = walker.snap(candidate_xy(kept))
    times = walker.times(spots, spots, within_min=walker.walk.minutes(within_m))
    joined = set(zip(times.facility.tolist(), times.demand.tolist(), strict=True))
    return [pair for pair in combinations(range(len(kept)), 2) if pair in joined and pair[::-1] in joined]


def _of_centres(candidate: Candidate, centres: tuple[str, ...]) -> Candidate:
    return Candidate(
        candidate.id, candidate.source, candidate.x_m, candidate.y_m, centres=centres, moved_m=candidate.moved_m
    )
