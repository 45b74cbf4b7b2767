"""Reports of parts of the district: a sheet for a subdistrict, a one-page card for a community."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import shapely

from planner.cache import NO_CACHE, Cache
from planner.evaluation import WEAK
from planner.messages.catalogue import Texts
from planner.messages.errors import CommandError, Issue
from planner.reporting.document.build import build_document
from planner.reporting.document.records.coverage import CoverageTotal
from planner.reporting.document.records.facilities import Facility, Rates, Rule
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.facility_text import facility_notes, failure_reasons, improvement_text, scenario_heading
from planner.reporting.files.input_protection import protect_inputs
from planner.reporting.report.blocks import (
    Block,
    Code,
    Figure,
    KeyFigure,
    Paragraph,
    Report,
    Section,
    Table,
    Translator,
    at_standard,
    headcount,
)
from planner.reporting.report.build import build_report
from planner.reporting.report.docx import docx_bytes
from planner.reporting.report.drawing import TOLERANCE_M
from planner.reporting.report.figures import part_figure
from planner.reporting.report.html import write_page
from planner.reporting.report.pictures import start_pictures
from planner.reporting.report.sections.coverage import communities_block, facilities_block
from planner.reporting.report.sections.method import SOURCES
from planner.reporting.report.sections.summary import (
    attribution_fact,
    fact_rows,
    indicator_cards,
    nature_of,
    scenario_fact,
)
from planner.reporting.report.sections.weak_facilities import facility_cards
from planner.reporting.rounding import sum_shown_counts
from planner.reporting.tables.result_tables import coverage_table, site_rows, sites_table, sources_table
from planner.reporting.write import write_single
from planner.results import Plan
from planner.schemas.tables import PREMISES

FORMATS = (".html", ".docx")
CARD_FACTS = 2
"""A card says the date and the walk, and no more, so that it stays one page."""

READING = ("share", "walk", "centre", "maps", "rounding", "unknown")
PROVENANCE = 5
"""The section of a street's sheet that lists its sources."""

SHOWN_HASH = 12
SHOWN_REASONS = 4
"""Largest number of reasons that a card gives for a facility."""


def write_area_report(plan: Plan, path: str | Path, *, wanted: str = "", cache: Cache = NO_CACHE) -> Path:
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
    cache
        Pictures of earlier runs.

    Returns
    -------
    path
        The same plan gives the same bytes.

    Raises
    ------
    CommandError
        The ending is none of these; or nothing, or more than one part, is called so.
    OutputError
        The file cannot be written.
    """
    path = Path(path)
    check_format(path)
    protect_inputs(plan.study, path.parent, [path.name])
    report = build_area_report(plan, build_document(plan), wanted)
    if path.suffix.lower() == ".html":
        made = write_page(report).encode()
    else:
        with start_pictures(report, cache) as pictures:
            made = docx_bytes(report, pictures())
    return write_single(path, lambda place: place.write_bytes(made))


def check_format(path: Path) -> None:
    """Refuse a file whose ending says no format of the report, before the work begins that would be lost."""
    if path.suffix.lower() not in FORMATS:
        raise CommandError(
            str(path), [Issue("report_format", {"ending": path.suffix, "known": ", ".join(FORMATS)})]
        )


def build_area_report(plan: Plan, content: PlanDocument, wanted: str) -> Report:
    """Build the report of the part that `wanted` names; see `write_area_report`."""
    part = find_part(content, wanted or content["study"]["name"], source=str(plan.study.file))
    if part.kind == "district":
        return build_report(plan, content)
    t = Translator(filter_document(content, part.communities), Texts(plan.study.language))
    return (
        _subdistrict(plan, content, part, t) if part.kind == "subdistrict" else _community(plan, content, part, t)
    )


def _subdistrict(plan: Plan, content: PlanDocument, part: DistrictPart, t: Translator) -> Report:
    blocks_of: dict[str, list[Block]] = {
        "part": [_figure(plan, part, t), communities_block(t)],
        "centres": [facilities_block(t), *facility_cards(plan, t)],
        "siting": list(_sites(plan, content, part, t)),
        "reading": list(_reading(t)),
        "provenance": [*_sources(t), *_command(plan, part, t)],
    }
    modelled, nature = nature_of(t, section=t.decision("section_ref", number=len(blocks_of)))
    return Report(
        t=t,
        name=part.name,
        title=scenario_heading(t("cut_subdistrict"), content, t.texts),
        facts=((t("fact_study"), content["study"]["name"]), *fact_rows(t)),
        modelled=modelled,
        nature=nature,
        indicators=tuple(indicator_cards(t)),
        summary=(_summary(content, part, t),),
        sections=tuple(
            Section(name, number, t(f"cut_section_{name}"), tuple(blocks))
            for number, (name, blocks) in enumerate(blocks_of.items(), start=1)
        ),
    )


def _community(plan: Plan, content: PlanDocument, part: DistrictPart, t: Translator) -> Report:
    """Build the one-page card of a community."""
    rules = {rule["id"]: rule for rule in content["diagnosis"]["rules"]}
    blocks: list[Block] = [_figure(plan, part, t), _limits_table(t)]
    for centre in t.content["centres"]:
        blocks += _centre(centre, rules, t)
    if not t.content["centres"]:
        blocks.append(Paragraph(t("cut_no_centre")))
    blocks += _sites(plan, content, part, t)
    modelled, nature = nature_of(t, section=t.decision("section_ref", number=1))
    return Report(
        t=t,
        name=part.name,
        title=scenario_heading(t("cut_community"), content, t.texts),
        facts=(
            (t("fact_study"), content["study"]["name"]),
            *fact_rows(t)[: CARD_FACTS + len(scenario_fact(t))],
            *attribution_fact(t),
        ),
        modelled=modelled,
        nature=nature if modelled else t("cut_surveyed"),
        indicators=tuple(_card_indicators(part, t)),
        summary=(_summary(content, part, t),),
        sections=(
            Section("part", 0, t("cut_section_part"), tuple(blocks)),
            Section("provenance", 0, t("cut_section_provenance"), (*_hashes(t), *_command(plan, part, t))),
        ),
        contents=False,
    )


def _summary(content: PlanDocument, part: DistrictPart, t: Translator) -> str:
    row, whole = at_standard(t.content), at_standard(content)
    heads = headcount(row)
    return t(
        "cut_summary",
        name=part.name,
        people=t.whole(heads.people),
        covered=t.whole(heads.covered),
        share=t.percent(row["people_share"]),
        uncovered=t.whole(heads.uncovered),
        minutes=t.exact(row["limit_min"]),
        whole=t.percent(whole["people_share"]),
    )


def _card_indicators(part: DistrictPart, t: Translator) -> Iterator[KeyFigure]:
    """Yield the first figures of all, and what is to be known of one community besides."""
    yield from list(indicator_cards(t))[:2]
    measured = next(row for row in t.content["diagnosis"]["communities"] if row["community"] in part.communities)
    if measured["people_65_uncovered"] is not None:
        of_all = t("cut_of", people=t.whole(measured["people_65"]))
        yield KeyFigure(t.whole(measured["people_65_uncovered"]), t("cut_65"), of_all)
    premises = t.whole(measured["premises_m2"])
    yield KeyFigure(premises, t("cut_premises"), t("cut_premises_note", count=measured["premises"]))


def _figure(plan: Plan, part: DistrictPart, t: Translator) -> Figure:
    minutes = t.exact(t.content["coverage"]["standard_min"])
    return Figure(part_figure(plan, part.communities, t.texts), t("cut_figure", name=part.name, minutes=minutes))


def _limits_table(t: Translator) -> Table:
    keys = ("limit", "served", "share", "unserved", "area_share")
    return coverage_table(t).block(t, t.content["coverage"]["total"], t("coverage_total_table"), keys=keys)


def _centre(centre: Facility, rules: Mapping[str, Rule], t: Translator) -> Iterator[Block]:
    verdict = t.term(f"verdict_{centre['verdict'] or 'none'}")
    tier = t.term(f"tier_{centre['tier']}")
    area = t.quantity(centre["measures"]["floor_area_m2"], "m2")
    yield Paragraph(t("cut_centre", name=centre["name"], tier=tier, verdict=verdict, area=area))
    reasons = list(failure_reasons(centre, rules, t))
    yield from (Paragraph(reason, item=True) for reason in reasons[:SHOWN_REASONS])
    if len(reasons) > SHOWN_REASONS:
        yield Paragraph(t("cut_more_reasons", count=len(reasons) - SHOWN_REASONS), item=True)
    if centre["verdict"] == WEAK:
        yield from (Paragraph(note, item=True) for note in facility_notes({**centre, "unknown": []}, t))
    if centre["remedy"]:
        yield Paragraph(improvement_text(centre["remedy"], rules, t), item=True)


def _sites(plan: Plan, content: PlanDocument, part: DistrictPart, t: Translator) -> Iterator[Block]:
    """Yield the sites of the best proposal inside; people that they cover may live outside."""
    proposals = content["siting"]["proposals"]
    best = proposals[-1] if proposals else None
    mine = plan.inputs.communities["id"].isin(part.communities)
    inside = shapely.union_all(plan.inputs.communities.geometry[mine].array)
    candidates = plan.siting.candidates
    within = dict(zip(candidates["id"], shapely.covers(inside, candidates.geometry.array), strict=True))
    sites = [site for site in best["sites"] if within[site["id"]]] if best else []
    if best is None or not sites:
        yield Paragraph(t("cut_no_site"))
        return
    yield sites_table(t, weighted=content["siting"]["weighted"]).block(
        t,
        [site for site in site_rows(best) if within[site["id"]]],
        t("cut_sites_table", method=t.texts(f"models.name_{best['method']}")),
        keys=("site", "rank", "lon", "lat", "added"),
        note=t("cut_sites_note"),
    )


def _reading(t: Translator) -> Iterator[Block]:
    section = t.decision("section_ref", number=PROVENANCE)
    for topic in READING:
        yield Paragraph(
            t(
                f"reading_{topic}",
                metres=t.exact(TOLERANCE_M),
                section=section,
            ),
            item=True,
        )


def _sources(t: Translator) -> Iterator[Block]:
    yield sources_table(t).block(t, t.content["data"]["sources"], t("data_sources_table"), keys=SOURCES)


def _hashes(t: Translator) -> Iterator[Block]:
    sources = t.content["data"]["sources"]
    # Layers of one file have one hash.
    files = {source["sha256"]: source["file"].partition(" [")[0] for source in sources}
    hashes = [f"{file} {sha256[:SHOWN_HASH]}" for sha256, file in files.items()]
    version = t.content["provenance"]["planner"]
    yield Paragraph(t("cut_hashes", version=version, hashes=t.join(hashes)))


def _command(plan: Plan, part: DistrictPart, t: Translator) -> Iterator[Block]:
    """Yield the command that makes the same sheet again."""
    name = part.communities[0] if part.kind == "community" else part.name
    words = ["planner", "report", plan.study.file.name, "--for", name, "--out", "FILE"]
    if plan.scenario and plan.scenario.file:
        words += ["--scenario", plan.scenario.file]
    yield Paragraph(t("data_command"))
    yield Code(shlex.join(words))


NEAREST = 5
COUNTS = ("people", "people_covered", "people_overlap", "points", "points_covered", "area_m2", "area_covered_m2")
SHARES = {
    "people_share": ("people_covered", "people"),
    "overlap_share": ("people_overlap", "people"),
    "points_share": ("points_covered", "points"),
    "area_share": ("area_covered_m2", "area_m2"),
}


@dataclass(frozen=True, slots=True)
class DistrictPart:
    """The whole district, one street (or town) with its communities, or one community."""

    kind: Literal["district", "subdistrict", "community"]
    name: str
    communities: tuple[str, ...]


def find_part(content: PlanDocument, wanted: str, *, source: str) -> DistrictPart:
    """Return what a name means: the study's name, a street's, or a community's name or id.

    Raises
    ------
    CommandError
        Nothing is called so (the nearest names are given), or several parts are.
    """
    names = {row["community"]: (row["name"], row["subdistrict"]) for row in content["coverage"]["by_community"]}
    streets = list(dict.fromkeys(street for _, street in names.values() if street))
    wanted = wanted.strip()
    parts: list[DistrictPart] = []
    if wanted == content["study"]["name"]:
        parts.append(DistrictPart("district", wanted, tuple(names)))
    if wanted in streets:
        inside = tuple(community for community, (_, street) in names.items() if street == wanted)
        parts.append(DistrictPart("subdistrict", wanted, inside))
    if wanted in names:
        parts.append(DistrictPart("community", names[wanted][0], (wanted,)))
    else:
        called = [community for community, (name, _) in names.items() if name == wanted]
        parts += [DistrictPart("community", wanted, (community,)) for community in called]
    if len(parts) == 1:
        return parts[0]
    if parts:
        ids = [part.communities[0] for part in parts if part.kind == "community"]
        raise CommandError(source, [Issue("several_parts", {"name": wanted, "ids": ", ".join(ids)})])
    choices = [content["study"]["name"], *streets, *(name for name, _ in names.values()), *names]
    near = difflib.get_close_matches(wanted, choices, n=NEAREST, cutoff=0.0)
    raise CommandError(source, [Issue("unknown_part", {"name": wanted, "near": ", ".join(dict.fromkeys(near))})])


def filter_document(content: PlanDocument, communities: Collection[str]) -> PlanDocument:
    """Return the document of some communities alone: their people, their centres, their totals.

    Who is covered is covered by any centre of the district, also one outside these communities. Proposed sites,
    business areas and results of the whole district are left out.
    """
    coverage, diagnosis = content["coverage"], content["diagnosis"]
    inside = [row for row in coverage["by_community"] if row["community"] in communities]
    centres = [centre for centre in content["centres"] if centre["community"] in communities]
    tiers = [centre["tier"] for centre in centres]
    total = [
        _together([row for row in inside if row["limit_min"] == whole["limit_min"]], whole["limit_min"])
        for whole in coverage["total"]
    ]
    weak = [community for community in diagnosis["weak_communities"] if community in communities]
    without = [one for one in diagnosis["communities_without_centre"] if one in communities]
    standard = next(row for row in total if row["limit_min"] == coverage["standard_min"])
    return {
        **content,
        "data": {
            **content["data"],
            "facilities": {tier: tiers.count(tier) for tier in dict.fromkeys(tiers)},
            "communities": len(communities),
            "people": standard["people"],
        },
        "coverage": {
            **coverage,
            "total": total,
            "by_community": inside,
            "by_tier": [],
            "people_uncovered": standard["people"] - standard["people_covered"],
        },
        "centres": centres,
        "diagnosis": {
            **diagnosis,
            "rates": _rates(centres),
            "weak_communities": weak,
            "communities_without_centre": without,
        },
        "siting": {**content["siting"], "proposals": []},
        "business_areas": None,
    }


def _together(rows: Sequence[Entry], limit_min: float) -> CoverageTotal:
    counts = {name: sum(row[name] for row in rows) for name in COUNTS}
    shares = {
        name: counts[part] / counts[whole] if counts[whole] else None for name, (part, whole) in SHARES.items()
    }
    return cast("CoverageTotal", {"limit_min": limit_min, **counts, **shares, "shown": sum_shown_counts(rows)})


def _rates(centres: Sequence[Facility]) -> Rates:
    """Return the rates of the premises among some centres, computed as in the diagnosis."""
    verdicts = [centre["verdict"] for centre in centres if centre["tier"] in PREMISES and centre["verdict"]]
    counts = {name: verdicts.count(name) for name in ("excellent", "compliant", "weak", "undetermined")}
    determined = len(verdicts) - counts["undetermined"]
    rates = {
        "assessed": len(verdicts),
        **counts,
        "perhaps_excellent": 0,
        "compliant_share": (counts["excellent"] + counts["compliant"]) / determined if determined else None,
        "excellent_share": counts["excellent"] / determined if determined else None,
    }
    return cast("Rates", rates)
