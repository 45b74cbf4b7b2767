"""The sites in other circumstances (walkers, gates, people), and chosen for fairness instead of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from planner.accessibility.access_data import residents_65
from planner.accessibility.groups import GroupCoverage
from planner.config.study import Study
from planner.inputs.study_inputs import Inputs
from planner.inputs.walk_network import build_walker, walker_at
from planner.messages.catalogue import Phrase
from planner.messages.errors import Issue, StudyError
from planner.network.walk import WalkSettings, is_within, walking_profiles
from planner.network.walker import Walker
from planner.schemas.tables import Gates
from planner.siting.candidates.builder import CandidateSet
from planner.siting.equity import EquityPlan, equity_frontier, group_frontier
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.proposals import Proposal, SitingResult, build_proposal, compute_coverage
from planner.siting.scenario_analysis import RegretTable, RobustPlan, regret_table, solve_robust, solve_scenarios
from planner.siting.solution import Solution, status_of

ROBUST = "robust"


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioAnalysis:
    """The plans in other circumstances.

    Attributes
    ----------
    names
        What each circumstance is called, in the order of the table.
    table
        People served and regret of today, each proposal and the robust choice, in each circumstance.
    robust
        The choice made for all circumstances.
    proposal
        The same as a proposal, judged in the study's own circumstances.
    """

    names: tuple[Phrase, ...]
    table: RegretTable
    robust: RobustPlan
    proposal: Proposal


@dataclass(frozen=True, slots=True, eq=False)
class EquityFrontier:
    """Plans between the most people and the fairest.

    Attributes
    ----------
    objective
        ``"communities"``: the worst-served community first; ``"old"``: residents of 65+ first.
    plans
        In descending order of all people served.
    proposals
        The same as proposals.
    """

    objective: str
    plans: tuple[EquityPlan, ...]
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Everybody:
    """All who count in the question, those served today included."""

    frame: gpd.GeoDataFrame
    weight: NDArray[np.float64]
    limit_min: NDArray[np.float64]


def analyse_scenarios(
    study: Study, inputs: Inputs, siting: SitingResult, kinds: tuple[GroupCoverage, ...], walker: Walker
) -> ScenarioAnalysis | None:
    """Judge the proposals in the circumstances that the study names, and choose for all of them.

    Raises
    ------
    StudyError
        A walking profile is not known, gates are named where there are none, or a community is not known.
    """
    asked, settings = study.siting.robust, study.siting
    if not (asked.walking or asked.gates or asked.people) or siting.choice is None:
        return None
    _check(study, inputs)
    everybody = _everybody(study, inputs, kinds)
    worlds = dict(_worlds(study, inputs, siting.pool, everybody, walker))
    coverings = {key: covering for key, (_, covering) in worlds.items()}
    choice = _beside_those_that_stay(siting.choice, len(siting.pool.candidates))
    best = solve_scenarios(coverings, choice, seconds=settings.seconds, seed=settings.seed)
    keeps = tuple(range(len(siting.pool.new), len(siting.pool.candidates)))
    plans = {"today": keeps, **{one.method: _columns(one, siting.pool) for one in siting.proposals}}
    allowed = {name: plans[name] for name in ("today", siting.proposals[-1].method)}
    best = _no_worse(coverings, allowed, best, choice)
    robust = solve_robust(coverings, choice, best, rule=asked.rule, seconds=settings.seconds, seed=settings.seed)
    best = _no_worse(coverings, {ROBUST: robust.sites}, best, choice)
    table = regret_table(coverings, {**plans, ROBUST: robust.sites}, best, choice)
    if asked.rule == "worst regret":
        value = float(table.regret[-1].max())
        robust = replace(robust, value=value, status=status_of(value, robust.bound))
    proposal = build_proposal(
        siting.pool,
        siting.covers,
        siting.people,
        np.array(robust.sites, dtype=np.int64),
        method=ROBUST,
        bound=None,
        status=robust.status,
        new_sites=settings.sites,
    )
    return ScenarioAnalysis(tuple(name for name, _ in worlds.values()), table, robust, proposal)


def _no_worse(
    coverings: Mapping[str, CoverageMatrix],
    plans: Mapping[str, tuple[int, ...]],
    best: Mapping[str, Solution],
    choice: SelectionConstraints,
) -> dict[str, Solution]:
    """Return the best plans, no worse than those that are known: a stopped search may have missed them."""
    more = -regret_table(coverings, plans, best, choice).regret.min(axis=0)
    return {
        name: replace(best[name], objective=best[name].objective + max(float(extra), 0.0))
        for name, extra in zip(coverings, more, strict=True)
    }


def equity_frontiers(
    study: Study, inputs: Inputs, walker: Walker, siting: SitingResult
) -> tuple[EquityFrontier, ...]:
    """Return the plans between the most residents and the fairest, for every kind of fairness asked for.

    Residents alone count here, each once.

    Raises
    ------
    StudyError
        Residents of 65+ come first, and nobody knows them.
    """
    asked, settings = study.siting.fair, study.siting
    if not (asked.communities or asked.old) or siting.choice is None:
        return ()
    people = inputs.demand["people"].to_numpy(dtype=np.float64)
    limit = np.full(len(people), study.limits.standard_min)
    everybody = _Everybody(inputs.demand, people, limit)
    covering = _covering(study, inputs, siting.pool, everybody, walker)
    choice = _beside_those_that_stay(siting.choice, len(siting.pool.candidates))
    found: list[tuple[str, tuple[EquityPlan, ...]]] = []
    if asked.communities:
        place = {community: number for number, community in enumerate(inputs.communities["id"])}
        home = inputs.demand["community"].map(place).to_numpy(dtype=np.int64)
        plans = equity_frontier(
            covering, home, choice, points=asked.plans, seconds=settings.seconds, seed=settings.seed
        )
        found.append(("communities", plans))
    if asked.old:
        old = residents_65(inputs.demand)
        if not np.isfinite(old).all() or not old.sum() > 0:
            raise StudyError(str(study.file), [Issue("fair_without_old")])
        plans = group_frontier(
            covering, old, choice, points=asked.plans, seconds=settings.seconds, seed=settings.seed
        )
        found.append(("old", plans))
    return tuple(
        EquityFrontier(objective, plans, tuple(_as_proposal(one, siting, settings.sites) for one in plans))
        for objective, plans in found
    )


def _as_proposal(plan: EquityPlan, siting: SitingResult, sites: int) -> Proposal:
    return build_proposal(
        siting.pool,
        siting.covers,
        siting.people,
        np.array(plan.sites, dtype=np.int64),
        method="fair",
        bound=None,
        status=plan.status,
        new_sites=sites,
    )


def _columns(proposal: Proposal, pool: CandidateSet) -> tuple[int, ...]:
    first = len(pool.new)
    kept = [first + place for place, one in enumerate(pool.kept_centres) if one.id not in proposal.closed]
    return (*proposal.sites, *kept)


def _beside_those_that_stay(choice: SelectionConstraints, column: int) -> SelectionConstraints:
    """Return the choice with one more column, open in any case: all centres that stay together."""
    cost = None if choice.cost is None else np.append(choice.cost, 0.0)
    return replace(choice, fixed=(column,), cost=cost)


def _check(study: Study, inputs: Inputs) -> None:
    asked = study.siting.robust
    issues = []
    profiles, communities = walking_profiles(), set(inputs.communities["id"])
    for name in asked.walking:
        if name not in profiles:
            values = {"path": "siting.robust.walking", "name": name, "known": ", ".join(sorted(profiles))}
            issues.append(Issue("unknown_profile", values))
    if asked.gates and inputs.gates is None:
        issues.append(Issue("robust_without_gates"))
    unknown = sorted({one for variant in asked.people for one in variant.people} - communities - {"*"})
    if unknown:
        issues.append(Issue("robust_unknown_community", {}, unknown))
    names = [variant.name for variant in asked.people]
    if len(set(names)) < len(names):
        issues.append(Issue("robust_names_repeat"))
    if issues:
        raise StudyError(str(study.file), issues)


def _everybody(study: Study, inputs: Inputs, kinds: tuple[GroupCoverage, ...]) -> _Everybody:
    """Return the residents, and the other kinds that count, under one another."""
    parts = [(inputs.demand, study.demand.residents_weight, study.limits.standard_min)]
    parts += [(kind.demand, kind.group.settings.weight, kind.standard_min) for kind in kinds]
    parts = [(points, weight, limit) for points, weight, limit in parts if weight > 0]
    columns = ["people", "community", "geometry"]
    frame = gpd.GeoDataFrame(
        pd.concat([points[columns] for points, *_ in parts], ignore_index=True), crs=inputs.crs
    )
    weight = [points["people"].to_numpy(dtype=np.float64) * weight for points, weight, _ in parts]
    limit = [np.full(len(points), limit) for points, _, limit in parts]
    return _Everybody(frame, np.concatenate(weight), np.concatenate(limit))


def _worlds(
    study: Study, inputs: Inputs, pool: CandidateSet, everybody: _Everybody, walker: Walker
) -> Iterator[tuple[str, tuple[Phrase, CoverageMatrix]]]:
    """Yield every circumstance: as the study has it, then the others one by one."""
    asked, walk = study.siting.robust, walker.walk
    own = _covering(study, inputs, pool, everybody, walker)
    yield "as_is", (Phrase("words.world_as_is"), own)
    for name in dict.fromkeys(asked.walking):
        profile = walking_profiles()[name]
        other = walker_at(study, inputs, walker, WalkSettings(profile.speed_kmh, walk.access_m))
        said = Phrase("words.world_walking", {"name": name, "speed": f"{profile.speed_kmh:g}"})
        yield f"walking:{name}", (said, _covering(study, inputs, pool, everybody, other))
    for state in dict.fromkeys(asked.gates):
        other = build_walker(study, _with_gates(inputs, state), walk)
        said = Phrase(f"words.world_gates_{state}")
        yield f"gates:{state}", (said, _covering(study, inputs, pool, everybody, other))
    for variant in asked.people:
        rest = variant.people.get("*", 1.0)
        times = everybody.frame["community"].map(lambda one, v=variant, r=rest: v.people.get(one, r)).to_numpy()
        said = Phrase("words.world_people", {"name": variant.name})
        yield f"people:{variant.name}", (said, CoverageMatrix(own.covers, own.weight * times))


def _with_gates(inputs: Inputs, state: str) -> Inputs:
    assert inputs.gates is not None  # noqa: S101 - checked before
    return replace(inputs, gates=Gates(inputs.gates.assign(open="true" if state == "open" else "false")))


def _covering(
    study: Study,
    inputs: Inputs,
    pool: CandidateSet,
    everybody: _Everybody,
    walker: Walker,
) -> CoverageMatrix:
    """Return who is served by which candidate, and, in the last column, by a centre that stays."""
    spots = walker.snap(everybody.frame)
    stays = ~inputs.facilities["id"].isin(study.siting.relocatable)
    centres = walker.snap(inputs.facilities[stays])
    horizon_min = float(everybody.limit_min.max())
    minutes, _ = walker.nearest(centres, spots, within_min=horizon_min)
    staying = csr_array(is_within(minutes, everybody.limit_min)[:, None])
    covers = compute_coverage(pool.candidates, spots, everybody.limit_min, walker)
    return CoverageMatrix(csr_array(hstack([covers, staying], format="csr"), dtype=bool), everybody.weight)
