"""Tables of the programme that report and workbook share: projects and tasks, needs, funds, possible places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from planner.messages.catalogue import money_unit
from planner.reporting import programme_text as text
from planner.reporting.document.records.plan import Entry
from planner.reporting.document.records.programme import Programme
from planner.reporting.report.blocks import Translator, require
from planner.reporting.rounding import gained_by_projects
from planner.reporting.tables.spec import TableColumn, TableSpec
from planner.reporting.tables.workbook import Kind, Sheet, Value

PROJECTS = ("number", "task", "kind", "place", "subdistrict", "unit", "year", "lon", "lat", "cost")
TASKS = ("number", "task", "measure", "unit", "deadline", "funds", "cost")
MOST_PRINTED = 80
"""Rows of a long list that are printed; the file holds all."""

FUNDS = ("fund", "rules", "source", "year", "amount", "brought", "spent_fund", "left")


def programme_sheets(t: Translator) -> Iterator[Sheet]:
    """Yield needs, funds, possible places, projects and tasks; nothing where the study has no funds."""
    programme = t.content["programme"]
    if programme is None:
        return
    projects, funds = projects_table(t), programme["resources"]["funds"]
    paid = tuple(f"paid_{fund['id']}" for fund in funds)
    gains = ("covered", "standard", *(("services",) if text.has_services(programme) else ()))
    project_keys = (*PROJECTS, *paid, *gains, "cost_per_person")
    yield needs_table(t).sheet(t, "needs", programme["needs"], printed=MOST_PRINTED)
    yield funds_table(t).sheet(t, "funds", fund_rows(programme), keys=FUNDS, sums=("amount", "spent_fund"))
    yield places_table(t).sheet(t, "places", programme["resources"]["sites"], printed=MOST_PRINTED)
    yield projects.sheet(
        t,
        "projects",
        programme["projects"],
        keys=project_keys,
        details=("lon", "lat"),
        sums=("cost", *paid, *gains),
    )
    yield projects.sheet(t, "tasks", programme["projects"], keys=TASKS, sums=("cost",))


def _column(t: Translator, key: str, value: Callable[[Any], Value], kind: Kind = "text") -> TableColumn:
    return TableColumn(key, t.programme(f"column_{key}"), value, kind)


def _money_column(t: Translator, key: str, field: str = "") -> TableColumn:
    heading = t.programme(f"column_{key}")
    unit = money_unit(require(t.content["programme"])["unit"], t.texts)
    return TableColumn(
        key,
        heading,
        lambda row: row[field or key],
        "number",
        lambda row: text.money_text(row[field or key]),
        sheet_heading=t("money_column", name=heading, unit=unit),
    )


def projects_table(t: Translator) -> TableSpec:
    """Return the table of projects: a row is an entry of `programme.projects`."""
    programme = require(t.content["programme"])
    gained, services = gained_by_projects(programme), text.has_services(programme)

    def paid(fund: str, title: str) -> TableColumn:
        return TableColumn(
            f"paid_{fund}",
            title,
            lambda row: float(sum(part["amount"] for part in row["paid"] if part["fund"] == fund)),
            "number",
        )

    return TableSpec(
        (
            _column(t, "number", lambda row: row["id"]),
            _column(t, "task", lambda row: text.task_text(row, t)),
            _column(t, "measure", lambda row: text.actions_text(row, t)),
            _column(t, "unit", text.responsible_unit),
            _column(t, "deadline", lambda row: text.year_text(t, row["year"], "by_year")),
            _column(t, "kind", lambda row: t.programme(f"kind_{row['kind']}")),
            _column(t, "funds", lambda row: text.funding_text(row, t)),
            _column(t, "place", lambda row: row["community_name"]),
            TableColumn("subdistrict", t.programme("column_subdistrict"), lambda row: row["subdistrict"]),
            _column(t, "year", lambda row: text.year_text(t, row["year"])),
            TableColumn("lon", t("column_lon"), lambda row: row["lon"], "degrees"),
            TableColumn("lat", t("column_lat"), lambda row: row["lat"], "degrees"),
            _money_column(t, "cost"),
            *(paid(fund, title) for fund, title in text.fund_titles(t).items()),
            TableColumn(
                "covered",
                t.programme("column_covered"),
                lambda row: gained[row["id"]][0],
                "whole",
                lambda row: text.covered_text(gained[row["id"]][0], t),
            ),
            _column(t, "standard", lambda row: gained[row["id"]][1], "whole"),
            *((_column(t, "services", lambda row: gained[row["id"]][2], "whole"),) if services else ()),
            TableColumn(
                "cost_per_person",
                t.programme("column_cost_per_person", unit=text.small_money_unit(t)),
                lambda row: text.cost_in_small_unit(row["cost_per_person"], t),
                "number",
                lambda row: text.cost_per_person_text(row, t),
            ),
        ),
    )


def needs_table(t: Translator) -> TableSpec:
    """Return the table of needs: a row is an entry of `programme.needs`."""
    return TableSpec(
        (
            _column(t, "number", lambda row: row["id"]),
            _column(t, "need", lambda row: t.programme(f"need_{row['kind']}")),
            _column(t, "place", lambda row: row["name"]),
            TableColumn("subdistrict", t.programme("column_subdistrict"), lambda row: row["subdistrict"]),
            _column(t, "evidence", lambda row: text.need_evidence(row, t)),
            _column(t, "met_by", lambda row: text.need_outcome(row, t)),
            _column(t, "people", lambda row: row["people"], "whole"),
            _column(t, "people_met", lambda row: row["people_met"], "whole"),
        ),
    )


def fund_rows(programme: Programme) -> list[Entry]:
    """Return one row a fund and year."""
    return [{**fund, **year} for fund in programme["resources"]["funds"] for year in fund["years"]]


def funds_table(t: Translator) -> TableSpec:
    """Return the table of funds: a row is one of `fund_rows`."""
    return TableSpec(
        (
            _column(t, "fund", lambda row: row["name"]),
            _column(t, "rules", lambda row: text.fund_rules_text(row, t)),
            TableColumn("source", t("column_source"), lambda row: row["source"]),
            _column(t, "year", lambda row: text.year_text(t, row["year"])),
            _money_column(t, "amount"),
            _money_column(t, "brought"),
            _money_column(t, "spent_fund", "spent"),
            _money_column(t, "left"),
        ),
    )


def places_table(t: Translator) -> TableSpec:
    """Return the table of possible places: a row is an entry of `programme.resources.sites`."""
    return TableSpec(
        (
            _column(t, "position", lambda row: row["id"]),
            _column(t, "kind", lambda row: t.programme(f"kind_{row['kind']}")),
            _column(t, "place", lambda row: row["community_name"]),
            TableColumn("subdistrict", t.programme("column_subdistrict"), lambda row: row["subdistrict"]),
            _column(t, "project", lambda row: row["project"]),
            _money_column(t, "cost"),
            _column(t, "reached", lambda row: row["people"], "whole"),
        ),
    )
