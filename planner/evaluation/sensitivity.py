"""How firm verdicts are: which flip if a threshold were a little lower or higher, or people walked otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.ratings import evaluate_rule, evaluate_rules, rating_of

FLIPS = ("facility", "rule", "change", "required", "verdict", "verdict_then")


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """The same data judged otherwise.

    Attributes
    ----------
    kind
        ``"rules"`` (another rule profile) or ``"walking"`` (another walking profile).
    name, en, zh
        Of that profile.
    diagnosis
        What is found then.
    """

    kind: str
    name: str
    en: str
    zh: str
    diagnosis: Diagnosis


def rating_flips(diagnosis: Diagnosis, share: float) -> pd.DataFrame:
    """Return the verdicts that change if the threshold of one rule is lowered or raised by a share.

    Parameters
    ----------
    diagnosis
        What is found with the thresholds as they are.
    share
        How much, as 0.1 for a tenth.

    Returns
    -------
    flips
        One row a centre, rule and direction in which the verdict changes: facility, rule, change (−share or
        +share), required (the threshold then), verdict (as it is), verdict_then.
    """
    rows = []
    rule_set = diagnosis.rule_set
    rules = {rule.id: rule for rule in rule_set.rules}
    for facts in diagnosis.facts:
        results = evaluate_rules(facts, rule_set)
        verdict = rating_of(results, rule_set)
        for position, finding in enumerate(results):
            if finding.grade == "advice":
                continue
            for change in (-share, share):
                moved = evaluate_rule(rules[finding.rule], facts, threshold=1 + change)
                if moved is None or moved.passed == finding.passed:
                    continue
                then = rating_of([*results[:position], moved, *results[position + 1 :]], rule_set)
                if then != verdict:
                    rows.append((facts.id, finding.rule, change, moved.required, verdict, then))
    return pd.DataFrame(rows, columns=list(FLIPS))


def changed_ratings(diagnosis: Diagnosis, other: Diagnosis) -> pd.DataFrame:
    """Return the centres whose verdict differs between two diagnoses: facility, verdict, verdict_then."""
    as_it_is, then = diagnosis.verdicts(), other.verdicts()
    rows = [(one, verdict, then[one]) for one, verdict in as_it_is.items() if then[one] != verdict]
    return pd.DataFrame(rows, columns=["facility", "verdict", "verdict_then"])
