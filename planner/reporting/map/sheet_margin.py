"""Around the map on its sheet: the title band, the key figures, the legend and the title block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from planner.evaluation import COMPLIANT
from planner.messages.catalogue import Texts, localized, unit_of_amount
from planner.messages.notices import input_kinds
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.facility_text import scenario_heading, scenario_notice
from planner.reporting.map import symbols
from planner.reporting.map.sheet_drawing import (
    A3_MM,
    INK,
    MARK_LOOKS,
    MARKERS,
    SOFT,
    signs_wide,
    wrap_text,
    write_lines,
    write_text,
)
from planner.reporting.map.sheet_state import SheetState
from planner.reporting.programme_text import money_text
from planner.reporting.report.blocks import headcount
from planner.reporting.rounding import rate_text, weak_count_text
from planner.reporting.style import SITE, UNCOVERED, VERDICT_COLOURS
from planner.schemas.tables import TIERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SOURCES = 5
FIGURE_MM = 30.0
"""How far a key figure may reach from the left border of the side; a longer one is written smaller."""

MM_A_POINT, DATE_MM = 25.4 / 72, 60.0
"""Millimetres of a point, and how much of the title band is the date's."""

BAND_BOX = (0.012, 0.93, 0.976, 0.058)
SIDE_BOX = (0.776, 0.015, 0.212, 0.9)


def draw_band(figure: Figure, content: PlanDocument, state: SheetState, texts: Texts) -> None:
    """Write title, subtitle and date above the map."""
    band = figure.add_axes(BAND_BOX)
    width, height = BAND_BOX[2] * A3_MM[0], BAND_BOX[3] * A3_MM[1]
    band.set_xlim(0, width)
    band.set_ylim(height, 0)
    band.axis("off")
    study, date = content["study"], content["study"]["date"]
    subtitle = _subtitle(content, state, texts)
    for y, text, size, colour in ((5, study["name"], 20.0, INK), (13.2, subtitle, 12.0, SOFT)):
        fitting = (width - DATE_MM) / MM_A_POINT / max(signs_wide(text), 1.0)
        write_text(band, 0, y, text, min(size, fitting), ha="left", colour=colour)
    if date:
        write_text(band, width, 13.2, date, 12, ha="right", colour=SOFT)
    band.plot([0, width], [height, height], color="#333", lw=1.4, clip_on=False)


def scale_text(scale: float, texts: Texts) -> str:
    """Return a scale, metres for a millimetre, as 1 : 50,000."""
    return f"1 : {texts.whole(scale * 1000)}"


def draw_side(
    figure: Figure,
    content: PlanDocument,
    state: SheetState,
    texts: Texts,
    scale: float,
    *,
    has_private_ways: bool,
) -> None:
    """Write the key figures, the legend and the title block, one below the other."""
    side = figure.add_axes(SIDE_BOX)
    side.set_xlim(0, SIDE_BOX[2] * A3_MM[0])
    side.set_ylim(SIDE_BOX[3] * A3_MM[1], 0)
    side.axis("off")
    y = _draw_figures(side, 1, content, state, texts)
    y = _draw_legend(side, y + 4, content, state, texts, has_private_ways=has_private_ways)
    _draw_title_block(side, y + 6, content, texts, scale)


def _subtitle(content: PlanDocument, state: SheetState, texts: Texts) -> str:
    """Return what the map shows, and when where that is not today."""
    heading = scenario_heading(texts("maps.heading"), content, texts)
    return f"{heading} · {state.outcome.when}" if state.outcome else heading


def _draw_figures(side: Axes, y: float, content: PlanDocument, state: SheetState, texts: Texts) -> float:
    rows = [*_figures(content, state, texts)]
    for value, label in rows:
        write_text(
            side, FIGURE_MM, y + 3, value, min(14.0, FIGURE_MM / MM_A_POINT / signs_wide(value)), ha="right"
        )
        for line in wrap_text(label, 16):
            write_text(side, 33, y + 3, line, 9.5, ha="left", colour=SOFT)
            y += 5
        y += 2.5
    return y


def _figures(content: PlanDocument, state: SheetState, texts: Texts) -> Iterator[tuple[str, str]]:
    """Yield the key figures and their labels: today, and by the end of the programme where the map shows that."""
    coverage, outcome, programme = content["coverage"], state.outcome, content["programme"]
    standard = next(row for row in coverage["total"] if row["limit_min"] == coverage["standard_min"])
    rates, weak = content["diagnosis"]["rates"], content["diagnosis"]["weak_communities"]

    def share(value: float | None) -> str:
        return texts("maps.unknown") if value is None else texts.percent(value)

    def both(today: str, then: str) -> str:
        return f"{today} → {then}" if outcome else today

    def label(key: str) -> str:
        said = texts(f"maps.{key}")
        return texts("maps.kpi_today", label=said) if outcome else said

    then = (share(outcome.share), texts.whole(outcome.uncovered), str(outcome.weak)) if outcome else ("", "", "")
    minutes = f"{coverage['standard_min']:g}"
    yield both(share(standard["people_share"]), then[0]), texts("maps.kpi_people", minutes=minutes)
    uncovered = headcount(standard).uncovered
    counts = (outcome.uncovered, outcome.weak) if outcome else (uncovered, len(weak))
    yield both(texts.whole(uncovered), then[1]), texts("maps.kpi_uncovered", count=counts[0])
    yield both(weak_count_text(len(weak), rates, texts), then[2]), texts("maps.kpi_weak", count=counts[1])
    yield both(share(standard["area_share"]), share(state.area_share)), texts("maps.kpi_area")
    yield (
        both(rate_text(rates, "compliant", texts), rate_text(state.rates, "compliant", texts)),
        texts("maps.kpi_compliant"),
    )
    yield rate_text(rates, "excellent", texts), label("kpi_excellent")
    if programme and outcome:
        yield f"{len(outcome.sites)}", texts("maps.kpi_opened", count=len(outcome.sites))
        yield f"+{texts.whole(programme['years'][-1]['people_covered'])}", texts("maps.kpi_added")
        unit = unit_of_amount(programme["unit"], texts)
        yield money_text(programme["cost"]), texts("maps.kpi_spent", unit=unit)
    elif not programme and (best := next(reversed(content["siting"]["proposals"]), None)):
        weighted = "_weighted" if content["siting"]["weighted"] else ""
        yield f"+{texts.whole(best['people_gained'])}", texts(f"maps.kpi_gained{weighted}")


def _draw_legend(
    side: Axes, y: float, content: PlanDocument, state: SheetState, texts: Texts, *, has_private_ways: bool
) -> float:
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
    ]
    proposed = {mark.kind for mark in state.marks} | ({"closed"} if None in state.ratings else set())
    looks = MARK_LOOKS | {"upgrade": {"marker": "o", "mfc": VERDICT_COLOURS[COMPLIANT], "mec": SITE, "mew": 2.2}}
    right += [(texts(f"maps.sheet_{kind}"), look) for kind, look in looks.items() if kind in proposed]
    if has_private_ways:
        right.append((texts("maps.layer_private"), {"marker": "_", "mec": symbols.PRIVATE, "mew": 1.5}))
    for x, column in ((3.0, left), (46.0, right)):
        for row, (label, look) in enumerate(column):
            side.plot([x], [y + 6 * row], ls="", **{"mec": "#222", "mew": 0.8, "ms": 7, **look})
            write_text(side, x + 4, y + 6 * row, label, 9.5, ha="left")
    return y + 6 * max(len(left), len(right))


def _draw_title_block(side: Axes, y: float, content: PlanDocument, texts: Texts, scale: float) -> None:
    walking, data = content["walking"], content["data"]
    circles = " · ".join(
        texts("maps.title_circle", minutes=f"{limit['minutes']:g}", metres=texts.whole(limit["metres"]))
        for limit in walking["limits"]
    )
    modelled = texts("maps.comma").join(input_kinds(data["modelled"], texts))
    scenario = content["scenario"]
    rows = [
        ("study", content["study"]["name"]),
        ("date", content["study"]["date"] or texts("maps.title_no_date")),
        ("walking", localized(walking, texts.language)),
        ("circles", circles),
        ("access", texts("maps.title_access_m", metres=f"{walking['access_m']:g}")),
        ("rules", localized(content["diagnosis"], texts.language)),
        ("scale", scale_text(scale, texts)),
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
        lines = wrap_text(value, 21)
        side.plot([0, width], [y, y], color="#9aa1a8", lw=0.6, clip_on=False)
        write_text(side, 1, y + 3.4, texts(f"maps.title_{key}"), 8, ha="left", colour=SOFT)
        for row, line in enumerate(lines):
            warns = key in ("data", "scenario") and bool(modelled or scenario)
            write_text(side, 26, y + 3.4 + 4.4 * row, line, 8, ha="left", colour="#8a3d00" if warns else INK)
        y += 2.4 + 4.4 * len(lines)
    side.plot([0, width, width, 0, 0], [top, top, y, y, top], color="#333", lw=1.4, clip_on=False)
