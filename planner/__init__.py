"""Service-coverage planner: walking access to service centres, and where to place new ones.

The functions take and return GeoDataFrames in any coordinate system; results keep the input's index and CRS.

>>> import planner as pl
>>> "isochrones" in dir(pl)
True
"""

from __future__ import annotations

from importlib import import_module
from logging import NullHandler, getLogger
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str
    from planner.api.access import isochrones as isochrones
    from planner.api.access import nearest as nearest
    from planner.api.access import service_areas as service_areas
    from planner.api.access import travel_times as travel_times
    from planner.api.candidates import candidates as candidates
    from planner.api.coverage import business_areas as business_areas
    from planner.api.coverage import coverage as coverage
    from planner.api.coverage import opportunities as opportunities
    from planner.api.coverage import two_step_fca as two_step_fca
    from planner.api.networks import WalkNetwork as WalkNetwork
    from planner.api.networks import snap as snap
    from planner.api.networks import walk_network as walk_network
    from planner.api.services import reachable_services as reachable_services
    from planner.api.services import services as services
    from planner.api.sites import locate as locate
    from planner.api.sites import models as models
    from planner.api.studies import evaluate as evaluate
    from planner.api.studies import fund_programme as fund_programme
    from planner.api.studies import improve as improve
    from planner.batch.run import run_many as run_many
    from planner.config.study import Study as Study
    from planner.config.study import make_study as make_study
    from planner.config.study import read_study as read_study
    from planner.messages.errors import PlannerError as PlannerError
    from planner.messages.errors import PlannerWarning as PlannerWarning
    from planner.messages.progress import Bar as Bar
    from planner.pipeline import run as run
    from planner.reporting.notebook import show as show
    from planner.reporting.report.area_report import write_area_report as write_area_report
    from planner.reporting.write import write as write
    from planner.results import Plan as Plan

_NAMES = {
    "planner.api.networks": ("walk_network", "snap", "WalkNetwork"),
    "planner.api.access": (
        "isochrones",
        "service_areas",
        "travel_times",
        "nearest",
    ),
    "planner.api.coverage": ("coverage", "opportunities", "two_step_fca", "business_areas"),
    "planner.api.candidates": ("candidates",),
    "planner.api.services": ("services", "reachable_services"),
    "planner.api.sites": ("locate", "models"),
    "planner.api.studies": ("evaluate", "improve", "fund_programme"),
    "planner.config.study": ("Study", "read_study", "make_study"),
    "planner.pipeline": ("run",),
    "planner.batch.run": ("run_many",),
    "planner.results": ("Plan",),
    "planner.reporting.write": ("write",),
    "planner.reporting.report.area_report": ("write_area_report",),
    "planner.reporting.notebook": ("show",),
    "planner.messages.progress": ("Bar",),
    "planner.messages.errors": ("PlannerError", "PlannerWarning"),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "Bar",
    "Plan",
    "PlannerError",
    "PlannerWarning",
    "Study",
    "WalkNetwork",
    "business_areas",
    "candidates",
    "coverage",
    "evaluate",
    "fund_programme",
    "improve",
    "isochrones",
    "locate",
    "make_study",
    "models",
    "nearest",
    "opportunities",
    "reachable_services",
    "read_study",
    "run",
    "run_many",
    "service_areas",
    "services",
    "show",
    "snap",
    "travel_times",
    "two_step_fca",
    "walk_network",
    "write",
    "write_area_report",
]

# Silent unless the program that imports it configures logging.
getLogger("planner").addHandler(NullHandler())


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
    return [*_HOMES, "__version__"]
