"""Two-step floating catchment area methods (2SFCA, E2SFCA): supply per person within reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planner.network.argument_checks import check_counts, check_limits
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, IndexArray, is_within


@dataclass(frozen=True, slots=True, eq=False)
class Catchments:
    """Results of a two-step floating catchment area method."""

    people: FloatArray
    """Population of each catchment, weighted by zone, shape (facilities,)."""
    ratio: FloatArray
    """Supply per person in the catchment, shape (facilities,); NaN where the supply is not known or the catchment
    is empty."""
    access: FloatArray
    """Sum of the ratios in reach, weighted by zone, shape (demand,); NaN where one of them is not known."""


def two_step_access(
    times: TravelTimes,
    people: FloatArray,
    supply: FloatArray,
    *,
    zones_min: Sequence[float],
    weights: Sequence[float],
) -> Catchments:
    r"""Compute supply-to-population ratios of facilities, and sum them at each demand point.

    .. math:: R_j = S_j / \sum_k w(t_{kj}) P_k, \qquad A_i = \sum_j w(t_{ij}) R_j

    where :math:`w` is the weight of the zone in which the walk ends and 0 beyond the last. With one zone of weight
    1 this is 2SFCA, with several E2SFCA. Limits are inclusive.

    Parameters
    ----------
    times
        Walking minutes; pairs beyond the last zone do not count.
    people
        People at each demand point, shape (demand,).
    supply
        Supply of each facility, as m² of floor, shape (facilities,); NaN is not known.
    zones_min, weights
        Outer limit of each zone, minutes, rising; its weight.

    Returns
    -------
    catchments
        Ratio by facility, access by demand point.

    Raises
    ------
    DataError
        People or supply have another length than the times, or are below zero, people are missing, the zones do
        not rise, lie beyond the horizon, or do not have one weight each.

    References
    ----------
    .. [1] Luo, W., Wang, F. (2003). Measures of spatial accessibility to health care in a GIS environment.
       Environment and Planning B 30.
    .. [2] Luo, W., Qi, Y. (2009). An enhanced two-step floating catchment area (E2SFCA) method for measuring
       spatial accessibility to primary care physicians. Health & Place 15.

    Examples
    --------
    >>> times = TravelTimes(np.array([0, 0]), np.array([0, 1]), np.array([3.0, 9.0]), 1, 3, 15.0)
    >>> people = np.array([10.0, 20.0, 5.0])
    >>> found = two_step_access(times, people, np.array([60.0]), zones_min=[5, 10], weights=[1.0, 0.5])
    >>> found.ratio.tolist(), found.access.tolist()
    ([3.0], [3.0, 1.5, 0.0])
    """
    check_limits("two_step_access", zones_min)
    times.check_horizon("two_step_access", zones_min[-1])
    known_supply = np.where(np.isnan(supply), 0.0, supply)
    counts = (("people", people, times.n_demand), ("supply", known_supply, times.n_facilities))
    check_counts("two_step_access", [*counts, ("weights", weights, len(zones_min))])
    weight = np.zeros(len(times.minutes))
    for zone, share in reversed(list(zip(zones_min, weights, strict=True))):
        weight[is_within(times.minutes, zone)] = share
    inside = weight > 0
    facility, demand, weight = times.facility[inside], times.demand[inside], weight[inside]
    reached = _summed(facility, weight * people[demand], times.n_facilities)
    ratio = np.full(times.n_facilities, np.nan)
    np.divide(supply, reached, out=ratio, where=reached > 0)
    # A catchment without people reaches only points without people: it adds nothing.
    shared = np.where(reached > 0, ratio, 0.0)
    access = _summed(demand, weight * shared[facility], times.n_demand)
    return Catchments(reached, ratio, access)


def _summed(rows: IndexArray, values: FloatArray, count: int) -> FloatArray:
    # Without rows bincount counts whole numbers.
    return np.bincount(rows, weights=values, minlength=count).astype(np.float64)
