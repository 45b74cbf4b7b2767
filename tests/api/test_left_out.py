"""Nobody is left out without a word: people without a street or a candidate, without a group, columns of text."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

import planner as pl

CRS = 32648
TWO_ROADS = ["LINESTRING (0 0, 2000 0)", "LINESTRING (0 9000, 500 9000)"]


def at(places: list[tuple[float, float]], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*zip(*places, strict=True)), crs=CRS)


@pytest.fixture(scope="module")
def net() -> pl.WalkNetwork:
    """Return two roads that do not meet, walked at 60 m a minute."""
    return pl.walk_network(gpd.GeoSeries.from_wkt(TWO_ROADS, crs=CRS).to_frame("geometry"))


HOMES = at([(300, 0), (900, 300), (100, 9000)], people=[10, 7, 5])
"""On the first road, 300 m from any, and on the second."""


@pytest.mark.parametrize("model", ["p_median", "p_center", "set_covering"])
def test_people_whom_no_candidate_reaches_are_counted(net: pl.WalkNetwork, model: str) -> None:
    with pytest.warns(pl.PlannerWarning) as warned:
        found = pl.locate(
            net, HOMES, model, sites=None if model == "set_covering" else 1, candidates=at([(300, 0)])
        )
    assert found.figures["people_unreached"] == 12.0
    assert found.figures["points_unreached"] == 2.0
    assert "not reached by any: 12 people at 2 points" in repr(found)
    assert "12 people at 2 points" in found._repr_html_()
    texts = [str(one.message) for one in warned]
    assert any("12 people at 2 points are left out" in text for text in texts)
    assert any("1 of 3 points, with 7 people, have no street within 50 m" in text for text in texts)
    assert {one.filename for one in warned} == {__file__}


def test_everyone_reached_is_no_word(net: pl.WalkNetwork) -> None:
    found = pl.locate(net, HOMES.iloc[[0]], "p_median", sites=1, candidates=at([(300, 0)]))
    assert found.figures["people_unreached"] == 0.0
    assert "not reached" not in repr(found)


def test_people_without_a_group_are_a_group(net: pl.WalkNetwork) -> None:
    homes = at([(0, 0), (100, 0), (900, 0)], people=[1, 2, 4], district=["W", None, None])
    found = pl.coverage(net, at([(0, 0)]), homes, by="district").by_group
    assert found is not None
    assert found["group"].iloc[0] == "W"
    assert found["group"].isna().tolist() == [False, True]
    assert found["people"].tolist() == [1.0, 6.0]
    assert found["people_covered"].tolist() == [1.0, 2.0]


def test_text_in_columns_that_a_model_does_not_read_is_no_matter(net: pl.WalkNetwork) -> None:
    homes = at([(0, 0), (100, 0)], people=[1, 2], households=["few", "many"])
    centres = at([(1900, 0)], floor_area_m2=["large"])
    found = pl.locate(net, homes, sites=1, existing=centres, candidates=at([(0, 0)], area_m2=["?"]))
    assert found.objective == 3.0


def test_text_in_columns_that_are_read_is_refused_with_rows(net: pl.WalkNetwork) -> None:
    homes = at([(0, 0), (100, 0)], people=[1, 2], households=[1, "many"])
    settings = {"sites": 1, "m2_per_household": 1.0, "new_area_m2": 100.0, "candidates": at([(0, 0)])}
    with pytest.raises(pl.PlannerError, match=r"households.*1 row: 1"):
        pl.locate(net, homes, "capacitated_covering", **settings)
    centres = at([(1900, 0)], floor_area_m2=["large"])
    with pytest.raises(pl.PlannerError, match=r"floor_area_m2.*1 row: 0"):
        pl.locate(net, homes.assign(households=1), "capacitated_covering", existing=centres, **settings)
    for price in ("dear", np.nan, -1):
        options = at([(0, 0), (100, 0)], price=[1, price])
        with pytest.raises(pl.PlannerError, match=r"price.*1 row: 1"):
            pl.locate(net, homes, candidates=options, cost="price", budget=5)
    with pytest.raises(pl.PlannerError, match=r"area.*1 row: 0"):
        pl.two_step_fca(net, at([(0, 0)], area=["large"]), homes, supply="area")
    people, _ = pl.two_step_fca(net, at([(0, 0)], area=[None]).astype({"area": float}), homes, supply="area")
    assert people["access"].isna().all()
