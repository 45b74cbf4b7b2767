"""The programme on the map: its projects, a layer a year, each with the year on its sign."""

from __future__ import annotations

import folium
from folium.map import Layer

from planner.messages.money import unit_of_amount
from planner.reporting import programme_text as said
from planner.reporting.document.build import Document
from planner.reporting.map import style
from planner.reporting.map.elements import CardTexts, layer_name, sign_at
from planner.reporting.programme_text import year_text
from planner.reporting.report.blocks import Translator
from planner.reporting.rounding import gained_by_projects


def project_layers(content: Document, words: CardTexts) -> list[Layer]:
    """Return one layer a year, hidden until it is asked for; projects that are nowhere in particular are in none.

    Parameters
    ----------
    content
        The document.
    words
        Takes the tooltips and cards.
    """
    programme = content["programme"]
    if programme is None:
        return []
    t = Translator(content, words.texts)
    layers: list[Layer] = []
    for order, one in enumerate(programme["years"]):
        projects = [
            project
            for project in programme["projects"]
            if project["year"] == one["year"] and project["lon"] is not None
        ]
        if not projects:
            continue
        name = t.programme("layer_projects", year=year_text(t, one["year"]), count=len(projects))
        sign = style.flag(one["year"], order)
        layer = folium.FeatureGroup(name=layer_name(name, sign), show=False)
        for project in projects:
            number = words.add(
                words.card("project_tip", said.task_text(project, t)),
                words.card("project", said.task_text(project, t), project["id"], _rows(project, t)),
            )
            sign_at(
                project, sign, style.FLAG_SIZE, "project", number, foot=style.FLAG_SIZE[1], station=None
            ).add_to(layer)
        layers.append(layer)
    return layers


def _rows(project: Document, t: Translator) -> list[tuple[str, str]]:
    """Return what the card of a project says, by its heads in the task table."""
    unit = unit_of_amount(t.content["programme"]["unit"], t.texts)
    gained = gained_by_projects(t.content["programme"])[project["id"]]
    told_of = {
        "measure": said.actions_text(project, t),
        "unit": said.responsible_unit(project),
        "deadline": year_text(t, project["year"], "by_year"),
        "kind": t.programme(f"kind_{project['kind']}"),
        "cost": f"{said.money_text(project['cost'])} {unit}",
        "funds": said.funding_text(project, t),
        "covered": t.whole(gained[0]),
        "standard": t.whole(gained[1]),
    }
    return [(t.programme(f"column_{head}"), value) for head, value in told_of.items()]
