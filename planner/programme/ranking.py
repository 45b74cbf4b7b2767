"""In which order projects are told, and what each adds to those before it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csc_array

from planner.network.walk import FloatArray, IndexArray
from planner.programme.problem import Question, covered, people_gained

Start = tuple[int, int]
"""A project and the year in which it begins."""


def ranked(question: Question, starts: Sequence[Start]) -> tuple[tuple[Start, ...], FloatArray]:
    """Order projects by year, and within it by what each adds to those before; of equal ones by id."""
    own = _Adding(question, starts)
    order: list[Start] = []
    added: list[tuple[float, float]] = []
    for year in range(question.years):
        left = sorted((one for one in starts if one[1] == year), key=lambda one: question.options[one[0]].id)
        while left:
            gains = [own.of(one[0], order) for one in left]
            best = int(np.argmax([sum(gained) for gained in gains]))
            added.append(gains[best])
            order.append(left.pop(best))
            own.served[own.reached[order[-1][0]]] = True
    return tuple(order), np.array(added, dtype=np.float64).reshape(len(order), 2)


class _Adding:
    """What single projects add to those before them; by their own columns alone where nothing closes."""

    def __init__(self, question: Question, starts: Sequence[Start]) -> None:
        covers = csc_array(question.covers)
        self.question = question
        self.reached = {
            option: covers.indices[covers.indptr[option] : covers.indptr[option + 1]] for option, _ in starts
        }
        self.closing = any(question.options[option].closes for option, _ in starts)
        self.standard = question.standard
        self.served = covered(question, np.zeros(0, dtype=np.int64))

    def of(self, option: int, before: Sequence[Start]) -> tuple[float, float]:
        """Return people newly served, and people whose premises it settles."""
        question = self.question
        if self.closing:
            then = people_gained(question, _of([*before, (option, 0)]))
            now = people_gained(question, _of(before))
            return then[0] - now[0], then[1] - now[1]
        new = self.reached[option][~self.served[self.reached[option]]]
        return float(question.weight[new].sum()), float(self.standard[option])


def _of(starts: Sequence[Start]) -> IndexArray:
    return np.array([option for option, _ in starts], dtype=np.int64)
