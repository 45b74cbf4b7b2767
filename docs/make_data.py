"""Write docs/data.md and docs/plan.schema.json: from schemas, settings, and the records of results.

    python docs/make_data.py

Each says itself what it means; docs/data_template holds the text around.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from planner.config.sections.base import Settings
from planner.config.sections.layers import InputSettings, Raster
from planner.config.sections.layers import Layer as LayerSettings
from planner.config.study import Study, is_list_of_tables, nested_settings, setting_meaning
from planner.io.formats import FORMATS
from planner.reporting.document.records.layers import LAYERS, Layer
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.tables.geopackage import result_columns
from planner.schemas.records import document_entries, json_schema
from planner.schemas.table_schema import Column, TableSchema
from planner.schemas.tables import SCHEMAS

DOCS = Path(__file__).parent
DATA, SCHEMA, TEMPLATE = DOCS / "data.md", DOCS / "plan.schema.json", DOCS / "data_template"
GEOMETRY_WORDS = {
    "": "A table",
    "Point": "Points",
    "LineString": "Lines",
    "Polygon": "Polygons",
    "Unknown": "Points or lines",
}

LAYER_SETTINGS = (LayerSettings, Raster)
"""Documented once, as `<layer>`; a raster has those of them that it needs: path, crs, source, modelled."""


def make() -> str:
    """Return docs/data.md."""
    parts = {
        "formats": _formats(),
        "inputs": "".join(map(_schema, SCHEMAS)),
        "settings": "".join(_settings(Study, ())),
        "layers": "".join(_layer(name, layer) for name, layer in LAYERS.items()),
        "entries": _table(("entry", "type", "unit", "meaning"), list(_entries())),
    }
    text = TEMPLATE.read_text("utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!-- {name} -->\n", part)
    return text


def make_schema() -> str:
    """Return docs/plan.schema.json."""
    schema = json_schema(PlanDocument, title="plan.json of the service-coverage planner")
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def _formats() -> str:
    """Return the table of input formats, from their registry."""
    endings: dict[str, list[str]] = {}
    for each in FORMATS:
        packed = [f"{ending}.gz" for ending in each.endings if each.may_be_gzipped]
        endings.setdefault(each.name, []).extend([*each.endings, *packed])
    rows = [(name, ", ".join(f"`{ending}`" for ending in of_format)) for name, of_format in endings.items()]
    return _table(("format", "endings"), rows)


def _entries() -> Iterator[tuple[str, str, str, str]]:
    """Yield every entry of plan.json; the settings say theirs."""
    for path, entry in document_entries(PlanDocument):
        yield f"`{path}`", entry.type_text, entry.unit, entry.meaning
        if path == "study":
            for setting, meaning in _setting_entries(Study, ()):
                yield f"`study.{setting}`", "", "", meaning


def _setting_entries(model: type[Settings], path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        inner = nested_settings(field.annotation)
        yield ".".join((*path, name)), setting_meaning(f"{model.__name__}.{name}", "en")
        if inner is not None and inner not in LAYER_SETTINGS:
            yield from _setting_entries(
                inner, (*path, f"{name}[]" if is_list_of_tables(field.annotation) else name)
            )
    if model is InputSettings:
        for name in LayerSettings.model_fields:
            yield ".".join((*path, "<layer>", name)), setting_meaning(f"Layer.{name}", "en")


def _schema(schema: TableSchema[Any]) -> str:
    rows = [(f"`{c.name}`", c.kind, "yes" if c.required else "no", _values(c), c.meaning) for c in schema.columns]
    return (
        f"\n### {schema.name}\n\nGeometry: {', '.join(schema.geometry_types) or 'none needed'}.\n\n"
        + _table(("column", "kind", "required", "values", "meaning"), rows)
    )  # fmt: skip


def _values(column: Column) -> str:
    default = ""
    if not column.required and column.kind == "text" and column.default:
        default = f"; `{column.default}` where the column is missing"
    return ", ".join(f"`{choice}`" for choice in column.choices) + default


def _settings(model: type[Settings], path: tuple[str, ...]) -> Iterator[str]:
    dotted = ".".join(path)
    title = f"`[[{dotted[:-2]}]]`" if dotted.endswith("[]") else f"`[{dotted}]`" if path else "Top of the file"
    schema = model.model_json_schema()["properties"]
    rows, nested = [], []
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        said = [setting_meaning(f"{model.__name__}.{name}", language) for language in ("en", "zh")]
        inner = nested_settings(field.annotation)
        if inner is not None and inner not in LAYER_SETTINGS:
            nested.append(((*path, f"{name}[]" if is_list_of_tables(field.annotation) else name), inner))
            continue
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = "must be given" if default is PydanticUndefined else _default(default)
        rows.append((f"`{name}`", _kind(schema[name], is_layer=inner in LAYER_SETTINGS), shown, *said))
    if rows:
        yield f"\n### {title}\n\n" + _table(("setting", "kind", "default", "meaning", "含义"), rows)
    for inner_path, inner in nested:
        yield from _settings(inner, inner_path)
    if model is InputSettings:
        yield from _settings(LayerSettings, (*path, "<layer>"))


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


def _layer(name: str, layer: Layer) -> str:
    rows = [
        (f"`{one.name}`", one.type_text.removesuffix(" or null"), one.unit, one.meaning)
        for one in result_columns(name).values()
    ]
    head = f"\n### {name}\n\n{GEOMETRY_WORDS[layer.geometry]}, {layer.meaning}\n\n"
    return head + _table(("column", "type", "unit", "meaning"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return (
        "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"
    )


if __name__ == "__main__":
    DATA.write_text(make(), "utf-8", newline="\n")
    SCHEMA.write_text(make_schema(), "utf-8", newline="\n")
