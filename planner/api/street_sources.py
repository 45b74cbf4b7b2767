"""Streets of a walking network: from files, frames and graphs, as the engine reads them and as they were given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from planner.api.arguments import in_short
from planner.api.frames import DEGREES, LOG
from planner.config.sections.layers import Layer
from planner.io.layer_read import LayerRead
from planner.io.layers import read_layer
from planner.io.osm.graphml import node_place, read_networkx
from planner.io.osm_layers import list_words
from planner.io.study_area import choose_metric_crs, measures_true_metres
from planner.messages.errors import DataError, Issue
from planner.schemas.table_schema import LINES
from planner.schemas.tables import STREETS, Communities, Streets


def read_crs(crs: object) -> pyproj.CRS:
    """Return the argument `crs`; raise a `DataError` if it names no coordinate system."""
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise DataError("walk_network", [Issue("argument_not_crs", {"found": in_short(crs)})]) from error


def _read_layer(path: Path, settings: Layer, frame: gpd.GeoDataFrame | None = None) -> LayerRead:
    """Read a layer of streets; errors that speak of a study's settings speak of arguments."""
    if frame is None and not os.path.exists(path) and "\\" not in str(path):  # noqa: PTH110 - False for any name
        raise DataError(str(path), [Issue("no_such_streets", {"folder": Path.cwd()})])
    if frame is None and path.is_dir() and not path.suffix:
        raise DataError(str(path), [Issue("streets_folder")])
    try:
        return read_layer(path, settings, setting="walk_network", schema=STREETS, frame=frame)
    except DataError as error:
        issues = [
            Issue("no_line_walkable", issue.values) if issue.key == "all_lines_left_out" else issue
            for issue in error.issues
        ]
        raise DataError(error.source, issues) from error


def read_streets(
    source: object, *, crs: object, layer: str | None, keep_all: bool
) -> tuple[Streets, gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Return the streets as the engine reads them, the same rows as given, and the nodes of a graph."""
    settings = Layer(path=Path("streets"), layer=layer, keep_all_lines=keep_all)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        settings = settings.model_copy(update={"path": path, "crs": None if crs is None else str(pyproj.CRS(crs))})
        found = _read_layer(path, settings)
        _log_left_out(len(found.frame), 0 if found.notes.left_out is None else len(found.notes.left_out))
        streets = STREETS.check(found.frame, source=str(path), reader_issues=found.issues)
        return streets, streets, None
    if hasattr(source, "edges") and hasattr(source, "nodes"):
        return _read_graph(source, crs=crs, keep_all=keep_all)
    if isinstance(source, gpd.GeoSeries):
        source = gpd.GeoDataFrame(geometry=source)
    if not isinstance(source, gpd.GeoDataFrame):
        raise DataError("walk_network", [Issue("streets_source", {"found": type(source).__name__})])
    frame = _check_lines(source, crs)
    found = _read_layer(Path("streets"), settings, frame)
    _log_left_out(len(found.frame), len(frame) - len(found.frame))
    streets = STREETS.check(found.frame, source="streets", reader_issues=found.issues)
    return streets, gpd.GeoDataFrame(frame.iloc[found.frame.index.to_numpy()]), None


def _check_lines(frame: gpd.GeoDataFrame, crs: object) -> gpd.GeoDataFrame:
    """Refuse a frame that holds no streets; the rest is checked as a file of streets is."""
    issues = []
    if frame.active_geometry_name is None:
        raise DataError("streets", [Issue("no_geometry_column")])
    if frame.empty:
        issues.append(Issue("frame_empty"))
    stated: pyproj.CRS | None = frame.crs
    if stated is None and crs is not None:
        frame = gpd.GeoDataFrame(frame.set_crs(crs))
    elif stated is None:
        issues.append(Issue("frame_no_crs"))
    shapes = frame.geometry
    missing = shapes.isna() | shapes.is_empty
    if missing.any():
        issues.append(Issue("frame_no_geometry", {}, [str(label) for label in frame.index[missing]]))
    other = ~missing & ~shapes.geom_type.isin(LINES)
    if other.any():
        types_given = ", ".join(sorted(set(shapes.geom_type[other])))
        issues.append(
            Issue("frame_not_lines", {"found": types_given}, [str(label) for label in frame.index[other]])
        )
    if issues:
        raise DataError("streets", issues)
    return frame


def _read_graph(
    graph: Any,  # noqa: ANN401 - a graph of networkx, which is imported only where one is made
    *,
    crs: object,
    keep_all: bool,
) -> tuple[Streets, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the streets of a graph, its edges as they are, and its nodes."""
    read = read_networkx(graph, crs=crs, keep_all=keep_all)
    if read.streets.empty and len(read.left_out):
        values = {
            "count": f"{len(read.left_out):,}",
            "reasons": list_words(tuple(dict.fromkeys(read.left_out["word"]))),
        }
        raise DataError("streets", [Issue("no_line_walkable", values)])
    _log_left_out(len(read.streets), len(read.left_out))
    streets = STREETS.check(read.streets, source="streets")
    edges = [data for _, _, data in graph.edges(data=True)]
    rows = [{key: value for key, value in edges[row].items() if key != "geometry"} for row in read.edges]
    given = gpd.GeoDataFrame(rows, geometry=read.streets.geometry.to_numpy(), crs=read.streets.crs)
    nodes = gpd.GeoDataFrame(
        [dict(data) for _, data in graph.nodes(data=True)],
        index=pd.Index(list(graph.nodes), tupleize_cols=False),
        geometry=[shapely.Point(node_place(node, data)) for node, data in graph.nodes(data=True)],
        crs=read.streets.crs,
    )
    return streets, given, nodes


def to_metres(streets: Streets, crs: object) -> Streets:
    """Return the streets in a projected system: the one named, their own if it measures in metres, else UTM."""
    area = gpd.GeoDataFrame(geometry=[shapely.box(*streets.total_bounds)], crs=streets.crs)
    target = None if crs is None else pyproj.CRS.from_user_input(crs)
    if target is not None and target.is_projected:
        if not measures_true_metres(target, gpd.GeoDataFrame(area.to_crs(DEGREES))):
            raise DataError("walk_network", [Issue("crs_not_metric", {"crs": target.to_string()})])
        return Streets(gpd.GeoDataFrame(streets.to_crs(target)))
    metric = choose_metric_crs(Communities(area), None, study="walk_network", source="streets")
    return Streets(gpd.GeoDataFrame(streets.to_crs(metric)))


def _log_left_out(kept: int, left_out: int) -> None:
    if left_out:
        LOG.info("walk_network: %d lines that nobody walks on are left out, %d are kept", left_out, kept)
