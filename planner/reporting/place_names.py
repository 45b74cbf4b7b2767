"""Places in words that people use: by the nearest crossing of two named streets, else by the nearest street."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.messages.catalogue import Texts
from planner.schemas.tables import Streets

CROSSING_M, STREET_M = 300.0, 150.0
"""How far a place may lie from the crossing, or from the street, by which it is named, metres."""

AT_M, STEP_M = 15.0, 10
"""Within this distance a place is at the crossing; longer distances are rounded to this step, metres."""

SECTORS = ("east", "northeast", "north", "northwest", "west", "southwest", "south", "southeast")


def place_names(points: gpd.GeoSeries, streets: Streets, texts: Texts) -> list[str]:
    """Return the name of each place, "" where no named street is near.

    Parameters
    ----------
    points
        Places in the metric CRS of the streets.
    streets
        Streets; those with a name count. Streets cross where they share a vertex.
    texts
        Language of the names.

    Returns
    -------
    names
        As `Elm Road at Oak Street, 60 m east`. Two places may have the same name.

    Examples
    --------
    >>> from planner.schemas.tables import Streets
    >>> lines = [shapely.LineString([(0, 0), (500, 0)]), shapely.LineString([(0, 0), (0, 500)])]
    >>> streets = Streets(gpd.GeoDataFrame({"name": ["Elm Road", "Oak Street"]}, geometry=lines, crs=32648))
    >>> spots = gpd.GeoSeries([shapely.Point(62, 3), shapely.Point(480, 20), shapely.Point(900, 900)], crs=32648)
    >>> place_names(spots, streets, Texts("en"))
    ['Elm Road at Oak Street, 60 m east', 'Elm Road', '']
    """
    # Of equally near streets the first by name, whatever the order of the file.
    named = streets[streets["name"] != ""].sort_values("name", kind="stable")
    if named.empty or points.empty:
        return [""] * len(points)
    crossings, names = _crossings(named)
    spots = points.to_numpy()
    by_street = _nearest(spots, named.geometry.to_numpy(), within_m=STREET_M)
    by_crossing = _nearest(spots, crossings, within_m=CROSSING_M)
    street_names = named["name"].tolist()
    return [
        _at_crossing(spot, crossings[crossing], names[crossing], texts)
        if crossing >= 0
        else (street_names[street] if street >= 0 else "")
        for spot, crossing, street in zip(spots, by_crossing, by_street, strict=True)
    ]


def _crossings(streets: gpd.GeoDataFrame) -> tuple[NDArray[np.object_], list[tuple[str, str]]]:
    """Return the points where streets of different names meet, and the first two of their names."""
    xy, line = shapely.get_coordinates(streets.geometry.array, return_index=True)
    corners = pd.DataFrame(np.round(xy, 3), columns=["x", "y"])
    # By rank: a name that damaged bytes left with half a character is no string to Arrow.
    names, rank = np.unique(streets["name"].to_numpy(dtype=object), return_inverse=True)
    corners["name"] = rank[line]
    meeting = corners.drop_duplicates().sort_values(["x", "y", "name"], kind="stable")
    meeting = meeting[meeting.duplicated(["x", "y"], keep=False)]
    place = meeting.groupby(["x", "y"], sort=False).cumcount()
    first, second = meeting[place == 0], meeting[place == 1]
    pairs = list(zip(names[first["name"]].tolist(), names[second["name"]].tolist(), strict=True))
    return np.asarray(shapely.points(first[["x", "y"]].to_numpy()), dtype=object), pairs


def _nearest(spots: NDArray[np.object_], shapes: NDArray[np.object_], *, within_m: float) -> NDArray[np.int64]:
    """Return the nearest shape of each spot within a distance, -1 for none; of equally near ones the first."""
    nearest = np.full(len(spots), -1, dtype=np.int64)
    if len(shapes):
        pairs = shapely.STRtree(shapes).query_nearest(spots, max_distance=within_m)
        spot, shape = pairs[:, np.lexsort(pairs[::-1])]
        first = np.unique(spot, return_index=True)[1]
        nearest[spot[first]] = shape[first]
    return nearest


def _at_crossing(spot: shapely.Point, crossing: shapely.Point, names: Sequence[str], texts: Texts) -> str:
    metres, x, y = shapely.distance(spot, crossing), spot.x - crossing.x, spot.y - crossing.y
    one, other = names
    if metres < AT_M:
        return texts("words.place_crossing", one=one, other=other)
    sector = SECTORS[round(np.degrees(np.arctan2(y, x)) / 45) % 8]
    return texts(
        "words.place_beside_crossing",
        one=one,
        other=other,
        metres=texts.whole(max(round(metres / STEP_M), 1) * STEP_M),
        direction=texts(f"words.direction_{sector}"),
    )
