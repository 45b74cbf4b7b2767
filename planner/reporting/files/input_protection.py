"""Protection of files: no product takes the place of an input, or of a GeoPackage that a program has open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from planner.config.study import PATHS, Study
from planner.messages.errors import Issue, OutputError


def protect_inputs(study: Study, folder: Path, names: Sequence[str], *, scenario: Path | None = None) -> None:
    """Refuse to put products in the place of files that a study reads.

    Parameters
    ----------
    study
        Whose files are kept: the study file itself, its layers, rasters and rule files.
    folder, names
        Where products go, and what they are called.
    scenario
        A file that is read besides.

    Raises
    ------
    OutputError
        A product would take the place of such a file.
    """
    kept = [*_files(study), *([] if scenario is None else [scenario])]
    issues = [
        Issue("product_is_input", {"name": name})
        for name in names
        if any(_same(folder / name, file) for file in kept)
    ]
    if issues:
        raise OutputError(str(folder), issues)


def _files(study: Study) -> Iterator[Path]:
    """Yield the files that a study names: a path may lead into an archive, and then the archive is the file."""
    yield study.file
    for named in _named(study.model_dump()):
        path = study.resolve(named)
        yield from (file for file in (path, *path.parents) if _is_file(file))


def _is_file(path: Path) -> bool:
    """Return False also for names that no file system takes; the reader of the layer refuses them in words."""
    try:
        return path.is_file()
    except OSError:
        return False


def _named(settings: object, key: str = "") -> Iterator[Path]:
    if isinstance(settings, dict):
        for name, value in settings.items():
            yield from _named(value, name)
    elif isinstance(settings, list | tuple):
        for value in settings:
            yield from _named(value, key)
    elif isinstance(settings, Path):
        yield settings
    elif isinstance(settings, str) and key in PATHS and settings:
        # The name of a built-in profile or a path.
        yield Path(settings)


def _same(product: Path, file: Path) -> bool:
    """Return whether two paths are one file, whatever links lead to it."""
    try:
        return product.samefile(file)
    except OSError:
        return False


ENDING = ".gpkg"
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite adds to a file's name for what it keeps beside it."""

IN_USE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def check_databases_closed(folder: Path, names: Sequence[str]) -> None:
    """Let SQLite complete journals that other programs left, so that GeoPackages can be replaced.

    Parameters
    ----------
    folder
        Where the products are.
    names
        Of the files that are about to be replaced; those that are no GeoPackages are left alone.

    Raises
    ------
    OutputError
        Another program has one of them open.
    """
    issues = [
        Issue("product_in_use", {"name": name})
        for name in names
        if name.endswith(ENDING) and not _is_free(folder / name)
    ]
    if issues:
        raise OutputError(str(folder), issues)


def _is_free(path: Path) -> bool:
    """Remove the journals of a database; return whether that was possible, as no program has it open."""
    beside = [path.with_name(path.name + ending) for ending in BESIDE]
    if not any(one.exists() for one in beside):
        return True
    if path.is_file():
        try:
            with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
                # Only the last program to have a database open may leave this mode: SQLite's own proof.
                database.execute("PRAGMA journal_mode = DELETE")
                # Without a log: a lock that nobody else may hold, and what was interrupted is rolled back.
                database.execute("BEGIN EXCLUSIVE")
                database.execute("ROLLBACK")
        except sqlite3.DatabaseError as error:
            # The low byte is the kind of error. What is damaged is replaced, and nobody works with it.
            if error.sqlite_errorcode & 0xFF in IN_USE:
                return False
    for one in beside:
        one.unlink(missing_ok=True)
    return True
