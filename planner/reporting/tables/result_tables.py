"""Tables of results that report and workbook share: coverage, communities, facilities, rules, sites, sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from typing import Any

from planner.evaluation.intervals import IndicatorRef
from planner.reporting.document.records.coverage import BusinessArea, CoverageByCommunity, CoverageByTier
from planner.reporting.document.records.facilities import Facility, Rule
from planner.reporting.document.records.inputs import Source
from planner.reporting.document.records.plan import Entry
from planner.reporting.document.records.shared import Shares
from planner.reporting.document.records.siting import ChosenSite, Proposal
from planner.reporting.facility_text import (
    COMPARISON_KEYS,
    facility_notes,
    failure_reasons,
    improvement_text,
    next_centre_text,
    requirement,
)
from planner.reporting.report.blocks import DASH, Cell, Translator, headcount, require
from planner.reporting.rounding import added_by_sites
from planner.reporting.tables.spec import TableColumn, TableSpec, field_column
from planner.reporting.tables.workbook import Kind, NumberCell, Value
from planner.schemas.records import RecordField

FACILITIES = ("id", "name", "tier", "community", "rating", "floor_area", "street_m")
"""Columns of the facilities in the report; the workbook has all."""

LAYER_COLUMNS: Mapping[str, tuple[RecordField, ...]] = {
    "centres": (
        RecordField("reasons", str, "rules that it fails, in the study's language, one a line"),
        RecordField("remedy", str, "the cheapest changes that bring it to standard, in the study's language"),
    ),
}
"""Columns of layers of results.gpkg that follow from the tables below: key, type and meaning of each."""

LOWEST = 5
"""One in so many communities is marked as the lowest."""


def coverage_table(t: Translator) -> TableSpec:
    """Return the table of coverage: a row a limit, in total and by tier."""
    return TableSpec(
        (
            TableColumn(
                "tier",
                t("column_tier"),
                lambda row: t.term(f"tier_{row['tier']}") if "tier" in row else t("total"),
            ),
            TableColumn(
                "limit",
                t("column_limit"),
                lambda row: row["limit_min"],
                "plain",
                lambda row: t("minutes", value=t.exact(row["limit_min"])),
                sheet_heading=t("column_limit_min"),
            ),
            field_column(CoverageByTier, "facilities", t("column_count")),
            TableColumn("served", t("column_served"), lambda row: _served(row)[0], "whole"),
            TableColumn("unserved", t("column_unserved"), lambda row: _served(row)[1], "whole"),
            _share_bar(t, "share", "people_share"),
            field_column(Shares, "points_covered", t("column_points"), key="points"),
            field_column(Shares, "points_share", t("column_points_share")),
            field_column(Shares, "area_share", t("column_area_share")),
            field_column(Shares, "people_overlap", t("column_overlap"), key="overlap"),
            field_column(Shares, "overlap_share", t("column_overlap_share")),
        ),
    )


def _share_bar(t: Translator, key: str, field: str) -> TableColumn:
    heading = t(f"column_{key}")
    return TableColumn(key, heading, lambda row: row[field], "share", lambda row: t.bar(row[field]))


def _served(row: Entry) -> tuple[float, float]:
    """Return the people served and not served, rounded so that they add up where the document rounds them."""
    if "shown" in row:
        return headcount(row).covered, headcount(row).uncovered
    return row["people_covered"], row["people"] - row["people_covered"]


def community_rows(t: Translator) -> list[dict[float, CoverageByCommunity]]:
    """Return the coverage of each community by limit."""
    rows: dict[str, dict[float, CoverageByCommunity]] = {}
    for row in t.content["coverage"]["by_community"]:
        rows.setdefault(row["community"], {})[row["limit_min"]] = row
    return list(rows.values())


def communities_table(t: Translator) -> TableSpec:
    """Return the table of communities: a row is a community's coverage by limit (`community_rows`)."""
    content = t.content
    standard = content["coverage"]["standard_min"]
    minutes = t.exact(standard)
    measured: dict[str, Entry] = {row["community"]: row for row in content["diagnosis"]["communities"]}
    weak = set(content["diagnosis"]["weak_communities"])
    at_standard = [row[standard] for row in community_rows(t)]
    peopled = [row for row in at_standard if row["people_share"] is not None]
    by_share = sorted(peopled, key=lambda row: require(row["people_share"]))
    lowest = {row["community"] for row in by_share[: len(peopled) // LOWEST]}

    def name(row: dict[float, CoverageByCommunity]) -> Cell:
        marked = row[standard]["community"] in lowest
        return Cell(("▼ " if marked else "") + row[standard]["name"], marked=marked)

    def within(limit_min: float) -> TableColumn:
        heading = t("column_within", minutes=t.exact(limit_min))
        key = f"within_{limit_min:g}"
        return TableColumn(
            key,
            heading,
            lambda row: row[limit_min]["people_share"],
            "share",
            lambda row: t.bar(row[limit_min]["people_share"]),
        )

    def measure(key: str) -> TableColumn:
        return TableColumn(
            key, t(f"column_{key}"), lambda row: measured.get(row[standard]["community"], {}).get(key), "whole"
        )

    def at(key: str, heading: str, value: Any, kind: Kind = "text", cell: Any = None) -> TableColumn:  # noqa: ANN401
        return TableColumn(key, heading, lambda row: value(row[standard]), kind, cell)

    return TableSpec(
        (
            at("id", t("column_id"), lambda row: row["community"]),
            at("name", t("column_community_name"), lambda row: row["name"], cell=name),
            at("subdistrict", t("column_subdistrict"), lambda row: row["subdistrict"]),
            at("people", t("column_people"), lambda row: row["shown"]["people"], "whole"),
            *(within(row["limit_min"]) for row in content["coverage"]["total"]),
            at(
                "unserved", t("column_unserved_at", minutes=minutes), lambda row: headcount(row).uncovered, "whole"
            ),
            at("own", t("column_own", minutes=minutes), lambda row: row["shown"]["own_people_covered"], "whole"),
            measure("people_65"),
            measure("people_65_uncovered"),
            measure("premises_m2"),
            at("weak", t("column_is_weak"), lambda row: t("yes" if row["community"] in weak else "no")),
        ),
    )


def facilities_table(t: Translator) -> TableSpec:
    """Return the table of facilities: a row is an entry of `centres`."""
    rules = {rule["id"]: rule for rule in t.content["diagnosis"]["rules"]}
    standard = t.content["coverage"]["standard_min"]
    access_m = t.content["walking"]["access_m"]
    minutes = t.exact(standard)

    def indicator(key: str, name: str, kind: Kind) -> TableColumn:
        return TableColumn(key, t(f"column_{key}", minutes=minutes), lambda row: row["measures"][name], kind)

    def distance(row: Entry) -> Cell:
        far = row["street_m"] > access_m
        return Cell(("▲ " if far else "") + t.number(row["street_m"]), marked=far)

    return TableSpec(
        (
            field_column(Facility, "id", t("column_id")),
            field_column(Facility, "name", t("column_centre")),
            TableColumn("tier", t("column_tier"), lambda row: t.term(f"tier_{row['tier']}")),
            field_column(Facility, "community_name", t("column_community"), key="community"),
            TableColumn(
                "rating",
                t("column_verdict"),
                lambda row: t.term(f"verdict_{row['verdict'] or 'none'}"),
                cell=lambda row: t.verdict(row["verdict"]),
            ),
            field_column(Facility, "lon", t("column_lon")),
            field_column(Facility, "lat", t("column_lat")),
            indicator("floor_area", "floor_area_m2", "whole"),
            indicator("own_people", "people", "whole"),
            indicator("nearest_people", "people_nearest", "whole"),
            indicator("own_share", str(IndicatorRef("own_covered_share", standard)), "share"),
            TableColumn(
                "next_centre",
                t("column_next_centre", minutes=minutes),
                lambda row: row["measures"]["next_centre_min"],
                "number",
                lambda row: next_centre_text(row, t),
            ),
            TableColumn("street_m", t("column_street_m"), lambda row: row["street_m"], "number", distance),
            TableColumn("reasons", t("column_reasons"), lambda row: "\n".join(failure_reasons(row, rules, t))),
            TableColumn("note", t("column_note"), lambda row: "\n".join(facility_notes(row, t))),
            TableColumn(
                "remedy",
                t("column_remedy"),
                lambda row: improvement_text(row["remedy"], rules, t) if row["remedy"] else "",
            ),
        ),
    )


def rules_table(t: Translator) -> TableSpec:
    """Return the table of rules: a row is an entry of `diagnosis.rules`."""

    def requires(rule: Rule) -> Cell:
        required = rule["required"]
        if required is None:
            return Cell(DASH)
        quantity = t.quantity(required, rule["unit"])
        return Cell(t(COMPARISON_KEYS[require(rule["comparison"])], required=quantity))

    def applies_to(rule: Rule) -> str:
        tiers = [t.term(f"tier_{tier}") for tier in rule["tiers"]]
        return t.join(tiers + [t(f"place_{place}") for place in rule["places"]])

    return TableSpec(
        (
            TableColumn("id", t("column_id"), lambda rule: rule["id"]),
            TableColumn("rule", t("column_rule"), t.localized),
            TableColumn(
                "grade",
                t("column_grade"),
                lambda rule: grade_text(rule["grade"], t),
                cell=lambda rule: (
                    Cell(t("grade_advice")) if rule["grade"] == "advice" else t.verdict(rule["grade"])
                ),
            ),
            TableColumn(
                "tiers",
                t("column_tiers"),
                lambda rule: t.join([t.term(f"tier_{tier}") for tier in rule["tiers"]]),
                cell=applies_to,
            ),
            TableColumn("asks", t("column_asks"), lambda rule: requires(rule).text, cell=requires),
            TableColumn(
                "required",
                t("column_required"),
                lambda rule: value_in_unit(rule["required"], rule["unit"]),
                "number",
            ),
            TableColumn("effective", t("column_effective"), lambda rule: rule["effective"]),
            TableColumn(
                "clause",
                t("column_clause"),
                lambda rule: t.citation(rule, "clause"),
                cell=lambda rule: Cell(t.citation(rule, "clause"), further=rule["effective"] or ""),
            ),
            TableColumn("evidence", t("column_evidence"), lambda rule: t(f"rule_evidence_{rule['evidence']}")),
        ),
    )


def rule_results_table(t: Translator) -> TableSpec:
    """Return the table of rule results: a row is a pair of a facility and one of its findings."""
    rules = {rule["id"]: rule for rule in t.content["diagnosis"]["rules"]}
    passed = {True: t("yes"), False: t("no"), None: t("not_known")}
    return TableSpec(
        (
            TableColumn("id", t("column_id"), lambda row: row[0]["id"]),
            TableColumn("name", t("column_centre"), lambda row: row[0]["name"]),
            TableColumn("rule", t("column_rule"), lambda row: t.localized(rules[row[1]["rule"]])),
            TableColumn("grade", t("column_grade"), lambda row: grade_text(row[1]["grade"], t)),
            TableColumn("passed", t("column_passed"), lambda row: passed[row[1]["passed"]]),
            TableColumn(
                "value", t("column_value"), lambda row: value_in_unit(row[1]["value"], row[1]["unit"]), "number"
            ),
            TableColumn("asks", t("column_asks"), lambda row: requirement(row[1], t)),
            TableColumn("clause", t("column_clause"), lambda row: t.citation(rules[row[1]["rule"]], "clause")),
        ),
    )


def grade_text(grade: str, t: Translator) -> str:
    """Return the term of a rule's grade."""
    return t("grade_advice") if grade == "advice" else t.term(f"verdict_{grade}")


def value_in_unit(value: float | None, unit: str) -> Value:
    """Return a measured or required number, a share as per cent."""
    return None if value is None else NumberCell(float(value), "share" if unit == "share" else "number")


def site_rows(proposal: Proposal) -> list[Entry]:
    """Return the sites of a proposal with the people added by each, and by all up to it."""
    added = added_by_sites(proposal)
    running = accumulate(added.values())
    return [
        {**site, "method": proposal["method"], "added": added[site["rank"]], "cumulative": total}
        for site, total in zip(proposal["sites"], running, strict=True)
    ]


def sites_table(t: Translator, *, weighted: bool) -> TableSpec:
    """Return the table of proposed sites: a row is one of `site_rows`."""
    suffix = "_weighted" if weighted else ""
    return TableSpec(
        (
            TableColumn("method", t("column_method"), lambda site: t.texts(f"models.name_{site['method']}")),
            field_column(ChosenSite, "rank", t("column_rank")),
            field_column(ChosenSite, "id", t("column_site"), key="site"),
            field_column(ChosenSite, "lon", t("column_lon")),
            field_column(ChosenSite, "lat", t("column_lat")),
            TableColumn("added", t(f"column_added{suffix}"), lambda site: site["added"], "whole"),
            TableColumn("cumulative", t(f"column_cumulative{suffix}"), lambda site: site["cumulative"], "whole"),
        ),
    )


def business_areas_table(t: Translator) -> TableSpec:
    """Return the table of business areas: a row is an entry of `business_areas.areas`."""

    def name(area: BusinessArea) -> Cell:
        within = area["station_within"]
        return Cell(("" if within else "▲ ") + area["name"], marked=not within)

    def nearest(area: Entry, facility: str) -> Cell | str:
        minutes = area[f"{facility}_min"]
        if minutes is None:
            return t("circles_nothing_near")
        return Cell(area[f"{facility}_name"] or DASH, further=t("minutes", value=t.number(minutes)))

    def field(name: str, key: str = "") -> TableColumn:
        return field_column(BusinessArea, name, t(f"column_{key or name}"), key=key)

    return TableSpec(
        (
            field("id"),
            TableColumn("name", t("column_circle"), lambda area: area["name"], cell=name),
            TableColumn(
                "station",
                t("column_station"),
                lambda area: area["station_name"],
                cell=lambda area: nearest(area, "station"),
            ),
            field("station_min"),
            TableColumn(
                "centre",
                t("column_centre_near"),
                lambda area: area["centre_name"],
                cell=lambda area: nearest(area, "centre"),
            ),
            *(field(name) for name in ("places", "workers", "workers_given", "workers_covered")),
            field("workers_near_middle", "near_middle"),
            field("lon"),
            field("lat"),
        ),
    )


def sources_table(t: Translator) -> TableSpec:
    """Return the table of input files: a row is an entry of `data.sources`."""
    return TableSpec(
        (
            TableColumn("layer", t("column_layer"), lambda source: t.layer(source["layer"])),
            TableColumn(
                "file",
                t("column_file"),
                lambda source: source["file"],
                cell=lambda source: Cell(source["file"], further=source["sha256"]),
                sheet_heading=t("column_path"),
            ),
            field_column(Source, "sha256", t("column_sha256")),
            TableColumn("source", t("column_source"), lambda source: source["source"] or t("source_not_given")),
            TableColumn(
                "nature",
                t("column_nature"),
                lambda source: t("nature_modelled" if source["modelled"] else "nature_given"),
            ),
            TableColumn("crs", t("column_crs"), lambda source: source["crs"], cell=lambda source: source["crs"]),
            field_column(Source, "rows", t("column_rows")),
            field_column(Source, "used", t("column_used")),
        ),
    )


LAYER_TABLES: Mapping[str, tuple[Callable[[Translator], TableSpec], Callable[[Translator], Iterable[Any]]]] = {
    "centres": (facilities_table, lambda t: t.content["centres"]),
    "communities": (communities_table, community_rows),
    "business_areas": (business_areas_table, lambda t: require(t.content["business_areas"])["areas"]),
}
"""Table of a layer of results.gpkg, and its rows; its column `id` is the layer's."""


def layer_columns(layer: str, t: Translator) -> dict[str, tuple[str, dict[Value, Value]]]:
    """Return heading and values by id of each column of `LAYER_COLUMNS` of a layer."""
    table, rows = LAYER_TABLES[layer]
    ids, *columns = table(t).select(("id", *(field.name for field in LAYER_COLUMNS[layer])))
    return {
        column.key: (column.heading, {ids.value(row): column.value(row) for row in rows(t)}) for column in columns
    }
