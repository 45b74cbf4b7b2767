"""Section on new sites: proposals, their proof, candidates, and plans compared with the best one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from planner.config.sections.demand import RESIDENTS
from planner.messages.catalogue import unit_of_amount
from planner.reporting.document.records.plan import Entry
from planner.reporting.document.records.siting import (
    AlternativePlan,
    CurvePoint,
    EquityFrontier,
    EquityPlan,
    ExcludedCandidate,
    PlanInScenarios,
    Proposal,
    Robust,
    SitingModel,
    Unserved,
)
from planner.reporting.report.blocks import (
    DASH,
    Block,
    Figure,
    Paragraph,
    Row,
    Table,
    Translator,
    at_standard,
    headcount,
    limit_distance_m,
    shown_bound,
)
from planner.reporting.report.figures import siting_figure
from planner.reporting.report.sections.people import weights_section
from planner.reporting.rounding import round_bound, round_parts
from planner.reporting.tables.result_tables import site_rows, sites_table
from planner.results import Plan
from planner.siting.models import DEFAULT_MODEL

HALF = 0.5
"""Smallest difference to the best plan that is shown, people."""

LEAST_MORE = 1e-3
"""Regrets that may be larger by less than a thousandth of a person are known."""

SHOWN_EXCLUDED = 40
"""More candidates left out than these are counted by reason only; plan.json lists all."""


def siting_section(plan: Plan, t: Translator) -> Iterator[Block]:
    """Yield the best sites for new stations, with the proof of their optimality."""
    content, found = t.content, t.content["siting"]
    heads = headcount(at_standard(content))
    minutes, asked = t.exact(found["standard_min"]), found["sites_asked"]
    count, settings = len(found["candidates"]), content["study"]["siting"]
    access = t.exact(content["walking"]["access_m"])
    if not found["proposals"]:
        yield Paragraph(t("nobody_uncovered" if asked else "no_sites_asked"))
        return
    circle = t.exact(limit_distance_m(content, found["standard_min"]))
    uncovered = t.whole(heads.uncovered)
    free = [centre["centre"] for centre in found["proposals"][-1]["centres"]]
    key = "siting_question_free" if free else "siting_question"
    condition = {"free": t.join(free), "budget": budget_condition(t)} if free else {"within": budget_condition(t)}
    yield Paragraph(t(key, sites=asked, uncovered=uncovered, minutes=minutes, metres=circle, **condition))
    yield from weights_section(t)
    again = settings["candidates"] > asked and "clusters" in settings["sources"]
    key = "siting_candidates" if again else "siting_candidates_once"
    yield Paragraph(t(key, count=t.whole(count), sites=asked, asked=settings["candidates"], access=access))
    yield from candidates_section(t)
    without = round(found["people_without_street"])
    lost = t("siting_without_street" if without else "siting_all_near", people=t.whole(without), access=access)
    yield Paragraph(lost)
    model = chosen_model(t)
    if model is not None:
        yield from _model_blocks(model, t)
    yield Table(
        t("siting_compare_table" if model is None else "siting_compare_models"),
        t.all("column_method", "column_status"),
        t.all("column_sites", "column_gained", "column_share_after", "column_bound", "column_gap"),
        tuple(_answer_row(proposal, t) for proposal in found["proposals"]),
    )
    *others, best = found["proposals"]
    if best["sites"]:
        yield _sites_table(best, t)
        key = "figure_siting" if model is None else "figure_siting_model"
        yield Figure(siting_figure(plan, t.texts), t(key, model=t.texts(f"models.name_{best['method']}")))
    elif not free:
        proposed, excluded = (
            t.whole(number) for number in (count + len(found["excluded"]), len(found["excluded"]))
        )
        yield Paragraph(t("siting_none_gains", proposed=proposed, excluded=excluded, within=budget_condition(t)))
    for proposal in others:
        if proposal["sites"]:
            yield _sites_table(proposal, t)
    left = t.whole(heads.uncovered - round(residents_gained(best)))
    everywhere = "_everywhere" if found["every_street"] and best["status"] == "optimal" else ""
    yield Paragraph(t("siting_left", sites=len(best["sites"]), left=left, minutes=minutes))
    yield Paragraph(
        t(
            "siting_proof_model" if model else f"siting_proof_{best['status']}{everywhere}",
            **model_values(t),
            count=t.whole(count),
            sites=asked,
            seconds=t.exact(settings["seconds"]),
            bound=t.whole(shown_bound(best)),
            gap=_gap(best, t),
            within=proof_conditions(t),
        )
    )
    yield from further_results(t)


def chosen_model(t: Translator) -> SitingModel | None:
    """Return the study's model if it is another one than maximal covering."""
    model = t.content["siting"]["model"]
    return None if model is None or model["name"] == DEFAULT_MODEL else model


def model_values(t: Translator) -> dict[str, str]:
    """Return the name and the answer of the study's own model, to be put into a sentence; empty without one."""
    model, proposals = chosen_model(t), t.content["siting"]["proposals"]
    answer = proposals[-1]["objective"] if proposals else None
    return {} if model is None or answer is None else {"model": t.localized(model), "answer": t.localized(answer)}


def _model_blocks(model: SitingModel, t: Translator) -> Iterator[Block]:
    """Yield the study's own model: its objective, value, bound and status, and its further figures."""
    unit, digits = t.texts(f"models.unit_{model['unit']}"), 1 if model["unit"] == "minutes" else 0
    shown_bound = round_bound(model["value"], model["bound"], digits)
    gap = t("gap_none") if model["status"] == "optimal" else _gap(model, t)
    before = model["before"]
    yield Table(
        t("siting_model_table"),
        (t("column_method"), t("column_objective"), t("column_status")),
        (
            *(t(f"column_objective_{name}", unit=unit) for name in ("value", "before", "bound")),
            t("column_gap"),
        ),
        (
            (
                t.localized(model),
                t.localized(model["objective"]),
                t.texts(f"models.status_{model['status']}"),
                t.number(model["value"], digits),
                DASH if before is None else t.number(before, digits),
                t.number(shown_bound, digits),
                gap,
            ),
        ),
        note=t("siting_model_note", formula=model["formula"], source=model["source"]),
    )
    yield from (Paragraph(t.localized(figure), item=True) for figure in model["figures"])
    if model["tiers"]:
        tiers = [f"{site['id']} {t.term('tier_' + site['tier'])}" for site in model["tiers"]]
        yield Paragraph(t("siting_model_tiers", tiers=t.join(tiers)))


def _gap(proposal: Proposal | SitingModel, t: Translator) -> str:
    gap = proposal["gap"]
    return t.percent(None if gap is None else round_bound(0.0, gap, 3))


def residents_gained(proposal: Proposal) -> float:
    """Return how many residents a proposal gains, each counted once, whatever the weights of its question."""
    return float(next(one["people_gained"] for one in proposal["gained_by_group"] if one["group"] == RESIDENTS))


def _answer_row(proposal: Proposal, t: Translator) -> Row:
    values = {"seconds": t.exact(t.content["study"]["siting"]["seconds"]), "within": proof_conditions(t)}
    bound = shown_bound(proposal)
    gap = t("gap_none") if proposal["status"] == "optimal" else _gap(proposal, t)
    return (
        t.texts(f"models.name_{proposal['method']}"),
        t("status_model" if proposal["objective"] else f"status_{proposal['status']}", **values),
        t.whole(len(proposal["sites"])),
        t.whole(proposal["people_gained"]),
        t.bar(proposal["people_share_after"]),
        t("no_bound") if bound is None else t.whole(bound),
        DASH if bound is None else gap,
    )


def _sites_table(proposal: Proposal, t: Translator) -> Table:
    return sites_table(t, weighted=t.content["siting"]["weighted"]).block(
        t,
        site_rows(proposal),
        t("siting_sites_table", method=t.texts(f"models.name_{proposal['method']}")),
        keys=("site", "rank", "lon", "lat", "added", "cumulative"),
        note=t("siting_sites_note_free" if proposal["centres"] else "siting_sites_note"),
    )


def proof_conditions(t: Translator) -> str:
    """Return the conditions of a proof, to be put into its sentence: free centres, the budget."""
    return _free(t) + budget_condition(t)


def budget_condition(t: Translator) -> str:
    """Return the budget, to be put into a sentence; nothing where there is none."""
    study = t.content["study"]
    budget, unit = study["siting"]["budget"], study["costs"]["unit"]
    return (
        ""
        if budget is None
        else t.texts("words.within_budget", budget=t.exact(budget), unit=unit_of_amount(unit, t.texts))
    )


def _free(t: Translator) -> str:
    count = len(set(t.content["study"]["siting"]["relocatable"]))
    return t.texts("words.within_free", count=count) if count else ""


def candidates_section(t: Translator) -> Iterator[Block]:
    """Yield the sources of the candidates, and the excluded candidates with the reason."""
    siting = t.content["siting"]
    if len(siting["sources"]) > 1 or siting["excluded"]:
        yield Table(
            t("sources_table"),
            (t("column_source"),),
            t.all("column_proposed", "column_kept"),
            tuple((t.localized(one), t.whole(one["proposed"]), t.whole(one["kept"])) for one in siting["sources"]),
        )
    streets = [source for source in siting["sources"] if source["suffice"] is not None]
    for street in streets:
        key = "streets_every" if siting["every_street"] else "streets_some"
        yield Paragraph(t(key, suffice=t.whole(street["suffice"]), kept=t.whole(street["kept"])))
    if siting["excluded"]:
        yield _excluded(siting["excluded"], t)


def _excluded(excluded: list[ExcludedCandidate], t: Translator) -> Table:
    if len(excluded) <= SHOWN_EXCLUDED:
        rows: list[Row] = [
            (
                exclusion["id"],
                exclusion["name"] or DASH,
                t.localized(exclusion) + (f" ({exclusion['detail']})" if exclusion["detail"] else ""),
            )
            for exclusion in excluded
        ]
        return Table(t("excluded_table"), t.all("column_site", "column_name", "column_why"), (), tuple(rows))
    counts: dict[str, int] = {}
    for one in excluded:
        counts[t.localized(one)] = counts.get(t.localized(one), 0) + 1
    return Table(
        t("excluded_table"),
        (t("column_why"),),
        (t("column_kept_out"),),
        tuple((why, t.whole(count)) for why, count in counts.items()),
    )


def further_results(t: Translator) -> Iterator[Block]:
    """Yield results compared with the optimum: greedy, curve, alternatives, unserved demand, robustness."""
    siting = t.content["siting"]
    best = siting["proposals"][-1]
    if best["centres"]:
        names = {centre["id"]: centre["name"] for centre in t.content["centres"]}
        yield Table(
            t("fates_table"),
            t.all("column_centre", "column_fate"),
            (),
            tuple((names.get(one["centre"], one["centre"]), t.localized(one)) for one in best["centres"]),
        )
    if siting["greedy_gained"] is not None:
        yield Paragraph(t("greedy", people=t.whole(siting["greedy_gained"])))
    if siting["curve"]:
        yield _curve(siting["curve"], siting["sites_asked"], t)
    yield from _alternatives(siting["alternatives"], t)
    yield from _left(siting["left"], t)
    yield from _robust(siting["robust"], t)
    for one in siting["fair"]:
        yield _fair(one, t)


def _curve(curve: list[CurvePoint], sites: int, t: Translator) -> Table:
    return Table(
        t("curve_table"),
        (t("column_sites"),),
        t.all("column_gained", "column_bound", "column_marginal"),
        tuple(
            (
                t.whole(step["sites"]) + (" ◀" if step["sites"] == sites else ""),
                t.whole(step["people_gained"]),
                t.whole(round_bound(step["people_gained"], step["bound"])),
                t.whole(step["added"]),
            )
            for step in curve
        ),
        note=t("curve_note" if _proven(curve) else "curve_note_time_limit", within=proof_conditions(t)),
    )


def _proven(plans: Sequence[Entry]) -> bool:
    return all(plan["status"] == "optimal" for plan in plans)


def _alternatives(plans: list[AlternativePlan], t: Translator) -> Iterator[Block]:
    settings = t.content["study"]["siting"]
    values = {
        "within": t.percent(settings["alternatives_within"]),
        "near": t.exact(settings["alternatives_near_m"]),
    }
    if not plans:
        if settings["alternatives"]:
            yield Paragraph(t("other_plans_none", **values))
        return
    yield Table(
        t("other_plans_table"),
        t.all("column_plan", "column_instead"),
        t.all("column_gained", "column_given_up", "column_win", "column_lose", "column_moved"),
        tuple(
            (
                str(number),
                t("instead", taken=_ids(plan["taken"]), dropped=_ids(plan["dropped"])),
                t.whole(plan["people_gained"]),
                t.whole(plan["given_up"]),
                t.whole(plan["gains"]),
                t.whole(plan["losses"]),
                t.whole(plan["moved_m"]),
            )
            for number, plan in enumerate(plans, start=1)
        ),
        note=t("other_plans_note", **values),
    )


def _ids(ids: list[str]) -> str:
    return ", ".join(ids) or DASH


def _left(left: Unserved | None, t: Translator) -> Iterator[Block]:
    if left is None:
        return
    if not left["points"]:
        yield Paragraph(t("left_nobody"))
        return
    yield Table(
        t("left_table", people=t.whole(left["people"])),
        (t("column_why"),),
        t.all("column_people", "column_points_plain"),
        tuple(
            (t.localized(one), t.whole(people), t.whole(one["points"]))
            for one, people in zip(
                left["reasons"],
                round_parts([reason["people"] for reason in left["reasons"]], left["people"]),
                strict=True,
            )
        ),
    )
    if left["limit_for_all_min"] is not None:
        yield Paragraph(t("left_limit", minutes=t.number(round_bound(0.0, left["limit_for_all_min"], 1))))
    if left["extra_sites"] is not None:
        extra, never = t.whole(left["extra_sites"]), t.whole(left["never"])
        yield Paragraph(t("left_extra", extra=extra, bound=t.whole(left["extra_sites_bound"]), never=never))


def _robust(robust: Robust | None, t: Translator) -> Iterator[Block]:
    if robust is None:
        return
    names = {"today": t("plan_today"), "robust": t("plan_robust")}
    yield Table(
        t("robust_table"),
        (t("column_plan"),),
        tuple(t.localized(world) for world in robust["worlds"]),
        tuple(
            (
                names.get(plan["plan"]) or t.texts(f"models.name_{plan['plan']}"),
                *(
                    f"{t.whole(people)} ({'−' if regret > -HALF else '+'}{t.whole(abs(regret))})"
                    for people, regret in zip(plan["people"], plan["regret"], strict=True)
                ),
            )
            for plan in robust["plans"]
        ),
        note=_of_regrets(robust["plans"], t),
    )
    rule = robust["rule"].replace(" ", "_")
    yield Paragraph(
        t(
            f"robust_{rule}",
            value=t.whole(robust["value"]),
            sites=_ids([site["id"] for site in robust["sites"]]),
            proof=t(
                f"robust_{robust['status']}_{'least' if rule == 'worst_regret' else 'most'}",
                bound=t.whole(round_bound(robust["value"], robust["bound"])),
                within=proof_conditions(t),
            ),
        )
    )


def _of_regrets(plans: list[PlanInScenarios], t: Translator) -> str:
    """Return the definition of regret, and by how much it may be larger where a scenario has no proven plan."""
    more = max(
        bound - regret
        for plan in plans
        for regret, bound in zip(plan["regret"], plan["regret_bound"], strict=True)
    )
    note = t("robust_note")
    return note if more < LEAST_MORE else note + t("robust_note_time_limit", more=t.whole(ceil(more)))


def _fair(frontier: EquityFrontier, t: Translator) -> Table:
    return Table(
        t(f"fair_{frontier['objective']}_table"),
        (t("column_sites"),),
        (t("column_served"), t(f"column_fair_{frontier['objective']}"), t("column_fair_bound")),
        tuple(
            (
                _ids([site["id"] for site in plan["sites"]]),
                _served(plan, t),
                t.bar(plan["worst_share"]),
                t.percent(round_bound(plan["worst_share"], plan["worst_bound"], 3)),
            )
            for plan in frontier["plans"]
        ),
        note=t("fair_note" if _proven(frontier["plans"]) else "fair_note_time_limit", within=proof_conditions(t)),
    )


def _served(plan: EquityPlan, t: Translator) -> str:
    people = t.whole(plan["people"])
    if plan["status"] == "optimal":
        return people
    return f"{people} (≤ {t.whole(round_bound(plan['people'], plan['people_bound']))})"
