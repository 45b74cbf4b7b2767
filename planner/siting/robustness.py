"""Robust siting: plans in several scenarios (walking profiles, gates, people), and one plan for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from planner.accessibility.coverage import GroupCoverage
from planner.config.study import Study
from planner.inputs.study_inputs import Inputs
from planner.inputs.walk_network import build_walker, walker_at
from planner.messages.catalogue import Phrase
from planner.messages.errors import Issue, StudyError
from planner.network.walk import FloatArray, IndexArray, WalkSettings, walking_profiles
from planner.network.walker import Walker
from planner.schemas.tables import Gates
from planner.siting.argument_checks import check_names, check_not_negative, check_positions, raise_issues
from planner.siting.candidates.builder import CandidateSet
from planner.siting.demand_weights import AllDemand, with_staying_centres
from planner.siting.models.maximal_covering import maximal_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints
from planner.siting.proposals import Proposal, SitingResult
from planner.siting.solution import Certificate, Certified, Solution
from planner.siting.solvers.balanced import BalancedResult, ServedSums, maximise_smallest_sum, merge_equal_rows
from planner.siting.solvers.deadline import Deadline, TimeBudget
from planner.siting.solvers.location_bnb import start_deadline

ROBUST = "robust"
SCENARIO_SHARE = 0.5
"""Share of the time left for the scenarios' best plans, and of the rest for the robust plan."""

RULES = ("worst people", "worst regret", "expected")


@dataclass(frozen=True, slots=True, eq=False)
class RobustPlan(Certified):
    """A plan for all scenarios."""

    rule: str
    """``"worst people"``, ``"worst regret"`` or ``"expected"``."""
    sites: tuple[int, ...]
    """Chosen columns without fixed ones, ascending."""
    certificate: Certificate
    """People served in the worst scenario; the largest regret, people; or the expected number of people."""
    people: Mapping[str, float]
    """People served in each scenario."""

    @property
    def value(self) -> float:
        """Objective of the rule."""
        return self.certificate.objective


@dataclass(frozen=True, slots=True, eq=False)
class RegretTable:
    """People served and regret of each plan in each scenario."""

    plans: tuple[str, ...]
    scenarios: tuple[str, ...]
    """`plans`, `scenarios`: Names."""
    people: FloatArray
    """People served, shape (plans, scenarios)."""
    regret: FloatArray
    """People served by the best plan for the scenario minus people served, shape (plans, scenarios)."""
    regret_bound: FloatArray
    """Upper bound on the regret, from the bound of the scenario."""


def solve_scenarios(
    scenarios: Mapping[str, CoverageMatrix],
    constraints: SelectionConstraints,
    *,
    time_limit_s: float,
    seed: int = 0,
) -> dict[str, Solution]:
    """Solve maximal covering for each scenario."""
    deadline, solutions = start_deadline(time_limit_s), {}
    for left, (name, coverage) in zip(range(len(scenarios), 0, -1), scenarios.items(), strict=True):
        solutions[name] = maximal_covering(
            coverage, constraints, time_limit_s=deadline.remaining_s / left, seed=seed
        )
    return solutions


def regret_table(
    scenarios: Mapping[str, CoverageMatrix],
    plans: Mapping[str, tuple[int, ...]],
    best: Mapping[str, Solution],
    constraints: SelectionConstraints,
) -> RegretTable:
    """Return the regret of plans in each scenario against the best plan for it.

    Examples
    --------
    >>> dry = CoverageMatrix(csr_array(np.array([[1, 0], [1, 1]], dtype=bool)), np.array([5.0, 4.0]))
    >>> wet = CoverageMatrix(csr_array(np.array([[0, 0], [0, 1]], dtype=bool)), np.array([5.0, 4.0]))
    >>> worlds = {"dry": dry, "wet": wet}
    >>> best = solve_scenarios(worlds, SelectionConstraints(sites=1), time_limit_s=9)
    >>> regret_table(worlds, {"a": (0,), "b": (1,)}, best, SelectionConstraints(sites=1)).regret
    array([[0., 4.],
           [5., 0.]])
    """
    raise_issues(_same_columns(scenarios))
    for coverage in scenarios.values():
        columns = coverage.matrix.shape[1]
        raise_issues(
            constraints.issues(columns),
            *(check_positions(name, sites, columns) for name, sites in plans.items()),
        )
    raise_issues(check_names("best", scenarios, best))
    fixed = constraints.fixed_columns()
    people = np.array(
        [
            [
                _served(coverage, np.concatenate([fixed, np.array(sites, dtype=np.int64)]))
                for coverage in scenarios.values()
            ]
            for sites in plans.values()
        ]
    ).reshape(len(plans), len(scenarios))
    top = np.array([best[name].objective for name in scenarios])
    bound = np.array([best[name].bound for name in scenarios])
    return RegretTable(tuple(plans), tuple(scenarios), people, top - people, bound - people)


def solve_robust(
    scenarios: Mapping[str, CoverageMatrix],
    constraints: SelectionConstraints,
    best: Mapping[str, Solution],
    *,
    rule: str,
    time_limit_s: float,
    probability: Mapping[str, float] | None = None,
    seed: int = 0,
) -> RobustPlan:
    r"""Choose the same sites for all scenarios.

    ``"worst people"`` maximises the people served in the scenario in which they are fewest; ``"worst regret"``
    minimises the largest shortfall against the best plan of each scenario (Savage); ``"expected"`` maximises the
    mean by `probability`, equal unless given. Columns are the same in all scenarios.

    Parameters
    ----------
    scenarios
        Who is served by what in each, by its name.
    constraints
        What may be chosen.
    best
        The best plan of each scenario, from `solve_scenarios`.
    rule
        One of the three.
    probability
        Of each scenario, for ``"expected"``.
    time_limit_s, seed
        As in `maximal_covering`.

    Raises
    ------
    SitingError
        There is no such rule, no scenario, or one without its best plan or its probability.

    Examples
    --------
    >>> dry = CoverageMatrix(csr_array(np.array([[1, 0], [1, 1]], dtype=bool)), np.array([5.0, 4.0]))
    >>> wet = CoverageMatrix(csr_array(np.array([[0, 0], [0, 1]], dtype=bool)), np.array([5.0, 4.0]))
    >>> worlds = {"dry": dry, "wet": wet}
    >>> best = solve_scenarios(worlds, SelectionConstraints(sites=1), time_limit_s=9)
    >>> [solve_robust(worlds, SelectionConstraints(sites=1), best, rule=rule, time_limit_s=9).sites
    ...  for rule in ("worst people", "worst regret", "expected")]
    [(1,), (0,), (0,)]
    """
    raise_issues(
        check_names("rule", [rule], RULES),
        check_names("best", scenarios, best),
        check_names("probability", scenarios, scenarios if probability is None else probability),
        check_not_negative("probability", [] if probability is None else list(probability.values())),
        () if scenarios else [Issue("siting_nobody", {"part": "scenarios"})],
        _same_columns(scenarios),
    )
    deadline, names = start_deadline(time_limit_s), list(scenarios)
    fixed = constraints.fixed_columns()
    if rule == "expected":
        share = {name: 1 / len(names) for name in names} if probability is None else probability
        stacked = CoverageMatrix(
            csr_array(vstack([scenarios[name].matrix for name in names], format="csr")),
            np.concatenate([scenarios[name].weight * share[name] for name in names]),
        )
        solution = maximal_covering(stacked, constraints, time_limit_s=deadline.remaining_s, seed=seed)
        return _robust(
            scenarios, fixed, rule, np.array(solution.sites, dtype=np.int64), solution.objective, solution.bound
        )
    offset = (
        np.zeros(len(names)) if rule == "worst people" else -np.array([best[name].objective for name in names])
    )
    even = _most_even(scenarios, constraints, offset, best, deadline)
    chosen = np.zeros(0, dtype=np.int64) if even.chosen is None else even.chosen
    sign = 1.0 if rule == "worst people" else -1.0
    bound = even.bound if rule == "worst people" else min(even.bound, 0.0)
    return _robust(scenarios, fixed, rule, chosen, sign * even.value + 0.0, sign * bound + 0.0)


def _same_columns(scenarios: Mapping[str, CoverageMatrix]) -> list[Issue]:
    """Return an issue for each scenario whose number of candidates differs from the first one's."""
    counts = {name: coverage.matrix.shape[1] for name, coverage in scenarios.items()}
    first = next(iter(counts.values()), 0)
    return [
        Issue("siting_shape", {"part": name, "found": count, "expected": first})
        for name, count in counts.items()
        if count != first
    ]


def _most_even(
    scenarios: Mapping[str, CoverageMatrix],
    constraints: SelectionConstraints,
    offset: FloatArray,
    best: Mapping[str, Solution],
    deadline: Deadline,
) -> BalancedResult:
    stacked = csr_array(vstack([coverage.matrix for coverage in scenarios.values()], format="csr"))
    distinct, which = merge_equal_rows(stacked)
    scenario = np.repeat(np.arange(len(scenarios)), [len(one.weight) for one in scenarios.values()])
    weight = np.concatenate([coverage.weight for coverage in scenarios.values()])
    parts = csr_array((weight, (scenario, np.arange(len(weight)))), shape=(len(scenarios), len(weight)))
    sums = ServedSums(distinct, csr_array(parts @ which), offset)
    starts = [np.array(best[name].sites, dtype=np.int64) for name in scenarios]
    limits = constraints.limits(stacked.shape[1])
    return maximise_smallest_sum(sums, limits, constraints.fixed_columns(), deadline, starts=starts)


def _robust(
    scenarios: Mapping[str, CoverageMatrix],
    fixed: IndexArray,
    rule: str,
    chosen: IndexArray,
    value: float,
    bound: float,
) -> RobustPlan:
    opened = np.concatenate([fixed, chosen])
    people = {name: _served(coverage, opened) for name, coverage in scenarios.items()}
    sites = tuple(int(site) for site in np.sort(chosen))
    return RobustPlan(rule, sites, Certificate.of(value, bound), people)


def _served(coverage: CoverageMatrix, columns: IndexArray) -> float:
    served = np.asarray(coverage.matrix[:, columns].sum(axis=1)).ravel() > 0
    return float(coverage.weight[served].sum())


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioAnalysis:
    """The proposals of a study in its scenarios."""

    names: tuple[Phrase, ...]
    """Title of each scenario, in the order of the table."""
    table: RegretTable
    """People served and regret of today, of each proposal and of the robust plan."""
    robust: RobustPlan
    """The plan for all scenarios."""
    proposal: Proposal
    """The same as a proposal, in the study's base scenario."""


def analyse_scenarios(
    study: Study,
    inputs: Inputs,
    siting: SitingResult,
    kinds: tuple[GroupCoverage, ...],
    walker: Walker,
    budget: TimeBudget,
) -> ScenarioAnalysis | None:
    """Evaluate the proposals in the study's scenarios, and choose a robust plan for all of them.

    Raises
    ------
    StudyError
        A walking profile or a community is unknown, or the study has no gates.
    """
    robust_settings, settings = study.siting.robust, study.siting
    if (
        not (robust_settings.walking or robust_settings.gates or robust_settings.people)
        or siting.constraints is None
    ):
        return None
    _check(study, inputs)
    demand = AllDemand.of(study, inputs, kinds)
    scenarios = dict(_scenarios(study, inputs, siting.pool, demand, walker))
    coverages = {key: coverage for key, (_, coverage) in scenarios.items()}
    constraints = with_staying_centres(siting.constraints, len(siting.pool.candidates))
    with budget.share(SCENARIO_SHARE) as seconds:
        best = solve_scenarios(coverages, constraints, time_limit_s=seconds, seed=settings.seed)
    keeps = tuple(range(len(siting.pool.new), len(siting.pool.candidates)))
    plans = {"today": keeps, **{one.method: _columns(one, siting.pool) for one in siting.proposals}}
    # Only plans that keep to the constraints may raise the best one: no model that finds its own number of sites.
    allowed = {name: plans[name] for name in ("today", siting.proposals[1].method)}
    best = _no_worse(coverages, allowed, best, constraints)
    with budget.share(SCENARIO_SHARE) as seconds:
        robust = solve_robust(
            coverages, constraints, best, rule=robust_settings.rule, time_limit_s=seconds, seed=settings.seed
        )
    best = _no_worse(coverages, {ROBUST: robust.sites}, best, constraints)
    table = regret_table(coverages, {**plans, ROBUST: robust.sites}, best, constraints)
    if robust_settings.rule == "worst regret":
        value = float(table.regret[-1].max())
        robust = replace(robust, certificate=Certificate.of(value, robust.bound))
    proposal = siting.propose(robust.sites, method=ROBUST, status=robust.status, new_sites=settings.sites)
    return ScenarioAnalysis(tuple(name for name, _ in scenarios.values()), table, robust, proposal)


def _no_worse(
    coverages: Mapping[str, CoverageMatrix],
    plans: Mapping[str, tuple[int, ...]],
    best: Mapping[str, Solution],
    constraints: SelectionConstraints,
) -> dict[str, Solution]:
    """Return the best plans, raised to other plans that serve more: a stopped search may have missed them."""
    more = -regret_table(coverages, plans, best, constraints).regret.min(axis=0)
    return {
        name: replace(best[name], certificate=_raised(best[name].certificate, max(float(extra), 0.0)))
        for name, extra in zip(coverages, more, strict=True)
    }


def _raised(certificate: Certificate, extra: float) -> Certificate:
    return replace(certificate, objective=certificate.objective + extra)


def _columns(proposal: Proposal, pool: CandidateSet) -> tuple[int, ...]:
    first = len(pool.new)
    kept = [first + place for place, centre in enumerate(pool.kept_centres) if centre.id not in proposal.closed]
    return (*proposal.sites, *kept)


def _check(study: Study, inputs: Inputs) -> None:
    robust_settings = study.siting.robust
    issues = []
    profiles, communities = walking_profiles(), set(inputs.communities["id"])
    for name in robust_settings.walking:
        if name not in profiles:
            values = {"path": "siting.robust.walking", "name": name, "known": ", ".join(sorted(profiles))}
            issues.append(Issue("unknown_profile", values))
    if robust_settings.gates and inputs.gates is None:
        issues.append(Issue("robust_without_gates"))
    unknown = sorted({one for variant in robust_settings.people for one in variant.people} - communities - {"*"})
    if unknown:
        issues.append(Issue("robust_unknown_community", {}, unknown))
    names = [variant.name for variant in robust_settings.people]
    if len(set(names)) < len(names):
        issues.append(Issue("robust_names_repeat"))
    if issues:
        raise StudyError(str(study.file), issues)


def _scenarios(
    study: Study, inputs: Inputs, pool: CandidateSet, demand: AllDemand, walker: Walker
) -> Iterator[tuple[str, tuple[Phrase, CoverageMatrix]]]:
    """Yield key, title and coverage of each scenario, the study's base scenario first."""
    robust_settings, walk = study.siting.robust, walker.walk
    base = demand.coverage(study, inputs, pool, walker)
    yield "as_is", (Phrase("words.world_as_is"), base)
    for name in dict.fromkeys(robust_settings.walking):
        profile = walking_profiles()[name]
        other = walker_at(study, inputs, walker, WalkSettings(profile.speed_kmh, walk.access_m))
        title = Phrase("words.world_walking", {"name": name, "speed": f"{profile.speed_kmh:g}"})
        yield f"walking:{name}", (title, demand.coverage(study, inputs, pool, other))
    for state in dict.fromkeys(robust_settings.gates):
        other = build_walker(study, _with_gates(inputs, state), walk)
        title = Phrase(f"words.world_gates_{state}")
        yield f"gates:{state}", (title, demand.coverage(study, inputs, pool, other))
    for variant in robust_settings.people:
        rest = variant.people.get("*", 1.0)
        times = demand.points["community"].map(lambda one, v=variant, r=rest: v.people.get(one, r)).to_numpy()
        title = Phrase("words.world_people", {"name": variant.name})
        yield f"people:{variant.name}", (title, CoverageMatrix(base.matrix, base.weight * times))


def _with_gates(inputs: Inputs, state: str) -> Inputs:
    assert inputs.gates is not None  # noqa: S101 - checked before
    return replace(inputs, gates=Gates(inputs.gates.assign(open="true" if state == "open" else "false")))
