"""Compilation, caching and threading of kernels."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property, update_wrapper
from importlib import import_module
from threading import RLock
from typing import Any, TypeVar, cast

import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])
Result = TypeVar("Result")

LOG = logging.getLogger(__name__)

THREADS = "NUMBA_NUM_THREADS"
MOST_THREADS = 256
"""Upper limit of the number of threads."""

FILES = "files"
"""Begins the stamp of a kernel that calls kernels of other files."""

ZERO = cast("int", np.int64(0))
"""Where a count begins that is given to another kernel: numba compiles that one once more for a literal 0."""

CHUNKS_A_THREAD = 4
"""More chunks than threads, so that the threads finish at about the same time."""


def kernel(function: Function) -> Function:
    """Compile a function with numba at its first call; it runs without the interpreter's lock.

    numba itself is imported then too: a run that finds all walks in its cache needs neither.

    The machine code is cached in the folder that ``NUMBA_CACHE_DIR`` names, else beside the source, else, if that
    is read-only, in the user's cache folder. If none of them is writable, every process compiles again.

    A cached kernel is compiled again when its own file changes, or that of a kernel that it calls.
    """
    return cast("Function", _Kernel(function))


class _Kernel:
    """A function that numba is given when it is first called, or when a kernel that calls it is compiled."""

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        self.function = function
        self._lock = RLock()

    def __call__(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes
        return self.dispatcher(*given, **named)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a dispatcher has
        # `_numba_type_` too, by which numba takes this for the dispatcher where another kernel calls it.
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dispatcher, name)

    @cached_property
    def dispatcher(self) -> Any:  # noqa: ANN401 - numba has no types
        """What numba makes of the function."""
        with self._lock:
            if "dispatcher" not in self.__dict__:
                self.__dict__["dispatcher"] = _compile_when_called(self.function)
            return self.__dict__["dispatcher"]


def _compile_when_called(function: Callable[..., Any]) -> Any:  # noqa: ANN401 - numba has no types
    _drop_odd_threads()
    numba: Any = import_module("numba")
    try:
        compiled = numba.njit(cache=True, nogil=True, no_cfunc_wrapper=True)(function)
    except RuntimeError:
        return numba.njit(nogil=True, no_cfunc_wrapper=True)(function)
    _recompile_if_damaged(compiled)
    _stamp_with_callees(compiled, function)
    return compiled


def _stamp_with_callees(compiled: Any, function: Callable[..., Any]) -> None:  # noqa: ANN401 - numba has no types
    """Let cached code be out of date too where the file of a kernel that the function calls has changed."""
    named = (function.__globals__.get(name) for name in function.__code__.co_names)
    called = [one for one in named if isinstance(one, _Kernel) and one.function is not function]
    with suppress(Exception):
        # numba has no public way to the stamp by which it knows the file that code was compiled from.
        stamps = {part for one in (compiled, *called) for part in _stamps(one._cache._cache_file._source_stamp)}  # noqa: SLF001
        if len(stamps) > 1:
            compiled._cache._cache_file._source_stamp = (FILES, *sorted(stamps))  # noqa: SLF001


def _stamps(stamp: object) -> tuple[str, ...]:
    if isinstance(stamp, tuple) and stamp and stamp[0] == FILES:
        return tuple(map(str, stamp[1:]))
    return (str(stamp),)


def is_compiled(compiled: Callable[..., Any]) -> bool:
    """Return whether machine code of a kernel that is up to date is cached; True where that cannot be known."""
    with suppress(Exception):
        return bool(compiled._cache._cache_file._load_index())  # type: ignore[attr-defined] # noqa: SLF001
    return True


def kept_code(compiled: Callable[..., Any]) -> str:
    """Return the file that lists the machine code of a kernel; "" where none is kept."""
    with suppress(Exception):
        return str(compiled._cache._cache_file._index_path)  # type: ignore[attr-defined] # noqa: SLF001
    return ""


def _recompile_if_damaged(compiled: Any) -> None:  # noqa: ANN401 - numba has no types
    """Compile again if the cached machine code is damaged, instead of failing until it is deleted.

    numba reads the kernel's cache before it compiles and writes to it afterwards; both may raise whatever reading
    a torn pickle raises.
    """
    cache = compiled._cache  # noqa: SLF001 - numba has no public way to it
    load, save = cache.load_overload, cache.save_overload

    def load_or_compile(signature: object, context: object) -> object:
        try:
            return load(signature, context)
        except Exception as error:  # noqa: BLE001 - a torn file may raise anything
            LOG.warning(
                "compiled code of %s is damaged (%s); it is compiled anew", compiled.__name__, _type_name(error)
            )
            _clear_cache(cache)
            return None

    def save_or_go_on(signature: object, data: object) -> None:
        try:
            save(signature, data)
        except Exception:  # noqa: BLE001 - the index of the kept code may be the damaged file
            _clear_cache(cache)
            with suppress(Exception):
                save(signature, data)

    cache.load_overload, cache.save_overload = load_or_compile, save_or_go_on


def _clear_cache(cache: Any) -> None:  # noqa: ANN401 - numba has no types
    """Clear the cache of a kernel; if its folder is read-only, every process compiles."""
    with suppress(Exception):
        cache.flush()


def _type_name(error: Exception) -> str:
    return type(error).__name__


def _drop_odd_threads() -> None:
    """Remove an invalid number of threads from the environment: numba would end the process."""
    threads = os.environ.get(THREADS)
    if threads is None or "numba" in sys.modules:
        return
    if not re.fullmatch(r"\s*0*[1-9]\d{0,4}\s*", threads, re.ASCII):
        LOG.warning("%s=%s is no number of threads and is ignored", THREADS, threads)
        del os.environ[THREADS]


def thread_count() -> int:
    """Return the number of threads: ``NUMBA_NUM_THREADS``, else the processors that this process may use."""
    _drop_odd_threads()
    if "numba" in sys.modules:
        return min(int(import_module("numba").config.NUMBA_NUM_THREADS), MOST_THREADS)
    threads = os.environ.get(THREADS)
    available = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return min(int(threads) if threads else len(available), MOST_THREADS)


def map_chunks(work: Callable[[int, int], Result], count: int, *, at_least: int) -> list[Result]:
    """Call ``work(first, last)`` for chunks of ``range(count)`` and return the results in order.

    Every position is independent, so that the concatenated results do not depend on the chunks.

    Examples
    --------
    >>> map_chunks(lambda first, last: (first, last), 5, at_least=3)
    [(0, 3), (3, 5)]
    """
    size = max(at_least, -(-count // (thread_count() * CHUNKS_A_THREAD)))
    chunks = [(first, min(first + size, count)) for first in range(0, count, size)]
    if thread_count() == 1 or len(chunks) <= 1:
        return [work(*chunk) for chunk in chunks]
    with ThreadPoolExecutor(thread_count()) as pool:
        return list(pool.map(lambda chunk: work(*chunk), chunks))
