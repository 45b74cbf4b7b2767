"""Shops, offices and enterprises: business quarters around the report's stations, two more, and corner shops."""

from dataclasses import dataclass

import numpy as np

from model.grid import Cell
from model.plan import SEED
from model.survey import Spot

Stretch = tuple[int, int, str, float, float]
"""A side of a block with shops on it: row, column, side, from which share of it to which."""


@dataclass(frozen=True, slots=True)
class Place:
    """One shop, office or enterprise, in plan metres; jobs only where a table would have them."""

    name: str | None
    kind: str
    jobs: float | None
    place: Spot


@dataclass(frozen=True, slots=True)
class Quarter:
    """A business quarter: its great place, with its jobs, and the sides of blocks along which shops stand."""

    landmark: str | None
    kind: str
    jobs: float | None
    grid: str
    stretches: tuple[Stretch, ...]
    apart_m: float


QUARTERS = (
    Quarter("人民路百货", "百货商场", 260.0, "city", ((6, 4, "e", 0.1, 0.8), (6, 5, "w", 0.1, 0.75)), 11.0),
    Quarter("新华购物中心", "购物中心", 310.0, "city", ((7, 5, "s", 0.25, 0.95), (8, 5, "n", 0.3, 0.9)), 11.0),
    Quarter("海北商场", "商场", 120.0, "city", ((1, 3, "s", 0.2, 0.8), (2, 3, "n", 0.25, 0.75)), 14.0),
    Quarter("湖滨商场", "商场", 150.0, "city", ((8, 0, "e", 0.15, 0.75), (8, 1, "w", 0.2, 0.7)), 13.0),
    Quarter("车站市场", "综合市场", 90.0, "city", ((5, 6, "e", 0.05, 0.7),), 12.0),
    Quarter("林荫超市", "超市", 70.0, "city", ((12, 3, "e", 0.2, 0.85), (12, 4, "w", 0.25, 0.8)), 15.0),
    Quarter(None, "商铺", None, "city", ((3, 8, "e", 0.15, 0.8), (3, 9, "w", 0.3, 0.7)), 16.0),
    Quarter(None, "商铺", None, "town", ((0, 1, "e", 0.1, 0.9), (0, 2, "w", 0.2, 0.8)), 18.0),
)
"""The first six have a station of the report beside them; the last two have none."""

KINDS = ("商铺", "餐饮", "生活服务", "公司", "银行", "宾馆", "药店")
SHARES = (0.42, 0.22, 0.14, 0.10, 0.04, 0.03, 0.05)
PAVEMENT_M = (15.0, 24.0)
"""From the middle of the street to a shop's door: in front of the wall of a compound."""
CORNER_SHOPS = 1.6
"""Shops outside the quarters, on average a block: too few for a circle."""


def open_shops(cells: list[Cell]) -> list[Place]:
    """Open the shops of every quarter, then a few here and there."""
    rng = np.random.default_rng([SEED, 440])
    at = {(cell.grid, cell.row, cell.column): cell for cell in cells}
    places: list[Place] = []
    for quarter in QUARTERS:
        places += fill_quarter(quarter, at, rng)
    for cell in cells:
        for _ in range(int(rng.poisson(CORNER_SHOPS))):
            side = str(rng.choice(["w", "s", "e", "n"]))
            spot = cell.beside(side, float(rng.uniform(0.08, 0.92)), float(rng.uniform(*PAVEMENT_M)))
            places.append(Place(None, str(rng.choice(KINDS[:3])), None, spot))
    return places


def fill_quarter(quarter: Quarter, at: dict[tuple[str, int, int], Cell], rng: np.random.Generator) -> list[Place]:
    """Stand shops along the sides of blocks of a quarter, its great place in the middle of the first."""
    places = []
    for row, column, side, start, end in quarter.stretches:
        cell = at[quarter.grid, row, column]
        count = max(1, round(cell.edges[side].length() * (end - start) / quarter.apart_m))
        for number in range(count):
            share = start + (end - start) * (number + float(rng.uniform(0.2, 0.8))) / count
            spot = cell.beside(side, share, float(rng.uniform(*PAVEMENT_M)))
            places.append(Place(None, str(rng.choice(KINDS, p=SHARES)), None, spot))
    if quarter.landmark:
        row, column, side, start, end = quarter.stretches[0]
        spot = at[quarter.grid, row, column].beside(side, (start + end) / 2, PAVEMENT_M[1])
        places.append(Place(quarter.landmark, quarter.kind, quarter.jobs, spot))
    return places
