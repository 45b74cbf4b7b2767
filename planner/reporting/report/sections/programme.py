"""Section on the programme: results, tasks, years, needs and resources."""

from __future__ import annotations

from collections.abc import Iterator

from planner.messages.money import money_unit
from planner.reporting import programme_text as words
from planner.reporting.document.records.programme import Programme
from planner.reporting.programme_text import has_services, year_text
from planner.reporting.report.blocks import Block, Paragraph, Table, Translator
from planner.reporting.report.sections.memo import money_cell
from planner.reporting.tables.programme import fund_rows, funds_table, needs_table, places_table, projects_table

MOST_SITES = 20
TASKS: tuple[str, ...] = ("number", "task", "measure", "unit", "deadline", "kind", "funds", "cost")
GAINS, COST_PER_PERSON = ("covered", "standard"), "cost_per_person"
FUNDS = ("fund", "rules", "year", "amount", "brought", "spent_fund", "left")


def programme_section(t: Translator) -> Iterator[Block]:
    """Yield projects by year with their funding; nothing if the study has no funds."""
    found = t.content["programme"]
    if found is None:
        return
    for sentence in words.statements(t):
        yield Paragraph(sentence)
    if found["projects"]:
        yield projects_table(t).block(
            t,
            found["projects"],
            t.programme("tasks_table", unit=money_unit(found["unit"], t.texts)),
            keys=(*TASKS, *GAINS, *_services(found), COST_PER_PERSON),
            note=t.programme("tasks_note"),
        )
    yield years_table(found, t)
    yield needs_table(t).block(
        t,
        found["needs"],
        t.programme("needs_table"),
        note=t.programme("needs_note", minutes=t.exact(t.content["walking"]["standard_min"])),
    )
    yield from _resources(found, t)


def years_table(found: Programme, t: Translator) -> Table:
    """Return what is reached by the end of each year."""
    services = _services(found)
    return Table(
        t.programme("years_table"),
        (t.programme("column_year"),),
        (
            *(t.programme(f"column_{name}") for name in ("sites", "settled", *GAINS, *services)),
            t.programme("column_spent", unit=money_unit(found["unit"], t.texts)),
        ),
        tuple(
            (
                year_text(t, one["year"]),
                t.whole(len(one["sites"])),
                t.whole(len(one["resolved"])),
                t.whole(one["people_covered"]),
                t.whole(one["people_standard"]),
                *(t.whole(one[f"people_{name}"]) for name in services),
                money_cell(one["spent"]),
            )
            for one in found["years"]
        ),
    )


def _services(found: Programme) -> tuple[str, ...]:
    return ("services",) if has_services(found) else ()


def _resources(found: Programme, t: Translator) -> Iterator[Block]:
    funds = found["resources"]["funds"]
    yield funds_table(t).block(
        t,
        fund_rows(found),
        t.programme("funds_table", unit=money_unit(found["unit"], t.texts)),
        keys=FUNDS,
        note=t("joint").join(f"{fund['name']}: {fund['source']}" for fund in funds if fund["source"]),
    )
    sites = sorted(found["resources"]["sites"], key=lambda site: (-site["people"], site["id"]))
    if sites:
        shown = sites[:MOST_SITES]
        yield places_table(t).block(
            t,
            shown,
            t.programme("sites_table"),
            note=t.programme("sites_note", shown=len(shown), count=len(sites)),
        )


def _heads(t: Translator, *columns: str) -> tuple[str, ...]:
    return tuple(t.programme(f"column_{column}") for column in columns)
