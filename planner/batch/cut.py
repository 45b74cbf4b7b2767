"""Cut the layers of a whole into districts, each a study of GeoParquet files with its margin and neighbours.

The layers are read once. A district's files hold what has a bearing on it and nothing else: what changes elsewhere
leaves them equal to the byte, so that the district is not run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from planner.batch.cut_services import columns_of_service, layer_settings, services_of_district
from planner.batch.districts import CutResult
from planner.batch.membership import districts_of_communities, districts_of_facilities
from planner.batch.portfolio import District, Portfolio
from planner.config.study import PATHS, Study, make_study
from planner.config.study_file import toml_value
from planner.config.toml_files import parse_toml, toml_text
from planner.evaluation.rule_files import read_rules
from planner.inputs.community_matching import assign_communities
from planner.inputs.metric_layers import metric_layers
from planner.inputs.neighbours import district_zone, own_facilities, with_branches
from planner.inputs.walk_network import choose_walk, find_profile, longest_walk_m, walking_costs_of
from planner.io.datum.transform import Datum, datum_name, to_wgs84
from planner.io.formats import is_extract
from planner.io.layers import read_layer
from planner.io.osm.place import ATTRIBUTION, add_attribution
from planner.io.service_places import layer_of_service, select_rows, service_layer
from planner.io.study_layers import StudyLayers
from planner.messages.errors import (
    DataError,
    Issue,
    PortfolioError,
    StudyError,
    raise_together,
)
from planner.population.disaggregate import demand_method
from planner.schemas.tables import STREETS, Facilities

JOIN = "+"
"""Between the codes of districts that are run as one."""

NEAR_DISTRICT = ("water", "barriers", "gates", "parcels", "places")
"""Layers of which a district gets what lies within its zone."""

BEYOND, BEYOND_M = 0.05, 100.0
"""A district is cut short if more of its ground lies farther than this beyond all streets, metres."""

SAME_PLACE_M = 0.001
"""Two lines through the same places, to this step, are one street in two extracts."""

OUTLINE_STEP_M = 1.0
"""How far beyond its zone a district's streets reach, so that no rounding of an outline matters."""


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """The layers of the whole in one metric system.

    Attributes
    ----------
    study, content
        The study of the whole, and the tables of its file.
    layers
        By name; facilities with their community, buildings with an id.
    district
        The code of each community's district, "" where it is in none, shape (communities,).
    facility_district
        The code of each facility's, shape (facilities,).
    names
        Of the districts by code.
    sources
        What to say of the origin of each layer.
    service_columns
        Settings of each service that name columns, as these are called in its table.
    in_several
        Ids of communities in the polygons of several districts.
    """

    study: Study
    content: Mapping[str, Any]
    layers: Mapping[str, gpd.GeoDataFrame]
    district: NDArray[np.object_]
    facility_district: NDArray[np.object_]
    names: Mapping[str, str]
    sources: Mapping[str, str]
    service_columns: Mapping[str, Mapping[str, Any]]
    in_several: tuple[str, ...]


def write_districts(study: Study, portfolio: Portfolio, folder: Path) -> CutResult:
    """Cut the layers of a portfolio's study into a folder of each district that has a community.

    Raises
    ------
    PlannerError
        The layers are not valid, or no community is in a district.
    """
    whole = read_whole(study, portfolio)
    codes = [code for code in sorted({*whole.district, *whole.names}) if code]
    present = {*whole.district}
    for code in codes:
        if code in present:
            try:
                write_district(whole, code, folder / code, portfolio.overrides.get(code, {}))
            except StudyError as error:
                wrong = Issue("wrong_override", {"path": f"overrides.{code}"})
                raise PortfolioError(str(portfolio.file), [wrong, *error.issues]) from error
    return CutResult(
        tuple(District(code, whole.names.get(code, code), folder / code / "study.toml") for code in codes),
        in_no_district=tuple(whole.layers["communities"]["id"][whole.district == ""]),
        beyond_streets=tuple(beyond_streets(whole, codes)),
        in_several=whole.in_several,
        empty=tuple(code for code in codes if code not in present),
    )


def beyond_streets(whole: Whole, codes: Sequence[str]) -> Iterator[str]:
    """Yield the districts of which more than `BEYOND` lies `BEYOND_M` outside the box of all streets."""
    box = shapely.buffer(shapely.box(*whole.layers["streets"].total_bounds), BEYOND_M)
    for code in codes:
        ground = shapely.union_all(whole.layers["communities"].geometry.array[whole.district == code])
        if ground.area > 0 and shapely.difference(ground, box).area > BEYOND * ground.area:
            yield code


def read_whole(study: Study, portfolio: Portfolio) -> Whole:
    """Read the layers of the whole once, and find the district of each community and facility.

    Raises
    ------
    DataError
        What is wrong with any layer, at once.
    PortfolioError
        No community is in a district, or `overrides` and `joined` name one that is not there.
    """
    errors: list[DataError] = []
    tables = StudyLayers(study, errors)
    read = metric_layers(tables, errors)
    raise_together(errors)
    layers = {name: frame for name, frame in read.metric.items() if name != "people_table"}
    facilities, _ = assign_communities(
        Facilities(layers["facilities"]),
        read.communities,
        read.water,
        read.unknown,
        source=tables.source("facilities"),
    )
    layers["facilities"] = facilities
    if "buildings" in layers:
        ids = layers["buildings"]["id"].to_numpy(dtype=object)
        named = [one or f"building-{row}" for row, one in enumerate(ids, start=1)]
        layers["buildings"] = layers["buildings"].assign(id=named)
    if portfolio.cut is None:
        raise ValueError(portfolio.name)
    columns = {one.id: columns_of_service(one, tables, layers) for one in study.services}
    for one in study.services:
        name = layer_of_service(one)
        if name in layers:
            layers[name] = gpd.GeoDataFrame(layers[name][select_rows(layers[name], columns[one.id]["where"])])
    datum = read.datums.layers["streets"].datum if "streets" in read.datums.layers else "wgs84"
    layers["streets"] = _with_extracts(layers["streets"], study, portfolio, datum)
    district, names, in_several = districts_of_communities(read.communities, portfolio, portfolio.cut)
    joined = {code: JOIN.join(group) for group in portfolio.joined for code in group}
    groups = {code: group for group in portfolio.joined for code in group}
    lacking = sorted({*groups, *portfolio.overrides} - set(names) - set(joined.values()))
    if lacking:
        raise PortfolioError(str(portfolio.file), [Issue("cut_unknown", {"codes": ", ".join(lacking)})])
    hidden = [
        Issue("override_joined", {"code": code, "joined": joined[code]})
        for code in sorted({*portfolio.overrides} & {*joined} - {*joined.values()})
    ]
    if hidden:
        raise PortfolioError(str(portfolio.file), hidden)
    if not (district != "").any():
        raise PortfolioError(str(portfolio.file), [Issue("cut_nowhere")])
    titles = {code: " + ".join(names[one] for one in groups.get(code, (code,))) for code in names}
    names = {joined.get(code, code): title for code, title in titles.items()}
    district = np.array([joined.get(code, code) for code in district], dtype=object)
    return Whole(
        study=study,
        content=parse_toml(toml_text(study.file)),
        layers=layers,
        district=district,
        facility_district=districts_of_facilities(facilities, read.communities, district),
        names=names,
        sources={
            source.layer: _origin(source.file, source.source, source.attribution)
            for source in tables.sources(read.datums)
        },
        in_several=in_several,
        service_columns=columns,
    )


def _with_extracts(
    streets: gpd.GeoDataFrame, study: Study, portfolio: Portfolio, datum: Datum
) -> gpd.GeoDataFrame:
    """Return the streets with those of further files, which are in the datum of the first unless from OSM.

    Of equal lines, as two extracts have them, the first stays.
    """
    frames = [streets]
    for path in portfolio.cut.extracts if portfolio.cut else ():
        found = read_layer(portfolio.resolve(path), study.inputs.streets, setting="cut.extracts", schema=STREETS)
        checked = STREETS.check(found.frame, source=str(path), reader_issues=found.issues)
        shifted = datum != "wgs84" and not is_extract(path)
        frames.append((to_wgs84(checked, datum) if shifted else checked).to_crs(streets.crs))
    if len(frames) == 1:
        return streets
    every = pd.concat(frames, ignore_index=True)
    places = pd.Series(shapely.to_wkb(shapely.set_precision(every.geometry.array, SAME_PLACE_M)))
    return gpd.GeoDataFrame(every[~places.duplicated().to_numpy()].reset_index(drop=True), crs=streets.crs)


def _origin(file: str, source: str, attribution: str) -> str:
    """Return what a district's layer says of its origin: the file that it is cut from, and whose data it is."""
    said = "; ".join(part for part in (source, file) if part)
    return add_attribution(said) if attribution == ATTRIBUTION else said


def write_district(whole: Whole, code: str, folder: Path, overrides: Mapping[str, Any]) -> None:
    """Write the study of one district: a study file, and its layers as GeoParquet files with bounding boxes."""
    content = _merged({key: value for key, value in whole.content.items() if key != "inputs"}, overrides)
    content = _with_paths(content, whole.study.file.resolve().parent)
    study = make_study({**content, "inputs": whole.content["inputs"]}, file=whole.study.file)
    layers = district_layers(whole, code, margin_m=_margin_m(study))
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.parquet"):
        stale.unlink()
    inputs: dict[str, Any] = {
        name: _with_paths(whole.content["inputs"][name], whole.study.file.resolve().parent)
        for name in ("population", "elevation")
        if name in whole.content["inputs"]
    }
    crs = whole.layers["communities"].crs
    for name, frame in layers.items():
        file = f"{name.replace('.', '-')}.parquet"
        _plain(frame).to_parquet(folder / file, index=False, write_covering_bbox=True)
        inputs[name] = {**_settings_of(whole, name, frame, crs), "path": file}
    groups = [
        {**group, "layer": inputs.pop(f"kinds.{group['id']}", None)} if "layer" in group else dict(group)
        for group in content.get("demand", {}).get("groups", [])
    ]
    services = [
        {**one, **whole.service_columns[one["id"]], **layer_settings(one["id"], inputs)}
        for one in content.get("services", [])
    ]
    demand = {**content.get("demand", {}), "method": _method(whole, layers)}
    if groups:
        demand["groups"] = [group for group in groups if group.get("layer", {}) is not None]
    communities = whole.layers["communities"]
    belongs = whole.facility_district == code
    homeless = ~whole.layers["facilities"]["community"].isin(communities["id"][whole.district == code])
    district = {
        "communities": list(communities["id"][whole.district == code]),
        "facilities": list(whole.layers["facilities"]["id"][belongs & homeless]),
    }
    if services:
        content["services"] = services
    tables = {**content, "name": whole.names.get(code, code), "crs": crs.to_string(), "demand": demand}
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


def _settings_of(whole: Whole, name: str, frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> dict[str, Any]:
    of_services = {layer_of_service(one): service_layer(whole.study, one) for one in whole.study.services}
    layer = of_services.get(name) or getattr(whole.study.inputs, name, None)
    settings: dict[str, Any] = {"source": whole.sources.get(name, ""), "datum": _datum(crs)}
    if layer is not None and layer.modelled:
        settings["modelled"] = True
    kept = [column for column in (layer.keep if layer is not None else ()) if column in frame.columns]
    return {**settings, "keep": kept} if kept else settings


def _datum(crs: pyproj.CRS) -> str:
    return "cgcs2000" if datum_name(crs) == "CGCS2000" else "wgs84"


def _margin_m(study: Study) -> float:
    """Return the longest walk of a district's study, metres."""
    walk, _ = choose_walk(study)
    names = (study.rules.profile, *study.rules.compare)
    rules = [read_rules(name, folder=study.file.parent, study=str(study.file)) for name in names]
    horizon_min = max([*study.limits.minutes, *(limit for one in rules for limit in one.limits_min)])
    profiles = [find_profile(study, name, setting="rules.walking") for name in study.rules.walking]
    return longest_walk_m(study, walk, walking_costs_of(study, walk), profiles, horizon_min)


def district_layers(whole: Whole, code: str, *, margin_m: float) -> dict[str, gpd.GeoDataFrame]:
    """Return what of each layer has a bearing on a district; layers of which nothing has are left out.

    The communities that its zone (two walks around it) touches come with all their streets and homes, so that
    their people stand where they do in the whole; and those around these, so that no home changes its community.
    """
    layers, access_m = whole.layers, whole.study.walking.access_m
    communities, facilities = layers["communities"], Facilities(layers["facilities"])
    is_own = whole.district == code
    own = communities[is_own]
    of_district = own_facilities(
        facilities, set(own["id"]), frozenset(facilities["id"][whole.facility_district == code])
    )
    zone = district_zone(own, facilities, of_district, margin_m=margin_m, access_m=access_m)
    shapely.prepare(zone)
    kept = with_branches(facilities, of_district | shapely.intersects(zone, facilities.geometry.array))
    near = is_own | shapely.intersects(zone, communities.geometry.array)
    area = shapely.union_all([zone, *communities.geometry.array[near]])
    shapely.prepare(area)
    around = near | communities["id"].isin(facilities["community"][kept]).to_numpy()
    around |= shapely.intersects(area, communities.geometry.array)
    found = {"communities": communities[around], "facilities": facilities[kept]}
    homes = shapely.union_all(communities.geometry.array[around])
    reach_m = access_m + OUTLINE_STEP_M
    for name in ("demand", "buildings"):
        if name in layers:
            shapes = layers[name].geometry.array
            rows = shapely.intersects(area, shapes) & shapely.intersects(homes, shapes)
            found[name] = layers[name][rows]
            boxes = shapely.bounds(shapes[rows])
            reach_m = max(
                reach_m, access_m + np.hypot(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]).max(initial=0)
            )
    found["streets"] = layers["streets"][shapely.dwithin(area, layers["streets"].geometry.array, reach_m)]
    for name in NEAR_DISTRICT:
        if name in layers:
            found[name] = layers[name][shapely.intersects(zone, layers[name].geometry.array)]
    ground = shapely.union_all(own.geometry.array)
    for name in layers:
        if name.startswith("kinds."):
            found[name] = layers[name][shapely.intersects(ground, layers[name].geometry.array)]
    found |= dict(
        services_of_district(whole.study.services, whole.service_columns, layers, found["facilities"], zone)
    )
    stay = ("facilities", "streets", *map(layer_of_service, whole.study.services))
    return {name: frame for name, frame in found.items() if len(frame) or name in stay}


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table whose columns of objects are texts, as GeoParquet needs them."""
    texts = {
        str(name): frame[name].map(lambda item: "" if item is None or item is pd.NA or item != item else str(item))  # noqa: PLR0124 - NaN
        for name in frame.columns
        if name != frame.geometry.name and frame[name].dtype == object
    }
    return gpd.GeoDataFrame(frame.assign(**texts))


def _merged(content: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with those of one district in place of the whole's, table by table."""
    merged = dict(content)
    for key, value in changes.items():
        inner = merged.get(key)
        both = isinstance(inner, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(inner, value) if both and isinstance(inner, Mapping) else value
    return merged


def _with_paths(value: Any, home: Path) -> Any:  # noqa: ANN401 - settings hold any plain value
    """Return settings in which the paths of files that are there lead from anywhere."""
    if isinstance(value, Mapping):
        return {
            key: str(home / inner)
            if key in PATHS and isinstance(inner, str) and (home / inner).is_file()
            else _with_paths(inner, home)
            for key, inner in value.items()
        }
    return [_with_paths(inner, home) for inner in value] if isinstance(value, list) else value
