"""What the report says of people other than residents, of business circles, and of where people were placed."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reporting.document.build import Document
from planner.reporting.report.blocks import DASH, Block, Cell, Paragraph, Row, Table, Wording
from planner.reporting.rounding import in_parts, whole

LEAST_LOST = 0.5
"""People lost are told of from half a person on: less is rounding."""


def kinds(say: Wording) -> Iterator[Block]:
    """Tell who of each further kind of people is served, beside the residents."""
    found = say.content["kinds"]
    if not found:
        return
    yield Paragraph(say("kinds_title"), title=True)
    yield Table(
        say("kinds_table"),
        say.all("column_kind", "column_limit"),
        say.all("column_people", "column_served", "column_share", "column_unserved", "column_overlap_share"),
        tuple(_kind_row(kind, row, say) for kind in found for row in kind["total"]),
        note=say("kinds_note"),
    )
    for kind in found:
        lost = (
            say("kinds_lost", people=say.whole(kind["people_lost"])) if kind["people_lost"] >= LEAST_LOST else ""
        )
        yield Paragraph(
            say(
                f"kinds_by_{kind['counted_by']}",
                name=kind["name"],
                people=say.whole(kind["people"]),
                source=kind["source"] or say("source_not_given"),
                lost=lost,
            ),
            item=True,
        )


def _kind_row(kind: Document, row: Document, say: Wording) -> Row:
    standard = row["limit_min"] == kind["standard_min"]
    covered, people = round(row["people_covered"]), round(row["people"])
    return (
        Cell(kind["name"], further=say("kinds_standard") if standard else ""),
        say("minutes", value=say.plain(row["limit_min"])),
        say.whole(people),
        say.whole(covered),
        say.bar(row["people_share"]),
        say.whole(people - covered),
        say.percent(row["overlap_share"]),
    )


def circles(say: Wording) -> Iterator[Block]:
    """Tell where the business circles are, who works there, and which have a station within the standard."""
    found = say.content["circles"]
    minutes = say.plain(found["standard_min"])
    yield Paragraph(
        say(
            f"circles_method_{found['method']}",
            within=say.plain(found["within_m"]),
            least=found["least_places"],
            source=found["source"] or say("circles_own_figures"),
        )
    )
    yield Paragraph(
        say(
            "circles_intro",
            places=say.whole(found["places_of_business"]),
            count=found["circles_found"],
            inside=say.whole(found["places_in_circles"]),
            workers=say.whole(found["workers_in_circles"]),
            station=found["circles_with_station"],
            minutes=minutes,
        )
    )
    if found["circles"]:
        yield Table(
            say("circles_table"),
            say.all("column_id", "column_circle", "column_station", "column_centre_near"),
            say.all("column_places", "column_workers", "column_workers_given", "column_workers_covered")
            + say.all("column_near_middle"),
            tuple(_circle_row(circle, say) for circle in found["circles"]),
            note=say("circles_note", minutes=minutes),
        )
    else:
        yield Paragraph(say("circles_none"))
    yield Table(
        say("circles_kinds_table"),
        say.all("column_place_kind", "column_clause", "column_evidence"),
        say.all("column_places", "column_jobs"),
        tuple(
            (
                say(f"place_{kind['id']}") if kind["id"] in PLACE_WORDS else kind["id"],
                say.cited(kind, "source"),
                say(f"rule_evidence_{kind['evidence']}") if kind["evidence"] in EVIDENCE else kind["evidence"],
                say.whole(kind["places"]),
                say.plain(kind["jobs"]),
            )
            for kind in found["kinds"]
        ),
        note=say("circles_kinds_note"),
    )


PLACE_WORDS = frozenset(
    {
        "mall",
        "supermarket",
        "office_building",
        "shop",
        "catering",
        "service",
        "office",
        "hotel",
        "public",
        "nothing",
    }
    | {"other"}
)
EVIDENCE = ("seen", "excerpt", "own")


def _circle_row(circle: Document, say: Wording) -> Row:
    within = circle["station_within"]
    return (
        circle["id"],
        Cell(("" if within else "▲ ") + circle["name"], marked=not within),
        _near(circle["station_name"], circle["station_min"], say),
        _near(circle["centre_name"], circle["centre_min"], say),
        say.whole(circle["places"]),
        say.whole(circle["workers"]),
        say.whole(circle["workers_given"]),
        say.whole(circle["workers_covered"]),
        say.whole(circle["workers_near_middle"]),
    )


def _near(name: str, minutes: float | None, say: Wording) -> Cell | str:
    if minutes is None:
        return say("circles_nothing_near")
    return Cell(name or DASH, further=say("minutes", value=say.number(minutes)))


BALANCE = ("found", "placed", "without_street")
"""The columns of the balance of people that have a total."""


def balance(say: Wording) -> Iterator[Block]:
    """Tell how many people each community was given, has placed, and what was lost on the way."""
    given = say.content["demand"]
    rows = [row for row in given["balance"] if row["community"]]
    parts = {
        name: in_parts([row[name] for row in given["balance"]], whole(sum(row[name] for row in given["balance"])))
        for name in ("found", "without_street")
    }
    # Who is placed is who lives there: the same figure as in the table of coverage.
    lives = {row["community"]: row["shown"]["people"] for row in say.content["coverage"]["by_community"]}
    parts["placed"] = [lives[row["community"]] for row in rows] + [0]
    shown = [dict(zip(parts, counts, strict=True)) for counts in zip(*parts.values(), strict=True)]
    table: list[Row] = [
        (
            row["name"],
            say(f"placed_{row['method']}") if row["method"] else DASH,
            say.whole(row["given"]) if row["given"] is not None else DASH,
            *(say.whole(counts[name]) for name in BALANCE),
        )
        for row, counts in zip(rows, shown, strict=False)
    ]
    table.append((say("balance_outside"), DASH, DASH, *(say.whole(shown[-1][name]) for name in BALANCE)))
    total = [sum(parts[name]) for name in BALANCE]
    told = DASH if given["people_given"] is None else say.whole(given["people_given"])
    table.append((say("total"), "", told, *(say.whole(part) for part in total)))
    yield Table(
        say("balance_table"),
        say.all("column_community_name", "column_placed_by"),
        say.all("column_given", "column_found", "column_placed", "column_without_street"),
        tuple(table),
        note=say("balance_calibrated" if given["calibrated"] else "balance_note"),
        totals=1,
    )


def weighing(say: Wording) -> Iterator[Block]:
    """Tell whose gain counts how much, and whom each answer gains, where the study weighs kinds of people."""
    found = say.content["siting"]
    names = kind_names(say)
    if found["weighted"]:
        shown = [
            say("weighing_one", name=names[one["kind"]], weight=say.plain(one["weight"]))
            for one in found["weights"]
        ]
        yield Paragraph(say("weighing_intro", weights=say("clause_joint").join(shown)))
    if len(names) > 1:
        yield Table(
            say("weighing_table"),
            (say("column_method"),),
            tuple(names.values()),
            tuple(
                (
                    say.word(f"method_{proposal['method']}"),
                    *(say.whole(gain["people_gained"]) for gain in proposal["gained_by_kind"]),
                )
                for proposal in found["proposals"]
            ),
            note=say("weighing_note"),
        )


def kind_names(say: Wording) -> dict[str, str]:
    """Return what each kind of people is called, the residents first."""
    return {"residents": say("residents"), **{kind["id"]: kind["name"] for kind in say.content["kinds"]}}
