"""Contents of all files that a study reads, so that an earlier result is used only where none has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from planner.config.study import Study


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
    files = {file for path in _named_paths(study) for file in _files_of(study.resolve(path))}
    return tuple((str(file), _hash(file)) for file in sorted(files))


def _named_paths(value: object) -> Iterator[Path]:
    """Yield every path in settings; a text may be one too, as that of a rule file."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
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
