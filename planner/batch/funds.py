"""Money between districts: the curve of each goes into one exact choice, with a bound that holds across borders.

A site near a border may serve people of two districts. The curve of a district counts what its own people gain,
so that the sum counts nobody twice; its bound counts also the neighbours whom its sites could serve, so that no
choice of sites in the whole gains more than the bounds of its districts together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.sparse import csr_array

from planner.batch.portfolio import PortfolioFunds
from planner.messages.errors import Issue, SitingError
from planner.network.walk import FloatArray
from planner.siting.solvers.deadline import Deadline
from planner.siting.solvers.highs import MixedIntegerProgram
from planner.siting.solvers.location_bnb import start_deadline
from planner.siting.solvers.mip import BUDGET_TOLERANCE, solve

SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Curve:
    """What 0, 1, … new sites in a district gain.

    Attributes
    ----------
    code
        The district.
    gained
        Own people newly covered by the best choice of as many sites, by number of sites.
    served
        The same with the neighbours whom these sites cover too.
    bound
        No choice of as many sites newly covers more people, neighbours included.
    every_street
        Whether that holds for every position on a street, not only for the candidates.
    settle_cost
        What it costs to make its weak premises compliant.
    """

    code: str
    gained: tuple[float, ...]
    served: tuple[float, ...]
    bound: tuple[float, ...]
    every_street: bool = True
    settle_cost: float = 0.0


@dataclass(frozen=True, slots=True)
class DistrictShare:
    """What a district gets: sites, what the province pays for them and weak premises, own people gained, bound."""

    code: str
    sites: int
    cost: float
    settle_cost: float
    people_gained: float
    bound: float


@dataclass(frozen=True, slots=True)
class Choice:
    """How the money is shared.

    Attributes
    ----------
    districts
        One a district, by code.
    people_gained
        People newly covered, each counted in its own district only.
    bound
        No choice of sites that keeps the rules of the funds newly covers more people.
    counted_twice
        People whom sites of a neighbouring district may cover besides: in no sum here, in the bound.
    sites, cost
        In all.
    every_street
        Whether the bound holds for sites at every position on a street, not only at the candidates.
    """

    districts: tuple[DistrictShare, ...]
    people_gained: float
    bound: float
    counted_twice: float
    sites: int
    cost: float
    every_street: bool


def site_cost(funds: PortfolioFunds, code: str) -> float:
    """Return what the province pays for a site in a district: its cost without the district's share."""
    return funds.site_cost * (1.0 - funds.shares.get(code, funds.district_share))


def settling_cost(funds: PortfolioFunds, curve: Curve) -> float:
    """Return what the province pays for the weak premises of a district; 0 where they do not come first."""
    share = funds.shares.get(curve.code, funds.district_share)
    return curve.settle_cost * (1.0 - share) if funds.settle_weak else 0.0


def least_sites(funds: PortfolioFunds, curve: Curve) -> int:
    """Return the floor of a district: no more sites than gain anybody."""
    useful = [sites for sites, gained in enumerate(curve.gained) if gained > curve.gained[max(sites - 1, 0)]]
    return min(funds.least.get(curve.code, funds.least_a_district), max(useful, default=0))


def share_funds(curves: Sequence[Curve], funds: PortfolioFunds, *, seconds: float = SECONDS) -> Choice:
    """Choose the number of sites of each district so that most people gain: one exact choice, with its bound.

    Parameters
    ----------
    curves
        One a district.
    funds
        Sites, money, floors, and what districts pay themselves.
    seconds
        The time limit; the bound holds whenever the search stops.

    Raises
    ------
    SitingError
        The floors cost more than there is.

    Examples
    --------
    >>> curves = [Curve("A", (0, 5, 6), (0, 5, 6), (0, 5, 7)), Curve("B", (0, 4, 8), (0, 4, 8), (0, 4, 8))]
    >>> [one.sites for one in share_funds(curves, PortfolioFunds(sites=3)).districts]
    [1, 2]
    """
    curves = sorted(curves, key=lambda one: one.code)
    chosen, _ = _best(curves, [one.gained for one in curves], funds, start_deadline(seconds))
    _, bound = _best(curves, [one.bound for one in curves], funds, start_deadline(seconds))
    rows = tuple(
        DistrictShare(
            *(one.code, sites, sites * site_cost(funds, one.code), settling_cost(funds, one)),
            *(float(one.gained[sites]), float(one.bound[sites])),
        )
        for one, sites in zip(curves, chosen, strict=True)
    )
    gained = math.fsum(row.people_gained for row in rows)
    served = math.fsum(one.served[sites] for one, sites in zip(curves, chosen, strict=True))
    return Choice(
        districts=rows,
        people_gained=gained,
        bound=max(bound, gained),
        counted_twice=max(served - gained, 0.0),
        sites=sum(row.sites for row in rows),
        cost=math.fsum(row.cost + row.settle_cost for row in rows),
        every_street=all(one.every_street for one in curves),
    )


def _best(
    curves: Sequence[Curve], values: Sequence[Sequence[float]], funds: PortfolioFunds, deadline: Deadline
) -> tuple[list[int], float]:
    """Return the best number of sites of each district for values by number, and the bound of their sum."""
    district = np.repeat(np.arange(len(curves)), [len(one) for one in values])
    number = np.concatenate([np.arange(len(one)) for one in values]) if values else np.zeros(0, dtype=np.int64)
    worth: FloatArray = (
        np.concatenate([np.asarray(one, dtype=np.float64) for one in values]) if values else np.zeros(0)
    )
    price = np.array([site_cost(funds, one.code) for one in curves])[district] * number
    rows: list[FloatArray] = [(district == row).astype(np.float64) for row in range(len(curves))]
    lower, upper = [1.0] * len(curves), [1.0] * len(curves)
    settling = math.fsum(settling_cost(funds, one) for one in curves)
    money = None if funds.budget is None else funds.budget - settling
    if money is not None and money < 0:
        raise SitingError("funds", [Issue("funds_below_settling", {"cost": f"{settling:g}"})])
    for amounts, most in ((number.astype(np.float64), funds.sites), (price, money)):
        if most is not None:
            rows.append(amounts)
            lower.append(-np.inf)
            upper.append(most * (1 + BUDGET_TOLERANCE))
    least = np.array([least_sites(funds, one) for one in curves], dtype=np.int64)
    free = number >= least[district] if len(curves) else np.zeros(0, dtype=bool)
    size = len(number)
    # The scale keeps people and tolerances apart: of equal sums, the fewer sites.
    programme = MixedIntegerProgram(
        cost=-worth,
        matrix=csr_array(np.vstack(rows)) if rows else csr_array((0, size)),
        row_lower=np.array(lower),
        row_upper=np.array(upper),
        lower=np.zeros(size),
        upper=free.astype(np.float64),
        integral=np.ones(size, dtype=bool),
    )
    solved = solve(programme, deadline)
    if solved.x is None:
        raise SitingError("funds", [Issue("funds_too_small", {"sites": int(least.sum())})])
    picked = [int(number[(district == row) & (solved.x > 1 / 2)][0]) for row in range(len(curves))]
    return picked, -solved.bound


def curves_of(figures: Mapping[str, Mapping[str, object]]) -> list[Curve]:
    """Return the curves in the rows of districts, by code."""
    found = []
    for code, row in figures.items():
        curve = row.get("curve")
        if isinstance(curve, Mapping):
            gained, served, bound = (tuple(curve[name]) for name in ("gained", "served", "bound"))
            settle_cost = row.get("settle_cost")
            cost = float(settle_cost) if isinstance(settle_cost, int | float) else 0.0
            found.append(Curve(code, gained, served, bound, bool(curve["every_street"]), cost))
    return found


def choice_document(choice: Choice | None) -> str:
    """Return a choice as JSON."""
    return json.dumps(None if choice is None else asdict(choice), ensure_ascii=False, indent=1) + "\n"
