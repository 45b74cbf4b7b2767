"""Business areas: clusters on the walk between places; brute force, networkx and dense matrices as oracles."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from cities import points_in, random_city
from numpy.typing import NDArray
from phrases import phrase
from scipy.sparse import csr_array
from sklearn.cluster import DBSCAN, HDBSCAN

import planner
from planner.accessibility.business_areas import BusinessAreas, find_business_areas
from planner.accessibility.walk_clusters import APART_M, dbscan, hdbscan, walk_distances
from planner.config.sections.demand import BusinessAreaSettings as CircleSettings
from planner.evaluation.validation.networkx_oracle import NetworkxWalks, WalkEnvironment
from planner.network.network import build_network, with_costs
from planner.network.walk import WalkSettings
from planner.network.walker import Walker
from planner.population.business_places import business_places, read_place_kinds
from planner.reporting.document.build import build_document
from planner.schemas.tables import FACILITIES, PLACES, STREETS, Facilities, Streets

CRS = "EPSG:32648"
WALK = WalkSettings(speed_kmh=3.6, access_m=20.0)
KINDS = read_place_kinds(None, study="test")


def streets(*wkt: str, names: list[str] | None = None) -> Streets:
    shapes = gpd.GeoSeries.from_wkt(list(wkt), crs=CRS)
    return STREETS.check(gpd.GeoDataFrame({"name": names or [""] * len(wkt)}, geometry=shapes), source="test")


def shops(xy: NDArray[np.float64], **columns: object) -> gpd.GeoDataFrame:
    ids = [f"S{number:03d}" for number in range(len(xy))]
    return gpd.GeoDataFrame({"id": ids, "kind": "shop", **columns}, geometry=shapely.points(xy), crs=CRS)


def stations(*spots: tuple[float, float]) -> Facilities:
    columns = {"id": [f"T{n}" for n in range(len(spots))], "name": "station", "tier": "station"}
    return FACILITIES.check(gpd.GeoDataFrame(columns, geometry=shapely.points(spots), crs=CRS), source="test")


def found(
    town: Streets,
    places: gpd.GeoDataFrame,
    centres: Facilities,
    *,
    language: str = "zh",
    level: float = 1.0,
    **settings: object,
) -> BusinessAreas:
    network = build_network(town)
    network = with_costs(network, np.full((len(network.segment_m), 2), level))
    walker = Walker(network, WALK)
    return find_business_areas(
        business_places(PLACES.check(places, source="test"), KINDS),
        walker,
        centres,
        walker.snap(centres),
        town,
        settings=CircleSettings(**{"within_m": 60.0, "least_places": 3, **settings}),
        standard_min=5.0,
        language=language,
    )


def brute_force(metres: NDArray[np.float64], within_m: float, least: int) -> list[int]:
    """DBSCAN as its definition says it, without a search: cores, their components, then the places at the edge."""
    near = metres <= within_m + 1e-4
    core = near.sum(axis=1) >= least
    graph = nx.Graph()
    graph.add_nodes_from(np.flatnonzero(core).tolist())
    graph.add_edges_from(
        [(i, j) for i in range(len(core)) for j in range(i) if core[i] and core[j] and near[i, j]]
    )
    label = np.full(len(core), -1)
    for number, piece in enumerate(sorted(nx.connected_components(graph), key=min)):
        label[list(piece)] = number
    of_core = label.copy()
    for place in np.flatnonzero(~core):
        reached = of_core[near[place] & core]
        label[place] = reached.min() if len(reached) else -1
    return label.tolist()


def oracle_metres(town: gpd.GeoDataFrame, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    walks = NetworkxWalks(WalkEnvironment(town), xy, xy, WALK.access_m)
    metres = np.array([walks.from_home(home) for home in range(len(xy))])
    np.fill_diagonal(metres, 0.0)
    return metres


@pytest.mark.parametrize("seed", range(3))
def test_walks_and_clusters_are_those_of_networkx_and_of_brute_force(seed: int) -> None:
    town = random_city(seed)
    xy = points_in(town, 45, seed + 10)
    truth = oracle_metres(town, xy)
    within = 130.0
    walker = Walker(build_network(town), WALK)
    walks = walk_distances(walker, walker.snap(xy), within_m=within)
    dense = np.full(truth.shape, np.inf)
    dense[walks.tocoo().row, walks.tocoo().col] = walks.tocoo().data
    expected = np.where(truth <= within, truth, np.inf)
    np.testing.assert_allclose(dense, expected, atol=1e-4)
    for least in (2, 3, 5):
        labels = dbscan(walks, within_m=within, min_places=least).tolist()
        assert labels == brute_force(truth, within, least)
        # scikit's own on the dense matrix of networkx distances; what cannot be reached is far away.
        by_scikit = DBSCAN(eps=within + 1e-4, min_samples=least, metric="precomputed").fit_predict(
            np.where(np.isinf(truth), APART_M, truth)
        )
        assert labels == by_scikit.tolist()
    assert dbscan(walks, within_m=within, min_places=2).max() >= 0


def blobs(seed: int) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    middles = random.uniform(0, 1500, (5, 2))
    return np.concatenate([middle + random.normal(0, 30 * (n + 1), (25, 2)) for n, middle in enumerate(middles)])


def apart(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))


@pytest.mark.parametrize("seed", [0, 1, 3, 5])
def test_hdbscan_on_all_distances_is_scikits_on_the_full_matrix(seed: int) -> None:
    """A place as near to one cluster as to another may go to either, by the spanning tree: not with these."""
    metres, least = apart(blobs(seed)), 6
    count = len(metres)
    labels = hdbscan(csr_array(metres), min_places=least)
    full = np.full((count + least,) * 2, APART_M)
    full[:count, :count] = metres
    full[count:, count:] = 1.0
    np.fill_diagonal(full, 0.0)
    model = HDBSCAN(min_cluster_size=least, min_samples=least, metric="precomputed", copy=True)
    by_scikit = model.fit_predict(full)[:count]
    assert ((labels[:, None] == labels) == (by_scikit[:, None] == by_scikit)).all()
    assert ((labels == -1) == (by_scikit == -1)).all()
    assert labels.max() >= 2


def test_hdbscan_never_joins_what_no_walk_joins_and_each_part_is_as_if_alone() -> None:
    one, other = blobs(0), blobs(1)
    together = np.concatenate([one, other + np.array([50_000, 0]), [[200_000, 0]]])
    metres = apart(together)
    stored = csr_array(np.where(metres <= 2500, metres, 0.0))
    labels = hdbscan(stored, min_places=6)
    alone = [hdbscan(csr_array(apart(xy)), min_places=6) for xy in (one, other)]
    assert labels[: len(one)].tolist() == alone[0].tolist()
    shifted = np.where(alone[1] == -1, -1, alone[1] + alone[0].max() + 1)
    assert labels[len(one) : -1].tolist() == shifted.tolist()
    assert labels[-1] == -1


def test_hdbscan_may_find_one_cluster_and_none() -> None:
    row = np.arange(12.0)
    assert hdbscan(csr_array(np.abs(row[:, None] - row[None])), min_places=4).max() == 0
    assert hdbscan(csr_array((12, 12)), min_places=4).tolist() == [-1] * 12
    assert hdbscan(csr_array((2, 2)), min_places=4).tolist() == [-1, -1]


RIVER = ("LINESTRING (1000 1000, 1400 1000)", "LINESTRING (1000 1050, 1400 1050)")
BRIDGE = "LINESTRING (1200 1000, 1200 1050)"
BANKS = np.array([(1010 + 40 * n, y) for n in range(10) for y in (995, 1055)], dtype=float)


def split(town: tuple[str, ...]) -> Streets:
    """Streets joined where the bridge meets them."""
    lines = shapely.node(shapely.union_all(shapely.from_wkt(list(town))))
    return streets(*(shapely.to_wkt(part) for part in shapely.get_parts(lines)))


def test_a_river_between_two_shop_streets_splits_a_circle() -> None:
    """The banks are 60 m apart as the crow flies: one cluster on the map, two on foot until there is a bridge."""
    crow = DBSCAN(eps=60.0, min_samples=3).fit_predict(BANKS)
    assert set(crow.tolist()) == {0}
    apart = found(streets(*RIVER), shops(BANKS), stations((1010, 1000)))
    assert apart.table["places"].tolist() == [10, 10]
    sides = [set(apart.places.geometry.y[apart.places["circle"] == name] > 1025) for name in ("B1", "B2")]
    assert sorted(map(len, sides)) == [1, 1]
    assert sides[0] != sides[1]
    # The station stands on the south bank: nobody walks to it from the other.
    served = dict(zip(apart.table["id"], apart.table["station_min"], strict=True))
    south = apart.places["circle"][apart.places.geometry.y < 1025].iloc[0]
    assert np.isfinite(served[south])
    assert np.isinf(served[({"B1", "B2"} - {south}).pop()])
    joined = found(split((*RIVER, BRIDGE)), shops(BANKS), stations((1010, 1000)), within_m=80.0)
    assert joined.table["places"].tolist() == [20]


def test_the_extent_holds_its_places_and_stays_on_its_bank() -> None:
    circles = found(streets("LINESTRING (1000 1000, 1400 1000)", "LINESTRING (1000 1150, 1400 1150)"),
                    shops(np.array([(1010 + 40 * n, y) for n in range(10) for y in (995, 1155)], dtype=float)),
                    stations((1010, 1000)))  # fmt: skip
    assert len(circles.table) == 2
    for circle in circles.table.itertuples():
        own = circles.places[circles.places["circle"] == circle.id]
        assert circle.geometry.covers(shapely.union_all(own.geometry.array))
        assert circle.geometry.geom_type == "Polygon"
        assert circle.area_m2 == pytest.approx(circle.geometry.area)
    assert circles.table.geometry[0].disjoint(circles.table.geometry[1])


def test_the_order_of_the_file_changes_nothing() -> None:
    town = random_city(3)
    xy = points_in(town, 60, 4)
    places = shops(xy, jobs=np.arange(60.0))
    one = found(STREETS.check(town, source="t"), places, stations(tuple(xy[0])), within_m=110.0)
    turned = gpd.GeoDataFrame(places.sample(frac=1, random_state=1))
    other = found(STREETS.check(town, source="t"), turned, stations(tuple(xy[0])), within_m=110.0)
    assert len(one.table) > 1
    assert one.table.drop(columns="geometry").equals(other.table.drop(columns="geometry"))
    assert shapely.to_wkb(one.table.geometry.array).tolist() == shapely.to_wkb(other.table.geometry.array).tolist()


def test_workers_station_and_names_by_hand() -> None:
    town = streets("LINESTRING (1000 1000, 2000 1000)", names=["长街"])
    xy = np.array(
        [(1000, 1000), (1050, 1000), (1100, 1000), (1700, 1000), (1750, 1000), (1800, 1000)], dtype=float
    )
    places = shops(xy, name=["", "大商场", "", "", "", ""], jobs=[10, np.nan, 5, np.nan, np.nan, np.nan])
    places["kind"] = ["shop", "mall", "shop", "shop", "shop", "unheard-of"]
    circles = found(town, places, stations((1350, 1000)))
    first, second = circles.table.to_dict(orient="records")
    assert (first["name"], first["name_from"]) == ("大商场商圈", "place")
    assert first["workers"] == pytest.approx(10 + 12.89 + 5)
    assert first["workers_given"] == 15
    # 10 people at 1000, 12.89 at 1050, 5 at 1100: on average at 1041, nearest to 1050, 300 m from the station.
    assert (first["middle"], first["station_min"]) == ("S001", pytest.approx(5.0))
    assert first["station_within"]
    # 350 m from S000, 300 from S001 (within, the limit is inclusive), 250 from S002.
    assert first["workers_covered"] == pytest.approx(12.89 + 5)
    assert first["workers_near_middle"] == first["workers"]
    assert (second["name"], second["name_from"]) == ("长街商圈", "street")
    assert second["workers"] == pytest.approx(3 * 2.04)
    assert second["station_min"] == pytest.approx(400 / 60)
    assert not second["station_within"]
    assert second["workers_covered"] == 0
    english = found(town, places, stations((1350, 1000)), language="en", names={"S004": "Old Market"})
    assert english.table["name"].tolist() == [phrase("words.circle_of", name="大商场"), "Old Market"]
    notices = business_places(PLACES.check(places, source="t"), KINDS).notices
    assert [(notice.key, notice.rows) for notice in notices] == [("place_kind_unknown", ("S005",))]


def test_the_nearest_station_is_found_however_slow_the_streets_are() -> None:
    """860 m at a third of the speed and 20 m straight at each end: more than all streets when level."""
    town = streets("LINESTRING (1000 1000, 2000 1000)")
    xy = np.array([(1000, 1000), (1010, 1000), (1020, 1000)], dtype=float)
    slow = found(town, shops(xy), stations((1910, 1000)), level=3.0).table
    assert slow["station_min"].tolist() == pytest.approx([(3 * 860 + 40) / 60])
    assert slow["station"].tolist() == ["T0"]
    # 50 m apart are 3 × 10 + 40 m on slow streets, beyond the 60 m of a circle.
    apart = shops(np.array([(1000, 1000), (1050, 1000), (1100, 1000)], dtype=float))
    assert len(found(town, apart, stations((1910, 1000))).table) == 1
    assert len(found(town, apart, stations((1910, 1000)), level=3.0).table) == 0


def test_one_station_does_not_reach_a_long_circle() -> None:
    """Eleven shops 100 m apart: from the middle one, 300 m reach three on either side and itself."""
    xy = np.array([(1000.0 + 100 * n, 1000.0) for n in range(11)])
    circles = found(
        streets("LINESTRING (1000 1000, 2000 1000)"), shops(xy), stations((1000, 1000)), within_m=100.0
    )
    assert circles.table["places"].tolist() == [11]
    assert circles.table["middle"].tolist() == ["S005"]
    assert circles.table["workers_near_middle"].iloc[0] == pytest.approx(7 * 2.04)


def test_places_on_one_spot_are_neighbours_and_places_far_from_streets_are_said() -> None:
    town = streets("LINESTRING (1000 1000, 2000 1000)")
    xy = np.array([(1500, 1000)] * 3 + [(1500, 1500)], dtype=float)
    circles = found(town, shops(xy), stations((1500, 1000)), within_m=1.0)
    assert circles.places["circle"].tolist() == ["B1", "B1", "B1", ""]
    assert [(notice.key, notice.rows) for notice in circles.notices] == [("place_no_street", ("S003",))]


def test_no_places_of_business_and_no_station_leave_a_table_without_rows_or_with_inf() -> None:
    town = streets("LINESTRING (1000 1000, 2000 1000)")
    parks = shops(np.array([(1500.0, 1000.0)] * 4)).assign(kind="leisure=park")
    assert len(found(town, parks, stations((1500, 1000))).table) == 0
    none = FACILITIES.check(
        gpd.GeoDataFrame(
            {"id": ["C"], "name": "c", "tier": "town"}, geometry=[shapely.Point(1500, 1000)], crs=CRS
        ),
        source="t",
    )
    circles = found(town, shops(np.array([(1500.0, 1000.0)] * 4)), none)
    assert np.isinf(circles.table["station_min"]).all()
    assert circles.table["station"].tolist() == [""]
    assert circles.table["centre"].tolist() == ["C"]


def test_neighbours_walk_along_the_street_not_through_the_block() -> None:
    """Two parallel streets, joined at one end only: back to back is 30 m on the map and 400 m on foot."""
    town = streets("LINESTRING (1000 1000, 1200 1000)", "LINESTRING (1000 1000, 1000 1060, 1200 1060)")
    back_to_back = np.array([(1180, 1012), (1190, 1012), (1180, 1048), (1190, 1048)], dtype=float)
    walker = Walker(build_network(town), WalkSettings(WALK.speed_kmh, 20.0))
    walks = walk_distances(walker, walker.snap(back_to_back), within_m=100.0).toarray()
    assert walks[0, 2] == 0  # not stored
    assert 0 < walks[0, 1] < 30


def test_the_toy_city_has_one_circle_with_its_mall(rich_toy_plan: planner.Plan) -> None:
    content = build_document(rich_toy_plan)["business_areas"]
    (circle,) = content["areas"]
    assert circle["name"] == "Great Mall business area"
    assert circle["places"] == 6
    assert circle["workers"] == pytest.approx(100 + 4 * 2.04 + 12.89)
    assert content["areas_with_station"] == 0
    assert content["places_in_areas"] + 1 == content["places_of_business"] == 7


def test_haibowan_has_the_six_stations_of_the_report_in_its_circles(haibowan_plan: planner.Plan) -> None:
    circles = haibowan_plan.business_areas
    assert circles is not None
    served = circles.table[circles.table["station_within"]]
    assert sorted(served["station"]) == ["S01", "S02", "S03", "S04", "S05", "S06"]
    assert len(circles.table) == 8
    for one, other in pairwise(circles.table["workers"]):
        assert one >= other
