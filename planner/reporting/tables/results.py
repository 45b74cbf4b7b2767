"""tables.xlsx: the plan's tables, a sheet each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from planner.messages.catalogue import Texts
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.facility_text import scenario_heading
from planner.reporting.report.blocks import KeyFigure, Translator, annex_ref
from planner.reporting.report.sections.summary import fact_rows, indicator_cards, nature_of, technical_facts
from planner.reporting.small_counts import is_small_count
from planner.reporting.tables.levels import levels_sheets
from planner.reporting.tables.organisations import organisations_sheets
from planner.reporting.tables.programme import programme_sheets
from planner.reporting.tables.result_tables import (
    business_areas_table,
    communities_table,
    community_rows,
    coverage_table,
    facilities_table,
    rule_results_table,
    rules_table,
    site_rows,
    sites_table,
    sources_table,
)
from planner.reporting.tables.services import services_sheets
from planner.reporting.tables.workbook import (
    NumberCell,
    Rows,
    Sheet,
    SheetColumn,
    Value,
    sheet_heads,
    write_workbook,
)
from planner.results import Plan

COVERAGE: tuple[str, ...] = (
    "tier",
    "limit",
    "served",
    "unserved",
    "share",
    "points",
    "points_share",
    "area_share",
)
COVERAGE += ("overlap", "overlap_share")
CENTRE_DETAILS = ("lon", "lat", "own_people", "nearest_people", "street_m", "note")
MOST_PRINTED = 80
"""Rows of a long list that are printed; the file holds all."""

BUSINESS_AREAS = ("id", "name", "station", "station_min", "places", "workers", "workers_covered", "lon", "lat")


def write_result_workbook(plan: Plan, content: PlanDocument, path: Path) -> None:
    """Write the tables of a plan as one workbook.

    Parameters
    ----------
    plan
        The plan; only its points without a facility near are taken from it.
    content
        `planner.reporting.document.build.build_document` of the same plan, the source of every other number.
    path
        File to write.
    """
    t = Translator(content, Texts(plan.study.language))
    title = f"{content['study']['name']} – {t('title')}"
    write_workbook(list(_sheets(plan, t)), path, title=title)


def _sheets(plan: Plan, t: Translator) -> Iterator[Sheet]:
    """Yield the sheets in their order, without those for which the study has no rows."""
    content = t.content
    coverage, siting = content["coverage"], content["siting"]
    yield _about(t)
    yield coverage_table(t).sheet(
        t,
        "coverage",
        [*coverage["total"], *coverage["by_tier"]],
        keys=COVERAGE,
        details=("points", "points_share", "overlap_share"),
    )
    yield communities_table(t).sheet(
        t,
        "communities",
        community_rows(t),
        details=("id",),
        sums=("people", "unserved", "own"),
    )
    yield facilities_table(t).sheet(t, "centres", content["centres"], details=CENTRE_DETAILS)
    findings = [(centre, finding) for centre in content["centres"] for finding in centre["findings"]]
    yield rule_results_table(t).sheet(t, "findings", findings, details=("clause",), printed=MOST_PRINTED)
    yield rules_table(t).sheet(t, "rules", content["diagnosis"]["rules"], details=("id", "required", "effective"))
    sites = [site for proposal in siting["proposals"] for site in site_rows(proposal)]
    if sites:
        yield sites_table(t, weighted=siting["weighted"]).sheet(t, "sites", sites, details=("lon", "lat"))
    yield from services_sheets(t)
    yield from programme_sheets(t)
    yield _uncovered(plan, t)
    if content["business_areas"] is not None:
        rows = content["business_areas"]["areas"]
        yield business_areas_table(t).sheet(t, "business_areas", rows, keys=BUSINESS_AREAS, details=("lon", "lat"))
    yield from levels_sheets(t)
    yield from organisations_sheets(t)
    yield _notices(t)
    yield sources_table(t).sheet(
        t, "sources", content["data"]["sources"], keys=("layer", "file", "source", "nature", "rows", "used")
    )
    yield _technical(t)


def _sheet(t: Translator, name: str, columns: tuple[SheetColumn, ...], rows: Rows) -> Sheet:
    return Sheet(t(f"sheet_{name}"), columns, rows)


def _about(t: Translator) -> Sheet:
    """Return the study's facts, its key figures, and the software that made the workbook."""
    content = t.content
    modelled, nature = nature_of(t, section=annex_ref(t, "data"))
    rows: Rows = [(scenario_heading(t("title"), content, t.texts), content["study"]["name"], "")]
    rows += [(fact, value, "") for fact, value in fact_rows(t, technical=False)]
    rows.append((t("modelled_title" if modelled else "surveyed_title"), nature, ""))
    rows += [(indicator.label, _indicator_value(indicator), indicator.note) for indicator in indicator_cards(t)]
    return _sheet(t, "about", sheet_heads(t, "item", "setting", "note"), rows)


def _technical(t: Translator) -> Sheet:
    """Return what only a specialist reads: system, versions, command, hashes of files, expressions of rules."""
    provenance = t.content["provenance"]
    rows: Rows = [(name, value, "") for name, value in technical_facts(t)]
    rows += [(name, version, "") for name, version in provenance["libraries"].items()]
    rows += [("GEOS", provenance["geos"], ""), (t("data_command"), provenance["command"], "")]
    rows += [(source["file"], source["sha256"], source["crs"]) for source in t.content["data"]["sources"]]
    rows += [(rule["id"], rule["expression"], t.localized(rule)) for rule in t.content["diagnosis"]["rules"]]
    return _sheet(t, "technical", sheet_heads(t, "item", "setting", "note"), rows)


def _indicator_value(indicator: KeyFigure) -> Value:
    """Return a key figure as a number where it is one."""
    if indicator.number is None:
        return indicator.value
    return NumberCell(indicator.number, "share" if indicator.is_share else "whole")


def _uncovered(plan: Plan, t: Translator) -> Sheet:
    """Return the uncovered demand points; those of few people as one row a community."""
    every = plan.coverage.uncovered
    small = is_small_count(every, plan)
    points, few = every[~small], every[small]
    degrees = points.to_crs(4326).geometry
    names = plan.inputs.communities.set_index("id")["name"]
    named = names.to_dict()
    rows: Rows = [
        (str(point), str(named.get(community, "")), float(people), round(lon, 6), round(lat, 6))
        for point, community, people, lon, lat in zip(
            *(points[column].tolist() for column in ("id", "community", "people")),
            *(degrees.x.tolist(), degrees.y.tolist()),
            strict=True,
        )
    ]
    least = plan.study.demand.least_shown
    rows += [
        (
            t("uncovered_together", count=t.whole(len(table)), least=least),
            str(named.get(community, "")),
            float(table["people"].sum()),
            None,
            None,
        )
        for community, table in few.groupby("community", sort=False)
    ]
    columns = sheet_heads(t, "id", "community_name", ("people", "whole"), ("lon", "degrees"), ("lat", "degrees"))
    return replace(_sheet(t, "uncovered", columns, rows), printed=MOST_PRINTED)


def _notices(t: Translator) -> Sheet:
    """Return the input rows that are not used as given, with the reason."""
    rows: Rows = [
        (
            t.localized(notice),
            t.layer(notice["table"]) if notice["rows"] else "",
            str(row),
            # The people of all rows of a notice together stand in its first row.
            notice["people"] if position == 0 else None,
        )
        for notice in t.content["notices"]
        for position, row in enumerate(notice["rows"] or ("",))
    ]
    return _sheet(t, "notices", sheet_heads(t, "notice", "layer", "row", ("people", "whole")), rows)
