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
    """An unmet need: a weak centre, a community without one, or uncovered residents."""

    id: str
    """N1, N2 …, in the order of the list."""
    kind: str
    """``"weak_centre"``; ``"no_centre"``: a community without premises; ``"uncovered"``: residents of a community
    beyond the standard."""
    place: str
    name: str
    """`place`, `name`: Id and name of the centre or community."""
    community: str
    subdistrict: str
    """`community`, `subdistrict`: Where it is located."""
    people: float
    """People concerned: of the community, or those of it who are uncovered."""
    rules: tuple[str, ...]
    """Rules of grade compliant that a weak centre fails."""
    projects: tuple[str, ...]
    """Ids of the projects that meet it, completely or in part."""
    year: int | None
    """Year by the end of which it is met, from 0; None if it is not met completely."""
    people_met: float
    """People for whom it is met by the end."""
    unmet_reason: str
    """Why it is not met completely: ``"no_way"`` no improvement suffices, ``"no_cost"`` the cost of a sufficient
    one is unknown, ``"not_chosen"`` excluded by money and rules, ``"station_only"`` a station is built in a
    community without premises, ``"no_project"`` no project meets it; empty if it is met."""


@dataclass(frozen=True, slots=True)
class AvailableSite:
    """A candidate with a known cost."""

    id: str
    kind: str
    """`id`, `kind`: The candidate, and the kind of project."""
    community: str
    subdistrict: str
    """`community`, `subdistrict`: Where it is located."""
    cost: float
    """In the study's unit of money."""
    people: float
    """People within the standard of it and beyond that of every centre today."""
    project: str
    """Id of the project at this site; empty if there is none."""


@dataclass(frozen=True, slots=True)
class FundYear:
    """Account of a fund in one year."""

    fund: str
    year: int
    """`fund`, `year`: Id, and year from 0."""
    amount: float
    brought: float
    """`amount`, `brought`: New money, and money carried over from the year before."""
    spent: float
    left: float
    """`spent`, `left`: Money spent by the programme, and money left."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the programme: a row of the task table."""

    id: str
    """P1, P2 …: 序号 of the task table."""
    option: str
    kind: str
    """`option`, `kind`: Id of its option: ``upgrade:<centre>``, a candidate's id, or a project of the study; and
    the kind by which funds select it."""
    title: str
    """Title in the study; empty if there is none."""
    centre: str
    site: str
    closes: tuple[str, ...]
    """`centre`, `site`, `closes`: The centre concerned, the candidate at which one is located afterwards, and
    centres that are closed."""
    resolves: tuple[str, ...]
    """Weak centres that are compliant afterwards."""
    community: str
    subdistrict: str
    unit: str
    """`community`, `subdistrict`, `unit`: Where it is located, and the responsible unit in the study; empty: the
    subdistrict."""
    actions: tuple[Action, ...]
    """Actions at the centre."""
    year: int
    """Year in which it is carried out, from 0."""
    cost: float
    paid: tuple[float, ...]
    """`cost`, `paid`: In the study's unit of money; payment of each fund, in the order of the funds."""
    people_covered: float | None
    people_standard: float
    people_services: float = 0.0
    """`people_covered`, `people_standard`, `people_services`: People newly covered, None where not counted, people
    whose weak centre is resolved, and people who lacked a service, once for each, weighted, in addition to the
    projects before it."""
    room: str = ""
    service: str = ""
    """`room`, `service`: The room that is taken, or the room or centre to which a service is added, and that
    service; empty if none."""

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
    """State by the end of a year."""

    year: int
    """From 0."""
    sites: tuple[str, ...]
    closed: tuple[str, ...]
    resolved: tuple[str, ...]
    """`sites`, `closed`, `resolved`: Candidates at which a centre is located, centres closed, and weak centres
    resolved."""
    people_covered: float
    people_standard: float
    """`people_covered`, `people_standard`: People newly covered, less those who lose coverage, and people whose
    weak centre is resolved."""
    spent: float
    """Money spent in the year."""
    people_services: float = 0.0
    """People who lacked a service, once for each that is within its standard by then, weighted."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Programme:
    """Projects by year with their funding."""

    labels: tuple[int, ...]
    """Names of the years: 2024 …; 1 … if the study has no first year."""
    needs: tuple[Need, ...]
    sites: tuple[AvailableSite, ...]
    funds: tuple[FundYear, ...]
    projects: tuple[Project, ...]
    """`needs`, `sites`, `funds`, `projects`: The three lists: needs; resources (sites, and funds by year);
    projects."""
    years: tuple[Year, ...]
    """State by the end of each year."""
    weak: int
    resolvable: int
    resolved: int
    """`weak`, `resolvable`, `resolved`: Number of weak centres; of those that some option resolves; of those
    resolved by the end."""
    people: float
    bound: float
    """`people`, `bound`: People who gain by the end: newly covered, and with a resolved centre. With as many
    centres resolved no programme exceeds the bound."""
    gap: float
    """Relative optimality gap."""
    status: Status
    order_status: Status
    """`status`, `order_status`: Status of the selection; and of the years of the selected projects."""
    funding_gap: FundingGap | None
    """Money missing to resolve all that is resolvable; None if there is none."""
    not_counted: tuple[str, ...] = ()
    """Kinds of the options, selected or not, whose effect on who reaches a centre is not counted."""
    notices: tuple[Notice, ...] = ()
    """Notices on settings that do not apply."""

    def __repr__(self) -> str:
        return (
            f"Programme({len(self.projects)} projects in {len(self.labels)} years, cost {self.cost:,.6g}, "
            f"{self.resolved} of {self.weak} weak resolved, {self.people:,.0f} people gain, {self.status})"
        )

    @property
    def cost(self) -> float:
        """Total cost of the projects."""
        return math.fsum(project.cost for project in self.projects)


def list_ids(letter: str, count: int) -> Sequence[str]:
    """Return the ids of a list.

    Examples
    --------
    >>> list_ids("N", 2)
    ['N1', 'N2']
    """
    return [f"{letter}{number}" for number in range(1, count + 1)]
