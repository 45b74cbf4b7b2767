"""Ten services beside one on the synthetic city: access, completeness and ledger, on the network that is built."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np

from benchmarks.city import write_city
from benchmarks.rounds import PLANNER, Contestant, Setting, Table, measure
from planner.accessibility.services import Services, measure_services
from planner.config.study import read_study
from planner.evaluation.ledger import Ledger, build_ledger
from planner.network.walker import Walker
from planner.prepare import PreparedStudy, prepare

POINTS, QUICK_POINTS = 100_000, 2_000
SERVICES = 10
POINTS_A_FACILITY = 1_000
MINUTES = (5, 10, 15)
SEED = 18


def tables(setting: Setting) -> list[Table]:
    """Measure one service and ten, beside the centres, in one process."""
    points = QUICK_POINTS if setting.quick else POINTS
    with tempfile.TemporaryDirectory() as folder:
        ready = prepare(read_study(write_study(Path(folder), points)))
    contestants = [
        Contestant(
            PLANNER, lambda: measured(ready, SERVICES), _found, note=f"{SERVICES} services and the centres"
        ),
        Contestant("one service", lambda: measured(ready, 1), _found, note="and the centres"),
    ]
    title = f"{SERVICES} services beside one: synthetic city of {points:,} demand points"
    return [Table("services", title, measure(contestants, setting.rounds), _notices())]


def write_study(folder: Path, points: int, services: int = SERVICES) -> Path:
    """Write the city with facilities of services at random homes; return the study file."""
    file = write_city(folder, points)
    homes = gpd.read_file(folder / "city.gpkg", layer="buildings")
    drawn = np.random.default_rng(SEED)
    count = max(points // POINTS_A_FACILITY, 2)
    rows = np.concatenate([drawn.choice(len(homes), count, replace=False) for _ in range(services)])
    kind = np.repeat([f"s{number}" for number in range(services)], count)
    places = gpd.GeoDataFrame({"id": [f"F{row}" for row in range(len(rows))], "kind": kind})
    places = places.set_geometry(homes.geometry.iloc[rows].centroid.array, crs=homes.crs)
    places.to_file(folder / "pois.gpkg", layer="pois", driver="GPKG")
    entries = (
        f'\n[[services]]\nid = "s{number}"\nlayer = {{ path = "pois.gpkg" }}\nwhere = {{ kind = "s{number}" }}\n'
        f"minutes = {MINUTES[number % len(MINUTES)]}\n"
        for number in range(services)
    )
    file.write_text(file.read_text("utf-8") + "".join(entries), "utf-8")
    return file


def measured(ready: PreparedStudy, services: int) -> tuple[Services, Ledger]:
    """Measure the centres and so many services, nothing of an earlier round at hand."""
    inputs, walker = ready.inputs, Walker(ready.network, ready.walk)
    found = measure_services(
        inputs.services[: services + 1],
        walker,
        inputs.demand,
        inputs.groups,
        list(inputs.communities["id"]),
        blocked_detour=1.5,
    )
    return found, build_ledger(found, walker, inputs.facilities, inputs.communities)


def _found(answer: tuple[Services, Ledger]) -> Mapping[str, str]:
    services, ledger = answer
    share = services.completeness_total["sufficient_share"]
    return {"services": f"{len(services.access)}", "sufficient": f"{share:.1%}", "gaps": f"{len(ledger.rows)}"}


def _notices() -> tuple[str, ...]:
    return (
        (
            "From the built network on, with a walker that has measured nothing: homes are snapped, the nearest"
            " facility of each service is searched for every home, the ledger is built with its cheapest mends."
        ),
    )
