"""Records of results: typed dictionaries whose fields carry their meaning and their unit.

plan.json, its JSON Schema, docs/data.md and the layers of results.gpkg follow from them. A field is written
``Annotated[float, "meaning"]``, with the unit behind the meaning where the name does not end in it, and a `Spread`
where it stands for several fields by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

Kind = Literal["text", "number", "whole", "yes_no"]
KINDS: Mapping[object, Kind] = {str: "text", float: "number", int: "whole", bool: "yes_no"}
JSON_TYPES: Mapping[object, str] = {str: "string", float: "number", int: "integer", bool: "boolean"}
UNIT_OF_ENDING = {"_m2": "m²", "_min": "min", "_share": "0–1", "_kmh": "km/h", "_m": "m"}
"""Unit of a number by the end of its name."""


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of a record."""

    name: str
    """Its key, and the name of its column; ``<…>`` stands for a name or a number."""
    type: Any
    """Type of a value, of an item where it is a list, of an entry where it is a table by name: a Python type or a
    record."""
    meaning: str
    """What it holds."""
    unit: str = ""
    """Unit of a number; "" for counts, plain numbers and everything else."""
    container: Literal["one", "list", "by_name"] = "one"
    """Whether it holds one value, a list, or values by name."""
    nullable: bool = False
    inner_nullable: bool = False
    """`nullable`, `inner_nullable`: Whether it, or an item of it, may be unknown: null in plan.json."""
    spread: tuple[RecordField, ...] = ()
    """The fields that it stands for, in an object of its own in plan.json and as columns of their own in
    layers."""

    @property
    def kind(self) -> Kind:
        """Kind of its column in a layer."""
        return KINDS[self.type]

    @property
    def type_text(self) -> str:
        """Type in words, for documentation."""
        words = {"text": "text", "number": "number", "whole": "whole number", "yes_no": "true or false"}
        item = words[KINDS[self.type]] if self.type in KINDS else "object"
        text = f"list of {item}" if self.container == "list" else "object" if self.container != "one" else item
        return f"{text} or null" if self.nullable else text


@dataclass(frozen=True, slots=True)
class Spread:
    """Fields that one field of a record stands for."""

    fields: tuple[RecordField, ...] = field(default=())


def record_fields(record: type) -> dict[str, RecordField]:
    """Return the fields of a record by name, those of its bases first.

    Examples
    --------
    >>> from planner.reporting.document.records.coverage import GroupEquity
    >>> field = record_fields(GroupEquity)["median_min"]
    >>> field.kind, field.unit, field.type_text
    ('number', 'min', 'number or null')
    """
    hints = get_type_hints(record, include_extras=True)
    return {
        name: _field(name, get_args(hint)[0] if get_origin(hint) is NotRequired else hint)
        for name, hint in hints.items()
    }


def _field(name: str, hint: Any) -> RecordField:  # noqa: ANN401 - a hint is no type
    meaning, *rest = hint.__metadata__
    annotation, nullable = _without_none(hint.__origin__)
    container: Literal["one", "list", "by_name"] = "one"
    inner_nullable = False
    if get_origin(annotation) in (list, dict):
        container = "list" if get_origin(annotation) is list else "by_name"
        annotation, inner_nullable = _without_none(get_args(annotation)[-1])
    unit = next((one for one in rest if isinstance(one, str)), "")
    spread = next((one.fields for one in rest if isinstance(one, Spread)), ())
    if annotation in (int, float):
        unit = unit or _unit_of(name)
    return RecordField(name, annotation, meaning, unit, container, nullable, inner_nullable, spread)


def _unit_of(name: str) -> str:
    by_ending = (unit for ending, unit in UNIT_OF_ENDING.items() if name.endswith(ending))
    return next(by_ending, "people" if name.startswith("people") else "")


def _without_none(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401 - a hint is no type
    kinds = [arg for arg in get_args(annotation) if arg is not NoneType]
    if get_origin(annotation) in (list, dict) or len(kinds) == len(get_args(annotation)):
        return annotation, False
    return kinds[0], True


def layer_fields(record: type) -> dict[str, RecordField]:
    """Return the columns of a layer by name, those that one field stands for each on its own."""
    return {column.name: column for one in record_fields(record).values() for column in (one.spread or (one,))}


def document_entries(record: type, path: str = "") -> Iterator[tuple[str, RecordField]]:
    """Yield every entry of a document with its path: ``[]`` marks the items of a list."""
    for name, entry in record_fields(record).items():
        here = f"{path}{name}"
        yield here, entry
        below = here + ("[]." if entry.container == "list" else ".")
        if is_typeddict(entry.type):
            yield from document_entries(entry.type, below)
        named = entry.spread
        if entry.container == "by_name" and not named and entry.type in KINDS:
            named = (replace(entry, name="<name>", container="one", nullable=entry.inner_nullable),)
        for one in named:
            yield f"{below}{one.name}", one


def json_schema(record: type, *, title: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a document."""
    definitions: dict[str, Any] = {}
    root = _object_schema(record, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _object_schema(record: type, definitions: dict[str, Any]) -> dict[str, Any]:
    entries, hints = record_fields(record), get_type_hints(record, include_extras=True)
    return {
        "description": (record.__doc__ or "").strip(),
        "type": "object",
        "properties": {name: _entry_schema(entry, definitions) for name, entry in entries.items()},
        "required": [name for name in entries if get_origin(hints[name]) is not NotRequired],
    }


def _entry_schema(entry: RecordField, definitions: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any]
    if is_typeddict(entry.type):
        name = entry.type.__name__
        if name not in definitions:
            # Placed before it is filled in, so that a record that holds itself would end.
            definitions[name] = {}
            definitions[name] = _object_schema(entry.type, definitions)
        schema = {"$ref": f"#/$defs/{name}"}
    else:
        schema = {"type": JSON_TYPES[entry.type]} if entry.type in JSON_TYPES else {}
    schema = _or_null(schema, nullable=entry.inner_nullable)
    if entry.container == "list":
        schema = {"type": "array", "items": schema}
    elif entry.container == "by_name":
        schema = {"type": "object", "additionalProperties": schema}
    unit = {"x-unit": entry.unit} if entry.unit else {}
    return {"description": entry.meaning, **unit, **_or_null(schema, nullable=entry.nullable)}


def _or_null(schema: dict[str, Any], *, nullable: bool) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]} if nullable else schema
