"""The measures that a rule may speak of: their names, what each is measured in, and what kind each is of."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

from planner.evaluation import units
from planner.evaluation.units import Dimension

Kind = Literal["number", "share", "flag", "list"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of a centre.

    Attributes
    ----------
    name
        As a rule writes it, without a limit.
    unit
        A name in `units.UNITS`.
    kind
        A number, a share of 0 to 1, a flag (so or not so), or a list of words.
    by_limit
        It is asked for within a limit, as ``people_within_15min``.
    """

    name: str
    unit: str
    kind: Kind = "number"
    by_limit: bool = False

    @property
    def dimension(self) -> Dimension:
        """Return what it is measured in."""
        return units.UNITS[self.unit]


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("floor_area_m2", "m2"),
        Measure("activity_area_m2", "m2"),
        Measure("activity_share", "share", "share"),
        Measure("people", "people"),
        Measure("households", "households"),
        Measure("people_nearest", "people"),
        Measure("people_per_m2", "people_per_m2"),
        Measure("open_hours_week", "hours_per_week"),
        Measure("functions", "count", "list"),
        Measure("functions_share", "share", "share"),
        Measure("functions_missing", "count"),
        Measure("step_free", units.YES_NO, "flag"),
        Measure("newly_built", units.YES_NO, "flag"),
        Measure("covered_share", "share", "share"),
        Measure("overlap_share", "share", "share"),
        Measure("people_65_uncovered", "people"),
        Measure("detour", "ratio"),
        Measure("detour_worst", "ratio"),
        Measure("blocked_directions", "count"),
        Measure("next_centre_min", "minutes"),
        Measure("catchment_people", "people"),
        Measure("catchment_people_weighted", "people"),
        Measure("m2_per_person_2sfca", "m2_per_person"),
        Measure("m2_per_person_e2sfca", "m2_per_person"),
        Measure("own_covered_share", "share", "share", by_limit=True),
        Measure("people_within", "people", by_limit=True),
        Measure("area_ratio", "share", "share", by_limit=True),
    )
}
"""Every measure by name; docs/method/ defines each."""

AT_LIMIT = re.compile(r"([a-z0-9_]+)_(\d+(?:\.\d+)?)min")
EXAMPLE_MIN = 15.0


def find_measure(name: str) -> Measure | None:
    """Return the measure that a rule means by a name, or None.

    Examples
    --------
    >>> find_measure("floor_area_m2").unit, find_measure("own_covered_share_12min").kind
    ('m2', 'share')
    >>> find_measure("own_covered_share") is find_measure("height_m") is None
    True
    """
    plain = MEASURES.get(name)
    if plain is not None and not plain.by_limit:
        return plain
    match = AT_LIMIT.fullmatch(name)
    measure = MEASURES.get(match[1]) if match else None
    return measure if measure is not None and measure.by_limit else None


def is_measure(name: str) -> bool:
    """Tell whether a rule may use a name.

    Examples
    --------
    >>> is_measure("floor_area_m2"), is_measure("own_covered_share_12min"), is_measure("height_m")
    (True, True, False)
    """
    return find_measure(name) is not None


def at_limit(stem: str, limit_min: float) -> str:
    """Name a measure within a limit.

    Examples
    --------
    >>> at_limit("people_within", 15.0)
    'people_within_15min'
    """
    return f"{stem}_{limit_min:g}min"


def limit_of(name: str) -> float | None:
    """Return the limit, in minutes, that a measure's name asks for; None for one without."""
    measure, match = find_measure(name), AT_LIMIT.fullmatch(name)
    return float(match[2]) if measure and measure.by_limit and match else None


def known_names() -> list[str]:
    """Return every name that a rule may use, those by limit with a limit as an example."""
    return sorted(at_limit(one.name, EXAMPLE_MIN) if one.by_limit else one.name for one in MEASURES.values())


def nearest_name(name: str) -> str:
    """Return the measure whose name is most like a given one.

    Examples
    --------
    >>> nearest_name("floor_aera_m2"), nearest_name("people_within")
    ('floor_area_m2', 'people_within_15min')
    """
    for measure in MEASURES.values():
        if measure.by_limit and name.startswith(measure.name):
            return at_limit(measure.name, EXAMPLE_MIN)
    return difflib.get_close_matches(name, known_names(), n=1, cutoff=0.0)[0]
