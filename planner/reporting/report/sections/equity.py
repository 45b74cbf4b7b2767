"""What the report says of fairness: who walks farthest, and whether that is a matter of the street."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reporting.document.build import Document
from planner.reporting.report.blocks import DASH, Block, Paragraph, Row, Table, Wording

HALF = 0.5


def fairness(say: Wording) -> Iterator[Block]:
    """Tell how the walk to the nearest centre is shared out, in sentences first."""
    found = say.content["fairness"]
    everybody, *others = found["groups"]
    minutes = say.plain(found["standard_min"])
    yield Paragraph(say("fairness_intro"))
    if everybody["mean_min"] is None:
        yield Paragraph(say("fairness_nobody"))
        return
    yield Paragraph(
        say(
            "fairness_walk",
            mean=say.number(everybody["mean_min"]),
            median=say.number(everybody["median_min"]),
        )
    )
    yield Paragraph(_worst(everybody, say))
    if everybody["people_unreachable"]:
        yield Paragraph(say("fairness_unreachable", people=say.whole(everybody["people_unreachable"])))
    yield Paragraph(_gini(found, everybody, say))
    for group in others:
        yield Paragraph(_compared(group, everybody, minutes, say))
    yield Paragraph(_streets(found, say))
    yield Table(
        say("fairness_groups_table"),
        (say("column_group"),),
        say.all("column_people", "column_unserved", "column_unserved_share", "column_mean_min")
        + say.all("column_worst_from", "column_worst_mean", "column_gini", "column_theil", "column_gap_beyond"),
        tuple(_group_row(group, say) for group in found["groups"]),
        note=say("fairness_groups_note", minutes=minutes),
    )
    lives: dict[str, int] = {}
    for row in say.content["coverage"]["by_community"]:
        if row["limit_min"] == say.content["coverage"]["standard_min"]:
            lives[row["street"]] = lives.get(row["street"], 0) + row["shown"]["people"]
    yield Table(
        say("fairness_streets_table"),
        (say("column_street"),),
        say.all("column_people", "column_mean_min", "column_unserved_share", "column_gini"),
        tuple(
            (
                row["street"] or DASH,
                say.whole(lives[row["street"]]),
                say.number(row["mean_min"]),
                say.bar(row["uncovered_share"]),
                say.number(row["gini"], 3),
            )
            for row in found["by_street"]
        ),
    )


def group_name(group: str, say: Wording) -> str:
    """Return what a group of people is called: a column of the study's own by its name."""
    return (
        say.texts(f"measures.group_{group}") if group in ("people", "people_65") else group.removeprefix("people_")
    )


def _worst(everybody: Document, say: Wording) -> str:
    if everybody["worst_from_min"] is None:
        return say("fairness_worst_unreachable", people=say.whole(everybody["worst_people"]))
    return say(
        "fairness_worst",
        people=say.whole(everybody["worst_people"]),
        least=say.number(everybody["worst_from_min"]),
        mean=say.number(everybody["worst_mean_min"]),
    )


def _gini(found: Document, everybody: Document, say: Wording) -> str:
    half = next(
        row["minutes_share"]
        for row in found["lorenz"]
        if row["group"] == everybody["group"] and row["people_share"] == HALF
    )
    if everybody["gini"] is None or half is None:
        return say("fairness_no_gini")
    return say("fairness_gini", gini=say.number(everybody["gini"], 2), share=say.percent(half))


def _compared(group: Document, everybody: Document, minutes: str, say: Wording) -> str:
    return say(
        "fairness_group",
        group=group_name(group["group"], say),
        people=say.whole(group["people"]),
        uncovered=say.whole(group["uncovered"]),
        share=say.percent(group["uncovered_share"]),
        all_share=say.percent(everybody["uncovered_share"]),
        mean=say.number(group["mean_min"]),
        minutes=minutes,
    )


def _streets(found: Document, say: Wording) -> str:
    walked = [row for row in found["by_street"] if row["mean_min"] is not None]
    if len(walked) <= 1 or found["between_share"] is None:
        return say("fairness_one_street")
    longest = max(walked, key=lambda row: row["mean_min"])
    shortest = min(walked, key=lambda row: row["mean_min"])
    return say(
        "fairness_between" if found["between_share"] > HALF else "fairness_within",
        share=say.percent(found["between_share"]),
        rest=say.percent(1 - round(found["between_share"], 3)),
        longest=longest["street"] or DASH,
        longest_min=say.number(longest["mean_min"]),
        shortest=shortest["street"] or DASH,
        shortest_min=say.number(shortest["mean_min"]),
    )


def _group_row(group: Document, say: Wording) -> Row:
    return (
        group_name(group["group"], say),
        say.whole(group["people"]),
        say.whole(group["uncovered"]),
        say.bar(group["uncovered_share"]),
        say.number(group["mean_min"]),
        say.number(group["worst_from_min"]),
        say.number(group["worst_mean_min"]),
        say.number(group["gini"], 3),
        say.number(group["theil"], 3),
        say.number(group["gap"], 2),
    )
