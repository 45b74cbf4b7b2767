"""With stairs closed, streets keep their own names and marks: rows are those of the streets that are walked."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
import toy

from planner.config.study import read_study
from planner.prepare import prepare


def test_a_bridge_behind_stairs_explains_its_crossing(tmp_path: Path) -> None:
    """The stairs stand first in the table, the bridge last: leaving the stairs out moves no mark."""
    added = toy._frame(
        {"name": ["Stairs", "Bridge"], "kind": ["steps", "footway"], "structure": ["", "bridge"]},
        [shapely.LineString([(0, 0), (0, -20)]), shapely.LineString([(300, 150), (300, 250)])],
    )
    streets = toy.layers()["streets"].assign(kind="residential", structure="")
    frame = gpd.GeoDataFrame(pd.concat([added[:1], streets, added[1:]], ignore_index=True), crs=toy.CRS)
    text = toy.STUDY + '\n[walking.costs]\nstairs = "closed"\n'
    ready = prepare(read_study(toy.write_study(tmp_path, changed={"streets": frame}, study=text)))
    crossing = ready.network_places[ready.network_places["kind"] == "crossing"]
    assert crossing["explained"].tolist() == [True]
