"""The programme of a study: from what the stages before have found to the three lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planner.config.study import Study
from planner.evaluation.ratings import WEAK
from planner.messages.notices import Remark
from planner.programme.lists import FundYear, Programme, Project, Site, Year, numbered
from planner.programme.needs import needs_of
from planner.programme.problem import Question, covered
from planner.programme.project_options import Known, Offer, left_aside, offers_of, question_of
from planner.programme.solve import Chosen, choose

CENT = 1e-6
"""Less money than this is none: of 万元, a hundredth of a yuan."""


def make_programme(known: Known) -> Programme | None:
    """Choose what is done in which year with which money; None where the study gives no funds.

    Parameters
    ----------
    known
        What the stages before have found.

    Returns
    -------
    programme
        The three lists, with what is proven of the choice.

    Raises
    ------
    StudyError
        The settings of the programme name what there is not.
    """
    settings = known.settings
    if not settings.funds:
        return None
    offers = offers_of(known)
    question = question_of(known, offers)
    chosen = choose(question, seconds=settings.seconds)
    projects = tuple(_projects(known.study, offers, chosen))
    aside = left_aside(known, offers)
    weak = known.diagnosis.centres["verdict"] == WEAK
    return Programme(
        labels=tuple(range(first := settings.first_year or 1, first + settings.years)),
        needs=tuple(needs_of(known, offers, projects)),
        sites=tuple(_sites(question, offers, projects)),
        funds=tuple(_fund_years(question, projects)),
        projects=projects,
        years=tuple(_years(chosen, projects)),
        weak=int(weak.sum()),
        settleable=len(chosen.settleable),
        settled=len(chosen.settled),
        people=chosen.objective,
        bound=chosen.bound,
        gap=chosen.gap,
        status=chosen.status,
        order_status=chosen.order_status,
        missing=chosen.missing,
        remarks=(Remark("scenario_waits_for_nothing", "facilities", aside),) if aside else (),
    )


def _projects(study: Study, offers: Sequence[Offer], chosen: Chosen) -> Iterator[Project]:
    responsible = study.programme.responsible
    ids = numbered("P", len(chosen.starts))
    for ident, (place, year), paid, added in zip(ids, chosen.starts, chosen.paid, chosen.added, strict=True):
        offer = offers[place]
        option = offer.option
        unit = offer.unit or responsible.get(option.kind, "")  # type: ignore[call-overload]  # kinds are its keys
        yield Project(
            id=ident,
            option=option.id,
            kind=option.kind,
            title=offer.name,
            centre=offer.centre,
            site=offer.site,
            closes=option.closes,
            settles=option.settles,
            community=offer.community,
            street=option.street,
            unit=unit.replace("{street}", option.street),
            changes=offer.changes,
            year=year,
            cost=option.cost,
            paid=tuple(paid.tolist()),
            people_covered=float(added[0]),
            people_standard=float(added[1]),
        )


def _years(chosen: Chosen, projects: Sequence[Project]) -> Iterator[Year]:
    for year, (served, standard) in enumerate(chosen.by_year.tolist()):
        done = [project for project in projects if project.year <= year]
        yield Year(
            year=year,
            sites=tuple(project.site for project in done if project.site),
            closed=tuple(dict.fromkeys(centre for project in done for centre in project.closes)),
            settled=tuple(dict.fromkeys(centre for project in done for centre in project.settles)),
            people_covered=served,
            people_standard=standard,
            spent=float(sum(project.cost for project in done if project.year == year)),
        )


def _fund_years(question: Question, projects: Sequence[Project]) -> Iterator[FundYear]:
    for number, fund in enumerate(question.funds):
        left = 0.0
        for year, amount in enumerate(fund.amounts):
            brought = left if fund.carries_over else 0.0
            spent = float(sum(project.paid[number] for project in projects if project.year == year))
            left = brought + amount - spent
            left = 0.0 if abs(left) < CENT else left
            yield FundYear(fund.id, year, amount, brought, spent, left)


def _sites(question: Question, offers: Sequence[Offer], projects: Sequence[Project]) -> Iterator[Site]:
    beyond = ~covered(question, np.zeros(0, dtype=np.int64))
    people = np.asarray(question.covers.T.astype(np.float64) @ (question.weight * beyond))
    taken = {project.option: project.id for project in projects}
    for offer, reached in zip(offers, people.tolist(), strict=True):
        if offer.site:
            option = offer.option
            project = taken.get(option.id, "")
            yield Site(offer.site, option.kind, offer.community, option.street, option.cost, reached, project)
