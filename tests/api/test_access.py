"""The functions on frames: facts of the toy city, CRS and index of the input, and equality with a study."""

from __future__ import annotations

import ast
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import toy

import planner as pl
from planner.accessibility.two_step_fca import two_step_access


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of the toy city."""
    file = toy.write_study(tmp_path_factory.mktemp("city")).parent / "toy.gpkg"
    return {name: gpd.read_file(file, layer=name) for name in ("centres", "people", "streets", "communities")}


@pytest.fixture(scope="module")
def net(city: dict[str, gpd.GeoDataFrame]) -> pl.WalkNetwork:
    """Return the network of the toy city."""
    return pl.walk_network(city["streets"], access_m=10.0)


def test_a_facility_on_a_corner_reaches_what_its_minutes_allow(net: pl.WalkNetwork, city: dict) -> None:
    corner = city["centres"].head(1)
    # 5 min at 3.6 km/h are 300 m: the arms of the grid, less and around by the access of 10 m.
    area = pl.isochrones(net, corner, minutes=5).geometry.iloc[0]
    x, y = corner.geometry.iloc[0].coords[0]
    assert area.covers(shapely.Point(x + 299.9, y))
    assert not area.covers(shapely.Point(x + 301, y))
    assert not area.covers(shapely.Point(x + 50, y + 50))


@pytest.mark.filterwarnings("ignore::planner.PlannerWarning")
def test_a_point_is_inside_an_isochrone_if_and_only_if_its_time_is_within_the_limit(
    net: pl.WalkNetwork, city: dict
) -> None:
    west, south, east, north = city["streets"].total_bounds
    rng = np.random.default_rng(3)
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(rng.uniform(west, east, 3000), rng.uniform(south, north, 3000)), crs=toy.CRS
    )
    areas = pl.isochrones(net, city["centres"], minutes=[3, 7]).set_index(["facility", "minutes"]).geometry
    times = pl.travel_times(net, city["centres"], points, cutoff=7)
    minutes = times.set_index(["facility", "demand"])["minutes"]
    for (facility, limit), area in areas.items():
        within = {demand for (f, demand), walk in minutes.items() if f == facility and walk <= limit}
        inside = set(points.index[area.buffer(0.01).covers(points.geometry.array)])
        surely = set(points.index[area.buffer(-0.01).covers(points.geometry.array)])
        assert surely <= within <= inside
        assert len(within) > 20


def test_results_have_the_crs_and_the_index_of_the_input(net: pl.WalkNetwork, city: dict) -> None:
    centres = city["centres"].set_index("id").to_crs(4326)
    people = city["people"].set_index("id").to_crs(3857)
    areas = pl.isochrones(net, centres, minutes=[10, 5])
    assert areas.crs == centres.crs
    assert areas["minutes"].tolist() == [10.0] * len(centres) + [5.0] * len(centres)
    assert set(areas["facility"]) == set(centres.index)
    nearest = pl.nearest(net, centres, people)
    assert nearest.index.equals(people.index)
    cover = pl.coverage(net, centres, people)
    assert cover.people.index.equals(people.index)
    assert cover.uncovered.crs == people.crs
    assert set(cover.uncovered.index) <= set(people.index)
    sites = pl.locate(net, people, sites=1, existing=centres)
    assert sites.sites.crs == people.crs
    plain = pl.coverage(net, city["centres"], city["people"])
    assert cover.share == pytest.approx(plain.share, abs=1e-12)


def test_feet_are_converted(net: pl.WalkNetwork, city: dict) -> None:
    feet = "+proj=utm +zone=48 +datum=WGS84 +units=us-ft +no_defs"
    streets = city["streets"].to_crs(feet)
    other = pl.walk_network(streets, access_m=10.0)
    assert other.crs.axis_info[0].unit_name == "metre"
    one, two = (pl.coverage(n, city["centres"], city["people"]).share for n in (net, other))
    assert one == pytest.approx(two, abs=1e-9)


def test_frames_are_not_changed(net: pl.WalkNetwork, city: dict) -> None:
    before = {name: frame.copy() for name, frame in city.items()}
    pl.coverage(net, city["centres"], city["people"], [5, 10], by="households")
    pl.locate(net, city["people"], sites=1, existing=city["centres"])
    for name, frame in city.items():
        assert frame.equals(before[name])
        assert list(frame.columns) == list(before[name].columns)


def test_coverage_by_group_adds_up(net: pl.WalkNetwork, city: dict) -> None:
    side = np.where(city["people"].geometry.x < toy.ORIGIN[0] + 400, "west", "east")
    people = city["people"].assign(side=side, children=1.0)
    cover = pl.coverage(net, city["centres"], people, [3, 5], weight=["people", "children"], by="side")
    groups = cover.by_group.set_index(["group", "minutes"])
    for limit in (3.0, 5.0):
        both = groups.loc[("west", limit)] + groups.loc[("east", limit)]
        assert both["people_covered"] == pytest.approx(cover.total.loc[limit, "people_covered"])
        assert groups.loc[("people", limit)].equals(cover.total.loc[limit].rename(("people", limit)))
    assert cover.uncovered["people"].sum() == pytest.approx(
        cover.total["people"].iloc[-1] - cover.total["people_covered"].iloc[-1]
    )


def test_service_areas_are_the_union_and_rings_do_not_overlap(net: pl.WalkNetwork, city: dict) -> None:
    areas = pl.isochrones(net, city["centres"], minutes=[3, 6])
    merged = pl.service_areas(net, city["centres"], minutes=[3, 6])
    for limit, part in areas.groupby("minutes"):
        union = merged.set_index("minutes").geometry[limit]
        assert union.symmetric_difference(shapely.union_all(part.geometry.array)).area < 1e-3
    rings = pl.service_areas(net, city["centres"], minutes=[3, 6], rings=True)
    assert rings["area_m2"].sum() == pytest.approx(merged["area_m2"].max(), rel=1e-7)


def test_opportunities_count_the_travel_times(net: pl.WalkNetwork, city: dict) -> None:
    counts = pl.opportunities(net, city["centres"], city["people"], minutes=[4, 8])
    times = pl.travel_times(net, city["centres"], city["people"], cutoff=8)
    expected = times.groupby("demand").size().reindex(city["people"].index, fill_value=0)
    assert counts[8.0].tolist() == expected.tolist()


def test_other_definitions_of_an_isochrone_have_their_known_errors(net: pl.WalkNetwork, city: dict) -> None:
    corner = city["centres"].head(1)
    exact = pl.isochrones(net, corner, minutes=5).geometry.iloc[0]
    hull = pl.isochrones(net, corner, minutes=5, definition="hull")
    # Junctions every 200 m: within 300 m lie the corner and its four neighbours, a square standing on its tip.
    assert hull["area_m2"].tolist() == [pytest.approx(2 * 200.0**2)]
    assert hull["area_bias"].tolist() == [pytest.approx((80_000 - exact.area) / exact.area)]
    node = pl.isochrones(net, corner, minutes=5, definition="node", buffer_m=10)
    # Four whole streets of 200 m, buffered by 10 m with round ends: less than the 300 m that are walked.
    assert node["area_m2"].iloc[0] == pytest.approx(4 * 200 * 20, rel=0.05)
    buffer = pl.isochrones(net, corner, minutes=5, definition="network_buffer", buffer_m=10)
    # The exact area reaches 290 m of each street and 10 m around; the buffer 300 m and 10 m around.
    assert 0 < buffer["area_bias"].iloc[0] < 0.1
    assert shapely.difference(exact, buffer.geometry.iloc[0]).area < 1.0


def test_answers_equal_those_of_a_study(haibowan_plan: pl.Plan) -> None:
    plan = haibowan_plan
    inputs, net = plan.inputs, pl.walk_network(plan)
    centres, people = inputs.facilities.set_index("id"), inputs.demand.set_index("id")
    limits = plan.study.limits.minutes
    areas = pl.isochrones(net, centres, minutes=limits).set_index(["facility", "minutes"]).geometry
    known = plan.service_areas.set_index(["facility", "limit_min"]).geometry
    assert all(shapely.equals_exact(areas[key], shape) for key, shape in known.items())
    times = pl.travel_times(net, centres, people, cutoff=plan.times.horizon_min)
    assert times["minutes"].to_numpy().tolist() == plan.times.minutes.tolist()
    assert times["facility"].tolist() == [centres.index[row] for row in plan.times.facility]
    cover = pl.coverage(net, centres, people, minutes=limits)
    shares = plan.coverage.total.set_index("limit_min")
    for column in ("people", "people_covered", "people_share", "people_overlap"):
        assert cover.total[column].tolist() == shares[column].tolist()
    assert set(pl.coverage(net, centres, people, 5).uncovered.index) == set(plan.coverage.uncovered["id"])
    supply = np.where(centres["floor_area_m2"].isna(), np.nan, centres["floor_area_m2"])
    expected = two_step_access(
        plan.times, people["people"].to_numpy(), supply, zones_min=[15.0], weights=[1.0]
    ).access
    found, _ = pl.two_step_fca(net, centres, people, 15, supply="floor_area_m2")
    assert np.array_equal(found["access"].to_numpy(), expected, equal_nan=True)


def test_the_sites_equal_those_of_a_study(toy_plan: pl.Plan, haibowan_plan: pl.Plan) -> None:
    for plan in (toy_plan, haibowan_plan):
        inputs, settings = plan.inputs, plan.study.siting
        proposal = plan.siting.best
        columns = [one.id for one in plan.siting.pool.new]
        candidates = plan.siting.candidates.set_index("id")
        centres, people = inputs.facilities.set_index("id"), inputs.demand.set_index("id")
        found = pl.locate(
            pl.walk_network(plan), people, sites=settings.sites, existing=centres, candidates=candidates
        )
        if len(plan.weights) == 1:
            assert found.objective - found.before == pytest.approx(proposal.certificate.objective)
            assert found.sites.index.tolist() == [columns[site] for site in proposal.sites]
        assert found.status == "optimal"
        assert found.gap == 0.0
        after = pl.coverage(
            pl.walk_network(plan),
            gpd.GeoDataFrame(geometry=[*centres.geometry, *found.sites.geometry], crs=inputs.crs),
            people,
        )
        assert after.total["people_covered"].tolist() == [pytest.approx(found.objective)]


def test_six_lines_for_isochrones_and_coverage_and_eight_with_sites(city: dict, tmp_path: Path) -> None:
    file = tmp_path / "streets.gpkg"
    city["streets"].to_file(file)
    lines = """\
import planner as pl
net = pl.walk_network(file)
areas = pl.isochrones(net, centres, minutes=[5, 10, 15])
cover = pl.coverage(net, centres, people, minutes=5)
sites = pl.locate(net, people, model="maximal_covering", sites=1, existing=centres)
"""
    names = {"file": file, "centres": city["centres"], "people": city["people"]}
    exec(lines, names)  # noqa: S102 - the lines above, as a user types them
    assert len(lines.splitlines()) <= 6
    assert names["areas"].columns.tolist() == ["facility", "minutes", "area_m2", "geometry"]
    assert 0 < names["cover"].share < 1
    assert names["sites"].objective > names["sites"].before


def test_public_names_are_listed_and_few() -> None:
    listed = set(dir(pl))
    assert {
        "walk_network",
        "isochrones",
        "travel_times",
        "coverage",
        "locate",
        "Study",
        "run",
        "PlannerError",
    } <= listed
    assert "__version__" in listed
    assert len([name for name in listed if name.islower()]) <= 26
    for name in listed - {"__version__"}:
        assert getattr(pl, name).__doc__


def test_every_public_name_is_exported() -> None:
    assert {*pl.__all__, "__version__"} == set(dir(pl))
    # Editors and the pages of the documentation read the names from the imports, which no program runs.
    source = ast.parse(Path(pl.__file__).read_text("utf-8"))
    imported = {
        alias.asname for node in ast.walk(source) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert imported - {None} == set(pl.__all__)
