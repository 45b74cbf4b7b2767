"""Sensitivity of ratings to rule thresholds, rule sets and walking profiles."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.ratings import evaluate_rule, evaluate_rules, rating_of

FLIPS = ("facility", "rule", "change", "required", "verdict", "verdict_then")


@dataclass(frozen=True, slots=True, eq=False)
class AlternativeDiagnosis:
    """The same facilities under another rule set (``"rules"``) or walking profile (``"walking"``)."""

    kind: str
    """Which of the two."""
    name: str
    en: str
    zh: str
    """`name`, `en`, `zh`: Name and titles of the rule set or profile."""
    diagnosis: Diagnosis
    """Its results."""


def rating_flips(diagnosis: Diagnosis, share: float) -> pd.DataFrame:
    """Return the ratings that change if the threshold of one rule is lowered or raised by a share.

    Parameters
    ----------
    diagnosis
        Results with the thresholds as they are.
    share
        Relative change, as 0.1 for a tenth.

    Returns
    -------
    flips
        One row a facility, rule and direction in which the rating changes: facility, rule, change (−share or
        +share), required (the threshold then), verdict (as it is), verdict_then.
    """
    rows = []
    rule_set = diagnosis.rule_set
    rules = {rule.id: rule for rule in rule_set.rules}
    for facts in diagnosis.facts:
        results = evaluate_rules(facts, rule_set)
        rating = rating_of(results, rule_set)
        for position, result in enumerate(results):
            if result.grade == "advice":
                continue
            for change in (-share, share):
                moved = evaluate_rule(rules[result.rule], facts, threshold=1 + change)
                if moved is None or moved.passed == result.passed:
                    continue
                then = rating_of([*results[:position], moved, *results[position + 1 :]], rule_set)
                if then != rating:
                    rows.append((facts.id, result.rule, change, moved.required, rating, then))
    return pd.DataFrame(rows, columns=list(FLIPS))


def changed_ratings(diagnosis: Diagnosis, other: Diagnosis) -> pd.DataFrame:
    """Return the facilities whose rating differs between two diagnoses: facility, verdict, verdict_then."""
    today, then = diagnosis.ratings(), other.ratings()
    rows = [(facility, rating, then[facility]) for facility, rating in today.items() if then[facility] != rating]
    return pd.DataFrame(rows, columns=["facility", "verdict", "verdict_then"])
