"""The layers that a study names: read and checked one after the other, and what becomes of each of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj

from planner.contracts import Contract, Table
from planner.errors import DataError, raise_together
from planner.inputs.accounting import SetAside, check_balance, set_aside
from planner.inputs.area import check_nearby, metric_crs, middle_of, project
from planner.inputs.columns import Mapped
from planner.inputs.datum_choice import DatumChoice, DatumVerdict
from planner.inputs.elevation import Elevation, read_elevation
from planner.inputs.layers import LayerRead, file_hash, read_layer
from planner.inputs.unread import Unread
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
    Communities,
    Streets,
)

TABLES: tuple[Contract[Any], ...] = (
    *(COMMUNITIES, PEOPLE_TABLE, FACILITIES, STREETS, DEMAND),
    *(WATER, BARRIERS, GATES, BUILDINGS, PLACES, PARCELS),
)
"""In the order in which they are read; the communities say where the others should lie."""

NEARBY_M = 20_000.0
"""A layer farther from the communities than this is in another coordinate system, not in the next district."""

TOLD_ROWS = ("row_total", "row_note", "row_above", "row_section", "row_numbering")
"""Rows that look like data to a reader: that they are none is told. Blank rows and titles are only counted."""

COUNTED_LAYERS = ("communities", "people_table", "demand")
"""Layers whose further columns may count a kind of people."""

NOWHERE = DatumVerdict("wgs84", "untested", {})
"""Of a table without places."""


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
    unread: tuple[Unread, ...]
    rows: int
    used: int
    set_aside: tuple[SetAside, ...]
    crs: str
    datum: str
    datum_by: str
    source: str
    modelled: bool


class StudyLayers:
    """Reads and checks one table after the other; collects what is wrong, and what becomes of each row."""

    def __init__(self, study: Study, errors: list[DataError]) -> None:
        self._study = study
        self._errors = errors
        self._read: dict[str, LayerRead] = {}
        self._crs: dict[str, str] = {}
        self._left_out: dict[str, list[SetAside]] = {}
        self._rasters: list[Source] = []
        named = {contract.name: getattr(study.inputs, contract.name) for contract in TABLES}
        of_kinds = {layer_of_kind(kind): kind.layer for kind in study.demand.kinds}
        self.layers: dict[str, Layer] = {
            name: layer for name, layer in {**named, **of_kinds}.items() if layer is not None
        }

    def source(self, name: str) -> str:
        """Return what to call a layer in a message: its file, and the layer in it."""
        layer: Layer | Raster | None = self.layers.get(name) or getattr(self._study.inputs, name, None)
        return name if layer is None else str(layer.path) + _inner(layer)

    def setting(self, name: str) -> str:
        """Return the dotted path of a layer's settings."""
        numbers = {layer_of_kind(kind): number for number, kind in enumerate(self._study.demand.kinds)}
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
            found = read_layer(
                path, layer, setting=self.setting(name), contract=contract, home=home, counted=self._counted(name)
            )
            table = contract.check(found.frame, source=self.source(name), known=found.breaches)
        except DataError as error:
            self._errors.append(error)
            return None
        self._read[name] = found
        self._crs[name] = table.crs.to_string()
        self._left_out[name] = [set_aside(one.key, map(int, one.rows)) for one in found.left_out]
        return table

    def _counted(self, name: str) -> tuple[str, ...]:
        """Return the further columns of a layer by which the study counts people."""
        if name not in COUNTED_LAYERS:
            return ()
        return tuple(dict.fromkeys(kind.column for kind in self._study.demand.kinds if kind.column))

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
            unread=found.unread,
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
                unread=(),
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


def layer_of_kind(kind: DemandKind) -> str:
    """Return what the layer of a kind of demand is called among the layers."""
    return f"kinds.{kind.id}"


def _inner(layer: Layer | Raster) -> str:
    return f" [{layer.layer}]" if isinstance(layer, Layer) and layer.layer else ""


def _portable(path: Path) -> str:
    """Return a path as it may stand in a result: as the study gives it, or the bare name of an absolute one."""
    return path.name if path.is_absolute() else path.as_posix()
