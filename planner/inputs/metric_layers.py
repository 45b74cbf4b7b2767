"""The layers of a study in one metric system, each community and datum settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.cache import NO_CACHE, Cache
from planner.inputs.community_matching import Unmatched, match_communities, resolve_communities
from planner.io.datum.resolve import DatumChoice, resolve_datums
from planner.io.layer_read import DroppedRows, drop_rows
from planner.io.study_layers import StudyLayers
from planner.messages.errors import DataError, Issue, raise_together
from planner.messages.notices import Notice
from planner.schemas.tables import Communities, Demand, Facilities, PeopleTable, Water

COUNTS = ("people", "households")


@dataclass(frozen=True, slots=True, eq=False)
class TabulatedPeople:
    """The communities with the people of the table."""

    communities: Communities
    """Their own columns, with what the table states in place of what they stated."""
    notices: tuple[Notice, ...]
    """Rows whose community is not there, communities that the table leaves out, numbers that it replaced."""
    unused: DroppedRows
    """The table's rows that belong to no community."""


def apply_population_table(communities: Communities, table: PeopleTable, *, source: str) -> TabulatedPeople:
    """Assign the people, households and further counts of a population table to the communities.

    Parameters
    ----------
    communities
        With id, name, subdistrict.
    table
        One row a community.
    source
        What to call the table in a message.

    Raises
    ------
    DataError
        Several rows mean one community, a row may mean several, or none means any.
    """
    rows = [f"#{row}" for row in table.index]
    joined = match_communities(table["community"], rows, communities)
    issues = []
    if joined.ambiguous:
        issues.append(
            Issue("ambiguous_community", {"found": _unmatched_text(joined.ambiguous)}, _rows(joined.ambiguous))
        )
    named = joined.ids[joined.ids != ""]
    twice = named[named.duplicated(keep=False)]
    if len(twice):
        names = communities.set_index("id")["name"]
        names_listed = ", ".join(str(names[one]) for one in dict.fromkeys(twice))
        issues.append(Issue("people_table_twice", {"names": names_listed}, [f"#{row}" for row in twice.index]))
    if named.empty and not issues:
        issues.append(
            Issue("unknown_community", {"found": _unmatched_text(joined.unmatched)}, _rows(joined.unmatched))
        )
    if issues:
        raise DataError(source, issues)
    stated = table.loc[named.index].set_index(named).reindex(communities["id"]).set_axis(communities.index)
    replaced = {name: stated[name].where(stated[name].notna(), communities[name]) for name in COUNTS}
    own = {*communities.columns, "community", "geometry"}
    further = {
        str(name): _numbers(stated[name]) for name in stated.columns if name not in own and _counts(stated[name])
    }
    notices = []
    if joined.unmatched:
        values = {"found": _unmatched_text(joined.unmatched)}
        lost = float(table.loc[joined.ids == "", "people"].sum())
        notices.append(Notice("people_table_unmatched", "people_table", _rows(joined.unmatched), lost, values))
    left_out = communities["id"][~communities["id"].isin(named)]
    if len(left_out):
        notices.append(Notice("people_table_lacks", "people_table", tuple(left_out)))
    other = communities["people"].notna() & stated["people"].notna() & (communities["people"] != stated["people"])
    if other.any():
        gap = float(np.abs(communities["people"] - stated["people"])[other].sum())
        notices.append(Notice("people_table_replaces", "people_table", tuple(communities["id"][other]), gap))
    unused = drop_rows(
        "people_table_unmatched",
        (int(row) for row in joined.ids.index[joined.ids == ""]),
        {"found": _unmatched_text(joined.unmatched)},
    )
    counted = gpd.GeoDataFrame(communities.assign(**replaced, **further))
    return TabulatedPeople(Communities(counted), tuple(notices), unused)


def _unmatched_text(rows: tuple[Unmatched, ...]) -> str:
    return ", ".join(row.given + (f" (→ {row.nearest}?)" if row.nearest else "") for row in rows)


def _rows(rows: tuple[Unmatched, ...]) -> tuple[str, ...]:
    return tuple(row.row for row in rows)


def _numbers(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(cells, errors="coerce").astype("float64")


def _counts(cells: pd.Series) -> bool:
    """Return True if a column that no schema knows holds numbers in every cell that is filled."""
    filled = cells.notna() & (cells.astype(str).str.strip() != "")
    return bool(filled.any() and _numbers(cells)[filled].notna().all())


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
