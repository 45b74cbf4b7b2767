"""The programme of a study in three lists: needs (需求清单), resources (资源清单) and projects (项目清单)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from planner.evaluation.improvements.actions import Action
from planner.messages.notices import Notice
from planner.programme.solve import FundingGap
from planner.siting.solution import Status


@dataclass(frozen=True, slots=True)
class Need:
    """An unmet need: a weak centre, a community without one, or uncovered residents.

    Attributes
    ----------
    id
        N1, N2 …, in the order of the list.
    kind
        ``"weak_centre"``; ``"no_centre"``: a community without premises; ``"uncovered"``: residents of a community
        beyond the standard.
    place, name
        Id and name of the centre or community.
    community, subdistrict
        Where it is located.
    people
        People concerned: of the community, or those of it who are uncovered.
    rules
        Rules of grade compliant that a weak centre fails.
    projects
        Ids of the projects that meet it, completely or in part.
    year
        Year by the end of which it is met, from 0; None if it is not met completely.
    people_met
        People for whom it is met by the end.
    unmet_reason
        Why it is not met completely: ``"no_way"`` no improvement suffices, ``"no_cost"`` the cost of a sufficient
        one is unknown, ``"not_chosen"`` excluded by money and rules, ``"station_only"`` a station is built in a
        community without premises, ``"no_project"`` no project meets it; empty if it is met.
    """

    id: str
    kind: str
    place: str
    name: str
    community: str
    subdistrict: str
    people: float
    rules: tuple[str, ...]
    projects: tuple[str, ...]
    year: int | None
    people_met: float
    unmet_reason: str


@dataclass(frozen=True, slots=True)
class AvailableSite:
    """A candidate with a known cost.

    Attributes
    ----------
    id, kind
        The candidate, and the kind of project.
    community, subdistrict
        Where it is located.
    cost
        In the study's unit of money.
    people
        People within the standard of it and beyond that of every centre today.
    project
        Id of the project at this site; empty if there is none.
    """

    id: str
    kind: str
    community: str
    subdistrict: str
    cost: float
    people: float
    project: str


@dataclass(frozen=True, slots=True)
class FundYear:
    """Account of a fund in one year.

    Attributes
    ----------
    fund, year
        Id, and year from 0.
    amount, brought
        New money, and money carried over from the year before.
    spent, left
        Money spent by the programme, and money left.
    """

    fund: str
    year: int
    amount: float
    brought: float
    spent: float
    left: float


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the programme: a row of the task table.

    Attributes
    ----------
    id
        P1, P2 …: 序号 of the task table.
    option, kind
        Id of its option: ``upgrade:<centre>``, a candidate's id, or a project of the study; and the kind by which
        funds select it.
    title
        Title in the study; empty if there is none.
    centre, site, closes
        The centre concerned, the candidate at which one is located afterwards, and centres that are closed.
    resolves
        Weak centres that are compliant afterwards.
    community, subdistrict, unit
        Where it is located, and the responsible unit in the study; empty: the subdistrict.
    actions
        Actions at the centre.
    year
        Year in which it is carried out, from 0.
    cost, paid
        In the study's unit of money; payment of each fund, in the order of the funds.
    people_covered, people_standard, people_services
        People newly covered, None where this is not counted, people whose weak centre is resolved, and people who
        lacked a service, once for each, weighted, in addition to the projects before it.
    room, service
        The room that is taken, or the room or centre to which a service is added, and that service; empty if none.
    """

    id: str
    option: str
    kind: str
    title: str
    centre: str
    site: str
    closes: tuple[str, ...]
    resolves: tuple[str, ...]
    community: str
    subdistrict: str
    unit: str
    actions: tuple[Action, ...]
    year: int
    cost: float
    paid: tuple[float, ...]
    people_covered: float | None
    people_standard: float
    people_services: float = 0.0
    room: str = ""
    service: str = ""

    @property
    def people(self) -> float | None:
        """People who gain, as far as they are counted; None where none are."""
        others = self.people_standard + self.people_services
        if self.people_covered is None:
            return others or None
        return self.people_covered + others

    @property
    def cost_per_person(self) -> float:
        """Cost per person who gains; nan if there is none."""
        return self.cost / people if (people := self.people or 0.0) > 0 else math.nan


@dataclass(frozen=True, slots=True)
class Year:
    """State by the end of a year.

    Attributes
    ----------
    year
        From 0.
    sites, closed, resolved
        Candidates at which a centre is located, centres closed, and weak centres resolved.
    people_covered, people_standard, people_services
        People newly covered, less those who lose coverage, people whose weak centre is resolved, and people who
        lacked a service, once for each, weighted.
    spent
        Money spent in the year.
    """

    year: int
    sites: tuple[str, ...]
    closed: tuple[str, ...]
    resolved: tuple[str, ...]
    people_covered: float
    people_standard: float
    spent: float
    people_services: float = 0.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Programme:
    """Projects by year with their funding.

    Attributes
    ----------
    labels
        Names of the years: 2024 …; 1 … if the study has no first year.
    needs, sites, funds, projects
        The three lists: needs; resources (sites, and funds by year); projects.
    years
        State by the end of each year.
    weak, resolvable, resolved
        Number of weak centres; of those that some option resolves; of those resolved by the end.
    people, bound
        People who gain by the end: newly covered, with a resolved centre, and with services. With as many centres
        resolved no programme exceeds the bound.
    gap
        Relative optimality gap.
    status, order_status
        Status of the selection; and of the years of the selected projects.
    funding_gap
        Money missing to resolve all that is resolvable; None if there is none.
    not_counted
        Kinds of the options, selected or not, whose effect on who reaches a centre is not counted.
    notices
        Notices on settings that do not apply.
    """

    labels: tuple[int, ...]
    needs: tuple[Need, ...]
    sites: tuple[AvailableSite, ...]
    funds: tuple[FundYear, ...]
    projects: tuple[Project, ...]
    years: tuple[Year, ...]
    weak: int
    resolvable: int
    resolved: int
    people: float
    bound: float
    gap: float
    status: Status
    order_status: Status
    funding_gap: FundingGap | None
    not_counted: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        return (
            f"Programme({len(self.projects)} projects in {len(self.labels)} years, cost {self.cost:,.6g}, "
            f"{self.resolved} of {self.weak} weak resolved, {self.people:,.0f} people gain, {self.status})"
        )

    @property
    def cost(self) -> float:
        """Total cost of the projects."""
        return math.fsum(project.cost for project in self.projects)

    def project_by_site(self) -> dict[str, Project]:
        """Return the projects by their candidate."""
        return {project.site: project for project in self.projects if project.site}


def list_ids(letter: str, count: int) -> Sequence[str]:
    """Return the ids of a list.

    Examples
    --------
    >>> list_ids("N", 2)
    ['N1', 'N2']
    """
    return [f"{letter}{number}" for number in range(1, count + 1)]
