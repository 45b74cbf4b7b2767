"""Services of a study that is cut into districts: which facilities go with each, under which names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from planner.config.sections.services import ServiceSettings
from planner.io.service_places import layer_of_service, select_rows
from planner.io.study_layers import StudyLayers
from planner.messages.errors import DataError, Issue


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
