"""Read everything that a study names, check it, and bring it into one metric system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from planner.errors import SHOWN_ROWS, Breach, DataError, NetworkError, raise_together
from planner.inputs.area import check_nearby, metric_crs, project
from planner.inputs.counting import in_grains
from planner.inputs.demand import PlacedDemand, community_at, place_demand, spread_along_streets
from planner.inputs.elevation import Elevation, read_elevation
from planner.inputs.layers import file_hash, read_layer
from planner.remarks import Remark
from planner.study import Layer, Raster, Study
from planner.tables import (
    BARRIERS,
    COMMUNITIES,
    DEMAND,
    FACILITIES,
    GATES,
    STREETS,
    WATER,
    Barriers,
    Communities,
    Contract,
    Demand,
    Facilities,
    Gates,
    Streets,
    Table,
    Water,
)

NEARBY_M = 20_000.0
"""A layer farther from the communities than this is in another coordinate system, not in the next district."""

SHORTEST_M = 0.01
"""Streets of which none is longer than this are points: the network joins what lies within a millimetre."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where one layer came from, for the report."""

    layer: str
    file: str
    sha256: str
    rows: int
    crs: str
    source: str
    modelled: bool


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """All that the study gives, checked, in one metric CRS.

    Attributes
    ----------
    crs
        The projected system that everything is in, metres.
    communities, facilities, streets, demand, water, barriers, gates
        The tables; demand are points with their community, streets those within the margin.
    elevation
        The heights of the ground, where slope is asked for.
    demand_method
        ``"points"`` or ``"along_streets"``.
    margin_m
        How far beyond the communities streets and facilities are kept, metres.
    sources
        Files, hashes and row counts.
    remarks
        Rows that could not be used as they are, with the reason.
    """

    crs: pyproj.CRS
    communities: Communities
    facilities: Facilities
    streets: Streets
    demand: gpd.GeoDataFrame
    water: Water | None
    barriers: Barriers | None
    gates: Gates | None
    elevation: Elevation | None
    demand_method: str
    margin_m: float
    sources: tuple[Source, ...]
    remarks: tuple[Remark, ...]


def read_inputs(study: Study, *, margin_m: float) -> Inputs:
    """Read the layers of a study.

    Parameters
    ----------
    study
        The settings.
    margin_m
        How far beyond the communities a walk within the longest limit can lead, metres: streets and facilities
        are kept that far, so that people near the border are served by what stands beyond it.

    Returns
    -------
    inputs
        Checked tables in the metric CRS, rows in the order of their files.

    Raises
    ------
    DataError
        Everything that is wrong with every layer, at once.
    NetworkError
        No street lies within the communities and the margin.
    StudyError
        The study's own `crs` does not measure in metres.
    """
    errors: list[DataError] = []
    tables = _Tables(study, errors)
    communities = tables.read("communities", COMMUNITIES)
    facilities = tables.read("facilities", FACILITIES)
    streets = tables.read("streets", STREETS)
    demand = tables.read("demand", DEMAND)
    water = tables.read("water", WATER)
    barriers = tables.read("barriers", BARRIERS)
    gates = tables.read("gates", GATES)
    raise_together(errors)
    if communities is None or facilities is None or streets is None:
        message = "a required layer was neither read nor refused"
        raise AssertionError(message)

    crs = metric_crs(communities, study.crs, study=str(study.file), source=tables.source("communities"))
    communities = Communities(project(communities, crs, source=tables.source("communities")))
    facilities = tables.bring(facilities, FACILITIES, communities)
    streets = tables.bring(streets, STREETS, communities)
    demand = None if demand is None else tables.bring(demand, DEMAND, communities)
    water = None if water is None else tables.bring(water, WATER, communities)
    barriers = None if barriers is None else tables.bring(barriers, BARRIERS, communities)
    gates = None if gates is None else tables.bring(gates, GATES, communities)
    raise_together(errors)

    facilities, facility_remarks = _settle(facilities, communities, water, source=tables.source("facilities"))
    streets = _within_margin(streets, communities, margin_m, source=tables.source("streets"))
    elevation = tables.elevation(streets)
    of_people = tables.source("communities" if demand is None else "demand")
    placed = in_grains(_people(study, communities, demand, streets, source=of_people))
    return Inputs(
        crs=crs,
        communities=communities,
        facilities=facilities,
        streets=streets,
        demand=placed.points,
        water=water,
        barriers=barriers,
        gates=gates,
        elevation=elevation,
        demand_method=placed.method,
        margin_m=margin_m,
        sources=tuple(tables.sources),
        remarks=(*facility_remarks, *placed.remarks, *_community_remarks(communities, placed, demand)),
    )


class _Tables:
    """Reads and checks one table after the other, collecting what is wrong with any."""

    def __init__(self, study: Study, errors: list[DataError]) -> None:
        self._study = study
        self._errors = errors
        self.sources: list[Source] = []

    def source(self, name: str) -> str:
        """Return what to call a layer in a message: its file, and the layer in it."""
        layer: Layer | Raster | None = getattr(self._study.inputs, name)
        if layer is None:
            return name
        inner = layer.layer if isinstance(layer, Layer) else None
        return str(layer.path) + (f" [{inner}]" if inner else "")

    def read(self, name: str, contract: Contract[Table]) -> Table | None:
        """Read and check one layer; None where the study does not name it or it is refused."""
        layer: Layer | None = getattr(self._study.inputs, name)
        if layer is None:
            return None
        path = self._study.resolve(layer.path)
        try:
            columns = [column.name for column in contract.columns]
            frame, breaches = read_layer(path, layer, setting=f"inputs.{name}", columns=columns)
            table = contract.check(frame, source=self.source(name), known=breaches)
        except DataError as error:
            self._errors.append(error)
            return None
        self.sources.append(
            Source(
                layer=name,
                file=_portable(layer.path) + (f" [{layer.layer}]" if layer.layer else ""),
                sha256=file_hash(path),
                rows=len(table),
                crs=table.crs.to_string(),
                source=layer.source,
                modelled=layer.modelled,
            )
        )
        return table

    def elevation(self, streets: Streets) -> Elevation | None:
        """Read the heights under the streets; None where slope does not count.

        Raises
        ------
        DataError
            They cannot be read.
        """
        layer, costs = self._study.inputs.elevation, self._study.walking.costs
        if layer is None or not costs.slope:
            return None
        path = self._study.resolve(layer.path)
        elevation = read_elevation(
            path,
            bounds=streets.total_bounds,
            crs=streets.crs,
            smoothing_m=costs.slope_smoothing_m,
            setting="inputs.elevation",
            source=self.source("elevation"),
        )
        self.sources.append(
            Source(
                layer="elevation",
                file=_portable(layer.path),
                sha256=file_hash(path),
                rows=elevation.cells,
                crs=elevation.crs.to_string(),
                source=layer.source,
                modelled=layer.modelled,
            )
        )
        return elevation

    def bring(self, table: Table, contract: Contract[Table], communities: Communities) -> Table:
        """Bring a table into the communities' system; what cannot be, or lies far away, is noted as an error."""
        source = self.source(contract.name)
        try:
            moved = project(table, communities.crs, source=source)
            declared = table.crs.to_string()
            check_nearby(moved, communities, within_m=NEARBY_M, source=source, declared=declared)
        except DataError as error:
            self._errors.append(error)
            return table
        return contract.as_type(moved)


def _portable(path: Path) -> str:
    """Return a path as it may stand in a result: as the study gives it, or the bare name of an absolute one."""
    return path.name if path.is_absolute() else path.as_posix()


def _settle(
    facilities: Facilities, communities: Communities, water: Water | None, *, source: str
) -> tuple[Facilities, tuple[Remark, ...]]:
    """Give each facility its community: the declared one, else the one that it stands in."""
    breaches = []
    unknown = ~facilities["community"].isin(["", *communities["id"]])
    if unknown.any():
        found = ", ".join(sorted(set(facilities["community"][unknown]))[:SHOWN_ROWS])
        breaches.append(Breach("unknown_community", {"found": found}, list(facilities["id"][unknown])))
    if water is not None:
        wet = facilities.geometry.within(shapely.union_all(water.geometry.array))
        if wet.any():
            breaches.append(Breach("centre_in_water", {}, list(facilities["id"][wet])))
    if breaches:
        raise DataError(source, breaches)
    stands_in = community_at(facilities, communities)
    declared = facilities["community"]
    elsewhere = (declared != "") & (declared != stands_in)
    remarks: tuple[Remark, ...] = ()
    if elsewhere.any():
        remarks = (Remark("facility_elsewhere", "facilities", tuple(facilities["id"][elsewhere])),)
    return Facilities(facilities.assign(community=declared.where(declared != "", stands_in))), remarks


def _within_margin(streets: Streets, communities: Communities, margin_m: float, *, source: str) -> Streets:
    area = shapely.buffer(shapely.union_all(communities.geometry.array), margin_m)
    shapely.prepare(area)
    kept = streets[shapely.intersects(area, streets.geometry.array)]
    if kept.empty:
        raise NetworkError(source, [Breach("no_streets_inside", {"margin_m": f"{margin_m:,.0f}"})])
    if not kept.length.max() >= SHORTEST_M:
        raise NetworkError(source, [Breach("no_street_length")])
    return Streets(kept)


def _people(
    study: Study, communities: Communities, demand: Demand | None, streets: Streets, *, source: str
) -> PlacedDemand:
    if demand is not None:
        placed = place_demand(demand, communities)
        if not placed.points["people"].sum() > 0:
            raise DataError(source, [Breach("nobody_inside")])
        return placed
    if not communities["people"].sum() > 0:
        raise DataError(source, [Breach("no_people_anywhere")])
    return spread_along_streets(communities, streets, spacing_m=study.demand.spacing_m)


def _community_remarks(communities: Communities, placed: PlacedDemand, demand: Demand | None) -> list[Remark]:
    counted = placed.points.groupby("community")["people"].sum().reindex(communities["id"], fill_value=0.0)
    counted = counted.set_axis(communities.index)
    remarks = []
    without = ~(counted > 0)
    if without.any():
        remarks.append(Remark("community_without_people", "communities", tuple(communities["id"][without])))
    differs = communities["people"].notna() & ((communities["people"] - counted).abs() >= 1)
    if demand is not None and differs.any():
        gap = float(np.abs(communities["people"] - counted)[differs].sum())
        remarks.append(Remark("people_differ", "communities", tuple(communities["id"][differs]), gap))
    return remarks


def households_by_community(communities: Communities, demand: gpd.GeoDataFrame) -> pd.Series:
    """Return the households of each community by its id: its own number, else the sum of its demand points."""
    summed = demand.groupby("community")["households"].sum(min_count=1).reindex(communities["id"])
    own: pd.Series = communities.set_index("id")["households"]
    return own.where(own.notna(), summed)
