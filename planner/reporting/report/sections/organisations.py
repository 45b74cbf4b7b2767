"""Sections on belts along streets, and on organisations: which station serves which, and what is left and why."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reporting.report.blocks import Block, Paragraph, Translator, note_of
from planner.reporting.tables.organisations import (
    belt_members_table,
    belts_table,
    organisation_kinds_table,
    organisation_stations_table,
    organisations_table,
)

LEFT_SHOWN = 40
LEFT = ("name", "kind", "reason", "nearest_name", "nearest_min")
"""Columns of the organisations that are left; the workbook has all."""


BELTS = ("name", "streets", "length_m", "limit_min", "people", "places", "workers", "organisations", "stations")


def belts_section(t: Translator) -> Iterator[Block]:
    """Yield the chapter on belts along streets."""
    found, texts = t.content["belts"], t.texts
    yield Paragraph(texts("organisations.belts_intro"))
    for belt in found["belts"]:
        key = "belt_with" if belt["stations"] else "belt_without"
        named = t.join([row["name"] for row in belt["facilities"]])
        source = belt["source"] or t("source_not_given")
        yield Paragraph(
            texts(f"organisations.{key}", name=belt["name"], facilities=named or t.unknown, source=source),
            item=True,
        )
    yield belts_table(t).block(t, found["belts"], texts("organisations.belts_table"), keys=BELTS)
    facilities = [row for one in found["belts"] for row in one["facilities"]]
    if facilities:
        yield belt_members_table(t).block(t, facilities, texts("organisations.belt_facilities_table"))


def organisations_section(t: Translator) -> Iterator[Block]:
    """Yield the chapter on organisations."""
    found, texts = t.content["organisations"], t.texts
    most = found["most"]
    yield Paragraph(
        texts(
            "organisations.intro",
            count=t.whole(found["organisations"]),
            minutes=t.exact(found["limit_min"]),
            room=texts("organisations.no_bound")
            if most is None
            else texts("organisations.bound", most=t.whole(most)),
            served=t.whole(found["served"]),
            left=t.whole(found["organisations"] - found["served"]),
            total=t.number(found["walk_total_min"], 1),
            source=found["source"] or t("source_not_given"),
        )
    )
    proof = "proved" if found["status"] == "optimal" else "bounded"
    bounds = {"served": t.whole(found["served_bound"]), "total": t.number(found["walk_bound_min"], 1)}
    yield Paragraph(texts(f"organisations.{proof}", **bounds))
    yield organisation_kinds_table(t).block(t, found["kinds"], texts("organisations.kinds_table"))
    yield organisation_stations_table(t).block(t, found["stations"], texts("organisations.stations_table"))
    left = [row for row in found["assigned"] if row["reason"]]
    if left:
        shown = left[:LEFT_SHOWN]
        note = note_of(t, "organisations.left_note", shown, left)
        yield organisations_table(t).block(t, shown, texts("organisations.left_table"), keys=LEFT, note=note)
