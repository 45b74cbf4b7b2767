"""Body of the report: situation, problems, plan, money, safeguards, next steps; what decides, in a few pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from planner.evaluation import WEAK
from planner.messages.catalogue import money_unit, unit_of_amount
from planner.messages.notices import input_kinds
from planner.reporting import programme_text as words
from planner.reporting.document.records.facilities import Facility, Rule
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.document.records.programme import Programme, Project
from planner.reporting.facility_text import action_text, distinguishing_digits, requirement
from planner.reporting.programme_text import money_text, year_text
from planner.reporting.report.before_after import after_figure
from planner.reporting.report.blocks import (
    DASH,
    Block,
    Figure,
    KeyFigures,
    Paragraph,
    Row,
    Table,
    Translator,
    annex_ref,
    at_standard,
    headcount,
)
from planner.reporting.report.figures import overview_figure
from planner.reporting.report.outcome import outcome_of
from planner.reporting.report.sections.memo import money_cell, money_table, requests, site_places
from planner.reporting.report.sections.programme import years_table
from planner.reporting.report.sections.summary import (
    indicator_cards,
    problem_summary,
    siting_summary,
    situation_summary,
)
from planner.reporting.rounding import added_by_sites, gained_by_projects, round_money
from planner.reporting.tables.result_tables import coverage_table
from planner.results import Plan
from planner.schemas.tables import TIERS

MOST_COMMUNITIES = 10
TOTAL = ("limit", "served", "share", "unserved", "area_share")
BODY = ("situation", "problems", "plan", "money", "safeguards", "next")


def body_sections(plan: Plan, t: Translator) -> dict[str, Callable[[], Iterator[Block]]]:
    """Return the sections of the body in their order, by id."""
    return {
        "situation": lambda: situation_section(plan, t),
        "problems": lambda: problems_section(t),
        "plan": lambda: plan_section(plan, t),
        "money": lambda: money_section(t),
        "safeguards": lambda: safeguards_section(t),
        "next": lambda: next_section(plan, t),
    }


def situation_section(plan: Plan, t: Translator) -> Iterator[Block]:
    """Yield what is there and whom it reaches."""
    content = t.content
    counts = content["data"]["facilities"]
    tiers = [
        t("inventory_tier", tier=t.term(f"tier_{tier}"), count=counts[tier]) for tier in TIERS if tier in counts
    ]
    named = {row["subdistrict"] for row in content["coverage"]["by_community"] if row["subdistrict"]}
    yield Paragraph(
        t.decision(
            "scope" if named else "scope_one",
            subdistricts=t.decision("subdistricts", count=len(named)),
            communities=content["data"]["communities"],
            centres=sum(counts.values()),
            tiers=t.join(tiers),
            date=content["study"]["date"] or t("date_not_given"),
        )
    )
    yield KeyFigures(tuple(indicator_cards(t, with_sites=False)), caption=t("key_figures"))
    yield from (Paragraph(sentence) for sentence in situation_summary(t))
    yield coverage_table(t).block(t, content["coverage"]["total"], t("coverage_total_table"), keys=TOTAL)
    yield Figure(overview_figure(plan, t.texts), t.decision("figure_today"))


def problems_section(t: Translator) -> Iterator[Block]:
    """Yield who is left out, and which premises are weak, why, and what would help."""
    yield Paragraph(t.decision("who_title"), title=True)
    yield from _left_out(t)
    yield Paragraph(t.decision("weak_title"), title=True)
    yield from (Paragraph(sentence) for sentence in problem_summary(t))
    weak = [centre for centre in t.content["centres"] if centre["verdict"] == WEAK]
    if weak:
        yield _weak_table(weak, t)
    pairs = t.content["diagnosis"]["blocked_pairs"]
    if pairs:
        yield Paragraph(t.decision("severed", count=len(pairs), annex=annex_ref(t, "weak")))


def _left_out(t: Translator) -> Iterator[Block]:
    coverage = t.content["coverage"]
    rows = [row for row in coverage["by_community"] if row["limit_min"] == coverage["standard_min"]]
    rows = sorted((row for row in rows if headcount(row).uncovered), key=lambda row: -headcount(row).uncovered)
    total = sum(headcount(row).uncovered for row in rows)
    if not rows:
        yield Paragraph(t.decision("who_none"))
        return
    shown, rest = rows[:MOST_COMMUNITIES], rows[MOST_COMMUNITIES:]
    share = sum(headcount(row).uncovered for row in shown) / total
    values = {"uncovered": t.whole(total), "share": t.percent(share), "annex": annex_ref(t, "coverage")}
    yield Paragraph(t.decision("who", **values) if rest else t.decision("who_all"))
    table: list[Row] = [
        (
            row["name"],
            row["subdistrict"] or DASH,
            t.whole(headcount(row).people),
            t.whole(headcount(row).uncovered),
            t.bar(row["people_share"]),
        )
        for row in shown
    ]
    everybody = headcount(at_standard(t.content)).people
    if rest or len(rows) < len(t.content["diagnosis"]["communities"]):
        count = len(t.content["diagnosis"]["communities"]) - len(shown)
        others = everybody - sum(headcount(row).people for row in shown)
        left = total - sum(headcount(row).uncovered for row in shown)
        table.append((t.decision("who_rest", count=count), "", t.whole(others), t.whole(left), ""))
    table.append(
        (t("total"), "", t.whole(everybody), t.whole(total), t.bar(at_standard(t.content)["people_share"]))
    )
    yield Table(
        t.decision("who_table"),
        (t("column_community_name"), t("column_subdistrict")),
        (t("column_people"), t("column_unserved"), t("column_share")),
        tuple(table),
        totals=1,
    )


def _weak_table(weak: list[Facility], t: Translator) -> Table:
    rules: Mapping[str, Rule] = {rule["id"]: rule for rule in t.content["diagnosis"]["rules"]}

    def failed(centre: Facility) -> str:
        failures = [
            finding
            for finding in centre["findings"]
            if finding["passed"] is False and finding["grade"] == "compliant"
        ]
        return t("clause_joint").join(
            t.decision(
                "reason_short",
                rule=t.localized(rules[failure["rule"]]),
                value=t.quantity(failure["value"], failure["unit"], distinguishing_digits(failure)),
                asked=requirement(failure, t, distinguishing_digits(failure)),
            )
            for failure in failures
        )

    def remedy(centre: Facility) -> str:
        remedy = centre["remedy"]
        if not remedy or not remedy["changes"]:
            return t.decision("no_remedy")
        return t("remedy_and").join(action_text(change, t, where=False) for change in remedy["changes"])

    costs = [centre["remedy"]["cost"] if centre["remedy"] else None for centre in weak]
    known = [cost for cost in costs if cost is not None]
    shown = iter(round_money([[cost] for cost in known]))
    rows: list[Row] = [
        (
            centre["name"],
            failed(centre),
            remedy(centre),
            DASH if cost is None else money_cell(next(shown)[0]),
        )
        for centre, cost in zip(weak, costs, strict=True)
    ]
    if len(known) == len(weak) > 1:
        rows.append((t("total"), "", "", money_cell(next(shown)[-1])))
    return Table(
        t.decision("weak_table"),
        (t("column_centre"), t.decision("column_failed"), t.decision("column_remedy")),
        (t.decision("column_remedy_cost", unit=money_unit(t.content["study"]["costs"]["unit"], t.texts)),),
        tuple(rows),
        totals=1 if len(known) == len(weak) > 1 else 0,
        note=t.decision("weak_note", annex=annex_ref(t, "weak")),
    )


def plan_section(plan: Plan, t: Translator) -> Iterator[Block]:
    """Yield what is proposed: the programme's projects, or else sites; and why nothing where nothing is."""
    programme, proposals = t.content["programme"], t.content["siting"]["proposals"]
    outcome = outcome_of(t)
    if programme is not None:
        yield from (Paragraph(sentence) for sentence in words.headline_figures(t))
        if programme["projects"]:
            yield _projects(programme, t)
    else:
        yield from (Paragraph(sentence) for sentence in siting_summary(t))
        if proposals and proposals[-1]["sites"]:
            yield _sites(plan, t)
    if outcome is None and programme is None:
        yield from (Paragraph(ask) for ask in requests(plan, t))
    if outcome is not None:
        if outcome.sites:
            yield Paragraph(t.decision("plan_method", annex=annex_ref(t, "siting")))
        yield Figure(after_figure(plan, t, outcome), t.decision("figure_after", when=outcome.when))


def _projects(programme: Programme, t: Translator) -> Table:
    gained, costs = gained_by_projects(programme), round_money([[one["cost"]] for one in programme["projects"]])
    rows: list[Row] = [
        (
            project["id"],
            words.task_text(project, t),
            _place(project, t),
            year_text(t, project["year"]),
            money_cell(cost),
            words.covered_text(gained[project["id"]][0], t),
        )
        for project, (cost, _) in zip(programme["projects"], costs, strict=False)
    ]
    covered = sum(gain or 0 for gain, *_ in gained.values())
    rows.append((t("total"), "", "", "", money_cell(costs[-1][-1]), t.whole(covered)))
    return Table(
        t.decision("plan_projects", unit=money_unit(programme["unit"], t.texts)),
        (
            t.programme("column_number"),
            t.decision("column_task"),
            t.decision("column_place"),
            t.programme("column_year"),
        ),
        (t.programme("column_cost"), t.decision("column_added")),
        tuple(rows),
        totals=1,
        note=t.decision("plan_projects_note", annex=annex_ref(t, "programme")),
    )


def _place(project: Project, t: Translator) -> str:
    """Return where a project is, in words: its crossing of streets, else its community."""
    at = next(
        (candidate for candidate in t.content["siting"]["candidates"] if candidate["id"] == project["site"]), None
    )
    named = at["place"] if at else ""
    return named or str(project["community_name"] or DASH)


def _sites(plan: Plan, t: Translator) -> Table:
    best = t.content["siting"]["proposals"][-1]
    places, added = site_places(plan, t), added_by_sites(best)
    rows: list[Row] = [
        (str(site["rank"]), places[site["id"]], t.whole(added[site["rank"]])) for site in best["sites"]
    ]
    rows.append((t("total"), "", t.whole(sum(added.values()))))
    weighted = "_weighted" if t.content["siting"]["weighted"] else ""
    return Table(
        t.decision("plan_sites"),
        (t("column_rank"), t.decision("column_place")),
        (t(f"column_added{weighted}"),),
        tuple(rows),
        totals=1,
    )


def money_section(t: Translator) -> Iterator[Block]:
    """Yield the money by source, year and kind, and what is reached by each year."""
    programme = t.content["programme"]
    if programme is None:
        yield Paragraph(t.decision("money_none"))
        proposals = t.content["siting"]["proposals"]
        costs = [site["cost"] for site in proposals[-1]["sites"]] if proposals else []
        unit = unit_of_amount(t.content["study"]["costs"]["unit"], t.texts)
        known = [cost for cost in costs if cost is not None]
        if costs and len(known) == len(costs):
            yield Paragraph(t.decision("money_sites", cost=money_text(sum(known)), unit=unit))
        elif costs:
            yield Paragraph(t.decision("money_unknown"))
        return
    unit = unit_of_amount(programme["unit"], t.texts)
    given = sum(year["amount"] for fund in programme["resources"]["funds"] for year in fund["years"])
    values = {"available": given, "cost": programme["cost"], "left": given - programme["cost"]}
    yield Paragraph(
        t.decision("money_total", unit=unit, **{name: money_text(value) for name, value in values.items()})
    )
    yield money_table(programme, t)
    if programme["projects"]:
        yield _by_kind(programme, t)
        yield years_table(programme, t)


def _by_kind(programme: Programme, t: Translator) -> Table:
    labels = [year["year"] for year in programme["years"]]
    of_kind: dict[str, list[Project]] = {}
    for project in programme["projects"]:
        of_kind.setdefault(project["kind"], []).append(project)
    money = round_money(
        [
            [sum(one["cost"] for one in projects if one["year"] == label) for label in labels]
            for projects in of_kind.values()
        ]
    )
    counts = [*(len(projects) for projects in of_kind.values()), len(programme["projects"])]
    names = [*(t.programme(f"kind_{kind}") for kind in of_kind), t("total")]
    rows = tuple(
        (name, t.whole(count), *map(money_cell, amounts))
        for name, count, amounts in zip(names, counts, money, strict=True)
    )
    return Table(
        t.decision("kinds_table", unit=money_unit(programme["unit"], t.texts)),
        (t.programme("column_kind"),),
        (t.decision("column_count"), *(year_text(t, label) for label in labels), t("total")),
        rows,
        totals=1,
    )


def safeguards_section(t: Translator) -> Iterator[Block]:
    """Yield who does what, the rules of the money, and what has to be checked before anything is built."""
    content = t.content
    programme = content["programme"]
    if programme is not None and programme["projects"]:
        yield Paragraph(t.decision("units_text", annex=annex_ref(t, "programme")))
        yield _units(programme, t)
        for fund in programme["resources"]["funds"]:
            rules = words.fund_rules_text(fund, t)
            yield Paragraph(t.decision("fund_rule", fund=fund["name"], rules=rules), item=True)
        source = programme["cost_source"] or t("source_not_given")
        yield Paragraph(t.decision("money_checked", source=source))
    else:
        yield Paragraph(t.decision("units_none"))
    if any(proposal["sites"] for proposal in content["siting"]["proposals"]):
        yield Paragraph(t.decision("not_checked"))
    unseen = sum(rule["evidence"] in ("excerpt", "quoted", "unchecked") for rule in content["diagnosis"]["rules"])
    if unseen:
        yield Paragraph(t.decision("evidence", count=unseen))


def _units(programme: Programme, t: Translator) -> Table:
    by_unit: dict[str, list[Project]] = {}
    for project in programme["projects"]:
        by_unit.setdefault(words.responsible_unit(project), []).append(project)

    money = round_money([[sum(one["cost"] for one in projects)] for projects in by_unit.values()])
    rows: list[Row] = [
        (
            unit,
            year_text(t, min(one["year"] for one in projects), "by_year"),
            t.whole(len(projects)),
            money_cell(cost),
        )
        for (unit, projects), (cost, _) in zip(by_unit.items(), money, strict=False)
    ]
    rows.append((t("total"), "", t.whole(len(programme["projects"])), money_cell(money[-1][-1])))
    return Table(
        t.decision("units"),
        (t.decision("column_unit"), t.decision("column_first")),
        (
            t.decision("column_count"),
            t("money_column", name=t.programme("column_cost"), unit=money_unit(programme["unit"], t.texts)),
        ),
        tuple(rows),
        totals=1,
    )


def next_section(plan: Plan, t: Translator) -> Iterator[Block]:
    """Yield the steps that follow, with their dates; who does them is for the office to say."""
    yield Paragraph(t.texts.paragraph(requests(plan, t)))
    fill_in = t.decision("fill_in")
    rows = tuple((str(number), step, t.decision(by), fill_in) for number, (step, by) in enumerate(_steps(t), 1))
    yield Table(
        t.decision("next_table"),
        (
            t.programme("column_number"),
            t.decision("column_step"),
            t.decision("column_by"),
            t.decision("column_who"),
        ),
        (),
        rows,
    )


def _steps(t: Translator) -> Iterator[tuple[str, str]]:
    content: PlanDocument = t.content
    programme, proposals = content["programme"], content["siting"]["proposals"]
    modelled, undetermined = content["data"]["modelled"], content["diagnosis"]["rates"]["undetermined"]
    if modelled:
        layers = t.join(input_kinds(modelled, t.texts))
        yield t.decision("step_data", layers=layers), "by_start"
    yield t.decision("step_decide"), "by_decision"
    if programme is not None and programme["projects"]:
        first = programme["years"][0]["year"]
        count = sum(project["year"] == first for project in programme["projects"])
        yield t.decision("step_visit", count=count), "by_start"
        if programme["funding_gap"] is not None:
            yield t.decision("step_gap"), "by_decision"
    elif programme is None and proposals and proposals[-1]["sites"]:
        yield t.decision("step_visit_sites", count=len(proposals[-1]["sites"])), "by_start"
    if undetermined:
        yield t.decision("step_unknown", count=undetermined), "by_start"
    yield t.decision("step_review"), "by_year_end"
