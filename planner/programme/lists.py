"""The programme as it is decided upon: needs (需求清单), resources (资源清单), projects (项目清单)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from planner.evaluation.improvements.actions import Action
from planner.messages.notices import Remark
from planner.programme.missing_funds import Missing
from planner.siting.solution import Status


@dataclass(frozen=True, slots=True)
class Need:
    """What is wanting.

    Attributes
    ----------
    id
        N1, N2 …, in the order of the list.
    kind
        ``"weak_centre"``; ``"no_centre"``: a community without premises; ``"uncovered"``: people of a community
        beyond the standard.
    place, name
        Id and name of the centre or community.
    community, street
        In which it lies.
    people
        People concerned: of the community, or those of it who are uncovered.
    rules
        Of a weak centre, the rules of grade compliant that it fails; the diagnosis' findings are the evidence.
    projects
        Ids of the projects that meet it, wholly or in part.
    year
        By the end of which year it is met, from 0; None where it is not, or not wholly.
    people_met
        People for whom it is met by the end.
    left
        Why it is not wholly met: ``"no_way"`` nothing that was tried suffices, ``"no_cost"`` the cost of what
        would is not known, ``"not_chosen"`` money and rules leave no room for it, ``"station_only"`` a
        station is built in a community without premises, ``"no_project"`` no project meets it; empty where it is.
    """

    id: str
    kind: str
    place: str
    name: str
    community: str
    street: str
    people: float
    rules: tuple[str, ...]
    projects: tuple[str, ...]
    year: int | None
    people_met: float
    left: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place that may be had: a candidate with its cost.

    Attributes
    ----------
    id, kind
        The candidate, and the kind of project that it is.
    community, street
        In which it lies.
    cost
        In the study's unit of money.
    people
        People beyond the standard of every centre of today, within the standard of it.
    project
        The id of the project that takes it; empty where none does.
    """

    id: str
    kind: str
    community: str
    street: str
    cost: float
    people: float
    project: str


@dataclass(frozen=True, slots=True)
class FundYear:
    """A fund in one year.

    Attributes
    ----------
    fund, year
        Which, from 0.
    amount, brought
        What it gives, and what was left from the year before and may still be spent.
    spent, left
        What the programme spends, and what is left.
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
        What it is made from: ``upgrade:<centre>``, a candidate's id, or one of the study's own projects; and what
        funds know it by.
    title
        The study's own words; empty where it has none.
    centre, site, closes
        The centre that it is about, the candidate at which one then stands, and centres that serve nobody then.
    settles
        Weak centres that meet the standard once it is done.
    community, street, unit
        Where, and who is responsible in the study's words; empty: the street.
    changes
        What is done to the centre.
    year
        In which it begins and is done, from 0.
    cost, paid
        In the study's unit of money; what each fund pays, in the order of the funds.
    people_covered, people_standard
        People newly within the standard, and people whose premises meet it, added to what is done before.
    """

    id: str
    option: str
    kind: str
    title: str
    centre: str
    site: str
    closes: tuple[str, ...]
    settles: tuple[str, ...]
    community: str
    street: str
    unit: str
    changes: tuple[Action, ...]
    year: int
    cost: float
    paid: tuple[float, ...]
    people_covered: float
    people_standard: float

    @property
    def people(self) -> float:
        """Everybody who gains."""
        return self.people_covered + self.people_standard

    @property
    def cost_per_person(self) -> float:
        """Its cost for each who gains; nan where nobody does."""
        return self.cost / self.people if self.people > 0 else math.nan


@dataclass(frozen=True, slots=True)
class Year:
    """What is reached by the end of a year: sites, closed centres, people; and the money spent in it."""

    year: int
    sites: tuple[str, ...]
    closed: tuple[str, ...]
    settled: tuple[str, ...]
    people_covered: float
    people_standard: float
    spent: float


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """What is built or upgraded in which year, with which money.

    Attributes
    ----------
    labels
        The years as they are called: 2024 …; 1 … where the study names no first year.
    needs, sites, funds, projects
        The three lists: needs; resources (places that may be had, and funds by year); projects.
    years
        What is reached by the end of each.
    weak, settleable, settled
        How many premises are weak; how many of them some project brings to standard; how many are, in the end.
    people, bound
        People who gain by the end: newly within the standard, and whose premises meet it, added up. With as many
        premises brought to standard no programme reaches more than the bound.
    status, order_status
        Of the choice; and of the years: that for these projects no others bring people earlier.
    missing
        What money is missing to bring all weak premises to standard that a project can bring there; None: none is.
    remarks
        What of the settings is left aside.
    """

    labels: tuple[int, ...]
    needs: tuple[Need, ...]
    sites: tuple[Site, ...]
    funds: tuple[FundYear, ...]
    projects: tuple[Project, ...]
    years: tuple[Year, ...]
    weak: int
    settleable: int
    settled: int
    people: float
    bound: float
    gap: float
    status: Status
    order_status: Status
    missing: Missing | None
    remarks: tuple[Remark, ...] = ()

    @property
    def cost(self) -> float:
        """What all projects cost."""
        return math.fsum(project.cost for project in self.projects)

    def of_site(self) -> dict[str, Project]:
        """Return the projects by the candidate that they take."""
        return {project.site: project for project in self.projects if project.site}


def numbered(letter: str, count: int) -> Sequence[str]:
    """Return the ids of a list.

    Examples
    --------
    >>> numbered("N", 2)
    ['N1', 'N2']
    """
    return [f"{letter}{number}" for number in range(1, count + 1)]
