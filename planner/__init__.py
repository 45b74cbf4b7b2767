"""The service-coverage planner: who reaches a service centre on foot, and where the next one goes.

>>> import planner
>>> callable(planner.run)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.outputs.notebook import show as show
    from planner.outputs.report_cuts import write_cut as write_cut
    from planner.outputs.writing import write as write
    from planner.pipeline import run as run
    from planner.plan import Plan as Plan
    from planner.progress import Bar as Bar
    from planner.study import Study as Study
    from planner.study import make_study as make_study
    from planner.study import read_study as read_study

_HOMES = {
    "Bar": "planner.progress",
    "Plan": "planner.plan",
    "Study": "planner.study",
    "make_study": "planner.study",
    "read_study": "planner.study",
    "run": "planner.pipeline",
    "show": "planner.outputs.notebook",
    "write": "planner.outputs.writing",
    "write_cut": "planner.outputs.report_cuts",
}

__all__ = ["Bar", "Plan", "Study", "make_study", "read_study", "run", "show", "write", "write_cut"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `planner --help` answers at once."""
    if name not in _HOMES:
        message = f"module 'planner' has no attribute '{name}'"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)
