"""Location problems of frames: columns are the candidates, then the existing facilities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.api.arguments import check_number, check_settings, in_short
from planner.api.frames import Points, read_numbers
from planner.api.progress import CallProgress
from planner.config.sections.siting import SitingSettings
from planner.messages.errors import DataError, Issue
from planner.network.walker import Walker
from planner.siting.model_spec import ModelSpec, get_spec
from planner.siting.models import model_names
from planner.siting.problem import LocationProblem, SelectionConstraints, TravelCosts

ZERO_AT = 3.0
"""Gradual covering: coverage is zero at so many times the limit, as in a study of 5, 10 and 15 minutes."""

ARGUMENTS = ("minutes", "weight", "cost", "existing", "time_limit_s")
"""Arguments of `locate` that are no settings of `[siting]`."""

MODEL_NAMES = tuple(name for name in model_names() if name != "kinds")
"""Models of one group of people; weights of several are the caller's own column."""


def check_arguments(spec: ModelSpec, given: Mapping[str, object]) -> None:
    """Raise a `DataError` for arguments of other models, half a limit, or a missing number of sites or tiers."""
    own = {argument for name in MODEL_NAMES for argument in get_spec(name).uses} - set(spec.uses)
    unused = [name for name, value in given.items() if name in own and value is not None]
    if unused:
        names = ", ".join(f"`{name}`" for name in unused)
        values = {"model": spec.name, "names": names, "used": ", ".join(f"`{name}`" for name in spec.uses)}
        raise DataError("locate", [Issue("argument_not_used", values)])
    if "tiers" in spec.uses and not given.get("tiers"):
        raise DataError("locate", [Issue("tiers_not_given", {"model": spec.name})])
    sites, cost, budget = given["sites"], given["cost"], given["budget"]
    if "budget" in spec.uses and (cost is None) != (budget is None):
        raise DataError("locate", [Issue("cost_without_budget")])
    whole = isinstance(sites, int | np.integer) and not isinstance(sites, bool) and sites > 0
    if (sites is None and spec.needs_sites and budget is None) or (sites is not None and not whole):
        raise DataError("locate", [Issue("sites_not_whole", {"found": in_short(sites), "model": spec.name})])


def siting_settings(**values: object) -> SitingSettings:
    """Return `[siting]` from the arguments of `locate`."""
    values["seconds"] = float(check_number("time_limit_s", values["seconds"]))
    if values["budget"] is not None:
        values["budget"] = check_number("budget", values["budget"])
    return check_settings(SitingSettings, values, name="locate", others=ARGUMENTS)


def location_problem(  # noqa: PLR0913 - parts of one problem
    walker: Walker,
    people: Points,
    options: Points,
    existing: Points | None,
    limit_min: float,
    *,
    spec: ModelSpec,
    settings: SitingSettings,
    cost: str | None,
    progress: CallProgress,
) -> LocationProblem:
    """Return the location problem: columns are the candidates, then the existing facilities."""
    new = len(options.labels)
    zero_min = settings.zero_coverage_min or ZERO_AT * limit_min
    xy = options.snaps.xy if existing is None else np.vstack([options.snaps.xy, existing.snaps.xy])
    if spec.needs_all_walks:
        horizon_min = walker.upper_bound_min
    else:
        longest = [limit_min, *(tier.minutes for tier in settings.tiers)]
        horizon_min = max(*longest, zero_min if spec.fades else 0.0)
    times = progress.times(walker, walker.snap(xy), people.snaps, within_min=horizon_min)
    price = None
    if cost is not None:
        prices = read_numbers(options, cost, "candidates", may_lack=False)
        price = np.concatenate([prices, np.zeros(len(xy) - new)])
    has_capacity = "m2_per_household" in spec.uses
    return LocationProblem(
        name="locate",
        costs=TravelCosts(times.demand, times.facility, times.minutes, people.people, len(xy)),
        limit_min=np.full(len(people.people), limit_min),
        households=_column(people, "households", "people", read=has_capacity),
        kind=np.full(len(people.people), "residents", dtype=object),
        constraints=SelectionConstraints(
            sites=settings.sites or None, cost=price, budget=settings.budget, fixed=np.arange(new, len(xy))
        ),
        area_m2=np.concatenate(
            [
                _column(options, "area_m2", "candidates", read=has_capacity, default=settings.new_area_m2),
                _column(existing, "floor_area_m2", "existing", read=has_capacity),
            ]
        ),
        tier=() if existing is None else tuple(existing.frame.get("tier", pd.Series("", index=existing.labels))),
        settings=settings,
        zero_coverage_min=zero_min,
    )


def _column(
    points: Points | None, column: str, name: str, *, read: bool, default: float | None = None
) -> NDArray[np.float64]:
    """Return a column that a frame may lack, and that only some models read."""
    if points is None:
        return np.zeros(0)
    if not read or column not in points.frame.columns:
        return np.full(len(points.labels), np.nan if default is None else default)
    return read_numbers(points, column, name)
