"""What the report says of the programme: what it comes to, tasks, years, needs, resources."""

from __future__ import annotations

from collections.abc import Iterator

from planner.messages.money import money_unit
from planner.reporting import programme_text as words
from planner.reporting.document.build import Document
from planner.reporting.programme_text import money, told, year
from planner.reporting.report.blocks import DASH, Block, Paragraph, Row, Table, Wording
from planner.reporting.rounding import gained_by_projects

MOST_SITES = 20


def programme(say: Wording) -> Iterator[Block]:
    """Tell what is done in which year with which money; nothing where the study gives no funds."""
    found = say.content["programme"]
    if found is None:
        return
    for sentence in words.statements(say):
        yield Paragraph(sentence)
    gained = gained_by_projects(found)
    if found["projects"]:
        yield Table(
            told(say, "tasks_table", unit=money_unit(found["unit"], say.texts)),
            _heads(say, "number", "task", "measure", "unit", "deadline", "kind", "funds"),
            (
                *_heads(say, "cost", "covered", "standard"),
                told(say, "column_cost_per_person", unit=words.small_unit(say)),
            ),
            tuple(_task_row(project, gained[project["id"]], say) for project in found["projects"]),
            note=told(say, "tasks_note"),
        )
    yield Table(
        told(say, "years_table"),
        _heads(say, "year"),
        (
            *_heads(say, "sites", "settled", "covered", "standard"),
            told(say, "column_spent", unit=money_unit(found["unit"], say.texts)),
        ),
        tuple(
            (
                year(say, one["year"]),
                say.whole(len(one["sites"])),
                say.whole(len(one["settled"])),
                say.whole(one["people_covered"]),
                say.whole(one["people_standard"]),
                money(one["spent"]),
            )
            for one in found["years"]
        ),
    )
    yield Table(
        told(say, "needs_table"),
        _heads(say, "number", "need", "place", "street", "evidence", "met_by"),
        _heads(say, "people", "people_met"),
        tuple(_need_row(need, say) for need in found["needs"]),
        note=told(say, "needs_note", minutes=say.plain(say.content["walking"]["standard_min"])),
    )
    yield from _resources(found, say)


def _resources(found: Document, say: Wording) -> Iterator[Block]:
    yield Table(
        told(say, "funds_table", unit=money_unit(found["unit"], say.texts)),
        _heads(say, "fund", "rules", "year"),
        _heads(say, "amount", "brought", "spent_fund", "left"),
        tuple(
            (
                fund["name"],
                words.fund_rules(fund, say),
                year(say, one["year"]),
                *(money(one[name]) for name in ("amount", "brought", "spent", "left")),
            )
            for fund in found["resources"]["funds"]
            for one in fund["years"]
        ),
        note=say("joint").join(
            f"{fund['name']}: {fund['source']}" for fund in found["resources"]["funds"] if fund["source"]
        ),
    )
    sites = sorted(found["resources"]["sites"], key=lambda site: (-site["people"], site["id"]))
    if sites:
        shown = sites[:MOST_SITES]
        yield Table(
            told(say, "sites_table"),
            _heads(say, "position", "kind", "place", "street", "project"),
            _heads(say, "cost", "reached"),
            tuple(
                (
                    site["id"],
                    told(say, f"kind_{site['kind']}"),
                    site["community_name"] or DASH,
                    site["street"] or DASH,
                    site["project"] or DASH,
                    money(site["cost"]),
                    say.whole(site["people"]),
                )
                for site in shown
            ),
            note=told(say, "sites_note", shown=len(shown), count=len(sites)),
        )


def _heads(say: Wording, *columns: str) -> tuple[str, ...]:
    return tuple(told(say, f"column_{column}") for column in columns)


def _task_row(project: Document, gained: tuple[int, int], say: Wording) -> Row:
    return (
        project["id"],
        words.task(project, say),
        words.measure(project, say),
        words.responsible(project),
        year(say, project["year"], "by_year"),
        told(say, f"kind_{project['kind']}"),
        words.paid_by(project, say),
        money(project["cost"]),
        say.whole(gained[0]),
        say.whole(gained[1]),
        words.per_person(project, say),
    )


def _need_row(need: Document, say: Wording) -> Row:
    return (
        need["id"],
        told(say, f"need_{need['kind']}"),
        need["name"],
        need["street"] or DASH,
        words.evidence(need, say),
        words.met(need, say),
        say.whole(need["people"]),
        say.whole(need["people_met"]),
    )
