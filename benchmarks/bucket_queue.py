"""The C++ reference: compiled when it is needed, called through ctypes."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.network.network import WalkingNetwork
from planner.network.walk import FloatArray, IndexArray

SOURCE = Path(__file__).with_name("bucket_queue.cpp")
UNITS_A_METRE = 50_000
"""Lengths are whole numbers of 1/50 mm: coarser, and the rounding of a hundred edges would exceed the millimetre
to which the answers are compared; finer, and 32 bits would not hold 40 km."""
BUCKET_BITS = 19
"""A bucket is 2¹⁹ units or 10.5 m wide, which is about the best on the streets measured here."""


Units = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search found, as the reference leaves it: how many nodes of each source, and the nodes in turn."""

    count: IndexArray
    node: Units
    far: Units

    def pairs(self) -> tuple[IndexArray, IndexArray, FloatArray]:
        """Return the source (by position), node and metres of every pair."""
        source = np.repeat(np.arange(len(self.count)), self.count)
        return source, self.node.astype(np.int64), self.far / UNITS_A_METRE


class BucketQueue:
    """Shortest paths by the C++ reference on one network.

    Attributes
    ----------
    room
        Pairs that the answer of a search may have; grows by itself.
    """

    def __init__(self, network: WalkingNetwork) -> None:
        self._compiled = _library()
        n_nodes = len(network.node_xy)
        begin, end = network.edge_nodes.T
        order = np.argsort(np.concatenate([begin, end]), kind="stable")
        length = np.rint(network.edge_m * UNITS_A_METRE).astype(np.int32)
        self._arcs = np.ascontiguousarray(
            np.column_stack([np.concatenate([end, begin]), np.tile(length, 2)])[order].astype(np.int32)
        )
        counts = np.bincount(np.concatenate([begin, end]), minlength=n_nodes)
        self._first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self._n_nodes = n_nodes
        spanned = (int(length.max(initial=1)) >> BUCKET_BITS) + 2
        self._buckets = 1 << (spanned - 1).bit_length()
        self.room = 1 << 16

    def search(self, sources: IndexArray, reach_m: float) -> Found:
        """Find every node within reach of each source."""
        start = sources.astype(np.int32)
        while True:
            count = np.empty(len(start), dtype=np.int64)
            node, far = np.empty(self.room, dtype=np.int32), np.empty(self.room, dtype=np.int32)
            found = self._compiled.search_each(
                *self._graph(),
                *_array(start),
                round(reach_m * UNITS_A_METRE),
                BUCKET_BITS,
                self._buckets,
                ctypes.c_int64(self.room),
                *(array.ctypes.data_as(ctypes.c_void_p) for array in (count, node, far)),
            )
            if found >= 0:
                break
            self.room *= 2
        return Found(count, node[:found], far[:found])

    def nearest(self, sources: IndexArray) -> tuple[Units, Units]:
        """Return each node's distance to its nearest source, and that source's position (-1: none)."""
        start = sources.astype(np.int32)
        far, origin = np.empty(self._n_nodes, dtype=np.int32), np.empty(self._n_nodes, dtype=np.int32)
        self._compiled.nearest(
            *self._graph(),
            *_array(start),
            BUCKET_BITS,
            self._buckets,
            *(array.ctypes.data_as(ctypes.c_void_p) for array in (far, origin)),
        )
        return far, origin

    def _graph(self) -> tuple[Any, ...]:
        pointers = (array.ctypes.data_as(ctypes.c_void_p) for array in (self._first, self._arcs))
        return (self._n_nodes, *pointers)


def metres_of(nearest: tuple[Units, Units]) -> FloatArray:
    """Return the metres of what `BucketQueue.nearest` found; `inf` where there is no source."""
    far, origin = nearest
    return np.where(origin >= 0, far / UNITS_A_METRE, np.inf)


def has_compiler() -> bool:
    """Tell whether the reference can be compiled here."""
    return shutil.which("g++") is not None


def _array(values: np.ndarray[Any, Any]) -> tuple[int, Any]:
    return len(values), values.ctypes.data_as(ctypes.c_void_p)


def _library() -> ctypes.CDLL:
    """Compile into a folder that lasts as long as the library is being loaded."""
    compiler = shutil.which("g++")
    if compiler is None:
        raise FileNotFoundError("g++")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "bucket_queue.so")
        command = [compiler, "-O3", "-std=c++17", "-shared", "-fPIC", str(SOURCE), "-o", str(library)]
        subprocess.run(command, check=True)  # noqa: S603 -- the compiler of this machine on a file of this folder
        loaded = ctypes.CDLL(str(library))
    search: Callable[..., int] = loaded.search_each
    search.restype = ctypes.c_int64  # type: ignore[attr-defined]
    loaded.nearest.restype = None
    return loaded
