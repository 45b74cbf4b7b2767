"""The programme's sheets of tables.xlsx: needs, resources, projects, and the table of tasks."""

from __future__ import annotations

from collections.abc import Iterator

from planner.messages.money import money_unit
from planner.reporting import programme_text as words
from planner.reporting.document.build import Document
from planner.reporting.report.blocks import Translator
from planner.reporting.rounding import gained_by_projects
from planner.reporting.tables.workbook import Column, Kind, Rows, Sheet, Value, heads


def sheets(t: Translator) -> Iterator[Sheet]:
    """Yield needs, resources (money, places), projects and tasks; nothing where the study gives no funds."""
    found = t.content["programme"]
    if found is not None:
        for make in (_needs, _funds, _places, _projects, _tasks):
            yield make(found, t)


def _tasks(found: Document, t: Translator) -> Sheet:
    """Return the table of tasks: what, how, by whom, by when, with which money and for whom."""
    rows: Rows = [
        (
            project["id"],
            words.task_text(project, t),
            words.actions_text(project, t),
            words.responsible_unit(project),
            words.year_text(t, project["year"], "by_year"),
            words.funding_text(project, t),
            project["cost"],
        )
        for project in found["projects"]
    ]
    columns = (
        *_heads(t, "number", "task", "measure", "unit", "deadline", "funds"),
        _money(t, "cost", found),
    )
    return Sheet(t("sheet_tasks"), columns, rows)


def _needs(found: Document, t: Translator) -> Sheet:
    """Return the list of needs."""
    rows: Rows = [
        (
            need["id"],
            t.programme(f"need_{need['kind']}"),
            need["name"],
            need["subdistrict"],
            words.need_evidence(need, t),
            words.need_outcome(need, t),
            need["people"],
            need["people_met"],
        )
        for need in found["needs"]
    ]
    texts = _heads(t, "number", "need", "place", "street", "evidence", "met_by")
    return Sheet(t("sheet_needs"), (*texts, *_heads(t, ("people", "whole"), ("people_met", "whole"))), rows)


def _funds(found: Document, t: Translator) -> Sheet:
    """Return the list of resources, its money: what each fund gives, spends and keeps in each year."""
    rows: Rows = [
        (
            fund["name"],
            words.fund_rules_text(fund, t),
            fund["source"],
            words.year_text(t, one["year"]),
            *(one[name] for name in ("amount", "brought", "spent", "left")),
        )
        for fund in found["resources"]["funds"]
        for one in fund["years"]
    ]
    numbers = tuple(_money(t, name, found) for name in ("amount", "brought", "spent_fund", "left"))
    columns = (*_heads(t, "fund", "rules"), *heads(t, "source"), *_heads(t, "year"), *numbers)
    return Sheet(t("sheet_funds"), columns, rows)


def _places(found: Document, t: Translator) -> Sheet:
    """Return the list of resources, its places: where something could be built, with its cost and people."""
    rows: Rows = [
        (
            site["id"],
            t.programme(f"kind_{site['kind']}"),
            site["community_name"],
            site["subdistrict"],
            site["project"],
            site["cost"],
            site["people"],
        )
        for site in found["resources"]["sites"]
    ]
    texts = _heads(t, "position", "kind", "place", "street", "project")
    columns = (*texts, _money(t, "cost", found), *_heads(t, ("reached", "whole")))
    return Sheet(t("sheet_places"), columns, rows)


def _projects(found: Document, t: Translator) -> Sheet:
    """Return the list of projects with its figures, a column for what each fund pays."""
    paying, gained = words.fund_titles(t), gained_by_projects(found)
    rows: Rows = [
        (
            project["id"],
            words.task_text(project, t),
            t.programme(f"kind_{project['kind']}"),
            project["community_name"],
            project["subdistrict"],
            words.responsible_unit(project),
            words.year_text(t, project["year"]),
            project["lon"],
            project["lat"],
            project["cost"],
            *(_paid(project, fund) for fund in paying),
            *gained[project["id"]],
            words.cost_in_small_unit(project["cost_per_person"], t),
        )
        for project in found["projects"]
    ]
    columns = (
        *_heads(t, "number", "task", "kind", "place", "street", "unit", "year"),
        *heads(t, ("lon", "degrees"), ("lat", "degrees")),
        _money(t, "cost", found),
        *(Column(title, "number") for title in paying.values()),
        *_heads(t, ("covered", "whole"), ("standard", "whole")),
        Column(t.programme("column_cost_per_person", unit=words.small_money_unit(t)), "number"),
    )
    return Sheet(t("sheet_projects"), columns, rows)


def _paid(project: Document, fund: str) -> Value:
    amount: float = sum(one["amount"] for one in project["paid"] if one["fund"] == fund)
    return amount


def _heads(t: Translator, *named: str | tuple[str, Kind]) -> tuple[Column, ...]:
    return heads(t.programme, *named)


def _money(t: Translator, name: str, found: Document) -> Column:
    return Column(
        t("money_column", name=t.programme(f"column_{name}"), unit=money_unit(found["unit"], t.texts)), "number"
    )
