"""Sections on population groups and business areas, and the balance of people."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reporting.document.records.coverage import Group, GroupTotal
from planner.reporting.report.blocks import DASH, Block, Cell, Paragraph, Row, Table, Translator, require
from planner.reporting.rounding import round_count, round_parts
from planner.reporting.tables.result_tables import business_areas_table

LEAST_LOST = 0.5
"""Smallest number of lost people that is shown: less is rounding."""

BUSINESS_AREAS: tuple[str, ...] = (
    "id",
    "name",
    "station",
    "centre",
    "places",
    "workers",
    "workers_given",
    "workers_covered",
)
BUSINESS_AREAS += ("near_middle",)
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
        "other",
    }
)
EVIDENCE = ("seen", "excerpt", "own")


def groups_section(t: Translator) -> Iterator[Block]:
    """Yield the coverage of each further population group."""
    groups = t.content["groups"]
    if not groups:
        return
    yield Paragraph(t("kinds_title"), title=True)
    yield Table(
        t("kinds_table"),
        t.all("column_kind", "column_limit"),
        t.all("column_people", "column_served", "column_share", "column_unserved", "column_overlap_share"),
        tuple(_kind_row(kind, row, t) for kind in groups for row in kind["total"]),
        note=t("kinds_note"),
    )
    for kind in groups:
        lost = t("kinds_lost", people=t.whole(kind["people_lost"])) if kind["people_lost"] >= LEAST_LOST else ""
        yield Paragraph(
            t(
                f"kinds_by_{kind['counted_by']}",
                name=kind["name"],
                people=t.whole(kind["people"]),
                source=kind["source"] or t("source_not_given"),
                lost=lost,
            ),
            item=True,
        )


def _kind_row(kind: Group, row: GroupTotal, t: Translator) -> Row:
    standard = row["limit_min"] == kind["standard_min"]
    covered, people = round(row["people_covered"]), round(row["people"])
    return (
        Cell(kind["name"], further=t("kinds_standard") if standard else ""),
        t("minutes", value=t.exact(row["limit_min"])),
        t.whole(people),
        t.whole(covered),
        t.bar(row["people_share"]),
        t.whole(people - covered),
        t.percent(row["overlap_share"]),
    )


def business_areas_section(t: Translator) -> Iterator[Block]:
    """Yield the business areas, their workers, and which have a station within the standard."""
    areas = require(t.content["business_areas"])
    minutes = t.exact(areas["standard_min"])
    yield Paragraph(
        t(
            f"circles_method_{areas['method']}",
            within=t.exact(areas["within_m"]),
            least=areas["least_places"],
            source=areas["source"] or t("circles_own_figures"),
        )
    )
    yield Paragraph(
        t(
            "circles_intro",
            places=t.whole(areas["places_of_business"]),
            count=areas["areas_found"],
            inside=t.whole(areas["places_in_areas"]),
            workers=t.whole(areas["workers_in_areas"]),
            station=areas["areas_with_station"],
            minutes=minutes,
        )
    )
    if areas["areas"]:
        note = t("circles_note", minutes=minutes)
        yield business_areas_table(t).block(t, areas["areas"], t("circles_table"), keys=BUSINESS_AREAS, note=note)
    else:
        yield Paragraph(t("circles_none"))
    yield Table(
        t("circles_kinds_table"),
        t.all("column_place_kind", "column_clause", "column_evidence"),
        t.all("column_places", "column_jobs"),
        tuple(
            (
                t(f"place_{kind['id']}") if kind["id"] in PLACE_WORDS else kind["id"],
                t.citation(kind, "source"),
                t(f"rule_evidence_{kind['evidence']}") if kind["evidence"] in EVIDENCE else kind["evidence"],
                t.whole(kind["places"]),
                t.exact(kind["jobs"]),
            )
            for kind in areas["place_kinds"]
        ),
        note=t("circles_kinds_note"),
    )


BALANCE = ("found", "placed", "without_street")
"""The columns of the balance of people that have a total."""


def balance_table(t: Translator) -> Iterator[Block]:
    """Yield the people given, found, placed and lost, by community."""
    given = t.content["demand"]
    rows = [row for row in given["balance"] if row["community"]]
    parts = {
        name: round_parts(
            [row[name] for row in given["balance"]], round_count(sum(row[name] for row in given["balance"]))
        )
        for name in ("found", "without_street")
    }
    # Who is placed is who lives there: the same figure as in the table of coverage.
    lives = {row["community"]: row["shown"]["people"] for row in t.content["coverage"]["by_community"]}
    parts["placed"] = [lives[row["community"]] for row in rows] + [0]
    shown = [dict(zip(parts, counts, strict=True)) for counts in zip(*parts.values(), strict=True)]
    table: list[Row] = [
        (
            row["name"],
            t(f"placed_{row['method']}") if row["method"] else DASH,
            t.whole(row["given"]) if row["given"] is not None else DASH,
            *(t.whole(counts[name]) for name in BALANCE),
        )
        for row, counts in zip(rows, shown, strict=False)
    ]
    table.append((t("balance_outside"), DASH, DASH, *(t.whole(shown[-1][name]) for name in BALANCE)))
    total = [sum(parts[name]) for name in BALANCE]
    total_given = DASH if given["people_given"] is None else t.whole(given["people_given"])
    table.append((t("total"), "", total_given, *(t.whole(part) for part in total)))
    yield Table(
        t("balance_table"),
        t.all("column_community_name", "column_placed_by"),
        t.all("column_given", "column_found", "column_placed", "column_without_street"),
        tuple(table),
        note=t("balance_calibrated" if given["calibrated"] else "balance_note"),
        totals=1,
    )


def weights_section(t: Translator) -> Iterator[Block]:
    """Yield the weight of each population group in siting, and the people gained by group."""
    siting = t.content["siting"]
    names = group_names(t)
    if siting["weighted"]:
        shown = [
            t("weighing_one", name=names[weight["group"]], weight=t.exact(weight["weight"]))
            for weight in siting["weights"]
        ]
        yield Paragraph(t("weighing_intro", weights=t("clause_joint").join(shown)))
    if len(names) > 1:
        yield Table(
            t("weighing_table"),
            (t("column_method"),),
            tuple(names.values()),
            tuple(
                (
                    t.texts(f"models.name_{proposal['method']}"),
                    *(t.whole(gain["people_gained"]) for gain in proposal["gained_by_group"]),
                )
                for proposal in siting["proposals"]
            ),
            note=t("weighing_note"),
        )


def group_names(t: Translator) -> dict[str, str]:
    """Return what each kind of people is called, the residents first."""
    return {"residents": t("residents"), **{kind["id"]: kind["name"] for kind in t.content["groups"]}}
