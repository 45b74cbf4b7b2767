"""The comparison card: clustering, greedy, optimum and bound side by side; fewer and more sites; other plans."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from planner.config.sections.siting import SitingSettings as Settings
from planner.siting.alternatives import Alternative, find_alternatives
from planner.siting.candidates.candidate import candidate_xy
from planner.siting.curve import coverage_curve
from planner.siting.problem import CoverageMatrix
from planner.siting.proposals import Proposal, SitingResult, build_proposal
from planner.siting.solution import Status


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The best choice of so many sites.

    Attributes
    ----------
    sites
        New sites at most.
    people_gained
        Against today.
    bound
        No choice of so many sites gains more.
    status
        See `planner.siting.solution.Solution`.
    added
        What the last of them adds to the best choice of one fewer; it may be another choice altogether.
    """

    sites: int
    people_gained: float
    bound: float
    status: Status
    added: float


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What stands beside the optimum.

    Attributes
    ----------
    greedy
        People gained by always taking the site that adds the most; None where nothing was asked.
    curve
        One more site at a time, up to twice as many as were asked for.
    others
        Other plans that come close, and what each trades.
    other_plans
        The same as proposals.
    """

    greedy: float | None
    curve: tuple[CurvePoint, ...]
    others: tuple[Alternative, ...]
    other_plans: tuple[Proposal, ...]


def compare_baselines(siting: SitingResult, settings: Settings) -> Comparison:
    """Put beside the optimum what it is to be judged by.

    Parameters
    ----------
    siting
        The question and its answer.
    settings
        `[siting]` of the study. Curve and alternatives may each take `seconds` again.

    Returns
    -------
    comparison
        Empty where nothing was asked.
    """
    choice, answer, best = siting.choice, siting.answer, siting.best
    if choice is None or answer is None or best is None:
        return Comparison(None, (), (), ())
    covering, free, today = (
        CoverageMatrix(siting.covers, siting.people),
        len(siting.pool.kept_centres),
        siting.today,
    )
    most = min(2 * settings.sites, len(siting.pool.new))
    answers = coverage_curve(
        covering, replace(choice, sites=free + most), seconds=settings.seconds, seed=settings.seed
    )[free:]
    curve, before = [], 0.0
    for sites, one in enumerate(answers, start=1):
        gained = one.objective - today
        curve.append(CurvePoint(sites, gained, one.bound - today, one.status, gained - before))
        before = gained
    others = find_alternatives(
        covering,
        choice,
        answer,
        xy=candidate_xy(siting.pool.candidates),
        near_m=settings.alternatives_near_m,
        within=settings.alternatives_within,
        differing=settings.alternatives_differ,
        each_drops_another=True,
        count=settings.alternatives,
        seconds=settings.seconds,
        seed=settings.seed,
    )
    plans = tuple(
        build_proposal(
            siting.pool,
            siting.covers,
            siting.people,
            np.array(one.answer.sites, dtype=np.int64),
            method="alternative",
            bound=None,
            status="heuristic",
            new_sites=settings.sites,
        )
        for one in others
    )
    greedy = None if answer.greedy is None else answer.greedy - today
    return Comparison(greedy, tuple(curve), others, plans)
