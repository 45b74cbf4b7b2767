"""Where to place new facilities: candidates and location models on frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from planner.api.arguments import check_choice, check_number, check_settings, in_short, read_limit
from planner.api.candidates import propose
from planner.api.frames import Points, labels_at, read_numbers, read_points, restore_crs, warn_caller
from planner.api.networks import WalkNetwork, walker_of
from planner.api.progress import CallProgress
from planner.config.sections.siting import SitingSettings
from planner.messages.errors import DataError, Issue
from planner.network.walker import Walker
from planner.reporting.notebook_maps import COVERED, EXISTING, NEW, UNCOVERED, Drawn, MapResult, html_table
from planner.siting.model_spec import ModelResult, ModelSpec, get_spec
from planner.siting.models import DEFAULT_MODEL, model_names
from planner.siting.problem import LocationProblem, SelectionConstraints, TravelCosts
from planner.siting.solution import Solution

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


DEFAULTS = SitingSettings()
LIMIT_MIN = 5.0
"""Limit where none is given, minutes."""


@dataclass(frozen=True, eq=False, repr=False)
class Sites(MapResult):
    """Sites that a location model chose, and the certificate of how near they are to the optimum.

    Attributes
    ----------
    model
        Name of the model.
    sites
        Chosen candidates, the most useful first where the model has such an order: columns of the candidates,
        gain (increase of the objective by each site; NaN where the model has no such order), people_assigned.
    objective, bound, gap, status
        Value of the choice, existing facilities included; value that no choice beats; their difference as a share
        of the larger; status of the solver, never better than the bound proves.
    before
        Objective of the existing facilities alone; NaN where that has no meaning.
    people
        People as given, with site and facility: index label of the candidate or the existing facility that serves
        them, missing where none does.
    existing
        Existing facilities as given; None if there are none.
    figures
        Further figures of the model, and people_unreached, points_unreached: whom no candidate or facility serves.
    solution
        Solution of the engine.
    """

    model: str
    sites: gpd.GeoDataFrame
    people: gpd.GeoDataFrame
    existing: gpd.GeoDataFrame | None
    figures: Mapping[str, float]
    solution: Solution

    @property
    def objective(self) -> float:
        """Value of the choice, existing facilities included."""
        return self.solution.objective

    @property
    def bound(self) -> float:
        """Value that no choice of candidates beats."""
        return self.solution.bound

    @property
    def gap(self) -> float:
        """Difference of bound and objective as a share of the larger; 0 if optimal."""
        return self.solution.gap

    @property
    def status(self) -> str:
        """Status that the bound proves."""
        return self.solution.status

    @property
    def before(self) -> float:
        """Objective of the existing facilities alone."""
        return self.solution.before

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the chosen sites."""
        return self.sites

    def layers(self) -> list[Drawn]:
        """Return the people by whether they are served, existing facilities, and new sites."""
        served = self.people["site"].notna() | self.people["facility"].notna()
        layers: list[Drawn] = [
            (self.people[served], {"color": COVERED, "name": "served", "markersize": 2}),
            (self.people[~served], {"color": UNCOVERED, "name": "not served", "markersize": 2}),
        ]
        if self.existing is not None:
            style = {"color": EXISTING, "name": "existing", "marker_kwds": {"radius": 5}}
            layers.append((self.existing, style))
        return [*layers, (self.sites, {"color": NEW, "name": "new sites", "marker_kwds": {"radius": 8}})]

    def __repr__(self) -> str:
        return f"Sites({', '.join(f'{name}: {value}' for name, value in self._rows().items())})"

    def _repr_html_(self) -> str:
        return html_table("Sites", self._rows())

    def _rows(self) -> dict[str, str]:
        people, points = (self.figures.get(f"{name}_unreached", 0.0) for name in ("people", "points"))
        unreached = {"not reached by any": f"{people:,.6g} people at {points:,.0f} points"} if points else {}
        return {
            "model": self.model,
            "sites": f"{len(self.sites)}",
            "objective": f"{self.objective:,.6g}" if abs(self.objective) < 1e6 else f"{self.objective:,.0f}",  # noqa: PLR2004
            "before": f"{self.before:,.6g}",
            "gap": f"{self.gap:.2%}",
            "status": str(self.status),
            **unreached,
        }


def models() -> pd.DataFrame:
    """List the location models: name, unit of the objective, and whether `sites` must be given.

    Examples
    --------
    >>> "p_median" in models().index
    True
    """
    specs = [get_spec(name) for name in MODEL_NAMES]
    return pd.DataFrame(
        {"unit": [spec.unit for spec in specs], "needs_sites": [spec.needs_sites for spec in specs]},
        index=pd.Index(MODEL_NAMES, name="model"),
    )


def locate(  # noqa: PLR0913 - a location problem has these parts; all but the first two by name
    net: WalkNetwork,
    people: gpd.GeoDataFrame,
    model: str = DEFAULT_MODEL,
    sites: int | None = None,
    existing: gpd.GeoDataFrame | None = None,
    *,
    candidates: gpd.GeoDataFrame | None = None,
    minutes: float | None = None,
    weight: str | None = "people",
    cost: str | None = None,
    budget: float | None = None,
    time_limit_s: float = DEFAULTS.seconds,
    seed: int = 0,
    **settings: object,
) -> Sites:
    """Choose sites for new facilities by a location model.

    Parameters
    ----------
    net, people
        Network; points in any CRS.
    model
        Name of the model; see `models`.
    sites
        Number of new sites; models that determine it ("set_covering") take none.
    existing
        Existing facilities, which stay open; None if there are none.
    candidates
        Candidates in any CRS; None: those that a study proposes, middles of clusters of uncovered people.
    minutes
        Limit of covering models and of proposed candidates, minutes, inclusive; None: 5.
    weight
        Column of people; None: every point counts 1.
    cost, budget
        Column of the candidates, and the most that all may cost, instead of `sites`; "set_covering": cost alone.
    time_limit_s
        Longest search, seconds; a search that is stopped says so and has a bound.
    seed
        Seed of the random numbers.
    settings
        Of `[siting]` in a study: backup_weight, zero_coverage_min, m2_per_household, new_area_m2, tiers …

    Returns
    -------
    sites
        Chosen sites with objective, bound, gap and status.

    Raises
    ------
    PlannerError
        A frame or an argument cannot be used, or the model does not use it, or the problem is infeasible.

    Examples
    --------
    >>> road = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 900 0)"], crs=32648).to_frame("geometry")
    >>> homes = gpd.GeoDataFrame({"people": [30, 10]}, geometry=gpd.points_from_xy([100, 800], [0, 0]), crs=32648)
    >>> from planner.api.networks import walk_network
    >>> best = locate(walk_network(road), homes, model="maximal_covering", sites=1)
    >>> best.objective, best.bound, best.gap, len(best.sites)
    (30.0, 30.0, 0.0, 1)
    """
    walker, limit = walker_of(net), read_limit(LIMIT_MIN if minutes is None else minutes)
    spec = get_spec(check_choice("model", model, MODEL_NAMES))
    limits = {} if candidates is None else {"minutes": minutes}
    check_arguments(spec, {"sites": sites, "cost": cost, "budget": budget} | limits | settings)
    points = read_points(walker, people, name="people", weight=weight)
    centres = None if existing is None else read_points(walker, existing, name="existing")
    siting = siting_settings(sites=sites or 0, seconds=time_limit_s, seed=seed, budget=budget, **settings)
    with CallProgress("locate") as progress:
        if candidates is None:
            progress.stage("candidates")
            candidates = _proposed(walker, points, centres, limit, siting)
        options = read_points(walker, candidates, name="candidates")
        problem = location_problem(
            walker, points, options, centres, limit, spec=spec, settings=siting, cost=cost, progress=progress
        )
        progress.stage("siting")
        result = spec.solve(problem, siting.seconds)
    return _as_sites(spec, result, points, options, centres)


def _proposed(
    walker: Walker, people: Points, existing: Points | None, limit_min: float, settings: SitingSettings
) -> gpd.GeoDataFrame:
    """Return the candidates that a study would propose, in the CRS of the people."""
    proposed = restore_crs(propose(walker, people, existing, limit_min, settings), people.frame.crs)
    if proposed.empty:
        raise DataError("people", [Issue("nobody_uncovered", {"minutes": f"{limit_min:g}"})])
    return proposed


def _unreached(spec: ModelSpec, solution: Solution, points: Points) -> dict[str, float]:
    """Return the people served by no column; warn where the objective leaves them out."""
    rows = solution.unservable
    people = float(points.people[rows].sum())
    if len(rows) and spec.sense == "least":
        counts = {"people": f"{people:,.6g}", "count": f"{len(rows):,}", "model": spec.name}
        issue = Issue("people_unreached", counts, [str(label) for label in points.labels[rows]])
        warn_caller("locate", issue)
    return {"people_unreached": people, "points_unreached": float(len(rows))}


def _as_sites(
    spec: ModelSpec, result: ModelResult, people: Points, options: Points, existing: Points | None
) -> Sites:
    solution, tiers = result.solution, result.tiers
    count = len(options.labels)
    columns_of = count if existing is None else count + len(existing.labels)
    served_by = solution.served_by[: len(people.people)]
    at_new, at_old = (
        np.where(is_new, served_by - first, -1)
        for is_new, first in (
            ((served_by >= 0) & (served_by < count), 0),
            (served_by >= count, count),
        )
    )
    chosen = list(solution.sites)
    assigned = np.bincount(served_by[served_by >= 0], weights=people.people[served_by >= 0], minlength=columns_of)
    gain = list(solution.added) if len(solution.added) == len(chosen) else [np.nan] * len(chosen)
    columns: dict[str, Any] = {"gain": gain, "people_assigned": assigned[chosen]}
    if tiers:
        columns["tier"] = [tiers.get(column, "") for column in chosen]
    crs: pyproj.CRS = people.frame.crs
    return Sites(
        model=spec.name,
        sites=restore_crs(gpd.GeoDataFrame(options.frame.iloc[chosen].assign(**columns)), crs),
        people=gpd.GeoDataFrame(
            people.frame.assign(
                site=labels_at(options.labels, at_new),
                facility=None if existing is None else labels_at(existing.labels, at_old),
            )
        ),
        existing=None if existing is None else existing.frame,
        figures={**result.figures, **_unreached(spec, solution, people)},
        solution=solution,
    )
