"""People within reach on frames: coverage, floating catchments, cumulative opportunities, business areas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.business_areas import find_business_areas
from planner.accessibility.coverage import people_shares
from planner.accessibility.two_step_fca import two_step_access
from planner.api.arguments import check_number, check_settings, in_short, read_limit, read_minutes
from planner.api.frames import as_frame, check_column, labels_at, read_numbers, read_points, restore_crs
from planner.api.networks import WalkNetwork, walker_of
from planner.api.progress import CallProgress
from planner.config.sections.demand import BusinessAreaSettings
from planner.messages.errors import DataError, Issue
from planner.network.travel_times import TravelTimes
from planner.network.walk import is_within
from planner.population.business_places import business_places, read_place_kinds
from planner.reporting.notebook_maps import COVERED, EXISTING, UNCOVERED, Drawn, MapResult, html_table
from planner.schemas.tables import FACILITIES, PLACES, Facilities, Streets

Minutes = float | Sequence[float]


@dataclass(frozen=True, eq=False, repr=False)
class CoverageResult(MapResult):
    """People within walking limits of a facility."""

    total: pd.DataFrame
    """One row a limit (index: minutes): people, people_covered, people_share, people_overlap (two facilities or
    more), overlap_share, points, points_covered, points_share."""
    by_group: pd.DataFrame | None
    """The same by group: group, minutes, and these columns; None without groups."""
    people: gpd.GeoDataFrame
    """The people as given, with minutes and facility of the nearest (`inf` and missing beyond the longest limit)
    and facilities (number within the longest limit)."""
    facilities: gpd.GeoDataFrame
    """The facilities as given."""

    @property
    def share(self) -> float:
        """Share of the people within the longest limit, 0 to 1."""
        return float(self.total["people_share"].iloc[-1])

    @property
    def uncovered(self) -> gpd.GeoDataFrame:
        """People beyond the longest limit, as given."""
        return gpd.GeoDataFrame(self.people[self.people["facilities"] == 0])

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the people with their nearest facility."""
        return self.people

    def layers(self) -> list[Drawn]:
        """Return people covered, people not covered and facilities."""
        return [
            (self.people[self.people["facilities"] > 0], {"color": COVERED, "name": "covered", "markersize": 2}),
            (self.uncovered, {"color": UNCOVERED, "name": "not covered", "markersize": 2}),
            (self.facilities, {"color": EXISTING, "name": "facilities", "marker_kwds": {"radius": 6}}),
        ]

    def __repr__(self) -> str:
        return f"CoverageResult({'; '.join(f'{name}: {value}' for name, value in self._figures().items())})"

    def _repr_html_(self) -> str:
        return html_table("Coverage", self._figures())

    def _figures(self) -> dict[str, str]:
        return {
            f"within {limit:g} min": f"{row.people_covered:,.0f} of {row.people:,.0f} ({row.people_share:.1%})"
            for limit, row in zip(self.total.index, self.total.itertuples(), strict=True)
        }


def coverage(
    net: WalkNetwork,
    facilities: gpd.GeoDataFrame,
    people: gpd.GeoDataFrame,
    minutes: Minutes = 5,
    *,
    weight: str | Sequence[str] | None = "people",
    by: str | None = None,
) -> CoverageResult:
    """Count the people within walking limits of a facility, in total and by group.

    People are counted at their points by walking time, never by overlaying polygons; limits are inclusive.

    Parameters
    ----------
    net
        Network.
    facilities, people
        Points in any CRS.
    minutes
        One limit, or several, minutes.
    weight
        Column of people; of several the first counts and each is a group (such as ``["people", "people_65"]``);
        None: every point counts 1.
    by
        Column whose values are groups, such as the district; people without a value are a group too (NaN).

    Returns
    -------
    coverage
        Shares, the people with their nearest facility, and `uncovered`.

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
    >>> centres = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0], [0]), crs=32648)
    >>> homes = gpd.GeoDataFrame({"people": [30, 10]}, geometry=gpd.points_from_xy([300, 600], [0, 0]), crs=32648)
    >>> from planner.api.networks import walk_network
    >>> found = coverage(walk_network(road), centres, homes, minutes=5)
    >>> found
    CoverageResult(within 5 min: 30 of 40 (75.0%))
    >>> found.uncovered["people"].tolist()
    [10]
    """
    limits, walker = read_minutes(minutes), walker_of(net)
    weights = [weight] if weight is None or isinstance(weight, str) else list(weight)
    starts = read_points(walker, facilities, name="facilities")
    ends = [read_points(walker, people, name="people", weight=column) for column in weights]
    given = ends[0].frame
    with CallProgress("coverage") as progress:
        times = progress.times(walker, starts.snaps, ends[0].snaps, within_min=limits[-1])
    within = {limit: times.count_within(limit) for limit in limits}
    shares = {limit: people_shares(ends[0].metric, within[limit]) for limit in limits}
    groups: list[dict[str, object]] = []
    for limit in limits:
        for column, points in zip(weights, ends, strict=True) if len(weights) > 1 else ():
            groups.append({"group": column, "minutes": limit, **people_shares(points.metric, within[limit])})
        if by is not None:
            of_group = given[check_column(given, by, "people")].reset_index(drop=True)
            for group, members in of_group.groupby(of_group, sort=True, dropna=False, observed=True):
                rows = members.index.to_numpy()
                part = people_shares(ends[0].metric.iloc[rows], within[limit][rows])
                groups.append({"group": group, "minutes": limit, **part})
    minutes_min, facility = times.nearest()
    return CoverageResult(
        total=pd.DataFrame(shares.values(), index=pd.Index(limits, name="minutes")),
        by_group=pd.DataFrame(groups) if groups else None,
        people=gpd.GeoDataFrame(
            given.assign(
                minutes=minutes_min, facility=labels_at(starts.labels, facility), facilities=within[limits[-1]]
            )
        ),
        facilities=starts.frame,
    )


def two_step_fca(
    net: WalkNetwork,
    facilities: gpd.GeoDataFrame,
    people: gpd.GeoDataFrame,
    minutes: Minutes = 15,
    *,
    supply: str,
    weight: str | None = "people",
    decay: Sequence[float] | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Compute the two-step floating catchment area accessibility (2SFCA; E2SFCA with several zones).

    Parameters
    ----------
    net
        Network.
    facilities, people
        Points in any CRS.
    minutes
        Catchment, or outer limits of its zones, minutes.
    supply
        Column of the facilities, such as ``"floor_area_m2"``; NaN is not known.
    weight
        Column of people; None: every point counts 1.
    decay
        Weight of each zone, in the order of `minutes`; None: 1 for all.

    Returns
    -------
    people
        The people as given, with access: supply per person within reach.
    facilities
        The facilities as given, with people_in_catchment and supply_ratio.

    References
    ----------
    .. [1] Luo, W., Wang, F. (2003). Measures of spatial accessibility to health care in a GIS environment.
       Environment and Planning B 30.

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
    >>> centres = gpd.GeoDataFrame({"area": [60.0]}, geometry=gpd.points_from_xy([0], [0]), crs=32648)
    >>> homes = gpd.GeoDataFrame({"people": [20, 10]}, geometry=gpd.points_from_xy([300, 600], [0, 0]), crs=32648)
    >>> from planner.api.networks import walk_network
    >>> homes, centres = two_step_fca(walk_network(road), centres, homes, 15, supply="area")
    >>> homes["access"].tolist(), centres["supply_ratio"].tolist()
    ([2.0, 2.0], [2.0])
    """
    (zones, weights), walker = _zones(minutes, decay), walker_of(net)
    starts = read_points(walker, facilities, name="facilities")
    ends = read_points(walker, people, name="people", weight=weight)
    amounts = read_numbers(starts, supply, "facilities")
    with CallProgress("two_step_fca") as progress:
        times = progress.times(walker, starts.snaps, ends.snaps, within_min=zones[-1])
    catchments = two_step_access(times, ends.people, amounts, zones_min=zones, weights=weights)
    return (
        gpd.GeoDataFrame(ends.frame.assign(access=catchments.access)),
        gpd.GeoDataFrame(
            starts.frame.assign(people_in_catchment=catchments.people, supply_ratio=catchments.ratio)
        ),
    )


def _zones(minutes: object, decay: object) -> tuple[list[float], list[float]]:
    """Return the outer limits of the zones, rising, and the weight that was given with each."""
    zones = read_minutes(minutes)
    if decay is None:
        return zones, [1.0] * len(zones)
    weights: list[object] = list(decay) if isinstance(decay, Iterable) else [decay]
    limits = [float(one) for one in (minutes if isinstance(minutes, Iterable) else [minutes])]  # type: ignore[arg-type]
    if not len(weights) == len(limits) == len(zones):
        raise DataError(
            "decay", [Issue("decay_not_of_minutes", {"minutes": in_short(minutes), "decay": in_short(decay)})]
        )
    paired = dict(zip(limits, (check_number("decay", weight) for weight in weights), strict=True))
    return zones, [paired[zone] for zone in zones]


def opportunities(
    net: WalkNetwork,
    facilities: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    minutes: Minutes = (5, 10, 15),
    *,
    weight: str | None = None,
) -> pd.DataFrame:
    """Count the facilities, or sum their supply, within walking limits: cumulative opportunities.

    Parameters
    ----------
    net
        Network.
    facilities, demand
        Points in any CRS.
    minutes
        Limits, minutes, inclusive.
    weight
        Column of the facilities to sum; None counts them.

    Returns
    -------
    opportunities
        One row a demand point, with its index, and one column a limit (minutes).

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
    >>> shops = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 300], [0, 0]), crs=32648)
    >>> homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([600], [0]), index=["x"], crs=32648)
    >>> from planner.api.networks import walk_network
    >>> opportunities(walk_network(road), shops, homes, minutes=[5, 10]).loc["x"].tolist()
    [1.0, 2.0]
    """
    limits, walker = read_minutes(minutes), walker_of(net)
    starts = read_points(walker, facilities, name="facilities", weight=weight)
    ends = read_points(walker, demand, name="demand")
    with CallProgress("opportunities") as progress:
        times = progress.times(walker, starts.snaps, ends.snaps, within_min=limits[-1])
    columns = {limit: _sum_within(times, starts.people, limit) for limit in limits}
    return pd.DataFrame(columns, index=ends.labels).rename_axis(columns="minutes")


def _sum_within(times: TravelTimes, supply: NDArray[np.float64], limit_min: float) -> NDArray[np.float64]:
    inside = is_within(times.minutes, limit_min)
    return np.bincount(
        times.demand[inside], weights=supply[times.facility[inside]], minlength=times.n_demand
    ).astype(np.float64)


def business_areas(
    net: WalkNetwork,
    places: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame | None = None,
    *,
    minutes: float = 5,
    **settings: object,
) -> gpd.GeoDataFrame:
    """Cluster shops, offices and enterprises on the walking network into business areas.

    Parameters
    ----------
    net
        Network.
    places
        Points or areas in any CRS; optional name, kind, jobs, weight (docs/data.md).
    facilities
        Facilities with `tier`; None if there are none.
    minutes
        Limit within which an area should have a station, minutes, inclusive.
    settings
        Of `[business_areas]` in a study: method, within_m, least_places.

    Returns
    -------
    areas
        One row an area, most workers first: id, name, places, workers, station_min, area_m2, geometry, in the CRS
        of the places.
    """
    walker = walker_of(net)
    limit = read_limit(minutes)
    places = as_frame(places, "places", needs_crs=True)
    shops = PLACES.check(_with_ids(places), source="places")
    given = business_places(
        PLACES.as_type(gpd.GeoDataFrame(shops.to_crs(net.crs))), read_place_kinds(None, study="business_areas")
    )
    if facilities is None:
        blank = {column.name: pd.Series(dtype=object) for column in FACILITIES.columns}
        centres = Facilities(gpd.GeoDataFrame(blank, geometry=[], crs=net.crs))
    else:
        centres = Facilities(
            gpd.GeoDataFrame(
                FACILITIES.check(
                    _with_ids(as_frame(facilities, "facilities", needs_crs=True)), source="facilities"
                ).to_crs(net.crs)
            )
        )
    areas_of_business = find_business_areas(
        given,
        walker,
        centres,
        walker.snap(np.array([(p.x, p.y) for p in centres.geometry], dtype=np.float64).reshape(-1, 2)),
        Streets(net.walked),
        settings=check_settings(BusinessAreaSettings, settings, name="business_areas"),
        standard_min=limit,
        language="en",
    )
    return restore_crs(areas_of_business.table, places.crs)


def _with_ids(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame with its index as `id`, unless it has one."""
    ids: Iterable[str] = [str(label) for label in frame.index]
    return frame if "id" in frame.columns else gpd.GeoDataFrame(frame.assign(id=list(ids)))
