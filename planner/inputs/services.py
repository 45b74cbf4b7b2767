"""Facilities of the services of a study: selected, with their capacity, and what is not known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.config.sections.demand import RESIDENTS
from planner.config.service_profiles import ServiceStandard
from planner.config.study import Study
from planner.io.layer_read import drop_rows
from planner.io.service_places import (
    BELOW_STANDARD,
    CLOSED,
    ServicePlaces,
    layer_of_service,
    select_rows,
)
from planner.io.study_layers import StudyLayers
from planner.messages.errors import DataError, Issue, raise_together
from planner.messages.notices import Notice
from planner.population.groups import GroupDemand, parse_counts
from planner.schemas.tables import SHUT_WORDS, Facilities


def read_services(
    standards: tuple[ServiceStandard, ...],
    tables: StudyLayers,
    layers: Mapping[str, gpd.GeoDataFrame],
    facilities: Facilities,
) -> tuple[ServicePlaces, ...]:
    """Collect the facilities of each service.

    Parameters
    ----------
    standards
        What is asked of each, the study's own facilities first.
    tables
        The layers as read; rows that are not selected are noted there, so that `sources` is asked for afterwards.
    layers
        All layers in the metric system.
    facilities
        The study's own.

    Raises
    ------
    DataError
        A column that a service names is not there, or states no capacity: all services at once.
    """
    found, errors = [], []
    for standard in standards:
        try:
            found.append(_read_one(standard, tables, layers, facilities))
        except DataError as error:
            errors.append(error)
    raise_together(errors)
    return tuple(found)


def _read_one(
    standard: ServiceStandard,
    tables: StudyLayers,
    layers: Mapping[str, gpd.GeoDataFrame],
    facilities: Facilities,
) -> ServicePlaces:
    settings = standard.settings
    if settings is None:
        return _with_status(standard, facilities, pd.Series(np.nan, index=facilities.index))
    name = layer_of_service(settings)
    own = name in layers
    table, read, source = (layers[name], name, name) if own else (facilities, "facilities", "facilities")
    # Columns of a file may have become fields; the study may name them either way.
    where = {tables.field_of(read, column): words for column, words in settings.where.items()}
    capacity = None if settings.capacity is None else tables.field_of(read, settings.capacity)
    asked = [*where, *([capacity] if capacity else [])]
    present = ", ".join(sorted(set(table.columns) - {"geometry"}))
    missing = [column for column in asked if column not in table.columns]
    if missing:
        issues = [Issue("service_column_missing", {"column": one, "present": present}) for one in missing]
        raise DataError(tables.source(source), issues)
    chosen = select_rows(table, where)
    if own:
        tables.record_dropped(name, drop_rows("service_not_selected", table.index[~chosen]))
    rows = gpd.GeoDataFrame(table[chosen])
    blank = pd.Series(np.nan, index=rows.index)
    supply = (
        blank if capacity is None else parse_counts(rows[capacity], capacity, _ids(rows), tables.source(source))
    )
    return _with_status(standard, rows, supply)


def _ids(rows: gpd.GeoDataFrame) -> pd.Series:
    """Return the id of each row; the number of the row in its file where it has none of its own."""
    numbers = pd.Series([f"#{row}" for row in rows.index], index=rows.index, dtype=object)
    ids: pd.Series = rows["id"].where((rows["id"] != "") & ~rows["id"].duplicated(keep=False), numbers)
    return ids


def _with_status(standard: ServiceStandard, rows: gpd.GeoDataFrame, supply: pd.Series) -> ServicePlaces:
    closed = rows["open"].isin(SHUT_WORDS) if "open" in rows.columns else supply < -np.inf
    below = supply < (standard.least_capacity or -np.inf)
    shapes = shapely.point_on_surface(rows.geometry.array)
    places = gpd.GeoDataFrame(
        {
            "id": _ids(rows),
            "name": rows["name"].astype(object),
            "capacity": supply,
            "status": np.where(closed, CLOSED, np.where(below, BELOW_STANDARD, "")),
        },
        geometry=np.where(shapely.get_type_id(rows.geometry.array) == 0, rows.geometry.array, shapes),
        crs=rows.crs,
    )
    return ServicePlaces(standard, gpd.GeoDataFrame(places.reset_index(drop=True)))


def follow_scenario(
    services: tuple[ServicePlaces, ...], before: Facilities, facilities: Facilities
) -> tuple[ServicePlaces, ...]:
    """Return the services once a scenario has closed and opened the study's own facilities.

    A new station counts for a selection of facilities if it fits by the columns; its capacity is not known.
    """
    return tuple(_follow(one, before, facilities) for one in services)


def _follow(service: ServicePlaces, before: Facilities, facilities: Facilities) -> ServicePlaces:
    standard, settings = service.standard, service.standard.settings
    if settings is None:
        return _with_status(standard, facilities, pd.Series(np.nan, index=facilities.index))
    if settings.layer is not None or settings.tags:
        return service
    stay = service.places[service.places["id"].isin(facilities["id"])]
    new = gpd.GeoDataFrame(facilities[~facilities["id"].isin(before["id"])])
    fits = set(settings.where) <= set(new.columns)
    new = gpd.GeoDataFrame(new[select_rows(new, settings.where)] if fits else new.iloc[:0])
    opened = _with_status(standard, new, pd.Series(np.nan, index=new.index)).places
    places = gpd.GeoDataFrame(pd.concat([stay, opened], ignore_index=True), crs=stay.crs) if len(opened) else stay
    return ServicePlaces(standard, gpd.GeoDataFrame(places.reset_index(drop=True)))


def service_notices(
    study: Study, services: tuple[ServicePlaces, ...], groups: tuple[GroupDemand, ...]
) -> Iterator[Notice]:
    """Yield what is not known of services: no facility, capacity of some, a group that has nobody."""
    people = {group.settings.id: float(group.points["people"].sum()) for group in groups}
    for service in services:
        standard, places = service.standard, service.places
        values = {"service": standard.title(study.language)}
        if not service.is_known:
            yield Notice("service_unknown", "services", (standard.id,), values=values)
            continue
        for status in (CLOSED, BELOW_STANDARD):
            rows = tuple(places["id"][places["status"] == status])
            if rows:
                yield Notice(f"service_{status}", "services", rows, values=values)
        unknown = places["capacity"].isna() & (places["status"] == "")
        if standard.settings is not None and standard.settings.capacity and unknown.any():
            yield Notice("service_capacity_unknown", "services", tuple(places["id"][unknown]), values=values)
        elif places["capacity"].isna().all() and (
            standard.least_capacity is not None or standard.per_1000 is not None
        ):
            yield Notice("service_capacity_not_given", "services", (standard.id,), values=values)
        if standard.group != RESIDENTS and not people.get(standard.group, 0.0) > 0:
            yield Notice("service_group_empty", "services", (standard.id,), values=values)
