"""Section on the programme: results, tasks, years, needs and resources."""

from __future__ import annotations

from collections.abc import Iterator

from planner.messages.catalogue import money_unit
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
    programme = t.content["programme"]
    if programme is None:
        return
    for sentence in words.programme_statements(t):
        yield Paragraph(sentence)
    if programme["projects"]:
        yield projects_table(t).block(
            t,
            programme["projects"],
            t.programme("tasks_table", unit=money_unit(programme["unit"], t.texts)),
            keys=(*TASKS, *GAINS, *_services(programme), COST_PER_PERSON),
            note=t.programme("tasks_note"),
        )
    yield years_table(programme, t)
    yield needs_table(t).block(
        t,
        programme["needs"],
        t.programme("needs_table"),
        note=t.programme("needs_note", minutes=t.exact(t.content["walking"]["standard_min"])),
    )
    yield from _resources(programme, t)


def years_table(programme: Programme, t: Translator) -> Table:
    """Return what is reached by the end of each year."""
    services = _services(programme)
    return Table(
        t.programme("years_table"),
        (t.programme("column_year"),),
        (
            *(t.programme(f"column_{name}") for name in ("sites", "settled", *GAINS, *services)),
            t.programme("column_spent", unit=money_unit(programme["unit"], t.texts)),
        ),
        tuple(
            (
                year_text(t, year["year"]),
                t.whole(len(year["sites"])),
                t.whole(len(year["resolved"])),
                t.whole(year["people_covered"]),
                t.whole(year["people_standard"]),
                *(t.whole(year["people_services"]) for _ in services),
                money_cell(year["spent"]),
            )
            for year in programme["years"]
        ),
    )


def _services(programme: Programme) -> tuple[str, ...]:
    return ("services",) if has_services(programme) else ()


def _resources(programme: Programme, t: Translator) -> Iterator[Block]:
    funds = programme["resources"]["funds"]
    yield funds_table(t).block(
        t,
        fund_rows(programme),
        t.programme("funds_table", unit=money_unit(programme["unit"], t.texts)),
        keys=FUNDS,
        note=t("joint").join(f"{fund['name']}: {fund['source']}" for fund in funds if fund["source"]),
    )
    sites = sorted(programme["resources"]["sites"], key=lambda site: (-site["people"], site["id"]))
    if sites:
        shown = sites[:MOST_SITES]
        yield places_table(t).block(
            t,
            shown,
            t.programme("sites_table"),
            note=t.programme("sites_note", shown=len(shown), count=len(sites)),
        )
