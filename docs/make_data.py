"""Write docs/data.md: from the schemas, from the settings, and from the tables of meanings below.

    python docs/make_data.py

The schemas and the settings say themselves what they mean. What the results hold is said here, once, and a test
holds these tables against the results of a study.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from planner.config.sections.base import Settings
from planner.config.sections.layers import InputSettings, Layer, Raster
from planner.config.study import Study, is_list_of_tables, nested_settings, setting_meaning
from planner.evaluation.indicators import INDICATORS
from planner.io.formats import FORMATS
from planner.reporting.tables.layer_schemas import LAYERS
from planner.schemas.table_schema import Column, TableSchema
from planner.schemas.tables import SCHEMAS

TARGET = Path(__file__).with_name("data.md")

TYPE_WORDS = {"text": "text", "number": "number", "whole": "whole number", "yes_no": "true or false"}
SHARES = {
    "people": "people at the demand points counted in this row",
    "people_covered": "of these, people with at least one centre within the limit",
    "people_share": "people_covered ÷ people, 0–1; empty where there are no people",
    "people_overlap": "of people, those with two centres or more within the limit; a branch is no second one",
    "overlap_share": "people_overlap ÷ people, 0–1",
    "points": "demand points, those without people included",
    "points_covered": "of these, points with at least one centre within the limit",
    "points_share": "points_covered ÷ points, 0–1",
    "area_m2": "area of the communities, m²",
    "area_covered_m2": "of this, the area inside a service area, m²",
    "area_share": "area_covered_m2 ÷ area_m2, 0–1",
}
EXCLUDED_BECAUSE = (
    "in_water, on_barrier, outside (the district), too_near (to a centre), no_street, behind_barrier, "
    "too_small or no_cost"
)
UNSERVED_BECAUSE = (
    "no_street, behind_barrier, closed_compound, cut_off, other_bank, other_side, detour or too_far: see method.md"
)
IN_REACH = "uncovered people within the standard of this position"
CANDIDATE = {
    "id": "K<clusters>-<number> of clusters, else with D:, C:, P:, S:, M: by source; from west to east",
    "source": "clusters, density, business_areas, parcels, streets, move or merge",
    "name": "of the parcel or circle; else empty",
    "clusters": "how many clusters were asked of the clustering that proposed it; 0 for other sources",
    "people": "people of its cluster, or workers of its circle; 0 for other sources",
    "moved_m": "from the middle of these to the street, m",
    "cost": "in the study's unit of money; empty where not known",
    "area_m2": "floor area, m²; empty where not known",
    "tenure": "owned, rentable, shared or empty",
    "centres": "ids of the free centres that it moves or merges; else empty",
}
CURVE = {
    "sites": "new sites at most",
    "people_gained": "by the best choice of so many, against today",
    "bound": "no choice of so many gains more",
    "status": "optimal, time_limit or heuristic",
    "added": "people gained beyond the best choice of one site fewer",
}
OWN_PEOPLE = "people within the limit of the premises of their own community (tiers community and village)"
LIMIT = "the limit, minutes, inclusive"
STREET_M = "straight distance to the nearest street, m, also where it is beyond access_m"

GIVEN = {
    "activity_area_m2": "floor area for residents' activities, m²; empty where not known",
    "open_hours_week": "hours open in a week; empty where not known",
    "step_free": "whether it is entered without a step",
    "newly_built": "whether it counts as newly built",
}
MEASURES = {
    one.column: one.meaning
    for one in INDICATORS.values()
    if one.name not in {"floor_area_m2", "functions", *GIVEN}
}
CHANGE_KINDS = (
    "add_area, extend_hours, add_functions, step_free, open_gate, build_crossing, move, share or open_station"
)
CHANGE_AMOUNT = (
    "m² (add_area, share, open_station), hours a week, how many functions, metres (build_crossing: its length; "
    "move: as the crow flies), 1 for a gate or an entrance"
)
CHANGE_ABOUT = "id of the gate, or of the neighbouring centre that is shared; empty for other changes"
QUOTA = {
    "quota": "its id",
    "rule": "id of the rule that a share of the centres is to pass",
    "required": "that share, 0–1, inclusive",
    "centres": "to how many centres the rule applies",
    "passing": "how many pass it",
    "unknown": "of how many it is not known",
    "passed": "yes, no or unknown",
}
PAIR = {
    "id": "X1, X2, …, by minutes_saved",
    "air_m": "how far apart as the crow flies, m",
    "walk_m": "how far on foot, m; empty where no walk within remedies.far_min is known",
    "times": "walk_m ÷ air_m; empty likewise",
    "minutes_saved": "people × minutes saved on the way to the nearest centre if the two were joined",
    "people": "who would save some",
    "people_cut_off": "of these, those without any walk within remedies.far_min today",
    "from_street": "street of the position nearer to a centre; empty where it has no name",
    "to_street": "street of the other position",
    "between": "what stands between, as far as layers of the study tell: barrier, water or gap",
    "between_name": "its name; empty where it has none",
}
FINDING = {
    "rule": "id of the rule",
    "grade": "compliant or excellent: what passing is needed for; advice decides nothing",
    "passed": "whether it passes; unknown where the data cannot tell",
    "value": "the left side of the part that decided, in `unit`; a yes or no is 1 or 0",
    "at_least": "where that is not known, its lower limit, if it has one",
    "comparison": "≥, ≤, >, < or =",
    "required": "the right side of it",
    "unit": "of both sides",
    "unknown": "the measures that the rule speaks of and that are not known",
}
UNKNOWN = {
    "measure": "the measure that is not known",
    "reason": "why: a key of texts/measures.toml after `unknown_`",
    "at_least": "its lower limit; 0 where it has none",
}
DIRECTION = {
    "direction": "N, NE, E, SE, S, SW, W or NW",
    "people": "who lives there within the straight-line circle of the standard",
    "detour": "walk ÷ straight line of the middle one of them; not known where it lies beyond the horizon",
    "at_least": "its lower limit; the detour itself where that is known",
    "blocked": "whether it is above the profile's limit; unknown where the horizon hides it",
}
COMMUNITY = {
    "community": "id of the community",
    "people": "people at its demand points",
    "people_covered": "of these, within the standard of any centre",
    "covered_share": "people_covered ÷ people, 0–1",
    "premises": "premises of its own",
    "premises_m2": "their floor area together, m²; not known if one is not",
    "m2_per_100_households": "premises_m2 for 100 households",
    "people_65": "residents of 65 and more; not known if they are not at one of its points",
    "people_65_uncovered": "of these, beyond the standard",
    "m2_per_person_2sfca": "m² within reach for each person (2SFCA), mean over its people",
    "m2_per_person_e2sfca": "the same, weighted by zone (E2SFCA)",
}
FLIP = {
    "facility": "id of the centre",
    "rule": "the rule whose threshold is changed",
    "change": "by which share: −0.1 is a tenth lower",
    "required": "the threshold then",
    "verdict": "as it is",
    "verdict_then": "with the changed threshold",
}
CHANGED = {
    "facility": "id of the centre",
    "verdict": "by this study",
    "verdict_then": "by the other profile",
}
GROUP = {
    "group": "people (everybody), people_65, or another column people_<kind> of the demand layer",
    "people": "people of the group",
    "people_reaching": "of these, who reach a centre at all",
    "people_unreachable": "of these, who reach none",
    "uncovered": "of these, beyond the standard, the unreachable included",
    "uncovered_share": "uncovered ÷ people, 0–1",
    "mean_min": "mean walk of who reaches a centre, minutes",
    "median_min": "half of the group walk no more, minutes; not known where half reach nothing",
    "gini": "Gini index of these walks",
    "theil": "Theil index of these walks",
    "gap": "FGT index, power 1, beyond the standard, of who reaches a centre",
    "severity": "the same, power 2",
    "worst_from_min": "the tenth with the longest walks walk at least this, minutes",
    "worst_mean_min": "mean of those of them who reach a centre, minutes",
    "worst_people": "how many they are",
    "worst_unreachable": "of these, who reach no centre",
}
LORENZ = {
    "group": "of people",
    "people_share": "share of them, those with the shortest walks first, 0–1",
    "minutes_share": "their share of all minutes walked, 0–1",
}
BY_SUBDISTRICT = {
    "subdistrict": "the subdistrict (街道), town or ward",
    "people": "people in its communities",
    "people_unreachable": "of these, who reach no centre",
    "mean_min": "mean walk of the others, minutes",
    "gini": "Gini index of these walks",
    "uncovered_share": "share of its people beyond the standard, 0–1",
}
OVERLAY = {
    "limit_min": "the limit, minutes, inclusive",
    "pairs": "pairs of centre and demand point covered by walking time or by overlay",
    "differing": "of these, covered by one of the two only",
    "differing_beyond": "of these, farther from the drawn border than tolerance_m: 0 by the law",
    "differing_share": "differing_beyond ÷ pairs",
    "people_by_time": "people covered by any centre, by walking time",
    "people_by_overlay": "the same by overlay",
    "tolerance_m": "how far the drawn border may lie from the true one, m",
}
SOURCED = {
    "clause": "where it comes from",
    "clause_zh": "the same in Chinese; empty: as it is",
    "evidence": "how sure that is: seen (text read), excerpt, quoted, unchecked (from memory), or own",
}
RATES = {
    "assessed": "how many premises",
    "excellent": "of these, excellent",
    "compliant": "of these, compliant and not excellent",
    "weak": "of these, weak",
    "undetermined": "of these, undetermined",
    "perhaps_excellent": "of the compliant, those that might be excellent if all were known",
    "compliant_share": "达标率: (excellent + compliant) ÷ (assessed − undetermined), 0–1",
    "excellent_share": "优秀率: excellent ÷ (assessed − undetermined), 0–1",
}

LAYER_SETTINGS = (Layer, Raster)
"""Documented once, as `<layer>`; a raster has those of them that it needs: path, crs, source, modelled."""

BALANCE = {
    "community": "id of the community; empty: outside every community",
    "name": "of the community",
    "given": "people as the communities table has them; empty where it has none",
    "found": "people that the source holds for it, before any scaling",
    "placed": "people at its demand points",
    "lost": "people found and not placed",
    "method": "how they were placed: points, raster, buildings, along_streets or one_point; empty: nobody",
    "reason": "why people were lost: demand_outside; empty: nobody was",
}
PEOPLE_SHARES = {name: meaning for name, meaning in SHARES.items() if not name.startswith("area")}
CIRCLE = {
    "id": "B1, B2, …, most workers first",
    "name": "the user's, or that of its most important place or of its street",
    "name_from": "where the name comes from: given, place or street",
    "places": "places in it",
    "workers": "people who work in it by day",
    "workers_given": "of these, those whom the layer itself counts; the others are estimated by kind",
    "workers_covered": "of these, those within the standard of a station",
    "workers_near_middle": "of these, those within the standard of the place in its middle: one station's reach",
    "middle": "id of the place in its middle: nearest to where its workers are on average",
    "station_within": "whether a station is within the standard of that place",
    "station": "id of the nearest station from there; empty where none can be walked to",
    "station_min": "minutes on foot to it",
    "centre": "id of the nearest centre of any tier",
    "centre_min": "minutes on foot to it",
    "area_m2": "area of its extent, m²",
}
WHICH_KIND = "id of the kind of people"

YEAR = "the year, as 2024; 1, 2 … where the study names no first year"
MONEY = "in costs.unit"
NEED = {
    "id": "N1, N2 …",
    "kind": "weak_centre; no_centre: a community without premises; uncovered: people of one beyond the standard",
    "place": "id of the centre or community",
    "name": "of the centre or community",
    "community": "id of the community; empty in none",
    "subdistrict": "its subdistrict (街道) or town",
    "people": "people of the community, or those of it who are uncovered",
    "year": "the year by whose end it is met; empty where it is not, or not wholly",
    "people_met": "people for whom it is met by the end",
    "unmet_reason": "why it is not met: no_way, no_cost, not_chosen, station_only, no_project; empty if met",
}
PROJECT = {
    "id": "P1, P2 …: the number in the task table",
    "option": "upgrade:<centre> (see its remedy), a candidate's id, or that of one of the study's own projects",
    "kind": "upgrade, new, move, merge, share or access",
    "title": "the study's own words; empty where it has none",
    "centre": "id of the centre that it is about; empty in none",
    "site": "id of the candidate at which a centre then stands; empty at none",
    "community": "id of the community in which it lies; empty in none",
    "subdistrict": "its subdistrict (街道) or town",
    "year": YEAR,
    "cost": MONEY,
    "people_covered": "people newly within the standard, besides those of the projects before it",
    "people_standard": "people whose premises come up to standard by it",
    "cost_per_person": "cost ÷ (people_covered + people_standard); empty where nobody gains",
}
FUND_YEAR = {
    "year": YEAR,
    "amount": "what the fund gives in the year",
    "brought": "what was left from the year before and may be spent",
    "spent": "what the programme spends of it",
    "left": "what is left of it",
}

RESULT_LAYERS: dict[str, tuple[str, dict[str, str]]] = {
    "centres": (
        "Points, one a centre, in the order of the input.",
        {
            "id": "of the centre",
            "name": "of the centre",
            "tier": "district, town, community, village or station",
            "community": "id of its community: the declared one, else the one that it stands in",
            "floor_area_m2": "floor area, m²; empty where not known",
            "activity_area_m2": GIVEN["activity_area_m2"],
            "open_hours_week": GIVEN["open_hours_week"],
            "step_free_given": GIVEN["step_free"] + ", as the table says it",
            "newly_built_given": GIVEN["newly_built"] + ", as the table says it",
            "functions": "what it offers, as the table says it",
            "branch_of": "id of the centre of which it is a branch; empty otherwise",
            "place": "urban or rural, by the kind of its community; empty where not known",
            "verdict": "excellent, compliant, weak or undetermined; empty where no rule decides on it",
            "score": "weighted share of the rules passed, of those that can be told, 0–1",
            "step_free": GIVEN["step_free"] + ": 1 or 0; empty where not known",
            "newly_built": GIVEN["newly_built"] + ": 1 or 0; empty where not known",
            **MEASURES,
            "street_m": STREET_M,
        },
    ),
    "service_areas": (
        "Polygons, one a centre and limit. Empty where no street is reached.",
        {
            "facility": "id of the centre",
            "limit_min": LIMIT,
            "area_m2": "its area, m²",
            "disc_share": "area_m2 ÷ area of the straight-line disc of the same limit",
        },
    ),
    "reached": ("Polygons, one a limit: what any centre reaches.", {"limit_min": LIMIT}),
    "communities": (
        "Polygons, one a community, with its coverage at the standard.",
        {
            "id": "of the community",
            "name": "of the community",
            "subdistrict": "the subdistrict (街道), town or ward above it",
            "kind": "community or village",
            "people_given": "people as the communities table has them; empty where it has none",
            "households": "as the communities table has them; empty where it has none",
            "limit_min": "the standard, minutes",
            **SHARES,
            "own_people_covered": OWN_PEOPLE,
        },
    ),
    "demand": (
        "Points, one a demand point inside a community.",
        {
            "id": "of the demand point",
            "people": "people at it",
            "households": "households at it; empty where not known",
            "people_65": "residents of 65 and more; empty where not known",
            "community": "id of the community that holds it",
            "nearest_min": "minutes on foot to the nearest centre; empty beyond the horizon",
            "nearest_facility": "id of that centre; where a branch is nearer, of the centre that it belongs to",
            "facilities_<limit>min": "how many centres are within the limit, a centre and its branches as one",
            "street_m": STREET_M,
        },
    ),
    "people_balance": ("One row a community, the last for those outside all of them.", BALANCE),
    "groups_demand": (
        "Points, one a demand point and further kind of people; only where the study counts further kinds.",
        {
            "id": "of the demand point or place",
            "people": "people of this kind",
            "community": "id of the community that holds it",
            "nearest_min": "minutes to the nearest centre; empty beyond the horizon",
            "nearest_facility": "id of that centre; where a branch is nearer, of the centre that it belongs to",
            "kind": WHICH_KIND,
        },
    ),
    "groups_coverage": (
        "One row a further kind of people, community and limit.",
        {
            "community": "id of the community",
            "name": "of the community",
            "limit_min": LIMIT,
            **PEOPLE_SHARES,
            "kind": WHICH_KIND,
        },
    ),
    "business_areas": ("Polygons, one a business circle: its extent; only where the study gives places.", CIRCLE),
    "projects": (
        "Points, one a project of the programme, empty where it is nowhere; only where the study gives funds.",
        {
            **PROJECT,
            "closes": "ids of centres that serve nobody then, joined by commas",
            "resolves": "ids of weak centres that it brings to standard, joined by commas",
            "unit": "who is responsible",
            "paid": "which fund pays what, joined by commas",
        },
    ),
    "needs": (
        "One row a need; only where the study gives funds.",
        {
            **NEED,
            "rules": "of weak premises: ids of the rules that they fail, joined by commas",
            "projects": "ids of the projects that meet it, joined by commas",
        },
    ),
    "funds": (
        "One row a fund and year; only where the study gives funds.",
        {"fund": "id of the fund", **FUND_YEAR},
    ),
    "places": (
        "Points, one a place of a kind that makes circles; only where the study gives places.",
        {
            "id": "of the place",
            "name": "of the place",
            "kind": "as given",
            "kind_id": "that of the table of place kinds",
            "circle": "id of its business circle; empty in none",
            "workers": "people who work there by day",
            "workers_given": "whether the layer itself counts them; false: estimated by kind",
            "landmark": "how much its kind counts for the name of a circle",
            "weight": "as given",
            "station_min": "minutes to the nearest station; empty beyond the standard",
        },
    ),
    "candidates": (
        "Points, one a position where a station might open.",
        {**CANDIDATE, "people_in_reach": IN_REACH},
    ),
    "candidates_excluded": (
        "Points, one a candidate that was left out.",
        {**CANDIDATE, "reason": EXCLUDED_BECAUSE, "detail": "the centre that it is too near to; else empty"},
    ),
    "sites": (
        "Points, one a chosen site; the answers of both methods, and the other plans that come close.",
        {
            "id": "of the candidate",
            "source": CANDIDATE["source"],
            "cost": CANDIDATE["cost"],
            "method": "clustering, maximal_covering or alternative_<number>",
            "rank": "1 is the site that adds most",
            "people_added": "uncovered people that it adds to the sites before it",
            "status": "of the whole proposal: optimal, time_limit or heuristic",
        },
    ),
    "sites_curve": ("A table, one row a number of sites.", CURVE),
    "sites_otherwise": (
        "A table, one row a plan and circumstance; empty where the study names none.",
        {
            "plan": "today, clustering, maximal_covering, or robust: the choice for all circumstances",
            "world": "as_is, walking:<profile>, gates:<state> or people:<name>",
            "people": "people served, centres of today included",
            "regret": "people fewer than the best plan for that circumstance serves",
        },
    ),
    "unserved": (
        "Points, one where people live whom no candidate and no centre serves.",
        {
            "people": "people there",
            "reason": UNSERVED_BECAUSE,
            "nearest_min": "minutes to the nearest candidate or centre; empty where there is no walk",
        },
    ),
    "findings": (
        "A table, one row a centre and rule that applies to its tier.",
        {
            "facility": "id of the centre",
            **FINDING,
        },
    ),
    "unknown": (
        "A table, one row a measure of a centre that is not known.",
        {"facility": "id of the centre", **UNKNOWN},
    ),
    "directions": (
        "A table, one row a centre and direction in which somebody lives.",
        {"facility": "id of the centre", **DIRECTION},
    ),
    "remedies": (
        "Points (a crossing: lines), one row a change for a weak centre; one of the centre itself has none.",
        {
            "facility": "id of the centre",
            "change": CHANGE_KINDS,
            "amount": CHANGE_AMOUNT,
            "functions": "ids of the functions to add",
            "about": CHANGE_ABOUT,
            "cost": "in the study's unit of money; empty where not known",
            "verdict_then": "what the centre is with all its changes",
        },
    ),
    "quotas": ("A table, one row a rule on all centres together.", QUOTA),
    "blocked_pairs": (
        "Lines, one a pair of street positions close in the air and far on foot, from the one nearer to a centre.",
        PAIR,
    ),
    "community_measures": ("A table, one row a community.", COMMUNITY),
    "flips": ("A table, one row a verdict that changes with the threshold of one rule.", FLIP),
    "verdicts_otherwise": (
        "A table, one row a verdict that differs by another profile of the study.",
        {"kind": "rules or walking", "name": "of the profile", **CHANGED},
    ),
    "fairness": ("A table, one row a group of people.", GROUP),
    "lorenz": ("A table, one row a group and tenth of its people.", LORENZ),
    "fairness_by_subdistrict": ("A table, one row a subdistrict (街道), town or ward.", BY_SUBDISTRICT),
    "overlay": ("A table, one row a limit: coverage by walking time beside coverage by overlay.", OVERLAY),
    "coverage": (
        "A table, one row a community and limit.",
        {
            "community": "id of the community",
            "name": "of the community",
            "subdistrict": "the subdistrict (街道), town or ward above it",
            "limit_min": LIMIT,
            **SHARES,
            "own_people_covered": OWN_PEOPLE,
        },
    ),
    "coverage_by_tier": (
        "A table, one row a tier and limit: what the centres of that tier alone reach.",
        {"tier": "the tier", "limit_min": LIMIT, "facilities": "centres of the tier", **SHARES},
    ),
    "coverage_total": ("A table, one row a limit.", {"limit_min": LIMIT, **SHARES}),
    "street_checks": (
        "Points, one a place where the streets look wrong; nothing is repaired.",
        {
            "kind": "near_miss, crossing or overlap",
            "street": "id of the street, or its row from 0 where streets have no ids",
            "other": "of the other street",
            "gap_m": "how far a near miss stays short, m; 0 where it ends on the street without a vertex there",
            "length_m": "how long an overlap is, m",
            "explained": "whether a crossing is said to be a bridge or a tunnel",
        },
    ),
    "notices": (
        "A table, one row a row of an input that could not be used as it is; one row where none is named.",
        {
            "key": "the kind of notice",
            "table": "the input concerned",
            "row": "id of the row; empty where the notice is about the whole table",
            "reason": "in words, in the study's language",
        },
    ),
}

OPTIONAL_REMEDY = {
    "centres[].remedy.changes": "list: one change, else a pair; empty where nothing that was tried suffices",
    "centres[].remedy.changes[].kind": CHANGE_KINDS,
    "centres[].remedy.changes[].amount": CHANGE_AMOUNT,
    "centres[].remedy.changes[].functions": "list of ids: the functions to add",
    "centres[].remedy.changes[].about": CHANGE_ABOUT,
    "centres[].remedy.changes[].name": "name of that gate or centre",
    "centres[].remedy.changes[].place": "where: longitude and latitude, degrees, WGS 84; null: the centre itself",
    "centres[].remedy.changes[].other": "the other end of a crossing, likewise; null otherwise",
    "centres[].remedy.changes[].cost": "in the study's unit of money; null where not known",
    "centres[].remedy.cost": "of all changes; null where not known",
    "centres[].remedy.verdict": "what the centre is then",
    "centres[].remedy.left": "list of ids: rules of grade compliant that still fail or cannot be told",
    "centres[].remedy.mended": "list of ids: rules of grade compliant that are not passed today and are then",
    "centres[].remedy.tried": "how many changes and pairs were tried",
    "centres[].blocked_pairs[].pair": "id of the pair",
    "centres[].blocked_pairs[].direction": "in which direction its middle lies, N to NW",
    **{f"diagnosis.blocked_pairs[].{name}": meaning.replace("empty", "null") for name, meaning in PAIR.items()},
    **{f"diagnosis.quotas[].{name}": meaning for name, meaning in QUOTA.items()},
    "diagnosis.quotas[].passed": "true, false or null",
    **{f"diagnosis.quotas[].{name}": meaning for name, meaning in SOURCED.items()},
    "diagnosis.quotas[].en": "what it asks, English",
    "diagnosis.quotas[].zh": "what it asks, Chinese",
    "diagnosis.blocked_pairs[].lon": "of the position nearer to a centre, degrees, WGS 84",
    "diagnosis.blocked_pairs[].lat": "latitude, degrees, WGS 84",
    "diagnosis.blocked_pairs[].other_lon": "of the other position",
    "diagnosis.blocked_pairs[].other_lat": "its latitude",
}


def _sites(path: str) -> dict[str, str]:
    """Return the entries of the sites of one plan."""
    meanings = {
        "rank": "1 is the site that adds most",
        "id": "of the candidate",
        "lon": "longitude, degrees, WGS 84",
        "lat": "latitude, degrees, WGS 84",
        "people_added": "uncovered people that it adds to the sites before it",
        "source": CANDIDATE["source"],
        "cost": CANDIDATE["cost"],
    }
    return {f"{path}[].{name}": meaning for name, meaning in meanings.items()}


PLAN_ENTRIES: dict[str, str] = {
    "format": "name and version of this form",
    "study": "the settings, defaults filled in",
    "walking": "how people walk",
    "walking.profile": "name of the walking profile; null where the study gives its own speed",
    "walking.speed_kmh": "km/h",
    "walking.access_m": "longest straight walk between a door and a street, m",
    "walking.en": "the speed in words, English",
    "walking.zh": "the speed in words, Chinese",
    "walking.source": "where the speed comes from",
    "walking.evidence": "how sure that is: measured, excerpt, quoted, or own",
    "walking.direction": "which way people are reckoned to walk: to_centre or from_centre",
    "walking.costs": "list of what counts besides metres on level, open ground: name, en, zh, source, evidence",
    "walking.limits": "list, one a limit",
    "walking.limits[].minutes": "the limit, minutes",
    "walking.limits[].metres": "how far that is at this speed, m",
    "walking.standard_min": "the limit that counts as served, minutes",
    "data": "what was read",
    "data.crs": "the projected coordinate system that everything is measured in",
    "data.margin_m": "how far beyond the communities streets are kept, m",
    "data.demand_method": "points (as given) or along_streets (community totals spread)",
    "data.people": "people at all demand points inside communities",
    "data.households": "households at these points; null where not known",
    "data.demand_points": "how many there are",
    "data.demand_no_street_share": "share of them without a street within `walking.access_m`, 0–1",
    "data.communities": "how many there are",
    "data.facilities": "centres by tier, branches left out",
    "data.branches": "facilities that are branches of another",
    "data.facilities.<tier>": "how many there are; a tier without centres is left out",
    "data.modelled": "list of the layers that the study declares as modelled",
    "data.attribution": "whose data must be named in everything made of it; empty where nobody's",
    "data.sources": "list, one an input layer",
    "data.sources[].layer": "its name in the study",
    "data.sources[].file": "the file, as the study names it, and the layer in it",
    "data.sources[].sha256": "SHA-256 of the file; of a shapefile, of all its files together",
    "data.sources[].encoding": "of its texts; empty where the format fixes it",
    "data.sources[].columns": "list: which column of the file is which field",
    "data.sources[].columns[].field": "the planner's name",
    "data.sources[].columns[].column": "the file's name",
    "data.sources[].columns[].factor": "what its numbers were multiplied by (10000 for 万)",
    "data.sources[].unread": "list: columns of the file that nothing reads",
    "data.sources[].unread[].column": "the file's name",
    "data.sources[].unread[].near": "the field that it may have meant; empty where none is near",
    "data.sources[].rows": "rows read",
    "data.sources[].used": "of these, rows that are in the results",
    "data.sources[].dropped": "list: the other rows, by the reason; rows = used + the counts",
    "data.sources[].dropped[].key": "the reason",
    "data.sources[].dropped[].count": "how many rows",
    "data.sources[].dropped[].rows": "list of their numbers, as ranges: in sheets as shown, else counted from 0",
    "data.sources[].dropped[].en": "the reason in words, English",
    "data.sources[].dropped[].zh": "the reason in words, Chinese",
    "data.sources[].crs": "the coordinate system of the file",
    "data.sources[].datum": "whose coordinates it has: wgs84, gcj02 or bd09; converted where it is not wgs84",
    "data.sources[].datum_by": "elsewhere (not in mainland China), declared, known (OpenStreetMap), "
    "stated (by its coordinate system), found (by evidence), alike (all layers fit one another), "
    "follows (that of its file) or untested (rasters; water and barriers of another file)",
    "data.sources[].source": "where it comes from, in the study's words",
    "data.sources[].modelled": "whether the study declares it as modelled",
    "data.left_out": "list: lines of the streets' file within the margin that are not walked, one entry a reason: "
    "`reason` (class, access, foot, motorroad or tunnel), `words` (list: what the file says of them, the longest "
    "first), `count` (lines), `length_m` (metres)",
    "data.sources[].attribution": "whose data it is, where that must be named; else empty",
    "demand": "where people come from, and their balance",
    "demand.method": "points, raster, buildings or along_streets",
    "demand.calibrated": "whether points or raster were scaled to the communities' totals",
    "demand.household_size": "people a household, as the study sets it; null where it does not",
    "demand.household_size_source": "where that comes from",
    "demand.people_given": "people of the communities table in all; null where it has none",
    "demand.people_found": "people that the source holds, inside and outside the communities",
    "demand.people_placed": "people at demand points",
    "demand.people_lost": "people found and not placed",
    "demand.balance": "list, one a community, the last for those outside all of them",
    **{f"demand.balance[].{name}": meaning for name, meaning in BALANCE.items()},
    "demand.balance[].without_street": "of those placed, people farther than access_m from every street",
    "network": "the walking network in figures",
    "network.nodes": "junctions and street ends",
    "network.edges": "stretches of street between them",
    "network.length_m": "length of all streets kept, m; lines across squares are no streets",
    "network.pieces": "connected pieces",
    "network.longest_pieces_m": "the lengths of the ten longest of them, m",
    "network.outside_share": "share of the length outside the longest piece, 0–1",
    "network.dead_ends": "nodes where a single edge ends",
    "network.crossings": "pairs of straight segments that cross without a common vertex",
    "network.unexplained_crossings": "those of them of which none is said to be a bridge or a tunnel",
    "network.near_misses": "street ends within 2 m of another street that they do not join",
    "network.overlaps": "pairs of straight segments that lie on one another",
    "network.overlap_m": "how long these lie on one another, m",
    "coverage": "who has a centre within the limits",
    "coverage.standard_min": "the limit that counts as served, minutes",
    "coverage.people_uncovered": "people beyond the standard",
    "coverage.points_uncovered": "demand points with people beyond the standard",
    "coverage.total": "list, one a limit",
    "coverage.total[].limit_min": LIMIT,
    **{f"coverage.total[].{name}": meaning for name, meaning in SHARES.items()},
    "coverage.total[].shown": "the same as every product shows them: whole",
    **{f"coverage.total[].shown.{name}": SHARES[name] for name in ("people", "people_covered")},
    "coverage.by_tier": "list, one a tier and limit: what the centres of that tier alone reach",
    "coverage.by_tier[].tier": "the tier",
    "coverage.by_tier[].limit_min": LIMIT,
    "coverage.by_tier[].facilities": "centres of the tier",
    **{f"coverage.by_tier[].{name}": meaning for name, meaning in SHARES.items()},
    "coverage.by_community": "list, one a community and limit",
    "coverage.by_community[].community": "id of the community",
    "coverage.by_community[].name": "of the community",
    "coverage.by_community[].subdistrict": "the subdistrict (街道), town or ward above it",
    "coverage.by_community[].kind": "community or village",
    "coverage.by_community[].limit_min": LIMIT,
    **{f"coverage.by_community[].{name}": meaning for name, meaning in SHARES.items()},
    "coverage.by_community[].own_people_covered": OWN_PEOPLE,
    "coverage.by_community[].shown": "the same as every product shows them: whole, and adding up to the total",
    **{f"coverage.by_community[].shown.{name}": SHARES[name] for name in ("people", "people_covered")},
    "coverage.by_community[].shown.own_people_covered": OWN_PEOPLE,
    "groups": "list, one a kind of people besides the residents",
    "groups[].id": "of the kind",
    "groups[].name": "of the kind, as users read it",
    "groups[].counted_by": "column, share, places or layer",
    "groups[].source": "where the figures come from, in the study's words",
    "groups[].weight": "how much one of them counts in siting",
    "groups[].standard_min": "the limit that counts as served, minutes",
    "groups[].people_given": "people of this kind that the source holds",
    "groups[].people": "of these, those at demand points",
    "groups[].people_lost": "those that are not",
    "groups[].people_uncovered": "people of this kind beyond its standard",
    "groups[].points": "demand points",
    "groups[].total": "list, one a limit",
    "groups[].total[].limit_min": LIMIT,
    **{f"groups[].total[].{name}": meaning for name, meaning in PEOPLE_SHARES.items()},
    "groups[].by_tier": "list, one a tier and limit",
    "groups[].by_tier[].tier": "the tier",
    "groups[].by_tier[].limit_min": LIMIT,
    **{f"groups[].by_tier[].{name}": meaning for name, meaning in PEOPLE_SHARES.items()},
    "groups[].by_community": "list, one a community and limit",
    "groups[].by_community[].community": "id of the community",
    "groups[].by_community[].name": "of the community",
    "groups[].by_community[].limit_min": LIMIT,
    **{f"groups[].by_community[].{name}": meaning for name, meaning in PEOPLE_SHARES.items()},
    "business_areas": "the business circles; null where the study gives no places",
    "business_areas.method": "dbscan or hdbscan",
    "business_areas.within_m": "how far apart on foot neighbours are, m",
    "business_areas.least_places": "the least of a circle",
    "business_areas.source": "where these figures come from, in the study's words",
    "business_areas.standard_min": "the limit within which a circle should have a station, minutes",
    "business_areas.places": "places read",
    "business_areas.places_of_business": "of these, places of kinds that make circles",
    "business_areas.places_in_areas": "of these, places in a circle",
    "business_areas.workers": "people who work at places of business by day",
    "business_areas.workers_in_areas": "of these, in circles",
    "business_areas.areas_found": "how many circles there are",
    "business_areas.areas_with_station": "of these, those with a station within the standard",
    "business_areas.place_kinds": "list, one a kind of place that occurs",
    "business_areas.place_kinds[].id": "of the kind",
    "business_areas.place_kinds[].makes_area": "whether places of it make circles",
    "business_areas.place_kinds[].jobs": "people assumed at each where the layer does not say",
    "business_areas.place_kinds[].source": "where that comes from",
    "business_areas.place_kinds[].source_zh": "the same in Chinese; empty: as it is",
    "business_areas.place_kinds[].evidence": "how sure that is",
    "business_areas.place_kinds[].places": "places of it",
    "business_areas.areas": "list, one a circle, most workers first",
    **{f"business_areas.areas[].{name}": meaning for name, meaning in CIRCLE.items()},
    "business_areas.areas[].station_name": "name of that station",
    "business_areas.areas[].centre_name": "name of that centre",
    "business_areas.areas[].lon": "of the place in its middle, degrees, WGS 84",
    "business_areas.areas[].lat": "latitude, degrees, WGS 84",
    "centres": "list, one a centre, in the order of the input",
    "centres[].id": "of the centre",
    "centres[].name": "of the centre",
    "centres[].tier": "district, town, community, village or station",
    "centres[].branch_of": "id of the centre of which it is a branch; empty otherwise",
    "centres[].community": "id of its community: the declared one, else the one that it stands in",
    "centres[].community_name": "name of that community",
    "centres[].lon": "longitude, degrees, WGS 84",
    "centres[].lat": "latitude, degrees, WGS 84",
    "centres[].street_m": STREET_M,
    "centres[].verdict": "excellent, compliant, weak or undetermined; empty where no rule decides on it",
    "centres[].measures": "what the rules speak of; null is not known",
    "centres[].measures.floor_area_m2": "floor area, m²",
    **{f"centres[].measures.{name}": meaning for name, meaning in MEASURES.items()},
    **{f"centres[].measures.{name}": meaning for name, meaning in GIVEN.items()},
    "centres[].place": "urban or rural, by the kind of its community; empty where not known",
    "centres[].score": "weighted share of the rules passed, of those that can be told, 0–1",
    "centres[].findings": "list, one a rule that applies to its tier and place",
    **{f"centres[].findings[].{name}": meaning for name, meaning in FINDING.items()},
    "centres[].unknown": "list, one a measure that is not known",
    **{f"centres[].unknown[].{name}": meaning for name, meaning in UNKNOWN.items()},
    "centres[].directions": "list, one a direction in which somebody lives",
    **{f"centres[].directions[].{name}": meaning for name, meaning in DIRECTION.items()},
    "centres[].blocked_pairs": "list, one a blocked pair of street positions within the longest limit in the air",
    "centres[].remedy": "what would make a weak centre compliant; null for all others",
    **OPTIONAL_REMEDY,
    "centres[].service_areas": "list, one a limit",
    "centres[].service_areas[].limit_min": LIMIT,
    "centres[].service_areas[].area_m2": "area of the service area, m²",
    "centres[].service_areas[].disc_share": "that ÷ area of the straight-line disc of the same limit",
    "diagnosis": "the rules and what they find over all premises",
    "diagnosis.profile": "the rule profile, as the study names it",
    "diagnosis.en": "its title, English",
    "diagnosis.zh": "its title, Chinese",
    "diagnosis.source": "where it comes from",
    "diagnosis.source_zh": "the same in Chinese; empty: as it is",
    "diagnosis.rules": "list, one a rule",
    "diagnosis.excellent_share": "weighted share of the rules of grade excellent that an excellent centre passes",
    "diagnosis.rules[].id": "its name in the findings",
    "diagnosis.rules[].expression": "what it asks of named measures",
    "diagnosis.rules[].tiers": "list of the tiers that it applies to",
    "diagnosis.rules[].places": "list of the places that it applies to: urban, rural, new; empty: everywhere",
    "diagnosis.rules[].grade": "compliant, excellent or advice",
    "diagnosis.rules[].weight": "how much it counts towards excellence and in the score",
    "diagnosis.rules[].effective": "the day from which it is in force; null where not known",
    "diagnosis.rules[].unit": "unit of its first comparison",
    "diagnosis.rules[].comparison": "of a rule that is one comparison with a number: ≥, ≤, > or <; else null",
    "diagnosis.rules[].required": "that number; else null",
    **{f"diagnosis.rules[].{name}": meaning for name, meaning in SOURCED.items()},
    "diagnosis.rules[].en": "what it asks, English",
    "diagnosis.rules[].zh": "what it asks, Chinese",
    "diagnosis.quotas": "list, one a rule on all centres together",
    "diagnosis.blocked_pairs": "list, one a pair of street positions close in the air and far on foot",
    "diagnosis.not_in_force": "list of ids: rules that come into force after the study's date",
    "diagnosis.functions": "list, one a function that the profile knows",
    "diagnosis.functions[].id": "its name in rules",
    "diagnosis.functions[].names": "list: how tables may write it, besides its id and titles",
    "diagnosis.functions[].tiers": "list of the tiers of which it is required",
    "diagnosis.functions[].en": "its title, English",
    "diagnosis.functions[].zh": "its title, Chinese",
    **{f"diagnosis.functions[].{name}": meaning for name, meaning in SOURCED.items()},
    "diagnosis.blocked": "from when a direction counts as blocked; null where the profile does not say",
    "diagnosis.blocked.detour": "walk ÷ straight line",
    **{f"diagnosis.blocked.{name}": meaning for name, meaning in SOURCED.items()},
    "diagnosis.catchment": "how far catchments reach; null where the profile does not say",
    "diagnosis.catchment.zones_min": "list: where each zone ends, minutes; the last is the catchment of 2SFCA",
    "diagnosis.catchment.weights": "list: what a walk ending in each zone counts (E2SFCA)",
    **{f"diagnosis.catchment.{name}": meaning for name, meaning in SOURCED.items()},
    "diagnosis.rates": "over the premises (tiers community and village) that rules decide on",
    **{f"diagnosis.rates.{name}": meaning for name, meaning in RATES.items()},
    "diagnosis.communities": "list, one a community",
    **{f"diagnosis.communities[].{name}": meaning for name, meaning in COMMUNITY.items()},
    "diagnosis.threshold_share": "by which share thresholds were lowered and raised",
    "diagnosis.flips": "list, one a verdict that changes with the threshold of one rule",
    **{f"diagnosis.flips[].{name}": meaning for name, meaning in FLIP.items()},
    "diagnosis.alternatives": "list, one a further rule or walking profile of the study",
    "diagnosis.alternatives[].kind": "rules or walking",
    "diagnosis.alternatives[].name": "of the profile",
    "diagnosis.alternatives[].en": "its title, English",
    "diagnosis.alternatives[].zh": "its title, Chinese",
    "diagnosis.alternatives[].rates": "as diagnosis.rates",
    **{f"diagnosis.alternatives[].rates.{name}": meaning for name, meaning in RATES.items()},
    "diagnosis.alternatives[].weak_communities": "list of ids: communities that are weak then",
    "diagnosis.alternatives[].changed": "list, one a centre whose verdict differs",
    **{f"diagnosis.alternatives[].changed[].{name}": meaning for name, meaning in CHANGED.items()},
    "fairness": "how the walk to the nearest centre is shared out, however long it is",
    "fairness.standard_min": "the limit that counts as served, minutes",
    "fairness.groups": "list, one a group of people: everybody first",
    **{f"fairness.groups[].{name}": meaning for name, meaning in GROUP.items()},
    "fairness.lorenz": "list, one a group and tenth of its people",
    **{f"fairness.lorenz[].{name}": meaning for name, meaning in LORENZ.items()},
    "fairness.by_subdistrict": "list, one a subdistrict (街道), town or ward",
    **{f"fairness.by_subdistrict[].{name}": meaning for name, meaning in BY_SUBDISTRICT.items()},
    "fairness.between_share": "part of the Theil index between streets, 0–1; the rest is within them",
    "checks": "what the planner's second opinions say",
    "checks.overlay": "list, one a limit: coverage by walking time beside coverage by overlay",
    **{f"checks.overlay[].{name}": meaning for name, meaning in OVERLAY.items()},
    "checks.verification": "walks computed again by networkx; null unless asked for by --verify",
    "checks.verification.points": "demand points drawn at random",
    "checks.verification.pairs": "walks from them to centres that were compared",
    "checks.verification.differing": "of these, those that differ by more than tolerance_min",
    "checks.verification.largest_min": "the largest difference, minutes; null where one found no walk",
    "checks.verification.tolerance_min": "what is allowed, minutes",
    "diagnosis.weak_communities": "list of ids: communities with weak premises",
    "diagnosis.communities_without_centre": "list of ids: communities without premises of their own",
    "siting": "where new stations might go",
    "siting.sites_asked": "how many the study asks for",
    "siting.standard_min": "the limit that counts as served, minutes",
    "siting.people_uncovered": "people beyond the standard today",
    "siting.people_without_street": "of these, people whom no site can serve: no street within access_m",
    "siting.weighted": "whether kinds of people are weighed: gains, bound and people of candidates then are",
    "siting.weights": "list, one a kind of people, the residents first",
    "siting.weights[].group": WHICH_KIND,
    "siting.weights[].weight": "how much one of them counts",
    "siting.candidates": "list, one a position where a station might open",
    **{f"siting.candidates[].{name}": meaning for name, meaning in CANDIDATE.items()},
    "siting.candidates[].people_in_reach": IN_REACH,
    "siting.candidates[].lon": "longitude, degrees, WGS 84",
    "siting.candidates[].lat": "latitude, degrees, WGS 84",
    "siting.sources": "list, one a source of candidates",
    "siting.sources[].source": CANDIDATE["source"] + "; keep: free centres as they are",
    "siting.sources[].proposed": "candidates that it proposed",
    "siting.sources[].kept": "of these, candidates that may be chosen",
    "siting.sources[].suffice": "of street positions, how many stand for all of them; null for other sources",
    "siting.sources[].en": "the source in English",
    "siting.sources[].zh": "the source in Chinese",
    "siting.every_street": "whether the bound holds for every street position on which a station may stand",
    "siting.excluded": "list, one a candidate that was left out",
    "siting.excluded[].id": "of the candidate",
    "siting.excluded[].source": CANDIDATE["source"],
    "siting.excluded[].name": "of the candidate; empty where it has none",
    "siting.excluded[].reason": EXCLUDED_BECAUSE,
    "siting.excluded[].detail": "the centre that it is too near to; else empty",
    "siting.excluded[].lon": "longitude, degrees, WGS 84",
    "siting.excluded[].lat": "latitude, degrees, WGS 84",
    "siting.excluded[].en": "the reason in English",
    "siting.excluded[].zh": "the reason in Chinese",
    "siting.proposals": "list: the clustering's answer, then the optimum; empty where nothing was asked or needed",
    "siting.proposals[].method": "clustering or maximal_covering",
    "siting.proposals[].status": "optimal (no choice gains more), time_limit (see bound) or heuristic (no bound)",
    "siting.proposals[].people_gained": "people newly within the standard",
    "siting.proposals[].gained_by_group": "list, one a kind of people, the residents first",
    "siting.proposals[].gained_by_group[].group": WHICH_KIND,
    "siting.proposals[].gained_by_group[].people_gained": "people newly within the kind's standard, unweighted",
    "siting.proposals[].bound": "the most that any choice of as many candidates can gain; null without a bound",
    "siting.proposals[].gap": "(bound − people_gained) ÷ bound; null without a bound",
    "siting.proposals[].people_covered_after": "residents within the standard with these sites",
    "siting.proposals[].people_share_after": "that ÷ people, 0–1",
    "siting.proposals[].sites": "list, one a site, the one that adds most first",
    **_sites("siting.proposals[].sites"),
    "siting.proposals[].centres": "list, one a free centre; empty where none is free",
    "siting.proposals[].centres[].centre": "its id",
    "siting.proposals[].centres[].fate": "keep, move, merge or close",
    "siting.proposals[].centres[].to": "the candidate that takes its place; empty where none does",
    "siting.proposals[].centres[].en": "the same in English",
    "siting.proposals[].centres[].zh": "the same in Chinese",
    "siting.greedy_gained": "people gained by always taking the site that adds most; null where nothing was asked",
    "siting.curve": "list, one a number of sites, up to twice as many as asked for",
    **{f"siting.curve[].{name}": meaning for name, meaning in CURVE.items()},
    "siting.alternatives": "list, one another plan that comes close, the one that gains most first",
    "siting.alternatives[].people_gained": "against today",
    "siting.alternatives[].given_up": "people fewer than by the best plan",
    "siting.alternatives[].share_of_bound": "people whom it serves ÷ what no plan can exceed, 0–1",
    "siting.alternatives[].sites": "list, one a site, the one that adds most first",
    **_sites("siting.alternatives[].sites"),
    "siting.alternatives[].dropped": "list of ids: sites of the best plan without a site of this one near them",
    "siting.alternatives[].taken": "list of ids: sites of this plan without one of the best near them",
    "siting.alternatives[].moved_m": "mean distance between the sites of both plans, matched, m",
    "siting.alternatives[].gains": "people served by this plan and not by the best",
    "siting.alternatives[].losses": "people served by the best plan and not by this",
    "siting.left": "whom no candidate and no centre serves; null where nothing was asked",
    "siting.left.people": "how many people",
    "siting.left.points": "at how many points",
    "siting.left.reasons": "list, one a reason",
    "siting.left.reasons[].reason": UNSERVED_BECAUSE,
    "siting.left.reasons[].points": "demand points with it",
    "siting.left.reasons[].people": "people with it",
    "siting.left.reasons[].en": "the reason in English",
    "siting.left.reasons[].zh": "the reason in Chinese",
    "siting.left.limit_for_all_min": "the limit within which all with any walk would be served; null: nobody",
    "siting.left.extra_sites": "fewest further street candidates that would serve them; null: not looked for",
    "siting.left.extra_sites_bound": "no fewer suffice",
    "siting.left.never": "people whom no street position would serve",
    "siting.robust": "the plans in other circumstances; null where the study names none",
    "siting.robust.rule": "worst people, worst regret or expected",
    "siting.robust.value": "of the choice for all: people in the worst case, largest regret, or mean",
    "siting.robust.bound": "no choice is better",
    "siting.robust.status": "optimal or time_limit",
    "siting.robust.sites": "list, one a site of that choice",
    **_sites("siting.robust.sites"),
    "siting.robust.worlds": "list, one a circumstance",
    "siting.robust.worlds[].key": "as_is, walking:<profile>, gates:<state> or people:<name>",
    "siting.robust.worlds[].en": "in English",
    "siting.robust.worlds[].zh": "in Chinese",
    "siting.robust.plans": "list, one a plan",
    "siting.robust.plans[].plan": "today, clustering, maximal_covering, or robust",
    "siting.robust.plans[].people": "list, one a circumstance: people served, centres of today included",
    "siting.robust.plans[].regret": "list: people fewer than the best plan for it serves",
    "siting.robust.plans[].regret_bound": "list: the same against what no plan can exceed",
    "siting.fair": "list, one a kind of fairness that the study asks for",
    "siting.fair[].objective": "communities (the worst-served first) or old (residents of 65+ first)",
    "siting.fair[].plans": "list, from the most people to the fairest",
    "siting.fair[].plans[].people": "residents served, centres of today included",
    "siting.fair[].plans[].people_bound": "no choice with at least that share serves more",
    "siting.fair[].plans[].worst_share": "coverage of the worst-served community, or of those of 65+, 0–1",
    "siting.fair[].plans[].worst_bound": "no choice brings it higher",
    "siting.fair[].plans[].status": "optimal or time_limit",
    "siting.fair[].plans[].sites": "list, one a site",
    **_sites("siting.fair[].plans[].sites"),
    "scenario": "which centres were closed and which sites stand in this run; null: the centres are today's",
    "scenario.file": "name of the scenario file",
    "scenario.sha256": "its hash",
    "scenario.closed": "list of the ids of centres that were closed",
    "scenario.sites": "list of new stations, each a centre of tier station in this run",
    "scenario.sites[].id": "of the station",
    "scenario.sites[].x": "where it stands, m, in data.crs",
    "scenario.sites[].y": "the same",
    "programme": "what is done in which year with which money; null where the study gives no funds",
    "programme.unit": "the unit of money",
    "programme.costs_modelled": "whether costs are assumed, not quoted",
    "programme.cost_source": "where the costs of sites come from, in the study's words",
    "programme.people": "people gaining by the end: newly within the standard, or with premises up to it, summed",
    "programme.bound": "the most that any programme with as many premises brought to standard can reach",
    "programme.gap": "(bound − people) ÷ bound",
    "programme.status": "optimal (no programme gains more) or time_limit (see the bound)",
    "programme.order_status": "the same of the years: no others bring people earlier by these projects",
    "programme.cost": "all projects together, in the unit",
    "programme.weak": "weak premises",
    "programme.resolvable": "of these, those that some project with a known cost brings to standard",
    "programme.resolved": "of these, those that the programme does bring there",
    "programme.funding_gap": "what money is missing to bring all of resolvable to standard; null where none is",
    "programme.funding_gap.total": "the least extra money; null where no money helps, or it was not found in time",
    "programme.funding_gap.bound": "with less it cannot be done",
    "programme.funding_gap.status": "optimal, time_limit or infeasible (no money helps)",
    "programme.funding_gap.extra": "list: where the extra money may come from",
    "programme.funding_gap.extra[].fund": "id of the fund",
    "programme.funding_gap.extra[].year": YEAR,
    "programme.funding_gap.extra[].amount": MONEY,
    "programme.years": "list, one a year",
    "programme.years[].year": YEAR,
    "programme.years[].sites": "list of the candidates at which a centre stands by its end",
    "programme.years[].closed": "list of the centres that serve nobody by its end",
    "programme.years[].resolved": "list of the weak centres that meet the standard by its end",
    "programme.years[].people_covered": "people newly within the standard by its end, less those who lost theirs",
    "programme.years[].people_standard": "people whose premises came up to standard by its end",
    "programme.years[].spent": "in the year",
    "programme.needs": "list (需求清单)",
    **{f"programme.needs[].{name}": meaning for name, meaning in NEED.items()},
    "programme.needs[].community_name": "its name",
    "programme.needs[].rules": "list of the rules of grade compliant that weak premises fail",
    "programme.needs[].projects": "list of the projects that meet it, wholly or in part",
    "programme.resources": "what there is (资源清单)",
    "programme.resources.funds": "list, in the order in which they are drawn on",
    "programme.resources.funds[].id": "of the fund",
    "programme.resources.funds[].name": "in the study's words, else its id",
    "programme.resources.funds[].source": "where the figures come from",
    "programme.resources.funds[].carry_over": "whether what is not spent stays",
    "programme.resources.funds[].pays_for": "list of the kinds of projects that it pays for; empty: all",
    "programme.resources.funds[].most_share": "of a project, 0–1",
    "programme.resources.funds[].matches": "id of the fund that it matches, or null",
    "programme.resources.funds[].match_share": "at least so much for each unit of that fund, or null",
    "programme.resources.funds[].years": "list, one a year",
    **{f"programme.resources.funds[].years[].{name}": meaning for name, meaning in FUND_YEAR.items()},
    "programme.resources.sites": "list, one a candidate with a cost",
    "programme.resources.sites[].id": "of the candidate",
    "programme.resources.sites[].kind": "new, move or merge",
    "programme.resources.sites[].community": "id of the community in which it lies; empty in none",
    "programme.resources.sites[].community_name": "its name",
    "programme.resources.sites[].subdistrict": "its subdistrict (街道) or town",
    "programme.resources.sites[].cost": MONEY,
    "programme.resources.sites[].people": "people within the standard of it and of no centre that stays",
    "programme.resources.sites[].project": "id of the project that takes it; empty where none does",
    "programme.projects": "list: the task table (项目清单), by year",
    **{f"programme.projects[].{name}": meaning for name, meaning in PROJECT.items()},
    "programme.projects[].community_name": "its name",
    "programme.projects[].closes": "list of the centres that serve nobody then",
    "programme.projects[].resolves": "list of the weak centres that it brings to standard",
    "programme.projects[].unit": "who is responsible in the study's words; empty: its subdistrict",
    "programme.projects[].paid": "list: which fund pays what",
    "programme.projects[].paid[].fund": "id of the fund",
    "programme.projects[].paid[].amount": MONEY,
    "programme.projects[].people": "people_covered + people_standard",
    "programme.projects[].lon": "longitude, degrees, WGS 84; null where it is nowhere in particular",
    "programme.projects[].lat": "latitude, likewise",
    "scenarios": "list: what the map's slider steps through, the centres as they are first",
    "scenarios[].key": "today, year_<year> of the programme, or the method of a proposal",
    "scenarios[].en": "its name, English",
    "scenarios[].zh": "its name, Chinese",
    "scenarios[].closed": "list of the ids of centres that it closes",
    "scenarios[].sites": "list of the ids of candidates at which it opens a station",
    "notices": "list: what could not be done for a row, or what a reader must know",
    "notices[].key": "the kind of notice",
    "notices[].table": "the input concerned",
    "notices[].rows": "list of ids; empty where the notice is about the whole table",
    "notices[].people": "people concerned; 0 where the notice does not count them",
    "notices[].en": "in words, English",
    "notices[].zh": "in words, Chinese",
    "provenance": "what made this file",
    "provenance.planner": "version of the planner",
    "provenance.geos": "version of GEOS",
    "provenance.libraries": "versions of the libraries that numbers depend on",
    "provenance.libraries.<library>": "its version",
    "provenance.command": "the command that makes such a file",
}

HEAD = """\
# Data: what goes in and what comes out

<!-- Made by docs/make_data.py; change that, not this. -->

**中文摘要**：第一部分是输入图层须有的列；第二部分是研究文件的全部设置（中英对照）；第三部分是 results.gpkg
的各图层；第四部分是 plan.json 的各项。本文件由程序生成。

This file is generated from the planner itself.
"""

INPUTS_HEAD = """
## 1. Input tables

FORMATS

`layer` names the file in an archive that holds several, and the sheet of a workbook. Workbooks are read by their
content. Extracts serve streets, buildings, places, water and barriers, as do answers of Overpass (`.json`, `.xml`;
one that says it broke off is refused). Line layers with
classes or tags (`highway`, `fclass`, 道路等级, `foot`, `access`, `other_tags` …) are sorted as an extract is,
unless `keep_all_lines = true`. The layers `population` and `elevation` are rasters;
they have no columns, and their scale and offset are applied.
Texts in UTF-8, UTF-16 or GB18030: what proves to be UTF-8 is UTF-8, whatever a mark says, and what makes no
Chinese in GB18030 is refused; those of a shapefile or MapInfo table may
contradict what it declares: a set is doubted where its reading is no plausible text, and both are shown.
Control characters are taken out of every
text, and the rows are told. The cells of a text table are parted by comma, tab, semicolon, bar or full-width
comma, whichever parts most rows alike; where commas part none, and nothing contradicts it, 106,8 is 106.8.

A table has at most 2,000 columns and 50 million cells, from the first to the last that holds anything; cells that
are only formatted hold nothing. A workbook is read in a process of its own with bounded memory and time, so that a
damaged one ends in a refusal; one that is protected by a password is refused: save a copy without.

A file is opened by the driver of its ending only. What names other files or addresses (VRT, GDALG, WMS, seamless
tables, a coordinate system by address, links in archives) is refused. Archives unpack to 2 GiB at most; views of a
GeoPackage must end within 5 s. Tables without geometry, and of styles, are no layers where places are needed.

Tables: the heading may stand below a title and have several rows. A column's name is then its path,
常住人口/合计: a total under a heading is that heading's column, a part (男, 60岁以上) is not, several that
could be meant are refused with their list, and a study maps a path or its lowest name; `columns = {
floor_area_m2 = "" }` says that none is meant. Blank rows, totals (合计, 小计 …), notes (填表人 …), titles of
parts (二、…) and a row that numbers the columns (甲 1 2) are recognised, listed and not counted. A heading that
stands again, with the same columns or some added, begins a further part of the same table; tables of other
columns in one sheet are refused with their rows.

A heading may be in two languages: in one cell (常住人口 Population), or in a row
each, of which the Chinese one counts. With names over groups of columns only the first is read; rows of their
own for both languages are refused, with the rows to delete.

Numbers may be full-width, have thousands marks in every place, and a unit: in brackets or behind the name of
the column (人口（万人）), in a row of the heading, behind the value (320㎡, 1.2万人; it goes before all
others), in a column 单位 for each row, or in a line above or below the table (单位：万人, at either end of
the row of the title; 人口以万人计; in thousands), for the fields that it fits. People and households by
万, 亿, 千 …; areas also in 亩, 公顷, 平方公里; money in 元 is brought to 万元. A unit that does not
fit a field is passed over where it multiplies nothing (人 beside households) and refused where it may
(万人 beside households). Multipliers may be words or figures: 10⁴人, 10^3 m2, ×1000, '000, 10k persons,
hundred thousand; a range or a size (10-20人, 200人) is no unit. A cell above the table that holds nothing
but a unit (万人) counts as 单位：万人; a multiplied unit in other words (数据为万人) is not guessed at but
refused, until the column's heading names its unit. So is a column whose row of units says another thing
(人口 in %). What only the format of an .xlsx writes behind a number (0.12 shown as 0.12万人) counts as if
it stood in the cell. A footnote's mark (1200①) makes a cell no number.

Of merged cells, names, codes and places are filled down; a number that a field needs is refused, with its rows,
because whose it is cannot be told. Rows and columns that a workbook hides are read and told, its hidden sheets
give way to one that is seen. A formula without a stored result and an error (#N/A) are refused in a column that
must be there, told in another.

The place stands in two columns (经度 and 纬度, lon and lat,
x and y), in one (坐标, "106.81,39.67", "纬度:39.67,经度:106.81") or as a shape (geometry, wkt: WKT, EWKT,
hexadecimal WKB and EWKB of PostGIS, GeoJSON); degrees may be written 106.81, 106,81, 106°48′36″ or 106-48-36.
Where a table says the place in several ways, the one that fits is taken: areas for buildings and communities,
points for centres, x and y where `crs` is in metres; two ways that lie more than 50 m apart are refused for points
and told for areas. A cell that is no place is quoted.

Columns are recognised by Chinese and English names (`planner/io/tables/columns.toml`); `planner check` shows which
column is which, and which ones nothing reads, each with the field that it may have meant. In a shapefile names
that the 10 bytes of its table have cut off (建筑面, activity_a) are known too, and told. Two columns that claim
the same field are an error. Others are mapped in the study: `columns = { people = "人口" }`. A centre names its
community by id, by code, or by name with or without 社区, 居委会, 村委会 and the street before it. Numbers must
be zero or more, ids unique, geometry present and valid. A file that does not say its coordinate system needs
`crs` in the study, unless its columns are called longitude and latitude.

Heights and storeys of buildings that are −1 count as not known, as in Microsoft's footprints.

The study file and its rule files are UTF-8 of at most 2 MB; a folder in the place of the study means the
`study.toml` in it. Control characters in their texts are refused.

Further columns of centres, communities and demand are passed on to `results.gpkg`, as long as their names are none
of those in section 3. A demand point belongs to the community in which it lies; the community that it names is
evidence for the datum only.
"""

SETTINGS_HEAD = """
## 2. The study file

TOML, UTF-8. A setting that is not listed here is refused. Paths are relative to the study file. `planner new DIR`
writes a study file with every setting and its default.
"""

LAYERS_HEAD = """
## 3. Layers of results.gpkg

All geometry is in the study's metric coordinate system (`data.crs` in plan.json). `<limit>` stands for each limit
in minutes, as in `facilities_5min`. What is unknown or unreachable is empty. A layer has all of its columns, each
of its type, whether or not it has rows. Columns of your own are left out, since they may name people; those that
`inputs.<layer>.keep` lists are carried by centres, communities, demand and places. Coordinates among them that
are in GCJ-02 or BD-09 say so in their name, as `经度_GCJ02`; a column named as one of these gets `_given`
after its name.
"""

PLAN_HEAD = """
## 4. Entries of plan.json

Everything but geometry; map and report take their numbers from it. UTF-8. Numbers are rounded to six decimals,
degrees to seven. What is unknown or unreachable is `null`. `[]` marks each item of a list; `<…>` stands for a
name.
"""


def make() -> str:
    """Return docs/data.md."""
    parts = [
        HEAD,
        INPUTS_HEAD.replace("FORMATS\n", _formats()),
        *map(_schema, SCHEMAS),
        SETTINGS_HEAD,
        *_settings(Study, ()),
    ]
    parts += [LAYERS_HEAD, *(_layer(name) for name in RESULT_LAYERS)]
    parts += [
        PLAN_HEAD,
        _table(("entry", "meaning"), [(f"`{path}`", said) for path, said in plan_entries().items()]),
    ]
    return "".join(parts)


def _formats() -> str:
    """Return the table of input formats, from their registry."""
    endings: dict[str, list[str]] = {}
    for each in FORMATS:
        packed = [f"{ending}.gz" for ending in each.endings if each.may_be_gzipped]
        endings.setdefault(each.name, []).extend([*each.endings, *packed])
    rows = [(name, ", ".join(f"`{ending}`" for ending in of_format)) for name, of_format in endings.items()]
    return _table(("format", "endings"), rows)


def plan_entries() -> dict[str, str]:
    """Return every entry of plan.json with its meaning, in the order of the file; the settings say theirs."""
    entries = {}
    for path, meaning in PLAN_ENTRIES.items():
        entries[path] = meaning
        if path == "study":
            entries |= {f"study.{setting}": said for setting, said in _setting_entries(Study, ())}
    return entries


def _setting_entries(model: type[Settings], path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        inner = nested_settings(field.annotation)
        yield ".".join((*path, name)), setting_meaning(f"{model.__name__}.{name}", "en")
        if inner is not None and inner not in LAYER_SETTINGS:
            yield from _setting_entries(
                inner, (*path, f"{name}[]" if is_list_of_tables(field.annotation) else name)
            )
    if model is InputSettings:
        for name in Layer.model_fields:
            yield ".".join((*path, "<layer>", name)), setting_meaning(f"Layer.{name}", "en")


def _schema(schema: TableSchema[Any]) -> str:
    rows = [(f"`{c.name}`", c.kind, "yes" if c.required else "no", _values(c), c.meaning) for c in schema.columns]
    return (
        f"\n### {schema.name}\n\nGeometry: {', '.join(schema.geometry_types) or 'none needed'}.\n\n"
        + _table(("column", "kind", "required", "values", "meaning"), rows)
    )  # fmt: skip


def _values(column: Column) -> str:
    default = ""
    if not column.required and column.kind == "text" and column.default:
        default = f"; `{column.default}` where the column is missing"
    return ", ".join(f"`{choice}`" for choice in column.choices) + default


def _settings(model: type[Settings], path: tuple[str, ...]) -> Iterator[str]:
    dotted = ".".join(path)
    title = f"`[[{dotted[:-2]}]]`" if dotted.endswith("[]") else f"`[{dotted}]`" if path else "Top of the file"
    schema = model.model_json_schema()["properties"]
    rows, nested = [], []
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        said = [setting_meaning(f"{model.__name__}.{name}", language) for language in ("en", "zh")]
        inner = nested_settings(field.annotation)
        if inner is not None and inner not in LAYER_SETTINGS:
            nested.append(((*path, f"{name}[]" if is_list_of_tables(field.annotation) else name), inner))
            continue
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = "must be given" if default is PydanticUndefined else _default(default)
        rows.append((f"`{name}`", _kind(schema[name], is_layer=inner in LAYER_SETTINGS), shown, *said))
    if rows:
        yield f"\n### {title}\n\n" + _table(("setting", "kind", "default", "meaning", "含义"), rows)
    for inner_path, inner in nested:
        yield from _settings(inner, inner_path)
    if model is InputSettings:
        yield from _settings(Layer, (*path, "<layer>"))


def _default(value: object) -> str:
    return "none" if value is None else f"`{json.dumps(value, ensure_ascii=False, default=list)}`"


def _kind(schema: dict[str, Any], *, is_layer: bool) -> str:
    if is_layer:
        return "layer"
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    option = options[0]
    if "enum" in option:
        return ", ".join(f'`"{choice}"`' for choice in option["enum"])
    if option["type"] == "array":
        return f"list of: {_kind(option['items'], is_layer=False)}"
    words = {"string": "text", "boolean": "true or false", "integer": "whole number", "object": "table"}
    signs = (("exclusiveMinimum", ">"), ("minimum", "≥"), ("maximum", "≤"))
    bounds = [f"{sign} {option[name]:,.10g}" for name, sign in signs if name in option]
    return ", ".join([words.get(option["type"], option["type"]), *bounds])


def _layer(name: str) -> str:
    said, columns = RESULT_LAYERS[name]
    types = LAYERS[name].columns()
    return f"\n### {name}\n\n{said}\n\n" + _table(
        ("column", "type", "meaning"),
        [(f"`{column}`", TYPE_WORDS[types[column]], meaning) for column, meaning in columns.items()],
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return (
        "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"
    )


if __name__ == "__main__":
    TARGET.write_text(make(), "utf-8", newline="\n")
