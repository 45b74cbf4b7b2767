"""Inside a superblock: gated compounds, open blocks with lanes, parks."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from shapely import LineString, box, union_all

from model.grid import SIDES, Cell
from model.ground import Ground, Home
from model.plan import BACK_COMPOUNDS, COMPOUNDS, CORE, OPEN_BLOCKS, PARKS, SEED
from model.survey import Spot

Bounds: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north."""

WALL_M = 32.0
"""From the middle of an arterial to the wall of a compound.

The first homes then stand more than 50 m from the arterial, so that nobody is taken to walk through the wall.
"""
STUB_M = 30.0
"""Inner lanes end this far from the wall, out of reach of the neighbours behind it."""
SLAB_DEPTH_M = 14.0
FRONT_AND_REAR = 2
ALLEYS_KEPT = 0.85
TWO_GATES = {1: 0.85, 2: 0.5, 4: 0.25}
"""How often a compound has a second gate, by the number of compounds in the block."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Lanes (northings), spines (eastings) and rows of buildings (northings) of a plot."""

    west: float
    south: float
    east: float
    north: float
    lanes: list[float]
    spines: list[float]
    rows: list[float]

    def lane_ends(self) -> tuple[float, float]:
        """Return the eastings at which the lanes of a walled plot end."""
        return (
            min(self.west + STUB_M, self.spines[0]),
            max(self.east - STUB_M, self.spines[-1]),
        )


def lay_lattice(bounds: Bounds, pitch: float, spine_gap: float, shift: float) -> Lattice:
    """Divide a plot into pairs of building rows with a lane inside each pair, as south-facing slabs stand."""
    west, south, east, north = bounds
    pairs = max(1, round((north - south) / (2 * pitch)))
    depth = (north - south) / (2 * pairs)
    count = max(1, round((east - west) / spine_gap))
    return Lattice(
        *bounds,
        lanes=[south + depth * (2 * pair + 1) for pair in range(pairs)],
        spines=[west + (east - west) * (spine + 0.5) / count + shift for spine in range(count)],
        rows=[south + depth * (row + 0.5) for row in range(2 * pairs)],
    )


def build_rows(
    ground: Ground, cell: Cell, lattice: Lattice, rng: np.random.Generator, *, slab: float, kept: float
) -> None:
    """Stand slabs in every row, leaving the spines free; `kept` is the share of the places built on."""
    height = tallness(cell) * rng.uniform(0.8, 1.25)
    cuts = [lattice.west - 4.0, *lattice.spines, lattice.east + 4.0]
    for north in lattice.rows:
        for left, right in pairwise(cuts):
            room = right - left - 16.0
            if room < slab / 2:
                continue
            count = max(1, round(room / (slab + 12.0)))
            width = min((room - 12.0 * (count - 1)) / count, 1.3 * slab)
            step = (room + 12.0) / count
            for place in range(count):
                middle = (left + 8.0 + step * (place + 0.5) - 6.0, north + rng.uniform(-2.0, 2.0))
                size = width * height * rng.uniform(0.7, 1.3)
                built = round(width - rng.uniform(0.0, 6.0), 1)
                if rng.random() < kept:
                    ground.homes.append(Home(cell.community, middle, built, SLAB_DEPTH_M, size))


def tallness(cell: Cell) -> float:
    """Return storeys, from 18 in the middle of the city to 6 at its edges and in the towns."""
    if cell.grid != "city":
        return 6.0
    west, south, east, north = cell.inner()
    away = np.hypot((west + east) / 2 + 300.0, (south + north) / 2)
    return float(np.clip(18.0 - away / 260.0, 6.0, 18.0))


def pave_compound(ground: Ground, lattice: Lattice) -> None:
    """Pave the inner lanes of a compound; nothing here touches a public street."""
    start, end = lattice.lane_ends()
    for north in lattice.lanes:
        eastings = sorted({start, *lattice.spines, end})
        ground.pave_pieces("compound", [(east, north) for east in eastings])
    for east in lattice.spines:
        ground.pave_pieces("compound", [(east, north) for north in lattice.lanes])


def open_gate(ground: Ground, cell: Cell, lattice: Lattice, side: str, rng: np.random.Generator) -> LineString:
    """Join a compound to the arterial on one side and return the way through the gate."""
    if side in "ns":
        east = float(rng.choice(lattice.spines))
        inside = (east, lattice.lanes[-1] if side == "n" else lattice.lanes[0])
        door = cell.edges[side].open_door(east=east)
    else:
        north = float(rng.choice(lattice.lanes))
        inside = (lattice.lane_ends()[0 if side == "w" else 1], north)
        door = cell.edges[side].open_door(north=north)
    ground.pave("compound", (inside, door))
    return LineString((inside, door))


def raise_wall(ground: Ground, lattice: Lattice, ways_in: list[LineString]) -> None:
    """Wall a compound around, with a gap at each gate."""
    ring = box(lattice.west, lattice.south, lattice.east, lattice.north).exterior
    ground.walls += open_wall(LineString(ring), ways_in)


def open_wall(wall: LineString, ways_in: list[LineString]) -> list[tuple[Spot, ...]]:
    """Cut a gap of ten metres into a wall wherever a way passes."""
    left = wall.difference(union_all([way.buffer(5.0) for way in ways_in]))
    return [tuple((x, y) for x, y in part.coords) for part in getattr(left, "geoms", [left])]


def split_block(bounds: Bounds, parts: int) -> list[tuple[Bounds, str]]:
    """Divide a walled block among compounds; each comes with the sides on which it may have a gate."""
    west, south, east, north = bounds
    middle_east, middle_north = (west + east) / 2, (south + north) / 2
    if parts == 1:
        return [(bounds, "wsen")]
    if parts == FRONT_AND_REAR:
        return [((west, south, east, middle_north), "wse"), ((west, middle_north, east, north), "wen")]
    return [
        ((west, south, middle_east, middle_north), "ws"),
        ((middle_east, south, east, middle_north), "se"),
        ((west, middle_north, middle_east, north), "wn"),
        ((middle_east, middle_north, east, north), "en"),
    ]


def build_compounds(ground: Ground, cell: Cell, parts: int, rng: np.random.Generator) -> None:
    """Fill a superblock with gated compounds: each has one gate or two, the larger more often two."""
    # The homes have dice of their own, so that the streets stay when the building rules change.
    (masons,) = rng.spawn(1)
    west, south, east, north = cell.inner()
    bounds = (west + WALL_M, south + WALL_M, east - WALL_M, north - WALL_M)
    shift = float(rng.uniform(-8.0, 8.0))
    behind = (cell.grid, cell.row, cell.column) in BACK_COMPOUNDS
    front: Lattice | None = None
    ways: list[LineString] = []
    plots: list[Lattice] = []
    for plot, sides in split_block(bounds, FRONT_AND_REAR if behind else parts):
        lattice = lay_lattice(plot, 46.0, 150.0, shift)
        pave_compound(ground, lattice)
        build_rows(ground, cell, lattice, masons, slab=44.0, kept=0.93)
        if behind and front is not None:
            # The rear compound of a dead end: its only way out is the front compound's lane.
            way = ((front.spines[0], front.lanes[-1]), (lattice.spines[0], lattice.lanes[0]))
            ground.pave("compound", way)
            ways.append(LineString(way))
        else:
            two = rng.random() < TWO_GATES[parts]
            gates = rng.choice(list(sides), size=2 if two else 1, replace=False)
            ways += [open_gate(ground, cell, lattice, str(side), rng) for side in gates]
        plots.append(lattice)
        front = lattice
        for side, end in zip("we", lattice.lane_ends(), strict=True):
            if side in sides:
                ends = ground.stubs.setdefault((cell.grid, cell.row, cell.column, side), [])
                ends.extend((end, lane) for lane in lattice.lanes)
    for lattice in plots:
        raise_wall(ground, lattice, ways)


def build_open_block(ground: Ground, cell: Cell, rng: np.random.Generator, *, kept: float) -> None:
    """Fill a superblock with lanes that open on all four sides, and older, shorter buildings."""
    (masons,) = rng.spawn(1)
    west, south, east, north = cell.inner()
    margin = 38.0
    bounds = (west + margin, south + margin, east - margin, north - margin)
    lattice = lay_lattice(bounds, float(rng.uniform(38.0, 44.0)), 118.0, float(rng.uniform(-8.0, 8.0)))
    for lane in lattice.lanes:
        doors = [cell.edges[side].open_door(north=lane) for side in "we"]
        ground.pave_pieces("lane", [doors[0], *((spine, lane) for spine in lattice.spines), doors[1]])
    for number, spine in enumerate(lattice.spines):
        kind = "street" if number == len(lattice.spines) // 2 else "lane"
        doors = [cell.edges[side].open_door(east=spine) for side in "sn"]
        path = [doors[0], *((spine, lane) for lane in lattice.lanes), doors[1]]
        for start, end in pairwise(path):
            # Some alleys were built over; the lanes across keep the block connected.
            if kind == "street" or rng.random() < ALLEYS_KEPT:
                ground.pave(kind, (start, end))
    build_rows(ground, cell, lattice, masons, slab=32.0, kept=kept)


def build_park(ground: Ground, cell: Cell, name: str) -> None:
    """Lay out a park: two crossing walks and, round the pond of the first, a path that joins nothing."""
    west, south, east, north = cell.inner()
    frame = (west + 20.0, south + 20.0, east - 20.0, north - 20.0)
    ground.parks.append((name, tuple((x, y) for x, y in box(*frame).exterior.coords)))
    middle: Spot = ((west + east) / 2, (south + north) / 2)
    for side in SIDES:
        edge = cell.edges[side]
        door = edge.open_door(north=middle[1]) if side in "we" else edge.open_door(east=middle[0])
        ground.pave("path", (middle, door))
    if name == "人民公园":
        pond = [(west + 60.0, south + 60.0), (west + 130.0, south + 60.0), (west + 130.0, south + 120.0)]
        ground.pave("path", [*pond, (west + 60.0, south + 120.0), pond[0]], "湖心小径")


def build_block(ground: Ground, cell: Cell) -> None:
    """Choose what a superblock holds and build it.

    Each block throws its own dice, so that an edit to one leaves the others alone.
    """
    key = (cell.grid, cell.row, cell.column)
    rng = np.random.default_rng([SEED, len(cell.grid), cell.row, cell.column])
    parts = int(rng.choice([1, 2, 4], p=[0.4, 0.4, 0.2]))
    walled = rng.random() < (0.55 if cell.grid == "city" else 0.25)
    if key in PARKS:
        build_park(ground, cell, PARKS[key])
    elif key in CORE:
        build_open_block(ground, cell, rng, kept=0.4)
    elif key in COMPOUNDS or key in BACK_COMPOUNDS or (walled and key not in OPEN_BLOCKS):
        build_compounds(ground, cell, COMPOUNDS.get(key, parts), rng)
    else:
        build_open_block(ground, cell, rng, kept=0.9)


def hang_footbridge(ground: Ground, west: list[Spot], east: list[Spot]) -> None:
    """Join two facing compounds by a bridge over the arterial: the lines cross but share no vertex."""
    start, end = min(
        ((one, other) for one in west for other in east), key=lambda pair: abs(pair[0][1] - pair[1][1])
    )
    ground.pave("path", (start, end), "建设路天桥")
    bridge = [LineString((start, end))]
    ground.walls = [part for wall in ground.walls for part in open_wall(LineString(wall), bridge)]
