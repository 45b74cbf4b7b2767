"""Page one: the situation in three figures, what is asked, the money, and what follows if nothing is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from planner.messages.catalogue import money_unit, unit_of_amount
from planner.messages.notices import input_kinds
from planner.reporting.document.records.programme import Programme
from planner.reporting.document.records.siting import ChosenSite
from planner.reporting.facility_text import scenario_notice
from planner.reporting.programme_text import CALENDAR, fund_titles, money_text, year_text, years_text
from planner.reporting.report.before_after import PANEL_PX, before_after_figure
from planner.reporting.report.blocks import (
    DASH,
    Block,
    Figure,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Row,
    Table,
    Translator,
    at_standard,
    community_names,
    headcount,
)
from planner.reporting.report.outcome import Outcome, outcome_of
from planner.reporting.rounding import round_money
from planner.results import Plan

OFFICIAL_PANEL_PX = (286.0, 140.0)
"""Size of a map on an official page one: two of them are as wide as its type area."""

MOST_PLACES = 8
"""Largest number of sites that page one names."""


def memo_title(t: Translator) -> str:
    """Return the title of page one."""
    return t.decision("title", name=t.content["study"]["name"])


def memo_blocks(plan: Plan, t: Translator) -> Iterator[Block]:
    """Yield page one, whatever the study has: without people, rules, sites or money it asks for these.

    An official page has 22 lines: there the situation is one paragraph, and the map is low.
    """
    outcome = outcome_of(t)
    is_official = _is_official(t) and headcount(at_standard(t.content)).people > 0
    if is_official:
        yield from _official_situation(t, outcome)
    else:
        yield from memo_situation(t, outcome)
    yield memo_figure(plan, t, outcome, OFFICIAL_PANEL_PX if is_official else PANEL_PX)
    yield Paragraph(t.decision("asks"), lead=True)
    yield from (Paragraph(ask, item=True, numbered=True) for ask in requests(plan, t))
    programme = t.content["programme"]
    if programme is not None and programme["projects"]:
        yield money_table(programme, t)
    yield Paragraph(t.decision("nothing"), lead=True)
    yield Paragraph(t.texts.paragraph(if_nothing(t)))


def memo_situation(t: Translator, outcome: Outcome | None) -> Iterator[Block]:
    """Yield the sentences on today, and the three figures today and after."""
    content, total = t.content, at_standard(t.content)
    heads, rates = headcount(total), content["diagnosis"]["rates"]
    modelled = content["data"]["modelled"]
    if modelled:
        layers = t.join(input_kinds(modelled, t.texts))
        yield Paragraph(t.decision("modelled", layers=layers), warning=True)
    if content["scenario"]:
        yield Paragraph(scenario_notice(content, t.texts), warning=True)
    name = content["study"]["name"]
    sentences = [
        t.decision(
            "situation" if heads.people else "situation_nobody",
            name=name,
            people=t.whole(heads.people),
            covered=t.whole(heads.covered),
            share=t.percent(total["people_share"]),
            uncovered=t.whole(heads.uncovered),
            minutes=_minutes(t),
        ),
        t.decision("situation_rated" if rates["assessed"] else "situation_not_rated", **rates),
    ]
    names = community_names(content)
    without = [names[one] for one in content["diagnosis"]["communities_without_centre"]]
    if without:
        shown = [*without[:MOST_PLACES], *(["…"] if len(without) > MOST_PLACES else [])]
        sentences.append(t.decision("situation_without", count=len(without), names=t.join(shown)))
    yield Paragraph(("" if t.texts.language == "zh" else " ").join(sentences))
    yield KeyFigures(tuple(_three(t, outcome)))


def _is_official(t: Translator) -> bool:
    return bool(t.content["study"]["report"]["style"] == "gbt9704")


def _official_situation(t: Translator, outcome: Outcome | None) -> Iterator[Paragraph]:
    """Yield today and after in as few lines as hold the three figures."""
    content, total = t.content, at_standard(t.content)
    heads, diagnosis = headcount(total), content["diagnosis"]
    if content["data"]["modelled"]:
        yield Paragraph(t.decision("official_modelled"), warning=True)
    if content["scenario"]:
        yield Paragraph(scenario_notice(content, t.texts), warning=True)
    said = {
        "people": t.whole(heads.people),
        "covered": t.whole(heads.covered),
        "share": t.percent(total["people_share"]),
        "uncovered": t.whole(heads.uncovered),
        "minutes": _minutes(t),
    }
    sentences = [t.decision("official_situation", **said)]
    if diagnosis["rates"]["assessed"]:
        sentences.append(t.decision("official_rated", **diagnosis["rates"]))
    else:
        sentences.append(t.decision("situation_not_rated"))
    if diagnosis["communities_without_centre"]:
        count = len(diagnosis["communities_without_centre"])
        sentences.append(t.decision("official_without", count=count))
    if outcome:
        after = {
            "when": outcome.when,
            "share": t.percent(outcome.share),
            "uncovered": t.whole(outcome.uncovered),
            "weak": t.whole(outcome.weak) if diagnosis["rates"]["assessed"] else t.decision("not_rated"),
        }
        sentences.append(t.decision("official_outcome", **after))
    yield Paragraph(t.texts.paragraph(sentences))


def _minutes(t: Translator) -> str:
    return t.exact(t.content["coverage"]["standard_min"])


def _three(t: Translator, outcome: Outcome | None) -> Iterator[KeyFigure]:
    content, total = t.content, at_standard(t.content)
    rated = content["diagnosis"]["rates"]["assessed"] > 0
    share, weak = total["people_share"], len(content["diagnosis"]["weak_communities"])
    uncovered = headcount(total).uncovered
    today = t.decision("today")
    points = "" if outcome is None or share is None else _points(share, outcome, t)
    then = (None, None, None) if outcome is None else (outcome.share, outcome.uncovered, outcome.weak)
    when = outcome.when if outcome else ""
    yield KeyFigure(
        _change(t.percent(share), None if then[0] is None else t.percent(then[0]), t),
        t.decision("figure_share", minutes=_minutes(t)),
        points or today,
    )
    yield KeyFigure(
        _change(t.whole(uncovered), None if then[1] is None else t.whole(then[1]), t),
        t.decision("figure_uncovered"),
        today if then[1] is None else _difference(uncovered, then[1], when, t),
    )
    if rated:
        yield KeyFigure(
            _change(t.whole(weak), None if then[2] is None else t.whole(then[2]), t),
            t.decision("figure_weak"),
            today if then[2] is None else _difference(weak, then[2], when, t),
        )
    else:
        yield KeyFigure(t.decision("not_rated"), t.decision("figure_weak"), today)


def _change(before: str, after: str | None, t: Translator) -> str:
    return before if after in (None, before) else t.decision("change", before=before, after=after)


def _points(before: float, outcome: Outcome, t: Translator) -> str:
    """Return how many percentage points a share rises: the difference of the two as they are shown."""
    points = round(outcome.share * 100, 1) - round(before * 100, 1)
    key = "points_up" if points > 0 else "points_down" if points < 0 else "unchanged"
    return t.decision(key, when=outcome.when, points=t.texts.number(abs(points), 1))


def _difference(before: int, after: int, when: str, t: Translator) -> str:
    key = "fewer" if after < before else "more" if after > before else "unchanged"
    return t.decision(key, when=when, count=t.whole(abs(after - before)))


def memo_figure(
    plan: Plan, t: Translator, outcome: Outcome | None, panel_px: tuple[float, float] = PANEL_PX
) -> Figure:
    """Return the maps of today and after."""
    drawing, scale = before_after_figure(plan, t, outcome, panel_px)
    values = {"minutes": _minutes(t), "scale": t.whole(scale), "when": outcome.when if outcome else ""}
    key = "map_both" if outcome else "map_today"
    if outcome and panel_px == OFFICIAL_PANEL_PX:
        # The legend says the rest, where there are 22 lines.
        key = "official_map"
    return Figure(drawing, t.decision(key, **values))


def requests(plan: Plan, t: Translator) -> Iterator[str]:
    """Yield what is to be decided, the money first; never less than one."""
    content = t.content
    programme, siting, rates = content["programme"], content["siting"], content["diagnosis"]["rates"]
    heads = headcount(at_standard(content))
    if not heads.people:
        yield t.decision("ask_people")
    elif programme is not None:
        yield from _request_programme(programme, t)
    elif siting["proposals"] and siting["proposals"][-1]["sites"]:
        yield from _request_sites(plan, siting["proposals"][-1]["sites"], t)
    elif siting["proposals"]:
        yield t.decision("ask_no_site")
    elif heads.uncovered:
        yield t.decision("ask_how_many", uncovered=t.whole(heads.uncovered))
    else:
        yield t.decision("ask_keep")
    weak = len(content["diagnosis"]["weak_communities"])
    if weak and (programme is None or not programme["projects"]):
        yield t.decision("ask_weak", weak=weak)
    if rates["undetermined"]:
        yield t.decision("ask_undetermined", count=rates["undetermined"])
    if not rates["assessed"]:
        yield t.decision("ask_rules")


def _request_programme(programme: Programme, t: Translator) -> Iterator[str]:
    projects, unit = programme["projects"], unit_of_amount(programme["unit"], t.texts)
    if not projects:
        yield t.decision("ask_no_project")
        return
    counts: dict[str, int] = {}
    for project in projects:
        counts[project["kind"]] = counts.get(project["kind"], 0) + 1
    kinds = t.join([f"{t.programme(f'kind_{kind}')} {count}" for kind, count in counts.items()])
    labels = [year["year"] for year in programme["years"]]
    # The kinds stand in the plan, where an official page has no room for them.
    key = "official_ask_programme" if _is_official(t) else "ask_programme"
    yield t.decision(
        key,
        years=years_text(t, labels[0], labels[-1]),
        projects=len(projects),
        kinds=kinds,
        cost=money_text(programme["cost"]),
        unit=unit,
    )
    first = [one for one in projects if one["year"] == labels[0]]
    if first and len(labels) > 1:
        cost = money_text(sum(one["cost"] for one in first))
        key = "official_ask_first" if _is_official(t) else "ask_first"
        yield t.decision(key, year=year_text(t, labels[0]), count=len(first), cost=cost, unit=unit)
    missing = programme["funding_gap"]
    if missing is not None and missing["total"] is not None:
        yield t.decision("ask_gap", count=programme["resolvable"], total=money_text(missing["total"]), unit=unit)


def _request_sites(plan: Plan, sites: Sequence[ChosenSite], t: Translator) -> Iterator[str]:
    places = list(dict.fromkeys(site_places(plan, t)[site["id"]] for site in sites))
    shown = [*islice(places, MOST_PLACES), *(["…"] if len(places) > MOST_PLACES else [])]
    yield t.decision("ask_sites", sites=len(sites), places=t("clause_joint").join(shown))
    costs = [site["cost"] for site in sites if site["cost"] is not None]
    if len(costs) == len(sites):
        unit = unit_of_amount(t.content["study"]["costs"]["unit"], t.texts)
        yield t.decision("ask_sites_cost", cost=money_text(sum(costs)), unit=unit)
    else:
        yield t.decision("ask_sites_money")


def site_places(plan: Plan, t: Translator) -> dict[str, str]:
    """Return where each candidate is in words, by id: its crossing of streets, else its community."""
    names = dict(zip(plan.inputs.communities["id"], plan.inputs.communities["name"], strict=True))
    joined = plan.siting.candidates[["id", "geometry"]].sjoin(
        plan.inputs.communities[["id", "geometry"]], how="left", predicate="intersects", rsuffix="home"
    )
    homes = joined.drop_duplicates("id_left" if "id_left" in joined else "id")
    community = dict(zip(homes.iloc[:, 0], homes["id_home"], strict=True))
    return {
        candidate["id"]: candidate["place"]
        or (
            t.decision("in_community", name=names[community[candidate["id"]]])
            if community.get(candidate["id"]) in names
            else t.decision("place_unknown")
        )
        for candidate in t.content["siting"]["candidates"]
    }


def money_table(programme: Programme, t: Translator) -> Table:
    """Return the money that is spent by source and year, with totals."""
    labels = [year["year"] for year in programme["years"]]
    funds = programme["resources"]["funds"]
    spent = round_money([[year["spent"] for year in fund["years"]] for fund in funds])
    given = round_money([[sum(year["amount"] for year in fund["years"])] for fund in funds])
    total = spent[-1][-1]
    rows: list[Row] = [
        (
            name,
            *map(money_cell, by_year),
            t.percent(by_year[-1] / total) if total else DASH,
            money_cell(available[-1]),
        )
        for name, by_year, available in zip(
            (*(fund["name"] for fund in funds), t("total")), spent, given, strict=True
        )
    ]
    return Table(
        t.decision("money_table", unit=money_unit(programme["unit"], t.texts)),
        (t.decision("column_fund"),),
        (
            *(year_text(t, label) for label in labels),
            t("total"),
            t.decision("column_share"),
            t.decision("column_available"),
        ),
        tuple(rows),
        totals=1,
        note=t.decision("costs_modelled") if programme["costs_modelled"] else "",
    )


def money_cell(amount: float) -> str:
    """Write money in a table: two decimals, so that columns align."""
    return f"{amount:,.2f}"


def if_nothing(t: Translator) -> Iterator[str]:
    """Yield what stays as it is without a decision, and which money lapses."""
    content, heads = t.content, headcount(at_standard(t.content))
    if not heads.people:
        yield t.decision("nothing_nobody")
        return
    measured = content["diagnosis"]["communities"]
    weak = set(content["diagnosis"]["weak_communities"])
    lives = {
        row["community"]: row["shown"]["people"]
        for row in content["coverage"]["by_community"]
        if row["limit_min"] == content["coverage"]["standard_min"]
    }
    old = [one["people_65_uncovered"] for one in measured if one["people_65_uncovered"] is not None]
    sentences = []
    if heads.uncovered:
        known = bool(old) and len(old) == len(measured)
        sentences.append(
            t.decision(
                "nothing_uncovered_65" if known else "nothing_uncovered",
                uncovered=t.whole(heads.uncovered),
                minutes=_minutes(t),
                old=t.whole(sum(old)) if known else "",
            )
        )
    if weak:
        people = sum(lives[one] for one in weak)
        sentences.append(t.decision("nothing_weak", weak=len(weak), people=t.whole(people)))
    without = content["diagnosis"]["communities_without_centre"]
    if without:
        sentences.append(t.decision("nothing_without", count=len(without)))
    programme = content["programme"]
    for fund in programme["resources"]["funds"] if programme else ():
        if not fund["carry_over"]:
            unit = unit_of_amount(require_unit(programme), t.texts)
            amount = money_text(sum(year["amount"] for year in fund["years"]))
            sentences.append(t.decision("nothing_lost", fund=fund_titles(t)[fund["id"]], amount=amount, unit=unit))
    yield from sentences or [t.decision("nothing_none")]


def require_unit(programme: Programme | None) -> str:
    """Return the programme's unit of money."""
    return programme["unit"] if programme else ""


def date_text(date: str, t: Translator) -> str:
    """Return a date as an official document writes it: 2023年6月30日; one in another form as it is given.

    Clause 7.3.5.4 of GB/T 9704-2012: Arabic figures, the year in full, no zero before month and day.
    """
    parts = date.split("-")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):  # noqa: PLR2004 - year, month, day
        return date
    year, month, day = map(int, parts)
    if year < CALENDAR:
        return date
    return t.texts("decision.date", year=year, month=month, day=day)
