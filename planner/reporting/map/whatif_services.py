"""What-if services: what the card of a position says of each service; the centres have rows of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.accessibility.services import ServiceAccess
from planner.reporting.document.records.plan import Entry
from planner.reporting.map.packing import degree_steps, pack_steps
from planner.results import Plan

MOST_WALKS = 1_000_000
"""Largest number of services times demand points whose walks are in the page."""

OUT_OF_REACH = -1


def service_sets(plan: Plan, order: NDArray[np.int64]) -> dict[str, list[Entry]]:
    """Return the entry `services` of the page's data; {} without services, or with more walks than fit.

    Parameters
    ----------
    plan
        Access to services.
    order
        Demand points as the page numbers them, by position in the study's table.

    Returns
    -------
    services
        One a service of known facilities: name, limit (minutes), tenths of minutes to the nearest (by steps, -1 if
        none is reached), its number (by steps), the points that lack it (by steps), names and places.
    """
    found = plan.services
    if found is None or len(found.access) * len(order) > MOST_WALKS:
        return {}
    return {"services": [_service(one, plan, order) for one in found.access[1:] if one.service.is_known]}


def _service(access: ServiceAccess, plan: Plan, order: NDArray[np.int64]) -> Entry:
    minutes, degrees = access.nearest_min[order], access.service.places.to_crs(4326).geometry
    tenths = np.where(
        np.isfinite(minutes), np.rint(np.where(np.isfinite(minutes), minutes, 0.0) * 10), OUT_OF_REACH
    )
    return {
        "name": access.service.standard.title(plan.study.language),
        "limit": access.service.standard.minutes,
        "count": access.service.standard.count,
        "tenths": pack_steps(tenths.astype(np.int64)),
        "nearest": pack_steps(access.nearest[order]),
        "lacking": pack_steps(np.flatnonzero(~access.reached[order])),
        "names": [str(name or ident) for name, ident in access.service.places[["name", "id"]].to_numpy()],
        "lat": degree_steps(degrees.y.to_numpy()),
        "lon": degree_steps(degrees.x.to_numpy()),
    }
