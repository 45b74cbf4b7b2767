"""One centre made by hand, with everything that a rule may ask of it, and what can be left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.accessibility.access_data import AccessData
from planner.evaluation.diagnosis import Diagnosis, diagnose
from planner.evaluation.intervals import IndicatorRef, IndicatorValues, Interval
from planner.evaluation.rule_files import read_rules
from planner.evaluation.rules import RuleSet
from planner.network.travel_times import TravelTimes
from planner.network.walk import WalkSettings
from planner.population.points import place_demand_points
from planner.schemas.tables import COMMUNITIES, DEMAND, FACILITIES

CRS = "EPSG:32648"
LIMITS = (5.0, 10.0, 15.0)
UNKNOWN = np.nan
CATCHMENT = '[catchment]\nzones_min = [5, 15]\nweights = [1.0, 0.5]\nclause = "c"\nevidence = "own"\n'
BLOCKED = '[blocked]\ndetour = 1.5\nclause = "c"\nevidence = "own"\n'


def function(name: str, *, tiers: str = '["community"]') -> str:
    """Return a function of a rule file."""
    return (
        f'[[functions]]\nid = "{name}"\nen = "{name.title()}"\nzh = "功能{name}"\nnames = ["{name} room"]\n'
        f'tiers = {tiers}\nclause = "c"\nevidence = "own"\n'
    )


def rule(
    expression: str,
    *,
    unit: str = "m2",
    name: str = "r",
    tiers: str = '["community"]',
    grade: str = "compliant",
    more: str = "",
) -> str:
    """Return a rule of a rule file."""
    return (
        f'[[rules]]\nid = "{name}"\nexpression = \'{expression}\'\ntiers = {tiers}\ngrade = "{grade}"\n'
        f'unit = "{unit}"\nclause = "A clause"\nevidence = "own"\nen = "Title {name}"\nzh = "标题{name}"\n{more}\n'
    )


def rule_file(folder: Path, *parts: str, head: str = "") -> Path:
    """Write a rule file."""
    file = folder / "own.toml"
    file.write_text(f'en = "Own"\nzh = "自定"\nsource = "test"\n{head}\n' + "\n".join(parts), "utf-8")
    return file


def profile_of(folder: Path, *parts: str, head: str = "") -> RuleSet:
    """Read the rule file that the parts make."""
    return read_rules(rule_file(folder, *parts, head=head).name, folder=folder)


def access(  # noqa: PLR0913 - a centre has many sides
    *,
    near: float = 1.0,
    people: float = 1000,
    old: float = UNKNOWN,
    households: float = 1000,
    tier: str = "community",
    kind: str = "community",
    minutes: float = 4.0,
    next_min: float | None = None,
    **columns: object,
) -> AccessData:
    """Return a centre F in community A, a share `near` of whose people is `minutes` away, the rest out of reach.

    The near live 50 m north of it, the far 100 m east. Community B is empty; a station S stands in it, `next_min`
    from F.
    """
    communities = COMMUNITIES.check(
        gpd.GeoDataFrame(
            {"id": ["A", "B"], "name": ["A", "B"], "kind": [kind, "community"], "households": [households, 1.0]},
            geometry=[shapely.box(1000, 0, 1200, 200), shapely.box(1200, 0, 1400, 200)],
            crs=CRS,
        ),
        source="test",
    )
    demand = place_demand_points(
        DEMAND.check(
            gpd.GeoDataFrame(
                {
                    "id": ["near", "far"],
                    "people": [people * near, people * (1 - near)],
                    "people_65": [old * near, old * (1 - near)],
                },
                geometry=[shapely.Point(1050, 100), shapely.Point(1150, 50)],
                crs=CRS,
            ),
            source="test",
        ),
        communities,
    ).points
    given = {name: [value, None] for name, value in {"floor_area_m2": 300.0, **columns}.items()}
    facilities = FACILITIES.check(
        gpd.GeoDataFrame(
            {"id": ["F", "S"], "name": ["F", "S"], "tier": [tier, "station"], "community": ["A", "B"], **given},
            geometry=[shapely.Point(1050, 50), shapely.Point(1300, 50)],
            crs=CRS,
        ),
        source="test",
    )
    within = int(minutes <= LIMITS[-1])
    times = TravelTimes(np.zeros(within, int), np.zeros(within, int), np.full(within, minutes), 2, 2, LIMITS[-1])
    between = TravelTimes(np.array([0, 1]), np.array([1, 0]), np.array([next_min or 0.0] * 2), 2, 2, LIMITS[-1])
    if next_min is None:
        nobody = np.zeros(0, dtype=np.int64)
        between = TravelTimes(nobody, nobody, np.zeros(0), 2, 2, LIMITS[-1])
    return AccessData(
        facilities=facilities,
        communities=communities,
        demand=demand,
        households=pd.Series({"A": households, "B": 1.0}),
        times=times,
        between=between,
        limits_min=LIMITS,
        standard_min=5.0,
        walk=WalkSettings(3.6, 50.0),
    )


def values_of(numbers: Mapping[str, Interval], functions: frozenset[str] | None = None) -> IndicatorValues:
    """Return indicators by the names that rules give them."""
    return IndicatorValues({IndicatorRef.parse(name): one for name, one in numbers.items()}, functions)


def diagnosed(profile: RuleSet | None = None, *, date: str = "", **given: object) -> Diagnosis:
    """Judge the centre by a profile, by Haibowan's where none is given."""
    rules = profile or read_rules("haibowan", folder=Path())
    return diagnose(access(**given), rule_set=rules, date=date)  # type: ignore[arg-type]


def failed(diagnosis: Diagnosis, *, grade: str = "compliant") -> set[str]:
    """Return the rules of a grade that the centre fails."""
    rows = diagnosis.rule_results[diagnosis.rule_results["facility"] == "F"]
    return {
        rule
        for rule, passed, of in zip(rows["rule"], rows["passed"], rows["grade"], strict=True)
        if passed is False and of == grade
    }


def value(diagnosis: Diagnosis, measure: str) -> float:
    """Return a measure of the centre."""
    return float(diagnosis.centres[measure].iloc[0])


def why_unknown(diagnosis: Diagnosis, measure: str) -> str:
    """Return why a measure of the centre is not known, "" where it is."""
    rows = diagnosis.unknown
    reasons = rows["reason"][(rows["facility"] == "F") & (rows["measure"] == measure)].tolist()
    return reasons[0] if reasons else ""
