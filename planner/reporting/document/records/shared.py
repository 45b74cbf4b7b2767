"""Fields that several results share."""

from __future__ import annotations

from typing import Annotated, TypedDict

CHANGE_ABOUT = "id of the gate, or of the neighbouring centre that is shared; empty for other changes"
CHANGE_AMOUNT = (
    "m² (add_area, share, open_station), hours a week, how many functions, metres (build_crossing: its "
    "length; move: as the crow flies), 1 for a gate or an entrance"
)
CHANGE_KINDS = (
    "add_area, extend_hours, add_functions, step_free, open_gate, build_crossing, move, share or open_station"
)
EXCLUDED_BECAUSE = (
    "in_water, on_barrier, outside (the district), too_near (to a centre), no_street, behind_barrier, "
    "too_small or no_cost"
)
LIMIT = "the limit, minutes, inclusive"
SOURCES = "clusters, density, business_areas, parcels, streets, move or merge"
OWN_PEOPLE = "people within the limit of the premises of their own community (tiers community and village)"
RATING = "excellent, compliant, weak or undetermined; empty where no rule decides on it"
STANDARD = "the limit that counts as served, minutes"
STREET_M = "straight distance to the nearest street, m, also where it is beyond access_m"
SUBDISTRICT_ABOVE = "the subdistrict (街道), town or ward above it"
UNSERVED_BECAUSE = (
    "no_street, behind_barrier, closed_compound, cut_off, other_bank, other_side, detour or too_far: see method.md"
)
WHICH_GROUP = "id of the kind of people"


class Localized(TypedDict):
    """Words in the languages of the planner."""

    en: Annotated[str, "in words, English"]
    zh: Annotated[str, "in words, Chinese"]


class Positioned(TypedDict):
    """Position of a point."""

    lon: Annotated[float, "longitude, degrees, WGS 84", "°"]
    lat: Annotated[float, "latitude, degrees, WGS 84", "°"]


class Sourced(TypedDict):
    """Source of a threshold."""

    clause: Annotated[str, "where it comes from"]
    clause_zh: Annotated[str, "the same in Chinese; empty: as it is"]
    evidence: Annotated[
        str, "how sure that is: seen (text read), excerpt, quoted, unchecked (from memory), or own"
    ]


class PeopleShares(TypedDict):
    """Coverage of people within a limit."""

    people: Annotated[float, "people at the demand points counted in this row"]
    people_covered: Annotated[float, "of these, people with at least one centre within the limit"]
    people_share: Annotated[float | None, "people_covered ÷ people, 0–1; empty where there are no people"]
    people_overlap: Annotated[
        float, "of people, those with two centres or more within the limit; a branch is no second one"
    ]
    overlap_share: Annotated[float | None, "people_overlap ÷ people, 0–1", "0–1"]
    points: Annotated[int, "demand points, those without people included"]
    points_covered: Annotated[int, "of these, points with at least one centre within the limit"]
    points_share: Annotated[float | None, "points_covered ÷ points, 0–1"]


class Shares(PeopleShares):
    """Coverage of people and area within a limit."""

    area_m2: Annotated[float, "area of the communities, m²"]
    area_covered_m2: Annotated[float, "of this, the area inside a service area, m²"]
    area_share: Annotated[float | None, "area_covered_m2 ÷ area_m2, 0–1"]
