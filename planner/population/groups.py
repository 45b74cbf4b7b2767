"""Kinds of demand: who is counted besides the residents, each kind a demand table of its own."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.config.sections.demand import GroupSettings
from planner.messages.errors import DataError, Issue
from planner.messages.notices import Notice
from planner.population.demand_points import community_at
from planner.population.points import place_demand_points
from planner.schemas.tables import Communities, Demand


@dataclass(frozen=True, slots=True, eq=False)
class GroupDemand:
    """One kind of demand."""

    settings: GroupSettings
    """What the study states of it."""
    points: gpd.GeoDataFrame
    """As demand points: id, people (of this kind), community, geometry."""
    at_residents: bool
    """Whether these are the residents' own points, row by row, so that no walk is measured twice."""
    given: float
    """People of this kind that the source holds."""
    notices: tuple[Notice, ...]
    """Rows that could not be used."""
    unused: tuple[int, ...] = ()
    """Index of the rows of its own layer that lie outside every community."""


def group_among_residents(
    settings: GroupSettings, residents: gpd.GeoDataFrame, communities: Communities, *, source: str
) -> GroupDemand:
    """Count a kind at the residents' points: from a column of the demand layer or the communities, or by a share.

    A column of the communities is spread as the residents of each are.

    Raises
    ------
    DataError
        Neither layer has the column, or it holds what is no number or is below zero.
    """
    if settings.share is not None:
        people = residents["people"] * settings.share
        return GroupDemand(
            settings, _counted(residents, people), at_residents=True, given=people.sum(), notices=()
        )
    column = settings.column or ""
    # A column of the schema, such as people_65, is there and blank where the layer has none.
    if column in residents.columns and not residents[column].isna().all():
        people = parse_counts(residents[column], column, residents["id"], source).fillna(0.0)
        return GroupDemand(
            settings, _counted(residents, people), at_residents=True, given=people.sum(), notices=()
        )
    if column not in communities.columns:
        present = ", ".join(sorted(set(communities.columns) - {"geometry"}))
        raise DataError(source, [Issue("kind_column_missing", {"column": column, "present": present})])
    total = parse_counts(communities[column], column, communities["id"], source).fillna(0.0)
    total = total.set_axis(communities["id"])
    home = residents["community"]
    share = residents["people"] / residents["people"].groupby(home).sum().reindex(home).to_numpy()
    people = (share * total.reindex(home).to_numpy()).fillna(0.0)
    unplaced = total[(total > 0) & ~total.index.isin(home[residents["people"] > 0])]
    notices = (
        (Notice("kind_without_residents", "communities", tuple(unplaced.index), float(unplaced.sum())),)
        if len(unplaced)
        else ()
    )
    return GroupDemand(
        settings, _counted(residents, people), at_residents=True, given=float(total.sum()), notices=notices
    )


def group_from_layer(settings: GroupSettings, layer: Demand, communities: Communities) -> GroupDemand:
    """Count a kind at the points of a layer of its own."""
    placed = place_demand_points(layer, communities)
    notices = tuple(
        Notice("kind_outside", "demand", notice.rows, notice.people, {"kind": settings.title})
        for notice in placed.notices
    )
    people = float(layer["people"].sum())
    return GroupDemand(
        settings, placed.points, at_residents=False, given=people, notices=notices, unused=placed.unused
    )


def group_at_places(settings: GroupSettings, workers: gpd.GeoDataFrame, communities: Communities) -> GroupDemand:
    """Count the people who work at the places, `workers` with id, workers and geometry (points)."""
    points = gpd.GeoDataFrame(
        {"id": workers["id"], "people": workers["workers"], "households": np.nan}, geometry=workers.geometry
    )
    community = community_at(points, communities)
    inside = (community != "").to_numpy()
    lost = points[~inside]
    notices = (
        (Notice("kind_outside", "places", tuple(lost["id"]), lost["people"].sum(), {"kind": settings.title}),)
        if len(lost)
        else ()
    )
    placed = gpd.GeoDataFrame(points[inside].assign(community=community[inside]), crs=workers.crs)
    given = float(points["people"].sum())
    return GroupDemand(settings, placed, at_residents=False, given=given, notices=notices)


def parse_counts(values: pd.Series, column: str, ids: pd.Series, source: str) -> pd.Series:
    """Return a column as numbers, blank cells as NaN.

    Raises
    ------
    DataError
        It holds what is no number, or is below zero.
    """
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    blank = values.isna() | (values.astype(str).str.strip() == "")
    unreadable = ~blank & ~np.isfinite(numbers)
    issues = []
    if unreadable.any():
        listed = ", ".join(sorted({str(value) for value in values[unreadable]})[:8])
        issues.append(Issue("not_a_number", {"column": column, "found": listed}, list(ids[unreadable])))
    if (numbers < 0).any():
        issues.append(Issue("negative_number", {"column": column}, list(ids[numbers < 0])))
    if issues:
        raise DataError(source, issues)
    return numbers


def _counted(residents: gpd.GeoDataFrame, people: pd.Series) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(residents[["id", "community", "geometry"]].assign(people=people, households=np.nan))
