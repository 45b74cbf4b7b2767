"""Progress is injected and silent unless somebody asks to see it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol, TextIO

from planner.messages.catalogue import SOURCE_LANGUAGE, Language, Texts

RUN_STAGES = (
    "read_inputs",
    "compile",
    "build_network",
    "travel_times",
    "service_areas",
    "coverage",
    "groups",
    "business_areas",
    "diagnosis",
    "equity",
    "validation",
    "candidates",
    "siting",
    "siting_comparison",
    "programme",
)
"""Stages of `planner.run`, in order."""

BAR_SIGNS = 18


class Progress(Protocol):
    """Called when a stage begins, with the catalogue key of its name."""

    def __call__(self, stage: str, /) -> None:
        """Take note that `stage` begins."""


def silent(stage: str, /) -> None:
    """Ignore all stages."""
    del stage


def report_share(progress: Progress, done: int, count: int) -> None:
    """Report how much of a stage is done, to those who can show it: `progress.step`, where there is one."""
    step = getattr(progress, "step", None)
    if step is not None:
        step(done, count)


def draw_bar(done: int, count: int) -> str:
    """Return a bar of which the share that is done is filled.

    Examples
    --------
    >>> draw_bar(9, 15)
    '[##########--------]'
    """
    signs = done * BAR_SIGNS // max(count, 1)
    return f"[{'#' * signs}{'-' * (BAR_SIGNS - signs)}]"


def bar_of(stage: str) -> str:
    """Return a bar as long as what is done of a run when `stage` begins; nothing for stages of other work.

    Examples
    --------
    >>> bar_of("diagnosis")
    '[#########---------] 9/15'
    """
    if stage not in RUN_STAGES:
        return ""
    done = RUN_STAGES.index(stage)
    return f"{draw_bar(done, len(RUN_STAGES))} {done + 1}/{len(RUN_STAGES)}"


@dataclass(slots=True)
class StatusLine:
    """One line that is written over, on a terminal and in a notebook; nothing where nobody looks."""

    stream: TextIO | None = None
    """Where the terminal is; stderr where None."""
    _shown: Any = field(default=None, init=False)

    @property
    def is_seen(self) -> bool:
        """Whether the stream is a terminal, or a notebook's kernel runs this."""
        return _in_notebook() or (self.stream or sys.stderr).isatty()

    def show(self, line: str, *, last: bool = False) -> None:
        """Write the line; `last` ends it."""
        if _in_notebook():
            self._display(line)
        elif self.is_seen:
            print(f"\r\x1b[K{line}", end="\n" if last else "", flush=True, file=self.stream or sys.stderr)

    def _display(self, line: str) -> None:
        display: Any = import_module("IPython.display").display
        shown = {"text/plain": line}
        if self._shown is None:
            self._shown = display(shown, raw=True, display_id=True)
        else:
            self._shown.update(shown, raw=True)


@dataclass(slots=True)
class Bar:
    """A bar that follows `planner.run`: one line that is written over, in a notebook and in a terminal.

    It stays silent where nobody looks: when the stream is neither.

    Examples
    --------
    ``planner.run(study, progress=planner.Bar())``
    """

    language: Language = SOURCE_LANGUAGE
    """Of the names of the stages."""
    stream: TextIO | None = None
    """Where the terminal is; stderr where None."""
    _on: StatusLine = field(init=False)
    _stage: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._on = StatusLine(self.stream)

    def __call__(self, stage: str, /) -> None:
        """Show that `stage` begins."""
        self._stage = stage
        self._on.show(self._line(), last=stage == RUN_STAGES[-1])

    def step(self, done: int, count: int) -> None:
        """Show how much of the stage is done."""
        self._on.show(f"{self._line()} {done}/{count}")

    def _line(self) -> str:
        return f"{bar_of(self._stage)} {Texts(self.language)(f'cli.stage_{self._stage}')}".strip()


def _in_notebook() -> bool:
    """Return True if a notebook's kernel runs this."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return type(shell).__name__ == "ZMQInteractiveShell"
