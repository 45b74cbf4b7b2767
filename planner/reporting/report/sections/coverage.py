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
    Wording,
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


def inventory(plan: Plan, say: Wording) -> Iterator[Block]:
    """Tell what there is today."""
    content = say.content
    counts = content["data"]["facilities"]
    tiers = [tier for tier in TIERS if tier in counts]
    named = [say("inventory_tier", tier=say.word(f"tier_{tier}"), count=counts[tier]) for tier in tiers]
    yield Paragraph(say("inventory_intro", count=sum(counts.values()), tiers=say.listed(named)))
    if content["data"]["branches"]:
        yield Paragraph(say("inventory_branches", count=content["data"]["branches"]))
    pattern = {tier: counts.get(tier, 0) for tier in TIERS}
    yield Paragraph(say("inventory_pattern", premises=sum(pattern[tier] for tier in PREMISES), **pattern))
    names = community_names(content)
    without = [names[community] for community in content["diagnosis"]["communities_without_centre"]]
    some = say("inventory_without", count=len(without), names=say.listed(without))
    yield Paragraph(some if without else say("inventory_all_housed"))
    yield Table(
        say("inventory_tiers_table"),
        (say("column_tier"),),
        say.all("column_count", "column_floor_area_known", "column_floor_area")
        + tuple(say.word(f"verdict_{verdict}") for verdict in (*RATINGS, "none")),
        tuple(_tier_row(tier, say) for tier in tiers),
    )
    minutes = say.plain(content["coverage"]["standard_min"])
    yield Figure(
        overview_figure(plan, say.texts), say("figure_overview", minutes=minutes, crs=content["data"]["crs"])
    )
    yield centres_table(say)


def centres_table(say: Wording) -> Table:
    """List the centres."""
    access_m = say.content["walking"]["access_m"]
    return Table(
        say("inventory_centres_table"),
        say.all("column_id", "column_centre", "column_tier", "column_community", "column_verdict"),
        say.all("column_floor_area", "column_street_m"),
        tuple(_centre_row(centre, access_m, say) for centre in say.content["centres"]),
        note=say("inventory_centres_note", access=say.plain(access_m)),
    )


def _tier_row(tier: str, say: Wording) -> Row:
    centres = [centre for centre in say.content["centres"] if centre["tier"] == tier and not centre["branch_of"]]
    areas = [centre["measures"]["floor_area_m2"] for centre in centres]
    known = [area for area in areas if area is not None]
    verdicts = [centre["verdict"] for centre in centres]
    return (
        say.word(f"tier_{tier}"),
        say.whole(len(centres)),
        say.whole(len(known)),
        say.whole(sum(known) if known else None),
        *(say.whole(verdicts.count(verdict)) for verdict in (*RATINGS, "")),
    )


def _centre_row(centre: Document, access_m: float, say: Wording) -> Row:
    far = centre["street_m"] > access_m
    return (
        centre["id"],
        centre["name"],
        say.word(f"tier_{centre['tier']}"),
        centre["community_name"] or DASH,
        say.verdict(centre["verdict"]),
        say.whole(centre["measures"]["floor_area_m2"]),
        Cell(("▲ " if far else "") + say.number(centre["street_m"]), marked=far),
    )


def coverage(say: Wording) -> Iterator[Block]:
    """Tell who is served: in all, by tier, by community; and what a disc would have claimed."""
    found = say.content["coverage"]
    total, minutes = at_standard(say.content), say.plain(found["standard_min"])
    heads = headcount(total)
    counts = {name: say.whole(getattr(heads, name)) for name in ("people", "covered", "uncovered")}
    yield Paragraph(say("coverage_intro", minutes=minutes, overlap=say.whole(total["people_overlap"]), **counts))
    yield Table(
        say("coverage_total_table"),
        (say("column_limit"),),
        say.all("column_served", "column_share", "column_unserved", "column_points", "column_points_share")
        + say.all("column_area_share", "column_overlap", "column_overlap_share"),
        tuple(_total_row(row, say) for row in found["total"]),
        note=say("coverage_total_note", area=say.number(total["area_m2"] / 1e6, 2)),
    )
    yield Table(
        say("coverage_tier_table"),
        say.all("column_tier", "column_limit"),
        say.all("column_count", "column_served", "column_share", "column_area_share", "column_overlap"),
        tuple(
            (
                say.word(f"tier_{row['tier']}"),
                say("minutes", value=say.plain(row["limit_min"])),
                say.whole(row["facilities"]),
                say.whole(row["people_covered"]),
                say.bar(row["people_share"]),
                say.percent(row["area_share"]),
                say.whole(row["people_overlap"]),
            )
            for row in found["by_tier"]
        ),
        note=say("coverage_tier_note"),
    )
    yield community_table(say)
    yield Table(
        say("coverage_disc_table"),
        (say("column_limit"),),
        say.all("column_disc_m", "column_mean_share", "column_least_share", "column_most_share"),
        tuple(_disc_row(row, say) for row in say.content["walking"]["limits"]),
        note=say("coverage_disc_note", count=len(say.content["centres"])),
    )


def _total_row(row: Document, say: Wording) -> Row:
    heads = headcount(row)
    return (
        say("minutes", value=say.plain(row["limit_min"])),
        say.whole(heads.covered),
        say.bar(row["people_share"]),
        say.whole(heads.uncovered),
        say.whole(row["points_covered"]),
        say.percent(row["points_share"]),
        say.percent(row["area_share"]),
        say.whole(row["people_overlap"]),
        say.percent(row["overlap_share"]),
    )


def _disc_row(limit: Document, say: Wording) -> Row:
    shares = disc_shares(say.content, limit["minutes"])
    return (
        say("minutes", value=say.plain(limit["minutes"])),
        say("metres", value=say.plain(limit["metres"])),
        say.bar(mean(shares)),
        say.percent(min(shares)),
        say.percent(max(shares)),
    )


def community_table(say: Wording) -> Table:
    """Tell who is served in each community."""
    found = say.content["coverage"]
    standard, minutes = found["standard_min"], say.plain(found["standard_min"])
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
            say.whole(headcount(at[community]).people),
            *(say.bar(row["people_share"]) for row in limits),
            say.whole(headcount(at[community]).uncovered),
            say.whole(at[community]["shown"]["own_people_covered"]),
        )
        for community, limits in by_community.items()
    ]
    heads = headcount(at_standard(say.content))
    own = sum(row["shown"]["own_people_covered"] for row in at.values())
    shares = tuple(say.bar(row["people_share"]) for row in found["total"])
    rows.append((say("total"), "", say.whole(heads.people), *shares, say.whole(heads.uncovered), say.whole(own)))
    return Table(
        say("coverage_community_table"),
        say.all("column_community_name", "column_street"),
        (
            say("column_people"),
            *(say("column_within", minutes=say.plain(row["limit_min"])) for row in found["total"]),
            *say.all("column_unserved_at", "column_own", minutes=minutes),
        ),
        tuple(rows),
        note=say("coverage_community_note", minutes=minutes),
        totals=1,
    )
