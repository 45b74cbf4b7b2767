"""A folder of its own for a file that GDAL opens: only what belongs to the file stands beside it there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


def link_or_copy(source: Path, target: Path) -> None:
    """Make a file appear at another place, without copying it where the system can."""
    try:
        target.symlink_to(source.resolve())
    except OSError:
        shutil.copyfile(source, target)


@contextmanager
def mirrored(path: Path, beside: Sequence[str]) -> Iterator[Path]:
    """Give a file a folder in which only these of its neighbours stand.

    Parameters
    ----------
    path
        The file.
    beside
        Endings of files of the same name that belong to it, such as ".tfw"; or added to the whole name where
        they begin with "+", as "+.aux.xml".

    Yields
    ------
    path
        The same file in the folder, which is gone afterwards.
    """
    with TemporaryDirectory(prefix="planner-") as folder:
        here = Path(folder) / path.name
        link_or_copy(path, here)
        for ending in beside:
            added = ending.startswith("+")
            for form in dict.fromkeys((ending.lstrip("+"), ending.lstrip("+").upper())):
                name = path.name + form if added else path.stem + form
                if name != path.name and path.with_name(name).is_file():
                    link_or_copy(path.with_name(name), Path(folder) / name)
        yield here
