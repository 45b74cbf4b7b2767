"""Measures of each community: what its residents have, whoever runs the centre."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.accessibility.access_data import AccessData
from planner.accessibility.branches import together
from planner.evaluation.facility_indicators import Measured
from planner.network.walk import FloatArray, is_within


def measure_communities(access: AccessData, measured: Measured) -> pd.DataFrame:
    """Measure every community, one row each in the order of the table; NaN is not known.

    Columns: community; people; people_covered (within the standard of any centre) and covered_share; premises, how
    many it has; premises_m2, their floor area together, and m2_per_100_households; people_65, people_65_uncovered;
    m2_per_person_2sfca and m2_per_person_e2sfca, averaged over its people.
    """
    communities, people = access.communities, access.people
    ids = communities["id"]
    nearest, _ = access.times.nearest()
    near = is_within(nearest, access.standard_min)
    floor_m2 = together(access.facilities["floor_area_m2"].to_numpy(dtype=np.float64), access.facilities)
    own = access.facilities.assign(floor_area_m2=floor_m2)[access.is_premises]
    floor = own.groupby("community")["floor_area_m2"].agg(lambda areas: areas.sum(skipna=False))
    households = access.households.reindex(ids).to_numpy(dtype=np.float64)
    premises_m2 = floor.reindex(ids).to_numpy(dtype=np.float64)

    def of_each(values: FloatArray) -> FloatArray:
        return access.by_community(values).reindex(ids).to_numpy(dtype=np.float64)

    def mean(values: FloatArray | None) -> FloatArray:
        if values is None:
            return np.full(len(ids), np.nan)
        return _divided(of_each(np.where(people > 0, values * people, 0.0)), residents)

    residents = of_each(people)
    return pd.DataFrame(
        {
            "community": ids.to_numpy(dtype=object),
            "people": residents,
            "people_covered": of_each(people * near),
            "covered_share": _divided(of_each(people * near), residents),
            "premises": own.groupby("community").size().reindex(ids, fill_value=0).to_numpy(),
            "premises_m2": premises_m2,
            "m2_per_100_households": _divided(premises_m2, households / 100),
            "people_65": of_each(access.people_65),
            "people_65_uncovered": of_each(access.people_65 * ~near),
            "m2_per_person_2sfca": mean(measured.access),
            "m2_per_person_e2sfca": mean(measured.access_weighted),
        },
        index=communities.index,
    )


def _divided(part: FloatArray, whole: FloatArray) -> FloatArray:
    shares = np.full(len(part), np.nan)
    return np.asarray(np.divide(part, whole, out=shares, where=whole > 0), dtype=np.float64)
