"""Bundles of a study: its rooms, plots and own premises, the services that people lack, and the best choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.accessibility.coverage import is_branch
from planner.accessibility.services import FULL, ServiceAccess, Services
from planner.config.sections.services import BundleSettings
from planner.messages.notices import Notice
from planner.network.walker import Walker
from planner.schemas.tables import Facilities, Parcels
from planner.siting.bundles import BundleProblem, BundleSolution, least_cost, solve_bundles
from planner.siting.candidates.candidate import candidate_xy
from planner.siting.candidates.constraints import SiteConstraints
from planner.siting.candidates.parcels import propose_parcels

PREMISES, ROOM = "premises", "room"


@dataclass(frozen=True, slots=True, eq=False)
class StudyBundles:
    """Best choice of rooms and services for a study."""

    rooms: gpd.GeoDataFrame
    """Rooms and premises that could be taken: id, name, kind (``premises`` or ``room``), area_m2 (`inf`: no
    limit), cost, geometry."""
    services: tuple[str, ...]
    """Ids of the services that could be placed."""
    problem: BundleProblem
    """What is chosen among."""
    solution: BundleSolution
    """The choice, with its bound."""
    alone: tuple[BundleSolution, ...]
    """The best choice for each service alone, with the same budget."""
    cost_together: float | None
    cost_apart: float | None
    """`cost_together`, `cost_apart`: Least cost of serving as many, and the same if every service takes rooms of
    its own; None where it was not shown in time."""
    notices: tuple[Notice, ...]
    """Rooms and services that take no part."""


def choose_bundles(
    services: Services,
    walker: Walker,
    facilities: Facilities,
    parcels: Parcels | None,
    settings: BundleSettings,
    ground: SiteConstraints,
) -> StudyBundles:
    """Choose rooms and the services in them for the people who lack these today.

    What has no price or no area takes no part, and is reported: nothing is taken for free.

    Parameters
    ----------
    services
        Access to each service today.
    walker
        Network and walk.
    facilities, parcels
        The study's own premises, to which a service may be added; rooms and plots that may be taken.
    settings
        Budget, numbers, time.
    ground
        Where nothing may be taken: in water, on a barrier, outside the district, without a street.
    """
    rooms, notices = _rooms(facilities, parcels, walker, ground)
    open_to_all = [access for access in services.access if access.service.standard.settings is not None]
    placed = [one for one in open_to_all if one.service.is_known and _setting(one, "add_cost") is not None]
    problem = _problem(placed, rooms, walker, settings)
    solution = solve_bundles(problem, time_limit_s=settings.time_limit_s)
    alone = tuple(
        solve_bundles(problem.alone(number), time_limit_s=settings.time_limit_s) for number in range(len(placed))
    )
    free = replace(problem, budget=np.inf)
    reached = solution.objective
    together, apart = (
        least_cost(one, at_least=reached, time_limit_s=settings.time_limit_s) for one in (free, free.apart())
    )
    return StudyBundles(
        rooms=rooms,
        services=tuple(one.id for one in placed),
        problem=problem,
        solution=solution,
        alone=alone,
        cost_together=together,
        cost_apart=apart,
        notices=(*notices, *_notices(open_to_all)),
    )


def _setting(access: ServiceAccess, name: str) -> float | None:
    value = getattr(access.service.standard.settings, name)
    return None if value is None else float(value)


def _rooms(
    facilities: Facilities, parcels: Parcels | None, walker: Walker, ground: SiteConstraints
) -> tuple[gpd.GeoDataFrame, list[Notice]]:
    """Return premises, then rooms of known area and cost that may be taken, at their entrances; and the others."""
    own = facilities[~is_branch(facilities)]
    parts = [
        gpd.GeoDataFrame(
            {"id": own["id"], "name": own["name"], "kind": PREMISES, "area_m2": np.inf, "cost": 0.0},
            geometry=own.geometry,
        )
    ]
    notices: list[Notice] = []
    if parcels is not None:
        entrances = propose_parcels(parcels, walker)
        kept, _ = ground.sorted_out(entrances)
        stands = np.isin([entrance.id for entrance in entrances], [one.id for one in kept])
        known = (parcels["area_m2"].notna() & parcels["cost"].notna()).to_numpy()
        for key, out in (("bundle_room_excluded", ~stands), ("bundle_room_unknown", stands & ~known)):
            if out.any():
                notices.append(Notice(key, "parcels", tuple(parcels["id"][out])))
        rows = parcels[stands & known]
        xy = candidate_xy(entrances)[stands & known]
        parts.append(
            gpd.GeoDataFrame(
                {
                    "id": rows["id"],
                    "name": rows["name"],
                    "kind": ROOM,
                    "area_m2": rows["area_m2"],
                    "cost": rows["cost"],
                },
                geometry=gpd.points_from_xy(*xy.T),
                crs=facilities.crs,
            )
        )
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=facilities.crs), notices


def _problem(
    placed: Sequence[ServiceAccess], rooms: gpd.GeoDataFrame, walker: Walker, settings: BundleSettings
) -> BundleProblem:
    starts, is_room = walker.snap(rooms), (rooms["kind"] == ROOM).to_numpy()
    allowed = np.ones((len(rooms), len(placed)), dtype=np.bool_)
    reach, weight = [], []
    for number, one in enumerate(placed):
        standard = one.service.standard
        if _setting(one, "area_m2") is None:
            allowed[is_room, number] = False
        # Where the service stands already, it is not added.
        here = set(one.service.places["id"][one.service.counts]) if one.service.is_own else set()
        allowed[[ident in here for ident in rooms["id"]] & ~is_room, number] = False
        times = walker.times(starts, walker.snap(one.points), within_min=standard.minutes)
        reach.append((times.facility, times.demand))
        helped = (one.reason != "") & (one.reason != FULL) & (one.within + 1 >= standard.count)
        weight.append(np.where(helped, one.people, 0.0) * standard.weight)
    return BundleProblem(
        area_m2=rooms["area_m2"].to_numpy(dtype=np.float64),
        opening_cost=rooms["cost"].to_numpy(dtype=np.float64),
        needed_m2=np.array([_setting(one, "area_m2") or 0.0 for one in placed]),
        fitting_cost=np.tile([_setting(one, "add_cost") or 0.0 for one in placed], (len(rooms), 1)),
        allowed=allowed,
        reach=reach,
        weight=weight,
        budget=np.inf if settings.budget is None else settings.budget,
        most_rooms=settings.most_rooms,
        counted=is_room,
        most_services=np.where(is_room, float(len(placed)), float(settings.most_added)),
    )


def _notices(services: Sequence[ServiceAccess]) -> Iterator[Notice]:
    for key, name in (("bundle_service_unknown", "add_cost"), ("bundle_no_area", "area_m2")):
        rows = tuple(service.id for service in services if _setting(service, name) is None)
        if rows:
            yield Notice(key, "services", rows)
