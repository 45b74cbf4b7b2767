"""The steps towards a programme, each on a question that can be reckoned by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from test_programme_choice import COVERS, FUNDS, OPTIONS, problem

from planner.programme import solve as choosing
from planner.programme.problem import Fund, Precedence, ProjectOption
from planner.programme.solve import solve_programme
from planner.siting.solvers.deadline import Deadline

A, B, C, U, M = range(5)
RICH = (Fund("above", (500.0, 0.0, 0.0)),)


def without_idle(*starts: int, **changed: object) -> list[int]:
    kept = choosing._drop_redundant(problem(**changed), tuple((option, 0) for option in starts))
    return [option for option, _ in kept]


def test_of_projects_that_serve_the_same_people_the_dearest_is_left_out() -> None:
    """A and B with C serve all that is to be had: C and B do (200), C and A do not (170), A and B do not (180)."""
    assert without_idle(A, B, C) == [B, C]
    dear = (replace(OPTIONS[A], cost=1.0), *OPTIONS[1:])
    assert without_idle(A, B, C, options=dear) == [B, C]
    # Without the 20 people whom only C serves, either of A and C will do beside B: the dearer one goes.
    alike = {"weight": np.array([100.0, 50, 30, 0, 10])}
    assert without_idle(A, B, C, **alike) == [A, B]
    assert without_idle(A, B, C, options=dear, **alike) == [A, B]
    cheap = (*OPTIONS[:2], replace(OPTIONS[C], cost=39.0), *OPTIONS[3:])
    assert without_idle(A, B, C, options=cheap, **alike) == [B, C]


def test_what_settles_or_must_come_first_is_never_idle() -> None:
    """U serves nobody; its premises are what it is for, even if nobody has them. A is needed before B."""
    assert without_idle(U, B, C) == [U, B, C]
    assert without_idle(U, B, C, people={"W": 0.0}) == [U, B, C]
    before = (Precedence("A", "B"),)
    assert without_idle(A, B, C, precedence=before) == [A, B, C]
    assert without_idle(A, C, precedence=before) == [A, C]
    # M closes S, so that it takes 10 people and brings none beside B.
    assert without_idle(B, M) == [B]
    assert without_idle() == []


def test_what_settles_is_sought_with_all_that_must_come_before() -> None:
    chain = (Precedence("A", "B"), Precedence("B", "U"), Precedence("gate", "A"), Precedence("U", "C"))
    assert choosing._resolving_options(problem(precedence=chain)).tolist() == [A, B, U]
    assert choosing._resolving_options(problem()).tolist() == [U]
    assert (
        choosing._resolving_options(
            problem(people={}, options=(*OPTIONS[:3], replace(OPTIONS[U], resolves=()), OPTIONS[M]))
        ).tolist()
        == []
    )


def test_how_many_premises_can_be_settled() -> None:
    """U and V settle W and X for 30 and 40: 60 of above and 10 of dues pay both, 60 alone pay one."""
    options = (*OPTIONS, ProjectOption("V", "upgrade", 40.0, "south", resolves=("X",)))
    covers = csr_array(np.hstack([COVERS, np.zeros((5, 1), dtype=bool)]))
    both = {"options": options, "coverage": covers, "people": {"W": 60.0, "X": 5.0}}
    for amounts, most in {(70.0, 0.0): 2, (69.0, 0.0): 1, (0.0, 70.0): 2, (30.0, 0.0): 1, (29.0, 0.0): 0}.items():
        starts, bound = choosing._maximise_resolved(problem(funds=(Fund("one", amounts),), **both), Deadline(9.0))
        assert (len(problem(**both).resolved(starts)), bound) == (most, most), amounts
    assert choosing._maximise_resolved(
        problem(
            people={},
            options=(*OPTIONS[:3],),
            coverage=csr_array(COVERS[:, :3]),
        ),
        Deadline(9.0),
    ) == ((), 0)


def test_the_most_people_and_what_bounds_them() -> None:
    """B and C serve the 200 whom no centre serves today, U settles 60: nothing can be above 260."""
    found, bound = choosing._maximise_people(problem(funds=RICH, years=3), 1, (), Deadline(9.0))
    assert {option for option, _ in found} >= {B, C, U}
    assert bound == pytest.approx(260)
    # Without time for a search the bound is no better than what there is, and the first programme stays.
    found, bound = choosing._maximise_people(problem(), 0, ((C, 0),), Deadline(0.0))
    assert 120 <= bound <= 260
    assert choosing._people(problem(), found) >= 120


def test_years_are_worth_what_has_been_gained_by_the_end_of_each_but_the_last() -> None:
    """C from the first year: 120 and 120; U from the second: 60. The last year is no part of it."""
    asked = problem(funds=RICH, years=3)
    assert choosing._people_over_years(asked, ((C, 0), (U, 1))) == 120 + 120 + 60
    assert choosing._people_over_years(asked, ((C, 1), (U, 2))) == 120
    assert choosing._people_over_years(asked, ()) == 0


def test_projects_begin_as_early_as_money_allows() -> None:
    """40 a year: C brings 120, B then 80, U 60. In order of what each brings they gain 120, then 200."""
    yearly = problem(funds=(Fund("above", (40.0, 40.0, 40.0)),), years=3)
    late = ((B, 2), (C, 2), (U, 2))
    starts, status = choosing._schedule(yearly, late, Deadline(9.0))
    assert dict(starts) == {C: 0, B: 1, U: 2}
    assert status == "proven"
    assert choosing._schedule(yearly, (), Deadline(9.0)) == ((), "proven")
    one = problem(funds=(Fund("above", (500.0,)),), years=1)
    assert choosing._schedule(one, ((B, 0),), Deadline(9.0)) == (((B, 0),), "proven")
    # Who is served today counts in none of the years: the ten of S are neither gained nor bounded twice.
    whole = solve_programme(yearly, time_limit_s=9)
    assert whole.by_year.sum(axis=1).tolist() == [120.0, 200.0, 260.0]
    assert whole.order_status == "proven"


def test_a_gap_is_a_share_of_the_bound() -> None:
    found = replace(solve_programme(problem(), time_limit_s=9), objective=90.0, bound=120.0)
    assert found.gap == pytest.approx(0.25)
    assert solve_programme(problem(), time_limit_s=9).gap == 0.0
    assert FUNDS[0].amounts == (50.0, 30.0)
