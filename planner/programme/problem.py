"""The budget problem of a programme: project options, years, funds with their rules, and precedence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from planner.evaluation.improvements.actions import Action
from planner.network.walk import FloatArray, IndexArray
from planner.siting.argument_checks import (
    check_between,
    check_names,
    check_not_negative,
    check_whole,
    raise_issues,
    siting_error,
)
from planner.siting.solvers.balanced import merge_equal_rows

SHARED_TOLERANCE = 1e-9
"""Relative rounding error allowed in what projects take up together."""

Start = tuple[int, int]
"""Number of an option, and the year in which it starts, from 0."""

Starts = tuple[Start, ...]


@dataclass(frozen=True, slots=True)
class Fund:
    """A source of money."""

    id: str
    """Its name."""
    amounts: tuple[float, ...]
    """Money available in each year."""
    carries_over: bool = True
    """Whether money that is not spent stays available in later years."""
    pays_for: tuple[str, ...] = ()
    """The kinds of projects that it may finance; empty: all."""
    most_share: float = 1.0
    """Largest share of a project that it may finance, 0–1."""
    matches: str | None = None
    match_share: float = 0.0
    """`matches`, `match_share`: For every unit of money that the fund `matches` puts into a project which this
    fund may finance, this fund contributes at least `match_share`."""

    def pays(self, kind: str) -> bool:
        """Return True if the fund may finance projects of a kind."""
        # A branch is a new station of an existing centre.
        return not self.pays_for or bool({kind, "new" if kind == "branch" else kind} & set(self.pays_for))


@dataclass(frozen=True, slots=True)
class ProjectOption:
    """A project that may start in one of the years, at most once."""

    id: str
    kind: str
    """`id`, `kind`: Unique identifier, and the kind by which funds select projects."""
    cost: float
    """Total cost, due in the year in which it starts."""
    subdistrict: str = ""
    """Subdistrict or town, for the limit of starts per year; "" is not limited."""
    resolves: tuple[str, ...] = ()
    """Weak centres that are compliant after the project."""
    closes: tuple[str, ...] = ()
    """Centres that are closed by the project."""
    shares: tuple[str, ...] = ()
    """Centres whose rooms are shared."""
    name: str = ""
    """Title in the study; empty if there is none."""
    centre: str = ""
    site: str = ""
    """`centre`, `site`: The centre concerned, and the candidate at which a centre is located afterwards; empty if
    there is none."""
    community: str = ""
    """The community in which it is located; empty if there is none."""
    actions: tuple[Action, ...] = ()
    """Actions at the centre."""
    unit: str = ""
    """Responsible unit in the study; empty if there is none."""
    room: str = ""
    service: str = ""
    """`room`, `service`: The room that is taken, or the room or centre to which a service is added, and that
    service; empty if none."""

    @property
    def counts_coverage(self) -> bool:
        """Return False if its effect on who reaches a centre is not modelled: its new place is no candidate."""
        changes = {"open_gate", "build_crossing", "open_station", "move"} & {
            action.kind for action in self.actions
        }
        return bool(self.site) or not (changes or self.kind in {"access", "branch", "move", "new"})

    @property
    def centres(self) -> tuple[str, ...]:
        """Centres that it changes or shares; no other project may change or share them."""
        return tuple(dict.fromkeys((*self.resolves, *self.closes, *self.shares)))


@dataclass(frozen=True, slots=True)
class Precedence:
    """A project that must start before another, or not later than it if `same_year`."""

    first: str
    then: str
    same_year: bool = False


@dataclass(frozen=True, slots=True)
class SharedLimit:
    """What some projects may take up together: the floor area of a room, the services added to one centre."""

    sizes: Mapping[str, float]
    """What each project takes up, by its id."""
    most: float
    """What all that are carried out may take up together."""


@dataclass(frozen=True, slots=True, eq=False)
class BudgetProblem:
    """Selection and scheduling of projects under annual budgets."""

    options: tuple[ProjectOption, ...]
    """Project options with unique ids."""
    coverage: csr_array
    """True where an option covers a demand point, shape (demand, options)."""
    coverage_today: csr_array
    """True where a closable centre covers a demand point today, shape (demand, closable)."""
    closable: tuple[str, ...]
    """Ids of the centres that some option closes."""
    weight: FloatArray
    """People, shape (demand,). Demand points covered by a centre that stays open are not included."""
    people: Mapping[str, float]
    """People of each weak centre, by its id."""
    funds: tuple[Fund, ...]
    """In the order in which they are used."""
    years: int
    """Number of years."""
    max_starts_per_subdistrict: int | None = None
    """Largest number of projects that may start in a subdistrict per year; None: no limit."""
    precedence: tuple[Precedence, ...] = ()
    """Order constraints."""
    shared: tuple[SharedLimit, ...] = ()
    """Limits of what several projects take up together."""
    of_service: NDArray[np.bool_] | None = None
    """True where a demand row stands for people who lack a service, weighted, instead of a centre within the
    standard, shape (demand,); None: nowhere."""
    position: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        """Check shapes, references and values."""
        object.__setattr__(self, "position", {option.id: number for number, option in enumerate(self.options)})
        for part, length, expected in (
            ("options", len(self.position), len(self.options)),
            ("coverage", self.coverage.shape, (len(self.weight), len(self.options))),
            ("coverage_today", self.coverage_today.shape, (len(self.weight), len(self.closable))),
            ("amounts", {len(fund.amounts) for fund in self.funds} | {self.years}, {self.years}),
        ):
            if length != expected:
                raise siting_error("siting_shape", part=part, found=length, expected=expected)
        limit = self.max_starts_per_subdistrict
        raise_issues(
            check_whole("years", self.years),
            () if limit is None else check_whole("max_starts_per_subdistrict", limit),
            check_names("closes", [centre for option in self.options for centre in option.closes], self.closable),
            check_names("matches", [f.matches for f in self.funds if f.matches], [f.id for f in self.funds]),
            *(check_between("most_share", fund.most_share, 0.0, 1.0) for fund in self.funds),
            *(check_not_negative("match_share", fund.match_share) for fund in self.funds),
        )
        for part, numbers in (
            ("weight", self.weight),
            ("people", list(self.people.values())),
            ("cost", [option.cost for option in self.options]),
            ("amounts", [amount for fund in self.funds for amount in fund.amounts]),
        ):
            values = np.asarray(numbers, dtype=np.float64)
            if len(values) and not (np.isfinite(values).all() and values.min() >= 0):
                raise siting_error("siting_negative", part=part)

    @property
    def cost(self) -> FloatArray:
        """Cost of each option, shape (options,)."""
        return np.array([option.cost for option in self.options], dtype=np.float64)

    @property
    def people_resolved(self) -> FloatArray:
        """People of the weak centres that each option resolves, shape (options,)."""
        return np.array(
            [sum(self.people.get(centre, 0.0) for centre in option.resolves) for option in self.options],
            dtype=np.float64,
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of options, sorted."""
        return tuple(sorted({option.kind for option in self.options}))

    @property
    def resolved_by(self) -> dict[str, list[int]]:
        """Numbers of the options that resolve each weak centre; centres without any are left out."""
        by_centre: dict[str, list[int]] = {}
        for number, option in enumerate(self.options):
            for centre in option.resolves:
                by_centre.setdefault(centre, []).append(number)
        return {centre: by_centre[centre] for centre in self.people if centre in by_centre}

    def options_by_centre(self) -> dict[str, list[int]]:
        """Return the numbers of the options that change or share each centre."""
        by_centre: dict[str, list[int]] = {}
        for number, option in enumerate(self.options):
            for centre in option.centres:
                by_centre.setdefault(centre, []).append(number)
        return by_centre

    def select(self, numbers: Sequence[int] | IndexArray, *, demand: bool = True) -> BudgetProblem:
        """Return the problem with only these options, in this order; without demand points unless `demand`."""
        chosen = np.asarray(numbers, dtype=np.int64)
        kept = {self.options[number].id for number in chosen}
        rows = slice(None) if demand else slice(0, 0)
        return replace(
            self,
            options=tuple(self.options[number] for number in chosen),
            coverage=csr_array(self.coverage[rows][:, chosen]),
            coverage_today=csr_array(self.coverage_today[rows]),
            weight=self.weight[rows],
            precedence=tuple(pair for pair in self.precedence if pair.then in kept),
            shared=tuple(limit for limit in self.shared if kept & set(limit.sizes)),
            of_service=None if self.of_service is None else self.of_service[rows],
        )

    def fits(self, numbers: Iterable[int]) -> bool:
        """Return True if what some options take up together is within every limit."""
        done = {self.options[number].id for number in numbers}
        return all(
            sum(size for name, size in limit.sizes.items() if name in done) <= limit.most * (1 + SHARED_TOLERANCE)
            for limit in self.shared
        )

    def resolved(self, starts: Sequence[Start]) -> tuple[str, ...]:
        """Return the weak centres that are compliant after some projects."""
        done = {centre for option, _ in starts for centre in self.options[option].resolves}
        return tuple(centre for centre in self.people if centre in done)


def numbers_of(starts: Sequence[Start]) -> IndexArray:
    """Return the option numbers of some starts."""
    return np.array([option for option, _ in starts], dtype=np.int64)


def is_covered(problem: BudgetProblem, done: IndexArray) -> NDArray[np.bool_]:
    """Return True for each demand point covered after some projects, shape (demand,).

    Examples
    --------
    >>> none = csr_array((2, 0), dtype=bool)
    >>> problem = BudgetProblem((ProjectOption("a", "new", 3.0),), csr_array(np.array([[True], [False]])), none,
    ...     (), np.array([5.0, 4.0]), {}, (Fund("f", (3.0,)),), 1)
    >>> is_covered(problem, np.array([0]))
    array([ True, False])
    """
    done = np.asarray(done, dtype=np.int64)
    closed = {centre for number in done for centre in problem.options[number].closes}
    still_open = [number for number, centre in enumerate(problem.closable) if centre not in closed]
    new = np.asarray(problem.coverage[:, done].astype(np.int64).sum(axis=1)).ravel()
    old = np.asarray(problem.coverage_today[:, still_open].astype(np.int64).sum(axis=1)).ravel()
    return np.asarray((new + old) > 0)


def people_gained(problem: BudgetProblem, done: IndexArray) -> tuple[float, float, float]:
    """Return people newly covered, less those who lose coverage; whose weak centre is resolved; and with services.

    The last are people who lack a service, once for each that comes within its standard, times its weight.
    """
    now = is_covered(problem, done).astype(np.float64)
    today = is_covered(problem, np.zeros(0, dtype=np.int64)).astype(np.float64)
    resolved = {centre for number in done for centre in problem.options[number].resolves}
    people_resolved = float(sum(people for centre, people in problem.people.items() if centre in resolved))
    gained, of_service = (now - today) * problem.weight, problem.of_service
    served = 0.0 if of_service is None else float(gained[of_service].sum())
    covered = float((gained if of_service is None else gained[~of_service]).sum())
    return covered, people_resolved, served


def reduce_problem(problem: BudgetProblem) -> tuple[BudgetProblem, IndexArray]:
    """Return an equivalent smaller problem, options sorted by id, and the number of each of its options.

    Removed are options that cover nobody, resolve nothing and precede none; and stations that another of the same
    kind and subdistrict dominates: no more expensive, and covering the same demand points or more. Demand points
    with equal coverage are merged.
    """
    by_id = np.array(sorted(range(len(problem.options)), key=lambda number: problem.options[number].id))
    merged = _merge_demand(problem.select(by_id.astype(np.int64)))
    kept = _useful(merged)
    return _merge_demand(merged.select(kept)), by_id[kept].astype(np.int64)


def _merge_demand(problem: BudgetProblem) -> BudgetProblem:
    """Merge demand points with equal coverage, and remove those that nothing covers."""
    both = csr_array(hstack([problem.coverage, problem.coverage_today], format="csr"))
    distinct, which = merge_equal_rows(both)
    weight = np.asarray(which.T @ problem.weight).ravel()
    options = len(problem.options)
    reached = np.diff(distinct.indptr) > 0
    kept = np.flatnonzero(reached & (weight > 0))
    distinct = csr_array(distinct[kept])
    return replace(
        problem,
        coverage=csr_array(distinct[:, :options]),
        coverage_today=csr_array(distinct[:, options:]),
        weight=weight[kept],
        of_service=None,
    )


def _useful(problem: BudgetProblem) -> IndexArray:
    options = problem.options
    ordered = {name for pair in problem.precedence for name in (pair.first, pair.then)}
    ordered |= {name for limit in problem.shared for name in limit.sizes}
    firsts = {one.first for one in problem.precedence}
    covering = np.bincount(problem.coverage.indices, minlength=len(options)) > 0
    weak = problem.people.keys()
    useful = [
        bool(covering[number]) or bool(weak & set(option.resolves)) or option.id in firsts
        for number, option in enumerate(options)
    ]
    alike: dict[tuple[str, str], list[int]] = {}
    for number, option in enumerate(options):
        if useful[number] and not option.centres and option.id not in ordered:
            alike.setdefault((option.kind, option.subdistrict), []).append(number)
    for numbers in alike.values():
        for number in _dominated(problem, numbers):
            useful[number] = False
    return np.flatnonzero(useful).astype(np.int64)


def _dominated(problem: BudgetProblem, numbers: list[int]) -> list[int]:
    coverage = csr_array(problem.coverage[:, numbers].astype(np.float64))
    shared = csr_array(coverage.T @ coverage).toarray()
    size = np.diag(shared)
    cost = problem.cost[numbers]
    within = (shared >= size[:, None]) & (cost[None, :] <= cost[:, None])
    np.fill_diagonal(within, val=False)
    earlier = np.arange(len(numbers))[None, :] < np.arange(len(numbers))[:, None]
    # Of two that dominate each other the earlier stays, so that no cycle of equals is removed altogether.
    beaten = np.asarray((within & (~within.T | earlier)).any(axis=1), dtype=np.bool_)
    return [numbers[number] for number in np.flatnonzero(beaten)]
