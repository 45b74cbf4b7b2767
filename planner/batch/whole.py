"""The layers of a whole, read once and kept as GeoParquet that is packed by place: a district reads what it needs.

Rows lie in the order of sort-tile-recursive packing with their bounding boxes beside, so that a reader skips the
groups of rows that are far away (pyarrow); communities lie by district.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyproj
import shapely
from geopandas.array import from_shapely
from numpy.typing import NDArray

from planner.batch.districts import CutResult
from planner.batch.membership import columns_of_service, districts_of_communities, districts_of_facilities
from planner.batch.portfolio import District, Portfolio
from planner.config.facility_references import check_belts
from planner.config.study import PATHS, Study, make_study
from planner.config.toml_files import parse_toml, toml_text
from planner.evaluation.rule_files import read_rules
from planner.inputs.community_matching import assign_communities
from planner.inputs.metric_layers import metric_layers
from planner.inputs.walk_network import choose_walk, find_profile, longest_walk_m, walking_costs_of
from planner.io.datum.resolve import DatumChoice
from planner.io.datum.transform import Datum, to_wgs84
from planner.io.formats import is_extract
from planner.io.layers import read_layer
from planner.io.osm.place import ATTRIBUTION, add_attribution
from planner.io.service_places import layer_of_service, select_rows
from planner.io.study_layers import StudyLayers
from planner.messages.errors import DataError, Issue, PortfolioError, StudyError, raise_together
from planner.schemas.tables import STREETS, Communities, Facilities

JOIN = "+"
"""Between the codes of districts that are run as one."""

BEYOND, BEYOND_M = 0.05, 100.0
"""A district is cut short if more of its ground lies farther than this beyond all streets, metres."""

SAME_PLACE_M = 0.001
"""Two lines through the same places, to this step, are one street in two extracts."""

GROUP = 8_192
"""Rows of a packed layer that are read or skipped together."""

ORDER, DISTRICT = "planner:order", "planner:district"
"""Columns of a packed layer: the place of a row in its layer, and the code of its district ("": in none)."""

ABOUT = "whole.json"


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """The layers of the whole in one metric system, in a folder."""

    folder: Path
    """Where they lie."""
    study: Study
    content: Mapping[str, Any]
    """`study`, `content`: The study of the whole, and the tables of its file."""
    layers: tuple[str, ...]
    """Names of the layers; facilities with their community, buildings with an id."""
    crs: pyproj.CRS
    """The metric system."""
    names: Mapping[str, str]
    """Of the districts by code."""
    sources: Mapping[str, str]
    """What to say of the origin of each layer."""
    service_columns: Mapping[str, Mapping[str, Any]]
    """Settings of each service that name columns, as these are called in its table."""
    margins_m: Mapping[str, float]
    """The longest walk of each district's study, metres; "" for those without settings of their own."""
    overrides: Mapping[str, Mapping[str, Any]]
    """Settings of single districts."""

    def rows(
        self, name: str, bounds: Sequence[float] | None = None, *, column: str = "", among: Sequence[str] = ()
    ) -> gpd.GeoDataFrame:
        """Return rows of a layer in its order: whose boxes meet `bounds`, or whose `column` is `among` some."""
        chosen = pc.field(column).isin(list(among)) if column else None
        if bounds is not None:
            west, south, east, north = (float(bound) for bound in bounds)
            box = {side: pc.field("bbox", side) for side in ("xmin", "ymin", "xmax", "ymax")}
            chosen = (
                (box["xmin"] <= east) & (box["xmax"] >= west) & (box["ymin"] <= north) & (box["ymax"] >= south)
            )
        file = _file(self.folder, name)
        columns = [one for one in pq.read_schema(file).names if one != "bbox"]
        # Not by geopandas, which reads the system anew for each of many small tables.
        frame = pq.read_table(file, columns=columns, filters=chosen).to_pandas()
        shapes = from_shapely(shapely.from_wkb(frame["geometry"].to_numpy()), crs=self.crs)
        return gpd.GeoDataFrame(frame.assign(geometry=shapes).sort_values(ORDER, ignore_index=True))

    def settings_of(self, code: str) -> dict[str, Any]:
        """Return the tables of a district's study file without its layers."""
        return settings_with(self.study, self.content, self.overrides.get(code, {}))


def keep_whole(study: Study, portfolio: Portfolio, folder: Path, home: Path) -> CutResult:
    """Read the layers of a portfolio's study once, and write them packed to `home`, to be cut into `folder`.

    Returns
    -------
    result
        The districts, and what was noticed.

    Raises
    ------
    DataError
        What is wrong with any layer, at once.
    PortfolioError
        No community is in a district, `overrides` and `joined` name one that is not there, or settings of a
        district are not valid.
    """
    errors: list[DataError] = []
    tables = StudyLayers(study, errors)
    layers, datums = _read_layers(study, portfolio, tables, errors)
    communities, facilities = Communities(layers["communities"]), Facilities(layers["facilities"])
    if portfolio.cut is None:
        raise ValueError(portfolio.name)
    columns = {one.id: columns_of_service(one, tables, layers) for one in study.services}
    for service in study.services:
        name = layer_of_service(service)
        if name in layers:
            layers[name] = gpd.GeoDataFrame(layers[name][select_rows(layers[name], columns[service.id]["where"])])
    alone, titles, in_several = districts_of_communities(communities, portfolio, portfolio.cut)
    joined, names = _join(titles, portfolio)
    if not (alone != "").any():
        raise PortfolioError(str(portfolio.file), [Issue("cut_nowhere")])
    district = np.array([joined.get(code, code) for code in alone], dtype=object)
    codes = [code for code in sorted({*district, *names}) if code]
    content = parse_toml(toml_text(study.file))
    about = {
        "layers": sorted(layers),
        "crs": communities.crs.to_string(),
        "study": str(study.file.resolve()),
        "content": content,
        "names": names,
        "sources": {
            source.layer: _origin(source.file, source.source, source.attribution)
            for source in tables.sources(datums)
        },
        "service_columns": columns,
        "margins_m": _margins_m(study, content, portfolio, {*district}),
        "overrides": {code: portfolio.overrides[code] for code in codes if code in portfolio.overrides},
    }
    home.mkdir(parents=True, exist_ok=True)
    of_layer = {"communities": district, "facilities": districts_of_facilities(facilities, communities, district)}
    for name, frame in layers.items():
        _pack(frame, of_layer.get(name)).to_parquet(
            _file(home, name), index=False, write_covering_bbox=True, row_group_size=GROUP
        )
    (home / ABOUT).write_text(json.dumps(about), "utf-8")
    return CutResult(
        tuple(District(code, names.get(code, code), folder / code / "study.toml") for code in codes),
        in_no_district=tuple(communities["id"][district == ""]),
        beyond_streets=tuple(_beyond_streets(layers, district, codes)),
        in_several=in_several,
        empty=tuple(code for code in codes if code not in {*district}),
    )


def read_whole(home: Path) -> Whole:
    """Return the whole that `keep_whole` wrote to a folder."""
    about = json.loads((home / ABOUT).read_text("utf-8"))
    about |= {"study": make_study(about["content"], file=about["study"]), "layers": tuple(about["layers"])}
    return Whole(folder=home, **{**about, "crs": pyproj.CRS.from_user_input(about["crs"])})


def settings_with(study: Study, content: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of a study file without its layers, those of one district in place of the whole's."""
    own = _merged({key: value for key, value in content.items() if key != "inputs"}, overrides)
    settings: dict[str, Any] = with_paths(own, study.file.resolve().parent)
    return settings


def _read_layers(
    study: Study, portfolio: Portfolio, tables: StudyLayers, errors: list[DataError]
) -> tuple[dict[str, gpd.GeoDataFrame], DatumChoice]:
    """Return the layers in one metric system by name, facilities with their community, buildings with an id."""
    read = metric_layers(tables, errors)
    raise_together(errors)
    layers = {name: frame for name, frame in read.metric.items() if name != "people_table"}
    layers["facilities"], _ = assign_communities(
        Facilities(layers["facilities"]),
        read.communities,
        read.water,
        read.unknown,
        source=tables.source("facilities"),
    )
    layers["communities"] = read.communities
    if "buildings" in layers:
        ids = layers["buildings"]["id"].to_numpy(dtype=object)
        named = [one or f"building-{row}" for row, one in enumerate(ids, start=1)]
        layers["buildings"] = layers["buildings"].assign(id=named)
    datum = read.datums.layers["streets"].datum if "streets" in read.datums.layers else "wgs84"
    layers["streets"] = _with_extracts(layers["streets"], study, portfolio, datum)
    check_belts(study, set(layers["streets"]["name"]))
    return layers, read.datums


def _join(titles: Mapping[str, str], portfolio: Portfolio) -> tuple[dict[str, str], dict[str, str]]:
    """Return the code of each district that is run with others by its own, and the names of all that are run."""
    joined = {code: JOIN.join(group) for group in portfolio.joined for code in group}
    groups = {code: group for group in portfolio.joined for code in group}
    lacking = sorted({*groups, *portfolio.overrides} - set(titles) - set(joined.values()))
    if lacking:
        raise PortfolioError(str(portfolio.file), [Issue("cut_unknown", {"codes": ", ".join(lacking)})])
    hidden = [
        Issue("override_joined", {"code": code, "joined": joined[code]})
        for code in sorted({*portfolio.overrides} & {*joined} - {*joined.values()})
    ]
    if hidden:
        raise PortfolioError(str(portfolio.file), hidden)
    together = {code: " + ".join(titles[one] for one in groups.get(code, (code,))) for code in titles}
    return joined, {joined.get(code, code): title for code, title in together.items()}


def _beyond_streets(
    layers: Mapping[str, gpd.GeoDataFrame], district: NDArray[np.object_], codes: Sequence[str]
) -> Iterator[str]:
    """Yield the districts of which more than `BEYOND` lies `BEYOND_M` outside the box of all streets."""
    box = shapely.buffer(shapely.box(*layers["streets"].total_bounds), BEYOND_M)
    for code in codes:
        ground = shapely.union_all(layers["communities"].geometry.array[district == code])
        if ground.area > 0 and shapely.difference(ground, box).area > BEYOND * ground.area:
            yield code


def _margins_m(
    study: Study, content: Mapping[str, Any], portfolio: Portfolio, present: set[str]
) -> dict[str, float]:
    """Return the longest walk, metres, of districts with settings of their own by code, and ("") of all others."""
    margins = {"": _margin_m(study)}
    for code in sorted(present & {*portfolio.overrides}):
        try:
            settings = settings_with(study, content, portfolio.overrides[code])
            margins[code] = _margin_m(make_study({**settings, "inputs": content["inputs"]}, file=study.file))
        except StudyError as error:
            wrong = Issue("wrong_override", {"path": f"overrides.{code}"})
            raise PortfolioError(str(portfolio.file), [wrong, *error.issues]) from error
    return margins


def _margin_m(study: Study) -> float:
    """Return the longest walk of a district's study, metres."""
    walk, _ = choose_walk(study)
    names = (study.rules.profile, *study.rules.compare)
    rules = [read_rules(name, folder=study.file.parent, study=str(study.file)) for name in names]
    horizon_min = max([*study.limits.minutes, *(limit for rule in rules for limit in rule.limits_min)])
    profiles = [find_profile(study, name, setting="rules.walking") for name in study.rules.walking]
    return longest_walk_m(study, walk, walking_costs_of(study, walk), profiles, horizon_min)


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


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


def _pack(frame: gpd.GeoDataFrame, district: NDArray[np.object_] | None) -> gpd.GeoDataFrame:
    """Return rows in the order of sort-tile-recursive packing, those of a district together, with their order."""
    west, south, east, north = np.nan_to_num(shapely.bounds(frame.geometry.array)).reshape(-1, 4).T
    strips = max(1, round((len(frame) / GROUP) ** 0.5))
    place = np.argsort(np.argsort(west + east, kind="stable"), kind="stable")
    code = np.zeros(len(frame)) if district is None else np.unique(district.astype(str), return_inverse=True)[1]
    rows = np.lexsort((south + north, place * strips // max(len(frame), 1), code))
    numbered = plain_texts(frame).assign(**{ORDER: np.arange(len(frame))})
    if district is not None:
        numbered[DISTRICT] = district.astype(str)
    return gpd.GeoDataFrame(numbered.iloc[rows])


def plain_texts(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
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


def with_paths(value: Any, home: Path) -> Any:  # noqa: ANN401 - settings hold any plain value
    """Return settings in which the paths of files that are there lead from anywhere."""
    if isinstance(value, Mapping):
        return {
            key: str(home / inner)
            if key in PATHS and isinstance(inner, str) and (home / inner).is_file()
            else with_paths(inner, home)
            for key, inner in value.items()
        }
    return [with_paths(inner, home) for inner in value] if isinstance(value, list) else value
