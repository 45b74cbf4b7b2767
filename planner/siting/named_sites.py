"""Places that a study names by themselves: where its own projects stand, and candidates of today in a scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from planner.config.study import Study
from planner.siting.candidates.builder import CandidateSet
from planner.siting.candidates.candidate import Candidate
from planner.siting.candidates.clusters import POSITION_DIGITS
from planner.siting.candidates.place_ids import ONE_PLACE


def named_places(study: Study) -> Iterator[Candidate]:
    """Yield where the study's own projects stand that give a position."""
    for one in study.programme.projects:
        if one.x is not None and one.y is not None:
            x, y = np.round((one.x, one.y), POSITION_DIGITS).tolist()
            yield Candidate(f"N:{one.id}", "named", x, y, name=one.name or one.id)


def named_ids(study: Study) -> tuple[str, ...]:
    """Return the ids by which the programme's settings name candidates."""
    settings = study.programme
    names = [one.site for one in settings.projects if one.site]
    names += [name for one in settings.precedence for name in (one.first, one.then) if ONE_PLACE.match(name)]
    return tuple(dict.fromkeys(names))


def of_today(study: Study, today: Callable[[], CandidateSet]) -> Iterator[Candidate]:
    """Yield the candidates that the study names, as they are before a scenario.

    Closing or opening a centre changes who is uncovered, and with them the middles of clusters. A project that the
    study names by a candidate stays where that candidate is today.

    Parameters
    ----------
    study
        The study.
    today
        Gathers the candidates of today; called only where the study names any.
    """
    wanted = set(named_ids(study))
    if not wanted or not study.programme.funds:
        return
    for one in today().candidates:
        if one.id in wanted and not one.stays and not one.centres:
            yield Candidate(
                one.id,
                one.origin,
                one.x_m,
                one.y_m,
                one.cost,
                one.name,
                one.area_m2,
                one.tenure,
                moved_m=one.moved_m,
            )
