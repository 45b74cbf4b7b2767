"""Candidates for new facilities, for people beyond a limit of existing ones."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np

from planner.api.arguments import check_choice, check_settings, read_limit
from planner.api.frames import Points, read_points, restore_crs
from planner.api.networks import WalkNetwork, walker_of
from planner.config.sections.siting import SitingSettings
from planner.network.walker import Walker
from planner.siting.candidates.builder import CandidateBuilder
from planner.siting.candidates.candidate import candidate_table

SOURCES = ("clusters", "density", "streets")


def candidates(  # noqa: PLR0913 - one network and frame, the rest by name
    net: WalkNetwork,
    people: gpd.GeoDataFrame,
    minutes: float = 5,
    *,
    existing: gpd.GeoDataFrame | None = None,
    sources: str | Sequence[str] = "streets",
    at_most: int = 1000,
    sites: int = 1,
    weight: str | None = "people",
    seed: int = 0,
) -> gpd.GeoDataFrame:
    """Propose where new facilities might open, for the people beyond a limit of existing ones.

    Parameters
    ----------
    net
        Network.
    people
        Points in any CRS.
    minutes
        Limit, minutes, inclusive.
    existing
        Existing facilities; None if there are none.
    sources
        "streets": street positions of which an optimum is one over all street positions (Church & Meadows 1979);
        "clusters" and "density": middles of clusters of people, moved to the street. One, or several.
    at_most
        Number of clusters, or of street positions: the best of every neighbourhood, fewer where fewer suffice.
    sites
        Number of sites to be chosen: the clusters into so many are always proposed.
    weight
        Column of people; None: every point counts 1.
    seed
        Seed of the clustering.

    Returns
    -------
    candidates
        One row a candidate, index: its id; source, people of its cluster, geometry, in the CRS of the people.
    """
    walker, limit = walker_of(net), read_limit(minutes)
    points = read_points(walker, people, name="people", weight=weight)
    centres = None if existing is None else read_points(walker, existing, name="existing")
    names = [sources] if isinstance(sources, str) else list(sources)
    values = {
        "sites": sites,
        "seed": seed,
        "sources": tuple(check_choice("sources", name, SOURCES) for name in names),
        "candidates": at_most if "clusters" in names else 1,
        "street_positions": at_most,
    }
    settings = check_settings(SitingSettings, values, name="candidates")
    return restore_crs(propose(walker, points, centres, limit, settings), points.frame.crs)


def propose(
    walker: Walker, people: Points, existing: Points | None, limit_min: float, settings: SitingSettings
) -> gpd.GeoDataFrame:
    """Return the candidates of a study of these people and facilities, metres."""
    demand = gpd.GeoDataFrame(people.metric.set_crs(walker.network.crs))
    beyond = people.people > 0
    if existing is not None:
        reached, _ = walker.nearest(existing.snaps, people.snaps, within_min=limit_min)
        beyond &= ~np.isfinite(reached)
    uncovered = gpd.GeoDataFrame(demand[beyond])
    builder = CandidateBuilder(
        uncovered=uncovered,
        limits_min=np.full(len(uncovered), limit_min),
        snaps=walker.snap(uncovered),
        walker=walker,
        settings=settings,
        taken=frozenset() if existing is None else frozenset(map(str, existing.labels)),
    )
    candidates_built = builder.build().candidates if len(uncovered) else ()
    table = candidate_table(candidates_built, walker.network.crs).set_index("id")
    return gpd.GeoDataFrame(table[["source", "people", "geometry"]])
