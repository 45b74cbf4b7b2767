"""Texts on one facility: failed rules, missing data, severance and improvements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.messages.catalogue import Texts, unit_of_amount
from planner.reporting.document.records.facilities import (
    Action,
    Direction,
    Facility,
    Improvement,
    Rule,
    RuleResult,
    SeveredPair,
)
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.report.blocks import DIGITS, Translator
from planner.reporting.rounding import digits_to_distinguish

COMPARISON_KEYS = {"≥": "at_least", "≤": "at_most", ">": "more_than", "<": "less_than", "=": "exactly"}
REASONS = {"compliant": "weak", "excellent": "excellent", "advice": "advice"}
MAX_PAIRS = 3
"""Largest number of severed pairs listed for a facility, those that would save most."""


def failure_reasons(centre: Facility, rules: Mapping[str, Rule], t: Translator) -> Iterator[str]:
    """Yield a sentence for each rule that is not passed: failures first, what decides before advice."""
    grades = list(REASONS)
    not_passed = [finding for finding in centre["findings"] if finding["passed"] is not True]
    not_passed.sort(key=lambda finding: (finding["passed"] is None, grades.index(finding["grade"])))
    for finding in not_passed:
        # What advice cannot determine is summed up once, not repeated by rule.
        if finding["passed"] is False or finding["grade"] != "advice":
            yield failure_reason(finding, rules[finding["rule"]], t)


def facility_notes(centre: Facility, t: Translator) -> Iterator[str]:
    """Yield severed directions and pairs, and indicators without data."""
    blocked = [direction for direction in centre["directions"] if direction["blocked"]]
    if blocked:
        yield t("blocked_directions", directions=t.join([_direction(one, t) for one in blocked]))
    pairs = {one["id"]: one for one in t.content["diagnosis"]["blocked_pairs"]}
    for pair in centre["blocked_pairs"][:MAX_PAIRS]:
        yield severed_pair_text(pairs[pair["pair"]], pair["direction"], t)
    missing = [one for one in centre["unknown"] if one["reason"] == "not_given"]
    if missing:
        yield t("card_unknown", measures=t.join([t.measure(one["measure"]) for one in missing]))


def failure_reason(finding: RuleResult, rule: Rule, t: Translator) -> str:
    """Return why a rule is not passed, with enough digits to distinguish value and requirement."""
    unit: str = finding["unit"]
    digits = distinguishing_digits(finding)
    value = finding["value"]
    shown = t.quantity(value, unit, digits)
    if value is None and finding["at_least"] is not None:
        shown = t("at_least", required=t.quantity(finding["at_least"], unit, digits))
    unknown = finding["unknown"]
    return t(
        "reason_unknown" if finding["passed"] is None else f"reason_{REASONS[finding['grade']]}",
        rule=t.localized(rule),
        value=shown,
        asked=requirement(finding, t, digits),
        basis=rule_basis(rule, t),
        missing=t.join([t.measure(name) for name in unknown]) if unknown else t("not_known"),
    )


def distinguishing_digits(finding: RuleResult) -> int | None:
    """Return the decimals that distinguish the value of a rule result from its requirement; None for yes or no."""
    unit, value, required = finding["unit"], finding["value"], finding["required"]
    if unit == "yes_no":
        return None
    if value is None or required is None:
        return DIGITS[unit]
    times = 100 if unit == "share" else 1
    return digits_to_distinguish(value * times, required * times, DIGITS[unit])


def requirement(finding: RuleResult, t: Translator, digits: int | None = None) -> str:
    """Return the requirement of a rule as text."""
    return t(
        COMPARISON_KEYS[finding["comparison"]], required=t.quantity(finding["required"], finding["unit"], digits)
    )


def improvement_text(improvement: Improvement, rules: Mapping[str, Rule], t: Translator) -> str:
    """Return the improvement that makes a weak facility compliant, or that none was found."""
    left = t.join([t.localized(rules[rule]) for rule in improvement["left"]])
    if not improvement["changes"]:
        return t("remedy_none", left=left)
    changes = t("remedy_and").join(action_text(change, t) for change in improvement["changes"])
    cost = (
        t("remedy_cost_unknown")
        if improvement["cost"] is None
        else t(
            "remedy_cost",
            cost=t.number(improvement["cost"]),
            unit=unit_of_amount(t.content["study"]["costs"]["unit"], t.texts),
        )
    )
    key = "remedy_unknown_left" if improvement["verdict"] == "undetermined" else "remedy_one"
    if len(improvement["changes"]) > 1 and key == "remedy_one":
        key = "remedy_pair"
    return t(key, changes=changes, cost=cost, left=left, verdict=t.term(f"verdict_{improvement['verdict']}"))


def next_centre_text(centre: Facility, t: Translator) -> str:
    """Return the walk to the nearest other centre; beyond the horizon, than what it is longer."""
    for one in centre["unknown"]:
        if (one["measure"], one["reason"]) == ("next_centre_min", "beyond_horizon"):
            return t("measure_beyond", value=t.quantity(one["at_least"], "minutes", 0))
    return t.quantity(centre["measures"]["next_centre_min"], "minutes")


def severed_pair_text(pair: SeveredPair, direction: str, t: Translator) -> str:
    """Return the streets of a severed pair, the barrier between them and the detour."""
    ways = [pair[name] or t("street_unnamed") for name in ("from_street", "to_street")]
    known = pair["walk_m"] is not None
    return t(
        "blocked_pair" if known else "blocked_pair_no_way",
        id=pair["id"],
        direction=t.texts(f"measures.direction_{direction}"),
        streets=t("street_and").join(dict.fromkeys(ways)),
        air=t.whole(pair["air_m"]),
        walk=t.whole(pair["walk_m"]) if known else "",
        between=barrier_text(pair, t),
        minutes=t.whole(pair["minutes_saved"]),
        people=t.whole(pair["people"]),
    )


def barrier_text(pair: SeveredPair, t: Translator) -> str:
    """Return the barrier between the positions of a pair."""
    name = pair["between_name"]
    kind = t(f"between_{pair['between']}")
    return t("between_named", kind=kind, name=name) if name else kind


def action_text(change: Action, t: Translator, *, where: bool = True) -> str:
    """Return an action as text, with its coordinates where asked."""
    place = change["place"]
    titles = {function["id"]: t.localized(function) for function in t.content["diagnosis"]["functions"]}
    somewhere = change["kind"] in ("open_gate", "build_crossing", "move", "open_station")
    return t.texts(
        f"measures.change_{change['kind']}" if where or not somewhere else f"decision.do_{change['kind']}",
        amount=t.whole(change["amount"]),
        functions=t.join([titles[one] for one in change["functions"]]),
        about=change["name"] or change["about"],
        place=t("card_position", lon=t.degrees(place[0]), lat=t.degrees(place[1])) if place else "",
    )


def _direction(direction: Direction, t: Translator) -> str:
    name = t.texts(f"measures.direction_{direction['direction']}")
    known = direction["detour"] is not None
    detour = t.number(direction["detour"] if known else direction["at_least"])
    return t("direction" if known else "direction_beyond", direction=name, detour=detour)


def rule_basis(rule: Entry, t: Translator) -> str:
    """Return a rule's clause and how sure it is, unless the clause states so itself."""
    clause, evidence = t.citation(rule, "clause"), t(f"rule_evidence_{rule['evidence']}")
    return clause if evidence.lower() in clause.lower() else t("clause_joint").join((clause, evidence))


def scenario_heading(heading: str, content: PlanDocument, texts: Texts) -> str:
    """Return a heading that names the scenario of the run; the heading alone where the centres are today's."""
    scenario = content["scenario"]
    if scenario is None:
        return heading
    return texts("words.scenario_heading", heading=heading, scenario=scenario_name(content, texts))


def scenario_name(content: PlanDocument, texts: Texts) -> str:
    """Return what the scenario of the run is called, by its file; "" where the centres are today's."""
    scenario = content["scenario"]
    if scenario is None:
        return ""
    file = scenario["file"]
    return texts("words.scenario_named", file=file) if file else texts("words.scenario_unnamed")


def scenario_notice(content: PlanDocument, texts: Texts) -> str:
    """Return what the scenario of the run changes, and what no figure of it holds; "" without a scenario."""
    return texts.paragraph(_sentences(content, texts))


def _sentences(content: PlanDocument, texts: Texts) -> Iterator[str]:
    scenario = content["scenario"]
    if scenario is None:
        return
    counts = {"closed": len(scenario["closed"]), "sites": len(scenario["sites"])}
    changes = len(scenario["changes"])
    key = "scenario_changes_more" if changes else "scenario_changes"
    yield texts(f"words.{key}", scenario=scenario_name(content, texts), changes=changes, **counts)
    if content["programme"] is None:
        return
    if scenario["sites"]:
        yield texts("words.scenario_not_paid", sites=counts["sites"])
    if not changes:
        yield texts("words.scenario_no_upgrades")
