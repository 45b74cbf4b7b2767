"""Description of a location model, by which the pipeline, the command line and the report use any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Literal

from planner.siting.models import model_names
from planner.siting.problem import LocationProblem
from planner.siting.solution import Sense, Solution

Unit = Literal["people", "minutes", "person_minutes", "sites", "services"]


@dataclass(frozen=True, slots=True, eq=False)
class ModelResult:
    """Solution of one model, with its further figures."""

    solution: Solution
    """Columns are those of the problem."""
    tiers: Mapping[int, str] = field(default_factory=dict)
    """Tier of each chosen site; hierarchical covering only."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """Further figures by name; the text is `models.figure_<name>`."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A location model as the study uses it."""

    name: str
    """Name of the module; texts are `models.name_<name>` and `models.objective_<name>`."""
    solve: Callable[[LocationProblem, float], ModelResult]
    """Solves a problem within a time limit, seconds."""
    formula: str
    """Objective and constraints: demand i with weight a, columns j, walks t, open columns y."""
    source: str
    """Publication of the model."""
    sense: Sense = "most"
    """Whether the objective is maximised or minimised."""
    unit: Unit = "people"
    """Unit of the objective."""
    needs_sites: bool = True
    """True if `siting.sites` limits the number of sites; False if the model determines it, or has it by tier."""
    needs_all_walks: bool = False
    """True if walks of any length matter, so that no search horizon is set."""
    fades: bool = False
    """True if walks up to `siting.zero_coverage_min` matter."""
    counts_first_site_only: bool = False
    """True if it matters only whether some site serves a demand point: then the sufficient street positions give
    an optimum over all street positions."""
    maximises_gain: bool = False
    """True if the objective is that of the study's own proposals, so that they can be compared."""
    uses: tuple[str, ...] = ("sites", "cost", "budget", "minutes")
    """Arguments of `planner.locate` that not all models use and this one does."""

    @property
    def digits(self) -> int:
        """Decimal places of the objective."""
        return 1 if self.unit == "minutes" else 0


def get_spec(name: str) -> ModelSpec:
    """Return the `SPEC` of the module of that name in `planner.siting.models`.

    Examples
    --------
    >>> get_spec("p_center").unit
    'minutes'
    """
    if name not in model_names():
        raise KeyError(name)
    spec = import_module(f"planner.siting.models.{name}").SPEC
    assert isinstance(spec, ModelSpec)  # noqa: S101 -- a module of the package
    return spec
