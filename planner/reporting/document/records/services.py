"""Records of services: access, completeness, and the ledger of what is missing."""

from __future__ import annotations

from typing import Annotated, TypedDict

from planner.reporting.document.records.shared import Localized

REASON_KEYS = (
    "closed, below_standard, full, blocked, nothing_near or unknown (no facility of the service is given)"
)
MEND_KEYS = (
    "reopen, extend (more capacity where it is), enlarge (to the least of the standard), add (to existing "
    "premises), new, or survey (find out what is there)"
)


class ServiceShares(TypedDict):
    """People of the group of a service."""

    people: Annotated[float, "people whom it is for"]
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
    group: Annotated[str, "whom it is for: residents, or the id of a group"]
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


class Services(TypedDict):
    """All services at once."""

    services: Annotated[list[Service], "list, one a service, the study's own facilities first"]
    by_community: Annotated[list[ServiceByCommunity], "list, one a service and community"]
    completeness: Annotated[Completeness, "over all residents"]
    completeness_by_community: Annotated[list[CommunityCompleteness], "list, one a community"]
    fairness: Annotated[list[GroupCompleteness], "list, one a group of people"]
    unknown: Annotated[list[str], "list of the ids of services of which no facility is given"]
