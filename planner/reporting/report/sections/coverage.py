"""What the report says of today: what there is (inventory) and whom it serves (coverage)."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from planner.accessibility.access_data import PREMISES
from planner.evaluation.ratings import RATINGS
from planner.reporting.document.build import Document
from planner.reporting.report.blocks import (
    DASH,
    Block,
    Cell,
    Figure,
    Paragraph,
    Row,
    Table,
    Translator,
    at_standard,
    community_names,
    disc_shares,
    headcount,
)
from planner.reporting.report.figures import overview_figure
from planner.results import Plan
from planner.schemas.tables import TIERS

LOWEST = 5
"""One in so many communities is marked as the lowest."""


def inventory_section(plan: Plan, t: Translator) -> Iterator[Block]:
    """Tell what there is today."""
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
    minutes = t.exact(content["coverage"]["standard_min"])
    yield Figure(overview_figure(plan, t.texts), t("figure_overview", minutes=minutes, crs=content["data"]["crs"]))
    yield centres_table(t)


def centres_table(t: Translator) -> Table:
    """List the centres."""
    access_m = t.content["walking"]["access_m"]
    return Table(
        t("inventory_centres_table"),
        t.all("column_id", "column_centre", "column_tier", "column_community", "column_verdict"),
        t.all("column_floor_area", "column_street_m"),
        tuple(_centre_row(centre, access_m, t) for centre in t.content["centres"]),
        note=t("inventory_centres_note", access=t.exact(access_m)),
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


def _centre_row(centre: Document, access_m: float, t: Translator) -> Row:
    far = centre["street_m"] > access_m
    return (
        centre["id"],
        centre["name"],
        t.term(f"tier_{centre['tier']}"),
        centre["community_name"] or DASH,
        t.verdict(centre["verdict"]),
        t.whole(centre["measures"]["floor_area_m2"]),
        Cell(("▲ " if far else "") + t.number(centre["street_m"]), marked=far),
    )


def coverage_section(t: Translator) -> Iterator[Block]:
    """Tell who is served: in all, by tier, by community; and what a disc would have claimed."""
    found = t.content["coverage"]
    total, minutes = at_standard(t.content), t.exact(found["standard_min"])
    heads = headcount(total)
    counts = {name: t.whole(getattr(heads, name)) for name in ("people", "covered", "uncovered")}
    yield Paragraph(t("coverage_intro", minutes=minutes, overlap=t.whole(total["people_overlap"]), **counts))
    yield Table(
        t("coverage_total_table"),
        (t("column_limit"),),
        t.all("column_served", "column_share", "column_unserved", "column_points", "column_points_share")
        + t.all("column_area_share", "column_overlap", "column_overlap_share"),
        tuple(_total_row(row, t) for row in found["total"]),
        note=t("coverage_total_note", area=t.number(total["area_m2"] / 1e6, 2)),
    )
    yield Table(
        t("coverage_tier_table"),
        t.all("column_tier", "column_limit"),
        t.all("column_count", "column_served", "column_share", "column_area_share", "column_overlap"),
        tuple(
            (
                t.term(f"tier_{row['tier']}"),
                t("minutes", value=t.exact(row["limit_min"])),
                t.whole(row["facilities"]),
                t.whole(row["people_covered"]),
                t.bar(row["people_share"]),
                t.percent(row["area_share"]),
                t.whole(row["people_overlap"]),
            )
            for row in found["by_tier"]
        ),
        note=t("coverage_tier_note"),
    )
    yield community_table(t)
    yield Table(
        t("coverage_disc_table"),
        (t("column_limit"),),
        t.all("column_disc_m", "column_mean_share", "column_least_share", "column_most_share"),
        tuple(_disc_row(row, t) for row in t.content["walking"]["limits"]),
        note=t("coverage_disc_note", count=len(t.content["centres"])),
    )


def _total_row(row: Document, t: Translator) -> Row:
    heads = headcount(row)
    return (
        t("minutes", value=t.exact(row["limit_min"])),
        t.whole(heads.covered),
        t.bar(row["people_share"]),
        t.whole(heads.uncovered),
        t.whole(row["points_covered"]),
        t.percent(row["points_share"]),
        t.percent(row["area_share"]),
        t.whole(row["people_overlap"]),
        t.percent(row["overlap_share"]),
    )


def _disc_row(limit: Document, t: Translator) -> Row:
    shares = disc_shares(t.content, limit["minutes"])
    return (
        t("minutes", value=t.exact(limit["minutes"])),
        t("metres", value=t.exact(limit["metres"])),
        t.bar(mean(shares)),
        t.percent(min(shares)),
        t.percent(max(shares)),
    )


def community_table(t: Translator) -> Table:
    """Tell who is served in each community."""
    found = t.content["coverage"]
    standard, minutes = found["standard_min"], t.exact(found["standard_min"])
    by_community: dict[str, list[Document]] = {}
    for row in found["by_community"]:
        by_community.setdefault(row["community"], []).append(row)
    at = {
        community: next(r for r in rows if r["limit_min"] == standard) for community, rows in by_community.items()
    }
    peopled = [community for community, row in at.items() if row["people_share"] is not None]
    lowest = sorted(peopled, key=lambda community: at[community]["people_share"])[: len(peopled) // LOWEST]
    rows: list[Row] = [
        (
            Cell(("▼ " if community in lowest else "") + at[community]["name"], marked=community in lowest),
            at[community]["street"] or DASH,
            t.whole(headcount(at[community]).people),
            *(t.bar(row["people_share"]) for row in limits),
            t.whole(headcount(at[community]).uncovered),
            t.whole(at[community]["shown"]["own_people_covered"]),
        )
        for community, limits in by_community.items()
    ]
    heads = headcount(at_standard(t.content))
    own = sum(row["shown"]["own_people_covered"] for row in at.values())
    shares = tuple(t.bar(row["people_share"]) for row in found["total"])
    rows.append((t("total"), "", t.whole(heads.people), *shares, t.whole(heads.uncovered), t.whole(own)))
    return Table(
        t("coverage_community_table"),
        t.all("column_community_name", "column_street"),
        (
            t("column_people"),
            *(t("column_within", minutes=t.exact(row["limit_min"])) for row in found["total"]),
            *t.all("column_unserved_at", "column_own", minutes=minutes),
        ),
        tuple(rows),
        note=t("coverage_community_note", minutes=minutes),
        totals=1,
    )
