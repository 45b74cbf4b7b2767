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
from scipy.sparse import csr_array, vstack

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
    """What 0, 1, … new sites in a district gain."""

    code: str
    """The district."""
    gained: tuple[float, ...]
    """Own people newly covered by the best choice of as many sites, by number of sites."""
    served: tuple[float, ...]
    """People gained, with those of neighbouring districts that these sites cover too."""
    bound: tuple[float, ...]
    """No choice of as many sites newly covers more people, neighbours included."""
    every_street: bool = True
    """Whether that holds for every position on a street, not only for the candidates."""
    settle_cost: float = 0.0
    """What it costs to make its weak premises compliant."""
    people: float = 0.0
    covered: float = 0.0
    """`people`, `covered`: Its people, and those within the standard today."""

    def shares(self, gained: Sequence[float]) -> list[float]:
        """Return the share of its people within the standard after each gain (0-1); 1 where nobody lives."""
        return [min((self.covered + one) / self.people, 1.0) if self.people > 0 else 1.0 for one in gained]


@dataclass(frozen=True, slots=True)
class DistrictShare:
    """What a district gets: sites, what the province pays for them and weak premises, own people gained, bound.

    `share_before` and `share_after` are of its people within the standard (0-1), None where nobody lives.
    """

    code: str
    sites: int
    cost: float
    settle_cost: float
    people_gained: float
    bound: float
    share_before: float | None = None
    share_after: float | None = None


@dataclass(frozen=True, slots=True)
class Fairness:
    """What equality between districts costs.

    The least share is that of the district that is worst off among those that more sites of their own would serve
    better: one that no site can help holds nobody else down.
    """

    least_share: float
    """Of the choice (0-1)."""
    least_share_bound: float
    """No choice that keeps the funds makes it larger, each district being served by its own sites."""
    most_people: float
    most_people_least_share: float
    """`most_people`, `most_people_least_share`: People gained if only their number counts, and the least share
    then."""
    fairest_people: float
    fairest_least_share: float
    """`fairest_people`, `fairest_least_share`: People gained if the least share comes first, and how large it can
    be."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How the money is shared."""

    districts: tuple[DistrictShare, ...]
    """One a district, by code."""
    people_gained: float
    """People newly covered, each counted in its own district only."""
    bound: float
    """No choice of sites that keeps the rules of the funds newly covers more people."""
    counted_twice: float
    """People that sites of a neighbouring district may cover too: in the bound, in no sum."""
    sites: int
    cost: float
    """`sites`, `cost`: In all."""
    every_street: bool
    """Whether the bound holds for sites at every position on a street, not only at the candidates."""
    fairness: Fairness | None = None
    """The least share, and what it costs; None without anybody in any district."""


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
    gains = [curve.gained for curve in curves]
    bounds = [tuple(map(max, one.bound, one.gained)) for one in curves]
    least, fairness = [least_sites(funds, one) for one in curves], None
    chosen, _ = _best(curves, gains, funds, least, start_deadline(seconds))
    floors = least
    if any(one.people > 0 for one in curves):
        most, fairest = _least_share(curves, chosen), _fairest_share(curves, gains, funds, least)
        floor = most + funds.equality * max(fairest - most, 0.0)
        plans = {0.0: chosen}
        for weight, share in ((1.0, max(fairest, most)), (funds.equality, floor)):
            needed = _sites_for(curves, gains, share, least)
            plans[weight] = plans.get(weight) or _best(curves, gains, funds, needed, start_deadline(seconds))[0]
        chosen, floors = (
            plans[funds.equality],
            _sites_for(curves, bounds, floor, least) if funds.equality else least,
        )
        fairness = Fairness(
            *(_least_share(curves, chosen), max(_fairest_share(curves, bounds, funds, least), fairest, most)),
            *(_gained(curves, plans[0.0]), most),
            *(_gained(curves, plans[1.0]), _least_share(curves, plans[1.0])),
        )
    _, bound = _best(curves, bounds, funds, floors, start_deadline(seconds))
    rows = tuple(
        DistrictShare(
            *(one.code, sites, sites * site_cost(funds, one.code), settling_cost(funds, one)),
            *(float(one.gained[sites]), float(one.bound[sites])),
            *(one.shares((0.0, one.gained[sites])) if one.people > 0 else (None, None)),
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
        fairness=fairness,
    )


def _gained(curves: Sequence[Curve], chosen: Sequence[int]) -> float:
    return math.fsum(curve.gained[sites] for curve, sites in zip(curves, chosen, strict=True))


def _least_share(curves: Sequence[Curve], chosen: Sequence[int]) -> float:
    """Return the least share of the districts that more sites of their own would serve better; 1 where none is."""
    shares = [curve.shares(curve.gained) for curve in curves]
    return min(
        (share[sites] for share, sites in zip(shares, chosen, strict=True) if share[sites] < max(share)),
        default=1.0,
    )


def _sites_for(
    curves: Sequence[Curve], values: Sequence[Sequence[float]], share: float, least: Sequence[int]
) -> list[int]:
    """Return the fewest sites with which each district reaches a share, or as much of it as its own sites can."""
    found = []
    for curve, gained, floor in zip(curves, values, least, strict=True):
        wanted = min(share, max(curve.shares(curve.gained)))
        found.append(max(floor, next(sites for sites, here in enumerate(curve.shares(gained)) if here >= wanted)))
    return found


def _fairest_share(
    curves: Sequence[Curve], values: Sequence[Sequence[float]], funds: PortfolioFunds, least: Sequence[int]
) -> float:
    """Return the largest share that every district can reach with the funds, as far as its own sites can.

    What a share needs of each district grows with it, so that the largest is found by halving.
    """
    shares = sorted(
        {1.0, *(share for curve, gained in zip(curves, values, strict=True) for share in curve.shares(gained))}
    )
    low, high = -1, len(shares)
    while high - low > 1:
        middle = (low + high) // 2
        needed = _sites_for(curves, values, shares[middle], least)
        is_paid = _spent(curves, needed, funds) <= _money(curves, funds) * (1 + BUDGET_TOLERANCE)
        fits = funds.sites is None or sum(needed) <= funds.sites
        low, high = (middle, high) if is_paid and fits else (low, middle)
    return shares[max(low, 0)]


def _spent(curves: Sequence[Curve], sites: Sequence[int], funds: PortfolioFunds) -> float:
    return math.fsum(count * site_cost(funds, curve.code) for curve, count in zip(curves, sites, strict=True))


def _money(curves: Sequence[Curve], funds: PortfolioFunds) -> float:
    """Return the money for sites: what weak premises leave of the budget."""
    settling = math.fsum(settling_cost(funds, curve) for curve in curves)
    money = math.inf if funds.budget is None else funds.budget - settling
    if money < 0:
        raise SitingError("funds", [Issue("funds_below_settling", {"cost": f"{settling:g}"})])
    return money


def _best(
    curves: Sequence[Curve],
    values: Sequence[Sequence[float]],
    funds: PortfolioFunds,
    least: Sequence[int],
    deadline: Deadline,
) -> tuple[list[int], float]:
    """Return the best number of sites of each district, not below `least`, for values by number, and the bound."""
    district = np.repeat(np.arange(len(curves)), [len(value) for value in values])
    number = np.concatenate([np.arange(len(one)) for one in values]) if values else np.zeros(0, dtype=np.int64)
    worth: FloatArray = (
        np.concatenate([np.asarray(one, dtype=np.float64) for one in values]) if values else np.zeros(0)
    )
    price = np.array([site_cost(funds, curve.code) for curve in curves])[district] * number
    size = len(number)
    rows = [csr_array((np.ones(size), (district, np.arange(size))), shape=(len(curves), size))]
    lower, upper = [1.0] * len(curves), [1.0] * len(curves)
    for amounts, most in ((number.astype(np.float64), funds.sites), (price, _money(curves, funds))):
        if most is not None and math.isfinite(most):
            rows.append(csr_array(amounts[None, :]))
            lower.append(-np.inf)
            upper.append(most * (1 + BUDGET_TOLERANCE))
    free = number >= np.asarray(least, dtype=np.int64)[district] if len(curves) else np.zeros(0, dtype=bool)
    # The scale keeps people and tolerances apart: of equal sums, the fewer sites.
    programme = MixedIntegerProgram(
        cost=-worth,
        matrix=csr_array(vstack(rows)),
        row_lower=np.array(lower),
        row_upper=np.array(upper),
        lower=np.zeros(size),
        upper=free.astype(np.float64),
        integral=np.ones(size, dtype=bool),
    )
    solved = solve(programme, deadline)
    if solved.x is None:
        raise SitingError("funds", [Issue("funds_too_small", {"sites": int(sum(least))})])
    chosen = solved.x > 1 / 2
    picked = number[chosen][np.argsort(district[chosen], kind="stable")].tolist()
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
            living = {
                name: float(str(row.get(key, 0.0)))
                for name, key in (("people", "people"), ("covered", "people_covered"))
            }
            found.append(Curve(code, gained, served, bound, bool(curve["every_street"]), cost, **living))
    return found


def choice_document(choice: Choice | None) -> str:
    """Return a choice as JSON."""
    return json.dumps(None if choice is None else asdict(choice), ensure_ascii=False, indent=1) + "\n"
