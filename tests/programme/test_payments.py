"""Who pays for which project, by hand: funds in their order, earlier projects first."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from planner.programme.formulation import allocate_payments, try_payments
from planner.programme.problem import BudgetProblem, Fund, ProjectOption


def problem(costs: list[float], *funds: Fund, kinds: str = "", years: int = 1) -> BudgetProblem:
    """Return projects P0, P1 … of these costs; kinds are `new`, or `upgrade` where the letter is u."""
    options = tuple(
        ProjectOption(f"P{place}", "upgrade" if kinds[place : place + 1] == "u" else "new", cost)
        for place, cost in enumerate(costs)
    )
    nobody = np.empty(0)
    covers, held = csr_array((0, len(costs)), dtype=bool), csr_array((0, 0), dtype=bool)
    return BudgetProblem(options, covers, held, (), nobody, {}, funds, years)


def paid(asked: BudgetProblem, *years: int) -> list[list[float]]:
    """Return who pays what for the projects in their order, begun in these years."""
    return allocate_payments(asked, list(enumerate(years))).tolist()


def test_the_first_fund_pays_first_and_for_the_earlier_projects() -> None:
    asked = problem([10.0, 10.0, 10.0], Fund("a", (12.0,)), Fund("b", (9.0,)), Fund("c", (100.0,)))
    assert paid(asked, 0, 0, 0) == [[10.0, 0.0, 0.0], [2.0, 8.0, 0.0], [0.0, 1.0, 9.0]]


def test_the_order_is_that_of_the_starts() -> None:
    asked = problem([10.0, 10.0], Fund("a", (12.0,)), Fund("b", (100.0,)))
    assert allocate_payments(asked, [(1, 0), (0, 0)]).tolist() == [[10.0, 0.0], [2.0, 8.0]]
    assert allocate_payments(asked, [(1, 0)]).tolist() == [[10.0, 0.0]]


def test_a_fund_pays_for_its_kinds_and_no_more_than_its_share() -> None:
    funds = (Fund("a", (50.0,), pays_for=("upgrade",)), Fund("b", (50.0,), most_share=0.25), Fund("c", (50.0,)))
    assert paid(problem([8.0, 8.0], *funds, kinds="nu"), 0, 0) == [[0.0, 2.0, 6.0], [8.0, 0.0, 0.0]]


def test_what_is_left_of_a_year_stays_for_later_ones_unless_it_is_lost() -> None:
    kept, lost = Fund("a", (5.0, 5.0, 5.0)), Fund("a", (5.0, 5.0, 5.0), carries_over=False)
    rest = Fund("b", (50.0, 0.0, 0.0))
    asked = [problem([3.0, 6.0, 9.0], fund, rest, years=3) for fund in (kept, lost)]
    # 5 in the first year, 2 of it and 5 in the second, 1 and 5 in the third.
    assert paid(asked[0], 0, 1, 2) == [[3.0, 0.0], [6.0, 0.0], [6.0, 3.0]]
    assert paid(asked[1], 0, 1, 2) == [[3.0, 0.0], [5.0, 1.0], [5.0, 4.0]]
    # Money of later years pays for nothing earlier.
    assert paid(asked[0], 0, 0, 0) == [[3.0, 0.0], [2.0, 4.0], [0.0, 9.0]]


def test_money_is_counted_over_the_years_in_which_projects_begin() -> None:
    """12 in all by the second year, for 6 and 6; the 6 of the third year would come too late."""
    asked = problem([6.0, 6.0, 6.0], Fund("a", (6.0, 6.0, 6.0)), years=3)
    assert paid(asked, 0, 1, 2) == [[6.0], [6.0], [6.0]]
    assert try_payments(asked, [(0, 0), (1, 1), (2, 1)]) is None


def test_a_matching_fund_follows_what_it_matches() -> None:
    """For each unit of a, b puts in half as much: a costs 12, and 8 and 4 of it are theirs; new ones b leaves."""
    funds = (
        Fund("a", (100.0,)),
        Fund("b", (100.0,), pays_for=("upgrade",), matches="a", match_share=0.5),
    )
    assert paid(problem([12.0, 12.0], *funds, kinds="un"), 0, 0) == [[8.0, 4.0], [12.0, 0.0]]


def test_a_fund_that_matches_the_last_one_named() -> None:
    funds = (Fund("b", (3.0,), matches="a", match_share=0.5), Fund("a", (100.0,)))
    assert paid(problem([9.0], *funds), 0) == [[3.0, 6.0]]
    assert try_payments(problem([9.3], *funds), [(0, 0)]) is None


def test_a_payment_adds_up_to_the_last_digit() -> None:
    asked = problem([1 / 3], Fund("a", (0.1,)), Fund("b", (9.0,)))
    ((first, second),) = paid(asked, 0)
    assert first == pytest.approx(0.1, abs=1e-12)
    assert first + second == pytest.approx(1 / 3, abs=1e-15)


@pytest.mark.parametrize("short", [0.0, 5e-7, 5e-5])
def test_a_choice_that_spends_all_and_a_hair_more_is_paid(short: float) -> None:
    asked = problem([4.0, 6.0], Fund("a", (10.0 - short,)))
    assert paid(asked, 0, 0) == [[4.0], [6.0]]
    assert (try_payments(asked, [(0, 0), (1, 0)]) is None) == (short > 0)


def test_funds_that_do_not_suffice_are_told_with_the_projects() -> None:
    asked = problem([4.0, 6.0], Fund("a", (9.99,)))
    assert try_payments(asked, [(0, 0), (1, 0)], slack=1e-4) is None
    with pytest.raises(ArithmeticError) as caught:
        allocate_payments(asked, [(0, 0), (1, 0)])
    assert caught.value.args == ([(0, 0), (1, 0)],)


def test_nothing_begun_and_nobody_who_pays() -> None:
    assert allocate_payments(problem([4.0], Fund("a", (9.0,)), Fund("b", (9.0,))), []).shape == (0, 2)
    assert allocate_payments(problem([0.0, 0.0]), [(0, 0), (1, 0)]).shape == (2, 0)
    assert try_payments(problem([0.0, 4.0]), [(0, 0), (1, 0)]) is None
    assert try_payments(problem([0.0, 4.0]), [(0, 0)]) is not None
