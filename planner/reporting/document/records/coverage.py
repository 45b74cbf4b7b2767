"""Coverage, population groups, business areas and equity of access."""

from __future__ import annotations

from typing import Annotated, TypedDict

from planner.reporting.document.records.shared import (
    LIMIT,
    OWN_PEOPLE,
    STANDARD,
    SUBDISTRICT_ABOVE,
    PeopleShares,
    Shares,
)


class ShownTotal(TypedDict):
    """People as every product shows them."""

    people: Annotated[int, "people at the demand points counted in this row"]
    people_covered: Annotated[int, "of these, people with at least one centre within the limit"]


class TotalRow(Shares):
    """Coverage of the study within a limit."""

    limit_min: Annotated[float, LIMIT]


class CoverageTotal(TotalRow):
    """Coverage of the study within a limit, also as shown."""

    shown: Annotated[ShownTotal, "the same as every product shows them: whole"]


class CoverageByTier(Shares):
    """Coverage by the facilities of a tier alone."""

    tier: Annotated[str, "the tier"]
    limit_min: Annotated[float, LIMIT]
    facilities: Annotated[int, "centres of the tier"]


class ShownCommunity(ShownTotal):
    """People of a community as every product shows them."""

    own_people_covered: Annotated[int, OWN_PEOPLE]


class CommunityRow(Shares):
    """Coverage of a community within a limit."""

    community: Annotated[str, "id of the community"]
    name: Annotated[str, "of the community"]
    subdistrict: Annotated[str, SUBDISTRICT_ABOVE]
    limit_min: Annotated[float, LIMIT]
    own_people_covered: Annotated[float, OWN_PEOPLE]


class CoverageByCommunity(CommunityRow):
    """Coverage of a community within a limit, also as shown."""

    kind: Annotated[str, "community or village"]
    shown: Annotated[ShownCommunity, "the same as every product shows them: whole, and adding up to the total"]


class Coverage(TypedDict):
    """Coverage by facilities within the limits."""

    standard_min: Annotated[float, STANDARD]
    people_uncovered: Annotated[float, "people beyond the standard"]
    points_uncovered: Annotated[int, "demand points with people beyond the standard"]
    total: Annotated[list[CoverageTotal], "list, one a limit"]
    by_tier: Annotated[
        list[CoverageByTier], "list, one a tier and limit: what the centres of that tier alone reach"
    ]
    by_community: Annotated[list[CoverageByCommunity], "list, one a community and limit"]


class GroupTotal(PeopleShares):
    """Coverage of a population group within a limit."""

    limit_min: Annotated[float, LIMIT]


class GroupByTier(GroupTotal):
    """Coverage of a population group by the facilities of a tier."""

    tier: Annotated[str, "the tier"]


class GroupByCommunity(GroupTotal):
    """Coverage of a population group in a community."""

    community: Annotated[str, "id of the community"]
    name: Annotated[str, "of the community"]


class Group(TypedDict):
    """Coverage of a population group besides the residents."""

    id: Annotated[str, "of the kind"]
    name: Annotated[str, "of the kind, as users read it"]
    counted_by: Annotated[str, "column, share, places or layer"]
    source: Annotated[str, "where the figures come from, in the study's words"]
    weight: Annotated[float, "how much one of them counts in siting"]
    standard_min: Annotated[float, STANDARD]
    people_given: Annotated[float, "people of this kind that the source holds"]
    people: Annotated[float, "of these, those at demand points"]
    people_lost: Annotated[float, "those that are not"]
    people_uncovered: Annotated[float, "people of this kind beyond its standard"]
    points: Annotated[int, "demand points"]
    total: Annotated[list[GroupTotal], "list, one a limit"]
    by_tier: Annotated[list[GroupByTier], "list, one a tier and limit"]
    by_community: Annotated[list[GroupByCommunity], "list, one a community and limit"]


class PlaceKind(TypedDict):
    """A kind of places."""

    id: Annotated[str, "of the kind"]
    makes_area: Annotated[bool, "whether places of it make circles"]
    jobs: Annotated[float, "people assumed at each where the layer does not say"]
    source: Annotated[str, "where that comes from"]
    source_zh: Annotated[str, "the same in Chinese; empty: as it is"]
    evidence: Annotated[str, "how sure that is"]
    places: Annotated[int, "places of it"]


class BusinessAreaRow(TypedDict):
    """A business area."""

    id: Annotated[str, "B1, B2, …, most workers first"]
    name: Annotated[str, "the user's, or that of its most important place or of its street"]
    name_from: Annotated[str, "where the name comes from: given, place or street"]
    places: Annotated[int, "places in it"]
    workers: Annotated[float, "people who work in it by day", "people"]
    workers_given: Annotated[
        float, "of these, those whom the layer itself counts; the others are estimated by kind", "people"
    ]
    workers_covered: Annotated[float, "of these, those within the standard of a station", "people"]
    workers_near_middle: Annotated[
        float, "of these, those within the standard of the place in its middle: one station's reach", "people"
    ]
    middle: Annotated[str, "id of the place in its middle: nearest to where its workers are on average"]
    station_within: Annotated[bool, "whether a station is within the standard of that place"]
    station: Annotated[str, "id of the nearest station from there; empty where none can be walked to"]
    station_min: Annotated[float, "minutes on foot to it"]
    centre: Annotated[str, "id of the nearest centre of any tier"]
    centre_min: Annotated[float, "minutes on foot to it"]
    area_m2: Annotated[float, "area of its extent, m²"]


class BusinessArea(BusinessAreaRow):
    """A business area, with the names of the facilities near."""

    station_name: Annotated[str, "name of that station"]
    centre_name: Annotated[str, "name of that centre"]
    lon: Annotated[float, "of the place in its middle, degrees, WGS 84", "°"]
    lat: Annotated[float, "latitude, degrees, WGS 84", "°"]


class BusinessAreas(TypedDict):
    """The business areas."""

    method: Annotated[str, "dbscan or hdbscan"]
    within_m: Annotated[float, "how far apart on foot neighbours are, m"]
    least_places: Annotated[int, "the least of a circle"]
    source: Annotated[str, "where these figures come from, in the study's words"]
    standard_min: Annotated[float, "the limit within which a circle should have a station, minutes"]
    places: Annotated[int, "places read"]
    places_of_business: Annotated[int, "of these, places of kinds that make circles"]
    places_in_areas: Annotated[int, "of these, places in a circle"]
    workers: Annotated[float, "people who work at places of business by day", "people"]
    workers_in_areas: Annotated[float, "of these, in circles", "people"]
    areas_found: Annotated[int, "how many circles there are"]
    areas_with_station: Annotated[int, "of these, those with a station within the standard"]
    place_kinds: Annotated[list[PlaceKind], "list, one a kind of place that occurs"]
    areas: Annotated[list[BusinessArea], "list, one a circle, most workers first"]


class GroupEquity(TypedDict):
    """Walks of a group of people."""

    group: Annotated[str, "people (everybody), people_65, or another column people_<kind> of the demand layer"]
    people: Annotated[float, "people of the group"]
    people_reaching: Annotated[float, "of these, who reach a centre at all"]
    people_unreachable: Annotated[float, "of these, who reach none"]
    uncovered: Annotated[float, "of these, beyond the standard, the unreachable included", "people"]
    uncovered_share: Annotated[float | None, "uncovered ÷ people, 0–1"]
    mean_min: Annotated[float | None, "mean walk of who reaches a centre, minutes"]
    median_min: Annotated[
        float | None, "half of the group walk no more, minutes; not known where half reach nothing"
    ]
    gini: Annotated[float | None, "Gini index of these walks"]
    theil: Annotated[float | None, "Theil index of these walks"]
    gap: Annotated[float | None, "FGT index, power 1, beyond the standard, of who reaches a centre"]
    severity: Annotated[float | None, "the same, power 2"]
    worst_from_min: Annotated[float | None, "the tenth with the longest walks walk at least this, minutes"]
    worst_mean_min: Annotated[float | None, "mean of those of them who reach a centre, minutes"]
    worst_people: Annotated[float, "how many they are", "people"]
    worst_unreachable: Annotated[float, "of these, who reach no centre", "people"]


class LorenzPoint(TypedDict):
    """A point of a Lorenz curve."""

    group: Annotated[str, "of people"]
    people_share: Annotated[float | None, "share of them, those with the shortest walks first, 0–1"]
    minutes_share: Annotated[float | None, "their share of all minutes walked, 0–1"]


class SubdistrictEquity(TypedDict):
    """Walks of the people of a subdistrict."""

    subdistrict: Annotated[str, "the subdistrict (街道), town or ward"]
    people: Annotated[float, "people in its communities"]
    people_unreachable: Annotated[float, "of these, who reach no centre"]
    mean_min: Annotated[float | None, "mean walk of the others, minutes"]
    gini: Annotated[float | None, "Gini index of these walks"]
    uncovered_share: Annotated[float | None, "share of its people beyond the standard, 0–1"]


class Equity(TypedDict):
    """Distribution of walks to the nearest facility."""

    standard_min: Annotated[float, STANDARD]
    groups: Annotated[list[GroupEquity], "list, one a group of people: everybody first"]
    lorenz: Annotated[list[LorenzPoint], "list, one a group and tenth of its people"]
    by_subdistrict: Annotated[list[SubdistrictEquity], "list, one a subdistrict (街道), town or ward"]
    between_share: Annotated[float | None, "part of the Theil index between streets, 0–1; the rest is within them"]


class Overlay(TypedDict):
    """Coverage by walking time beside coverage by polygon overlay."""

    limit_min: Annotated[float, LIMIT]
    pairs: Annotated[int, "pairs of centre and demand point covered by walking time or by overlay"]
    differing: Annotated[int, "of these, covered by one of the two only"]
    differing_beyond: Annotated[int, "of these, farther from the drawn border than tolerance_m: 0 by the law"]
    differing_share: Annotated[float | None, "differing_beyond ÷ pairs"]
    people_by_time: Annotated[float, "people covered by any centre, by walking time"]
    people_by_overlay: Annotated[float, "the same by overlay"]
    tolerance_m: Annotated[float, "how far the drawn border may lie from the true one, m"]


class Verification(TypedDict):
    """Comparison with walks computed by networkx."""

    points: Annotated[int, "demand points drawn at random"]
    pairs: Annotated[int, "walks from them to centres that were compared"]
    differing: Annotated[int, "of these, those that differ by more than tolerance_min"]
    largest_min: Annotated[float | None, "the largest difference, minutes; null where one found no walk"]
    tolerance_min: Annotated[float, "what is allowed, minutes"]


class Checks(TypedDict):
    """Independent checks of the results."""

    overlay: Annotated[list[Overlay], "list, one a limit: coverage by walking time beside coverage by overlay"]
    verification: Annotated[
        Verification | None, "walks computed again by networkx; null unless asked for by --verify"
    ]
