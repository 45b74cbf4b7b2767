"""The site-selection report, built once as blocks from which page and Word file are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from planner.messages.catalogue import Texts
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.facility_text import scenario_heading
from planner.reporting.report.blocks import Block, Office, Report, Section, Translator, annex_names, annex_ref
from planner.reporting.report.html import write_page
from planner.reporting.report.sections.body import body_sections
from planner.reporting.report.sections.coverage import coverage_section, inventory_section
from planner.reporting.report.sections.equity import equity_section
from planner.reporting.report.sections.levels import levels_section
from planner.reporting.report.sections.memo import date_text, memo_blocks, memo_title
from planner.reporting.report.sections.method import basis_section, data_section, reading_section
from planner.reporting.report.sections.organisations import belts_section, organisations_section
from planner.reporting.report.sections.people import business_areas_section, groups_section
from planner.reporting.report.sections.programme import programme_section
from planner.reporting.report.sections.services import services_section
from planner.reporting.report.sections.siting import siting_section
from planner.reporting.report.sections.summary import fact_rows, nature_of
from planner.reporting.report.sections.weak_facilities import weak_facilities_section
from planner.results import Plan


def write_report(plan: Plan, content: PlanDocument) -> str:
    """Write the report of a plan as one page with its style and its figures inside: `build_report`, laid out."""
    return write_page(build_report(plan, content))


def build_report(plan: Plan, content: PlanDocument) -> Report:
    """Build the report of a plan, in the study's language.

    Parameters
    ----------
    plan
        The plan; only its geometry is drawn from it.
    content
        `planner.reporting.document.build.build_document` of the same plan; every number comes from it.

    Returns
    -------
    report
        Words, numbers and pictures, laid out by `planner.reporting.report.html` and
        `planner.reporting.report.docx`. The same plan gives the same report.
    """
    t = Translator(content, Texts(plan.study.language))
    blocks_of: dict[str, Callable[[], Iterator[Block]]] = {
        "basis": lambda: basis_section(t),
        "inventory": lambda: inventory_section(t),
        "coverage": lambda: chain(coverage_section(t), groups_section(t)),
        "services": lambda: services_section(t),
        "weak": lambda: weak_facilities_section(plan, t),
        "siting": lambda: siting_section(plan, t),
        "programme": lambda: programme_section(t),
        "fairness": lambda: equity_section(t),
        "business_areas": lambda: business_areas_section(t),
        "levels": lambda: levels_section(t),
        "belts": lambda: belts_section(t),
        "organisations": lambda: organisations_section(t),
        "reading": lambda: reading_section(t),
        "data": lambda: data_section(t),
    }
    body = [
        Section(name, number, t.decision(f"section_{name}"), tuple(blocks()))
        for number, (name, blocks) in enumerate(body_sections(plan, t).items(), start=1)
    ]
    annexes = [
        Section(name, number, t(f"section_{name}"), tuple(blocks_of[name]()), annex_ref(t, name))
        for number, name in enumerate(annex_names(content), start=1)
    ]
    modelled, nature = nature_of(t, section=annex_ref(t, "data"))
    title = scenario_heading(memo_title(t), content, t.texts)
    return Report(
        t=t,
        name=content["study"]["name"],
        title=scenario_heading(t("title"), content, t.texts),
        facts=tuple(fact_rows(t, technical=False)),
        modelled=modelled,
        nature=nature,
        indicators=(),
        summary=(),
        sections=(*body, *annexes),
        memo=Section("memo", 0, title, tuple(memo_blocks(plan, t))),
        office=office_of(t),
        style=content["study"]["report"]["style"],
    )


def office_of(t: Translator) -> Office:
    """Return addressee, issuer and date; in an official document what is not given has to be filled in."""
    given = t.content["study"]["report"]
    empty = t.decision("fill_in") if given["style"] == "gbt9704" else ""
    return Office(given["addressee"] or empty, given["issuer"] or empty, date_text(given["issued"], t) or empty)
