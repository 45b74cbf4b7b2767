"""How firm verdicts are: which flip if a threshold were a little lower or higher, or people walked otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.ratings import apply_rule, judge, verdict_of

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


def flips_within(diagnosis: Diagnosis, share: float) -> pd.DataFrame:
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
    profile = diagnosis.profile
    rules = {rule.id: rule for rule in profile.rules}
    for subject in diagnosis.subjects:
        findings = judge(subject, profile)
        verdict = verdict_of(findings, profile)
        for position, finding in enumerate(findings):
            if finding.grade == "advice":
                continue
            for change in (-share, share):
                moved = apply_rule(rules[finding.rule], subject, threshold=1 + change)
                if moved is None or moved.passed == finding.passed:
                    continue
                then = verdict_of([*findings[:position], moved, *findings[position + 1 :]], profile)
                if then != verdict:
                    rows.append((subject.id, finding.rule, change, moved.required, verdict, then))
    return pd.DataFrame(rows, columns=list(FLIPS))


def changed_verdicts(diagnosis: Diagnosis, other: Diagnosis) -> pd.DataFrame:
    """Return the centres whose verdict differs between two diagnoses: facility, verdict, verdict_then."""
    as_it_is, then = diagnosis.verdicts(), other.verdicts()
    rows = [(one, verdict, then[one]) for one, verdict in as_it_is.items() if then[one] != verdict]
    return pd.DataFrame(rows, columns=["facility", "verdict", "verdict_then"])
