"""Tables of services that report and workbook share: totals, communities, and the ledger of what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

from planner.accessibility.services import REASONS
from planner.config.sections.services import CENTRES
from planner.messages.catalogue import money_unit
from planner.reporting.document.records.services import HoursGap, LedgerRow, Service, Services
from planner.reporting.report.blocks import Translator, community_names
from planner.reporting.tables.spec import TableColumn, TableSpec
from planner.reporting.tables.workbook import Kind, Sheet

LEAST_AMOUNT = 1e-6
"""Capacity that is no more than an error of the sum."""


def service_names(t: Translator) -> dict[str, str]:
    """Return what each service is called, by id."""
    return {service["id"]: t.localized(service) for service in services_of(t)["services"]}


def services_of(t: Translator) -> Services:
    """Return the entry of services; the caller shows it only where the study has them."""
    return t.content["services"]


def services_table(t: Translator) -> TableSpec:
    """Return the table of services: a row a service."""
    groups = {group["id"]: group["name"] for group in t.content["groups"]}

    def standard(row: Service) -> str:
        key = "services.standard" if row["count"] == 1 else "services.standard_count"
        return t.texts(key, minutes=t.exact(row["minutes"]), count=row["count"])

    return TableSpec(
        (
            _column(t, "service", t.localized),
            _column(t, "group", lambda row: groups.get(row["group"], t.texts("services.residents"))),
            _column(t, "standard", standard),
            _column(t, "evidence", lambda row: t(f"rule_evidence_{row['evidence']}")),
            _column(t, "facilities", lambda row: row["facilities"] if row["known"] else None, "whole"),
            *_shares(t),
            # The limit of the study's own facilities is the study's: no clause.
            _column(t, "clause", lambda row: "" if row["id"] == CENTRES else t.citation(row, "clause")),
        )
    )


def by_community_table(t: Translator) -> TableSpec:
    """Return the table of services by community."""
    services, communities = service_names(t), community_names(t.content)
    return TableSpec(
        (
            _column(t, "service", lambda row: services[row["service"]]),
            _column(t, "community", lambda row: communities[row["community"]]),
            *_shares(t),
        )
    )


def _shares(t: Translator) -> tuple[TableColumn, ...]:
    return (
        _column(t, "people", lambda row: row["people"], "whole"),
        _column(t, "served", lambda row: row["people_served"], "whole"),
        TableColumn(
            "share",
            t.texts("services.column_share"),
            lambda row: row["people_share"],
            "share",
            lambda row: t.bar(row["people_share"]),
        ),
        _column(t, "mean_min", lambda row: row["mean_min"], "number"),
        _column(t, "capacity", lambda row: row["capacity_per_1000"], "number"),
    )


def ledger_table(t: Translator) -> TableSpec:
    """Return the table of the ledger: a row a community and service that people of it lack."""
    services, communities = service_names(t), community_names(t.content)
    unit = money_unit(t.content["study"]["costs"]["unit"], t.texts)

    def of_reason(reason: str) -> TableColumn:
        return _column(t, reason, lambda row: row[f"people_{reason}"], "whole")

    return TableSpec(
        (
            _column(t, "priority", lambda row: "" if row["priority"] is None else str(row["priority"])),
            _column(t, "community", lambda row: communities[row["community"]]),
            _column(t, "service", lambda row: services[row["service"]]),
            _column(t, "reason", lambda row: t.texts(f"services.reason_{row['reason']}")),
            _column(t, "nearest", lambda row: row["nearest_name"]),
            _column(t, "mend", lambda row: mend_text(row, t)),
            _column(t, "missing", lambda row: row["people_missing"], "whole"),
            _column(t, "missing_share", lambda row: row["missing_share"], "share"),
            *(of_reason(reason) for reason in REASONS),
            _column(t, "nearest_min", lambda row: row["nearest_min"], "number"),
            _column(t, "amount", lambda row: row["mend_amount"], "number"),
            _column(t, "mend_people", lambda row: row["mend_people"], "whole"),
            TableColumn(
                "mend_cost",
                t.texts("services.column_mend_cost", unit=unit),
                lambda row: row["mend_cost"],
                "number",
            ),
        )
    )


def bundles_table(t: Translator) -> TableSpec:
    """Return the table of rooms that services share."""
    names, unit = service_names(t), money_unit(t.content["study"]["costs"]["unit"], t.texts)
    cost = TableColumn("cost", t.texts("services.column_cost", unit=unit), lambda row: row["cost"], "number")
    return TableSpec(
        (
            _column(t, "room", lambda row: row["name"] or row["id"]),
            _column(t, "room_kind", lambda row: t.texts(f"services.room_{row['kind']}")),
            _column(t, "contents", lambda row: t.join([names[one] for one in row["services"].split(", ")])),
            _column(t, "area_used", lambda row: row["area_used_m2"], "whole"),
            cost,
        )
    )


def bundle_services_table(t: Translator) -> TableSpec:
    """Return the table of services in the bundle, beside each alone."""
    names, unit = service_names(t), money_unit(t.content["study"]["costs"]["unit"], t.texts)
    heading = t.texts("services.column_cost_alone", unit=unit)
    return TableSpec(
        (
            _column(t, "service", lambda row: names[row["service"]]),
            _column(t, "gained_together", lambda row: row["gained"], "whole"),
            _column(t, "gained_alone", lambda row: row["gained_alone"], "whole"),
            TableColumn("cost_alone", heading, lambda row: row["cost_alone"], "number"),
        )
    )


def step_free_table(t: Translator) -> TableSpec:
    """Return the table of services with and without steps."""
    names, communities = service_names(t), community_names(t.content)
    return TableSpec(
        (
            _column(t, "service", lambda row: names[row["service"]]),
            _column(t, "community", lambda row: communities.get(row["community"], t("total"))),
            _column(t, "people", lambda row: row["people"], "whole"),
            _column(t, "served", lambda row: row["people_served"], "whole"),
            _column(t, "step_free", lambda row: row["people_served_step_free"], "whole"),
            _column(t, "lost", lambda row: row["people_lost"], "whole"),
            _column(t, "longer_min", lambda row: row["longer_min"], "number"),
        )
    )


def time_text(time: str, t: Translator) -> str:
    """Return a time of the week in words, as "Mo-Fr 19:00" in results."""
    days, _, clock = time.rpartition(" ")

    def span(part: str) -> str:
        key = {"Mo-Fr": "weekday", "Sa-Su": "weekend", "Mo-Su": "daily"}.get(part, "")
        if key:
            return t.texts(f"services.days_{key}")
        first, _, last = part.partition("-")
        named = [t.texts(f"services.day_{one.lower()}") for one in (first, last) if one]
        return named[0] if not last else t.texts("services.days_span", first=named[0], last=named[1])

    return f"{t.join([span(part) for part in days.split(',')])} {clock}"


def hours_table(t: Translator) -> TableSpec:
    """Return the table of services at times of the week."""
    names, communities = service_names(t), community_names(t.content)
    return TableSpec(
        (
            _column(t, "time", lambda row: time_text(row["time"], t)),
            _column(t, "service", lambda row: names[row["service"]]),
            _column(t, "community", lambda row: communities.get(row["community"], t("total"))),
            _column(t, "people", lambda row: row["people"], "whole"),
            _column(t, "served", lambda row: row["people_served"], "whole"),
            _column(t, "open", lambda row: row["people_open"], "whole"),
            _column(t, "hours_closed", lambda row: row["people_closed"], "whole"),
            _column(t, "hours_unknown", lambda row: row["people_hours_unknown"], "whole"),
        )
    )


def hours_ledger_table(t: Translator) -> TableSpec:
    """Return the table of the gaps of hours: a row a community and service that some find closed."""
    names, communities = service_names(t), community_names(t.content)
    return TableSpec(
        (
            _column(t, "priority", lambda row: str(row["priority"])),
            _column(t, "community", lambda row: communities[row["community"]]),
            _column(t, "service", lambda row: names[row["service"]]),
            _column(t, "closed_at", lambda row: closed_at_text(row, t)),
            _column(t, "hours_closed", lambda row: row["people_closed"], "whole"),
            _column(t, "hours_unknown", lambda row: row["people_hours_unknown"], "whole"),
            _column(t, "hours_mend", lambda row: t.texts("services.mend_hours", name=row["facility_name"])),
            _column(t, "mend_people", lambda row: row["mend_people"], "whole"),
        )
    )


def closed_at_text(row: HoursGap, t: Translator) -> str:
    """Return the times at which people find a service closed, with how many."""
    each = zip(row["closed_at"].split("; "), row["people_closed_at"].split("; "), strict=True)
    return "; ".join(f"{time_text(time, t)} ({t.whole(float(people))})" for time, people in each)


def mend_text(row: LedgerRow, t: Translator) -> str:
    """Return the cheapest mend in words, the kinds that would help too without a price, and projects."""
    projects = row.get("projects", [])
    text = _cheapest(row, t)
    stated = [text, t.texts("services.mend_projects", projects=t.join(projects))] if projects else [text]
    return t.texts("maps.semicolon").join(stated)


def _cheapest(row: LedgerRow, t: Translator) -> str:
    if not row["mend"]:
        return t.texts("services.mend_none")
    # Rounded down, what is added would not be enough.
    amount = "" if row["mend_amount"] is None else t.whole(ceil(row["mend_amount"] - LEAST_AMOUNT))
    said = t.texts(f"services.mend_{row['mend']}", name=row["mend_at_name"], amount=amount)
    if row["mend_cost"] is None or not row["mends_unpriced"]:
        return said
    kinds = t.join([t.texts(f"services.kind_{kind}") for kind in row["mends_unpriced"]])
    return t.texts("services.no_price", mend=said, kinds=kinds)


def services_sheets(t: Translator) -> Iterator[Sheet]:
    """Yield the workbook's sheets of services; none without services."""
    if "services" not in t.content:
        return
    found = services_of(t)
    yield services_table(t).sheet(t, "services", found["services"])
    yield by_community_table(t).sheet(t, "services_by_community", found["by_community"])
    yield ledger_table(t).sheet(t, "ledger", found["ledger"])
    if found["hours"] is not None:
        yield hours_table(t).sheet(t, "service_hours", found["hours"]["by_time"])
        yield hours_ledger_table(t).sheet(t, "service_hours_ledger", found["hours"]["ledger"])
    if found["step_free"] is not None:
        yield step_free_table(t).sheet(t, "step_free", found["step_free"])
    if found["bundles"] is not None:
        yield bundles_table(t).sheet(t, "bundles", found["bundles"]["rooms"])


def _column(t: Translator, key: str, value: Any, kind: Kind = "text") -> TableColumn:  # noqa: ANN401
    return TableColumn(key, t.texts(f"services.column_{key}"), value, kind)
