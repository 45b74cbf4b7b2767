"""How kernels are compiled, cached and spread over threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
Result = TypeVar("Result")

CHUNKS_A_THREAD = 4
"""More chunks than threads, so that one slow chunk does not keep the others waiting."""


def kernel(function: Function) -> Function:
    """Compile a function at its first call; it then runs without the interpreter's lock.

    The machine code is kept for the next process: in the folder that ``NUMBA_CACHE_DIR`` names, else beside the
    source, else, where that is read-only, in the user's own cache folder. Where none of them can be written
    either, the code is compiled anew in every process, and nothing else changes.

    A cached kernel notices that its own file has changed, but not that of a kernel which it calls: kernels that
    call each other across files are only those that seldom change.
    """
    numba: Any = import_module("numba")
    compiled: Function
    try:
        compiled = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        compiled = numba.njit(nogil=True)(function)
    return compiled


def threads() -> int:
    """Return how many threads to use: ``NUMBA_NUM_THREADS``, else the processors that this process may use."""
    return int(import_module("numba").config.NUMBA_NUM_THREADS)


def in_chunks(work: Callable[[int, int], Result], count: int, *, at_least: int) -> list[Result]:
    """Call ``work(first, last)`` for chunks of ``range(count)`` and return the results in their order.

    Every position is worked on by itself, so that the results joined together do not depend on the chunks.

    Examples
    --------
    >>> in_chunks(lambda first, last: (first, last), 5, at_least=3)
    [(0, 3), (3, 5)]
    """
    size = max(at_least, -(-count // (threads() * CHUNKS_A_THREAD)))
    chunks = [(first, min(first + size, count)) for first in range(0, count, size)]
    if threads() == 1 or len(chunks) <= 1:
        return [work(*chunk) for chunk in chunks]
    with ThreadPoolExecutor(threads()) as pool:
        return list(pool.map(lambda chunk: work(*chunk), chunks))
