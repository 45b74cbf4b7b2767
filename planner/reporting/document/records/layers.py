"""Layers of results.gpkg and sites.gpkg."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypedDict

from planner.reporting.document.records.coverage import (
    BusinessAreaRow,
    CommunityRow,
    CoverageByTier,
    GroupByCommunity,
    GroupEquity,
    LorenzPoint,
    Overlay,
    SubdistrictEquity,
    TotalRow,
)
from planner.reporting.document.records.facilities import (
    ChangedRating,
    CommunityMeasures,
    DirectionFields,
    FacilityFields,
    Flip,
    QuotaFields,
    RuleResultFields,
    SeveredPairRow,
    UnknownIndicator,
)
from planner.reporting.document.records.inputs import Balance
from planner.reporting.document.records.levels import LevelLedgerRow, LevelUnit
from planner.reporting.document.records.organisations import (
    BeltMemberRow,
    BeltRow,
    OrganisationRow,
    StationLoadRow,
)
from planner.reporting.document.records.programme import FundYear, NeedFields, ProjectFields
from planner.reporting.document.records.services import (
    BundleRoom,
    CommunityCompleteness,
    HomeServices,
    HoursGapRow,
    LedgerLayerRow,
    ServiceAtTime,
    ServiceByCommunity,
    ServicePlace,
)
from planner.reporting.document.records.shared import (
    CHANGE_ABOUT,
    CHANGE_AMOUNT,
    CHANGE_KINDS,
    EXCLUDED_BECAUSE,
    LIMIT,
    OWN_PEOPLE,
    SOURCES,
    STREET_M,
    SUBDISTRICT_ABOVE,
    UNSERVED_BECAUSE,
    WHICH_GROUP,
    Shares,
)
from planner.reporting.document.records.siting import CandidateFields, CandidateRow, CurvePoint
from planner.schemas.records import RecordField, Spread

NEAREST = "id of that centre; where a branch is nearer, of the centre that it belongs to"


class FacilityRow(FacilityFields):
    """A facility, with its indicators."""

    step_free_given: Annotated[str, "whether it is entered without a step, as the table says it"]
    newly_built_given: Annotated[str, "whether it counts as newly built, as the table says it"]
    functions: Annotated[str, "what it offers, as the table says it"]


class ServiceAreaRow(TypedDict):
    """A service area."""

    facility: Annotated[str, "id of the centre"]
    limit_min: Annotated[float, LIMIT]
    area_m2: Annotated[float, "its area, m²"]
    disc_share: Annotated[float, "area_m2 ÷ area of the straight-line disc of the same limit"]


class ReachedRow(TypedDict):
    """Union of the service areas."""

    limit_min: Annotated[float, LIMIT]


class CommunityAtStandard(Shares):
    """A community, with its coverage at the standard."""

    id: Annotated[str, "of the community"]
    name: Annotated[str, "of the community"]
    subdistrict: Annotated[str, SUBDISTRICT_ABOVE]
    kind: Annotated[str, "community or village"]
    people_given: Annotated[float | None, "people as the communities table has them; empty where it has none"]
    households: Annotated[float | None, "as the communities table has them; empty where it has none"]
    limit_min: Annotated[float, "the standard, minutes"]
    own_people_covered: Annotated[float, OWN_PEOPLE]


class DemandRow(TypedDict):
    """A demand point."""

    id: Annotated[str, "of the demand point"]
    people: Annotated[float, "people at it"]
    households: Annotated[float | None, "households at it; empty where not known"]
    people_65: Annotated[float | None, "residents of 65 and more; empty where not known"]
    community: Annotated[str, "id of the community that holds it"]
    nearest_min: Annotated[float | None, "minutes on foot to the nearest centre; empty beyond the horizon"]
    nearest_facility: Annotated[str, NEAREST]
    facilities: Annotated[
        dict[str, int],
        "centres within each limit",
        Spread(
            (
                RecordField(
                    "facilities_<limit>min",
                    int,
                    "how many centres are within the limit, a centre and its branches as one",
                ),
            )
        ),
    ]
    street_m: Annotated[float, STREET_M]


class GroupDemandRow(TypedDict):
    """A demand point of a population group."""

    id: Annotated[str, "of the demand point or place"]
    people: Annotated[float, "people of this kind"]
    community: Annotated[str, "id of the community that holds it"]
    nearest_min: Annotated[float | None, "minutes to the nearest centre; empty beyond the horizon"]
    nearest_facility: Annotated[str, NEAREST]
    kind: Annotated[str, WHICH_GROUP]


class GroupCoverageRow(GroupByCommunity):
    """Coverage of a population group in a community."""

    kind: Annotated[str, WHICH_GROUP]


class ProjectRow(ProjectFields):
    """A project."""

    closes: Annotated[str, "ids of centres that serve nobody then, joined by commas"]
    resolves: Annotated[str, "ids of weak centres that it brings to standard, joined by commas"]
    unit: Annotated[str, "who is responsible"]
    paid: Annotated[str, "which fund pays what, joined by commas"]


class NeedRow(NeedFields):
    """A need."""

    rules: Annotated[str, "of weak premises: ids of the rules that they fail, joined by commas"]
    projects: Annotated[str, "ids of the projects that meet it, joined by commas"]


class FundRow(FundYear):
    """A fund in a year."""

    fund: Annotated[str, "id of the fund"]


class PlaceRow(TypedDict):
    """A place of a kind that makes business areas."""

    id: Annotated[str, "of the place"]
    name: Annotated[str, "of the place"]
    kind: Annotated[str, "as given"]
    kind_id: Annotated[str, "that of the table of place kinds"]
    circle: Annotated[str, "id of its business area; empty in none"]
    workers: Annotated[float, "people who work there by day", "people"]
    workers_given: Annotated[bool, "whether the layer itself counts them; false: estimated by kind"]
    landmark: Annotated[int, "how much its kind counts for the name of a circle"]
    weight: Annotated[float, "as given"]
    station_min: Annotated[float | None, "minutes to the nearest station; empty beyond the standard"]


class ExcludedRow(CandidateFields):
    """A candidate that was left out."""

    reason: Annotated[str, EXCLUDED_BECAUSE]
    detail: Annotated[str, "the centre that it is too near to; else empty"]


class SiteRow(TypedDict):
    """A site of a plan."""

    id: Annotated[str, "of the candidate"]
    source: Annotated[str, SOURCES]
    cost: Annotated[float | None, "in the study's unit of money; empty where not known", "money"]
    method: Annotated[str, "clustering, maximal_covering or alternative_<number>"]
    rank: Annotated[int, "1 is the site that adds most"]
    people_added: Annotated[float, "uncovered people that it adds to the sites before it"]
    status: Annotated[str, "of the whole proposal: optimal, time_limit or heuristic"]


class ScenarioRow(TypedDict):
    """A plan in a circumstance."""

    plan: Annotated[str, "today, clustering, maximal_covering, or robust: the choice for all circumstances"]
    world: Annotated[str, "as_is, walking:<profile>, gates:<state> or people:<name>"]
    people: Annotated[float, "people served, centres of today included"]
    regret: Annotated[float, "people fewer than the best plan for that circumstance serves", "people"]


class UnservedRow(TypedDict):
    """A point that nothing serves."""

    people: Annotated[float, "people there"]
    reason: Annotated[str, UNSERVED_BECAUSE]
    nearest_min: Annotated[
        float | None, "minutes to the nearest candidate or centre; empty where there is no walk"
    ]


class RuleResultRow(RuleResultFields):
    """Result of a rule for a facility."""

    facility: Annotated[str, "id of the centre"]
    passed: Annotated[str, "whether it passes; unknown where the data cannot tell"]
    unknown: Annotated[str, "the measures that the rule speaks of and that are not known"]


class UnknownRow(UnknownIndicator):
    """An indicator of a facility that is not known."""

    facility: Annotated[str, "id of the centre"]


class DirectionRow(DirectionFields):
    """Detour from a facility in a direction."""

    facility: Annotated[str, "id of the centre"]
    blocked: Annotated[str, "whether it is above the profile's limit; unknown where the horizon hides it"]


class ActionRow(TypedDict):
    """An action on a weak facility."""

    facility: Annotated[str, "id of the centre"]
    change: Annotated[str, CHANGE_KINDS]
    amount: Annotated[float, CHANGE_AMOUNT]
    functions: Annotated[str, "ids of the functions to add"]
    about: Annotated[str, CHANGE_ABOUT]
    cost: Annotated[float | None, "in the study's unit of money; empty where not known", "money"]
    verdict_then: Annotated[str, "what the centre is with all its changes"]


class QuotaRow(QuotaFields):
    """A rule on all facilities together."""

    passed: Annotated[str, "yes, no or unknown"]


class OtherRatingRow(ChangedRating):
    """A rating that differs by another profile."""

    kind: Annotated[str, "rules or walking"]
    name: Annotated[str, "of the profile"]


class NetworkPlaceRow(TypedDict):
    """A place where streets look wrong."""

    kind: Annotated[str, "near_miss, crossing or overlap"]
    street: Annotated[str, "id of the street, or its row from 0 where streets have no ids"]
    other: Annotated[str, "of the other street"]
    gap_m: Annotated[
        float, "how far a near miss stays short, m; 0 where it ends on the street without a vertex there"
    ]
    length_m: Annotated[float, "how long an overlap is, m"]
    explained: Annotated[bool, "whether a crossing is said to be a bridge or a tunnel"]


class NoticeRow(TypedDict):
    """A notice, by row."""

    key: Annotated[str, "the kind of notice"]
    table: Annotated[str, "the input concerned"]
    row: Annotated[str, "id of the row; empty where the notice is about the whole table"]
    reason: Annotated[str, "in words, in the study's language"]


class SolvedSiteRow(TypedDict):
    """A site of `planner site`."""

    id: Annotated[str, "of the candidate"]
    source: Annotated[str, SOURCES]
    name: Annotated[str, "of the parcel or circle; else empty"]
    tenure: Annotated[str, "owned, rentable, shared or empty"]
    tier: Annotated[str, "of the station"]
    rank: Annotated[int, "1 is the site that adds most"]
    area_m2: Annotated[float | None, "floor area, m²; empty where not known"]
    people_added: Annotated[float, "uncovered people that it adds to the sites before it"]
    cost: Annotated[float | None, "in the study's unit of money; empty where not known", "money"]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of a GeoPackage."""

    record: type
    """Its columns."""
    geometry: str
    """Geometry of its rows, as GDAL calls it; "" for a table, "Unknown" for several kinds."""
    meaning: str = ""
    """Its rows."""


LAYERS: dict[str, Layer] = {
    "centres": Layer(FacilityRow, "Point", "one a centre, in the order of the input."),
    "service_areas": Layer(ServiceAreaRow, "Polygon", "one a centre and limit. Empty where no street is reached."),
    "reached": Layer(ReachedRow, "Polygon", "one a limit: what any centre reaches."),
    "communities": Layer(CommunityAtStandard, "Polygon", "one a community, with its coverage at the standard."),
    "demand": Layer(DemandRow, "Point", "one a demand point inside a community."),
    "people_balance": Layer(Balance, "", "one row a community, the last for those outside all of them."),
    "groups_demand": Layer(
        GroupDemandRow,
        "Point",
        "one a demand point and further kind of people; only where the study counts further kinds.",
    ),
    "groups_coverage": Layer(GroupCoverageRow, "", "one row a further kind of people, community and limit."),
    "business_areas": Layer(
        BusinessAreaRow, "Polygon", "one a business area: its extent; only where the study gives places."
    ),
    "services": Layer(
        ServicePlace, "Point", "one a facility of a service; this and the next four only with [[services]]."
    ),
    "services_demand": Layer(HomeServices, "Point", "one a demand point: the services within its reach."),
    "services_coverage": Layer(ServiceByCommunity, "", "one row a service and community."),
    "services_communities": Layer(
        CommunityCompleteness, "Polygon", "one a community: how complete the services within reach are."
    ),
    "services_bundles": Layer(
        BundleRoom, "Point", "one a room that services share in the best choice; only with [bundles]."
    ),
    "services_hours": Layer(
        ServiceAtTime, "", "one row a time, service and community; this and the next only with `service_times`."
    ),
    "services_hours_ledger": Layer(HoursGapRow, "", "one row a community and service that some find closed."),
    "services_ledger": Layer(LedgerLayerRow, "Polygon", "one a community and service that people of it lack."),
    "projects": Layer(
        ProjectRow,
        "Point",
        "one a project of the programme, empty where it is nowhere; only where the study gives funds.",
    ),
    "needs": Layer(NeedRow, "", "one row a need; only where the study gives funds."),
    "funds": Layer(FundRow, "", "one row a fund and year; only where the study gives funds."),
    "places": Layer(
        PlaceRow, "Point", "one a place of a kind that makes circles; only where the study gives places."
    ),
    "belts": Layer(BeltRow, "Polygon", "one a belt along streets; this and the next only with [[belts]]."),
    "belts_members": Layer(BeltMemberRow, "", "one row a facility, place or organisation along a belt."),
    "levels": Layer(
        LevelUnit, "Polygon", "one a unit of the three levels; this and the next only with `report.levels`."
    ),
    "levels_ledger": Layer(LevelLedgerRow, "", "one row a unit and service that people of it lack."),
    "organisations": Layer(
        OrganisationRow, "Point", "one an organisation; this and the next only with `inputs.organisations`."
    ),
    "organisations_stations": Layer(StationLoadRow, "", "one row a station that may serve organisations."),
    "candidates": Layer(CandidateRow, "Point", "one a position where a station might open."),
    "candidates_excluded": Layer(ExcludedRow, "Point", "one a candidate that was left out."),
    "sites": Layer(
        SiteRow, "Point", "one a chosen site; the answers of both methods, and the other plans that come close."
    ),
    "sites_curve": Layer(CurvePoint, "", "one row a number of sites."),
    "sites_otherwise": Layer(
        ScenarioRow, "", "one row a plan and circumstance; empty where the study names none."
    ),
    "unserved": Layer(UnservedRow, "Point", "one where people live whom no candidate and no centre serves."),
    "findings": Layer(RuleResultRow, "", "one row a centre and rule that applies to its tier."),
    "unknown": Layer(UnknownRow, "", "one row a measure of a centre that is not known."),
    "directions": Layer(DirectionRow, "", "one row a centre and direction in which somebody lives."),
    "remedies": Layer(
        ActionRow,
        "Unknown",
        "one row a change for a weak centre, a crossing as a line; one of the centre itself has none.",
    ),
    "quotas": Layer(QuotaRow, "", "one row a rule on all centres together."),
    "blocked_pairs": Layer(
        SeveredPairRow,
        "LineString",
        "one a pair of street positions close in the air and far on foot, from the one nearer to a centre.",
    ),
    "community_measures": Layer(CommunityMeasures, "", "one row a community."),
    "flips": Layer(Flip, "", "one row a verdict that changes with the threshold of one rule."),
    "verdicts_otherwise": Layer(
        OtherRatingRow, "", "one row a verdict that differs by another profile of the study."
    ),
    "fairness": Layer(GroupEquity, "", "one row a group of people."),
    "lorenz": Layer(LorenzPoint, "", "one row a group and tenth of its people."),
    "fairness_by_subdistrict": Layer(SubdistrictEquity, "", "one row a subdistrict (街道), town or ward."),
    "overlay": Layer(Overlay, "", "one row a limit: coverage by walking time beside coverage by overlay."),
    "coverage": Layer(CommunityRow, "", "one row a community and limit."),
    "coverage_by_tier": Layer(
        CoverageByTier, "", "one row a tier and limit: what the centres of that tier alone reach."
    ),
    "coverage_total": Layer(TotalRow, "", "one row a limit."),
    "street_checks": Layer(
        NetworkPlaceRow, "Point", "one a place where the streets look wrong; nothing is repaired."
    ),
    "notices": Layer(
        NoticeRow, "", "one row a row of an input that could not be used as it is; one row where none is named."
    ),
}
"""The layers of results.gpkg."""

SITES_LAYERS: dict[str, Layer] = {
    "sites": Layer(SolvedSiteRow, "Point"),
    "candidates": Layer(CandidateFields, "Point"),
    "excluded": Layer(ExcludedRow, "Point"),
}
"""The layers of sites.gpkg."""
