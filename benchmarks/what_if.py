"""The map's what-if at the size of a large district: 20,000 demand points, 2,000 candidates.

A grid of streets 100 m apart is made, with demand points at random, one centre in each square of 1 km, and
candidates spread evenly; the map is drawn and opened in headless Chromium. Said are the size of the page, the time
until it is drawn, and the time from switching one station until the frame is out (median and 95th hundredth of
switches of candidates and centres at random); the same of the stops on the axis of time.

    python benchmarks/what_if.py OUT

Maps that are there already are only timed, in turns, so that all bear the same load of the machine:

    python benchmarks/what_if.py maps/haibowan/map.html older/map.html
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
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

ROUNDS = 5
WINDOWS = ((1280, 720), (3840, 2160))

OUT = """
    const out = async (act) => {
        const began = performance.now();
        act();
        const drawn = performance.now();
        // The frame is out when a task runs after the next animation frame.
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
        return [drawn - began, performance.now() - began];
    };
    // An older page has its session under another name.
    const session = typeof planner.session === "object" ? planner.session : meeting;
"""

SWITCHES = f"""async (shares) => {{{OUT}
    const taken = [];
    for (const share of shares) {{
        const station = Math.floor(share * session.choice.on.length);
        taken.push(await out(() => session.put(station, !session.choice.on[station])));
    }}
    return taken;
}}"""

STOPS = f"""async () => {{{OUT}
    const slider = document.getElementById("scenario");
    const taken = [];
    for (let stop = 0; stop <= Number(slider.max); stop++)
        taken.push(await out(() => {{
            slider.value = String(stop);
            slider.dispatchEvent(new Event("input"));
        }}));
    return taken;
}}"""


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
    time_pages([page_file])


def time_pages(files: Sequence[Path]) -> None:
    """Time maps in the browser, in turns: until each is drawn, switches of stations at random, and the stops."""
    rng = np.random.default_rng(0)
    for width, height in WINDOWS:
        found: dict[Path, dict[str, list[list[float]]]] = {
            file: {"drawn": [], "switch": [], "stop": []} for file in files
        }
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for _ in range(ROUNDS):
                shares = rng.random(40).tolist()
                for file in files:
                    page = browser.new_page(viewport={"width": width, "height": height})
                    began = time.perf_counter()
                    page.goto(file.resolve().as_uri())
                    page.wait_for_selector("body[data-drawn=yes]")
                    found[file]["drawn"].append([0.0, (time.perf_counter() - began) * 1000])
                    page.evaluate(SWITCHES, shares[:5])
                    found[file]["switch"] += page.evaluate(SWITCHES, shares)
                    for _ in range(3):
                        found[file]["stop"] += page.evaluate(STOPS)
                    page.close()
            browser.close()
        for file, kinds in found.items():
            print(f"{file}, {file.stat().st_size / 1e6:.2f} MB, {width} × {height}: median, 95 %, of which script")
            for kind, taken in kinds.items():
                script, frame = (np.quantile(column, (0.5, 0.95)).round(1) for column in np.array(taken).T)
                print(f"  {kind:7}{frame[0]:9.1f}{frame[1]:9.1f}{script[0]:9.1f} ms ({len(taken)})")


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
    given = [Path(one) for one in sys.argv[1:]]
    if given[0].suffix == ".html":
        time_pages(given)
    else:
        main(given[0])
