"""Data from which indicators are computed, with the intermediate results that several of them share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.access_data import AccessData, serves_other_community
from planner.accessibility.coverage import sum_with_branches
from planner.accessibility.two_step_fca import Catchments, two_step_access
from planner.evaluation.intervals import IndicatorColumn, divide, known_or
from planner.evaluation.rules import Function, RuleSet
from planner.evaluation.severance import Detour, detour_indices
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray, is_within
from planner.schemas.tables import PREMISES

SEPARATORS = re.compile(r"[,，、;；|/\n]+")


def parse_functions(cell: str, functions: Sequence[Function]) -> frozenset[str] | None:
    """Return the ids of the functions that a cell lists; None where it is empty. Unknown words are ignored."""
    words = {_normalise(word) for word in SEPARATORS.split(cell)} - {""}
    return frozenset(function.id for function in functions if words & _spellings(function)) if words else None


def unknown_functions(cell: str, functions: Sequence[Function]) -> list[str]:
    """Return the words of a cell that name no function of a rule set.

    Examples
    --------
    >>> library = Function(id="library", en="Library", zh="图书室", clause="-", evidence="own")
    >>> unknown_functions("Library、 Libary", [library]), unknown_functions("anything", [])
    (['Libary'], [])
    """
    if not functions:
        return []
    names = frozenset().union(*map(_spellings, functions))
    return [word.strip() for word in SEPARATORS.split(cell) if _normalise(word) not in names | {""}]


def function_completeness(
    tiers: Sequence[str], offered: Sequence[frozenset[str] | None], functions: Sequence[Function]
) -> tuple[IndicatorColumn, IndicatorColumn]:
    """Return how many of the functions required of its tier each facility lacks, and the share that it offers."""
    required = {tier: {function.id for function in functions if tier in function.tiers} for tier in set(tiers)}
    count = np.array([len(required[tier]) for tier in tiers], dtype=np.float64)
    missing = np.array(
        [
            np.nan if has is None or not required[tier] else float(len(required[tier] - has))
            for tier, has in zip(tiers, offered, strict=True)
        ]
    )
    none_required = ("no_functions_required", count == 0)
    share = divide(count - missing, count)
    return known_or(missing, "not_given", none_required), known_or(share, "not_given", none_required)


def _spellings(function: Function) -> frozenset[str]:
    return frozenset(_normalise(name) for name in (function.id, function.en, function.zh, *function.names))


def _normalise(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()


Exclusion = tuple[str, NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class IndicatorData:
    """A study's access data and rules; every intermediate result is computed once, when first needed."""

    access: AccessData
    """Tables and walks."""
    rule_set: RuleSet
    """For functions, catchments, and the detour above which a direction is blocked."""
    direct: AccessData | None = None
    """Tables and walks without branches, for detours; None: `access`."""
    positions: Sequence[int] | None = None
    """The facilities whose detours are needed; None: all."""
    given_detours: tuple[Detour, ...] | None = None
    """The detours where they are known already; None: computed when needed."""

    @property
    def count(self) -> int:
        """Return the number of facilities."""
        return len(self.access.facilities)

    @cached_property
    def people(self) -> FloatArray:
        """Return the population of each demand point, shape (demand,)."""
        return self.access.people

    @cached_property
    def is_premises(self) -> NDArray[np.bool_]:
        """Return True for the premises of a community, without branches, shape (facilities,)."""
        return self.access.is_premises

    def given(self, name: str) -> FloatArray:
        """Return a numeric column of the facilities table."""
        return np.asarray(self.access.facilities[name], dtype=np.float64)

    def total_with_branches(self, name: str) -> FloatArray:
        """Return a numeric column summed over each facility and its branches."""
        return sum_with_branches(self.given(name), self.access.facilities)

    @cached_property
    def functions(self) -> tuple[frozenset[str] | None, ...]:
        """Return the functions of each facility by id; None where not known."""
        cells = self.access.facilities["functions"]
        return tuple(parse_functions(cell, self.rule_set.functions) for cell in cells)

    @cached_property
    def completeness(self) -> tuple[IndicatorColumn, IndicatorColumn]:
        """Return missing functions, and the share of required functions that is offered."""
        return function_completeness(list(self.access.facilities["tier"]), self.functions, self.rule_set.functions)

    # Residents of the community that a facility serves as premises.

    @cached_property
    def _own_rows(self) -> tuple[NDArray[np.int64], int, NDArray[np.int64]]:
        home, ids = pd.factorize(self.access.demand["community"].to_numpy(dtype=object))
        serves = self.access.facilities["community"].to_numpy(dtype=object)
        # Behind the communities with demand points stands the one that has none.
        return home, len(ids), pd.Index(ids, dtype=object).get_indexer(serves)

    def sum_over_residents(self, values: FloatArray) -> FloatArray:
        """Sum values of demand points over the community of each premises; NaN of other facilities."""
        home, count, own_row = self._own_rows
        summed = np.append(np.bincount(home, weights=values, minlength=count), np.nan)
        return np.where(self.is_premises, summed[own_row], np.nan)

    @cached_property
    def residents(self) -> FloatArray:
        """Return the residents of each facility's community, shape (facilities,)."""
        return self.sum_over_residents(self.people)

    @cached_property
    def not_of_residents(self) -> tuple[Exclusion, Exclusion]:
        """Return for which facilities, and why, nothing is known of residents."""
        is_premises = self.is_premises
        homeless = (self.access.facilities["community"] == "").to_numpy() & is_premises
        return ("not_premises", ~is_premises), ("no_community", homeless)

    def share_of_residents(self, chosen: NDArray[np.bool_]) -> IndicatorColumn:
        """Return the share of residents at the chosen demand points."""
        share = divide(self.sum_over_residents(self.people * chosen), self.residents)
        return known_or(share, "no_people", *self.not_of_residents, ("no_people", ~(self.residents > 0)))

    @cached_property
    def own_minutes(self) -> FloatArray:
        """Return minutes to the nearest premises of its own community, shape (demand,)."""
        return self.access.own_minutes()

    @cached_property
    def is_covered(self) -> NDArray[np.bool_]:
        """Return True for demand points within the standard of any facility, shape (demand,)."""
        nearest, _ = self.access.times.nearest()
        return is_within(nearest, self.access.standard_min)

    # People whom a facility, or a branch of it, reaches.

    @cached_property
    def served(self) -> TravelTimes:
        """Return walks to each facility or a branch of it."""
        return self.access.served_times()

    def people_of_pairs(self, chosen: NDArray[np.bool_]) -> FloatArray:
        """Sum people over the chosen pairs of a facility and a demand point, shape (facilities,)."""
        rows, people = self.served.facility[chosen], self.people[self.served.demand[chosen]]
        return np.bincount(rows, weights=people, minlength=self.count).astype(np.float64)

    @cached_property
    def people_nearest(self) -> FloatArray:
        """Return the people whose nearest facility of its class (premises together, else by tier) each is.

        Of several as near people use that of their own community first: two may share a house.
        """
        facilities, people, times = self.access.facilities, self.people, self.served
        grouped = facilities["tier"].where(~facilities["tier"].isin(PREMISES), "premises")
        number = pd.factorize(grouped)[0][times.facility]
        others = serves_other_community(times, self.access.demand, facilities)
        order = np.lexsort((times.facility, others, times.minutes, times.demand, number))
        of_each = np.column_stack([number[order], times.demand[order]])
        first = order[np.concatenate([[True], (of_each[1:] != of_each[:-1]).any(axis=1)])[: len(order)]]
        weights = people[times.demand[first]]
        return np.bincount(times.facility[first], weights=weights, minlength=self.count).astype(np.float64)

    @cached_property
    def detours(self) -> tuple[Detour, ...]:
        """Return the detour index of each facility, overall and by direction."""
        if self.given_detours is not None:
            return self.given_detours
        return tuple(detour_indices(self.direct or self.access, self.positions))

    @cached_property
    def catchments(self) -> tuple[Catchments, Catchments] | None:
        """Return 2SFCA and E2SFCA; None where the rules define no catchment."""
        catchment = self.rule_set.catchment
        if catchment is None:
            return None
        floor_m2, people = self.total_with_branches("floor_area_m2"), self.people
        zones, weights = catchment.zones_min, catchment.weights
        return (
            two_step_access(self.served, people, floor_m2, zones_min=zones[-1:], weights=(1.0,)),
            two_step_access(self.served, people, floor_m2, zones_min=zones, weights=weights),
        )
