"""Rules on all centres together: how many of them are to pass a rule."""

from __future__ import annotations

import pandas as pd

from planner.evaluation.expressions import is_above
from planner.evaluation.rules import RuleSet


def evaluate_quotas(rule_set: RuleSet, results: pd.DataFrame) -> pd.DataFrame:
    """Tell which quotas of a profile are met.

    A quota is met if those who surely pass suffice, and missed if even all whose answer is not known would not
    suffice; otherwise, and where the rule applies to nobody, it cannot be told.

    Parameters
    ----------
    profile
        The rules and quotas in force.
    findings
        One row a centre and rule: rule, passed.

    Returns
    -------
    quotas
        One row a quota: quota (id), rule, required (share, 0–1), centres (to which the rule applies), passing,
        unknown (counts), passed (True, False, None).

    Examples
    --------
    >>> from planner.evaluation.rules import Quota, Rule
    >>> rule = Rule(id="big", expression="floor_area_m2 > 1000", tiers=("community",), grade="excellent",
    ...     unit="m2", clause="-", evidence="own", en="x", zh="x")
    >>> fifth = Quota(id="fifth", rule="big", share=0.2, clause="-", evidence="own", en="x", zh="x")
    >>> profile = RuleSet(en="x", zh="x", source="x", rules=(rule,), quotas=(fifth,))
    >>> findings = pd.DataFrame({"rule": "big", "passed": [True, False, False, None, False]})
    >>> evaluate_quotas(profile, findings)[["centres", "passing", "unknown", "passed"]].values.tolist()
    [[5, 1, 1, True]]
    """
    rows = []
    for quota in rule_set.quotas:
        passed = list(results["passed"][results["rule"] == quota.rule])
        passing, unknown = passed.count(True), passed.count(None)
        met: bool | None = None
        if passed and not is_above(quota.share, passing / len(passed)):
            met = True
        elif passed and is_above(quota.share, (passing + unknown) / len(passed)):
            met = False
        rows.append((quota.id, quota.rule, quota.share, len(passed), passing, unknown, met))
    columns = ["quota", "rule", "required", "centres", "passing", "unknown", "passed"]
    return pd.DataFrame(rows, columns=columns).astype({"passed": object})
