"""The service-coverage planner: who reaches a service centre on foot, and where the next one goes.

>>> import planner
>>> callable(planner.run)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.outputs.writing import write as write
    from planner.pipeline import run as run
    from planner.plan import Plan as Plan
    from planner.study import Study as Study
    from planner.study import make_study as make_study
    from planner.study import read_study as read_study

_HOMES = {
    "Plan": "planner.plan",
    "Study": "planner.study",
    "make_study": "planner.study",
    "read_study": "planner.study",
    "run": "planner.pipeline",
    "write": "planner.outputs.writing",
}

__all__ = ["Plan", "Study", "make_study", "read_study", "run", "write"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `planner --help` answers at once."""
    if name not in _HOMES:
        message = f"module 'planner' has no attribute '{name}'"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)
