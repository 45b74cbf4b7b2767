"""Many services at once on frames: minutes to each, what is missing, and how complete it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.accessibility.reachable import list_reachable
from planner.accessibility.service_hours import ServiceHours, measure_hours
from planner.accessibility.services import Services, measure_services
from planner.api.arguments import check_number, in_short, read_limit, read_minutes
from planner.api.frames import as_frame, check_column, labels_at, read_numbers, read_points, restore_crs
from planner.api.networks import WalkNetwork, walker_of
from planner.config.sections.services import ServiceSettings
from planner.config.service_profiles import ServiceStandard
from planner.config.service_times import ServiceTime, parse_service_time
from planner.io.opening_hours import hours_of
from planner.io.service_places import ServicePlaces
from planner.messages.errors import DataError, Issue, suggest_name
from planner.network.walker import Walker
from planner.reporting.notebook_maps import COVERED, EXISTING, UNCOVERED, Drawn, MapResult, html_table

BLOCKED_DETOUR = 1.5
HOURS_COLUMNS = ("opening_hours", "open_from", "open_to")


@dataclass(frozen=True, eq=False, repr=False)
class ServicesResult(MapResult):
    """People and the services within their reach."""

    total: pd.DataFrame
    """One row a service (index): people, people_served, people_share, mean_min, capacity_per_1000; NaN where not
    known."""
    by_group: pd.DataFrame | None
    """The same by group and service; None without groups."""
    people: gpd.GeoDataFrame
    """The people as given, with <service>_min (to the n-th nearest) and <service>_nearest of each service, missing
    (how many services are beyond their limit), sufficient and completeness."""
    completeness: Mapping[str, float]
    """Of all people: people_sufficient, sufficient_share, missing_mean, completeness."""
    facilities: gpd.GeoDataFrame
    """Facilities of all services: service, geometry."""
    by_time: pd.DataFrame | None = None
    """One row a time and service (index): people, people_served (whatever the hour), and of these people_open
    (reach as many as required that are open), people_closed and people_hours_unknown; NaN where not known. None
    without `times`."""
    sufficient_by_time: pd.DataFrame | None = None
    """One row a time (index): people, people_sufficient (whatever the hour), people_sufficient_open (every service
    that is known is open to them), people_sufficient_unknown (it may be). None without `times`."""

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the people with their walk to each service."""
        return self.people

    def layers(self) -> list[Drawn]:
        """Return people with all services, people who lack one, and facilities."""
        sufficient = self.people["sufficient"].to_numpy(dtype=np.bool_)
        return [
            (self.people[sufficient], {"color": COVERED, "name": "all services", "markersize": 2}),
            (self.people[~sufficient], {"color": UNCOVERED, "name": "one missing or more", "markersize": 2}),
            (self.facilities, {"color": EXISTING, "name": "facilities", "marker_kwds": {"radius": 6}}),
        ]

    def __repr__(self) -> str:
        return f"ServicesResult({'; '.join(f'{name}: {value}' for name, value in self._figures().items())})"

    def _repr_html_(self) -> str:
        return html_table("Services", self._figures())

    def _figures(self) -> dict[str, str]:
        shares = self.total["people_share"]
        figures = {str(name): "not known" if np.isnan(share) else f"{share:.1%}" for name, share in shares.items()}
        return {**figures, "all": f"{self.completeness['sufficient_share']:.1%}"}


def services(  # noqa: PLR0913 - options of one measurement, each by name
    net: WalkNetwork,
    facilities: Mapping[str, gpd.GeoDataFrame],
    people: gpd.GeoDataFrame,
    minutes: float | Mapping[str, float] = 15,
    *,
    count: int | Mapping[str, int] = 1,
    weights: Mapping[str, float] | None = None,
    capacity: str | Mapping[str, str] | None = None,
    weight: str | None = "people",
    by: str | None = None,
    times: str | Sequence[str] = (),
) -> ServicesResult:
    """Measure the walk to many services: who is served by each, what each person lacks, completeness.

    Parameters
    ----------
    net
        Network.
    facilities
        Points of each service by its name, in any CRS; a service without rows is not known, not missing.
    people
        Points in any CRS.
    minutes
        Limit, minutes, inclusive: one for all, or one by service.
    count
        How many facilities are to be reached, the n-th nearest counts: one for all, or by service (else 1).
    weights
        Weight of each service in the completeness index; 1 if not named.
    capacity
        Column of the facilities with their capacity, for 2SFCA: one for all, or by service.
    weight
        Column of people; None: every point counts 1.
    by
        Column of people whose values are groups, such as the district.
    times
        Times of the week at which services are measured too, as ``["weekday 19:00", "周日 10:00"]``. Facilities
        state `opening_hours` (OpenStreetMap's syntax, or 周一至周五 9:00-18:00), or `open_from` and `open_to`.

    Returns
    -------
    services
        Totals, groups, times, and the people with their walk to each service.

    Raises
    ------
    DataError
        A frame, a limit, a time or a name is not valid, or times are requested and no facility states hours.

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 900 0)"], crs=32648).to_frame("geometry")
    >>> at = lambda *xs: gpd.GeoDataFrame(geometry=gpd.points_from_xy(xs, [0] * len(xs)), crs=32648)
    >>> from planner.api.networks import walk_network
    >>> homes = at(0, 300, 900).assign(people=[10, 20, 30])
    >>> found = services(walk_network(road), {"school": at(0), "clinic": at(600)}, homes, 5)
    >>> found
    ServicesResult(school: 50.0%; clinic: 83.3%; all: 33.3%)
    >>> found.people["missing"].tolist(), found.people["completeness"].tolist()
    ([1, 0, 1], [0.5, 1.0, 0.5])
    >>> clinic = at(600).assign(opening_hours="Mo-Fr 08:00-18:00")
    >>> late = services(walk_network(road), {"clinic": clinic}, homes, 5, times="Sunday 10:00")
    >>> late.by_time["people_open"].to_dict()
    {('Su 10:00', 'clinic'): 0.0}
    """
    walker, names = walker_of(net), _names(facilities)
    at_times = _times(times, [as_frame(facilities[name], name) for name in names])
    for argument, given in (("minutes", minutes), ("count", count), ("weights", weights), ("capacity", capacity)):
        _check_names(argument, given, names)
    ends = read_points(walker, people, name="people", weight=weight)
    places = [
        _places(walker, facilities[name], name, number, minutes, count, weights, capacity)
        for number, name in enumerate(names)
    ]
    home, labels = _groups(ends.frame, by)
    demand = gpd.GeoDataFrame(ends.metric.assign(community=home))
    codes = [str(code) for code in range(len(labels))]
    found = measure_services(places, walker, demand, (), codes, blocked_detour=BLOCKED_DETOUR)
    hours = measure_hours(found, walker, (), at_times, None) if at_times else None
    return _result(ends.frame, found, hours, facilities, None if by is None else labels)


def reachable_services(
    net: WalkNetwork,
    facilities: Mapping[str, gpd.GeoDataFrame],
    at: gpd.GeoDataFrame | gpd.GeoSeries,
    minutes: float | Sequence[float] = (5, 10, 15),
) -> gpd.GeoDataFrame:
    """List everything that addresses reach on foot, with minutes and paths.

    Parameters
    ----------
    net
        Network.
    facilities
        Points of each service by its name, in any CRS.
    at
        The addresses: points in any CRS.
    minutes
        Limits, minutes, inclusive.

    Returns
    -------
    reachable
        One row an address and facility within the largest limit, by address and minutes: at, service, facility
        (index labels), minutes, within (the smallest limit that holds), geometry (the walk from facility to
        address, in the CRS of the addresses; None where it cannot be drawn on the streets alone).

    Raises
    ------
    DataError
        A frame or a limit is not valid.

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 900 0)"], crs=32648).to_frame("geometry")
    >>> at = lambda *xs: gpd.GeoDataFrame(geometry=gpd.points_from_xy(xs, [0] * len(xs)), crs=32648)
    >>> from planner.api.networks import walk_network
    >>> found = reachable_services(walk_network(road), {"school": at(0, 900), "clinic": at(600)}, at(300))
    >>> found[["service", "facility", "minutes", "within"]]
      service  facility  minutes  within
    0  school         0      5.0     5.0
    1  clinic         0      5.0     5.0
    2  school         1     10.0    10.0
    >>> found.geometry[1].wkt
    'LINESTRING (600 0, 300 0)'
    """
    walker, names, limits = walker_of(net), _names(facilities), read_minutes(minutes)
    points = read_points(walker, as_frame(at, "at"), name="at")
    places = [
        _places(walker, facilities[name], name, number, limits[-1], 1, None, None)
        for number, name in enumerate(names)
    ]
    of_id = {place.standard.id: name for place, name in zip(places, names, strict=True)}
    parts = []
    for label, xy in zip(points.labels, points.snaps.xy, strict=True):
        found = list_reachable(places, walker, xy, limits)
        service = found["service"].map(of_id)
        facility = [facilities[name].index[row] for name, row in zip(service, found["place"], strict=True)]
        columns = {"at": label, "service": service, "facility": facility, "within": found["within_min"]}
        parts.append(found.assign(**columns)[["at", "service", "facility", "minutes", "within", "geometry"]])
    table = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=net.crs)
    return restore_crs(table, points.frame.crs)


def _facilities(frame: gpd.GeoDataFrame, name: str, people: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    places = frame.geometry.to_crs(people.crs).to_frame("geometry")
    return gpd.GeoDataFrame(places.assign(service=name))


def _with_walks(people: gpd.GeoDataFrame, services: Services, labels: Mapping[str, pd.Index]) -> gpd.GeoDataFrame:
    """Return the people with their walk to each service, and what is missing."""
    columns: dict[str, pd.Series] = {}
    for (name, label), one in zip(labels.items(), services.access, strict=True):
        columns[f"{name}_min"] = pd.Series(one.nth_min, people.index)
        columns[f"{name}_nearest"] = pd.Series(labels_at(label, one.nearest), people.index)
    for name in ("missing", "sufficient", "completeness"):
        columns[name] = pd.Series(services.demand[name].to_numpy(), people.index)
    return gpd.GeoDataFrame(people.assign(**columns))


def _names(facilities: object) -> list[str]:
    if not isinstance(facilities, Mapping) or not facilities:
        raise DataError("facilities", [Issue("services_no_mapping", {"found": in_short(facilities)})])
    return list(facilities)


def _check_names(argument: str, given: object, names: list[str]) -> None:
    """Refuse names that are no service, and a limit that some service lacks."""
    if not isinstance(given, Mapping):
        return
    for name in given:
        if name not in names:
            values = {"name": argument, "found": in_short(name), "hint": suggest_name(name, names)}
            raise DataError(argument, [Issue("unknown_choice", values)])
    missing = [name for name in names if name not in given]
    if argument == "minutes" and missing:
        raise DataError(argument, [Issue("services_without_minutes", {"names": ", ".join(missing)})])


def _places(
    walker: Walker,
    frame: gpd.GeoDataFrame,
    name: str,
    number: int,
    *options: object,
) -> ServicePlaces:
    """Return the facilities of one service; `options` are the arguments that may be given by service."""
    minutes, count, weight, capacity = (
        option.get(name) if isinstance(option, Mapping) else option for option in options
    )
    limit = read_limit(minutes)
    settings = ServiceSettings(
        id=f"s{number}",
        minutes=limit,
        count=_whole(1 if count is None else count),
        weight=check_number("weights", 1.0 if weight is None else weight),
    )
    standard = ServiceStandard(settings, {"en": name, "zh": name}, limit, None, None, "minutes", "", "own")
    if not len(as_frame(frame, name)):
        blank = {"id": [], "name": [], "capacity": np.zeros(0), "status": [], "opening_hours": []}
        return ServicePlaces(standard, gpd.GeoDataFrame(blank, geometry=[], crs=walker.network.crs))
    points = read_points(walker, frame, name=name)
    supply = np.full(len(frame), np.nan) if capacity is None else read_numbers(points, capacity, name)
    hours = hours_of(points.frame).to_numpy()
    columns = {"name": "", "capacity": supply, "status": "", "opening_hours": hours}
    return ServicePlaces(standard, gpd.GeoDataFrame(points.metric.assign(**columns)))


def _times(times: object, facilities: Sequence[gpd.GeoDataFrame]) -> tuple[ServiceTime, ...]:
    """Return times of the week, each once; refuse them where no facility states hours."""
    texts = [times] if isinstance(times, str) else times
    if not isinstance(texts, Sequence):
        raise DataError("times", [Issue("reason_service_time_unread", {"text": in_short(times)})])
    parsed = {text: parse_service_time(text) if isinstance(text, str) else None for text in texts}
    wrong = [text for text, time in parsed.items() if time is None]
    if wrong:
        raise DataError("times", [Issue("reason_service_time_unread", {"text": text}) for text in wrong])
    if parsed and not any(name in frame.columns for frame in facilities for name in HOURS_COLUMNS):
        check_column(facilities[0], HOURS_COLUMNS[0], "facilities")
    return tuple(dict.fromkeys(time for time in parsed.values() if time is not None))


def _whole(count: object) -> int:
    number = check_number("count", count, least=1)
    if not number.is_integer():
        raise DataError("count", [Issue("not_a_value", {"name": "count", "found": in_short(count)})])
    return int(number)


def _named(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    of_id = {f"s{number}": name for number, name in enumerate(names)}
    kept = ["service", "people", "people_served", "people_share", "mean_min", "capacity_per_1000"]
    return table[kept].set_index(pd.Index(table["service"].map(of_id), name="service"))


def _result(
    people: gpd.GeoDataFrame,
    services: Services,
    hours: ServiceHours | None,
    facilities: Mapping[str, gpd.GeoDataFrame],
    groups: Sequence[object] | None,
) -> ServicesResult:
    names = list(facilities)
    return ServicesResult(
        total=_named(services.total, names).drop(columns="service"),
        by_group=None if groups is None else _by_group(services, names, groups),
        people=_with_walks(people, services, {name: facilities[name].index for name in names}),
        completeness=services.completeness_total,
        facilities=gpd.GeoDataFrame(pd.concat([_facilities(facilities[name], name, people) for name in names])),
        **({} if hours is None else _by_time(hours, names)),
    )


def _by_time(hours: ServiceHours, names: list[str]) -> dict[str, pd.DataFrame]:
    """Return the tables of a result that hold times of the week."""
    of_id = {f"s{number}": name for number, name in enumerate(names)}
    table = hours.table.assign(service=hours.table["service"].map(of_id)).drop(columns="community")
    sufficiency = hours.sufficiency.drop(columns="community").set_index("time")
    return {"by_time": table.set_index(["time", "service"]), "sufficient_by_time": sufficiency}


def _groups(people: gpd.GeoDataFrame, by: str | None) -> tuple[list[str], Sequence[object]]:
    """Return the code of each person's group, and the groups; "" and none without any."""
    if by is None:
        return [""] * len(people), ()
    column = people[check_column(people, by, "people")].astype(object)
    coded, labels = pd.factorize(column, use_na_sentinel=False)
    return [str(code) for code in coded], list(labels)


def _by_group(services: Services, names: list[str], labels: Sequence[Any]) -> pd.DataFrame:
    table = _named(services.by_community, names).drop(columns="service")
    groups = [labels[int(code)] for code in services.by_community["community"]]
    return table.assign(group=groups).reset_index().set_index(["group", "service"])
