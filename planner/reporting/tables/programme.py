"""The programme's sheets of tables.xlsx: needs, resources, projects, and the table of tasks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from planner.messages.money import money_unit
from planner.reporting import programme_text as words
from planner.reporting.document.build import Document
from planner.reporting.programme_text import told
from planner.reporting.report.blocks import Wording
from planner.reporting.rounding import gained_by_projects
from planner.reporting.tables.workbook import Column, Kind, Rows, Sheet, Value, heads


def sheets(say: Wording) -> Iterator[Sheet]:
    """Yield needs, resources (money, places), projects and tasks; nothing where the study gives no funds."""
    found = say.content["programme"]
    if found is not None:
        for make in (_needs, _funds, _places, _projects, _tasks):
            yield make(found, say)


def _tasks(found: Document, say: Wording) -> Sheet:
    """Return the table of tasks: what, how, by whom, by when, with which money and for whom."""
    rows: Rows = [
        (
            project["id"],
            words.task(project, say),
            words.measure(project, say),
            words.responsible(project),
            words.year(say, project["year"], "by_year"),
            words.paid_by(project, say),
            project["cost"],
        )
        for project in found["projects"]
    ]
    columns = (
        *_heads(say, "number", "task", "measure", "unit", "deadline", "funds"),
        _money(say, "cost", found),
    )
    return Sheet(say("sheet_tasks"), columns, rows)


def _needs(found: Document, say: Wording) -> Sheet:
    """Return the list of needs."""
    rows: Rows = [
        (
            need["id"],
            told(say, f"need_{need['kind']}"),
            need["name"],
            need["street"],
            words.evidence(need, say),
            words.met(need, say),
            need["people"],
            need["people_met"],
        )
        for need in found["needs"]
    ]
    texts = _heads(say, "number", "need", "place", "street", "evidence", "met_by")
    return Sheet(say("sheet_needs"), (*texts, *_heads(say, ("people", "whole"), ("people_met", "whole"))), rows)


def _funds(found: Document, say: Wording) -> Sheet:
    """Return the list of resources, its money: what each fund gives, spends and keeps in each year."""
    rows: Rows = [
        (
            fund["name"],
            words.fund_rules(fund, say),
            fund["source"],
            words.year(say, one["year"]),
            *(one[name] for name in ("amount", "brought", "spent", "left")),
        )
        for fund in found["resources"]["funds"]
        for one in fund["years"]
    ]
    numbers = tuple(_money(say, name, found) for name in ("amount", "brought", "spent_fund", "left"))
    columns = (*_heads(say, "fund", "rules"), *heads(say, "source"), *_heads(say, "year"), *numbers)
    return Sheet(say("sheet_funds"), columns, rows)


def _places(found: Document, say: Wording) -> Sheet:
    """Return the list of resources, its places: where something could be built, with its cost and people."""
    rows: Rows = [
        (
            site["id"],
            told(say, f"kind_{site['kind']}"),
            site["community_name"],
            site["street"],
            site["project"],
            site["cost"],
            site["people"],
        )
        for site in found["resources"]["sites"]
    ]
    texts = _heads(say, "position", "kind", "place", "street", "project")
    columns = (*texts, _money(say, "cost", found), *_heads(say, ("reached", "whole")))
    return Sheet(say("sheet_places"), columns, rows)


def _projects(found: Document, say: Wording) -> Sheet:
    """Return the list of projects with its figures, a column for what each fund pays."""
    paying, gained = words.fund_titles(say), gained_by_projects(found)
    rows: Rows = [
        (
            project["id"],
            words.task(project, say),
            told(say, f"kind_{project['kind']}"),
            project["community_name"],
            project["street"],
            words.responsible(project),
            words.year(say, project["year"]),
            project["lon"],
            project["lat"],
            project["cost"],
            *(_paid(project, fund) for fund in paying),
            *gained[project["id"]],
            words.small_cost(project["cost_per_person"], say),
        )
        for project in found["projects"]
    ]
    columns = (
        *_heads(say, "number", "task", "kind", "place", "street", "unit", "year"),
        *heads(say, ("lon", "degrees"), ("lat", "degrees")),
        _money(say, "cost", found),
        *(Column(title, "number") for title in paying.values()),
        *_heads(say, ("covered", "whole"), ("standard", "whole")),
        Column(told(say, "column_cost_per_person", unit=words.small_unit(say)), "number"),
    )
    return Sheet(say("sheet_projects"), columns, rows)


def _paid(project: Document, fund: str) -> Value:
    amount: float = sum(one["amount"] for one in project["paid"] if one["fund"] == fund)
    return amount


def _heads(say: Wording, *named: str | tuple[str, Kind]) -> tuple[Column, ...]:
    return heads(partial(told, say), *named)


def _money(say: Wording, name: str, found: Document) -> Column:
    return Column(
        say("money_column", name=told(say, f"column_{name}"), unit=money_unit(found["unit"], say.texts)), "number"
    )
