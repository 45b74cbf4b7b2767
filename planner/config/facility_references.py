"""Centres that a study names: they must be there; and what becomes of the names where a scenario closes some."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence

import geopandas as gpd
import shapely

from planner.config.sections.programme import PrecedenceSettings, ProjectSettings
from planner.config.study import Study
from planner.messages.errors import Issue, StudyError
from planner.messages.notices import Notice

UPGRADE = "upgrade:"
EDGE_M = 0.01
"""A place on the border is inside: candidates are rounded to the centimetre."""


def check_named_centres(study: Study, centres: Sequence[str]) -> None:
    """Refuse a study that names centres that there are not.

    Raises
    ------
    StudyError
        With every setting, the ids, and the ids that were probably meant.
    """
    projects = study.programme.projects if study.programme.funds else ()
    named = (
        ("siting.relocatable", study.siting.relocatable),
        ("programme.projects.resolves", [one for project in projects for one in project.resolves]),
        ("programme.projects.closes", [one for project in projects for one in project.closes]),
    )
    facility_ids = set(centres)
    issues = [
        Issue("unknown_named_centre", {"setting": setting, "near": _near(missing, centres)}, missing)
        for setting, ids in named
        if (missing := [one for one in dict.fromkeys(ids) if one not in facility_ids])
    ]
    if issues:
        raise StudyError(str(study.file), issues)


def check_belts(study: Study, names: Collection[str]) -> None:
    """Refuse a study with a belt along a street that the layer does not have.

    Raises
    ------
    StudyError
        With every belt, the names, and those that were probably meant.
    """
    known = sorted(name for name in set(names) if name)
    issues = [
        Issue("belt_street_unknown", {"belt": one.id, "names": ", ".join(missing), "near": _near(missing, known)})
        for one in study.belts
        if (missing := [name for name in one.streets if name not in known])
    ]
    if issues:
        raise StudyError(str(study.file), issues)


def check_named_places(study: Study, communities: gpd.GeoDataFrame) -> None:
    """Refuse own projects that stand outside the communities: most often their `x` and `y` are degrees.

    Raises
    ------
    StudyError
        With every project, and how far outside it stands.
    """
    placed = [one for one in study.programme.projects if one.x is not None]
    outline = shapely.union_all(communities.geometry.array)
    issues = [
        Issue(
            "programme_place_outside",
            {"name": one.id, "metres": f"{metres:,.0f}", "crs": str(communities.crs.to_string())},
        )
        for one in placed
        if (metres := shapely.distance(outline, shapely.Point(one.x, one.y))) > EDGE_M
    ]
    if issues and study.programme.funds:
        raise StudyError(str(study.file), issues)


def _near(missing: Sequence[str], centres: Sequence[str]) -> str:
    similar = [one for name in missing for one in difflib.get_close_matches(name, centres, n=2, cutoff=0.0)]
    return ", ".join(dict.fromkeys(similar))


def without_closed(study: Study, closed: Collection[str]) -> tuple[Study, tuple[Notice, ...]]:
    """Return the study without what it says of centres that a scenario has closed, and a notice of what that is.

    A centre that is closed is no longer free to move; nothing resolves or closes it; a project of one's own
    that is about nothing else is left out, and nothing waits for it.
    """
    gone: list[str] = []
    relocatable = tuple(one for one in study.siting.relocatable if one not in closed)
    gone += [f"siting.relocatable: {one}" for one in study.siting.relocatable if one in closed]
    projects = tuple(_projects(study.programme.projects, closed, gone))
    kept = {one.id for one in projects}
    dropped = {one.id for one in study.programme.projects if one.id not in kept}
    dropped |= {UPGRADE + one for one in closed}
    precedence: list[PrecedenceSettings] = []
    for one in study.programme.precedence:
        if {one.first, one.then} & dropped:
            gone.append(f"programme.precedence: {one.first} → {one.then}")
        else:
            precedence.append(one)
    if not gone:
        return study, ()
    changed = study.model_copy(
        update={
            "siting": study.siting.model_copy(update={"relocatable": relocatable}),
            "programme": study.programme.model_copy(
                update={"projects": projects, "precedence": tuple(precedence)}
            ),
        }
    )
    return changed, (Notice("scenario_named_closed", "facilities", tuple(gone)),)


def _projects(
    projects: Sequence[ProjectSettings], closed: Collection[str], gone: list[str]
) -> Iterator[ProjectSettings]:
    for one in projects:
        resolves, closes = (
            tuple(name for name in names if name not in closed) for names in (one.resolves, one.closes)
        )
        if (resolves, closes) == (one.resolves, one.closes):
            yield one
        elif resolves or closes or one.stands_at is not None:
            gone.extend(f"{one.id}: {name}" for name in (*one.resolves, *one.closes) if name in closed)
            yield one.model_copy(update={"resolves": resolves, "closes": closes})
        else:
            gone.append(f"programme.projects: {one.id}")
