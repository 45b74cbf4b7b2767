"""Cut one district of a whole: a study of GeoParquet files with its margin and neighbours.

A district's files hold what has a bearing on it and nothing else: what changes elsewhere leaves them equal to the
byte, so that the district is not run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from planner.batch.membership import layer_settings, services_of_district
from planner.batch.whole import DISTRICT, ORDER, Whole, plain_texts, with_paths
from planner.config.study import make_study
from planner.config.study_file import toml_value
from planner.inputs.neighbours import district_zone, own_facilities, with_branches
from planner.io.datum.transform import datum_name
from planner.io.service_places import layer_of_service, service_layer
from planner.population.disaggregate import demand_method
from planner.schemas.tables import Facilities

NEAR_DISTRICT = ("water", "barriers", "gates", "parcels", "places")
"""Layers of which a district gets what lies within its zone."""

OUTLINE_STEP_M = 1.0
"""How far beyond its zone a district's streets reach, so that no rounding of an outline matters."""


def write_district(whole: Whole, code: str, folder: Path) -> None:
    """Write the study of one district: a study file, and its layers as GeoParquet files with bounding boxes."""
    content = whole.settings_of(code)
    study = make_study({**content, "inputs": whole.content["inputs"]}, file=whole.study.file)
    margin_m = whole.margins_m.get(code, whole.margins_m[""])
    layers = district_layers(whole, code, margin_m=margin_m, access_m=study.walking.access_m)
    facilities = layers["facilities"]
    own = layers["communities"]["id"][layers["communities"][DISTRICT] == code]
    homeless = (facilities[DISTRICT] == code) & ~facilities["community"].isin(own)
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.parquet"):
        stale.unlink()
    inputs: dict[str, Any] = {
        name: with_paths(whole.content["inputs"][name], whole.study.file.resolve().parent)
        for name in ("population", "elevation")
        if name in whole.content["inputs"]
    }
    for name, frame in layers.items():
        file = f"{name.replace('.', '-')}.parquet"
        columns = frame.columns.intersection([ORDER, DISTRICT])
        plain_texts(frame.drop(columns=columns)).to_parquet(folder / file, index=False, write_covering_bbox=True)
        inputs[name] = {**_settings_of(whole, name, frame), "path": file}
    groups = [
        {**group, "layer": inputs.pop(f"kinds.{group['id']}", None)} if "layer" in group else dict(group)
        for group in content.get("demand", {}).get("groups", [])
    ]
    services = [
        {**service, **whole.service_columns[service["id"]], **layer_settings(service["id"], inputs)}
        for service in content.get("services", [])
    ]
    demand = {**content.get("demand", {}), "method": _method(whole, layers)}
    if groups:
        demand["groups"] = [group for group in groups if group.get("layer", {}) is not None]
    district = {"communities": list(own), "facilities": list(facilities["id"][homeless])}
    if services:
        content["services"] = services
    if "belts" in content:
        # Of a belt across districts each has its own streets; the whole has them all.
        names = set(layers["streets"]["name"])
        parts = [[one for one in belt["streets"] if one in names] for belt in content["belts"]]
        belts = zip(content["belts"], parts, strict=True)
        content["belts"] = [{**belt, "streets": part} for belt, part in belts if part]
    tables = {**content, "name": whole.names.get(code, code), "crs": whole.crs.to_string(), "demand": demand}
    lines = [f"{key} = {toml_value(value)}" for key, value in tables.items()]
    lines += [
        f"\n[district]\n{_lines(district)}",
        *(f"\n[inputs.{name}]\n{_lines(one)}" for name, one in inputs.items()),
    ]
    (folder / "study.toml").write_text("\n".join(lines) + "\n", "utf-8", newline="\n")


def _lines(table: Mapping[str, Any]) -> str:
    return "\n".join(f"{key} = {toml_value(value)}" for key, value in table.items())


def _method(whole: Whole, layers: Mapping[str, gpd.GeoDataFrame]) -> str:
    """Return how people are placed: as in the whole; a district without a building takes its streets, as there."""
    method = demand_method(whole.study)
    return "along_streets" if method == "buildings" and "buildings" not in layers else method


def _settings_of(whole: Whole, name: str, frame: gpd.GeoDataFrame) -> dict[str, Any]:
    of_services = {
        layer_of_service(service): service_layer(whole.study, service) for service in whole.study.services
    }
    layer = of_services.get(name) or getattr(whole.study.inputs, name, None)
    settings: dict[str, Any] = {"source": whole.sources.get(name, ""), "datum": _datum(whole.crs)}
    if layer is not None and layer.modelled:
        settings["modelled"] = True
    kept = [column for column in (layer.keep if layer is not None else ()) if column in frame.columns]
    return {**settings, "keep": kept} if kept else settings


def _datum(crs: pyproj.CRS) -> str:
    return "cgcs2000" if datum_name(crs) == "CGCS2000" else "wgs84"


def district_layers(whole: Whole, code: str, *, margin_m: float, access_m: float) -> dict[str, gpd.GeoDataFrame]:
    """Return what of each layer has a bearing on a district; layers of which nothing has are left out.

    The communities that its zone (two walks around it) touches come with all their streets and homes, so that
    their people stand where they do in the whole; and those around these, so that no home changes its community.
    """
    facilities = Facilities(whole.rows("facilities"))
    own = whole.rows("communities", column=DISTRICT, among=[code])
    of_district = own_facilities(
        facilities, set(own["id"]), frozenset(facilities["id"][facilities[DISTRICT] == code])
    )
    zone = district_zone(own, facilities, of_district, margin_m=margin_m, access_m=access_m)
    shapely.prepare(zone)
    kept = with_branches(facilities, of_district | shapely.intersects(zone, facilities.geometry.array))
    near = whole.rows("communities", zone.bounds)
    near = near[(near[DISTRICT] == code) | shapely.intersects(zone, near.geometry.array)]
    area = shapely.union_all([zone, *near.geometry.array])
    shapely.prepare(area)
    around = whole.rows("communities", area.bounds)
    around = around[shapely.intersects(area, around.geometry.array)]
    named = set(facilities["community"][kept]) - {"", *around["id"]}
    if named:
        both = pd.concat([around, whole.rows("communities", column="id", among=sorted(named))])
        around = gpd.GeoDataFrame(both.sort_values(ORDER), crs=whole.crs)
    found = {"communities": around, "facilities": facilities[kept]}
    homes = shapely.union_all(around.geometry.array)
    reach_m = access_m + OUTLINE_STEP_M
    for name in ("demand", "buildings"):
        if name in whole.layers:
            rows = whole.rows(name, area.bounds)
            shapes = rows.geometry.array
            found[name] = rows[shapely.intersects(area, shapes) & shapely.intersects(homes, shapes)]
            boxes = shapely.bounds(found[name].geometry.array).reshape(-1, 4)
            across = np.hypot(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
            reach_m = max(reach_m, access_m + across.max(initial=0))
    west, south, east, north = area.bounds
    streets = whole.rows("streets", (west - reach_m, south - reach_m, east + reach_m, north + reach_m))
    found["streets"] = streets[shapely.dwithin(area, streets.geometry.array, reach_m)]
    ground = shapely.union_all(own.geometry.array)
    kinds = [name for name in whole.layers if name == "organisations" or name.startswith("kinds.")]
    for name in (*(name for name in NEAR_DISTRICT if name in whole.layers), *kinds):
        place = zone if name in NEAR_DISTRICT else ground
        rows = whole.rows(name, place.bounds)
        found[name] = rows[shapely.intersects(place, rows.geometry.array)]
    services = {
        name: whole.rows(name) for name in map(layer_of_service, whole.study.services) if name in whole.layers
    }
    services["facilities"] = facilities
    found |= dict(
        services_of_district(whole.study.services, whole.service_columns, services, found["facilities"], zone)
    )
    stay = ("facilities", "streets", *map(layer_of_service, whole.study.services))
    return {name: frame for name, frame in found.items() if len(frame) or name in stay}
