"""Section on equity: inequality of walking times, and its differences between subdistricts."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reporting.document.records.coverage import Equity, GroupEquity
from planner.reporting.report.blocks import DASH, Block, Paragraph, Row, Table, Translator, require

HALF = 0.5


def equity_section(t: Translator) -> Iterator[Block]:
    """Yield the distribution of the walk to the nearest facility, summarised in sentences first."""
    equity = t.content["fairness"]
    everybody, *others = equity["groups"]
    minutes = t.exact(equity["standard_min"])
    yield Paragraph(t("fairness_intro"))
    if everybody["mean_min"] is None:
        yield Paragraph(t("fairness_nobody"))
        return
    yield Paragraph(
        t(
            "fairness_walk",
            mean=t.number(everybody["mean_min"]),
            median=t.number(everybody["median_min"]),
        )
    )
    yield Paragraph(_worst(everybody, t))
    if everybody["people_unreachable"]:
        yield Paragraph(t("fairness_unreachable", people=t.whole(everybody["people_unreachable"])))
    yield Paragraph(_gini(equity, everybody, t))
    for group in others:
        yield Paragraph(_compared(group, everybody, minutes, t))
    yield Paragraph(_streets(equity, t))
    yield Table(
        t("fairness_groups_table"),
        (t("column_group"),),
        t.all("column_people", "column_unserved", "column_unserved_share", "column_mean_min")
        + t.all("column_worst_from", "column_worst_mean", "column_gap_beyond"),
        tuple(_group_row(group, t) for group in equity["groups"]),
        note=t("fairness_groups_note", minutes=minutes),
    )
    lives: dict[str, int] = {}
    for row in t.content["coverage"]["by_community"]:
        if row["limit_min"] == t.content["coverage"]["standard_min"]:
            lives[row["subdistrict"]] = lives.get(row["subdistrict"], 0) + row["shown"]["people"]
    yield Table(
        t("fairness_streets_table"),
        (t("column_subdistrict"),),
        t.all("column_people", "column_mean_min", "column_unserved_share"),
        tuple(
            (
                row["subdistrict"] or DASH,
                t.whole(lives[row["subdistrict"]]),
                t.number(row["mean_min"]),
                t.bar(row["uncovered_share"]),
            )
            for row in equity["by_subdistrict"]
        ),
    )


def equity_indices(t: Translator) -> Iterator[Block]:
    """Yield the indices of inequality, for the technical annex; nothing where nobody walks."""
    equity = t.content["fairness"]
    rows = [(group_name(group["group"], t), group["gini"], group["theil"]) for group in equity["groups"]]
    rows += [(row["subdistrict"] or DASH, row["gini"], None) for row in equity["by_subdistrict"]]
    yield Table(
        t("equity_indices_table"),
        (t("column_group"),),
        t.all("column_gini", "column_theil"),
        tuple(
            (name, t.number(gini, 3), DASH if theil is None else t.number(theil, 3)) for name, gini, theil in rows
        ),
        note=t("equity_indices_note", share=t.percent(equity["between_share"])),
    )


def group_name(group: str, t: Translator) -> str:
    """Return what a group of people is called: a column of the study's own by its name."""
    return (
        t.texts(f"measures.group_{group}") if group in ("people", "people_65") else group.removeprefix("people_")
    )


def _worst(everybody: GroupEquity, t: Translator) -> str:
    if everybody["worst_from_min"] is None:
        return t("fairness_worst_unreachable", people=t.whole(everybody["worst_people"]))
    return t(
        "fairness_worst",
        people=t.whole(everybody["worst_people"]),
        least=t.number(everybody["worst_from_min"]),
        mean=t.number(everybody["worst_mean_min"]),
    )


def _gini(equity: Equity, everybody: GroupEquity, t: Translator) -> str:
    half = next(
        row["minutes_share"]
        for row in equity["lorenz"]
        if row["group"] == everybody["group"] and row["people_share"] == HALF
    )
    if half is None:
        return t("fairness_no_gini")
    return t("fairness_gini", share=t.percent(half))


def _compared(group: GroupEquity, everybody: GroupEquity, minutes: str, t: Translator) -> str:
    return t(
        "fairness_group",
        group=group_name(group["group"], t),
        people=t.whole(group["people"]),
        uncovered=t.whole(group["uncovered"]),
        share=t.percent(group["uncovered_share"]),
        all_share=t.percent(everybody["uncovered_share"]),
        mean=t.number(group["mean_min"]),
        minutes=minutes,
    )


def _streets(equity: Equity, t: Translator) -> str:
    walked = [row for row in equity["by_subdistrict"] if row["mean_min"] is not None]
    if len(walked) <= 1 or equity["between_share"] is None:
        return t("fairness_one_subdistrict")
    longest = max(walked, key=lambda row: require(row["mean_min"]))
    shortest = min(walked, key=lambda row: require(row["mean_min"]))
    return t(
        "fairness_between" if equity["between_share"] > HALF else "fairness_within",
        share=t.percent(equity["between_share"]),
        rest=t.percent(1 - round(equity["between_share"], 3)),
        longest=longest["subdistrict"] or DASH,
        longest_min=t.number(longest["mean_min"]),
        shortest=shortest["subdistrict"] or DASH,
        shortest_min=t.number(shortest["mean_min"]),
    )


def _group_row(group: GroupEquity, t: Translator) -> Row:
    return (
        group_name(group["group"], t),
        t.whole(group["people"]),
        t.whole(group["uncovered"]),
        t.bar(group["uncovered_share"]),
        t.number(group["mean_min"]),
        t.number(group["worst_from_min"]),
        t.number(group["worst_mean_min"]),
        t.number(group["gap"], 2),
    )
