"""Proposals for new sites: clustering and the maximal covering optimum, with people gained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.config.sections.siting import SitingSettings as Settings
from planner.messages.notices import Notice
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker
from planner.siting.candidates.builder import CandidateBuilder, CandidateSet
from planner.siting.candidates.candidate import Candidate, candidate_table, candidate_xy
from planner.siting.candidates.relocations import FacilityAction, facility_actions
from planner.siting.models.maximal_covering import maximal_covering, rank_by_gain
from planner.siting.problem import CoverageMatrix, SelectionConstraints, coverage_from_pairs, coverage_pairs
from planner.siting.solution import Certificate, Certified, Solution, Status
from planner.siting.solvers.value_tables import best_open_column, build_value_table


@dataclass(frozen=True, slots=True, eq=False)
class Proposal(Certified):
    """A choice of sites with the people gained against today."""

    method: str
    """``"clustering"``, ``"alternative"``, ``"robust"``, ``"fair"``, or the name of a model."""
    sites: tuple[int, ...]
    """Positions of the chosen candidates, in descending order of what each adds to those before it."""
    people_added: tuple[float, ...]
    """People added by each site, shape (sites,)."""
    certificate: Certificate
    """People newly served by all sites, less those whom a moved or closed centre served; the bound holds for any
    choice of as many candidates."""
    facility_actions: tuple[FacilityAction, ...] = ()
    """Action for each relocatable centre."""

    @property
    def people_gained(self) -> float:
        """People gained against today."""
        return self.certificate.objective

    @property
    def closed(self) -> tuple[str, ...]:
        """Ids of the relocatable centres that do not stay where they are."""
        return tuple(action.centre for action in self.facility_actions if action.fate != "keep")


@dataclass(frozen=True, slots=True, eq=False)
class SitingResult:
    """Candidates of a study and the proposals to choose among them."""

    pool: CandidateSet
    """Candidates, and those excluded."""
    candidates: gpd.GeoDataFrame
    """One row a candidate that is no existing centre, with people_in_reach: uncovered people within the
    standard."""
    times: TravelTimes
    """Walks between the candidates that are no existing centre and all residents, minutes."""
    matrix: csr_array
    """Coverage of each demand point by each candidate, shape (demand, candidates of the pool), boolean."""
    people: FloatArray
    """Weighted people at each demand point, shape (demand,)."""
    constraints: SelectionConstraints | None
    solution: Solution | None
    """`constraints`, `solution`: The problem of the optimum and its solution; None if the study requests no
    sites."""
    proposals: tuple[Proposal, ...]
    """Clustering, maximal covering, and the study's own model if it is another one; empty without requested sites
    or uncovered people."""
    people_uncovered: float
    """People beyond the standard today."""
    people_without_street: float
    """Those among them whom no site can serve: no street lies within `access_m` of them."""
    notices: tuple[Notice, ...] = ()
    """Reasons why fewer sites are proposed than requested."""

    @property
    def best(self) -> Proposal | None:
        """The last proposal: the solution of the study's model; None without proposals."""
        return self.proposals[-1] if self.proposals else None

    def propose(
        self, sites: Sequence[int], *, method: str, new_sites: int, status: Status = "heuristic"
    ) -> Proposal:
        """Return a choice of columns as a proposal without a bound."""
        chosen, certificate = np.array(sites, dtype=np.int64), Certificate(np.nan, np.inf, status)
        return build_proposal(
            self.pool,
            self.matrix,
            self.people,
            chosen,
            method=method,
            certificate=certificate,
            new_sites=new_sites,
        )

    @property
    def optimum(self) -> Proposal | None:
        """The proposal of maximal covering; None without proposals."""
        return self.proposals[1] if self.proposals else None

    @property
    def today(self) -> float:
        """People served by relocatable centres as they are."""
        return _served(self.matrix, self.people, np.arange(len(self.candidates), self.matrix.shape[1]))


def propose_sites(builder: CandidateBuilder, *, time_limit_s: float | None = None) -> SitingResult:
    """Build the candidates and choose among them by clustering and by maximal covering.

    Relocatable centres are columns to choose at no cost: at most `siting.sites` plus the number of relocatable
    centres are open. Demand points are those that the other centres do not serve. The time limit of maximal
    covering, seconds, is `siting.seconds` unless given.
    """
    siting = search_candidates(builder)
    if not (builder.settings.sites or builder.options) or not len(builder.uncovered):
        return siting
    return solve_proposals(builder, siting, builder.settings.seconds if time_limit_s is None else time_limit_s)


def search_candidates(builder: CandidateBuilder, *, builds_all: bool = False) -> SitingResult:
    """Build the candidates and search the people that each reaches; without proposals.

    Where no sites are requested, or nobody can be gained, the candidates are those that the study names, unless
    all are needed.
    """
    settings, uncovered = builder.settings, builder.uncovered
    people = uncovered["people"].to_numpy(dtype=np.float64)
    is_requested = bool(settings.sites or builder.options) and len(uncovered) > 0
    pool = builder.build() if is_requested or builds_all else builder.build_named()
    count = len(pool.new)
    times, matrix = _search(builder, pool)
    beyond = people * ~_is_served(matrix, np.arange(count, len(pool.candidates)))
    today = float(people.sum() - beyond.sum())
    table = candidate_table(pool.new, builder.walker.network.crs)
    return SitingResult(
        pool=pool,
        candidates=gpd.GeoDataFrame(table.assign(people_in_reach=(matrix.T.astype(np.float64) @ beyond)[:count])),
        times=times,
        matrix=matrix,
        people=people,
        constraints=None,
        solution=None,
        proposals=(),
        people_uncovered=float(people.sum()) - today,
        people_without_street=float(people[~builder.snaps.reaches_street].sum()),
    )


def _search(builder: CandidateBuilder, pool: CandidateSet) -> tuple[TravelTimes, csr_array]:
    """Return the walks from new candidates to all residents, and the coverage by all candidates: one search."""
    residents, limits_min = builder.residents_xy, builder.limits_min
    count, n_residents = len(pool.new), len(residents)
    # Demand points that are residents' own are not searched a second time.
    own = builder.resident_rows
    rows = np.full(len(limits_min), -1, dtype=np.int64) if own is None else own
    others = np.flatnonzero(rows < 0)
    targets = builder.walker.snap(np.vstack([residents, builder.snaps.xy[others]]))
    column = np.where(rows >= 0, rows, n_residents)
    column[others] += np.arange(len(others))
    horizon_min = max(builder.horizon_min, float(limits_min.max(initial=0.0)))
    sites = builder.walker.snap(candidate_xy(pool.candidates))
    times = builder.walker.times(sites, targets, within_min=horizon_min)
    here = (times.facility < count) & (times.demand < n_residents) & is_within(times.minutes, builder.horizon_min)
    to_residents = TravelTimes(
        times.facility[here], times.demand[here], times.minutes[here], count, n_residents, builder.horizon_min
    )
    row_of = np.full(len(targets.xy), -1, dtype=np.int64)
    row_of[column] = np.arange(len(rows))
    row = row_of[times.demand]
    inside = np.flatnonzero(row >= 0)
    inside = inside[is_within(times.minutes[inside], limits_min[row[inside]])]
    shape = (len(rows), len(pool.candidates))
    return to_residents, coverage_from_pairs(row[inside], times.facility[inside], shape)


def solve_proposals(builder: CandidateBuilder, siting: SitingResult, time_limit_s: float) -> SitingResult:
    """Return the candidates with the proposals of clustering and of maximal covering."""
    settings, pool, matrix, people = builder.settings, siting.pool, siting.matrix, siting.people
    constraints = selection_constraints(pool, settings)
    solution = maximal_covering(
        CoverageMatrix(matrix, people), constraints, time_limit_s=time_limit_s, seed=settings.seed
    )
    by_clusters = [place for place, one in enumerate(pool.new) if one.clusters == settings.sites > 0]
    clustering, beyond_budget = _clustering_proposal(
        pool, matrix, people, np.array(by_clusters, dtype=np.int64), constraints
    )
    optimum = build_proposal(
        pool,
        matrix,
        people,
        solution.columns,
        method=solution.model,
        certificate=solution.certificate,
        new_sites=settings.sites,
    )
    return replace(
        siting,
        constraints=constraints,
        solution=solution,
        proposals=(clustering, optimum),
        notices=tuple(_notices(builder, pool, people, beyond_budget)),
    )


def _notices(
    builder: CandidateBuilder, pool: CandidateSet, people: FloatArray, beyond_budget: tuple[str, ...]
) -> Iterator[Notice]:
    """Yield the reasons why fewer sites are proposed than requested."""
    sites, near = builder.settings.sites, builder.snaps.reaches_street
    if not near.any():
        values = {"people": f"{people.sum():,.0f}", "access_m": f"{builder.walker.access_m:g}"}
        yield Notice("siting_no_street", "siting", people=float(people.sum()), values=values)
        return
    places = [
        candidate.clusters for candidate in (*pool.candidates, *(out.candidate for out in pool.excluded))
    ].count(sites)
    if 0 < places < sites:
        yield Notice("siting_few_places", "siting", values={"sites": sites, "places": places})
    if any(source.status for source in pool.sources):
        yield Notice("siting_streets_stopped", "siting", values={"seconds": f"{builder.settings.seconds:g}"})
    if not pool.new:
        yield Notice("siting_none_left", "siting", values={"count": len(pool.excluded)})
    if beyond_budget:
        money: dict[str, object] = {
            "budget": f"{builder.settings.budget:g}",
            "sites": sites,
            "count": len(beyond_budget),
        }
        yield Notice("clustering_beyond_budget", "siting", beyond_budget, values=money)


def compute_coverage(
    candidates: Sequence[Candidate],
    demand: SnappedPoints,
    limits_min: FloatArray,
    walker: Walker,
) -> csr_array:
    """Return the coverage of each demand point by each candidate, within the limit of the point, minutes."""
    horizon_min = float(limits_min.max(initial=0.0))
    times = walker.times(walker.snap(candidate_xy(candidates)), demand, within_min=horizon_min)
    inside = is_within(times.minutes, limits_min[times.demand])
    return coverage_from_pairs(times.demand[inside], times.facility[inside], (len(limits_min), len(candidates)))


def selection_constraints(pool: CandidateSet, settings: Settings) -> SelectionConstraints:
    """Return the constraints: new sites plus relocatable centres, and the budget if there is one."""
    sites = settings.sites + len(pool.kept_centres)
    if settings.budget is None:
        return SelectionConstraints(sites=sites)
    cost = np.array([np.nan if candidate.cost is None else candidate.cost for candidate in pool.candidates])
    return SelectionConstraints(sites=sites, cost=cost, budget=settings.budget)


def build_proposal(
    pool: CandidateSet,
    matrix: csr_array,
    people: FloatArray,
    chosen: IndexArray,
    *,
    method: str,
    certificate: Certificate | None = None,
    new_sites: int,
) -> Proposal:
    """Return chosen columns as a proposal: ranked new sites, actions for relocatable centres, people gained.

    The bound and status of the certificate are those of the people served, today's included; None: heuristic.
    """
    count = len(pool.new)
    keeps = np.arange(count, len(pool.candidates))
    today = _served(matrix, people, keeps)
    row, column = coverage_pairs(matrix)
    values = build_value_table(row, column, people[row], matrix.shape)
    before, _ = best_open_column(values, chosen[chosen >= count])
    order, added = rank_by_gain(values, chosen[chosen < count], before)
    idle = np.setdiff1d(chosen[chosen < count], order)
    kept = pool.kept_centres
    opened = [pool.candidates[place] for place in chosen.tolist()]
    gained = _served(matrix, people, chosen) - today
    return Proposal(
        method,
        tuple(int(site) for site in (*order, *idle)),
        (*(float(gain) for gain in added), *(0.0 for _ in idle)),
        Certificate(gained, np.inf, "heuristic")
        if certificate is None
        else Certificate(gained, certificate.bound - today, certificate.status),
        facility_actions(kept, opened, new_sites=new_sites),
    )


def _clustering_proposal(
    pool: CandidateSet, matrix: csr_array, people: FloatArray, sites: IndexArray, constraints: SelectionConstraints
) -> tuple[Proposal, tuple[str, ...]]:
    """Return the proposal of given sites, and the ids of those beyond the budget.

    All are taken in descending order of people added, even those that add nobody; relocatable centres stay.
    """
    keeps = np.arange(len(pool.new), len(pool.candidates))

    def taken(some: IndexArray) -> Proposal:
        chosen = np.concatenate([some, keeps])
        return build_proposal(pool, matrix, people, chosen, method="clustering", new_sites=len(some))

    every = taken(sites)
    if constraints.cost is None or constraints.budget is None:
        return every, ()
    left = constraints.budget
    within: list[int] = []
    beyond: list[int] = []
    for site in every.sites:
        cost = float(constraints.cost[site])
        (within if cost <= left else beyond).append(site)
        left -= cost if cost <= left else 0.0
    if not beyond:
        return every, ()
    return taken(np.array(within, dtype=np.int64)), tuple(pool.candidates[site].id for site in beyond)


def _served(matrix: csr_array, people: FloatArray, columns: IndexArray) -> float:
    return float(people[_is_served(matrix, columns)].sum())


def _is_served(matrix: csr_array, columns: IndexArray) -> NDArray[np.bool_]:
    return np.asarray(np.asarray(matrix[:, columns].sum(axis=1)).ravel() > 0)
