"""The plan: everything that a run found, as frozen values and plain frames."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from planner.assessment.coverage import Coverage
from planner.assessment.diagnosis import Diagnosis
from planner.inputs.reading import Inputs
from planner.remarks import Remark
from planner.scenario import Scenario
from planner.siting.choosing import Siting
from planner.study import Study
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
    scenario
        Which centres were closed and which sites stand, or None where the centres are today's.
    walk, walking_profile
        Speed and access; the named profile, or None where the study gives its own speed.
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
    candidate_times, candidate_areas
        Walking minutes between candidates and demand points within the longest limit of the study, and the
        candidates' service areas, shape (candidates, limits): what the map's "what if" switches on and off.
    remarks
        Rows that could not be used as they are, with the reason.
    """

    study: Study
    scenario: Scenario | None
    walk: Walk
    walking_profile: Profile | None
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
    candidate_times: TravelTimes
    candidate_areas: NDArray[np.object_]
    remarks: tuple[Remark, ...]
