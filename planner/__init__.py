"""Service-coverage planner: walking access to service centres, and where to place new ones.

>>> import planner
>>> callable(planner.run)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str
    from planner.config.study import Study as Study
    from planner.config.study import make_study as make_study
    from planner.config.study import read_study as read_study
    from planner.messages.progress import Bar as Bar
    from planner.pipeline import run as run
    from planner.reporting.notebook import show as show
    from planner.reporting.report.area_report import write_area_report as write_area_report
    from planner.reporting.write import write as write
    from planner.results import Plan as Plan

_HOMES = {
    "Bar": "planner.messages.progress",
    "Plan": "planner.results",
    "Study": "planner.config.study",
    "make_study": "planner.config.study",
    "read_study": "planner.config.study",
    "run": "planner.pipeline",
    "show": "planner.reporting.notebook",
    "write": "planner.reporting.write",
    "write_area_report": "planner.reporting.report.area_report",
}

__all__ = ["Bar", "Plan", "Study", "make_study", "read_study", "run", "show", "write", "write_area_report"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that `planner --help` starts at once."""
    if name == "__version__":
        return import_module("importlib.metadata").version("service-coverage-planner")
    if name not in _HOMES:
        message = f"module 'planner' has no attribute '{name}'"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return [*__all__, "__version__"]
