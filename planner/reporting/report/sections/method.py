"""How the report came about: the law and the rules it rests on, how to read it, and what it was made from."""

from __future__ import annotations

from collections.abc import Iterator

from planner.reporting.document.build import Document
from planner.reporting.report.blocks import (
    Block,
    Cell,
    Code,
    Paragraph,
    Row,
    Table,
    Wording,
    at_standard,
    circle_m,
    headcount,
    mean_disc_share,
    section_number,
    speed_ms,
)
from planner.reporting.report.figures import TOLERANCE_M
from planner.reporting.report.sections.people import balance

SHOWN_ROWS = 20
"""How many rows a remark names before it counts the rest."""

READING = ("share", "walk", "centre", "streets", "siting", "maps", "rounding", "unknown")


def basis(say: Wording) -> Iterator[Block]:
    """Tell by what law everything is reckoned, and from which sources."""
    content = say.content
    walking, given, rules = content["walking"], content["data"], content["diagnosis"]
    standard = walking["standard_min"]
    minutes, metres = say.plain(standard), say.plain(circle_m(content, standard))
    yield Paragraph(say("basis_question"))
    yield Paragraph(
        say(
            "basis_speed",
            speed=speed_ms(say),
            speed_kmh=say.plain(walking["speed_kmh"]),
            words=say.own(walking),
            source=walking["source"],
            evidence=say(f"evidence_{walking['evidence']}"),
        )
    )
    yield Table(
        say("basis_limits_table"),
        (say("column_limit"),),
        (say("column_metres"),),
        tuple(
            (
                say("minutes", value=say.plain(limit["minutes"])),
                say("metres", value=say.plain(limit["metres"])),
            )
            for limit in walking["limits"]
        ),
    )
    yield Paragraph(say("basis_law", access=say.plain(walking["access_m"])))
    for cost in walking["costs"]:
        evidence = say(f"evidence_{cost['evidence']}")
        yield Paragraph(
            say("basis_cost", words=say.own(cost), source=cost["source"], evidence=evidence), item=True
        )
    yield Paragraph(say("basis_inclusive", minutes=minutes))
    yield Paragraph(say("basis_margin", margin=say.plain(given["margin_m"])))
    yield Paragraph(
        say(
            f"basis_{given['demand_method']}",
            people=say.whole(headcount(at_standard(content)).people),
            count=say.whole(given["demand_points"]),
            spacing=say.plain(content["study"]["demand"]["spacing_m"]),
            cell=say.plain(content["study"]["demand"]["cell_m"]),
        )
    )
    yield Paragraph(say("basis_disc", minutes=minutes, metres=metres, share=mean_disc_share(say)))
    yield Paragraph(
        say(
            "basis_rules",
            profile=say.own(rules),
            source=say.cited(rules, "source"),
            section=section_number(content, "weak"),
        )
    )


def reading(say: Wording) -> Iterator[Block]:
    """Tell how the report is to be read."""
    for topic in READING:
        yield Paragraph(
            say(f"reading_{topic}", metres=say.plain(TOLERANCE_M), section=section_number(say.content, "data")),
            item=True,
        )


def data(say: Wording) -> Iterator[Block]:
    """Tell what the report was made from and what is to be known of it."""
    content = say.content
    yield Table(
        say("data_sources_table"),
        say.all("column_layer", "column_file", "column_source", "column_nature", "column_crs"),
        (say("column_rows"),),
        tuple(source_row(source, say) for source in content["data"]["sources"]),
    )
    yield from _unread(say)
    yield Table(
        say("data_parameters_table"), say.all("column_item", "column_setting"), (), tuple(_parameters(say))
    )
    yield from balance(say)
    yield Table(say("data_network_table"), (say("column_item"),), (say("column_value"),), _network_rows(say))
    yield from _checks(say)
    yield Paragraph(say("data_remarks_title"), title=True)
    remarks = content["remarks"]
    yield from (Paragraph(_remark(remark, say), item=True) for remark in remarks)
    yield Paragraph(say("data_remarks_note", shown=SHOWN_ROWS) if remarks else say("data_remarks_none"))
    versions = content["provenance"]["libraries"] | {"GEOS": content["provenance"]["geos"]}
    yield Table(say("data_versions_table"), say.all("column_item", "column_setting"), (), tuple(versions.items()))
    yield Paragraph(say("data_command"))
    yield Code(content["provenance"]["command"])


def _unread(say: Wording) -> Iterator[Block]:
    """Tell which columns of the files nothing reads, and what they may have meant."""
    rows = tuple(
        (
            say(f"layer_{source['layer'].partition('.')[0]}"),
            say.listed([_unread_column(one, say) for one in source["unread"]]),
        )
        for source in say.content["data"]["sources"]
        if source["unread"]
    )
    if rows:
        yield Table(say("data_unread_table"), say.all("column_layer", "column_unread"), (), rows)


def _unread_column(column: Document, say: Wording) -> str:
    if not column["near"]:
        return str(column["column"])
    return say("unread_near", column=column["column"], near=column["near"])


def _checks(say: Wording) -> Iterator[Block]:
    """Tell what the planner's second opinions say."""
    checks = say.content["checks"]
    overlay = checks["overlay"]
    yield Paragraph(say("checks_title"), title=True)
    yield Table(
        say("checks_table"),
        (say("column_limit"),),
        say.all("column_pairs", "column_differing", "column_beyond", "column_differing_share")
        + say.all("column_by_time", "column_by_overlay"),
        tuple(
            (
                say("minutes", value=say.plain(row["limit_min"])),
                *(say.whole(row[name]) for name in ("pairs", "differing", "differing_beyond")),
                say.percent(row["differing_share"]),
                *(say.whole(row[name]) for name in ("people_by_time", "people_by_overlay")),
            )
            for row in overlay
        ),
        note=say("checks_note", tolerance=say.number(overlay[0]["tolerance_m"] * 100)),
    )
    again = checks["verification"]
    if again is None:
        yield Paragraph(say("verification_not_asked"))
        return
    largest = again["largest_min"]
    yield Paragraph(
        say(
            "verification_differs" if again["differing"] else "verification_agrees",
            points=say.whole(again["points"]),
            pairs=say.whole(again["pairs"]),
            differing=say.whole(again["differing"]),
            largest=say.unknown if largest is None else f"{largest:.1e}",
            tolerance=f"{again['tolerance_min']:.0e}",
        )
    )


def source_row(source: Document, say: Wording) -> Row:
    """Return one file with its hash."""
    return (
        say(f"layer_{source['layer']}"),
        Cell(source["file"], further=source["sha256"]),
        source["source"] or say("source_not_given"),
        say("nature_modelled" if source["modelled"] else "nature_given"),
        source["crs"],
        say.whole(source["rows"]),
    )


def _parameters(say: Wording) -> Iterator[Row]:
    content = say.content
    walking, settings, given = content["walking"], content["study"]["siting"], content["data"]
    speed = say("parameter_speed_value", speed=speed_ms(say), speed_kmh=say.plain(walking["speed_kmh"]))
    limits = [say("minutes", value=say.plain(limit["minutes"])) for limit in walking["limits"]]
    yield say("parameter_profile"), walking["profile"] or say("parameter_own_speed")
    yield say("parameter_speed"), speed
    for cost in walking["costs"]:
        yield say("parameter_cost"), say.own(cost)
    yield say("parameter_access"), say("metres", value=say.plain(walking["access_m"]))
    yield say("parameter_limits"), say.listed(limits)
    yield say("parameter_standard"), say("minutes", value=say.plain(walking["standard_min"]))
    yield say("parameter_margin"), say("metres", value=say.plain(given["margin_m"]))
    yield say("parameter_demand"), say(f"demand_{given['demand_method']}")
    demand = content["demand"]
    if demand["household_size"] is not None:
        stated = demand["household_size_source"] or say("source_not_given")
        value = say("parameter_household_value", size=say.plain(demand["household_size"]), source=stated)
        yield say("parameter_household"), value
    yield say("parameter_rules"), content["diagnosis"]["profile"]
    yield say("parameter_sites"), say.whole(settings["sites"])
    yield say("parameter_clusters"), say.whole(settings["candidates"])
    yield say("parameter_seconds"), say("parameter_seconds_value", value=say.plain(settings["seconds"]))
    yield say("parameter_seed"), str(settings["seed"])


NETWORK_COUNTS = ("dead_ends", "crossings", "unexplained_crossings", "near_misses", "overlaps")


def _network_rows(say: Wording) -> tuple[Row, ...]:
    network = say.content["network"]
    return (
        (say("network_length"), say("length_km", value=say.number(network["length_m"] / 1000))),
        *((say(f"network_{name}"), say.whole(network[name])) for name in ("nodes", "edges", "pieces")),
        (say("network_outside"), say.percent(network["outside_share"])),
        *((say(f"network_{name}"), say.whole(network[name])) for name in NETWORK_COUNTS),
        (say("network_access"), say.percent(say.content["data"]["demand_no_street_share"])),
    )


def _remark(remark: Document, say: Wording) -> str:
    text = say.own(remark)
    if remark["people"]:
        text += say("data_remark_people", people=say.whole(remark["people"]))
    if not remark["rows"]:
        return text
    more = len(remark["rows"]) - SHOWN_ROWS
    return text + say(
        "data_remark_rows",
        layer=say(f"layer_{remark['table']}"),
        count=say.whole(len(remark["rows"])),
        rows=say.listed([str(row) for row in remark["rows"][:SHOWN_ROWS]]),
        more=say("data_remark_more", count=say.whole(more)) if more > 0 else "",
    )
