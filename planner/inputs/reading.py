"""Read everything that a study names, check it, and bring it into one metric system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
from planner.inputs.datum_choice import DatumChoice
from planner.inputs.demand import PlacedDemand, community_at, place_demand, spread_along_streets
from planner.inputs.joining import Unmatched, join_communities
from planner.inputs.layers import LayerRead, file_hash, read_layer
from planner.inputs.settling import settle_datums
from planner.remarks import Remark
from planner.study import Layer, Study
from planner.tables import (
    BARRIERS,
    COMMUNITIES,
    DEMAND,
    FACILITIES,
    STREETS,
    WATER,
    Barriers,
    Communities,
    Contract,
    Demand,
    Facilities,
    Streets,
    Table,
    Water,
)

NEARBY_M = 20_000.0
"""A layer farther from the communities than this is in another coordinate system, not in the next district."""

TOLD_ROWS = ("row_total", "row_note")
"""Rows that look like data to a reader: that they are none is told. Blank rows and titles are only counted."""

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
    communities, facilities, streets, demand, water, barriers
        The tables; demand are points with their community, streets those within the margin.
    demand_method
        ``"points"`` or ``"along_streets"``.
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
    demand_method: str
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
    tables = _Tables(study, errors)
    communities = tables.read("communities", COMMUNITIES)
    home = None if communities is None else middle_of(communities)
    facilities = tables.read("facilities", FACILITIES, home=home)
    streets = tables.read("streets", STREETS, home=home)
    demand = tables.read("demand", DEMAND, home=home)
    water = tables.read("water", WATER, home=home)
    barriers = tables.read("barriers", BARRIERS, home=home)
    raise_together(errors)
    if communities is None or facilities is None or streets is None:
        message = "a required layer was neither read nor refused"
        raise AssertionError(message)

    facilities, unknown, join_remarks = _join(facilities, communities)
    named = None if demand is None else _named_by_demand(demand, communities)
    tables_read: dict[str, gpd.GeoDataFrame | None] = {
        "communities": communities,
        "facilities": facilities,
        "demand": demand,
        "streets": streets,
        "water": water,
        "barriers": barriers,
    }
    given = {name: frame for name, frame in tables_read.items() if frame is not None}
    # A layer in another part of the world has no datum to speak of: that is found out first.
    metric = tables.bring_all(given)
    settled = settle_datums(
        given,
        study,
        named={
            "facilities": facilities["community"].to_numpy(dtype=object),
            **({} if named is None else {"demand": named}),
        },
        source=tables.source,
    )
    if settled.converted:
        metric = tables.bring_all(settled.frames)
    crs = metric["communities"].crs
    communities, facilities = Communities(metric["communities"]), Facilities(metric["facilities"])
    streets = Streets(metric["streets"])
    demand = Demand(metric["demand"]) if "demand" in metric else None
    water = Water(metric["water"]) if "water" in metric else None
    barriers = Barriers(metric["barriers"]) if "barriers" in metric else None

    facilities, facility_remarks = _settle(
        facilities, communities, water, unknown, source=tables.source("facilities")
    )
    all_streets = streets.index
    streets = _within_margin(streets, communities, margin_m, source=tables.source("streets"))
    tables.leave_out("streets", set_aside("beyond_margin", all_streets.difference(streets.index)))
    of_people = tables.source("communities" if demand is None else "demand")
    placed = _people(study, communities, demand, streets, source=of_people)
    if demand is not None:
        tables.leave_out("demand", set_aside("demand_outside", demand.index.difference(placed.points.index)))
    return Inputs(
        crs=crs,
        communities=communities,
        facilities=facilities,
        streets=streets,
        demand=placed.points,
        water=water,
        barriers=barriers,
        demand_method=placed.method,
        margin_m=margin_m,
        sources=tables.sources(settled.choice),
        datums=settled.choice,
        remarks=(
            *tables.remarks(),
            *settled.remarks,
            *join_remarks,
            *facility_remarks,
            *placed.remarks,
            *_community_remarks(communities, placed, demand),
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

    def source(self, name: str) -> str:
        """Return what to call a layer in a message: its file, and the layer in it."""
        layer: Layer | None = getattr(self._study.inputs, name)
        if layer is None:
            return name
        return str(layer.path) + (f" [{layer.layer}]" if layer.layer else "")

    def read(
        self, name: str, contract: Contract[Table], *, home: tuple[float, float] | None = None
    ) -> Table | None:
        """Read and check one layer; None where the study does not name it or it is refused."""
        layer: Layer | None = getattr(self._study.inputs, name)
        if layer is None:
            return None
        path = self._study.resolve(layer.path)
        try:
            found = read_layer(path, layer, setting=f"inputs.{name}", contract=contract, home=home)
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
        return tuple(self._source(name, found, choice) for name, found in self._read.items())

    def remarks(self) -> tuple[Remark, ...]:
        """Return what was understood otherwise than it is written, and the totals and notes among the rows."""
        told = []
        for name, found in self._read.items():
            told += [Remark(one.key, name, one.rows) for one in found.left_out if one.key in TOLD_ROWS]
            told += found.remarks
        return tuple(told)

    def _source(self, name: str, found: LayerRead, choice: DatumChoice) -> Source:
        layer: Layer = getattr(self._study.inputs, name)
        aside = tuple(self._left_out[name])
        used = found.read - sum(one.count for one in aside)
        check_balance(name, len(found.frame) + sum(len(one.rows) for one in found.left_out), found.read, ())
        verdict = choice.layers[name]
        return Source(
            layer=name,
            file=_portable(layer.path) + (f" [{layer.layer}]" if layer.layer else ""),
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


def _portable(path: Path) -> str:
    """Return a path as it may stand in a result: as the study gives it, or the bare name of an absolute one."""
    return path.name if path.is_absolute() else path.as_posix()


def _join(facilities: Facilities, communities: Communities) -> tuple[Facilities, list[Breach], tuple[Remark, ...]]:
    """Find the community that each facility declares, by id, code or name."""
    joined = join_communities(facilities["community"], list(facilities["id"]), communities)
    breaches = []
    for key, rows in (("unknown_community", joined.unmatched), ("ambiguous_community", joined.ambiguous)):
        if rows:
            breaches.append(Breach(key, {"found": _candidates(rows)}, [one.row for one in rows]))
    count = {"count": joined.by_name}
    remarks = (Remark("joined_by_name", "facilities", values=count),) if joined.by_name else ()
    return Facilities(facilities.assign(community=joined.ids)), breaches, remarks


def _candidates(rows: Sequence[Unmatched]) -> str:
    """Return what rows say, each with what it may mean."""
    return ", ".join(sorted({one.given + (f" (→ {one.nearest}?)" if one.nearest else "") for one in rows}))


def _named_by_demand(demand: Demand, communities: Communities) -> NDArray[np.object_]:
    """Return the community that each demand point names; it is evidence only, so that an unknown one is none."""
    joined = join_communities(demand["community"], list(demand["id"]), communities)
    return joined.ids.to_numpy(dtype=object)


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
