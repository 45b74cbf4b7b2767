"""Opening of the report: facts under the title, key figures and summary."""

from __future__ import annotations

from collections.abc import Iterator

from planner.messages.notices import input_kinds
from planner.reporting.document.records.coverage import CoverageTotal
from planner.reporting.facility_text import scenario_notice
from planner.reporting.report.blocks import (
    KeyFigure,
    Translator,
    at_standard,
    community_names,
    headcount,
    limit_distance_m,
    mean_disc_share_text,
    require,
    shown_bound,
    speed_text,
)
from planner.reporting.report.sections.people import group_names
from planner.reporting.report.sections.siting import model_values, proof_conditions
from planner.reporting.rounding import RATES, missing_rate_text, rate_counts, rate_text, weak_count_text


def fact_rows(t: Translator, *, technical: bool = True) -> list[tuple[str, str]]:
    """Return what stands under the title: a scenario that was run, date, walk, limits, rules.

    With `technical` also reference system and software.
    """
    content, walking = t.content, t.content["walking"]
    limits = [
        t("named_limit", minutes=t.exact(limit["minutes"]), metres=t.exact(limit["metres"]))
        for limit in walking["limits"]
    ]
    standard = t("minutes", value=t.exact(walking["standard_min"]))
    return [
        *scenario_fact(t),
        (t("fact_date"), content["study"]["date"] or t("date_not_given")),
        (t("fact_walking"), t.localized(walking)),
        (t("fact_limits"), t.join(limits)),
        (t("fact_standard"), standard),
        (t("fact_rules"), t.localized(content["diagnosis"])),
        *(technical_facts(t) if technical else ()),
        *attribution_fact(t),
    ]


def technical_facts(t: Translator) -> list[tuple[str, str]]:
    """Return reference system and software."""
    version = t("software", version=t.content["provenance"]["planner"])
    return [(t("fact_crs"), t.content["data"]["crs"]), (t("fact_software"), version)]


def scenario_fact(t: Translator) -> list[tuple[str, str]]:
    """Return what the scenario of the run changes; nothing where the centres are today's."""
    notice = scenario_notice(t.content, t.texts)
    return [(t("fact_scenario"), notice)] if notice else []


def attribution_fact(t: Translator) -> list[tuple[str, str]]:
    """Return whose data must be named, which no page may leave out; nothing where it is nobody's."""
    attribution = t.content["data"]["attribution"]
    return [(t("fact_attribution"), attribution)] if attribution else []


def nature_of(t: Translator, *, section: str) -> tuple[bool, str]:
    """Return whether any layer is modelled, and what is to be said of it; `section` lists the sources."""
    modelled = t.content["data"]["modelled"]
    layers = t.join(input_kinds(modelled, t.texts))
    return bool(modelled), t("modelled", layers=layers) if modelled else t("surveyed", section=section)


def indicator_cards(t: Translator, *, with_sites: bool = True) -> Iterator[KeyFigure]:
    """Yield the figures that are seen first; those of the proposed sites only `with_sites`."""
    content = t.content
    total, rates, found = at_standard(content), content["diagnosis"]["rates"], content["siting"]
    heads, standard = headcount(total), content["coverage"]["standard_min"]
    minutes, metres = t.exact(standard), t.exact(limit_distance_m(content, standard))
    people, covered = t.whole(heads.people), t.whole(heads.covered)
    yield KeyFigure(
        t.percent(total["people_share"]),
        t("kpi_served", minutes=minutes),
        t("kpi_served_note", covered=covered, people=people),
        total["people_share"],
        is_share=True,
    )
    yield KeyFigure(
        t.whole(heads.uncovered),
        t("kpi_unserved"),
        t("kpi_unserved_note", minutes=minutes, metres=metres),
        heads.uncovered,
    )
    centres = sum(content["data"]["facilities"].values())
    yield KeyFigure(
        t.whole(centres),
        t("kpi_centres"),
        t("kpi_centres_note", communities=content["data"]["communities"]),
        centres,
    )
    none = missing_rate_text(rates, t.texts)
    for name in RATES:
        count, determined = rate_counts(rates, name)
        note = t("kpi_compliant_note", count=count, determined=determined)
        share = None if none else count / determined
        yield KeyFigure(none or t.percent(share), t(f"kpi_{name}"), note, share, is_share=True)
    weak = len(content["diagnosis"]["weak_communities"])
    yield KeyFigure(
        weak_count_text(weak, rates, t.texts),
        t("kpi_weak"),
        t("kpi_weak_note", undetermined=rates["undetermined"]),
        weak if rates["assessed"] else None,
    )
    if found["proposals"] and with_sites:
        best = found["proposals"][-1]
        candidates = t.whole(len(found["candidates"]))
        sites = len(best["sites"])
        yield KeyFigure(t.whole(sites), t("kpi_sites"), t("kpi_sites_note", candidates=candidates), sites)
        after = t.percent(best["people_share_after"])
        label = t("kpi_gained_weighted" if found["weighted"] else "kpi_gained")
        gained = best["people_gained"]
        yield KeyFigure(t.whole(gained), label, t("kpi_gained_note", share=after), gained)
    circles = content["business_areas"]
    if circles is not None:
        yield KeyFigure(
            t.whole(circles["areas_found"]),
            t("kpi_circles"),
            t("kpi_circles_note", station=circles["areas_with_station"], minutes=minutes),
            circles["areas_found"],
        )


def situation_summary(t: Translator) -> Iterator[str]:
    """Yield whom the centres reach: people, further groups, business areas."""
    content = t.content
    total = at_standard(content)
    heads, standard = headcount(total), content["coverage"]["standard_min"]
    minutes, metres = t.exact(standard), t.exact(limit_distance_m(content, standard))
    yield t(
        "summary_standard",
        people=t.whole(heads.people),
        covered=t.whole(heads.covered),
        share=t.percent(total["people_share"]),
        uncovered=t.whole(heads.uncovered),
        # What is left of the share as it is shown, so that the two add up to the whole.
        uncovered_share=t.percent(1 - round(require(total["people_share"]), 3)),
        minutes=minutes,
        metres=metres,
        speed=speed_text(t),
    )
    others = [_at_limit(row, t) for row in content["coverage"]["total"] if row["limit_min"] != standard]
    if others:
        yield t("summary_limits", list=t("clause_joint").join(others))
    yield t("summary_disc", minutes=minutes, metres=metres, share=mean_disc_share_text(t))
    yield from _people_summary(t)


def problem_summary(t: Translator) -> Iterator[str]:
    """Yield which premises are weak or missing."""
    content = t.content
    yield (t("summary_rules", **_rates(t)) if content["diagnosis"]["rates"]["assessed"] else t("summary_no_rules"))
    without = content["diagnosis"]["communities_without_centre"]
    if without:
        names = community_names(content)
        yield t("summary_without_centre", names=t.join([names[community] for community in without]))


def siting_summary(t: Translator) -> Iterator[str]:
    """Yield what the best choice of sites gains, and how sure that is."""
    content = t.content
    yield _siting_summary(t)
    if content["siting"]["weighted"] and content["siting"]["proposals"]:
        best = content["siting"]["proposals"][-1]
        names = group_names(t)
        gains = [
            t("summary_gain", name=names[gain["group"]], people=t.whole(gain["people_gained"]))
            for gain in best["gained_by_group"]
        ]
        yield t("summary_weighted", gains=t.join(gains))


def _people_summary(t: Translator) -> Iterator[str]:
    """Yield the coverage of further population groups and of business areas."""
    for kind in t.content["groups"]:
        row = next(row for row in kind["total"] if row["limit_min"] == kind["standard_min"])
        yield t(
            "summary_kind",
            name=kind["name"],
            people=t.whole(row["people"]),
            share=t.percent(row["people_share"]),
            minutes=t.exact(kind["standard_min"]),
        )
    areas = t.content["business_areas"]
    if areas is not None:
        yield t(
            "summary_circles",
            count=areas["areas_found"],
            station=areas["areas_with_station"],
            minutes=t.exact(areas["standard_min"]),
        )


def _at_limit(row: CoverageTotal, t: Translator) -> str:
    return t(
        "summary_limit",
        covered=t.whole(headcount(row).covered),
        share=t.percent(row["people_share"]),
        minutes=t.exact(row["limit_min"]),
        metres=t.exact(limit_distance_m(t.content, row["limit_min"])),
    )


def _rates(t: Translator) -> dict[str, object]:
    rates = t.content["diagnosis"]["rates"]
    shares = {f"{name}_share": rate_text(rates, name, t.texts) for name in RATES}
    return {**rates, **shares, "compliant": rates["compliant"] + rates["excellent"]}


def _siting_summary(t: Translator) -> str:
    siting = t.content["siting"]
    if not siting["proposals"]:
        return t("nobody_uncovered" if siting["sites_asked"] else "no_sites_asked")
    best = siting["proposals"][-1]
    if not best["sites"] and not best["centres"]:
        return t("summary_no_site", candidates=t.whole(len(siting["candidates"])), within=proof_conditions(t))
    gained = t.whole(best["people_gained"])
    return t(
        f"summary_{'model' if best['objective'] else best['status']}",
        **model_values(t),
        within=proof_conditions(t),
        sites=len(best["sites"]),
        minutes=t.exact(siting["standard_min"]),
        gained=t("summary_gained_weighted", people=gained) if siting["weighted"] else gained,
        share_after=t.percent(best["people_share_after"]),
        candidates=t.whole(len(siting["candidates"])),
        bound=t.whole(shown_bound(best)),
    )
