"""What the drawing consists of, still in plan metres: streets, homes, walls and parks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from model.survey import Spot


@dataclass(frozen=True, slots=True)
class Street:
    """A walkable line; it meets another street only where both have the same vertex."""

    kind: str
    path: tuple[Spot, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """A residential building and how many people it holds beside its neighbours (`size`)."""

    community: str
    middle: Spot
    width: float
    depth: float
    size: float
    angle: float = 0.0


@dataclass(slots=True)
class Ground:
    """The drawing, filled block by block and village by village."""

    streets: list[Street] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    walls: list[tuple[Spot, ...]] = field(default_factory=list)
    parks: list[tuple[str, tuple[Spot, ...]]] = field(default_factory=list)
    stubs: dict[tuple[str, int, int, str], list[Spot]] = field(default_factory=dict)
    """Where the inner lanes of a walled block end: (grid, row, column, side) → places."""

    def pave(self, kind: str, path: Sequence[Spot], name: str | None = None) -> None:
        """Add a street as one line."""
        self.streets.append(Street(kind, tuple(path), name))

    def pave_pieces(self, kind: str, path: Sequence[Spot]) -> None:
        """Add a lane as one line between each two junctions, the way inner lanes come in real data."""
        for start, end in pairwise(path):
            self.pave(kind, (start, end))
