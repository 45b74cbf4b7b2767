"""Results of a run, as frozen values and plain frames."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.accessibility.belts import Belts
from planner.accessibility.business_areas import BusinessAreas
from planner.accessibility.coverage import Coverage, GroupCoverage
from planner.accessibility.equity import Equity
from planner.accessibility.organisations import Organisations
from planner.accessibility.service_hours import ServiceHours
from planner.accessibility.services import Services
from planner.config.study import Study
from planner.evaluation.diagnosis import Diagnosis
from planner.evaluation.improvements.search import Improvements
from planner.evaluation.ledger import Ledger
from planner.evaluation.sensitivity import AlternativeDiagnosis
from planner.evaluation.validation.cross_checks import Verification
from planner.inputs.scenario import Scenario
from planner.inputs.study_inputs import Inputs
from planner.messages.notices import Notice
from planner.network.network import WalkingNetwork
from planner.network.snapping import SnappedPoints
from planner.network.travel_times import TravelTimes
from planner.network.walk import WalkSettings
from planner.network.walker import Walker
from planner.prepare import PreparedStudy
from planner.programme.programme import Programme
from planner.results.outcome import ProjectEffects
from planner.siting.proposals import SitingResult
from planner.siting.study_bundles import StudyBundles
from planner.siting.study_siting import StudySiting


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plan:
    """Results of `planner.run`, from which map, report and tables are made.

    Attributes
    ----------
    prepared
        Settings, inputs, walking network and snapped points.
    scenario
        Facilities closed and sites opened; None for the facilities as they are.
    times
        Walking minutes between facilities and demand points, within the longest limit of study and rules.
    service_areas
        One row per facility and limit: facility, limit_min, area_m2, disc_share (of the crow-fly disc), geometry.
    reached
        Union of the service areas, one row per limit: limit_min, geometry.
    coverage, diagnosis, fairness, sites
        Coverage, evaluation of the facilities by rules, equity of access, and site selection.
    alternatives
        The evaluation by other rule sets or with other walking profiles.
    flips
        Ratings that change with a slightly lower or higher threshold (`planner.evaluation.sensitivity`).
    improvements
        Improvements that make weak facilities compliant, and severed pairs of places.
    overlay
        Coverage by walking time compared with coverage by polygon overlay, one row per limit
        (`planner.evaluation.validation.cross_checks`).
    verification
        Comparison with walks recomputed by networkx; None unless requested.
    groups
        Coverage of the population groups besides the residents.
    business_areas
        Business areas; None without a layer of places.
    candidate_times, candidate_areas
        Walking minutes between candidates and demand points within the longest limit of the study, and the
        candidates' service areas, shape (candidates, limits), for the map's what-if panel.
    programme
        Projects by year with their funding; None without funds.
    outcome
        These projects carried out: changes of the tables, and the walks after them.
    notices
        Notices on rows that are not used as given, with the reason.
    services
        Access to the services of the study; None where it has none besides its own facilities.
    ledger
        What is missing, with the cheapest mend; None without services.
    bundles
        Rooms that services share; None where the study asks for none.
    step_free
        Access to services with and without steps (`planner.accessibility.step_free`); None where not asked for.
    step_free_basis
        What closes streets then (`planner.inputs.step_free.without_steps`).
    service_hours
        Access to services at times of the week; None where the study names no time.
    belts
        Belts along streets; None where the study names none.
    organisations
        Organisations and their stations; None without a layer of organisations.
    """

    prepared: PreparedStudy
    scenario: Scenario | None
    times: TravelTimes
    service_areas: gpd.GeoDataFrame
    reached: gpd.GeoDataFrame
    coverage: Coverage
    diagnosis: Diagnosis
    alternatives: tuple[AlternativeDiagnosis, ...]
    flips: pd.DataFrame
    improvements: Improvements
    fairness: Equity
    overlay: pd.DataFrame
    verification: Verification | None
    sites: StudySiting
    groups: tuple[GroupCoverage, ...]
    business_areas: BusinessAreas | None
    candidate_times: TravelTimes
    candidate_areas: NDArray[np.object_]
    programme: Programme | None
    outcome: ProjectEffects
    notices: tuple[Notice, ...]
    services: Services | None = None
    ledger: Ledger | None = None
    bundles: StudyBundles | None = None
    step_free: pd.DataFrame | None = None
    step_free_basis: Mapping[str, float] | None = None
    service_hours: ServiceHours | None = None
    belts: Belts | None = None
    organisations: Organisations | None = None

    def __repr__(self) -> str:
        rows = self.coverage.total
        served = rows[rows["limit_min"] == self.coverage.standard_min].iloc[0]
        return (
            f"Plan({self.study.name!r}: {len(self.inputs.facilities)} facilities, {served.people:,.0f} people, "
            f"{served.people_share:.1%} within {self.coverage.standard_min:g} min, {len(self.notices)} notices)"
        )

    @property
    def study(self) -> Study:
        """Settings of the study."""
        return self.prepared.study

    @property
    def inputs(self) -> Inputs:
        """Validated input tables."""
        return self.prepared.inputs

    @property
    def walker(self) -> Walker:
        """Network, speed and access distance."""
        return self.prepared.walker

    @property
    def walk(self) -> WalkSettings:
        """Walking speed and access distance."""
        return self.prepared.walk

    @property
    def network(self) -> WalkingNetwork:
        """Walking network."""
        return self.prepared.network

    @property
    def facility_snaps(self) -> SnappedPoints:
        """Facilities snapped to the network."""
        return self.prepared.facility_snaps

    @property
    def demand_snaps(self) -> SnappedPoints:
        """Demand points snapped to the network."""
        return self.prepared.demand_snaps

    @property
    def siting(self) -> SitingResult:
        """Candidates and proposals."""
        return self.sites.siting

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight of one person in siting, by population group."""
        return self.sites.weights

    @property
    def gains(self) -> tuple[Mapping[str, float], ...]:
        """People newly covered by each proposal, by population group."""
        return self.sites.gains

    def _repr_html_(self) -> str:
        """Return the notebook view of `planner.show`."""
        # Imported by name at run time, here and below: this layer must not depend on reporting.
        return str(import_module("planner").show(self))

    def to_frame(self, table: str = "facilities") -> gpd.GeoDataFrame | pd.DataFrame:
        """Return a table: "facilities" with their ratings (see `planner.evaluate`), or a layer of results.gpkg.

        docs/data.md lists the layers, such as "projects", "needs", "sites_curve", "unserved", "flips".
        """
        layers = import_module("planner.reporting.notebook")
        found: gpd.GeoDataFrame | pd.DataFrame = layers.plan_table(self, table)
        return found

    def explore(self, **options: Any) -> Any:  # noqa: ANN401 - a folium map, imported when it is drawn
        """Draw an interactive map: areas by walking time, people not covered, facilities by rating, new sites.

        Options are those of `GeoDataFrame.explore`, such as `tiles`; folium loads its scripts from the internet.
        """
        return import_module("planner.reporting.notebook").explore_plan(self, options)

    def plot(self, **options: Any) -> Any:  # noqa: ANN401 - matplotlib axes
        """Draw the layers of `explore` with matplotlib; options of `GeoDataFrame.plot`, such as `figsize`."""
        return import_module("planner.reporting.notebook").plot_plan(self, options)

    def to_file(self, path: str | os.PathLike[str], **options: Any) -> None:  # noqa: ANN401 - options of GDAL
        """Write all layers with their QGIS styles (.gpkg), or the frame of `to_frame` in any other format."""
        import_module("planner.reporting.notebook").write_plan(self, path, options)
