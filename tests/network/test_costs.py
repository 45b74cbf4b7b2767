from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from phrases import phrase
from rasterio import Affine

from planner.io.osm.extract import read_osm_streets
from planner.io.raster import Elevation, read_elevation
from planner.messages.errors import DataError
from planner.network.costs import (
    WalkingCosts,
    compute_cost_factors,
    default_tobler,
    find_unused_names,
    select_walkable,
)
from planner.network.gates import close_gates
from planner.network.network import WalkingNetwork, build_network, with_costs
from planner.network.quality import network_quality
from planner.network.snapping import snap
from planner.network.travel_times import travel_times
from planner.network.walk import WalkSettings

CRS = "EPSG:32648"
PORTO_ALEGRE = Path(__file__).parents[3] / "shared" / "data" / "porto-alegre"
NODATA = -9999.0


def lines(*wkt: str, **columns: list[str]) -> gpd.GeoDataFrame:
    columns = {"kind": [""] * len(wkt), "crossing": [""] * len(wkt), "structure": [""] * len(wkt)} | columns
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries.from_wkt(list(wkt)), crs=CRS)


def levels(streets: gpd.GeoDataFrame, costs: WalkingCosts, slope: float = 0.0) -> list[list[float]]:
    """Return the cost metres per metre of every segment over ground that rises evenly to the east."""
    network = build_network(streets)
    level, _ = compute_cost_factors(network, streets, costs, lambda xy: xy[:, 0] * slope)
    return level.round(6).tolist()


def minutes(network: WalkingNetwork, begin: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the walk between a centre at `begin` and a door at `end`, at 1 m/s, both on streets."""
    snaps = [snap(np.array([xy]), network, access_m=0.5) for xy in (begin, end)]
    times = travel_times(network, *snaps, walk=WalkSettings(3.6, 0.5), horizon_min=200)
    return float(times.minutes[0]) if len(times.minutes) else np.inf


def test_tobler_by_hand() -> None:
    """6·exp(−3.5·|S + 0.05|): 5.037 km/h on the flat, 6 at −5 %, 3.549 up 10 %, 5.037 down 10 %."""
    assert default_tobler().factor(np.array([0.0])).tolist() == [1.0]
    assert default_tobler().factor(np.array([0.1]))[0] == pytest.approx(np.exp(3.5 * 0.1))
    assert default_tobler().factor(np.array([-0.1]))[0] == pytest.approx(1.0)
    assert default_tobler().least_cost_factor == pytest.approx(np.exp(-3.5 * 0.05))
    assert WalkingCosts(3.6, slope=True, class_kmh={"path": 7.2}).least_cost_factor == pytest.approx(
        np.exp(-0.175) / 2
    )
    assert WalkingCosts(3.6, class_kmh={"path": 1.8}).least_cost_factor == 1.0


def test_a_hill_is_walked_up_slowly_and_down_fast() -> None:
    street = lines("LINESTRING (0 0, 100 0)")
    up, down = np.exp(3.5 * 0.1), 1.0
    assert levels(street, WalkingCosts(3.6, slope=True), 0.1)[0] == pytest.approx([up, down], abs=1e-6)
    network = build_network(street)
    level = np.array(levels(street, WalkingCosts(3.6, slope=True), 0.1))
    # The centre is on the top: people walk up to it, and down from it.
    to_centre = with_costs(network, level, direction="to_centre")
    from_centre = with_costs(network, level, direction="from_centre")
    assert minutes(to_centre, (100, 0), (0, 0)) * 60 == pytest.approx(100 * up, abs=0.5)
    assert minutes(from_centre, (100, 0), (0, 0)) * 60 == pytest.approx(100 * down, abs=0.5)


def test_long_segments_are_cut_where_slope_counts_and_bridges_rise_evenly() -> None:
    def ridge(xy: np.ndarray) -> np.ndarray:
        return 10.0 - np.abs(xy[:, 0] - 50.0) / 5

    costs = WalkingCosts(3.6, slope=True, step_m=50.0)
    over = select_walkable(lines("LINESTRING (0 0, 100 0)"), costs)
    assert shapely.get_num_coordinates(over.geometry.array).tolist() == [3]
    level, _ = compute_cost_factors(build_network(over), over, costs, ridge)
    assert level.round(6).tolist() == [
        np.round([np.exp(0.7), np.exp(3.5 * 0.1)], 6).tolist(),
        np.round([np.exp(3.5 * 0.1), np.exp(0.7)], 6).tolist(),
    ]
    for structure in ("bridge", "tunnel"):
        under = select_walkable(lines("LINESTRING (0 0, 100 0)", structure=[structure]), costs)
        assert compute_cost_factors(build_network(under), under, costs, ridge)[0].tolist() == [[1.0, 1.0]] * 2


def test_streets_without_a_height_are_level_and_said() -> None:
    streets = lines("LINESTRING (0 0, 100 0)", "LINESTRING (0 50, 100 50)")
    network = build_network(streets)
    level, unknown = compute_cost_factors(
        network, streets, WalkingCosts(3.6, slope=True), lambda xy: np.where(xy[:, 1] > 10, np.nan, xy[:, 0])
    )
    assert unknown.tolist() == [False, True]
    assert level[1].tolist() == [1.0, 1.0]
    assert (level[0] > 1).all()


def test_stairs_classes_and_crossings() -> None:
    streets = lines(
        *("LINESTRING (0 0, 30 0, 60 0)", "LINESTRING (60 0, 100 0)", "LINESTRING (100 0, 110 0, 120 0)"),
        kind=["path", "steps", "footway"],
        crossing=["", "", "traffic_signals"],
    )
    costs = WalkingCosts(
        3.6, stairs="slow", class_kmh={"path": 1.8}, crossing_s={"traffic_signals": 30, "marked": 3}
    )
    # 30 s at 1 m/s over 20 m; a path at half the speed; stairs by the shipped figure.
    assert levels(streets, costs) == [[2, 2], [2, 2], [2.43, 2.43], [2.5, 2.5], [2.5, 2.5]]
    assert levels(streets, WalkingCosts(3.6)) == [[1, 1]] * 5
    assert select_walkable(streets, WalkingCosts(3.6, stairs="closed"))["kind"].tolist() == ["path", "footway"]
    assert find_unused_names(streets, "crossing", costs.crossing_s) == ("marked",)
    assert find_unused_names(streets.drop(columns="kind"), "kind", costs.class_kmh) == ("path",)


def test_a_closed_gate_ends_the_street_on_both_sides() -> None:
    """Round a square of 100 m: with the gate closed the walk is the other way round."""
    streets = lines("LINESTRING (0 0, 100 0)", "LINESTRING (100 0, 100 100, 0 100, 0 0)")
    gates = gpd.GeoDataFrame(
        {"id": ["g", "far"], "name": ["East gate", ""]}, geometry=gpd.points_from_xy([40, 500], [3, 500]), crs=CRS
    )
    cut = close_gates(streets, gates, within_m=5.0)
    network = build_network(cut.streets, gates=cut.gates)
    assert cut.stray == ("far",)
    assert (network.gates[0].id, network.gates[0].name, network.gates[0].xy) == ("g", "East gate", (40.0, 0.0))
    assert network.node_xy[list(network.gates[0].nodes)].tolist() == [[40.0, 0.0]] * 2
    assert minutes(build_network(streets), (10, 0), (90, 0)) * 60 == pytest.approx(80)
    assert minutes(network, (10, 0), (90, 0)) * 60 == pytest.approx(10 + 300 + 10)
    assert network_quality(network).dead_ends == 2
    assert network.edge_m.sum() == pytest.approx(400)


def test_a_gate_at_a_junction_parts_all_that_meet_there() -> None:
    streets = lines("LINESTRING (0 0, 100 0, 200 0)", "LINESTRING (100 0, 100 80)")
    gates = gpd.GeoDataFrame({"id": ["g"], "name": [""]}, geometry=[shapely.Point(100, 0)], crs=CRS)
    cut = close_gates(streets, gates, within_m=5.0)
    network = build_network(cut.streets, gates=cut.gates)
    assert len(network.gates[0].nodes) == 3
    assert network_quality(network).pieces == 3


def test_a_gate_on_a_lane_leaves_the_road_beside_it_open() -> None:
    streets = lines("LINESTRING (0 0, 100 0, 200 0)", "LINESTRING (100 0, 100 80)")
    gates = gpd.GeoDataFrame({"id": ["g"], "name": [""]}, geometry=[shapely.Point(100, 2)], crs=CRS)
    cut = close_gates(streets, gates, within_m=5.0)
    network = build_network(cut.streets, gates=cut.gates)
    assert minutes(network, (50, 0), (150, 0)) * 60 == pytest.approx(100)
    assert np.isinf(minutes(network, (50, 0), (100, 50)))


def write_raster(
    path: Path, metres: np.ndarray, *, west: float, north: float, cell: float, crs: str | None = CRS
) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=metres.shape[0],
        width=metres.shape[1],
        count=1,
        dtype="float64",
        crs=crs,
        transform=Affine(cell, 0.0, west, 0.0, -cell, north),
        nodata=NODATA,
    ) as file:
        file.write(metres, 1)
    return path


def read(path: Path, smoothing_m: float = 0.0, stated_crs: str | None = None) -> Elevation:
    bounds = np.array([500_100.0, 4_390_100.0, 500_400.0, 4_390_400.0])
    system = pyproj.CRS.from_user_input(CRS)
    return read_elevation(
        path,
        bounds=bounds,
        crs=system,
        smoothing_m=smoothing_m,
        setting="inputs.elevation",
        source=path.name,
        stated_crs=stated_crs,
    )


def plane(path: Path, *, hole: bool = False) -> Path:
    """Write the plane 0.1·x − 0.2·y in cells of 10 m, with or without a cell of no data."""
    x = 500_000 + 5 + 10 * np.arange(50)
    y = 4_390_500 - 5 - 10 * np.arange(50)
    metres = 0.1 * (x[None, :] - 500_000) - 0.2 * (y[:, None] - 4_390_000)
    if hole:
        metres[20, 20] = NODATA
    return write_raster(path, metres, west=500_000, north=4_390_500, cell=10)


@pytest.mark.parametrize("smoothing_m", [0.0, 15.0])
def test_a_plane_is_read_exactly(tmp_path: Path, smoothing_m: float) -> None:
    xy = np.random.default_rng(1).uniform([500_100, 4_390_100], [500_400, 4_390_400], (200, 2))
    expected = 0.1 * (xy[:, 0] - 500_000) - 0.2 * (xy[:, 1] - 4_390_000)
    heights = read(plane(tmp_path / "plane.tif"), smoothing_m).heights(xy)
    np.testing.assert_allclose(heights, expected, atol=1e-6)


def test_a_cell_without_data_has_no_height_and_weighs_on_none(tmp_path: Path) -> None:
    elevation = read(plane(tmp_path / "plane.tif", hole=True), 15.0)
    inside, beside, outside = [500_205.0, 4_390_295.0], [500_255.0, 4_390_295.0], [600_000.0, 4_390_295.0]
    heights = elevation.heights(np.array([inside, beside, outside]))
    assert np.isnan(heights).tolist() == [True, False, True]
    assert heights[1] == pytest.approx(0.1 * 255 - 0.2 * 295, abs=0.5)


def test_smoothing_takes_the_noise_of_cells_for_what_it_is(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).normal(0, 2, (50, 50))
    path = write_raster(tmp_path / "noise.tif", noise, west=500_000, north=4_390_500, cell=10)
    xy = np.column_stack([np.linspace(500_150, 500_350, 41), np.full(41, 4_390_250.0)])
    rough, smooth = (np.abs(np.diff(read(path, width).heights(xy))).max() for width in (0.0, 30.0))
    assert smooth < rough / 10


def test_a_raster_that_says_no_system_is_read_in_the_one_that_the_study_states(tmp_path: Path) -> None:
    path = write_raster(
        tmp_path / "mute.tif", np.full((50, 50), 7.0), west=5e5, north=4_390_500, cell=10, crs=None
    )
    with pytest.raises(DataError, match=phrase("errors.no_crs")):
        read(path)
    assert read(path, stated_crs=CRS).heights(np.array([[500_205.0, 4_390_295.0]])) == [7]
    with pytest.raises(DataError, match="EPSG:4326"):
        read(plane(tmp_path / "plane.tif"), stated_crs="EPSG:4326")


def test_rasters_that_cannot_be_used(tmp_path: Path) -> None:
    elsewhere = write_raster(tmp_path / "far.tif", np.zeros((9, 9)), west=700_000, north=4_390_500, cell=10)
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    for path, said in (
        (elsewhere, "covers none"),
        (text, "cannot be read"),
        (tmp_path / "none.tif", phrase("errors.no_such_file")),
    ):
        with pytest.raises(DataError, match=said):
            read(path)


@pytest.mark.skipif(not PORTO_ALEGRE.exists(), reason="the data of Porto Alegre are not here")
def test_the_hills_of_porto_alegre() -> None:
    """Heights by rasterio's own sampling; hills make walks longer, and the way up is not the way down."""
    streets = read_osm_streets(PORTO_ALEGRE / "poa_osm.pbf").to_crs(32722)
    streets = gpd.GeoDataFrame(streets.cx[478_000:480_000, 6_675_000:6_677_000])
    path, crs = PORTO_ALEGRE / "poa_elevation.tif", pyproj.CRS.from_epsg(32722)
    options = {"bounds": streets.total_bounds, "crs": crs, "setting": "", "source": path.name}
    elevation = read_elevation(path, smoothing_m=0.0, **options)
    with rasterio.open(path) as raster:
        rows = np.arange(2, 40, 7)
        lonlat = [raster.xy(raster.height // 2 + row, raster.width // 2 + row) for row in rows]
        expected = [value[0] for value in raster.sample(lonlat)]
        xy = pyproj.Transformer.from_crs(raster.crs, crs, always_xy=True).transform(*zip(*lonlat, strict=True))
        whole = read_elevation(path, smoothing_m=0.0, **(options | {"bounds": [*np.min(xy, 1), *np.max(xy, 1)]}))
    np.testing.assert_allclose(whole.heights(np.column_stack(xy)), expected, atol=1e-3)
    costs = WalkingCosts(3.6, slope=True)
    cut = select_walkable(streets, costs)
    network = build_network(cut)
    level, unknown = compute_cost_factors(network, cut, costs, elevation.heights)
    assert unknown.mean() < 0.02
    assert level.min() >= default_tobler().least_cost_factor
    assert 1.02 < np.average(level, weights=np.column_stack([network.segment_m] * 2)) < 2
    assert (level[:, 0] != level[:, 1]).mean() > 0.5
