"""Budget problems whose solution, and whose steps towards it, are computed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from planner.messages.errors import SitingError
from planner.programme import solve as steps
from planner.programme.problem import BudgetProblem, Fund, Precedence, ProjectOption
from planner.programme.solve import solve_programme
from planner.siting.solvers.deadline import Deadline

COVERS = np.array(
    # station A, station B, station C; upgrade U; move M
    [
        [1, 0, 1, 0, 0],  # 100 people
        [1, 1, 0, 0, 0],  # 50
        [0, 1, 0, 0, 1],  # 30
        [0, 0, 1, 0, 0],  # 20
        [0, 0, 0, 0, 0],  # 10, served today by S, which M closes
    ],
    dtype=bool,
)
OPTIONS = (
    ProjectOption("A", "new", 40.0, "north"),
    ProjectOption("B", "new", 40.0, "north"),
    ProjectOption("C", "new", 40.0, "north"),
    ProjectOption("U", "upgrade", 30.0, "south", resolves=("W",)),
    ProjectOption("M", "move", 5.0, "south", closes=("S",)),
)
HELD = csr_array(np.array([[0], [0], [0], [0], [1]], dtype=bool))
FUNDS = (Fund("above", (50.0, 30.0)), Fund("dues", (10.0, 20.0), pays_for=("upgrade",)))
A, B, C, U, M = range(5)
RICH = (Fund("above", (500.0, 0.0, 0.0)),)


def problem(**changed: object) -> BudgetProblem:
    whole = BudgetProblem(
        OPTIONS, csr_array(COVERS), HELD, ("S",), np.array([100.0, 50, 30, 20, 10]), {"W": 60.0}, FUNDS, 2
    )
    return replace(whole, **changed)


def begun(asked: BudgetProblem) -> dict[str, int]:
    return {asked.options[place].id: year for place, year in solve_programme(asked, time_limit_s=9).starts}


def test_the_programme_computed_by_hand() -> None:
    """110 in all, 30 of it for upgrades only: U and two stations (110), B and C, who serve everyone.

    The dues reach 30 by the second year, so that U waits for it, and above pays both stations by then (80). M
    would cost 5 that nobody has; and of A, B, C any two gain 60 more: A and B 180, A and C 170, B and C 200.
    """
    asked = problem()
    found = solve_programme(asked, time_limit_s=9)
    assert begun(asked) == {"C": 0, "U": 1, "B": 1}
    assert found.objective == found.bound == 200 + 60
    assert found.by_year.tolist() == [[120.0, 0.0, 0.0], [200.0, 60.0, 0.0]]
    assert found.added.tolist() == [[120.0, 0.0, 0.0], [80.0, 0.0, 0.0], [0.0, 60.0, 0.0]]
    assert [asked.options[place].id for place, _ in found.starts] == ["C", "B", "U"]
    assert found.payments.tolist() == [[40.0, 0.0], [40.0, 0.0], [0.0, 30.0]]
    assert found.status == found.order_status == "optimal"
    assert found.funding_gap is None
    assert (found.resolved, found.resolvable) == (("W",), ("W",))


def test_people_whom_a_closed_centre_served_are_taken_off() -> None:
    """M brings 30 people whom B serves too, and takes 10 from S: beside B it is left out, instead of B taken."""
    rich = (replace(FUNDS[0], amounts=(125.0, 0.0)), FUNDS[1])
    assert begun(problem(funds=rich)) == {"B": 0, "C": 0, "U": 0}
    poor = (Fund("above", (45.0, 0.0)),)
    assert begun(problem(funds=poor, people={})) == {"A": 0, "M": 0}
    assert solve_programme(problem(funds=poor, people={}), time_limit_s=9).objective == 150 + 30 - 10


def test_missing_money_computed_by_hand() -> None:
    """U costs 30, the dues are 12 over both years: 18 are missing, and above, named first, is asked for them."""
    asked = problem(funds=(Fund("above", (0.0, 0.0)), Fund("dues", (5.0, 7.0), pays_for=("upgrade",))))
    missing = solve_programme(asked, time_limit_s=9).funding_gap
    assert missing is not None
    assert (missing.total, missing.status) == (pytest.approx(18.0), "optimal")
    assert missing.extra.sum(axis=1) == pytest.approx([18.0, 0.0])


def test_a_matched_fund_is_missing_with_its_match() -> None:
    """Above pays two thirds at most, if the district puts in half as much: of 30, 20 and 10; each has 8 and 4."""
    funds = (
        Fund("above", (8.0, 0.0), most_share=2 / 3),
        Fund("match", (4.0, 0.0), matches="above", match_share=0.5),
    )
    found = solve_programme(problem(funds=funds), time_limit_s=9)
    assert found.resolved == ()
    assert found.funding_gap is not None
    assert found.funding_gap.total == pytest.approx(18.0)
    assert found.funding_gap.extra.sum(axis=1) == pytest.approx([12.0, 6.0])


def test_no_money_helps_against_a_limit_of_starts() -> None:
    asked = problem(max_starts_per_subdistrict=0)
    found = solve_programme(asked, time_limit_s=9)
    assert found.starts == ()
    assert found.funding_gap is not None
    assert found.funding_gap.status == "infeasible"
    assert np.isnan(found.funding_gap.total)


def test_starts_a_street_and_year() -> None:
    """One start a year in the north: C in the first year, B in the second, whatever the money."""
    rich = (Fund("above", (500.0, 0.0)),)
    assert begun(problem(funds=rich, max_starts_per_subdistrict=1)) == {"C": 0, "B": 1, "U": 0}


def test_what_must_come_first_comes_first() -> None:
    rich = (Fund("above", (500.0, 0.0)),)
    after = (Precedence("U", "C"), Precedence("C", "B", same_year=True))
    assert begun(problem(funds=rich, precedence=after)) == {"U": 0, "C": 1, "B": 1}
    assert "C" not in begun(problem(funds=rich, precedence=(Precedence("gate", "C"),)))


def test_money_that_does_not_carry_over_is_gone() -> None:
    funds = (Fund("above", (35.0, 35.0), carries_over=False),)
    assert begun(problem(funds=funds)) == {"U": 0, "M": 0}
    assert begun(problem(funds=(Fund("above", (35.0, 35.0)),))) == {"U": 0, "A": 1}


def test_a_search_without_time_says_so_and_its_bound_holds() -> None:
    asked = problem()
    found = solve_programme(asked, time_limit_s=0.0)
    assert found.bound >= solve_programme(asked, time_limit_s=9).objective - 1e-9
    assert found.status in ("time_limit", "optimal")


def test_a_centre_is_shared_once() -> None:
    """Two weak premises would share the rooms of N: money for both, but only the one with more people has them."""
    options = (
        ProjectOption("U", "share", 1.0, resolves=("W",), shares=("N",)),
        ProjectOption("V", "share", 1.0, resolves=("X",), shares=("N",)),
    )
    asked = problem(options=options, coverage=csr_array((5, 2), dtype=bool), people={"W": 60.0, "X": 61.0})
    found = solve_programme(replace(asked, funds=(Fund("above", (9.0, 9.0)),)), time_limit_s=9)
    assert found.resolved == ("X",)
    assert found.funding_gap is not None
    assert found.funding_gap.status == "infeasible"


def test_the_order_of_the_projects_does_not_matter() -> None:
    order = [3, 1, 4, 0, 2]
    turned = problem(options=tuple(OPTIONS[place] for place in order), coverage=csr_array(COVERS[:, order]))
    assert begun(turned) == begun(problem())


@pytest.mark.parametrize(
    "changed",
    [
        {"weight": np.array([1.0])},
        {"weight": np.array([1.0, -2, 3, 4, 5])},
        {"years": 3},
        {"options": (OPTIONS[0], *OPTIONS[:4])},
        {"people": {"W": np.nan}},
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(SitingError):
        problem(**changed)


def without_idle(*starts: int, **changed: object) -> list[int]:
    kept = steps._drop_redundant(problem(**changed), tuple((option, 0) for option in starts))
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
    assert steps._resolving_options(problem(precedence=chain)).tolist() == [A, B, U]
    assert steps._resolving_options(problem()).tolist() == [U]
    assert (
        steps._resolving_options(
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
        starts, bound = steps._maximise_resolved(problem(funds=(Fund("one", amounts),), **both), Deadline(9.0))
        assert (len(problem(**both).resolved(starts)), bound) == (most, most), amounts
    assert steps._maximise_resolved(
        problem(
            people={},
            options=(*OPTIONS[:3],),
            coverage=csr_array(COVERS[:, :3]),
        ),
        Deadline(9.0),
    ) == ((), 0)


def test_the_most_people_and_what_bounds_them() -> None:
    """B and C serve the 200 whom no centre serves today, U settles 60: nothing can be above 260."""
    found, bound = steps._maximise_people(problem(funds=RICH, years=3), 1, (), Deadline(9.0))
    assert {option for option, _ in found} >= {B, C, U}
    assert bound == pytest.approx(260)
    # Without time for a search the bound is no better than what there is, and the first programme stays.
    found, bound = steps._maximise_people(problem(), 0, ((C, 0),), Deadline(0.0))
    assert 120 <= bound <= 260
    assert steps._people(problem(), found) >= 120


def test_years_are_worth_what_has_been_gained_by_the_end_of_each_but_the_last() -> None:
    """C from the first year: 120 and 120; U from the second: 60. The last year is no part of it."""
    asked = problem(funds=RICH, years=3)
    assert steps._people_over_years(asked, ((C, 0), (U, 1))) == 120 + 120 + 60
    assert steps._people_over_years(asked, ((C, 1), (U, 2))) == 120
    assert steps._people_over_years(asked, ()) == 0


def test_projects_begin_as_early_as_money_allows() -> None:
    """40 a year: C brings 120, B then 80, U 60. In order of what each brings they gain 120, then 200."""
    yearly = problem(funds=(Fund("above", (40.0, 40.0, 40.0)),), years=3)
    late = ((B, 2), (C, 2), (U, 2))
    starts, status = steps._schedule(yearly, late, Deadline(9.0))
    assert dict(starts) == {C: 0, B: 1, U: 2}
    assert status == "optimal"
    assert steps._schedule(yearly, (), Deadline(9.0)) == ((), "optimal")
    one = problem(funds=(Fund("above", (500.0,)),), years=1)
    assert steps._schedule(one, ((B, 0),), Deadline(9.0)) == (((B, 0),), "optimal")
    # Who is served today counts in none of the years: the ten of S are neither gained nor bounded twice.
    whole = solve_programme(yearly, time_limit_s=9)
    assert whole.by_year.sum(axis=1).tolist() == [120.0, 200.0, 260.0]
    assert whole.order_status == "optimal"


def test_a_gap_is_a_share_of_the_bound() -> None:
    found = replace(solve_programme(problem(), time_limit_s=9), objective=90.0, bound=120.0)
    assert found.gap == pytest.approx(0.25)
    assert solve_programme(problem(), time_limit_s=9).gap == 0.0
    assert FUNDS[0].amounts == (50.0, 30.0)
