"""Hierarchical covering: tiers of sites; a higher tier also offers the services of the lower ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from planner.config.sections.siting import TierSettings
from planner.messages.errors import Issue
from planner.network.walk import FloatArray, IndexArray
from planner.schemas.tables import TIERS
from planner.siting.argument_checks import (
    check_names,
    check_not_negative,
    check_positions,
    check_shape,
    check_whole,
    raise_issues,
)
from planner.siting.model_spec import ModelResult, ModelSpec
from planner.siting.models.maximal_covering import solve_covering
from planner.siting.problem import CoverageMatrix, LocationProblem, SelectionConstraints, coverage_pairs
from planner.siting.solution import Solution
from planner.siting.solvers.location_bnb import start_deadline
from planner.siting.solvers.value_tables import build_value_table


@dataclass(frozen=True, slots=True, eq=False)
class Tier:
    """One tier: district, town, community, station."""

    name: str
    """Name."""
    sites: int
    """Maximum number of new sites."""
    coverage: Mapping[str, csr_array]
    """Coverage matrix of each service that the tier offers, by name, shape (demand, columns of the tier)."""
    fixed: Sequence[int] | IndexArray = ()
    """Columns of the tier that are always open."""


@dataclass(frozen=True, slots=True, eq=False)
class TierSolution:
    """Solution for all tiers."""

    solution: Solution
    """Columns are those of all tiers, one tier after the other; rows those of all services."""
    sites: Mapping[str, tuple[int, ...]]
    """The chosen columns of each tier, by its name, in the tier's own numbers."""
    served: Mapping[str, float]
    """People who have each service, by its name."""


def hierarchical_covering(
    services: Mapping[str, FloatArray], tiers: Sequence[Tier], *, time_limit_s: float, seed: int = 0
) -> TierSolution:
    r"""Maximise the people who have each service, choosing the sites of all tiers together.

    .. math:: \max \sum_s \sum_i a_{is} x_{is} \quad x_{is} \le \sum_t \sum_{j \in N_{ist}} y_{tj},\
              \sum_j y_{tj} \le p_t

    Service `s` reaches row `i` from a site of every tier that offers it. Tiers are nested where a higher tier
    offers the services of the lower ones as well; every tier has its own number of sites, every service its own
    limit.

    Parameters
    ----------
    services
        Weight of each demand row for each service, by name, shape (demand,).
    tiers
        Candidates and number of sites of each tier.
    time_limit_s, seed
        See `planner.siting.models`.

    Returns
    -------
    solution
        The objective is the sum over services: a person with two of them counts twice, as weighted.

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
    >>> both = hierarchical_covering({"basic": np.array([5.0, 3.0]), "full": np.ones(2)}, tiers, time_limit_s=5)
    >>> both.served
    {'basic': 8.0, 'full': 2.0}
    """
    raise_issues(_issues(services, tiers))
    deadline = start_deadline(time_limit_s)
    sizes = [_columns(tier) for tier in tiers]
    begin = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    names = list(services)
    rows = len(services[names[0]])
    blocks = [hstack(_blocks(tiers, sizes, name, rows)) for name in names]
    weight = np.concatenate([services[name] for name in names])
    coverage = CoverageMatrix(csr_array(vstack(blocks, format="csr")), weight)
    constraints = SelectionConstraints(
        kind=np.repeat(np.arange(len(tiers)), sizes),
        sites_of_kind=tuple(tier.sites for tier in tiers),
        fixed=np.concatenate(
            [np.asarray(tier.fixed, dtype=np.int64) + first for tier, first in zip(tiers, begin[:-1], strict=True)]
        ),
    )
    row, column = coverage_pairs(coverage.matrix)
    values = build_value_table(row, column, coverage.weight[row], coverage.matrix.shape)
    solution = solve_covering("hierarchical_covering", values, coverage.weight, constraints, deadline, seed=seed)
    sites = np.array(solution.sites, dtype=np.int64)
    served = solution.served_by.reshape(len(names), rows) >= 0
    return TierSolution(
        solution,
        {
            tier.name: tuple(int(site - first) for site in sites if first <= site < last)
            for tier, first, last in zip(tiers, begin[:-1], begin[1:], strict=True)
        },
        {name: float(services[name][here].sum()) for name, here in zip(names, served, strict=True)},
    )


def _issues(services: Mapping[str, FloatArray], tiers: Sequence[Tier]) -> Iterator[Issue]:
    if not services or not tiers or not all(tier.coverage for tier in tiers):
        yield Issue("siting_no_limit")
        return
    rows = len(next(iter(services.values())))
    for name, weight in services.items():
        yield from check_shape(name, weight, rows)
        yield from check_not_negative(name, weight)
    for tier in tiers:
        yield from check_whole(f"{tier.name}.sites", tier.sites)
        yield from check_names(f"{tier.name}.covers", tier.coverage, services)
        yield from check_positions(f"{tier.name}.fixed", tier.fixed, _columns(tier))
        for name, matrix in tier.coverage.items():
            yield from check_shape(
                f"{tier.name}.covers.{name}", np.empty(matrix.shape, dtype=bool), rows, _columns(tier)
            )


def _columns(tier: Tier) -> int:
    return next(int(matrix.shape[1]) for matrix in tier.coverage.values())


def _blocks(tiers: Sequence[Tier], sizes: Sequence[int], name: str, rows: int) -> list[csr_array]:
    """Return who has one service from each tier; nobody where the tier does not offer it."""
    return [
        csr_array(tier.coverage[name]) if name in tier.coverage else csr_array((rows, size), dtype=bool)
        for tier, size in zip(tiers, sizes, strict=True)
    ]


def _solve(problem: LocationProblem, time_limit_s: float) -> ModelResult:
    tier_settings = problem.settings.tiers
    if not tier_settings:
        raise problem.refuse("siting_no_tiers")
    names: list[str] = [tier.tier for tier in tier_settings]
    if len(set(names)) < len(names) or names != sorted(names, key=TIERS.index):
        raise problem.refuse("siting_tiers_order")
    if problem.settings.relocatable:
        raise problem.refuse("siting_unsupported", model="hierarchical_covering", part="relocatable")
    new = problem.costs.columns - len(problem.tier)
    services: dict[str, FloatArray] = {tier.tier: problem.costs.weight for tier in tier_settings}
    within: dict[str, csr_array] = {
        tier.tier: csr_array(problem.coverage_within(np.full(len(problem.limit_min), tier.minutes)).matrix)
        for tier in tier_settings
    }
    # A centre belongs to the highest requested tier that is no higher than its own: it offers all below it too.
    counted = [next((name for name in names if TIERS.index(name) >= TIERS.index(own)), "") for own in problem.tier]
    tiers = [_tier(tier, tier_settings[place:], within, counted, new) for place, tier in enumerate(tier_settings)]
    hierarchy = hierarchical_covering(services, tiers, time_limit_s=time_limit_s, seed=problem.settings.seed)
    of_tier = {column: name for name, columns in hierarchy.sites.items() for column in columns}
    sites = [column for columns in hierarchy.sites.values() for column in columns]
    if len(set(sites)) < len(sites):
        # A candidate chosen for two tiers is one building: the higher tier offers the services of the lower.
        of_tier = {column: next(n for n, c in hierarchy.sites.items() if column in c) for column in sites}
    solution = replace(hierarchy.solution, sites=tuple(sites), added=())
    return ModelResult(solution, of_tier, {f"served_{name}": served for name, served in hierarchy.served.items()})


def _tier(
    tier: TierSettings,
    lower: Sequence[TierSettings],
    within: Mapping[str, csr_array],
    centres: Sequence[str],
    new: int,
) -> Tier:
    """Return a tier with all candidates and its own centres, which stay; it offers the services of lower tiers."""
    own = np.array([place for place, name in enumerate(centres) if name == tier.tier], dtype=np.int64)
    columns: IndexArray = np.concatenate([np.arange(new), new + own])
    matrix: dict[str, csr_array] = {one.tier: csr_array(within[one.tier][:, columns]) for one in lower}
    return Tier(tier.tier, tier.sites, matrix, np.arange(new, len(columns)))


SPEC = ModelSpec(
    "hierarchical_covering",
    _solve,
    "max Σₖ Σᵢ aᵢ xᵢₖ; xᵢₖ ≤ Σ yⱼₗ over tiers l ≥ k and j that serve i; Σⱼ yⱼₗ ≤ pₗ",
    "Moore, ReVelle 1982",
    unit="services",
    needs_sites=False,
    uses=("tiers",),
)
