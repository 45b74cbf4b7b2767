"""Siting: p-median, p-center, maximal covering and set covering, beside published optima and spopt.

spopt works once at each task, and is ended at its limit; its row says so.

The OR-Library's p-median problems pmed1.txt … pmed20.txt are read from the folder `orlib` beside the setting's
folder, and left out where it is missing.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array, eye_array, hstack, vstack
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from benchmarks.graphs import is_installed
from benchmarks.rounds import PLANNER, Contestant, Row, Setting, Table, measure, missing
from benchmarks.streets import CRS, REACH_M, points_near, random_nodes, snapped_at_nodes, streets_of
from planner.network.snapping import snap
from planner.network.travel_times import travel_times
from planner.network.walk import FloatArray, WalkSettings
from planner.siting.models.maximal_covering import maximal_covering
from planner.siting.models.p_center import p_center
from planner.siting.models.p_median import p_median
from planner.siting.models.set_covering import set_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints, TravelCosts, coverage_from_pairs
from planner.siting.solution import Solution
from planner.siting.solvers.highs import MixedIntegerProgram, SolveOptions, run_highs
from planner.siting.solvers.location_bnb import compile_solvers

P_MEDIAN = (
    *(5819, 4093, 4250, 3034, 1355, 7824, 5631, 4445, 2734, 1255),
    *(7696, 6634, 4374, 2968, 1729, 8162, 6999, 4809, 2845, 1789),
)
"""The optima of pmed1 … pmed20, as published with the OR-Library (Beasley 1990)."""

P_CENTER = (127, 98, 93, 74, 48, 84, 64, 55, 37, 20, 59, 51, 36, 26, 18, 47, 39, 28, 18, 13)
"""The same for the p-center, as published by Daskin (2000) and others."""

SQUARE_M = 20_000.0
CITY_MIN = (5.0, 10.0, 15.0)
SPOPT, HIGHS = "spopt + CBC", "HiGHS alone"
SECONDS = 30.0
LIMIT = 9.0
PEER_LIMIT = 60.0
"""A peer works once, and is ended after so many seconds, model building included."""

KEPT_LIMITS = (1.0, 2.0, 4.0)
MOST_ROUNDS = 2


def tables(setting: Setting) -> list[Table]:
    """Measure all of them."""
    compile_solvers()
    found = [*_orlib(setting), *_san_francisco(), _maximal_covering(setting), _set_covering(setting)]
    found += [_large(setting), _limit_kept(setting), *_porto_alegre(setting)]
    return [*found, *_p_median_large(setting)]


@dataclass(frozen=True, slots=True)
class Problem:
    """One of the OR-Library's problems: all distances, and how many sites."""

    number: int
    metres: FloatArray
    sites: int

    @property
    def reach(self) -> TravelCosts:
        """Return the walks, everyone counting 1."""
        return TravelCosts.from_table(self.metres, np.ones(len(self.metres)))


def read_orlib(file: Path, number: int) -> Problem:
    """Read a problem; where an edge is listed twice, the last cost counts."""
    words = np.array(file.read_text("ascii").split(), dtype=np.int64)
    nodes, edges, sites = words[:3]
    cost = np.zeros((nodes, nodes))
    for one, other, length in words[3 : 3 + 3 * edges].reshape(-1, 3):
        cost[one - 1, other - 1] = cost[other - 1, one - 1] = length
    return Problem(number, dijkstra(csr_array(cost), directed=False), int(sites))


def _orlib(setting: Setting) -> list[Table]:
    folder = setting.folder.parent / "orlib" if setting.folder else None
    if folder is None or not folder.is_dir():
        return []
    numbers = (1, 6) if setting.quick else range(1, 21)
    problems = [read_orlib(folder / f"pmed{number}.txt", number) for number in numbers]
    return [
        _slowest("p_median", "p-median", problems, P_MEDIAN, p_median, setting),
        _slowest("p_center", "p-center", problems, P_CENTER, p_center, setting),
    ]


def _slowest(
    key: str,
    name: str,
    problems: list[Problem],
    optima: tuple[int, ...],
    model: Callable[..., Solution],
    setting: Setting,
) -> Table:
    """Return a table whose time is that of the slowest problem of each round."""
    slowest, notices, proven, gaps = [], [], 0, []
    for turn in range(min(setting.rounds, MOST_ROUNDS)):
        seconds = []
        for problem in problems:
            begun = time.perf_counter()
            answer = model(problem.reach, SelectionConstraints(sites=problem.sites), time_limit_s=SECONDS)
            seconds.append(time.perf_counter() - begun)
            if turn == 0:
                optimum = optima[problem.number - 1]
                proven += answer.status == "optimal"
                gaps.append(answer.objective / optimum - 1)
                said = f"{answer.objective:.0f} (optimum {optimum}), bound {answer.bound:.0f}, {answer.status}"
                notices.append(f"pmed{problem.number}: {said}, {seconds[-1]:.2f} s.")
        slowest.append(max(seconds))
    figures = {
        "optimal": f"{proven} of {len(problems)}",
        "worst gap to the optimum": f"{max(gaps):.3%}",
    }
    title = f"{name}, OR-Library pmed1–20, the slowest of {len(problems)}"
    return Table(key, title, (Row(PLANNER, tuple(slowest), figures),), tuple(notices))


def uniform(demand: int, candidates: int, radius_m: float, *, seed: int) -> CoverageMatrix:
    """Return people and candidates at random in a square of 20 km, and who is within a radius of what."""
    random = np.random.default_rng(seed)
    homes, sites = random.random((demand, 2)) * SQUARE_M, random.random((candidates, 2)) * SQUARE_M
    people = random.integers(1, 100, demand).astype(np.float64)
    near = cKDTree(homes).query_ball_point(sites, radius_m, return_sorted=True)
    row = np.concatenate([np.array(some, dtype=np.int64) for some in near])
    column = np.repeat(np.arange(candidates), [len(some) for some in near])
    return CoverageMatrix(coverage_from_pairs(row, column, (demand, candidates)), people)


def _maximal_covering(setting: Setting) -> Table:
    demand, candidates, sites = (500, 100, 10) if setting.quick else (5_000, 1_000, 25)
    covering = uniform(demand, candidates, REACH_M, seed=0)
    own = Contestant(
        PLANNER, lambda: maximal_covering(covering, SelectionConstraints(sites=sites), time_limit_s=SECONDS), _said
    )
    rows = measure([own], min(setting.rounds, MOST_ROUNDS))
    title = f"Maximal covering, {demand:,} × {candidates:,}, p = {sites}, uniform, one thread"
    return Table("maximal_covering", title, (*rows, _peer(partial(_spopt_mclp, covering, sites))))


def _set_covering(setting: Setting) -> Table:
    demand, candidates, radius_m = (500, 100, 2_200.0) if setting.quick else (5_000, 1_000, 693.0)
    covering = uniform(demand, candidates, radius_m, seed=0)
    served = np.flatnonzero(np.diff(covering.matrix.indptr))
    covering = CoverageMatrix(csr_array(covering.matrix[served]), covering.weight[served])
    own = Contestant(PLANNER, lambda: set_covering(covering, time_limit_s=SECONDS), _said)
    rows = measure([own], min(setting.rounds, MOST_ROUNDS))
    title = f"Set covering, {len(served):,} × {candidates:,}, {radius_m:.0f} m, uniform, one thread"
    return Table("set_covering", title, (*rows, _peer(partial(_spopt_lscp, covering))))


def _large(setting: Setting) -> Table:
    demand, candidates, sites = (1_000, 200, 10) if setting.quick else (20_000, 2_000, 50)
    covering = uniform(demand, candidates, REACH_M, seed=0)
    title = f"Maximal covering, {demand:,} × {candidates:,}, p = {sites}, uniform, stopped at {LIMIT:.0f} s"
    contestant = Contestant(
        PLANNER, lambda: maximal_covering(covering, SelectionConstraints(sites=sites), time_limit_s=LIMIT), _said
    )
    return Table("maximal_covering_large", title, measure([contestant], min(setting.rounds, MOST_ROUNDS)))


def _p_median_large(setting: Setting) -> list[Table]:
    """Return the p-median beyond the OR-Library: uniform squares, and junctions of Porto Alegre where given."""
    sizes = ((100, 5),) if setting.quick else ((1_000, 20), (2_000, 50), (5_000, 100), (10_000, 200))
    makers: list[tuple[str, Callable[[int], TravelCosts]]] = [("uniform", _uniform_walks)]
    if setting.folder is not None:
        makers.append(("junctions of Porto Alegre", partial(_street_walks, setting)))
    limit = LIMIT if setting.quick else PEER_LIMIT
    found = []
    for place, make in makers:
        for nodes, sites in sizes:
            walks = make(nodes)
            work = partial(p_median, walks, SelectionConstraints(sites=sites), time_limit_s=limit)
            rows = measure([Contestant(PLANNER, work, _said)], 1)
            if nodes == sizes[0][0]:
                peers = {HIGHS: _highs_p_median, SPOPT: _spopt_p_median}
                rows = (*rows, *(_peer(partial(peer, walks, sites), name=name) for name, peer in peers.items()))
            key = f"p_median_{place.partition(' ')[0]}_{nodes}"
            found.append(Table(key, f"p-median, {place}, {nodes:,}, p = {sites}, limit {limit:.0f} s", rows))
    return found


def _uniform_walks(nodes: int) -> TravelCosts:
    """Return the whole metres between points at random in a square of 20 km, everyone counting 1."""
    xy = np.random.default_rng(0).random((nodes, 2)) * SQUARE_M
    return TravelCosts.from_table(np.round(cdist(xy, xy)), np.ones(nodes))


def _street_walks(setting: Setting, nodes: int) -> TravelCosts:
    """Return the whole metres between junctions of the largest piece of the network, everyone counting 1."""
    _, network = streets_of(setting)
    ends, metres = network.edge_nodes, network.edge_m
    graph = csr_array((metres, (ends[:, 0], ends[:, 1])), shape=(len(network.node_xy),) * 2)
    _, piece = connected_components(graph, directed=False)
    largest = np.flatnonzero(piece == np.bincount(piece).argmax())
    some = np.sort(np.random.default_rng(0).choice(largest, nodes, replace=False))
    return TravelCosts.from_table(np.round(dijkstra(graph, directed=False, indices=some)[:, some]), np.ones(nodes))


def _highs_p_median(walks: TravelCosts, sites: int) -> Mapping[str, str]:
    """Solve the plain formulation, each walk no more than its column, by HiGHS alone."""
    count, columns, pairs = len(walks.weight), walks.columns, len(walks.demand)
    pair, ones = np.arange(pairs), np.ones(pairs)
    served = hstack([csr_array((count, columns)), csr_array((ones, (walks.demand, pair)), shape=(count, pairs))])
    opened = hstack([csr_array((-ones, (pair, walks.column)), shape=(pairs, columns)), eye_array(pairs)])
    limit = hstack([csr_array(np.ones((1, columns))), csr_array((1, pairs))])
    programme = MixedIntegerProgram(
        np.concatenate([np.zeros(columns), walks.weight[walks.demand] * walks.minutes]),
        vstack([served, opened, limit], format="csr"),
        np.concatenate([np.ones(count), np.full(pairs + 1, -np.inf)]),
        np.concatenate([np.ones(count), np.zeros(pairs), [float(sites)]]),
        np.zeros(columns + pairs),
        np.ones(columns + pairs),
        np.concatenate([np.ones(columns, dtype=bool), np.zeros(pairs, dtype=bool)]),
    )
    report = run_highs(programme, SolveOptions(), time_limit_s=PEER_LIMIT, start=None, target=None)
    return {"objective": f"{report.objective:,.0f}", "bound": f"{report.bound:,.1f}"}


def _spopt_p_median(walks: TravelCosts, sites: int) -> Mapping[str, str]:
    import pulp
    from spopt.locate import PMedian

    table = np.zeros((len(walks.weight), walks.columns))
    table[walks.demand, walks.column] = walks.minutes
    model = PMedian.from_cost_matrix(table, walks.weight, p_facilities=sites)
    return _spopt_said(model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=PEER_LIMIT), results=False))


def _limit_kept(setting: Setting) -> Table:
    """Return how long a search that does not come to its end takes, for several limits in seconds."""
    demand, candidates, sites = (4_000, 800, 25) if setting.quick else (20_000, 2_000, 50)
    covering = uniform(demand, candidates, REACH_M, seed=1)
    rows, notices, over = [], [], [0.0]
    for limit in KEPT_LIMITS[:1] if setting.quick else KEPT_LIMITS:
        begun = time.perf_counter()
        answer = maximal_covering(covering, SelectionConstraints(sites=sites), time_limit_s=limit)
        taken = time.perf_counter() - begun
        rows.append(taken)
        notices.append(f"Limit {limit:g} s: {taken:.2f} s, {answer.status}, gap {answer.gap:.3%}.")
        over.append(taken / limit - 1)
    figures = {"longest over its limit": f"{max(over):.1%}"}
    title = f"A limit in seconds is kept: maximal covering, {demand:,} × {candidates:,}, p = {sites}, uniform"
    return Table("limit_kept", title, (Row(PLANNER, tuple(rows), figures),), tuple(notices))


def _san_francisco() -> list[Table]:
    """Return the four published answers for the data that spopt ships; nothing where spopt is not installed."""
    if not is_installed("spopt"):
        return []
    import spopt

    folder = Path(spopt.__file__).parent / "tests" / "test_locate" / "data"
    if not folder.is_dir():
        return []
    table = pd.read_csv(folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    wide = table.pivot_table(values="distance", index="DestinationName", columns="name")
    tracts = pd.read_csv(folder / "SF_demand_205_centroid_uniform_weight.csv").set_index("NAME")
    people = tracts.loc[wide.index, "POP2000"].to_numpy(dtype=np.float64)
    reach, four = TravelCosts.from_table(wide.to_numpy(dtype=np.float64), people), SelectionConstraints(sites=4)
    # Published as whole sites and people, a mean to five decimals, and whole metres.
    mean = people.sum() * 2982.12686
    asked: tuple[tuple[str, float, float, Callable[[], Solution]], ...] = (
        ("set covering, 5,000 m", 8.0, 0.0, lambda: set_covering(reach.within(5000.0), time_limit_s=SECONDS)),
        (
            "maximal covering",
            875_247.0,
            0.0,
            lambda: maximal_covering(reach.within(5000.0), four, time_limit_s=SECONDS),
        ),
        ("p-median", mean, people.sum() * 1e-5, lambda: p_median(reach, four, time_limit_s=SECONDS)),
        ("p-center", 7403.0, 1.0, lambda: p_center(reach, four, time_limit_s=SECONDS)),
    )
    answers = [(name, told, within, work()) for name, told, within, work in asked]
    notices = [
        f"{name}: {one.objective:,.0f} (published {told:,.0f}), {one.status}." for name, told, _, one in answers
    ]
    met = sum(abs(one.objective - told) <= within and one.status == "optimal" for _, told, within, one in answers)
    seconds = sum(one.elapsed_s for *_, one in answers)
    row = Row(PLANNER, (seconds,), {"published answers met and proven": f"{met} of {len(answers)}"})
    return [Table("san_francisco", "San Francisco, 205 × 16, all four models", (row,), tuple(notices))]


def _peer(work: Callable[[], Mapping[str, str]], *, name: str = SPOPT) -> Row:
    """Let spopt or HiGHS work once in a process of its own, and end it at its limit."""
    if name == SPOPT and not is_installed("spopt"):
        return missing(SPOPT)
    fork = multiprocessing.get_context("fork")
    mouth, ear = fork.Pipe(duplex=False)
    process = fork.Process(target=_tell, args=(ear, work))
    begun = time.perf_counter()
    process.start()
    said = mouth.recv() if mouth.poll(PEER_LIMIT) else None
    taken = time.perf_counter() - begun
    if said is None:
        process.kill()
    process.join()
    if said is None:
        return Row(name, (PEER_LIMIT,), {}, f"ended at its limit of {PEER_LIMIT:.0f} s, without an answer")
    return Row(name, (taken,), said, "once")


def _tell(ear: Connection, work: Callable[[], Mapping[str, str]]) -> None:
    ear.send(dict(work()))


def _porto_alegre(setting: Setting) -> list[Table]:
    if setting.folder is None:
        return []
    demand, candidates, sites = (500, 100, 10) if setting.quick else (20_000, 2_000, 50)
    found = []
    for minutes in CITY_MIN:
        covering = porto_alegre(setting, demand, candidates, limit_min=minutes)
        size = f"{demand:,} × {candidates:,}, p = {sites}"
        title = f"Maximal covering, Porto Alegre, {size}, {minutes:.0f} minutes, stopped at {LIMIT:.0f} s"
        work = partial(maximal_covering, covering, SelectionConstraints(sites=sites), time_limit_s=LIMIT)
        rows = measure([Contestant(PLANNER, work, _said)], min(setting.rounds, MOST_ROUNDS))
        if minutes == CITY_MIN[0]:
            rows = (*rows, _peer(partial(_spopt_mclp, covering, sites)))
        found.append(Table(f"maximal_covering_city_{minutes:.0f}", title, rows))
    return found


def porto_alegre(setting: Setting, demand: int, candidates: int, *, limit_min: float) -> CoverageMatrix:
    """Return points near streets with the people of their nearest cell, and junctions as candidates."""
    _, network = streets_of(setting)
    walk = WalkSettings(speed_kmh=4.5, access_m=25.0)
    points = points_near(network, demand, within_m=20.0, seed=3)
    cells = pd.read_csv(Path(setting.folder or "", "poa_hexgrid.csv"))
    middle = gpd.GeoSeries(gpd.points_from_xy(cells["lon"], cells["lat"]), crs=4326).to_crs(CRS)
    _, cell = cKDTree(np.column_stack([middle.x, middle.y])).query(points)
    share = np.bincount(cell, minlength=len(cells))
    people = cells["population"].to_numpy(dtype=np.float64)[cell] / share[cell]
    sites = snapped_at_nodes(network, random_nodes(network, candidates, seed=4))
    homes = snap(points, network, access_m=walk.access_m)
    times = travel_times(network, sites, homes, walk=walk, horizon_min=limit_min)
    return CoverageMatrix(coverage_from_pairs(times.demand, times.facility, (demand, candidates)), people)


def _said(answer: Solution) -> Mapping[str, str]:
    return {
        "objective": f"{answer.objective:,.0f}",
        "bound": f"{answer.bound:,.1f}",
        "gap": f"{answer.gap:.4%}",
        "status": answer.status,
    }


def _spopt_said(model: Any) -> Mapping[str, str]:  # noqa: ANN401 -- spopt's own
    import pulp

    return {
        "objective": f"{pulp.value(model.problem.objective):,.0f}",
        "status": pulp.LpStatus[model.problem.status],
    }


def _spopt_mclp(covering: CoverageMatrix, sites: int) -> Mapping[str, str]:
    import pulp
    from spopt.locate import MCLP

    far = 1.0 - covering.matrix.toarray().astype(np.float64)
    model = MCLP.from_cost_matrix(far, covering.weight, 0.5, p_facilities=sites)
    return _spopt_said(model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=PEER_LIMIT), results=False))


def _spopt_lscp(covering: CoverageMatrix) -> Mapping[str, str]:
    import pulp
    from spopt.locate import LSCP

    far = 1.0 - covering.matrix.toarray().astype(np.float64)
    solver = pulp.PULP_CBC_CMD(msg=False, timeLimit=PEER_LIMIT)
    return _spopt_said(LSCP.from_cost_matrix(far, 0.5).solve(solver, results=False))
