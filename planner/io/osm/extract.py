"""OpenStreetMap extracts (.osm.pbf, .osm, .osm.gz, .osm.bz2): walkable streets, buildings, points of interest.

Everything comes out in degrees (EPSG:4326), ordered by id. What counts as walkable is written in
`planner.io.osm.walkable_tags`.

An extract is often cut at a box. A street that loses nodes there keeps its remaining stretches; an area that
loses any is left out, because its outline is unknown.

All readers raise `DataError` where the file is missing, damaged, or not an extract.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.garbage import without_collections
from planner.io.osm.building_tags import building_use, parse_height_m, parse_storeys
from planner.io.osm.gates import GatedLines, stop_at_gates
from planner.io.osm.objects import DEGREES, NodeGap, areas_with, locate_ways, open_extract, points_with
from planner.io.osm.plain_extracts import PlainExtract
from planner.io.osm.squares import Square, UncrossedSquare, draw_crossing_lines, find_squares
from planner.io.osm.walkable_tags import PRIVATE, is_built
from planner.io.osm.ways import ExcludedWay, WalkableWays, crossings_of, join_places, read_walkable_ways
from planner.schemas.tables import OTHER_USE

PLACE_KEYS = ("shop", "office", "craft", "amenity", "tourism", "leisure", "healthcare")
"""Keys of places where people work or go; an object with several counts under the first."""


@dataclass(frozen=True, slots=True, eq=False)
class OsmStreets:
    """Streets, gates and excluded ways of an extract."""

    streets: gpd.GeoDataFrame
    """As `read_osm_streets` returns them."""
    gates: gpd.GeoDataFrame
    """Barriers at nodes of these streets, points in degrees: `id` (n…), `kind` (`barrier`), `passable`, `hours`
    (`opening_hours`, "" if none), `tags` (all of them, JSON). Streets stop 5 cm short of those that are not
    passable, on either side: joining the ends within 0.1 m of one opens it."""
    left_out: gpd.GeoDataFrame
    """Ways that the rules leave out although their class is walked on, lines in degrees: `id`, `kind` (`highway`),
    `reason` (the deciding tag, `walking_obstacle`), `word` (its value). Private ways of compounds are not among
    them: they are streets, with `access` "private"."""
    other_classes: gpd.GeoDataFrame
    """The same for ways of classes that nobody walks on."""
    gaps: gpd.GeoDataFrame
    """Where the file lacks nodes of walkable ways and squares, in degrees: `id` (w… or r…), `nodes` (how many); a
    line between the nodes on both sides, a point where the way breaks off, None where no node is known."""
    uncrossed: gpd.GeoDataFrame
    """Squares that are walked round, not across, points in degrees: `id`, `reason`, `places`, as
    `planner.io.osm.squares.UncrossedSquare` has them."""
    apart: int
    """How many nodes stand exactly above another one that they do not join."""
    source: PlainExtract
    """What was done to the file before it was read."""


def read_osm_streets(path: Path) -> gpd.GeoDataFrame:
    """Read the walkable ways of an extract.

    Vertices are the nodes of OpenStreetMap, so that two streets share a vertex exactly where they share a
    node; bridges and underpasses share none. What counts as walkable is written in
    `planner.io.osm.walkable_tags`.

    Returns
    -------
    streets
        One row a way, in degrees: `id` (of the way, text), `name` ("" if none), `kind` (`highway`),
        `crossing` (how a street is crossed, for the parts of footways that cross one, "unknown" where nobody
        states; "" for all else), `structure` ("bridge", "tunnel" or ""), `gated` (it stops at a closed gate),
        `square` (it leads across a square), `access` ("private" for ways of compounds, else ""). A LineString,
        or a MultiLineString where the extract lacks nodes in the middle of a way, or a gate is closed. No rows if
        nothing is walkable.

    Examples
    --------
    >>> import tempfile
    >>> lane = '''<osm version="0.6">
    ...   <node id="1" lon="24.94" lat="60.17"/><node id="2" lon="24.95" lat="60.17"/>
    ...   <way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="footway"/></way>
    ... </osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "lane.osm")
    ...     written = file.write_text(lane, encoding="utf-8")
    ...     streets = read_osm_streets(file)
    >>> streets[["id", "kind"]].values.tolist(), streets.geometry[0].wkt
    ([['7', 'footway']], 'LINESTRING (24.94 60.17, 24.95 60.17)')
    """
    return read_osm_street_data(path).streets


@without_collections()
def read_osm_street_data(path: Path) -> OsmStreets:
    """Read the walkable ways of an extract, its gates, and what the rules leave out."""
    with open_extract(path) as source:
        walked = read_walkable_ways(source.path)
        squares, lacking = find_squares(source.path, walked)
    private = np.array([way.is_private for way in walked.ways], dtype=bool)
    gated = stop_at_gates(walked.lines, walked.gates, private)
    across, uncrossed = draw_crossing_lines(squares, walked)
    parts = [_ways(walked, gated), _squares(squares, walked, across)]
    streets = gpd.GeoDataFrame(pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True))
    return OsmStreets(
        streets=streets,
        gates=_gates(gated),
        left_out=_left_out([way for way in walked.left_out if way.reason != "class"]),
        other_classes=_left_out([way for way in walked.left_out if way.reason == "class"]),
        gaps=gaps_as_frame([*walked.gaps, *lacking]),
        uncrossed=_uncrossed_as_frame(uncrossed),
        apart=len(walked.places.moved),
        source=source,
    )


def _ways(walked: WalkableWays, gated: GatedLines) -> gpd.GeoDataFrame:
    ways = walked.ways
    kinds = [way.kind for way in ways]
    return gpd.GeoDataFrame(
        {
            "id": [str(way.id) for way in ways],
            "name": [way.name for way in ways],
            "kind": kinds,
            "crossing": crossings_of(walked),
            "structure": [way.structure for way in ways],
            "gated": gated.stopped,
            "square": np.zeros(len(ways), dtype=bool),
            "access": [PRIVATE if way.is_private else "" for way in ways],
        },
        geometry=gated.lines,
        crs=DEGREES,
    )


def _squares(
    squares: Sequence[Square], walked: WalkableWays, across: Sequence[Sequence[shapely.Geometry]]
) -> gpd.GeoDataFrame:
    """Return a row for the lines across each square, and one for each outline that is no street yet."""
    ways = {way.id for way in walked.ways}
    rows: list[tuple[str, Square, bool, shapely.Geometry]] = []
    for square, lines in zip(squares, across, strict=True):
        if not square.ways <= ways:
            rows.append((square.id, square, False, shapely.boundary(square.shape)))
        if lines:
            rows.append((f"{square.id} across", square, True, shapely.multilinestrings(lines)))
    kinds = [square.kind for _, square, _, _ in rows]
    nowhere = np.zeros(len(rows), dtype=bool)
    return gpd.GeoDataFrame(
        {
            "id": [ident for ident, _, _, _ in rows],
            "name": [square.name for _, square, _, _ in rows],
            "kind": kinds,
            "crossing": [""] * len(rows),
            "structure": [""] * len(rows),
            "gated": nowhere,
            "square": np.array([across for _, _, across, _ in rows], dtype=bool),
            "access": [PRIVATE if square.is_private else "" for _, square, _, _ in rows],
        },
        geometry=[line for _, _, _, line in rows],
        crs=DEGREES,
    )


def _gates(gated: GatedLines) -> gpd.GeoDataFrame:
    gates = gated.gates
    return gpd.GeoDataFrame(
        {
            "id": [f"n{gate.id}" for gate in gates],
            "kind": [gate.tags["barrier"] for gate in gates],
            "passable": np.array([gate.passable for gate in gates], dtype=bool),
            "hours": [gate.tags.get("opening_hours", "") for gate in gates],
            "tags": [json.dumps(gate.tags, ensure_ascii=False, sort_keys=True) for gate in gates],
        },
        geometry=[shapely.Point(gate.place) for gate in gates],
        crs=DEGREES,
    )


def _left_out(ways: Sequence[ExcludedWay]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": [str(way.id) for way in ways],
            "kind": [way.kind for way in ways],
            "reason": [way.reason for way in ways],
            "word": [way.word for way in ways],
        },
        geometry=[way.line for way in ways],
        crs=DEGREES,
    )


def _uncrossed_as_frame(squares: Sequence[UncrossedSquare]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": [square.id for square in squares],
            "reason": [square.reason for square in squares],
            "places": [square.places for square in squares],
        },
        geometry=[square.place for square in squares],
        crs=DEGREES,
    )


def gaps_as_frame(gaps: Sequence[NodeGap]) -> gpd.GeoDataFrame:
    """Return what a file lacks as a table: `id`, `nodes` (how many), and where, in degrees."""
    return gpd.GeoDataFrame(
        {"id": [gap.id for gap in gaps], "nodes": [gap.nodes for gap in gaps]},
        geometry=[gap.place for gap in gaps],
        crs=DEGREES,
    )


def read_osm_buildings(path: Path) -> gpd.GeoDataFrame:
    """Read the buildings of an extract.

    Closed ways and multipolygon relations tagged `building`. An outline whose relation is tagged too is read
    once, as the relation with its courtyards.

    Returns
    -------
    buildings
        Valid polygons in degrees: `id` (w… a way, r… a relation), `name` ("" if none), `building` (the tag's
        value), `levels` (storeys above ground, NaN where unknown).

    Examples
    --------
    >>> import tempfile
    >>> hut = '''<osm version="0.6">
    ...   <node id="1" lon="0" lat="0"/><node id="2" lon="1" lat="0"/><node id="3" lon="1" lat="1"/>
    ...   <way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/>
    ...     <tag k="building" v="hut"/><tag k="building:levels" v="2"/></way>
    ... </osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "hut.osm")
    ...     written = file.write_text(hut, encoding="utf-8")
    ...     buildings = read_osm_buildings(file)
    >>> buildings[["id", "building", "levels"]].values.tolist(), buildings.geometry[0].area
    ([['w7', 'hut', 2.0]], 0.5)
    """
    return gpd.GeoDataFrame(read_osm_building_uses(path).drop(columns=["height_m", OTHER_USE]))


def read_osm_building_uses(path: Path) -> gpd.GeoDataFrame:
    """Read the buildings of an extract as `read_osm_buildings` does, with what else they state of people in them.

    Returns
    -------
    buildings
        With `height_m` (NaN where unknown) and `other_use` (what it states that it is used for besides, as
        ``shop=mall``; "" if nothing).
    """
    return read_osm_building_areas(path)[0]


def read_osm_building_areas(path: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, tuple[str, ...]]:
    """Read buildings (`read_osm_building_uses`), what the file lacks of others, and storeys that are no number."""
    gaps: list[NodeGap] = []
    with open_extract(path) as source:
        result = areas_with(source.path, ["building"], gaps=gaps)
        areas = [area for area in result if area.tags["building"] != "no"]
    levels = [(area.tags.get("building:levels", ""), parse_storeys) for area in areas]
    heights = [(area.tags.get("height") or area.tags.get("building:height", ""), parse_height_m) for area in areas]
    unread = [written for written, read in (*levels, *heights) if written and math.isnan(read(written))]
    buildings = gpd.GeoDataFrame(
        {
            "id": [area.id for area in areas],
            "name": [area.tags.get("name", "") for area in areas],
            "building": [area.tags["building"] for area in areas],
            "levels": [read(written) for written, read in levels],
            "height_m": [read(written) for written, read in heights],
            OTHER_USE: [building_use(area.tags) for area in areas],
        },
        geometry=[area.shape for area in areas],
        crs=DEGREES,
    )
    return buildings, gaps_as_frame(gaps), tuple(dict.fromkeys(unread))


def read_osm_places(path: Path) -> gpd.GeoDataFrame:
    """Read shops, offices and other places where people work or go, as points.

    Which of them make business areas, and how many work there, follows from the table of place kinds.

    Returns
    -------
    places
        In degrees: `id`, `name`, `kind` (as ``shop=bakery``), and the rest of `read_osm_points`.
    """
    places = read_osm_points(path, PLACE_KEYS)
    return gpd.GeoDataFrame(places.assign(kind=places["key"] + "=" + places["value"]))


def read_osm_points(path: Path, keys: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Read what carries one of `keys`, such as ("amenity", "shop"), as points.

    Parameters
    ----------
    keys
        The keys looked for; what carries several counts under the first of them.

    Returns
    -------
    points
        In degrees: `id` (n… a node, w… a way, r… a relation), `name` ("" if none), `key` and `value`. Nodes
        where they are, then areas by a point inside them.

    Examples
    --------
    >>> import tempfile
    >>> library = '''<osm version="0.6"><node id="1" lon="24.95" lat="60.17">
    ...   <tag k="amenity" v="library"/><tag k="name" v="Oodi"/></node></osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "library.osm")
    ...     written = file.write_text(library, encoding="utf-8")
    ...     points = read_osm_points(file, ("amenity",))
    >>> points.drop(columns="geometry").values.tolist(), points.geometry[0].wkt
    ([['n1', 'Oodi', 'amenity', 'library']], 'POINT (24.95 60.17)')
    """
    with open_extract(path) as source:
        result = points_with(source.path, keys)
    first = [next(key for key in keys if key in tags) for _, tags, _ in result]
    return gpd.GeoDataFrame(
        {
            "id": [ident for ident, _, _ in result],
            "name": [tags.get("name", "") for _, tags, _ in result],
            "key": first,
            "value": [tags[key] for key, (_, tags, _) in zip(first, result, strict=True)],
        },
        geometry=[point for _, _, point in result],
        crs=DEGREES,
    )


WATER = (("natural", "water"), ("waterway", "riverbank"), ("landuse", "reservoir"))
"""Tags of water that fills an outline; coastlines have none."""

BARRIERS = (
    *(("railway", value) for value in ("rail", "light_rail")),
    *(("barrier", value) for value in ("wall", "fence", "city_wall", "retaining_wall")),
)
"""Tags of lines that nobody crosses but where a street does."""


def read_osm_water(path: Path) -> gpd.GeoDataFrame:
    """Read rivers, lakes and reservoirs that are drawn as areas: `id`, `name`; polygons in degrees."""
    with open_extract(path) as source:
        areas = [area for area in areas_with(source.path, _keys(WATER)) if _matching_value(area.tags, WATER)]
    return gpd.GeoDataFrame(
        {"id": [area.id for area in areas], "name": [area.tags.get("name", "") for area in areas]},
        geometry=[area.shape for area in areas],
        crs=DEGREES,
    )


def read_osm_barriers(path: Path) -> gpd.GeoDataFrame:
    """Read railways, walls and fences on the ground: `id`, `name`, `kind`; lines in degrees."""
    with open_extract(path) as source:
        ways, places = locate_ways(source.path, _keys(BARRIERS))
    results = []
    for way in ways:
        line = join_places([places.get(node) for node in way.nodes])
        kind = _matching_value(way.tags, BARRIERS)
        # Above and below ground they stop nobody.
        if kind and line is not None and not is_built(way.tags, "tunnel") and not is_built(way.tags, "bridge"):
            results.append((way, kind, line))
    return gpd.GeoDataFrame(
        {
            "id": [f"w{way.id}" for way, _, _ in results],
            "name": [way.tags.get("name", "") for way, _, _ in results],
            "kind": ["railway" if kind in ("rail", "light_rail") else kind for _, kind, _ in results],
        },
        geometry=[line for _, _, line in results],
        crs=DEGREES,
    )


def _keys(pairs: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for key, _ in pairs))


def _matching_value(tags: Mapping[str, str], pairs: tuple[tuple[str, str], ...]) -> str:
    return next((value for key, value in pairs if tags.get(key) == value), "")
