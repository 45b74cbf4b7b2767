"""tables.xlsx: the plan's tables, a sheet each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from planner.evaluation.intervals import IndicatorRef
from planner.messages.catalogue import Texts
from planner.reporting.document.build import Document
from planner.reporting.facility_text import facility_notes, failure_reasons, improvement_text, requirement
from planner.reporting.report.blocks import Indicator, Translator, headcount, section_number
from planner.reporting.report.sections.summary import facts, indicators, nature_of
from planner.reporting.rounding import added_by_sites
from planner.reporting.small_counts import is_small_count
from planner.reporting.tables import programme as programme_tables
from planner.reporting.tables.workbook import Column, Number, Rows, Sheet, Value, heads, write_workbook
from planner.results import Plan


def write_result_workbook(plan: Plan, content: Document, path: Path) -> None:
    """Write the tables of a plan as one workbook.

    Parameters
    ----------
    plan
        The plan; only its points without a centre near are taken from it.
    content
        `planner.reporting.document.build.build_document` of the same plan; every other number is its own.
    path
        Where to.
    """
    t = Translator(content, Texts(plan.study.language))
    write_workbook(
        [sheet for sheet in _sheets(plan, t) if sheet is not None],
        path,
        title=f"{content['study']['name']} – {t('title')}",
    )


def _sheets(plan: Plan, t: Translator) -> Iterator[Sheet | None]:
    """Yield the sheets in their order; None where the study has nothing for one."""
    for make in (about, coverage, communities, centres, findings, rules, sites):
        yield make(t)
    yield from programme_tables.sheets(t)
    yield uncovered(plan, t)
    for make in (circles, notices, sources):
        yield make(t)


def _sheet(t: Translator, name: str, columns: tuple[Column, ...], rows: Rows) -> Sheet:
    return Sheet(t(f"sheet_{name}"), columns, rows)


def about(t: Translator) -> Sheet:
    """Tell what the workbook is of, its key figures, and what it was made from."""
    content = t.content
    found = content["provenance"]
    modelled, nature = nature_of(t, section=section_number(content, "data"))
    rows: Rows = [(t("title"), content["study"]["name"], "")]
    rows += [(fact, value, "") for fact, value in facts(t)]
    rows.append((t("modelled_title" if modelled else "surveyed_title"), nature, ""))
    rows += [(one.label, _indicated(one), one.note) for one in indicators(t)]
    rows += [(name, version, "") for name, version in found["libraries"].items()]
    rows += [("GEOS", found["geos"], ""), (t("data_command"), found["command"], "")]
    columns = heads(t, "item", "setting", "note")
    return _sheet(t, "about", columns, rows)


def _indicated(one: Indicator) -> Value:
    """Return a key figure as a number where it is one."""
    return one.value if one.number is None else Number(one.number, "share" if one.is_share else "whole")


def coverage(t: Translator) -> Sheet:
    """Tell who is served within each limit, in all and by tier."""
    found = t.content["coverage"]
    rows: Rows = [
        (
            t.term(f"tier_{row['tier']}") if "tier" in row else t("total"),
            row["limit_min"],
            *served(row),
            row["people_share"],
            row["points_covered"],
            row["points_share"],
            row["area_share"],
            row["people_overlap"],
            row["overlap_share"],
        )
        for row in (*found["total"], *found["by_tier"])
    ]
    columns = heads(
        t,
        "tier",
        ("limit_min", "plain"),
        ("served", "whole"),
        ("unserved", "whole"),
        ("share", "share"),
        ("points", "whole"),
        ("points_share", "share"),
        ("area_share", "share"),
        ("overlap", "whole"),
        ("overlap_share", "share"),
    )
    return _sheet(t, "coverage", columns, rows)


def served(row: Document) -> tuple[float, float]:
    """Return who is served and who is not, as every product shows them."""
    if "shown" in row:
        return headcount(row).covered, headcount(row).uncovered
    return row["people_covered"], row["people"] - row["people_covered"]


def communities(t: Translator) -> Sheet:
    """Tell who is served in each community."""
    found = t.content["coverage"]
    limits = [row["limit_min"] for row in found["total"]]
    measured = {row["community"]: row for row in t.content["diagnosis"]["communities"]}
    weak = set(t.content["diagnosis"]["weak_communities"])
    at: dict[str, dict[float, Document]] = {}
    for row in found["by_community"]:
        at.setdefault(row["community"], {})[row["limit_min"]] = row
    rows: Rows = []
    for community, by_limit in at.items():
        row, more = by_limit[found["standard_min"]], measured.get(community, {})
        rows.append(
            (
                community,
                row["name"],
                row["street"],
                row["shown"]["people"],
                *(by_limit[limit]["people_share"] for limit in limits),
                headcount(row).uncovered,
                row["shown"]["own_people_covered"],
                more.get("people_65"),
                more.get("people_65_uncovered"),
                more.get("premises_m2"),
                t("yes") if community in weak else t("no"),
            )
        )
    minutes = t.exact(found["standard_min"])
    columns = (
        *heads(t, "id", "community_name", "street", ("people", "whole")),
        *(Column(t("column_within", minutes=t.exact(limit)), "share") for limit in limits),
        *heads(t, ("unserved_at", "whole"), ("own", "whole"), minutes=minutes),
        *heads(t, ("people_65", "whole"), ("people_65_uncovered", "whole"), ("premises_m2", "whole"), "is_weak"),
    )
    return _sheet(t, "communities", columns, rows)


def centres(t: Translator) -> Sheet:
    """List the centres with their verdicts, reasons and what would help."""
    content = t.content
    rules = {rule["id"]: rule for rule in content["diagnosis"]["rules"]}
    standard = content["coverage"]["standard_min"]
    own = str(IndicatorRef("own_covered_share", standard))
    rows: Rows = [
        (
            centre["id"],
            centre["name"],
            t.term(f"tier_{centre['tier']}"),
            centre["community_name"],
            t.term(f"verdict_{centre['verdict'] or 'none'}"),
            centre["lon"],
            centre["lat"],
            centre["measures"]["floor_area_m2"],
            centre["measures"]["people"],
            centre["measures"]["people_nearest"],
            centre["measures"][own],
            centre["measures"]["next_centre_min"],
            centre["street_m"],
            "\n".join(failure_reasons(centre, rules, t)),
            "\n".join(facility_notes(centre, t)),
            improvement_text(centre["remedy"], rules, t) if centre["remedy"] else "",
        )
        for centre in content["centres"]
    ]
    columns = heads(
        t,
        "id",
        "centre",
        "tier",
        "community",
        "verdict",
        ("lon", "degrees"),
        ("lat", "degrees"),
        ("floor_area", "whole"),
        ("own_people", "whole"),
        ("nearest_people", "whole"),
        ("own_share", "share"),
        ("next_centre", "number"),
        ("street_m", "number"),
        "reasons",
        "note",
        "remedy",
        minutes=t.exact(standard),
    )
    return _sheet(t, "centres", columns, rows)


def findings(t: Translator) -> Sheet:
    """List what came of each rule at each centre."""
    rules = {rule["id"]: rule for rule in t.content["diagnosis"]["rules"]}
    passed = {True: t("yes"), False: t("no"), None: t("not_known")}
    rows: Rows = [
        (
            centre["id"],
            centre["name"],
            t.localized(rules[finding["rule"]]),
            _grade(finding["grade"], t),
            passed[finding["passed"]],
            in_unit(finding["value"], finding["unit"]),
            requirement(finding, t),
            t.citation(rules[finding["rule"]], "clause"),
        )
        for centre in t.content["centres"]
        for finding in centre["findings"]
    ]
    columns = heads(t, "id", "centre", "rule", "grade", "passed", ("value", "number"), "asks", "clause")
    return _sheet(t, "findings", columns, rows)


def in_unit(value: float | None, unit: str) -> Value:
    """Return a measured or required number, a share as per cent."""
    return None if value is None else Number(float(value), "share" if unit == "share" else "number")


def rules(t: Translator) -> Sheet:
    """List the rules with their clauses and how sure each is."""
    rows: Rows = [
        (
            rule["id"],
            t.localized(rule),
            _grade(rule["grade"], t),
            t.join([t.term(f"tier_{tier}") for tier in rule["tiers"]]),
            rule["expression"],
            in_unit(rule["required"], rule["unit"]),
            rule["effective"],
            t.citation(rule, "clause"),
            t(f"rule_evidence_{rule['evidence']}"),
        )
        for rule in t.content["diagnosis"]["rules"]
    ]
    columns = heads(
        t,
        "id",
        "rule",
        "grade",
        "tiers",
        "asks",
        ("required", "number"),
        "effective",
        "clause",
        "evidence",
    )
    return _sheet(t, "rules", columns, rows)


def sites(t: Translator) -> Sheet | None:
    """List the sites of each answer in their order."""
    rows: Rows = []
    weighted = "_weighted" if t.content["siting"]["weighted"] else ""
    for proposal in t.content["siting"]["proposals"]:
        added = added_by_sites(proposal)
        rows += [
            (
                t.term(f"method_{proposal['method']}"),
                site["rank"],
                site["id"],
                site["lon"],
                site["lat"],
                added[site["rank"]],
                sofar,
            )
            for site, sofar in zip(proposal["sites"], accumulate(added.values()), strict=True)
        ]
    columns = heads(
        t,
        "method",
        ("rank", "whole"),
        "site",
        ("lon", "degrees"),
        ("lat", "degrees"),
        (f"added{weighted}", "whole"),
        (f"cumulative{weighted}", "whole"),
    )
    return _sheet(t, "sites", columns, rows) if rows else None


def uncovered(plan: Plan, t: Translator) -> Sheet:
    """List the points whose people no centre serves within the standard."""
    every = plan.coverage.uncovered
    small = is_small_count(every, plan)
    points, few = every[~small], every[small]
    degrees = points.to_crs(4326).geometry
    names = plan.inputs.communities.set_index("id")["name"]
    rows: Rows = [
        (
            str(row["id"]),
            str(names.get(row["community"], "")),
            float(row["people"]),
            round(lon, 6),
            round(lat, 6),
        )
        for row, lon, lat in zip(points.to_dict(orient="records"), degrees.x, degrees.y, strict=True)
    ]
    least = plan.study.demand.least_shown
    rows += [
        (
            t("uncovered_together", count=t.whole(len(table)), least=least),
            str(names.get(community, "")),
            float(table["people"].sum()),
            None,
            None,
        )
        for community, table in few.groupby("community", sort=False)
    ]
    columns = heads(t, "id", "community_name", ("people", "number"), ("lon", "degrees"), ("lat", "degrees"))
    return _sheet(t, "uncovered", columns, rows)


def circles(t: Translator) -> Sheet | None:
    """List the business circles."""
    found = t.content["circles"]
    if found is None:
        return None
    rows: Rows = [
        (
            circle["id"],
            circle["name"],
            circle["station_name"],
            circle["station_min"],
            circle["places"],
            circle["workers"],
            circle["workers_covered"],
            circle["lon"],
            circle["lat"],
        )
        for circle in found["circles"]
    ]
    columns = heads(
        t,
        "id",
        "circle",
        "station",
        ("station_min", "number"),
        ("places", "whole"),
        ("workers", "whole"),
        ("workers_covered", "whole"),
        ("lon", "degrees"),
        ("lat", "degrees"),
    )
    return _sheet(t, "circles", columns, rows)


def notices(t: Translator) -> Sheet:
    """List what could not be used as it is, with the reason."""
    rows: Rows = [
        (
            t.localized(notice),
            t(f"layer_{notice['table']}") if notice["rows"] else "",
            str(row),
            # Of all its rows together: said once.
            notice["people"] if place == 0 else None,
        )
        for notice in t.content["notices"]
        for place, row in enumerate(notice["rows"] or ("",))
    ]
    return _sheet(t, "notices", heads(t, "notice", "layer", "row", ("people", "whole")), rows)


def sources(t: Translator) -> Sheet:
    """List the files with their hashes."""
    rows: Rows = [
        (
            t(f"layer_{source['layer']}"),
            source["file"],
            source["sha256"],
            source["source"] or t("source_not_given"),
            t("nature_modelled" if source["modelled"] else "nature_given"),
            source["crs"],
            source["rows"],
            source["used"],
        )
        for source in t.content["data"]["sources"]
    ]
    columns = heads(t, "layer", "path", "sha256", "source", "nature", "crs", ("rows", "whole"), ("used", "whole"))
    return _sheet(t, "sources", columns, rows)


def _grade(grade: str, t: Translator) -> str:
    return t("grade_advice") if grade == "advice" else t.term(f"verdict_{grade}")
