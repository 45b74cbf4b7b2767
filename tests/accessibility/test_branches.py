"""Branches: counted and judged with their centre; what a table may say of them."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import toy
from centres import rule
from changing import COVERED, city, rated
from phrases import phrase

import planner
from planner.config.study import read_study
from planner.inputs.scenario import Scenario
from planner.messages.errors import DataError
from planner.prepare import prepare
from planner.reporting.document.build import build_document
from planner.reporting.map.whatif_data import what_if_data

LINE = [[(0, 0), (1000, 0)]]
BRANCH = {"at": (800, 0), "tier": "station", "branch_of": "C1", "floor_area_m2": 60.0}
RULES = (COVERED, rule("people_per_m2 <= 1", unit="people_per_m2", name="load"))


def test_walks_floor_and_people_count_with_the_centre(tmp_path: Path) -> None:
    """100 people at each end of a street; a centre of 400 m² at one, its branch of 60 m² 200 m from the other."""
    people = {(0, 0): 100.0, (1000, 0): 100.0}
    alone = rated(tmp_path / "alone", city(LINE, people), *RULES)
    both = rated(tmp_path / "both", city(LINE, people, centres=[{"at": (0, 0)}, BRANCH]), *RULES)
    assert (alone.ratings(), both.ratings()) == ({"C1": "weak"}, {"C1": "compliant", "C2": ""})
    row = both.centres.iloc[0]
    assert (row["own_covered_share_5min"], row["floor_area_m2"], row["people_nearest"]) == (1.0, 460.0, 200.0)
    assert row["people_within_5min"] == 200.0
    assert row["overlap_share"] == 0.0
    assert np.isnan(row["next_centre_min"])  # the branch is no other centre
    assert both.rates["assessed"] == 1
    home = both.communities.iloc[0]
    assert (home["premises"], home["premises_m2"]) == (1, 460.0)


def test_people_as_near_to_two_premises_use_their_own(tmp_path: Path) -> None:
    """A's centre comes second in the table and shares a house with B's."""
    centres = [{"at": (500, 0), "community": "B"}, {"at": (500, 0)}]
    layers = city(LINE, {(400, 0): 70.0, (600, 0): 30.0}, centres=centres, split_x=550.0)
    found = rated(tmp_path, layers, *RULES)
    assert found.centres["people_nearest"].tolist() == [30.0, 70.0]


@pytest.mark.parametrize(("main", "why"), [("C9", "C9"), ("C2", "C2")])
def test_a_branch_of_nothing_or_of_itself_is_refused(tmp_path: Path, main: str, why: str) -> None:
    layers = city(LINE, {(0, 0): 1.0}, centres=[{"at": (0, 0)}, {**BRANCH, "branch_of": main}])
    with pytest.raises(DataError, match=re.escape(phrase("errors.unknown_main", found=why))):
        rated(tmp_path, layers, *RULES)


def test_a_branch_closes_with_its_centre_and_the_page_judges_both(tmp_path: Path) -> None:
    centres = toy.layers()["centres"].assign(branch_of=["", "C1"])
    more = toy.layers()["centres"].iloc[:1].assign(id="C2", community="E", branch_of="")
    together = gpd.GeoDataFrame(pd.concat([centres, more], ignore_index=True), crs=toy.CRS)
    study = read_study(toy.write_study(tmp_path / "toy", changed={"centres": together}))
    closed = Scenario(("C1",), (), "EPSG:32648")
    assert list(prepare(study, scenario=closed).inputs.facilities["id"]) == ["C2"]
    plan = planner.run(study)
    content = build_document(plan)
    assert content["centres"][1]["verdict"] == ""
    assert what_if_data(plan, content)["judged"]["unfollowed"] == []
