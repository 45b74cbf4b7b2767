"""One centre in words: why it is weak or short of excellence, what is not known, blocked, and would help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.messages.money import unit_of_amount
from planner.reporting.document.build import Document
from planner.reporting.report.blocks import DIGITS, Wording
from planner.reporting.rounding import digits_apart

ASKED = {"≥": "at_least", "≤": "at_most", ">": "more_than", "<": "less_than", "=": "exactly"}
REASONS = {"compliant": "weak", "excellent": "excellent", "advice": "advice"}
MOST_PAIRS = 3
"""So many blocked pairs are told of one centre, those that would save most."""


def reasons_of(centre: Document, rules: Mapping[str, Document], say: Wording) -> Iterator[str]:
    """Yield a sentence for each rule that is not passed: failures first, what decides before advice."""
    grades = list(REASONS)
    not_passed = [finding for finding in centre["findings"] if finding["passed"] is not True]
    not_passed.sort(key=lambda finding: (finding["passed"] is None, grades.index(finding["grade"])))
    for finding in not_passed:
        # What advice cannot tell is summed up once, not repeated by rule.
        if finding["passed"] is False or finding["grade"] != "advice":
            yield reason(finding, rules[finding["rule"]], say)


def notes_on(centre: Document, say: Wording) -> Iterator[str]:
    """Yield what else is to be known: where the way is blocked, what the data do not tell."""
    blocked = [one for one in centre["directions"] if one["blocked"]]
    if blocked:
        yield say("blocked_directions", directions=say.listed([_direction(one, say) for one in blocked]))
    pairs = {one["id"]: one for one in say.content["diagnosis"]["blocked_pairs"]}
    for one in centre["blocked_pairs"][:MOST_PAIRS]:
        yield blocked_pair(pairs[one["pair"]], one["direction"], say)
    missing = [one for one in centre["unknown"] if one["reason"] == "not_given"]
    if missing:
        yield say("card_unknown", measures=say.listed([say.measure(one["measure"]) for one in missing]))


def reason(finding: Document, rule: Document, say: Wording) -> str:
    """Say why a rule is not passed, with enough digits to tell the value from what is asked."""
    unit: str = finding["unit"]
    digits = digits_for(finding)
    value = finding["value"]
    shown = say.quantity(value, unit, digits)
    if value is None and finding["at_least"] is not None:
        shown = say("at_least", required=say.quantity(finding["at_least"], unit, digits))
    unknown = finding["unknown"]
    return say(
        "reason_unknown" if finding["passed"] is None else f"reason_{REASONS[finding['grade']]}",
        rule=say.own(rule),
        value=shown,
        asked=asked(finding, say, digits),
        basis=basis(rule, say),
        missing=say.listed([say.measure(name) for name in unknown]) if unknown else say("not_known"),
    )


def digits_for(finding: Document) -> int | None:
    """Return how many digits tell the value of a finding from what is asked; None where it has none."""
    unit, value, required = finding["unit"], finding["value"], finding["required"]
    if unit == "yes_no":
        return None
    if value is None or required is None:
        return DIGITS[unit]
    times = 100 if unit == "share" else 1
    return digits_apart(value * times, required * times, DIGITS[unit])


def asked(finding: Document, say: Wording, digits: int | None = None) -> str:
    """Say what a rule asks of the value that decides."""
    return say(ASKED[finding["comparison"]], required=say.quantity(finding["required"], finding["unit"], digits))


def remedy(found: Document, rules: Mapping[str, Document], say: Wording) -> str:
    """Say what would make a weak centre compliant, or that nothing that was tried does."""
    left = say.listed([say.own(rules[rule]) for rule in found["left"]])
    if not found["changes"]:
        return say("remedy_none", left=left)
    changes = say("remedy_and").join(change_in_words(one, say) for one in found["changes"])
    cost = (
        say("remedy_cost_unknown")
        if found["cost"] is None
        else say(
            "remedy_cost",
            cost=say.number(found["cost"]),
            unit=unit_of_amount(say.content["study"]["costs"]["unit"], say.texts),
        )
    )
    key = "remedy_unknown_left" if found["verdict"] == "undetermined" else "remedy_one"
    if len(found["changes"]) > 1 and key == "remedy_one":
        key = "remedy_pair"
    return say(key, changes=changes, cost=cost, left=left, verdict=say.word(f"verdict_{found['verdict']}"))


def blocked_pair(pair: Document, direction: str, say: Wording) -> str:
    """Say between which streets the way is blocked, by what, and how far round it is."""
    ways = [pair[name] or say("street_unnamed") for name in ("from_street", "to_street")]
    known = pair["walk_m"] is not None
    return say(
        "blocked_pair" if known else "blocked_pair_no_way",
        id=pair["id"],
        direction=say.texts(f"measures.direction_{direction}"),
        streets=say("street_and").join(dict.fromkeys(ways)),
        air=say.whole(pair["air_m"]),
        walk=say.whole(pair["walk_m"]) if known else "",
        between=between(pair, say),
        minutes=say.whole(pair["minutes_saved"]),
        people=say.whole(pair["people"]),
    )


def between(pair: Document, say: Wording) -> str:
    """Say what stands between the two positions of a pair."""
    name = pair["between_name"]
    kind = say(f"between_{pair['between']}")
    return say("between_named", kind=kind, name=name) if name else kind


def change_in_words(change: Document, say: Wording) -> str:
    """Say what is to be done, and where."""
    place = change["place"]
    titles = {one["id"]: say.own(one) for one in say.content["diagnosis"]["functions"]}
    return say.texts(
        f"measures.change_{change['kind']}",
        amount=say.whole(change["amount"]),
        functions=say.listed([titles[one] for one in change["functions"]]),
        about=change["name"] or change["about"],
        place=say("card_position", lon=say.degrees(place[0]), lat=say.degrees(place[1])) if place else "",
    )


def _direction(one: Document, say: Wording) -> str:
    name = say.texts(f"measures.direction_{one['direction']}")
    known = one["detour"] is not None
    detour = say.number(one["detour"] if known else one["at_least"])
    return say("direction" if known else "direction_beyond", direction=name, detour=detour)


def basis(rule: Document, say: Wording) -> str:
    """Return a rule's clause and how sure it is, unless the clause says so itself."""
    clause, evidence = say.cited(rule, "clause"), say(f"rule_evidence_{rule['evidence']}")
    return clause if evidence.lower() in clause.lower() else say("clause_joint").join((clause, evidence))
