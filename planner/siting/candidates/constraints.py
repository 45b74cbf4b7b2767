"""Where no station may stand: in water, on a railway or wall, outside the district, beside an existing centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.config.sections.siting import SitingSettings as Settings
from planner.inputs.study_inputs import Inputs
from planner.network.snapping import SnappedPoints
from planner.network.walk import is_within
from planner.network.walker import Walker
from planner.siting.candidates.candidate import Candidate, ExcludedCandidate, Reason, candidate_xy

EDGE_M = 0.01
"""A place on the border of the district is in it: candidates are rounded to the centimetre."""


@dataclass(frozen=True, slots=True, eq=False)
class SiteConstraints:
    """What decides whether a station may stand somewhere."""

    district: shapely.Geometry
    """The communities together."""
    water: shapely.Geometry
    barriers: shapely.Geometry
    """`water`, `barriers`: Shapes to keep out of, empty where there are none."""
    centres: SnappedPoints
    ids: NDArray[np.object_]
    """`centres`, `ids`: Existing centres that stay: where they meet the streets, and their ids."""
    walker: Walker
    """Network and walk."""
    settings: Settings
    """The limits, `[siting]` of the study."""

    @classmethod
    def of(cls, inputs: Inputs, walker: Walker, settings: Settings) -> SiteConstraints:
        """Return the ground of a study."""
        stays = ~inputs.facilities["id"].isin(settings.relocatable)
        centres = inputs.facilities[stays]
        return cls(
            district=shapely.union_all(inputs.communities.geometry.array),
            water=_together(inputs.water),
            barriers=_together(inputs.barriers),
            centres=walker.snap(centres),
            ids=centres["id"].to_numpy(dtype=object),
            walker=walker,
            settings=settings,
        )

    def sorted_out(self, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[ExcludedCandidate]]:
        """Return who may be chosen, and who may not with the first reason found; centres as they are may always.

        Examples
        --------
        A candidate in a lake is listed with the reason ``in_water``; it is never dropped in silence.
        """
        xy = candidate_xy(candidates)
        points = shapely.points(xy)
        snaps = self.walker.snap(xy)
        hidden = ~snaps.reaches_street & (snaps.nearest_m <= self.walker.access_m)
        nearest_m, nearest = self._to_centres(snaps)
        area = np.array([np.inf if one.area_m2 is None else one.area_m2 for one in candidates])
        unknown = np.array([one.cost is None for one in candidates], dtype=bool)
        budget, least = self.settings.budget, self.settings.least_area_m2
        tests: tuple[tuple[Reason, NDArray[np.bool_]], ...] = (
            ("in_water", shapely.intersects(self.water, points)),
            ("on_barrier", shapely.dwithin(self.barriers, points, self.settings.barrier_clearance_m)),
            ("outside", ~shapely.dwithin(self.district, points, EDGE_M)),
            ("behind_barrier", hidden),
            ("no_street", ~snaps.reaches_street & ~hidden),
            ("too_near", nearest_m < self.settings.min_spacing_m),
            ("too_small", area < (0.0 if least is None else least)),
            ("no_cost", unknown & (budget is not None)),
        )
        kept: list[Candidate] = []
        excluded: list[ExcludedCandidate] = []
        for place, candidate in enumerate(candidates):
            reason = next((name for name, fails in tests if fails[place]), None)
            if candidate.stays or reason is None:
                kept.append(candidate)
            else:
                detail = str(self.ids[nearest[place]]) if reason == "too_near" else ""
                excluded.append(ExcludedCandidate(candidate, reason, detail))
        return kept, excluded

    def streets(self) -> NDArray[np.object_]:
        """Return the straight street pieces on which a station may stand, apart from what stands beside it."""
        pieces = shapely.get_parts(shapely.unary_union(self.walker.network.as_drawn.segment_lines()))
        shapely.prepare(self.district)
        inside = shapely.covers(self.district, pieces)
        crossing = ~inside & shapely.intersects(self.district, pieces)
        pieces[crossing] = shapely.intersection(pieces[crossing], self.district)
        pieces = _without(pieces[inside | crossing], self.water)
        # GEOS draws discs with chords inside them: a hair more keeps what is left out of reach of the line.
        pieces = _without(pieces, shapely.buffer(self.barriers, self.settings.barrier_clearance_m * 1.01))
        return np.asarray(shapely.get_parts(shapely.get_parts(pieces)), dtype=object)

    def _to_centres(self, snaps: SnappedPoints) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return how far the nearest centre that stays is on foot, cost metres, and which."""
        min_spacing_m = self.settings.min_spacing_m
        if min_spacing_m <= 0 or not len(self.ids):
            return np.full(len(snaps.xy), np.inf), np.full(len(snaps.xy), -1, dtype=np.int64)
        horizon_min = self.walker.walk.minutes(min_spacing_m)
        minutes, which = self.walker.nearest(self.centres, snaps, within_min=horizon_min)
        inside = is_within(minutes, horizon_min)
        return np.where(inside, minutes * self.walker.walk.metres(1.0), np.inf), which


def _without(pieces: NDArray[np.object_], area: shapely.Geometry) -> NDArray[np.object_]:
    """Return what of pieces lies outside an area; only those that meet it are cut."""
    shapely.prepare(area)
    met = shapely.intersects(area, pieces)
    left = pieces.copy()
    left[met] = shapely.difference(pieces[met], area)
    return left


def _together(layer: gpd.GeoDataFrame | None) -> shapely.Geometry:
    return shapely.GeometryCollection() if layer is None else shapely.union_all(layer.geometry.array)
