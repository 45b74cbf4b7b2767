"""Check for GeoPackages that another program has open, and for journals left by others.

SQLite keeps changes beside its file, in `<name>-wal`, `<name>-shm` or `<name>-journal`, and plays them into
whatever file stands there when it is next opened: into a new product too, which then cannot be read any more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from planner.messages.errors import Issue, OutputError

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
