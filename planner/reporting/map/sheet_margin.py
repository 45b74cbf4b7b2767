"""Beside the map on its sheet: the title, the key figures, the legend and the title block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.messages.catalogue import Texts, localized
from planner.messages.notices import input_name
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.map import symbols
from planner.reporting.map.sheet_drawing import A3_MM, INK, MARKERS, SOFT, signs_wide, wrapped, write, write_lines
from planner.reporting.rates import rate_text, weak_count_text
from planner.reporting.report.blocks import headcount
from planner.reporting.scenario_text import scenario_heading, scenario_notice
from planner.reporting.style import SITE, UNCOVERED, VERDICT_COLOURS
from planner.schemas.tables import TIERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SOURCES = 5
FIGURE_MM = 30.0
"""How far a key figure may reach from the left border of the side; a longer one is written smaller."""

MM_A_POINT = 25.4 / 72

SIDE_BOX = (0.776, 0.015, 0.212, 0.97)


def draw_side(
    figure: Figure, content: PlanDocument, texts: Texts, scale: float, *, has_private_ways: bool
) -> None:
    """Write the title, the key figures, the legend and the title block, one below the other."""
    side = figure.add_axes(SIDE_BOX)
    side.set_xlim(0, SIDE_BOX[2] * A3_MM[0])
    side.set_ylim(SIDE_BOX[3] * A3_MM[1], 0)
    side.axis("off")
    y = write_lines(side, 6, wrapped(content["study"]["name"], 15), 17, step=8.5)
    y = write_lines(
        side, y + 1, wrapped(scenario_heading(texts("maps.heading"), content, texts), 26), 11, colour=SOFT, step=6
    )
    y = _draw_figures(side, y + 3, content, texts)
    y = _draw_legend(side, y + 4, content, texts, has_private_ways=has_private_ways)
    _draw_title_block(side, y + 6, content, texts, scale)


def _draw_figures(side: Axes, y: float, content: PlanDocument, texts: Texts) -> float:
    coverage = content["coverage"]
    standard = next(row for row in coverage["total"] if row["limit_min"] == coverage["standard_min"])
    rates, best = content["diagnosis"]["rates"], next(reversed(content["siting"]["proposals"]), None)

    def share(value: float | None) -> str:
        return texts("maps.unknown") if value is None else texts.percent(value)

    rows = [
        (share(standard["people_share"]), texts("maps.kpi_people", minutes=f"{coverage['standard_min']:g}")),
        (texts.whole(headcount(standard).uncovered), texts("maps.kpi_uncovered")),
        (share(standard["area_share"]), texts("maps.kpi_area")),
        (rate_text(rates, "compliant", texts), texts("maps.kpi_compliant")),
        (rate_text(rates, "excellent", texts), texts("maps.kpi_excellent")),
        (weak_count_text(len(content["diagnosis"]["weak_communities"]), rates, texts), texts("maps.kpi_weak")),
    ]
    if best:
        weighted = "_weighted" if content["siting"]["weighted"] else ""
        rows.append((f"+{texts.whole(best['people_gained'])}", texts(f"maps.kpi_gained{weighted}")))
    for value, label in rows:
        write(side, FIGURE_MM, y + 3, value, min(14.0, FIGURE_MM / MM_A_POINT / signs_wide(value)), ha="right")
        for line in wrapped(label, 13):
            write(side, 33, y + 3, line, 9.5, ha="left", colour=SOFT)
            y += 5
        y += 2.5
    return y


def _draw_legend(side: Axes, y: float, content: PlanDocument, texts: Texts, *, has_private_ways: bool) -> float:
    limits = [limit["minutes"] for limit in content["walking"]["limits"]]
    y = write_lines(side, y, [texts("maps.legend")], 12, step=7)
    drawn = {centre["tier"] for centre in content["centres"]}
    shown = [tier for tier in TIERS if tier in drawn]
    left: list[tuple[str, dict[str, Any]]] = [
        (texts(f"words.tier_{tier}"), {"marker": MARKERS[tier], "mfc": VERDICT_COLOURS["none"]}) for tier in shown
    ]
    left += [
        (texts("maps.within", minutes=f"{minutes:g}"), {"marker": "s", "mfc": colour})
        for minutes, colour in zip(limits, symbols.ring_swatches(len(limits)), strict=True)
    ]
    right: list[tuple[str, dict[str, Any]]] = [
        (texts(f"words.verdict_{verdict}"), {"marker": "s", "mfc": colour})
        for verdict, colour in VERDICT_COLOURS.items()
    ]
    right += [
        (texts("maps.legend_uncovered"), {"marker": "o", "mfc": UNCOVERED}),
        (
            texts("maps.legend_weak"),
            {"marker": "_", "mfc": "none", "mec": symbols.WEAK_STYLE["color"], "mew": 2.5},
        ),
        (texts("maps.legend_site"), {"marker": "o", "mfc": SITE}),
    ]
    if has_private_ways:
        right.append((texts("maps.layer_private"), {"marker": "_", "mec": symbols.PRIVATE, "mew": 1.5}))
    for x, column in ((3.0, left), (46.0, right)):
        for row, (label, look) in enumerate(column):
            side.plot([x], [y + 6 * row], ls="", **{"mec": "#222", "mew": 0.8, "ms": 7, **look})
            write(side, x + 4, y + 6 * row, label, 9.5, ha="left")
    return y + 6 * max(len(left), len(right))


def _draw_title_block(side: Axes, y: float, content: PlanDocument, texts: Texts, scale: float) -> None:
    walking, data = content["walking"], content["data"]
    circles = " · ".join(
        texts("maps.title_circle", minutes=f"{one['minutes']:g}", metres=texts.whole(one["metres"]))
        for one in walking["limits"]
    )
    modelled = texts("maps.comma").join(input_name(layer, texts) for layer in data["modelled"])
    scenario = content["scenario"]
    rows = [
        ("study", content["study"]["name"]),
        ("date", content["study"]["date"] or texts("maps.title_no_date")),
        ("walking", localized(walking, texts.language)),
        ("circles", circles),
        ("access", texts("maps.title_access_m", metres=f"{walking['access_m']:g}")),
        ("rules", localized(content["diagnosis"], texts.language)),
        ("scale", f"1 : {texts.whole(scale * 1000)}"),
        ("data", texts("maps.modelled", layers=modelled) if modelled else texts("maps.surveyed")),
    ]
    sources = list(dict.fromkeys(source["source"] for source in data["sources"] if source["source"]))
    if sources:
        rows.append(("sources", texts("maps.comma").join(sources[:MOST_SOURCES])))
    if data["attribution"]:
        rows.append(("attribution", data["attribution"]))
    office = content["study"]["report"]
    missing = texts("decision.fill_in") if office["style"] == "gbt9704" else ""
    named = ("issuer", "map_number", "approval_number", "issued")
    rows += [(name, office[name] or missing) for name in named if office[name] or missing]
    if scenario:
        rows.append(("scenario", scenario_notice(content, texts)))
    width = SIDE_BOX[2] * A3_MM[0]
    top = y
    for key, value in rows:
        lines = wrapped(value, 17)
        side.plot([0, width], [y, y], color="#9aa1a8", lw=0.6, clip_on=False)
        write(side, 1, y + 3.4, texts(f"maps.title_{key}"), 8, ha="left", colour=SOFT)
        for row, line in enumerate(lines):
            warns = key in ("data", "scenario") and bool(modelled or scenario)
            write(side, 26, y + 3.4 + 4.4 * row, line, 8, ha="left", colour="#8a3d00" if warns else INK)
        y += 2.4 + 4.4 * len(lines)
    side.plot([0, width, width, 0, 0], [top, top, y, y, top], color="#333", lw=1.4, clip_on=False)
