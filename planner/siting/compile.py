"""The kernels of walking and of siting, compiled side by side before they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

from planner.cache import Cache
from planner.io.second_process import start_in_process
from planner.network.compile import is_compiled, kept_code
from planner.network.isochrones.outline_kernels import outline_unions
from planner.network.isochrones.visibility_region_kernels import draw_visible_regions
from planner.network.walker import compile_areas, compile_kernels
from planner.siting.solvers.location_bnb import compile_solvers


@contextmanager
def start_compiling_once(cache: Cache, *, barriers: bool, siting: bool) -> Iterator[Callable[[], None]]:
    """Do as `start_compiling` does, unless the cache knows that all is compiled and the machine code is there.

    Kernels are then loaded when they are first called, and those that a run does not need are not.
    """
    known = ("kernels", (barriers, siting, version("numba")))
    kept: list[str] = cache.get(*known, list) if cache.holds(*known) else [""]
    if all(Path(file).is_file() for file in kept):
        yield lambda: None
        return
    with start_compiling(barriers=barriers, siting=siting) as compile_rest:
        yield compile_rest
    kernels = (outline_unions, *((draw_visible_regions,) if barriers else ()))
    cache.get(*known, lambda: [kept_code(kernel) for kernel in kernels])


@contextmanager
def start_compiling(*, barriers: bool, siting: bool) -> Iterator[Callable[[], None]]:
    """Begin to compile what is not cached on this machine; what is yielded compiles the rest, and waits.

    Two processes each compile about half: the second one what draws service areas.

    Parameters
    ----------
    barriers, siting
        Whether the kernels of networks with barriers, and of the siting models, are needed.
    """

    def compile_rest(areas: Callable[[], object] | None = None) -> None:
        if siting:
            compile_solvers()
        compile_kernels(barriers=barriers, areas=areas)

    if is_compiled(outline_unions) and (is_compiled(draw_visible_regions) or not barriers):
        yield compile_rest
        return
    with start_in_process(compile_areas, barriers) as wait:
        yield partial(compile_rest, wait)
