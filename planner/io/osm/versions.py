"""What a file says of its objects, by number: which are there several times, and which are not there at all."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium import osm


@dataclass(slots=True)
class Ledger:
    """The objects of a file in its order.

    Attributes
    ----------
    kinds, ids, versions, alive
        Node (0), way (1) or relation (2); the id; the version, 0 where none is given; whether it is there.
    located
        Whether ways say themselves where they run.
    """

    kinds: array[int] = field(default_factory=lambda: array("b"))
    ids: array[int] = field(default_factory=lambda: array("q"))
    versions: array[int] = field(default_factory=lambda: array("q"))
    alive: array[int] = field(default_factory=lambda: array("b"))
    located: bool = False

    def add(self, kind: int, number: int, version: int, *, alive: bool) -> None:
        """Note one object."""
        self.kinds.append(kind)
        self.ids.append(number)
        self.versions.append(version)
        self.alive.append(alive)

    def newest(self) -> NDArray[np.bool_]:
        """Tell which objects are the newest version, of equal ones the last, shape (objects,).

        Examples
        --------
        >>> ledger = Ledger()
        >>> for version in (1, 3, 2):
        ...     ledger.add(1, 7, version, alive=True)
        >>> ledger.newest().tolist()
        [False, True, False]
        """
        kinds, ids = np.asarray(self.kinds), np.asarray(self.ids)
        order = np.lexsort((np.asarray(self.versions), ids, kinds))
        follows = (kinds[order][1:] == kinds[order][:-1]) & (ids[order][1:] == ids[order][:-1])
        newest = np.ones(len(ids), dtype=bool)
        newest[order[:-1][follows]] = False
        return newest

    def there(self) -> NDArray[np.bool_]:
        """Tell which objects are the newest version and visible, shape (objects,)."""
        return np.asarray(self.newest() & np.asarray(self.alive, dtype=bool), dtype=bool)

    def count(self, kind: int) -> int:
        """Return how many objects of a kind the file holds."""
        return self.kinds.count(kind)

    def is_plain(self) -> bool:
        """Tell whether the readers can take the file as it stands."""
        return not self.located and bool(self.there().all())


def look_through_pbf(path: Path) -> Ledger:
    """Return what an extract says of its objects."""
    ledger = Ledger()
    for number, kind in enumerate((osm.NODE, osm.WAY, osm.RELATION)):
        for found in osmium.FileProcessor(path, kind):
            if isinstance(found, osm.types.OSMObject):
                ledger.add(number, found.id, found.version, alive=found.visible)
            if not ledger.located and isinstance(found, osm.types.Way):
                ledger.located = any(node.location.valid() for node in found.nodes)
    return ledger
