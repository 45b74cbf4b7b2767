"""The choice of sites along one street, by hand: what clustering proposes, the optimum, money and free centres."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from planner.config.sections.siting import SitingSettings as Settings
from planner.network.network import build_network
from planner.network.walk import WalkSettings
from planner.network.walker import Walker
from planner.siting.candidates.builder import CandidateBuilder
from planner.siting.candidates.candidate import Candidate, ExcludedCandidate
from planner.siting.proposals import (
    Proposal,
    SitingResult,
    propose_sites,
    selection_constraints,
)
from planner.siting.solution import Certificate

CRS = "EPSG:32648"
WALK = WalkSettings(3.6, 10.0)
"""60 m in a minute."""

HOMES = {(100.0, 0.0): 10.0, (500.0, 0.0): 20.0, (1000.0, 0.0): 40.0, (1400.0, 0.0): 80.0, (2500.0, 500.0): 5.0}
"""People along a street of 3 km, and five whom no street reaches. Five minutes are 300 m."""

A = Candidate("A", "named", 300.0, 0.0, 10.0)
B = Candidate("B", "named", 1200.0, 0.0, 100.0)
E = Candidate("E", "named", 1300.0, 0.0, 100.0)
"""Who is within 300 m: of A those at 100 and 500; of B and E those at 1000 and 1400, of E one exactly so far."""

KEEP = Candidate("K", "keep", 100.0, 0.0, 0.0)
MOVE = Candidate("M:K", "move", 500.0, 0.0, 20.0, centres=("K",))


def gatherer(
    *named: Candidate,
    options: tuple[Candidate, ...] = (),
    ground: Any = None,  # noqa: ANN401
    **settings: Any,  # noqa: ANN401
) -> CandidateBuilder:
    network = build_network(gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (3000, 0)])], crs=CRS))
    walker = Walker(network, WALK)
    xy = np.array(list(HOMES))
    return CandidateBuilder(
        gpd.GeoDataFrame({"people": list(HOMES.values())}, geometry=shapely.points(xy), crs=CRS),
        np.full(len(HOMES), 5.0),
        walker.snap(xy),
        walker,
        Settings(**{"sites": 1, "candidates": 1, "seconds": 9.0, "sources": ("clusters",)} | settings),
        options=options,
        named=named,
        taken=frozenset({"K"} if options else ()),
        ground=ground,
    )


def chosen(siting: SitingResult, number: int) -> dict[str, float]:
    """Return what each site of a proposal adds."""
    proposal = siting.proposals[number]
    return {
        siting.pool.candidates[site].id: added
        for site, added in zip(proposal.sites, proposal.people_added, strict=True)
    }


def test_one_site() -> None:
    """The middle of all is at 163,000 / 150 = 1086.67, 313 m from the 80 at 1400: it serves the 40 at 1000."""
    found = propose_sites(gatherer(A, B, E))
    middle = found.pool.candidates[0]
    assert (middle.x_m, middle.clusters) == (1086.67, 1)
    assert found.candidates["id"].tolist() == [middle.id, "A", "B", "E"]
    assert found.candidates["people_in_reach"].tolist() == [40.0, 30.0, 120.0, 120.0]
    assert found.candidates.crs == CRS
    assert found.people.tolist() == list(HOMES.values())
    assert found.matrix.toarray().astype(int).tolist() == [
        *([0, 1, 0, 0], [0, 1, 0, 0], [1, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]),
    ]
    clustering, optimum = found.proposals
    assert (clustering.method, clustering.status, clustering.bound) == ("clustering", "heuristic", np.inf)
    assert (clustering.people_gained, clustering.gap) == (40.0, 1.0)
    assert chosen(found, 0) == {middle.id: 40.0}
    assert (optimum.method, optimum.status, optimum.bound) == ("maximal_covering", "optimal", 120.0)
    assert (optimum.people_gained, optimum.gap, optimum.facility_actions) == (120.0, 0.0, ())
    assert set(chosen(found, 1)) < {"B", "E"}
    assert found.best is optimum
    assert (found.people_uncovered, found.people_without_street, found.today) == (155.0, 5.0, 0.0)
    assert found.notices == ()
    assert found.solution is not None
    assert found.solution.objective == 120.0
    assert found.constraints is not None
    assert (found.constraints.sites, found.constraints.budget) == (1, None)


def test_two_sites_are_ranked_by_what_they_add() -> None:
    """Clusters into two: 10 and 20 people at 366.67, 40 and 80 at 1266.67, who are all within 300 m of them."""
    found = propose_sites(gatherer(A, B, sites=2))
    middles = {one.x_m: one.id for one in found.pool.candidates if one.clusters == 2}
    assert sorted(middles) == [366.67, 1266.67]
    assert list(chosen(found, 0).items()) == [(middles[1266.67], 120.0), (middles[366.67], 30.0)]
    assert list(chosen(found, 1).values()) == [120.0, 30.0]
    assert [one.people_gained for one in found.proposals] == [150.0, 150.0]


def test_a_site_that_adds_nobody_is_taken_by_clustering_and_listed_last() -> None:
    """Each place is a cluster of its own: the optimum leaves out who adds nobody."""
    found = propose_sites(gatherer(A, B, sites=5))
    assert sorted(chosen(found, 0).values()) == [10.0, 20.0, 40.0, 80.0]
    assert sorted(chosen(found, 1).values()) in ([30.0, 120.0], [10.0, 20.0, 120.0])
    (notice,) = found.notices
    assert (notice.key, notice.table, dict(notice.values)) == (
        "siting_few_places",
        "siting",
        {"sites": 5, "places": 4},
    )


def test_a_free_centre_is_kept_or_moved() -> None:
    """K serves the 10 at 100. A beside B serves 150 in all, 140 more than today; K and B would serve 130."""
    found = propose_sites(gatherer(A, B, options=(MOVE, KEEP)))
    assert [one.id for one in found.pool.candidates][1:] == ["A", "B", "M:K", "K"]
    # A centre as it is is no row of the candidates.
    assert found.candidates["id"].tolist()[1:] == ["A", "B", "M:K"]
    # The 10 whom K serves today are not uncovered.
    assert found.candidates["people_in_reach"].tolist() == [40.0, 20.0, 120.0, 20.0]
    assert found.today == 10.0
    assert (found.people_uncovered, found.people_without_street) == (145.0, 5.0)
    clustering, optimum = found.proposals
    assert (clustering.people_gained, clustering.closed) == (40.0, ())
    assert [(one.centre, one.fate, one.to) for one in clustering.facility_actions] == [("K", "keep", "K")]
    assert (optimum.people_gained, optimum.bound, optimum.closed) == (140.0, 140.0, ("K",))
    assert [(one.centre, one.fate, one.to) for one in optimum.facility_actions] == [("K", "move", "A")]
    assert chosen(found, 1) == {"B": 120.0, "A": 30.0}
    assert found.constraints is not None
    assert found.constraints.sites == 2


def test_a_kept_centre_takes_its_people_from_what_a_site_adds() -> None:
    """Without A: K stays, and the new site adds to it."""
    found = propose_sites(gatherer(B, options=(MOVE, KEEP)))
    assert chosen(found, 1) == {"B": 120.0, "M:K": 20.0}
    assert found.proposals[1].people_gained == 130.0
    only = propose_sites(gatherer(A, options=(KEEP,), sites=0))
    assert only.candidates["id"].tolist()[-1] == "A"
    # One place for a centre as it is, or moved to A, which serves its 10 people too.
    assert chosen(only, 1) == {"A": 30.0} or set(chosen(only, 1).values()) == {40.0}
    assert only.proposals[0].sites == ()
    assert only.proposals[0].people_gained == 0.0


def test_clustering_adds_to_the_centres_that_stay() -> None:
    """K serves the 10 at 100: the site at 366.67 adds 20 of its 30, and one at 100 itself nobody."""
    found = propose_sites(gatherer(options=(KEEP,), sites=2))
    assert list(chosen(found, 0).values()) == [120.0, 20.0]
    assert found.proposals[0].people_gained == 140.0
    each = propose_sites(gatherer(options=(KEEP,), sites=4))
    assert list(chosen(each, 0).values()) == [80.0, 40.0, 20.0, 0.0]
    assert each.proposals[0].people_gained == 140.0


def test_within_a_budget_the_site_that_adds_most_comes_first() -> None:
    """Each of the two middles costs 30 of 50: the one with 120 people is paid, the other is beyond the money."""
    found = propose_sites(gatherer(A, B, sites=2, new_cost=30.0, budget=50.0))
    middles = {one.x_m: one.id for one in found.pool.candidates if one.clusters == 2}
    assert chosen(found, 0) == {middles[1266.67]: 120.0}
    assert found.proposals[0].people_gained == 120.0
    (notice,) = found.notices
    assert (notice.key, notice.table, notice.rows) == ("clustering_beyond_budget", "siting", (middles[366.67],))
    assert dict(notice.values) == {"budget": "50", "sites": 2, "count": 1}
    # A costs 10: both fit.
    assert chosen(found, 1) == {middles[1266.67]: 120.0, "A": 30.0}
    assert found.constraints is not None
    assert found.constraints.budget == 50.0
    exact = propose_sites(gatherer(A, B, sites=2, new_cost=25.0, budget=50.0))
    assert exact.proposals[0].people_gained == 150.0
    assert exact.notices == ()


def test_what_clusters_cost_beyond_the_budget_does_not_stop_the_cheaper_one() -> None:
    found = propose_sites(gatherer(A, B, new_cost=60.0, budget=50.0))
    assert (found.proposals[0].sites, found.proposals[0].people_gained) == ((), 0.0)
    assert chosen(found, 1) == {"A": 30.0}


def test_a_choice_knows_every_cost() -> None:
    pool = replace(gatherer(A, B), options=(KEEP,)).build()
    free = selection_constraints(pool, Settings(sites=3))
    assert (free.sites, free.cost, free.budget) == (4, None, None)
    paid = selection_constraints(pool, Settings(sites=3, budget=7.5))
    assert (paid.sites, paid.budget) == (4, 7.5)
    assert paid.cost is not None
    assert paid.cost.tolist() == pytest.approx([np.nan, 10.0, 100.0, 0.0], nan_ok=True)


def test_nothing_asked_lists_what_the_study_names() -> None:
    found = propose_sites(gatherer(A, E, sites=0))
    assert found.candidates["id"].tolist() == ["A", "E"]
    assert [one.id for one in found.pool.candidates] == ["A", "E"]
    assert found.candidates.crs == CRS
    assert found.candidates["people_in_reach"].tolist() == [30.0, 120.0]
    assert (found.proposals, found.best, found.constraints, found.solution) == ((), None, None, None)
    assert (found.people_uncovered, found.people_without_street, found.today) == (155.0, 5.0, 0.0)
    assert found.notices == ()


def test_nobody_uncovered_asks_nothing() -> None:
    asked = gatherer(A)
    nobody = replace(
        asked,
        uncovered=asked.uncovered.iloc[:0],
        limits_min=np.empty(0),
        snaps=asked.walker.snap(np.empty((0, 2))),
    )
    found = propose_sites(nobody)
    assert (found.proposals, found.people_uncovered, found.people_without_street) == ((), 0.0, 0.0)
    assert found.candidates["people_in_reach"].tolist() == [0.0]


def test_where_everything_is_sorted_out_nothing_is_proposed() -> None:
    ground = SimpleNamespace(
        sorted_out=lambda given: ([], [ExcludedCandidate(one, "outside", "") for one in given])
    )
    found = propose_sites(gatherer(A, B, ground=ground))
    assert len(found.candidates) == 0
    assert [one.people_gained for one in found.proposals] == [0.0, 0.0]
    assert [(one.key, one.table, dict(one.values)) for one in found.notices] == [
        ("siting_none_left", "siting", {"count": 3})
    ]


def far(people: list[float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"people": people}, geometry=[shapely.Point(2500, 500 + place) for place in range(len(people))], crs=CRS
    )


def told(uncovered: gpd.GeoDataFrame, **changed: Any) -> SitingResult:  # noqa: ANN401
    network = build_network(gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (3000, 0)])], crs=CRS))
    walker = Walker(network, WALK)
    limits_min = changed.pop("limits_min", np.full(len(uncovered), 5.0))
    settings = {"sites": 1, "candidates": 1, "seconds": 9.0, "seed": 3, "sources": ("clusters",)} | changed
    return propose_sites(
        CandidateBuilder(uncovered, limits_min, walker.snap(uncovered), walker, Settings(**settings))
    )


def test_people_without_a_street_are_told() -> None:
    found = told(far([1000.0, 500.0]))
    assert (found.people_uncovered, found.people_without_street) == (1500.0, 1500.0)
    (notice,) = found.notices
    assert (notice.key, notice.table, notice.people) == ("siting_no_street", "siting", 1500.0)
    assert dict(notice.values) == {"people": "1,500", "access_m": "10"}


def test_each_place_has_its_own_limit() -> None:
    """Middle of 30 at 100 and 10 at 500: 200; 100 m and 300 m from them. Limits of 5 min, and then of 4.9."""
    homes = gpd.GeoDataFrame({"people": [30.0, 10.0]}, geometry=gpd.points_from_xy([100, 500], [0, 0]), crs=CRS)
    assert told(homes).proposals[0].people_gained == 40.0
    assert told(homes, limits_min=np.full(2, 4.9)).proposals[0].people_gained == 30.0
    assert told(homes, limits_min=np.array([1.6, 5.0])).proposals[0].people_gained == 10.0
    (notice,) = told(homes.iloc[:1], sites=2).notices
    assert dict(notice.values) == {"sites": 2, "places": 1}
    two = told(homes, sites=2, candidates=2)
    assert {one.x_m for one in two.pool.candidates} == {100.0, 500.0}
    assert two.solution is not None
    assert two.solution.seed == 3
    more = told(homes, candidates=2)
    assert sorted((one.x_m, one.clusters) for one in more.pool.candidates) == [
        (100.0, 2),
        (200.0, 1),
        (500.0, 2),
    ]


def test_the_gap_is_a_share_of_the_bound() -> None:
    proposal = Proposal("maximal_covering", (), (), Certificate(90.0, 120.0, "time_limit"))
    assert proposal.gap == 0.25
    assert proposal.closed == ()
