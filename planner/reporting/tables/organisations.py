"""Tables of belts along streets, of organisations and of the stations that serve them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from planner.reporting.document.records.organisations import (
    BeltMemberRow,
    BeltRow,
    Organisation,
    OrganisationKind,
    Organisations,
    StationLoad,
)
from planner.reporting.report.blocks import Translator
from planner.reporting.tables.spec import TableColumn, TableSpec, field_column
from planner.reporting.tables.workbook import Sheet

COUNTS = ("spare", "length_m", "places", "organisations")
"""Numbers without broken parts, whatever their type."""


def organisations_table(t: Translator) -> TableSpec:
    """Return the table of organisations: who belongs to which station, and why not."""

    def reason(row: Organisation) -> str:
        return t.texts(f"organisations.reason_{row['reason']}") if row["reason"] else ""

    return TableSpec(
        (
            *(
                field_column(Organisation, name, t.texts(f"organisations.column_{name}"))
                for name in ("id", "name", "kind")
            ),
            field_column(Organisation, "station_name", t.texts("organisations.column_station")),
            TableColumn("reason", t.texts("organisations.column_reason"), reason),
            field_column(Organisation, "nearest_name", t.texts("organisations.column_nearest")),
            *(
                field_column(Organisation, name, t.texts(f"organisations.column_{name}"))
                for name in ("members", "walk_min", "nearest_min", "lon", "lat")
            ),
        )
    )


def organisation_stations_table(t: Translator) -> TableSpec:
    """Return the table of stations with the organisations of each."""
    names = ("name", "organisations", "members", "mean_min", "spare")
    return TableSpec(
        tuple(_column(StationLoad, name, t.texts(f"organisations.column_station_{name}")) for name in names)
    )


def organisation_kinds_table(t: Translator) -> TableSpec:
    """Return the table of kinds of organisations."""
    names = ("kind", "organisations", "served", "full", "nothing_near", "members", "members_served")
    return TableSpec(
        tuple(field_column(OrganisationKind, name, t.texts(f"organisations.column_kind_{name}")) for name in names)
    )


def belts_table(t: Translator) -> TableSpec:
    """Return the table of belts along streets."""
    names = ("id", "name", "streets", "length_m", "limit_min", "people", "places", "workers", "organisations")
    heads = {name: t.texts(f"organisations.column_belt_{name}") for name in (*names, "centres", "stations")}
    return TableSpec(tuple(_column(BeltRow, name, head) for name, head in heads.items()))


def belt_members_table(t: Translator) -> TableSpec:
    """Return the table of what stands along belts: a row is an entry of `belts.members`."""
    belts = {belt["id"]: belt["name"] for belt in t.content["belts"]["belts"]}
    return TableSpec(
        (
            TableColumn("belt", t.texts("organisations.column_belt_name"), lambda row: belts[row["belt"]]),
            TableColumn(
                "kind",
                t.texts("organisations.column_kind"),
                lambda row: t.texts(f"organisations.member_{row['kind']}"),
            ),
            *(
                field_column(BeltMemberRow, name, t.texts(f"organisations.column_member_{name}"))
                for name in ("id", "name", "walk_min")
            ),
        )
    )


def organisations_sheets(t: Translator) -> Iterator[Sheet]:
    """Yield the workbook's sheets of belts and organisations; none without."""
    if "belts" in t.content:
        yield belts_table(t).sheet(t, "belts", t.content["belts"]["belts"])
        yield belt_members_table(t).sheet(t, "belt_members", t.content["belts"]["members"])
    if "organisations" not in t.content:
        return
    found: Organisations = t.content["organisations"]
    yield organisations_table(t).sheet(t, "organisations", found["assigned"], details=("id", "lon", "lat"))
    yield organisation_stations_table(t).sheet(
        t, "organisation_stations", found["stations"], sums=("organisations",)
    )


def _column(record: type, name: str, heading: str) -> TableColumn:
    column = field_column(record, name, heading)
    return replace(column, kind="whole") if name in COUNTS else column
