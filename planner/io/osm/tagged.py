"""Objects of an extract by their tags: the facilities of a service."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import geopandas as gpd
from shapely import Point

from planner.io.osm.objects import (
    DEGREES,
    Multipolygon,
    areas_with,
    multipolygons_with,
    nodes_with,
    open_extract,
)

TOLD = ("name", "capacity", "opening_hours", "wheelchair")
ANY = "*"

Object = tuple[str, Mapping[str, str], Point]
"""Id, tags and position of an object; an area stands at a point inside it."""


class TaggedObjects:
    """What carries one of some keys in an extract, read once for all services that select from it.

    Parameters
    ----------
    path
        The extract; opened at the first selection.
    keys
        Keys of all tags that are selected.
    """

    def __init__(self, path: Path, keys: Collection[str]) -> None:
        self._path, self._keys = path, tuple(dict.fromkeys(keys))

    @cached_property
    def _read(self) -> tuple[list[Object], list[Multipolygon]]:
        with open_extract(self._path) as source:
            nodes = [(f"n{number}", own, Point(at)) for number, own, at in nodes_with(source.path, self._keys)]
            areas = [
                (area.id, area.tags, area.shape.representative_point())
                for area in areas_with(source.path, self._keys, outlines=True)
            ]
            return [*nodes, *areas], multipolygons_with(source.path, self._keys)

    def select(self, tags: Mapping[str, Sequence[str]]) -> gpd.GeoDataFrame:
        """Return what carries one of some tags, as `read_osm_tagged` does."""
        objects, relations = self._read
        # A way that outlines a multipolygon with one of the keys is that multipolygon.
        outlining = [relation.outer for relation in relations if not relation.tags.keys().isdisjoint(tags)]
        outlines = {f"w{way}" for ways in outlining for way in ways}
        rows = [
            (ident, own, kind, place)
            for ident, own, place in objects
            if ident not in outlines and (kind := _first_tag(own, tags))
        ]
        return gpd.GeoDataFrame(
            {
                "id": [ident for ident, _, _, _ in rows],
                "kind": [kind for _, _, kind, _ in rows],
                **{name: [own.get(name, "") for _, own, _, _ in rows] for name in TOLD},
            },
            geometry=[place for _, _, _, place in rows],
            crs=DEGREES,
        )


def read_osm_tagged(path: Path, tags: Mapping[str, Sequence[str]]) -> gpd.GeoDataFrame:
    """Read what carries one of some tags, as points.

    Parameters
    ----------
    tags
        Values by key, one of which an object must have; "*" stands for any.

    Returns
    -------
    points
        In degrees: `id` (n… a node, w… a way, r… a relation), `kind` (the first tag that fits, as
        ``amenity=clinic``), and `name`, `capacity`, `opening_hours`, `wheelchair` as the object states them ("" if
        not). Areas stand at a point inside them.

    Raises
    ------
    DataError
        The file is missing, damaged, or not an extract.

    Examples
    --------
    >>> import tempfile
    >>> library = '''<osm version="0.6"><node id="1" lon="24.95" lat="60.17">
    ...   <tag k="amenity" v="library"/><tag k="name" v="Oodi"/></node></osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "library.osm")
    ...     written = file.write_text(library, encoding="utf-8")
    ...     found = [read_osm_tagged(file, {"amenity": [word]}) for word in ("library", "*", "school")]
    >>> [table["kind"].tolist() for table in found]
    [['amenity=library'], ['amenity=library'], []]
    """
    return TaggedObjects(path, tuple(tags)).select(tags)


def _first_tag(own: Mapping[str, str], tags: Mapping[str, Sequence[str]]) -> str:
    fits = (key for key, values in tags.items() if key in own and (ANY in values or own[key] in values))
    return next((f"{key}={own[key]}" for key in fits), "")
