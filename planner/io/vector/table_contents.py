"""The content of one table of a GeoPackage, told from that of the others in the same file."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

SIDE_FILES = ("-wal", "-journal", "-shm")
DATED = "gpkg_contents"
"""The table whose rows say when each table was last changed."""


def table_contents(path: Path, layer: str | None) -> str | None:
    """Return a hash of a table and of what the file says of all its tables; None where only the whole file tells.

    Parameters
    ----------
    path
        A file of any kind.
    layer
        The table; None where the file holds one only.

    Examples
    --------
    >>> table_contents(Path("streets.shp"), "streets") is None
    True
    """
    beside = (path.with_name(path.name + ending) for ending in SIDE_FILES)
    if path.suffix.lower() != ".gpkg" or layer is None or any(file.exists() for file in beside):
        return None
    hasher = hashlib.blake2b(digest_size=20)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            base.text_factory = bytes
            base.execute("BEGIN")
            tables = base.execute("SELECT name, type, sql FROM sqlite_master ORDER BY name, type, sql").fetchall()
            if (layer.encode(), b"table") not in {(name, kind) for name, kind, _ in tables}:
                # A view shows other tables.
                return None
            hasher.update(repr((layer, tables)).encode())
            told = [name.decode() for name, kind, _ in tables if kind == b"table" and name.startswith(b"gpkg_")]
            for table in (*told, layer):
                quoted = table.replace('"', '""')
                columns = [row[1].decode() for row in base.execute(f'PRAGMA table_info("{quoted}")')]
                kept = [name for name in columns if table != DATED or name != "last_change"]
                listed = ", ".join('"{}"'.format(name.replace('"', '""')) for name in kept)
                rows = map(repr, base.execute(f'SELECT {listed} FROM "{quoted}"'))  # noqa: S608 - the file's own names
                # What is told of the tables stands in the order in which they were written.
                for row in rows if table == layer else sorted(rows):
                    hasher.update(row.encode())
    except (sqlite3.Error, UnicodeDecodeError, OSError):
        return None
    return hasher.hexdigest()
