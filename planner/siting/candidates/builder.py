"""All candidates of a siting question: from every source that the study names, sorted out by the ground."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from planner.accessibility.business_areas import BusinessAreas
from planner.config.sections.siting import SitingSettings as Settings
from planner.messages.progress import Progress, silent
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray
from planner.network.walker import Walker
from planner.schemas.tables import Parcels
from planner.siting.candidates.candidate import Candidate, ExcludedCandidate, make_ids_unique
from planner.siting.candidates.clusters import Clustering, Grouping, propose_dense, propose_middles
from planner.siting.candidates.constraints import SiteConstraints
from planner.siting.candidates.parcels import propose_business_areas, propose_parcels
from planner.siting.candidates.street_positions import PartClock, StreetCandidates, propose_street_positions
from planner.siting.solvers.deadline import Deadline


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """What came of one source."""

    source: str
    """Which."""
    proposed: int
    kept: int
    """`proposed`, `kept`: How many candidates it proposed, and how many of them may be chosen."""
    suffice: int | None = None
    """Of street positions, how many suffice for an optimum over all of them; None for other sources."""
    status: str = ""
    """"time_limit" where the clock ended the search for them."""

    @property
    def stands_for_all(self) -> bool:
        """Whether all positions that suffice are there and may be chosen."""
        return self.suffice is not None and self.suffice == self.proposed == self.kept and not self.status


@dataclass(frozen=True, slots=True)
class CandidateSet:
    """Candidates to choose among, and those left out."""

    candidates: tuple[Candidate, ...]
    """Those that may be chosen; free centres as they are come last."""
    excluded: tuple[ExcludedCandidate, ...] = ()
    """Those that may not, each with its reason."""
    sources: tuple[SourceSummary, ...] = ()
    """What came of each source."""

    @property
    def new(self) -> tuple[Candidate, ...]:
        """Those that are no centre as it is."""
        return tuple(candidate for candidate in self.candidates if not candidate.stays)

    @property
    def kept_centres(self) -> tuple[Candidate, ...]:
        """Free centres as they are."""
        return tuple(candidate for candidate in self.candidates if candidate.stays)

    @property
    def every_street(self) -> bool:
        """Whether a covering optimum over these is one over every street position on which a station may stand.

        It is not where one of the positions that suffice was left out: another of its stretch might have stayed.
        It speaks of who is within the limit only: for the length of walks better positions lie inside a stretch.
        """
        return any(source.stands_for_all for source in self.sources)


@dataclass(frozen=True, slots=True, eq=False)
class CandidateBuilder:
    """What candidates are made from."""

    uncovered: gpd.GeoDataFrame
    limits_min: NDArray[np.float64]
    """`uncovered`, `limits_min`: Who can be gained, and the limit of each, minutes."""
    snaps: SnappedPoints
    """Where they meet the streets."""
    walker: Walker
    """Network and walk."""
    settings: Settings
    """`[siting]` of the study."""
    business_areas: BusinessAreas | None = None
    parcels: Parcels | None = None
    """`business_areas`, `parcels`: Where the study has them."""
    options: tuple[Candidate, ...] = ()
    """Of free centres."""
    named: tuple[Candidate, ...] = ()
    """Places that the study names by themselves: own projects' positions, and candidates of today by their ids."""
    taken: frozenset[str] = frozenset()
    """Ids of the centres, which no candidate may have."""
    ground: SiteConstraints | None = None
    """What sorts candidates out; None where nothing does."""
    residents_xy: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))
    horizon_min: float = 0.0
    """`residents_xy`, `horizon_min`: All residents' points, and the longest walk searched from candidates to them,
    minutes."""
    resident_rows: IndexArray | None = None
    """Row of each point that can be gained among all residents, -1 where it is none of them; None: all -1."""
    deadline: Deadline = field(default_factory=lambda: Deadline(np.inf))
    progress: Progress = silent
    """`deadline`, `progress`: When the search for street positions ends, and who is given how far it is."""

    def build(self) -> CandidateSet:
        """Return all candidates; those of one place from several sources are all kept.

        The clusters into as many as sites are always among them: what clustering alone would choose is shown
        beside the optimum.
        """
        by_source: list[tuple[str, Sequence[Candidate], int | None]] = [("clusters", self._middles(), None)]
        stopped = False
        for source in dict.fromkeys(self.settings.sources):
            if source == "density":
                by_source.append((source, self._dense(), None))
            if source == "business_areas" and self.business_areas is not None:
                business_areas = propose_business_areas(self.business_areas, self.walker)
                by_source.append((source, business_areas, None))
            if source == "parcels" and self.parcels is not None:
                parcels = propose_parcels(self.parcels, self.walker)
                by_source.append((source, parcels, None))
            if source == "streets":
                streets = self._streets()
                by_source.append((source, streets.candidates, streets.suffice))
                stopped = streets.stopped
        there = {(candidate.id, candidate.x_m, candidate.y_m) for _, given, _ in by_source for candidate in given}
        named = [one for one in self.named if (one.id, one.x_m, one.y_m) not in there]
        by_source += [("named", named, None)] if named else []
        by_source += [
            (source, own, None)
            for source in ("move", "merge", "keep")
            if (own := [option for option in self.options if option.source == source])
        ]
        built = self._sorted_out(by_source)
        if not stopped:
            return built
        sources = (replace(one, status="time_limit") if one.source == "streets" else one for one in built.sources)
        return replace(built, sources=tuple(sources))

    def build_named(self) -> CandidateSet:
        """Return the places that the study names by themselves, where nothing else is requested."""
        return self._sorted_out([("named", self.named, None)] if self.named else [])

    def _sorted_out(self, by_source: Iterable[tuple[str, Sequence[Candidate], int | None]]) -> CandidateSet:
        taken = set(self.taken)
        candidates: list[Candidate] = []
        excluded: list[ExcludedCandidate] = []
        sources: list[SourceSummary] = []
        for source, given, suffice in by_source:
            new_cost = self.settings.new_cost
            proposed = [
                candidate if candidate.cost is not None else replace(candidate, cost=new_cost)
                for candidate in given
            ]
            # A centre as it is has the id of a centre: its own.
            proposed = proposed if source == "keep" else make_ids_unique(proposed, taken)
            taken |= {one.id for one in proposed}
            kept, out = (proposed, []) if self.ground is None else self.ground.sorted_out(proposed)
            candidates += kept
            excluded += out
            sources.append(SourceSummary(source, len(proposed), len(kept), suffice))
        return CandidateSet(tuple(candidates), tuple(excluded), tuple(sources))

    def _middles(self) -> list[Candidate]:
        near = self.uncovered[self.snaps.reaches_street]
        sites, clusters = max(self.settings.sites, 1), self.settings.candidates
        clusterings = [Clustering(sites, self.settings.seed)]
        if "clusters" in self.settings.sources and clusters > sites:
            clusterings.append(Clustering(clusters, self.settings.seed))
        return propose_middles(near, self.walker, clusterings) if len(near) else []

    def _dense(self) -> list[Candidate]:
        near = self.uncovered[self.snaps.reaches_street]
        if not len(near):
            return []
        density = self.settings.density
        grouping = Grouping(density.method, density.within_m, density.least_points)
        return propose_dense(near, self.walker, grouping)

    def _streets(self) -> StreetCandidates:
        lines = self.walker.network.as_drawn.segment_lines() if self.ground is None else self.ground.streets()
        return propose_street_positions(
            self.snaps,
            self.uncovered["people"].to_numpy(),
            self.limits_min,
            self.walker,
            lines,
            at_most=self.settings.street_positions,
            clock=PartClock(self.deadline, self.progress),
        )
