"""What the report finds for new sites: where new stations would serve the most people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from planner.config.sections.demand import RESIDENTS
from planner.reporting.document.build import Document
from planner.reporting.report.blocks import (
    DASH,
    Block,
    Figure,
    Paragraph,
    Row,
    Table,
    Translator,
    at_standard,
    headcount,
    limit_distance_m,
    shown_bound,
)
from planner.reporting.report.figures import siting_figure
from planner.reporting.report.sections.people import weights_section
from planner.reporting.report.sections.siting import (
    budget_condition,
    candidates_section,
    further_results,
    proof_conditions,
)
from planner.reporting.rounding import added_by_sites, round_bound
from planner.results import Plan


def siting_section(plan: Plan, t: Translator) -> Iterator[Block]:
    """Tell where new stations would serve the most people, and what is proven of it."""
    content, found = t.content, t.content["siting"]
    heads = headcount(at_standard(content))
    minutes, asked = t.exact(found["standard_min"]), found["sites_asked"]
    count, settings = len(found["candidates"]), content["study"]["siting"]
    access = t.exact(content["walking"]["access_m"])
    if not found["proposals"]:
        yield Paragraph(t("nobody_uncovered" if asked else "no_sites_asked"))
        return
    circle = t.exact(limit_distance_m(content, found["standard_min"]))
    uncovered = t.whole(heads.uncovered)
    free = [one["centre"] for one in found["proposals"][-1]["centres"]]
    key = "siting_question_free" if free else "siting_question"
    told = {"free": t.join(free), "budget": budget_condition(t)} if free else {"within": budget_condition(t)}
    yield Paragraph(t(key, sites=asked, uncovered=uncovered, minutes=minutes, metres=circle, **told))
    yield from weights_section(t)
    again = settings["candidates"] > asked and "clusters" in settings["origins"]
    key = "siting_candidates" if again else "siting_candidates_once"
    yield Paragraph(t(key, count=t.whole(count), sites=asked, asked=settings["candidates"], access=access))
    yield from candidates_section(t)
    without = round(found["people_without_street"])
    lost = t("siting_without_street" if without else "siting_all_near", people=t.whole(without), access=access)
    yield Paragraph(lost)
    yield Table(
        t("siting_compare_table"),
        t.all("column_method", "column_status"),
        t.all("column_sites", "column_gained", "column_share_after", "column_bound", "column_gap"),
        tuple(_answer_row(proposal, t) for proposal in found["proposals"]),
    )
    *others, best = found["proposals"]
    if best["sites"]:
        yield _sites_table(best, t)
        yield Figure(siting_figure(plan, t.texts), t("figure_siting"))
    elif not free:
        proposed, excluded = (
            t.whole(number) for number in (count + len(found["excluded"]), len(found["excluded"]))
        )
        yield Paragraph(t("siting_none_gains", proposed=proposed, excluded=excluded, within=budget_condition(t)))
    for proposal in others:
        if proposal["sites"]:
            yield _sites_table(proposal, t)
    left = t.whole(heads.uncovered - round(residents_gained(best)))
    everywhere = "_everywhere" if found["every_street"] and best["status"] == "proven" else ""
    yield Paragraph(t("siting_left", sites=len(best["sites"]), left=left, minutes=minutes))
    yield Paragraph(
        t(
            f"siting_proof_{best['status']}{everywhere}",
            count=t.whole(count),
            sites=asked,
            seconds=t.exact(settings["seconds"]),
            bound=t.whole(shown_bound(best)),
            gap=_gap(best, t),
            within=proof_conditions(t),
        )
    )
    yield from further_results(t)


def _gap(proposal: Document, t: Translator) -> str:
    gap = proposal["gap"]
    return t.percent(None if gap is None else round_bound(0.0, gap, 3))


def residents_gained(proposal: Document) -> float:
    """Return how many residents a proposal gains, each counted once, whatever the weights of its question."""
    return float(next(one["people_gained"] for one in proposal["gained_by_kind"] if one["kind"] == RESIDENTS))


def _answer_row(proposal: Document, t: Translator) -> Row:
    seconds = t.exact(t.content["study"]["siting"]["seconds"])
    bound = shown_bound(proposal)
    gap = t("gap_none") if proposal["status"] == "proven" else _gap(proposal, t)
    return (
        t.term(f"method_{proposal['method']}"),
        t(f"status_{proposal['status']}", seconds=seconds, within=proof_conditions(t)),
        t.whole(len(proposal["sites"])),
        t.whole(proposal["people_gained"]),
        t.bar(proposal["people_share_after"]),
        t("no_bound") if bound is None else t.whole(bound),
        DASH if bound is None else gap,
    )


def _sites_table(proposal: Document, t: Translator) -> Table:
    sites = proposal["sites"]
    added = added_by_sites(proposal)
    rows = tuple(
        (
            site["id"],
            str(site["rank"]),
            t.degrees(site["lon"]),
            t.degrees(site["lat"]),
            t.whole(added[site["rank"]]),
            t.whole(now),
        )
        for site, now in zip(sites, accumulate(added.values()), strict=True)
    )
    return Table(
        t("siting_sites_table", method=t.term(f"method_{proposal['method']}")),
        (t("column_site"),),
        t.all("column_rank", "column_lon", "column_lat", "column_added", "column_cumulative"),
        rows,
        note=t("siting_sites_note_free" if proposal["centres"] else "siting_sites_note"),
    )
