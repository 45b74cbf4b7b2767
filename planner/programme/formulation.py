"""Mixed-integer formulation of the budget problem.

Variables, in this order: for each year and option, whether it has started by then (binary); for each counted year
and demand point, whether it is covered; for each year, fund and kind, the payment; and additional money by year
and fund, if `has_extra`.

Payments are modelled by kind of project, not by project: the rules of a fund hold for a kind if and only if they
hold for each of its projects, paid in equal proportions. This saves a variable for each project and fund.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.network.walk import FloatArray, IndexArray
from planner.programme.problem import SHARED_TOLERANCE, BudgetProblem, Fund, Start, Starts
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.mip import MixedIntegerProgram as Mip
from planner.siting.solvers.mip import solve

TOLERANCE = 1e-9
"""Relative tolerance by which payments may exceed a fund, for rounding."""

HALF = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Variables:
    """Positions of the variables."""

    problem: BudgetProblem
    """The problem."""
    counted: tuple[int, ...] = ()
    """The years with variables of coverage, from 0."""
    has_extra: bool = False
    """Whether there are variables of additional money."""

    @property
    def options(self) -> int:
        """Number of options."""
        return len(self.problem.options)

    @property
    def coverage_from(self) -> int:
        """First variable of coverage."""
        return self.options * self.problem.years

    @property
    def payments_from(self) -> int:
        """First variable of payments."""
        return self.coverage_from + len(self.counted) * len(self.problem.weight)

    @property
    def payments(self) -> tuple[tuple[int, int, str], ...]:
        """Year, fund and kind of each payment."""
        kinds = self.problem.kinds
        return tuple(
            (year, number, kind)
            for year in range(self.problem.years)
            for number, fund in enumerate(self.problem.funds)
            for kind in kinds
            if fund.pays(kind)
        )

    @property
    def extra_from(self) -> int:
        """First variable of additional money."""
        return self.payments_from + len(self.payments)

    @property
    def count(self) -> int:
        """Number of variables."""
        return self.extra_from + (len(self.problem.funds) * self.problem.years if self.has_extra else 0)

    def started(self, option: int, year: int) -> int:
        """Return the variable of an option having started by the end of a year."""
        return year * self.options + option

    def extra_money(self, fund: int, year: int) -> int:
        """Return the variable of additional money of a fund in a year."""
        return self.extra_from + year * len(self.problem.funds) + fund

    def starts(self, x: FloatArray) -> Starts:
        """Return the starts in a solution."""
        started = x[: self.coverage_from].reshape(self.problem.years, self.options) > HALF
        some = np.flatnonzero(started.any(axis=0))
        return tuple((int(option), int(np.argmax(started[:, option]))) for option in some)


@dataclass(slots=True, eq=False)
class Constraints:
    """Linear constraints under construction."""

    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def at_most(self, terms: Iterable[tuple[int, float]], upper: float) -> None:
        """Add a constraint with an upper bound."""
        self.between(terms, -np.inf, upper)

    def between(self, terms: Iterable[tuple[int, float]], lower: float, upper: float) -> None:
        """Add a constraint with two bounds."""
        for column, value in terms:
            self.row.append(len(self.upper))
            self.column.append(column)
            self.value.append(value)
        self.lower.append(lower)
        self.upper.append(upper)

    def matrix(self, variables: int) -> csr_array:
        """Return the coefficients, shape (constraints, variables); terms of the same variable are added."""
        return csr_array((self.value, (self.row, self.column)), shape=(len(self.upper), variables))


def formulate_problem(
    variables: Variables,
    objective: FloatArray,
    *,
    min_resolved: int = 0,
    started_at_end: IndexArray | None = None,
    further: Constraints | None = None,
) -> Mip:
    """Return the mixed-integer programme that minimises an objective.

    Parameters
    ----------
    variables
        The variables.
    objective
        Coefficients, shape (variables,).
    min_resolved
        Smallest number of weak centres resolved by the end.
    started_at_end
        The options started by the end, exactly; None: any.
    further
        Further constraints; they are changed.
    """
    problem = variables.problem
    constraints = Constraints() if further is None else further
    _add_order(constraints, variables)
    _add_subdistrict_limits(constraints, variables)
    _add_centres(constraints, variables)
    _add_shared_limits(constraints, variables)
    _add_payments(constraints, variables)
    last = problem.years - 1
    if min_resolved:
        numbers = [number for some in problem.resolved_by.values() for number in some]
        terms = [(variables.started(number, last), 1.0) for number in numbers]
        constraints.between(terms, float(min_resolved), np.inf)
    coverage, most = _coverage_rows(variables)
    lower, upper = np.zeros(variables.count), np.ones(variables.count)
    upper[variables.payments_from :] = np.inf
    if started_at_end is not None:
        at_end = slice(variables.started(0, last), variables.coverage_from)
        lower[at_end] = np.isin(np.arange(variables.options), started_at_end)
        upper[at_end] = lower[at_end]
    integral = np.zeros(variables.count, dtype=bool)
    integral[: variables.coverage_from] = True
    return Mip(
        objective,
        vstack([constraints.matrix(variables.count), coverage], format="csr"),
        np.concatenate([constraints.lower, np.full(len(most), -np.inf)]),
        np.concatenate([constraints.upper, most]),
        lower,
        upper,
        integral,
    )


def _coverage_rows(variables: Variables) -> tuple[csr_array, FloatArray]:
    """Limit the coverage of a demand point by the options started and the centres that are still open."""
    problem = variables.problem
    rows, options = problem.coverage.shape
    closing = csr_array(
        np.array(
            [[float(centre in option.closes) for option in problem.options] for centre in problem.closable]
        ).reshape(len(problem.closable), options)
    )
    today = csr_array(problem.coverage_today.astype(np.float64))
    most = np.asarray(today.sum(axis=1)).ravel()
    by_option = csr_array(today @ closing - problem.coverage.astype(np.float64))
    blocks = []
    for number, year in enumerate(variables.counted):
        before = csr_array((rows, year * options))
        after = csr_array((rows, variables.coverage_from - (year + 1) * options + number * rows))
        rest = csr_array((rows, variables.count - variables.coverage_from - (number + 1) * rows))
        blocks.append(hstack([before, by_option, after, eye_array(rows), rest], format="csr"))
    if not blocks:
        return csr_array((0, variables.count)), np.zeros(0)
    return csr_array(vstack(blocks, format="csr")), np.tile(most, len(variables.counted))


def _add_order(constraints: Constraints, variables: Variables) -> None:
    """Keep projects started, and start each after those that precede it."""
    problem = variables.problem
    for year in range(1, problem.years):
        for option in range(variables.options):
            before, now = variables.started(option, year - 1), variables.started(option, year)
            constraints.at_most([(before, 1.0), (now, -1.0)], 0.0)
    for pair in problem.precedence:
        then = problem.position[pair.then]
        first = problem.position.get(pair.first)
        for year in range(problem.years):
            by = year if pair.same_year else year - 1
            terms = [(variables.started(then, year), 1.0)]
            if first is not None and by >= 0:
                terms.append((variables.started(first, by), -1.0))
            constraints.at_most(terms, 0.0)


def _add_subdistrict_limits(constraints: Constraints, variables: Variables) -> None:
    problem = variables.problem
    limit = problem.max_starts_per_subdistrict
    if limit is None:
        return
    of_subdistrict: dict[str, list[int]] = {}
    for number, option in enumerate(problem.options):
        if option.subdistrict:
            of_subdistrict.setdefault(option.subdistrict, []).append(number)
    for numbers in of_subdistrict.values():
        if len(numbers) > limit:
            for year in range(problem.years):
                terms = [term for number in numbers for term in _starts_in(variables, number, year)]
                constraints.at_most(terms, float(limit))


def _add_centres(constraints: Constraints, variables: Variables) -> None:
    """Change or share each centre at most once."""
    last = variables.problem.years - 1
    for numbers in variables.problem.options_by_centre().values():
        if len(numbers) > 1:
            constraints.at_most([(variables.started(number, last), 1.0) for number in numbers], 1.0)


def _add_shared_limits(constraints: Constraints, variables: Variables) -> None:
    problem, last = variables.problem, variables.problem.years - 1
    for one in problem.shared:
        terms = [
            (variables.started(problem.position[ident], last), size)
            for ident, size in one.sizes.items()
            if ident in problem.position
        ]
        constraints.at_most(terms, one.most * (1 + SHARED_TOLERANCE))


def _add_payments(constraints: Constraints, variables: Variables) -> None:
    """Pay for the projects that start, within kinds, shares, matches and amounts of the funds."""
    problem, years = variables.problem, range(variables.problem.years)
    column_of = {payment: variables.payments_from + number for number, payment in enumerate(variables.payments)}
    for year in years:
        for kind in problem.kinds:
            due = [
                (column, option.cost * sign)
                for number, option in enumerate(problem.options)
                if option.kind == kind and option.cost
                for column, sign in _starts_in(variables, number, year)
            ]
            paid = {
                number: column_of[year, number, kind]
                for number, fund in enumerate(problem.funds)
                if fund.pays(kind)
            }
            owed = [(column, -value) for column, value in due]
            constraints.between([*((column, 1.0) for column in paid.values()), *owed], 0.0, 0.0)
            for number, column in paid.items():
                share = problem.funds[number].most_share
                if share < 1:
                    terms = [(column, 1.0), *((other, -share * value) for other, value in due)]
                    constraints.at_most(terms, 0.0)
            _add_matches(constraints, problem.funds, paid)
    for number, fund in enumerate(problem.funds):
        for year in years:
            within = usable_years(fund, year)
            terms = [
                (column_of[then, number, kind], 1.0)
                for then in within
                for kind in problem.kinds
                if fund.pays(kind)
            ]
            if variables.has_extra:
                terms += [(variables.extra_money(number, then), -1.0) for then in within]
            constraints.at_most(terms, sum(fund.amounts[then] for then in within) * (1 + TOLERANCE))


def usable_years(fund: Fund, year: int) -> range:
    """Return the years whose money, and whose payments, count together until the end of a year."""
    return range(year + 1) if fund.carries_over else range(year, year + 1)


def _add_matches(constraints: Constraints, funds: Sequence[Fund], paid: dict[int, int]) -> None:
    number_of = {fund.id: number for number, fund in enumerate(funds)}
    for number, fund in enumerate(funds):
        matched = number_of.get(fund.matches or "")
        if matched is not None and matched in paid and number in paid:
            constraints.at_most([(paid[matched], fund.match_share), (paid[number], -1.0)], 0.0)


def _starts_in(variables: Variables, option: int, year: int) -> Sequence[tuple[int, float]]:
    """Return the terms of an option starting in a year: started by then, and not by the year before."""
    started = [(variables.started(option, year), 1.0)]
    return started if year == 0 else [*started, (variables.started(option, year - 1), -1.0)]


EARLIER = 0.01
DIGITS = 9
SLACKS = (0.0, 1e-6, 1e-4)
"""Amounts by which payments may exceed a fund, in the unit of money (of 万元, a yuan); the smallest feasible."""

SECONDS = 60.0
"""Time limit; a linear programme of this size takes milliseconds."""


def allocate_payments(problem: BudgetProblem, starts: Sequence[Start]) -> FloatArray:
    """Allocate the funds in their order, to earlier projects first.

    A vertex of the linear programme is taken, so that few projects are paid by several funds.

    Parameters
    ----------
    problem
        Options and funds.
    starts
        Number and year of projects for which the funds suffice.

    Returns
    -------
    payments
        Shape (starts, funds); each row sums to the project's cost.

    Raises
    ------
    ArithmeticError
        The funds do not suffice.
    """
    # A choice that spends all is paid to the last bit of the solver's arithmetic, or slightly beyond.
    for slack in SLACKS:
        payments = try_payments(problem, starts, slack=slack)
        if payments is not None:
            return payments
    raise ArithmeticError(starts)


def try_payments(problem: BudgetProblem, starts: Sequence[Start], *, slack: float = 0.0) -> FloatArray | None:
    """Allocate the funds as `allocate_payments` does; None if they fall short by more than the slack."""
    count = len(problem.funds)
    if not starts or not count:
        unpaid = any(problem.options[project].cost for project, _ in starts)
        return None if unpaid else np.zeros((len(starts), count))
    solved = _solve_payments(problem, starts, slack)
    if solved is None:
        return None
    payments = np.round(np.clip(solved.reshape(len(starts), count), 0.0, None), DIGITS)
    # The rounding difference goes to the fund that pays most.
    largest = np.argmax(payments, axis=1)
    due = np.array([problem.options[project].cost for project, _ in starts])
    payments[np.arange(len(starts)), largest] += due - payments.sum(axis=1)
    return np.asarray(payments)


def _solve_payments(problem: BudgetProblem, starts: Sequence[Start], slack: float) -> FloatArray | None:
    funds, count = problem.funds, len(problem.funds)
    constraints = Constraints()
    upper, price = np.zeros(len(starts) * count), np.zeros(len(starts) * count)
    number_of = {fund.id: number for number, fund in enumerate(funds)}
    for place, (project, _) in enumerate(starts):
        option = problem.options[project]
        columns = [place * count + number for number in range(count)]
        constraints.between([(column, 1.0) for column in columns], option.cost, option.cost)
        for number, fund in enumerate(funds):
            upper[columns[number]] = fund.most_share * option.cost if fund.pays(option.kind) else 0.0
            price[columns[number]] = number * (1 + EARLIER * (len(starts) - place) / len(starts))
            matched = number_of.get(fund.matches or "")
            if matched is not None and fund.pays(option.kind):
                constraints.at_most([(columns[matched], fund.match_share), (columns[number], -1.0)], 0.0)
    for number, fund in enumerate(funds):
        for year in range(problem.years):
            within = usable_years(fund, year)
            terms = [(place * count + number, 1.0) for place, (_, start) in enumerate(starts) if start in within]
            if terms:
                constraints.at_most(terms, sum(fund.amounts[then] for then in within) + slack)
    return solve(
        Mip(
            price,
            constraints.matrix(len(price)),
            np.array(constraints.lower),
            np.array(constraints.upper),
            np.zeros(len(price)),
            upper,
            np.zeros(len(price), dtype=bool),
        ),
        Deadline(SECONDS),
    ).x
