"""Equity against PySAL `inequality`, brute force, and by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest
from inequality.gini import Gini
from inequality.theil import Theil, TheilD

from planner.accessibility.equity import (
    access_gap,
    gini,
    lorenz_at,
    measure_equity,
    theil,
    theil_parts,
    worst_served,
)

WORST = 0.1


def mexico() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return PySAL's example: income of the Mexican states in 1940 and 2000, and the region of each."""
    with Path(libpysal.examples.get_path("mexico.csv")).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    income = [np.array([float(row[f"pcgdp{year}"]) for row in rows]) for year in (1940, 2000)]
    return *income, np.array([row["hanson98"] for row in rows], dtype=object)


def random_walks(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return np.round(random.uniform(0, 30, 40), 1), random.integers(0, 6, 40)


def test_gini_and_theil_are_those_of_pysal_on_its_own_data() -> None:
    early, late, region = mexico()
    one = np.ones(len(early))
    for income in (early, late):
        assert gini(income, one) == pytest.approx(Gini(income).g, rel=1e-12)
        assert theil(income, one) == pytest.approx(Theil(income).T, rel=1e-9)
        between, within = theil_parts(income, one, region)
        expected = TheilD(income, region)
        assert between == pytest.approx(float(np.ravel(expected.bg)[0]), rel=1e-9)
        assert within == pytest.approx(float(np.ravel(expected.wg)[0]), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_people_count_as_often_as_they_are(seed: int) -> None:
    """A point with five people is five points with one; and the double sum is the definition."""
    minutes, people = random_walks(seed)
    each = np.repeat(minutes, people)
    weighted = gini(minutes, people.astype(float))
    assert weighted == pytest.approx(Gini(each).g, rel=1e-12)
    apart = np.abs(minutes[:, None] - minutes[None, :])
    brute = (np.outer(people, people) * apart).sum() / (2 * each.mean() * people.sum() ** 2)
    assert weighted == pytest.approx(brute, rel=1e-12)
    assert theil(minutes, people.astype(float)) == pytest.approx(theil(each, np.ones(len(each))), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_add_up_and_the_curve_ends_at_the_whole(seed: int) -> None:
    minutes, people = random_walks(seed)
    group = np.array(list("abcd") * 10, dtype=object)
    between, within = theil_parts(minutes, people.astype(float), group)
    assert between + within == pytest.approx(theil(minutes, people.astype(float)), rel=1e-12)
    assert min(between, within) >= 0
    curve = lorenz_at(np.linspace(0, 1, 1001), minutes, people.astype(float))
    assert (np.diff(curve) >= -1e-15).all()
    assert 1 - 2 * np.trapezoid(curve, dx=1e-3) == pytest.approx(gini(minutes, people.astype(float)), abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_the_worst_served_by_brute_force(seed: int) -> None:
    minutes, people = random_walks(seed)
    minutes[:3] = np.inf
    each = np.sort(np.repeat(minutes, 10 * people))
    tenth = each[-(len(each) // 10) :]
    found = worst_served(minutes, 10.0 * people, share=WORST)
    assert found["worst_people"] == len(tenth)
    assert found["worst_unreachable"] == np.isinf(tenth).sum()
    assert found["worst_from_min"] == tenth[0]
    reaching = tenth[np.isfinite(tenth)]
    np.testing.assert_allclose(found["worst_mean_min"], reaching.mean() if len(reaching) else np.nan)


def test_the_gap_by_hand() -> None:
    """5 minutes are allowed; one of four walks 10, one 7.5: gaps of 1 and one half."""
    minutes, people = np.array([5.0, 3.0, 10.0, 7.5]), np.ones(4)
    assert access_gap(minutes, people, limit_min=5.0, power=0) == 0.5
    assert access_gap(minutes, people, limit_min=5.0, power=1) == pytest.approx(1.5 / 4)
    assert access_gap(minutes, people, limit_min=5.0, power=2) == pytest.approx(1.25 / 4)


def demand_of(people: list[float], old: list[float], **more: list[float]) -> gpd.GeoDataFrame:
    count = len(people)
    return gpd.GeoDataFrame(
        {"people": people, "people_65": old, "community": list("AABB")[:count], **more},
        geometry=gpd.points_from_xy(range(count), range(count)),
    )


STREETS = pd.Series({"A": "North", "B": "South"})


def test_the_unreachable_get_no_number() -> None:
    minutes = np.array([4.0, 8.0, 12.0, np.inf])
    demand = demand_of([10.0, 10.0, 10.0, 10.0], [0.0, 1.0, 2.0, 3.0])
    found = measure_equity(minutes, demand, STREETS, standard_min=5.0)
    everybody, old = (found.groups.iloc[row] for row in (0, 1))
    assert (everybody["people_reaching"], everybody["people_unreachable"], everybody["uncovered"]) == (30, 10, 30)
    assert everybody["mean_min"] == pytest.approx(8.0)
    assert everybody["median_min"] == 8.0
    assert everybody["gini"] == pytest.approx(Gini(np.array([4.0, 8.0, 12.0])).g)
    assert np.isinf(everybody["worst_from_min"])
    assert np.isnan(everybody["worst_mean_min"])
    assert (old["group"], old["people"], old["uncovered"], old["mean_min"]) == (
        "people_65",
        6,
        6,
        pytest.approx(32 / 3),
    )
    assert found.by_subdistrict["mean_min"].tolist() == [6.0, 12.0]
    assert 0 < found.between_share < 1


def test_kinds_of_people_and_what_is_no_kind() -> None:
    """A kind must be a number everywhere where people are; a text or a gap is none."""
    demand = demand_of(
        [10.0, 0.0], [np.nan, 1.0], people_work=[5, 7], people_note=["a", "b"], people_part=[1.0, np.nan]
    )
    found = measure_equity(np.array([4.0, 8.0]), demand, STREETS[:1], standard_min=5.0)
    assert found.groups["group"].tolist() == ["people", "people_work", "people_part"]
    assert found.groups["people"].tolist() == [10, 5, 1]


def test_nobody_reaches_anything() -> None:
    found = measure_equity(np.full(4, np.inf), demand_of([1.0] * 4, [0.0] * 4), STREETS, standard_min=5.0)
    row = found.groups.iloc[0]
    assert np.isnan([row["gini"], row["theil"], row["mean_min"], found.between_share]).all()
    assert row["uncovered_share"] == 1.0
