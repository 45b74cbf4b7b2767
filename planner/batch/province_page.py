"""province.html: one page without a server: a map by district, league tables, the way down to communities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from planner.batch.province_map import draw_districts
from planner.batch.province_report import fair_values, heads_of
from planner.messages.catalogue import Texts, locale_of
from planner.messages.printable import replace_illegal
from planner.reporting.report.html import page_templates
from planner.reporting.rounding import round_bound

if TYPE_CHECKING:
    from planner.batch.province import Province

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""The page loads and runs nothing but its own style."""

MAP_PX = (900.0, 700.0)

SHOWN_COMMUNITIES = 5_000
"""Of more communities, the page lists those with most people out of reach."""

SHOWN_COLUMNS = (
    *("rank", "name", "people", "people_share", "people_uncovered", "centres", "weak", "undetermined"),
    *("streets_km_per_km2", "outside_share", "method", "modelled", "rules", "standard_min", "speed_kmh"),
)


def draw_province(province: Province, texts: Texts) -> str:
    """Return the page; the same districts give the same page."""
    shown = {name: _shown(name, texts) for name in SHOWN_COLUMNS}
    links = {row.code: _link(row.code, row.files) for row in province.done}
    heads = map(heads_of, province.league["people"], province.league["people_covered"])
    rounded = province.league.assign(people_uncovered=[head.uncovered for head in heads])
    league = [
        {
            "code": row["code"],
            "cells": [shown[name](row[name]) for name in SHOWN_COLUMNS],
            "link": links.get(row["code"], ""),
        }
        for row in rounded.to_dict("records")
    ]
    totals = province.totals()
    page = (
        page_templates("planner.batch")
        .get_template("province.html.j2")
        .render(
            name=province.portfolio.name,
            language=locale_of(texts.language).html,
            t=lambda key, **values: texts(f"batch.{key}", **values),
            policy=POLICY,
            map=_map(province, links, texts),
            heads=[texts(f"batch.column_{name}") for name in SHOWN_COLUMNS],
            league=league,
            same_basis=province.has_one_basis,
            totals={
                "districts": len(province.league),
                "people": texts.whole(totals["people"]),
                "covered": texts.whole(totals["people_covered"]),
                "share": texts.percent(totals["people_covered"] / totals["people"])
                if totals["people"] > 0
                else "–",
                "weak": texts.whole(totals["weak"]),
            },
            failed=[row for row in province.rows if row.status == "failed"],
            warnings=province.warnings(texts),
            tree=_tree(province, texts),
            choice=_choice(province, texts),
            attribution=province.attribution,
        )
    )
    return replace_illegal(page)


def _link(code: str, files: Any) -> str:  # noqa: ANN401 - a mapping of names
    name = next((name for name in ("map.html", "report.html") if name in files), "")
    return f"districts/{code}/{name}" if name else ""


def _shown(name: str, texts: Texts) -> Any:  # noqa: ANN401 - a function of any cell
    def show(value: Any) -> str:  # noqa: ANN401
        if value is None or value != value:  # noqa: PLR0124 - NaN
            return "–"
        if name in ("people_share", "outside_share"):
            return texts.percent(value)
        if name == "streets_km_per_km2":
            return texts.number(value, 1)
        if name in ("standard_min", "speed_kmh"):
            return f"{value:g}"
        return str(value) if isinstance(value, str) else texts.whole(float(value))

    return show


def _map(province: Province, links: dict[str, str], texts: Texts) -> Markup:
    if province.outlines.empty:
        return Markup("")
    return draw_districts(province.outlines, province.shares, province.names, texts, size_px=MAP_PX, links=links)


def _tree(province: Province, texts: Texts) -> list[dict[str, Any]]:
    """Return districts, their subdistricts, and their communities."""
    if province.communities.empty:
        return []
    table = province.communities
    # A group needs a name, also where no community of a district has one above it.
    table = table.assign(subdistrict=table["subdistrict"].astype(object).fillna(""))
    table = table.assign(beyond=table["people"] - table["people_covered"])
    if len(table) > SHOWN_COMMUNITIES:
        table = table.nlargest(SHOWN_COMMUNITIES, "beyond", keep="first")
    names = province.names
    tree = []
    for code, district in table.groupby("district", sort=True):
        streets = [
            {
                "name": street or "–",
                "people": texts.whole(part["people"].sum()),
                "beyond": texts.whole(part["beyond"].sum()),
                "communities": [
                    {
                        "name": one["name"],
                        "people": texts.whole(one["people"]),
                        "share": "–" if one["people"] <= 0 else texts.percent(one["people_share"]),
                        "rating": texts(f"words.verdict_{one['rating']}") if one["rating"] else "–",
                    }
                    for one in part.sort_values(["beyond", "community"], ascending=[False, True]).to_dict(
                        "records"
                    )
                ],
            }
            for street, part in district.groupby("subdistrict", sort=True)
        ]
        tree.append({"code": code, "name": names.get(str(code), code), "streets": streets})
    return tree


def _choice(province: Province, texts: Texts) -> dict[str, Any] | None:
    """Return how the money is shared, in words."""
    choice = province.choice
    if choice is None:
        return None
    names = province.names
    return {
        "gained": texts.whole(choice.people_gained),
        "bound": texts.whole(round_bound(choice.people_gained, choice.bound)),
        "fair": texts("batch.funds_fair", **fair_values(choice.fairness, texts)) if choice.fairness else "",
        "twice": texts.whole(choice.counted_twice),
        "every_street": choice.every_street,
        "sites": texts.whole(choice.sites),
        "cost": f"{choice.cost:g}",
        "rows": [
            (
                *(names.get(district.code, district.code), district.sites, texts.whole(district.people_gained)),
                texts.whole(round_bound(district.people_gained, district.bound)),
            )
            for district in choice.districts
            if district.sites
        ],
    }
