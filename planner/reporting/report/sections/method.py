"""Sections on method, reading aids and data."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reporting.document.records.inputs import UnreadColumn
from planner.reporting.document.records.plan import Entry, Notice
from planner.reporting.report.blocks import (
    Block,
    Code,
    Paragraph,
    Row,
    Table,
    Translator,
    annex_ref,
    at_standard,
    headcount,
    limit_distance_m,
    mean_disc_share_text,
    speed_text,
)
from planner.reporting.report.drawing import TOLERANCE_M
from planner.reporting.report.sections.equity import equity_indices
from planner.reporting.report.sections.people import balance_table
from planner.reporting.report.sections.summary import technical_facts
from planner.reporting.tables.result_tables import sources_table

SHOWN_ROWS = 20
"""Largest number of rows that a notice lists."""

SOURCES = ("layer", "file", "source", "nature", "crs", "rows")
READING = ("share", "walk", "centre", "streets", "siting", "maps", "rounding", "unknown")


def basis_section(t: Translator) -> Iterator[Block]:
    """Yield the method of the computation and its sources."""
    content = t.content
    walking, given, rules = content["walking"], content["data"], content["diagnosis"]
    standard = walking["standard_min"]
    minutes, metres = t.exact(standard), t.exact(limit_distance_m(content, standard))
    yield Paragraph(t("basis_question"))
    yield Paragraph(
        t(
            "basis_speed",
            speed=speed_text(t),
            speed_kmh=t.exact(walking["speed_kmh"]),
            words=t.localized(walking),
            source=walking["source"],
            evidence=t(f"evidence_{walking['evidence']}"),
        )
    )
    yield Table(
        t("basis_limits_table"),
        (t("column_limit"),),
        (t("column_metres"),),
        tuple(
            (
                t("minutes", value=t.exact(limit["minutes"])),
                t("metres", value=t.exact(limit["metres"])),
            )
            for limit in walking["limits"]
        ),
    )
    yield Paragraph(t("basis_law", access=t.exact(walking["access_m"])))
    for cost in walking["costs"]:
        evidence = t(f"evidence_{cost['evidence']}")
        yield Paragraph(
            t("basis_cost", words=t.localized(cost), source=cost["source"], evidence=evidence), item=True
        )
    yield Paragraph(t("basis_inclusive", minutes=minutes))
    yield Paragraph(t("basis_margin", margin=t.exact(given["margin_m"])))
    yield Paragraph(
        t(
            f"basis_{given['demand_method']}",
            people=t.whole(headcount(at_standard(content)).people),
            count=t.whole(given["demand_points"]),
            spacing=t.exact(content["study"]["demand"]["spacing_m"]),
            cell=t.exact(content["study"]["demand"]["cell_m"]),
        )
    )
    yield Paragraph(t("basis_disc", minutes=minutes, metres=metres, share=mean_disc_share_text(t)))
    yield Paragraph(
        t(
            "basis_rules",
            profile=t.localized(rules),
            source=t.citation(rules, "source"),
            section=annex_ref(t, "weak"),
        )
    )


def reading_section(t: Translator) -> Iterator[Block]:
    """Yield the notes on how to read the report."""
    sited = any(proposal["sites"] for proposal in t.content["siting"]["proposals"])
    for topic in READING if sited else [one for one in READING if one != "siting"]:
        yield Paragraph(
            t(f"reading_{topic}", metres=t.exact(TOLERANCE_M), section=annex_ref(t, "data")),
            item=True,
        )


def data_section(t: Translator) -> Iterator[Block]:
    """Yield sources, parameters, network statistics, checks, notices and software."""
    content = t.content
    yield sources_table(t).block(t, content["data"]["sources"], t("data_sources_table"), keys=SOURCES)
    yield from _unread(t)
    yield Table(
        t("data_parameters_table"),
        t.all("column_item", "column_setting"),
        (),
        (*technical_facts(t), *_parameters(t)),
    )
    yield from balance_table(t)
    yield Table(t("data_network_table"), (t("column_item"),), (t("column_value"),), _network_rows(t))
    yield from _technical(t)
    yield from _checks(t)
    yield Paragraph(t("data_notices_title"), title=True)
    notices = content["notices"]
    yield from (Paragraph(_notice(notice, t), item=True) for notice in notices)
    yield Paragraph(t("data_notices_note", shown=SHOWN_ROWS) if notices else t("data_notices_none"))
    versions = content["provenance"]["libraries"] | {"GEOS": content["provenance"]["geos"]}
    yield Table(t("data_versions_table"), t.all("column_item", "column_setting"), (), tuple(versions.items()))
    yield Paragraph(t("data_command"))
    yield Code(content["provenance"]["command"])


def _technical(t: Translator) -> Iterator[Block]:
    """Yield what only a specialist reads: expressions of rules, indices, methods of clustering."""
    rules = t.content["diagnosis"]["rules"]
    if rules:
        yield Table(
            t("expressions_table"),
            t.all("column_rule", "column_expression"),
            (),
            tuple((t.localized(rule), rule["expression"]) for rule in rules),
        )
    yield from equity_indices(t)
    areas = t.content["business_areas"]
    if areas is not None:
        yield Paragraph(t("circles_technical", method=areas["method"].upper()))


def _unread(t: Translator) -> Iterator[Block]:
    """Yield the columns of the files that are not read, with the likely field of each."""
    rows = tuple(
        (
            t.layer(source["layer"]),
            t.join([_unread_column(one, t) for one in source["unread"]]),
        )
        for source in t.content["data"]["sources"]
        if source["unread"]
    )
    if rows:
        yield Table(t("data_unread_table"), t.all("column_layer", "column_unread"), (), rows)


def _unread_column(column: UnreadColumn, t: Translator) -> str:
    if not column["near"]:
        return str(column["column"])
    return t("unread_near", column=column["column"], near=column["near"])


def _checks(t: Translator) -> Iterator[Block]:
    """Yield the comparison with the independent computations."""
    checks = t.content["checks"]
    overlay = checks["overlay"]
    yield Paragraph(t("checks_title"), title=True)
    yield Table(
        t("checks_table"),
        (t("column_limit"),),
        t.all("column_pairs", "column_differing", "column_beyond", "column_differing_share")
        + t.all("column_by_time", "column_by_overlay"),
        tuple(
            (
                t("minutes", value=t.exact(row["limit_min"])),
                *(t.whole(row[name]) for name in ("pairs", "differing", "differing_beyond")),
                t.percent(row["differing_share"]),
                *(t.whole(row[name]) for name in ("people_by_time", "people_by_overlay")),
            )
            for row in overlay
        ),
        note=t("checks_note", tolerance=t.number(overlay[0]["tolerance_m"] * 100)),
    )
    again = checks["verification"]
    if again is None:
        yield Paragraph(t("verification_not_asked"))
        return
    largest = again["largest_min"]
    yield Paragraph(
        t(
            "verification_differs" if again["differing"] else "verification_agrees",
            points=t.whole(again["points"]),
            pairs=t.whole(again["pairs"]),
            differing=t.whole(again["differing"]),
            largest=t.unknown if largest is None else f"{largest:.1e}",
            tolerance=f"{again['tolerance_min']:.0e}",
        )
    )


def _parameters(t: Translator) -> Iterator[Row]:
    content = t.content
    walking, settings, given = content["walking"], content["study"]["siting"], content["data"]
    speed = t("parameter_speed_value", speed=speed_text(t), speed_kmh=t.exact(walking["speed_kmh"]))
    limits = [t("minutes", value=t.exact(limit["minutes"])) for limit in walking["limits"]]
    yield t("parameter_profile"), walking["profile"] or t("parameter_own_speed")
    yield t("parameter_speed"), speed
    for cost in walking["costs"]:
        yield t("parameter_cost"), t.localized(cost)
    yield t("parameter_access"), t("metres", value=t.exact(walking["access_m"]))
    yield t("parameter_limits"), t.join(limits)
    yield t("parameter_standard"), t("minutes", value=t.exact(walking["standard_min"]))
    yield t("parameter_margin"), t("metres", value=t.exact(given["margin_m"]))
    yield t("parameter_demand"), t(f"demand_{given['demand_method']}")
    demand = content["demand"]
    if demand["household_size"] is not None:
        stated = demand["household_size_source"] or t("source_not_given")
        value = t("parameter_household_value", size=t.exact(demand["household_size"]), source=stated)
        yield t("parameter_household"), value
    yield t("parameter_rules"), content["diagnosis"]["profile"]
    yield t("parameter_sites"), t.whole(settings["sites"])
    yield t("parameter_clusters"), t.whole(settings["candidates"])
    yield t("parameter_seconds"), t("parameter_seconds_value", value=t.exact(settings["seconds"]))
    yield t("parameter_seed"), str(settings["seed"])


NETWORK_COUNTS = ("dead_ends", "crossings", "unexplained_crossings", "near_misses", "overlaps")


def _network_rows(t: Translator) -> tuple[Row, ...]:
    network: Entry = t.content["network"]
    return (
        (t("network_length"), t("length_km", value=t.number(network["length_m"] / 1000))),
        *((t(f"network_{name}"), t.whole(network[name])) for name in ("nodes", "edges", "pieces")),
        (t("network_outside"), t.percent(network["outside_share"])),
        *((t(f"network_{name}"), t.whole(network[name])) for name in NETWORK_COUNTS),
        (t("network_access"), t.percent(t.content["data"]["demand_no_street_share"])),
    )


def _notice(notice: Notice, t: Translator) -> str:
    text = t.localized(notice)
    if notice["people"]:
        text += t("data_notice_people", people=t.whole(notice["people"]))
    if not notice["rows"]:
        return text
    more = len(notice["rows"]) - SHOWN_ROWS
    return text + t(
        "data_notice_rows",
        layer=t.layer(notice["table"]),
        count=t.whole(len(notice["rows"])),
        rows=t.join([str(row) for row in notice["rows"][:SHOWN_ROWS]]),
        more=t("data_notice_more", count=t.whole(more)) if more > 0 else "",
    )
