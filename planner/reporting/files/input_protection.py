"""Protection of input files: a product with the path of an input is refused before the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
