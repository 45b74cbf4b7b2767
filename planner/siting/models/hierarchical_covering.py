"""Hierarchical covering: tiers of sites, of which a higher one also offers what the lower ones do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from planner.messages.errors import Issue
from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import (
    check_names,
    check_not_negative,
    check_positions,
    check_shape,
    check_whole,
    raise_issues,
)
from planner.siting.models.maximal_covering import solve_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints, coverage_pairs
from planner.siting.solution import Solution
from planner.siting.solvers.precompile import start_deadline
from planner.siting.solvers.value_tables import build_value_table


@dataclass(frozen=True, slots=True, eq=False)
class Tier:
    """One tier: district, town, community, station.

    Attributes
    ----------
    name
        What it is called.
    sites
        New sites at most.
    covers
        For each service that a site of this tier offers, by the name of the service: which of the tier's own
        columns serves which demand row within the limit of that service, shape (demand, columns of the tier).
    fixed
        Columns of the tier that are open in any case.
    """

    name: str
    sites: int
    covers: Mapping[str, csr_array]
    fixed: Sequence[int] | IndexArray = ()


@dataclass(frozen=True, slots=True, eq=False)
class TierAnswer:
    """An answer for all tiers.

    Attributes
    ----------
    answer
        Columns are those of all tiers, one tier after the other; rows those of all services.
    sites
        The chosen columns of each tier, by its name, in the tier's own numbers.
    served
        People who have each service, by its name.
    """

    answer: Solution
    sites: Mapping[str, tuple[int, ...]]
    served: Mapping[str, float]


def hierarchical_covering(
    services: Mapping[str, FloatArray], tiers: Sequence[Tier], *, seconds: float, seed: int = 0
) -> TierAnswer:
    r"""Choose the sites of all tiers together so that the most people have the most services.

    .. math:: \max \sum_s \sum_i a_{is} x_{is} \quad x_{is} \le \sum_t \sum_{j \in N_{ist}} y_{tj},\
              \sum_j y_{tj} \le p_t

    Service `s` reaches row `i` from a site of every tier that offers it. Tiers are nested where a higher tier
    offers the services of the lower ones as well; every tier has its own number of sites, every service its own
    limit.

    Parameters
    ----------
    services
        What each demand row counts for each service, by its name, shape (demand,).
    tiers
        Their candidates and numbers of sites.
    seconds, seed
        As in `maximal_covering`.

    Returns
    -------
    answer
        The objective adds up the services: someone with two of them counts twice, as weighted.

    References
    ----------
    .. [1] Moore, G. C., ReVelle, C. (1982). The hierarchical service location problem. Management Science 28.

    Examples
    --------
    >>> near, far = np.array([[True, False], [False, True]]), np.array([[True, True], [True, True]])
    >>> tiers = [
    ...     Tier("town", 1, {"basic": csr_array(near), "full": csr_array(far)}),
    ...     Tier("community", 1, {"basic": csr_array(near)}),
    ... ]
    >>> both = hierarchical_covering({"basic": np.array([5.0, 3.0]), "full": np.ones(2)}, tiers, seconds=5)
    >>> both.served
    {'basic': 8.0, 'full': 2.0}
    """
    raise_issues(_issues(services, tiers))
    clock = start_deadline(seconds)
    sizes = [_columns(tier) for tier in tiers]
    begin = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    names = list(services)
    rows = len(services[names[0]])
    blocks = [hstack(_blocks(tiers, sizes, name, rows)) for name in names]
    weight = np.concatenate([services[name] for name in names])
    covering = CoverageMatrix(csr_array(vstack(blocks, format="csr")), weight)
    choice = SelectionConstraints(
        kind=np.repeat(np.arange(len(tiers)), sizes),
        sites_of_kind=tuple(tier.sites for tier in tiers),
        fixed=np.concatenate(
            [np.asarray(tier.fixed, dtype=np.int64) + first for tier, first in zip(tiers, begin[:-1], strict=True)]
        ),
    )
    row, column = coverage_pairs(covering.covers)
    values = build_value_table(row, column, covering.weight[row], covering.covers.shape)
    answer = solve_covering("hierarchical_covering", values, covering.weight, choice, clock, seed=seed)
    sites = np.array(answer.sites, dtype=np.int64)
    served = answer.served_by.reshape(len(names), rows) >= 0
    return TierAnswer(
        answer,
        {
            tier.name: tuple(int(site - first) for site in sites if first <= site < last)
            for tier, first, last in zip(tiers, begin[:-1], begin[1:], strict=True)
        },
        {name: float(services[name][here].sum()) for name, here in zip(names, served, strict=True)},
    )


def _issues(services: Mapping[str, FloatArray], tiers: Sequence[Tier]) -> Iterator[Issue]:
    if not services or not tiers or not all(tier.covers for tier in tiers):
        yield Issue("siting_no_limit")
        return
    rows = len(next(iter(services.values())))
    for name, weight in services.items():
        yield from check_shape(name, weight, rows)
        yield from check_not_negative(name, weight)
    for tier in tiers:
        yield from check_whole(f"{tier.name}.sites", tier.sites)
        yield from check_names(f"{tier.name}.covers", tier.covers, services)
        yield from check_positions(f"{tier.name}.fixed", tier.fixed, _columns(tier))
        for name, covers in tier.covers.items():
            yield from check_shape(
                f"{tier.name}.covers.{name}", np.empty(covers.shape, dtype=bool), rows, _columns(tier)
            )


def _columns(tier: Tier) -> int:
    return next(int(covers.shape[1]) for covers in tier.covers.values())


def _blocks(tiers: Sequence[Tier], sizes: Sequence[int], name: str, rows: int) -> list[csr_array]:
    """Return who has one service from each tier; nobody where the tier does not offer it."""
    return [
        csr_array(tier.covers[name]) if name in tier.covers else csr_array((rows, size), dtype=bool)
        for tier, size in zip(tiers, sizes, strict=True)
    ]
