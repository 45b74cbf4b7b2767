"""report.docx and report.pdf of all districts: page one for those who decide, league table, streets, money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from planner.batch.province_map import draw_districts
from planner.messages.catalogue import Texts
from planner.reporting.report.blocks import (
    Block,
    Cell,
    Figure,
    Headcount,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Report,
    Row,
    Section,
    Table,
    Translator,
)
from planner.reporting.report.build import office_of
from planner.reporting.report.sections.memo import MOST_PLACES, memo_title
from planner.reporting.rounding import round_bound, round_count

if TYPE_CHECKING:
    from planner.batch.funds import Choice, Fairness
    from planner.batch.province import Province
    from planner.reporting.document.records.plan import PlanDocument

MAP_PX = (640.0, 330.0)
MOST_ROWS = 200
"""So many districts the league table lists; the workbook lists all."""

WORST = 40
"""So many streets and communities are listed, those with most people out of reach."""

FIRST = 3
"""So many districts page one names."""

SHOWN = 1000
"""Shares are shown to a thousandth; a bound is rounded up."""

READING = ("share", "walk", "centre", "unknown")
QUALITY = ("streets_km_per_km2", "outside_share")
BASIS = ("rules", "standard_min", "speed_kmh")


def build_province_report(province: Province, texts: Texts) -> Report:
    """Build the report of all districts; the same districts give the same report."""
    given = {"study": {"name": province.portfolio.name, "report": province.portfolio.report.model_dump()}}
    t = Translator(cast("PlanDocument", given), texts)
    modelled = _modelled(province)
    body = {
        "districts": _districts(province, t),
        "streets": _streets(province, t),
        "communities": _communities(province, t),
        "money": _money(province, t),
    }
    annexes = {"reading": _reading(province, t), **({"failed": _failed(province, t)} if _lost(province) else {})}

    def sections(blocks_of: dict[str, Iterator[Block]], annex: str = "") -> Iterator[Section]:
        for number, (name, blocks) in enumerate(blocks_of.items(), start=1):
            called = annex and t.decision(annex, number=number)
            yield Section(name, number, texts(f"batch.section_{name}"), tuple(blocks), called)

    reading = t.decision("annex_ref", number=1)
    return Report(
        t=t,
        name=province.portfolio.name,
        title=texts("batch.report_title"),
        facts=tuple(_facts(province, t)),
        modelled=bool(modelled),
        nature=t("modelled", layers=t.join(modelled)) if modelled else t("surveyed", section=reading),
        indicators=(),
        summary=(),
        sections=(*sections(body), *sections(annexes, "annex_ref")),
        memo=Section("memo", 0, memo_title(t), tuple(_memo(province, t))),
        office=office_of(t),
        style=province.portfolio.report.style,
    )


def heads_of(people: float, covered: float) -> Headcount:
    """Return people as every product shows them: each rounded once, so that they add up on the page."""
    return Headcount(round_count(people), round_count(covered))


def _each(table: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table, each with its columns as attributes."""
    yield from table.itertuples()


def _modelled(province: Province) -> list[str]:
    """Return the layers that are modelled in any district, in words."""
    return sorted({name for cell in province.league["modelled"] for name in cell.split(", ") if name})


def _lost(province: Province) -> list[Any]:
    return [row for row in province.rows if row.status == "failed"]


def _facts(province: Province, t: Translator) -> Iterator[tuple[str, str]]:
    league, said = province.league, t.texts
    yield said("batch.fact_districts"), said("batch.report_done", done=len(league), count=len(province.rows))
    yield t("fact_date"), t.join(sorted({date for date in league["date"] if date})) or t("date_not_given")
    for name in BASIS:
        values = sorted(set(league[name].dropna()))
        yield (
            said(f"batch.column_{name}"),
            t.join([value if isinstance(value, str) else t.exact(value) for value in values]),
        )
    if province.attribution:
        yield t("fact_attribution"), province.attribution


def _memo(province: Province, t: Translator) -> Iterator[Block]:
    totals, said, league = province.totals(), t.texts, province.league
    if modelled := _modelled(province):
        yield Paragraph(t.decision("modelled", layers=t.join(modelled)), warning=True)
    yield from (Paragraph(line, warning=True) for line in province.warnings(said))
    heads = heads_of(totals["people"], totals["people_covered"])
    share = totals["people_covered"] / totals["people"] if totals["people"] > 0 else None
    standards = set(league["standard_min"].dropna())
    minutes = {"minutes": t.exact(standards.pop())} if len(standards) == 1 else {}
    values = {
        "people": t.whole(heads.people),
        "covered": t.whole(heads.covered),
        "uncovered": t.whole(heads.uncovered),
    }
    sentences = [
        said(
            "batch.report_situation" if minutes else "batch.report_situation_several",
            **{**values, **minutes, "districts": len(league), "share": t.percent(share)},
        ),
        t.decision(
            "situation_rated", **{name: t.whole(totals[name]) for name in ("assessed", "weak", "undetermined")}
        ),
    ]
    worst = [
        said(
            "batch.report_worst_one",
            name=row.name,
            share=t.percent(row.people_share),
            streets=t.number(row.streets_km_per_km2),
        )
        for row in _each(league[league["people_share"].notna()][:FIRST])
    ]
    if len(league) > FIRST:
        sentences.append(said("batch.report_worst", names=t.join(worst)))
    yield Paragraph(said.paragraph(sentences))
    yield KeyFigures(tuple(_key_figures(province, heads, share, t)))
    if not province.outlines.empty:
        drawing = draw_districts(province.outlines, province.shares, province.names, said, size_px=MAP_PX)
        yield Figure(drawing, said("batch.report_map", numbers=_map_numbers(province, t)).rstrip())
    yield Paragraph(t.decision("asks"), lead=True)
    yield from (Paragraph(ask, item=True, numbered=True) for ask in _asks(province, totals, t))
    yield Paragraph(t.decision("nothing"), lead=True)
    key = "decision.nothing_uncovered" if minutes else "batch.report_nothing_several"
    stays = [said(key, uncovered=t.whole(heads.uncovered), **minutes)] if heads.uncovered else []
    if totals["weak"]:
        stays.append(said("batch.report_nothing_weak", weak=t.whole(totals["weak"])))
    yield Paragraph(said.paragraph(stays or [t.decision("nothing_none")]))


def _map_numbers(province: Province, t: Translator) -> str:
    """Return number and approval number of the map, where the portfolio gives them."""
    named = [(name, getattr(province.portfolio.report, name)) for name in ("map_number", "approval_number")]
    return " ".join(f"{t.texts(f'maps.title_{name}')} {value}" for name, value in named if value)


def _key_figures(province: Province, heads: Headcount, share: float | None, t: Translator) -> Iterator[KeyFigure]:
    choice, totals = province.choice, province.totals()
    gained = choice.people_gained if choice is not None and choice.sites else 0.0
    after = heads_of(totals["people"], totals["people_covered"] + gained)
    note = t.decision("after_sites", sites=choice.sites) if choice is not None and gained else t.decision("today")

    def change(before: str, then: str) -> str:
        return t.decision("change", before=before, after=then) if gained else before

    share_after = None if share is None else (totals["people_covered"] + gained) / totals["people"]
    yield KeyFigure(change(t.percent(share), t.percent(share_after)), t.texts("batch.card_share"), note)
    yield KeyFigure(change(t.whole(heads.uncovered), t.whole(after.uncovered)), t("kpi_unserved"), note)
    yield KeyFigure(t.whole(totals["weak"]), t.decision("figure_weak"), t.decision("today"))


def _asks(province: Province, totals: dict[str, float], t: Translator) -> Iterator[str]:
    """Yield what is to be decided, the money first; never less than one."""
    choice, said, asked = province.choice, t.texts, False
    names = province.names
    if choice is not None and choice.sites:
        asked = True
        chosen = [row for row in choice.districts if row.sites]
        parts = [
            said("batch.report_sites_of", name=names.get(row.code, row.code), sites=row.sites) for row in chosen
        ]
        has_price = province.portfolio.funds is not None and province.portfolio.funds.budget is not None
        yield said(
            "batch.ask_money" if has_price else "batch.ask_sites",
            cost=t.exact(choice.cost),
            sites=choice.sites,
            districts=len(chosen),
            names=t.join([*parts[:MOST_PLACES], *(["…"] if len(parts) > MOST_PLACES else [])]),
            gained=t.whole(choice.people_gained),
            bound=t.whole(_bound(choice)),
        )
        if (fair := choice.fairness) is not None and fair.fairest_least_share > fair.most_people_least_share:
            yield said("batch.ask_fair", **fair_values(fair, said))
    if totals["weak"]:
        asked = True
        yield t.decision("ask_weak", weak=t.whole(totals["weak"]))
    if totals["undetermined"]:
        asked = True
        yield t.decision("ask_undetermined", count=t.whole(totals["undetermined"]))
    if lost := _lost(province):
        asked = True
        shown = [row.name or row.code for row in lost[:MOST_PLACES]] + (["…"] if len(lost) > MOST_PLACES else [])
        yield said("batch.ask_failed", count=len(lost), names=t.join(shown))
    if not asked:
        yield t.decision("ask_keep")


def _bound(choice: Choice) -> float:
    return round_bound(choice.people_gained, choice.bound)


def fair_values(fair: Fairness, texts: Texts) -> dict[str, object]:
    """Return what a sentence says of the least share and of what it costs."""
    return {
        "fair": texts.percent(fair.fairest_least_share),
        "fair_people": texts.whole(fair.fairest_people),
        "most": texts.percent(fair.most_people_least_share),
        "most_people": texts.whole(fair.most_people),
        "here": texts.percent(fair.least_share),
        "bound": texts.percent(ceil(fair.least_share_bound * SHOWN) / SHOWN),
    }


def _districts(province: Province, t: Translator) -> Iterator[Block]:
    """Yield the league table, what the data are worth beside the rank, and by which rules it is measured."""
    league, said = province.league, t.texts
    labels = _heads(t, ("rank", "name", "modelled"))
    heads = _heads(t, (*("people", "people_share", "people_uncovered", "weak"), *QUALITY))
    rows: list[Row] = [
        (
            *("–" if pd.isna(row.rank) else t.whole(row.rank), row.name, row.modelled or "–"),
            *_people_cells(row.people, row.people_covered, t),
            t.whole(row.weak),
            *(t.number(_given(row.streets_km_per_km2)), t.percent(_given(row.outside_share))),
        )
        for row in _each(league[:MOST_ROWS])
    ]
    totals = province.totals()
    in_all = _people_cells(totals["people"], totals["people_covered"], t)
    rows.append(("", said("batch.total"), "", *in_all, t.whole(totals["weak"]), "", ""))
    cut = [said("batch.report_more", count=len(league) - MOST_ROWS)] if len(league) > MOST_ROWS else []
    note = said.paragraph([*cut, said("batch.league_note")])
    yield Table(said("batch.league_head"), labels, heads, tuple(rows), note=note, totals=1)
    is_same = province.has_one_basis
    yield Paragraph(said("batch.same_basis" if is_same else "batch.other_basis"), warning=not is_same)
    basis: list[Row] = [
        (
            *(row.name, row.method, row.date or "–", row.rules),
            *(t.exact(row.standard_min), t.exact(row.speed_kmh), t.whole(row.near_misses), t.whole(row.notices)),
        )
        for row in _each(league[:MOST_ROWS])
    ]
    labels, heads = (
        _heads(t, ("name", "method", "date", "rules")),
        _heads(t, (*BASIS[1:], "near_misses", "notices")),
    )
    yield Table(said("batch.report_basis"), labels, heads, tuple(basis))


def _heads(t: Translator, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(t.texts(f"batch.column_{name}") for name in names)


def _given(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _people_cells(people: float, covered: float, t: Translator) -> tuple[Cell | str, ...]:
    """Return people, share within the standard with its bar, and people out of reach."""
    heads = heads_of(people, covered)
    return (*(t.whole(heads.people), t.bar(covered / people) if people > 0 else "–", t.whole(heads.uncovered)),)


def _streets(province: Province, t: Translator) -> Iterator[Block]:
    """Yield the streets or towns with most people out of reach: the level between district and community."""
    table, said = province.communities, t.texts
    named = table[table["subdistrict"].fillna("") != ""] if len(table) else table
    if not len(named):
        yield Paragraph(said("batch.report_no_streets"))
        return
    streets = named.groupby(["district", "subdistrict"], as_index=False).agg(
        communities=("community", "size"), people=("people", "sum"), covered=("people_covered", "sum")
    )
    streets["beyond"] = streets["covered"] - streets["people"]
    names = province.names
    rows: list[Row] = [
        (
            *(names.get(row.district, row.district), row.subdistrict, t.whole(row.communities)),
            *_people_cells(row.people, row.covered, t),
        )
        for row in _each(streets.sort_values(["beyond", "district", "subdistrict"])[:WORST])
    ]
    heads = _heads(t, ("communities", "people", "people_share", "people_uncovered"))
    caption = said("batch.report_streets", shown=len(rows), count=len(streets))
    yield Table(caption, _heads(t, ("district", "subdistrict")), heads, tuple(rows))


def _communities(province: Province, t: Translator) -> Iterator[Block]:
    from planner.batch.province import worst_communities

    worst = worst_communities(province.communities)
    if not len(worst):
        yield Paragraph(t.texts("batch.report_all_within"))
        return
    names = province.names
    rows: list[Row] = [
        (
            *(names.get(row.district, row.district), row.subdistrict or "–", row.name, t.verdict(row.rating)),
            *_people_cells(row.people, row.people_covered, t),
        )
        for row in _each(worst[:WORST].fillna({"subdistrict": "", "name": ""}))
    ]
    heads = _heads(t, ("people", "people_share", "people_uncovered"))
    caption = t.texts("batch.report_communities", shown=len(rows), count=len(worst))
    yield Table(caption, _heads(t, ("district", "subdistrict", "name", "rating")), heads, tuple(rows))


def _money(province: Province, t: Translator) -> Iterator[Block]:
    """Yield how the money is shared, with its bound, and what equality between districts costs."""
    choice, said = province.choice, t.texts
    if choice is None:
        yield Paragraph(
            province.refused.in_words(said.language) if province.refused else said("batch.report_no_funds")
        )
        return
    values = {"sites": t.whole(choice.sites), "cost": t.exact(choice.cost)}
    values |= {"gained": t.whole(choice.people_gained), "bound": t.whole(_bound(choice))}
    yield Paragraph(said("batch.funds_result", **values))
    yield Paragraph(said("batch.funds_streets" if choice.every_street else "batch.funds_candidates"))
    if choice.fairness is not None:
        yield Paragraph(said("batch.funds_fair", **fair_values(choice.fairness, said)))
    names = province.names
    rows: list[Row] = [
        (
            names.get(district.code, district.code),
            *(
                t.percent(district.share_before),
                t.whole(district.sites),
                t.number(district.cost, 2),
                t.number(district.settle_cost, 2),
            ),
            *(t.whole(district.people_gained), t.whole(round_bound(district.people_gained, district.bound))),
            t.percent(district.share_after),
        )
        for district in choice.districts
        if district.sites or district.settle_cost
    ]
    heads = ("share_before", "sites", "cost", "settle_cost", "people_gained", "bound", "share_after")
    note = said("batch.funds_note", twice=t.whole(choice.counted_twice))
    yield Table(said("batch.funds_head"), _heads(t, ("district",)), _heads(t, heads), tuple(rows), note=note)


def _reading(province: Province, t: Translator) -> Iterator[Block]:
    yield from (Paragraph(t(f"reading_{topic}"), item=True) for topic in READING)
    yield Paragraph(t.texts("batch.league_note"), item=True)
    yield Paragraph(t.texts("batch.report_reading"), item=True)
    if province.attribution:
        yield Paragraph(province.attribution, item=True)


def _failed(province: Province, t: Translator) -> Iterator[Block]:
    rows: tuple[Row, ...] = tuple((row.code, row.name, row.reason) for row in _lost(province))
    caption = t.texts("batch.failed_head", count=len(rows))
    yield Table(caption, _heads(t, ("code", "name", "reason")), (), rows)
