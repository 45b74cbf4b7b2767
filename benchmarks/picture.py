"""The picture: how many times as long as the planner each peer takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.rounds import PLANNER, Table

PLANNER_COLOUR, PEER_COLOUR = "#0b6e99", "#b9bec4"
ROW_INCHES, FRAME_INCHES = 0.3, 0.55


def draw(tables: Sequence[Table], file: Path) -> bool:
    """Draw the tables that compare; return False where there is nothing to draw."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    compared = [(table, ratios) for table in tables if len(ratios := _ratios(table)) > 1]
    if not compared:
        return False
    heights = [len(ratios) * ROW_INCHES + FRAME_INCHES for _, ratios in compared]
    figure, frames = plt.subplots(
        len(compared),
        1,
        figsize=(9.0, sum(heights)),
        sharex=True,
        squeeze=False,
        layout="constrained",
        gridspec_kw={"height_ratios": heights},
    )
    for frame, (table, ratios) in zip(frames[:, 0], compared, strict=True):
        names = list(ratios)
        colours = [PLANNER_COLOUR if name == PLANNER else PEER_COLOUR for name in names]
        bars = frame.barh(names, [ratios[name] for name in names], color=colours)
        words = [f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}" for ratio in ratios.values()]  # noqa: PLR2004
        frame.bar_label(bars, words, padding=3, fontsize=8)
        frame.axvline(1.0, color=PLANNER_COLOUR, linewidth=0.8)
        frame.set_xscale("log")
        frame.invert_yaxis()
        frame.set_title(table.title, fontsize=9, loc="left")
        frame.tick_params(labelsize=8)
        frame.spines[["top", "right"]].set_visible(False)
        frame.margins(x=0.12)
    frames[-1, 0].set_xlabel("times as long as the planner (logarithmic)", fontsize=9)
    file.parent.mkdir(parents=True, exist_ok=True)
    # No date and no version inside: the same figures give the same file.
    figure.savefig(file, dpi=120, metadata={"Software": None})
    plt.close(figure)
    return True


def _ratios(table: Table) -> dict[str, float]:
    if any(row.peak_bytes for row in table.rows):
        return {}
    found = {row.name: table.ratio(row.name) for row in table.rows}
    return {name: ratio for name, ratio in found.items() if ratio is not None}
