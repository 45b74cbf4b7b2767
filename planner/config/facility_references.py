"""Files and centres that a study names: contents of the files, and centres that a scenario closes."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import shapely
from pydantic import BaseModel

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
    if study.belts and not known:
        raise StudyError(str(study.file), [Issue("belt_without_names")])
    issues = [
        Issue("belt_street_unknown", {"belt": belt.id, "names": ", ".join(missing), "near": _near(missing, known)})
        for belt in study.belts
        if (missing := [name for name in belt.streets if name not in known])
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
    placed = [project for project in study.programme.projects if project.x is not None]
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
    similar = [match for name in missing for match in difflib.get_close_matches(name, centres, n=2, cutoff=0.0)]
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
    kept = {project.id for project in projects}
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
    for project in projects:
        resolves, closes = (
            tuple(name for name in names if name not in closed) for names in (project.resolves, project.closes)
        )
        if (resolves, closes) == (project.resolves, project.closes):
            yield project
        elif resolves or closes or project.stands_at is not None:
            gone.extend(f"{project.id}: {name}" for name in (*project.resolves, *project.closes) if name in closed)
            yield project.model_copy(update={"resolves": resolves, "closes": closes})
        else:
            gone.append(f"programme.projects: {project.id}")


def file_contents(study: Study) -> tuple[tuple[str, str], ...]:
    """Return the path and the hash of every file that a study reads.

    A layer is read with the files beside it that begin with the same name (of a shapefile .dbf, .prj and .cpg; of
    a raster .tfw; of a GeoPackage its journal), so all of these count; of a folder, all files in it.

    Examples
    --------
    >>> import tempfile
    >>> from planner.config.study import make_study
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.shp").write_text("shapes"), (folder / "a.dbf").write_text("columns")
    >>> layers = {name: {"path": "a.shp"} for name in ("communities", "facilities", "streets", "demand")}
    >>> study = make_study({"name": "A", "inputs": layers}, file=folder / "study.toml")
    >>> [Path(path).name for path, _ in file_contents(study)]
    ['a.dbf', 'a.shp']
    """
    # The study file lies where it was found; all other paths are relative to it.
    named = [study.file, *(study.resolve(path) for path in _named_paths(study))]
    files = {file for path in named for file in _files_of(path)}
    return tuple((str(file), _hash(file)) for file in sorted(files))


def _named_paths(value: object) -> Iterator[Path]:
    """Yield every path in settings; a text may be one too, as that of a rule file."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            if not field.exclude:
                yield from _named_paths(getattr(value, name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _named_paths(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _named_paths(inner)
    elif isinstance(value, Path) or (isinstance(value, str) and value.strip()):
        yield Path(value)


def _files_of(path: Path) -> Iterator[Path]:
    # What is no path, as the name of a study, cannot be looked up or is not there.
    with suppress(OSError, ValueError):
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.is_file())
        elif path.is_file():
            stem = path.stem.casefold()
            beside = (file for file in path.parent.iterdir() if file.name.casefold().startswith(stem))
            yield from (file for file in beside if file.is_file())


def _hash(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "blake2b").hexdigest()
    except OSError as error:
        return f"not readable: {error.errno}"
