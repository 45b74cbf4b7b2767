"""Results of earlier runs, kept in a folder by the content of all that they were computed from.

A key is a hash of the values that a computation is given, of the planner's own code, and of the libraries that
measure: whatever changes, only what depends on it is computed again. There are no dates and no names of
files in a key. The folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache as once
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any, TypeVar

import numpy as np

from planner.messages.catalogue import SOURCE_LANGUAGE, Texts

Result = TypeVar("Result")
Report = Callable[[str, Mapping[str, object]], None]

FOLDER = "PLANNER_CACHE"
"""The environment variable that names the folder; "off" keeps nothing."""

OFF = "off"
NAME = "service-coverage-planner"
MOST_BYTES = 4 << 30
"""Of more than this, the results are deleted that were used longest ago."""

MEASURING = ("shapely", "pyproj", "geopandas", "pandas")
"""Libraries whose version decides how shapes and tables come out."""


class CacheWarning(UserWarning):
    """A kept result is damaged, or none can be kept; the run goes on without it."""


class Cache:
    """Results kept in a folder, safe for several runs at once: a file is written whole or not at all.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kept = Cache(Path(folder))
    ...     [kept.get("sum", (2, 3), lambda: 2 + 3) for _ in range(2)], kept.hits
    ([5, 5], ['sum'])
    """

    def __init__(
        self, folder: Path | None, report: Callable[[str, Mapping[str, object]], None] | None = None
    ) -> None:
        self.folder = folder
        self._report = report or _warn
        self.hits: list[str] = []
        self.misses: list[str] = []
        self._digests: dict[int, tuple[object, bytes]] = {}

    def get(self, name: str, given: object, compute: Callable[[], Result], *, unless: bytes = b"") -> Result:
        """Return the kept result of a computation with these values, or compute and keep it.

        Parameters
        ----------
        name
            What is computed, as part of a file's name.
        given
            All values that the result depends on.
        compute
            Computes it, from these values alone.
        unless
            A result that contains these bytes is not kept, such as that of a search stopped by its time limit.
        """
        if self.folder is None:
            return compute()
        path = self._path(name, given)
        if path is None:
            # Values of unknown content, such as a plug-in's. What depends on them is computed every time.
            self.misses.append(name)
            return compute()
        found, result = self._read(path)
        (self.hits if found else self.misses).append(name)
        if not found:
            result = compute()
            with suppress(pickle.PicklingError, TypeError, AttributeError):
                content = pickle.dumps(result, protocol=5)
                if not unless or unless not in content:
                    self._write(path, content)
        if isinstance(result, np.ndarray):
            # What it follows from stands for its content: service areas are millions of places.
            self._digests[id(result)] = result, path.name.encode()
        kept: Result = result
        return kept

    def __reduce__(self) -> tuple[type[Cache], tuple[None]]:
        """Pickle without folder and report: they belong to the command that opened the cache."""
        return type(self), (None,)

    def holds(self, name: str, given: object) -> bool:
        """Return whether a result with these values is kept; it may still turn out to be damaged."""
        path = self._path(name, given)
        return path is not None and path.is_file()

    def _path(self, name: str, given: object) -> Path | None:
        """Return the file of a result; None where nothing is kept, or the content of a value is not known."""
        if self.folder is None:
            return None
        try:
            return self.folder / f"{name}-{self.digest((name, code_digest(), given)).hex()}.kept"
        except TypeError:
            return None

    def digest(self, value: object) -> bytes:
        """Return a hash of a value: equal for equal content, whatever object holds it.

        Raises
        ------
        TypeError
            It holds something whose content is not known.
        """
        known = self._digests.get(id(value))
        if known is not None:
            return known[1]
        hasher = hashlib.blake2b(digest_size=20)
        _feed(self, hasher.update, value)
        digest = hasher.digest()
        if is_dataclass(value) or hasattr(value, "columns"):
            # Tables and results are never changed in place; each is hashed once.
            self._digests[id(value)] = value, digest
        return digest

    def prune(self, most_bytes: int = MOST_BYTES) -> None:
        """Delete the results used longest ago, until the folder holds no more than so many bytes."""
        if self.folder is None or not self.folder.is_dir():
            return
        left = most_bytes
        with suppress(OSError):
            files = [(path.stat(), path) for path in self.folder.glob("*.kept")]
            for stat, path in sorted(files, key=lambda one: (-one[0].st_mtime, one[1].name)):
                left -= stat.st_size
                if left < 0:
                    path.unlink(missing_ok=True)

    def _read(self, path: Path) -> tuple[bool, Any]:
        try:
            content = path.read_bytes()
        except OSError:
            return False, None
        try:
            if hashlib.blake2b(content[20:], digest_size=20).digest() != content[:20]:
                raise ValueError(path.name)  # noqa: TRY301 - as damaged as what pickle refuses
            result = pickle.loads(content[20:])  # noqa: S301 - the user's own folder, and the hash agrees
        except Exception:  # noqa: BLE001 - a damaged or foreign file may raise anything
            self._report("cache_damaged", {"path": path})
            return False, None
        with suppress(OSError):
            os.utime(path)
        return True, result

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.blake2b(content, digest_size=20).digest())
                    file.write(content)
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            self._report("cache_unwritable", {"path": self.folder, "reason": error.strerror or error})
            self.folder = None


def _warn(key: str, values: Mapping[str, object]) -> None:
    warnings.warn(Texts(SOURCE_LANGUAGE)(f"cli.{key}", **values), CacheWarning, stacklevel=4)


NO_CACHE = Cache(None)
"""Keeps nothing."""


def default_cache(report: Report | None = None) -> Cache:
    """Return the cache of the user: in the folder that `FOLDER` names, else in the system's place for caches.

    `report` receives damaged files and a folder that cannot be written, by key and values; by default they
    are warnings.
    """
    given = os.environ.get(FOLDER, "").strip()
    if given.lower() == OFF:
        return Cache(None)
    return Cache(Path(given).expanduser() if given else _user_folder() / NAME, report)


def _user_folder() -> Path:
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")


@once
def code_digest() -> bytes:
    """Return a hash of the planner's own files, and of the versions of the libraries that measure."""
    root, hasher = Path(__file__).parent, hashlib.blake2b(digest_size=20)
    for path in sorted(path for pattern in ("*.py", "*.toml") for path in root.rglob(pattern)):
        hasher.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for name in MEASURING:
        library: Any = import_module(name)
        for version in ("__version__", "geos_version_string", "proj_version_str"):
            hasher.update(f"{name} {version} {getattr(library, version, '')}\n".encode())
    return hasher.digest()


def _feed(cache: Cache, update: Callable[[bytes], object], value: object) -> None:
    """Hash a value with its type, so that no two values of different content feed the same bytes."""
    update(f"{type(value).__module__}.{type(value).__qualname__}:".encode())
    if value is None:
        return
    if isinstance(value, Enum | str | bytes | bool | int | float | complex | np.generic | PurePath):
        _feed_text(update, value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass"))
    elif isinstance(value, np.ndarray):
        _feed_array(cache, update, value)
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            # What a value keeps for itself is no part of its content.
            if not part.name.startswith("_"):
                update(part.name.encode() + b"=")
                update(cache.digest(getattr(value, part.name)))
    elif isinstance(value, Mapping):
        _feed_items(cache, update, [item for pair in value.items() for item in pair])
    elif isinstance(value, tuple | list):
        _feed_items(cache, update, value)
    elif isinstance(value, set | frozenset):
        _feed_items(cache, update, sorted(cache.digest(item) for item in value))
    else:
        _feed_foreign(cache, update, value)


def _feed_foreign(cache: Cache, update: Callable[[bytes], object], value: Any) -> None:  # noqa: ANN401 - whatever it is
    """Hash tables, coordinate systems, shapes and settings."""
    if hasattr(value, "columns") and hasattr(value, "dtypes"):
        _feed_items(cache, update, [str(value.columns.dtype), list(value.columns), value.index])
        _feed_items(cache, update, [getattr(value, "_geometry_column_name", None), dict(value.attrs)])
        for number in range(len(value.columns)):
            update(cache.digest(value.iloc[:, number].array))
    elif hasattr(value, "to_wkt") and hasattr(value, "to_epsg"):
        _feed_text(update, value.to_wkt().encode())
    elif hasattr(type(value), "model_fields"):
        # A field that no settings file holds states where the file lies, not what is to be computed.
        known = [name for name, field in type(value).model_fields.items() if not field.exclude]
        _feed_items(cache, update, [(name, getattr(value, name)) for name in known])
        _feed_items(cache, update, [value.__pydantic_private__])
    elif hasattr(value, "geom_type"):
        _feed_array(cache, update, np.array([value], dtype=object))
    elif hasattr(value, "dtype") and hasattr(value, "to_numpy"):
        _feed_items(cache, update, [str(value.dtype), getattr(value, "crs", None), getattr(value, "name", None)])
        if hasattr(value, "index"):
            update(cache.digest(value.index))
        _feed_array(cache, update, np.asarray(value))
    else:
        message = f"the content of {type(value).__qualname__} is not known"
        raise TypeError(message)


def _feed_array(cache: Cache, update: Callable[[bytes], object], value: np.ndarray[Any, Any]) -> None:
    update(f"{value.dtype.str}{value.shape}".encode())
    if value.dtype != object:
        update(np.ascontiguousarray(value).tobytes())
        return
    flat = value.ravel()
    items = flat.tolist()
    if items and all(item is None or hasattr(item, "geom_type") for item in items):
        from shapely import to_wkb

        update(b"shapes")
        _feed_texts(update, to_wkb(flat, include_srid=True).tolist())
    elif all(type(item) is str for item in items):
        _feed_texts(update, [item.encode("utf-8", "surrogatepass") for item in items])
    else:
        _feed_items(cache, update, items)


def _feed_texts(update: Callable[[bytes], object], texts: list[bytes | None]) -> None:
    """Hash the lengths of texts, -1 of none, then the texts."""
    update(np.array([-1 if text is None else len(text) for text in texts], dtype=np.int64).tobytes())
    update(b"".join(text for text in texts if text is not None))


def _feed_items(cache: Cache, update: Callable[[bytes], object], items: Any) -> None:  # noqa: ANN401 - any sequence
    update(f"{len(items)}[".encode())
    for item in items:
        if isinstance(item, str):
            update(b"s")
            _feed_text(update, item.encode("utf-8", "surrogatepass"))
        elif isinstance(item, bytes):
            update(b"b")
            _feed_text(update, item)
        else:
            update(b"d" + cache.digest(item))
    update(b"]")


def _feed_text(update: Callable[[bytes], object], text: bytes) -> None:
    update(f"{len(text)}:".encode())
    update(text)
