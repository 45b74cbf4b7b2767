"""What the report says of the programme: what it comes to, tasks, years, needs, resources."""

from __future__ import annotations

from collections.abc import Iterator

from planner.messages.money import money_unit
from planner.reporting import programme_text as words
from planner.reporting.document.build import Document
from planner.reporting.programme_text import money_text, year_text
from planner.reporting.report.blocks import DASH, Block, Paragraph, Row, Table, Translator
from planner.reporting.rounding import gained_by_projects

MOST_SITES = 20


def programme_section(t: Translator) -> Iterator[Block]:
    """Tell what is done in which year with which money; nothing where the study gives no funds."""
    found = t.content["programme"]
    if found is None:
        return
    for sentence in words.statements(t):
        yield Paragraph(sentence)
    gained = gained_by_projects(found)
    if found["projects"]:
        yield Table(
            t.programme("tasks_table", unit=money_unit(found["unit"], t.texts)),
            _heads(t, "number", "task", "measure", "unit", "deadline", "kind", "funds"),
            (
                *_heads(t, "cost", "covered", "standard"),
                t.programme("column_cost_per_person", unit=words.small_money_unit(t)),
            ),
            tuple(_task_row(project, gained[project["id"]], t) for project in found["projects"]),
            note=t.programme("tasks_note"),
        )
    yield Table(
        t.programme("years_table"),
        _heads(t, "year"),
        (
            *_heads(t, "sites", "settled", "covered", "standard"),
            t.programme("column_spent", unit=money_unit(found["unit"], t.texts)),
        ),
        tuple(
            (
                year_text(t, one["year"]),
                t.whole(len(one["sites"])),
                t.whole(len(one["resolved"])),
                t.whole(one["people_covered"]),
                t.whole(one["people_standard"]),
                money_text(one["spent"]),
            )
            for one in found["years"]
        ),
    )
    yield Table(
        t.programme("needs_table"),
        _heads(t, "number", "need", "place", "street", "evidence", "met_by"),
        _heads(t, "people", "people_met"),
        tuple(_need_row(need, t) for need in found["needs"]),
        note=t.programme("needs_note", minutes=t.exact(t.content["walking"]["standard_min"])),
    )
    yield from _resources(found, t)


def _resources(found: Document, t: Translator) -> Iterator[Block]:
    yield Table(
        t.programme("funds_table", unit=money_unit(found["unit"], t.texts)),
        _heads(t, "fund", "rules", "year"),
        _heads(t, "amount", "brought", "spent_fund", "left"),
        tuple(
            (
                fund["name"],
                words.fund_rules_text(fund, t),
                year_text(t, one["year"]),
                *(money_text(one[name]) for name in ("amount", "brought", "spent", "left")),
            )
            for fund in found["resources"]["funds"]
            for one in fund["years"]
        ),
        note=t("joint").join(
            f"{fund['name']}: {fund['source']}" for fund in found["resources"]["funds"] if fund["source"]
        ),
    )
    sites = sorted(found["resources"]["sites"], key=lambda site: (-site["people"], site["id"]))
    if sites:
        shown = sites[:MOST_SITES]
        yield Table(
            t.programme("sites_table"),
            _heads(t, "position", "kind", "place", "street", "project"),
            _heads(t, "cost", "reached"),
            tuple(
                (
                    site["id"],
                    t.programme(f"kind_{site['kind']}"),
                    site["community_name"] or DASH,
                    site["subdistrict"] or DASH,
                    site["project"] or DASH,
                    money_text(site["cost"]),
                    t.whole(site["people"]),
                )
                for site in shown
            ),
            note=t.programme("sites_note", shown=len(shown), count=len(sites)),
        )


def _heads(t: Translator, *columns: str) -> tuple[str, ...]:
    return tuple(t.programme(f"column_{column}") for column in columns)


def _task_row(project: Document, gained: tuple[int, int], t: Translator) -> Row:
    return (
        project["id"],
        words.task_text(project, t),
        words.actions_text(project, t),
        words.responsible_unit(project),
        year_text(t, project["year"], "by_year"),
        t.programme(f"kind_{project['kind']}"),
        words.funding_text(project, t),
        money_text(project["cost"]),
        t.whole(gained[0]),
        t.whole(gained[1]),
        words.cost_per_person_text(project, t),
    )


def _need_row(need: Document, t: Translator) -> Row:
    return (
        need["id"],
        t.programme(f"need_{need['kind']}"),
        need["name"],
        need["subdistrict"] or DASH,
        words.need_evidence(need, t),
        words.need_outcome(need, t),
        t.whole(need["people"]),
        t.whole(need["people_met"]),
    )
