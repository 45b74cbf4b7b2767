"""Sections on the existing facilities and their coverage."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from planner.evaluation import RATINGS
from planner.reporting.document.records.inputs import WalkLimit
from planner.reporting.report.blocks import (
    Block,
    Paragraph,
    Row,
    Table,
    Translator,
    at_standard,
    community_names,
    disc_shares,
    headcount,
)
from planner.reporting.tables.result_tables import (
    FACILITIES,
    communities_table,
    community_rows,
    coverage_table,
    facilities_table,
)
from planner.schemas.tables import PREMISES, TIERS

TOTAL = (
    "limit",
    "served",
    "share",
    "unserved",
    "points",
    "points_share",
    "area_share",
    "overlap",
    "overlap_share",
)
BY_TIER = ("tier", "limit", "facilities", "served", "share", "area_share", "overlap")


def inventory_section(t: Translator) -> Iterator[Block]:
    """Yield the inventory of the facilities."""
    content = t.content
    counts = content["data"]["facilities"]
    tiers = [tier for tier in TIERS if tier in counts]
    named = [t("inventory_tier", tier=t.term(f"tier_{tier}"), count=counts[tier]) for tier in tiers]
    yield Paragraph(t("inventory_intro", count=sum(counts.values()), tiers=t.join(named)))
    if content["data"]["branches"]:
        yield Paragraph(t("inventory_branches", count=content["data"]["branches"]))
    pattern = {tier: counts.get(tier, 0) for tier in TIERS}
    yield Paragraph(t("inventory_pattern", premises=sum(pattern[tier] for tier in PREMISES), **pattern))
    names = community_names(content)
    without = [names[community] for community in content["diagnosis"]["communities_without_centre"]]
    some = t("inventory_without", count=len(without), names=t.join(without))
    yield Paragraph(some if without else t("inventory_all_housed"))
    yield Table(
        t("inventory_tiers_table"),
        (t("column_tier"),),
        t.all("column_count", "column_floor_area_known", "column_floor_area")
        + tuple(t.term(f"verdict_{verdict}") for verdict in (*RATINGS, "none")),
        tuple(_tier_row(tier, t) for tier in tiers),
    )
    yield facilities_block(t)


def facilities_block(t: Translator) -> Table:
    """Return the table of all facilities."""
    note = t("inventory_centres_note", access=t.exact(t.content["walking"]["access_m"]))
    return facilities_table(t).block(
        t, t.content["centres"], t("inventory_centres_table"), keys=FACILITIES, note=note
    )


def _tier_row(tier: str, t: Translator) -> Row:
    centres = [centre for centre in t.content["centres"] if centre["tier"] == tier and not centre["branch_of"]]
    areas = [centre["measures"]["floor_area_m2"] for centre in centres]
    known = [area for area in areas if area is not None]
    verdicts = [centre["verdict"] for centre in centres]
    return (
        t.term(f"tier_{tier}"),
        t.whole(len(centres)),
        t.whole(len(known)),
        t.whole(sum(known) if known else None),
        *(t.whole(verdicts.count(verdict)) for verdict in (*RATINGS, "")),
    )


def coverage_section(t: Translator) -> Iterator[Block]:
    """Yield the coverage in total, by tier and by community, compared with straight-line discs."""
    coverage = t.content["coverage"]
    total, minutes = at_standard(t.content), t.exact(coverage["standard_min"])
    heads = headcount(total)
    counts = {name: t.whole(getattr(heads, name)) for name in ("people", "covered", "uncovered")}
    yield Paragraph(t("coverage_intro", minutes=minutes, overlap=t.whole(total["people_overlap"]), **counts))
    yield coverage_table(t).block(
        t,
        coverage["total"],
        t("coverage_total_table"),
        keys=TOTAL,
        note=t("coverage_total_note", area=t.number(total["area_m2"] / 1e6, 2)),
    )
    yield coverage_table(t).block(
        t, coverage["by_tier"], t("coverage_tier_table"), keys=BY_TIER, note=t("coverage_tier_note")
    )
    yield communities_block(t)
    yield Table(
        t("coverage_disc_table"),
        (t("column_limit"),),
        t.all("column_disc_m", "column_mean_share", "column_least_share", "column_most_share"),
        tuple(_disc_row(row, t) for row in t.content["walking"]["limits"]),
        note=t("coverage_disc_note", count=len(t.content["centres"])),
    )


def _disc_row(limit: WalkLimit, t: Translator) -> Row:
    shares = disc_shares(t.content, limit["minutes"])
    return (
        t("minutes", value=t.exact(limit["minutes"])),
        t("metres", value=t.exact(limit["metres"])),
        t.bar(mean(shares)),
        t.percent(min(shares)),
        t.percent(max(shares)),
    )


def communities_block(t: Translator) -> Table:
    """Return the table of coverage by community, with the total."""
    total, rows = t.content["coverage"]["total"], community_rows(t)
    standard = t.content["coverage"]["standard_min"]
    heads = headcount(at_standard(t.content))
    own = sum(row[standard]["shown"]["own_people_covered"] for row in rows)
    shares = tuple(t.bar(row["people_share"]) for row in total)
    within = tuple(f"within_{row['limit_min']:g}" for row in total)
    return communities_table(t).block(
        t,
        rows,
        t("coverage_community_table"),
        keys=("name", "subdistrict", "people", *within, "unserved", "own"),
        note=t("coverage_community_note", minutes=t.exact(standard)),
        total=(t("total"), "", t.whole(heads.people), *shares, t.whole(heads.uncovered), t.whole(own)),
    )
