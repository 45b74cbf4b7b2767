"""The map's what-if at the size of a large district: 20,000 demand points, 2,000 candidates.

A grid of streets 100 m apart is made, with demand points at random, one centre in each square of 1 km, and
candidates spread evenly; the map is drawn and opened in headless Chromium. Said are the size of the page, the time
until it is drawn, and the time from switching one station until the frame is out (median and 95th hundredth of 200
switches of candidates and centres at random); the same of the stops on the axis of time.

    python benchmarks/what_if.py OUT

A map that is there already is only timed: python benchmarks/what_if.py maps/haibowan/map.html
"""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from playwright.sync_api import sync_playwright

import planner
from planner.reporting.document.build import build_document
from planner.reporting.map.page import draw_map
from planner.results import Plan

N_DEMAND, N_CANDIDATES, SIDE_M, BLOCK_M, SQUARE_M = 20_000, 2_000, 8_000, 100, 1_000
ORIGIN = np.array([650_000.0, 4_390_000.0])
CRS = "EPSG:32648"

STUDY = """\
name = "A large district"
language = "en"
[inputs]
communities = { path = "large.gpkg", layer = "communities" }
facilities = { path = "large.gpkg", layer = "facilities" }
streets = { path = "large.gpkg", layer = "streets" }
demand = { path = "large.gpkg", layer = "demand" }
[siting]
sites = 5
candidates = 50
"""

SWITCHES = """async (stations) => {
    const taken = [];
    for (const station of stations) {
        const began = performance.now();
        planner.session.put(station, !planner.session.choice.on[station]);
        const drawn = performance.now();
        // The frame is out when a task runs after the next animation frame.
        await new Promise((out) => requestAnimationFrame(() => setTimeout(out, 0)));
        taken.push([drawn - began, performance.now() - began]);
    }
    return taken;
}"""


STOPS = """async (rounds) => {
    const { session } = planner;
    const stops = session.model.sets.scenarios.filter(({ stop }) => stop);
    const taken = [];
    for (let round = 0; round < rounds; round++)
        for (const stop of stops) {
            const began = performance.now();
            session.take(session.choiceOf(stop));
            const drawn = performance.now();
            await new Promise((out) => requestAnimationFrame(() => setTimeout(out, 0)));
            taken.push([drawn - began, performance.now() - began]);
        }
    return taken;
}"""


def main(out: Path) -> None:
    """Make the study, draw its map, and time it in the browser."""
    out.mkdir(parents=True, exist_ok=True)
    plan = with_candidates(planner.run(make_study(out)))
    began = time.perf_counter()
    html = draw_map(plan, build_document(plan))
    print(f"drawn in {time.perf_counter() - began:.1f} s, {len(html.encode()) / 1e6:.2f} MB")
    print(f"{len(plan.inputs.demand)} demand points, {len(plan.siting.candidates)} candidates")
    print(f"{len(plan.times.demand) + len(plan.candidate_times.demand)} pairs within the limits")
    page_file = out / "map.html"
    page_file.write_text(html, "utf-8")
    time_page(page_file)


def time_page(page_file: Path) -> None:
    """Time a map in the browser: until it is drawn, and 200 switches of its stations at random."""
    rng = np.random.default_rng(0)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for width, height in ((1280, 720), (3840, 2160)):
            page = browser.new_page(viewport={"width": width, "height": height})
            began = time.perf_counter()
            page.goto(page_file.resolve().as_uri())
            page.wait_for_selector("body[data-drawn=yes]")
            opened = time.perf_counter() - began
            stations = rng.integers(0, page.evaluate("planner.session.choice.on.length"), 200).tolist()
            page.evaluate(SWITCHES, stations[:10])
            taken = np.array(page.evaluate(SWITCHES, stations))
            script, frame = (np.quantile(column, (0.5, 0.95)).round(1) for column in taken.T)
            stops = np.array(page.evaluate(STOPS, 20)).T
            stop_script, stop_frame = (np.quantile(column, (0.5, 0.95)).round(1) for column in stops)
            print(
                f"{width} × {height}: drawn after {opened:.2f} s; switch: script {script} ms, frame {frame} ms; "
                f"stop: script {stop_script} ms, frame {stop_frame} ms"
            )
            page.close()
        browser.close()


def make_study(out: Path) -> Path:
    """Write the layers and the study file."""
    rng = np.random.default_rng(0)
    ways = np.arange(0, SIDE_M + 1, BLOCK_M)
    ends = [[(x, 0), (x, SIDE_M)] for x in ways] + [[(0, y), (SIDE_M, y)] for y in ways]
    # Streets join where they share a vertex.
    lines = shapely.segmentize(shapely.linestrings(ends), BLOCK_M)
    squares = np.arange(0, SIDE_M, SQUARE_M)
    corners = [(x, y) for x in squares for y in squares]
    boxes = [shapely.box(x, y, x + SQUARE_M, y + SQUARE_M) for x, y in corners]
    ids = [str(number) for number in range(len(corners))]
    layers = {
        "communities": ({"id": ids, "name": [f"Square {one}" for one in ids]}, boxes),
        "facilities": (
            {"id": ids, "name": [f"Centre {one}" for one in ids], "tier": "community", "floor_area_m2": 400.0},
            shapely.points(np.array(corners) + 480),
        ),
        "streets": ({"kind": ["street"] * len(lines)}, lines),
        "demand": (
            {"id": [str(n) for n in range(N_DEMAND)], "people": rng.integers(1, 60, N_DEMAND)},
            shapely.points(rng.random((N_DEMAND, 2)) * SIDE_M),
        ),
    }
    for name, (columns, shapes) in layers.items():
        placed = shapely.transform(np.asarray(shapes), lambda xy: xy + ORIGIN)
        gpd.GeoDataFrame(columns, geometry=placed, crs=CRS).to_file(out / "large.gpkg", layer=name)
    file = out / "study.toml"
    file.write_text(STUDY, "utf-8")
    return file


def with_candidates(plan: Plan) -> Plan:
    """Return the plan with candidates spread evenly instead of clustered: here it matters how many there are."""
    rng = np.random.default_rng(1)
    xy = np.round(rng.random((N_CANDIDATES, 2)) * SIDE_M, 2) + ORIGIN
    candidates = gpd.GeoDataFrame(
        {
            "id": [f"K{n}" for n in range(N_CANDIDATES)],
            "clusters": N_CANDIDATES,
            "people": 0.0,
            "moved_m": 0.0,
            "people_in_reach": 0.0,
        },
        geometry=gpd.points_from_xy(*xy.T),
        crs=CRS,
    )
    snaps = plan.walker.snap(xy)
    limits = plan.study.limits.minutes
    return replace(
        plan,
        sites=replace(plan.sites, siting=replace(plan.siting, candidates=candidates, proposals=())),
        candidate_times=plan.walker.times(snaps, plan.demand_snaps, within_min=max(limits)),
        candidate_areas=plan.walker.service_areas(snaps, limits_min=limits),
    )


if __name__ == "__main__":
    given = Path(sys.argv[1])
    if given.suffix == ".html":
        time_page(given)
    else:
        main(given)
