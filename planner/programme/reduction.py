"""A smaller question with the same answer: equal rows are one, and what is never better is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, hstack

from planner.network.walk import IndexArray
from planner.programme.problem import Question
from planner.siting.solvers.balanced import merge_equal_rows


def reduced(question: Question) -> tuple[Question, IndexArray]:
    """Return the question without what cannot matter, projects by id, and which project is which.

    Left out are projects that serve nobody, settle nothing and come first for none; and stations instead of which
    another of the same kind and street, no dearer, serves the same people and perhaps more.
    """
    by_id = np.array(sorted(range(len(question.options)), key=lambda place: question.options[place].id))
    merged = _merged(question.only(by_id.astype(np.int64)))
    kept = _useful(merged)
    return _merged(merged.only(kept)), by_id[kept].astype(np.int64)


def _merged(question: Question) -> Question:
    """Return the question with one row for all that are served alike, without those whom nothing can serve."""
    both = csr_array(hstack([question.covers, question.held], format="csr"))
    distinct, which = merge_equal_rows(both)
    weight = np.asarray(which.T @ question.weight).ravel()
    options = len(question.options)
    reached = np.diff(distinct.indptr) > 0
    kept = np.flatnonzero(reached & (weight > 0))
    distinct = csr_array(distinct[kept])
    return replace(
        question,
        covers=csr_array(distinct[:, :options]),
        held=csr_array(distinct[:, options:]),
        weight=weight[kept],
    )


def _useful(question: Question) -> IndexArray:
    options = question.options
    bound_up = {name for one in question.precedence for name in (one.first, one.then)}
    firsts = {one.first for one in question.precedence}
    serving = np.bincount(question.covers.indices, minlength=len(options)) > 0
    weak = question.people.keys()
    useful = [
        bool(serving[place]) or bool(weak & set(option.settles)) or option.id in firsts
        for place, option in enumerate(options)
    ]
    plain = [not option.centres and option.id not in bound_up for option in options]
    alike: dict[tuple[str, str], list[int]] = {}
    for place, option in enumerate(options):
        if useful[place] and plain[place]:
            alike.setdefault((option.kind, option.street), []).append(place)
    for places in alike.values():
        for place in _dominated(question, places):
            useful[place] = False
    return np.flatnonzero(useful).astype(np.int64)


def _dominated(question: Question, places: list[int]) -> list[int]:
    """Return those of some stations in whose stead another may always be taken; of equal ones the first stays."""
    covers = csr_array(question.covers[:, places].astype(np.float64))
    shared = csr_array(covers.T @ covers).toarray()
    size = np.diag(shared)
    cost = question.cost[places]
    within = (shared >= size[:, None]) & (cost[None, :] <= cost[:, None])
    np.fill_diagonal(within, val=False)
    earlier = np.arange(len(places))[None, :] < np.arange(len(places))[:, None]
    # Of two that may stand for each other the earlier stays; so no circle of them is left out altogether.
    beaten = np.asarray((within & (~within.T | earlier)).any(axis=1), dtype=np.bool_)
    return [places[number] for number in np.flatnonzero(beaten)]
