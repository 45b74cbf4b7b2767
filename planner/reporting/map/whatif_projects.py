"""What-if projects: what each project of the programme opens, closes, upgrades and builds, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.inputs.changes import Change
from planner.messages.catalogue import Texts
from planner.programme.programme import Project
from planner.reporting import programme_text as said
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.programme_text import year_text
from planner.reporting.report.blocks import Translator
from planner.results import Plan
from planner.results.outcome import OWN_KINDS


def project_sets(plan: Plan, content: PlanDocument, stations: Mapping[str, int]) -> Entry:
    """Return the projects as the page switches them, with the money that there is.

    Parameters
    ----------
    plan
        Programme and outcome.
    content
        Its document: names, amounts and places.
    stations
        Number of each centre, candidate and branch by its id.

    Returns
    -------
    projects
        ``list``: each project with its stations by number; ``declared`` are weak centres of which the study says
        that the project resolves them, not how. ``funds``: what each gives in each year; ``years``: their
        names. ``costs``: what a site at a candidate costs, by its number.
    """
    programme = content["programme"]
    if programme is None or plan.programme is None:
        return {"list": [], "funds": [], "years": [], "costs": {}}
    t = Translator(content, Texts(plan.study.language))
    labels = [year["year"] for year in programme["years"]]
    funds = [fund["id"] for fund in programme["resources"]["funds"]]
    entries = {entry["id"]: entry for entry in programme["projects"]}
    found = []
    for project in plan.programme.projects:
        entry = entries[project.id]
        paid = {one["fund"]: one["amount"] for one in entry["paid"]}
        changes = plan.outcome.changes.get(project.id, ())
        found.append(
            {
                "id": project.id,
                "name": said.task_text(entry, t),
                "kind": t.programme(f"kind_{project.kind}"),
                "year": project.year,
                "cost": entry["cost"],
                "paid": [paid.get(fund, 0.0) for fund in funds],
                **_effects(project, changes, plan, stations),
                "changes": [change.model_dump() for change in changes],
            }
        )
    costs = {str(stations[site["id"]]): site["cost"] for site in programme["resources"]["sites"]}
    return {
        "list": found,
        "funds": [
            {
                "name": fund["name"],
                "amounts": [year["amount"] for year in fund["years"]],
                "carries": fund["carry_over"],
            }
            for fund in programme["resources"]["funds"]
        ],
        "years": [year_text(t, label) for label in labels],
        "costs": costs,
    }


def _effects(project: Project, changes: tuple[Change, ...], plan: Plan, stations: Mapping[str, int]) -> Entry:
    passages = plan.outcome.passages
    return {
        "sites": [stations[project.site]] if project.site else [],
        "closes": [stations[one] for one in project.closes],
        "upgrades": [stations[one] for one in dict.fromkeys(_upgraded(changes))],
        "branches": [stations[change.id] for change in changes if change.kind == "open_station"],
        "passages": 1 << passages.index(project.id) if project.id in passages else 0,
        "declared": [] if changes else [stations[one] for one in project.resolves],
    }


def _upgraded(changes: tuple[Change, ...]) -> Iterator[str]:
    return (change.centre for change in changes if change.kind in OWN_KINDS)


def projects_done(content: PlanDocument, scenario: Entry) -> list[int]:
    """Return the numbers of the projects that are carried out in a scenario of the document."""
    programme = content["programme"]
    ids = [project["id"] for project in programme["projects"]] if programme else []
    return [ids.index(one) for one in scenario["projects"]]
