"""Section on the three levels: what district, subdistricts and communities each have before them."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reporting.document.levels import LEVELS
from planner.reporting.report.blocks import Block, Paragraph, Translator, note_of
from planner.reporting.tables.levels import figures_known, levels_ledger_table, levels_table

LEDGER_SHOWN = {"district": 20, "subdistrict": 30, "community": 30}
LEDGER = ("service", "reason", "people_missing", "missing_share", "communities", "mend_cost")


def levels_section(t: Translator) -> Iterator[Block]:
    """Yield one view a level: its figures, and its ledger."""
    found = t.content["levels"]
    for level in LEVELS:
        units = [row for row in found["units"] if row["level"] == level]
        if not units:
            continue
        yield Paragraph(t.texts(f"levels.title_{level}"), title=True)
        yield Paragraph(t.texts(f"levels.intro_{level}"))
        own = ("name",) if level != "district" else ()
        yield levels_table(t).block(t, units, t.texts(f"levels.table_{level}"), keys=(*own, *figures_known(t)))
        ledger = [row for row in found["ledger"] if row["level"] == level]
        ledger.sort(key=lambda row: -round(row["people_missing"], 6))
        shown = ledger[: LEDGER_SHOWN[level]]
        if shown:
            note = note_of(t, "levels.ledger_note", shown, ledger)
            caption = t.texts(f"levels.ledger_{level}")
            yield levels_ledger_table(t).block(t, shown, caption, keys=(*own, *LEDGER), note=note)
