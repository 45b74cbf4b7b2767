"""The site-selection report: told once, in blocks; a page and a Word file are made of the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from planner.outputs.document import Document
from planner.outputs.report_blocks import Block, Report, Section, Wording, section_number, sections
from planner.outputs.report_fairness import fairness
from planner.outputs.report_findings import siting
from planner.outputs.report_method import basis, data, reading
from planner.outputs.report_page import write_page
from planner.outputs.report_people import circles, kinds
from planner.outputs.report_programme import programme
from planner.outputs.report_sections import coverage, inventory
from planner.outputs.report_summary import facts, indicators, nature_of, summary
from planner.outputs.report_weak import weak_centres
from planner.plan import Plan
from planner.texts import Texts


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
        `planner.outputs.document.document` of the same plan; every number comes from it.

    Returns
    -------
    report
        Words, numbers and pictures, laid out by `planner.outputs.report_page` and `planner.outputs.report_docx`.
        The same plan gives the same report.
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
