"""Compile the engine ahead of its first use."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from planner.network.isochrones.service_areas import service_areas
from planner.network.network import build_network
from planner.network.snapping import snap
from planner.network.travel_times import nearest_facility, nearest_facility_of_places, travel_times
from planner.network.visibility import build_barriers
from planner.network.walk import WalkSettings


def warm_up() -> None:
    """Carry out every kind of work once on a crossroads, without and with a wall.

    The first time on a machine this compiles the kernels, which takes most of a minute; they are kept, and from
    then on it loads them in less than a second.

    Examples
    --------
    >>> warm_up()
    """
    arms = [[(0, 0), (90, 0)], [(0, 0), (0, 90)], [(0, 0), (-90, 0)], [(0, 0), (0, -90)]]
    streets = gpd.GeoDataFrame(geometry=[shapely.LineString(arm) for arm in arms], crs="EPSG:32648")
    network, walk = build_network(streets), WalkSettings(speed_kmh=3.6, access_m=20.0)
    snaps = snap(np.array([[5.0, 5.0], [60.0, 5.0]]), network, access_m=walk.access_m)
    travel_times(network, snaps, snaps, walk=walk, horizon_min=2.0)
    nearest_facility(network, snaps, snaps, walk=walk, horizon_min=2.0)
    nearest_facility_of_places(network, snaps, snaps.xy, walk=walk, horizon_min=2.0)
    service_areas(network, snaps, walk=walk, limits_min=(0.5, 2.0))
    wall = gpd.GeoSeries([shapely.LineString([(20, 9), (50, 9)])], crs=streets.crs)
    network = build_network(streets, barriers=build_barriers(wall, None))
    snaps = snap(snaps.xy, network, access_m=walk.access_m)
    service_areas(network, snaps, walk=walk, limits_min=(0.5, 2.0))
