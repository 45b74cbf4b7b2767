"""Tables of the three levels: district, subdistricts, communities."""

from __future__ import annotations

from collections.abc import Iterator

from planner.messages.catalogue import money_unit
from planner.reporting.document.records.levels import LevelLedgerRow, LevelUnit
from planner.reporting.report.blocks import Translator
from planner.reporting.tables.services import service_names
from planner.reporting.tables.spec import TableColumn, TableSpec, field_column
from planner.reporting.tables.workbook import Sheet

FIGURES: tuple[str, ...] = (
    "communities",
    "people",
    "people_covered",
    "weak",
    "without_centre",
    "people_sufficient",
    "missing_mean",
)
FIGURES += ("organisations", "organisations_served", "projects", "cost")


def levels_table(t: Translator) -> TableSpec:
    """Return the table of units: a row is an entry of `levels.units`."""
    return TableSpec(
        (
            _level(t),
            field_column(LevelUnit, "name", t.texts("levels.column_name")),
            *(field_column(LevelUnit, name, _heading(name, t)) for name in figures_known(t)),
        )
    )


def figures_known(t: Translator) -> tuple[str, ...]:
    """Return the figures that the study has."""
    units = t.content["levels"]["units"]
    return tuple(name for name in FIGURES if units[0][name] is not None)  # type: ignore[literal-required]


def levels_ledger_table(t: Translator) -> TableSpec:
    """Return the ledger by level: a row is an entry of `levels.ledger`."""
    names = service_names(t) if "services" in t.content else {}
    return TableSpec(
        (
            _level(t),
            field_column(LevelLedgerRow, "name", t.texts("levels.column_name")),
            TableColumn("service", t.texts("services.column_service"), lambda row: names[row["service"]]),
            TableColumn(
                "reason",
                t.texts("services.column_reason"),
                lambda row: t.texts(f"services.reason_{row['reason']}"),
            ),
            *(
                field_column(LevelLedgerRow, name, _heading(name, t))
                for name in ("people_missing", "missing_share", "communities", "mend_cost")
            ),
        )
    )


def levels_sheets(t: Translator) -> Iterator[Sheet]:
    """Yield the workbook's sheets of the levels; none where the study does not ask."""
    if "levels" not in t.content:
        return
    yield levels_table(t).sheet(t, "levels", t.content["levels"]["units"])
    if t.content["levels"]["ledger"]:
        yield levels_ledger_table(t).sheet(t, "levels_ledger", t.content["levels"]["ledger"])


def _level(t: Translator) -> TableColumn:
    return TableColumn(
        "level", t.texts("levels.column_level"), lambda row: t.texts(f"levels.level_{row['level']}")
    )


def _heading(name: str, t: Translator) -> str:
    if name in ("cost", "mend_cost"):
        return t.texts(f"levels.column_{name}", unit=money_unit(t.content["study"]["costs"]["unit"], t.texts))
    return t.texts(f"levels.column_{name}")
