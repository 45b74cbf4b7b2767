"""Objects of an extract by their tags: the facilities of a service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd

from planner.io.osm.objects import DEGREES, open_extract, points_with

TOLD = ("name", "capacity", "opening_hours", "wheelchair")
ANY = "*"


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
    with open_extract(path) as source:
        points = points_with(source.path, tuple(tags))
    kinds = [_first_tag(own, tags) for _, own, _ in points]
    rows = [(ident, own, kind, place) for (ident, own, place), kind in zip(points, kinds, strict=True) if kind]
    return gpd.GeoDataFrame(
        {
            "id": [ident for ident, _, _, _ in rows],
            "kind": [kind for _, _, kind, _ in rows],
            **{name: [own.get(name, "") for _, own, _, _ in rows] for name in TOLD},
        },
        geometry=[place for _, _, _, place in rows],
        crs=DEGREES,
    )


def _first_tag(own: Mapping[str, str], tags: Mapping[str, Sequence[str]]) -> str:
    fits = (key for key, values in tags.items() if key in own and (ANY in values or own[key] in values))
    return next((f"{key}={own[key]}" for key in fits), "")
