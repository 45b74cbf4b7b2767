"""Shops, offices and enterprises of OpenStreetMap as points: what business circles are made of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from planner.inputs.osm_objects import DEGREES, points_with, told_apart

VACANT = frozenset({"no", "vacant", "disused", "abandoned", "construction"})
"""Values that say that nothing is there (any more, or yet)."""

ALL = frozenset[str]()
"""Stands for every value but those that say that nothing is there."""

ENTERPRISE_OFFICES = frozenset({"company", "coworking", "it", "telecommunication", "energy_supplier", "logistics"})

KINDS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("enterprise", "office", ENTERPRISE_OFFICES),
    ("enterprise", "industrial", ALL),
    ("enterprise", "craft", ALL),
    ("enterprise", "man_made", frozenset({"works"})),
    ("office", "office", ALL),
    ("office", "amenity", frozenset({"townhall", "courthouse", "police", "post_office"})),
    ("shop", "shop", ALL),
    ("shop", "amenity", frozenset({"marketplace", "pharmacy", "fuel", "bank", "bureau_de_change", "car_rental"})),
    ("eating", "amenity", frozenset({"restaurant", "fast_food", "cafe", "food_court", "bar", "pub", "ice_cream"})),
    ("leisure", "amenity", frozenset({"cinema", "theatre", "nightclub", "karaoke_box", "internet_cafe"})),
    ("leisure", "leisure", frozenset({"fitness_centre", "bowling_alley", "amusement_arcade"})),
    ("lodging", "tourism", frozenset({"hotel", "hostel", "motel", "guest_house"})),
)
"""What each kind is told by: the key and the values that count, the first line that fits.

Schools, hospitals, places of worship, parking and street furniture are left out: people are there by day, but they
make no business circle.
"""

AMENITY_KEYS = tuple(dict.fromkeys(key for _, key, _ in KINDS))


def read_osm_amenities(path: Path) -> gpd.GeoDataFrame:
    """Read shops, offices and enterprises of an extract as points.

    Parameters
    ----------
    path
        The extract.

    Returns
    -------
    amenities
        In degrees: `id` (n… a node, w… a way, r… a relation), `name` ("" if none), `kind` (enterprise, office,
        shop, eating, leisure, lodging), `tag` (what tells it, as ``shop=bakery``). Nodes where they are, then
        areas by a point inside them.

    Raises
    ------
    DataError
        The file is missing, damaged, or not an extract.

    Examples
    --------
    >>> import tempfile
    >>> bakery = '''<osm version="0.6"><node id="1" lon="24.95" lat="60.17">
    ...   <tag k="shop" v="bakery"/><tag k="name" v="Ekberg"/></node></osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "bakery.osm")
    ...     written = file.write_text(bakery, encoding="utf-8")
    ...     amenities = read_osm_amenities(file)
    >>> amenities.drop(columns="geometry").values.tolist()
    [['n1', 'Ekberg', 'shop', 'shop=bakery']]
    """
    with told_apart(path):
        found = points_with(path, AMENITY_KEYS)
    kept = [(ident, tags, point, told) for ident, tags, point in found if (told := amenity_kind(tags))]
    return gpd.GeoDataFrame(
        {
            "id": [ident for ident, _, _, _ in kept],
            "name": [tags.get("name", "") for _, tags, _, _ in kept],
            "kind": [kind for _, _, _, (kind, _) in kept],
            "tag": [f"{key}={tags[key]}" for _, tags, _, (_, key) in kept],
        },
        geometry=[point for _, _, point, _ in kept],
        crs=DEGREES,
    )


def amenity_kind(tags: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the kind of a place and the key that tells it, or None where it is none of `KINDS`.

    Examples
    --------
    >>> amenity_kind({"office": "company"}), amenity_kind({"office": "lawyer"}), amenity_kind({"shop": "vacant"})
    (('enterprise', 'office'), ('office', 'office'), None)
    """
    for kind, key, values in KINDS:
        value = tags.get(key)
        if value is not None and value not in VACANT and (not values or value in values):
            return kind, key
    return None
