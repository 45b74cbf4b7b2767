"""docs/benchmarks.md: the tables, what they hold for, and how they came about."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.bars import verdicts
from benchmarks.rounds import PLANNER, Row, Table

ABOUT = """\
Everyone does the same work in one run. First each contestant works once, which warms caches, compiles what is
compiled at first use, and gives the answer that is compared with the others'. Then come the rounds: in each of
them all contestants work once, one after the other, so that a machine that grows slower does so for all alike.
A time is the median of the rounds, a ratio the median of the ratios within the rounds, and the spread is the
fastest and the slowest round. Every piece of work has a process of its own, which may use as many cores as the
work says. Nothing is left out because it looks bad; a peer that is not installed is a row that states it."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the benchmarks: all that the document tells.

    Attributes
    ----------
    tables
        In the order of the document.
    machine
        What is known of the machine, in words by name.
    command, date
        How and when.
    rounds
        How many.
    quick
        Whether sizes were small, so that times mean nothing.
    image
        The picture's path, relative to the document; None: there is none.
    failed
        The tasks that broke down and have no table.
    """

    tables: Sequence[Table]
    machine: Mapping[str, str]
    command: str
    date: str
    rounds: int
    quick: bool
    image: str | None
    failed: Sequence[str] = ()


def document(run: Run) -> str:
    """Return the document as Markdown."""
    parts = ["# Benchmarks: the walking engine beside its peers", f"```\n{run.command}\n```"]
    when = f"{run.date}, {run.rounds} rounds." if run.date else f"{run.rounds} rounds."
    if run.quick:
        when += " **Small sizes: this shows that the benchmarks work, not how fast anything is.**"
    parts.append(when)
    if run.failed:
        parts.append(f"**Broke down, and not among the tables: {', '.join(run.failed)}.**")
    parts.append(_table(["Machine", ""], [[name, words] for name, words in run.machine.items()]))
    if run.image:
        parts.append(f"![How many times as long as the planner each peer takes]({run.image})")
    judged = verdicts({table.key: table for table in run.tables})
    if judged and not run.quick:
        words = {True: "yes", False: "**no**", None: "–"}
        rows = [[one.work, one.bar, one.measured, words[one.met]] for one in judged]
        parts += ["## Bars", _table(["Work", "Bar", "Measured", "Met"], rows)]
    parts += ["## How it is measured", ABOUT]
    for table in run.tables:
        parts += [f"## {table.title}", rows_of(table), *(f"- {notice}" for notice in table.notices)]
    return _joined(parts)


def rows_of(table: Table) -> str:
    """Return one table as Markdown."""
    columns = list(dict.fromkeys(name for row in table.rows for name in row.figures))
    with_memory = any(row.peak_bytes for row in table.rows)
    compares = sum(bool(row.seconds) for row in table.rows) > 1 and not with_memory
    head = ["", "median", "spread", *(["times the planner"] if compares else [])]
    head += [*(["peak memory"] if with_memory else []), *columns, "note"]
    rows = []
    for row in table.rows:
        cells = [row.name, _seconds(row.median), _spread(row)]
        cells += [_ratio(table, row)] if compares else []
        cells += [f"{row.peak_bytes / 1e9:.2f} GB" if row.peak_bytes else ""] if with_memory else []
        rows.append([*cells, *(row.figures.get(name, "") for name in columns), row.note])
    return _table(head, rows)


def _ratio(table: Table, row: Row) -> str:
    ratio = table.ratio(row.name)
    if ratio is None:
        return ""
    return "1" if row.name == PLANNER else f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2g}"  # noqa: PLR2004


def _spread(row: Row) -> str:
    return f"{_seconds(min(row.seconds))} – {_seconds(max(row.seconds))}" if row.seconds else ""


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _joined(parts: Sequence[str]) -> str:
    """Return the parts as paragraphs, items of a list together."""
    text = parts[0]
    for before, part in itertools.pairwise(parts):
        text += ("\n" if before.startswith("- ") and part.startswith("- ") else "\n\n") + part
    return text + "\n"
