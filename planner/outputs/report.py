"""report.html: the site-selection report, one self-contained page that can be printed and filed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from itertools import chain

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from planner.outputs.document import Document
from planner.outputs.map_style import DISC, SITE, UNCOVERED, VERDICT_COLOURS
from planner.outputs.report_blocks import Block, Wording, section_number, sections
from planner.outputs.report_fairness import fairness
from planner.outputs.report_findings import siting
from planner.outputs.report_method import basis, data, reading
from planner.outputs.report_people import circles, kinds
from planner.outputs.report_programme import programme
from planner.outputs.report_sections import coverage, inventory
from planner.outputs.report_summary import facts, indicators, summary
from planner.outputs.report_weak import weak_centres
from planner.plan import Plan
from planner.texts import Texts

HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}
COLOURS = {**VERDICT_COLOURS, "people": UNCOVERED, "site": SITE, "disc": DISC}


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section of the report."""

    id: str
    title: str
    blocks: tuple[Block, ...]


def write_report(plan: Plan, content: Document) -> str:
    """Write the report of a plan.

    Parameters
    ----------
    plan
        The plan; only its geometry is drawn from it.
    content
        `planner.outputs.document.document` of the same plan; every number comes from it.

    Returns
    -------
    html
        One page with its style and its figures inside, in the study's language. The same plan gives the same page.
    """
    language = plan.study.language
    say = Wording(content, Texts(language))
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
        Section(name, f"{number} {say(f'section_{name}')}", tuple(told[name]()))
        for number, name in enumerate(sections(content), start=1)
    ]
    modelled = content["data"]["modelled"]
    layers = say.listed([say(f"layer_{layer}") for layer in modelled])
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            language=HTML_LANGUAGE[language],
            say=say,
            style=Markup(_template("report.css")),  # noqa: S704 - our own style sheet
            colours=COLOURS,
            name=content["study"]["name"],
            facts=facts(say),
            nature="modelled" if modelled else "surveyed",
            nature_text=say("modelled", layers=layers)
            if modelled
            else say("surveyed", section=section_number(content, "data")),
            indicators=tuple(indicators(say)),
            summary=tuple(summary(say)),
            sections=numbered,
        )
    )


def _template(name: str) -> str:
    return resources.files("planner.outputs").joinpath("templates", name).read_text("utf-8")


def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
