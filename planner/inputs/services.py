"""Facilities of the services of a study: selected, with their capacity, and what is not known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.config.sections.demand import RESIDENTS
from planner.config.service_profiles import ServiceStandard, centres_standard
from planner.config.study import Study
from planner.io.layer_read import drop_rows
from planner.io.opening_hours import hours_of, is_readable
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
    if capacity is None:
        return _with_status(standard, rows, blank)
    if settings.tags:
        # What mappers state of an object, as "20 seats", is nothing that the study could mend: it is not known.
        numbers = pd.to_numeric(rows[capacity], errors="coerce").astype("float64")
        return _with_status(standard, rows, numbers.where(np.isfinite(numbers) & (numbers >= 0)))
    supply = parse_counts(rows[capacity], capacity, _ids(rows), tables.source(source))
    return _with_status(standard, rows, supply, "" if own else capacity)


def own_centres(study: Study, facilities: Facilities) -> ServicePlaces:
    """Return the study's own facilities as a service."""
    return _with_status(centres_standard(study), facilities, pd.Series(np.nan, index=facilities.index))


def _ids(rows: gpd.GeoDataFrame) -> pd.Series:
    """Return the id of each row; the number of the row in its file where it has none of its own."""
    numbers = pd.Series([f"#{row}" for row in rows.index], index=rows.index, dtype=object)
    ids: pd.Series = rows["id"].where((rows["id"] != "") & ~rows["id"].duplicated(keep=False), numbers)
    return ids


def _with_status(
    standard: ServiceStandard, rows: gpd.GeoDataFrame, supply: pd.Series, capacity: str = ""
) -> ServicePlaces:
    closed = rows["open"].isin(SHUT_WORDS) if "open" in rows.columns else supply < -np.inf
    # Nobody finds room in a facility of no capacity.
    below = (supply < (standard.least_capacity or -np.inf)) | (supply == 0)
    shapes = shapely.point_on_surface(rows.geometry.array)
    places = gpd.GeoDataFrame(
        {
            "id": _ids(rows),
            "name": rows["name"].astype(object),
            "capacity": supply,
            "status": np.where(closed, CLOSED, np.where(below, BELOW_STANDARD, "")),
            "opening_hours": hours_of(rows),
        },
        geometry=np.where(shapely.get_type_id(rows.geometry.array) == 0, rows.geometry.array, shapes),
        crs=rows.crs,
    )
    return ServicePlaces(standard, gpd.GeoDataFrame(places.reset_index(drop=True)), capacity)


def follow_scenario(
    services: tuple[ServicePlaces, ...], before: Facilities, facilities: Facilities
) -> tuple[ServicePlaces, ...]:
    """Return the services once a scenario has closed and opened the study's own facilities.

    A new station counts for a selection of facilities if it fits by the columns; capacity is that after the
    scenario, not known of a new station without.
    """
    return tuple(_follow(service, before, facilities) for service in services)


def _follow(service: ServicePlaces, before: Facilities, facilities: Facilities) -> ServicePlaces:
    standard, settings = service.standard, service.standard.settings
    if settings is None:
        return _with_status(standard, facilities, pd.Series(np.nan, index=facilities.index))
    if settings.layer is not None or settings.tags:
        return service
    fits = set(settings.where) <= set(facilities.columns)
    stay = facilities["id"].isin(service.places["id"])
    new = ~facilities["id"].isin(before["id"]) & (select_rows(facilities, settings.where) if fits else False)
    rows = gpd.GeoDataFrame(pd.concat([facilities[stay], facilities[new]]))
    supply = pd.Series(np.nan, index=rows.index)
    if service.capacity:
        supply = pd.to_numeric(rows[service.capacity], errors="coerce").astype("float64")
    return _with_status(standard, rows, supply, service.capacity)


def _twice(places: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the facilities of one name at one place (to a metre): the n-th nearest and capacity count each."""
    spots = pd.DataFrame({"name": places["name"], "x": places.geometry.x.round(), "y": places.geometry.y.round()})
    return tuple(places["id"][spots.duplicated(keep=False).to_numpy() & (places["status"] == "")])


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
        twice = _twice(places)
        if twice:
            yield Notice("service_twice", "services", twice, values=values)
        unknown = places["capacity"].isna() & (places["status"] == "")
        if standard.settings is not None and standard.settings.capacity and unknown.any():
            yield Notice("service_capacity_unknown", "services", tuple(places["id"][unknown]), values=values)
        elif places["capacity"].isna().all() and (
            standard.least_capacity is not None or standard.per_1000 is not None
        ):
            yield Notice("service_capacity_not_given", "services", (standard.id,), values=values)
        if study.service_times:
            yield from _hours_notices(service, values)
        if standard.group != RESIDENTS and not people.get(standard.group, 0.0) > 0:
            yield Notice("service_group_empty", "services", (standard.id,), values=values)


def _hours_notices(service: ServicePlaces, values: Mapping[str, object]) -> Iterator[Notice]:
    """Yield which facilities state no opening hours, and which state some that cannot be parsed."""
    places = service.places[service.counts]
    hours = places["opening_hours"]
    blank, unread = (hours == "").to_numpy(), ~hours.map(is_readable).to_numpy(dtype=np.bool_)
    if blank.all():
        yield Notice("service_hours_not_given", "services", (service.standard.id,), values=values)
        return
    for key, rows in (("service_hours_unknown", blank), ("service_hours_unread", unread & ~blank)):
        if rows.any():
            yield Notice(key, "services", tuple(places["id"][rows]), values=values)
