"""The plan document: the content of plan.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from planner.reporting.document.records.coverage import BusinessAreas, Checks, Coverage, Equity, Group
from planner.reporting.document.records.facilities import Diagnosis, Facility
from planner.reporting.document.records.inputs import Data, Demand, Network, Walking
from planner.reporting.document.records.levels import Levels
from planner.reporting.document.records.organisations import Belts, Organisations
from planner.reporting.document.records.programme import Programme
from planner.reporting.document.records.services import Services
from planner.reporting.document.records.shared import Localized
from planner.reporting.document.records.siting import Siting

Entry = Mapping[str, Any]
"""Any part of a document."""


class NewSite(TypedDict):
    """A new station of a scenario."""

    id: Annotated[str, "of the station"]
    x: Annotated[float, "where it stands, m, in data.crs", "m"]
    y: Annotated[float, "the same", "m"]


class ScenarioChange(TypedDict):
    """A change of a scenario to a centre, a gate or the streets."""

    kind: Annotated[
        str,
        "extend_hours, add_functions, step_free, add_area, open_station (a branch), open_gate or build_crossing",
    ]
    centre: Annotated[str, "id of the centre"]
    id: Annotated[str, "of the branch or of the gate; else empty"]
    amount: Annotated[float, "m² or hours a week"]
    functions: Annotated[list[str], "list of the functions added"]
    place: Annotated[list[float] | None, "[x, y] of the branch, or where the passage begins, in data.crs", "m"]
    other: Annotated[list[float] | None, "where the passage ends", "m"]


class ScenarioRun(TypedDict):
    """The scenario of this run."""

    file: Annotated[str, "name of the scenario file"]
    sha256: Annotated[str, "its hash"]
    closed: Annotated[list[str], "list of the ids of centres that were closed"]
    sites: Annotated[list[NewSite], "list of new stations, each a centre of tier station in this run"]
    changes: Annotated[list[ScenarioChange], "list of upgrades, branches and passages carried out in this run"]


class MapScenario(Localized):
    """Facilities and sites at a stop of the map's slider."""

    key: Annotated[str, "today, year_<year> of the programme, or the method of a proposal"]
    closed: Annotated[list[str], "list of the ids of centres that it closes"]
    sites: Annotated[list[str], "list of the ids of candidates at which it opens a station"]
    projects: Annotated[list[str], "list of the projects of the programme that are carried out by then"]


class Notice(Localized):
    """A notice."""

    key: Annotated[str, "the kind of notice"]
    table: Annotated[str, "the input concerned"]
    rows: Annotated[list[str], "list of ids; empty where the notice is about the whole table"]
    people: Annotated[float, "people concerned; 0 where the notice does not count them"]


class Provenance(TypedDict):
    """Software that made the results."""

    planner: Annotated[str, "version of the planner"]
    geos: Annotated[str, "version of GEOS"]
    libraries: Annotated[dict[str, str], "versions of the libraries that numbers depend on, by name"]
    command: Annotated[str, "the command that makes such a file"]


class PlanDocument(TypedDict):
    """Everything in a plan but its geometry."""

    format: Annotated[str, "name and version of this form"]
    study: Annotated[dict[str, Any], "the settings, defaults filled in"]
    walking: Annotated[Walking, "how people walk"]
    data: Annotated[Data, "what was read"]
    demand: Annotated[Demand, "where people come from, and their balance"]
    network: Annotated[Network, "the walking network in figures"]
    coverage: Annotated[Coverage, "who has a centre within the limits"]
    groups: Annotated[list[Group], "list, one a kind of people besides the residents"]
    services: NotRequired[
        Annotated[Services, "who reaches which service, and what is missing; absent without [[services]]"]
    ]
    business_areas: Annotated[BusinessAreas | None, "the business areas; null where the study gives no places"]
    belts: NotRequired[Annotated[Belts, "what stands along streets; absent without [[belts]]"]]
    levels: NotRequired[Annotated[Levels, "figures by level; absent without `report.levels`"]]
    organisations: NotRequired[
        Annotated[Organisations, "which station serves which organisation; absent without `inputs.organisations`"]
    ]
    centres: Annotated[list[Facility], "list, one a centre, in the order of the input"]
    diagnosis: Annotated[Diagnosis, "the rules and what they find over all premises"]
    fairness: Annotated[Equity, "how the walk to the nearest centre is shared out, however long it is"]
    checks: Annotated[Checks, "what the planner's second opinions say"]
    siting: Annotated[Siting, "where new stations might go"]
    scenario: Annotated[
        ScenarioRun | None,
        "which centres were closed and which sites stand in this run; null: the centres are today's",
    ]
    programme: Annotated[
        Programme | None, "what is done in which year with which money; null where the study gives no funds"
    ]
    scenarios: Annotated[
        list[MapScenario], "list: what the map's slider steps through, the centres as they are first"
    ]
    notices: Annotated[list[Notice], "list: what could not be done for a row, or what a reader must know"]
    provenance: Annotated[Provenance, "what made this file"]
