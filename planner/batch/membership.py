"""Which district each community, facility and place of a service is in: by a column, or by polygons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.batch.portfolio import CODE, CutSettings, Portfolio
from planner.config.sections.services import ServiceSettings
from planner.io.datum.transform import to_wgs84
from planner.io.layers import read_layer
from planner.io.service_places import layer_of_service, select_rows
from planner.io.study_layers import StudyLayers
from planner.messages.errors import SHOWN_ROWS, DataError, Issue, PortfolioError
from planner.schemas.table_schema import as_text
from planner.schemas.tables import COMMUNITIES, Communities, Facilities

OVERLAP = 0.05
"""A community is in several districts if their parts of it are together so much more than itself."""


def districts_of_communities(
    communities: Communities, portfolio: Portfolio, cut: CutSettings
) -> tuple[NDArray[np.object_], dict[str, str], tuple[str, ...]]:
    """Return the code of each community's district, their names by code, and communities in several polygons."""
    in_several: tuple[str, ...] = ()
    if cut.layer is None:
        for column in filter(None, (cut.column, cut.name)):
            if column not in communities.columns:
                present = ", ".join(map(str, communities.columns.drop("geometry")))
                issue = Issue("missing_column", {"column": column, "present": present})
                raise DataError(str(portfolio.study), [issue])
        codes = communities[cut.column].map(as_text).astype(object)
        names = {code: code for code in sorted(set(codes))}
        if cut.name:
            names |= _names_of(codes, communities[cut.name].map(as_text), portfolio)
    else:
        layer = read_layer(portfolio.resolve(cut.layer.path), cut.layer, setting="cut.layer", schema=COMMUNITIES)
        outlines: gpd.GeoDataFrame = COMMUNITIES.check(
            layer.frame, source=str(cut.layer.path), reader_issues=layer.issues
        )
        datum = cut.layer.datum
        if datum == "gcj02" or datum == "bd09":  # noqa: PLR1714 - each narrows the type
            outlines = to_wgs84(outlines, datum)
        outlines = outlines.to_crs(communities.crs).sort_values("id")
        codes, in_several = _mostly_in(communities, outlines)
        names = {code: name or code for code, name in zip(outlines["id"], outlines["name"], strict=True)}
    names.pop("", None)
    wrong = [code for code in names if not CODE.fullmatch(code)]
    if wrong:
        values = {"count": len(wrong), "codes": ", ".join(f"`{code}`" for code in wrong[:SHOWN_ROWS])}
        raise PortfolioError(str(portfolio.file), [Issue("cut_codes", values)])
    return codes.to_numpy(dtype=object), names, in_several


def _names_of(codes: pd.Series, titles: pd.Series, portfolio: Portfolio) -> dict[str, str]:
    """Return the name of each code that has any; two names are two districts with one code, which is refused."""
    named = titles != ""
    codes_of_titles = {str(code): sorted(set(same)) for code, same in titles[named].groupby(codes[named])}
    codes_of_titles.pop("", None)
    issues = [
        Issue("cut_names", {"code": code, "names": ", ".join(same[:SHOWN_ROWS])})
        for code, same in codes_of_titles.items()
        if len(same) > 1
    ]
    if issues:
        raise PortfolioError(str(portfolio.file), issues)
    return {code: same[0] for code, same in codes_of_titles.items()}


def _mostly_in(communities: Communities, outlines: gpd.GeoDataFrame) -> tuple[pd.Series, tuple[str, ...]]:
    """Return the id of the outline that holds most of each community, and the communities that several hold.

    Of equal outlines the lowest; "" where none. Several hold a community where their parts of it overlap.
    """
    row, other = shapely.STRtree(outlines.geometry.array).query(communities.geometry.array, predicate="intersects")
    shared = shapely.area(shapely.intersection(communities.geometry.array[row], outlines.geometry.array[other]))
    order = np.lexsort((other, -shared, row))
    row, other, shared = row[order], other[order], shared[order]
    first = np.concatenate([[True], row[1:] != row[:-1]])[: len(row)] & (shared > 0)
    codes = pd.Series("", index=communities.index, dtype=object)
    codes.iloc[row[first]] = outlines["id"].to_numpy(dtype=object)[other[first]]
    held = np.bincount(row, weights=shared, minlength=len(communities))
    overlap = held > (1 + OVERLAP) * shapely.area(communities.geometry.array)
    return codes, tuple(communities["id"][overlap])


def districts_of_facilities(
    facilities: Facilities, communities: Communities, district: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Return each facility's district: of its community, else of the nearest; a branch goes with its centre."""
    of_community = dict(zip(communities["id"], district, strict=True))
    codes = facilities["community"].map(of_community)
    lone = codes.isna() | (codes == "")
    inside = np.flatnonzero(district != "")
    order = inside[np.argsort(communities["id"].to_numpy(dtype=object)[inside], kind="stable")]
    tree = shapely.STRtree(communities.geometry.array[order])
    for row in facilities.index[lone]:
        near = tree.query_nearest(facilities.geometry[row], all_matches=True)
        codes[row] = district[order[near.min()]]
    main = facilities["branch_of"].map(dict(zip(facilities["id"], codes, strict=True)))
    return np.asarray(main.where(main.notna(), codes), dtype=object)


def columns_of_service(
    service: ServiceSettings, tables: StudyLayers, layers: Mapping[str, gpd.GeoDataFrame]
) -> dict[str, Any]:
    """Return the settings of a service that name columns, as its table calls these: columns become fields."""
    name = layer_of_service(service) if layer_of_service(service) in layers else "facilities"
    where = {tables.field_of(name, column): list(words) for column, words in service.where.items()}
    missing = [column for column in where if column not in layers[name].columns]
    if missing:
        present = ", ".join(sorted(set(layers[name].columns) - {"geometry"}))
        issues = [Issue("service_column_missing", {"column": one, "present": present}) for one in missing]
        raise DataError(tables.source(name), issues)
    capacity = {} if service.capacity is None else {"capacity": tables.field_of(name, service.capacity)}
    return {"where": where, **capacity}


def services_of_district(
    services: Sequence[ServiceSettings],
    columns: Mapping[str, Mapping[str, Any]],
    layers: Mapping[str, gpd.GeoDataFrame],
    kept: gpd.GeoDataFrame,
    zone: shapely.Geometry,
) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Yield the layers of services in a zone; one of the study's own of which none is kept becomes a layer too."""
    for service in services:
        name = layer_of_service(service)
        if name in layers:
            yield name, _near_or_nearest(layers[name], zone)
            continue
        facilities = layers["facilities"]
        fitting = facilities[select_rows(facilities, columns[service.id]["where"])]
        if not fitting["id"].isin(kept["id"]).any():
            named = ["id", "name", *filter(None, [columns[service.id].get("capacity")]), "geometry"]
            yield name, _near_or_nearest(gpd.GeoDataFrame(fitting[named]), zone)


def _near_or_nearest(rows: gpd.GeoDataFrame, zone: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the facilities of a service in a zone, and the nearest: it says that there is such a service."""
    away_m = shapely.distance(zone, rows.geometry.array)
    nearest = np.argmin(away_m) if len(rows) else -1
    return gpd.GeoDataFrame(rows[(away_m == 0) | (np.arange(len(rows)) == nearest)])


def layer_settings(ident: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a service whose facilities were selected into a layer; else {}."""
    layer = inputs.pop(f"services.{ident}", None)
    return {} if layer is None else {"tags": {}, "where": {}, "layer": layer}
