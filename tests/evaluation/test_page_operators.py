"""Every operator of a rule gives in the map's script what it gives in Python, bound for bound."""

from __future__ import annotations

import itertools
import json
import math
import random

from page_script import run_script

from planner.evaluation.expressions import COMPARISONS, OPERATORS, RELATIVE_TOLERANCE, compare
from planner.evaluation.intervals import Interval

BOUNDS = (-math.inf, -7.25, -1.0, -1e-300, -0.0, 0.0, 0.1 + 0.2, 0.3, 1.0, 3.0 * (1 + 1e-10), 3.0, 1e300, math.inf)
"""With numbers that are one within `RELATIVE_TOLERANCE`, that overflow, and that divide by nothing."""

SCRIPT = """
const rules = whatIf.rulesWithin({tolerance});
const number = (text) => Number(text);
const text = (value) => (Object.is(value, -0) ? "0" : String(value));
const pairs = {pairs}.map((pair) => pair.map((interval) => interval.map(number)));
const each = (table, write) => Object.fromEntries(
  Object.entries(table).map(([sign, operation]) => [sign, pairs.map(([a, b]) => write(operation(a, b)))]));
return {{ operators: each(rules.operators, (bounds) => bounds.map(text)),
          comparisons: each(rules.comparisons, (answer) => answer) }};
"""


def intervals() -> list[Interval]:
    """Return points and intervals over all bounds, in any order that an interval may have."""
    return [Interval(low, high) for low, high in itertools.combinations_with_replacement(BOUNDS, 2)]


def test_the_page_has_every_operator_and_gives_the_same_bounds() -> None:
    every = list(itertools.product(intervals(), repeat=2))
    pairs = random.Random(20).sample(every, 2000)  # noqa: S311 - cases, not secrets
    written = [[[_text(bound) for bound in (one.low, one.high)] for one in pair] for pair in pairs]
    page = run_script(SCRIPT.format(tolerance=RELATIVE_TOLERANCE, pairs=json.dumps(written)))
    assert list(page["operators"]) == list(OPERATORS)
    for sign, operator in OPERATORS.items():
        expected = [operator.intervals(*pair) for pair in pairs]
        shown = [tuple(map(float, _python(bounds))) for bounds in page["operators"][sign]]
        assert shown == [(one.low, one.high) for one in expected], sign
    assert sorted(page["comparisons"]) == sorted(COMPARISONS)
    for sign in COMPARISONS:
        assert page["comparisons"][sign] == [compare(*(left, sign, right)) for left, right in pairs], sign


def _text(bound: float) -> str:
    return repr(bound).replace("inf", "Infinity")


def _python(bounds: list[str]) -> list[str]:
    return [bound.replace("Infinity", "inf") for bound in bounds]
