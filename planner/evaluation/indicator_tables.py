"""Indicators of every facility and every community, as tables."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.accessibility.branches import sum_with_branches
from planner.evaluation.indicator_data import IndicatorData
from planner.evaluation.indicators import INDICATORS
from planner.evaluation.intervals import IndicatorColumn, IndicatorRef, IndicatorValues, divide
from planner.network.walk import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class FacilityIndicators:
    """Indicators of every facility, in the order of the facilities table."""

    data: IndicatorData
    columns: Mapping[IndicatorRef, IndicatorColumn]

    def values(self, position: int) -> IndicatorValues:
        """Return the indicators of one facility."""
        numbers = {ref: column.at(position) for ref, column in self.columns.items()}
        return IndicatorValues(numbers, self.data.functions[position])

    def long_table(self) -> pd.DataFrame:
        """Return one row a facility and indicator: facility, indicator, limit_min, low, high, reason."""
        ids = self.data.access.facilities["id"].to_numpy(dtype=object)
        refs = list(self.columns)
        low, high, reason = (
            np.column_stack([getattr(column, name) for column in self.columns.values()]).ravel()
            for name in ("low", "high", "reason")
        )
        return pd.DataFrame(
            {
                "facility": np.repeat(ids, len(refs)),
                "indicator": np.tile(np.array([ref.name for ref in refs], dtype=object), len(ids)),
                "limit_min": np.tile(np.array([ref.limit_min for ref in refs], dtype=np.float64), len(ids)),
                "low": low,
                "high": high,
                "reason": reason,
            }
        )

    def wide_table(self, index: pd.Index) -> pd.DataFrame:
        """Return one row a facility, one column an indicator and limit, as products name it; NaN is not known."""
        return pd.DataFrame({str(ref): column.value for ref, column in self.columns.items()}, index=index)


def compute_indicators(
    data: IndicatorData, *, limits_min: Sequence[float], names: Collection[str] = INDICATORS
) -> FacilityIndicators:
    """Compute indicators of every facility, those by limit within each of `limits_min`, minutes.

    `names` must include what an indicator is derived from.
    """
    columns: dict[IndicatorRef, IndicatorColumn] = {}
    chosen = [one for one in INDICATORS.values() if one.name in names]
    for by_limit, group in itertools.groupby(chosen, key=lambda one: one.by_limit):
        of_group = list(group)
        for limit, one in itertools.product(limits_min if by_limit else [None], of_group):
            ref = IndicatorRef(one.name, limit)
            if one.compute is not None:
                columns[ref] = one.compute(data)
            elif one.compute_within is not None and limit is not None:
                columns[ref] = one.compute_within(data, limit)
            elif one.derive is not None:
                columns[ref] = one.derive(*(columns[IndicatorRef(name)].value for name in one.inputs))
    return FacilityIndicators(data, columns)


def unknown_indicators(long_table: pd.DataFrame) -> pd.DataFrame:
    """Return the indicators that are not known, and why: facility, measure, reason, at_least (lower bound)."""
    unknown = long_table[long_table["reason"] != ""]
    limits = unknown["limit_min"].to_numpy()
    names = [
        str(IndicatorRef(name, None if np.isnan(limit) else limit))
        for name, limit in zip(unknown["indicator"], limits, strict=True)
    ]
    return pd.DataFrame(
        {
            "facility": unknown["facility"].to_numpy(dtype=object),
            "measure": np.array(names, dtype=object),
            "reason": unknown["reason"].to_numpy(dtype=object),
            "at_least": np.maximum(unknown["low"].to_numpy(dtype=np.float64), 0.0),
        }
    )


def community_indicators(data: IndicatorData) -> pd.DataFrame:
    """Compute the indicators of every community, one row each in the order of the table; NaN is not known.

    Columns: community; people; people_covered (within the standard of any facility) and covered_share; premises
    (count), premises_m2 (their floor area) and m2_per_100_households; people_65, people_65_uncovered;
    m2_per_person_2sfca and m2_per_person_e2sfca, averaged over its people.
    """
    access = data.access
    ids, people, near = access.communities["id"], access.people, data.is_covered
    floor_m2 = sum_with_branches(data.given("floor_area_m2"), access.facilities)
    premises = access.facilities.assign(floor_area_m2=floor_m2)[access.is_premises].groupby("community")
    floor = premises["floor_area_m2"].agg(lambda areas: areas.sum(skipna=False))
    households = access.households.reindex(ids).to_numpy(dtype=np.float64)
    premises_m2 = floor.reindex(ids).to_numpy(dtype=np.float64)

    def total(values: FloatArray) -> FloatArray:
        return access.by_community(values).reindex(ids).to_numpy(dtype=np.float64)

    residents, covered = total(people), total(people * near)
    plain, weighted = (
        np.full((2, len(ids)), np.nan)
        if data.catchments is None
        else (divide(total(np.where(people > 0, of.access * people, 0.0)), residents) for of in data.catchments)
    )
    return pd.DataFrame(
        {
            "community": ids.to_numpy(dtype=object),
            "people": residents,
            "people_covered": covered,
            "covered_share": divide(covered, residents),
            "premises": premises.size().reindex(ids, fill_value=0).to_numpy(),
            "premises_m2": premises_m2,
            "m2_per_100_households": divide(premises_m2, households / 100),
            "people_65": total(access.people_65),
            "people_65_uncovered": total(access.people_65 * ~near),
            "m2_per_person_2sfca": plain,
            "m2_per_person_e2sfca": weighted,
        },
        index=access.communities.index,
    )
