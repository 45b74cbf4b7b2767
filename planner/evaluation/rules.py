"""Rules on facilities: thresholds with their clause and evidence, as a rule file states them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from planner.config.sections.base import Evidence, Tier
from planner.evaluation.expressions import Condition, indicators_in, parse_expression
from planner.messages.catalogue import Language

Place = Literal["urban", "rural", "new"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Sourced(_Frozen):
    """An entry of a rule file, with its clause."""

    clause: Annotated[str, Field(min_length=1)]
    clause_zh: str = ""
    evidence: Evidence
    """`clause`, `clause_zh`, `evidence`: Source, the same in Chinese (else as it is), and its `Evidence`."""


class Rule(_Sourced):
    """One requirement on facilities."""

    id: Annotated[str, Field(min_length=1)]
    """Name in results."""
    expression: str
    """Condition, as ``floor_area_m2 >= 300`` (`planner.evaluation.expressions`)."""
    tiers: tuple[Tier, ...] = Field(min_length=1)
    """Tiers of the facilities it applies to."""
    places: tuple[Place, ...] = ()
    """``"urban"``, ``"rural"`` (by the community), ``"new"`` (newly built only). Empty: everywhere."""
    grade: Literal["compliant", "excellent", "advice"]
    """``"compliant"``: who fails it is weak. ``"excellent"``: required for excellence. ``"advice"``: shown, and
    decides nothing."""
    weight: Annotated[float, Field(strict=True, gt=0)] = 1.0
    """How much it counts towards excellent_share_bounds and in the score."""
    effective: dt.date | None = None
    """Day from which it is in force; None where not known."""
    unit: Literal[
        "m2",
        "m2_per_100_households",
        "m2_per_person",
        "people_per_m2",
        "people",
        "households",
        "minutes",
        "hours_per_week",
        "share",
        "ratio",
        "count",
        "yes_no",
    ]
    """Unit of its first comparison (`planner.evaluation.intervals.UNITS`)."""
    en: str
    zh: str
    """`en`, `zh`: Title."""

    def title(self, language: Language) -> str:
        """Return the title."""
        return self.zh if language == "zh" else self.en

    @property
    def condition(self) -> Condition:
        """Return the parsed expression."""
        return parse_expression(self.expression)


class Function(_Sourced):
    """A function that facilities may offer, and the tiers that are required to."""

    id: Annotated[str, Field(min_length=1)]
    """Name in rules."""
    names: tuple[str, ...] = ()
    """Spellings in tables, besides the id and the titles."""
    tiers: tuple[Tier, ...] = ()
    """Tiers of which it is required."""
    en: str
    zh: str

    def title(self, language: Language) -> str:
        """Return the title."""
        return self.zh if language == "zh" else self.en


class Quota(_Sourced):
    """Required share of the facilities a rule applies to that pass it, 0–1, inclusive."""

    id: Annotated[str, Field(min_length=1)]
    rule: str
    """The rule's id."""
    share: Annotated[float, Field(strict=True, gt=0, le=1)]
    en: str
    zh: str
    """`en`, `zh`: Title."""


class Blocked(_Sourced):
    """Detour index above which a direction counts as blocked."""

    detour: Annotated[float, Field(strict=True, ge=1)]


class Catchment(_Sourced):
    """Zones of floating catchments and their weights (E2SFCA)."""

    zones_min: tuple[Annotated[float, Field(gt=0, le=240)], ...] = Field(min_length=1)
    """Outer limit of each zone, minutes, rising; the last is the catchment of 2SFCA."""
    weights: tuple[Annotated[float, Field(gt=0, le=1)], ...]
    """Weight of a walk that ends in each zone, 0–1."""

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if len(self.weights) != len(self.zones_min) or list(self.zones_min) != sorted(set(self.zones_min)):
            raise PydanticCustomError("zones_unfit", "zones must rise, each with one weight")
        return self


class RuleSet(_Frozen):
    """A set of rules."""

    en: str
    zh: str
    source: str
    source_zh: str = ""
    """`en`, `zh`, `source`, `source_zh`: Title and source."""
    excellent_share: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0
    """Weighted share of the rules of grade excellent that an excellent facility passes."""
    rules: tuple[Rule, ...] = Field(min_length=1)
    quotas: tuple[Quota, ...] = ()
    functions: tuple[Function, ...] = ()
    blocked: Blocked | None = None
    catchment: Catchment | None = None
    """`functions`, `blocked`, `catchment`: Parameters of some indicators; see each."""

    def title(self, language: Language) -> str:
        """Return the title."""
        return self.zh if language == "zh" else self.en

    @property
    def limits_min(self) -> tuple[float, ...]:
        """Return the limits of its rules and catchments, minutes, rising."""
        refs = (ref for rule in self.rules for ref in indicators_in(rule.condition))
        limits = {ref.limit_min for ref in refs if ref.limit_min is not None}
        return tuple(sorted(limits | set(self.catchment.zones_min if self.catchment else ())))


def is_in_force(rule: Rule, date: str) -> bool:
    """Return True if a rule is in force on a date (ISO), or either is not known.

    Examples
    --------
    >>> rule = Rule(id="r", expression="step_free", tiers=("town",), grade="compliant", unit="yes_no",
    ...     clause="-", evidence="own", en="x", zh="x", effective=dt.date(2024, 1, 1))
    >>> is_in_force(rule, "2023-06-30"), is_in_force(rule, "2024-01-01"), is_in_force(rule, "spring")
    (False, True, True)
    """
    try:
        day = dt.date.fromisoformat(date)
    except ValueError:
        return True
    return rule.effective is None or rule.effective <= day
