"""Small TOML files of a study's own: tables of kinds, and scenes of the meeting in the words of the office."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, TypeVar

import pydantic
from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from planner.config.sections.base import Settings
from planner.config.study import Study, wrong_because
from planner.config.toml_files import NotReadError, parse_toml, toml_text
from planner.messages.catalogue import Phrase
from planner.messages.errors import Issue, StudyError, suggest_name
from planner.messages.printable import illegible_in

TITLE_SIGNS, TEXT_SIGNS = 40, 160
"""What stays legible in a meeting: a sentence of three lines at 32 px."""

FIGURES = (
    *("study", "minutes", "people", "people_covered", "people_uncovered", "people_share"),
    *("weak_centres", "weak_communities", "communities_without_centre"),
    *("when", "sites", "resolved", "people_added", "people_share_after", "cost", "unit"),
)
"""Placeholders that titles and sentences may hold, as ``{people}``: figures of the plan, the last seven of what is
proposed."""


class OwnScene(Settings):
    """Title and sentence of a scene; what is empty is made from the plan."""

    title: Annotated[str, Field(max_length=TITLE_SIGNS)] = ""
    text: Annotated[str, Field(max_length=TEXT_SIGNS)] = ""


class OwnScenes(Settings):
    """Scenes in their order."""

    today: OwnScene = OwnScene()
    left_out: OwnScene = OwnScene()
    weak: OwnScene = OwnScene()
    years: OwnScene = OwnScene()
    after: OwnScene = OwnScene()


def read_own_scenes(study: Study) -> OwnScenes:
    """Read the file that `map.scenes` names; without one every scene is made from the plan.

    Raises
    ------
    StudyError
        It cannot be read, is not TOML (with the line), or holds what is no scene: every reason at once.

    Examples
    --------
    >>> from planner.config.study import make_study
    >>> layers = dict.fromkeys(("communities", "facilities", "streets", "demand"), {"path": "layer.gpkg"})
    >>> read_own_scenes(make_study({"name": "Toy", "inputs": layers})).today.text
    ''
    """
    file = study.map.scenes
    if file is None:
        return OwnScenes()
    named = {"file": file.as_posix()}
    try:
        content = parse_toml(toml_text(study.resolve(file)))
    except NotReadError as error:
        raise StudyError(
            str(study.file), [Issue("unreadable_scenes", {**named, "reason": error.reason})]
        ) from error
    wrong: list[tuple[Sequence[int | str], Phrase | str]] = [
        (place, Phrase("errors.why_illegible")) for place in illegible_in(content)
    ]
    try:
        scenes = OwnScenes.model_validate(content)
    except ValidationError as error:
        wrong += [(detail["loc"], _reason(detail)) for detail in error.errors()]
    else:
        wrong += _wrong_placeholders(scenes)
    if wrong:
        values = {**named, "title_signs": TITLE_SIGNS, "text_signs": TEXT_SIGNS}
        issues = [
            Issue("wrong_scene", {**values, "path": ".".join(map(str, place)), "reason": reason})
            for place, reason in wrong
        ]
        raise StudyError(str(study.file), issues)
    return scenes


def _reason(detail: ErrorDetails) -> Phrase | str:
    """Return what is wrong; of an unknown name, which there are instead."""
    if detail["type"] != "extra_forbidden":
        return wrong_because(detail)
    place = detail["loc"]
    return suggest_name(place[-1], list((OwnScenes if len(place) == 1 else OwnScene).model_fields))


def placeholders(text: str) -> list[str]:
    """Return the placeholders of a title or a sentence, ``{{`` and ``}}`` being braces.

    Raises
    ------
    ValueError
        A brace is not closed, or closes nothing.

    Examples
    --------
    >>> placeholders("{people_covered} of {people} people")
    ['people_covered', 'people']
    """
    parts = string.Formatter().parse(text)
    # A format or a conversion is no part of a figure's name: with it the name is none.
    return [
        f"{name}{f'!{conversion}' if conversion else ''}{f':{form}' if form else ''}"
        for _, name, form, conversion in parts
        if name is not None
    ]


def _wrong_placeholders(scenes: OwnScenes) -> Iterator[tuple[Sequence[str], Phrase]]:
    for scene in OwnScenes.model_fields:
        for part in OwnScene.model_fields:
            try:
                names = placeholders(getattr(getattr(scenes, scene), part))
            except ValueError:
                yield (scene, part), Phrase("errors.why_braces")
                continue
            for name in names:
                if name not in FIGURES:
                    yield (scene, part, f"{{{name}}}"), suggest_name(name, FIGURES)


TableModel = TypeVar("TableModel", bound=Settings)


def read_kind_table(
    model: type[TableModel], shipped: str, table: Path | None, *, needs: Collection[str], study: str
) -> TableModel:
    """Read a table of kinds.

    Parameters
    ----------
    shipped
        The file of `planner.population` that ships.
    table
        The study's own instead of it, or None.
    needs
        Ids of kinds that it cannot do without.
    study
        What to call the study in an error.

    Raises
    ------
    StudyError
        The file cannot be read, is not TOML, or not in the form of the one that ships.
    """
    named = {"table": table or shipped}
    try:
        own = resources.files("planner.population").joinpath(shipped).read_text("utf-8") if table is None else ""
        content = parse_toml(own if table is None else toml_text(table))
        kinds = model.model_validate(content)
    except NotReadError as error:
        raise StudyError(study, [Issue("unreadable_table", {**named, "reason": error.reason})]) from error
    except pydantic.ValidationError as error:
        issues = [
            Issue("wrong_table", {**named, "path": ".".join(map(str, d["loc"])), "reason": wrong_because(d)})
            for d in error.errors()
        ]
        raise StudyError(study, issues) from error
    missing = [name for name in needs if name not in {kind["id"] for kind in content["kind"]}]
    if missing:
        raise StudyError(study, [Issue("table_lacks", {**named, "missing": ", ".join(missing)})])
    return kinds
