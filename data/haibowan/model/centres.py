"""The service centres: 1 district, 7 street and town, 40 community and village, 10 stations."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.grid import Cell
from model.ground import Ground
from model.plan import SEED
from model.survey import Spot

NO_PREMISES = {"B5", "L5"}
"""The two newest communities, at the edge of the city, have no premises yet."""

FEW_METRES = {"H2": 24.0, "H6": 17.5, "X1": 21.0, "X4": 14.0, "X6": 26.5, "F2": 19.0, "L1": 15.5, "B2": 27.5}
"""Eight communities whose premises are too small: square metres per 100 households."""

WELL_PLACED: dict[str, tuple[int, int, str, float]] = {
    "F1": (4, 8, "e", 0.827),
    "F2": (7, 7, "e", 0.35),
    "F3": (7, 9, "n", 0.324),
    "F4": (8, 8, "s", 0.519),
    "F5": (10, 9, "w", 0.198),
    "H1": (1, 2, "e", 0.52),
    "H2": (1, 4, "s", 0.503),
    "H3": (2, 5, "n", 0.511),
    "H5": (2, 8, "s", 0.322),
    "H6": (2, 4, "e", 0.836),
    "H8": (3, 3, "w", 0.842),
    "X1": (4, 3, "s", 0.783),
    "X2": (4, 5, "s", 0.509),
    "X3": (6, 3, "s", 0.254),
    "X4": (6, 6, "w", 0.628),
    "X5": (8, 4, "s", 0.51),
    "X6": (8, 6, "w", 0.829),
    "W1": (4, 0, "e", 0.827),
    "W3": (7, 1, "w", 0.519),
    "W4": (9, 1, "n", 0.734),
    "B1": (10, 1, "w", 0.852),
    "B2": (11, 2, "e", 0.624),
    "B3": (12, 0, "s", 0.535),
    "B4": (12, 2, "s", 0.718),
    "L1": (10, 5, "w", 0.852),
    "L2": (13, 4, "n", 0.236),
    "L3": (12, 5, "e", 0.84),
    "L4": (14, 4, "s", 0.332),
    "Q1": (1, 0, "n", 0.707),
    "Q2": (0, 3, "s", 0.725),
    "Q3": (1, 1, "n", 0.308),
}  # fmt: skip
"""The others stand beside a gate or lane mouth near the middle: row, column, side, share along it."""

BADLY_PLACED: dict[str, tuple[int, int, str, int]] = {
    "W2": (4, 2, "w", -1),
    "F6": (10, 7, "w", -1),
    "H4": (2, 0, "w", -1),
    "H7": (0, 8, "e", -1),
}
"""Four whose premises stand deep in a compound at the wrong end: row, column, side, which lane."""

PREMIUM = {"F1", "F4", "H1", "H3", "H5", "X2", "X3", "X5", "W1", "W4", "B1", "B3", "L2", "L3"}
"""Fourteen large premises."""

RANGE_M2 = (305, 2000)
"""The smallest and the largest urban premises."""
FUNCTIONS = ("便民服务厅", "党员活动室", "议事协商室", "图书阅览室", "老年人日间照料室", "儿童之家", "矛盾调解室")
WITHOUT_MEDIATION = {"L4"}
"""The one of 35 that falls short of the standardisation indicators."""
OPEN_DAILY = {"F1", "H1", "H5", "X3", "W1", "B1", "L2"}
"""The seven of 35 that are excellent by them: open eight hours on seven days, the others on five."""

VILLAGE_M2 = {"Q4": 310.0, "Q5": 250.0, "Q6": 215.0, "Q7": 380.0, "Q8": 220.0}


@dataclass(frozen=True, slots=True)
class Centre:
    """One service centre, in plan metres."""

    id: str
    name: str
    tier: str
    community: str
    floor_area_m2: float
    site_kind: str
    place: Spot
    premium: bool = False
    functions: str | None = None
    open_hours_week: float | None = None


UPPER = (
    ("D01", "海勃湾区党群服务中心", "district", "city", 7, 3, "n", 0.3, 3600.0),
    ("T01", "凤凰岭街道党群服务中心", "town", "city", 7, 8, "n", 0.4, 1150.0),
    ("T02", "海北街道党群服务中心", "town", "city", 2, 4, "w", 0.6, 1320.0),
    ("T03", "新华街道党群服务中心", "town", "city", 8, 4, "s", 0.7, 1240.0),
    ("T04", "新华西街道党群服务中心", "town", "city", 7, 1, "e", 0.5, 980.0),
    ("T05", "滨河街道党群服务中心", "town", "city", 11, 1, "s", 0.6, 1410.0),
    ("T06", "林荫街道党群服务中心", "town", "city", 13, 4, "n", 0.3, 890.0),
    ("T07", "千里山镇党群服务中心", "town", "town", 0, 2, "s", 0.2, 760.0),
)
STATIONS = (
    ("S01", "人民路商圈党群驿站", "business circle", 6, 4, "e", 0.4, 160.0),
    ("S02", "新华街商圈党群驿站", "business circle", 7, 5, "s", 0.6, 120.0),
    ("S03", "海北商圈党群驿站", "business circle", 1, 3, "s", 0.5, 90.0),
    ("S04", "湖滨商圈党群驿站", "business circle", 8, 0, "e", 0.4, 140.0),
    ("S05", "车站商圈党群驿站", "business circle", 5, 6, "e", 0.3, 85.0),
    ("S06", "林荫商圈党群驿站", "business circle", 12, 3, "e", 0.5, 110.0),
    ("O01", "金融大厦党群服务点", "office building", 6, 5, "n", 0.5, 70.0),
    ("O02", "创业大厦党群服务点", "office building", 9, 4, "e", 0.3, 60.0),
    ("O03", "滨河写字楼党群服务点", "office building", 10, 1, "n", 0.5, 80.0),
    ("O04", "凤凰楼宇党群服务点", "office building", 5, 9, "w", 0.5, 65.0),
)
ROADSIDE_M = 22.0
"""From the middle of the street to the door of a centre."""


def stand_upper(cells: list[Cell]) -> list[Centre]:
    """Place the centres of the district, the streets and the town where the table above says."""
    at = {(cell.grid, cell.row, cell.column): cell for cell in cells}
    return [
        Centre(ident, name, tier, cell.community, area, "premises", cell.beside(side, share, ROADSIDE_M))
        for ident, name, tier, grid, row, column, side, share, area in UPPER
        for cell in [at[grid, row, column]]
    ]


def stand_stations(cells: list[Cell]) -> list[Centre]:
    """Place the stations of the business circles and office buildings where the table above says."""
    at = {(cell.row, cell.column): cell for cell in cells if cell.grid == "city"}
    return [
        Centre(ident, name, "station", cell.community, area, kind, cell.beside(side, share, ROADSIDE_M))
        for ident, name, kind, row, column, side, share, area in STATIONS
        for cell in [at[row, column]]
    ]


def size_premises(community: str, households: int, rng: np.random.Generator) -> float:
    """Give premises their floor area: above 30 m² per 100 households but where the plan says too small."""
    if community in VILLAGE_M2:
        return VILLAGE_M2[community]
    ratio = FEW_METRES.get(community) or (
        float(rng.uniform(38.0, 47.0)) if community in PREMIUM else float(rng.uniform(31.5, 35.5))
    )
    return float(np.clip(round(ratio * households / 100.0), *RANGE_M2))


def survey_premises(community: str) -> tuple[str, float]:
    """Give urban premises their functions and weekly opening hours, as the standardisation indicators ask."""
    offered = FUNCTIONS[:-1] if community in WITHOUT_MEDIATION else FUNCTIONS
    return "、".join(offered), 56.0 if community in OPEN_DAILY else 40.0


def place_premises(community: str, cells: list[Cell], ground: Ground, mains: dict[str, list[Spot]]) -> Spot:
    """Place a community's premises: on the village lane, near the middle, or at the wrong end."""
    if community in mains:
        main = mains[community]
        return (main[len(main) // 2][0] + 9.0, main[len(main) // 2][1] + 9.0)
    if community in BADLY_PLACED:
        row, column, side, lane = BADLY_PLACED[community]
        end = ground.stubs["city", row, column, side][lane]
        return (end[0] + (-4.0 if side == "w" else 4.0), end[1])
    row, column, side, share = WELL_PLACED[community]
    own = next(cell for cell in cells if (cell.row, cell.column) == (row, column))
    return own.beside(side, share, ROADSIDE_M)


def stand_premises(
    communities: pd.DataFrame,
    cells: list[Cell],
    buildings: pd.DataFrame,
    ground: Ground,
    mains: dict[str, list[Spot]],
) -> list[Centre]:
    """Give every community but the two newest its premises, numbered in the order of the official list."""
    rng = np.random.default_rng([SEED, 300])
    households = buildings.groupby("community")["households"].sum()
    premises: list[Centre] = []
    for kind, letter in (("community", "C"), ("village", "V")):
        listed = communities[(communities["kind"] == kind) & ~communities.index.isin(NO_PREMISES)]
        for count, (token, name) in enumerate(listed["name"].items(), start=1):
            place = place_premises(token, [cell for cell in cells if cell.community == token], ground, mains)
            area = size_premises(token, households[token], rng)
            ident = f"{letter}{count:02d}"
            full_name = f"{name}党群服务中心"
            surveyed = survey_premises(token) if kind == "community" else (None, None)
            premium = token in PREMIUM
            premises.append(Centre(ident, full_name, kind, token, area, "premises", place, premium, *surveyed))
    return premises


def stand_centres(
    communities: pd.DataFrame,
    cells: list[Cell],
    buildings: pd.DataFrame,
    ground: Ground,
    mains: dict[str, list[Spot]],
) -> list[Centre]:
    """List every centre, from the district's down to the stations."""
    premises = stand_premises(communities, cells, buildings, ground, mains)
    return [*stand_upper(cells), *premises, *stand_stations(cells)]
