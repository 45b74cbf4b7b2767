"""The layers of a study in one metric system, each community and datum settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.cache import NO_CACHE, Cache
from planner.inputs.community_matching import match_communities, resolve_communities
from planner.inputs.population_table import apply_population_table
from planner.io.datum.resolve import DatumChoice, resolve_datums
from planner.io.layer_read import drop_rows
from planner.io.study_layers import StudyLayers
from planner.messages.errors import DataError, Issue, raise_together
from planner.messages.notices import Notice
from planner.schemas.tables import Communities, Demand, Facilities, PeopleTable, Water


@dataclass(frozen=True, slots=True, eq=False)
class MetricLayers:
    """All layers in one metric system, declared communities that are none, and what is to be said of both."""

    metric: Mapping[str, gpd.GeoDataFrame]
    unknown: Sequence[Issue]
    datums: DatumChoice
    notices: tuple[Notice, ...]

    @property
    def communities(self) -> Communities:
        """The communities."""
        return Communities(self.metric["communities"])

    @property
    def demand(self) -> Demand | None:
        """The layer of people, where there is one."""
        return Demand(self.metric["demand"]) if "demand" in self.metric else None

    @property
    def water(self) -> Water | None:
        """The layer of water, where there is one."""
        return Water(self.metric["water"]) if "water" in self.metric else None


def metric_layers(tables: StudyLayers, errors: Sequence[DataError], cache: Cache = NO_CACHE) -> MetricLayers:
    """Read all layers, join the people's table and the facilities' communities, and bring all into one system."""
    given = tables.read_all()
    raise_together(errors)
    counted: tuple[Notice, ...] = ()
    if "people_table" in given:
        table = PeopleTable(given.pop("people_table"))
        joined = apply_population_table(
            Communities(given["communities"]), table, source=tables.source("people_table")
        )
        given["communities"], counted = joined.communities, joined.notices
        tables.record_dropped("people_table", joined.unused)
    facilities, unknown, join_notices = resolve_communities(
        Facilities(given["facilities"]), Communities(given["communities"])
    )
    given["facilities"] = facilities
    # A layer in another part of the world has no datum to speak of: that is found out first.
    metric = tables.bring_all(given)
    tables.check_shifts(given)
    settled = resolve_datums(
        given, tables.layers, named=_named(given), source=tables.source, setting=tables.setting, cache=cache
    )
    if settled.converted:
        metric = tables.bring_all(settled.frames)
    return MetricLayers(metric, unknown, settled.choice, (*settled.notices, *counted, *join_notices))


def only_district(
    layers: MetricLayers, communities: Communities, beyond: Mapping[str, pd.Index], tables: StudyLayers
) -> MetricLayers:
    """Return the layers with a district's own communities, and note the rows that have no bearing on it."""
    for name, rows in beyond.items():
        tables.record_dropped(name, drop_rows("beyond_margin", rows))
    return replace(layers, metric={**layers.metric, "communities": communities})


def _named(given: Mapping[str, gpd.GeoDataFrame]) -> dict[str, NDArray[np.object_]]:
    """Return the community that each row names; of demand it is evidence only, so that an unknown one is none."""
    named = {"facilities": given["facilities"]["community"].to_numpy(dtype=object)}
    if "demand" in given:
        demand, communities = given["demand"], Communities(given["communities"])
        joined = match_communities(demand["community"], list(demand["id"]), communities)
        named["demand"] = joined.ids.to_numpy(dtype=object)
    return named
