"""A programme as a mixed-integer programme: which rows its rules become.

Variables, in this order: for each year and project, whether it is begun by then (whole); for each counted year and
demand row, whether it is served; for each year, fund and kind that it pays for, money; extra money by year and
fund where it is asked for.

Money is reckoned by kind of project, not by project: all rules of a fund hold for a whole kind if and only if they
hold for each of its projects, paid in the same proportions. So it takes no variable for each project and fund.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from planner.network.walk import FloatArray, IndexArray
from planner.programme.problem import Question
from planner.siting.solvers.mip import MixedIntegerProgram as Mip

TOLERANCE = 1e-9
"""By what share a sum of money may exceed a fund: the arithmetic's."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where each variable stands.

    Attributes
    ----------
    question
        What is formulated.
    counted
        The years for which it is known who is served, from 0.
    has_extra
        Whether funds may be given more than they have.
    """

    question: Question
    counted: tuple[int, ...] = ()
    has_extra: bool = False

    @property
    def options(self) -> int:
        """How many projects."""
        return len(self.question.options)

    @property
    def served_from(self) -> int:
        """Where the variables of service begin."""
        return self.options * self.question.years

    @property
    def money_from(self) -> int:
        """Where those of money begin."""
        return self.served_from + len(self.counted) * len(self.question.weight)

    @property
    def payments(self) -> tuple[tuple[int, int, str], ...]:
        """The payments there may be: year, fund, kind of project."""
        kinds = self.question.kinds
        return tuple(
            (year, fund, kind)
            for year in range(self.question.years)
            for fund, one in enumerate(self.question.funds)
            for kind in kinds
            if one.pays(kind)
        )

    @property
    def extra_from(self) -> int:
        """Where extra money begins."""
        return self.money_from + len(self.payments)

    @property
    def variables(self) -> int:
        """How many there are."""
        return self.extra_from + (len(self.question.funds) * self.question.years if self.has_extra else 0)

    def begun(self, option: int, year: int) -> int:
        """Return the variable that a project is begun by the end of a year."""
        return year * self.options + option

    def extra_money(self, fund: int, year: int) -> int:
        """Return the variable of a fund's extra money in a year."""
        return self.extra_from + year * len(self.question.funds) + fund


@dataclass(slots=True, eq=False)
class Rows:
    """Rows that are being collected: each a sum of variables that is at most, or exactly, a number."""

    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def at_most(self, terms: Iterable[tuple[int, float]], most: float) -> None:
        """Add a row that is at most a number."""
        self.between(terms, -np.inf, most)

    def between(self, terms: Iterable[tuple[int, float]], least: float, most: float) -> None:
        """Add a row between two numbers."""
        for column, value in terms:
            self.row.append(len(self.upper))
            self.column.append(column)
            self.value.append(value)
        self.lower.append(least)
        self.upper.append(most)

    def matrix(self, variables: int) -> csr_array:
        """Return the rows, shape (rows, variables); terms of the same variable are added up."""
        return csr_array((self.value, (self.row, self.column)), shape=(len(self.upper), variables))


def formulate(
    layout: Layout,
    objective: FloatArray,
    *,
    settled: int = 0,
    begun_at_last: IndexArray | None = None,
    further: Rows | None = None,
) -> Mip:
    """Return the programme that minimises an objective.

    Parameters
    ----------
    layout
        The variables.
    objective
        What each of them counts, shape (variables,).
    settled
        At least so many weak premises meet the standard in the end.
    begun_at_last
        Exactly these projects are begun by the end.
    further
        Rows besides.
    """
    question = layout.question
    rows = Rows() if further is None else further
    _order(rows, layout)
    _streets(rows, layout)
    _centres(rows, layout)
    _money(rows, layout)
    if settled:
        last = question.years - 1
        terms = [(layout.begun(place, last), 1.0) for places in question.settled_by.values() for place in places]
        rows.between(terms, float(settled), np.inf)
    service, most = _service(layout)
    lower, upper = np.zeros(layout.variables), np.ones(layout.variables)
    upper[layout.money_from :] = np.inf
    if begun_at_last is not None:
        at_last = slice(layout.begun(0, question.years - 1), layout.served_from)
        lower[at_last] = np.isin(np.arange(layout.options), begun_at_last)
        upper[at_last] = lower[at_last]
    integral = np.zeros(layout.variables, dtype=bool)
    integral[: layout.served_from] = True
    return Mip(
        objective,
        vstack([rows.matrix(layout.variables), service], format="csr"),
        np.concatenate([rows.lower, np.full(len(most), -np.inf)]),
        np.concatenate([rows.upper, most]),
        lower,
        upper,
        integral,
    )


def _service(layout: Layout) -> tuple[csr_array, FloatArray]:
    """Let a row be served by what is done in its reach, and by what stands there today and is not closed."""
    question = layout.question
    rows, options = question.covers.shape
    closing = csr_array(
        np.array(
            [[float(centre in option.closes) for option in question.options] for centre in question.closable]
        ).reshape(len(question.closable), options)
    )
    held = csr_array(question.held.astype(np.float64))
    most = np.asarray(held.sum(axis=1)).ravel()
    by_project = csr_array(held @ closing - question.covers.astype(np.float64))
    blocks = []
    for number, year in enumerate(layout.counted):
        before = csr_array((rows, year * options))
        after = csr_array((rows, layout.served_from - (year + 1) * options + number * rows))
        rest = csr_array((rows, layout.variables - layout.served_from - (number + 1) * rows))
        blocks.append(hstack([before, by_project, after, eye_array(rows), rest], format="csr"))
    if not blocks:
        return csr_array((0, layout.variables)), np.zeros(0)
    return csr_array(vstack(blocks, format="csr")), np.tile(most, len(layout.counted))


def _order(rows: Rows, layout: Layout) -> None:
    """Keep begun what is begun, and begin before what must come first."""
    question = layout.question
    for year in range(1, question.years):
        for option in range(layout.options):
            rows.at_most([(layout.begun(option, year - 1), 1.0), (layout.begun(option, year), -1.0)], 0.0)
    for one in question.precedence:
        then = question.position[one.then]
        first = question.position.get(one.first)
        for year in range(question.years):
            by = year if one.same_year else year - 1
            terms = [(layout.begun(then, year), 1.0)]
            if first is not None and by >= 0:
                terms.append((layout.begun(first, by), -1.0))
            rows.at_most(terms, 0.0)


def _streets(rows: Rows, layout: Layout) -> None:
    """Let at most so many projects begin in a street in one year."""
    question = layout.question
    if question.starts_per_street is None:
        return
    of_street: dict[str, list[int]] = {}
    for place, option in enumerate(question.options):
        if option.street:
            of_street.setdefault(option.street, []).append(place)
    for places in of_street.values():
        if len(places) > question.starts_per_street:
            for year in range(question.years):
                terms = [term for place in places for term in _starts(layout, place, year)]
                rows.at_most(terms, float(question.starts_per_street))


def _centres(rows: Rows, layout: Layout) -> None:
    """Change or share a centre once."""
    last = layout.question.years - 1
    for places in layout.question.changing().values():
        if len(places) > 1:
            rows.at_most([(layout.begun(place, last), 1.0) for place in places], 1.0)


def _money(rows: Rows, layout: Layout) -> None:
    """Pay what begins by funds that pay for its kind, within their shares, matches and amounts."""
    question, years = layout.question, range(layout.question.years)
    place = {payment: layout.money_from + number for number, payment in enumerate(layout.payments)}
    for year in years:
        for kind in question.kinds:
            due = [
                (column, option.cost * sign)
                for number, option in enumerate(question.options)
                if option.kind == kind and option.cost
                for column, sign in _starts(layout, number, year)
            ]
            paid = {
                number: place[year, number, kind] for number, fund in enumerate(question.funds) if fund.pays(kind)
            }
            owed = [(column, -value) for column, value in due]
            rows.between([*((column, 1.0) for column in paid.values()), *owed], 0.0, 0.0)
            for number, column in paid.items():
                share = question.funds[number].most_share
                if share < 1:
                    rows.at_most([(column, 1.0), *((other, -share * value) for other, value in due)], 0.0)
            _matches(rows, question, paid)
    for number, fund in enumerate(question.funds):
        for year in years:
            within = range(year + 1) if fund.carries_over else range(year, year + 1)
            terms = [
                (place[then, number, kind], 1.0) for then in within for kind in question.kinds if fund.pays(kind)
            ]
            if layout.has_extra:
                terms += [(layout.extra_money(number, then), -1.0) for then in within]
            rows.at_most(terms, sum(fund.amounts[then] for then in within) * (1 + TOLERANCE))


def _matches(rows: Rows, question: Question, paid: dict[int, int]) -> None:
    number_of = {fund.id: number for number, fund in enumerate(question.funds)}
    for number, fund in enumerate(question.funds):
        matched = number_of.get(fund.matches or "")
        if matched is not None and matched in paid and number in paid:
            rows.at_most([(paid[matched], fund.match_share), (paid[number], -1.0)], 0.0)


def _starts(layout: Layout, option: int, year: int) -> Sequence[tuple[int, float]]:
    """Return what says that a project begins in a year: begun by then, and not by the year before."""
    begun = [(layout.begun(option, year), 1.0)]
    return begun if year == 0 else [*begun, (layout.begun(option, year - 1), -1.0)]
