"""Profiles of service standards: how near each service is to be, with the clause and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import pydantic
from pydantic import Field

from planner.config.sections.base import Evidence, Minutes, Settings
from planner.config.sections.demand import RESIDENTS
from planner.config.sections.services import CENTRES, ServiceSettings
from planner.config.study import Study, wrong_because
from planner.config.toml_files import NotReadError, NotTomlError, parse_toml, toml_text
from planner.messages.catalogue import Phrase, localized, translate
from planner.messages.errors import Issue, RuleFileError, StudyError


class ProfileService(Settings):
    """A service of a profile; fields as in `ServiceStandard`, `unit` of its capacity."""

    id: Annotated[str, Field(min_length=1)]
    en: str
    zh: str
    minutes: Minutes
    least_capacity: Annotated[float, Field(gt=0)] | None = None
    per_1000: Annotated[float, Field(gt=0)] | None = None
    unit: Literal["places", "m2"] = "places"
    clause: Annotated[str, Field(min_length=1)]
    clause_zh: str = ""
    evidence: Evidence


class ServiceProfile(Settings):
    """A profile: title, source, and the standard of each service."""

    en: str
    zh: str
    source: str
    source_zh: str = ""
    services: tuple[ProfileService, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class ServiceStandard:
    """What is asked of a service: the study's own word, else that of its profile."""

    settings: ServiceSettings | None
    """What the study says of it; None for its own facilities, the service that is always there."""
    titles: Mapping[str, str]
    """What users read, by language."""
    minutes: float
    """How near it is to be, minutes, inclusive."""
    least_capacity: float | None
    per_1000: float | None
    """`least_capacity`, `per_1000`: Capacity below which a facility does not count, and what 1,000 people of the
    group need; None: not asked."""
    clause: str
    clause_zh: str
    evidence: Evidence
    """`clause`, `clause_zh`, `evidence`: Where the minutes come from, the same in Chinese (else as it is), and how
    sure that is."""

    @property
    def id(self) -> str:
        """Name in results."""
        return CENTRES if self.settings is None else self.settings.id

    @property
    def group(self) -> str:
        """Population group that the service is for."""
        return RESIDENTS if self.settings is None else self.settings.group

    @property
    def count(self) -> int:
        """How many of its facilities people are to reach."""
        return 1 if self.settings is None else self.settings.count

    @property
    def weight(self) -> float:
        """How much it counts in the completeness index."""
        return 1.0 if self.settings is None else self.settings.weight

    @property
    def basic(self) -> bool:
        """Whether nobody is sufficiently served who lacks it."""
        return self.settings is None or self.settings.basic

    def title(self, language: str) -> str:
        """Return what users read."""
        return localized(self.titles, language)


def shipped_service_profiles() -> tuple[str, ...]:
    """Return the names of the profiles that ship with the planner.

    Examples
    --------
    >>> shipped_service_profiles()
    ('complete_community', 'embedded_2023', 'gb50180_services', 'tdt1062')
    """
    return tuple(sorted(one.name.removesuffix(".toml") for one in _folder().iterdir()))


def read_service_profile(name: str, *, folder: Path, study: str, setting: str) -> ServiceProfile:
    """Read a profile of service standards.

    Parameters
    ----------
    name
        A shipped name, or the path of a file, relative to `folder`.
    study, setting
        The study and the setting that errors name.

    Raises
    ------
    StudyError
        There is no such profile, or its file is not in the form of those that ship.
    """
    if name in shipped_service_profiles():
        text, source = _folder().joinpath(f"{name}.toml").read_text("utf-8"), f"{name}.toml"
    elif name.endswith(".toml"):
        source = str(folder / name)
        try:
            text = toml_text(folder / name)
        except NotReadError as error:
            raise RuleFileError(source, [Issue("unreadable_rules", {"reason": error.reason})]) from error
    else:
        shipped = ", ".join(shipped_service_profiles())
        raise StudyError(study, [Issue("unknown_profile", {"path": setting, "name": name, "known": shipped})])
    try:
        return ServiceProfile.model_validate(parse_toml(text))
    except NotTomlError as error:
        raise RuleFileError(source, [Issue("not_toml", {"reason": error.reason})]) from error
    except pydantic.ValidationError as error:
        issues = [
            Issue("wrong_rule", {"rule": ".".join(map(str, one["loc"])), "reason": wrong_because(one)})
            for one in error.errors()
        ]
        raise RuleFileError(source, issues) from error


def service_standards(study: Study) -> tuple[ServiceStandard, ...]:
    """Return what a study asks of each service, its own facilities first; () where it has no [[services]].

    Raises
    ------
    StudyError
        A profile is unknown or malformed, or does not have the service.
    """
    if not study.services:
        return ()
    return (
        centres_standard(study),
        *(_standard(study, number, service) for number, service in enumerate(study.services)),
    )


def centres_standard(study: Study) -> ServiceStandard:
    """Return what a study asks of its own facilities, the service that is always there."""
    titles = translate(Phrase("words.service_centres"))
    return ServiceStandard(None, titles, study.limits.standard_min, None, None, "limits.standard_min", "", "own")


def _standard(study: Study, number: int, given: ServiceSettings) -> ServiceStandard:
    entry, where = None, f"services.{number}"
    if given.profile:
        name, wanted = given.profile, given.standard or given.id
        profile = read_service_profile(
            name, folder=study.file.parent, study=str(study.file), setting=f"{where}.profile"
        )
        entry = next((service for service in profile.services if service.id == wanted), None)
        if entry is None:
            service_ids = ", ".join(one.id for one in profile.services)
            values = {"path": f"{where}.standard", "name": wanted, "known": service_ids}
            raise StudyError(str(study.file), [Issue("unknown_profile", values)])
    titles = {"en": entry.en, "zh": entry.zh} if entry and not given.name else {}
    name = given.name or given.id
    from_study = given.minutes is not None or entry is None
    return ServiceStandard(
        given,
        titles or {"en": name, "zh": name},
        given.minutes if given.minutes is not None else (entry.minutes if entry else 0.0),
        given.least_capacity if given.least_capacity is not None or entry is None else entry.least_capacity,
        given.per_1000 if given.per_1000 is not None or entry is None else entry.per_1000,
        clause=(given.source or f"{where}.minutes") if from_study or entry is None else entry.clause,
        clause_zh="" if from_study or entry is None else entry.clause_zh,
        evidence="own" if from_study or entry is None else entry.evidence,
    )


def _folder() -> resources.abc.Traversable:
    return resources.files("planner.evaluation").joinpath("standards", "services")
