"""`planner batch`: the districts of a portfolio in one go."""

from __future__ import annotations

from argparse import Namespace

from planner.batch.districts import NOTICED
from planner.batch.portfolio import read_portfolio
from planner.batch.run import BatchProgress, run_many
from planner.commands.streams import print_progress, print_results, print_status
from planner.messages.catalogue import Texts
from planner.messages.errors import SHOWN_ROWS, BatchError, Issue


def run_command(options: Namespace, texts: Texts) -> None:
    """Run the districts of a portfolio and print what became of each.

    Raises
    ------
    BatchError
        Some districts failed; the products of all others are in place.
    """
    portfolio = read_portfolio(options.portfolio)

    def report(progress: BatchProgress) -> None:
        row = progress.row
        values = {
            "done": progress.done,
            "count": progress.count,
            "code": row.code,
            "name": row.name,
            "seconds": f"{row.seconds:.1f}",
            "left": f"{progress.seconds_left:,.0f}",
        }
        print_progress(texts(f"batch.{row.status}", **values))

    batch = run_many(
        portfolio,
        options.out,
        workers=options.workers,
        threads=options.threads,
        scheduler=options.scheduler,
        products=options.products,
        memory_mb=options.memory_mb,
        report=report,
    )
    if batch.kept:
        print_progress(texts("batch.kept", count=len(batch.kept)))
    for name in NOTICED:
        value = getattr(batch.cut, name)
        if value:
            values = {"count": len(value), "ids": ", ".join(value[:SHOWN_ROWS])}
            print_status(f"  ! {texts(f'batch.{name}', **values)}")
    print_results(*batch.products)
    if batch.failed:
        for row in batch.failed:
            print_status(f"  ! {row.code} {row.name}: {row.reason}")
        issue = Issue(
            "districts_failed",
            {"count": len(batch.failed), "all": len(batch.rows)},
            [row.code for row in batch.failed],
        )
        raise BatchError(str(options.portfolio), [issue])
