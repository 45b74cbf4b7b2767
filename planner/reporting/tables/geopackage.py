"""results.gpkg: a layer a table, for QGIS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from planner.evaluation.improvements.search import improvements_table
from planner.evaluation.sensitivity import changed_ratings
from planner.io.study_layers import attribution_of
from planner.io.tables.columns import Vocabulary, strip_letters
from planner.messages.catalogue import Texts
from planner.reporting.document.build import build_document
from planner.reporting.document.levels import level_shapes
from planner.reporting.document.programme import funds_table, needs_table, project_table
from planner.reporting.document.records.layers import LAYERS, Layer
from planner.reporting.document.records.levels import LevelLedgerRow
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.document.services import service_layers
from planner.reporting.report.blocks import Translator
from planner.reporting.tables.qgis_styles import add_styles
from planner.reporting.tables.result_tables import LAYER_COLUMNS, layer_columns
from planner.reporting.tables.spec import TableSpec
from planner.results import Plan
from planner.schemas.records import RecordField, layer_fields
from planner.siting.candidates.candidate import excluded_table

CHANGE_DATE = "2000-01-01T00:00:00.000Z"
"""GeoPackage stores when it was written; a fixed date keeps equal results equal to the byte."""

ONE_FILE: dict[str, str | None] = {"OGR_CURRENT_DATE": CHANGE_DATE, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
"""Options while a file is made: to wait for the disk after each layer took half the time. The whole file is put on
the disk before it takes the place of an earlier one (`planner.reporting.files.exchange`)."""

ANY = "Unknown"
"""Geometry of several kinds, as GDAL calls it."""

_ONE_AT_A_TIME = Lock()

AS_GIVEN = ("id", "name", "tier", "community", "floor_area_m2", "activity_area_m2", "open_hours_week")
"""Columns of the centres that the diagnosis repeats from the table unchanged."""


def write_geopackage(plan: Plan, path: Path, content: PlanDocument | None = None) -> None:
    """Write every table of a plan as a layer of one GeoPackage, in the study's metric CRS.

    Parameters
    ----------
    plan
        The plan.
    path
        The file; it must not exist.
    content
        Its document, where it is built already.
    """
    t = Translator(build_document(plan) if content is None else content, Texts(plan.study.language))
    layers = result_layers(plan, t)
    write_layers(layers, path, specs=LAYERS, attribution=attribution_of(plan.inputs.sources))
    headings = {
        layer: {name: heading for name, (heading, _) in layer_columns(layer, t).items()}
        for layer in LAYER_COLUMNS.keys() & layers.keys()
    }
    add_styles(path, plan.study.language, headings)


def write_layers(
    layers: Mapping[str, gpd.GeoDataFrame | pd.DataFrame],
    path: Path,
    *,
    specs: Mapping[str, Layer] = MappingProxyType({}),
    attribution: str = "",
) -> None:
    """Write tables as layers of one GeoPackage that does not exist yet; the same tables give the same bytes.

    Parameters
    ----------
    layers
        The tables by name.
    path
        The file; it must not exist.
    specs
        Which columns of which types a layer has, whether or not it has rows.
    attribution
        Whose data must be named: kept among the file's metadata.
    """
    # The date is one for the whole process: a second thread would take it back while the first still writes.
    with _ONE_AT_A_TIME:
        pyogrio.set_gdal_config_options(ONE_FILE)
        try:
            for name, table in layers.items():
                spec = specs.get(name)
                pyogrio.write_dataframe(
                    _table_spec(name, spec).layer(table),
                    path,
                    layer=name,
                    driver="GPKG",
                    append=path.exists(),
                    geometry_type=_geometry_type(table, spec),
                    dataset_metadata={"ATTRIBUTION": attribution} if attribution else None,
                )
        finally:
            pyogrio.set_gdal_config_options(dict.fromkeys(ONE_FILE))


def _table_spec(name: str, layer: Layer | None) -> TableSpec:
    return TableSpec.of(layer.record, LAYER_COLUMNS.get(name, ())) if layer else TableSpec(())


def result_columns(name: str) -> dict[str, RecordField]:
    """Return the columns of a layer of results.gpkg by name, with type and meaning."""
    return {**layer_fields(LAYERS[name].record), **{field.name: field for field in LAYER_COLUMNS.get(name, ())}}


def _geometry_type(table: gpd.GeoDataFrame | pd.DataFrame, layer: Layer | None) -> str | None:
    """Return what to call the geometry of a layer of which no row has one; None: as its rows are."""
    if not isinstance(table, gpd.GeoDataFrame) or not shapely.is_missing(table.geometry.to_numpy()).all():
        return None
    return layer.geometry if layer and layer.geometry else ANY


def result_layers(
    plan: Plan, t: Translator | None = None, *, only: str = ""
) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    """Return the layers of results.gpkg by name, in the words of a translator of the plan's document.

    docs/data.md lists them and their columns.

    Parameters
    ----------
    plan
        The plan.
    t
        The translator; made where it is needed and not given.
    only
        The one layer that is needed. Where it takes nothing from the document, none is built: layers and columns
        that do are missing.
    """
    layers = {**_plan_layers(plan), **_organisations(plan)}
    if only in layers.keys() - LAYER_COLUMNS.keys():
        return layers
    t = t or Translator(build_document(plan), Texts(plan.study.language))
    layers |= _levels(plan, t.content)
    for layer in LAYER_COLUMNS.keys() & layers.keys():
        table = layers[layer]
        for name, (_, values) in layer_columns(layer, t).items():
            layers[layer] = table = table.assign(**{name: table["id"].map(values)})
    return layers


def _plan_layers(plan: Plan) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    inputs, coverage, diagnosis = plan.inputs, plan.coverage, plan.diagnosis
    measured = diagnosis.centres.drop(columns=list(AS_GIVEN))
    at_standard = coverage.by_community[coverage.by_community["limit_min"] == coverage.standard_min]
    shares = (
        at_standard.drop(columns=["name", "subdistrict"]).set_index("community").reindex(inputs.communities["id"])
    )
    return {
        "centres": keep_columns(
            _join_results(inputs.facilities, measured.assign(street_m=plan.facility_snaps.nearest_m)),
            "centres",
            plan,
        ),
        "service_areas": plan.service_areas,
        "reached": plan.reached,
        "communities": keep_columns(
            _join_results(inputs.communities, shares.set_index(inputs.communities.index)), "communities", plan
        ),
        "demand": keep_columns(coverage.demand.assign(street_m=plan.demand_snaps.nearest_m), "demand", plan),
        "candidates": plan.siting.candidates,
        "candidates_excluded": excluded_table(plan.siting.pool.excluded, inputs.crs),
        "sites": _sites(plan),
        "sites_curve": _curve(plan),
        "sites_otherwise": _scenarios(plan),
        "unserved": _unserved(plan),
        "findings": diagnosis.rule_results.assign(
            passed=diagnosis.rule_results["passed"].map(_pass_in_words),
            unknown=diagnosis.rule_results["unknown"].map(", ".join),
        ),
        "unknown": diagnosis.unknown,
        "directions": diagnosis.directions.assign(blocked=diagnosis.directions["blocked"].map(_pass_in_words)),
        "quotas": diagnosis.quotas.assign(passed=diagnosis.quotas["passed"].map(_pass_in_words)),
        "remedies": improvements_table(plan.improvements.plans, inputs.crs),
        "blocked_pairs": plan.improvements.severance_pairs,
        "community_measures": diagnosis.communities,
        "flips": plan.flips,
        "verdicts_otherwise": _other_ratings(plan),
        "fairness": plan.fairness.groups,
        "lorenz": plan.fairness.lorenz,
        "fairness_by_subdistrict": plan.fairness.by_subdistrict,
        "overlay": plan.overlay,
        "coverage": coverage.by_community,
        "coverage_by_tier": coverage.by_tier,
        "coverage_total": coverage.total,
        "street_checks": plan.prepared.network_places,
        "people_balance": inputs.balance,
        "notices": _notices(plan),
        **_kinds(plan),
        **_circles(plan),
        **service_layers(plan),
        **_programme(plan),
    }


def _kinds(plan: Plan) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    """Return the points and the coverage of further population groups, all kinds in one table."""
    if not plan.groups:
        return {}
    columns = ["id", "people", "community", "nearest_min", "nearest_facility", "geometry"]
    points = [kind.demand[columns].assign(kind=kind.group.settings.id) for kind in plan.groups]
    shares = [kind.by_community.assign(kind=kind.group.settings.id) for kind in plan.groups]
    return {
        "groups_demand": gpd.GeoDataFrame(pd.concat(points, ignore_index=True), crs=plan.inputs.crs),
        "groups_coverage": pd.concat(shares, ignore_index=True),
    }


def _circles(plan: Plan) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    if plan.business_areas is None:
        return {}
    return {
        "business_areas": plan.business_areas.table,
        "places": keep_columns(plan.business_areas.places, "places", plan),
    }


def _organisations(plan: Plan) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    belts, found = plan.belts, plan.organisations
    along = {} if belts is None else {"belts": belts.table, "belts_members": belts.members}
    assigned = {} if found is None else {"organisations": found.table, "organisations_stations": found.stations}
    return {**along, **assigned}


def _levels(plan: Plan, content: PlanDocument) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    if not plan.study.report.levels:
        return {}
    ledger = pd.DataFrame(content["levels"]["ledger"], columns=[*layer_fields(LevelLedgerRow)])
    return {"levels": level_shapes(plan, content), "levels_ledger": ledger}


def _programme(plan: Plan) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    programme = plan.programme
    if programme is None:
        return {}
    return {"projects": project_table(plan), "needs": needs_table(programme), "funds": funds_table(programme)}


def _join_results(given: gpd.GeoDataFrame, results: pd.DataFrame) -> gpd.GeoDataFrame:
    """Join results to an input table; an input column of the same name is kept as <name>_given."""
    renamed = {name: f"{name}_given" for name in results.columns if name in given.columns}
    kept = given.drop(columns=[name for name in renamed.values() if name in given.columns])
    return gpd.GeoDataFrame(kept.rename(columns=renamed).join(results))


def _pass_in_words(passed: object) -> str:
    return {True: "yes", False: "no"}.get(passed, "unknown") if isinstance(passed, bool) else "unknown"


def _other_ratings(plan: Plan) -> pd.DataFrame:
    """Return the centres whose verdict differs by other rules or at other speeds."""
    tables = [
        changed_ratings(plan.diagnosis, alternative.diagnosis).assign(kind=alternative.kind, name=alternative.name)
        for alternative in plan.alternatives
    ]
    columns = ["kind", "name", "facility", "verdict", "verdict_then"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns, dtype=object)


def _notices(plan: Plan) -> pd.DataFrame:
    rows = [
        (notice.key, notice.table, row, notice.in_words(plan.study.language))
        for notice in plan.notices
        for row in notice.rows or ("",)
    ]
    return pd.DataFrame(rows, columns=["key", "table", "row", "reason"])


def _sites(plan: Plan) -> gpd.GeoDataFrame:
    siting = plan.siting
    others = zip(
        (f"alternative_{number}" for number in range(1, 1 + len(plan.sites.comparison.other_plans))),
        plan.sites.comparison.other_plans,
        strict=True,
    )
    named = [*((one.method, one) for one in siting.proposals), *others]
    frames = [
        siting.candidates.iloc[list(proposal.sites)][["id", "source", "cost", "geometry"]].assign(
            method=method,
            rank=np.arange(1, len(proposal.sites) + 1),
            people_added=list(proposal.people_added),
            status=proposal.status,
        )
        for method, proposal in named
    ]
    if not frames:
        names = ("id", "source", "cost", "method", "rank", "people_added", "status")
        columns: dict[str, list[object]] = {name: [] for name in names}
        return gpd.GeoDataFrame(columns, geometry=[], crs=plan.inputs.crs)
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=plan.inputs.crs)


def _curve(plan: Plan) -> pd.DataFrame:
    columns = ["sites", "people_gained", "bound", "status", "added"]
    rows = [[getattr(step, name) for name in columns] for step in plan.sites.comparison.curve]
    return pd.DataFrame(rows, columns=columns)


def _scenarios(plan: Plan) -> pd.DataFrame:
    """Return every plan in every circumstance that the study names."""
    found, columns = plan.sites.scenarios, ["plan", "world", "people", "regret"]
    if found is None:
        return pd.DataFrame(columns=columns, dtype=object)
    table = found.table
    rows = [
        (one, world, table.people[number, place], table.regret[number, place])
        for number, one in enumerate(table.plans)
        for place, world in enumerate(table.scenarios)
    ]
    return pd.DataFrame(rows, columns=columns)


def _unserved(plan: Plan) -> gpd.GeoDataFrame:
    """Return the people that no candidate and no facility covers, with the reason."""
    left = plan.sites.unserved
    rows = left.rows if left is not None else np.zeros(0, dtype=np.int64)
    points = gpd.GeoSeries(gpd.points_from_xy(*plan.sites.demand_xy[rows].T), crs=plan.inputs.crs)
    columns = {
        "people": [] if left is None else left.people,
        "reason": [] if left is None else list(left.reason),
        "nearest_min": [] if left is None else left.minutes,
    }
    return gpd.GeoDataFrame(columns, geometry=points.array, crs=plan.inputs.crs)


KEEPING = {"centres": "facilities", "communities": "communities", "demand": "demand", "places": "places"}
"""The layers of results.gpkg that may carry columns of the user's, and the input that these come from."""

SHIFTED = {"gcj02": "_GCJ02", "bd09": "_BD09"}
"""What is added to the name of coordinates as they were given: beside the geometry they are 0.1 to 1.2 km off."""


def keep_columns(table: gpd.GeoDataFrame, layer: str, plan: Plan) -> gpd.GeoDataFrame:
    """Return a layer with its own columns and those that the study keeps.

    Parameters
    ----------
    table
        The layer with all columns of its input.
    layer
        Its name in results.gpkg, one of `KEEPING`.
    plan
        Whose study states what is kept, and in which datum the input was given.
    """
    name = KEEPING[layer]
    given = getattr(plan.study.inputs, name)
    kept = () if given is None else given.keep
    # A column whose name is one of the planner's stands beside it as <name>_given.
    kept = tuple(f"{one}_given" if f"{one}_given" in table.columns else one for one in kept)
    spec = _table_spec(layer, LAYERS[layer])
    own = [column for column in table.columns if column == "geometry" or spec.stored_kind(str(column))]
    datums = {source.layer: source.datum for source in plan.inputs.sources}
    renamed = {
        column: _name_with_datum(column, datums.get(name, "")) for column in kept if column in table.columns
    }
    chosen = table[[*own, *(column for column in renamed if column not in own)]]
    return gpd.GeoDataFrame(chosen.rename(columns=renamed))


def _name_with_datum(column: str, datum: str) -> str:
    """Name the datum of coordinates that stand in another one than the geometry."""
    is_place = Vocabulary.of("", (), {}).where(strip_letters(column)) is not None
    return column + SHIFTED.get(datum, "") if is_place else column
