"""The cache of a command: the user's, unless the command line says that nothing is to be kept."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from planner.cache import NO_CACHE, Cache, default_cache
from planner.commands.streams import print_status
from planner.config.study import Study
from planner.messages.catalogue import Texts
from planner.messages.progress import Progress

if TYPE_CHECKING:
    from planner.results import Plan

Result = TypeVar("Result")

MOST_WALKS = 5_000_000
"""A plan with more is not kept whole: to write it would take as much memory again. Its stages are."""


def cache_of(options: Namespace, texts: Texts) -> Cache:
    """Return the cache of a command; what is wrong with it is printed, and the command goes on without it."""

    def report(key: str, values: Mapping[str, object]) -> None:
        print_status(f"\n  ! {texts(f'cli.{key}', **values)}")

    return NO_CACHE if options.no_cache else default_cache(report)


def plan_of(
    study: Study, cache: Cache, progress: Progress, *, scenario: Path | None = None, verified: bool = False
) -> Plan:
    """Return the plan of a study: an earlier command's if no file and no setting has changed, else a new one."""
    from planner.inputs.scenario import read_scenario
    from planner.pipeline import run

    read = None if scenario is None else read_scenario(scenario, study)

    def compute() -> Plan:
        return run(study, scenario=read, progress=progress, verified=verified, cache=cache)

    def fits(plan: Plan) -> bool:
        return len(plan.times.minutes) + len(plan.candidate_times.minutes) <= MOST_WALKS

    plan = reuse_result("plan", study, (read, verified), compute, cache=cache, progress=progress, fits=fits)
    # A kept plan knows no cache; what is drawn of it may be kept too.
    walks = tuple(replace(walk, prepared=replace(walk.prepared, cache=cache)) for walk in plan.outcome.walks)
    return replace(
        plan,
        prepared=replace(plan.prepared, cache=cache),
        outcome=replace(plan.outcome, walks=walks),
    )


def reuse_result(
    name: str,
    study: Study,
    given: object,
    compute: Callable[[], Result],
    *,
    cache: Cache,
    progress: Progress,
    fits: Callable[[Result], bool] = lambda _: True,
) -> Result:
    """Return what an earlier command computed of the same study, files and options, or compute it.

    Nothing is kept of a search that the clock has stopped, nor where a file changed while it was read, nor of what
    is too large.
    """
    if cache.folder is None:
        return compute()
    from planner.config.facility_references import file_contents
    from planner.pipeline import STOPPED
    from planner.siting.solvers.highs import highs_version

    contents = file_contents(study)

    computed: list[Result] = []

    def settled() -> tuple[Result | None, bytes]:
        computed.append(compute())
        keep = fits(computed[0]) and file_contents(study) == contents
        return (computed[0], b"") if keep else (None, STOPPED)

    earlier, _ = cache.get(name, (study, given, contents, highs_version()), settled, unless=STOPPED)
    if computed:
        return computed[0]
    progress("reused")
    return cast("Result", earlier)
