"""The arterial grid: cells drawn as text, edges that collect the doors of the blocks beside them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from model.ground import Ground
from model.survey import Spot, between

SIDES = ("w", "s", "e", "n")


@dataclass(slots=True)
class Edge:
    """One arterial between two crossings, with the places where blocks open on it."""

    start: Spot
    end: Spot
    kind: str
    name: str | None
    doors: set[Spot] = field(default_factory=set)

    def open_door(self, *, east: float | None = None, north: float | None = None) -> Spot:
        """Put a junction on the edge at this easting (an east–west edge) or northing."""
        if east is not None:
            share = (east - self.start[0]) / (self.end[0] - self.start[0])
        elif north is not None:
            share = (north - self.start[1]) / (self.end[1] - self.start[1])
        else:
            share = 0.5
        door = between(self.start, self.end, share)
        self.doors.add(door)
        return door

    def length(self) -> float:
        """Return the length in metres."""
        return math.dist(self.start, self.end)

    def share_of(self, door: Spot) -> float:
        """Return how far along the edge a door is, 0 at the start and 1 at the end."""
        return math.dist(self.start, door) / self.length()

    def path(self) -> list[Spot]:
        """List start, doors and end in walking order."""
        return [self.start, *sorted(self.doors, key=self.share_of), self.end]


@dataclass(frozen=True, slots=True)
class Cell:
    """One superblock: the community that it belongs to, its corners and the edge on each side."""

    grid: str
    row: int
    column: int
    community: str
    corners: tuple[Spot, Spot, Spot, Spot]
    edges: dict[str, Edge]

    def inner(self) -> tuple[float, float, float, float]:
        """Return the largest upright rectangle inside: west, south, east, north."""
        south_west, south_east, north_east, north_west = self.corners
        return (
            max(south_west[0], north_west[0]),
            max(south_west[1], south_east[1]),
            min(south_east[0], north_east[0]),
            min(north_west[1], north_east[1]),
        )

    def beside(self, side: str, share: float, inward: float) -> Spot:
        """Stand beside the street on one side of the block, `inward` metres from its middle line."""
        edge = self.edges[side]
        east, north = between(edge.start, edge.end, share)
        step_east, step_north = {"w": (1, 0), "e": (-1, 0), "s": (0, 1), "n": (0, -1)}[side]
        return (east + inward * step_east, north + inward * step_north)


@dataclass(slots=True)
class Grid:
    """A part of town laid out on crossing lines.

    `columns` are the eastings of the north–south lines, at each row line because the lake shore is crooked;
    `rows` the northings of the east–west lines from north to south;
    `plan` the community of each block, "." for none.
    """

    name: str
    columns: list[list[float]]
    rows: list[float]
    plan: list[list[str]]
    row_names: list[str]
    column_names: list[str]
    rail_column: int | None = None
    edges: dict[tuple[str, int, int], Edge] = field(default_factory=dict)

    def node(self, line: int, row: int) -> Spot:
        """Return the crossing of a north–south line and an east–west line."""
        return (self.columns[line][row], self.rows[row])

    def west_line(self, column: int) -> int:
        """Return the line west of a column of blocks; the railway takes a strip between two lines."""
        return column + int(self.rail_column is not None and column >= self.rail_column)

    def edge(self, direction: str, line: int, row: int) -> Edge:
        """Return the edge that runs east ("h") or south ("v") from a crossing, made at first use."""
        key = (direction, line, row)
        if key not in self.edges:
            along = direction == "h"
            end = self.node(line + 1, row) if along else self.node(line, row + 1)
            name = self.row_names[row] if along else self.column_names[line]
            if name == "黄河街":
                name = "黄河西街" if line < len(self.columns) // 2 else "黄河东街"
            kind = "street" if name.startswith("铁") else "arterial"
            self.edges[key] = Edge(self.node(line, row), end, kind, name)
        return self.edges[key]

    def cells(self) -> Iterator[Cell]:
        """Go through the blocks from the north-west to the south-east."""
        for row, line_of_plan in enumerate(self.plan):
            for column, community in enumerate(line_of_plan):
                if community == ".":
                    continue
                west = self.west_line(column)
                corners = (
                    self.node(west, row + 1),
                    self.node(west + 1, row + 1),
                    self.node(west + 1, row),
                    self.node(west, row),
                )
                edges = {
                    "w": self.edge("v", west, row),
                    "e": self.edge("v", west + 1, row),
                    "n": self.edge("h", west, row),
                    "s": self.edge("h", west, row + 1),
                }
                yield Cell(self.name, row, column, community, corners, edges)

    def pave(self, ground: Ground) -> None:
        """Add the arterials to the drawing, once every block has opened its doors."""
        for edge in self.edges.values():
            ground.pave(edge.kind, edge.path(), edge.name)
