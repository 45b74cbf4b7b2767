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
from planner.population.demand_points import COUNTS, DisaggregatedDemand, Entrances, counted_columns
from planner.population.grid_cells import RasterCells, Spreading, cut_cells, spread_pieces
from planner.population.groups import parse_counts
from planner.population.points import place_demand_points
from planner.schemas.tables import Communities, Demand, Streets


def people_from_households(
    points: gpd.GeoDataFrame, communities: Communities, *, size: float | None, source: str
) -> tuple[gpd.GeoDataFrame, tuple[Notice, ...]]:
    """Give people to demand points that know only their households.

    people = households × household size. Where the community gives its total, the size is such that the total is
    conserved: what is left of it after the points whose people are known, over the households of the others.

    Parameters
    ----------
    points
        With people (NaN where not known), households and community.
    communities
        With people, NaN where not known.
    size
        People a household, for communities without a total.
    source
        What to call the demand layer in a message.

    Returns
    -------
    points
        With people everywhere.
    notices
        How many points were estimated so, and with which sizes.

    Raises
    ------
    DataError
        A community gives no total, and there is no household size.
    """
    unknown = points["people"].isna().to_numpy()
    if not unknown.any():
        return points, ()
    home = points["community"].to_numpy(dtype=object)
    households = points["households"].where(unknown, 0.0).groupby(home).sum()
    known_people = points["people"].fillna(0.0).groupby(home).sum()
    given = communities.set_index("id")["people"].reindex(households.index)
    rest = given - known_people
    size_of = (rest / households).where((rest > 0) & (households > 0))
    if size is None and size_of[households > 0].isna().any():
        lacking = list(size_of.index[size_of.isna() & (households > 0)])
        raise DataError(source, [Issue("no_household_size", {}, lacking)])
    size_of = size_of.fillna(np.nan if size is None else size)
    estimated = points["households"] * size_of.reindex(home).to_numpy()
    people = points["people"].where(~unknown, estimated.fillna(0.0))
    used = size_of[households > 0]
    values = {
        "count": f"{int(unknown.sum())}",
        "least": f"{used.min():.2f}" if len(used) else "–",
        "most": f"{used.max():.2f}" if len(used) else "–",
    }
    total = float(people[unknown].sum())
    return points.assign(people=people), (Notice("people_from_households", "demand", (), total, values),)


def calibrate_people(
    points: gpd.GeoDataFrame, communities: Communities, *, columns: list[str]
) -> gpd.GeoDataFrame:
    """Scale what each community's points count so that their people add up to the community's own total.

    A community without a total, or without people at its points, stays as it is.
    """
    home = points["community"]
    placed = points["people"].groupby(home).sum()
    given = communities.set_index("id")["people"].reindex(placed.index)
    factor = (given / placed).where((given > 0) & (placed > 0), 1.0)
    of_point = factor.reindex(home).to_numpy()
    return gpd.GeoDataFrame(points.assign(**{name: points[name] * of_point for name in columns}))


def population_balance(
    communities: Communities,
    source_people: pd.Series,
    points: gpd.GeoDataFrame,
    *,
    method: str,
    placed_by: pd.Series | None,
    outside: float,
) -> pd.DataFrame:
    """Return the balance of people: one row a community, and a last one for those outside all of them.

    Parameters
    ----------
    communities
        With people, NaN where not known.
    source_people
        By community id: people that the source holds for it, before any scaling.
    points
        Where they were placed.
    method, placed_by
        How; by community id where it differs.
    outside
        People outside every community.

    Returns
    -------
    balance
        community, name, given (by the communities table), found, placed, lost, method, reason (of the loss).
    """
    ids = communities["id"]
    placed = points.groupby("community")["people"].sum().reindex(ids, fill_value=0.0).to_numpy()
    how = ids.map(placed_by).fillna(method) if placed_by is not None and len(placed_by) else method
    rows = pd.DataFrame(
        {
            "community": ids.to_numpy(dtype=object),
            "name": communities["name"].to_numpy(dtype=object),
            "given": communities["people"].to_numpy(),
            "found": source_people.reindex(ids, fill_value=0.0).to_numpy(),
            "placed": placed,
            "lost": 0.0,
            "method": how if isinstance(how, str) else how.to_numpy(dtype=object),
            "reason": "",
        }
    )
    rows.loc[rows["placed"] == 0, "method"] = ""
    last = pd.DataFrame(
        {
            **{name: [""] for name in ("community", "name")},
            "given": [np.nan],
            "found": [outside],
            "placed": [0.0],
            "lost": [outside],
            "method": [""],
            "reason": ["demand_outside" if outside else ""],
        }
    )
    return pd.concat([rows, last], ignore_index=True)


NEEDS = {"points": "demand", "raster": "population", "buildings": "buildings"}
"""The layer that each method needs; people along streets need none."""


@dataclass(frozen=True, slots=True, eq=False)
class Residents:
    """The residents at their demand points, and the balance of people by community."""

    points: gpd.GeoDataFrame
    """One row a demand point inside a community: id, people, households, community, geometry (Point)."""
    method: str
    """``"points"``, ``"raster"``, ``"buildings"`` or ``"along_streets"``."""
    balance: pd.DataFrame
    """One row a community, the last for those outside: community, name, given, found, placed, lost, method,
    reason."""
    notices: tuple[Notice, ...]
    """Rows that could not be used as they are, with the reason."""
    unused: tuple[int, ...] = ()
    """Index of the rows of the demand layer of which nothing lies inside a community."""


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
    points, estimated = people_from_households(placed.points, communities, size=size, source=source)
    if not points["people"].sum() > 0:
        raise DataError(source, [Issue("nobody_inside")])
    read_people = points.groupby("community")["people"].sum()
    notices = [*placed.notices, *estimated]
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
    scaled = calibrate_people(points, communities, columns=columns)
    changed = float(np.abs(communities["people"] - placed)[placed > 0].sum())
    notices = [Notice("people_calibrated", "communities", (), changed)]
    if len(empty):
        along = spread_along_streets(Communities(empty), streets, spacing_m=settings.spacing_m)
        scaled = gpd.GeoDataFrame(pd.concat([scaled, along.points], ignore_index=True), crs=points.crs)
        people = float(empty["people"].sum())
        notices.append(Notice("calibrated_along_streets", "communities", tuple(empty["id"]), people))
    return scaled, notices
