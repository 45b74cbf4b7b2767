"""Records of services: access, completeness, and the ledger of what is missing."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from planner.reporting.document.records.shared import Localized
from planner.schemas.records import RecordField, Spread

REASON_KEYS = (
    "closed, below_standard, full, blocked, nothing_near or unknown (no facility of the service is given)"
)
MEND_KEYS = (
    "reopen, extend (more capacity where it is), enlarge (to the least of the standard), add (to existing "
    "premises), new, or survey (find out what is there)"
)


class ServiceShares(TypedDict):
    """People of the group of a service."""

    people: Annotated[float, "people of the service's group"]
    people_served: Annotated[float | None, "of these, people with as many facilities as asked within the standard"]
    people_share: Annotated[float | None, "people_served ÷ people, 0–1; empty where nobody, or not known"]
    people_full: Annotated[float | None, "of those served, people with less capacity within reach than asked"]
    mean_min: Annotated[float | None, "walk to the n-th nearest, mean over the people who reach one"]
    capacity_per_1000: Annotated[
        float | None, "capacity within reach for 1,000 people (2SFCA), mean; empty where not known"
    ]
    people_unknown: Annotated[float, "people of whom it is not known: no facility is given"]


class ServiceByCommunity(ServiceShares):
    """A service in a community."""

    community: Annotated[str, "id"]
    service: Annotated[str, "id of the service"]


class Service(Localized, ServiceShares):
    """A service with its standard."""

    id: Annotated[str, "of the service; centres are the study's own facilities"]
    minutes: Annotated[float, "the standard, inclusive", "min"]
    count: Annotated[int, "how many of its facilities are asked for: the n-th nearest counts"]
    group: Annotated[str, "population group that it is for: residents, or the id of a group"]
    weight: Annotated[float, "how much it counts in the completeness index"]
    basic: Annotated[bool, "whether nobody is sufficiently served who lacks it"]
    least_capacity: Annotated[float | None, "capacity below which a facility does not count; null: not asked"]
    per_1000: Annotated[float | None, "capacity asked for 1,000 people; null: not asked"]
    clause: Annotated[str, "where the minutes come from"]
    clause_zh: Annotated[str, "the same in Chinese; empty: as it is"]
    evidence: Annotated[
        str, "how sure that is: seen (text read), excerpt, quoted, unchecked (from memory), or own"
    ]
    known: Annotated[bool, "whether any facility is given"]
    facilities: Annotated[int, "facilities that count"]
    facilities_closed: Annotated[int, "facilities that are closed"]
    facilities_below_standard: Annotated[int, "facilities below the least capacity"]
    capacity_unknown: Annotated[int, "of those that count, facilities of unknown capacity"]


class ServicePlace(TypedDict):
    """A facility of a service."""

    service: Annotated[str, "id of the service"]
    id: Annotated[str, "of the facility; # and the number of its row where it has none"]
    name: Annotated[str, "name"]
    capacity: Annotated[float | None, "capacity; empty where not known"]
    status: Annotated[str, "empty: it counts; closed; or below_standard"]
    opening_hours: Annotated[str, "when it is open, in OpenStreetMap's syntax; empty where not given"]


class HomeServices(TypedDict):
    """Services within reach of a demand point."""

    id: Annotated[str, "of the demand point"]
    people: Annotated[float, "residents"]
    community: Annotated[str, "id"]
    missing: Annotated[int, "basic services beyond their standard"]
    completeness: Annotated[float | None, "completeness index", "0–1"]
    service_min: Annotated[
        dict[str, float],
        "walk to the n-th nearest facility of each service",
        Spread((RecordField("<service>_min", float, "walk to its n-th nearest facility; empty if none", "min"),)),
    ]


class Completeness(TypedDict):
    """How complete the services within reach are."""

    people: Annotated[float, "residents, or people of the group"]
    people_sufficient: Annotated[float, "of these, people with every basic service that is known"]
    sufficient_share: Annotated[float | None, "people_sufficient ÷ people, 0–1"]
    missing_mean: Annotated[float | None, "basic services missing for a person, mean"]
    completeness: Annotated[
        float | None, "completeness index: weighted share of the known services within their standard, mean", "0–1"
    ]


class CommunityCompleteness(Completeness):
    """How complete the services within reach are in a community."""

    community: Annotated[str, "id"]


class GroupCompleteness(Completeness):
    """How complete the services within reach are for a group."""

    group: Annotated[str, "people, a column people_<group>, or the id of a group"]
    completeness_gini: Annotated[float | None, "Gini index of the completeness index over its people"]


class LedgerLayerRow(TypedDict):
    """What people of one community lack of one service, as a row of a layer."""

    priority: Annotated[
        int | None,
        "1 is first: people who lack it times its weight; null where it is not known whether they have it",
    ]
    community: Annotated[str, "id"]
    service: Annotated[str, "id of the service"]
    people: Annotated[float, "people of the community in the service's group"]
    people_missing: Annotated[float | None, "of these, people who lack it; empty where not known"]
    missing_share: Annotated[float | None, "people_missing ÷ people, 0–1"]
    people_closed: Annotated[float | None, "of those, people who would have it if closed facilities were open"]
    people_below_standard: Annotated[float | None, "people who would have it if facilities were not too small"]
    people_full: Annotated[float | None, "people within reach of what is full"]
    people_too_few: Annotated[float | None, "people who reach some, and fewer than asked"]
    people_blocked: Annotated[float | None, "people whom only a detour keeps from it"]
    people_nothing_near: Annotated[float | None, "people with nothing near"]
    reason: Annotated[str, f"the reason of most of them: {REASON_KEYS}"]
    nearest_min: Annotated[
        float | None, "their mean walk to the nearest today, over those who reach one; empty where nobody does"
    ]
    nearest: Annotated[str, "id of the facility nearest to most of them; empty where none is reached"]
    mend: Annotated[str, f"the cheapest mend: {MEND_KEYS}; empty where none of these helps"]
    mend_at: Annotated[str, "id of the facility or premises; empty for a new one"]
    mend_people: Annotated[float | None, "people of the community who would no longer lack it", "people"]
    mend_amount: Annotated[float | None, "capacity to be added; empty where none is"]
    mend_cost: Annotated[float | None, "what it costs, in costs.unit; empty where not known"]


class LedgerRow(LedgerLayerRow):
    """What people of one community lack of one service."""

    nearest_name: Annotated[str, "name of nearest"]
    mend_at_name: Annotated[str, "name of mend_at"]
    mends_unpriced: Annotated[list[str], "kinds of mend that would help too and have no price"]
    projects: NotRequired[
        Annotated[
            list[str],
            "ids of the projects of the programme (new stations, services in rooms, larger premises) that give "
            "the service to people of the community who lack it; only with a programme",
        ]
    ]


class BundleRoom(TypedDict):
    """A room or own premises that the best choice takes."""

    id: Annotated[str, "of the room or the premises"]
    name: Annotated[str, "name"]
    kind: Annotated[str, "premises (the study's own) or room"]
    area_m2: Annotated[float | None, "its floor area; empty for own premises: no limit"]
    area_used_m2: Annotated[float, "floor area that the services in it take up"]
    cost: Annotated[float, "of the room and of what goes into it, in costs.unit"]
    services: Annotated[str, "ids of the services in it, joined by commas"]


class BundleService(TypedDict):
    """A service in the best choice, and alone."""

    service: Annotated[str, "id of the service"]
    gained: Annotated[float, "people who get it in the bundle, times its weight", "people"]
    gained_alone: Annotated[float, "the same if the money went to this service alone", "people"]
    cost_alone: Annotated[float, "what that costs, in costs.unit"]
    bound_alone: Annotated[float, "no choice for it alone gains more", "people"]


class Bundles(TypedDict):
    """Rooms that services share."""

    budget: Annotated[float | None, "the budget, in costs.unit; null: no limit"]
    gained: Annotated[float, "people who get a service that they lack, times its weight", "people"]
    bound: Annotated[float, "no choice gains more", "people"]
    status: Annotated[str, "optimal: proved; time_limit: the bound stands where the search stopped"]
    cost: Annotated[float, "of the choice, in costs.unit"]
    cost_together: Annotated[float | None, "least cost of gaining as much; null: not shown in time"]
    cost_apart: Annotated[float | None, "the same if every service took rooms of its own; null: not shown in time"]
    rooms: Annotated[list[BundleRoom], "list, one a room that is taken"]
    services: Annotated[list[BundleService], "list, one a service that could be placed"]


class StepFreeBasis(TypedDict):
    """What closes streets to wheelchairs and prams."""

    stairs: Annotated[int, "streets that are stairs"]
    kerbs: Annotated[int, "raised kerbs, at a node or of a street"]
    steep: Annotated[int, "streets tagged as steeper than the limit"]
    incline_unknown: Annotated[int, "streets tagged as inclined without saying how much; they stay open"]
    limit_pct: Annotated[float, "greatest incline, inclusive", "%"]


class StepFree(TypedDict):
    """A service with and without steps."""

    service: Annotated[str, "id of the service"]
    community: Annotated[str, "id; empty: all of them"]
    people: Annotated[float, "people of the service's group"]
    people_served: Annotated[float | None, "of these, people within the standard on all streets"]
    people_served_step_free: Annotated[
        float | None, "people within it without stairs, raised kerbs and steep streets"
    ]
    people_lost: Annotated[float | None, "people within it only by these"]
    longer_min: Annotated[float | None, "mean further walk without these, over those who reach it both ways"]


class ServiceAtTime(TypedDict):
    """A service at a time of the week."""

    time: Annotated[str, "the time: days as OpenStreetMap writes them, and the clock time, as Mo-Fr 19:00"]
    service: Annotated[str, "id of the service"]
    community: Annotated[str, "id; empty: all of them"]
    people: Annotated[float, "people of the service's group"]
    people_served: Annotated[float | None, "of these, people within the standard whatever the hour"]
    people_open: Annotated[float | None, "of those served, people who find it open"]
    people_closed: Annotated[float | None, "people who find it closed, whatever the unknown hours are"]
    people_hours_unknown: Annotated[float | None, "people of whom it is not known: hours are not given or parsed"]


class SufficiencyAtTime(TypedDict):
    """People with every basic service at a time of the week."""

    time: Annotated[str, "the time, as Mo-Fr 19:00"]
    community: Annotated[str, "id; empty: all of them"]
    people: Annotated[float, "residents"]
    people_sufficient: Annotated[float, "of these, people with every basic service that is known, at any hour"]
    people_sufficient_open: Annotated[float, "people to whom all of these are open at the time"]
    people_sufficient_unknown: Annotated[float, "people to whom they may be: hours are not known"]


class HoursGapRow(TypedDict):
    """A gap of hours: people of one community who have a service, and find it closed."""

    priority: Annotated[int, "1 is first: people who find it closed times its weight"]
    community: Annotated[str, "id"]
    service: Annotated[str, "id of the service"]
    people: Annotated[float, "people of the community in the service's group"]
    people_closed: Annotated[float, "people who find it closed, at the time when most do"]
    closed_at: Annotated[str, "the times, as Mo-Fr 19:00, joined by semicolons"]
    people_closed_at: Annotated[str, "people who find it closed at each of them, joined by semicolons"]
    people_hours_unknown: Annotated[float, "people of whom it is not known, at the time when most"]
    facility: Annotated[str, "id of the facility nearest to most of those who find it closed"]
    mend_people: Annotated[
        float, "of people_closed, those who have the service again if that one is open", "people"
    ]


class HoursGap(HoursGapRow):
    """A gap of hours, with the name of its facility."""

    facility_name: Annotated[str, "name of facility"]


class ServiceHours(TypedDict):
    """Services at times of the week."""

    times: Annotated[list[str], "list of the times, as Mo-Fr 19:00"]
    by_time: Annotated[list[ServiceAtTime], "list, one a time and service, in total and by community"]
    sufficiency: Annotated[list[SufficiencyAtTime], "list, one a time, in total and by community"]
    ledger: Annotated[list[HoursGap], "list by priority, one a community and service that some find closed"]


class Services(TypedDict):
    """All services at once."""

    services: Annotated[list[Service], "list, one a service, the study's own facilities first"]
    by_community: Annotated[list[ServiceByCommunity], "list, one a service and community"]
    completeness: Annotated[Completeness, "over all residents"]
    completeness_by_community: Annotated[list[CommunityCompleteness], "list, one a community"]
    fairness: Annotated[list[GroupCompleteness], "list, one a group of people"]
    ledger: Annotated[list[LedgerRow], "list by priority, one a community and service that people of it lack"]
    bundles: Annotated[Bundles | None, "rooms that services share; null where the study asks for none"]
    step_free_basis: Annotated[StepFreeBasis | None, "what closes streets then; null where not asked for"]
    step_free: Annotated[
        list[StepFree] | None, "list, one a service in total and by community; null where not asked for"
    ]
    hours: Annotated[
        ServiceHours | None, "services at times of the week by opening hours; null where the study names none"
    ]
    unknown: Annotated[list[str], "list of the ids of services of which no facility is given"]
