"""The siting stage: candidates from clusters, the clustering's own answer, and the optimum beside it."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.errors import Breach, SitingError
from planner.siting.answers import Status, gap_between
from planner.siting.candidates import Clustering, propose_candidates
from planner.siting.maximal_covering import maximal_covering, ranked
from planner.siting.problems import Choice, Covering, covers_of, pairs_of
from planner.siting.solving.value_tables import value_table
from planner.walking.network import WalkingNetwork
from planner.walking.snapping import snap
from planner.walking.times import travel_times
from planner.walking.walk import Walk, is_within


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A choice of sites with what it gains, and what no choice of as many can exceed.

    Attributes
    ----------
    method
        ``"clustering"`` or ``"maximal_covering"``.
    sites
        The chosen candidates by position, in descending order of what each adds to those before it.
    people_added
        What each site adds, shape (sites,).
    people_gained
        People newly served by all of them.
    bound
        The most that any choice of as many candidates can gain; None where there is no bound.
    status
        See `planner.siting.answers.Answer`.
    """

    method: str
    sites: tuple[int, ...]
    people_added: tuple[float, ...]
    people_gained: float
    bound: float | None
    status: Status

    @property
    def gap(self) -> float | None:
        """How far the bound is above the answer, as a share of the bound; None without a bound."""
        return None if self.bound is None else gap_between(self.people_gained, self.bound)


@dataclass(frozen=True, slots=True, eq=False)
class Siting:
    """Where new stations might go, and the answers.

    Attributes
    ----------
    candidates
        One row a candidate: id, clusters, people (of its cluster), moved_m, people_in_reach (uncovered people
        within the standard), geometry.
    covers
        Which candidate serves which uncovered demand point, shape (uncovered, candidates), boolean.
    proposals
        The clustering's answer and the optimum, in this order; empty where nothing was asked or nobody is
        uncovered.
    people_uncovered
        People beyond the standard today.
    people_without_street
        Those among them whom no site can serve, because no street lies within `access_m` of them.
    """

    candidates: gpd.GeoDataFrame
    covers: csr_array
    proposals: tuple[Proposal, ...]
    people_uncovered: float
    people_without_street: float

    @property
    def best(self) -> Proposal | None:
        """The proposal that gains the most; the optimum where there is one."""
        return self.proposals[-1] if self.proposals else None


def choose_sites(  # noqa: PLR0913 - the question has so many parts, each by name
    uncovered: gpd.GeoDataFrame,
    network: WalkingNetwork,
    *,
    walk: Walk,
    standard_min: float,
    sites: int,
    n_candidates: int,
    seconds: float,
    seed: int,
    study: str = "notebook",
    limits_min: NDArray[np.float64] | None = None,
) -> Siting:
    """Place new stations for the people beyond the standard.

    Existing centres stay; only people whom none of them serves can be gained.

    Parameters
    ----------
    uncovered
        Demand points beyond the standard, with people, in the network's CRS.
    network, walk
        The streets and the walk.
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
    study
        What to call the study in an error.
    limits_min
        The limit of each demand point, minutes, shape (uncovered,), where not all have the standard.

    Returns
    -------
    siting
        Candidates and proposals.

    Raises
    ------
    SitingError
        Nobody uncovered lives near a street, or more sites are asked for than there are places where they live.
    """
    people = uncovered["people"].to_numpy()
    demand_snaps = snap(shapely.get_coordinates(uncovered.geometry.array), network, access_m=walk.access_m)
    reachable = demand_snaps.reaches_street
    without_street = float(people[~reachable].sum())
    if not sites or not len(uncovered):
        empty = gpd.GeoDataFrame(
            {"id": [], "clusters": [], "people": [], "moved_m": [], "people_in_reach": []},
            geometry=[],
            crs=network.crs,
        )
        return Siting(empty, csr_array((len(uncovered), 0), dtype=bool), (), float(people.sum()), without_street)
    if not reachable.any():
        raise SitingError(study, [Breach("no_candidates", {"people": f"{people.sum():,.0f}"})])

    clusterings = [
        Clustering(sites, seed),
        *([Clustering(n_candidates, seed)] if n_candidates > sites else []),
    ]
    candidates = propose_candidates(uncovered[reachable], network, clusterings, access_m=walk.access_m)
    by_clusters = np.flatnonzero(candidates["clusters"].to_numpy() == sites)
    if len(by_clusters) < sites:
        raise SitingError(study, [Breach("too_many_sites", {"sites": sites, "places": len(by_clusters)})])
    candidate_snaps = snap(shapely.get_coordinates(candidates.geometry.array), network, access_m=walk.access_m)
    limit = np.full(len(uncovered), standard_min) if limits_min is None else limits_min
    times = travel_times(network, candidate_snaps, demand_snaps, walk=walk, horizon_min=float(limit.max()))
    inside = is_within(times.minutes, limit[times.demand])
    covers = covers_of(times.demand[inside], times.facility[inside], (len(uncovered), len(candidates)))
    answer = maximal_covering(Covering(covers, people), Choice(sites=sites), seconds=seconds, seed=seed)
    optimum = Proposal(answer.model, answer.sites, answer.added, answer.objective, answer.bound, answer.status)
    clustering = _as_given(covers, people, by_clusters)
    return Siting(
        candidates=candidates.assign(people_in_reach=covers.T.astype(np.float64) @ people),
        covers=covers,
        proposals=(clustering, optimum),
        people_uncovered=float(people.sum()),
        people_without_street=without_street,
    )


def _as_given(covers: csr_array, people: NDArray[np.float64], sites: NDArray[np.int64]) -> Proposal:
    """Return the proposal to take these sites; all of them, even those that add nobody."""
    row, column = pairs_of(covers)
    values = value_table(row, column, people[row], covers.shape)
    order, added = ranked(values, sites, np.zeros(len(people)))
    idle = np.setdiff1d(sites, order)
    served = np.asarray(covers[:, sites].sum(axis=1)).ravel() > 0
    return Proposal(
        "clustering",
        tuple(int(site) for site in (*order, *idle)),
        (*(float(gain) for gain in added), *(0.0 for _ in idle)),
        float(people[served].sum()),
        None,
        "heuristic",
    )
