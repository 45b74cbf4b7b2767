"""Write docs/data.md: from the contracts, from the settings, and from the tables of meanings below.

    python docs/make_data.py

The contracts and the settings say themselves what they mean. What the results hold is said here, once, and a test
holds these tables against the results of a study.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from planner.study import Inputs, Layer, Settings, Study, nested_settings, setting_meaning
from planner.tables import CONTRACTS, Column, Contract

TARGET = Path(__file__).with_name("data.md")

SHARES = {
    "people": "people at the demand points counted in this row",
    "people_covered": "of these, people with at least one centre within the limit",
    "people_share": "people_covered ÷ people, 0–1; empty where there are no people",
    "people_overlap": "of people, those with two centres or more within the limit",
    "overlap_share": "people_overlap ÷ people, 0–1",
    "points": "demand points, those without people included",
    "points_covered": "of these, points with at least one centre within the limit",
    "points_share": "points_covered ÷ points, 0–1",
    "area_m2": "area of the communities, m²",
    "area_covered_m2": "of this, the area inside a service area, m²",
    "area_share": "area_covered_m2 ÷ area_m2, 0–1",
}
OWN_PEOPLE = "people within the limit of the premises of their own community (tiers community and village)"
LIMIT = "the limit, minutes, inclusive"
STREET_M = "straight distance to the nearest street, m, also where it is beyond access_m"

MEASURES = {
    "people": "people of the community, premises of tier community or village only",
    "households": "of the community: its own number, else the sum at its demand points; same premises only",
    "people_nearest": "people whose nearest centre of its kind it is, within the horizon; see method.md",
    "people_per_m2": "people_nearest ÷ floor_area_m2",
    "own_covered_share_<limit>min": "share of the community's people within the limit of its own premises, 0–1",
}

RESULT_LAYERS: dict[str, tuple[str, dict[str, str]]] = {
    "centres": (
        "Points, one a centre, in the order of the input.",
        {
            "id": "of the centre",
            "name": "of the centre",
            "tier": "district, town, community, village or station",
            "community": "id of its community: the declared one, else the one that it stands in",
            "floor_area_m2": "floor area, m²; empty where not known",
            "verdict": "excellent, compliant, weak or undetermined; empty where no rule applies to its tier",
            **MEASURES,
            "street_m": STREET_M,
        },
    ),
    "service_areas": (
        "Polygons, one a centre and limit. Empty where no street is reached.",
        {
            "facility": "id of the centre",
            "limit_min": LIMIT,
            "area_m2": "its area, m²",
            "disc_share": "area_m2 ÷ area of the straight-line disc of the same limit",
        },
    ),
    "reached": ("Polygons, one a limit: what any centre reaches.", {"limit_min": LIMIT}),
    "communities": (
        "Polygons, one a community, with its coverage at the standard.",
        {
            "id": "of the community",
            "name": "of the community",
            "street": "the street, town or ward above it",
            "kind": "community or village",
            "people_given": "people as the communities table has them; empty where it has none",
            "households": "as the communities table has them; empty where it has none",
            "limit_min": "the standard, minutes",
            **SHARES,
            "own_people_covered": OWN_PEOPLE,
        },
    ),
    "demand": (
        "Points, one a demand point inside a community.",
        {
            "id": "of the demand point",
            "people": "people at it",
            "households": "households at it; empty where not known",
            "community": "id of the community that holds it",
            "nearest_min": "minutes on foot to the nearest centre; empty beyond the horizon",
            "nearest_facility": "id of that centre",
            "facilities_<limit>min": "how many centres are within the limit",
            "street_m": STREET_M,
        },
    ),
    "candidates": (
        "Points on streets, one a cluster of uncovered people.",
        {
            "id": "K<clusters>-<number>, numbered from west to east",
            "clusters": "how many clusters were asked of the clustering that proposed it",
            "people": "uncovered people in the cluster",
            "moved_m": "from the middle of the cluster to the street, m",
            "people_in_reach": "uncovered people within the standard of this position",
        },
    ),
    "sites": (
        "Points, one a chosen site; the answers of both methods.",
        {
            "id": "of the candidate",
            "method": "clustering or maximal_covering",
            "rank": "1 is the site that adds most",
            "people_added": "uncovered people that it adds to the sites before it",
            "status": "of the whole proposal: proven, stopped or heuristic",
        },
    ),
    "findings": (
        "A table, one row a centre and rule that applies to its tier.",
        {
            "facility": "id of the centre",
            "rule": "id of the rule",
            "grade": "compliant or excellent: what passing is needed for",
            "passed": "whether it passes; empty where the data cannot tell",
            "value": "the left side of the rule for this centre, in the rule's unit",
            "comparison": "≥, ≤, > or <",
            "required": "the right side of the rule",
        },
    ),
    "coverage": (
        "A table, one row a community and limit.",
        {
            "community": "id of the community",
            "name": "of the community",
            "street": "the street, town or ward above it",
            "limit_min": LIMIT,
            **SHARES,
            "own_people_covered": OWN_PEOPLE,
        },
    ),
    "coverage_by_tier": (
        "A table, one row a tier and limit: what the centres of that tier alone reach.",
        {"tier": "the tier", "limit_min": LIMIT, "facilities": "centres of the tier", **SHARES},
    ),
    "coverage_total": ("A table, one row a limit.", {"limit_min": LIMIT, **SHARES}),
    "remarks": (
        "A table, one row a row of an input that could not be used as it is; one row where none is named.",
        {
            "key": "the kind of remark",
            "table": "the input concerned",
            "row": "id of the row; empty where the remark is about the whole table",
            "reason": "in words, in the study's language",
        },
    ),
}

PLAN_ENTRIES: dict[str, str] = {
    "format": "name and version of this form",
    "study": "the settings, defaults filled in",
    "walking": "how people walk",
    "walking.profile": "name of the walking profile; null where the study gives its own speed",
    "walking.speed_kmh": "km/h",
    "walking.access_m": "longest straight walk between a door and a street, m",
    "walking.en": "the speed in words, English",
    "walking.zh": "the speed in words, Chinese",
    "walking.source": "where the speed comes from",
    "walking.evidence": "how sure that is: measured, excerpt, quoted, or own",
    "walking.limits": "list, one a limit",
    "walking.limits[].minutes": "the limit, minutes",
    "walking.limits[].metres": "how far that is at this speed, m",
    "walking.standard_min": "the limit that counts as served, minutes",
    "data": "what was read",
    "data.crs": "the projected coordinate system that everything is measured in",
    "data.margin_m": "how far beyond the communities streets are kept, m",
    "data.demand_method": "points (as given) or along_streets (community totals spread)",
    "data.people": "people at all demand points inside communities",
    "data.households": "households at these points; null where not known",
    "data.demand_points": "how many there are",
    "data.communities": "how many there are",
    "data.facilities": "centres by tier",
    "data.facilities.<tier>": "how many there are; a tier without centres is left out",
    "data.modelled": "list of the layers that the study declares as modelled",
    "data.sources": "list, one an input layer",
    "data.sources[].layer": "its name in the study",
    "data.sources[].file": "the file, as the study names it, and the layer in it",
    "data.sources[].sha256": "SHA-256 of the file; of a shapefile, of all its files together",
    "data.sources[].rows": "rows read",
    "data.sources[].crs": "the coordinate system of the file",
    "data.sources[].source": "where it comes from, in the study's words",
    "data.sources[].modelled": "whether the study declares it as modelled",
    "network": "the walking network in figures",
    "network.nodes": "junctions and street ends",
    "network.edges": "stretches of street between them",
    "network.length_m": "length of all streets kept, m",
    "network.pieces": "connected pieces",
    "network.outside_share": "share of the length outside the longest piece, 0–1",
    "network.dead_ends": "nodes where a single edge ends",
    "network.crossings": "pairs of straight segments that cross without a common vertex",
    "coverage": "who has a centre within the limits",
    "coverage.standard_min": "the limit that counts as served, minutes",
    "coverage.people_uncovered": "people beyond the standard",
    "coverage.points_uncovered": "demand points with people beyond the standard",
    "coverage.total": "list, one a limit",
    "coverage.total[].limit_min": LIMIT,
    **{f"coverage.total[].{name}": meaning for name, meaning in SHARES.items()},
    "coverage.by_tier": "list, one a tier and limit: what the centres of that tier alone reach",
    "coverage.by_tier[].tier": "the tier",
    "coverage.by_tier[].limit_min": LIMIT,
    "coverage.by_tier[].facilities": "centres of the tier",
    **{f"coverage.by_tier[].{name}": meaning for name, meaning in SHARES.items()},
    "coverage.by_community": "list, one a community and limit",
    "coverage.by_community[].community": "id of the community",
    "coverage.by_community[].name": "of the community",
    "coverage.by_community[].street": "the street, town or ward above it",
    "coverage.by_community[].kind": "community or village",
    "coverage.by_community[].limit_min": LIMIT,
    **{f"coverage.by_community[].{name}": meaning for name, meaning in SHARES.items()},
    "coverage.by_community[].own_people_covered": OWN_PEOPLE,
    "centres": "list, one a centre, in the order of the input",
    "centres[].id": "of the centre",
    "centres[].name": "of the centre",
    "centres[].tier": "district, town, community, village or station",
    "centres[].community": "id of its community: the declared one, else the one that it stands in",
    "centres[].community_name": "name of that community",
    "centres[].lon": "longitude, degrees, WGS 84",
    "centres[].lat": "latitude, degrees, WGS 84",
    "centres[].street_m": STREET_M,
    "centres[].verdict": "excellent, compliant, weak or undetermined; empty where no rule applies to its tier",
    "centres[].measures": "what the rules speak of; null is not known",
    "centres[].measures.floor_area_m2": "floor area, m²",
    **{f"centres[].measures.{name}": meaning for name, meaning in MEASURES.items()},
    "centres[].findings": "list, one a rule that applies to its tier",
    "centres[].findings[].rule": "id of the rule",
    "centres[].findings[].grade": "compliant or excellent: what passing is needed for",
    "centres[].findings[].passed": "true or false; null where the data cannot tell",
    "centres[].findings[].value": "the left side of the rule for this centre, in the rule's unit",
    "centres[].findings[].comparison": "≥, ≤, > or <",
    "centres[].findings[].required": "the right side of the rule",
    "centres[].service_areas": "list, one a limit",
    "centres[].service_areas[].limit_min": LIMIT,
    "centres[].service_areas[].area_m2": "area of the service area, m²",
    "centres[].service_areas[].disc_share": "that ÷ area of the straight-line disc of the same limit",
    "diagnosis": "the rules and what they find over all premises",
    "diagnosis.profile": "the rule profile, as the study names it",
    "diagnosis.en": "its title, English",
    "diagnosis.zh": "its title, Chinese",
    "diagnosis.source": "where it comes from",
    "diagnosis.source_zh": "the same in Chinese; empty: as it is",
    "diagnosis.rules": "list, one a rule",
    "diagnosis.rules[].id": "its name in the findings",
    "diagnosis.rules[].expression": "the comparison, over named measures",
    "diagnosis.rules[].tiers": "list of the tiers that it applies to",
    "diagnosis.rules[].grade": "compliant or excellent: what passing is needed for",
    "diagnosis.rules[].unit": "unit of both sides: m2, m2_per_100_households, share, people_per_m2 or ratio",
    "diagnosis.rules[].clause": "where the threshold comes from",
    "diagnosis.rules[].clause_zh": "the same in Chinese; empty: as it is",
    "diagnosis.rules[].evidence": "how sure that is: seen (text read), excerpt, or own",
    "diagnosis.rules[].en": "what it asks, English",
    "diagnosis.rules[].zh": "what it asks, Chinese",
    "diagnosis.rates": "over the premises (tiers community and village) that rules apply to",
    "diagnosis.rates.assessed": "how many premises",
    "diagnosis.rates.excellent": "of these, excellent",
    "diagnosis.rates.compliant": "of these, compliant and not excellent",
    "diagnosis.rates.weak": "of these, weak",
    "diagnosis.rates.undetermined": "of these, undetermined",
    "diagnosis.rates.compliant_share": "达标率: (excellent + compliant) ÷ (assessed − undetermined), 0–1",
    "diagnosis.rates.excellent_share": "优秀率: excellent ÷ (assessed − undetermined), 0–1",
    "diagnosis.weak_communities": "list of ids: communities with weak premises",
    "diagnosis.communities_without_centre": "list of ids: communities without premises of their own",
    "siting": "where new stations might go",
    "siting.sites_asked": "how many the study asks for",
    "siting.standard_min": "the limit that counts as served, minutes",
    "siting.people_uncovered": "people beyond the standard today",
    "siting.people_without_street": "of these, people whom no site can serve: no street within access_m",
    "siting.candidates": "list, one a cluster of uncovered people",
    "siting.candidates[].id": "K<clusters>-<number>, numbered from west to east",
    "siting.candidates[].clusters": "how many clusters were asked of the clustering that proposed it",
    "siting.candidates[].people": "uncovered people in the cluster",
    "siting.candidates[].moved_m": "from the middle of the cluster to the street, m",
    "siting.candidates[].people_in_reach": "uncovered people within the standard of this position",
    "siting.candidates[].lon": "longitude, degrees, WGS 84",
    "siting.candidates[].lat": "latitude, degrees, WGS 84",
    "siting.proposals": "list: the clustering's answer, then the optimum; empty where nothing was asked or needed",
    "siting.proposals[].method": "clustering or maximal_covering",
    "siting.proposals[].status": "proven (no choice gains more), stopped (see the bound) or heuristic (no bound)",
    "siting.proposals[].people_gained": "people newly within the standard",
    "siting.proposals[].bound": "the most that any choice of as many candidates can gain; null without a bound",
    "siting.proposals[].gap": "(bound − people_gained) ÷ bound; null without a bound",
    "siting.proposals[].people_covered_after": "people within the standard with these sites",
    "siting.proposals[].people_share_after": "that ÷ people, 0–1",
    "siting.proposals[].sites": "list, one a site, the one that adds most first",
    "siting.proposals[].sites[].rank": "1 is the site that adds most",
    "siting.proposals[].sites[].id": "of the candidate",
    "siting.proposals[].sites[].lon": "longitude, degrees, WGS 84",
    "siting.proposals[].sites[].lat": "latitude, degrees, WGS 84",
    "siting.proposals[].sites[].people_added": "uncovered people that it adds to the sites before it",
    "scenario": "which centres were closed and which sites stand in this run; null: the centres are today's",
    "scenario.file": "name of the scenario file",
    "scenario.sha256": "its hash",
    "scenario.closed": "list of the ids of centres that were closed",
    "scenario.sites": "list of new stations, each a centre of tier station in this run",
    "scenario.sites[].id": "of the station",
    "scenario.sites[].x": "where it stands, m, in data.crs",
    "scenario.sites[].y": "the same",
    "scenarios": "list: what the map's slider steps through, the centres as they are first",
    "scenarios[].key": "today, or the method of a proposal",
    "scenarios[].en": "its name, English",
    "scenarios[].zh": "its name, Chinese",
    "scenarios[].closed": "list of the ids of centres that it closes",
    "scenarios[].sites": "list of the ids of candidates at which it opens a station",
    "remarks": "list: what could not be done for a row, or what a reader must know",
    "remarks[].key": "the kind of remark",
    "remarks[].table": "the input concerned",
    "remarks[].rows": "list of ids; empty where the remark is about the whole table",
    "remarks[].people": "people concerned; 0 where the remark does not count them",
    "remarks[].en": "in words, English",
    "remarks[].zh": "in words, Chinese",
    "provenance": "what made this file",
    "provenance.planner": "version of the planner",
    "provenance.geos": "version of GEOS",
    "provenance.libraries": "versions of the libraries that numbers depend on",
    "provenance.libraries.<library>": "its version",
    "provenance.command": "the command that makes such a file",
}

HEAD = """\
# Data: what goes in and what comes out

<!-- Made by docs/make_data.py; change that, not this. -->

**中文摘要**：第一部分是输入图层须有的列；第二部分是研究文件的全部设置（中英对照）；第三部分是 results.gpkg
的各图层；第四部分是 plan.json 的各项。本文件由程序生成。

This file is generated from the planner itself.
"""

INPUTS_HEAD = """
## 1. Input tables

Files: `.gpkg`, `.geojson`, `.json`, `.shp`, `.fgb`; `.csv` with the columns `lon` and `lat` (or `x` and `y`, or
`经度` and `纬度`, or others mapped to `lon` and `lat`), or with WKT in `geometry`, `wkt` or `geom`, in UTF-8 or
GB18030; for streets also OpenStreetMap extracts, `.osm.pbf`, `.osm`, `.osm.gz`.

Other names for columns are mapped in the study: `columns = { people = "人口" }`. Numbers must be zero or more, ids
unique, geometry present and valid. A file that does not say its coordinate system needs `crs` in the study.

Further columns of centres, communities and demand are passed on to `results.gpkg`, as long as their names are none
of those in section 3. A demand point belongs to the community in which it lies; a column `community` of the demand
layer is not read.
"""

SETTINGS_HEAD = """
## 2. The study file

TOML, UTF-8. A setting that is not listed here is refused. Paths are relative to the study file. `planner new DIR`
writes a study file with every setting and its default.
"""

LAYERS_HEAD = """
## 3. Layers of results.gpkg

All geometry is in the study's metric coordinate system (`data.crs` in plan.json). `<limit>` stands for each limit
in minutes, as in `facilities_5min`. What is unknown or unreachable is empty.
"""

PLAN_HEAD = """
## 4. Entries of plan.json

Everything but geometry; map and report take their numbers from it. UTF-8. Numbers are rounded to six decimals,
degrees to seven. What is unknown or unreachable is `null`. `[]` marks each item of a list; `<…>` stands for a
name.
"""


def make() -> str:
    """Return docs/data.md."""
    parts = [HEAD, INPUTS_HEAD, *map(_contract, CONTRACTS), SETTINGS_HEAD, *_settings(Study, ())]
    parts += [LAYERS_HEAD, *(_layer(name) for name in RESULT_LAYERS)]
    parts += [
        PLAN_HEAD,
        _table(("entry", "meaning"), [(f"`{path}`", said) for path, said in plan_entries().items()]),
    ]
    return "".join(parts)


def plan_entries() -> dict[str, str]:
    """Return every entry of plan.json with its meaning, in the order of the file; the settings say theirs."""
    entries = {}
    for path, meaning in PLAN_ENTRIES.items():
        entries[path] = meaning
        if path == "study":
            entries |= {f"study.{setting}": said for setting, said in _setting_entries(Study, ())}
    return entries


def _setting_entries(model: type[Settings], path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        inner = nested_settings(field.annotation)
        yield ".".join((*path, name)), setting_meaning(f"{model.__name__}.{name}", "en")
        if inner is not None and inner is not Layer:
            yield from _setting_entries(inner, (*path, name))
    if model is Inputs:
        for name in Layer.model_fields:
            yield ".".join((*path, "<layer>", name)), setting_meaning(f"Layer.{name}", "en")


def _contract(contract: Contract[Any]) -> str:
    rows = [
        (f"`{c.name}`", c.kind, "yes" if c.required else "no", _values(c), c.meaning) for c in contract.columns
    ]
    return (
        f"\n### {contract.name}\n\nGeometry: {', '.join(contract.geometry_types)}.\n\n"
        + _table(("column", "kind", "required", "values", "meaning"), rows)
    )  # fmt: skip


def _values(column: Column) -> str:
    default = ""
    if not column.required and column.kind == "text" and column.default:
        default = f"; `{column.default}` where the column is missing"
    return ", ".join(f"`{choice}`" for choice in column.choices) + default


def _settings(model: type[Settings], path: tuple[str, ...]) -> Iterator[str]:
    title = f"`[{'.'.join(path)}]`" if path else "Top of the file"
    schema = model.model_json_schema()["properties"]
    rows, nested = [], []
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        said = [setting_meaning(f"{model.__name__}.{name}", language) for language in ("en", "zh")]
        inner = nested_settings(field.annotation)
        if inner is not None and inner is not Layer:
            nested.append(((*path, name), inner))
            continue
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = "must be given" if default is PydanticUndefined else _default(default)
        rows.append((f"`{name}`", _kind(schema[name], is_layer=inner is Layer), shown, *said))
    if rows:
        yield f"\n### {title}\n\n" + _table(("setting", "kind", "default", "meaning", "含义"), rows)
    for inner_path, inner in nested:
        yield from _settings(inner, inner_path)
    if model is Inputs:
        yield from _settings(Layer, (*path, "<layer>"))


def _default(value: object) -> str:
    return "none" if value is None else f"`{json.dumps(value, ensure_ascii=False, default=list)}`"


def _kind(schema: dict[str, Any], *, is_layer: bool) -> str:
    if is_layer:
        return "layer"
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    option = options[0]
    if "enum" in option:
        return ", ".join(f'`"{choice}"`' for choice in option["enum"])
    if option["type"] == "array":
        return f"list of: {_kind(option['items'], is_layer=False)}"
    words = {"string": "text", "boolean": "true or false", "integer": "whole number", "object": "table"}
    signs = (("exclusiveMinimum", ">"), ("minimum", "≥"), ("maximum", "≤"))
    bounds = [f"{sign} {option[name]:,.10g}" for name, sign in signs if name in option]
    return ", ".join([words.get(option["type"], option["type"]), *bounds])


def _layer(name: str) -> str:
    said, columns = RESULT_LAYERS[name]
    return f"\n### {name}\n\n{said}\n\n" + _table(
        ("column", "meaning"), [(f"`{column}`", meaning) for column, meaning in columns.items()]
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return (
        "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"
    )


if __name__ == "__main__":
    TARGET.write_text(make(), "utf-8", newline="\n")
