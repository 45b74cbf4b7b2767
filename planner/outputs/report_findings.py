"""What the report finds: which centres are weak and why, and where new stations would serve the most people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate

from planner.assessment.diagnosis import WEAK
from planner.assessment.measures import PREMISES, own_share_name
from planner.outputs.document import Document
from planner.outputs.report_blocks import (
    DASH,
    DIGITS,
    Block,
    Cell,
    CentreCard,
    Figure,
    Paragraph,
    Row,
    Table,
    Wording,
    at_standard,
    bound_shown,
    circle_m,
    community_names,
    headcount,
)
from planner.outputs.report_figures import centre_figure, siting_figure
from planner.outputs.report_people import weighing
from planner.plan import Plan

ASKED = {"≥": "at_least", "≤": "at_most", ">": "more_than", "<": "less_than"}
COMPARISONS = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
MOST_DIGITS = 6


def weak_centres(plan: Plan, say: Wording) -> Iterator[Block]:
    """Tell which centres fail which rule, with its clause, and what cannot be told."""
    content, rules = say.content, {rule["id"]: rule for rule in say.content["diagnosis"]["rules"]}
    rates = content["diagnosis"]["rates"]
    yield Paragraph(say("weak_definitions"))
    yield Paragraph(
        say(
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
    names = community_names(content)
    weak = [names[community] for community in content["diagnosis"]["weak_communities"]]
    some = say("weak_communities", count=len(weak), names=say.listed(weak))
    yield Paragraph(some if weak else say("weak_no_communities"))
    yield Table(
        say("weak_rules_table"),
        say.all("column_rule", "column_asks", "column_tiers", "column_grade", "column_clause", "column_evidence"),
        (),
        tuple(_rule_row(rule, say) for rule in rules.values()),
        note=say("weak_rules_note"),
    )
    unknown = [
        (centre, finding)
        for centre in content["centres"]
        for finding in centre["findings"]
        if finding["passed"] is None
    ]
    yield Paragraph(say("undetermined_note" if unknown else "undetermined_none"))
    if unknown:
        yield Table(
            say("undetermined_table"),
            say.all("column_centre", "column_verdict", "column_rule", "column_asks", "column_value"),
            (),
            tuple(
                (
                    centre["name"],
                    say.verdict(centre["verdict"]),
                    say.own(rules[finding["rule"]]),
                    _asked(finding, rules[finding["rule"]]["unit"], say),
                    say.unknown,
                )
                for centre, finding in unknown
            ),
        )
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
    yield from cards


def _rule_row(rule: Document, say: Wording) -> Row:
    expression = rule["expression"]
    sign = next(sign for sign in COMPARISONS if sign in expression)
    threshold = expression.partition(sign)[2].strip()
    try:
        required = say.quantity(float(threshold), rule["unit"])
    except ValueError:  # the threshold is itself reckoned from measures
        required = threshold
    return (
        say.own(rule),
        Cell(say(ASKED[COMPARISONS[sign]], required=required), further=expression),
        say.listed([say.word(f"tier_{tier}") for tier in rule["tiers"]]),
        say.verdict(rule["grade"]),
        say.cited(rule, "clause"),
        say(f"rule_evidence_{rule['evidence']}"),
    )


def _asked(finding: Document, unit: str, say: Wording, digits: int | None = None) -> str:
    return say(ASKED[finding["comparison"]], required=say.quantity(finding["required"], unit, digits))


def _basis(rule: Document, say: Wording) -> str:
    """Return a rule's clause and how sure it is, unless the clause says so itself."""
    clause, evidence = say.cited(rule, "clause"), say(f"rule_evidence_{rule['evidence']}")
    return clause if evidence.lower() in clause.lower() else say("clause_joint").join((clause, evidence))


def reason(finding: Document, rule: Document, say: Wording) -> str:
    """Say why a rule is not passed, with enough digits to tell the value from what is asked."""
    unit, grade = rule["unit"], rule["grade"]
    digits = DIGITS[unit]
    value, required = finding["value"], finding["required"]
    while digits < MOST_DIGITS and value is not None and required is not None:
        if say.quantity(value, unit, digits) != say.quantity(required, unit, digits):
            break
        digits += 1
    return say(
        "reason_unknown" if finding["passed"] is None else f"reason_{'weak' if grade == 'compliant' else grade}",
        rule=say.own(rule),
        value=say.quantity(value, unit, digits),
        asked=_asked(finding, unit, say, digits),
        basis=_basis(rule, say),
    )


def _card(plan: Plan, position: int, centre: Document, rules: Mapping[str, Document], say: Wording) -> CentreCard:
    position_shown = say("card_position", lon=say.degrees(centre["lon"]), lat=say.degrees(centre["lat"]))
    place = [say.word(f"tier_{centre['tier']}"), centre["community_name"], position_shown]
    not_passed = [finding for finding in centre["findings"] if finding["passed"] is not True]
    not_passed.sort(key=lambda finding: (finding["passed"] is None, finding["grade"] != "compliant"))
    caption = say("figure_centre", name=centre["name"])
    return CentreCard(
        name=centre["name"],
        place=" · ".join(part for part in place if part),
        verdict=say.verdict(centre["verdict"]),
        reasons=tuple(reason(finding, rules[finding["rule"]], say) for finding in not_passed),
        measures=tuple(_measures(centre, say)),
        figure=Figure(centre_figure(plan, position, say.texts), caption),
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
            yield say("measure_own", minutes=minutes), say.percent(measures[own_share_name(area["limit_min"])])
        km2 = say.number(area["area_m2"] / 1e6, 2)
        value = say("measure_area_value", area=km2, share=say.percent(area["disc_share"]))
        yield say("measure_area", minutes=minutes), value
    yield say("measure_street"), say("metres", value=say.number(centre["street_m"]))


def siting(plan: Plan, say: Wording) -> Iterator[Block]:
    """Tell where new stations would serve the most people, and what is proven of it."""
    content, found = say.content, say.content["siting"]
    heads = headcount(at_standard(content))
    minutes, asked = say.plain(found["standard_min"]), found["sites_asked"]
    count, settings = len(found["candidates"]), content["study"]["siting"]
    access = say.plain(content["walking"]["access_m"])
    if not found["proposals"]:
        yield Paragraph(say("nobody_uncovered" if asked else "no_sites_asked"))
        return
    circle = say.plain(circle_m(content, found["standard_min"]))
    uncovered = say.whole(heads.uncovered)
    yield Paragraph(say("siting_question", sites=asked, uncovered=uncovered, minutes=minutes, metres=circle))
    yield from weighing(say)
    again = settings["candidates"] > asked
    key = "siting_candidates" if again else "siting_candidates_once"
    yield Paragraph(say(key, count=say.whole(count), sites=asked, asked=settings["candidates"], access=access))
    without = round(found["people_without_street"])
    lost = say("siting_without_street" if without else "siting_all_near", people=say.whole(without), access=access)
    yield Paragraph(lost)
    yield Table(
        say("siting_compare_table"),
        say.all("column_method", "column_status"),
        say.all("column_sites", "column_gained", "column_share_after", "column_bound", "column_gap"),
        tuple(_answer_row(proposal, say) for proposal in found["proposals"]),
    )
    *others, best = found["proposals"]
    yield _sites_table(best, say)
    yield Figure(siting_figure(plan, say.texts), say("figure_siting"))
    for proposal in others:
        yield _sites_table(proposal, say)
    left = say.whole(heads.uncovered - round(best["people_gained"]))
    yield Paragraph(say("siting_left", sites=len(best["sites"]), left=left, minutes=minutes))
    yield Paragraph(
        say(
            f"siting_proof_{best['status']}",
            count=say.whole(count),
            sites=asked,
            seconds=say.plain(settings["seconds"]),
            bound=say.whole(bound_shown(best)),
            gap=say.percent(best["gap"]),
        )
    )


def _answer_row(proposal: Document, say: Wording) -> Row:
    seconds = say.plain(say.content["study"]["siting"]["seconds"])
    bound = bound_shown(proposal)
    gap = say("gap_none") if proposal["status"] == "proven" else say.percent(proposal["gap"])
    return (
        say.word(f"method_{proposal['method']}"),
        say(f"status_{proposal['status']}", seconds=seconds),
        say.whole(len(proposal["sites"])),
        say.whole(proposal["people_gained"]),
        say.bar(proposal["people_share_after"]),
        say("no_bound") if bound is None else say.whole(bound),
        DASH if bound is None else gap,
    )


def _sites_table(proposal: Document, say: Wording) -> Table:
    sites = proposal["sites"]
    # Running sums are rounded, and what each site adds is their difference: so the column ends in the total shown.
    together = [round(people) for people in accumulate(site["people_added"] for site in sites)]
    rows = tuple(
        (
            site["id"],
            str(site["rank"]),
            say.degrees(site["lon"]),
            say.degrees(site["lat"]),
            say.whole(now - before),
            say.whole(now),
        )
        for site, now, before in zip(sites, together, [0, *together], strict=False)
    )
    return Table(
        say("siting_sites_table", method=say.word(f"method_{proposal['method']}")),
        (say("column_site"),),
        say.all("column_rank", "column_lon", "column_lat", "column_added", "column_cumulative"),
        rows,
        note=say("siting_sites_note"),
    )
