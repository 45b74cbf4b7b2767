"""Small cities made by hand for changes of streets and places, and the changes made to their layers by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from centres import rule, rule_file

from planner.accessibility.access_data import AccessData
from planner.config.study import read_study
from planner.evaluation.diagnosis import Diagnosis, diagnose
from planner.evaluation.improvements.actions import Action
from planner.evaluation.improvements.search import Improvements
from planner.prepare import PreparedStudy, prepare

ORIGIN = np.array([500_000.0, 4_390_000.0])
CRS = "EPSG:32648"
CENTRE = {"tier": "community", "community": "A", "floor_area_m2": 400.0}
COVERED = rule("own_covered_share_5min >= 0.9", unit="share", name="own")

Layers = dict[str, gpd.GeoDataFrame]


def frame(columns: Mapping[str, object], shapes: Sequence[shapely.Geometry]) -> gpd.GeoDataFrame:
    """Return a layer; coordinates are counted from the origin."""
    placed = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy + ORIGIN)
    return gpd.GeoDataFrame(columns, geometry=placed, crs=CRS)


def city(
    streets: Sequence[Sequence[tuple[float, float]]],
    people: Mapping[tuple[float, float], float],
    *,
    centres: Sequence[Mapping[str, object]] = ({"at": (0, 0)},),
    split_x: float = 10_000.0,
    gates: Sequence[tuple[float, float]] = (),
    barriers: Sequence[Sequence[tuple[float, float]]] = (),
) -> Layers:
    """Return a city: community A west of `split_x`, B east of it; centre C1 is A's unless it says otherwise."""
    rows = [{"id": f"C{i}", "name": f"Centre {i}", **CENTRE, **one} for i, one in enumerate(centres, start=1)]
    found = {
        "communities": frame(
            {"id": ["A", "B"], "name": ["A", "B"], "kind": ["community"] * 2, "households": [100.0, 100.0]},
            [shapely.box(-1000, -1000, split_x, 2000), shapely.box(split_x, -1000, split_x + 5000, 2000)],
        ),
        "centres": frame(
            {name: [row.get(name) for row in rows] for name in {key for row in rows for key in row} - {"at"}},
            [shapely.Point(row["at"]) for row in rows],
        ),
        "streets": frame(
            {"name": [f"Street {i}" for i in range(1, len(streets) + 1)]},
            [shapely.LineString(one) for one in streets],
        ),
        "people": frame(
            {"id": [f"P{i}" for i in range(len(people))], "people": list(people.values())},
            [shapely.Point(one) for one in people],
        ),
    }
    if gates:
        found["gates"] = frame(
            {"id": [f"G{i}" for i in range(1, len(gates) + 1)], "name": "", "open": "no"},
            [shapely.Point(one) for one in gates],
        )
    if barriers:
        found["barriers"] = frame(
            {"name": ["Railway"] * len(barriers), "kind": "railway"}, [shapely.LineString(one) for one in barriers]
        )
    return found


def write_city(
    folder: Path, layers: Layers, *rules: str, more: str = "", head: str = "", access_m: float = 10.0
) -> Path:
    """Write a city's layers, rules and study file; return the study file."""
    folder.mkdir(parents=True, exist_ok=True)
    rule_file(folder, *(rules or (COVERED,)), head=head)
    text = 'name = "City"\nlanguage = "en"\n[rules]\nprofile = "own.toml"\n[walking]\n'
    text += f"access_m = {access_m}\n{more}"
    for name, layer in layers.items():
        # A fifth of the time of a GeoPackage; without an index the rows keep their order.
        pyogrio.write_dataframe(layer, folder / f"{name}.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO")
        key = {"centres": "facilities", "people": "demand"}.get(name, name)
        text += f'[inputs.{key}]\npath = "{name}.fgb"\n'
    file = folder / "study.toml"
    file.write_text(text, "utf-8")
    return file


def rated(folder: Path, layers: Layers, *rules: str, **more: Any) -> Diagnosis:  # noqa: ANN401 - as `write_city`
    """Write a city's study, and carry it out as far as the ratings."""
    return _diagnosed(prepare(read_study(write_city(folder, layers, *rules, **more))))[1]


def diagnosed(
    folder: Path,
    layers: Layers,
    *rules: str,
    **more: Any,  # noqa: ANN401 - as `write_city`
) -> tuple[Diagnosis, Improvements]:
    """Write a city's study, and carry it out by the rules as far as what would improve the ratings."""
    prepared = prepare(read_study(write_city(folder, layers, *rules, **more)))
    access, diagnosis = _diagnosed(prepared)
    return diagnosis, prepared.find_improvements(access, diagnosis)


def _diagnosed(prepared: PreparedStudy) -> tuple[AccessData, Diagnosis]:
    access = prepared.measure_access()
    return access, diagnose(access, rule_set=prepared.rules, date=prepared.study.date)


def applied(layers: Layers, changes: Sequence[Action], centre: str = "C1") -> Layers:
    """Make changes to the layers of a city, each as a planner with a GIS would."""
    made = dict(layers)
    for change in changes:
        made |= _applied(made, change, centre)
    return made


def _applied(layers: Layers, change: Action, centre: str) -> Layers:
    centres = layers["centres"]
    here = (centres["id"] == centre).to_numpy()
    place = None if change.place is None else shapely.Point(change.place)
    if change.kind == "add_area":
        return {"centres": centres.assign(floor_area_m2=centres["floor_area_m2"] + here * change.amount)}
    if change.kind == "open_gate":
        gates = layers["gates"]
        return {"gates": gates.assign(open=np.where(gates["id"] == change.about, "yes", gates["open"]))}
    if change.kind == "build_crossing":
        return {"streets": _crossed(layers["streets"], np.array([change.place, change.other]))}
    if change.kind == "move":
        return {"centres": centres.set_geometry(np.where(here, place, centres.geometry.array), crs=CRS)}
    row = {"id": "new", "name": "Branch", "tier": "station", "branch_of": centre, "floor_area_m2": change.amount}
    kept = centres
    if change.kind == "share":
        lent = (centres["id"] == change.about).to_numpy() * change.amount
        kept = centres.assign(floor_area_m2=centres["floor_area_m2"] - lent)
    else:
        assert change.kind == "open_station"
    together = {
        name: [*kept[name], row.get(name)] if name in kept else [None] * len(kept) + [row[name]]
        for name in {*kept.columns, *row} - {"geometry"}
    }
    return {"centres": gpd.GeoDataFrame(together, geometry=[*kept.geometry, place], crs=CRS)}


def _crossed(streets: gpd.GeoDataFrame, ends: np.ndarray) -> gpd.GeoDataFrame:
    """Draw a street between two places, and give the streets on which these lie a vertex there."""
    shapes = list(streets.geometry)
    for end in ends:
        for row, line in enumerate(shapes):
            at_m = line.project(shapely.Point(end))
            if line.distance(shapely.Point(end)) > 1e-3 or not 0.01 < at_m < line.length - 0.01:
                continue
            xy = shapely.get_coordinates(line)
            along = [line.project(shapely.Point(one)) for one in xy]
            if min(abs(one - at_m) for one in along) > 0.01:
                shapes[row] = shapely.LineString(np.insert(xy, int(np.searchsorted(along, at_m)), end, axis=0))
    named = [*streets["name"], "Crossing"]
    return gpd.GeoDataFrame({"name": named}, geometry=[*shapes, shapely.LineString(ends)], crs=CRS)
