"""Heading of every product where the centres are those of a scenario, not today's."""

from __future__ import annotations

from collections.abc import Iterator

from planner.messages.catalogue import Texts
from planner.reporting.document.records.plan import PlanDocument


def scenario_heading(heading: str, content: PlanDocument, texts: Texts) -> str:
    """Return a heading that names the scenario of the run; the heading alone where the centres are today's."""
    scenario = content["scenario"]
    if scenario is None:
        return heading
    return texts("words.scenario_heading", heading=heading, scenario=scenario_name(content, texts))


def scenario_name(content: PlanDocument, texts: Texts) -> str:
    """Return what the scenario of the run is called, by its file; "" where the centres are today's."""
    scenario = content["scenario"]
    if scenario is None:
        return ""
    file = scenario["file"]
    return texts("words.scenario_named", file=file) if file else texts("words.scenario_unnamed")


def scenario_notice(content: PlanDocument, texts: Texts) -> str:
    """Return what the scenario of the run changes, and what no figure of it holds; "" without a scenario."""
    return texts.paragraph(_sentences(content, texts))


def _sentences(content: PlanDocument, texts: Texts) -> Iterator[str]:
    scenario = content["scenario"]
    if scenario is None:
        return
    counts = {"closed": len(scenario["closed"]), "sites": len(scenario["sites"])}
    changes = len(scenario["changes"])
    key = "scenario_changes_more" if changes else "scenario_changes"
    yield texts(f"words.{key}", scenario=scenario_name(content, texts), changes=changes, **counts)
    if content["programme"] is None:
        return
    if scenario["sites"]:
        yield texts("words.scenario_not_paid", sites=counts["sites"])
    if not changes:
        yield texts("words.scenario_no_upgrades")
