"""Candidates from what a table gives: plots, buildings and rooms that can be had; and business areas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.accessibility.business_areas import BusinessAreas
from planner.network.walker import Walker
from planner.schemas.tables import Parcels
from planner.siting.candidates.candidate import Candidate, make_ids_unique
from planner.siting.candidates.clusters import POSITION_DIGITS, snap_to_streets


def parcel_candidate(parcel: str) -> str:
    """Return the id of the candidate on a parcel.

    Examples
    --------
    >>> parcel_candidate("A")
    'P:A'
    """
    return f"P:{parcel}"


def propose_parcels(parcels: Parcels, walker: Walker) -> list[Candidate]:
    """Propose every parcel that is given.

    A point is where the station would be entered. Of an outline, the entrance is taken to be where it comes
    nearest to the street position nearest to a point inside it.

    Parameters
    ----------
    parcels
        The checked table, in the network's CRS.
    walker
        Network and walk.

    Returns
    -------
    candidates
        One a parcel, P:<id>, in the table's order, with its own cost, area and tenure.
    """
    spots = _entrances(parcels, walker)
    rows = parcels.drop(columns="geometry").to_dict(orient="records")
    return [
        Candidate(
            id=parcel_candidate(row["id"]),
            source="parcels",
            x_m=float(x),
            y_m=float(y),
            cost=_number(row["cost"]),
            name=str(row["name"]),
            area_m2=_number(row["area_m2"]),
            tenure=str(row["tenure"]),
        )
        for row, (x, y) in zip(rows, spots, strict=True)
    ]


def propose_business_areas(circles: BusinessAreas, walker: Walker) -> list[Candidate]:
    """Propose the middle of every business area: the place of business nearest to where its people work.

    Returns
    -------
    candidates
        One a circle, under its name, with its workers as people; C and the sign of its place.
    """
    places = circles.places.set_index("id").geometry.reindex(circles.table["middle"])
    xy = shapely.get_coordinates(places.array)
    return make_ids_unique(
        snap_to_streets(
            "C",
            "business_areas",
            xy,
            walker,
            people=[float(workers) for workers in circles.table["workers"]],
            names=[str(name) for name in circles.table["name"]],
        )
    )


def _entrances(parcels: gpd.GeoDataFrame, walker: Walker) -> NDArray[np.float64]:
    shapes = parcels.geometry.array
    inside = shapely.point_on_surface(shapes)
    street = shapely.points(walker.snap(shapely.get_coordinates(inside)).nearest_xy)
    ways = shapely.shortest_line(shapes, street)
    entrances = shapely.get_coordinates(shapely.get_point(ways, 0))
    return np.asarray(np.round(entrances, POSITION_DIGITS) + 0.0, dtype=np.float64)


def _number(number: object) -> float | None:
    value = float(str(number))
    return None if np.isnan(value) else value
