"""The programme on the map: its projects, a layer a year, each with the year on its sign."""

from __future__ import annotations

import folium
from folium.map import Layer

from planner.messages.money import unit_of_amount
from planner.reporting import programme_text as said
from planner.reporting.document.build import Document
from planner.reporting.map import style
from planner.reporting.map.elements import Words, entry, sign_at
from planner.reporting.programme_text import told, year
from planner.reporting.report.blocks import Wording
from planner.reporting.rounding import gained_by_projects


def project_layers(content: Document, words: Words) -> list[Layer]:
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
    say = Wording(content, words.texts)
    layers: list[Layer] = []
    for order, one in enumerate(programme["years"]):
        projects = [
            project
            for project in programme["projects"]
            if project["year"] == one["year"] and project["lon"] is not None
        ]
        if not projects:
            continue
        name = told(say, "layer_projects", year=year(say, one["year"]), count=len(projects))
        sign = style.flag(one["year"], order)
        layer = folium.FeatureGroup(name=entry(name, sign), show=False)
        for project in projects:
            number = words.add(
                words.card("project_tip", said.task(project, say)),
                words.card("project", said.task(project, say), project["id"], _rows(project, say)),
            )
            sign_at(
                project, sign, style.FLAG_SIZE, "project", number, foot=style.FLAG_SIZE[1], station=None
            ).add_to(layer)
        layers.append(layer)
    return layers


def _rows(project: Document, say: Wording) -> list[tuple[str, str]]:
    """Return what the card of a project says, by its heads in the task table."""
    unit = unit_of_amount(say.content["programme"]["unit"], say.texts)
    gained = gained_by_projects(say.content["programme"])[project["id"]]
    told_of = {
        "measure": said.measure(project, say),
        "unit": said.responsible(project),
        "deadline": year(say, project["year"], "by_year"),
        "kind": told(say, f"kind_{project['kind']}"),
        "cost": f"{said.money(project['cost'])} {unit}",
        "funds": said.paid_by(project, say),
        "covered": say.whole(gained[0]),
        "standard": say.whole(gained[1]),
    }
    return [(told(say, f"column_{head}"), value) for head, value in told_of.items()]
