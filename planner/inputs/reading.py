"""Read everything that a study names, check it, and bring it into one metric system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from planner.errors import Breach, DataError, NetworkError, raise_together
from planner.inputs.accounting import SetAside, check_balance, set_aside
from planner.inputs.area import check_nearby, metric_crs, middle_of, project
from planner.inputs.columns import Mapped
from planner.inputs.counting import in_grains
from planner.inputs.datum_choice import DatumChoice, DatumVerdict
from planner.inputs.demand import community_at
from planner.inputs.demand.buildings import homes_of, read_building_kinds
from planner.inputs.demand.kinds import KindDemand, kind_at_places, kind_at_residents, kind_from_layer
from planner.inputs.demand.placing import Residents, demand_method, place_residents
from planner.inputs.demand.rasters import RasterCells, read_raster
from planner.inputs.elevation import Elevation, read_elevation
from planner.inputs.joining import Unmatched, join_communities
from planner.inputs.layers import LayerRead, file_hash, read_layer
from planner.inputs.people_table import count_people
from planner.inputs.places import BusinessPlaces, business_places, read_place_kinds
from planner.inputs.settling import settle_datums
from planner.remarks import Remark
from planner.settings.demand import DemandKind
from planner.settings.layers import Layer, Raster
from planner.study import Study
from planner.tables import (
    BARRIERS,
    BUILDINGS,
    COMMUNITIES,
    DEMAND,
    FACILITIES,
    GATES,
    PARCELS,
    PEOPLE_TABLE,
    PLACES,
    STREETS,
    WATER,
    Barriers,
    Buildings,
    Communities,
    Contract,
    Demand,
    Facilities,
    Gates,
    Parcels,
    PeopleTable,
    Places,
    Streets,
    Table,
    Water,
)

TABLES: tuple[Contract[Any], ...] = (
    *(COMMUNITIES, PEOPLE_TABLE, FACILITIES, STREETS, DEMAND),
    *(WATER, BARRIERS, GATES, BUILDINGS, PLACES, PARCELS),
)
"""In the order in which they are read; the communities say where the others should lie."""

NEARBY_M = 20_000.0
"""A layer farther from the communities than this is in another coordinate system, not in the next district."""

TOLD_ROWS = ("row_total", "row_note")
"""Rows that look like data to a reader: that they are none is told. Blank rows and titles are only counted."""

NOWHERE = DatumVerdict("wgs84", "untested", {})
"""Of a table without places."""

SHORTEST_M = 0.01
"""Streets of which none is longer than this are points: the network joins what lies within a millimetre."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where one layer came from, how it was understood, and what became of its rows.

    `rows` is how many were read; `used` of them are in the results, the others in `set_aside`.
    """

    layer: str
    file: str
    sha256: str
    encoding: str
    columns: tuple[Mapped, ...]
    rows: int
    used: int
    set_aside: tuple[SetAside, ...]
    crs: str
    datum: str
    datum_by: str
    source: str
    modelled: bool


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """All that the study gives, checked, in one metric CRS.

    Attributes
    ----------
    crs
        The projected system that everything is in, metres.
    communities, facilities, streets, demand, water, barriers, gates, parcels
        The tables; demand are points with their community, streets those within the margin, parcels are where a
        station might be had.
    elevation
        The heights of the ground, where slope is asked for.
    demand_method
        ``"points"``, ``"raster"``, ``"buildings"`` or ``"along_streets"``.
    balance
        One row a community, the last for those outside: people given, found, placed and lost, with the reason.
    kinds
        Who is counted besides the residents.
    places
        Shops, offices and enterprises with the people who work there; None where the study gives none.
    margin_m
        How far beyond the communities streets and facilities are kept, metres.
    sources
        Files, hashes, columns and what became of the rows.
    datums
        In which datum each layer is, and why.
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
    parcels: Parcels | None
    elevation: Elevation | None
    demand_method: str
    balance: pd.DataFrame
    kinds: tuple[KindDemand, ...]
    places: BusinessPlaces | None
    margin_m: float
    sources: tuple[Source, ...]
    datums: DatumChoice
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
    method = demand_method(study)
    building_kinds = read_building_kinds(_beside(study, study.demand.building_kinds), study=str(study.file))
    place_kinds = read_place_kinds(_beside(study, study.circles.place_kinds), study=str(study.file))
    tables = _Tables(study, errors)
    given = tables.read_all()
    raise_together(errors)
    counted = None
    if "people_table" in given:
        table = PeopleTable(given.pop("people_table"))
        counted = count_people(Communities(given["communities"]), table, source=tables.source("people_table"))
        given["communities"] = counted.communities
        tables.leave_out("people_table", set_aside("people_table_unmatched", counted.unused))
    facilities, unknown, join_remarks = _join(Facilities(given["facilities"]), Communities(given["communities"]))
    given["facilities"] = facilities
    # A layer in another part of the world has no datum to speak of: that is found out first.
    metric = tables.bring_all(given)
    settled = settle_datums(
        given, tables.layers, named=_named(given), source=tables.source, setting=tables.setting
    )
    if settled.converted:
        metric = tables.bring_all(settled.frames)
    communities, facilities = Communities(metric["communities"]), Facilities(metric["facilities"])
    streets = Streets(metric["streets"])
    demand = Demand(metric["demand"]) if "demand" in metric else None
    water = Water(metric["water"]) if "water" in metric else None
    raster = _raster(study, communities, tables) if method == "raster" else None
    raise_together(errors)

    facilities, facility_remarks = _settle(
        facilities, communities, water, unknown, source=tables.source("facilities")
    )
    all_streets = streets.index
    streets = _within_margin(streets, communities, margin_m, source=tables.source("streets"))
    tables.leave_out("streets", set_aside("beyond_margin", all_streets.difference(streets.index)))
    elevation = tables.elevation(streets)
    homes = homes_of(Buildings(metric["buildings"]), building_kinds) if "buildings" in metric else None
    if homes is not None:
        tables.leave_out("buildings", set_aside("building_not_home", homes.unused))
    of_people = {"points": "demand", "raster": "population"}.get(method, "communities")
    residents = place_residents(
        method,
        study.demand,
        communities,
        streets,
        demand=demand,
        raster=raster,
        homes=homes,
        source=tables.source(of_people),
    )
    residents = replace(residents, points=in_grains(residents.points))
    if demand is not None and method == "points":
        tables.leave_out("demand", set_aside("demand_outside", residents.unused))
    elif demand is not None:
        tables.leave_out("demand", set_aside("layer_not_used", demand.index))
    at_work = business_places(Places(metric["places"]), place_kinds) if "places" in metric else None
    kinds = tuple(
        _kind(
            kind,
            metric.get(_of_kind(kind)),
            residents.points,
            communities,
            at_work,
            source=tables.source(of_people),
        )
        for kind in study.demand.kinds
    )
    for kind in kinds:
        if kind.unused:
            tables.leave_out(_of_kind(kind.settings), set_aside("demand_outside", kind.unused))
    return Inputs(
        crs=communities.crs,
        communities=communities,
        facilities=facilities,
        streets=streets,
        demand=residents.points,
        water=water,
        barriers=Barriers(metric["barriers"]) if "barriers" in metric else None,
        gates=Gates(metric["gates"]) if "gates" in metric else None,
        parcels=Parcels(metric["parcels"]) if "parcels" in metric else None,
        elevation=elevation,
        demand_method=method,
        balance=residents.balance,
        kinds=kinds,
        places=at_work,
        margin_m=margin_m,
        sources=tables.sources(settled.choice),
        datums=settled.choice,
        remarks=(
            *tables.remarks(),
            *settled.remarks,
            *(() if counted is None else counted.remarks),
            *join_remarks,
            *facility_remarks,
            *residents.remarks,
            *_community_remarks(communities, residents),
            *(() if at_work is None else at_work.remarks),
            *(remark for kind in kinds for remark in kind.remarks),
        ),
    )


class _Tables:
    """Reads and checks one table after the other; collects what is wrong, and what becomes of each row."""

    def __init__(self, study: Study, errors: list[DataError]) -> None:
        self._study = study
        self._errors = errors
        self._read: dict[str, LayerRead] = {}
        self._crs: dict[str, str] = {}
        self._left_out: dict[str, list[SetAside]] = {}
        self._rasters: list[Source] = []
        named = {contract.name: getattr(study.inputs, contract.name) for contract in TABLES}
        of_kinds = {_of_kind(kind): kind.layer for kind in study.demand.kinds}
        self.layers: dict[str, Layer] = {
            name: layer for name, layer in {**named, **of_kinds}.items() if layer is not None
        }

    def source(self, name: str) -> str:
        """Return what to call a layer in a message: its file, and the layer in it."""
        layer: Layer | Raster | None = self.layers.get(name) or getattr(self._study.inputs, name, None)
        return name if layer is None else str(layer.path) + _inner(layer)

    def setting(self, name: str) -> str:
        """Return the dotted path of a layer's settings."""
        numbers = {_of_kind(kind): number for number, kind in enumerate(self._study.demand.kinds)}
        return f"demand.kinds.{numbers[name]}.layer" if name in numbers else f"inputs.{name}"

    def read_all(self) -> dict[str, gpd.GeoDataFrame]:
        """Read and check every layer that the study names; what is refused is noted as an error."""
        contracts: dict[str, Contract[Any]] = {contract.name: contract for contract in TABLES}
        tables: dict[str, gpd.GeoDataFrame] = {}
        home = None
        for name in self.layers:
            table = self._read_one(name, contracts.get(name, DEMAND), home)
            if table is not None:
                tables[name] = table
            if name == "communities" and table is not None:
                home = middle_of(table)
        return tables

    def _read_one(self, name: str, contract: Contract[Table], home: tuple[float, float] | None) -> Table | None:
        layer = self.layers[name]
        path = self._study.resolve(layer.path)
        try:
            found = read_layer(path, layer, setting=self.setting(name), contract=contract, home=home)
            table = contract.check(found.frame, source=self.source(name), known=found.breaches)
        except DataError as error:
            self._errors.append(error)
            return None
        self._read[name] = found
        self._crs[name] = table.crs.to_string()
        self._left_out[name] = [set_aside(one.key, map(int, one.rows)) for one in found.left_out]
        return table

    def leave_out(self, name: str, rows: SetAside) -> None:
        """Note that rows of a layer do not go into the results."""
        if rows.count:
            self._left_out[name].append(rows)

    def sources(self, choice: DatumChoice) -> tuple[Source, ...]:
        """Return where each layer came from and what became of its rows; none is lost."""
        tables = (self._source(name, found, choice) for name, found in self._read.items())
        return (*tables, *self._rasters)

    def remarks(self) -> tuple[Remark, ...]:
        """Return what was understood otherwise than it is written, and the totals and notes among the rows."""
        told = []
        for name, found in self._read.items():
            told += [Remark(one.key, name, one.rows) for one in found.left_out if one.key in TOLD_ROWS]
            told += found.remarks
        return tuple(told)

    def _source(self, name: str, found: LayerRead, choice: DatumChoice) -> Source:
        layer = self.layers[name]
        aside = tuple(self._left_out[name])
        used = found.read - sum(one.count for one in aside)
        check_balance(name, len(found.frame) + sum(len(one.rows) for one in found.left_out), found.read, ())
        verdict = choice.layers.get(name, NOWHERE)
        return Source(
            layer=name,
            file=_portable(layer.path) + _inner(layer),
            sha256=file_hash(self._study.resolve(layer.path)),
            encoding=found.encoding,
            columns=found.mapped,
            rows=found.read,
            used=used,
            set_aside=aside,
            crs=self._crs[name],
            datum=verdict.datum,
            datum_by=verdict.how,
            source=layer.source,
            modelled=layer.modelled,
        )

    def note_raster(self, name: str, layer: Raster, *, cells: int, crs: pyproj.CRS) -> None:
        """Note where a raster came from; its cells count as rows."""
        self._rasters.append(
            Source(
                layer=name,
                file=_portable(layer.path),
                sha256=file_hash(self._study.resolve(layer.path)),
                encoding="",
                columns=(),
                rows=cells,
                used=cells,
                set_aside=(),
                crs=crs.to_string(),
                datum="wgs84",
                datum_by="untested",
                source=layer.source,
                modelled=layer.modelled,
            )
        )

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
            stated_crs=layer.crs,
        )
        self.note_raster("elevation", layer, cells=elevation.cells, crs=elevation.crs)
        return elevation

    def refuse(self, error: DataError) -> None:
        """Collect what is wrong with a layer."""
        self._errors.append(error)

    def bring_all(self, given: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
        """Bring all layers into the metric system of the communities.

        Raises
        ------
        DataError
            What cannot be brought there, or lies far away.
        """
        study, source = self._study, self.source("communities")
        communities = Communities(given["communities"])
        crs = metric_crs(communities, study.crs, study=str(study.file), source=source)
        communities = Communities(project(communities, crs, source=source))
        others = {name: frame for name, frame in given.items() if name != "communities"}
        moved = {name: self._bring(name, frame, communities) for name, frame in others.items()}
        raise_together(self._errors)
        return {"communities": communities, **moved}

    def _bring(self, name: str, table: gpd.GeoDataFrame, communities: Communities) -> gpd.GeoDataFrame:
        source = self.source(name)
        try:
            moved = project(table, communities.crs, source=source)
            declared = table.crs.to_string()
            check_nearby(moved, communities, within_m=NEARBY_M, source=source, declared=declared)
        except DataError as error:
            self._errors.append(error)
            return table
        return moved


def _inner(layer: Layer | Raster) -> str:
    return f" [{layer.layer}]" if isinstance(layer, Layer) and layer.layer else ""


def _beside(study: Study, path: Path | None) -> Path | None:
    return None if path is None else study.resolve(path)


def _portable(path: Path) -> str:
    """Return a path as it may stand in a result: as the study gives it, or the bare name of an absolute one."""
    return path.name if path.is_absolute() else path.as_posix()


def _of_kind(kind: DemandKind) -> str:
    """Return what the layer of a kind of demand is called among the layers."""
    return f"kinds.{kind.id}"


def _join(facilities: Facilities, communities: Communities) -> tuple[Facilities, list[Breach], tuple[Remark, ...]]:
    """Find the community that each facility declares, by id, code or name."""
    joined = join_communities(facilities["community"], list(facilities["id"]), communities)
    breaches = []
    for key, rows in (("unknown_community", joined.unmatched), ("ambiguous_community", joined.ambiguous)):
        if rows:
            breaches.append(Breach(key, {"found": _candidates(rows)}, [one.row for one in rows]))
    breaches += _lost_branches(facilities)
    count = {"count": joined.by_name}
    remarks = (Remark("joined_by_name", "facilities", values=count),) if joined.by_name else ()
    return Facilities(facilities.assign(community=joined.ids)), breaches, remarks


def _lost_branches(facilities: Facilities) -> list[Breach]:
    """Return what is wrong with branches: of a centre that is not there, of themselves, or of another branch."""
    main = facilities["branch_of"]
    centres = set(facilities["id"][main == ""])
    lost = (main != "") & ~main.isin(centres)
    found = ", ".join(sorted(set(main[lost])))
    return [Breach("unknown_main", {"found": found}, list(facilities["id"][lost]))] if lost.any() else []


def _candidates(rows: Sequence[Unmatched]) -> str:
    """Return what rows say, each with what it may mean."""
    return ", ".join(sorted({one.given + (f" (→ {one.nearest}?)" if one.nearest else "") for one in rows}))


def _named(given: Mapping[str, gpd.GeoDataFrame]) -> dict[str, NDArray[np.object_]]:
    """Return the community that each row names; of demand it is evidence only, so that an unknown one is none."""
    named = {"facilities": given["facilities"]["community"].to_numpy(dtype=object)}
    if "demand" in given:
        demand, communities = given["demand"], Communities(given["communities"])
        joined = join_communities(demand["community"], list(demand["id"]), communities)
        named["demand"] = joined.ids.to_numpy(dtype=object)
    return named


def _settle(
    facilities: Facilities,
    communities: Communities,
    water: Water | None,
    unknown: Sequence[Breach],
    *,
    source: str,
) -> tuple[Facilities, tuple[Remark, ...]]:
    """Give each facility its community: the declared one, else the one that it stands in."""
    breaches = list(unknown)
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


def _raster(study: Study, communities: Communities, tables: _Tables) -> RasterCells | None:
    """Read the population raster; None where it is refused."""
    layer, settings = study.inputs.population, study.demand
    if layer is None:
        return None
    try:
        raster = read_raster(
            study.resolve(layer.path),
            communities,
            unit=settings.raster_unit,
            band=settings.raster_band,
            nodata=settings.raster_nodata,
            crs=layer.crs,
            source=tables.source("population"),
        )
    except DataError as error:
        tables.refuse(error)
        return None
    tables.note_raster("population", layer, cells=raster.rows, crs=raster.crs)
    return raster


def _kind(
    settings: DemandKind,
    layer: gpd.GeoDataFrame | None,
    residents: gpd.GeoDataFrame,
    communities: Communities,
    places: BusinessPlaces | None,
    *,
    source: str,
) -> KindDemand:
    """Count one kind of demand in the way that its settings name."""
    if layer is not None:
        return kind_from_layer(settings, Demand(layer), communities)
    if settings.places and places is not None:
        return kind_at_places(settings, places.points, communities)
    return kind_at_residents(settings, residents, communities, source=source)


def _community_remarks(communities: Communities, residents: Residents) -> list[Remark]:
    balance = residents.balance[:-1].set_axis(communities.index)
    remarks = []
    without = ~(balance["placed"] > 0)
    if without.any():
        remarks.append(Remark("community_without_people", "communities", tuple(communities["id"][without])))
    differs = balance["given"].notna() & ((balance["given"] - balance["placed"]).abs() >= 1)
    if residents.method in {"points", "raster"} and differs.any():
        gap = float(np.abs(balance["given"] - balance["placed"])[differs].sum())
        remarks.append(Remark("people_differ", "communities", tuple(communities["id"][differs]), gap))
    return remarks


def households_by_community(communities: Communities, demand: gpd.GeoDataFrame) -> pd.Series:
    """Return the households of each community by its id: its own number, else the sum of its demand points."""
    summed = demand.groupby("community")["households"].sum(min_count=1).reindex(communities["id"])
    own: pd.Series = communities.set_index("id")["households"]
    return own.where(own.notna(), summed)
