"""The study file: TOML → frozen, typo-proof settings.

Each setting is documented where it is declared; its Chinese text stands in ``texts/study.toml`` under the same
dotted path. The commented default that ``planner new`` writes is made from both (`study_template`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Self, get_args, get_origin

from pydantic import (
    Field,
    PrivateAttr,
    StrictBool,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from planner.config.sections.base import Settings
from planner.config.sections.demand import AssignmentSettings, BeltSettings, BusinessAreaSettings, DemandSettings
from planner.config.sections.layers import ARGUMENTS, DistrictSettings, InputSettings, split_layers
from planner.config.sections.map import MapSettings, ReportSettings
from planner.config.sections.programme import ProgrammeSettings
from planner.config.sections.rules import CostSettings, RemedySettings, RuleSettings
from planner.config.sections.services import BundleSettings, ServiceSettings, check_services
from planner.config.sections.siting import SitingSettings
from planner.config.sections.walking import LimitSettings, WalkingSettings
from planner.config.service_times import ServiceTime, parse_service_time
from planner.config.toml_files import (
    NotReadError,
    NotTomlError,
    former_names,
    parse_toml,
    study_path,
    toml_text,
    with_new_names,
)
from planner.messages.catalogue import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    SOURCE_LANGUAGE,
    Language,
    Phrase,
    Texts,
    catalogue,
    user_language,
)
from planner.messages.errors import Issue, StudyError, suggest_name
from planner.messages.printable import illegible_in

MOST_ISSUES = 50
"""Wrong settings that are listed one by one, with the nearest known name looked for; the others are counted."""

PATHS = ("path", "building_kinds", "place_kinds", "profile", "scenes")
"""Settings that name files."""


class Study(Settings):
    """Settings of a study: layers, walking, limits, rules, siting, programme.

    A study is read from a file (`read_study`), or made of layers in memory: GeoDataFrames in any CRS, a graph of
    OSMnx or networkx as `streets`, paths of files, or a table of settings with `frame` or `path`. The tables are
    those of docs/data.md; without a column `id` the index names the rows. All further arguments are the tables of
    the study file. Without `language` it is that of the user's locale, else English. In China a CRS is often
    stated for shifted coordinates, a layer can name its datum: ``{"frame": centres, "datum": "gcj02"}``.

    Examples
    --------
    ``Study(name="District", language="en", communities=areas, facilities=centres, streets=graph, people=homes,
    limits={"minutes": [5, 10]}, siting={"sites": 3})``
    """

    name: str
    """The study's name, as it stands on map and report."""

    language: Language = DEFAULT_LANGUAGE
    """The language of map, report and messages: "zh" or "en"."""

    date: str = ""
    """The date of the data or of the study, as it is to stand on map and report."""

    crs: str | None = None
    """The projected system to measure in. Left out: the communities' own if metric, else their UTM zone."""

    inputs: InputSettings
    district: DistrictSettings = DistrictSettings()

    demand: DemandSettings = DemandSettings()

    services: tuple[ServiceSettings, ...] = ()
    """What people are to have within a walk, one table [[services]] each; the study's own centres come first."""

    bundles: BundleSettings | None = None

    step_free: StrictBool = False
    """True: services are measured without steps too, as for wheelchairs and prams; who loses what is listed."""

    step_free_incline: Annotated[float, Field(strict=True, gt=0, le=100)] = 8.3
    """Streets tagged as steeper than this, percent, are closed with `step_free`; 8.3 is a ramp of 1:12."""

    service_times: tuple[str, ...] = ()
    """Times at which services are measured too, by their opening hours, as ["weekday 19:00", "Sunday 10:00"]."""

    walking: WalkingSettings = WalkingSettings()
    limits: LimitSettings = LimitSettings()
    rules: RuleSettings = RuleSettings()
    costs: CostSettings = CostSettings()
    remedies: RemedySettings = RemedySettings()
    siting: SitingSettings = SitingSettings()
    business_areas: BusinessAreaSettings = BusinessAreaSettings()
    belts: tuple[BeltSettings, ...] = ()
    """Belts along streets (沿街商业带), one table [[belts]] each: what stands within a walk of a named street."""

    assignment: AssignmentSettings = AssignmentSettings()
    programme: ProgrammeSettings = ProgrammeSettings()
    map: MapSettings = MapSettings()
    report: ReportSettings = ReportSettings()

    file: Annotated[Path, Field(exclude=True)] = Path("study.toml")
    """The file that the study was read from; every path in it is relative to its folder."""

    @field_validator("language")
    @classmethod
    def _has_texts(cls, language: Language) -> Language:
        if language not in LANGUAGES:
            expected = " or ".join(f"'{name}'" for name in LANGUAGES)
            raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})
        return language

    _former_names: tuple[tuple[str, str], ...] = PrivateAttr(default=())
    _frames: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    def __init__(self, *, name: str | None = None, **content: Any) -> None:  # noqa: ANN401 - settings and layers
        """Make a study from layers in memory and settings; see the class.

        Raises
        ------
        StudyError
            Layers are given, and they or settings are not valid: every reason at once.
        """
        layers = {key: content.pop(key) for key in ARGUMENTS if key in content}
        layers = {key: value for key, value in layers.items() if value is not None}
        # Settings that `make_study` has looked through name their file.
        if not layers and "file" in content:
            super().__init__(**content if name is None else {"name": name, **content})
            return
        inputs, frames, issues = split_layers(layers)
        if issues:
            raise StudyError("Study", issues)
        file = content.pop("file", "study.toml")
        own = {"language": user_language() or SOURCE_LANGUAGE}
        settings = {**own, **content, "name": name or "Study", "inputs": {**content.get("inputs", {}), **inputs}}
        checked = make_study(settings, file=file)
        super().__init__(**{key: getattr(checked, key) for key in Study.model_fields})
        self._former_names, self._frames = checked.former_names, frames

    @property
    def frames(self) -> Mapping[str, Any]:
        """Layers given in memory, by their name in `inputs`: GeoDataFrames, or a graph of streets."""
        return self._frames

    @property
    def former_names(self) -> tuple[tuple[str, str], ...]:
        """Dotted paths of settings given by a former name, each with its new name."""
        return self._former_names

    @model_validator(mode="after")
    def _groups_have_limits(self) -> Self:
        for number, group in enumerate(self.demand.groups):
            minutes = group.minutes or self.limits.minutes
            standard = group.standard_min or self.limits.standard_min
            where = f"demand.groups.{number}"
            if list(minutes) != sorted(set(minutes)) or len({f"{minute:g}" for minute in minutes}) < len(minutes):
                raise PydanticCustomError(
                    "kind_not_rising", "`{where}.minutes` must rise and not repeat", {"where": where}
                )
            if standard not in minutes:
                raise PydanticCustomError(
                    "kind_not_measured", "`{where}.standard_min` must be one of its minutes", {"where": where}
                )
            if group.places and self.inputs.places is None:
                raise PydanticCustomError(
                    "kind_without_places", "`{where}.places` needs the layer `inputs.places`", {"where": where}
                )
        return self

    @model_validator(mode="after")
    def _services_are_sound(self) -> Self:
        check_services(self.services, tuple(group.id for group in self.demand.groups))
        if not self.services and (self.bundles is not None or self.step_free or self.service_times):
            raise PydanticCustomError(
                "services_needed", "`bundles`, `step_free` and `service_times` need [[services]]"
            )
        return self

    @field_validator("service_times")
    @classmethod
    def _are_times(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            if parse_service_time(text) is None:
                raise PydanticCustomError("service_time_unread", "“{text}” is no time of the week", {"text": text})
        return texts

    @property
    def new_centre_cost(self) -> float | None:
        """What a new facility of the study's own costs, in `costs.unit`; None where none says."""
        return self.siting.new_cost if self.programme.new_cost is None else self.programme.new_cost

    @property
    def times_of_services(self) -> tuple[ServiceTime, ...]:
        """Return the times of `service_times`, each once."""
        return tuple(dict.fromkeys(time for text in self.service_times if (time := parse_service_time(text))))

    @field_validator("belts")
    @classmethod
    def _belts_differ(cls, belts: tuple[BeltSettings, ...]) -> tuple[BeltSettings, ...]:
        if len({belt.id for belt in belts}) < len(belts):
            raise PydanticCustomError("ids_repeat", "each needs an id of its own")
        return belts

    def resolve(self, path: Path) -> Path:
        """Return `path` as the study means it: relative to the study file."""
        return path if path.is_absolute() else self.file.parent / path


def read_study(path: str | Path) -> Study:
    """Read a study file.

    Parameters
    ----------
    path
        The TOML file, or the folder with its `study.toml`.

    Returns
    -------
    study
        The settings, with paths relative to the file.

    Raises
    ------
    StudyError
        The file is missing, is not TOML, or holds unknown, missing or wrong settings: all at once, each with
        its dotted path.
    """
    path = study_path(Path(path))
    try:
        content = parse_toml(toml_text(path))
    except NotTomlError as error:
        raise StudyError(str(path), [Issue("not_toml", {"reason": error.reason})]) from error
    except NotReadError as error:
        raise StudyError(str(path), [Issue("unreadable_study", {"reason": error.reason})]) from error
    return make_study(content, file=path)


def make_study(content: Mapping[str, Any], *, file: str | Path = "study.toml") -> Study:
    """Make a study from a mapping, as `read_study` does from a file.

    Raises
    ------
    StudyError
        As `read_study`.

    Examples
    --------
    >>> make_study({"name": "Toy", "walking": {"acces_m": 5}})
    Traceback (most recent call last):
    planner.messages.errors.StudyError: study.toml is not a valid study:
      - `inputs` is missing. The layers.
      - `walking.acces_m` is not a setting. Did you mean `access_m`?
    """
    no_settings = {"file", *ARGUMENTS} - set(Study.model_fields) | {"file"}
    settings = {key: value for key, value in content.items() if key not in no_settings}
    hint = Phrase("errors.known_settings", {"names": ", ".join(_names(Study))})
    unknown = [Issue("unknown_setting", {"path": key, "hint": hint}) for key in content if key in no_settings]
    unknown += _illegible(content)
    try:
        study = Study.model_validate({**with_new_names(settings), "file": Path(file)})
        study._former_names = tuple(dict.fromkeys(former_names(settings)))  # noqa: SLF001 -- set once, where the study is made
    except ValidationError as error:
        details = error.errors()
        unknown += [_issue(detail) for detail in details[:MOST_ISSUES]]
        if len(details) > MOST_ISSUES:
            unknown.append(Issue("more_issues", {"count": f"{len(details) - MOST_ISSUES:,}"}))
    if unknown:
        raise StudyError(str(file), unknown)
    return study


def _illegible(content: Mapping[str, Any]) -> Iterator[Issue]:
    """Yield the texts that hold control characters: in a path they come of a backslash."""
    paths = (list(path) for path in islice(_paths_with_breaks(content), MOST_ISSUES))
    broken = {".".join(map(str, path)) for path in paths}
    yield from (Issue("backslash_path", {"path": path}) for path in sorted(broken))
    for place in islice(illegible_in(content), MOST_ISSUES):
        path = ".".join(map(str, place))
        if path not in broken:
            yield Issue("illegible_setting", {"path": path})


def _paths_with_breaks(content: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where a path holds a tab, a line break or the like: what a backslash before a letter makes."""
    if isinstance(content, Mapping):
        for name, value in content.items():
            if name in PATHS and isinstance(value, str) and any(sign < " " for sign in value):
                yield (*path, name)
            yield from _paths_with_breaks(value, (*path, str(name)))
    elif isinstance(content, list | tuple):
        for number, value in enumerate(content):
            yield from _paths_with_breaks(value, (*path, number))


def settings_at(path: tuple[str | int, ...]) -> type[Settings] | None:
    """Return the settings class whose table stands at a dotted path, or None."""
    model: type[Settings] = Study
    for name in path:
        if isinstance(name, int):  # a table of a list of tables
            continue
        info = model.model_fields.get(str(name))
        inner = nested_settings(info.annotation) if info else None
        if inner is None:
            return None
        model = inner
    return model


def nested_settings(annotation: object) -> type[Settings] | None:
    """Return the settings class inside an annotation such as ``Layer | None``, or None."""
    for option in (annotation, *get_args(annotation)):
        if isinstance(option, type) and issubclass(option, Settings):
            return option
    return None


def is_list_of_tables(annotation: object) -> bool:
    """Return True if a setting is a list of tables, such as ``tuple[DemandKind, ...]``."""
    return get_origin(annotation) is tuple and nested_settings(annotation) is not None


def wrong_because(detail: ErrorDetails) -> Phrase | str:
    """Return why pydantic refuses a value: in the user's language where the catalogue has the reason."""
    key = f"errors.reason_{detail['type']}"
    if key not in catalogue():
        return detail["msg"]
    values = dict(detail.get("ctx", {}))
    *others, last = re.split(", | or ", str(values.get("expected", "")))
    if others:
        values["expected"] = Phrase("errors.one_of", {"others": ", ".join(others), "last": last})
    return Phrase(key, values)


def _issue(detail: ErrorDetails) -> Issue:
    path = ".".join(str(part) for part in detail["loc"]) or str(detail.get("ctx", {}).get("where", ""))
    if detail["type"] == "extra_forbidden":
        model = settings_at(detail["loc"][:-1])
        return Issue(
            "unknown_setting", {"path": path, "hint": suggest_name(str(detail["loc"][-1]), _names(model))}
        )
    meaning = _meaning(detail["loc"])
    if detail["type"] == "missing":
        return Issue("missing_setting", {"path": path, "meaning": meaning})
    value = "…" if isinstance(detail["input"], Mapping) else repr(detail["input"])
    reason = wrong_because(detail)
    return Issue("wrong_setting", {"path": path, "value": value, "reason": reason, "meaning": meaning})


def _names(model: type[Settings] | None) -> list[str]:
    return [name for name in (model.model_fields if model else {}) if name != "file"]


@dataclass(frozen=True, slots=True)
class Meaning(Phrase):
    """What a setting means: its docstring in English, the catalogue in Chinese."""

    def in_words(self, language: Language) -> str:
        """Return it in `language`."""
        return setting_meaning(self.key, language)


def setting_meaning(setting: str, language: Language) -> str:
    """Return what a setting, named as ``WalkingSettings.access_m``, means.

    Examples
    --------
    >>> setting_meaning("SitingSettings.sites", "en")
    'How many new stations to place.'
    """
    if language != SOURCE_LANGUAGE:
        return Texts(language)(f"study.{setting}")
    classes = {model.__name__: model for model in settings_classes()}
    model, _, name = setting.partition(".")
    field = classes[model].model_fields[name]
    inner = nested_settings(field.annotation)
    return field.description or (inner.__doc__ if inner else "") or ""


def settings_classes(model: type[Settings] = Study) -> Iterator[type[Settings]]:
    """Yield every settings class of the study file, outermost first."""
    yield model
    for field in model.model_fields.values():
        inner = nested_settings(field.annotation)
        if inner:
            yield from settings_classes(inner)


def _meaning(path: tuple[str | int, ...]) -> Phrase | str:
    while path:
        parent = settings_at(path[:-1])
        if parent and path[-1] in parent.model_fields:
            return Meaning(f"{parent.__name__}.{path[-1]}")
        path = path[:-1]
    return ""


def portable_path(path: str | PurePath) -> str:
    """Return a path as it may stand in a result: as the study gives it, or the bare name of an absolute one.

    Examples
    --------
    >>> portable_path("data/streets.gpkg"), portable_path("/home/li/own.toml"), portable_path("D:/li/own.toml")
    ('data/streets.gpkg', 'own.toml', 'own.toml')
    """
    text = path.as_posix() if isinstance(path, PurePath) else path
    for kind in (PurePosixPath, PureWindowsPath):
        if kind(text).is_absolute():
            return kind(text).name
    return text
