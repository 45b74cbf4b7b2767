"""Access to services at times of the week: people with open, with closed and with unknown facilities in reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.services import Bools, ServiceAccess, Services, part_of
from planner.config.service_times import ServiceTime
from planner.io.opening_hours import OPEN, SHUT, open_states
from planner.network.travel_times import TravelTimes
from planner.network.walk import FloatArray
from planner.network.walker import Walker

PEOPLE_LEAST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ServiceHours:
    """Access to services at times of the week."""

    times: tuple[ServiceTime, ...]
    """The times."""
    table: pd.DataFrame = field(repr=False)
    """One row a time and service, in total (community "") and by community: time, service, community, people,
    people_served (whatever the hour), and of these people_open (reach as many as asked that are open),
    people_closed (do not, even if all of unknown hours are open), people_hours_unknown. NaN where no facility
    is known."""
    sufficiency: pd.DataFrame = field(repr=False)
    """One row a time, in total and by community: time, community, people, people_sufficient (whatever the hour),
    people_sufficient_open (every basic service that is known is open to them), people_sufficient_unknown (it
    may be)."""
    ledger: pd.DataFrame = field(repr=False)
    """Gaps of hours, one row a community and service of which some who have it find it closed, by people and
    weight: priority, community, service, people, people_closed (at the time when most do), closed_at (ids of
    the times, joined by "; "), people_closed_at (people at each, the same way), people_hours_unknown (at the
    time when most), facility (that most of them have nearest), mend_people (of people_closed, those who have it
    again if that one is open)."""


def measure_hours(
    services: Services, walker: Walker, communities: Sequence[str], times: Sequence[ServiceTime], year: int | None
) -> ServiceHours:
    """Measure who finds each service open at times of the week.

    Parameters
    ----------
    services
        Access whatever the hour.
    walker
        Network and walk.
    communities
        Ids, in the order of the results.
    times
        Times of the week.
    year
        Year whose weeks count; see `planner.io.opening_hours.open_states`.
    """
    reach = [_Reach.of(one, walker, services.demand, times, year) for one in services.access]
    rows: list[dict[str, object]] = []
    gaps: list[tuple[float, dict[str, object]]] = []
    for one in reach:
        home = part_of(one.access.points, communities)
        for number, time in enumerate(times):
            for code, community in enumerate(("", *communities), start=-1):
                inside = home == code if community else np.ones(len(home), dtype=np.bool_)
                rows.append(
                    {"time": time.id, "service": one.id, "community": community, **one.shares(inside, number)}
                )
        if one.access.service.is_known:
            weight = one.access.service.standard.weight
            found = ((community, one.gap(home == code, times)) for code, community in enumerate(communities))
            gaps += [(weight, {"community": name, "service": one.id, **gap}) for name, gap in found if gap]
    return ServiceHours(
        tuple(times), pd.DataFrame(rows), _sufficiency(services, reach, communities, times), _ledger(gaps)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Reach:
    """Access by time: True for points with enough open facilities, shape (points, times).

    `open_group` and `maybe_group` are of the points of the service's group, the others of the residents; `pairs`
    lists walks of the group within the standard, `states` what is open, shape (places, times).
    """

    access: ServiceAccess
    open_group: Bools
    maybe_group: Bools
    open_home: Bools
    maybe_home: Bools
    pairs: TravelTimes | None
    states: NDArray[np.int8]

    @property
    def id(self) -> str:
        return self.access.id

    @classmethod
    def of(
        cls,
        access: ServiceAccess,
        walker: Walker,
        demand: gpd.GeoDataFrame,
        times: Sequence[ServiceTime],
        year: int | None,
    ) -> _Reach:
        places, standard = access.service.places, access.service.standard
        states = open_states(list(places["opening_hours"]), times, year=year)
        if not access.service.is_known:
            blank, nobody = (np.zeros((len(part), len(times)), np.bool_) for part in (access.points, demand))
            return cls(access, blank, blank, nobody, nobody, None, states)
        starts = walker.snap(places)
        counts = access.service.counts[:, None]

        def reached(pairs: TravelTimes, served: Bools, chosen: NDArray[np.bool_]) -> Bools:
            within = [pairs.of_facilities(column).count_within(standard.minutes) for column in chosen.T]
            enough: Bools = (np.column_stack(within) >= standard.count) & served[:, None]
            return enough

        pairs, at_home = (
            walker.times(starts, walker.snap(part), within_min=standard.minutes)
            for part in (access.points, demand)
        )
        is_open, may_be = counts & (states == OPEN), counts & (states != SHUT)
        return cls(
            access,
            reached(pairs, access.served, is_open),
            reached(pairs, access.served, may_be),
            reached(at_home, access.reached, is_open),
            reached(at_home, access.reached, may_be),
            pairs,
            states,
        )

    def shares(self, inside: Bools, number: int) -> dict[str, float]:
        people = np.where(inside, self.access.people, 0.0)
        known = 1.0 if self.access.service.is_known else np.nan
        is_open, may_be = self.open_group[:, number], self.maybe_group[:, number]
        return {
            "people": float(people.sum()),
            "people_served": known * float(people[self.access.served].sum()),
            "people_open": known * float(people[is_open].sum()),
            "people_closed": known * float(people[self.access.served & ~may_be].sum()),
            "people_hours_unknown": known * float(people[may_be & ~is_open].sum()),
        }

    def gap(self, inside: Bools, times: Sequence[ServiceTime]) -> dict[str, object] | None:
        """Return the gap of hours of one community; None where nobody finds the service closed."""
        shares = [self.shares(inside, number) for number in range(len(times))]
        closed = [round(each["people_closed"], 6) for each in shares]
        worst = int(np.argmax(closed))
        if not closed[worst] > PEOPLE_LEAST:
            return None
        lacking = inside & self.access.served & ~self.maybe_group[:, worst]
        place = self._nearest_of_most(lacking)
        shut = [(time.id, people) for time, people in zip(times, closed, strict=True) if people > PEOPLE_LEAST]
        return {
            "people": shares[worst]["people"],
            "people_closed": shares[worst]["people_closed"],
            "closed_at": "; ".join(name for name, _ in shut),
            "people_closed_at": "; ".join(f"{people:g}" for _, people in shut),
            "people_hours_unknown": max(each["people_hours_unknown"] for each in shares),
            "facility": str(self.access.service.places["id"].iloc[place]),
            "mend_people": self._helped(lacking, place, worst),
        }

    def _nearest_of_most(self, lacking: Bools) -> int:
        nearest = self.access.group_nearest[lacking]
        return int(np.bincount(nearest, weights=self.access.people[lacking]).argmax())

    def _helped(self, lacking: Bools, place: int, number: int) -> float:
        """Return the people who have the service again if one facility more is open."""
        access, pairs = self.access, self.pairs
        if pairs is None:
            return 0.0
        is_open = access.service.counts & (self.states[:, number] == OPEN)
        is_open[place] = True
        minutes, count = access.service.standard.minutes, access.service.standard.count
        again = pairs.of_facilities(is_open).count_within(minutes) >= count
        return float(access.people[lacking & again].sum())


def _ledger(gaps: Sequence[tuple[float, dict[str, object]]]) -> pd.DataFrame:
    scores = [-round(float(gap["people_closed"]) * weight, 6) for weight, gap in gaps]  # type: ignore[arg-type]
    order = sorted(range(len(gaps)), key=lambda number: (scores[number], number))
    names = ("community", "service", "people", "people_closed", "closed_at", "people_closed_at")
    columns = [*names, "people_hours_unknown", "facility", "mend_people"]
    table = pd.DataFrame([gaps[number][1] for number in order], columns=columns)
    table.insert(0, "priority", np.arange(1, len(table) + 1))
    return table


def _sufficiency(
    services: Services, reach: Sequence[_Reach], communities: Sequence[str], times: Sequence[ServiceTime]
) -> pd.DataFrame:
    """Return who has every basic service at each time, in total and by community."""
    demand = services.demand
    basic = [one for one in reach if one.access.service.is_known and one.access.service.standard.basic]
    people: FloatArray = demand["people"].to_numpy(dtype=np.float64)
    home = part_of(demand, communities)
    rows = []
    for number, time in enumerate(times):
        everywhere = np.ones(len(demand), dtype=np.bool_)
        surely, perhaps = everywhere.copy(), everywhere.copy()
        for one in basic:
            surely &= one.open_home[:, number]
            perhaps &= one.maybe_home[:, number]
        sufficient = demand["sufficient"].to_numpy(dtype=np.bool_)
        for code, community in enumerate(("", *communities), start=-1):
            inside = home == code if community else everywhere
            rows.append(
                {
                    "time": time.id,
                    "community": community,
                    "people": float(people[inside].sum()),
                    "people_sufficient": float(people[inside & sufficient].sum()),
                    "people_sufficient_open": float(people[inside & surely].sum()),
                    "people_sufficient_unknown": float(people[inside & perhaps & ~surely].sum()),
                }
            )
    return pd.DataFrame(rows)
