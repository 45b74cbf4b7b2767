"""Read everything that a study names, check it, and bring it into one metric system."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from planner.cache import NO_CACHE, Cache
from planner.config.sections.demand import GroupSettings
from planner.config.service_profiles import service_standards
from planner.config.study import Study
from planner.inputs.community_matching import assign_communities
from planner.inputs.metric_layers import MetricLayers, metric_layers, only_district
from planner.inputs.neighbours import Neighbours, divide_district
from planner.inputs.overlap_checks import (
    community_notices,
    duplicate_notices,
    lines_not_walked,
    small_count_notices,
)
from planner.inputs.population_raster import read_raster
from planner.inputs.services import read_services
from planner.io.datum.resolve import DatumChoice
from planner.io.layer_read import ExcludedLines, drop_rows, summarize_excluded_lines
from planner.io.raster import Elevation
from planner.io.service_places import ServicePlaces
from planner.io.study_layers import LayerSource, StudyLayers, layer_of_group
from planner.messages.errors import DataError, Issue, NetworkError
from planner.messages.notices import Notice
from planner.population.buildings import BuildingKinds, read_building_kinds, select_residential
from planner.population.business_places import BusinessPlaces, business_places, read_place_kinds
from planner.population.demand_points import Entrances, round_to_quantum
from planner.population.disaggregate import Residents, demand_method, disaggregate_population
from planner.population.grid_cells import RasterCells
from planner.population.groups import GroupDemand, group_among_residents, group_at_places, group_from_layer
from planner.schemas.tables import (
    PRIVATE_WORDS,
    Barriers,
    Buildings,
    Communities,
    Demand,
    Facilities,
    Gates,
    Parcels,
    Places,
    Streets,
    Water,
)

LAYER_OF_PEOPLE = {"points": "demand", "raster": "population"}
"""The layer that people come from by the method that places them; by the others, the communities."""

EQUIPMENT = (
    *("floor_area_m2", "activity_area_m2", "functions", "open_hours_week", "step_free"),
    *("opening_hours", "open_from", "open_to"),
)
"""Columns of facilities on which no walk and no choice of a site depends, but where capacities count."""

SHORTEST_M = 0.01
"""Streets of which none is longer than this are points: the network joins what lies within a millimetre."""


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """All that the study gives, checked, in one metric CRS."""

    crs: pyproj.CRS
    """The projected system that everything is in, metres."""
    communities: Communities
    facilities: Facilities
    streets: Streets
    demand: gpd.GeoDataFrame
    water: Water | None
    barriers: Barriers | None
    gates: Gates | None
    parcels: Parcels | None
    """`communities`, `facilities`, `streets`, `demand`, `water`, `barriers`, `gates`, `parcels`: The tables;
    demand are points with their community, streets those within the margin, parcels are where a station might
    be had."""
    closed_ways: Streets | None
    """Private ways of compounds within the margin, where the study closes them; None where it does not."""
    elevation: Elevation | None
    """The heights of the ground, where slope is requested."""
    demand_method: str
    """``"points"``, ``"raster"``, ``"buildings"`` or ``"along_streets"``."""
    balance: pd.DataFrame
    """One row a community, the last for those outside: people given, found, placed and lost, with the reason."""
    groups: tuple[GroupDemand, ...]
    """Who is counted besides the residents."""
    places: BusinessPlaces | None
    """Shops, offices and enterprises with the people who work there; None where the study gives none."""
    margin_m: float
    """How far beyond the communities streets and facilities are kept, metres."""
    neighbours: Neighbours
    """People and centres of neighbouring districts near by, which count for walks only."""
    sources: tuple[LayerSource, ...]
    """Files, hashes, columns and what became of the rows."""
    datums: DatumChoice
    """In which datum each layer is, and why."""
    left_out: tuple[ExcludedLines, ...]
    """Lines of the streets' file within the margin that are not walked, by reason."""
    notices: tuple[Notice, ...]
    """Rows that could not be used as they are, with the reason."""
    services: tuple[ServicePlaces, ...] = ()
    """Facilities of each service, the study's own first; () where it has no [[services]]."""
    organisations: gpd.GeoDataFrame | None = None
    """Enterprises and social organisations; None where the study gives none."""

    def only_places(self, *, with_floors: bool = False) -> Inputs:
        """Return the inputs without what facilities offer inside, and without their files.

        Walks, coverage and sites depend on no more, unless capacities count: `with_floors`.
        """
        facilities = self.facilities if with_floors else without_equipment(self.facilities)
        return replace(self, facilities=facilities, sources=(), notices=(), services=(), organisations=None)

    @property
    def private_streets(self) -> NDArray[np.bool_]:
        """Return which streets are private ways of compounds, shape (streets,)."""
        return is_private_way(self.streets)

    @property
    def private_ways(self) -> gpd.GeoDataFrame:
        """Return the private ways of compounds, whether they are walked or the study closes them."""
        return self.streets[self.private_streets] if self.closed_ways is None else self.closed_ways


def read_inputs(study: Study, *, margin_m: float, cache: Cache = NO_CACHE) -> Inputs:
    """Read the layers of a study.

    Parameters
    ----------
    study, cache
        The settings; layers as earlier runs have read and checked them.
    margin_m
        How far beyond the communities the longest walk leads, metres: what serves people stands no farther.

    Returns
    -------
    inputs
        Checked tables in the metric CRS, rows in the order of their files.

    Raises
    ------
    DataError
        Everything that is wrong with every layer, at once.
    NetworkError
        No street lies within the communities and the margin.
    StudyError
        The study's own `crs` does not measure in metres.
    """
    errors: list[DataError] = []
    method = demand_method(study)
    building_kinds = read_building_kinds(_beside(study, study.demand.building_kinds), study=str(study.file))
    place_kinds = read_place_kinds(_beside(study, study.business_areas.place_kinds), study=str(study.file))
    tables = StudyLayers(study, errors, cache)
    layers = metric_layers(tables, errors, cache)
    communities, water = layers.communities, layers.water
    raster = _raster(study, communities, tables) if method == "raster" else None
    declared, source = Facilities(layers.metric["facilities"]), tables.source("facilities")
    facilities, facility_notices = assign_communities(declared, communities, water, layers.unknown, source=source)
    streets, closed_ways = _streets_near(study, Streets(layers.metric["streets"]), communities, margin_m, tables)
    residents = _residents(study, tables, layers, streets, method, raster, building_kinds)
    district = divide_district(study, communities, facilities, streets, residents, margin_m=margin_m)
    communities, facilities, streets, residents, neighbours, beyond = district
    layers = only_district(layers, communities, beyond, tables)
    not_walked, torn = lines_not_walked(tables, communities, margin_m)
    left_out, places = summarize_excluded_lines(not_walked), layers.metric.get("places")
    at_work = None if places is None else business_places(Places(places), place_kinds)
    groups = _groups(study, tables, layers, residents, at_work)
    return Inputs(
        services=read_services(service_standards(study), tables, layers.metric, facilities),
        crs=communities.crs,
        communities=communities,
        facilities=facilities,
        streets=streets,
        demand=residents.points,
        water=water,
        barriers=Barriers(layers.metric["barriers"]) if "barriers" in layers.metric else None,
        gates=Gates(layers.metric["gates"]) if "gates" in layers.metric else None,
        parcels=Parcels(layers.metric["parcels"]) if "parcels" in layers.metric else None,
        closed_ways=closed_ways,
        organisations=layers.metric.get("organisations"),
        elevation=tables.elevation(streets),
        demand_method=method,
        balance=residents.balance,
        groups=groups,
        places=at_work,
        margin_m=margin_m,
        neighbours=neighbours,
        sources=tables.sources(layers.datums),
        datums=layers.datums,
        left_out=left_out,
        notices=(
            *tables.notices(),
            *(one.notice() for one in left_out),
            *torn,
            *layers.notices,
            *facility_notices,
            *duplicate_notices(communities, facilities, layers.demand),
            *residents.notices,
            *neighbours.notices(),
            *small_count_notices(study, residents),
            *community_notices(communities, residents),
            *(notice for one in (at_work, *groups) if one is not None for notice in one.notices),
        ),
    )


def _residents(
    study: Study,
    tables: StudyLayers,
    layers: MetricLayers,
    streets: Streets,
    method: str,
    raster: RasterCells | None,
    kinds: BuildingKinds,
) -> Residents:
    """Place the residents, and note the rows of which nobody came."""
    demand, doors, homes = layers.demand, Entrances(streets, access_m=study.walking.access_m), None
    if "buildings" in layers.metric:
        homes = select_residential(Buildings(layers.metric["buildings"]), kinds, doors=doors)
        tables.record_dropped("buildings", drop_rows("building_not_home", homes.unused))
    residents = disaggregate_population(
        method,
        study.demand,
        layers.communities,
        streets,
        demand=demand,
        raster=raster,
        homes=homes,
        doors=doors,
        source=tables.source(LAYER_OF_PEOPLE.get(method, "communities")),
    )
    if demand is not None and method == "points":
        tables.record_dropped("demand", drop_rows("demand_outside", residents.unused))
    elif demand is not None:
        tables.record_dropped("demand", drop_rows("layer_not_used", demand.index))
    return replace(residents, points=round_to_quantum(residents.points))


def _groups(
    study: Study,
    tables: StudyLayers,
    layers: MetricLayers,
    residents: Residents,
    at_work: BusinessPlaces | None,
) -> tuple[GroupDemand, ...]:
    """Count the further population groups, and note the rows outside every community."""
    groups = tuple(
        _group_demand(
            group,
            layers.metric.get(layer_of_group(group)),
            residents.points,
            layers.communities,
            at_work,
            source=tables.source(LAYER_OF_PEOPLE.get(residents.method, "communities")),
        )
        for group in study.demand.groups
    )
    for group in groups:
        if group.unused:
            tables.record_dropped(layer_of_group(group.settings), drop_rows("demand_outside", group.unused))
    return groups


def _beside(study: Study, path: Path | None) -> Path | None:
    return None if path is None else study.resolve(path)


def _streets_near(
    study: Study, streets: Streets, communities: Communities, margin_m: float, tables: StudyLayers
) -> tuple[Streets, Streets | None]:
    """Return the streets within the margin, and the private ways among them where the study closes these."""
    source = tables.source("streets")
    near = _within_margin(streets, communities, margin_m, source=source)
    tables.record_dropped("streets", drop_rows("beyond_margin", streets.index.difference(near.index)))
    if study.walking.private_ways != "closed":
        return near, None
    near, closed_ways = _without_private(near, source=source)
    tables.record_dropped("streets", drop_rows("private_way", closed_ways.index))
    return near, closed_ways


def _within_margin(streets: Streets, communities: Communities, margin_m: float, *, source: str) -> Streets:
    area = shapely.buffer(shapely.union_all(communities.geometry.array), margin_m)
    shapely.prepare(area)
    kept = streets[shapely.intersects(area, streets.geometry.array)]
    if kept.empty:
        raise NetworkError(source, [Issue("no_streets_inside", {"margin_m": f"{margin_m:,.0f}"})])
    if not kept.length.max() >= SHORTEST_M:
        raise NetworkError(source, [Issue("no_street_length")])
    return Streets(kept)


def without_equipment(facilities: Facilities) -> Facilities:
    """Return facilities of which nothing is known that is inside: floor, functions, hours, entrance."""
    blank = {
        name: np.nan if pd.api.types.is_numeric_dtype(facilities[name]) else ""
        for name in EQUIPMENT
        if name in facilities.columns
    }
    return Facilities(facilities.assign(**blank))


def is_private_way(streets: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which streets are private ways of compounds, by their column `access`, shape (streets,)."""
    words = streets["access"].astype(str).str.strip().str.lower()
    return np.asarray(words.isin(PRIVATE_WORDS), dtype=np.bool_)


def _without_private(streets: Streets, *, source: str) -> tuple[Streets, Streets]:
    """Return the public streets, and the private ways that are closed."""
    is_private = is_private_way(streets)
    if is_private.all():
        raise NetworkError(source, [Issue("only_private_ways")])
    return Streets(streets[~is_private]), Streets(streets[is_private])


def _raster(study: Study, communities: Communities, tables: StudyLayers) -> RasterCells | None:
    """Read the population raster; None without one."""
    layer, settings = study.inputs.population, study.demand
    if layer is None:
        return None
    raster = read_raster(
        study.resolve(layer.path),
        communities,
        unit=settings.raster_unit,
        band=settings.raster_band,
        nodata=settings.raster_nodata,
        crs=layer.crs,
        source=tables.source("population"),
    )
    tables.note_raster("population", layer, cells=raster.rows, crs=raster.crs, scale=raster.scale)
    return raster


def _group_demand(
    settings: GroupSettings,
    layer: gpd.GeoDataFrame | None,
    residents: gpd.GeoDataFrame,
    communities: Communities,
    places: BusinessPlaces | None,
    *,
    source: str,
) -> GroupDemand:
    """Count one kind of demand in the way that its settings name."""
    if layer is not None:
        return group_from_layer(settings, Demand(layer), communities)
    if settings.places and places is not None:
        return group_at_places(settings, places.points, communities)
    return group_among_residents(settings, residents, communities, source=source)


def households_by_community(communities: Communities, demand: gpd.GeoDataFrame) -> pd.Series:
    """Return the households of each community by its id: its own number, else the sum of its demand points."""
    summed = demand.groupby("community")["households"].sum(min_count=1).reindex(communities["id"])
    own: pd.Series = communities.set_index("id")["households"]
    return own.where(own.notna(), summed)
