"""The report cut as the district works: a sheet for each street, a one-page card for each community."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import shapely

from planner.evaluation.ratings import WEAK
from planner.messages.catalogue import Texts
from planner.messages.errors import Breach, StudyError
from planner.reporting.document.build import Document, document
from planner.reporting.facility_text import notes_on, reasons_of, remedy
from planner.reporting.files.input_protection import keep_inputs
from planner.reporting.report.blocks import (
    Block,
    Code,
    Figure,
    Indicator,
    Paragraph,
    Report,
    Row,
    Section,
    Table,
    Wording,
    at_standard,
    headcount,
)
from planner.reporting.report.build import tell_report
from planner.reporting.report.district_parts import Part, document_of, find_part
from planner.reporting.report.figures import TOLERANCE_M, part_figure
from planner.reporting.report.html_page import write_page
from planner.reporting.report.sections.coverage import centres_table, community_table
from planner.reporting.report.sections.method import source_row
from planner.reporting.report.sections.summary import attribution_fact, facts, indicators, nature_of
from planner.reporting.report.sections.weak_facilities import cards_of
from planner.reporting.report.word_file import docx_bytes
from planner.reporting.rounding import added_by_sites
from planner.reporting.write import write_alone
from planner.results import Plan

FORMATS = (".html", ".docx")
CARD_FACTS = 2
"""A card says the date and the walk, and no more, so that it stays one page."""

READING = ("share", "walk", "centre", "maps", "rounding", "unknown")
PROVENANCE = 5
"""The section of a street's sheet that lists its sources."""

SHOWN_HASH = 12
SHOWN_REASONS = 4
"""How many reasons a card gives of each centre before it points to the report."""


def write_cut(plan: Plan, path: str | Path, *, wanted: str = "") -> Path:
    """Write the report of a part of the district.

    Parameters
    ----------
    plan
        What `planner.run` returned.
    path
        Where to; its ending says as what: .html or .docx.
    wanted
        The name of a street or town for its sheet, the name or id of a community for its one-page card; the
        whole report where empty or the study's name.

    Returns
    -------
    path
        The same plan gives the same bytes.

    Raises
    ------
    StudyError
        The ending is none of these; or nothing, or more than one part, is called so.
    OutputError
        The file cannot be written.
    """
    path = Path(path)
    check_format(path)
    keep_inputs(plan.study, path.parent, [path.name])
    report = tell_cut(plan, document(plan), wanted)
    made = write_page(report).encode() if path.suffix.lower() == ".html" else docx_bytes(report)
    return write_alone(path, lambda place: place.write_bytes(made))


def check_format(path: Path) -> None:
    """Refuse a file whose ending says no format of the report, before the work begins that would be lost."""
    if path.suffix.lower() not in FORMATS:
        raise StudyError(
            str(path), [Breach("report_format", {"ending": path.suffix, "known": ", ".join(FORMATS)})]
        )


def tell_cut(plan: Plan, content: Document, wanted: str) -> Report:
    """Tell the report of what `wanted` means; see `write_cut`."""
    part = find_part(content, wanted or content["study"]["name"], source=str(plan.study.file))
    if part.kind == "district":
        return tell_report(plan, content)
    say = Wording(document_of(content, part.communities), Texts(plan.study.language))
    return _street(plan, content, part, say) if part.kind == "street" else _community(plan, content, part, say)


def _street(plan: Plan, content: Document, part: Part, say: Wording) -> Report:
    told: dict[str, list[Block]] = {
        "part": [_figure(plan, part, say), community_table(say)],
        "centres": [centres_table(say), *cards_of(plan, say)],
        "siting": list(_sites(plan, content, part, say)),
        "reading": list(_reading(say)),
        "provenance": [*_sources(say), *_command(plan, part, say)],
    }
    modelled, nature = nature_of(say, section=len(told))
    return Report(
        say=say,
        name=part.name,
        title=say("cut_street"),
        facts=((say("fact_study"), content["study"]["name"]), *facts(say)),
        modelled=modelled,
        nature=nature,
        indicators=tuple(indicators(say)),
        summary=(_summary(content, part, say),),
        sections=tuple(
            Section(name, number, say(f"cut_section_{name}"), tuple(blocks))
            for number, (name, blocks) in enumerate(told.items(), start=1)
        ),
    )


def _community(plan: Plan, content: Document, part: Part, say: Wording) -> Report:
    """Tell what stands on one page."""
    rules = {rule["id"]: rule for rule in content["diagnosis"]["rules"]}
    blocks: list[Block] = [_figure(plan, part, say), _limits_table(say)]
    for centre in say.content["centres"]:
        blocks += _centre(centre, rules, say)
    if not say.content["centres"]:
        blocks.append(Paragraph(say("cut_no_centre")))
    blocks += _sites(plan, content, part, say)
    modelled, nature = nature_of(say, section=1)
    return Report(
        say=say,
        name=part.name,
        title=say("cut_community"),
        facts=((say("fact_study"), content["study"]["name"]), *facts(say)[:CARD_FACTS], *attribution_fact(say)),
        modelled=modelled,
        nature=nature if modelled else say("cut_surveyed"),
        indicators=tuple(_card_indicators(part, say)),
        summary=(_summary(content, part, say),),
        sections=(
            Section("part", 0, say("cut_section_part"), tuple(blocks)),
            Section("provenance", 0, say("cut_section_provenance"), (*_hashes(say), *_command(plan, part, say))),
        ),
        contents=False,
    )


def _summary(content: Document, part: Part, say: Wording) -> str:
    row, whole = at_standard(say.content), at_standard(content)
    heads = headcount(row)
    return say(
        "cut_summary",
        name=part.name,
        people=say.whole(heads.people),
        covered=say.whole(heads.covered),
        share=say.percent(row["people_share"]),
        uncovered=say.whole(heads.uncovered),
        minutes=say.plain(row["limit_min"]),
        whole=say.percent(whole["people_share"]),
    )


def _card_indicators(part: Part, say: Wording) -> Iterator[Indicator]:
    """Yield the first figures of all, and what is to be known of one community besides."""
    yield from list(indicators(say))[:2]
    measured = next(row for row in say.content["diagnosis"]["communities"] if row["community"] in part.communities)
    if measured["people_65_uncovered"] is not None:
        of_all = say("cut_of", people=say.whole(measured["people_65"]))
        yield Indicator(say.whole(measured["people_65_uncovered"]), say("cut_65"), of_all)
    premises = say.whole(measured["premises_m2"])
    yield Indicator(premises, say("cut_premises"), say("cut_premises_note", count=measured["premises"]))


def _figure(plan: Plan, part: Part, say: Wording) -> Figure:
    minutes = say.plain(say.content["coverage"]["standard_min"])
    return Figure(
        part_figure(plan, part.communities, say.texts), say("cut_figure", name=part.name, minutes=minutes)
    )


def _limits_table(say: Wording) -> Table:
    return Table(
        say("coverage_total_table"),
        (say("column_limit"),),
        say.all("column_served", "column_share", "column_unserved", "column_area_share"),
        tuple(
            (
                say("minutes", value=say.plain(row["limit_min"])),
                say.whole(headcount(row).covered),
                say.bar(row["people_share"]),
                say.whole(headcount(row).uncovered),
                say.percent(row["area_share"]),
            )
            for row in say.content["coverage"]["total"]
        ),
    )


def _centre(centre: Document, rules: Mapping[str, Document], say: Wording) -> Iterator[Block]:
    verdict = say.word(f"verdict_{centre['verdict'] or 'none'}")
    tier = say.word(f"tier_{centre['tier']}")
    area = say.quantity(centre["measures"]["floor_area_m2"], "m2")
    yield Paragraph(say("cut_centre", name=centre["name"], tier=tier, verdict=verdict, area=area))
    reasons = list(reasons_of(centre, rules, say))
    yield from (Paragraph(reason, item=True) for reason in reasons[:SHOWN_REASONS])
    if len(reasons) > SHOWN_REASONS:
        yield Paragraph(say("cut_more_reasons", count=len(reasons) - SHOWN_REASONS), item=True)
    if centre["verdict"] == WEAK:
        yield from (Paragraph(note, item=True) for note in notes_on({**centre, "unknown": []}, say))
    if centre["remedy"]:
        yield Paragraph(remedy(centre["remedy"], rules, say), item=True)


def _sites(plan: Plan, content: Document, part: Part, say: Wording) -> Iterator[Block]:
    """Tell which sites of the best answer lie inside; whom they serve may live beyond."""
    proposals = content["siting"]["proposals"]
    best = proposals[-1] if proposals else None
    mine = plan.inputs.communities["id"].isin(part.communities)
    inside = shapely.union_all(plan.inputs.communities.geometry[mine].array)
    candidates = plan.siting.candidates
    within = dict(zip(candidates["id"], shapely.covers(inside, candidates.geometry.array), strict=True))
    sites = [site for site in best["sites"] if within[site["id"]]] if best else []
    if best is None or not sites:
        yield Paragraph(say("cut_no_site"))
        return
    added = added_by_sites(best)
    weighted = "_weighted" if content["siting"]["weighted"] else ""
    rows: tuple[Row, ...] = tuple(
        (
            site["id"],
            str(site["rank"]),
            say.degrees(site["lon"]),
            say.degrees(site["lat"]),
            say.whole(added[site["rank"]]),
        )
        for site in sites
    )
    yield Table(
        say("cut_sites_table", method=say.word(f"method_{best['method']}")),
        (say("column_site"),),
        say.all("column_rank", "column_lon", "column_lat", f"column_added{weighted}"),
        rows,
        note=say("cut_sites_note"),
    )


def _reading(say: Wording) -> Iterator[Block]:
    for topic in READING:
        yield Paragraph(say(f"reading_{topic}", metres=say.plain(TOLERANCE_M), section=PROVENANCE), item=True)


def _sources(say: Wording) -> Iterator[Block]:
    yield Table(
        say("data_sources_table"),
        say.all("column_layer", "column_file", "column_source", "column_nature", "column_crs"),
        (say("column_rows"),),
        tuple(source_row(source, say) for source in say.content["data"]["sources"]),
    )


def _hashes(say: Wording) -> Iterator[Block]:
    sources = say.content["data"]["sources"]
    # Layers of one file have one hash.
    files = {source["sha256"]: source["file"].partition(" [")[0] for source in sources}
    hashes = [f"{file} {sha256[:SHOWN_HASH]}" for sha256, file in files.items()]
    version = say.content["provenance"]["planner"]
    yield Paragraph(say("cut_hashes", version=version, hashes=say.listed(hashes)))


def _command(plan: Plan, part: Part, say: Wording) -> Iterator[Block]:
    """Tell the command that gives the same sheet again."""
    name = part.communities[0] if part.kind == "community" else part.name
    words = ["planner", "report", plan.study.file.name, "--for", name, "--out", "FILE"]
    if plan.scenario and plan.scenario.file:
        words += ["--scenario", plan.scenario.file]
    yield Paragraph(say("data_command"))
    yield Code(shlex.join(words))
