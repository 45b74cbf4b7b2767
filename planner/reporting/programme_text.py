"""The programme in words: tasks, measures, needs, rules of funds. Report and command line print the same."""

from __future__ import annotations

import math
from collections.abc import Iterator

from planner.messages.catalogue import money_unit, unit_of_amount
from planner.reporting.document.records.programme import Fund, Need, Programme, Project
from planner.reporting.facility_text import action_text, distinguishing_digits, requirement
from planner.reporting.report.blocks import DASH, Translator, require

SMALL_UNITS = {"万元": 1e4, "亿元": 1e8, "千元": 1e3}
"""Factors to the unit in which cost per person is given: 万元 are too large for one person."""

STATION_ONLY = "station_only"
"""A station is built in a community without premises: it serves people, and is not the community's premises."""

SHOWN_DIGITS = 3
MOST_DECIMALS = 4

CALENDAR = 1900
"""A year from here on is one of the calendar; one before it is the first, the second …"""


def year_text(t: Translator, label: int, key: str = "year") -> str:
    """Return a year, or the end of a year, as text."""
    return t.programme(key if label >= CALENDAR else f"{key}_nth", year=label)


def years_text(t: Translator, first: int, last: int) -> str:
    """Return the years from the first to the last as text."""
    if first == last:
        return year_text(t, first)
    return t.programme("years" if first >= CALENDAR else "years_nth", first=first, last=last)


def task_text(project: Project, t: Translator) -> str:
    """Return the main task of a project: the title in the study, if it has one."""
    if project["title"]:
        return str(project["title"])
    centres = {centre["id"]: centre["name"] for centre in t.content["centres"]}
    if project["kind"] in ("room", "service") and project.get("room"):
        services = {one["id"]: t.localized(one) for one in t.content["services"]["services"]}
        name = project["room_name"] or project["room"]
        return t.programme(f"task_{project['kind']}", name=name, service=services.get(project["service"], ""))
    if project["kind"] == "new":
        name = project["community_name"] or t.programme("task_nowhere")
    else:
        named = dict.fromkeys([*project["resolves"], *project["closes"]])
        name = t.join([centres.get(one, one) for one in named]) if named else project["community_name"]
    if not name:
        # A project of the study's own, in no community, at no centre.
        return t.programme("task_unnamed", kind=t.programme(f"kind_{project['kind']}"), id=project["option"])
    return t.programme(f"task_{project['kind']}", name=name)


def has_services(programme: Programme) -> bool:
    """Return whether rooms and services compete in a programme: the study has `[bundles]`."""
    return any("people_services" in year for year in programme["years"])


def actions_text(project: Project, t: Translator) -> str:
    """Return the actions of a project as text."""
    found = {centre["id"]: centre for centre in t.content["centres"]}
    centres = {ident: centre["name"] for ident, centre in found.items()}
    remedy = found[project["centre"]]["remedy"] if project["option"].startswith("upgrade:") else None
    parts = [action_text(change, t) for change in (remedy["changes"] if remedy else ())]
    if project["site"]:
        (at,) = (
            candidate for candidate in t.content["siting"]["candidates"] if candidate["id"] == project["site"]
        )
        place = at["place"] or f"{t.degrees(require(project['lon']))}, {t.degrees(require(project['lat']))}"
        parts.append(t.programme("measure_site", site=project["site"], place=place))
    if project["closes"]:
        parts.append(t.programme("measure_closes", names=t.join([centres[one] for one in project["closes"]])))
    if project.get("room"):
        parts.append(t.programme(f"measure_{project['kind']}"))
    return t.programme("measure_joint").join(parts) or t.programme("measure_own")


def responsible_unit(project: Project) -> str:
    """Return who is responsible: in the study's words, else its street."""
    return str(project["unit"] or project["subdistrict"] or DASH)


def funding_text(project: Project, t: Translator) -> str:
    """Return the amount paid by each fund as text."""
    titles = fund_titles(t)
    return t.join(
        [
            t.programme("paid", fund=titles[one["fund"]], amount=money_text(one["amount"]))
            for one in project["paid"]
        ]
    )


def fund_titles(t: Translator) -> dict[str, str]:
    """Return what the funds are called, by id."""
    return {fund["id"]: fund["name"] for fund in require(t.content["programme"])["resources"]["funds"]}


def money_text(amount: float | None) -> str:
    """Write an amount of money, with no more digits than it needs."""
    return DASH if amount is None else f"{amount:,.2f}".rstrip("0").rstrip(".")


def covered_text(people: int | None, t: Translator) -> str:
    """Write the people whom a project newly covers, or that they are not counted."""
    return t.programme("not_counted") if people is None else t.whole(people)


def cost_per_person_text(project: Project, t: Translator) -> str:
    """Write a project's cost for each who gains, in the small unit; a dash where nobody does."""
    value = cost_in_small_unit(project["cost_per_person"], t)
    if value is None:
        return DASH
    digits = 0 if value == 0 else SHOWN_DIGITS - 1 - math.floor(math.log10(abs(value)))
    return t.texts.number(value, min(max(digits, 0), MOST_DECIMALS))


def small_money_unit(t: Translator) -> str:
    """Return the unit of the cost per person: yuan where money is counted in 万元."""
    unit: str = require(t.content["programme"])["unit"]
    return money_unit("元" if unit in SMALL_UNITS else unit, t.texts)


def cost_in_small_unit(value: float | None, t: Translator) -> float | None:
    """Return a cost in the small unit."""
    unit = require(t.content["programme"])["unit"]
    return None if value is None else value * SMALL_UNITS.get(unit, 1.0)


def need_evidence(need: Need, t: Translator) -> str:
    """Return the evidence of a need."""
    minutes = t.exact(t.content["walking"]["standard_min"])
    if need["kind"] == "uncovered":
        return t.programme("reason_uncovered", minutes=minutes)
    if need["kind"] == "no_centre":
        return t.programme("reason_no_centre")
    rules = {rule["id"]: rule for rule in t.content["diagnosis"]["rules"]}
    centre = next(one for one in t.content["centres"] if one["id"] == need["place"])
    return t.join(
        [
            f"{t.localized(rules[finding['rule']])} {t.quantity(finding['value'], finding['unit'], digits)} "
            f"({requirement(finding, t, digits)})"
            for finding in centre["findings"]
            if finding["rule"] in need["rules"]
            for digits in (distinguishing_digits(finding),)
        ]
    )


def need_outcome(need: Need, t: Translator) -> str:
    """Return the projects that meet a need and the year, or why it is not met."""
    projects = t.join(need["projects"]) if need["projects"] else ""
    if need["year"] is not None:
        return t.programme("met_by", projects=projects, year=year_text(t, need["year"], "by_year"))
    left = t.programme(f"left_{need['unmet_reason']}", projects=projects)
    if not projects or need["unmet_reason"] == STATION_ONLY:
        return left
    partly = t.programme("met_partly", projects=projects, people=t.whole(need["people_met"]))
    return t.programme("measure_joint").join([partly, t.programme("left_rest", reason=left)])


def fund_rules_text(fund: Fund, t: Translator) -> str:
    """Return the rules of a fund as text."""
    return t.programme("measure_joint").join(_fund_rules(fund, t))


def headline_figures(t: Translator) -> Iterator[str]:
    """Yield what the programme comes to, and what is missing."""
    programme = require(t.content["programme"])
    labels = [year["year"] for year in programme["years"]]
    given = sum(one["amount"] for fund in programme["resources"]["funds"] for one in fund["years"])
    last = programme["years"][-1]
    values = {
        "years": years_text(t, labels[0], labels[-1]),
        "money": money_text(given),
        "unit": unit_of_amount(programme["unit"], t.texts),
        "projects": len(programme["projects"]),
        "cost": money_text(programme["cost"]),
        "covered": t.whole(last["people_covered"]),
        "standard": t.whole(last["people_standard"]),
        "minutes": t.exact(t.content["walking"]["standard_min"]),
    }
    if programme["projects"]:
        yield t.programme("intro", **values)
    else:
        yield t.programme("no_projects", money=values["money"], unit=values["unit"], years=values["years"])
    if has_services(programme):
        yield t.programme("services", people=t.whole(last["people_services"]))
    yield from _weak(programme, t)


def programme_statements(t: Translator) -> Iterator[str]:
    """Yield what the programme comes to, what is missing, how sure that is, and where its costs are from."""
    found, settings = require(t.content["programme"]), t.content["study"]["programme"]
    yield from headline_figures(t)
    if found["status"] == "optimal":
        yield t.programme("optimal" if found["projects"] else "optimal_none")
    else:
        people = t.whole(found["people"])
        yield t.programme("time_limit", bound=t.whole(int(found["bound"]) + 1), people=people)
    if found["not_counted"]:
        kinds = t.join([t.programme(f"kind_{kind}") for kind in found["not_counted"]])
        chosen = [project["id"] for project in found["projects"] if project["people_covered"] is None]
        here = t.programme("not_counted_here", projects=t.join(chosen)) if chosen else ""
        yield t.programme("proof_not_counted", kinds=kinds, here=here)
    if found["projects"] and len(found["years"]) > 1:
        yield t.programme(f"order_{found['order_status']}")
    if found["costs_modelled"] or settings["cost_source"]:
        source = settings["cost_source"] or t("source_not_given")
        yield t.programme("modelled" if found["costs_modelled"] else "costs_from", source=source)


def _weak(programme: Programme, t: Translator) -> Iterator[str]:
    counts = {"weak": programme["weak"], "settled": programme["resolved"], "settleable": programme["resolvable"]}
    if not programme["weak"]:
        yield t.programme("weak_none")
    elif programme["resolved"] == programme["weak"]:
        yield t.programme("weak_all", weak=programme["weak"])
    else:
        yield t.programme("weak_some", **counts)
    missing = programme["funding_gap"]
    if missing is None:
        return
    settleable, unit = programme["resolvable"], unit_of_amount(programme["unit"], t.texts)
    if missing["status"] == "infeasible":
        yield t.programme("missing_rules", settleable=settleable)
    elif missing["total"] is None or missing["status"] != "optimal":
        yield t.programme(
            "missing_time_limit", settleable=settleable, bound=money_text(missing["bound"]), unit=unit
        )
    else:
        titles = fund_titles(t)
        extra = [
            t.programme(
                "extra", fund=titles[one["fund"]], amount=money_text(one["amount"]), year=year_text(t, one["year"])
            )
            for one in missing["extra"]
        ]
        total = money_text(missing["total"])
        yield t.programme("missing_money", settleable=settleable, total=total, unit=unit, extra=t.join(extra))


def _fund_rules(fund: Fund, t: Translator) -> Iterator[str]:
    kinds = [t.programme(f"kind_{kind}") for kind in fund["pays_for"]]
    yield t.programme("rule_pays_for", kinds=t.join(kinds)) if kinds else t.programme("rule_all")
    if fund["most_share"] < 1:
        yield t.programme("rule_share", share=t.percent(fund["most_share"]))
    if fund["matches"]:
        share = t.exact(require(fund["match_share"]))
        yield t.programme("rule_match", share=share, fund=fund_titles(t)[fund["matches"]])
    yield t.programme("rule_kept" if fund["carry_over"] else "rule_lost")
