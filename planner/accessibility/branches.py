"""Branches: facilities that belong to another, and are counted and rated with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, IndexArray
from planner.schemas.tables import TIERS, Facilities


def is_branch(facilities: Facilities) -> NDArray[np.bool_]:
    """Return True for branches of another facility, shape (facilities,)."""
    # Trials of improvements ask some thousand times: plain texts compare in a tenth of the time.
    return np.asarray(facilities["branch_of"].to_numpy(dtype=object) != "", dtype=np.bool_)


def main_facility(facilities: Facilities) -> IndexArray:
    """Return the position of the facility that each is counted with: itself unless it is a branch."""
    position = pd.Series(np.arange(len(facilities)), index=facilities["id"])
    named = facilities["branch_of"].where(facilities["branch_of"] != "", facilities["id"])
    return np.asarray(position.reindex(named), dtype=np.int64)


def facilities_by_tier(facilities: Facilities) -> dict[str, NDArray[np.bool_]]:
    """Return a mask of facilities for each tier, in the order of `TIERS`; branches count with their main one."""
    tier = facilities["tier"].to_numpy(dtype=object)[main_facility(facilities)]
    return {name: np.asarray(tier == name, dtype=np.bool_) for name in TIERS if (tier == name).any()}


def merge_branches(times: TravelTimes, facilities: Facilities) -> TravelTimes:
    """Return the shortest walks to each facility or a branch of it; branches by themselves have none.

    Examples
    --------
    >>> times = TravelTimes(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([5.0, 3.0, 4.0]), 2, 2, 15.0)
    >>> table = Facilities(pd.DataFrame({"id": ["C", "B"], "branch_of": ["", "C"]}))
    >>> joined = merge_branches(times, table)
    >>> joined.facility.tolist(), joined.demand.tolist(), joined.minutes.tolist()
    ([0, 0], [0, 1], [3.0, 4.0])
    """
    if not is_branch(facilities).any():
        return times
    facility = main_facility(facilities)[times.facility]
    order = np.lexsort((times.minutes, times.demand, facility))
    facility, demand, minutes = facility[order], times.demand[order], times.minutes[order]
    is_first = np.concatenate([[True], (np.diff(facility) != 0) | (np.diff(demand) != 0)])[: len(order)]
    return replace(times, facility=facility[is_first], demand=demand[is_first], minutes=minutes[is_first])


def sum_with_branches(values: FloatArray, facilities: Facilities) -> FloatArray:
    """Sum a column over each facility and its branches; a branch keeps its own value; NaN is not known."""
    branch = is_branch(facilities)
    if not branch.any():
        return values
    summed = np.array(values)
    np.add.at(summed, main_facility(facilities)[branch], values[branch])
    return summed
