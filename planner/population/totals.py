"""People where only households are known; totals brought to what the communities state; the balance of both."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from planner.messages.errors import DataError, Issue
from planner.messages.notices import Notice
from planner.schemas.tables import Communities


def people_from_households(
    points: gpd.GeoDataFrame, communities: Communities, *, size: float | None, source: str
) -> tuple[gpd.GeoDataFrame, tuple[Notice, ...]]:
    """Give people to demand points that know only their households.

    people = households × household size. Where the community gives its total, the size is such that the total is
    conserved: what is left of it after the points whose people are known, over the households of the others.

    Parameters
    ----------
    points
        With people (NaN where not known), households and community.
    communities
        With people, NaN where not known.
    size
        People a household, for communities without a total.
    source
        What to call the demand layer in a message.

    Returns
    -------
    points
        With people everywhere.
    notices
        How many points were reckoned so, and with which sizes.

    Raises
    ------
    DataError
        A community gives no total, and there is no household size.
    """
    unknown = points["people"].isna().to_numpy()
    if not unknown.any():
        return points, ()
    home = points["community"].to_numpy(dtype=object)
    households = points["households"].where(unknown, 0.0).groupby(home).sum()
    known_people = points["people"].fillna(0.0).groupby(home).sum()
    given = communities.set_index("id")["people"].reindex(households.index)
    rest = given - known_people
    size_of = (rest / households).where((rest > 0) & (households > 0))
    if size is None and size_of[households > 0].isna().any():
        lacking = list(size_of.index[size_of.isna() & (households > 0)])
        raise DataError(source, [Issue("no_household_size", {}, lacking)])
    size_of = size_of.fillna(np.nan if size is None else size)
    reckoned = points["households"] * size_of.reindex(home).to_numpy()
    people = points["people"].where(~unknown, reckoned.fillna(0.0))
    used = size_of[households > 0]
    values = {
        "count": f"{int(unknown.sum())}",
        "least": f"{used.min():.2f}" if len(used) else "–",
        "most": f"{used.max():.2f}" if len(used) else "–",
    }
    total = float(people[unknown].sum())
    return points.assign(people=people), (Notice("people_from_households", "demand", (), total, values),)


def calibrate(points: gpd.GeoDataFrame, communities: Communities, *, columns: list[str]) -> gpd.GeoDataFrame:
    """Scale what each community's points count so that their people add up to the community's own total.

    A community without a total, or without people at its points, stays as it is.
    """
    home = points["community"]
    placed = points["people"].groupby(home).sum()
    given = communities.set_index("id")["people"].reindex(placed.index)
    factor = (given / placed).where((given > 0) & (placed > 0), 1.0)
    of_point = factor.reindex(home).to_numpy()
    return gpd.GeoDataFrame(points.assign(**{name: points[name] * of_point for name in columns}))


def population_balance(
    communities: Communities,
    found: pd.Series,
    points: gpd.GeoDataFrame,
    *,
    method: str,
    placed_by: pd.Series | None,
    outside: float,
) -> pd.DataFrame:
    """Return the balance of people: one row a community, and a last one for those outside all of them.

    Parameters
    ----------
    communities
        With people, NaN where not known.
    found
        By community id: people that the source holds for it, before any scaling.
    points
        Where they were placed.
    method, placed_by
        How; by community id where it differs.
    outside
        People outside every community.

    Returns
    -------
    balance
        community, name, given (by the communities table), found, placed, lost, method, reason (of the loss).
    """
    ids = communities["id"]
    placed = points.groupby("community")["people"].sum().reindex(ids, fill_value=0.0).to_numpy()
    how = ids.map(placed_by).fillna(method) if placed_by is not None and len(placed_by) else method
    rows = pd.DataFrame(
        {
            "community": ids.to_numpy(dtype=object),
            "name": communities["name"].to_numpy(dtype=object),
            "given": communities["people"].to_numpy(),
            "found": found.reindex(ids, fill_value=0.0).to_numpy(),
            "placed": placed,
            "lost": 0.0,
            "method": how if isinstance(how, str) else how.to_numpy(dtype=object),
            "reason": "",
        }
    )
    rows.loc[rows["placed"] == 0, "method"] = ""
    last = pd.DataFrame(
        {
            **{name: [""] for name in ("community", "name")},
            "given": [np.nan],
            "found": [outside],
            "placed": [0.0],
            "lost": [outside],
            "method": [""],
            "reason": ["demand_outside" if outside else ""],
        }
    )
    return pd.concat([rows, last], ignore_index=True)
