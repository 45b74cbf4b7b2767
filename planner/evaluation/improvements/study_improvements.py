"""What would help: where streets lead people round, and the cheapest that makes each weak centre compliant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd

from planner.accessibility.access_data import AccessData
from planner.config.study import Study
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.improvements.actions import ImprovementPlan
from planner.evaluation.improvements.context import build_context
from planner.evaluation.improvements.search import find_improvement_plans
from planner.evaluation.severance import BarrierLayers, StreetPoints, blocked_pairs, pairs_near
from planner.network.snapping import SnappedPoints
from planner.network.walker import Walker


@dataclass(frozen=True, slots=True, eq=False)
class Improvements:
    """What would help.

    Attributes
    ----------
    remedies
        The cheapest for each weak centre.
    blocked_pairs
        Street positions close in the air and far on foot, as `planner.evaluation.severance` lists them.
    blocked_near
        The pairs around each centre by its id: the pair's id, and in which direction it lies.
    """

    remedies: tuple[ImprovementPlan, ...]
    blocked_pairs: gpd.GeoDataFrame
    blocked_near: Mapping[str, tuple[tuple[str, str], ...]]


def find_improvements(
    access: AccessData,
    diagnosis: Diagnosis,
    walker: Walker,
    snaps: tuple[SnappedPoints, SnappedPoints],
    layers: BarrierLayers,
    study: Study,
) -> Improvements:
    """Find what would help, on the streets and places of a study.

    Parameters
    ----------
    situation, diagnosis
        What is assessed, and what the rules find.
    walker, snaps
        Network and walk, and where facilities and people meet the streets.
    layers
        Streets with their names, and what may stand between them.
    study
        For its costs, and for what is tried.
    """
    ground = build_context(access, walker, snaps, layers, study.remedies)
    places = StreetPoints(ground.spots, ground.standing, ground.arriving, ground.leaving)
    pairs = blocked_pairs(walker, places, snaps, access.people, layers, asked=study.remedies)
    within_m = access.walk.metres(max(access.limits_min))
    return Improvements(
        find_improvement_plans(diagnosis, study.costs, ground if study.remedies.streets else None),
        pairs,
        pairs_near(pairs, access.facilities, within_m=within_m),
    )
