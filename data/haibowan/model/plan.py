"""The drawing board: where each community lies, drawn as text, and what stands in which block."""

import math

from model.grid import Grid

SEED = 20230630
"""The date of the list of communities."""

STREET_LETTERS = {
    "凤凰岭街道": "F", "海北街道": "H", "新华街道": "X", "新华西街道": "W",
    "滨河街道": "B", "林荫街道": "L", "千里山镇": "Q",
}  # fmt: skip
"""F3 is the third community of 凤凰岭街道 in the official list."""

CITY = """
.  .  H1 H1 H2 H2 H3 H7 H7 .
.  H4 H1 H1 H2 H2 H3 H7 H7 .
H4 H4 H8 H8 H6 H3 H3 H7 H5 .
H4 H4 H8 H8 H6 H6 H6 H5 H5 H5
W1 W1 W2 X1 X1 X2 X2 F1 F1 F1
W1 W1 W2 X1 X1 X2 X2 F2 F1 F1
W1 W3 W2 X3 X3 X4 X4 F2 F2 F3
W3 W3 W2 X3 X3 X4 X4 F2 F3 F3
W3 W4 W4 X5 X5 X6 X6 F4 F4 F3
W4 W4 W4 X5 X5 X6 X6 F4 F4 F5
B1 B1 B2 B2 L1 L1 F6 F6 F5 F5
B1 B1 B2 B2 L1 L1 F6 F6 F5 .
B3 B3 B4 B4 L2 L3 L3 L5 L5 .
B3 B5 B4 L2 L2 L3 L3 L5 L5 .
.  B5 B5 L4 L4 L4 .  L5 .  .
"""
TOWN = """
Q1 Q1 Q2 Q2
Q1 Q1 Q2 Q2
"""
SOUTH = """
Q3 Q3
Q3 Q3
"""

WIDTHS_M = (430, 360, 420, 470, 380, 450, 400, 70, 390, 440, 360)
"""Block widths from the lake to the hills; the 70 m strip is the railway."""
HEIGHTS_M = (400, 440, 380, 460, 410, 430, 360, 480, 420, 390, 450, 400, 430, 440, 380)
WEST_M, NORTH_M = -2085.0, 3135.0
RAIL_COLUMN = 7
CROSSINGS = (2, 5, 8, 13)
"""The east–west lines that cross the railway; all others end at it."""

ROW_NAMES = [
    "北环街", "千里山街", "海北大街", "和平街", "青山街", "黄河街", "海达街", "人民街",
    "新华大街", "康乐街", "滨河街", "双拥街", "林荫街", "依林街", "金裕街", "南环街",
]  # fmt: skip
COLUMN_NAMES = [
    "滨河大道", "学苑路", "湖滨路", "海拉路", "建设路", "人民路", "车站路", "铁西路",
    "铁东路", "凤凰路", "东环路", "东山路",
]  # fmt: skip

PARKS = {
    ("city", 6, 7): "人民公园", ("city", 11, 7): "铁东公园",
    ("city", 5, 0): "湖滨公园", ("city", 13, 5): "林荫公园",
}  # fmt: skip
CORE = {("city", 6, 4), ("city", 6, 5), ("city", 7, 4)}
"""The commercial core: shops and offices, few homes."""
BACK_COMPOUNDS = {("city", 3, 2), ("city", 12, 6)}
"""Blocks whose rear compound is entered only through the front one."""
COMPOUNDS = {
    ("city", 5, 3): 1, ("city", 5, 4): 1, ("city", 4, 2): 1, ("city", 2, 0): 1, ("city", 3, 0): 1,
    ("city", 10, 7): 2, ("city", 4, 5): 1, ("city", 0, 8): 4,
}  # fmt: skip
"""Blocks fixed as walled, with the number of compounds; elsewhere chance decides."""
OPEN_BLOCKS = {("city", row, column) for row, column in ((2, 6), (4, 3), (4, 6), (4, 8), (5, 6), (10, 5))}
"""Blocks fixed as open to all sides."""
FOOTBRIDGE = (("city", 5, 3, "e"), ("city", 5, 4, "w"))
"""A footbridge joins two walled blocks over 建设路 without touching it."""


def read_plan(text: str) -> list[list[str]]:
    """Turn a drawn plan into rows of communities."""
    return [line.split() for line in text.strip().splitlines()]


def draw_city() -> Grid:
    """Lay out the city between the lake and the hills; its west line follows the crooked shore."""
    rows = [NORTH_M - sum(HEIGHTS_M[:row]) for row in range(len(HEIGHTS_M) + 1)]
    lines = [WEST_M + sum(WIDTHS_M[:line]) for line in range(len(WIDTHS_M) + 1)]
    columns = [[float(line)] * len(rows) for line in lines]
    shore = [70 * math.sin(0.9 * row) + 40 * math.sin(2.1 * row + 1) for row in range(len(rows))]
    columns[0] = [WEST_M + bend for bend in shore]
    return Grid("city", columns, rows, read_plan(CITY), ROW_NAMES, COLUMN_NAMES, RAIL_COLUMN)


def draw_small_town(name: str, text: str, west: float, north: float, side: float, names: tuple[str, str]) -> Grid:
    """Lay out a small regular settlement of blocks of `side` metres."""
    plan = read_plan(text)
    rows = [north - side * row for row in range(len(plan) + 1)]
    columns = [[west + side * line] * len(rows) for line in range(len(plan[0]) + 1)]
    row_names = [f"{names[0]}{ordinal}街" for ordinal in "一二三四五六"[: len(rows)]]
    column_names = [f"{names[1]}{ordinal}路" for ordinal in "一二三四五六"[: len(columns)]]
    return Grid(name, columns, rows, plan, row_names, column_names)


def draw_grids() -> dict[str, Grid]:
    """Lay out the city, the town north of it and the settlement south of it."""
    return {
        "city": draw_city(),
        "town": draw_small_town("town", TOWN, -900.0, 6420.0, 340.0, ("千里山", "镇北")),
        "south": draw_small_town("south", SOUTH, -700.0, -5400.0, 370.0, ("新和", "新和")),
    }
