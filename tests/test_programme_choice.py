"""Programmes that can be reckoned by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from planner.messages.errors import SitingError
from planner.programme.problem import BudgetProblem, Fund, Precedence, ProjectOption
from planner.programme.solve import solve_programme

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


def problem(**changed: object) -> BudgetProblem:
    whole = BudgetProblem(
        OPTIONS, csr_array(COVERS), HELD, ("S",), np.array([100.0, 50, 30, 20, 10]), {"W": 60.0}, FUNDS, 2
    )
    return replace(whole, **changed)


def begun(asked: BudgetProblem) -> dict[str, int]:
    return {asked.options[place].id: year for place, year in solve_programme(asked, time_limit_s=9).starts}


def test_the_programme_reckoned_by_hand() -> None:
    """110 in all, 30 of it for upgrades only: U and two stations (110), B and C, who serve everyone.

    The dues reach 30 by the second year, so that U waits for it, and above pays both stations by then (80). M
    would cost 5 that nobody has; and of A, B, C any two gain 60 more: A and B 180, A and C 170, B and C 200.
    """
    asked = problem()
    found = solve_programme(asked, time_limit_s=9)
    assert begun(asked) == {"C": 0, "U": 1, "B": 1}
    assert found.objective == found.bound == 200 + 60
    assert found.by_year.tolist() == [[120.0, 0.0], [200.0, 60.0]]
    assert found.added.tolist() == [[120.0, 0.0], [80.0, 0.0], [0.0, 60.0]]
    assert [asked.options[place].id for place, _ in found.starts] == ["C", "B", "U"]
    assert found.payments.tolist() == [[40.0, 0.0], [40.0, 0.0], [0.0, 30.0]]
    assert found.status == found.order_status == "proven"
    assert found.funding_gap is None
    assert (found.resolved, found.resolvable) == (("W",), ("W",))


def test_people_whom_a_closed_centre_served_are_taken_off() -> None:
    """M brings 30 people whom B serves too, and takes 10 from S: beside B it is left out, instead of B taken."""
    rich = (replace(FUNDS[0], amounts=(125.0, 0.0)), FUNDS[1])
    assert begun(problem(funds=rich)) == {"B": 0, "C": 0, "U": 0}
    poor = (Fund("above", (45.0, 0.0)),)
    assert begun(problem(funds=poor, people={})) == {"A": 0, "M": 0}
    assert solve_programme(problem(funds=poor, people={}), time_limit_s=9).objective == 150 + 30 - 10


def test_missing_money_reckoned_by_hand() -> None:
    """U costs 30, the dues are 12 over both years: 18 are missing, and above, named first, is asked for them."""
    asked = problem(funds=(Fund("above", (0.0, 0.0)), Fund("dues", (5.0, 7.0), pays_for=("upgrade",))))
    missing = solve_programme(asked, time_limit_s=9).funding_gap
    assert missing is not None
    assert (missing.total, missing.status) == (pytest.approx(18.0), "proven")
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
    assert found.status in ("stopped", "proven")


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
