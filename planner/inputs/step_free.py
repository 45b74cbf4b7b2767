"""Streets without steps: raised kerbs and steep streets are closed where the data state them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.config.study import Study
from planner.inputs.study_inputs import Inputs
from planner.io.formats import is_extract
from planner.io.osm.gates import stop_at_gates
from planner.io.osm.step_free import is_raised_kerb, parse_incline, read_osm_kerbs
from planner.io.osm.ways import OsmGate
from planner.messages.errors import DataError, Issue
from planner.network.costs import cost_figures
from planner.schemas.tables import Streets

AT_VERTEX_M = 0.01
"""A kerb so near a vertex of a street stands on it: both were brought into the metric system."""


def without_steps(study: Study, inputs: Inputs) -> tuple[Inputs, dict[str, float]]:
    """Return the inputs with streets cut at raised kerbs and without steep ones; stairs stay, costs close them.

    Kerbs and inclines are those of the extract of the streets, or of columns `kerb` and `incline` of a layer.
    A street that ends at a kerb, or alone passes one, stops there; others that run through do not.

    Parameters
    ----------
    study
        Names the streets, and the greatest incline.
    inputs
        The study's.

    Returns
    -------
    inputs
        With these streets.
    basis
        What closes streets: stairs (streets that are), kerbs (raised ones, at a node or of a street), steep
        (streets steeper than the limit), incline_unknown (tagged as inclined without saying how much; they stay
        open), and limit_pct (greatest incline, percent, inclusive).

    Raises
    ------
    DataError
        No street is left.
    """
    streets, layer = inputs.streets, study.inputs.streets
    kerbs, inclines = gpd.GeoDataFrame(geometry=[], crs=inputs.crs), dict[str, str]()
    if "streets" not in study.frames and is_extract(layer.path):
        points, inclines = read_osm_kerbs(study.resolve(layer.path))
        kerbs = points.to_crs(inputs.crs)
    incline = _texts(streets, "incline") if not inclines else _by_id(streets, inclines)
    percent = incline.map(lambda text: parse_incline(text) if text else None).astype("float64").to_numpy()
    stairs = streets["kind"].isin(cost_figures()["stairs"]["kinds"]).to_numpy()
    limit = study.step_free_incline
    steep = np.nan_to_num(percent, nan=0.0) > limit + 1e-9
    kerbed = _texts(streets, "kerb").map(lambda word: is_raised_kerb({"kerb": word})).to_numpy(dtype=np.bool_)
    gated = stop_at_gates(np.array(streets.geometry.array), _on_vertices(kerbs, streets), in_degrees=False)
    kept = gpd.GeoDataFrame(streets.assign(geometry=gated.lines), crs=streets.crs)[~(steep | kerbed)]
    if not len(kept):
        raise DataError(str(layer.path), [Issue("step_free_closes_all")])
    basis = {
        "stairs": int(stairs.sum()),
        "kerbs": len(gated.gates) + int(kerbed.sum()),
        "steep": int((steep & ~stairs).sum()),
        "incline_unknown": int(((incline != "").to_numpy() & np.isnan(percent) & ~stairs).sum()),
        "limit_pct": limit,
    }
    return replace(inputs, streets=Streets(gpd.GeoDataFrame(kept))), basis


def _texts(streets: gpd.GeoDataFrame, column: str) -> pd.Series:
    if column not in streets.columns:
        return pd.Series("", index=streets.index, dtype=object)
    texts: pd.Series = streets[column].fillna("").astype(str).str.strip()
    return texts


def _by_id(streets: gpd.GeoDataFrame, inclines: Mapping[str, str]) -> pd.Series:
    stated: pd.Series = _texts(streets, "id").map(dict(inclines)).fillna("").astype(object)
    return stated


def _on_vertices(kerbs: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> list[OsmGate]:
    """Return kerbs at the vertices of streets on which they stand."""
    from scipy.spatial import cKDTree

    xy: NDArray[np.float64] = shapely.get_coordinates(streets.geometry.array)
    at = shapely.get_coordinates(kerbs.geometry.array)
    if not len(at):
        return []
    apart, vertex = map(np.asarray, cKDTree(xy).query(at, distance_upper_bound=AT_VERTEX_M))
    rows = np.flatnonzero(np.isfinite(apart))
    return [
        OsmGate(row, {"barrier": "kerb"}, (float(xy[at_vertex, 0]), float(xy[at_vertex, 1])), passable=False)
        for row, at_vertex in zip(rows.tolist(), vertex[rows].tolist(), strict=True)
    ]
