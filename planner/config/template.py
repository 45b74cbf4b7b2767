"""The reference of all settings (`planner settings`), generated from the settings themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from planner.config.sections.base import Settings
from planner.config.sections.layers import Layer, Raster
from planner.config.study import Study, is_list_of_tables, nested_settings, setting_meaning
from planner.messages.catalogue import DEFAULT_LANGUAGE, SOURCE_LANGUAGE, Language

PLACEHOLDERS: dict[str, object] = {
    "Study.name": "My district",
    "GroupSettings.id": "workers",
    "ServiceSettings.id": "canteen",
    "TierSettings.tier": "station",
    "TierSettings.sites": 3,
    "TierSettings.minutes": 5.0,
    "PopulationVariantSettings.name": "growth",
    "PopulationVariantSettings.people": {},
    "FundSettings.id": "district",
    "FundSettings.amounts": (300.0, 300.0),
    "PrecedenceSettings.first": "upgrade:C07",
    "PrecedenceSettings.then": "K3F9Q2M",
    "ProjectSettings.id": "gate_east",
    "BeltSettings.id": "main_street",
    "BeltSettings.streets": ("Main Street",),
    "ProjectSettings.kind": "access",
    "ProjectSettings.cost": 2.0,
}
LAYER_PATHS = {
    "communities": "communities.gpkg",
    "facilities": "centres.gpkg",
    "streets": "streets.gpkg",
    "demand": "people.gpkg",
    "people_table": "people.xlsx",
    "population": "population.tif",
    "layer": "visitors.gpkg",
    "gates": "gates.csv",
    "parcels": "parcels.xlsx",
    "elevation": "elevation.tif",
}
"""Files of the example; of a layer not listed, a GeoPackage of its name."""

LANGUAGES_OF_COMMENTS = (SOURCE_LANGUAGE, DEFAULT_LANGUAGE)


def study_template(languages: tuple[Language, ...] = LANGUAGES_OF_COMMENTS) -> str:
    """Return every setting of a study file as TOML, with its meaning and default.

    Those that must be given carry an example, the others are commented out at their default.

    Examples
    --------
    >>> print(study_template().splitlines()[2])
    name = "My district"
    """
    return "\n".join(_table(Study, (), languages)).lstrip("\n") + "\n"


def settings_reference(name: str, language: Language) -> str:
    """Return the settings whose dotted path holds a name, with their meaning and default; "" if there is none.

    Examples
    --------
    >>> print(settings_reference("walking.access_m", "en"))
    [walking]
    # How far people walk straight between door and street, metres. Who lives farther off is listed.
    #access_m = 50.0
    """
    pattern = name.lower().strip().strip("[]")
    results: list[str] = []
    block: list[str] = []
    table = heading = ""
    for line in study_template((language,)).splitlines():
        if line.lstrip("# ").startswith("["):
            table, heading = line.strip("#[] "), line
            section = pattern in {table, table.partition(".")[0]}
            results += ["", *block, line] if section else []
            block = []
        elif line.startswith("# ") and " = " not in line:
            block.append(line)
        elif " =" in line:
            path = f"{table}.{line.lstrip('# ').partition(' =')[0]}".lstrip(".")
            section = pattern in {table, table.partition(".")[0]}
            if section or pattern in path:
                results += [] if heading in results or not heading or section else ["", heading]
                results += [*block, line]
            block = []
        else:
            block = []
    return "\n".join(results).strip("\n")


def _table(model: type[Settings], path: tuple[str, ...], languages: tuple[Language, ...]) -> Iterator[str]:
    tables, lists = [], []
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        inner = nested_settings(field.annotation)
        if inner is not None and is_list_of_tables(field.annotation):
            lists.append((name, inner))
            continue
        if inner is not None:
            tables.append((name, field, inner))
            continue
        yield ""
        yield from _comments(f"{model.__name__}.{name}", languages)
        yield _setting(model, name, field)
    for name, inner in lists:
        yield ""
        yield from _comments(f"{model.__name__}.{name}", languages)
        yield from _example(inner, (*path, name), languages)
    for name, field, inner in tables:
        yield ""
        yield from _comments(f"{model.__name__}.{name}", languages)
        if inner in (Layer, Raster):
            yield from _layer((*path, name), languages, required=field.is_required())
        else:
            heading = f"[{'.'.join((*path, name))}]" if _has_values(inner) else f"# {'.'.join((*path, name))}"
            lines = (heading, *_table(inner, (*path, name), languages))
            # A part that a study lacks by default stays an example: its heading alone would ask for it.
            is_absent = field.default is None and not field.is_required()
            yield from map(_as_example, lines) if is_absent else lines


def _example(model: type[Settings], path: tuple[str, ...], languages: tuple[Language, ...]) -> Iterator[str]:
    """Write one table of a list, as an example that stays a comment: a list has no default tables."""
    yield f"# [[{'.'.join(path)}]]"
    for name, field in model.model_fields.items():
        yield from _comments(f"{model.__name__}.{name}", languages)
        if nested_settings(field.annotation) is Layer:
            yield f"# {name} = {{ path = {json.dumps(_layer_path(name))} }}"
        else:
            yield f"# {_setting(model, name, field).removeprefix('#')}"


def _as_example(line: str) -> str:
    return line if not line or line.startswith("# ") else f"# {line.removeprefix('#')}"


def _layer_path(name: str) -> str:
    return LAYER_PATHS.get(name, f"{name}.gpkg")


def _layer(path: tuple[str, ...], languages: tuple[Language, ...], *, required: bool) -> Iterator[str]:
    """Write one layer: its path, and, for the first layer only, what else can be said of one."""
    mark = "" if required else "#"
    yield f"{mark}[{'.'.join(path)}]"
    yield f"{mark}path = {_toml(_layer_path(path[-1]))}"
    if path[-1] == "communities":
        for name, field in Layer.model_fields.items():
            if name != "path":
                yield from _comments(f"Layer.{name}", languages)
                yield _setting(Layer, name, field)


def _has_values(model: type[Settings]) -> bool:
    return any(nested_settings(field.annotation) is None for field in model.model_fields.values())


def _comments(setting: str, languages: tuple[Language, ...]) -> Iterator[str]:
    for language in languages:
        yield f"# {setting_meaning(setting, language)}"


def _setting(model: type[Settings], name: str, field: FieldInfo) -> str:
    if field.is_required():
        return f"{name} = {_toml(PLACEHOLDERS[f'{model.__name__}.{name}'])}"
    default = field.get_default(call_default_factory=True, validated_data={})
    assert default is not PydanticUndefined  # noqa: S101 - tells mypy what is_required() tells us
    if default is None:
        return f"#{name} ="
    return f"#{name} = {_toml(default)}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(part) for part in value)}]"
    return json.dumps(value, ensure_ascii=False)
