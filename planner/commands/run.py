"""`planner run`, `map` and `report`: run a study and write its products, or one of them."""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from planner.commands.caching import cache_of, plan_of
from planner.commands.streams import StageReport, is_verbose, print_progress, print_results, print_status
from planner.config.study import read_study
from planner.messages.catalogue import Texts
from planner.messages.notices import reason_of

if TYPE_CHECKING:
    from planner.cache import Cache
    from planner.results import Plan


def run_study(options: Namespace, texts: Texts) -> None:
    """Run a study and write its products, or those that are asked for."""
    study = read_study(options.study)
    # The study is read before the engine is imported, so that an error in it is reported at once.
    from planner.network.compile import thread_count
    from planner.reporting.files.input_protection import protect_inputs
    from planner.reporting.write import EarlierProductsWarning, NoBrowserWarning, check_writable, files_of, write

    files = files_of(options.products)
    protect_inputs(study, options.out, files, scenario=options.scenario)
    check_writable(options.out, files)
    progress = StageReport(texts)
    with progress:
        cache = cache_of(options, texts)
        plan = plan_of(study, cache, progress, scenario=options.scenario, verified=options.verify)
        with warnings.catch_warnings(record=True) as noted:
            for told in (EarlierProductsWarning, NoBrowserWarning):
                warnings.simplefilter("always", told)
            products = write(
                plan,
                options.out,
                products=options.products,
                progress=progress,
                processes=min(thread_count(), 2),
                cache=cache,
            )
    progress.done()
    if options.out.resolve() == study.file.resolve().parent:
        print_status(f"  ! {texts('cli.out_beside_data', folder=options.out)}")
    for warning in noted:
        print_status(f"  ! {warning.message}")
    for notice in plan.notices:
        key = "cli.notice_row" if len(notice.rows) == 1 else "cli.notice_rows"
        rows = texts(key, count=len(notice.rows)) if notice.rows else ""
        rows = f" {', '.join(notice.rows)}" if notice.rows and is_verbose() else rows
        print_progress(f"  ! {reason_of(notice, texts)}{rows}")
    print_results(*products)


def draw_sheet(options: Namespace, texts: Texts) -> None:
    """Run a study and draw the printed map."""
    from planner.reporting.map.sheet import check_format, write_static_map

    check_format(options.out)
    _write_product(options, texts, "write_map", lambda plan, _: write_static_map(plan, options.out))


def write_one_report(options: Namespace, texts: Texts) -> None:
    """Run a study and write the report of the district or of a part of it."""
    from planner.reporting.report.area_report import check_format, write_area_report

    check_format(options.out)

    def write(plan: Plan, cache: Cache) -> Path:
        return write_area_report(plan, options.out, wanted=options.part, cache=cache)

    _write_product(options, texts, "write_report", write)


def _write_product(options: Namespace, texts: Texts, stage: str, write: Callable[[Plan, Cache], Path]) -> None:
    study = read_study(options.study)
    from planner.reporting.files.input_protection import protect_inputs

    protect_inputs(study, options.out.parent, [options.out.name], scenario=options.scenario)
    progress = StageReport(texts)
    with progress:
        cache = cache_of(options, texts)
        plan = plan_of(study, cache, progress, scenario=options.scenario)
        progress(stage)
        path = write(plan, cache)
    progress.done()
    print_results(path)
