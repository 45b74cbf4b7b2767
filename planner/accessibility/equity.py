r"""Equity: inequality of the walk to the nearest facility.

People who reach no facility are never given a made-up number: they are counted, they come last among the worst
served and above every limit, and the indices that need a number for everybody (Gini, Theil, gap) are over those
who reach one, with their count beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.network.argument_checks import check_counts
from planner.network.walk import FloatArray, is_within
from planner.population.demand_points import counted_columns

EVERYBODY = "people"
TENTH = 0.1
LORENZ_STEPS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Equity:
    """Distribution of the walk to the nearest facility."""

    groups: pd.DataFrame
    """One row a population group (everybody, 65 and more, further groups): group, people, people_reaching,
    people_unreachable, uncovered and uncovered_share (beyond the standard, with the unreachable), mean_min,
    median_min, gini, theil, gap (FGT with power 1) and severity (power 2), worst_from_min (the worst-served
    tenth walk at least this), worst_mean_min (of those of them who reach a centre), worst_people,
    worst_unreachable. NaN where nobody, or not known."""
    lorenz: pd.DataFrame
    """One row a group and tenth of the people, from the shortest walks: group, people_share, minutes_share."""
    by_subdistrict: pd.DataFrame
    """One row a subdistrict: subdistrict (its name), people, people_unreachable, mean_min, gini,
    uncovered_share."""
    between_share: float
    """The part of the Theil index between subdistricts, 0–1; the rest is within them. NaN where everything
    is 0."""


def measure_equity(
    minutes: FloatArray, demand: gpd.GeoDataFrame, subdistricts: pd.Series, *, standard_min: float
) -> Equity:
    """Compute inequality measures of the walk to the nearest facility.

    Parameters
    ----------
    minutes
        To the nearest facility, searched without a limit; `inf` where none is reached, shape (demand,).
    demand
        Points with people, community, and perhaps people_65 and other columns people_<group>.
    subdistricts
        The subdistrict of each community, by its id.
    standard_min
        Service standard, minutes.

    Returns
    -------
    equity
        The measures; docs/method/ has their formulas.

    Raises
    ------
    DataError
        There is not one time a demand point, a time is missing or below zero, or people are.

    References
    ----------
    .. [1] Cowell, F. A. (2011). Measuring Inequality. Oxford University Press.
    .. [2] Foster, J., Greer, J., Thorbecke, E. (1984). A class of decomposable poverty measures. Econometrica 52.
    """
    walks = np.where(np.isposinf(minutes), 0.0, minutes)
    counts = [("minutes", walks, len(demand)), ("people", demand["people"], len(demand))]
    check_counts("measure_equity", counts)
    groups, curves = [], []
    for name, people in groups_of(demand):
        groups.append({"group": name, **_of_group(minutes, people, standard_min)})
        reaching = np.isfinite(minutes) & (people > 0)
        share_of_people = np.linspace(0.0, 1.0, LORENZ_STEPS + 1)
        share_of_minutes = lorenz_at(share_of_people, minutes[reaching], people[reaching])
        curves += [
            {"group": name, "people_share": x, "minutes_share": y}
            for x, y in zip(share_of_people, share_of_minutes, strict=True)
        ]
    everyone = demand["people"].to_numpy(dtype=np.float64)
    subdistrict = demand["community"].map(subdistricts).fillna("").to_numpy(dtype=object)
    by_subdistrict = []
    for name in dict.fromkeys(subdistricts):
        inside = np.where(subdistrict == name, everyone, 0.0)
        row = _of_group(minutes, inside, standard_min)
        kept = ("people", "people_unreachable", "mean_min", "gini", "uncovered_share")
        by_subdistrict.append({"subdistrict": name, **{key: row[key] for key in kept}})
    reaching = np.isfinite(minutes) & (everyone > 0)
    between, within = theil_parts(minutes[reaching], everyone[reaching], subdistrict[reaching])
    whole = between + within
    return Equity(
        groups=pd.DataFrame(groups),
        lorenz=pd.DataFrame(curves),
        by_subdistrict=pd.DataFrame(by_subdistrict),
        between_share=between / whole if whole > 0 else float("nan"),
    )


def groups_of(demand: gpd.GeoDataFrame) -> Iterator[tuple[str, FloatArray]]:
    """Yield the population groups and their people at every demand point, everybody first.

    A numeric column ``people_<group>`` that is known at every point is a group.
    """
    everyone = demand["people"].to_numpy(dtype=np.float64)
    yield EVERYBODY, everyone
    for name in counted_columns(demand):
        group = np.where(everyone > 0, demand[name].to_numpy(dtype=np.float64), 0.0)
        if np.isfinite(group).all() and (group >= 0).all() and group.any():
            yield name, group


def gini(values: FloatArray, people: FloatArray) -> float:
    r"""Return the population-weighted Gini index: 0 for equality, near 1 where one person has all.

    .. math:: G = \sum_i \sum_j p_i p_j |a_i - a_j| / (2 \mu P^2)

    NaN where there is nobody, or all values are 0.

    Examples
    --------
    >>> gini(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    0.25
    """
    order = np.argsort(values, kind="stable")
    ordered, weight = values[order], people[order]
    whole, total = weight.sum(), (weight * ordered).sum()
    if not whole > 0 or not total > 0:
        return float("nan")
    # Each person has the mean rank of those with the same value.
    middle = np.cumsum(weight) - weight / 2
    return float(((2 * middle / whole - 1) * weight * ordered).sum() / total)


def lorenz_at(shares: FloatArray, values: FloatArray, people: FloatArray) -> FloatArray:
    """Return the Lorenz curve: the share of all values that the people with least have, for shares of people.

    Examples
    --------
    >>> lorenz_at(np.array([0.0, 0.5, 1.0]), np.array([1.0, 3.0]), np.array([1.0, 1.0])).tolist()
    [0.0, 0.25, 1.0]
    """
    order = np.argsort(values, kind="stable")
    heads = np.concatenate([[0.0], np.cumsum(people[order])])
    worth = np.concatenate([[0.0], np.cumsum((people * values)[order])])
    if not worth[-1] > 0:
        return np.full(len(shares), np.nan)
    reached: FloatArray = np.interp(shares, heads / heads[-1], worth / worth[-1])
    return reached


def theil(values: FloatArray, people: FloatArray) -> float:
    r"""Return the Theil index :math:`T = \sum_i (p_i / P) (a_i / \mu) \ln(a_i / \mu)`; a value of 0 adds 0.

    Examples
    --------
    >>> theil(np.array([2.0, 2.0]), np.array([5.0, 1.0]))
    0.0
    """
    whole = people.sum()
    if not whole > 0 or not (people * values).sum() > 0:
        return float("nan")
    relative = values / ((people * values).sum() / whole)
    logarithm = np.log(relative, out=np.zeros_like(relative), where=relative > 0)
    return float((people / whole * relative * logarithm).sum())


def theil_parts(values: FloatArray, people: FloatArray, group: NDArray[np.object_]) -> tuple[float, float]:
    """Decompose the Theil index into its part between groups and its part within them.

    Examples
    --------
    >>> theil_parts(np.array([1.0, 1.0, 3.0]), np.ones(3), np.array(["a", "a", "b"], dtype=object))[1]
    0.0
    """
    total = (people * values).sum()
    if not total > 0:
        return float("nan"), float("nan")
    names = [name for name in dict.fromkeys(group) if people[group == name].sum() > 0]
    heads = np.array([people[group == name].sum() for name in names])
    worth = np.array([(people * values)[group == name].sum() for name in names])
    inside = [
        theil(values[group == name], people[group == name]) if sum_ > 0 else 0.0
        for name, sum_ in zip(names, worth, strict=True)
    ]
    return theil(worth / heads, heads), float((worth / total * np.array(inside)).sum())


def worst_served(minutes: FloatArray, people: FloatArray, *, share: float = TENTH) -> dict[str, float]:
    """Return statistics of the people who walk longest; the last demand point may count in part.

    Examples
    --------
    >>> worst_served(np.array([1.0, 5.0, 9.0]), np.array([8.0, 1.0, 1.0]), share=0.2)
    {'worst_from_min': 5.0, 'worst_mean_min': 7.0, 'worst_people': 2.0, 'worst_unreachable': 0.0}
    """
    whole = people.sum()
    order = np.argsort(-minutes, kind="stable")
    order = order[people[order] > 0]
    before = np.cumsum(people[order]) - people[order]
    counted = np.clip(share * whole - before, 0.0, people[order])
    chosen = counted > 0
    walked, heads = minutes[order][chosen], counted[chosen]
    reaching = np.isfinite(walked)
    return {
        "worst_from_min": float(walked[-1]) if len(walked) else float("nan"),
        "worst_mean_min": _mean(walked[reaching], heads[reaching]),
        "worst_people": float(heads.sum()),
        "worst_unreachable": float(heads[~reaching].sum()),
    }


def access_gap(minutes: FloatArray, people: FloatArray, *, limit_min: float, power: float) -> float:
    r"""Return the Foster–Greer–Thorbecke index :math:`\sum_{t_i > T} p_i ((t_i - T) / T)^\alpha / P`.

    Examples
    --------
    >>> access_gap(np.array([5.0, 10.0]), np.array([1.0, 1.0]), limit_min=5.0, power=1)
    0.5
    """
    if not people.sum() > 0:
        return float("nan")
    beyond = ~is_within(minutes, limit_min)
    excess = ((minutes[beyond] - limit_min) / limit_min) ** power
    return float((people[beyond] * excess).sum() / people.sum())


def _of_group(minutes: FloatArray, people: FloatArray, standard_min: float) -> dict[str, float]:
    reaching = np.isfinite(minutes) & (people > 0)
    walked, heads = minutes[reaching], people[reaching]
    whole = float(people.sum())
    uncovered = float(people[~is_within(minutes, standard_min)].sum())
    return {
        "people": whole,
        "people_reaching": float(heads.sum()),
        "people_unreachable": float(people[np.isinf(minutes)].sum()),
        "uncovered": uncovered,
        "uncovered_share": uncovered / whole if whole > 0 else float("nan"),
        "mean_min": _mean(walked, heads),
        "median_min": _median(minutes, people),
        "gini": gini(walked, heads),
        "theil": theil(walked, heads),
        "gap": access_gap(walked, heads, limit_min=standard_min, power=1),
        "severity": access_gap(walked, heads, limit_min=standard_min, power=2),
        **worst_served(minutes, people),
    }


def _mean(values: FloatArray, people: FloatArray) -> float:
    return float((values * people).sum() / people.sum()) if people.sum() > 0 else float("nan")


def _median(values: FloatArray, people: FloatArray) -> float:
    order = np.argsort(values, kind="stable")
    together = np.cumsum(people[order])
    if not len(together) or not together[-1] > 0:
        return float("nan")
    return float(values[order][np.searchsorted(together, together[-1] / 2)])
