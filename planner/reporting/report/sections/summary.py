"""What the report says first: the facts under its title, the figures on its cards, the summary in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reporting.document.build import Document
from planner.reporting.programme_text import headlines
from planner.reporting.rates import RATES, counted, no_rate, rate_in_words, weak_in_words
from planner.reporting.report.blocks import (
    Indicator,
    Wording,
    at_standard,
    bound_shown,
    circle_m,
    community_names,
    headcount,
    mean_disc_share,
    speed_ms,
)
from planner.reporting.report.sections.people import kind_names
from planner.reporting.report.sections.siting import within


def facts(say: Wording) -> list[tuple[str, str]]:
    """Return what stands under the title: date, walk, limits, rules, system, software."""
    content, walking = say.content, say.content["walking"]
    limits = [
        say("named_limit", minutes=say.plain(limit["minutes"]), metres=say.plain(limit["metres"]))
        for limit in walking["limits"]
    ]
    standard = say("minutes", value=say.plain(walking["standard_min"]))
    return [
        (say("fact_date"), content["study"]["date"] or say("date_not_given")),
        (say("fact_walking"), say.own(walking)),
        (say("fact_limits"), say.listed(limits)),
        (say("fact_standard"), standard),
        (say("fact_rules"), say.own(content["diagnosis"])),
        (say("fact_crs"), content["data"]["crs"]),
        (say("fact_software"), say("software", version=content["provenance"]["planner"])),
        *attribution_fact(say),
    ]


def attribution_fact(say: Wording) -> list[tuple[str, str]]:
    """Return whose data must be named, which no page may leave out; nothing where it is nobody's."""
    attribution = say.content["data"]["attribution"]
    return [(say("fact_attribution"), attribution)] if attribution else []


def nature_of(say: Wording, *, section: int) -> tuple[bool, str]:
    """Return whether any layer is modelled, and what is to be said of it; `section` lists the sources."""
    modelled = say.content["data"]["modelled"]
    layers = say.listed([say(f"layer_{layer}") for layer in modelled])
    return bool(modelled), say("modelled", layers=layers) if modelled else say("surveyed", section=section)


def indicators(say: Wording) -> Iterator[Indicator]:
    """Yield the figures that are seen first."""
    content = say.content
    total, rates, found = at_standard(content), content["diagnosis"]["rates"], content["siting"]
    heads, standard = headcount(total), content["coverage"]["standard_min"]
    minutes, metres = say.plain(standard), say.plain(circle_m(content, standard))
    people, covered = say.whole(heads.people), say.whole(heads.covered)
    yield Indicator(
        say.percent(total["people_share"]),
        say("kpi_served", minutes=minutes),
        say("kpi_served_note", covered=covered, people=people),
        total["people_share"],
        is_share=True,
    )
    yield Indicator(
        say.whole(heads.uncovered),
        say("kpi_unserved"),
        say("kpi_unserved_note", minutes=minutes, metres=metres),
        heads.uncovered,
    )
    centres = sum(content["data"]["facilities"].values())
    yield Indicator(
        say.whole(centres),
        say("kpi_centres"),
        say("kpi_centres_note", communities=content["data"]["communities"]),
        centres,
    )
    none = no_rate(rates, say.texts)
    for name in RATES:
        count, determined = counted(rates, name)
        note = say("kpi_compliant_note", count=count, determined=determined)
        share = None if none else count / determined
        yield Indicator(none or say.percent(share), say(f"kpi_{name}"), note, share, is_share=True)
    weak = len(content["diagnosis"]["weak_communities"])
    yield Indicator(
        weak_in_words(weak, rates, say.texts),
        say("kpi_weak"),
        say("kpi_weak_note", undetermined=rates["undetermined"]),
        weak if rates["assessed"] else None,
    )
    if found["proposals"]:
        best = found["proposals"][-1]
        candidates = say.whole(len(found["candidates"]))
        sites = len(best["sites"])
        yield Indicator(say.whole(sites), say("kpi_sites"), say("kpi_sites_note", candidates=candidates), sites)
        after = say.percent(best["people_share_after"])
        label = say("kpi_gained_weighted" if found["weighted"] else "kpi_gained")
        gained = best["people_gained"]
        yield Indicator(say.whole(gained), label, say("kpi_gained_note", share=after), gained)
    circles = content["circles"]
    if circles is not None:
        yield Indicator(
            say.whole(circles["circles_found"]),
            say("kpi_circles"),
            say("kpi_circles_note", station=circles["circles_with_station"], minutes=minutes),
            circles["circles_found"],
        )


def summary(say: Wording) -> Iterator[str]:
    """Yield what to know if nothing else is read."""
    content = say.content
    total, rates = at_standard(content), content["diagnosis"]["rates"]
    heads, standard = headcount(total), content["coverage"]["standard_min"]
    minutes, metres = say.plain(standard), say.plain(circle_m(content, standard))
    yield say(
        "summary_standard",
        people=say.whole(heads.people),
        covered=say.whole(heads.covered),
        share=say.percent(total["people_share"]),
        uncovered=say.whole(heads.uncovered),
        # What is left of the share as it is shown, so that the two add up to the whole.
        uncovered_share=say.percent(1 - round(total["people_share"], 3)),
        minutes=minutes,
        metres=metres,
        speed=speed_ms(say),
    )
    others = [_at_limit(row, say) for row in content["coverage"]["total"] if row["limit_min"] != standard]
    if others:
        yield say("summary_limits", list=say("clause_joint").join(others))
    yield say("summary_disc", minutes=minutes, metres=metres, share=mean_disc_share(say))
    yield say("summary_rules", **_rates(say)) if rates["assessed"] else say("summary_no_rules")
    without = content["diagnosis"]["communities_without_centre"]
    if without:
        names = community_names(content)
        yield say("summary_without_centre", names=say.listed([names[community] for community in without]))
    yield from _people_summary(say)
    yield _siting_summary(say)
    if content["siting"]["weighted"] and content["siting"]["proposals"]:
        best = content["siting"]["proposals"][-1]
        names = kind_names(say)
        gains = [
            say("summary_gain", name=names[gain["kind"]], people=say.whole(gain["people_gained"]))
            for gain in best["gained_by_kind"]
        ]
        yield say("summary_weighted", gains=say.listed(gains))
    if content["programme"] is not None:
        yield from headlines(say)


def _people_summary(say: Wording) -> Iterator[str]:
    """Tell of further kinds of people and of business circles."""
    for kind in say.content["kinds"]:
        row = next(row for row in kind["total"] if row["limit_min"] == kind["standard_min"])
        yield say(
            "summary_kind",
            name=kind["name"],
            people=say.whole(row["people"]),
            share=say.percent(row["people_share"]),
            minutes=say.plain(kind["standard_min"]),
        )
    found = say.content["circles"]
    if found is not None:
        yield say(
            "summary_circles",
            count=found["circles_found"],
            station=found["circles_with_station"],
            minutes=say.plain(found["standard_min"]),
        )


def _at_limit(row: Document, say: Wording) -> str:
    return say(
        "summary_limit",
        covered=say.whole(headcount(row).covered),
        share=say.percent(row["people_share"]),
        minutes=say.plain(row["limit_min"]),
        metres=say.plain(circle_m(say.content, row["limit_min"])),
    )


def _rates(say: Wording) -> dict[str, object]:
    rates = say.content["diagnosis"]["rates"]
    shares = {f"{name}_share": rate_in_words(rates, name, say.texts) for name in RATES}
    return {**rates, **shares, "compliant": rates["compliant"] + rates["excellent"]}


def _siting_summary(say: Wording) -> str:
    found = say.content["siting"]
    if not found["proposals"]:
        return say("nobody_uncovered" if found["sites_asked"] else "no_sites_asked")
    best = found["proposals"][-1]
    if not best["sites"] and not best["centres"]:
        return say("summary_no_site", candidates=say.whole(len(found["candidates"])), within=within(say))
    gained = say.whole(best["people_gained"])
    return say(
        f"summary_{best['status']}",
        within=within(say),
        sites=len(best["sites"]),
        minutes=say.plain(found["standard_min"]),
        gained=say("summary_gained_weighted", people=gained) if found["weighted"] else gained,
        share_after=say.percent(best["people_share_after"]),
        candidates=say.whole(len(found["candidates"])),
        bound=say.whole(bound_shown(best)),
    )
