"""The plan: everything that a run found, as frozen values and plain frames."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

from planner.assessment.coverage import Coverage
from planner.assessment.diagnosis import Diagnosis
from planner.inputs.reading import Inputs
from planner.remarks import Remark
from planner.siting.choosing import Siting
from planner.study import Study
from planner.walkable import CostNote
from planner.walking.network import WalkingNetwork
from planner.walking.quality import NetworkQuality
from planner.walking.snapping import Snaps
from planner.walking.times import TravelTimes
from planner.walking.walk import Profile, Walk


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What `planner.run` returns; maps, report and tables are made from it and from nothing else.

    Attributes
    ----------
    study
        The settings.
    walk, walking_profile
        Speed and access; the named profile, or None where the study gives its own speed.
    cost_notes
        What counts besides metres on level, open ground; empty where nothing does.
    inputs
        The checked tables.
    network, network_quality
        The streets, and what is to be known of them.
    facility_snaps, demand_snaps
        Where centres and people meet the streets.
    times
        Walking minutes between centres and demand points within the longest limit that study or rules ask for.
    service_areas
        One row a facility and limit: facility, limit_min, area_m2, disc_share (of the crow-fly disc), geometry.
    reached
        One row a limit: limit_min, geometry: what any centre reaches.
    coverage, diagnosis, siting
        The findings.
    remarks
        Rows that could not be used as they are, with the reason.
    """

    study: Study
    walk: Walk
    walking_profile: Profile | None
    cost_notes: tuple[CostNote, ...]
    inputs: Inputs
    network: WalkingNetwork
    network_quality: NetworkQuality
    facility_snaps: Snaps
    demand_snaps: Snaps
    times: TravelTimes
    service_areas: gpd.GeoDataFrame
    reached: gpd.GeoDataFrame
    coverage: Coverage
    diagnosis: Diagnosis
    siting: Siting
    remarks: tuple[Remark, ...]
