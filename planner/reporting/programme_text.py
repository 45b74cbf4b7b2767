"""The programme in words: tasks, measures, needs, rules of funds. Report and command line say the same."""

from __future__ import annotations

import math
from collections.abc import Iterator

from planner.messages.money import money_unit, unit_of_amount
from planner.reporting.document.build import Document
from planner.reporting.facility_text import asked, change_in_words, digits_for
from planner.reporting.report.blocks import DASH, Wording

SMALL_UNITS = {"万元": 1e4, "亿元": 1e8, "千元": 1e3}
"""In what the cost for one person is told: a ten-thousandth of 万元 is no figure that anybody reads."""

STATION_ONLY = "station_only"
"""A station is built in a community without premises: it serves people, and is not the community's premises."""

SHOWN_DIGITS = 3
MOST_DECIMALS = 4

CALENDAR = 1900
"""A year from here on is one of the calendar; one before it is the first, the second …"""


def told(say: Wording, key: str, **values: object) -> str:
    """Say a text of the programme."""
    return say.texts(f"programme.{key}", **values)


def year(say: Wording, label: int, key: str = "year") -> str:
    """Say a year, or by its end."""
    return told(say, key if label >= CALENDAR else f"{key}_nth", year=label)


def task(project: Document, say: Wording) -> str:
    """Say the main task of a project: in the study's words where it has some."""
    if project["title"]:
        return str(project["title"])
    centres = {centre["id"]: centre["name"] for centre in say.content["centres"]}
    if project["kind"] == "new":
        name = project["community_name"] or told(say, "task_nowhere")
    else:
        named = dict.fromkeys([*project["settles"], *project["closes"]])
        name = say.listed([centres.get(one, one) for one in named]) if named else project["community_name"]
    if not name:
        # A project of the study's own, in no community, at no centre.
        return told(say, "task_unnamed", kind=told(say, f"kind_{project['kind']}"), id=project["option"])
    return told(say, f"task_{project['kind']}", name=name)


def measure(project: Document, say: Wording) -> str:
    """Say what is done."""
    found = {centre["id"]: centre for centre in say.content["centres"]}
    centres = {ident: centre["name"] for ident, centre in found.items()}
    remedy = found[project["centre"]]["remedy"] if project["option"].startswith("upgrade:") else None
    parts = [change_in_words(change, say) for change in (remedy["changes"] if remedy else ())]
    if project["site"]:
        lon, lat = say.degrees(project["lon"]), say.degrees(project["lat"])
        parts.append(told(say, "measure_site", site=project["site"], lon=lon, lat=lat))
    if project["closes"]:
        parts.append(told(say, "measure_closes", names=say.listed([centres[one] for one in project["closes"]])))
    return told(say, "measure_joint").join(parts) or told(say, "measure_own")


def responsible(project: Document) -> str:
    """Return who is responsible: in the study's words, else its street."""
    return str(project["unit"] or project["street"] or DASH)


def paid_by(project: Document, say: Wording) -> str:
    """Say which fund pays what."""
    titles = fund_titles(say)
    return say.listed(
        [told(say, "paid", fund=titles[one["fund"]], amount=money(one["amount"])) for one in project["paid"]]
    )


def fund_titles(say: Wording) -> dict[str, str]:
    """Return what the funds are called, by id."""
    return {fund["id"]: fund["name"] for fund in say.content["programme"]["resources"]["funds"]}


def money(amount: float | None) -> str:
    """Write an amount of money, with no more digits than it needs."""
    return DASH if amount is None else f"{amount:,.2f}".rstrip("0").rstrip(".")


def per_person(project: Document, say: Wording) -> str:
    """Write a project's cost for each who gains, in the small unit; a dash where nobody does."""
    value = small_cost(project["cost_per_person"], say)
    if value is None:
        return DASH
    digits = 0 if value == 0 else SHOWN_DIGITS - 1 - math.floor(math.log10(abs(value)))
    return say.texts.number(value, min(max(digits, 0), MOST_DECIMALS))


def small_unit(say: Wording) -> str:
    """Return the unit in which the cost for one person is told: yuan where money is counted in 万元."""
    unit: str = say.content["programme"]["unit"]
    return money_unit("元" if unit in SMALL_UNITS else unit, say.texts)


def small_cost(value: float | None, say: Wording) -> float | None:
    """Return a cost in the small unit."""
    unit = say.content["programme"]["unit"]
    return None if value is None else value * SMALL_UNITS.get(unit, 1.0)


def evidence(need: Document, say: Wording) -> str:
    """Say why something is a need."""
    minutes = say.plain(say.content["walking"]["standard_min"])
    if need["kind"] == "uncovered":
        return told(say, "reason_uncovered", minutes=minutes)
    if need["kind"] == "no_centre":
        return told(say, "reason_no_centre")
    rules = {rule["id"]: rule for rule in say.content["diagnosis"]["rules"]}
    centre = next(one for one in say.content["centres"] if one["id"] == need["place"])
    return say.listed(
        [
            f"{say.own(rules[one['rule']])} {say.quantity(one['value'], one['unit'], digits)} "
            f"({asked(one, say, digits)})"
            for one in centre["findings"]
            if one["rule"] in need["rules"]
            for digits in (digits_for(one),)
        ]
    )


def met(need: Document, say: Wording) -> str:
    """Say which projects meet a need and by when, or why it is not met."""
    projects = say.listed(need["projects"]) if need["projects"] else ""
    if need["year"] is not None:
        return told(say, "met_by", projects=projects, year=year(say, need["year"], "by_year"))
    left = told(say, f"left_{need['left']}", projects=projects)
    if not projects or need["left"] == STATION_ONLY:
        return left
    partly = told(say, "met_partly", projects=projects, people=say.whole(need["people_met"]))
    return told(say, "measure_joint").join([partly, left])


def fund_rules(fund: Document, say: Wording) -> str:
    """Say what a fund may be used for."""
    return told(say, "measure_joint").join(_fund_rules(fund, say))


def headlines(say: Wording) -> Iterator[str]:
    """Yield what the programme comes to, and what is missing."""
    found = say.content["programme"]
    labels = [one["year"] for one in found["years"]]
    span = [year(say, label) for label in dict.fromkeys((labels[0], labels[-1]))]
    given = sum(one["amount"] for fund in found["resources"]["funds"] for one in fund["years"])
    last = found["years"][-1]
    values = {
        "years": "–".join(span),
        "money": money(given),
        "unit": unit_of_amount(found["unit"], say.texts),
        "projects": len(found["projects"]),
        "cost": money(found["cost"]),
        "covered": say.whole(last["people_covered"]),
        "standard": say.whole(last["people_standard"]),
        "minutes": say.plain(say.content["walking"]["standard_min"]),
    }
    if found["projects"]:
        yield told(say, "intro", **values)
    else:
        yield told(say, "no_projects", money=values["money"], unit=values["unit"], years=values["years"])
    yield from _weak(found, say)


def statements(say: Wording) -> Iterator[str]:
    """Yield what the programme comes to, what is missing, how sure that is, and where its costs are from."""
    found, settings = say.content["programme"], say.content["study"]["programme"]
    yield from headlines(say)
    if found["status"] == "proven":
        yield told(say, "proven")
    else:
        people = say.whole(found["people"])
        yield told(say, "stopped", bound=say.whole(int(found["bound"]) + 1), people=people)
    if found["projects"] and len(found["years"]) > 1:
        yield told(say, f"order_{found['order_status']}")
    if found["costs_modelled"] or settings["cost_source"]:
        source = settings["cost_source"] or say("source_not_given")
        yield told(say, "modelled" if found["costs_modelled"] else "costs_from", source=source)


def _weak(found: Document, say: Wording) -> Iterator[str]:
    counts = {name: found[name] for name in ("weak", "settled", "settleable")}
    if not found["weak"]:
        yield told(say, "weak_none")
    elif found["settled"] == found["weak"]:
        yield told(say, "weak_all", weak=found["weak"])
    else:
        yield told(say, "weak_some", **counts)
    missing = found["missing"]
    if missing is None:
        return
    settleable, unit = found["settleable"], unit_of_amount(found["unit"], say.texts)
    if missing["status"] == "infeasible":
        yield told(say, "missing_rules", settleable=settleable)
    elif missing["total"] is None or missing["status"] != "proven":
        yield told(say, "missing_stopped", settleable=settleable, bound=money(missing["bound"]), unit=unit)
    else:
        titles = fund_titles(say)
        extra = [
            told(say, "extra", fund=titles[one["fund"]], amount=money(one["amount"]), year=year(say, one["year"]))
            for one in missing["extra"]
        ]
        total = money(missing["total"])
        yield told(say, "missing_money", settleable=settleable, total=total, unit=unit, extra=say.listed(extra))


def _fund_rules(fund: Document, say: Wording) -> Iterator[str]:
    kinds = [told(say, f"kind_{kind}") for kind in fund["pays_for"]]
    yield told(say, "rule_pays_for", kinds=say.listed(kinds)) if kinds else told(say, "rule_all")
    if fund["most_share"] < 1:
        yield told(say, "rule_share", share=say.percent(fund["most_share"]))
    if fund["matches"]:
        share = say.plain(fund["match_share"])
        yield told(say, "rule_match", share=share, fund=fund_titles(say)[fund["matches"]])
    yield told(say, "rule_kept" if fund["carry_over"] else "rule_lost")
