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
    Wording,
    at_standard,
    bound_shown,
    circle_m,
    headcount,
)
from planner.reporting.report.figures import siting_figure
from planner.reporting.report.sections.people import weighing
from planner.reporting.report.sections.siting import beside, candidates, within, within_budget
from planner.reporting.rounding import added_by_sites, shown_bound
from planner.results import Plan


def siting(plan: Plan, say: Wording) -> Iterator[Block]:
    """Tell where new stations would serve the most people, and what is proven of it."""
    content, found = say.content, say.content["siting"]
    heads = headcount(at_standard(content))
    minutes, asked = say.plain(found["standard_min"]), found["sites_asked"]
    count, settings = len(found["candidates"]), content["study"]["siting"]
    access = say.plain(content["walking"]["access_m"])
    if not found["proposals"]:
        yield Paragraph(say("nobody_uncovered" if asked else "no_sites_asked"))
        return
    circle = say.plain(circle_m(content, found["standard_min"]))
    uncovered = say.whole(heads.uncovered)
    free = [one["centre"] for one in found["proposals"][-1]["centres"]]
    key = "siting_question_free" if free else "siting_question"
    told = {"free": say.listed(free), "budget": within_budget(say)} if free else {"within": within_budget(say)}
    yield Paragraph(say(key, sites=asked, uncovered=uncovered, minutes=minutes, metres=circle, **told))
    yield from weighing(say)
    again = settings["candidates"] > asked and "clusters" in settings["origins"]
    key = "siting_candidates" if again else "siting_candidates_once"
    yield Paragraph(say(key, count=say.whole(count), sites=asked, asked=settings["candidates"], access=access))
    yield from candidates(say)
    without = round(found["people_without_street"])
    lost = say("siting_without_street" if without else "siting_all_near", people=say.whole(without), access=access)
    yield Paragraph(lost)
    yield Table(
        say("siting_compare_table"),
        say.all("column_method", "column_status"),
        say.all("column_sites", "column_gained", "column_share_after", "column_bound", "column_gap"),
        tuple(_answer_row(proposal, say) for proposal in found["proposals"]),
    )
    *others, best = found["proposals"]
    if best["sites"]:
        yield _sites_table(best, say)
        yield Figure(siting_figure(plan, say.texts), say("figure_siting"))
    elif not free:
        proposed, excluded = (
            say.whole(number) for number in (count + len(found["excluded"]), len(found["excluded"]))
        )
        yield Paragraph(say("siting_none_gains", proposed=proposed, excluded=excluded, within=within_budget(say)))
    for proposal in others:
        if proposal["sites"]:
            yield _sites_table(proposal, say)
    left = say.whole(heads.uncovered - round(residents_gained(best)))
    everywhere = "_everywhere" if found["every_street"] and best["status"] == "proven" else ""
    yield Paragraph(say("siting_left", sites=len(best["sites"]), left=left, minutes=minutes))
    yield Paragraph(
        say(
            f"siting_proof_{best['status']}{everywhere}",
            count=say.whole(count),
            sites=asked,
            seconds=say.plain(settings["seconds"]),
            bound=say.whole(bound_shown(best)),
            gap=_gap(best, say),
            within=within(say),
        )
    )
    yield from beside(say)


def _gap(proposal: Document, say: Wording) -> str:
    gap = proposal["gap"]
    return say.percent(None if gap is None else shown_bound(0.0, gap, 3))


def residents_gained(proposal: Document) -> float:
    """Return how many residents a proposal gains, each counted once, whatever the weights of its question."""
    return float(next(one["people_gained"] for one in proposal["gained_by_kind"] if one["kind"] == RESIDENTS))


def _answer_row(proposal: Document, say: Wording) -> Row:
    seconds = say.plain(say.content["study"]["siting"]["seconds"])
    bound = bound_shown(proposal)
    gap = say("gap_none") if proposal["status"] == "proven" else _gap(proposal, say)
    return (
        say.word(f"method_{proposal['method']}"),
        say(f"status_{proposal['status']}", seconds=seconds, within=within(say)),
        say.whole(len(proposal["sites"])),
        say.whole(proposal["people_gained"]),
        say.bar(proposal["people_share_after"]),
        say("no_bound") if bound is None else say.whole(bound),
        DASH if bound is None else gap,
    )


def _sites_table(proposal: Document, say: Wording) -> Table:
    sites = proposal["sites"]
    added = added_by_sites(proposal)
    rows = tuple(
        (
            site["id"],
            str(site["rank"]),
            say.degrees(site["lon"]),
            say.degrees(site["lat"]),
            say.whole(added[site["rank"]]),
            say.whole(now),
        )
        for site, now in zip(sites, accumulate(added.values()), strict=True)
    )
    return Table(
        say("siting_sites_table", method=say.word(f"method_{proposal['method']}")),
        (say("column_site"),),
        say.all("column_rank", "column_lon", "column_lat", "column_added", "column_cumulative"),
        rows,
        note=say("siting_sites_note_free" if proposal["centres"] else "siting_sites_note"),
    )
