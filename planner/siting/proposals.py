"""The siting stage: candidates of all origins, the clustering's own answer, and the optimum beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.config.sections.siting import SitingSettings as Settings
from planner.messages.notices import Notice
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker
from planner.siting.candidates.builder import CandidateBuilder, CandidateSet
from planner.siting.candidates.candidate import Candidate, candidate_table, candidate_xy
from planner.siting.candidates.relocations import FacilityAction, facility_actions
from planner.siting.models.maximal_covering import maximal_covering, rank_by_gain
from planner.siting.problem import CoverageMatrix, SelectionConstraints, coverage_from_pairs, coverage_pairs
from planner.siting.solution import Solution, Status, relative_gap
from planner.siting.solvers.value_tables import best_open_column, build_value_table


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A choice of sites with what it gains, and what no choice can exceed.

    Attributes
    ----------
    method
        ``"clustering"`` or ``"maximal_covering"``.
    sites
        The chosen candidates by position, in descending order of what each adds to those before it.
    people_added
        What each site adds, shape (sites,).
    people_gained
        People newly served by all of them, less those whom a moved or closed centre served.
    bound
        The most that any choice of as many candidates can gain; None where there is no bound.
    status
        See `planner.siting.solution.Solution`.
    facility_actions
        What becomes of each free centre.
    """

    method: str
    sites: tuple[int, ...]
    people_added: tuple[float, ...]
    people_gained: float
    bound: float | None
    status: Status
    facility_actions: tuple[FacilityAction, ...] = ()

    @property
    def gap(self) -> float | None:
        """How far the bound is above the answer, as a share of the bound; None without a bound."""
        return None if self.bound is None else relative_gap(self.people_gained, self.bound)

    @property
    def closed(self) -> tuple[str, ...]:
        """Ids of the free centres that do not stay where they are."""
        return tuple(one.centre for one in self.facility_actions if one.fate != "keep")


@dataclass(frozen=True, slots=True, eq=False)
class SitingResult:
    """Where new stations might go, and the answers.

    Attributes
    ----------
    pool
        All candidates, and those left out.
    candidates
        One row a candidate that is no centre as it is, with people_in_reach: people of the question within the
        standard of it.
    covers
        Which candidate serves which demand point of the question, shape (demand, candidates of the pool), boolean.
    people
        At each demand point of the question, shape (demand,).
    choice, answer
        The question of the optimum and its answer as the solver gave it; None where nothing was asked.
    proposals
        The clustering's answer and the optimum, in this order; empty where nothing was asked or nobody is
        uncovered.
    people_uncovered
        People beyond the standard today.
    people_without_street
        Those among them whom no site can serve, because no street lies within `access_m` of them.
    notices
        Why fewer sites are proposed than were asked for.
    """

    pool: CandidateSet
    candidates: gpd.GeoDataFrame
    covers: csr_array
    people: FloatArray
    choice: SelectionConstraints | None
    answer: Solution | None
    proposals: tuple[Proposal, ...]
    people_uncovered: float
    people_without_street: float
    notices: tuple[Notice, ...] = ()

    @property
    def best(self) -> Proposal | None:
        """The proposal that gains the most; the optimum where there is one."""
        return self.proposals[-1] if self.proposals else None

    @property
    def today(self) -> float:
        """People of the question whom free centres serve as they are."""
        return _served(self.covers, self.people, np.arange(len(self.candidates), self.covers.shape[1]))


def choose_sites(  # noqa: PLR0913 - the question has so many parts, each by name
    uncovered: gpd.GeoDataFrame,
    walker: Walker,
    *,
    standard_min: float,
    sites: int,
    n_candidates: int,
    seconds: float,
    seed: int,
    limits_min: NDArray[np.float64] | None = None,
) -> SitingResult:
    """Place new stations for the people beyond the standard, at the middles of clusters of them.

    Existing centres stay; only people whom none of them serves can be gained.

    Parameters
    ----------
    uncovered
        Demand points beyond the standard, with people, in the network's CRS.
    walker
        Network and walk.
    standard_min
        The limit that counts as served, minutes, inclusive.
    sites
        How many stations to place.
    n_candidates
        How many clusters propose a position, besides the clustering into as many clusters as sites.
    seconds
        How long the solver may search.
    seed
        Of the clustering.
    limits_min
        The limit of each demand point, minutes, shape (uncovered,), where not all have the standard.

    Returns
    -------
    siting
        Candidates and proposals; fewer sites than were asked for where there are fewer places, with a notice.
    """
    limits = np.full(len(uncovered), standard_min) if limits_min is None else limits_min
    asked = Settings(sites=sites, candidates=n_candidates, seconds=seconds, seed=seed, origins=("clusters",))
    return choose_among_candidates(CandidateBuilder(uncovered, limits, walker.snap(uncovered), walker, asked))


def choose_among_candidates(gatherer: CandidateBuilder) -> SitingResult:
    """Gather the candidates and choose among them; see `choose_sites`.

    Free centres are columns to choose at no cost: `siting.sites` new ones at most are open beside as many as there
    are free centres. Demand points are then those whom the other centres do not serve.
    """
    settings, uncovered, snaps = gatherer.settings, gatherer.uncovered, gatherer.snaps
    people = uncovered["people"].to_numpy(dtype=np.float64)
    without_street = float(people[~snaps.reaches_street].sum())
    if not (settings.sites or gatherer.options) or not len(uncovered):
        return _nothing_asked(gatherer, people, without_street)
    pool = gatherer.gather()
    covers = compute_coverage(pool.candidates, snaps, gatherer.limits_min, gatherer.walker)
    choice = selection_constraints(pool, settings)
    answer = maximal_covering(CoverageMatrix(covers, people), choice, seconds=settings.seconds, seed=settings.seed)
    count = len(pool.new)
    beyond = people * ~_is_served(covers, np.arange(count, len(pool.candidates)))
    today = float(people.sum() - beyond.sum())
    by_clusters = [place for place, one in enumerate(pool.new) if one.clusters == settings.sites > 0]
    clustering, too_dear = _as_given(pool, covers, people, np.array(by_clusters, dtype=np.int64), choice)
    chosen = np.array(answer.sites, dtype=np.int64)
    table = candidate_table(pool.new, gatherer.walker.network.crs)
    return SitingResult(
        pool=pool,
        candidates=gpd.GeoDataFrame(table.assign(people_in_reach=(covers.T.astype(np.float64) @ beyond)[:count])),
        covers=covers,
        people=people,
        choice=choice,
        answer=answer,
        proposals=(
            clustering,
            build_proposal(
                pool,
                covers,
                people,
                chosen,
                method=answer.model,
                bound=answer.bound,
                status=answer.status,
                new_sites=settings.sites,
            ),
        ),
        people_uncovered=float(people.sum()) - today,
        people_without_street=without_street,
        notices=tuple(_notices(gatherer, pool, people, too_dear)),
    )


def _nothing_asked(gatherer: CandidateBuilder, people: FloatArray, without_street: float) -> SitingResult:
    """Return the candidates that the study names by themselves, and no proposal."""
    pool = gatherer.gather_named()
    covers = compute_coverage(pool.candidates, gatherer.snaps, gatherer.limits_min, gatherer.walker)
    table = candidate_table(pool.candidates, gatherer.walker.network.crs)
    table = gpd.GeoDataFrame(table.assign(people_in_reach=covers.T.astype(np.float64) @ people))
    return SitingResult(pool, table, covers, people, None, None, (), float(people.sum()), without_street)


def _notices(
    gatherer: CandidateBuilder, pool: CandidateSet, people: FloatArray, too_dear: tuple[str, ...]
) -> Iterator[Notice]:
    """Yield why fewer sites are proposed than were asked for."""
    sites, near = gatherer.settings.sites, gatherer.snaps.reaches_street
    if not near.any():
        values = {"people": f"{people.sum():,.0f}", "access_m": f"{gatherer.walker.access_m:g}"}
        yield Notice("siting_no_street", "siting", people=float(people.sum()), values=values)
        return
    places = [one.clusters for one in (*pool.candidates, *(out.candidate for out in pool.excluded))].count(sites)
    if 0 < places < sites:
        yield Notice("siting_few_places", "siting", values={"sites": sites, "places": places})
    if not pool.new:
        yield Notice("siting_none_left", "siting", values={"count": len(pool.excluded)})
    if too_dear:
        money: dict[str, object] = {
            "budget": f"{gatherer.settings.budget:g}",
            "sites": sites,
            "count": len(too_dear),
        }
        yield Notice("clustering_beyond_budget", "siting", too_dear, values=money)


def compute_coverage(
    candidates: Sequence[Candidate],
    demand: SnappedPoints,
    limits_min: FloatArray,
    walker: Walker,
) -> csr_array:
    """Return which candidate serves which demand point within the point's own limit."""
    horizon_min = float(limits_min.max(initial=0.0))
    times = walker.times(walker.snap(candidate_xy(candidates)), demand, within_min=horizon_min)
    inside = is_within(times.minutes, limits_min[times.demand])
    return coverage_from_pairs(times.demand[inside], times.facility[inside], (len(limits_min), len(candidates)))


def selection_constraints(pool: CandidateSet, settings: Settings) -> SelectionConstraints:
    """Return what may be chosen: so many new sites beside the free centres, within the budget if there is one."""
    sites = settings.sites + len(pool.kept_centres)
    if settings.budget is None:
        return SelectionConstraints(sites=sites)
    cost = np.array([np.nan if one.cost is None else one.cost for one in pool.candidates])
    return SelectionConstraints(sites=sites, cost=cost, budget=settings.budget)


def build_proposal(  # noqa: PLR0913 -- one attribute each
    pool: CandidateSet,
    covers: csr_array,
    people: FloatArray,
    chosen: IndexArray,
    *,
    method: str,
    bound: float | None,
    status: Status,
    new_sites: int,
) -> Proposal:
    """Return chosen columns as a proposal: new sites ranked, what becomes of free centres, gains against today."""
    count = len(pool.new)
    keeps = np.arange(count, len(pool.candidates))
    today = _served(covers, people, keeps)
    row, column = coverage_pairs(covers)
    values = build_value_table(row, column, people[row], covers.shape)
    before, _ = best_open_column(values, chosen[chosen >= count])
    order, added = rank_by_gain(values, chosen[chosen < count], before)
    idle = np.setdiff1d(chosen[chosen < count], order)
    kept = pool.kept_centres
    opened = [pool.candidates[place] for place in chosen.tolist()]
    return Proposal(
        method,
        tuple(int(site) for site in (*order, *idle)),
        (*(float(gain) for gain in added), *(0.0 for _ in idle)),
        _served(covers, people, chosen) - today,
        None if bound is None else bound - today,
        status,
        facility_actions(kept, opened, new_sites=new_sites),
    )


def _as_given(
    pool: CandidateSet, covers: csr_array, people: FloatArray, sites: IndexArray, choice: SelectionConstraints
) -> tuple[Proposal, tuple[str, ...]]:
    """Return the proposal to take these sites, and the ids of those that money does not suffice for.

    All are taken, even those that add nobody, the ones that add the most first; free centres stay.
    """
    keeps = np.arange(len(pool.new), len(pool.candidates))

    def taken(some: IndexArray) -> Proposal:
        chosen = np.concatenate([some, keeps])
        return build_proposal(
            pool, covers, people, chosen, method="clustering", bound=None, status="heuristic", new_sites=len(some)
        )

    every = taken(sites)
    if choice.cost is None or choice.budget is None:
        return every, ()
    left = choice.budget
    within: list[int] = []
    beyond: list[int] = []
    for site in every.sites:
        cost = float(choice.cost[site])
        (within if cost <= left else beyond).append(site)
        left -= cost if cost <= left else 0.0
    if not beyond:
        return every, ()
    return taken(np.array(within, dtype=np.int64)), tuple(pool.candidates[site].id for site in beyond)


def _served(covers: csr_array, people: FloatArray, columns: IndexArray) -> float:
    return float(people[_is_served(covers, columns)].sum())


def _is_served(covers: csr_array, columns: IndexArray) -> NDArray[np.bool_]:
    return np.asarray(np.asarray(covers[:, columns].sum(axis=1)).ravel() > 0)
