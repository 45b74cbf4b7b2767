"""report.html: the site-selection report, one self-contained page that can be printed and filed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from statistics import mean

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from planner.outputs.document import Document
from planner.outputs.map_style import DISC, SITE, UNCOVERED, VERDICT_COLOURS
from planner.outputs.report_figures import TOLERANCE_M
from planner.outputs.report_sections import (
    Block,
    Cell,
    Code,
    Paragraph,
    Row,
    Table,
    Wording,
    at_standard,
    bound_shown,
    circle_m,
    community_names,
    coverage,
    disc_shares,
    headcount,
    inventory,
    siting,
    weak_centres,
)
from planner.plan import Plan
from planner.texts import Texts

SHOWN_ROWS = 20
"""How many rows a remark names before it counts the rest."""

KMH_A_MS = 3.6
HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}
READING = ("share", "walk", "centre", "streets", "siting", "maps", "rounding", "unknown")
COLOURS = {**VERDICT_COLOURS, "people": UNCOVERED, "site": SITE, "disc": DISC}


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section of the report."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure that is seen first, what it counts, and what lies behind it."""

    value: str
    label: str
    note: str


def write_report(plan: Plan, content: Document) -> str:
    """Write the report of a plan.

    Parameters
    ----------
    plan
        The plan; only its geometry is drawn from it.
    content
        `planner.outputs.document.document` of the same plan; every number comes from it.

    Returns
    -------
    html
        One page with its style and its figures inside, in the study's language. The same plan gives the same page.
    """
    language = plan.study.language
    say = Wording(content, Texts(language))
    told: dict[str, Iterator[Block]] = {
        "basis": basis(say),
        "inventory": inventory(plan, say),
        "coverage": coverage(say),
        "weak": weak_centres(plan, say),
        "siting": siting(plan, say),
        "reading": (
            Paragraph(say(f"reading_{topic}", metres=say.plain(TOLERANCE_M)), item=True) for topic in READING
        ),
        "data": data(say),
    }
    sections = [
        Section(name, f"{number} {say(f'section_{name}')}", tuple(blocks))
        for number, (name, blocks) in enumerate(told.items(), start=1)
    ]
    modelled = content["data"]["modelled"]
    layers = say.listed([say(f"layer_{layer}") for layer in modelled])
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            language=HTML_LANGUAGE[language],
            say=say,
            style=Markup(_template("report.css")),  # noqa: S704 - our own style sheet
            colours=COLOURS,
            name=content["study"]["name"],
            facts=facts(say),
            nature="modelled" if modelled else "surveyed",
            nature_text=say("modelled", layers=layers) if modelled else say("surveyed"),
            indicators=tuple(indicators(say)),
            summary=tuple(summary(say)),
            sections=sections,
        )
    )


def _template(name: str) -> str:
    return resources.files("planner.outputs").joinpath("templates", name).read_text("utf-8")


def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def facts(say: Wording) -> list[tuple[str, str]]:
    """Return what stands under the title: date, walk, limits, rules, system, software."""
    content, walking = say.content, say.content["walking"]
    limits = [
        say("named_limit", minutes=say.plain(limit["minutes"]), metres=say.plain(limit["metres"]))
        for limit in walking["limits"]
    ]
    standard = say("minutes", value=say.plain(walking["standard_min"]))
    return [
        (say("fact_date"), content["study"]["date"] or say("date_not_given")),
        (say("fact_walking"), say.own(walking)),
        (say("fact_limits"), say.listed(limits)),
        (say("fact_standard"), standard),
        (say("fact_rules"), say.own(content["diagnosis"])),
        (say("fact_crs"), content["data"]["crs"]),
        (say("fact_software"), say("software", version=content["provenance"]["planner"])),
    ]


def speed_ms(say: Wording) -> str:
    """Return the walking speed in metres a second."""
    return say.texts.number(say.content["walking"]["speed_kmh"] / KMH_A_MS, 2)


def indicators(say: Wording) -> Iterator[Indicator]:
    """Yield the figures that are seen first."""
    content = say.content
    total, rates, found = at_standard(content), content["diagnosis"]["rates"], content["siting"]
    heads, standard = headcount(total), content["coverage"]["standard_min"]
    minutes, metres = say.plain(standard), say.plain(circle_m(content, standard))
    determined = rates["assessed"] - rates["undetermined"]
    people, covered = say.whole(heads.people), say.whole(heads.covered)
    yield Indicator(
        say.percent(total["people_share"]),
        say("kpi_served", minutes=minutes),
        say("kpi_served_note", covered=covered, people=people),
    )
    yield Indicator(
        say.whole(heads.uncovered), say("kpi_unserved"), say("kpi_unserved_note", minutes=minutes, metres=metres)
    )
    yield Indicator(
        say.whole(len(content["centres"])),
        say("kpi_centres"),
        say("kpi_centres_note", communities=content["data"]["communities"]),
    )
    for name, count in (("compliant", rates["compliant"] + rates["excellent"]), ("excellent", rates["excellent"])):
        note = say("kpi_compliant_note", count=count, determined=determined)
        yield Indicator(say.percent(rates[f"{name}_share"]), say(f"kpi_{name}"), note)
    yield Indicator(
        say.whole(len(content["diagnosis"]["weak_communities"])),
        say("kpi_weak"),
        say("kpi_weak_note", undetermined=rates["undetermined"]),
    )
    if found["proposals"]:
        best = found["proposals"][-1]
        candidates = say.whole(len(found["candidates"]))
        yield Indicator(
            say.whole(len(best["sites"])), say("kpi_sites"), say("kpi_sites_note", candidates=candidates)
        )
        after = say.percent(best["people_share_after"])
        yield Indicator(say.whole(best["people_gained"]), say("kpi_gained"), say("kpi_gained_note", share=after))


def summary(say: Wording) -> Iterator[str]:
    """Yield what to know if nothing else is read."""
    content = say.content
    total, rates = at_standard(content), content["diagnosis"]["rates"]
    heads, standard = headcount(total), content["coverage"]["standard_min"]
    minutes, metres = say.plain(standard), say.plain(circle_m(content, standard))
    yield say(
        "summary_standard",
        people=say.whole(heads.people),
        covered=say.whole(heads.covered),
        share=say.percent(total["people_share"]),
        uncovered=say.whole(heads.uncovered),
        # What is left of the share as it is shown, so that the two add up to the whole.
        uncovered_share=say.percent(1 - round(total["people_share"], 3)),
        minutes=minutes,
        metres=metres,
        speed=speed_ms(say),
    )
    others = [_at_limit(row, say) for row in content["coverage"]["total"] if row["limit_min"] != standard]
    if others:
        yield say("summary_limits", list=say("clause_joint").join(others))
    yield say("summary_disc", minutes=minutes, metres=metres, share=_mean_disc_share(say))
    yield say("summary_rules", **_rates(say)) if rates["assessed"] else say("summary_no_rules")
    without = content["diagnosis"]["communities_without_centre"]
    if without:
        names = community_names(content)
        yield say("summary_without_centre", names=say.listed([names[community] for community in without]))
    yield _siting_summary(say)


def _at_limit(row: Document, say: Wording) -> str:
    return say(
        "summary_limit",
        covered=say.whole(headcount(row).covered),
        share=say.percent(row["people_share"]),
        minutes=say.plain(row["limit_min"]),
        metres=say.plain(circle_m(say.content, row["limit_min"])),
    )


def _mean_disc_share(say: Wording) -> str:
    return say.percent(mean(disc_shares(say.content, say.content["coverage"]["standard_min"])))


def _rates(say: Wording) -> dict[str, object]:
    rates = say.content["diagnosis"]["rates"]
    shares = {name: say.percent(rates[name]) for name in ("compliant_share", "excellent_share")}
    return {**rates, **shares, "compliant": rates["compliant"] + rates["excellent"]}


def _siting_summary(say: Wording) -> str:
    found = say.content["siting"]
    if not found["proposals"]:
        return say("nobody_uncovered" if found["sites_asked"] else "no_sites_asked")
    best = found["proposals"][-1]
    return say(
        f"summary_{best['status']}",
        sites=len(best["sites"]),
        minutes=say.plain(found["standard_min"]),
        gained=say.whole(best["people_gained"]),
        share_after=say.percent(best["people_share_after"]),
        candidates=say.whole(len(found["candidates"])),
        bound=say.whole(bound_shown(best)),
    )


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
    yield Paragraph(say("basis_disc", minutes=minutes, metres=metres, share=_mean_disc_share(say)))
    yield Paragraph(say("basis_rules", profile=say.own(rules), source=say.cited(rules, "source")))


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
