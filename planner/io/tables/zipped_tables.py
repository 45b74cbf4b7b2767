"""A table that a user brings in a .zip, as programs for mail and portals of open data pack it."""

from __future__ import annotations

from pathlib import Path

from planner.io.vector.archives import list_zip
from planner.io.vector.files import DRIVERS
from planner.messages.errors import Breach, DataError


def packed_table(path: Path, layer: str | None, endings: tuple[str, ...], setting: str) -> str | None:
    """Return the table of an archive in which there is no spatial layer; None where there is no table either.

    Parameters
    ----------
    path
        The .zip.
    layer
        Of several tables, the name of the one that is meant.
    endings
        How the names of tables end.
    setting
        The dotted path of the layer's settings, for messages.

    Raises
    ------
    DataError
        There are several, and `layer` names none of them.
    """
    names = list_zip(path)
    spatial = {*DRIVERS, ".gdb"}
    if any(spatial & {part.suffix.lower() for part in (name, *name.parents)} for name in names):
        return None
    tables = [name for name in names if name.name.lower().endswith(endings)]
    meant = [name for name in tables if layer in {str(name), name.name, name.stem}] or tables
    if len(meant) > 1:
        values = {"layers": ", ".join(map(str, tables)), "setting": setting}
        raise DataError(str(path), [Breach("several_layers", values)])
    return str(meant[0]) if meant else None
