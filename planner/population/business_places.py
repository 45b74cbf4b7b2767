"""Places: shops, offices and enterprises, each with the people who work there by day."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pydantic

from planner.config.own_tables import read_kind_table
from planner.config.sections.base import Settings
from planner.messages.notices import Notice
from planner.schemas.tables import Places

OTHER = "other"
SHOWN_KINDS = 8


class PlaceKind(Settings):
    """One kind of place: what it is called, whether it makes circles, and how many people work at one."""

    id: str
    words: tuple[str, ...]
    circle: bool
    jobs: float = pydantic.Field(ge=0, le=100_000)
    landmark: int = pydantic.Field(ge=0, le=100)
    source: str
    source_zh: str = ""
    evidence: str


class PlaceKinds(Settings):
    """The table of kinds of places."""

    kind: tuple[PlaceKind, ...]

    def of(self, word: str) -> PlaceKind | None:
        """Return the kind that a word means: as it stands, else its value, else its key; None if none does.

        Examples
        --------
        >>> kinds = read_place_kinds(None, study="s")
        >>> [kinds.of(word).id for word in ("shop=florist", "amenity=school", "餐饮服务")]
        ['shop', 'public', 'catering']
        """
        by_word = {one.lower(): kind for kind in self.kind for one in kind.words}
        plain = word.strip().lower()
        key, _, value = plain.partition("=")
        return next((by_word[one] for one in (plain, value or plain, key) if one in by_word), None)


@dataclass(frozen=True, slots=True, eq=False)
class BusinessPlaces:
    """The places of a study."""

    points: gpd.GeoDataFrame
    """One row a place: id, name, kind (as given), kind_id (of the table), circle (whether it makes circles),
    workers (by day), workers_given (False where they come from the table), landmark, weight, geometry (Point)."""
    kinds: PlaceKinds
    """The table."""
    notices: tuple[Notice, ...]
    """Kinds that the table does not know."""


def read_place_kinds(table: Path | None, *, study: str) -> PlaceKinds:
    """Read the table of kinds of places: the one that ships, or the study's own.

    Raises
    ------
    StudyError
        The file cannot be read, is not TOML, or not in the form of the one that ships.
    """
    return read_kind_table(PlaceKinds, "place_kinds.toml", table, needs=[OTHER], study=study)


def business_places(places: Places, kinds: PlaceKinds) -> BusinessPlaces:
    """Give every place its kind of the table and its workers: its own jobs, else those of its kind.

    Examples
    --------
    >>> shops = gpd.GeoDataFrame({"id": ["1", "2"], "name": "", "kind": ["shop", "bank"], "jobs": [7.0, np.nan],
    ...     "weight": np.nan}, geometry=gpd.points_from_xy([0, 1], [0, 1]), crs=32648)
    >>> business_places(Places(shops), read_place_kinds(None, study="s")).points["workers"].tolist()
    [7.0, 12.89]
    """
    kind_of = {word: kinds.of(word) for word in set(places["kind"])}
    other = next(kind for kind in kinds.kind if kind.id == OTHER)
    place_kinds = [kind_of[word] or other for word in places["kind"]]
    given = places["jobs"].notna().to_numpy()
    by_kind = np.array([kind.jobs for kind in place_kinds])
    points = gpd.GeoDataFrame(
        {
            "id": places["id"],
            "name": places["name"],
            "kind": places["kind"],
            "kind_id": [kind.id for kind in place_kinds],
            "circle": [kind.circle for kind in place_kinds],
            "workers": np.where(given, places["jobs"], by_kind),
            "workers_given": given,
            "landmark": [kind.landmark for kind in place_kinds],
            "weight": places["weight"],
        },
        geometry=places.geometry.representative_point(),
        crs=places.crs,
    )
    strange = sorted(word for word, kind in kind_of.items() if kind is None)
    notices: tuple[Notice, ...] = ()
    if strange:
        rows = tuple(places["id"][places["kind"].isin(strange)])
        shown = ", ".join(strange[:SHOWN_KINDS]) + (" …" if len(strange) > SHOWN_KINDS else "")
        notices = (Notice("place_kind_unknown", "places", rows, values={"kinds": shown}),)
    return BusinessPlaces(points, kinds, notices)
