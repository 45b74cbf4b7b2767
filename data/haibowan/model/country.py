"""Outside the city: the trunk roads, five villages with crooked lanes, the railway and the lake."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from shapely import LineString, Point, union_all

from model.grid import Grid
from model.ground import Ground, Home
from model.plan import CROSSINGS, RAIL_COLUMN, SEED
from model.survey import Spot, between


@dataclass(frozen=True, slots=True)
class Village:
    """A village: its token, the middle of its main lane, the heading of that (degrees), its houses."""

    community: str
    middle: Spot
    heading: float
    houses: int


VILLAGES = (
    Village("Q4", (-1350.0, 4700.0), 12.0, 330),
    Village("Q5", (-1250.0, 7750.0), -20.0, 230),
    Village("Q6", (-1400.0, -4700.0), 28.0, 175),
    Village("Q7", (-100.0, -7700.0), -8.0, 390),
    Village("Q8", (2050.0, 7150.0), 55.0, 180),
)
HOUSE_GAP_M, LANE_GAP_M, LANE_MAX_M = 17.0, 62.0, 150.0
SETBACK_M, HOUSE_CLEAR_M = 13.0, 9.0
BACK_LANES, PLOTS_BUILT = 0.45, 0.93


def turn(village: Village, along: float, across: float) -> Spot:
    """Place a point given along and across a village's main lane."""
    heading = math.radians(village.heading)
    return (
        village.middle[0] + along * math.cos(heading) - across * math.sin(heading),
        village.middle[1] + along * math.sin(heading) + across * math.cos(heading),
    )


def build_village(ground: Ground, village: Village, number: int) -> list[Spot]:
    """Draw a main lane with crooked side lanes, houses along them; return the main lane."""
    rng = np.random.default_rng([SEED, 90, number])
    per_lane = 2 * (LANE_MAX_M * 0.8 // HOUSE_GAP_M)
    lanes = math.ceil(village.houses / (2 * per_lane)) + 1
    alongs = (np.arange(lanes) - (lanes - 1) / 2) * LANE_GAP_M + rng.uniform(-8.0, 8.0, lanes)
    main = [turn(village, along, rng.uniform(-9.0, 9.0)) for along in alongs]
    ground.pave("street", main, "村中路")
    tips: dict[int, tuple[int, Spot]] = {}
    left = village.houses
    for index, along in enumerate(alongs):
        for side in (-1, 1):
            length = rng.uniform(0.6, 1.0) * LANE_MAX_M
            tip = turn(village, along + rng.uniform(-9.0, 9.0), side * length)
            ground.pave("lane", (main[index], tip))
            left -= line_with_houses(ground, village, (main[index], tip), rng, left)
            # Now and then a back lane joins the ends of two neighbouring lanes, so that some loops close.
            if side in tips and tips[side][0] == index - 1 and rng.random() < BACK_LANES:
                ground.pave("lane", (tips[side][1], tip))
            tips[side] = (index, tip)
    clear_lanes(ground, village)
    return main


def clear_lanes(ground: Ground, village: Village) -> None:
    """Take away the houses that would stand on one of the village's lanes."""
    lanes = union_all([LineString(s.path) for s in ground.streets if s.kind in {"lane", "street"}])
    ground.homes = [
        home
        for home in ground.homes
        if home.community != village.community or lanes.distance(Point(home.middle)) > HOUSE_CLEAR_M
    ]


def line_with_houses(
    ground: Ground, village: Village, lane: tuple[Spot, Spot], rng: np.random.Generator, most: int
) -> int:
    """Stand small houses on both sides of a lane, at most so many; return how many."""
    (x0, y0), (x1, y1) = lane
    length = math.hypot(x1 - x0, y1 - y0)
    unit = ((x1 - x0) / length, (y1 - y0) / length)
    built = 0
    for along in np.arange(22.0, length - 4.0, HOUSE_GAP_M):
        for side in (-1, 1):
            if built < most and rng.random() < PLOTS_BUILT:
                off = side * (SETBACK_M + rng.uniform(-1.5, 1.5))
                middle = (x0 + along * unit[0] - off * unit[1], y0 + along * unit[1] + off * unit[0])
                width, depth, size = (float(rng.uniform(*ends)) for ends in ((9, 12), (7, 9), (0.7, 1.3)))
                angle = math.atan2(unit[1], unit[0])
                ground.homes.append(Home(village.community, middle, width, depth, size, angle))
                built += 1
    return built


def pave_country(ground: Ground, grids: dict[str, Grid]) -> dict[str, list[Spot]]:
    """Build the villages and the roads that tie them and the towns to the city; return the main lanes."""
    city, town, south = grids["city"], grids["town"], grids["south"]
    mains = {village.community: build_village(ground, village, n) for n, village in enumerate(VILLAGES)}
    fork_north, fork_south, fork_far = (-330.0, 4500.0), (-420.0, -4600.0), (-620.0, -6900.0)
    fork_hill = (1500.0, 6300.0)
    bottom, top = town.node(2, 2), town.node(2, 0)
    trunk = (city.node(4, 0), (-430.0, 3700.0), fork_north, (-260.0, 5200.0), bottom)
    ground.pave("arterial", trunk, "千里山大道")
    ground.pave("street", (fork_north, (-700.0, 4620.0), mains["Q4"][-1]), "新地路")
    ground.pave("street", (top, (-380.0, 6900.0), (-700.0, 7350.0), mains["Q5"][-1]), "新丰路")
    ground.pave("arterial", (city.node(4, 15), (-480.0, -3900.0), fork_south, south.node(1, 0)), "新和大道")
    ground.pave("street", (fork_south, (-800.0, -4560.0), mains["Q6"][-1]), "王元地路")
    ground.pave("street", (south.node(1, 2), fork_far, (-600.0, -7560.0), mains["Q7"][0]), "团结路")
    rail = rail_easting(city)
    ground.pave("street", (town.node(4, 1), (rail - 40.0, 6100.0)), "巴音路")
    ground.pave("crossing", ((rail - 40.0, 6100.0), (rail + 40.0, 6100.0)), "巴音路道口")
    ground.pave("street", ((rail + 40.0, 6100.0), fork_hill, mains["Q8"][0]), "巴音路")
    for row in CROSSINGS:
        ends = (city.node(RAIL_COLUMN, row), city.node(RAIL_COLUMN + 1, row))
        ground.pave("crossing", ends, city.row_names[row])
    return mains


def rail_easting(city: Grid) -> float:
    """Return the easting of the railway, in the middle of its strip."""
    return (city.columns[RAIL_COLUMN][0] + city.columns[RAIL_COLUMN + 1][0]) / 2


def lay_railway(city: Grid) -> list[Spot]:
    """Run the railway from south to north, past the last villages."""
    return [(rail_easting(city), float(north)) for north in np.arange(-8600.0, 8801.0, 150.0)]


def draw_lake(city: Grid) -> list[Spot]:
    """Outline the lake: a crooked east shore some way off the riverside road, a plain west shore."""
    rng = np.random.default_rng([SEED, 77])
    knots = [(-2350.0, 8800.0), (-2250.0, 5500.0), *(city.node(0, row) for row in range(len(city.rows)))]
    knots += [(-2300.0, -5500.0), (-2100.0, -8600.0)]
    shore: list[Spot] = []
    for start, end in pairwise(knots):
        steps = max(2, round(math.dist(start, end) / 110.0))
        for step in range(steps):
            east, north = between(start, end, step / steps)
            shore.append((east - 55.0 - float(rng.uniform(0.0, 45.0)), north))
    shore.append((knots[-1][0] - 70.0, knots[-1][1]))
    northings = [float(north) for north in np.arange(-8600.0, 8801.0, 400.0)]
    west = [(-4000.0 + 160.0 * math.sin(north / 1300.0), north) for north in northings]
    return [*shore, *west]
