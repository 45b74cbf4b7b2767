"""What the report says beside the proposals: candidates, the curve, other plans, who is left, fairness."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from planner.messages.money import unit_of_amount
from planner.reporting.document.build import Document
from planner.reporting.report.blocks import DASH, Block, Paragraph, Row, Table, Wording
from planner.reporting.rounding import in_parts, shown_bound

HALF = 0.5
"""What a plan serves beyond the best one, as one may that keeps to no budget, is said from one person on."""

LEAST_MORE = 1e-3
"""Regrets that may be larger by less than a thousandth of a person are known."""

SHOWN_EXCLUDED = 40
"""More candidates left out than these are counted by reason only; plan.json lists all."""


def within(say: Wording) -> str:
    """Return the conditions of a proof, to be put into its sentence: free centres, the budget."""
    return _free(say) + within_budget(say)


def within_budget(say: Wording) -> str:
    """Return the budget, to be put into a sentence; nothing where there is none."""
    study = say.content["study"]
    budget, unit = study["siting"]["budget"], study["costs"]["unit"]
    return (
        ""
        if budget is None
        else say.texts("words.within_budget", budget=say.plain(budget), unit=unit_of_amount(unit, say.texts))
    )


def _free(say: Wording) -> str:
    count = len(set(say.content["study"]["siting"]["free"]))
    return say.texts("words.within_free", count=count) if count else ""


def candidates(say: Wording) -> Iterator[Block]:
    """Tell where candidates come from, and which were left out and why."""
    found = say.content["siting"]
    if len(found["origins"]) > 1 or found["excluded"]:
        yield Table(
            say("origins_table"),
            (say("column_origin"),),
            say.all("column_proposed", "column_kept"),
            tuple((say.own(one), say.whole(one["proposed"]), say.whole(one["kept"])) for one in found["origins"]),
        )
    streets = [one for one in found["origins"] if one["suffice"] is not None]
    for one in streets:
        key = "streets_every" if found["every_street"] else "streets_some"
        yield Paragraph(say(key, suffice=say.whole(one["suffice"]), kept=say.whole(one["kept"])))
    if found["excluded"]:
        yield _excluded(found["excluded"], say)


def _excluded(excluded: list[Document], say: Wording) -> Table:
    if len(excluded) <= SHOWN_EXCLUDED:
        rows: list[Row] = [
            (one["id"], one["name"] or DASH, say.own(one) + (f" ({one['detail']})" if one["detail"] else ""))
            for one in excluded
        ]
        return Table(say("excluded_table"), say.all("column_site", "column_name", "column_why"), (), tuple(rows))
    counts: dict[str, int] = {}
    for one in excluded:
        counts[say.own(one)] = counts.get(say.own(one), 0) + 1
    return Table(
        say("excluded_table"),
        (say("column_why"),),
        (say("column_kept_out"),),
        tuple((why, say.whole(count)) for why, count in counts.items()),
    )


def beside(say: Wording) -> Iterator[Block]:
    """Tell what stands beside the optimum: greedy, the curve, other plans, free centres, who is left."""
    found = say.content["siting"]
    best = found["proposals"][-1]
    if best["centres"]:
        names = {centre["id"]: centre["name"] for centre in say.content["centres"]}
        yield Table(
            say("fates_table"),
            say.all("column_centre", "column_fate"),
            (),
            tuple((names.get(one["centre"], one["centre"]), say.own(one)) for one in best["centres"]),
        )
    if found["greedy_gained"] is not None:
        yield Paragraph(say("greedy", people=say.whole(found["greedy_gained"])))
    if found["curve"]:
        yield _curve(found["curve"], found["sites_asked"], say)
    yield from _alternatives(found["alternatives"], say)
    yield from _left(found["left"], say)
    yield from _robust(found["robust"], say)
    for one in found["fair"]:
        yield _fair(one, say)


def _curve(curve: list[Document], asked: int, say: Wording) -> Table:
    return Table(
        say("curve_table"),
        (say("column_sites"),),
        say.all("column_gained", "column_bound", "column_marginal"),
        tuple(
            (
                say.whole(step["sites"]) + (" ◀" if step["sites"] == asked else ""),
                say.whole(step["people_gained"]),
                say.whole(shown_bound(step["people_gained"], step["bound"])),
                say.whole(step["added"]),
            )
            for step in curve
        ),
        note=say("curve_note" if _proven(curve) else "curve_note_stopped", within=within(say)),
    )


def _proven(found: list[Document]) -> bool:
    return all(one["status"] == "proven" for one in found)


def _alternatives(found: list[Document], say: Wording) -> Iterator[Block]:
    settings = say.content["study"]["siting"]
    values = {
        "within": say.percent(settings["alternatives_within"]),
        "near": say.plain(settings["alternatives_near_m"]),
    }
    if not found:
        if settings["alternatives"]:
            yield Paragraph(say("other_plans_none", **values))
        return
    yield Table(
        say("other_plans_table"),
        say.all("column_plan", "column_instead"),
        say.all("column_gained", "column_given_up", "column_win", "column_lose", "column_moved"),
        tuple(
            (
                str(number),
                say("instead", taken=_ids(one["taken"]), dropped=_ids(one["dropped"])),
                say.whole(one["people_gained"]),
                say.whole(one["given_up"]),
                say.whole(one["gains"]),
                say.whole(one["losses"]),
                say.whole(one["moved_m"]),
            )
            for number, one in enumerate(found, start=1)
        ),
        note=say("other_plans_note", **values),
    )


def _ids(ids: list[str]) -> str:
    return ", ".join(ids) or DASH


def _left(left: Document | None, say: Wording) -> Iterator[Block]:
    if left is None:
        return
    if not left["points"]:
        yield Paragraph(say("left_nobody"))
        return
    yield Table(
        say("left_table", people=say.whole(left["people"])),
        (say("column_why"),),
        say.all("column_people", "column_points_plain"),
        tuple(
            (say.own(one), say.whole(people), say.whole(one["points"]))
            for one, people in zip(
                left["reasons"], in_parts([one["people"] for one in left["reasons"]], left["people"]), strict=True
            )
        ),
    )
    if left["limit_for_all_min"] is not None:
        yield Paragraph(say("left_limit", minutes=say.number(shown_bound(0.0, left["limit_for_all_min"], 1))))
    if left["extra_sites"] is not None:
        extra, never = say.whole(left["extra_sites"]), say.whole(left["never"])
        yield Paragraph(say("left_extra", extra=extra, bound=say.whole(left["extra_sites_bound"]), never=never))


def _robust(found: Document | None, say: Wording) -> Iterator[Block]:
    if found is None:
        return
    names = {"today": say("plan_today"), "robust": say("plan_robust")}
    yield Table(
        say("robust_table"),
        (say("column_plan"),),
        tuple(say.own(world) for world in found["worlds"]),
        tuple(
            (
                names.get(plan["plan"]) or say.word(f"method_{plan['plan']}"),
                *(
                    f"{say.whole(people)} ({'−' if regret > -HALF else '+'}{say.whole(abs(regret))})"
                    for people, regret in zip(plan["people"], plan["regret"], strict=True)
                ),
            )
            for plan in found["plans"]
        ),
        note=_of_regrets(found["plans"], say),
    )
    rule = found["rule"].replace(" ", "_")
    yield Paragraph(
        say(
            f"robust_{rule}",
            value=say.whole(found["value"]),
            sites=_ids([site["id"] for site in found["sites"]]),
            proof=say(
                f"robust_{found['status']}_{'least' if rule == 'worst_regret' else 'most'}",
                bound=say.whole(shown_bound(found["value"], found["bound"])),
                within=within(say),
            ),
        )
    )


def _of_regrets(plans: list[Document], say: Wording) -> str:
    """Tell what a regret is, and how much larger it may be where no plan of a circumstance is proven."""
    more = max(
        bound - regret
        for plan in plans
        for regret, bound in zip(plan["regret"], plan["regret_bound"], strict=True)
    )
    note = say("robust_note")
    return note if more < LEAST_MORE else note + say("robust_note_stopped", more=say.whole(ceil(more)))


def _fair(found: Document, say: Wording) -> Table:
    return Table(
        say(f"fair_{found['objective']}_table"),
        (say("column_sites"),),
        (say("column_served"), say(f"column_fair_{found['objective']}"), say("column_fair_bound")),
        tuple(
            (
                _ids([site["id"] for site in plan["sites"]]),
                _served(plan, say),
                say.bar(plan["worst_share"]),
                say.percent(shown_bound(plan["worst_share"], plan["worst_bound"], 3)),
            )
            for plan in found["plans"]
        ),
        note=say("fair_note" if _proven(found["plans"]) else "fair_note_stopped", within=within(say)),
    )


def _served(plan: Document, say: Wording) -> str:
    people = say.whole(plan["people"])
    if plan["status"] == "proven":
        return people
    return f"{people} (≤ {say.whole(shown_bound(plan['people'], plan['people_bound']))})"
