"""The same areas as in `polygons`, with two threads."""

from __future__ import annotations

from benchmarks.polygons import two_threads

tables = two_threads
