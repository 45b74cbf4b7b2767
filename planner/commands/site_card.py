"""The text that `planner site` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from planner.config.sections.demand import RESIDENTS
from planner.messages.catalogue import Texts, unit_of_amount
from planner.reporting.document.siting import lonlat_degrees
from planner.reporting.rounding import round_bound, round_parts, round_steps
from planner.siting.baselines import Baselines
from planner.siting.proposals import SitingResult
from planner.siting.unserved import UnservedDemand

if TYPE_CHECKING:
    from planner.commands.site import SolvedProblem


def solution_text(answered: SolvedProblem, texts: Texts) -> str:
    """Return the solution as text."""
    return "\n".join(_lines(answered, texts))


def _lines(answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    solution, settings, study = answered.solution, answered.study.siting, answered.study
    model = answered.spec.name
    yield texts("cli.site_head", study=study.name, model=texts(f"models.name_{model}"))
    yield answered.run.answer.objective.in_words(texts.language)
    yield from _money(answered, texts)
    weights = _weights(answered)
    if len(weights) > 1 or set(weights.values()) != {1.0}:
        named = ", ".join(f"{kind} × {weight:g}" for kind, weight in weights.items())
        yield texts("cli.site_weights", weights=named)
    yield from _candidates(answered, texts)
    unit, digits = answered.spec.unit, answered.spec.digits
    unit_name = {"unit": texts(f"models.unit_{unit}")}
    yield texts(
        "cli.site_answer",
        objective=texts.number(solution.objective, digits),
        bound=texts.number(round_bound(solution.objective, solution.bound, digits), digits),
        gap=f"{round_bound(0.0, solution.gap, 4):.2%}",
        status=texts(f"models.status_{solution.status}"),
        **unit_name,
    )
    before = answered.run.answer.before
    if np.isfinite(before) and unit != "sites":
        yield texts("cli.site_before", before=texts.number(before, digits), **unit_name)
    yield from ("  " + figure.in_words(texts.language) for *_, figure in answered.run.answer.figures())
    yield texts(
        "cli.site_effort",
        seconds=texts.number(solution.elapsed_s, 2),
        most=f"{settings.seconds:g}",
        seed=solution.seed,
    )
    yield from (f"! {notice.in_words(texts.language)}" for notice in answered.notices)
    yield from _site_lines(answered, texts)
    if answered.run.siting is not None and answered.run.comparison is not None:
        yield from _comparison(
            answered.run.siting, answered.run.comparison, texts, within=_within(answered, texts)
        )
    if answered.run.unserved is not None:
        yield from _unserved(answered.run.unserved, answered, texts)
    yield from _components(answered, texts)


def _money(answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    """Yield the budget, or that the model ignores it."""
    budget = answered.study.siting.budget
    if budget is None:
        return
    values = {"budget": f"{budget:g}", "unit": unit_of_amount(answered.study.costs.unit, texts)}
    if answered.spec.needs_sites:
        yield texts("cli.site_budget", **values)
        return
    cost = float(answered.sites["cost"].sum())
    over = "over" if cost > budget else "within"
    yield texts(f"cli.site_budget_not_asked_{over}", cost=f"{cost:g}", **values)


def _within(answered: SolvedProblem, texts: Texts) -> str:
    """Return the conditions under which a proof holds."""
    budget, free = answered.study.siting.budget, len(answered.run.pool.kept_centres)
    money = (
        {"budget": f"{budget:g}", "unit": unit_of_amount(answered.study.costs.unit, texts)}
        if budget is not None
        else {}
    )
    sentence = texts("words.within_free", count=free) if free else ""
    return sentence + (texts("words.within_budget", **money) if money else "")


def _weights(answered: SolvedProblem) -> dict[str, float]:
    """Return the weight of one person by population group."""
    demand = answered.study.demand
    weights = {RESIDENTS: demand.residents_weight, **{kind.title: kind.weight for kind in demand.groups}}
    return {kind: weight for kind, weight in weights.items() if weight > 0}


def _candidates(answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    for source in answered.run.pool.sources:
        sentence = texts(f"words.source_{source.source}")
        yield texts("cli.site_source", source=sentence, kept=f"{source.kept:,}", proposed=f"{source.proposed:,}")
        if source.suffice is not None:
            key = "cli.site_every_street" if source.stands_for_all else "cli.site_some_streets"
            key = key if answered.spec.counts_first_site_only else "cli.site_streets_else"
            yield texts(key, suffice=f"{source.suffice:,}", kept=f"{source.kept:,}")
    reasons = [exclusion.reason for exclusion in answered.run.pool.excluded]
    for reason in dict.fromkeys(reasons):
        some = [one.candidate.id for one in answered.run.pool.excluded if one.reason == reason]
        shown = ", ".join(some[:5]) + (" …" if len(some) > 5 else "")  # noqa: PLR2004 -- a line's worth
        sentence = texts(f"words.excluded_{reason}")
        yield texts("cli.site_excluded", count=len(some), reason=sentence, ids=shown)


def _site_lines(answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    unit = unit_of_amount(answered.study.costs.unit, texts)
    given = answered.sites["people_added"].to_numpy(dtype=np.float64)
    shown = round_steps(given.tolist()) if np.isfinite(given).all() else given
    for row, (lon, lat), added in zip(
        answered.sites.drop(columns="geometry").to_dict(orient="records"),
        lonlat_degrees(answered.sites),
        shown,
        strict=True,
    ):
        tier = texts(f"words.tier_{row['tier']}") + " " if row["tier"] else ""
        gain = texts("cli.site_gain", people=f"{added:,.0f}") if np.isfinite(added) else ""
        cost = row["cost"]
        money = texts("cli.site_cost", cost=f"{cost:g}", money=unit) if cost == cost else ""  # noqa: PLR0124 -- NaN
        name = f" {row['name']}" if row["name"] else ""
        yield texts(
            "cli.site_line",
            rank=row["rank"],
            id=row["id"] + name,
            source=tier + texts(f"words.source_{row['source']}"),
            lon=f"{lon:.6f}",
            lat=f"{lat:.6f}",
            gain=gain + money,
        )
    for action in answered.facility_actions:
        fate = texts(f"words.fate_{action.fate}", to=action.to)
        yield texts("cli.site_centre", centre=action.centre, fate=fate)


def _comparison(siting: SitingResult, comparison: Baselines, texts: Texts, *, within: str) -> Iterator[str]:
    clustering, best = siting.proposals[0], siting.proposals[-1]
    greedy = comparison.greedy if comparison.greedy is not None else 0.0
    yield texts(
        "cli.site_compare",
        clustering=f"{clustering.people_gained:,.0f}",
        greedy=f"{greedy:,.0f}",
        optimum=f"{best.people_gained:,.0f}",
        bound=f"{round_bound(best.people_gained, best.bound):,.0f}",
        within=within,
    )
    for step in comparison.curve:
        yield texts(
            "cli.site_curve",
            sites=step.sites,
            people=f"{step.people_gained:,.0f}",
            bound=f"{round_bound(step.people_gained, step.bound):,.0f}",
            added=f"{step.added:,.0f}",
        )
    for number, other in enumerate(comparison.others, start=1):
        ids = [[siting.pool.candidates[column].id for column in some] for some in (other.dropped, other.taken)]
        yield texts(
            "cli.site_other",
            number=number,
            given_up=f"{other.given_up:,.0f}",
            dropped=", ".join(ids[0]) or "–",
            taken=", ".join(ids[1]) or "–",
            gains=f"{other.gains:,.0f}",
            losses=f"{other.losses:,.0f}",
        )


def _unserved(left: UnservedDemand, answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    access = f"{answered.study.walking.access_m:g}"
    if not len(left.rows):
        yield texts("cli.site_all_served")
        return
    yield texts("cli.site_left", people=f"{left.people.sum():,.0f}", points=f"{len(left.rows):,}")
    reasons = left.by_reason()
    shown = round_parts([people for *_, people in reasons], float(left.people.sum()))
    for (reason, points, _), people in zip(reasons, shown, strict=True):
        sentence = texts(f"words.unserved_{reason}", access=access)
        yield texts("cli.site_left_reason", people=f"{people:,.0f}", points=points, reason=sentence)
    if np.isfinite(left.limit_for_all_min):
        yield texts("cli.site_left_limit", minutes=texts.number(round_bound(0.0, left.limit_for_all_min, 1)))
    if left.extra is not None:
        never = f"{left.never:,.0f}"
        yield texts("cli.site_left_extra", extra=left.extra, bound=f"{left.extra_bound:,.0f}", never=never)


def _components(answered: SolvedProblem, texts: Texts) -> Iterator[str]:
    """Yield who is on streets that are not connected to the others, and how wide the gaps are."""
    if answered.components.empty:
        return
    values = {"count": f"{answered.component_count:,}", "people": texts.whole(answered.component_people)}
    yield texts("cli.site_components", **values)
    rows = answered.components.drop(columns="geometry").to_dict("records")
    for row, (lon, lat) in zip(rows, lonlat_degrees(answered.components), strict=True):
        yield texts(
            "cli.site_component",
            people=texts.whole(row["people"]),
            points=texts.whole(row["points"]),
            communities=row["communities"] or "–",
            km=texts.number(row["length_m"] / 1000),
            gap=texts.number(row["gap_m"]),
            lon=f"{lon:.6f}",
            lat=f"{lat:.6f}",
        )
    yield texts("cli.site_components_remedy")
