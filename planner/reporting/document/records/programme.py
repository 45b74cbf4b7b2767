"""Needs, funds, projects and their years."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

MONEY = "in costs.unit"
SUBDISTRICT = "its subdistrict (街道) or town"
PEOPLE_SERVICES = "people who lacked a service, once for each that comes within its standard, times its weight"
YEAR = "the year, as 2024; 1, 2 … where the study names no first year"


class FundAmount(TypedDict):
    """Amount that a fund pays."""

    fund: Annotated[str, "id of the fund"]
    amount: Annotated[float, MONEY, "money"]


class ExtraMoney(FundAmount):
    """Extra money of a fund in a year."""

    year: Annotated[int, YEAR]


class FundingGap(TypedDict):
    """Money that is missing."""

    total: Annotated[
        float | None, "the least extra money; null where no money helps, or it was not found in time", "money"
    ]
    bound: Annotated[float, "with less it cannot be done", "money"]
    status: Annotated[str, "optimal, time_limit or infeasible (no money helps)"]
    extra: Annotated[list[ExtraMoney], "list: where the extra money may come from"]


class Year(TypedDict):
    """A year of the programme."""

    year: Annotated[int, YEAR]
    sites: Annotated[list[str], "list of the candidates at which a centre stands by its end"]
    closed: Annotated[list[str], "list of the centres that serve nobody by its end"]
    resolved: Annotated[list[str], "list of the weak centres that meet the standard by its end"]
    people_covered: Annotated[float, "people newly within the standard by its end, less those who lost theirs"]
    people_standard: Annotated[float, "people whose premises came up to standard by its end"]
    spent: Annotated[float, "in the year", "money"]
    people_services: NotRequired[Annotated[float, PEOPLE_SERVICES]]


class NeedFields(TypedDict):
    """A need."""

    id: Annotated[str, "N1, N2 …"]
    kind: Annotated[
        str, "weak_centre; no_centre: a community without premises; uncovered: people of one beyond the standard"
    ]
    place: Annotated[str, "id of the centre or community"]
    name: Annotated[str, "of the centre or community"]
    community: Annotated[str, "id of the community; empty in none"]
    subdistrict: Annotated[str, SUBDISTRICT]
    people: Annotated[float, "people of the community, or those of it who are uncovered"]
    year: Annotated[int | None, "the year by whose end it is met; empty where it is not, or not wholly"]
    people_met: Annotated[float, "people for whom it is met by the end"]
    unmet_reason: Annotated[
        str, "why it is not met: no_way, no_cost, not_chosen, station_only, no_project; empty if met"
    ]


class Need(NeedFields):
    """A need, with its rules and projects."""

    community_name: Annotated[str, "its name"]
    rules: Annotated[list[str], "list of the rules of grade compliant that weak premises fail"]
    projects: Annotated[list[str], "list of the projects that meet it, wholly or in part"]


class FundYear(TypedDict):
    """A fund in a year."""

    year: Annotated[int, YEAR]
    amount: Annotated[float, "what the fund gives in the year", "money"]
    brought: Annotated[float, "what was left from the year before and may be spent", "money"]
    spent: Annotated[float, "what the programme spends of it", "money"]
    left: Annotated[float, "what is left of it", "money"]


class Fund(TypedDict):
    """A fund."""

    id: Annotated[str, "of the fund"]
    name: Annotated[str, "in the study's words, else its id"]
    source: Annotated[str, "where the figures come from"]
    carry_over: Annotated[bool, "whether what is not spent stays"]
    pays_for: Annotated[list[str], "list of the kinds of projects that it pays for, new with branches; empty: all"]
    most_share: Annotated[float, "of a project, 0–1"]
    matches: Annotated[str | None, "id of the fund that it matches, or null"]
    match_share: Annotated[float | None, "at least so much for each unit of that fund, or null"]
    years: Annotated[list[FundYear], "list, one a year"]


class PossibleSite(TypedDict):
    """A candidate with a cost."""

    id: Annotated[str, "of the candidate"]
    kind: Annotated[str, "new, move or merge"]
    community: Annotated[str, "id of the community in which it lies; empty in none"]
    community_name: Annotated[str, "its name"]
    subdistrict: Annotated[str, SUBDISTRICT]
    cost: Annotated[float, MONEY, "money"]
    people: Annotated[float, "people within the standard of it and of no centre that stays"]
    project: Annotated[str, "id of the project that takes it; empty where none does"]


class Resources(TypedDict):
    """Funds and candidates."""

    funds: Annotated[list[Fund], "list, in the order in which they are drawn on"]
    sites: Annotated[list[PossibleSite], "list, one a candidate with a cost"]


class ProjectFields(TypedDict):
    """A project."""

    id: Annotated[str, "P1, P2 …: the number in the task table"]
    option: Annotated[
        str, "upgrade:<centre> (see its remedy), a candidate's id, or that of one of the study's own projects"
    ]
    kind: Annotated[str, "upgrade, new, branch, move, merge, share, access, room or service"]
    title: Annotated[str, "the study's own words; empty where it has none"]
    centre: Annotated[str, "id of the centre that it is about; empty in none"]
    site: Annotated[str, "id of the candidate at which a centre then stands; empty at none"]
    community: Annotated[str, "id of the community in which it lies; empty in none"]
    subdistrict: Annotated[str, SUBDISTRICT]
    year: Annotated[int, YEAR]
    cost: Annotated[float, MONEY, "money"]
    people_covered: Annotated[
        float | None,
        "people newly within the standard, besides those of the projects before it; empty where it cannot be "
        "measured: shared rooms, a move to a place that is no candidate, a gate that only the streets show",
    ]
    people_standard: Annotated[float, "people whose premises come up to standard by it"]
    cost_per_person: Annotated[
        float | None, "cost ÷ people, as far as they are counted; empty where nobody gains", "money"
    ]


class Project(ProjectFields):
    """A project, with its funding and its position."""

    community_name: Annotated[str, "its name"]
    closes: Annotated[list[str], "list of the centres that serve nobody then"]
    resolves: Annotated[list[str], "list of the weak centres that it brings to standard"]
    unit: Annotated[str, "who is responsible in the study's words; empty: its subdistrict"]
    paid: Annotated[list[FundAmount], "list: which fund pays what"]
    people: Annotated[
        float | None,
        "people_covered, where it is counted, + people_standard + people_services; empty where nobody is counted",
    ]
    lon: Annotated[float | None, "longitude, degrees, WGS 84; null where it is nowhere in particular", "°"]
    lat: Annotated[float | None, "latitude, likewise", "°"]
    people_services: NotRequired[Annotated[float, PEOPLE_SERVICES]]
    room: NotRequired[Annotated[str, "id of the room taken, or of room or centre with a new service; empty: none"]]
    room_name: NotRequired[Annotated[str, "its name"]]
    service: NotRequired[Annotated[str, "id of the service that is added; empty: none"]]


class Programme(TypedDict):
    """Projects by year, with their funding."""

    unit: Annotated[str, "the unit of money"]
    costs_modelled: Annotated[bool, "whether costs are assumed, not quoted"]
    cost_source: Annotated[str, "where the costs of sites come from, in the study's words"]
    people: Annotated[
        float, "people gaining by the end: newly within the standard, or with premises up to it, summed"
    ]
    bound: Annotated[float, "the most that any programme with as many premises brought to standard can reach"]
    gap: Annotated[float | None, "(bound − people) ÷ bound"]
    status: Annotated[str, "optimal (no programme gains more) or time_limit (see the bound)"]
    order_status: Annotated[str, "the same of the years: no others bring people earlier by these projects"]
    cost: Annotated[float, "all projects together, in the unit", "money"]
    weak: Annotated[int, "weak premises"]
    resolvable: Annotated[int, "of these, those that some project with a known cost brings to standard"]
    resolved: Annotated[int, "of these, those that the programme does bring there"]
    funding_gap: Annotated[
        FundingGap | None, "what money is missing to bring all of resolvable to standard; null where none is"
    ]
    not_counted: Annotated[
        list[str],
        "list of the kinds of projects, chosen or not, of which some change who reaches a centre in a way that "
        "`people` and `bound` do not count; `people_covered` does, where it can be measured",
    ]
    years: Annotated[list[Year], "list, one a year"]
    needs: Annotated[list[Need], "list (需求清单)"]
    resources: Annotated[Resources, "what there is (资源清单)"]
    projects: Annotated[list[Project], "list: the task table (项目清单), by year"]
