"""`pl.services` on frames: each service as `pl.nearest` and `pl.coverage` have it alone."""

from __future__ import annotations

import geopandas as gpd
import life_circle
import numpy as np
import pytest
import toy

import planner as pl
from planner.messages.errors import PlannerError


@pytest.fixture(scope="module")
def net() -> pl.WalkNetwork:
    return pl.walk_network(toy.layers()["streets"], access_m=10.0)


@pytest.fixture(scope="module")
def people() -> gpd.GeoDataFrame:
    people = toy.layers()["people"].set_index("id")
    return people.assign(side=np.where(people.geometry.x > toy.ORIGIN[0] + 400, "east", "west"))


def frames() -> dict[str, gpd.GeoDataFrame]:
    pois = life_circle.pois().set_index("id")
    return {str(kind): gpd.GeoDataFrame(rows) for kind, rows in pois.groupby("kind", sort=False)}


def test_each_service_is_that_of_it_alone(net: pl.WalkNetwork, people: gpd.GeoDataFrame) -> None:
    minutes = {"canteen": 5, "clinic": 4, "library": 10}
    found = pl.services(net, frames(), people, minutes, by="side")
    for name, facilities in frames().items():
        nearest = pl.nearest(net, facilities, people)
        assert found.people[f"{name}_min"].tolist() == pytest.approx(nearest["minutes"].tolist())
        assert found.people[f"{name}_nearest"].tolist() == nearest["facility"].tolist()
        alone = pl.coverage(net, facilities, people, minutes[name], by="side")
        assert found.total.loc[name, "people_share"] == pytest.approx(alone.share)
        groups = alone.by_group.set_index("group")["people_covered"]
        served = found.by_group.xs(name, level="service")["people_served"]
        assert served.to_dict() == groups.to_dict()
    assert found.people.index.tolist() == people.index.tolist()


def test_the_second_nearest_counts_where_two_are_asked(net: pl.WalkNetwork, people: gpd.GeoDataFrame) -> None:
    found = pl.services(net, frames(), people, 30, count={"clinic": 2})
    walks = np.sort([life_circle.walk_m(people, spot) for _, spot, _, _ in life_circle.SPOTS["clinic"]], axis=0)
    assert found.people["clinic_min"].tolist() == pytest.approx((walks[1] / 60).tolist())
    assert found.completeness["sufficient_share"] == 1.0


def test_capacity_is_that_of_two_step_fca(net: pl.WalkNetwork, people: gpd.GeoDataFrame) -> None:
    library = frames()["library"].astype({"places": float})
    found = pl.services(net, {"library": library}, people, 5, capacity="places")
    access = pl.two_step_fca(net, library, people, 5, supply="places")[0]["access"]
    mean = 1000 * np.average(access, weights=people["people"])
    assert found.total.loc["library", "capacity_per_1000"] == pytest.approx(mean)


def test_a_service_without_facilities_is_not_known(net: pl.WalkNetwork, people: gpd.GeoDataFrame) -> None:
    given = {"clinic": frames()["clinic"], "park": frames()["clinic"].iloc[:0]}
    found = pl.services(net, given, people, 60)
    assert np.isnan(found.total.loc["park", "people_share"])
    assert found.people["missing"].max() == 0
    assert "park: not known" in repr(found)
    assert pl.services(net, {"park": given["park"]}, people, 5).people["completeness"].isna().all()


def test_weights_of_the_index(net: pl.WalkNetwork, people: gpd.GeoDataFrame) -> None:
    found = pl.services(net, frames(), people, 5, weights={"canteen": 3.0, "clinic": 0.0})
    within = found.people[["canteen_min", "library_min"]] <= 5 + 1e-9
    assert found.people["completeness"].tolist() == pytest.approx(
        ((3 * within["canteen_min"] + within["library_min"]) / 4).tolist()
    )


def test_services_at_times_of_the_week(net: pl.WalkNetwork, people: gpd.GeoDataFrame) -> None:
    """At each time, what the facilities open then would serve alone; those of unknown hours may be."""
    clinic, library = frames()["clinic"], frames()["library"].iloc[:0]
    hours = ["Mo-Fr 08:00-18:00", "24/7", ""]
    clinic = clinic.iloc[np.arange(3) % len(clinic)].assign(opening_hours=hours).reset_index(drop=True)
    given = {"clinic": clinic, "library": library}
    found = pl.services(net, given, people, 4, times=["weekday 17:00", "Sunday 10:00", "周日 10点"])
    assert found.by_time is not None
    assert found.sufficient_by_time is not None
    every = pl.coverage(net, clinic, people, 4).total.iloc[0]["people_covered"]
    for time, rows, maybe in (("Mo-Fr 17:00", [0, 1], [0, 1, 2]), ("Su 10:00", [1], [1, 2])):
        row = found.by_time.loc[(time, "clinic")]
        surely, perhaps = (
            pl.coverage(net, clinic.iloc[part], people, 4).total.iloc[0]["people_covered"]
            for part in (rows, maybe)
        )
        assert row["people_served"] == pytest.approx(every)
        assert row["people_open"] == pytest.approx(surely)
        assert row["people_hours_unknown"] == pytest.approx(perhaps - surely)
        assert row["people_closed"] == pytest.approx(every - perhaps)
        assert np.isnan(found.by_time.loc[(time, "library"), "people_open"])
        assert found.sufficient_by_time.loc[time, "people_sufficient_open"] == pytest.approx(surely)
    assert len(found.by_time) == 4
    daily = clinic.drop(columns="opening_hours").assign(open_from="9:00", open_to="9:30")
    shut = pl.services(net, {"clinic": daily}, people, 4, times="daily 12:00").by_time
    assert shut["people_closed"].tolist() == pytest.approx([every])
    assert pl.services(net, given, people, 4).by_time is None


@pytest.mark.parametrize(
    ("times", "word"), [("evening", "evening"), ([9], "9"), (9, "9"), ("daily 9:00", "opening_hours")]
)
def test_times_that_cannot_be_are_refused(
    net: pl.WalkNetwork, people: gpd.GeoDataFrame, times: object, word: str
) -> None:
    clinic = frames()["clinic"]
    with pytest.raises(PlannerError, match=word):
        pl.services(net, {"clinic": clinic[["geometry"]]}, people, 4, times=times)


@pytest.mark.parametrize(
    "options",
    [
        {"minutes": {"clinic": 5}},
        {"count": 1.5},
        {"minutes": -1},
        {"count": {"clinics": 2}},
        {"capacity": "beds"},
        {"by": "ward"},
    ],
)
def test_wrong_arguments_are_refused(
    net: pl.WalkNetwork, people: gpd.GeoDataFrame, options: dict[str, object]
) -> None:
    with pytest.raises(PlannerError):
        pl.services(net, frames(), people, **options)
    with pytest.raises(PlannerError):
        pl.services(net, frames()["clinic"], people)
