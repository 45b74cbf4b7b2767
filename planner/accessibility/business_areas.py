"""Business areas (商圈): clusters of shops, offices and enterprises on foot, with their workers and stations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.accessibility.walk_clusters import NOISE, dbscan, hdbscan, walk_distances
from planner.config.sections.demand import BusinessAreaSettings
from planner.messages.catalogue import Language, Phrase
from planner.messages.notices import Notice
from planner.network.isochrones.unions import unite_areas
from planner.network.network import WalkingNetwork
from planner.network.positions import select_snapped
from planner.network.snapping import SnappedPoints
from planner.network.walk import WalkSettings, is_within
from planner.network.walker import Walker
from planner.population.business_places import BusinessPlaces
from planner.schemas.tables import Facilities, Streets

STATION = "station"


@dataclass(frozen=True, slots=True, eq=False)
class BusinessAreas:
    """Business areas of a study."""

    table: gpd.GeoDataFrame
    """One row an area, most workers first: id (B1, B2, …), name, name_from (given, place or street), places,
    workers, workers_given (of these, those that the layer states), middle (id of the central place),
    station_within (whether a station is within the standard of it), station and station_min (the nearest, ""
    and `inf` where none can be reached), centre and centre_min (the nearest of any tier), workers_covered
    (within the standard of a station), workers_near_middle (within the standard of the central place), area_m2,
    geometry (its extent)."""
    places: gpd.GeoDataFrame
    """The places that count, with circle (id of the area, "" in none) and station_min (`inf` beyond the
    standard)."""
    standard_min: float
    """Service standard, minutes."""
    notices: tuple[Notice, ...]
    """Places that reach no street."""


def find_business_areas(  # noqa: PLR0913 - inputs of one stage, each by name
    given: BusinessPlaces,
    walker: Walker,
    facilities: Facilities,
    facility_snaps: SnappedPoints,
    streets: Streets,
    *,
    settings: BusinessAreaSettings,
    standard_min: float,
    language: Language,
) -> BusinessAreas:
    """Cluster places on the walking network, and name the clusters.

    Parameters
    ----------
    given
        The places.
    walker
        Network and walk.
    facilities, facility_snaps
        Facilities, and the same snapped.
    streets
        The rows that the network was built from, for street names.
    settings
        Clustering method and its parameters.
    standard_min
        Limit within which an area should have a station, minutes, inclusive.
    language
        Of the names.

    Returns
    -------
    areas
        Independent of the order of the places.
    """
    candidates = given.points[given.points["circle"]]
    # Ties go to the lower id, whatever the order of the file.
    places = gpd.GeoDataFrame(candidates.sort_values("id", kind="stable"))
    snaps = walker.snap(places)
    metres = walk_distances(walker, snaps, within_m=settings.within_m)
    labels = (
        dbscan(metres, within_m=settings.within_m, min_places=settings.least_places)
        if settings.method == "dbscan"
        else hdbscan(metres, min_places=settings.least_places)
    )
    workers = places["workers"].to_numpy()
    numbers = _by_workers(labels, workers)
    area_ids = np.array([f"B{numbers[label] + 1}" if label != NOISE else "" for label in labels], dtype=object)

    stations = (facilities["tier"] == STATION).to_numpy()
    station_min = _minutes_within(walker, facility_snaps, stations, snaps, limit_min=standard_min)
    places = gpd.GeoDataFrame(places.assign(circle=area_ids, station_min=station_min))
    members = [np.flatnonzero(area_ids == f"B{number}") for number in range(1, len(numbers) + 1)]
    middles = np.array([_middle(places, rows) for rows in members], dtype=np.int64)
    table = _table(
        places,
        members,
        middles,
        names=_names(places, members, middles, _street_names(snaps, walker.network, streets), settings, language),
        extents=_extents(walker, snaps, members, reach_m=settings.within_m / 2),
        near_station=_nearest(walker, facilities, facility_snaps, stations, snaps.xy[middles]),
        near_centre=_nearest(
            walker, facilities, facility_snaps, np.ones(len(facilities), dtype=bool), snaps.xy[middles]
        ),
        near_middle=_workers_near(walker, snaps, members, middles, workers, limit_min=standard_min),
        standard_min=standard_min,
    )
    off_network = places[~snaps.reaches_street]
    access = {"access_m": f"{walker.access_m:g}"}
    notices = (
        (Notice("place_no_street", "places", tuple(off_network["id"]), values=access),) if len(off_network) else ()
    )
    return BusinessAreas(table, places, standard_min, notices)


def _by_workers(labels: NDArray[np.int64], workers: NDArray[np.float64]) -> dict[int, int]:
    """Return the rank of each cluster by workers, most first; equal ones in the order of their first places."""
    clusters = sorted(set(labels.tolist()) - {NOISE})
    at_work = {label: round(float(workers[labels == label].sum()), 6) for label in clusters}
    return {
        label: place for place, label in enumerate(sorted(clusters, key=lambda label: (-at_work[label], label)))
    }


def _middle(places: gpd.GeoDataFrame, rows: NDArray[np.int64]) -> int:
    """Return the place nearest to the mean position of the workers, the first of several as near."""
    xy = shapely.get_coordinates(places.geometry.array[rows])
    workers = places["workers"].to_numpy()[rows]
    mean = np.average(xy, axis=0, weights=workers if workers.sum() > 0 else None)
    away = np.round(np.hypot(*(xy - mean).T), 3)
    return int(rows[np.argmin(away)])


def _minutes_within(
    walker: Walker,
    facility_snaps: SnappedPoints,
    chosen: NDArray[np.bool_],
    places: SnappedPoints,
    *,
    limit_min: float,
) -> NDArray[np.float64]:
    times = walker.times(facility_snaps, places, within_min=limit_min)
    minutes, _ = times.of_facilities(chosen).nearest()
    return minutes


def _workers_near(
    walker: Walker,
    snaps: SnappedPoints,
    members: list[NDArray[np.int64]],
    middles: NDArray[np.int64],
    workers: NDArray[np.float64],
    *,
    limit_min: float,
) -> NDArray[np.float64]:
    """Return the workers of each area within a limit of its central place."""
    times = walker.times(select_snapped(snaps, middles), snaps, within_min=limit_min)
    area_of = np.full(len(workers), -1)
    for number, rows in enumerate(members):
        area_of[rows] = number
    same = area_of[times.demand] == times.facility
    near = np.bincount(times.facility[same], weights=workers[times.demand[same]], minlength=len(members))
    return near.astype(np.float64)


def _nearest(
    walker: Walker,
    facilities: Facilities,
    facility_snaps: SnappedPoints,
    chosen: NDArray[np.bool_],
    xy: NDArray[np.float64],
) -> tuple[list[str], NDArray[np.float64]]:
    """Return the nearest of the chosen facilities at any distance, and the minutes to it."""
    if not chosen.any() or not len(xy):
        return [""] * len(xy), np.full(len(xy), np.inf)
    among = select_snapped(facility_snaps, np.flatnonzero(chosen))
    minutes, nearest = walker.nearest_of_places(among, xy, within_min=walker.upper_bound_min)
    ids = np.append(facilities["id"].to_numpy(dtype=object)[chosen], "")
    return [str(one) for one in ids[nearest]], minutes


def _extents(
    walker: Walker, snaps: SnappedPoints, members: list[NDArray[np.int64]], *, reach_m: float
) -> list[shapely.Geometry]:
    """Return the service area of each area's places within `reach_m`, and the lines from places to their streets.

    Measured from the street position nearest to each place, buffered by `access_m`, but no more than `reach_m`.
    """
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *members])
    narrow = Walker(walker.network, WalkSettings(walker.walk.speed_kmh, min(walker.access_m, reach_m)))
    on_street = narrow.snap(snaps.nearest_xy[rows])
    limit_min = narrow.walk.minutes(reach_m + narrow.access_m)
    areas = narrow.service_areas(on_street, limits_min=[limit_min])[:, 0]
    ways = shapely.linestrings(np.stack([snaps.xy[rows], snaps.nearest_xy[rows]], axis=1))
    parts = np.concatenate([areas, shapely.buffer(ways, narrow.access_m)])
    ends = np.cumsum([len(own) for own in members])
    return [
        unite_areas(parts[np.concatenate([spots, spots + len(rows)])])
        for spots in (np.arange(end - len(own), end) for own, end in zip(members, ends, strict=True))
    ]


def _street_names(snaps: SnappedPoints, network: WalkingNetwork, streets: Streets) -> NDArray[np.object_]:
    """Return the name of the street nearest to each place."""
    row = network.edge_street[network.segment_edge[snaps.nearest_segment]]
    return np.asarray(streets["name"].to_numpy(dtype=object)[row], dtype=object)


def _names(
    places: gpd.GeoDataFrame,
    members: list[NDArray[np.int64]],
    middles: NDArray[np.int64],
    street_names: NDArray[np.object_],
    settings: BusinessAreaSettings,
    language: Language,
) -> list[tuple[str, str]]:
    """Return each area's name and its source; of equal names, all but the first carry a number."""
    names = []
    used: Counter[str] = Counter()
    for rows, middle in zip(members, middles, strict=True):
        at = int(np.flatnonzero(rows == middle)[0])
        in_area = gpd.GeoDataFrame(places.iloc[rows])
        name = name_business_area(in_area, street_names[rows], middle=at, given=settings.names)
        text = name.text.in_words(language) if isinstance(name.text, Phrase) else name.text
        used[text] += 1
        again = Phrase("words.circle_again", {"name": text, "number": used[text]}).in_words(language)
        names.append((again if used[text] > 1 else text, name.source))
    return names


def _table(  # noqa: PLR0913 - one column each
    places: gpd.GeoDataFrame,
    members: list[NDArray[np.int64]],
    middles: NDArray[np.int64],
    *,
    names: list[tuple[str, str]],
    extents: list[shapely.Geometry],
    near_station: tuple[list[str], NDArray[np.float64]],
    near_centre: tuple[list[str], NDArray[np.float64]],
    near_middle: NDArray[np.float64],
    standard_min: float,
) -> gpd.GeoDataFrame:
    workers, given = places["workers"].to_numpy(), places["workers_given"].to_numpy()
    served = is_within(places["station_min"].to_numpy(), standard_min)
    ids = places["id"].to_numpy(dtype=object)
    columns = {
        "id": [f"B{number}" for number in range(1, len(members) + 1)],
        "name": [name for name, _ in names],
        "name_from": [source for _, source in names],
        "places": np.array([len(rows) for rows in members], dtype=np.int64),
        "workers": np.array([workers[rows].sum() for rows in members], dtype=np.float64),
        "workers_given": np.array([workers[rows][given[rows]].sum() for rows in members], dtype=np.float64),
        "workers_covered": np.array([workers[rows][served[rows]].sum() for rows in members], dtype=np.float64),
        "workers_near_middle": near_middle,
        "middle": [str(ids[middle]) for middle in middles],
        "station_within": is_within(near_station[1], standard_min),
        "station": near_station[0],
        "station_min": near_station[1],
        "centre": near_centre[0],
        "centre_min": near_centre[1],
        "area_m2": np.array([shape.area for shape in extents], dtype=np.float64),
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=extents, crs=places.crs)


@dataclass(frozen=True, slots=True)
class BusinessAreaName:
    """A business area's name, and its source: "given", "place" or "street"."""

    text: Phrase | str
    source: str


def name_business_area(
    members: gpd.GeoDataFrame,
    streets: NDArray[np.object_],
    *,
    middle: int,
    given: Mapping[str, str],
) -> BusinessAreaName:
    """Name a business area.

    By the user's name for any of its places; else its named place of the greatest weight, else of the highest
    class of landmark, with the most workers among these and the lowest id among equals; else the street on which
    most of its workers work; else its central place.

    Parameters
    ----------
    members
        Its places, ordered by id.
    streets
        Name of the street nearest to each, "" where it has none.
    middle
        Position of its central place.
    given
        The user's names by the id of a place.
    """
    own = [given[place] for place in members["id"] if place in given]
    if own:
        return BusinessAreaName(own[0], "given")
    named = members[members["name"] != ""]
    weight = named["weight"].fillna(0.0)
    important = named[weight == weight.max()] if (weight > 0).any() else named[named["landmark"] > 0]
    if len(important):
        rank = important.assign(minus_landmark=-important["landmark"], minus_workers=-important["workers"])
        first = rank.sort_values(["minus_landmark", "minus_workers", "id"], kind="stable").iloc[0]
        return BusinessAreaName(_area_name(str(first["name"])), "place")
    on_street: dict[str, float] = {}
    for street, workers in zip(streets, members["workers"], strict=True):
        if street:
            on_street[str(street)] = on_street.get(str(street), 0.0) + float(workers)
    if on_street:
        most = max(on_street.values())
        return BusinessAreaName(
            _area_name(min(name for name, workers in on_street.items() if workers == most)), "street"
        )
    place = members.iloc[middle]
    return BusinessAreaName(_area_name(str(place["name"] or place["id"])), "place")


def _area_name(name: str) -> Phrase | str:
    return name if name.endswith("商圈") else Phrase("words.circle_of", {"name": name})
