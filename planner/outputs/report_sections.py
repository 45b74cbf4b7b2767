"""What the report says of the findings: inventory, coverage, weak centres and siting, as blocks to lay out.

A block is plain words and figures; the template knows how each kind looks and nothing of what it means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from statistics import mean

from markupsafe import Markup

from planner.assessment.diagnosis import PREMISES, VERDICTS, WEAK, own_share_name
from planner.outputs.document import Document
from planner.outputs.report_figures import centre_figure, overview_figure, siting_figure
from planner.plan import Plan
from planner.tables import TIERS
from planner.texts import Texts

DASH = "—"
ASKED = {"≥": "at_least", "≤": "at_most", ">": "more_than", "<": "less_than"}
COMPARISONS = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
DIGITS = {"m2": 0, "m2_per_100_households": 1, "share": 1, "people_per_m2": 1, "ratio": 2}
MOST_DIGITS = 6
LOWEST = 5
"""One in so many communities is marked as the lowest."""
LONLAT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, a smaller further line, the class of a badge, a share (0–1) to draw as a bar."""

    text: str
    further: str = ""
    badge: str = ""
    bar: float | None = None
    marked: bool = False


Row = tuple[Cell | str, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or several; `title` makes it a heading inside the section, `item` one of a list."""

    text: str
    title: bool = False
    item: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: first the columns of words, then those of numbers; the last `totals` rows are totals."""

    caption: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    totals: int = 0
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption."""

    picture: Markup
    caption: str
    kind: str = "figure"


@dataclass(frozen=True, slots=True)
class CentreCard:
    """A weak centre: its place, reasons in words, its measures by name, and a map."""

    name: str
    place: str
    verdict: Cell
    reasons: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]
    figure: Figure
    kind: str = "centre"


@dataclass(frozen=True, slots=True)
class Code:
    """A command as it is typed."""

    text: str
    kind: str = "code"


Block = Paragraph | Table | Figure | CentreCard | Code


@dataclass(frozen=True, slots=True)
class Wording:
    """The document and the language it is told in."""

    content: Document
    texts: Texts

    def __call__(self, key: str, **values: object) -> str:
        """Say a sentence of the report."""
        return self.texts(f"report.{key}", **values)

    def all(self, *keys: str, **values: object) -> tuple[str, ...]:
        """Say several short texts of the report."""
        return tuple(self(key, **values) for key in keys)

    def word(self, key: str) -> str:
        """Say a word of the glossary."""
        return self.texts(f"words.{key}")

    @property
    def unknown(self) -> str:
        """Return what stands where the data do not tell."""
        return f"{DASH} {self('not_known')}"

    def whole(self, count: float | None) -> str:
        """Write a count."""
        return self.unknown if count is None else self.texts.whole(count)

    def number(self, value: float | None, digits: int = 1) -> str:
        """Write a measured number."""
        return self.unknown if value is None else self.texts.number(value, digits)

    def percent(self, share: float | None) -> str:
        """Write a share (0–1)."""
        return self.unknown if share is None else self.texts.percent(share)

    def plain(self, value: float) -> str:
        """Write a setting as it was set, with no more digits than it has."""
        return f"{value:,.10g}"

    def listed(self, items: Sequence[str]) -> str:
        """Join names."""
        return self("joint").join(items) if items else self("nobody")

    def quantity(self, value: float | None, unit: str, digits: int | None = None) -> str:
        """Write a value in a rule's unit."""
        if value is None:
            return self.unknown
        shown = value * 100 if unit == "share" else value
        return self(f"unit_{unit}", value=self.texts.number(shown, DIGITS[unit] if digits is None else digits))

    def own(self, entry: Mapping[str, str]) -> str:
        """Return the words of an entry that brings them in both languages."""
        return entry[self.texts.language]

    def cited(self, entry: Mapping[str, str], name: str) -> str:
        """Return a citation in Chinese where the rule file has it so, else as it stands."""
        return (self.texts.language == "zh" and entry[f"{name}_zh"]) or entry[name]

    def bar(self, share: float | None) -> Cell:
        """Return a share (0–1) with its bar."""
        return Cell(self.percent(share), bar=share)

    def verdict(self, verdict: str) -> Cell:
        """Return a verdict as a badge with its word."""
        name = verdict or "none"
        return Cell(self.word(f"verdict_{name}"), badge=name)


@dataclass(frozen=True, slots=True)
class Headcount:
    """People as they are shown: each rounded once, so that they add up on the page.

    Examples
    --------
    >>> Headcount(people=10, covered=4).uncovered
    6
    """

    people: int
    covered: int

    @property
    def uncovered(self) -> int:
        """Return the people shown as not served."""
        return self.people - self.covered


def headcount(row: Document) -> Headcount:
    """Return the people of one row of a coverage table."""
    return Headcount(round(row["people"]), round(row["people_covered"]))


def at_standard(content: Document) -> Document:
    """Return the totals at the standard."""
    coverage = content["coverage"]
    row: Document = next(row for row in coverage["total"] if row["limit_min"] == coverage["standard_min"])
    return row


def circle_m(content: Document, limit_min: float) -> float:
    """Return how far people walk within a limit, metres."""
    metres: float = next(row["metres"] for row in content["walking"]["limits"] if row["minutes"] == limit_min)
    return metres


def disc_shares(content: Document, limit_min: float) -> list[float]:
    """Return what part of its disc each centre's service area is, in the order of the centres."""
    return [
        area["disc_share"]
        for centre in content["centres"]
        for area in centre["service_areas"]
        if area["limit_min"] == limit_min
    ]


def community_names(content: Document) -> dict[str, str]:
    """Return the communities' names by id, in the study's order."""
    return {row["community"]: row["name"] for row in content["coverage"]["by_community"]}


def inventory(plan: Plan, say: Wording) -> Iterator[Block]:
    """Tell what there is today."""
    content = say.content
    counts = content["data"]["facilities"]
    tiers = [tier for tier in TIERS if tier in counts]
    named = [say("inventory_tier", tier=say.word(f"tier_{tier}"), count=counts[tier]) for tier in tiers]
    yield Paragraph(say("inventory_intro", count=len(content["centres"]), tiers=say.listed(named)))
    pattern = {tier: counts.get(tier, 0) for tier in TIERS}
    yield Paragraph(say("inventory_pattern", premises=sum(pattern[tier] for tier in PREMISES), **pattern))
    names = community_names(content)
    without = [names[community] for community in content["diagnosis"]["communities_without_centre"]]
    some = say("inventory_without", count=len(without), names=say.listed(without))
    yield Paragraph(some if without else say("inventory_all_housed"))
    minutes = say.plain(content["coverage"]["standard_min"])
    yield Figure(
        overview_figure(plan, say.texts), say("figure_overview", minutes=minutes, crs=content["data"]["crs"])
    )
    yield Table(
        say("inventory_tiers_table"),
        (say("column_tier"),),
        say.all("column_count", "column_floor_area_known", "column_floor_area")
        + tuple(say.word(f"verdict_{verdict}") for verdict in (*VERDICTS, "none")),
        tuple(_tier_row(tier, say) for tier in tiers),
    )
    access_m = content["walking"]["access_m"]
    yield Table(
        say("inventory_centres_table"),
        say.all("column_id", "column_centre", "column_tier", "column_community", "column_verdict"),
        say.all("column_floor_area", "column_street_m"),
        tuple(_centre_row(centre, access_m, say) for centre in content["centres"]),
        note=say("inventory_centres_note", access=say.plain(access_m)),
    )


def _tier_row(tier: str, say: Wording) -> Row:
    centres = [centre for centre in say.content["centres"] if centre["tier"] == tier]
    areas = [centre["measures"]["floor_area_m2"] for centre in centres]
    known = [area for area in areas if area is not None]
    verdicts = [centre["verdict"] for centre in centres]
    return (
        say.word(f"tier_{tier}"),
        say.whole(len(centres)),
        say.whole(len(known)),
        say.whole(sum(known) if known else None),
        *(say.whole(verdicts.count(verdict)) for verdict in (*VERDICTS, "")),
    )


def _centre_row(centre: Document, access_m: float, say: Wording) -> Row:
    far = centre["street_m"] > access_m
    return (
        centre["id"],
        centre["name"],
        say.word(f"tier_{centre['tier']}"),
        centre["community_name"] or DASH,
        say.verdict(centre["verdict"]),
        say.whole(centre["measures"]["floor_area_m2"]),
        Cell(("▲ " if far else "") + say.number(centre["street_m"]), marked=far),
    )


def coverage(say: Wording) -> Iterator[Block]:
    """Tell who is served: in all, by tier, by community; and what a disc would have claimed."""
    found = say.content["coverage"]
    total, minutes = at_standard(say.content), say.plain(found["standard_min"])
    heads = headcount(total)
    counts = {name: say.whole(getattr(heads, name)) for name in ("people", "covered", "uncovered")}
    yield Paragraph(say("coverage_intro", minutes=minutes, overlap=say.whole(total["people_overlap"]), **counts))
    yield Table(
        say("coverage_total_table"),
        (say("column_limit"),),
        say.all("column_served", "column_share", "column_unserved", "column_points", "column_points_share")
        + say.all("column_area_share", "column_overlap", "column_overlap_share"),
        tuple(_total_row(row, say) for row in found["total"]),
        note=say("coverage_total_note", area=say.number(total["area_m2"] / 1e6, 2)),
    )
    yield Table(
        say("coverage_tier_table"),
        say.all("column_tier", "column_limit"),
        say.all("column_count", "column_served", "column_share", "column_area_share", "column_overlap"),
        tuple(
            (
                say.word(f"tier_{row['tier']}"),
                say("minutes", value=say.plain(row["limit_min"])),
                say.whole(row["facilities"]),
                say.whole(row["people_covered"]),
                say.bar(row["people_share"]),
                say.percent(row["area_share"]),
                say.whole(row["people_overlap"]),
            )
            for row in found["by_tier"]
        ),
        note=say("coverage_tier_note"),
    )
    yield _community_table(say)
    yield Table(
        say("coverage_disc_table"),
        (say("column_limit"),),
        say.all("column_disc_m", "column_mean_share", "column_least_share", "column_most_share"),
        tuple(_disc_row(row, say) for row in say.content["walking"]["limits"]),
        note=say("coverage_disc_note", count=len(say.content["centres"])),
    )


def _total_row(row: Document, say: Wording) -> Row:
    heads = headcount(row)
    return (
        say("minutes", value=say.plain(row["limit_min"])),
        say.whole(heads.covered),
        say.bar(row["people_share"]),
        say.whole(heads.uncovered),
        say.whole(row["points_covered"]),
        say.percent(row["points_share"]),
        say.percent(row["area_share"]),
        say.whole(row["people_overlap"]),
        say.percent(row["overlap_share"]),
    )


def _disc_row(limit: Document, say: Wording) -> Row:
    shares = disc_shares(say.content, limit["minutes"])
    return (
        say("minutes", value=say.plain(limit["minutes"])),
        say("metres", value=say.plain(limit["metres"])),
        say.bar(mean(shares)),
        say.percent(min(shares)),
        say.percent(max(shares)),
    )


def _community_table(say: Wording) -> Table:
    found = say.content["coverage"]
    standard, minutes = found["standard_min"], say.plain(found["standard_min"])
    by_community: dict[str, list[Document]] = {}
    for row in found["by_community"]:
        by_community.setdefault(row["community"], []).append(row)
    at = {
        community: next(r for r in rows if r["limit_min"] == standard) for community, rows in by_community.items()
    }
    peopled = [community for community, row in at.items() if row["people_share"] is not None]
    lowest = sorted(peopled, key=lambda community: at[community]["people_share"])[: len(peopled) // LOWEST]
    rows: list[Row] = [
        (
            Cell(("▼ " if community in lowest else "") + at[community]["name"], marked=community in lowest),
            at[community]["street"] or DASH,
            say.whole(headcount(at[community]).people),
            *(say.bar(row["people_share"]) for row in limits),
            say.whole(headcount(at[community]).uncovered),
            say.whole(at[community]["own_people_covered"]),
        )
        for community, limits in by_community.items()
    ]
    heads = headcount(at_standard(say.content))
    own = sum(row["own_people_covered"] for row in at.values())
    shares = tuple(say.bar(row["people_share"]) for row in found["total"])
    rows.append((say("total"), "", say.whole(heads.people), *shares, say.whole(heads.uncovered), say.whole(own)))
    return Table(
        say("coverage_community_table"),
        say.all("column_community_name", "column_street"),
        (
            say("column_people"),
            *(say("column_within", minutes=say.plain(row["limit_min"])) for row in found["total"]),
            *say.all("column_unserved_at", "column_own", minutes=minutes),
        ),
        tuple(rows),
        note=say("coverage_community_note", minutes=minutes),
        totals=1,
    )


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
    limits = say.listed(
        [say("minutes", value=say.plain(limit["minutes"])) for limit in content["walking"]["limits"]]
    )
    yield Paragraph(say("weak_cards_note", limits=limits, minutes=minutes, metres=metres))
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
        clause=say.cited(rule, "clause"),
        evidence=say(f"rule_evidence_{rule['evidence']}"),
    )


def _card(plan: Plan, position: int, centre: Document, rules: Mapping[str, Document], say: Wording) -> CentreCard:
    place = [say.word(f"tier_{centre['tier']}"), centre["community_name"], f"{centre['lon']}, {centre['lat']}"]
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
    again = settings["candidates"] > asked
    key = "siting_candidates" if again else "siting_candidates_once"
    yield Paragraph(say(key, count=say.whole(count), sites=asked, asked=settings["candidates"]))
    without = round(found["people_without_street"])
    lost = say("siting_without_street" if without else "siting_all_near", people=say.whole(without), access=access)
    yield Paragraph(lost)
    yield Table(
        say("siting_compare_table"),
        say.all("column_method", "column_status"),
        say.all("column_sites", "column_gained", "column_share_after", "column_bound", "column_gap"),
        tuple(_answer_row(proposal, say) for proposal in found["proposals"]),
    )
    yield Figure(siting_figure(plan, say.texts), say("figure_siting"))
    for proposal in reversed(found["proposals"]):
        yield _sites_table(proposal, say)
    best = found["proposals"][-1]
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


def bound_shown(proposal: Document) -> int | None:
    """Return a bound in whole people: as the answer that it proves, else upwards so that it stays one.

    Examples
    --------
    >>> bound_shown({"status": "stopped", "bound": 160.4}), bound_shown({"status": "proven", "bound": 130.2})
    (161, 130)
    """
    bound: float | None = proposal["bound"]
    if bound is None:
        return None
    return round(bound) if proposal["status"] == "proven" else ceil(bound)


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
            f"{site['lon']:.{LONLAT_DIGITS}f}",
            f"{site['lat']:.{LONLAT_DIGITS}f}",
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
