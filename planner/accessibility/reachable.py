"""Everything that an address reaches on foot: the facilities of each service, with minutes and paths."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.io.service_places import ServicePlaces
from planner.network.walk import FloatArray, is_within
from planner.network.walk_paths import walk_lines
from planner.network.walker import Walker


def list_reachable(
    services: Sequence[ServicePlaces], walker: Walker, xy: FloatArray, limits_min: Sequence[float]
) -> gpd.GeoDataFrame:
    """List the facilities within a walk of one address.

    Parameters
    ----------
    services
        Facilities of each service; only those that count are listed.
    walker
        Network and walk.
    xy
        The address, metres, shape (2,).
    limits_min
        Limits, minutes, rising, inclusive.

    Returns
    -------
    reachable
        One row a facility within the largest limit, by minutes, then service and facility: service, facility (id),
        place (position among the service's), name, minutes, within_min (the smallest limit that holds), geometry
        (the walk; None where the engine's is of a form that `walk_lines` does not draw).
    """
    home, parts = walker.snap(np.asarray(xy, dtype=np.float64).reshape(1, 2)), []
    for order, one in enumerate(services):
        rows = np.flatnonzero(one.counts)
        if not len(rows):
            continue
        starts = walker.snap(gpd.GeoDataFrame(one.places.iloc[rows]))
        minutes = walker.time_matrix(starts, home, within_min=limits_min[-1])[:, 0]
        near = np.flatnonzero(is_within(minutes, limits_min[-1]))
        lines = walk_lines(
            walker.network, starts, home, np.where(np.isfinite(minutes), minutes, np.inf), walker.walk
        )
        places = one.places.iloc[rows[near]]
        parts.append(
            pd.DataFrame(
                {
                    "order": order,
                    "service": one.standard.id,
                    "facility": places["id"].to_numpy(dtype=object),
                    "place": rows[near],
                    "name": places["name"].to_numpy(dtype=object),
                    "minutes": minutes[near],
                    "within_min": [
                        next(one for one in limits_min if is_within(took, one)) for took in minutes[near]
                    ],
                    "geometry": lines[near],
                }
            )
        )
    columns = ["service", "facility", "place", "name", "minutes", "within_min", "geometry"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["order", *columns])
    table = table.sort_values(["minutes", "order", "place"], kind="stable", ignore_index=True)
    return gpd.GeoDataFrame(table[columns], geometry="geometry", crs=walker.network.crs)
