"""The plan: everything that a run found, as frozen values and plain frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.business_areas import BusinessAreas
from planner.accessibility.coverage import Coverage
from planner.accessibility.equity import Equity
from planner.accessibility.groups import GroupCoverage
from planner.config.study import Study
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.improvements.actions import ImprovementPlan
from planner.evaluation.sensitivity import AlternativeDiagnosis
from planner.evaluation.validation.walk_verification import Verification
from planner.inputs.scenario import Scenario
from planner.inputs.study_inputs import Inputs
from planner.inputs.walk_network import CostNote
from planner.messages.notices import Remark
from planner.network.network import WalkingNetwork
from planner.network.quality import NetworkQuality
from planner.network.snapping import Snaps
from planner.network.travel_times import TravelTimes
from planner.network.walk import Profile, Walk
from planner.programme.lists import Programme
from planner.siting.proposals import Siting
from planner.siting.study_siting import SiteFindings


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
    cost_notes
        What counts besides metres on level, open ground; empty where nothing does.
    inputs
        The checked tables.
    network, network_quality
        The streets, and what is to be known of them.
    network_places
        Where the streets look wrong, as `planner.network.topology_checks` lists it.
    facility_snaps, demand_snaps
        Where centres and people meet the streets.
    times
        Walking minutes between centres and demand points within the longest limit that study or rules ask for.
    service_areas
        One row a facility and limit: facility, limit_min, area_m2, disc_share (of the crow-fly disc), geometry.
    reached
        One row a limit: limit_min, geometry: what any centre reaches.
    coverage, diagnosis, fairness, sites
        The findings.
    alternatives
        The same centres judged by other rules, or at other speeds.
    flips
        The verdicts that change if a threshold is a little lower or higher (`planner.evaluation.sensitivity`).
    remedies
        What would make each weak centre compliant.
    blocked_pairs
        Street positions close in the air and far on foot (`planner.evaluation.severance`).
    blocked_near
        The pairs around each centre by its id: the pair's id, and in which direction it lies.
    overlay
        Coverage by walking time beside coverage by overlay, one row a limit (see
        `planner.evaluation.validation.overlay`).
    verification
        What came of computing walks again; None where it was not asked for.
    kinds
        The coverage of each kind of demand besides the residents.
    circles
        The business circles; None where the study gives no places.
    candidate_times, candidate_areas
        Walking minutes between candidates and demand points within the longest limit of the study, and the
        candidates' service areas, shape (candidates, limits): what the map's "what if" switches on and off.
    programme
        What is built or upgraded in which year with which money; None where the study gives no funds.
    remarks
        Rows that could not be used as they are, with the reason.
    """

    study: Study
    scenario: Scenario | None
    walk: Walk
    walking_profile: Profile | None
    cost_notes: tuple[CostNote, ...]
    inputs: Inputs
    network: WalkingNetwork
    network_quality: NetworkQuality
    network_places: gpd.GeoDataFrame
    facility_snaps: Snaps
    demand_snaps: Snaps
    times: TravelTimes
    service_areas: gpd.GeoDataFrame
    reached: gpd.GeoDataFrame
    coverage: Coverage
    diagnosis: Diagnosis
    alternatives: tuple[AlternativeDiagnosis, ...]
    flips: pd.DataFrame
    remedies: tuple[ImprovementPlan, ...]
    blocked_pairs: gpd.GeoDataFrame
    blocked_near: Mapping[str, tuple[tuple[str, str], ...]]
    fairness: Equity
    overlay: pd.DataFrame
    verification: Verification | None
    sites: SiteFindings
    kinds: tuple[GroupCoverage, ...]
    circles: BusinessAreas | None
    candidate_times: TravelTimes
    candidate_areas: NDArray[np.object_]
    programme: Programme | None
    remarks: tuple[Remark, ...]

    @property
    def siting(self) -> Siting:
        """The question of new sites and its proposals."""
        return self.sites.siting

    @property
    def weights(self) -> Mapping[str, float]:
        """How much one person of each kind counts in siting."""
        return self.sites.weights

    @property
    def gains(self) -> tuple[Mapping[str, float], ...]:
        """Whom each proposal gains, by kind."""
        return self.sites.gains

    def _repr_html_(self) -> str:
        """Return what a notebook shows: `planner.show` of it."""
        # By the package's front door, which imports when it is asked: this stage knows none of the later ones.
        return str(import_module("planner").show(self))
