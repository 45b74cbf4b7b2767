"""An argument is used, or refused by name: limits with their weights, single limits, arguments of other models."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pytest

import planner as pl

CRS = 32648


def at(metres: list[float], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(metres, [0.0] * len(metres)), crs=CRS)


@pytest.fixture(scope="module")
def net() -> pl.WalkNetwork:
    """Return a road of 2 km, walked at 60 m a minute."""
    return pl.walk_network(gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 2000 0)"], crs=CRS).to_frame("geometry"))


def test_zones_keep_their_weights_in_any_order(net: pl.WalkNetwork) -> None:
    centres, homes = at([0], area=[60.0]), at([300, 600, 900], people=[10, 10, 10])
    # 5, 10 and 15 minutes: 10 × 1 + 10 × 0.5 + 10 × 0.2 people share 60 m².
    for minutes, decay in (
        ([5, 10, 15], [1, 0.5, 0.2]),
        ([15, 10, 5], [0.2, 0.5, 1]),
        ([10, 5, 15], [0.5, 1, 0.2]),
    ):
        people, facilities = pl.two_step_fca(net, centres, homes, minutes, supply="area", decay=decay)
        assert facilities["people_in_catchment"].tolist() == pytest.approx([17.0])
        assert people["access"].tolist() == pytest.approx([60 / 17, 30 / 17, 12 / 17])


@pytest.mark.parametrize(
    ("minutes", "decay"),
    [([5, 10], [1.0]), ([5, 5, 10], [1, 0.7, 0.5]), ([5, 5, 10], [1, 0.5]), (5, [1, 0.5])],
)
def test_weights_that_do_not_fit_the_zones_are_refused(net: pl.WalkNetwork, minutes: object, decay: list) -> None:
    with pytest.raises(pl.PlannerError, match="`decay`"):
        pl.two_step_fca(net, at([0], area=[60.0]), at([300], people=[10]), minutes, supply="area", decay=decay)


def test_a_cheapest_cover_goes_by_the_cost(net: pl.WalkNetwork) -> None:
    homes = at([300, 900], people=[10, 10])
    options = at([600, 300, 900], price=[9.0, 2.0, 3.0])
    fewest = pl.locate(net, homes, model="set_covering", candidates=options)
    assert (fewest.sites.index.tolist(), fewest.objective) == ([0], 1.0)
    cheapest = pl.locate(net, homes, model="set_covering", candidates=options, cost="price")
    assert (sorted(cheapest.sites.index), cheapest.objective, cheapest.status) == ([1, 2], 5.0, "optimal")


@pytest.mark.parametrize(
    ("model", "arguments", "refused"),
    [
        ("set_covering", {"cost": "price", "budget": 7}, "`budget`"),
        ("set_covering", {"sites": 2}, "`sites`"),
        ("hierarchical_covering", {"sites": 2, "tiers": [{"tier": "town", "sites": 1, "minutes": 5}]}, "`sites`"),
        ("maximal_covering", {"sites": 1, "backup_weight": 0.3}, "`backup_weight`"),
        ("p_median", {"sites": 1, "zero_coverage_min": 9.0}, "`zero_coverage_min`"),
        ("maximal_covering", {"sites": 1, "cost": "price"}, "`budget`"),
        ("maximal_covering", {"budget": 7}, "`cost`"),
        ("p_median", {"sites": 1, "minutes": 5}, "`minutes`"),
        ("p_center", {"sites": 1, "minutes": 5}, "`minutes`"),
        (
            "hierarchical_covering",
            {"tiers": [{"tier": "town", "sites": 1, "minutes": 5}], "minutes": 5},
            "`minutes`",
        ),
        ("hierarchical_covering", {}, r"tiers=\[\{'tier': 'town'"),
        ("hierarchical_covering", {"tiers": ()}, "`tiers`"),
    ],
)
def test_arguments_that_a_model_ignores_are_refused(
    net: pl.WalkNetwork, model: str, arguments: dict, refused: str
) -> None:
    with pytest.raises(pl.PlannerError, match=refused):
        pl.locate(net, at([300], people=[1]), model, candidates=at([300, 600], price=[1.0, 2.0]), **arguments)


def test_a_misspelt_argument_is_told_the_nearest(net: pl.WalkNetwork) -> None:
    with pytest.raises(pl.PlannerError, match=r"minuts=3.*Did you mean `minutes`"):
        pl.locate(net, at([300], people=[1]), sites=1, minuts=3)


def test_warnings_name_the_line_that_calls(net: pl.WalkNetwork) -> None:
    homes = gpd.GeoDataFrame({"people": [1, 2]}, geometry=gpd.points_from_xy([300, 300], [0, 900]), crs=CRS)
    calls = (
        lambda: pl.coverage(net, at([0]), homes, weight=["people"]),
        lambda: pl.travel_times(net, at([0]), homes),
        lambda: pl.locate(net, homes, "p_median", sites=1, candidates=at([0, 600])),
    )
    for call in calls:
        with pytest.warns(pl.PlannerWarning) as told:
            call()
        assert {warning.filename for warning in told} == {__file__}


def test_a_limit_proposes_candidates_for_any_model(net: pl.WalkNetwork) -> None:
    homes = at([100, 1500], people=[10, 10])
    sites = pl.locate(net, homes, "p_median", sites=1, existing=at([0]), minutes=5)
    assert sites.sites.geometry.x.between(1300, 1700).all()


ONE_LIMIT: dict[str, Callable[[pl.WalkNetwork, gpd.GeoDataFrame], object]] = {
    "nearest": lambda net, frame: pl.nearest(net, frame, frame, cutoff=[5, 10]),
    "travel_times": lambda net, frame: pl.travel_times(net, frame, frame, cutoff=[5, 10]),
    "locate": lambda net, frame: pl.locate(net, frame, sites=1, minutes=[5, 10]),
    "candidates": lambda net, frame: pl.candidates(net, frame, minutes=[5, 10]),
    "business_areas": lambda net, frame: pl.business_areas(net, frame, minutes=[5, 10]),
}


@pytest.mark.parametrize("function", ONE_LIMIT)
def test_one_limit_is_not_a_list(function: str, net: pl.WalkNetwork) -> None:
    with pytest.raises(pl.PlannerError, match=r"= \[5, 10\]: this takes a single limit"):
        ONE_LIMIT[function](net, at([300, 600], people=[1, 2]))
