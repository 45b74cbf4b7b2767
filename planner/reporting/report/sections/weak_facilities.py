"""Section on weak facilities: rules, reasons, improvements and sensitivity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.evaluation import RATINGS, WEAK
from planner.evaluation.intervals import IndicatorRef
from planner.messages.catalogue import money_unit
from planner.reporting.document.records.facilities import Facility, Quota, Rule
from planner.reporting.document.records.plan import Entry
from planner.reporting.facility_text import (
    barrier_text,
    facility_notes,
    failure_reasons,
    improvement_text,
    next_centre_text,
    requirement,
    rule_basis,
)
from planner.reporting.report.blocks import (
    DASH,
    Block,
    CentreCard,
    Figure,
    Paragraph,
    Row,
    Table,
    Translator,
    community_names,
    limit_distance_m,
)
from planner.reporting.report.figures import centre_figure
from planner.reporting.rounding import RATES, missing_rate_text, rate_text
from planner.reporting.tables.result_tables import rules_table
from planner.results import Plan
from planner.schemas.tables import PREMISES

RULES = ("rule", "asks", "tiers", "grade", "clause", "evidence")
Rules = Mapping[str, Rule]


def weak_facilities_section(plan: Plan, t: Translator) -> Iterator[Block]:
    """Yield rules, undetermined results, sensitivity, severed pairs and a card of each weak facility."""
    content, rules = t.content, {rule["id"]: rule for rule in t.content["diagnosis"]["rules"]}
    yield from _rates(t)
    yield rules_table(t).block(t, rules.values(), t("weak_rules_table"), keys=RULES, note=t("weak_rules_note"))
    waiting = [
        t.localized(rules[rule]) if rule in rules else rule for rule in content["diagnosis"]["not_in_force"]
    ]
    if waiting:
        yield Paragraph(t("weak_not_in_force", rules=t.join(waiting)))
    yield from _undetermined(rules, t)
    yield from _firmness(rules, t)
    yield from _pairs(t)
    yield Paragraph(t("weak_cards_title"), title=True)
    cards = [
        _card(plan, position, centre, rules, t)
        for position, centre in enumerate(content["centres"])
        if centre["verdict"] == WEAK
    ]
    if not cards:
        yield Paragraph(t("weak_none"))
        return
    standard = content["coverage"]["standard_min"]
    minutes, metres = t.exact(standard), t.exact(limit_distance_m(content, standard))
    each = [t.exact(limit["minutes"]) for limit in content["walking"]["limits"]]
    limits = t.join([t("minutes", value=limit) for limit in each])
    yield Paragraph(t("weak_cards_note", limits=limits, minutes=minutes, metres=metres, longest=each[-1]))
    costs = content["study"]["costs"]
    yield _remedy_note(costs, content["study"]["remedies"], t)
    yield from cards


def facility_cards(plan: Plan, t: Translator) -> Iterator[Block]:
    """Yield a card of each weak facility in a part of the district."""
    rules = {rule["id"]: rule for rule in t.content["diagnosis"]["rules"]}
    positions = {name: position for position, name in enumerate(plan.inputs.facilities["id"])}
    weak = [centre for centre in t.content["centres"] if centre["verdict"] == WEAK]
    if not weak:
        yield Paragraph(t("weak_none"))
    for centre in weak:
        yield _card(plan, positions[centre["id"]], centre, rules, t)


def _rates(t: Translator) -> Iterator[Block]:
    content, rates = t.content, t.content["diagnosis"]["rates"]
    yield Paragraph(t("weak_definitions"))
    none = missing_rate_text(rates, t.texts)
    yield Paragraph(
        t("weak_no_rates", why=none, assessed=rates["assessed"], undetermined=rates["undetermined"])
        if none
        else t(
            "weak_rates",
            compliant=rates["excellent"] + rates["compliant"],
            excellent=rates["excellent"],
            determined=rates["assessed"] - rates["undetermined"],
            assessed=rates["assessed"],
            undetermined=rates["undetermined"],
            compliant_share=t.percent(rates["compliant_share"]),
            excellent_share=t.percent(rates["excellent_share"]),
        )
    )
    if rates["perhaps_excellent"]:
        yield Paragraph(t("weak_perhaps_excellent", count=rates["perhaps_excellent"]))
    yield from (Paragraph(_quota(quota, t)) for quota in content["diagnosis"]["quotas"])
    names = community_names(content)
    weak = [names[community] for community in content["diagnosis"]["weak_communities"]]
    some = t("weak_communities", count=len(weak), names=t.join(weak))
    yield Paragraph(some if weak else t("weak_no_communities") if rates["assessed"] else t("summary_no_rules"))


def _quota(quota: Quota, t: Translator) -> str:
    keys = {True: "quota_met", False: "quota_missed", None: "quota_open"}
    return t(
        keys[quota["passed"]],
        quota=t.localized(quota),
        required=t.percent(quota["required"]),
        passing=quota["passing"],
        centres=quota["centres"],
        unknown=quota["unknown"],
        basis=rule_basis(quota, t),
    )


def _undetermined(rules: Rules, t: Translator) -> Iterator[Block]:
    unknown = [
        (centre, finding)
        for centre in t.content["centres"]
        for finding in centre["findings"]
        if finding["passed"] is None and finding["grade"] != "advice"
    ]
    yield Paragraph(t("undetermined_note" if unknown else "undetermined_none"))
    if unknown:
        yield Table(
            t("undetermined_table"),
            t.all("column_centre", "column_verdict", "column_rule", "column_asks", "column_missing"),
            (),
            tuple(
                (
                    centre["name"],
                    t.verdict(centre["verdict"]),
                    t.localized(rules[finding["rule"]]),
                    requirement(finding, t),
                    t.join([t.measure(name) for name in finding["unknown"]]),
                )
                for centre, finding in unknown
            ),
        )
    advice: dict[str, int] = {}
    for centre in t.content["centres"]:
        for finding in centre["findings"]:
            if finding["passed"] is None and finding["grade"] == "advice":
                advice[finding["rule"]] = advice.get(finding["rule"], 0) + 1
    if advice:
        undetermined = [
            t("advice_unknown_rule", rule=t.localized(rules[rule]), count=count) for rule, count in advice.items()
        ]
        yield Paragraph(t("advice_unknown", rules=t.join(undetermined)))


def _firmness(rules: Rules, t: Translator) -> Iterator[Block]:
    """Yield the ratings that depend on a threshold, on the rule set, or on the walking speed."""
    diagnosis = t.content["diagnosis"]
    names = {centre["id"]: centre["name"] for centre in t.content["centres"]}
    share = t.percent(diagnosis["threshold_share"])
    yield Paragraph(t("firm_title"), title=True)
    yield Paragraph(
        t("firm_some" if diagnosis["flips"] else "firm_none", share=share, count=len(diagnosis["flips"]))
    )
    if diagnosis["flips"]:
        yield Table(
            t("firm_table"),
            t.all("column_centre", "column_rule", "column_change", "column_verdict", "column_verdict_then"),
            (t("column_threshold"),),
            tuple(
                (
                    names[flip["facility"]],
                    t.localized(rules[flip["rule"]]),
                    t("lowered" if flip["change"] < 0 else "raised", share=share),
                    t.verdict(flip["verdict"]),
                    t.verdict(flip["verdict_then"]),
                    t.quantity(flip["required"], rules[flip["rule"]]["unit"]),
                )
                for flip in diagnosis["flips"]
            ),
        )
    if diagnosis["alternatives"]:
        as_it_is = {**diagnosis, "kind": "as_it_is", "changed": []}
        yield Table(
            t("alternatives_table"),
            t.all("column_alternative", "column_profile"),
            t.all("column_assessed", *(f"column_{verdict}" for verdict in RATINGS))
            + t.all("column_compliant_share", "column_excellent_share", "column_changed"),
            tuple(_alternative_row(one, t) for one in (as_it_is, *diagnosis["alternatives"])),
            note=t("alternatives_note"),
        )


def _remedy_note(costs: Entry, tried: Entry, t: Translator) -> Paragraph:
    source = costs["source"] or t("source_not_given")
    if not tried["streets"]:
        return Paragraph(t("remedy_note_centre", source=source, unit=money_unit(costs["unit"], t.texts)))
    figures = {name: t.exact(value) for name, value in tried.items() if name not in ("streets", "source")}
    return Paragraph(
        t(
            "remedy_note",
            source=source,
            unit=money_unit(costs["unit"], t.texts),
            figures=tried["source"] or t("developers_figures"),
            **figures,
        )
    )


def _pairs(t: Translator) -> Iterator[Block]:
    """Yield the severed pairs: close in a straight line, far on foot."""
    found, asked_for = t.content["diagnosis"]["blocked_pairs"], t.content["study"]["remedies"]
    yield Paragraph(t("pairs_title"), title=True)
    figures = {name: t.exact(asked_for[name]) for name in ("near_m", "far_times", "far_min", "step_m")}
    yield Paragraph(t("pairs_note" if found else "pairs_none", **figures))
    if found:
        yield Table(
            t("pairs_table"),
            t.all("column_pair", "column_from_to", "column_between", "column_position"),
            t.all("column_air", "column_walk", "column_saved", "column_gainers"),
            tuple(
                (
                    pair["id"],
                    t("street_and").join(
                        pair[name] or t("street_unnamed") for name in ("from_street", "to_street")
                    ),
                    barrier_text(pair, t),
                    t("card_position", lon=t.degrees(pair["lon"]), lat=t.degrees(pair["lat"])),
                    t.whole(pair["air_m"]),
                    t("no_way") if pair["walk_m"] is None else t.whole(pair["walk_m"]),
                    t.whole(pair["minutes_saved"]),
                    t.whole(pair["people"]),
                )
                for pair in found
            ),
        )


def _alternative_row(entry: Entry, t: Translator) -> Row:
    rates: Entry = entry["rates"]
    return (
        t(f"alternative_{entry['kind']}"),
        t.localized(entry),
        *(t.whole(rates[name]) for name in ("assessed", *RATINGS)),
        *(rate_text(rates, name, t.texts) for name in RATES),
        DASH if entry["kind"] == "as_it_is" else t.whole(len(entry["changed"])),
    )


def _card(plan: Plan, position: int, centre: Facility, rules: Rules, t: Translator) -> CentreCard:
    position_shown = t("card_position", lon=t.degrees(centre["lon"]), lat=t.degrees(centre["lat"]))
    place = [t.term(f"tier_{centre['tier']}"), centre["community_name"], position_shown]
    return CentreCard(
        name=centre["name"],
        place=" · ".join(part for part in place if part),
        verdict=t.verdict(centre["verdict"]),
        reasons=tuple(failure_reasons(centre, rules, t)),
        notes=tuple(facility_notes(centre, t)),
        remedy=improvement_text(centre["remedy"], rules, t) if centre["remedy"] else "",
        measures=tuple(_measures(centre, t)),
        figure=Figure(centre_figure(plan, position, t.texts), t("figure_centre", name=centre["name"])),
    )


def _measures(centre: Facility, t: Translator) -> Iterator[tuple[str, str]]:
    measures = centre["measures"]
    yield t("measure_floor_area"), t.quantity(measures["floor_area_m2"], "m2")
    if centre["tier"] in PREMISES:
        yield t("measure_people"), t.whole(measures["people"])
        yield t("measure_households"), t.whole(measures["households"])
    yield t("measure_people_nearest"), t.whole(measures["people_nearest"])
    yield t("measure_people_per_m2"), t.quantity(measures["people_per_m2"], "people_per_m2")
    for area in centre["service_areas"]:
        minutes = t.exact(area["limit_min"])
        if centre["tier"] in PREMISES:
            own = measures[str(IndicatorRef("own_covered_share", area["limit_min"]))]
            yield t("measure_own", minutes=minutes), t.percent(own)
        km2 = t.number(area["area_m2"] / 1e6, 2)
        value = t("measure_area_value", area=km2, share=t.percent(area["disc_share"]))
        yield t("measure_area", minutes=minutes), value
    yield t("measure_overlap"), t.percent(measures["overlap_share"])
    yield t("measure_next_centre"), next_centre_text(centre, t)
    if measures["people_65_uncovered"] is not None:
        yield t("measure_65_uncovered"), t.whole(measures["people_65_uncovered"])
    yield t("measure_street"), t("metres", value=t.number(centre["street_m"]))
