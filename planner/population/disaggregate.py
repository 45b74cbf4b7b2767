"""Place the residents: by the method that the study names, or that its layers make possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.config.sections.demand import DemandSettings
from planner.config.study import Study
from planner.messages.errors import DataError, Issue, StudyError
from planner.messages.notices import Notice
from planner.population.along_streets import StreetSpots, spread_along_streets
from planner.population.buildings import ResidentialBuildings, spread_over_buildings
from planner.population.demand_points import COUNTS, DisaggregatedDemand, counted_columns
from planner.population.grid_cells import RasterCells, Spreading, cut_cells, spread_pieces
from planner.population.groups import parse_counts
from planner.population.points import place_demand_points
from planner.population.start_points import Entrances
from planner.population.totals import calibrate, people_from_households, population_balance
from planner.schemas.tables import Communities, Demand, Streets

NEEDS = {"points": "demand", "raster": "population", "buildings": "buildings"}
"""The layer that each method needs; people along streets need none."""


@dataclass(frozen=True, slots=True, eq=False)
class Residents:
    """The residents at their demand points, and the balance of people by community.

    Attributes
    ----------
    points
        One row a demand point inside a community: id, people, households, community, geometry (Point).
    method
        ``"points"``, ``"raster"``, ``"buildings"`` or ``"along_streets"``.
    balance
        One row a community, the last for those outside: community, name, given, found, placed, lost, method,
        reason.
    notices
        Rows that could not be used as they are, with the reason.
    unused
        Index of the rows of the demand layer of which nothing lies inside a community.
    """

    points: gpd.GeoDataFrame
    method: str
    balance: pd.DataFrame
    notices: tuple[Notice, ...]
    unused: tuple[int, ...] = ()


def demand_method(study: Study) -> str:
    """Return how the residents of a study are placed.

    Raises
    ------
    StudyError
        The study names a method and not the layer that it needs.
    """
    stated_method, inputs = study.demand.method, study.inputs
    given = [method for method, layer in NEEDS.items() if getattr(inputs, layer) is not None]
    if stated_method == "auto":
        return given[0] if given else "along_streets"
    if stated_method in NEEDS and stated_method not in given:
        values = {"method": stated_method, "layer": f"inputs.{NEEDS[stated_method]}"}
        raise StudyError(str(study.file), [Issue("method_without_layer", values)])
    return stated_method


def disaggregate_population(  # noqa: PLR0913 - all the layers that people may come from, each by name
    method: str,
    settings: DemandSettings,
    communities: Communities,
    streets: Streets,
    *,
    demand: Demand | None,
    raster: RasterCells | None,
    homes: ResidentialBuildings | None,
    doors: Entrances | None = None,
    source: str,
) -> Residents:
    """Place the residents of every community.

    Parameters
    ----------
    method
        What `demand_method` states.
    settings
        The study's.
    communities, streets
        In one projected CRS.
    demand, raster, homes
        The layer that the method needs; homes also take the people of wide cells.
    doors
        Where the people of large buildings in the demand layer start; None leaves them at a point inside.
    source
        What to call the layer that people come from in a message.

    Returns
    -------
    residents
        Points and balance: what is found = what is placed, before scaling, and what is lost.

    Raises
    ------
    DataError
        There are no people anywhere, or none inside a community.
    """
    spread = Spreading(settings.cell_m, StreetSpots(streets, spacing_m=settings.spacing_m), homes, doors)
    named = [kind.column for kind in settings.groups if kind.column]
    counts = [*COUNTS, *named]
    if method == "points" and demand is not None:
        demand = _numeric(demand, named, source)
        counts = list(dict.fromkeys([*counts, *counted_columns(demand)]))
        placed = place_demand_points(demand, communities, spreading=spread, counts=counts)
    elif method == "raster" and raster is not None:
        placed = _place_raster(raster, communities, spread)
    else:
        if not communities["people"].sum() > 0:
            raise DataError(source, [Issue("no_people_anywhere")])
        spacing_m = settings.spacing_m
        if method == "buildings" and homes is not None:
            placed = spread_over_buildings(communities, homes, streets, spacing_m=spacing_m)
        else:
            placed = spread_along_streets(communities, streets, spacing_m=spacing_m)
    size = settings.household_size
    points, reckoned = people_from_households(placed.points, communities, size=size, source=source)
    if not points["people"].sum() > 0:
        raise DataError(source, [Issue("nobody_inside")])
    read_people = points.groupby("community")["people"].sum()
    notices = [*placed.notices, *reckoned]
    if spread.homes is not None and method != "buildings":
        notices += spread.homes.notices
    if settings.calibrate and method in {"points", "raster"}:
        points, scaled = _calibrated(points, communities, streets, settings, counts)
        notices += scaled
    balance = population_balance(
        communities, read_people, points, method=method, placed_by=placed.placed_by, outside=placed.outside
    )
    return Residents(points, method, balance, tuple(notices), placed.unused)


def _numeric(demand: Demand, columns: Sequence[str], source: str) -> Demand:
    """Return the layer with the columns that population groups count by as numbers."""
    present = {name: parse_counts(demand[name], name, demand["id"], source) for name in columns if name in demand}
    return Demand(gpd.GeoDataFrame(demand.assign(**present))) if present else demand


def _place_raster(raster: RasterCells, communities: Communities, spread: Spreading) -> DisaggregatedDemand:
    cells, spread = raster.cells, replace(spread, doors=None)
    pieces, outside = cut_cells(cells, communities, counts=["people"])
    points = spread_pieces(pieces, spread, counts=["people"]).assign(households=np.nan, people_65=np.nan)
    values = {"cells": f"{len(cells):,}", "empty": f"{raster.without_data:,}"}
    # A raster goes on beyond the communities by its nature: only what its border cells lose is worth a word.
    touching = outside[outside["id"].isin(set(pieces["id"]))]
    lost = float(touching["people"].sum())
    notices = [Notice("raster_read", "population", (), 0.0, values)]
    if lost > 0:
        notices.append(Notice("raster_cut", "population", (), lost, {"count": f"{len(touching)}"}))
    return DisaggregatedDemand(
        gpd.GeoDataFrame(points[["id", "people", "households", "people_65", "community", "geometry"]]),
        "raster",
        tuple(notices),
        outside=lost,
    )


def _calibrated(
    points: gpd.GeoDataFrame,
    communities: Communities,
    streets: Streets,
    settings: DemandSettings,
    counts: Sequence[str],
) -> tuple[gpd.GeoDataFrame, list[Notice]]:
    """Scale to the communities' totals; a community with a total and nobody at its points takes its streets."""
    columns = [name for name in counts if name in points.columns]
    placed = points.groupby("community")["people"].sum().reindex(communities["id"], fill_value=0.0).to_numpy()
    empty = communities[(communities["people"] > 0) & (placed == 0)]
    scaled = calibrate(points, communities, columns=columns)
    changed = float(np.abs(communities["people"] - placed)[placed > 0].sum())
    notices = [Notice("people_calibrated", "communities", (), changed)]
    if len(empty):
        along = spread_along_streets(Communities(empty), streets, spacing_m=settings.spacing_m)
        scaled = gpd.GeoDataFrame(pd.concat([scaled, along.points], ignore_index=True), crs=points.crs)
        people = float(empty["people"].sum())
        notices.append(Notice("calibrated_along_streets", "communities", tuple(empty["id"]), people))
    return scaled, notices
