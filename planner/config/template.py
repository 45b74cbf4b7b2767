"""The commented study file that `planner new` writes, generated from the settings themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from planner.config.sections.base import Settings
from planner.config.sections.layers import Layer, Raster
from planner.config.study import Study, is_list_of_tables, nested_settings, setting_meaning
from planner.messages.catalogue import DEFAULT_LANGUAGE, SOURCE_LANGUAGE
from planner.messages.errors import Issue, OutputError, StudyError

PLACEHOLDERS: dict[str, object] = {
    "Study.name": "My district",
    "GroupSettings.id": "workers",
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
    "ProjectSettings.kind": "access",
    "ProjectSettings.cost": 2.0,
}
LAYER_PATHS = {
    "communities": "communities.gpkg",
    "facilities": "centres.gpkg",
    "streets": "streets.gpkg",
    "demand": "people.gpkg",
    "people_table": "people.xlsx",
    "buildings": "buildings.gpkg",
    "population": "population.tif",
    "places": "places.gpkg",
    "layer": "visitors.gpkg",
    "water": "water.gpkg",
    "barriers": "barriers.gpkg",
    "gates": "gates.csv",
    "parcels": "parcels.xlsx",
    "elevation": "elevation.tif",
}
NO_LAYERS: Mapping[str, Mapping[str, str]] = MappingProxyType({})
HEADER = (
    "# A study of the service-coverage planner. Paths are relative to this file.",
    "# 服务覆盖规划研究文件。路径相对于本文件。",
    "# A line that begins with #name = … shows a default; take the # away to change it.",
    "# 以 #名称 = … 开头的行是默认值；去掉 # 即可修改。",
)


def study_template(name: str | None = None, layers: Mapping[str, Mapping[str, str]] = NO_LAYERS) -> str:
    """Return the commented default study as TOML.

    Every setting stands in it with its meaning in English and Chinese; those that must be given carry an example,
    the others are commented out at their default.

    Parameters
    ----------
    name
        The study's name, where it is known.
    layers
        What is known of input layers already: settings of `Layer` by the layer's name.

    Examples
    --------
    >>> print(study_template().splitlines()[7])
    name = "My district"
    """
    lines = [*HEADER, *_table(Study, path=(), layers=layers)]
    example = f"name = {_toml(PLACEHOLDERS['Study.name'])}"
    return "\n".join(f"name = {_toml(name)}" if name and line == example else line for line in lines) + "\n"


def write_template(folder: Path) -> Path:
    """Write the default study into a new or empty folder and return its path.

    Raises
    ------
    StudyError
        The folder holds something already.
    OutputError
        It cannot be written.
    """
    file = folder / "study.toml"
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StudyError(str(folder), [Issue("folder_not_empty", {"path": folder})])
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(study_template(), "utf-8", newline="\n")
    except OSError as error:
        raise OutputError(str(folder), [Issue("not_writable", {"reason": error.strerror or error})]) from error
    return file


def _table(model: type[Settings], path: tuple[str, ...], layers: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
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
        yield from _comments(f"{model.__name__}.{name}")
        yield _setting(model, name, field)
    for name, inner in lists:
        yield ""
        yield from _comments(f"{model.__name__}.{name}")
        yield from _example(inner, (*path, name))
    for name, field, inner in tables:
        yield ""
        yield from _comments(f"{model.__name__}.{name}")
        if inner in (Layer, Raster):
            yield from _layer((*path, name), layers.get(name, {}), required=field.is_required())
        else:
            yield f"[{'.'.join((*path, name))}]" if _has_values(inner) else f"# {'.'.join((*path, name))}"
            yield from _table(inner, (*path, name), layers)


def _example(model: type[Settings], path: tuple[str, ...]) -> Iterator[str]:
    """Write one table of a list, as an example that stays a comment: a list has no default tables."""
    yield f"# [[{'.'.join(path)}]]"
    for name, field in model.model_fields.items():
        yield from _comments(f"{model.__name__}.{name}")
        if nested_settings(field.annotation) is Layer:
            yield f"# {name} = {{ path = {json.dumps(LAYER_PATHS[name])} }}"
        else:
            yield f"# {_setting(model, name, field).removeprefix('#')}"


def _layer(path: tuple[str, ...], known: Mapping[str, str], *, required: bool) -> Iterator[str]:
    """Write one layer: its path, and, for the first layer only, what else can be said of one."""
    mark = "" if required or known else "#"
    yield f"{mark}[{'.'.join(path)}]"
    for name, value in {"path": LAYER_PATHS[path[-1]], **known}.items():
        yield f"{mark}{name} = {_toml(value)}"
    if path[-1] == "communities":
        for name, field in Layer.model_fields.items():
            if name != "path":
                yield from _comments(f"Layer.{name}")
                yield _setting(Layer, name, field)


def _has_values(model: type[Settings]) -> bool:
    return any(nested_settings(field.annotation) is None for field in model.model_fields.values())


def _comments(setting: str) -> Iterator[str]:
    for language in (SOURCE_LANGUAGE, DEFAULT_LANGUAGE):
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
