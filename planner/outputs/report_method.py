"""How the report came about: the law and the rules it rests on, how to read it, and what it was made from."""

from __future__ import annotations

from collections.abc import Iterator

from planner.outputs.document import Document
from planner.outputs.report_blocks import (
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
    speed_ms,
)
from planner.outputs.report_figures import TOLERANCE_M

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
        )
    )
    yield Paragraph(say("basis_disc", minutes=minutes, metres=metres, share=mean_disc_share(say)))
    yield Paragraph(say("basis_rules", profile=say.own(rules), source=say.cited(rules, "source")))


def reading(say: Wording) -> Iterator[Block]:
    """Tell how the report is to be read."""
    for topic in READING:
        yield Paragraph(say(f"reading_{topic}", metres=say.plain(TOLERANCE_M)), item=True)


def data(say: Wording) -> Iterator[Block]:
    """Tell what the report was made from and what is to be known of it."""
    content = say.content
    yield Table(
        say("data_sources_table"),
        say.all("column_layer", "column_file", "column_source", "column_nature", "column_crs"),
        (say("column_rows"),),
        tuple(_source_row(source, say) for source in content["data"]["sources"]),
    )
    yield Table(
        say("data_parameters_table"), say.all("column_item", "column_setting"), (), tuple(_parameters(say))
    )
    yield Table(say("data_network_table"), (say("column_item"),), (say("column_value"),), _network_rows(say))
    yield Paragraph(say("data_remarks_title"), title=True)
    remarks = content["remarks"]
    yield from (Paragraph(_remark(remark, say), item=True) for remark in remarks)
    yield Paragraph(say("data_remarks_note", shown=SHOWN_ROWS) if remarks else say("data_remarks_none"))
    versions = content["provenance"]["libraries"] | {"GEOS": content["provenance"]["geos"]}
    yield Table(say("data_versions_table"), say.all("column_item", "column_setting"), (), tuple(versions.items()))
    yield Paragraph(say("data_command"))
    yield Code(content["provenance"]["command"])


def _source_row(source: Document, say: Wording) -> Row:
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
    yield say("parameter_rules"), content["diagnosis"]["profile"]
    yield say("parameter_sites"), say.whole(settings["sites"])
    yield say("parameter_clusters"), say.whole(settings["candidates"])
    yield say("parameter_seconds"), say("parameter_seconds_value", value=say.plain(settings["seconds"]))
    yield say("parameter_seed"), str(settings["seed"])


def _network_rows(say: Wording) -> tuple[Row, ...]:
    network = say.content["network"]
    return (
        (say("network_length"), say("length_km", value=say.number(network["length_m"] / 1000))),
        *((say(f"network_{name}"), say.whole(network[name])) for name in ("nodes", "edges", "pieces")),
        (say("network_outside"), say.percent(network["outside_share"])),
        *((say(f"network_{name}"), say.whole(network[name])) for name in ("dead_ends", "crossings")),
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
