"""Records of belts along streets, and of organisations and the stations that serve them."""

from __future__ import annotations

from typing import Annotated, TypedDict


class OrganisationRow(TypedDict):
    """An organisation."""

    id: Annotated[str, "of the organisation"]
    name: Annotated[str, "name"]
    kind: Annotated[str, "as given"]
    members: Annotated[float | None, "as given; empty where not known", "people"]
    community: Annotated[str, "id of the community in which it lies; empty in none"]
    station: Annotated[str, "id of the station that serves it; empty where none does"]
    walk_min: Annotated[float | None, "minutes on foot to it; empty where none does"]
    nearest: Annotated[str, "id of the nearest station, whatever its room; empty where none can be walked to"]
    nearest_min: Annotated[float | None, "minutes on foot to that"]
    reason: Annotated[str, "why no station serves it: nothing_near or full (all within the walk); empty: one does"]


class StationLoadRow(TypedDict):
    """A station and the organisations that it serves."""

    station: Annotated[str, "id"]
    organisations: Annotated[int, "how many it serves"]
    members: Annotated[float | None, "their members, those known; null where none is", "people"]
    mean_min: Annotated[float | None, "their walk, mean"]
    spare: Annotated[float | None, "how many more it could take; empty without a bound"]


class Organisation(OrganisationRow):
    """An organisation, with the names of the stations."""

    station_name: Annotated[str, "name of the station that serves it"]
    nearest_name: Annotated[str, "name of the nearest station"]
    lon: Annotated[float, "degrees, WGS 84", "°"]
    lat: Annotated[float, "latitude, degrees, WGS 84", "°"]


class StationLoad(StationLoadRow):
    """A station with its name."""

    name: Annotated[str, "name"]


class OrganisationKind(TypedDict):
    """Organisations of a kind."""

    kind: Annotated[str, "as given"]
    organisations: Annotated[int, "how many there are"]
    served: Annotated[int, "of these, served by a station"]
    full: Annotated[int, "near stations that are all full"]
    nothing_near: Annotated[int, "without a station within the walk"]
    members: Annotated[float | None, "their members, those known; null where none is", "people"]
    members_served: Annotated[float | None, "of these, of organisations served", "people"]


class Organisations(TypedDict):
    """Organisations and their stations."""

    limit_min: Annotated[float, "how far a station may be, inclusive"]
    most: Annotated[int | None, "most organisations of a station; null: any number"]
    tiers: Annotated[list[str], "list: tiers of facilities that serve organisations"]
    source: Annotated[str, "where these figures come from, in the study's words"]
    organisations: Annotated[int, "how many there are"]
    served: Annotated[int, "of these, served: as many as possible"]
    served_bound: Annotated[int, "no assignment serves more"]
    walk_total_min: Annotated[float, "sum of their walks: as little as possible with so many served"]
    walk_bound_min: Annotated[float, "no assignment of as many walks less"]
    status: Annotated[str, "optimal where both bounds are met, else feasible"]
    kinds: Annotated[list[OrganisationKind], "list, one a kind"]
    stations: Annotated[list[StationLoad], "list, one a station, by id"]
    assigned: Annotated[list[Organisation], "list, one an organisation, in the order of the input"]


class BeltRow(TypedDict):
    """A belt along streets."""

    id: Annotated[str, "of the belt"]
    name: Annotated[str, "name"]
    streets: Annotated[str, "names of its streets"]
    length_m: Annotated[float, "length of these streets, m"]
    limit_min: Annotated[float, "how far from them it reaches on foot, inclusive"]
    people: Annotated[float, "residents within it"]
    places: Annotated[float | None, "places of business; empty where the study gives none"]
    workers: Annotated[float | None, "people who work at these by day", "people"]
    organisations: Annotated[float | None, "organisations; empty where the study gives none"]
    centres: Annotated[int, "centres of other tiers"]
    stations: Annotated[int, "stations"]


class BeltMemberRow(TypedDict):
    """A member of a belt."""

    belt: Annotated[str, "id of the belt"]
    kind: Annotated[str, "facility, place or organisation"]
    id: Annotated[str, "of the member"]
    name: Annotated[str, "name"]
    walk_min: Annotated[float, "minutes on foot from the street"]


class Belt(BeltRow):
    """A belt with its facilities."""

    source: Annotated[str, "where streets and distance come from, in the study's words"]
    facilities: Annotated[list[BeltMemberRow], "list, one a station or centre along it, the nearest first"]


class Belts(TypedDict):
    """Belts along streets."""

    belts: Annotated[list[Belt], "list, one a belt, in the order of the study"]
    members: Annotated[list[BeltMemberRow], "list, one a facility, place or organisation along a belt"]
