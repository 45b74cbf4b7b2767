"""Run a portfolio: skip unchanged districts, continue an interrupted batch, report districts that fail."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache as once
from importlib import import_module
from pathlib import Path
from typing import Any

from planner.batch.districts import CutResult, district_key, districts_of
from planner.batch.portfolio import Portfolio, check_funds, read_portfolio
from planner.batch.rollup import ALL, MANIFEST, PARTS_OF_DISTRICT, roll_up
from planner.batch.tasks import (
    CUT,
    MARK,
    PARTS,
    DistrictResult,
    DistrictTask,
    cut_district,
    is_in_place,
    part_path,
    read_receipt,
    reason_of_failure,
    receipt_path,
    run_district,
)
from planner.batch.workers import Slot, Work, carry_out, cluster_slots, process_slots
from planner.messages.catalogue import Language, Texts
from planner.messages.errors import CommandError, Issue, OutputError, PlannerError


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is: the row that was just cut or run, how many of all are, seconds that may be left."""

    row: DistrictResult
    done: int
    count: int
    seconds_left: float


Report = Callable[[BatchProgress], None]
MOST_WORKERS = 10_000
"""As many workers as are asked for, while it is not known how many districts there are."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What `run_many` returns."""

    portfolio: Portfolio
    """The portfolio."""
    out: Path
    """The folder of its products."""
    rows: tuple[DistrictResult, ...]
    """One a district, in the order of their codes."""
    kept: tuple[str, ...]
    """Codes of the districts that were there already, equal in everything that they depend on."""
    cut: CutResult
    """The districts, the communities that no district holds (in no sum), and those whose streets end too early."""
    products: tuple[Path, ...]
    """The products of all districts together."""

    @property
    def failed(self) -> tuple[DistrictResult, ...]:
        """The districts that have no products, each with its reason."""
        return tuple(row for row in self.rows if row.status == "failed")


def run_many(  # noqa: PLR0913 - options of one batch, each by name
    portfolio: Portfolio | str | Path,
    out: str | Path,
    *,
    workers: int = 1,
    threads: int | None = None,
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
        How many processes.
    threads
        How many threads one process computes with; None: its share of the machine's. Workers of a scheduler have
        the threads that they were started with.
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
        The portfolio is not valid, `out` cannot be written or holds files of others, another batch is at work
        there, the scheduler does not answer, or the floors of the funds cost more than there is: then all
        products are in place, without the choice.

    Examples
    --------
    ``run_many("portfolio.toml", "maps", workers=2).failed``
    """
    from planner.cache import code_digest

    portfolio = portfolio if isinstance(portfolio, Portfolio) else read_portfolio(portfolio)
    for option, count in (("--workers", workers), ("--threads", 1 if threads is None else threads)):
        if count < 1:
            raise CommandError(option, [Issue("too_few_workers", {"option": option, "count": count})])
    out, version = Path(out).resolve(), code_digest().hex()

    def open_slots(count: int) -> AbstractContextManager[list[Slot]]:
        check_folder(out, products, MANIFEST)
        return cluster_slots(scheduler) if scheduler else _processes(min(workers, count), threads, memory_mb)

    try:
        with own_folder(out):
            cut, rows, kept = _run_districts(portfolio, out, version, products, open_slots, report)
            products_of_all = roll_up(portfolio, rows, out, cut=cut, version=version, products=products)
    except PlannerError:
        raise
    except OSError as error:
        from planner.reporting.write import unwritable_error

        raise unwritable_error(out, error) from error
    return Batch(portfolio, out, tuple(rows), kept, cut, products_of_all)


def _run_districts(
    portfolio: Portfolio,
    out: Path,
    version: str,
    products: Sequence[str] | None,
    open_slots: Callable[[int], AbstractContextManager[list[Slot]]],
    report: Report | None,
) -> tuple[CutResult, list[DistrictResult], tuple[str, ...]]:
    """Cut and run what has changed, by workers that start only then; return also the codes of what was kept."""
    with ExitStack() as opened:
        most = MOST_WORKERS

        @once
        def slots() -> list[Slot]:
            return opened.enter_context(open_slots(most))

        @once
        def begin() -> None:
            for slot in slots():
                slot.begin()
            compile_engine()
            import_module("planner.batch.province")

        def cut_all(tasks: Sequence[DistrictTask]) -> list[DistrictResult]:
            return _carry_out(tasks, slots, out, len(tasks), report, work=cut_district)

        cut = districts_of(portfolio, out, version, carry=cut_all, meanwhile=begin)
        check_funds(portfolio, [district.code for district in cut.districts])
        rows, tasks = _plan_tasks(portfolio, cut, out, products, version)
        kept = tuple(row.code for row in rows if row.status == "done")
        if tasks:
            # Fewer processes have larger shares of the machine, unless they are there already.
            most = len(tasks)
            begin()
            rows += _carry_out(tasks, slots, out, len(rows) + len(tasks), report)
    return cut, sorted(rows, key=lambda row: row.code), kept


@contextmanager
def own_folder(out: Path) -> Iterator[None]:
    """Hold the folder of a batch for as long as it runs: two at once would tear each other's files.

    Raises
    ------
    OutputError
        Another batch is at work there, or files that no batch has made stand where its products go.
    """
    from planner.reporting.files.locking import lock_folder

    mark = out / MARK
    foreign = [name for name in (*ALL, CUT) if (out / name).exists()] if not mark.exists() else []
    if foreign:
        raise OutputError(str(out), [Issue("foreign_products", {"names": ", ".join(foreign)})])
    mark.mkdir(parents=True, exist_ok=True)
    with lock_folder(mark, wait_s=0.0):
        yield


def check_folder(out: Path, products: Sequence[str] | None, name: str) -> None:
    """Make the folder and try it, and refuse products that are none, before the work begins that would be lost."""
    from planner.reporting.write import check_writable, files_of

    files_of(products)
    check_writable(out, [name])


def compile_engine() -> None:
    """Compile what is not compiled on this machine yet, once, before the workers start."""
    from planner.cache import default_cache
    from planner.siting.compile import start_compiling_once

    with start_compiling_once(default_cache(), barriers=True, siting=True) as compile_rest:
        compile_rest()


def _plan_tasks(
    portfolio: Portfolio, cut: CutResult, out: Path, products: Sequence[str] | None, version: str
) -> tuple[list[DistrictResult], list[DistrictTask]]:
    """Return the rows of districts that are there or cannot be read, and the tasks of all others."""
    rows, tasks, funds = list[DistrictResult](), list[DistrictTask](), portfolio.funds
    most_sites = funds.most_a_district if funds else 0
    not_cut = {row.code: row for row in cut.failed}
    for district in cut.districts:
        if district.code in cut.empty:
            reason = Texts(portfolio.language)("batch.no_community")
            rows.append(DistrictResult(district.code, district.name, "failed", reason))
            continue
        if district.code in not_cut:
            rows.append(not_cut[district.code])
            continue
        try:
            key, name = district_key(district, products, (version, most_sites))
        except PlannerError as error:
            reason = reason_of_failure(error, portfolio.language)
            rows.append(DistrictResult(district.code, district.name, "failed", reason))
            continue
        earlier = read_receipt(out, district.code)
        parts = [part_path(out / PARTS, district.code, name) for name in PARTS_OF_DISTRICT]
        is_whole = earlier is not None and is_in_place(out, earlier) and all(part.is_file() for part in parts)
        if earlier is not None and earlier.key == key and is_whole:
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


def _processes(workers: int, threads: int | None, memory_mb: int | None) -> Any:  # noqa: ANN401 - a context of slots
    memory_mb = share_of_memory_mb(workers) if memory_mb is None else memory_mb
    return process_slots(workers, threads=threads, memory_mb=memory_mb)


def share_of_memory_mb(workers: int) -> int:
    """Return what one of so many processes may hold of nine tenths of the machine's memory, MB; 0: not known."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 0.9 / workers) >> 20
    except (AttributeError, ValueError, OSError):
        return 0


def _carry_out(
    tasks: Sequence[DistrictTask],
    slots: Callable[[], Sequence[Slot]],
    out: Path,
    count: int,
    report: Report | None,
    *,
    work: Work = run_district,
) -> list[DistrictResult]:
    began, rows, earlier = time.monotonic(), list[DistrictResult](), count - len(tasks)
    for row in carry_out(tasks, slots() if tasks else (), work=work):
        seen = _seen(row, out, tasks[0].language)
        rows.append(seen)
        left = (time.monotonic() - began) / len(rows) * (len(tasks) - len(rows))
        if report is not None:
            report(BatchProgress(seen, earlier + len(rows), count, left))
    return rows


def _seen(row: DistrictResult, out: Path, language: Language) -> DistrictResult:
    """Return a row as it came, or that its products do not lie where this process looks for them."""
    lies = {"done": receipt_path(out, row.code), "cut": out / CUT / row.code / "study.toml"}
    if row.status in lies and not lies[row.status].exists():
        reason = OutputError(str(out), [Issue("not_on_this_disk")]).in_words(language)
        return DistrictResult(row.code, row.name, "failed", reason, row.key)
    return row
