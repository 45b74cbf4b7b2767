"""Dasymetric mapping: what a community counts in all, spread over its homes by floor area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pydantic
import shapely
from numpy.typing import NDArray

from planner.config.own_tables import read_kind_table
from planner.config.sections.base import Settings
from planner.messages.notices import Notice
from planner.population.along_streets import spread_along_streets
from planner.population.demand_points import DisaggregatedDemand, Entrances, community_at
from planner.schemas.tables import OTHER_USE, Buildings, Communities, Streets

UNSPECIFIED, OTHER = "unspecified", "other"
SHOWN_KINDS = 8
MOST_LEVELS = 200
"""More storeys are a slip of the pen: the highest building of the world has 163."""


class BuildingKind(Settings):
    """One kind of building: what it is called, the share of it that is lived in, and how high it is by default."""

    id: str
    words: tuple[str, ...]
    residential: float = pydantic.Field(ge=0, le=1)
    levels: float = pydantic.Field(gt=0, le=MOST_LEVELS)
    source: str
    source_zh: str = ""
    evidence: str


class BuildingKinds(Settings):
    """The table of kinds of buildings, each word in one kind only."""

    storey_m: float = pydantic.Field(gt=1, le=10)
    storey_source: str
    storey_evidence: str
    kind: tuple[BuildingKind, ...]

    def by_word(self) -> dict[str, BuildingKind]:
        """Return the kind that each word means, in small letters."""
        return {word.lower(): kind for kind in self.kind for word in kind.words}


@dataclass(frozen=True, slots=True, eq=False)
class ResidentialBuildings:
    """The buildings that people live in."""

    points: gpd.GeoDataFrame
    """One row a building with a residential share above zero: id, kind (of the table), floor_area_m2 (that is
    lived in), geometry (a point inside)."""
    notices: tuple[Notice, ...]
    """Kinds that the table does not know, and how many storeys were assumed."""
    tree: shapely.STRtree
    unused: tuple[int, ...] = ()
    """Index of the buildings that nobody lives in."""
    starts: NDArray[np.float64] | None = None
    """Where the people of each home start to walk, shape (homes, 2); None: where its point is."""

    def start_xy(self) -> NDArray[np.float64]:
        """Return where people start to walk, shape (homes, 2)."""
        return shapely.get_coordinates(self.points.geometry.array) if self.starts is None else self.starts

    def inside(self, outline: shapely.Geometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where the people of the homes inside an outline start, and the floor areas of these homes."""
        rows = np.sort(self.tree.query(outline, predicate="covers"))
        return self.start_xy()[rows], self.points["floor_area_m2"].to_numpy()[rows]


def read_building_kinds(table: Path | None, *, study: str) -> BuildingKinds:
    """Read the table of kinds of buildings: the one that ships, or the study's own.

    Raises
    ------
    StudyError
        The file cannot be read, is not TOML, or not in the form of the one that ships.
    """
    return read_kind_table(BuildingKinds, "building_kinds.toml", table, needs=[UNSPECIFIED, OTHER], study=study)


def select_residential(
    buildings: Buildings, kinds: BuildingKinds, *, doors: Entrances | None = None
) -> ResidentialBuildings:
    """Find the homes among buildings and measure their floor area.

    Floor area = footprint × levels × the residential share of the building's kind. Levels are the building's own,
    else its height over the height of a storey (at least one), else the default of its kind; more than
    `MOST_LEVELS` are not believed. A building of unspecified use that states on itself what it is used for houses
    nobody.

    Parameters
    ----------
    buildings
        Polygons with kind, levels and height_m, in metres.
    kinds
        The table.
    doors
        Where the people of large buildings start; None leaves all of them at a point inside.

    Returns
    -------
    homes
        Those with floor area that is lived in.

    Examples
    --------
    >>> huts = gpd.GeoDataFrame({"id": ["1", "2"], "kind": ["house", "school"], "levels": [2.0, 3.0],
    ...     "height_m": [np.nan, np.nan]}, geometry=[shapely.box(0, 0, 10, 10)] * 2, crs=32648)
    >>> select_residential(Buildings(huts), read_building_kinds(None, study="s")).points["floor_area_m2"].tolist()
    [200.0]
    """
    use = buildings[OTHER_USE].fillna("") if OTHER_USE in buildings else pd.Series("", index=buildings.index)
    kind, used_otherwise = _kinds_of(buildings, kinds, use)
    levels, given = _levels_of(buildings, kind, kinds.storey_m)
    floor_area = shapely.area(buildings.geometry.array) * levels * np.array([row.residential for row in kind])
    is_home = floor_area > 0
    points = gpd.GeoDataFrame(
        {
            "id": _ids(buildings)[is_home],
            "kind": np.array([one.id for one in kind], dtype=object)[is_home],
            "floor_area_m2": floor_area[is_home],
            "levels_given": given[is_home],
        },
        geometry=shapely.point_on_surface(buildings.geometry.array[is_home]),
        crs=buildings.crs,
    )
    notices = _notices_of(buildings, kinds, use.where(used_otherwise))
    without = int((~points["levels_given"]).sum())
    if without:
        values = {"count": f"{without}", "homes": f"{len(points)}"}
        notices.append(Notice("levels_assumed", "buildings", values=values))
    starts = None
    if doors is not None and len(points):
        places, at_outline = doors.of(np.asarray(buildings.geometry.array[is_home], dtype=object))
        starts = shapely.get_coordinates(places)
        if at_outline.any():
            notices.append(Notice("homes_at_outline", "buildings", tuple(points["id"][at_outline])))
    unused = tuple(buildings.index[~is_home].tolist())
    return ResidentialBuildings(points, tuple(notices), shapely.STRtree(points.geometry.array), unused, starts)


def _kinds_of(
    buildings: Buildings, kinds: BuildingKinds, use: pd.Series
) -> tuple[list[BuildingKind], NDArray[np.bool_]]:
    """Return the kind of each building, and whether its other use decides that nobody lives in it."""
    by_word, by_id = kinds.by_word(), {kind.id: kind for kind in kinds.kind}
    by_name = [by_word.get(word, by_id[OTHER]) for word in _words(buildings)]
    # A building tagged as a dwelling is a dwelling, whatever shop is in it; an untyped one follows its use.
    used = np.array([kind.id == UNSPECIFIED for kind in by_name], dtype=bool) & (use != "").to_numpy()
    return [by_id[OTHER] if is_used else kind for kind, is_used in zip(by_name, used, strict=True)], used


def _levels_of(
    buildings: Buildings, kind: Sequence[BuildingKind], storey_m: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the levels of each building, and whether its row gives them (as levels or as height)."""
    levels, height_m = buildings["levels"], buildings["height_m"]
    given = levels.where((levels > 0) & (levels <= MOST_LEVELS))
    believed = (height_m > 0) & (height_m <= MOST_LEVELS * storey_m)
    given = given.fillna(np.maximum(np.round(height_m.where(believed) / storey_m), 1.0))
    default = pd.Series([row.levels for row in kind], index=buildings.index)
    return given.fillna(default).to_numpy(), given.notna().to_numpy()


def _notices_of(buildings: Buildings, kinds: BuildingKinds, other_use: pd.Series) -> list[Notice]:
    """Return notices of unknown kinds, of untyped buildings in other use, and of impossible heights."""
    unknown = ~_words(buildings).isin(kinds.by_word().keys())
    most_m = MOST_LEVELS * kinds.storey_m
    too_high = (buildings["levels"] > MOST_LEVELS) | (buildings["height_m"] > most_m)
    heights = [
        f"{levels:g}" if levels > MOST_LEVELS else f"{height_m:g} m"
        for levels, height_m in zip(buildings["levels"][too_high], buildings["height_m"][too_high], strict=True)
    ]
    limits = {"most": f"{MOST_LEVELS}", "most_m": f"{most_m:g}"}
    reasons = (
        ("building_kind_unknown", unknown, {"kinds": _shown(sorted(set(buildings["kind"][unknown])))}),
        ("building_used_otherwise", other_use.notna(), {"uses": _shown(sorted(set(other_use.dropna())))}),
        ("building_too_high", too_high, {"words": _shown(heights), **limits}),
    )
    ids = _ids(buildings)
    return [
        Notice(key, "buildings", tuple(ids[rows]), values={"count": f"{int(rows.sum())}", **values})
        for key, rows, values in reasons
        if rows.any()
    ]


def _words(buildings: Buildings) -> pd.Series:
    words: pd.Series = buildings["kind"].str.strip().str.lower()
    return words


def spread_over_buildings(
    communities: Communities, homes: ResidentialBuildings, streets: Streets, *, spacing_m: float
) -> DisaggregatedDemand:
    """Spread each community's people over its homes by floor area.

    A home belongs to the community that holds a point inside it. A community with people and without homes falls
    back to its streets, with a notice.

    Parameters
    ----------
    communities
        With people; a community without people gets no point.
    homes
        In the same CRS.
    streets
        For the communities without homes.
    spacing_m
        As `spread_along_streets`.

    Returns
    -------
    demand
        Points whose people add up to each community's own total.

    References
    ----------
    .. [1] Wright, J. K. (1936). A method of mapping densities of population. Geographical Review 26.
    .. [2] Eicher, C. L., Brewer, C. A. (2001). Dasymetric mapping and areal interpolation. Cartography and
       Geographic Information Science 28.
    """
    community = community_at(homes.points, communities)
    rows = (community != "").to_numpy()
    inside = homes.points[rows].assign(community=community[rows])
    starts = homes.start_xy()[rows]
    floor_area = inside.groupby("community")["floor_area_m2"].sum()
    totals = communities.set_index("id")[["people", "households"]]
    peopled = totals["people"].reindex(inside["community"]).to_numpy() > 0
    inside, starts = inside[peopled], starts[peopled]
    share = inside["floor_area_m2"].to_numpy() / floor_area.reindex(inside["community"]).to_numpy()
    points = gpd.GeoDataFrame(
        {
            "id": inside["id"].to_numpy(dtype=object),
            **{name: totals[name].reindex(inside["community"]).to_numpy() * share for name in totals},
            "people_65": np.nan,
            "community": inside["community"].to_numpy(dtype=object),
        },
        geometry=shapely.points(starts),
        crs=communities.crs,
    )
    notices = list(homes.notices)
    vague = inside["kind"].to_numpy(dtype=object) == UNSPECIFIED
    if vague.any():
        people = float(points["people"][vague].sum())
        notices.append(Notice("buildings_unspecified", "buildings", (), people, {"count": f"{int(vague.sum())}"}))
    homeless = communities[(communities["people"] > 0) & ~communities["id"].isin(floor_area.index)]
    placed_by = pd.Series(dtype=object)
    if len(homeless):
        along = spread_along_streets(Communities(homeless), streets, spacing_m=spacing_m)
        people = float(homeless["people"].sum())
        notices += [
            Notice("community_without_buildings", "communities", tuple(homeless["id"]), people),
            *along.notices,
        ]
        points = gpd.GeoDataFrame(pd.concat([points, along.points], ignore_index=True), crs=communities.crs)
        placed_by = pd.Series("along_streets", index=list(homeless["id"]), dtype=object)
        if along.placed_by is not None:
            placed_by.update(along.placed_by)
    return DisaggregatedDemand(points, "buildings", tuple(notices), placed_by=placed_by)


def _shown(words: Sequence[str]) -> str:
    return ", ".join(words[:SHOWN_KINDS]) + (" …" if len(words) > SHOWN_KINDS else "")


def _ids(buildings: Buildings) -> NDArray[np.object_]:
    """Return the buildings' ids; a row without one goes by its number."""
    own = buildings["id"].to_numpy(dtype=object)
    return np.array([one or f"building-{row}" for row, one in enumerate(own, start=1)], dtype=object)
