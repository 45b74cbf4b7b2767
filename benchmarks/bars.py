"""What the engine is expected to reach, and whether it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.rounds import PLANNER, Table

GB = 1e9


@dataclass(frozen=True, slots=True)
class Bar:
    """One expectation.

    Attributes
    ----------
    table
        The key of the table that it speaks of.
    quantity
        "seconds" or "GB" of the planner, the proven "gap" of its answer, or the peer whose time is divided by the
        planner's.
    value
        The bar, in seconds, GB, as a share, or as that ratio.
    at_most
        Whether less is better; of ratios, more is.
    """

    table: str
    quantity: str
    value: float
    at_most: bool


BARS = (
    Bar("read", "pyrosm", 1 / 1.5, at_most=False),
    Bar("read", "OSMnx", 1.0, at_most=False),
    Bar("read", "seconds", 1.0, at_most=True),
    *(
        bar
        for table in ("search", "search_250k", "search_1000k")
        for bar in (Bar(table, "scipy", 15.0, at_most=False), Bar(table, "C++", 1 / 1.3, at_most=False))
    ),
    Bar("search", "pandana", 30.0, at_most=False),
    Bar("search", "OSMnx", 200.0, at_most=False),
    Bar("polygons", "seconds", 0.002, at_most=True),
    Bar("polygons", "GEOS buffer + union", 7.0, at_most=False),
    Bar("polygons", "Valhalla", 1.0, at_most=False),
    Bar("polygons_two_threads", "Valhalla", 1 / 0.55, at_most=False),
    *(
        bar
        for table in ("nearest", "nearest_250k", "nearest_1000k")
        for bar in (Bar(table, "scipy", 1.0, at_most=False), Bar(table, "C++", 1 / 1.4, at_most=False))
    ),
    Bar("nearest", "pandana", 10.0, at_most=False),
    Bar("assign", "seconds", 1.5, at_most=True),
    Bar("assign", "STRtree", 15.0, at_most=False),
    Bar("diagnosis", "seconds", 3.0, at_most=True),
    Bar("whole_run", "seconds", 8.0, at_most=True),
    Bar("whole_run", "GB", 1.0, at_most=True),
    Bar("large", "GB", 4.0, at_most=True),
    Bar("p_median", "seconds", 1.0, at_most=True),
    Bar("maximal_covering", "spopt", 50.0, at_most=False),
    Bar("maximal_covering_large", "seconds", 10.0, at_most=True),
    *(
        Bar(table, "gap", 0.001, at_most=True)
        for table in ("maximal_covering_large", *(f"maximal_covering_city_{minutes}" for minutes in (5, 10, 15)))
    ),
    *(
        Bar(f"p_median_{place}_{nodes}", "gap", 0.005, at_most=True)
        for place in ("uniform", "junctions")
        for nodes in (1_000, 2_000, 5_000, 10_000)
    ),
    Bar("set_covering", "spopt", 50.0, at_most=False),
    Bar("programme", "seconds", 5.0, at_most=True),
    Bar("programme", "gap", 0.0, at_most=True),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one bar was met, in words; `met` is None where nothing was measured."""

    work: str
    bar: str
    measured: str
    met: bool | None


def verdicts(tables: Mapping[str, Table]) -> list[Verdict]:
    """Hold the tables against the bars of the work that they measured."""
    return [_verdict(bar, tables[bar.table]) for bar in BARS if bar.table in tables]


def _verdict(bar: Bar, table: Table) -> Verdict:
    measured, row = None, table.row(PLANNER)
    if bar.quantity == "seconds":
        measured = row.median if row else None
    elif bar.quantity == "GB":
        measured = row.peak_bytes / GB if row and row.peak_bytes else None
    elif bar.quantity == "gap":
        measured = float(row.figures["gap"].rstrip("%")) / 100 if row and "gap" in row.figures else None
    else:
        measured = table.ratio(bar.quantity)
    met = None if measured is None else measured <= bar.value if bar.at_most else measured >= bar.value
    said = "not measured" if measured is None else _words(bar, measured, sign="")
    return Verdict(table.title, _words(bar, bar.value, sign="≤ " if bar.at_most else "≥ "), said, met)


def _words(bar: Bar, value: float, *, sign: str) -> str:
    if bar.quantity == "GB":
        return f"{sign}{value:.2g} GB"
    if bar.quantity == "gap":
        return f"{sign}{value:.2%} gap"
    if bar.quantity == "seconds":
        return f"{sign}{value * 1000:.3g} ms" if value < 1 else f"{sign}{value:.3g} s"
    if bar.value < 1:
        # A peer that is faster: said the other way round, as how many times longer the planner takes.
        return f"{'≤ ' if sign else ''}{1 / value:.2f} × the time of the {bar.quantity} reference"
    over = "> " if sign and bar.value == 1 else sign
    return f"{over}{value:.1f} × as fast as {bar.quantity}"
