"""Section on services: who reaches which, the matrix of what is missing, and the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from urllib.parse import urlencode

from planner.accessibility.services import REASONS
from planner.messages.catalogue import unit_of_amount
from planner.reporting.document.records.services import Bundles, LedgerRow, ServiceHours, Services
from planner.reporting.report.blocks import (
    Block,
    Figure,
    Paragraph,
    Table,
    Translator,
    community_names,
    note_of,
)
from planner.reporting.report.ledger_figure import MatrixCell, ledger_figure
from planner.reporting.tables.services import (
    bundle_services_table,
    bundles_table,
    hours_ledger_table,
    hours_table,
    ledger_table,
    mend_text,
    service_names,
    services_of,
    services_table,
    step_free_table,
    time_text,
)

ROWS_SHOWN = 60
LEDGER_SHOWN = 25
LEAST_LOST = 0.5
"""Fewer people would be shown as none."""

TOTALS = ("service", "group", "standard", "evidence", "facilities", "people", "served", "share", "mean_min")
LEDGER = (
    "priority",
    "community",
    "service",
    "reason",
    "mend",
    "missing",
    "nearest_min",
    "mend_people",
    "mend_cost",
)
"""Columns that a page has room for; the workbook has all."""


def services_section(t: Translator) -> Iterator[Block]:
    """Yield the chapter on services."""
    found, names, texts = services_of(t), service_names(t), t.texts
    total = found["completeness"]
    yield Paragraph(
        texts(
            "services.intro",
            count=len(found["services"]),
            people=t.whole(total["people"]),
            sufficient=t.whole(total["people_sufficient"]),
            share=t.percent(total["sufficient_share"]),
            missing=t.number(total["missing_mean"], 1),
            completeness=t.number(total["completeness"], 2),
        )
    )
    if found["unknown"]:
        yield Paragraph(texts("services.unknown", names=t.join([names[one] for one in found["unknown"]])))
    weights = t("clause_joint").join(
        f"{names[one['id']]} {t.exact(one['weight'])}" for one in found["services"] if one["known"]
    )
    keys = (*TOTALS, "capacity") if any(one["capacity_per_1000"] for one in found["services"]) else TOTALS
    note = texts("services.total_note", weights=weights)
    yield services_table(t).block(t, found["services"], texts("services.total_table"), keys=keys, note=note)
    for service in found["services"]:
        if service["clause_zh"]:
            yield Paragraph(
                texts("services.clause_of", name=t.localized(service), clause=t.citation(service, "clause")),
                item=True,
            )
    yield from _matrix(found, t)
    yield from _ledger(found, t)
    if found["hours"] is not None:
        yield from _hours(found["hours"], t)
    yield _fairness(found, t)
    if found["step_free"] is not None:
        basis = found["step_free_basis"]
        if basis is not None:
            counts = {name: t.whole(basis[name]) for name in ("stairs", "kerbs", "steep", "incline_unknown")}
            yield Paragraph(texts("services.step_free_intro", limit=t.exact(basis["limit_pct"]), **counts))
        rows = [
            row for row in found["step_free"] if row["community"] == "" or (row["people_lost"] or 0) >= LEAST_LOST
        ]
        yield step_free_table(t).block(t, rows, texts("services.step_free_table"))
    if found["bundles"] is not None:
        yield from _bundles(found["bundles"], t)


def _matrix(services: Services, t: Translator) -> Iterator[Block]:
    names, communities = service_names(t), community_names(t.content)
    missing = {(row["community"], row["service"]): row for row in services["ledger"]}
    people = {(row["community"], row["service"]): row["people"] for row in services["by_community"]}
    lacking = {
        community: sum(
            missing[community, service]["people_missing"] or 0.0
            for service in names
            if (community, service) in missing
        )
        for community in communities
    }
    order = sorted(communities, key=lambda one: -round(lacking[one], 6))[:ROWS_SHOWN]
    cells = [
        [
            replace(
                _cell(
                    missing.get((one, service)), people[one, service], f"{communities[one]} · {names[service]}", t
                ),
                link=f"map.html#{urlencode({'service': service, 'community': one})}",
            )
            for service in names
        ]
        for one in order
    ]
    reasons = ", ".join(
        f"{t.texts(f'services.mark_{reason}')} {t.texts(f'services.reason_{reason}')}" for reason in REASONS
    )
    said = [t.texts("services.matrix"), t.texts("services.matrix_legend", reasons=reasons)]
    if len(order) < len(communities):
        said.append(t.texts("services.matrix_cut", shown=len(order), count=len(communities)))
    picture = ledger_figure([communities[one] for one in order], list(names.values()), cells, t)
    yield Figure(picture, t.texts.paragraph(said))


def _cell(row: LedgerRow | None, people: float, name: str, t: Translator) -> MatrixCell:
    if not people > 0:
        return MatrixCell(None, title=name, nobody=True)
    if row is None:
        return MatrixCell(0.0, title=name)
    reason = t.texts(f"services.reason_{row['reason']}")
    if row["missing_share"] is None:
        return MatrixCell(None, title=f"{name}: {reason}")
    said = f"{name}: {t.whole(row['people_missing'])}, {reason}; {mend_text(row, t)}"
    return MatrixCell(row["missing_share"], t.texts(f"services.mark_{row['reason']}"), said)


def _ledger(services: Services, t: Translator) -> Iterator[Block]:
    rows = [row for row in services["ledger"] if row["priority"] is not None]
    if not rows:
        yield Paragraph(t.texts("services.ledger_none"))
        return
    shown = rows[:LEDGER_SHOWN]
    note = note_of(t, "services.ledger_note", shown, rows)
    yield ledger_table(t).block(t, shown, t.texts("services.ledger_table"), keys=LEDGER, note=note)


def _hours(hours: ServiceHours, t: Translator) -> Iterator[Block]:
    texts = t.texts
    yield Paragraph(texts("services.hours_title"), title=True)
    for row in hours["sufficiency"]:
        if row["community"] == "":
            values = {
                name: t.whole(row[f"people_{key}"])  # type: ignore[literal-required]
                for name, key in (
                    *(("sufficient", "sufficient"), ("open", "sufficient_open")),
                    ("unknown", "sufficient_unknown"),
                )
            }
            yield Paragraph(texts("services.hours_at", time=time_text(row["time"], t), **values), item=True)
    rows = [row for row in hours["by_time"] if row["community"] == ""]
    keys = ("time", "service", "people", "served", "open", "hours_closed", "hours_unknown")
    yield hours_table(t).block(
        t, rows, texts("services.hours_table"), keys=keys, note=texts("services.hours_note")
    )
    if not hours["ledger"]:
        yield Paragraph(texts("services.hours_none"))
        return
    shown = hours["ledger"][:LEDGER_SHOWN]
    note = note_of(t, "services.hours_ledger_note", shown, hours["ledger"])
    yield hours_ledger_table(t).block(t, shown, texts("services.hours_ledger_table"), note=note)


def _bundles(bundles: Bundles, t: Translator) -> Iterator[Block]:
    texts, unit = t.texts, unit_of_amount(t.content["study"]["costs"]["unit"], t.texts)

    def money(amount: float) -> str:
        return f"{t.number(amount, 1)}{unit}"

    yield Paragraph(texts("services.bundles_title"), title=True)
    if not bundles["rooms"]:
        yield Paragraph(texts("services.bundles_none"))
        return
    is_proved = bundles["status"] == "optimal"
    proof = "services.bundles_optimal" if is_proved else "services.bundles_bound"
    yield Paragraph(
        texts(
            "services.bundles_intro",
            budget=texts("services.bundles_no_budget") if bundles["budget"] is None else money(bundles["budget"]),
            rooms=t.whole(len(bundles["rooms"])),
            services=t.whole(sum(len(room["services"].split(", ")) for room in bundles["rooms"])),
            cost=money(bundles["cost"]),
            gained=t.whole(bundles["gained"]),
            proof=texts(proof) if is_proved else texts(proof, bound=t.whole(ceil(bundles["bound"]))),
        )
    )
    together, apart = bundles["cost_together"], bundles["cost_apart"]
    if together is not None and apart is not None:
        saved = money(max(apart - together, 0.0))
        yield Paragraph(
            texts("services.bundles_saving", together=money(together), apart=money(apart), saved=saved)
        )
    yield bundles_table(t).block(t, bundles["rooms"], texts("services.bundles_table"))
    yield bundle_services_table(t).block(t, bundles["services"], texts("services.bundles_alone"))


def _fairness(services: Services, t: Translator) -> Table:
    names = {one["id"]: one["name"] for one in t.content["groups"]}

    def group(name: str) -> str:
        if name in ("people", "people_65"):
            return t.texts(f"measures.group_{name}")
        return names.get(name, name.removeprefix("people_"))

    heads = ("people", "sufficient", "missing_mean", "completeness", "gini")
    return Table(
        t.texts("services.fairness_table"),
        (t.texts("services.column_group"),),
        tuple(t.texts(f"services.column_{head}") for head in heads),
        tuple(
            (
                group(row["group"]),
                t.whole(row["people"]),
                t.bar(row["sufficient_share"]),
                t.number(row["missing_mean"], 2),
                t.number(row["completeness"], 2),
                t.number(row["completeness_gini"], 3),
            )
            for row in services["fairness"]
        ),
    )
