"""Every siting model by its name, asked of one question: everybody who counts, all centres, all candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from planner.config.sections.siting import SitingSettings as Settings
from planner.config.sections.siting import TierSettings
from planner.messages.errors import Issue, SitingError
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.schemas.tables import TIERS
from planner.siting.models.backup_covering import backup_covering, people_twice
from planner.siting.models.capacitated_covering import capacitated_covering
from planner.siting.models.hierarchical_covering import Tier, hierarchical_covering
from planner.siting.models.maximal_covering import gradual_covering, maximal_covering
from planner.siting.models.p_center import p_center
from planner.siting.models.p_median import p_median
from planner.siting.models.set_covering import set_covering
from planner.siting.problem import CoverageMatrix, SelectionConstraints, TravelCosts, coverage_from_pairs
from planner.siting.solution import Solution


@dataclass(frozen=True, slots=True, eq=False)
class LocationProblem:
    """What a model is asked.

    Columns are the candidates of the pool, free centres last, and then the centres that stay.

    Attributes
    ----------
    name
        What to call the question in an error.
    reach
        How long the walks are, weighted.
    limit_min
        The limit of each demand row, minutes, shape (demand,).
    households
        Of each demand row; NaN where not known, shape (demand,).
    kind
        Of whom each demand row is, shape (demand,).
    choice
        What may be chosen; the centres that stay are fixed.
    area_m2
        Floor area of each column; NaN where not known, shape (columns,).
    tier
        Of each centre that stays, shape (centres,).
    settings
        `[siting]` of the study.
    zero_coverage_min
        Gradual cover: who walks longer does not count, minutes.
    """

    name: str
    reach: TravelCosts
    limit_min: FloatArray
    households: FloatArray
    kind: NDArray[np.object_]
    choice: SelectionConstraints
    area_m2: FloatArray
    tier: tuple[str, ...]
    settings: Settings
    zero_coverage_min: float

    @property
    def covering(self) -> CoverageMatrix:
        """Who is served by what within the row's own limit."""
        return self.covering_within(self.limit_min)

    def covering_within(self, limit_min: FloatArray) -> CoverageMatrix:
        """Return who is served by what within other limits, shape (demand,)."""
        inside = is_within(self.reach.minutes, limit_min[self.reach.demand])
        shape = (len(self.reach.weight), self.reach.columns)
        return CoverageMatrix(
            coverage_from_pairs(self.reach.demand[inside], self.reach.column[inside], shape), self.reach.weight
        )

    def refuse(self, key: str, **values: object) -> SitingError:
        """Return the error that this question cannot be answered as it is put."""
        return SitingError(self.name, [Issue(key, values)])


@dataclass(frozen=True, slots=True, eq=False)
class ModelResult:
    """A model's answer.

    Attributes
    ----------
    answer
        Columns are those of the question.
    tiers
        Of the hierarchical question: of which tier each chosen site is.
    figures
        What else the model counts, by its name: `words.figure_<name>` says it.
    """

    answer: Solution
    tiers: Mapping[int, str] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)


def _maximal(question: LocationProblem, seconds: float) -> ModelResult:
    return ModelResult(
        maximal_covering(question.covering, question.choice, seconds=seconds, seed=question.settings.seed)
    )


def _kinds(question: LocationProblem, seconds: float) -> ModelResult:
    if len(set(question.kind.tolist())) < 2:  # noqa: PLR2004 -- one kind is no question of several
        raise question.refuse("siting_one_kind")
    return _maximal(question, seconds)


def _set(question: LocationProblem, seconds: float) -> ModelResult:
    return ModelResult(
        set_covering(question.covering, fixed=question.choice.fixed, seconds=seconds, seed=question.settings.seed)
    )


def _median(question: LocationProblem, seconds: float) -> ModelResult:
    answer = p_median(question.reach, question.choice, seconds=seconds, seed=question.settings.seed)
    served = question.reach.weight[answer.served_by >= 0].sum()
    mean = answer.objective / served if served > 0 else float("nan")
    return ModelResult(_feasible(question, answer, seconds), figures={"mean_min": mean})


def _center(question: LocationProblem, seconds: float) -> ModelResult:
    answer = p_center(question.reach, question.choice, seconds=seconds, seed=question.settings.seed)
    return ModelResult(_feasible(question, answer, seconds))


def _feasible(question: LocationProblem, answer: Solution, seconds: float) -> Solution:
    """Refuse, in words, what no choice of so many sites can do."""
    if answer.status != "infeasible":
        return answer
    walk = np.full(len(question.limit_min), np.inf)
    anyhow = question.covering_within(walk)
    fewest = set_covering(anyhow, fixed=question.choice.fixed, seconds=seconds)
    raise question.refuse(
        "siting_infeasible", sites=question.settings.sites, fewest=len(fewest.sites), model=answer.model
    )


def _backup(question: LocationProblem, seconds: float) -> ModelResult:
    weight, covering = question.settings.backup_weight, question.covering
    answer = backup_covering(
        covering, question.choice, backup=weight, seconds=seconds, seed=question.settings.seed
    )
    opened = np.concatenate([np.array(answer.sites, dtype=np.int64), question.choice.fixed_columns()])
    once = float(covering.weight[answer.served_by >= 0].sum())
    return ModelResult(answer, figures={"people_once": once, "people_twice": people_twice(covering, opened)})


def _gradual(question: LocationProblem, seconds: float) -> ModelResult:
    limits = np.unique(question.limit_min)
    if len(limits) > 1:
        raise question.refuse("siting_one_limit", model="gradual_covering")
    full_min = float(limits[0])
    answer = gradual_covering(
        question.reach,
        question.choice,
        full_min=full_min,
        none_min=question.zero_coverage_min,
        seconds=seconds,
        seed=question.settings.seed,
    )
    return ModelResult(answer, figures={"zero_coverage_min": question.zero_coverage_min})


def _capacitated(question: LocationProblem, seconds: float) -> ModelResult:
    a_household, area = question.settings.m2_per_household, question.area_m2
    if a_household is None:
        raise question.refuse("siting_no_m2_per_household")
    if np.isnan(question.households[question.reach.weight > 0]).any():
        raise question.refuse("siting_no_households")
    unknown = int(np.isnan(area[: question.reach.columns - len(question.tier)]).sum())
    if unknown:
        raise question.refuse("siting_no_area", count=unknown)
    # A centre of unknown floor area has room for nobody: it must not be counted on.
    capacity = np.nan_to_num(area, nan=0.0) / a_household
    found = capacitated_covering(
        question.covering,
        question.choice,
        households=np.nan_to_num(question.households, nan=0.0),
        capacity=capacity,
        seconds=seconds,
        seed=question.settings.seed,
    )
    centres = area[question.reach.columns - len(question.tier) :]
    return ModelResult(
        found.answer,
        figures={"households_used": float(found.used.sum()), "centres_no_area": float(np.isnan(centres).sum())},
    )


def _hierarchical(question: LocationProblem, seconds: float) -> ModelResult:
    asked = question.settings.tiers
    if not asked:
        raise question.refuse("siting_no_tiers")
    names: list[str] = [tier.tier for tier in asked]
    if len(set(names)) < len(names) or names != sorted(names, key=TIERS.index):
        raise question.refuse("siting_tiers_order")
    if question.settings.relocatable:
        raise question.refuse("siting_unsupported", model="hierarchical_covering", part="free")
    new = question.reach.columns - len(question.tier)
    services: dict[str, FloatArray] = {tier.tier: question.reach.weight for tier in asked}
    within: dict[str, csr_array] = {
        tier.tier: csr_array(question.covering_within(np.full(len(question.limit_min), tier.minutes)).covers)
        for tier in asked
    }
    # A centre counts to the highest tier asked for that is no higher than its own: it offers all below it too.
    counted = [
        next((name for name in names if TIERS.index(name) >= TIERS.index(own)), "") for own in question.tier
    ]
    tiers = [_tier(tier, asked[place:], within, counted, new) for place, tier in enumerate(asked)]
    found = hierarchical_covering(services, tiers, seconds=seconds, seed=question.settings.seed)
    of_tier = {column: name for name, columns in found.sites.items() for column in columns}
    sites = [column for columns in found.sites.values() for column in columns]
    if len(set(sites)) < len(sites):
        # A place chosen for two tiers is one building: the higher tier offers what the lower does.
        of_tier = {column: next(n for n, c in found.sites.items() if column in c) for column in sites}
    answer = replace(found.answer, sites=tuple(sites), added=())
    return ModelResult(answer, of_tier, {f"served_{name}": served for name, served in found.served.items()})


def _tier(
    tier: TierSettings,
    lower: Sequence[TierSettings],
    within: Mapping[str, csr_array],
    centres: Sequence[str],
    new: int,
) -> Tier:
    """Return a tier: all candidates, and the centres that count to it, which stay; it has lower ones' services."""
    own = np.array([place for place, name in enumerate(centres) if name == tier.tier], dtype=np.int64)
    columns: IndexArray = np.concatenate([np.arange(new), new + own])
    covers: dict[str, csr_array] = {one.tier: csr_array(within[one.tier][:, columns]) for one in lower}
    return Tier(tier.tier, tier.sites, covers, np.arange(new, len(columns)))


MODELS: Mapping[str, Callable[[LocationProblem, float], ModelResult]] = MappingProxyType(
    {
        "maximal_covering": _maximal,
        "kinds": _kinds,
        "set_covering": _set,
        "p_median": _median,
        "p_center": _center,
        "backup_covering": _backup,
        "gradual_covering": _gradual,
        "capacitated_covering": _capacitated,
        "hierarchical_covering": _hierarchical,
    }
)
"""What answers a question, by the name of the model."""

ENDLESS = ("p_median", "p_center")
"""Models that look at every walk, however long."""

OWN_NUMBER = ("set_covering", "hierarchical_covering")
"""Models that are not told how many sites: they find it, or are told by tier."""
