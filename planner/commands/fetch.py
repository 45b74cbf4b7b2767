"""`planner fetch`: download the streets of a place from OpenStreetMap, with a study file that uses them.

Steps: find the place, add the margin, query OpenStreetMap, write an extract of the answers, read it as any other
extract, and write all files or none.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from planner.commands.new import write_study
from planner.commands.streams import StageReport, print_results, print_status
from planner.config.sections.layers import Layer
from planner.config.sections.walking import LimitSettings, WalkingSettings
from planner.io.layers import read_layer
from planner.io.osm.elements import write_extract
from planner.io.osm.extract import (
    BARRIERS,
    PLACE_KEYS,
    WATER,
    read_osm_barriers,
    read_osm_building_uses,
    read_osm_places,
    read_osm_street_data,
    read_osm_water,
)
from planner.io.osm.objects import DEGREES
from planner.io.osm.place import ATTRIBUTION, LICENCE, PlaceBoundary, add_margin, choose_place, read_boundary
from planner.io.osm.servers import NOMINATIM, OVERPASS, CachedAnswers, OsmServers, ServerWait, Tags
from planner.messages.catalogue import Texts
from planner.messages.errors import FetchError, Issue, OutputError
from planner.messages.progress import Progress, silent
from planner.network.walk import WalkSettings, walking_profiles
from planner.reporting.files.exchange import replace_files, staging_folder
from planner.reporting.tables.geopackage import write_layers
from planner.reporting.write import UNWRITABLE, check_writable, unwritable_error
from planner.schemas.table_schema import AREAS, TableSchema

if TYPE_CHECKING:
    import geopandas as gpd

BOUNDARY: TableSchema[gpd.GeoDataFrame] = TableSchema(
    name="boundary", columns=(), geometry_types=AREAS, as_type=lambda frame: frame, has_ids=False
)
"""Schema of a boundary file: areas with any columns."""

CACHE = ".fetched"
GEOPACKAGE, EXTRACT, PROVENANCE, STUDY = "osm.gpkg", "osm.osm.pbf", "osm.provenance.json", "study.toml"

STREET_TAGS: Tags = {"highway": True}
EXTRAS: Mapping[str, tuple[Tags, Callable[[Path], gpd.GeoDataFrame]]] = {
    "amenities": (dict.fromkeys(PLACE_KEYS, True), read_osm_places),
    "buildings": ({"building": True}, read_osm_building_uses),
    "water": (dict(WATER), read_osm_water),
    "barriers": (
        {
            "railway": [value for key, value in BARRIERS if key == "railway"],
            "barrier": [value for key, value in BARRIERS if key == "barrier"],
        },
        read_osm_barriers,
    ),
}
"""Further layers: OSM tags to download, and the reader of the extract."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Request of a download."""

    place: str = ""
    """A name, as "海勃湾区, 乌海市", or an OSM id, as R2181; "" with a boundary."""
    boundary: Path | None = None
    """A file with the district's polygons instead."""
    margin_m: float | None = None
    """Margin around the boundary, metres; None for the longest walk of a study with default settings."""
    extras: tuple[str, ...] = ()
    """Names of further layers in `EXTRAS`."""


def run_command(options: Namespace, texts: Texts) -> None:
    """Download the streets of a place."""
    progress = StageReport(texts)

    def print_wait(wait: ServerWait) -> None:
        values = {"reason": wait.reason.in_words(texts.language), "seconds": f"{wait.seconds:g}"}
        print_status("\n" + texts("cli.fetch_wait", **values, attempt=f"{wait.attempt}/{wait.attempts}"))

    servers = OsmServers(
        cache=options.out / CACHE,
        overpass=options.endpoint or OVERPASS,
        nominatim=options.nominatim or NOMINATIM,
        language=texts.language,
        waiting=print_wait,
    )
    extras = tuple(dict.fromkeys(options.extras or ()))
    request = Fetch(options.place, options.boundary, options.margin_m, extras)
    with progress:
        files = fetch(request, options.out, servers, progress=progress)
    progress.done()
    print_status(texts("cli.fetched", attribution="© OpenStreetMap contributors, ODbL 1.0"))
    print_results(*files)


def fetch(request: Fetch, folder: Path, servers: OsmServers, *, progress: Progress = silent) -> list[Path]:
    """Download the streets of a place, and write them with a study file that uses them.

    Parameters
    ----------
    request
        Place, margin and layers.
    folder
        Folder for the files. An existing study file is kept.
    servers
        Servers to query; `servers.cache` keeps answers, so that another run continues.
    progress
        Called with the name of each stage when it starts.

    Returns
    -------
    files
        The GeoPackage (layers streets, gates, left_out, boundary, and the extras), the extract that it was read
        from, the record of the queries, and the study file unless there was one.

    Raises
    ------
    FetchError
        There is no such place, or several; or a server does not answer.
    OutputError
        The folder cannot be written; earlier files are unchanged.
    """
    names = [GEOPACKAGE, EXTRACT, PROVENANCE]
    check_writable(folder, [*names, STUDY])

    progress("find_place")
    place, found = _find(request, servers)
    margin_m = default_margin_m() if request.margin_m is None else request.margin_m
    area = add_margin(place.boundary, margin_m, source=place.name)

    questions: dict[str, Tags] = {"streets": STREET_TAGS, **{name: EXTRAS[name][0] for name in request.extras}}
    answers: dict[str, CachedAnswers] = {}
    for name, tags in questions.items():
        progress(f"fetch_{name}")
        answers[name] = servers.find_elements(area, tags)

    progress("write_fetched")
    try:
        with staging_folder(folder) as making:
            every = [answer for kept in answers.values() for answer in kept.answers]
            write_extract(every, making / EXTRACT, source=servers.overpass)
            layers = _layers(making / EXTRACT, place, area, request.extras)
            record = _record(request, place, margin_m, servers, questions, answers, found)
            sourced = {"source": ATTRIBUTION, "osm_date": record["data_of"]}
            written = {name: layer.assign(**sourced) for name, layer in layers.items() if not layer.empty}
            write_layers(written, making / GEOPACKAGE)
            text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
            (making / PROVENANCE).write_text(text, "utf-8", newline="\n")
            replace_files(making, folder, names)
    except OutputError:
        raise
    except UNWRITABLE as error:
        raise unwritable_error(folder, error) from error
    files = [folder / name for name in names]
    if not (folder / STUDY).exists():
        files.append(write_study(folder, servers.language, name=place.name)[0])
    return files


def default_margin_m() -> float:
    """Return the length of the longest walk of a study with default settings, door to door, metres.

    Examples
    --------
    >>> round(default_margin_m(), 6)
    950.0
    """
    walking = WalkingSettings()
    walk = WalkSettings(walking_profiles()[walking.profile].speed_kmh, walking.access_m)
    return walk.metres(max(LimitSettings().minutes)) + walk.access_m


def _find(request: Fetch, servers: OsmServers) -> tuple[PlaceBoundary, str]:
    """Return the place, and the time of the query."""
    if bool(request.place) == (request.boundary is not None):
        raise FetchError(request.place or "planner fetch", [Issue("place_or_boundary")])
    if request.boundary is None:
        kept = servers.find_place(request.place)
        return choose_place(request.place, kept.answers), kept.dated
    layer = read_layer(request.boundary, Layer(path=request.boundary), setting="--boundary", schema=BOUNDARY)
    if layer.issues:
        raise FetchError(str(request.boundary), layer.issues)
    return PlaceBoundary(request.boundary.stem, "", read_boundary(layer.frame, source=str(request.boundary))), ""


def _layers(
    extract: Path, place: PlaceBoundary, area: shapely.Geometry, extras: tuple[str, ...]
) -> dict[str, gpd.GeoDataFrame]:
    import geopandas as gpd

    walk = read_osm_street_data(extract)
    read = {"streets": walk.streets, "gates": walk.gates, "left_out": walk.left_out}
    read |= {name: EXTRAS[name][1](extract) for name in extras}
    shapely.prepare(area)
    inside = {
        name: layer[shapely.intersects(area, layer.geometry.array)].reset_index(drop=True)
        for name, layer in read.items()
    }
    if inside["streets"].empty:
        raise FetchError(place.name, [Issue("no_streets_there")])
    boundary = gpd.GeoDataFrame(
        {"id": [place.osm_id], "name": [place.name]}, geometry=[place.boundary], crs=DEGREES
    )
    return {**inside, "boundary": boundary}


def _record(
    request: Fetch,
    place: PlaceBoundary,
    margin_m: float,
    servers: OsmServers,
    questions: Mapping[str, Tags],
    answers: Mapping[str, CachedAnswers],
    place_answered: str,
) -> dict[str, Any]:
    dates = [
        str(answer["osm3s"]["timestamp_osm_base"])
        for kept in answers.values()
        for answer in kept.answers
        if isinstance(answer.get("osm3s"), dict) and "timestamp_osm_base" in answer["osm3s"]
    ]
    return {
        "attribution": ATTRIBUTION,
        "licence": LICENCE,
        "place": {
            "asked": request.place or str(request.boundary),
            "name": place.name,
            "osm_id": place.osm_id,
            "server": servers.nominatim if request.place else "",
            "answered": place_answered,
        },
        "margin_m": margin_m,
        "data_of": min(dates, default=""),
        "questions": [
            {"layer": name, "server": servers.overpass, "tags": tags, "answered": answers[name].dated}
            for name, tags in questions.items()
        ],
        "rules": "planner.io.osm.walkable_tags",
    }
