"""Walking access: isochrones, travel times, nearest facilities, coverage, floating catchments, business areas."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas.plotting import GeoplotAccessor
from matplotlib.patches import Patch
from numpy.typing import NDArray

from planner.accessibility.coverage import merge_service_areas
from planner.api.arguments import check_choice, check_number, read_limit, read_minutes
from planner.api.frames import Points, labels_at, read_points, restore_crs
from planner.api.networks import WalkNetwork, walker_of
from planner.api.progress import CallProgress
from planner.network.isochrones.small_discs import stretches_within
from planner.network.isochrones.unions import capsule_unions
from planner.network.positions import as_snapped, positions_of_nodes
from planner.network.reached_edges import (
    EdgeIntervals,
    as_drawn,
    clip_to_reach,
    edge_segments_of,
    find_reached_edges,
    merge_intervals,
    split_at_segments,
)
from planner.network.search import search
from planner.network.snapping import SnappedPoints
from planner.network.walk import FloatArray, IndexArray, is_within
from planner.network.walker import Walker
from planner.reporting.notebook_maps import warn_offline
from planner.reporting.style import shades

EXACT = "exact"
DEFINITIONS = (EXACT, "network_buffer", "hull", "node")
QUARTER_SEGMENTS = 8


def approximate_areas(
    walker: Walker, facilities: SnappedPoints, limits_min: Sequence[float], *, definition: str, buffer_m: float
) -> NDArray[np.object_]:
    """Draw areas by another definition; see `planner.api.access.isochrones`.

    Returns
    -------
    areas
        Polygons, empty where nothing is reached, shape (facilities, limits).
    """
    if definition == "network_buffer":
        return _street_buffers(walker, facilities, limits_min, buffer_m)
    return _from_nearest_junction(walker, facilities, limits_min, buffer_m if definition == "node" else None)


def area_errors(areas: NDArray[np.object_], exact: NDArray[np.object_]) -> dict[str, FloatArray]:
    """Return the error of areas as shares of the exact area: area_bias and symmetric_difference."""
    true_m2 = shapely.area(exact)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "area_bias": np.asarray((shapely.area(areas) - true_m2) / true_m2),
            "symmetric_difference": np.asarray(shapely.area(shapely.symmetric_difference(areas, exact)) / true_m2),
        }


def _street_buffers(
    walker: Walker, facilities: SnappedPoints, limits_min: Sequence[float], buffer_m: float
) -> NDArray[np.object_]:
    """Buffer the streets that are walked within each limit, cut where the limit ends."""
    reach = search(walker.network, facilities, reach_m=walker.walk.metres(max(limits_min)))
    network, facilities, runs = as_drawn(
        walker.network, facilities, find_reached_edges(walker.network, facilities, reach)
    )
    lines = edge_segments_of(network)
    areas = np.empty((len(facilities.xy), len(limits_min)), dtype=object)
    for column, limit in enumerate(limits_min):
        limit_m = walker.walk.metres(limit)
        run, from_m, to_m = clip_to_reach(lines, runs, limit_m)
        row, near_m, far_m = stretches_within(facilities, 0.0, min(limit_m, facilities.access_m))
        segment = facilities.segment[row]
        begin_m = network.segment_from_m[segment]
        walked = EdgeIntervals(runs.point[run], runs.edge[run], from_m, to_m)
        beside = EdgeIntervals(
            facilities.point[row], network.segment_edge[segment], begin_m + near_m, begin_m + far_m
        )
        both = merge_intervals([walked, beside])
        segments, _, _, end = split_at_segments(network, lines.first, both.edge, both.from_m, both.to_m)
        point = np.repeat(both.point, np.diff(end, prepend=0))
        ends = np.searchsorted(point, np.arange(1, len(areas) + 1))
        areas[:, column], _ = capsule_unions(segments, ends, buffer_m, quarter_segments=QUARTER_SEGMENTS)
    return areas


def _from_nearest_junction(
    walker: Walker, facilities: SnappedPoints, limits_min: Sequence[float], buffer_m: float | None
) -> NDArray[np.object_]:
    """Start at the nearest junction: hull of the junctions reached, or whole streets between them, buffered."""
    network, drawn = walker.network, walker.network.as_drawn
    nearest = shapely.STRtree(shapely.points(drawn.node_xy)).nearest(shapely.points(facilities.xy))
    starts: IndexArray = np.asarray(nearest, dtype=np.int64)
    every = np.arange(len(drawn.node_xy))
    minutes = walker.time_matrix(
        as_snapped(positions_of_nodes(network, starts.tolist()), network),
        as_snapped(positions_of_nodes(network, every.tolist()), network),
        within_min=max(limits_min),
    )
    areas = np.empty((len(starts), len(limits_min)), dtype=object)
    for column, limit in enumerate(limits_min):
        reached = is_within(minutes, limit)
        if buffer_m is None:
            hulls = [shapely.convex_hull(shapely.multipoints(drawn.node_xy[nodes])) for nodes in reached]
            areas[:, column] = [hull if hull.geom_type == "Polygon" else shapely.Polygon() for hull in hulls]
        else:
            whole = [nodes[drawn.edge_nodes].all(axis=1)[drawn.segment_edge] for nodes in reached]
            segments = np.concatenate([drawn.segment_xy[walked] for walked in whole])
            ends = np.cumsum([walked.sum() for walked in whole])
            areas[:, column], _ = capsule_unions(segments, ends, buffer_m, quarter_segments=QUARTER_SEGMENTS)
    return areas


class AreaFrame(gpd.GeoDataFrame):
    """GeoDataFrame with `minutes`, drawn by them: the shortest walk darkest.

    Its operations return plain GeoDataFrames.
    """

    def explore(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - a folium map
        """Draw an interactive map; options are those of `GeoDataFrame.explore`, such as `tiles`."""
        if not (args or {"column", "color"} & options.keys()):
            style = {"fillOpacity": 0.45, "weight": 1, "color": "#ffffff"}
            looks = {"column": "minutes", "categorical": True, "cmap": [*self.shades().values()]}
            options = looks | {"style_kwds": style} | options
        return warn_offline(super().explore(*args, **options))

    @property
    def plot(self) -> GeoplotAccessor:
        """Draw the areas with matplotlib; options are those of `GeoDataFrame.plot`."""
        return _AreaPlot(self)

    def shades(self) -> dict[float, str]:
        """Return the colour of each limit, the shortest first."""
        limits = sorted(self["minutes"].unique())
        return dict(zip(limits, shades(len(limits)), strict=True))


class _AreaPlot(GeoplotAccessor):
    def __init__(self, frame: AreaFrame) -> None:
        super().__init__(frame)
        self._frame = frame

    def __call__(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - matplotlib axes
        if args or {"column", "color", "kind"} & options.keys():
            return super().__call__(*args, **options)  # type: ignore[no-untyped-call]
        # Classes of geopandas are drawn in their order, the largest areas on top: rows keep theirs.
        of_limit = self._frame.shades()
        looks = {"color": [of_limit[limit] for limit in self._frame["minutes"]], "edgecolor": "white"}
        axes: Any = super().__call__(**looks | options)  # type: ignore[no-untyped-call]
        axes.legend(handles=[Patch(color=of_limit[limit], label=f"{limit:g} min") for limit in of_limit])
        return axes


Minutes = float | Sequence[float]


def isochrones(
    net: WalkNetwork,
    facilities: gpd.GeoDataFrame,
    minutes: Minutes = (5, 10, 15),
    *,
    definition: str = EXACT,
    buffer_m: float = 25.0,
) -> gpd.GeoDataFrame:
    """Draw the area that people reach on foot around each facility.

    A point is inside the exact area if and only if its walking time is within the limit, inclusive: the area and
    `travel_times` never disagree. The other definitions are those of earlier studies, for comparison.

    Parameters
    ----------
    net
        Network.
    facilities
        Points in any CRS.
    minutes
        Limits, minutes.
    definition
        "exact"; "network_buffer": streets within the limit, buffered by `buffer_m` (sausage buffer); "hull":
        convex hull of the junctions within the limit, from the nearest junction; "node": whole streets between
        such junctions, buffered by `buffer_m` (the recipe of OSMnx's examples).
    buffer_m
        Buffer of "network_buffer" and "node", metres.

    Returns
    -------
    areas
        facility (index label), minutes, area_m2, geometry, in the CRS of the facilities; the largest limit comes
        first, so that maps draw the smaller areas on top. Definitions other than "exact" add the error against it:
        area_bias (share of the exact area) and symmetric_difference (share of the exact area).

    References
    ----------
    .. [1] Forsyth, A., Van Riper, D., Larson, N., Wall, M., Neumark-Sztainer, D. (2012). Creating a replicable,
       valid cross-platform buffering technique: the sausage network buffer. International Journal of Health
       Geographics 11.

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
    >>> centres = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0], [0]), index=["A"], crs=32648)
    >>> from planner.api.networks import walk_network
    >>> isochrones(walk_network(road), centres, minutes=[5, 10])[["facility", "minutes", "area_m2"]].round(0)
      facility  minutes  area_m2
    0        A     10.0  62851.0
    1        A      5.0  32851.0
    """
    limits = read_minutes(minutes)
    check_choice("definition", definition, DEFINITIONS)
    walker = walker_of(net)
    points = read_points(walker, facilities, name="facilities")
    with CallProgress("isochrones") as progress:
        exact = progress.areas(walker, points.snaps, limits_min=limits)
    areas = exact
    if definition != EXACT:
        width_m = check_number("buffer_m", buffer_m, least=0.1)
        areas = approximate_areas(walker, points.snaps, limits, definition=definition, buffer_m=width_m)
    table = _area_table(points, areas, limits, net)
    if definition != EXACT:
        table = gpd.GeoDataFrame(table.assign(**area_errors(areas[:, ::-1].T.ravel(), exact[:, ::-1].T.ravel())))
    return AreaFrame(restore_crs(table, points.frame.crs))


def _area_table(
    points: Points, areas: NDArray[np.object_], limits: Sequence[float], net: WalkNetwork
) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {
            "facility": np.tile(points.labels.to_numpy(), len(limits)),
            "minutes": np.repeat(limits[::-1], len(points.labels)),
        },
        geometry=areas[:, ::-1].T.ravel(),
        crs=net.crs,
    )
    return gpd.GeoDataFrame(frame.assign(area_m2=frame.area)[["facility", "minutes", "area_m2", "geometry"]])


def service_areas(
    net: WalkNetwork, facilities: gpd.GeoDataFrame, minutes: Minutes = (5, 10, 15), *, rings: bool = False
) -> gpd.GeoDataFrame:
    """Draw the area within each limit of any facility: the union of all isochrones.

    Parameters
    ----------
    net
        Network.
    facilities
        Points in any CRS.
    minutes
        Limits, minutes.
    rings
        True leaves out of each area that of the next smaller limit.

    Returns
    -------
    areas
        minutes, area_m2, geometry, in the CRS of the facilities; the largest limit first.

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
    >>> centres = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 600], [0, 0]), crs=32648)
    >>> from planner.api.networks import walk_network
    >>> service_areas(walk_network(road), centres, minutes=10)["area_m2"].round(0).tolist()
    [67851.0]
    """
    limits, walker = read_minutes(minutes), walker_of(net)
    points = read_points(walker, facilities, name="facilities")
    with CallProgress("service_areas") as progress:
        areas = progress.areas(walker, points.snaps, limits_min=limits)
    merged = merge_service_areas(areas, limits_min=limits, crs=net.crs)
    shapes = merged.geometry
    if rings:
        shapes = gpd.GeoSeries(
            [shapes[0], *(outer.difference(inner) for inner, outer in pairwise(shapes))],
            crs=net.crs,
        )
    table = gpd.GeoDataFrame({"minutes": limits, "area_m2": shapes.area}, geometry=shapes.to_numpy(), crs=net.crs)
    return AreaFrame(restore_crs(gpd.GeoDataFrame(table[::-1].reset_index(drop=True)), points.frame.crs))


def travel_times(
    net: WalkNetwork, facilities: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, cutoff: float = 15.0
) -> pd.DataFrame:
    """Measure the walk between every facility and every demand point within a cutoff.

    Parameters
    ----------
    net
        Network.
    facilities, demand
        Points in any CRS.
    cutoff
        Longest walk, minutes, inclusive.

    Returns
    -------
    times
        One row a pair within the cutoff: facility, demand (index labels), minutes. It is the cost frame of PySAL's
        `access`: origin = "demand", dest = "facility", cost = "minutes".

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
    >>> centres = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0], [0]), index=["A"], crs=32648)
    >>> homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([300, 600], [0, 0]), index=["x", "y"], crs=32648)
    >>> from planner.api.networks import walk_network
    >>> travel_times(walk_network(road), centres, homes, cutoff=8)
      facility demand  minutes
    0        A      x      5.0
    """
    limit = read_limit(cutoff, name="cutoff")
    walker = walker_of(net)
    starts, ends = read_points(walker, facilities, name="facilities"), read_points(walker, demand, name="demand")
    with CallProgress("travel_times") as progress:
        times = progress.times(walker, starts.snaps, ends.snaps, within_min=limit)
    return pd.DataFrame(
        {
            "facility": starts.labels.to_numpy()[times.facility],
            "demand": ends.labels.to_numpy()[times.demand],
            "minutes": times.minutes,
        }
    )


def nearest(
    net: WalkNetwork, facilities: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, cutoff: float | None = None
) -> pd.DataFrame:
    """Find the nearest facility of every demand point.

    Parameters
    ----------
    net
        Network.
    facilities, demand
        Points in any CRS.
    cutoff
        Longest walk, minutes, inclusive; None: however long.

    Returns
    -------
    nearest
        One row a demand point, with its index: facility (index label, missing if there is none within the cutoff)
        and minutes (`inf` if there is none).

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 600 0)"], crs=32648).to_frame("geometry")
    >>> centres = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 600], [0, 0]), index=["A", "B"], crs=32648)
    >>> homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([180, 540], [0, 0]), index=["x", "y"], crs=32648)
    >>> from planner.api.networks import walk_network
    >>> nearest(walk_network(road), centres, homes)
      facility  minutes
    x        A      3.0
    y        B      1.0
    """
    walker = walker_of(net)
    limit = walker.upper_bound_min if cutoff is None else read_limit(cutoff, name="cutoff")
    starts, ends = read_points(walker, facilities, name="facilities"), read_points(walker, demand, name="demand")
    minutes, facility = walker.nearest(starts.snaps, ends.snaps, within_min=limit)
    return pd.DataFrame({"facility": labels_at(starts.labels, facility), "minutes": minutes}, index=ends.labels)
