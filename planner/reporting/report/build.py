"""The site-selection report: told once, in blocks; a page and a Word file are made of the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from planner.messages.catalogue import Texts
from planner.reporting.document.build import Document
from planner.reporting.report.blocks import Block, Report, Section, Wording, section_number, sections
from planner.reporting.report.html_page import write_page
from planner.reporting.report.sections.coverage import coverage, inventory
from planner.reporting.report.sections.equity import fairness
from planner.reporting.report.sections.method import basis, data, reading
from planner.reporting.report.sections.people import circles, kinds
from planner.reporting.report.sections.programme import programme
from planner.reporting.report.sections.proposals import siting
from planner.reporting.report.sections.summary import facts, indicators, nature_of, summary
from planner.reporting.report.sections.weak_facilities import weak_centres
from planner.results import Plan


def write_report(plan: Plan, content: Document) -> str:
    """Write the report of a plan as one page with its style and its figures inside: `tell_report`, laid out."""
    return write_page(tell_report(plan, content))


def tell_report(plan: Plan, content: Document) -> Report:
    """Tell the report of a plan, in the study's language.

    Parameters
    ----------
    plan
        The plan; only its geometry is drawn from it.
    content
        `planner.reporting.document.build.document` of the same plan; every number comes from it.

    Returns
    -------
    report
        Words, numbers and pictures, laid out by `planner.reporting.report.html_page` and
        `planner.reporting.report.word_file`. The same plan gives the same report.
    """
    say = Wording(content, Texts(plan.study.language))
    told: dict[str, Callable[[], Iterator[Block]]] = {
        "basis": lambda: basis(say),
        "inventory": lambda: inventory(plan, say),
        "coverage": lambda: chain(coverage(say), kinds(say)),
        "weak": lambda: weak_centres(plan, say),
        "siting": lambda: siting(plan, say),
        "programme": lambda: programme(say),
        "fairness": lambda: fairness(say),
        "circles": lambda: circles(say),
        "reading": lambda: reading(say),
        "data": lambda: data(say),
    }
    numbered = [
        Section(name, number, say(f"section_{name}"), tuple(told[name]()))
        for number, name in enumerate(sections(content), start=1)
    ]
    modelled, nature = nature_of(say, section=section_number(content, "data"))
    return Report(
        say=say,
        name=content["study"]["name"],
        title=say("title"),
        facts=tuple(facts(say)),
        modelled=modelled,
        nature=nature,
        indicators=tuple(indicators(say)),
        summary=tuple(summary(say)),
        sections=tuple(numbered),
    )
