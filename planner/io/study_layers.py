"""The layers that a study names: read and checked one after the other, and what becomes of each of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj

from planner.cache import NO_CACHE, Cache
from planner.config.sections.demand import GroupSettings
from planner.config.sections.layers import Layer, Raster
from planner.config.study import Study, portable_path
from planner.io.datum.resolve import DatumChoice, LayerDatum
from planner.io.datum.transform import check_shifts, datum_name, find_shift, raise_unknown
from planner.io.formats import is_extract
from planner.io.layer_read import DroppedRows, FileNotes, LayerRead, check_balance, drop_rows
from planner.io.layers import file_hash, frame_hash, read_layer
from planner.io.osm.objects import TaggedObjects
from planner.io.osm.place import ATTRIBUTION, TELLING, add_attribution, is_from_osm
from planner.io.raster import Elevation, read_elevation
from planner.io.service_places import layer_of_service, service_columns, service_layer
from planner.io.study_area import check_nearby, choose_metric_crs, find_centre, reproject_layer
from planner.io.tables.columns import MappedColumn
from planner.io.tables.layer_columns import UnusedColumn
from planner.io.vector.readers import table_contents
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue, raise_together
from planner.messages.notices import Notice
from planner.schemas.table_schema import Table, TableSchema
from planner.schemas.tables import (
    DEMAND,
    SERVICES,
    TABLES,
    Communities,
    Streets,
)

NEARBY_M = 20_000.0
"""A layer farther from the communities than this is in another coordinate system, not in the next district."""

REPORTED_ROWS = ("row_total", "row_note", "row_above", "row_section", "row_numbering", "row_translation")
"""Rows that look like data to a reader: that they are none is reported. Blank rows and titles are only counted."""

COUNTED_LAYERS = ("communities", "people_table", "demand")
"""Layers whose further columns may count a kind of people."""

KEEPING = ("communities", "facilities", "demand", "places")
"""Whose rows are rows of results.gpkg too, so that columns of the user's can be kept there."""

NOWHERE = LayerDatum("wgs84", "no_places", {})
"""Datum of a table without positions."""

UNTESTED = LayerDatum("wgs84", "untested", {})
"""Datum of a raster."""

DATUM_KEYS = {"WGS-84": "wgs84", "CGCS2000": "cgcs2000"}
"""Names in results of the datums that are taken for the true one; others keep their name."""


@dataclass(frozen=True, slots=True)
class LayerSource:
    """Provenance of one layer: its file, how it was understood, and what became of its rows.

    `attribution` is whose data must be named in everything made of it, "" where nobody's;
    `rows` is how many were read; `used` of them are in the results, the others in `dropped`.
    """

    layer: str
    file: str
    sha256: str
    encoding: str
    columns: tuple[MappedColumn, ...]
    unread: tuple[UnusedColumn, ...]
    rows: int
    used: int
    dropped: tuple[DroppedRows, ...]
    crs: str
    datum: str
    datum_by: str
    source: str
    modelled: bool
    attribution: str = ""


def attribution_of(sources: Sequence[LayerSource]) -> str:
    """Return whose data must be named in everything that is made of these layers; "" where nobody's."""
    return "; ".join(dict.fromkeys(source.attribution for source in sources if source.attribution))


class StudyLayers:
    """Reads and checks one table after the other; collects what is wrong, and what becomes of each row."""

    def __init__(self, study: Study, errors: list[DataError], cache: Cache = NO_CACHE) -> None:
        self._study = study
        self._cache = cache
        self._errors = errors
        self._read: dict[str, LayerRead] = {}
        self._crs: dict[str, str] = {}
        self._left_out: dict[str, list[DroppedRows]] = {}
        self._rasters: list[LayerSource] = []
        self._told: list[Notice] = []
        self._middle: tuple[float, float] | None = None
        self._datums: frozenset[str] = frozenset()
        named = {schema.name: getattr(study.inputs, schema.name) for schema in TABLES}
        of_kinds = {layer_of_group(kind): kind.layer for kind in study.demand.groups}
        of_services = {layer_of_service(service): service_layer(study, service) for service in study.services}
        self.layers: dict[str, Layer] = {
            name: layer for name, layer in {**named, **of_kinds, **of_services}.items() if layer is not None
        }
        self._services = {layer_of_service(one): one for one in study.services}
        # Each extract is read once for all services that select from it.
        keys: dict[Path, list[str]] = {}
        for name, service in self._services.items():
            if service.tags and name in self.layers:
                keys.setdefault(study.resolve(self.layers[name].path), []).extend(service.tags)
        self._objects = {path: TaggedObjects(path, of_path) for path, of_path in keys.items()}

    def source(self, name: str) -> str:
        """Return what to call a layer in a message: its file, and the layer in it."""
        layer: Layer | Raster | None = self.layers.get(name) or getattr(self._study.inputs, name, None)
        return name if layer is None else str(layer.path) + _inner(layer)

    def setting(self, name: str) -> str:
        """Return the dotted path of a layer's settings."""
        numbers = {layer_of_group(kind): number for number, kind in enumerate(self._study.demand.groups)}
        if name in self._services:
            return f"services.{list(self._services).index(name)}.layer"
        return f"demand.groups.{numbers[name]}.layer" if name in numbers else f"inputs.{name}"

    def read_all(self) -> dict[str, gpd.GeoDataFrame]:
        """Read and check every layer that the study names; what is refused is noted as an error."""
        schemas: dict[str, TableSchema[Any]] = {schema.name: schema for schema in TABLES}
        tables: dict[str, gpd.GeoDataFrame] = {}
        home = None
        for name in self.layers:
            schema = SERVICES if name in self._services else schemas.get(name, DEMAND)
            table = self._read_one(name, schema, home)
            if table is not None:
                tables[name] = table
            if name == "communities" and table is not None:
                home = find_centre(table)
        return tables

    def _read_one(self, name: str, schema: TableSchema[Table], home: tuple[float, float] | None) -> Table | None:
        layer = self.layers[name]
        path, frame = self._study.resolve(layer.path), self._study.frames.get(name)
        setting, source, counted = self.setting(name), self.source(name), self._counted(name)
        tags = self._services[name].tags if name in self._services else {}
        objects = self._objects.get(path) if tags else None

        def read() -> tuple[LayerRead, Table]:
            result = read_layer(
                path,
                layer,
                setting=setting,
                schema=schema,
                home=home,
                counted=counted,
                frame=frame,
                tags=tags,
                objects=objects,
            )
            issues = (*result.issues, *_not_kept(name, layer, result, setting))
            issues = (*issues, *_wrong_values(layer, schema, setting))
            return result, _checked(schema, result, issues, source, setting)

        try:
            contents = None if frame is not None else table_contents(path, layer.layer)
            given = (contents, name, path.name, layer, setting, source, schema.name, home, counted, tags)
            result, table = read() if contents is None else self._cache.get("layer", given, read)
        except DataError as error:
            self._errors.append(error)
            return None
        self._read[name] = result
        self._crs[name] = table.crs.to_string()
        self._left_out[name] = [drop_rows(item.key, map(int, item.rows)) for item in result.left_out]
        return table

    def _counted(self, name: str) -> tuple[str, ...]:
        """Return the further columns of a layer by which the study counts people, or states capacities."""
        if name not in COUNTED_LAYERS:
            return service_columns(self._study, name)
        return tuple(dict.fromkeys(kind.column for kind in self._study.demand.groups if kind.column))

    def field_of(self, name: str, column: str) -> str:
        """Return what a column of a layer's file is called in its table."""
        mapped = {item.column: item.field for item in self._read[name].mapped}
        return mapped.get(column, column)

    def record_dropped(self, name: str, rows: DroppedRows) -> None:
        """Note that rows of a layer do not go into the results."""
        if rows.count:
            self._left_out[name].append(rows)

    def sources(self, choice: DatumChoice) -> tuple[LayerSource, ...]:
        """Return where each layer came from and what became of its rows; none is lost."""
        tables = (self._source(name, result, choice) for name, result in self._read.items())
        return (*tables, *self._rasters)

    def notices(self) -> tuple[Notice, ...]:
        """Return what was understood otherwise than it is written, and the totals and notes among the rows."""
        notices = []
        for name, result in self._read.items():
            notices += [Notice(item.key, name, item.rows) for item in result.left_out if item.key in REPORTED_ROWS]
            notices += result.notices
        return (*notices, *self._told)

    def notes(self, name: str) -> FileNotes:
        """Return what the file of a layer holds besides its rows."""
        return self._read[name].notes if name in self._read else FileNotes()

    def _source(self, name: str, layer_read: LayerRead, choice: DatumChoice) -> LayerSource:
        layer = self.layers[name]
        aside = tuple(self._left_out[name])
        used = layer_read.read - sum(item.count for item in aside)
        check_balance(
            name, len(layer_read.frame) + sum(len(item.rows) for item in layer_read.left_out), layer_read.read, ()
        )
        verdict = choice.layers.get(name, NOWHERE)
        is_osm = _is_from_osm(self._study.resolve(layer.path), layer, layer_read)
        return LayerSource(
            layer=name,
            file=portable_path(layer.path) + _inner(layer),
            sha256=self._hash(name, layer),
            encoding=layer_read.encoding,
            columns=layer_read.mapped,
            unread=layer_read.unread,
            rows=layer_read.read,
            used=used,
            dropped=aside,
            crs=self._crs[name],
            datum=self._datum(name, layer_read.frame.crs, verdict),
            datum_by=verdict.how,
            source=add_attribution(layer.source) if is_osm else layer.source,
            modelled=layer.modelled,
            attribution=ATTRIBUTION if is_osm else "",
        )

    def _hash(self, name: str, layer: Layer) -> str:
        frame = self._study.frames.get(name)
        return file_hash(self._study.resolve(layer.path)) if frame is None else frame_hash(frame)

    def _datum(self, name: str, crs: pyproj.CRS, verdict: LayerDatum) -> str:
        """Return what a layer's datum is called: what is taken for the true one, by the survey's own name."""
        if verdict.datum != "wgs84" or verdict is NOWHERE:
            return verdict.datum
        own = datum_name(crs)
        declared = self.layers[name].datum if name in self.layers else "auto"
        if "cgcs2000" in {declared, DATUM_KEYS.get(own)}:
            return "cgcs2000"
        is_known = self._middle is None or find_shift(crs, self._middle).is_known
        return "wgs84" if is_known and verdict.how != "stated" else DATUM_KEYS.get(own, own)

    def note_raster(
        self,
        name: str,
        layer: Raster,
        *,
        cells: int,
        crs: pyproj.CRS,
        scale: tuple[float, float] | None,
    ) -> None:
        """Note where a raster came from, and how its numbers were understood; its cells count as rows.

        Raises
        ------
        DataError
            Its system has no known shift to that of the layers.
        """
        is_osm = is_from_osm(layer.path, layer.source, ())
        shift = find_shift(crs, self._middle) if self._middle is not None else None
        if shift is not None and not shift.is_known and self._datums != {shift.datum}:
            raise_unknown([(self.source(name), shift, crs)])
        if scale is not None:
            values = {
                "layer": Phrase(f"words.layer_{name}"),
                "scale": f"{scale[0]:g}",
                "offset": f"{scale[1]:g}",
            }
            self._told.append(Notice("raster_scaled", name, values=values))
        self._rasters.append(
            LayerSource(
                layer=name,
                file=portable_path(layer.path),
                sha256=file_hash(self._study.resolve(layer.path)),
                encoding="",
                columns=(),
                unread=(),
                rows=cells,
                used=cells,
                dropped=(),
                crs=crs.to_string(),
                datum=self._datum(name, crs, UNTESTED),
                datum_by=UNTESTED.how,
                source=add_attribution(layer.source) if is_osm else layer.source,
                modelled=layer.modelled,
                attribution=ATTRIBUTION if is_osm else "",
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
        self.note_raster("elevation", layer, cells=elevation.cells, crs=elevation.crs, scale=elevation.scale)
        return elevation

    def check_shifts(self, given: Mapping[str, gpd.GeoDataFrame]) -> None:
        """Note which layers are in a system whose shift to WGS-84 is not well known.

        Raises
        ------
        DataError
            They lie beside layers in another system.
        """
        self._middle = find_centre(Communities(given["communities"]))
        if self._middle is None:
            return
        self._told += check_shifts(given, self._middle, {name: self.source(name) for name in given})
        self._datums = frozenset(datum_name(frame.crs) for frame in given.values())

    def bring_all(self, given: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
        """Bring all layers into the metric system of the communities.

        Raises
        ------
        DataError
            What cannot be brought there, or lies far away.
        """
        study, source = self._study, self.source("communities")
        communities = Communities(given["communities"])
        crs = choose_metric_crs(communities, study.crs, study=str(study.file), source=source)
        communities = Communities(reproject_layer(communities, crs, source=source))
        others = {name: frame for name, frame in given.items() if name != "communities"}
        moved = {name: self._bring(name, frame, communities) for name, frame in others.items()}
        raise_together(self._errors)
        return {"communities": communities, **moved}

    def _bring(self, name: str, table: gpd.GeoDataFrame, communities: Communities) -> gpd.GeoDataFrame:
        source = self.source(name)
        try:
            moved = reproject_layer(table, communities.crs, source=source)
            declared = table.crs.to_string()
            if len(moved):
                check_nearby(moved, communities, within_m=NEARBY_M, source=source, declared=declared)
        except DataError as error:
            self._errors.append(error)
            return table
        return moved


def _wrong_values(layer: Layer, schema: TableSchema[Any], setting: str) -> list[Issue]:
    """Return an issue for each value of the study's own words that no column of the table may have."""
    allowed = dict.fromkeys(choice for column in schema.columns for choice in column.choices)
    wrong = dict.fromkeys(value for value in layer.values.values() if value not in allowed)
    listed = ", ".join(allowed) or "–"
    return [Issue("wrong_value", {"setting": setting, "value": value, "allowed": listed}) for value in wrong]


def _checked(
    schema: TableSchema[Table], result: LayerRead, earlier_issues: Sequence[Issue], source: str, setting: str
) -> Table:
    """Check a table; what is wrong is stated with the columns as the file names them."""
    try:
        return schema.check(result.frame, source=source, reader_issues=earlier_issues)
    except DataError as error:
        theirs = {item.field: item.column for item in result.mapped if item.column != item.field}
        names = [theirs.get(str(name), str(name)) for name in result.frame.columns]
        present = ", ".join(dict.fromkeys(name for name in names if name != result.frame.geometry.name)) or "–"
        issues = []
        for issue in error.issues:
            values = dict(issue.values)
            if issue.key == "missing_column":
                values["present"] = present
            column = values.get("column")
            if column in theirs:
                values["column"] = f"{theirs[str(column)]} → {column}"
            is_word = issue.key == "not_a_choice"
            if is_word:
                values |= {"setting": setting, "first": str(values["found"]).partition(", ")[0]}
            key = "not_a_known_word" if is_word else issue.key
            if issue.key == "missing_geometry" and result.place:
                key, values = "missing_place", {"columns": ", ".join(result.place.values())}
            issues.append(replace(issue, key=key, values=values))
        raise DataError(source, issues) from error


def _is_from_osm(path: Path, layer: Layer, read: LayerRead) -> bool:
    """Return True if a layer comes from OpenStreetMap, by its file, its columns and their texts."""
    columns = {str(column): str(column) for column in read.frame.columns}
    columns |= {item.column: item.field for item in read.mapped}
    values = [columns[name] for name in columns if name.lower() in TELLING]
    texts = {str(item) for name in values for item in read.frame[name].unique() if isinstance(item, str)}
    return is_extract(path) or is_from_osm(path, f"{layer.source} {layer.layer or ''}", columns, texts)


def _not_kept(name: str, layer: Layer, read: LayerRead, setting: str) -> list[Issue]:
    """Return what is wrong with `keep`: a layer whose rows are no results, or a column that is not there."""
    if layer.keep and name not in KEEPING:
        return [Issue("keep_of_no_result", {"setting": setting, "known": ", ".join(KEEPING)})]
    present = {str(column) for column in read.frame.columns} | {item.column for item in read.mapped}
    return [
        Issue("keep_not_there", {"setting": setting, "name": column, "present": ", ".join(sorted(present))})
        for column in layer.keep
        if column not in present
    ]


def layer_of_group(kind: GroupSettings) -> str:
    """Return what the layer of a kind of demand is called among the layers."""
    return f"kinds.{kind.id}"


def _inner(layer: Layer | Raster) -> str:
    return f" [{layer.layer}]" if isinstance(layer, Layer) and layer.layer else ""
