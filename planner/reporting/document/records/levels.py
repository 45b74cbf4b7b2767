"""Records of the three levels: district, subdistricts and communities."""

from __future__ import annotations

from typing import Annotated, TypedDict

LEVEL = "district, subdistrict or community"
UNIT = "empty for the district, name of the subdistrict, id of the community"


class LevelUnit(TypedDict):
    """A unit of a level with its figures."""

    level: Annotated[str, LEVEL]
    id: Annotated[str, UNIT]
    name: Annotated[str, "name"]
    communities: Annotated[int, "communities in it"]
    people: Annotated[int, "residents, as shown", "people"]
    people_covered: Annotated[int, "of these, within the standard of a centre, as shown", "people"]
    weak: Annotated[int, "weak communities"]
    without_centre: Annotated[int, "communities without premises"]
    people_sufficient: Annotated[float | None, "residents with every basic service; empty without services"]
    missing_mean: Annotated[float | None, "basic services that a resident lacks, mean; empty without services"]
    organisations: Annotated[int | None, "organisations in it; empty where the study gives none"]
    organisations_served: Annotated[int | None, "of these, with a station"]
    projects: Annotated[int | None, "projects of the programme; empty without a programme"]
    cost: Annotated[float | None, "what these cost", "money"]


class LevelLedgerRow(TypedDict):
    """What people of a unit lack of one service."""

    level: Annotated[str, LEVEL]
    id: Annotated[str, UNIT]
    name: Annotated[str, "name"]
    service: Annotated[str, "id of the service"]
    people_missing: Annotated[float, "people who lack it"]
    missing_share: Annotated[float | None, "of the people of its group, 0–1"]
    communities: Annotated[int, "communities with people who lack it"]
    reason: Annotated[str, "the reason of most of them, as in the ledger of services"]
    mend_cost: Annotated[
        float | None,
        "cheapest mends of its communities, each place once, in costs.unit; empty where one is not known",
    ]


class Levels(TypedDict):
    """The three levels."""

    units: Annotated[list[LevelUnit], "list: the district, its subdistricts, its communities"]
    ledger: Annotated[list[LevelLedgerRow], "list, one a unit and service, most people first in each unit"]
