"""Run a portfolio: what is equal is skipped, what is killed is continued, what fails is told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.batch.districts import CutResult, district_key, districts_of
from planner.batch.portfolio import District, Portfolio, read_portfolio
from planner.batch.tasks import (
    DistrictResult,
    DistrictTask,
    is_in_place,
    read_receipt,
    reason_of_failure,
    receipt_path,
)
from planner.batch.workers import Slot, carry_out, cluster_slots, process_slots
from planner.messages.catalogue import Language
from planner.messages.errors import Issue, OutputError, PlannerError


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is: the row that was just done, how many of all are, and the seconds that may be left."""

    row: DistrictResult
    done: int
    count: int
    seconds_left: float


Report = Callable[[BatchProgress], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """What `run_many` returns.

    Attributes
    ----------
    portfolio
        The portfolio.
    out
        The folder of its products.
    rows
        One a district, in the order of their codes.
    kept
        Codes of the districts that were there already, equal in everything that they depend on.
    cut
        The districts, the communities that no district holds (in no sum), and those whose streets end too early.
    products
        The products of all districts together.
    """

    portfolio: Portfolio
    out: Path
    rows: tuple[DistrictResult, ...]
    kept: tuple[str, ...]
    cut: CutResult
    products: tuple[Path, ...]

    @property
    def failed(self) -> tuple[DistrictResult, ...]:
        """The districts that have no products, each with its reason."""
        return tuple(row for row in self.rows if row.status == "failed")


def run_many(
    portfolio: Portfolio | str | Path,
    out: str | Path,
    *,
    workers: int = 1,
    scheduler: str = "",
    products: Sequence[str] | None = None,
    memory_mb: int | None = None,
    report: Report | None = None,
) -> Batch:
    """Run the districts of a portfolio, each as one task, and roll up what they give.

    The products of a district lie in ``out/districts/<code>``, equal to the byte to those of `planner.write`; all
    of a district or none. A script that calls this with processes needs ``if __name__ == "__main__":``.

    Parameters
    ----------
    portfolio
        The portfolio, or the path of its file.
    out
        Where to, on a disk that all workers see.
    workers
        How many processes; each has its share of the threads of the machine.
    scheduler
        Address of a scheduler of dask instead, as ``"tcp://10.0.0.1:8786"``; needs the extra `cluster`.
    products
        As `planner.write`.
    memory_mb
        The most memory of one process, MB; None: its share of the machine's, 0: no bound. Linux only.
    report
        Called after each district.

    Returns
    -------
    batch
        A row for each district: a district that fails is a row with its reason.

    Raises
    ------
    PlannerError
        The portfolio is not valid, `out` cannot be written, or the scheduler does not answer.

    Examples
    --------
    ``run_many("portfolio.toml", "maps", workers=2).failed``
    """
    from planner.batch.rollup import MANIFEST, roll_up
    from planner.cache import code_digest

    portfolio = portfolio if isinstance(portfolio, Portfolio) else read_portfolio(portfolio)
    out, version = Path(out).resolve(), code_digest().hex()
    try:
        cut = districts_of(portfolio, out, version)
        rows, tasks = _plan_tasks(portfolio, cut.districts, out, products, version)
        kept = tuple(row.code for row in rows if row.status == "done")
        if tasks:
            check_folder(out, products, MANIFEST)
            compile_engine()
            with cluster_slots(scheduler) if scheduler else _processes(workers, memory_mb) as slots:
                rows += _carry_out(tasks, slots, out, len(rows) + len(tasks), report)
        rows = sorted(rows, key=lambda row: row.code)
        products_of_all = roll_up(portfolio, rows, out, cut=cut, version=version)
    except PlannerError:
        raise
    except OSError as error:
        from planner.reporting.write import unwritable_error

        raise unwritable_error(out, error) from error
    return Batch(portfolio, out, tuple(rows), kept, cut, products_of_all)


def check_folder(out: Path, products: Sequence[str] | None, name: str) -> None:
    """Make the folder and try it, and refuse products that are none, before the work begins that would be lost."""
    from planner.reporting.write import check_writable, files_of

    files_of(products)
    check_writable(out, [name])


def compile_engine() -> None:
    """Compile what is not compiled on this machine yet, once, before the workers start."""
    from planner.siting.compile import start_compiling

    with start_compiling(barriers=True, siting=True) as compile_rest:
        compile_rest()


def _plan_tasks(
    portfolio: Portfolio, districts: Sequence[District], out: Path, products: Sequence[str] | None, version: str
) -> tuple[list[DistrictResult], list[DistrictTask]]:
    """Return the rows of districts that are there or cannot be read, and the tasks of all others."""
    rows, tasks, funds = list[DistrictResult](), list[DistrictTask](), portfolio.funds
    most_sites = funds.most_a_district if funds else 0
    for district in districts:
        try:
            key, name = district_key(district, products, (version, most_sites))
        except PlannerError as error:
            reason = reason_of_failure(error, portfolio.language)
            rows.append(DistrictResult(district.code, district.name, "failed", reason))
            continue
        earlier = read_receipt(out, district.code)
        if earlier is not None and earlier.key == key and is_in_place(out, earlier):
            rows.append(earlier)
            continue
        chosen = None if products is None else tuple(products)
        tasks.append(
            DistrictTask(
                *(district.code, district.name or name, str(district.study.resolve()), str(out), key),
                products=chosen,
                language=portfolio.language,
                version=version,
                most_sites=most_sites,
            )
        )
    return rows, tasks


def _processes(workers: int, memory_mb: int | None) -> Any:  # noqa: ANN401 - a context of slots
    return process_slots(workers, memory_mb=share_of_memory_mb(workers) if memory_mb is None else memory_mb)


def share_of_memory_mb(workers: int) -> int:
    """Return what one of so many processes may hold of nine tenths of the machine's memory, MB; 0: not known."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 0.9 / workers) >> 20
    except (AttributeError, ValueError, OSError):
        return 0


def _carry_out(
    tasks: Sequence[DistrictTask], slots: Sequence[Slot], out: Path, count: int, report: Report | None
) -> list[DistrictResult]:
    began, rows, earlier = time.monotonic(), list[DistrictResult](), count - len(tasks)
    for row in carry_out(tasks, slots):
        seen = _seen(row, out, tasks[0].language)
        rows.append(seen)
        left = (time.monotonic() - began) / len(rows) * (len(tasks) - len(rows))
        if report is not None:
            report(BatchProgress(seen, earlier + len(rows), count, left))
    return rows


def _seen(row: DistrictResult, out: Path, language: Language) -> DistrictResult:
    """Return a row as it came, or that its products do not lie where this process looks for them."""
    if row.status == "done" and not receipt_path(out, row.code).exists():
        reason = OutputError(str(out), [Issue("not_on_this_disk")]).in_words(language)
        return DistrictResult(row.code, row.name, "failed", reason, row.key)
    return row
