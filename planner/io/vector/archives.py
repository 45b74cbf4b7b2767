"""Isolation of files: archives unpacked within limits, GDAL kept to one format and the files of one layer."""

from __future__ import annotations

import gzip
import shutil
import stat
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

import pyogrio
from pyogrio._ogr import _register_drivers  # type: ignore[import-not-found]  # pyogrio compiles it

from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue

UNPACKED_AT_MOST = 2 * 2**30
"""Bytes of an archive, unpacked: more than the layers of any district, less than what fills a disk."""

RATIO_AT_MOST = 250
"""Largest ratio of unpacked to packed size; texts and tables reach 20, seldom 100."""
SMALL = 64 * 2**20

MEMBERS_AT_MOST = 20_000
CHUNK = 2**20
GZIP = b"\x1f\x8b"
ZIP = b"PK"
UTF8_FLAG = 0x800
ENCRYPTED_FLAG = 0x1


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """One file of an archive: what it is called there, and where it lies unpacked."""

    name: PurePosixPath
    path: Path


def unpack_zip(
    archive: Path, folder: Path, *, is_needed: Callable[[PurePosixPath], bool]
) -> tuple[ArchiveMember, ...]:
    """Unpack the files of an archive that are wanted.

    Parameters
    ----------
    folder
        Where to, empty.
    is_needed
        Which files, by the name that they have in the archive.

    Returns
    -------
    members
        In the order of the archive.

    Raises
    ------
    DataError
        It is damaged, encrypted, leads out of its folder or is larger than any archive of layers.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            return _unpacked(opened, archive, folder, is_needed)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        if isinstance(error, DataError):
            raise
        raise _unreadable(archive, "errors.why_archive") from error


def list_zip(archive: Path) -> tuple[PurePosixPath, ...]:
    """Return the paths of an archive's files; () where it cannot be opened, and reading it raises the error."""
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()[:MEMBERS_AT_MOST]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ()
    names = (PurePosixPath(_name(entry).replace("\\", "/")) for entry in entries if not entry.is_dir())
    return tuple(name for name in names if not name.name.startswith("._") and "__MACOSX" not in name.parts)


def unpack_gzip(archive: Path, target: Path) -> None:
    """Unpack a file that is packed alone (.gz).

    Raises
    ------
    DataError
        It is damaged, or larger than any layer.
    """
    try:
        with gzip.open(archive) as source:
            _copy(source, target, _limit(archive.stat().st_size), archive)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        raise _unreadable(archive, "errors.why_archive") from error


def _unpacked(
    opened: zipfile.ZipFile, archive: Path, folder: Path, is_needed: Callable[[PurePosixPath], bool]
) -> tuple[ArchiveMember, ...]:
    entries = opened.infolist()
    if len(entries) > MEMBERS_AT_MOST:
        raise _unreadable(archive, "errors.why_archive_too_large")
    left = _limit(archive.stat().st_size)
    members: dict[PurePosixPath, ArchiveMember] = {}
    for entry in entries:
        name = PurePosixPath(_name(entry).replace("\\", "/"))
        if entry.is_dir() or name.name.startswith("._") or "__MACOSX" in name.parts:
            continue
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        if is_link or name.is_absolute() or ".." in name.parts or any(":" in part for part in name.parts):
            raise _unreadable(archive, "errors.why_archive_leads_out")
        if not is_needed(name):
            continue
        if entry.flag_bits & ENCRYPTED_FLAG:
            raise _unreadable(archive, "errors.why_archive_locked")
        if name in members:
            raise _unreadable(archive, "errors.why_archive")
        target = folder / Path(*name.parts)
        members[name] = ArchiveMember(name, target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry) as source:
            left -= _copy(source, target, left, archive)
    return tuple(members.values())


def _limit(packed: int) -> int:
    return min(UNPACKED_AT_MOST, max(SMALL, RATIO_AT_MOST * packed))


def _copy(source: IO[bytes] | gzip.GzipFile, target: Path, most: int, archive: Path) -> int:
    """Write what a packed file holds, and return how many bytes; refuse more than `most`."""
    written = 0
    with target.open("wb") as file:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > most:
                raise _unreadable(archive, "errors.why_archive_too_large")
            file.write(chunk)
    return written


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a file's name; Chinese programs write it in GBK or UTF-8 without stating so."""
    if entry.flag_bits & UTF8_FLAG or entry.filename.isascii():
        return entry.filename
    try:
        content = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _unreadable(archive: Path, reason: str) -> DataError:
    return DataError(str(archive), [Issue("unreadable_file", {"reason": Phrase(reason)})])


def link_or_copy(source: Path, target: Path) -> None:
    """Make a file appear at another place, without copying it where the system can."""
    try:
        target.symlink_to(source.resolve())
    except OSError:
        shutil.copyfile(source, target)


@contextmanager
def isolated_copy(path: Path, beside: Sequence[str]) -> Iterator[Path]:
    """Yield a copy of a file in a folder with only the files that belong to it.

    Parameters
    ----------
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


PRODUCTS = ("GPKG", "MEM")
"""Drivers that are never taken away: another thread may be writing results."""

SKIP = "GDAL_SKIP"

_LOCK = threading.RLock()


@contextmanager
def only_drivers(names: Iterable[str]) -> Iterator[None]:
    """Leave GDAL, as pyogrio has it, no drivers but these and those of the products.

    Parameters
    ----------
    names
        What GDAL calls them.

    Examples
    --------
    >>> with only_drivers(["GeoJSON"]):
    ...     sorted(pyogrio.list_drivers())
    ['GPKG', 'GeoJSON', 'MEM']
    >>> "ESRI Shapefile" in pyogrio.list_drivers()
    True
    """
    kept = {*names, *PRODUCTS}
    with _LOCK:
        before = pyogrio.get_gdal_config_option(SKIP)
        _skip(",".join(sorted(driver for driver in _drivers() if driver not in kept)))
        try:
            yield
        finally:
            _skip(None if before is None else str(before))


@cache
def _drivers() -> tuple[str, ...]:
    return tuple(pyogrio.list_drivers())


def _skip(drivers: str | None) -> None:
    pyogrio.set_gdal_config_options({SKIP: drivers or None})
    # Registering adds the drivers that are missing and takes away those that are to be skipped.
    _register_drivers()
