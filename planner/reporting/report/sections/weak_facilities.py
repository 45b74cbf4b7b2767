"""What the report says of weak centres: the rules, what fails and why, what would help, and how firm that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.accessibility.access_data import PREMISES
from planner.evaluation.intervals import IndicatorRef
from planner.evaluation.ratings import RATINGS, WEAK
from planner.messages.money import money_unit
from planner.reporting.document.build import Document
from planner.reporting.facility_text import ASKED, asked, basis, between, notes_on, reasons_of, remedy
from planner.reporting.rates import RATES, no_rate, rate_in_words
from planner.reporting.report.blocks import (
    DASH,
    Block,
    Cell,
    CentreCard,
    Figure,
    Paragraph,
    Row,
    Table,
    Wording,
    circle_m,
    community_names,
)
from planner.reporting.report.figures import centre_figure
from planner.results import Plan

Rules = Mapping[str, Document]


def weak_centres(plan: Plan, say: Wording) -> Iterator[Block]:
    """Tell which centres fail which rule, with its clause, what cannot be told, and what would help."""
    content, rules = say.content, {rule["id"]: rule for rule in say.content["diagnosis"]["rules"]}
    yield from _rates(say)
    yield Table(
        say("weak_rules_table"),
        say.all("column_rule", "column_asks", "column_tiers", "column_grade", "column_clause", "column_evidence"),
        (),
        tuple(_rule_row(rule, say) for rule in rules.values()),
        note=say("weak_rules_note"),
    )
    waiting = [say.own(rules[rule]) if rule in rules else rule for rule in content["diagnosis"]["not_in_force"]]
    if waiting:
        yield Paragraph(say("weak_not_in_force", rules=say.listed(waiting)))
    yield from _undetermined(rules, say)
    yield from _firmness(rules, say)
    yield from _pairs(say)
    yield Paragraph(say("weak_cards_title"), title=True)
    cards = [
        _card(plan, position, centre, rules, say)
        for position, centre in enumerate(content["centres"])
        if centre["verdict"] == WEAK
    ]
    if not cards:
        yield Paragraph(say("weak_none"))
        return
    standard = content["coverage"]["standard_min"]
    minutes, metres = say.plain(standard), say.plain(circle_m(content, standard))
    each = [say.plain(limit["minutes"]) for limit in content["walking"]["limits"]]
    limits = say.listed([say("minutes", value=limit) for limit in each])
    yield Paragraph(say("weak_cards_note", limits=limits, minutes=minutes, metres=metres, longest=each[-1]))
    costs = content["study"]["costs"]
    yield _remedy_note(costs, content["study"]["remedies"], say)
    yield from cards


def cards_of(plan: Plan, say: Wording) -> Iterator[Block]:
    """Tell of each weak centre among those of a part of the district."""
    rules = {rule["id"]: rule for rule in say.content["diagnosis"]["rules"]}
    positions = {name: position for position, name in enumerate(plan.inputs.facilities["id"])}
    weak = [centre for centre in say.content["centres"] if centre["verdict"] == WEAK]
    if not weak:
        yield Paragraph(say("weak_none"))
    for centre in weak:
        yield _card(plan, positions[centre["id"]], centre, rules, say)


def _rates(say: Wording) -> Iterator[Block]:
    content, rates = say.content, say.content["diagnosis"]["rates"]
    yield Paragraph(say("weak_definitions"))
    none = no_rate(rates, say.texts)
    yield Paragraph(
        say("weak_no_rates", why=none, assessed=rates["assessed"], undetermined=rates["undetermined"])
        if none
        else say(
            "weak_rates",
            compliant=rates["excellent"] + rates["compliant"],
            excellent=rates["excellent"],
            determined=rates["assessed"] - rates["undetermined"],
            assessed=rates["assessed"],
            undetermined=rates["undetermined"],
            compliant_share=say.percent(rates["compliant_share"]),
            excellent_share=say.percent(rates["excellent_share"]),
        )
    )
    if rates["perhaps_excellent"]:
        yield Paragraph(say("weak_perhaps_excellent", count=rates["perhaps_excellent"]))
    yield from (Paragraph(_quota(one, say)) for one in content["diagnosis"]["quotas"])
    names = community_names(content)
    weak = [names[community] for community in content["diagnosis"]["weak_communities"]]
    some = say("weak_communities", count=len(weak), names=say.listed(weak))
    yield Paragraph(some if weak else say("weak_no_communities") if rates["assessed"] else say("summary_no_rules"))


def _quota(found: Document, say: Wording) -> str:
    keys = {True: "quota_met", False: "quota_missed", None: "quota_open"}
    return say(
        keys[found["passed"]],
        quota=say.own(found),
        required=say.percent(found["required"]),
        passing=found["passing"],
        centres=found["centres"],
        unknown=found["unknown"],
        basis=basis(found, say),
    )


def _rule_row(rule: Document, say: Wording) -> Row:
    threshold, expression = rule["required"], rule["expression"]
    required = say.quantity(threshold, rule["unit"])
    asks = expression if threshold is None else say(ASKED[rule["comparison"]], required=required)
    return (
        say.own(rule),
        Cell(asks, further="" if threshold is None else expression),
        say.listed(
            [say.word(f"tier_{tier}") for tier in rule["tiers"]] + [say(f"place_{p}") for p in rule["places"]]
        ),
        Cell(say("grade_advice")) if rule["grade"] == "advice" else say.verdict(rule["grade"]),
        Cell(say.cited(rule, "clause"), further=rule["effective"] or ""),
        say(f"rule_evidence_{rule['evidence']}"),
    )


def _undetermined(rules: Rules, say: Wording) -> Iterator[Block]:
    unknown = [
        (centre, finding)
        for centre in say.content["centres"]
        for finding in centre["findings"]
        if finding["passed"] is None and finding["grade"] != "advice"
    ]
    yield Paragraph(say("undetermined_note" if unknown else "undetermined_none"))
    if unknown:
        yield Table(
            say("undetermined_table"),
            say.all("column_centre", "column_verdict", "column_rule", "column_asks", "column_missing"),
            (),
            tuple(
                (
                    centre["name"],
                    say.verdict(centre["verdict"]),
                    say.own(rules[finding["rule"]]),
                    asked(finding, say),
                    say.listed([say.measure(name) for name in finding["unknown"]]),
                )
                for centre, finding in unknown
            ),
        )
    advice: dict[str, int] = {}
    for centre in say.content["centres"]:
        for finding in centre["findings"]:
            if finding["passed"] is None and finding["grade"] == "advice":
                advice[finding["rule"]] = advice.get(finding["rule"], 0) + 1
    if advice:
        told = [
            say("advice_unknown_rule", rule=say.own(rules[rule]), count=count) for rule, count in advice.items()
        ]
        yield Paragraph(say("advice_unknown", rules=say.listed(told)))


def _firmness(rules: Rules, say: Wording) -> Iterator[Block]:
    """Tell which verdicts hang on a threshold, on the rules, or on the walking speed."""
    found = say.content["diagnosis"]
    names = {centre["id"]: centre["name"] for centre in say.content["centres"]}
    share = say.percent(found["threshold_share"])
    yield Paragraph(say("firm_title"), title=True)
    yield Paragraph(say("firm_some" if found["flips"] else "firm_none", share=share, count=len(found["flips"])))
    if found["flips"]:
        yield Table(
            say("firm_table"),
            say.all("column_centre", "column_rule", "column_change", "column_verdict", "column_verdict_then"),
            (say("column_threshold"),),
            tuple(
                (
                    names[flip["facility"]],
                    say.own(rules[flip["rule"]]),
                    say("lowered" if flip["change"] < 0 else "raised", share=share),
                    say.verdict(flip["verdict"]),
                    say.verdict(flip["verdict_then"]),
                    say.quantity(flip["required"], rules[flip["rule"]]["unit"]),
                )
                for flip in found["flips"]
            ),
        )
    if found["alternatives"]:
        as_it_is = {**found, "kind": "as_it_is", "changed": []}
        yield Table(
            say("alternatives_table"),
            say.all("column_alternative", "column_profile"),
            say.all("column_assessed", *(f"column_{verdict}" for verdict in RATINGS))
            + say.all("column_compliant_share", "column_excellent_share", "column_changed"),
            tuple(_alternative_row(one, say) for one in (as_it_is, *found["alternatives"])),
            note=say("alternatives_note"),
        )


def _remedy_note(costs: Document, tried: Document, say: Wording) -> Paragraph:
    source = costs["source"] or say("source_not_given")
    if not tried["streets"]:
        return Paragraph(say("remedy_note_centre", source=source, unit=money_unit(costs["unit"], say.texts)))
    figures = {name: say.plain(value) for name, value in tried.items() if name not in ("streets", "source")}
    return Paragraph(
        say(
            "remedy_note",
            source=source,
            unit=money_unit(costs["unit"], say.texts),
            figures=tried["source"] or say("developers_figures"),
            **figures,
        )
    )


def _pairs(say: Wording) -> Iterator[Block]:
    """Tell where street positions close in the air are far apart on foot."""
    found, asked_for = say.content["diagnosis"]["blocked_pairs"], say.content["study"]["remedies"]
    yield Paragraph(say("pairs_title"), title=True)
    figures = {name: say.plain(asked_for[name]) for name in ("near_m", "far_times", "far_min", "step_m")}
    yield Paragraph(say("pairs_note" if found else "pairs_none", **figures))
    if found:
        yield Table(
            say("pairs_table"),
            say.all("column_pair", "column_from_to", "column_between", "column_position"),
            say.all("column_air", "column_walk", "column_saved", "column_gainers"),
            tuple(
                (
                    pair["id"],
                    say("street_and").join(
                        pair[name] or say("street_unnamed") for name in ("from_street", "to_street")
                    ),
                    between(pair, say),
                    say("card_position", lon=say.degrees(pair["lon"]), lat=say.degrees(pair["lat"])),
                    say.whole(pair["air_m"]),
                    say("no_way") if pair["walk_m"] is None else say.whole(pair["walk_m"]),
                    say.whole(pair["minutes_saved"]),
                    say.whole(pair["people"]),
                )
                for pair in found
            ),
        )


def _alternative_row(one: Document, say: Wording) -> Row:
    rates = one["rates"]
    return (
        say(f"alternative_{one['kind']}"),
        say.own(one),
        *(say.whole(rates[name]) for name in ("assessed", *RATINGS)),
        *(rate_in_words(rates, name, say.texts) for name in RATES),
        DASH if one["kind"] == "as_it_is" else say.whole(len(one["changed"])),
    )


def _card(plan: Plan, position: int, centre: Document, rules: Rules, say: Wording) -> CentreCard:
    position_shown = say("card_position", lon=say.degrees(centre["lon"]), lat=say.degrees(centre["lat"]))
    place = [say.word(f"tier_{centre['tier']}"), centre["community_name"], position_shown]
    return CentreCard(
        name=centre["name"],
        place=" · ".join(part for part in place if part),
        verdict=say.verdict(centre["verdict"]),
        reasons=tuple(reasons_of(centre, rules, say)),
        notes=tuple(notes_on(centre, say)),
        remedy=remedy(centre["remedy"], rules, say) if centre["remedy"] else "",
        measures=tuple(_measures(centre, say)),
        figure=Figure(centre_figure(plan, position, say.texts), say("figure_centre", name=centre["name"])),
    )


def _measures(centre: Document, say: Wording) -> Iterator[tuple[str, str]]:
    measures = centre["measures"]
    yield say("measure_floor_area"), say.quantity(measures["floor_area_m2"], "m2")
    if centre["tier"] in PREMISES:
        yield say("measure_people"), say.whole(measures["people"])
        yield say("measure_households"), say.whole(measures["households"])
    yield say("measure_people_nearest"), say.whole(measures["people_nearest"])
    yield say("measure_people_per_m2"), say.quantity(measures["people_per_m2"], "people_per_m2")
    for area in centre["service_areas"]:
        minutes = say.plain(area["limit_min"])
        if centre["tier"] in PREMISES:
            own = measures[str(IndicatorRef("own_covered_share", area["limit_min"]))]
            yield say("measure_own", minutes=minutes), say.percent(own)
        km2 = say.number(area["area_m2"] / 1e6, 2)
        value = say("measure_area_value", area=km2, share=say.percent(area["disc_share"]))
        yield say("measure_area", minutes=minutes), value
    yield say("measure_overlap"), say.percent(measures["overlap_share"])
    yield say("measure_next_centre"), say.quantity(measures["next_centre_min"], "minutes")
    if measures["people_65_uncovered"] is not None:
        yield say("measure_65_uncovered"), say.whole(measures["people_65_uncovered"])
    yield say("measure_street"), say("metres", value=say.number(centre["street_m"]))
