"""`planner check`: read all inputs of a study and list how they are understood."""

from __future__ import annotations

import json
import math
import unicodedata
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from planner.commands.exit import command_line
from planner.commands.new import question_lines
from planner.commands.streams import StageReport, print_progress, print_results
from planner.config.study import Study, portable_path, read_study
from planner.io.datum.resolve import NAMES, LayerDatum, format_scores
from planner.io.study_layers import LayerSource
from planner.io.tables.layer_columns import list_columns
from planner.io.unused_layers import (
    UnusedLayer,
    UnusedOsmTable,
    find_unused_layers,
    find_unused_osm_tables,
    tables_in_words,
)
from planner.messages.catalogue import Texts, translate
from planner.messages.errors import SHOWN_ROWS, PlannerError
from planner.messages.notices import Notice, layer_name, reason_of
from planner.messages.progress import Progress, silent
from planner.prepare import PreparedStudy, prepare

COUNTED = ("pieces", "dead_ends", "crossings", "near_misses", "overlaps")
"""Quality indicators of the network that are listed."""

WIDTH = 100
"""Width of a terminal or an e-mail, columns; a Chinese character takes two."""

DATUM_NAMES: dict[str, str] = {**{str(datum): name for datum, name in NAMES.items()}, "cgcs2000": "CGCS2000"}
"""Display names of datums; others are shown by their own name."""

BY_WEIGHT = (
    *(
        "scenario",
        "scenario_named_closed",
        "scenario_waits_for_nothing",
        "shift_unknown",
        "encoding_contradicted",
        "encoding_doubtful",
        "datum_contradicted",
        "datum_alike",
        "datum_found",
        "datum_untested",
        "datum_follows",
    ),
    *("datum_declared", "datum_elsewhere", "reader_warns", "setting_renamed"),
    *("unit_applied", "columns_unread", "hidden_rows", "hidden_sheets", "hidden_sheet_read", "hidden_columns"),
    *("cells_without_result", "cells_with_error", "merged_number_left", "name_cut", "row_above"),
    "total_differs",
    *("demand_outside", "people_table_unmatched", "people_table_lacks", "people_table_replaces", "people_differ"),
    *(
        "streets_torn_inside",
        "squares_many",
        "squares_tangled",
        "left_out_class",
        "left_out_access",
        "left_out_foot",
        "left_out_motorroad",
    ),
    *("left_out_tunnel", "line_words_unread", "line_classes_unknown", "osm_not_there", "osm_unnamed_nodes"),
    *("street_not_walked", "private_way", "small_counts_shown", "small_counts"),
    *("solver_doubted_open", "solver_doubted", "siting_no_street", "siting_none_left", "siting_few_places"),
    "siting_streets_stopped",
    "clustering_beyond_budget",
    *("demand_no_street", "demand_behind_barrier", "demand_small_piece"),
    *("private_ways_around", "private_ways_closed", "gates_closed", "private_ways_residents", "private_ways_open"),
    *("network_pieces", "kind_outside", "kind_without_residents", "raster_cut", "people_calibrated"),
    *(
        "calibrated_along_streets",
        "people_from_households",
        "community_without_buildings",
        "buildings_unspecified",
    ),
    *("buildings_torn_inside", "osm_nodes_apart", "streets_torn_outside", "buildings_torn_outside"),
    *("people_at_outline", "homes_at_outline"),
    *("building_too_high", "storeys_unread", "building_used_otherwise", "height_unknown"),
    *("building_kind_unknown", "building_not_home", "levels_assumed", "raster_read", "layer_not_used"),
    *("facility_no_street", "facility_behind_barrier", "facility_far", "facility_elsewhere", "functions_unread"),
    *("community_without_people", "community_without_street", "community_without_centre"),
    *("service_unknown", "service_not_selected", "service_closed", "service_below_standard", "service_no_street"),
    *("service_hours_not_given", "service_hours_unknown", "service_hours_unread"),
    *("service_capacity_unknown", "service_capacity_not_given", "service_group_empty", "service_twice"),
    *("bundle_room_excluded", "bundle_room_unknown", "bundle_service_unknown", "bundle_no_area"),
    *("model_without_budget", "neighbours_counted"),
    *("near_misses", "crossings", "overlaps", "gate_no_street", "no_street_of_kind", "no_street_of_crossing"),
    *("street_no_height", "beyond_margin", "place_kind_unknown", "place_no_street"),
    *("organisation_no_station", "organisation_no_street"),
    *("communities_same_outline", "communities_overlap", "facilities_one_spot", "people_65_above_people"),
    *("shift_coarse", "raster_scaled", "ways_differ", "illegible", "coordinates_exchanged", "joined_by_name"),
    *("row_total", "row_note", "row_section", "row_numbering", "row_translation", "row_title", "row_blank"),
)
"""Keys of notices in the order of their effect on results: shifted layers, lost people, lost centres, others."""


def run_command(options: Namespace, texts: Texts) -> None:
    """Print how the inputs of a study are understood."""
    progress = StageReport(texts)
    try:
        with progress:
            if options.json:
                text = describe_as_json(options.study, progress=progress)
            else:
                text = describe_inputs(options.study, texts, progress=progress)
        print_results(text)
    except PlannerError:
        for line in question_lines(options.study, texts):
            print_progress(line)
        raise


def describe_inputs(path: Path, texts: Texts, *, progress: Progress = silent) -> str:
    """Return how the inputs of a study are understood, as text.

    Raises
    ------
    PlannerError
        As `planner.run`, for the study, its rules, its data and its streets.
    """
    study = read_study(path)
    prepared = prepare(study, progress=progress, for_results=False)
    lines = [part for line in _heading(study, prepared, texts) for part in _wrapped(line, indent=2)]
    lines.append("")
    for source in prepared.inputs.sources:
        lines += _layer(source, prepared, texts)
    lines += ["", *_totals(prepared, texts)]
    also = find_unused_osm_tables(study)
    unused = find_unused_layers(study)
    lines += ["", texts("cli.check_also")] if also or unused else []
    for held in also:
        lines += [part for line in _also(held, texts) for part in _wrapped(line, indent=4)]
    for layer in unused:
        lines += [part for line in _unused(layer, texts) for part in _wrapped(line, indent=4)]
    notices = sorted(prepared.notices, key=_weight)
    lines += ["", texts("cli.check_warnings")] if notices else []
    for notice in notices:
        lines += _wrapped(_notice(notice, texts), indent=2)
    asked = [part for line in question_lines(path, texts) for part in _wrapped(line, indent=4)]
    lines += ["", *asked] if asked else []
    command = command_line("run", path, "--out", "maps")
    return "\n".join([*lines, "", texts("cli.check_good", command=command)])


def describe_as_json(path: Path, *, progress: Progress = silent) -> str:
    """Return how the inputs of a study are understood, as JSON.

    Raises
    ------
    PlannerError
        As `planner.run`.
    """
    study = read_study(path)
    prepared = prepare(study, progress=progress, for_results=False)
    inputs = prepared.inputs
    people = inputs.demand.groupby("community")["people"].sum().reindex(inputs.communities["id"], fill_value=0.0)
    content: dict[str, Any] = {
        "study": study.name,
        "crs": inputs.crs.to_string(),
        "rules": {"profile": portable_path(study.rules.profile), "en": prepared.rules.en, "zh": prepared.rules.zh},
        "layers": [_layer_as_json(source, prepared) for source in inputs.sources],
        "evidence": [
            {
                "witness": witness.key,
                "layers": list(witness.layers),
                "rows": witness.of,
                "scores": {f"{one}/{other}": round(score, 3) for (one, other), score in witness.scores.items()},
            }
            for witness in inputs.datums.evidence
        ],
        "demand_method": inputs.demand_method,
        "people_balance": json.loads(inputs.balance.to_json(orient="records", force_ascii=False)),
        "kinds": [
            {"id": kind.settings.id, "given": kind.given, "people": float(kind.points["people"].sum())}
            for kind in inputs.groups
        ],
        "people": float(inputs.demand["people"].sum()),
        "people_by_community": {str(name): float(count) for name, count in people.items()},
        "left_out": [
            {"reason": one.reason, "words": list(one.words), "count": one.count, "length_m": one.length_m}
            for one in inputs.left_out
        ],
        "network": {name: getattr(prepared.network_quality, name) for name in prepared.network_quality.__slots__},
        "also_held": [
            {"file": table.file, "table": table.table, "count": table.count, "lines": table.lines}
            for table in find_unused_osm_tables(study)
        ],
        "unused_layers": [
            {
                "file": layer.file,
                "layer": layer.layer,
                "count": layer.count,
                "tables": list(layer.tables),
                "lines": layer.lines,
            }
            for layer in find_unused_layers(study)
        ],
        "warnings": [notice.entry() for notice in sorted(prepared.notices, key=_weight)],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _heading(study: Study, prepared: PreparedStudy, texts: Texts) -> Iterator[str]:
    profile, walk, standard = prepared.walking_profile, prepared.walk, study.limits.standard_min
    yield texts("cli.check_study", name=study.name, language=study.language)
    yield texts(
        "cli.check_walk",
        words=getattr(profile, texts.language) if profile else f"{walk.speed_kmh:g} km/h",
        metres=texts.whole(walk.metres(standard)),
        minutes=f"{standard:g}",
        access_m=f"{walk.access_m:g}",
    )
    for note in prepared.cost_notes:
        yield texts("cli.check_cost", words=note.words.in_words(texts.language))
    yield texts(
        "cli.check_rules", rules=prepared.rules.title(texts.language), profile=portable_path(study.rules.profile)
    )
    if not {tier for rule in prepared.rules.rules for tier in rule.tiers} & set(
        prepared.inputs.facilities["tier"]
    ):
        yield texts("cli.check_no_rule_for")
    inputs = prepared.inputs
    yield texts("cli.check_crs", crs=inputs.crs.to_string(), margin_m=texts.whole(inputs.margin_m))


def _layer(source: LayerSource, prepared: PreparedStudy, texts: Texts) -> Iterator[str]:
    modelled = texts("cli.check_modelled") if source.modelled else ""
    name = layer_name(source.layer, texts)
    encoding = f" · {source.encoding}" if source.encoding else ""
    yield from _wrapped(
        texts(
            "cli.check_layer", layer=name, file=source.file, crs=source.crs, encoding=encoding, modelled=modelled
        ),
        indent=2,
    )
    rows = {"rows": texts.whole(source.rows), "used": texts.whole(source.used)}
    yield f"  {texts('cli.check_rows', **rows)}"
    for aside in source.dropped:
        listed = ", ".join(aside.rows[:SHOWN_ROWS]) + (" …" if len(aside.rows) > SHOWN_ROWS else "")
        reason = aside.in_words(texts.language)
        sentence = texts("cli.check_aside", count=texts.whole(aside.count), reason=reason, rows=listed)
        yield from _wrapped(f"    {sentence}", indent=6)
    if source.columns:
        pairs = [
            f"{column.field} ← {column.column}" + (f" × {column.factor:g}" if column.factor != 1 else "")
            for column in source.columns
        ]
        yield from _wrapped(f"  {texts('cli.check_columns', columns='; '.join(pairs))}", indent=4)
    if source.unread:
        yield from _wrapped(f"  {texts('cli.check_unread', columns=list_columns(source.unread))}", indent=4)
    verdict = _verdict(source, prepared)
    scores = format_scores(verdict)
    if verdict.how != "no_places":
        by = texts(f"cli.datum_{verdict.how}")
        name = DATUM_NAMES.get(source.datum, source.datum)
        datum = texts("cli.check_datum", datum=name, by=by)
        # Of what is taken for the true datum, the scores are those of its own name.
        scores = scores.replace(NAMES["wgs84"], name) if verdict.datum == "wgs84" else scores
        yield from _wrapped(f"  {datum}{f' ({scores})' if scores else ''}", indent=4)


def _verdict(source: LayerSource, prepared: PreparedStudy) -> LayerDatum:
    """Return the datum detected for a layer; an empty verdict for rasters and tables without coordinates."""
    nothing = LayerDatum("wgs84", source.datum_by, {})
    return prepared.inputs.datums.layers.get(source.layer, nothing)


def _totals(prepared: PreparedStudy, texts: Texts) -> Iterator[str]:
    inputs, quality = prepared.inputs, prepared.network_quality
    joined = int((inputs.facilities["community"] != "").sum())
    yield texts(
        "cli.check_joined", joined=joined, count=len(inputs.facilities), left=len(inputs.facilities) - joined
    )
    yield from _wrapped(
        texts(
            "cli.check_people",
            people=texts.whole(inputs.demand["people"].sum()),
            points=texts.whole(len(inputs.demand)),
            communities=len(inputs.communities),
            method=texts(f"cli.method_{inputs.demand_method}"),
        ),
        indent=2,
    )
    yield from _balance(inputs.balance, texts)
    for kind in inputs.groups:
        yield texts(
            "cli.check_kind",
            kind=kind.settings.title,
            people=texts.whole(kind.points["people"].sum()),
            given=texts.whole(kind.given),
            points=texts.whole(len(kind.points)),
        )
    for service in inputs.services[1:]:
        yield texts(
            "cli.check_service",
            service=service.standard.title(texts.language),
            minutes=f"{service.standard.minutes:g}",
            count=texts.whole(service.counts.sum()),
            places=texts.whole(len(service.places)),
        )
    network = texts(
        "cli.check_network",
        km=texts.number(quality.length_m / 1000),
        outside=texts.percent(quality.outside_share),
        **{name: texts.whole(getattr(quality, name)) for name in COUNTED},
        unexplained=texts.whole(quality.unexplained_crossings),
    )
    yield from _wrapped(network, indent=2)
    yield from _wrapped(_far_from_streets(prepared, texts), indent=2)


def _also(held: UnusedOsmTable, texts: Texts) -> Iterator[str]:
    """Yield another table in a file of the study, and the settings that would use it."""
    count = texts.whole(held.count)
    if not held.lines:
        yield "  " + texts(f"cli.also_{held.table}", file=held.file, count=count)
        return
    yield "  " + texts("cli.also_held", file=held.file, count=count, table=texts(f"words.layer_{held.table}"))
    yield from (f"      {line}" for line in held.lines.splitlines())


def _unused(layer: UnusedLayer, texts: Texts) -> Iterator[str]:
    """Yield an unused layer, the tables that it may be for, and the settings that would use it."""
    count = "–" if layer.count is None else texts.whole(layer.count)
    key = "cli.unused_layer_instead" if layer.used else "cli.unused_layer"
    tables = tables_in_words(layer.tables)
    yield "  " + texts(key, file=layer.file, layer=layer.layer, count=count, tables=tables)
    yield from (f"      {line}" for line in layer.lines.splitlines())


def _far_from_streets(prepared: PreparedStudy, texts: Texts) -> str:
    people, far = prepared.inputs.demand["people"], ~prepared.demand_snaps.reaches_street
    return texts(
        "cli.check_access",
        access_m=f"{prepared.walk.access_m:g}",
        points=texts.whole(far.sum()),
        all=texts.whole(len(far)),
        points_share=texts.percent(far.mean()),
        people=texts.whole(people[far].sum()),
        people_share=texts.percent(people[far].sum() / people.sum()),
    )


def _balance(balance: pd.DataFrame, texts: Texts) -> list[str]:
    """Return the people of each community: given, found and placed; then those outside all communities."""
    lines = [
        texts(
            "cli.check_balance",
            name=row["name"],
            given="–" if pd.isna(row["given"]) else texts.whole(row["given"]),
            found=texts.whole(row["found"]),
            placed=texts.whole(row["placed"]),
            method=texts(f"report.placed_{row['method']}") if row["method"] else "–",
        )
        for row in balance[:-1].to_dict(orient="records")
    ]
    lost = float(balance["lost"].sum())
    return [texts("cli.check_balance_head"), *lines, texts("cli.check_balance_lost", people=texts.whole(lost))]


def _layer_as_json(source: LayerSource, prepared: PreparedStudy) -> dict[str, Any]:
    verdict = _verdict(source, prepared)
    return {
        "layer": source.layer,
        "file": source.file,
        "encoding": source.encoding,
        "crs": source.crs,
        "rows": source.rows,
        "used": source.used,
        "dropped": [
            {
                "key": one.key,
                "count": one.count,
                "rows": list(one.rows),
                **translate(one),
            }
            for one in source.dropped
        ],
        "columns": {column.field: {"column": column.column, "factor": column.factor} for column in source.columns},
        "unread": [{"column": one.column, "near": one.near} for one in source.unread],
        "datum": source.datum,
        "datum_by": verdict.how,
        "datum_scores": {
            datum: round(score, 3) for datum, score in verdict.scores.items() if math.isfinite(score)
        },
    }


def _weight(notice: Notice) -> tuple[int, float]:
    known = BY_WEIGHT.index(notice.key) if notice.key in BY_WEIGHT else len(BY_WEIGHT)
    return known, -notice.people


def _notice(notice: Notice, texts: Texts) -> str:
    rows = ", ".join(notice.rows[:SHOWN_ROWS]) + (" …" if len(notice.rows) > SHOWN_ROWS else "")
    reason = reason_of(notice, texts)
    return texts("cli.check_notice", reason=reason, rows=f"({rows})" if rows else "")


def _wrapped(line: str, *, indent: int) -> Sequence[str]:
    """Wrap a line at spaces or between Chinese characters, with a hanging indent."""
    lines, width, current = [], 0, ""
    for word in _words(line):
        if width + _columns(word) > WIDTH and current.strip():
            lines.append(current.rstrip())
            current, width = " " * indent, indent
        kept = word.lstrip() if lines and not current.strip() else word
        current, width = current + kept, width + _columns(kept)
    return [*lines, current.rstrip()]


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _words(line: str) -> Iterator[str]:
    """Yield the unbreakable parts of a line: words with the space before them, single Chinese characters."""
    word = ""
    for sign in line:
        wide = unicodedata.east_asian_width(sign) in "WF"
        if (sign == " " and word.strip()) or wide:
            if word:
                yield word
            word = ""
        word += sign
        if wide:
            yield word
            word = ""
    if word:
        yield word
