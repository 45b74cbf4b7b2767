"""What a district contributes to the roll-up: its communities, its centres, and its figures."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from planner.batch.rollup import PARTS_OF_DISTRICT
from planner.batch.tasks import part_path
from planner.config.study import portable_path
from planner.io.study_layers import attribution_of
from planner.results import Plan
from planner.schemas.tables import PREMISES

DEGREES = "EPSG:4326"
OUTLINE_STEPS = 300
"""Outlines are simplified by this part of their extent."""

SERVED = ("people_covered", "people_share", "own_people_covered")
COMMUNITY_COLUMNS = ("district", "community", "name", "subdistrict", "people", *SERVED, "rating")
NUMBERS = ("people", *SERVED, "score")
RATES = ("assessed", "excellent", "compliant", "weak", "undetermined")


def district_figures(plan: Plan) -> dict[str, Any]:
    """Return the counts of a district, the rules and the walk that they hold for, and what the data are worth.

    Keys, all plain numbers and texts: study, people, people_covered (within the standard), communities, area_km2,
    centres, assessed, excellent, compliant, weak, undetermined (premises), settle_cost, settled (weak premises
    that this money makes compliant), settle_unpriced, settle_unknown (those without a known price, or action),
    standard_min, rules, speed_kmh,
    access_m, date, method (how people were placed), modelled (layers that were not surveyed), streets_km (in its
    communities), outside_share (of the streets, with its margin's, not connected to the longest piece),
    near_misses, notices, attribution (whose data must be named).
    """
    coverage, diagnosis, quality = plan.coverage, plan.diagnosis, plan.prepared.network_quality
    row = coverage.total[coverage.total["limit_min"] == coverage.standard_min].iloc[0]
    modelled = sorted(source.layer for source in plan.inputs.sources if source.modelled)
    return {
        "study": plan.study.name,
        "people": float(row["people"]),
        "people_covered": float(row["people_covered"]),
        "communities": len(plan.inputs.communities),
        "area_km2": round(float(plan.inputs.communities.area.sum()) / 1e6, 6),
        "centres": len(diagnosis.centres) - len(plan.inputs.neighbours.facilities),
        **{name: int(diagnosis.rates[name]) for name in RATES},
        **_settling(plan),
        "standard_min": float(coverage.standard_min),
        "rules": portable_path(plan.study.rules.profile),
        "speed_kmh": float(plan.walk.speed_kmh),
        "access_m": float(plan.walk.access_m),
        "date": plan.study.date,
        "method": plan.inputs.demand_method,
        "modelled": modelled,
        "streets_km": round(_streets_inside_m(plan) / 1000, 3),
        "outside_share": float(quality.outside_share),
        "near_misses": int(quality.near_misses),
        "notices": len(plan.notices),
        "attribution": attribution_of(plan.inputs.sources),
    }


def _settling(plan: Plan) -> dict[str, float]:
    """Return what it costs to make weak premises compliant, how many that makes so, and how many have no price."""
    mended = [one for one in plan.improvements.plans if one.actions and one.rating != "weak"]
    priced = [one.cost for one in mended if one.cost is not None]
    return {
        "settle_cost": math.fsum(priced),
        "settled": len(priced),
        "settle_unpriced": len(mended) - len(priced),
        "settle_unknown": len(plan.improvements.plans) - len(mended),
    }


def _streets_inside_m(plan: Plan) -> float:
    """Return the length of the streets in the district's own communities, without its margin, metres."""
    ground = shapely.union_all(plan.inputs.communities.geometry.array)
    shapely.prepare(ground)
    lines = plan.prepared.walked_streets.geometry.array
    lines = lines[shapely.intersects(ground, lines)]
    return float(shapely.length(shapely.intersection(lines, ground)).sum())


def community_table(plan: Plan) -> gpd.GeoDataFrame:
    """Return one row a community.

    Returns
    -------
    communities
        community (its id), name, subdistrict, people, people_covered, people_share (within the standard of any
        centre), own_people_covered (of its own premises), rating (of its premises, the worst where several; ""
        without), geometry (EPSG:4326).
    """
    coverage, communities = plan.coverage, plan.inputs.communities
    rows = coverage.by_community[coverage.by_community["limit_min"] == coverage.standard_min]
    centres = plan.diagnosis.centres
    foreign = centres["id"].isin(plan.inputs.neighbours.facilities)
    premises = centres[centres["tier"].isin(PREMISES) & ~foreign]
    worst = {name: rank for rank, name in enumerate(("weak", "undetermined", "compliant", "excellent", ""))}
    order = premises["verdict"].map(worst).sort_values(kind="stable").index
    rating = premises.loc[order].groupby("community", sort=False)["verdict"].first()
    table = rows[[*COMMUNITY_COLUMNS[1:-1]]].reset_index(drop=True)
    table["rating"] = table["community"].map(rating).fillna("")
    return gpd.GeoDataFrame(table, geometry=communities.geometry.to_numpy(), crs=communities.crs).to_crs(DEGREES)


def centre_table(plan: Plan) -> gpd.GeoDataFrame:
    """Return the district's centres: centre (id), name, tier, community, rating, score, geometry (EPSG:4326)."""
    facilities, centres = plan.inputs.facilities, plan.diagnosis.centres
    table = pd.DataFrame(
        {
            "centre": centres["id"],
            **{name: centres[name] for name in ("name", "tier", "community")},
            "rating": centres["verdict"],
            "score": centres["score"].astype(float),
        }
    ).reset_index(drop=True)
    own = ~facilities["id"].isin(plan.inputs.neighbours.facilities).to_numpy()
    placed = gpd.GeoDataFrame(table, geometry=facilities.geometry.to_numpy(), crs=facilities.crs)
    return gpd.GeoDataFrame(placed[own].to_crs(DEGREES))


def outline_table(communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the outline of a district in one row, coarse enough for a page (EPSG:4326)."""
    whole = shapely.union_all(communities.geometry.array, grid_size=1e-6)
    west, south, east, north = whole.bounds
    coarse = shapely.simplify(whole, max(east - west, north - south) / OUTLINE_STEPS)
    return gpd.GeoDataFrame(geometry=[coarse], crs=DEGREES)


def write_parts(plan: Plan, folder: Path, code: str) -> None:
    """Write the tables of a district for the roll-up, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    communities = community_table(plan)
    tables = (communities, centre_table(plan), outline_table(communities))
    for name, table in zip(PARTS_OF_DISTRICT, tables, strict=True):
        table.insert(0, "district", code)
        # The same columns in every district, also where a text is nowhere given.
        texts = [column for column in table.columns.drop("geometry") if column not in NUMBERS]
        draft = folder / f"{code}-{name}.{os.getpid()}.part"
        table.astype({column: pd.StringDtype("pyarrow") for column in texts}).to_parquet(draft, index=False)
        draft.replace(part_path(folder, code, name))
