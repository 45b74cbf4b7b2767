"""Location models: one module a model, each with its library function and its `SPEC`.

Parameters that the models share:

coverage, costs
    Which column (facility or candidate) serves which demand row, and walking times.
constraints
    Number of new sites, budget, fixed columns.
time_limit_s
    Time limit of the search, seconds.
seed
    Seed of the random numbers; recorded in the solution.

All return a `planner.siting.solution.Solution` whose bound holds whenever the search was stopped, and raise
`SitingError` if the parts of the problem do not fit together.
"""

from __future__ import annotations

import pkgutil

DEFAULT_MODEL = "maximal_covering"


def model_names() -> tuple[str, ...]:
    """Return the names of all models, the default first, without importing them."""
    others = sorted({module.name for module in pkgutil.iter_modules(__path__)} - {DEFAULT_MODEL})
    return (DEFAULT_MODEL, *others)
