"""The halo law: a whole as one study and as its parts give the same minutes, people and verdicts."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from wholes import METHODS, write_whole

from planner.accessibility.coverage import with_nearest
from planner.batch.districts import districts_of
from planner.batch.portfolio import read_portfolio
from planner.config.study import read_study
from planner.evaluation.diagnosis import Diagnosis, diagnose
from planner.prepare import PreparedStudy, prepare


def measured(study: Path) -> tuple[PreparedStudy, pd.DataFrame, Diagnosis]:
    """Return a study, its people with their walks, and its verdicts."""
    prepared = prepare(read_study(study), for_results=False)
    limits = prepared.study.limits.minutes
    inputs = prepared.inputs
    times = prepared.compute_times()
    points = with_nearest(inputs.demand, times, inputs.facilities, limits_min=limits)
    access = prepared.measure_access()
    return prepared, pd.DataFrame(points.drop(columns="geometry")), diagnose(access, rule_set=prepared.rules)


def in_order(tables: list[pd.DataFrame], key: str) -> pd.DataFrame:
    """Return tables as one, in the order of ids."""
    return pd.concat(tables, ignore_index=True).sort_values(key, ignore_index=True)


def equal(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Assert that tables are equal: texts and people to the bit, minutes and shares but for the last bits."""
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12, atol=1e-11)
    for name in expected.columns:
        if str(name).startswith("people") or expected[name].dtype == object:
            pd.testing.assert_series_equal(found[name], expected[name], check_exact=True)


@pytest.mark.parametrize("seed", range(6))
def test_parts_are_as_the_whole_at_random(seed: int, tmp_path: Path) -> None:
    portfolio = read_portfolio(write_whole(tmp_path, seed))
    cut = districts_of(portfolio, tmp_path / "out", "")
    whole, points, verdicts = measured(tmp_path / "study.toml")
    assert whole.inputs.demand_method == METHODS[seed % 3]
    parts = [measured(district.study) for district in cut.districts]
    assert len(parts) > 1
    assert cut.in_no_district == ()
    # People and their minutes; the community tells which district counts each.
    found = in_order([part for _, part, _ in parts], "id")
    expected = points.sort_values("id", ignore_index=True)
    assert found["people"].sum() == expected["people"].sum()
    equal(found, expected)
    # Verdicts, and every indicator that they rest on.
    centres = [
        diagnosis.centres[~diagnosis.centres["id"].isin(prepared.inputs.neighbours.facilities)]
        for prepared, _, diagnosis in parts
    ]
    assert len(set(verdicts.centres["verdict"])) > 1
    equal(in_order(centres, "id"), in_order([verdicts.centres], "id"))
    communities = [diagnosis.communities for _, _, diagnosis in parts]
    equal(in_order(communities, "community"), in_order([verdicts.communities], "community"))
    assert sum(diagnosis.rates["weak"] for _, _, diagnosis in parts) == verdicts.rates["weak"]


def test_a_district_is_smaller_than_the_whole(tmp_path: Path) -> None:
    """Parts that were the whole again would be equal to it for nothing."""
    portfolio = read_portfolio(write_whole(tmp_path, 0))
    cut = districts_of(portfolio, tmp_path / "out", "")
    whole = prepare(read_study(tmp_path / "study.toml"), for_results=False)
    sizes = [len(prepare(read_study(one.study), for_results=False).inputs.streets) for one in cut.districts]
    assert min(sizes) < 0.8 * len(whole.inputs.streets)
    assert np.sum(sizes) > len(whole.inputs.streets)


def test_streets_that_end_before_a_border_are_told(tmp_path: Path) -> None:
    portfolio = write_whole(tmp_path, 0)
    streets = gpd.read_file(tmp_path / "whole.gpkg", layer="streets")
    west, _, east, _ = streets.total_bounds
    streets[streets.bounds["maxx"] < (west + 2 * east) / 3].to_file(tmp_path / "whole.gpkg", layer="streets")
    cut = districts_of(read_portfolio(portfolio), tmp_path / "out", "")
    grounds = gpd.read_file(tmp_path / "whole.gpkg", layer="communities").dissolve("district").bounds
    assert grounds["maxx"].idxmax() in cut.beyond_streets
    assert grounds["maxx"].idxmin() not in cut.beyond_streets
