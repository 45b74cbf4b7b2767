"""One district is one task: a study is run, its products lie in its folder, and a short row comes back.

This module is imported by every worker before it does anything: what is heavy is imported inside functions.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.messages.catalogue import Language, Texts
from planner.messages.errors import Issue, OutputError, PlannerError, system_reason

if TYPE_CHECKING:
    from planner.results import Plan

MARK = ".batch"
DISTRICTS, CUT, PARTS, RECEIPTS = "districts", "cut", f"{MARK}/parts", f"{MARK}/receipts"
"""Folders of a batch: products by district, their studies, tables for the roll-up, what each was made of."""

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
"""Faults of a disk that is full, or may not be written."""

REASON_AT_MOST = 2000
"""Signs of a reason that a row carries: a row stays below 10 kB."""


@dataclass(frozen=True, slots=True)
class DistrictTask:
    """The task of a worker: one district."""

    code: str
    name: str
    study: str
    """`code`, `name`, `study`: The district, and the path of its study file; of a cut that of the whole."""
    out: str
    """The folder of the batch, on a disk that every worker sees."""
    key: str
    """Hash of all that the products depend on."""
    products: tuple[str, ...] | None = None
    """Names of the products; None: those of `planner run`."""
    language: Language = "en"
    """Of reasons."""
    version: str = ""
    """Hash of the planner's code, as the coordinator has it."""
    most_sites: int = 0
    """Largest number of new sites on the curve of gains; 0: no curve."""


@dataclass(frozen=True, slots=True)
class DistrictResult:
    """The row of a district in the manifest."""

    code: str
    name: str
    status: str
    """`code`, `name`, `status`: `status` is "done", "failed", or of a cut "cut"."""
    reason: str = ""
    """Why it failed, in the language of the portfolio."""
    key: str = ""
    """As in the task."""
    files: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Size and time of change (ns) of each product."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """Counts and shares of the district, and what they rest on."""
    seconds: float = 0.0
    memory_mb: float = 0.0
    """`seconds`, `memory_mb`: What it took: time, and the most memory that the worker has held so far."""


def run_district(task: DistrictTask) -> DistrictResult:
    """Run one district; whatever goes wrong is its row, never an exception.

    The receipt is written last: a district that is killed before is done again.
    """
    result = _carried_out(_run, task)
    if result.status == "done":
        try:
            write_receipt(Path(task.out), result)
        except OSError as error:
            reason = reason_of_failure(error, task.language, task.out)
            return replace(result, status="failed", reason=reason, files={}, figures={})
    return result


def cut_district(task: DistrictTask) -> DistrictResult:
    """Cut one district of the whole that lies in the folder of the batch."""
    return _carried_out(_cut, task)


def load_planner() -> None:
    """Load what a district takes, so that a worker has it before its first task."""
    import planner.batch.curves
    import planner.batch.cut
    import planner.batch.parts
    import planner.pipeline
    import planner.reporting.write  # noqa: F401 - loaded, not used


def _carried_out(work: Callable[[DistrictTask], DistrictResult], task: DistrictTask) -> DistrictResult:
    """Return what work gives, or why it failed, with what it took."""
    began = time.perf_counter()
    try:
        other = _other_version(task)
        found = DistrictResult(task.code, task.name, "failed", other, task.key) if other else work(task)
    except Exception as error:  # noqa: BLE001 - one district must not end the others
        reason = reason_of_failure(error, task.language, task.out)
        found = DistrictResult(task.code, task.name, "failed", reason, task.key)
    return replace(found, seconds=round(time.perf_counter() - began, 3), memory_mb=round(peak_memory_mb(), 1))


def _other_version(task: DistrictTask) -> str:
    """Return in words that this worker runs another version; "" where it does not."""
    from planner.cache import code_digest

    version = code_digest().hex() if task.version else ""
    return "" if version == task.version else Texts(task.language)("batch.other_version", version=version[:12])


def _cut(task: DistrictTask) -> DistrictResult:
    from planner.batch.cut import write_district
    from planner.batch.whole import read_whole

    folder = Path(task.out) / CUT
    write_district(read_whole(Path(task.study)), task.code, folder / task.code)
    return DistrictResult(task.code, task.name, "cut", "", task.key)


def _run(task: DistrictTask) -> DistrictResult:
    from planner.batch.curves import district_curve
    from planner.batch.parts import district_figures, write_parts
    from planner.config.study import read_study
    from planner.pipeline import run
    from planner.reporting.write import STAGES, check_writable, files_of, write

    out, folder = Path(task.out), district_folder(Path(task.out), task.code)
    # What is there no longer answers for the study as it is now.
    receipt_path(out, task.code).unlink(missing_ok=True)
    check_writable(folder, files_of(task.products))
    plan: Plan = run(read_study(task.study))
    figures = district_figures(plan)
    if task.most_sites:
        figures["curve"] = district_curve(plan, task.most_sites)
    write_parts(plan, out / PARTS, task.code)
    # What an earlier batch with other products left would not fit these.
    for stale in set(STAGES) - set(files_of(task.products)):
        (folder / stale).unlink(missing_ok=True)
    paths = write(plan, folder, products=task.products)
    files = {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}
    return DistrictResult(task.code, task.name, "done", "", task.key, files, figures)


def reason_of_failure(error: BaseException, language: Language, out: str = "") -> str:
    """Return in words why a district failed; a disk that takes no more is that of `out`."""
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        error = OutputError(out, [Issue("not_writable", {"reason": system_reason(error)})])
    if isinstance(error, PlannerError):
        return error.in_words(language)[:REASON_AT_MOST]
    if isinstance(error, MemoryError):
        return Texts(language)("batch.no_memory")
    text = " ".join(str(error).split())[:REASON_AT_MOST]
    return Texts(language)("batch.unexpected", fault=type(error).__name__, reason=text)


def district_folder(out: Path, code: str) -> Path:
    """Return the folder of a district's products."""
    return out / DISTRICTS / code


def receipt_path(out: Path, code: str) -> Path:
    """Return the file that says of what a district's products were made."""
    return out / RECEIPTS / f"{code}.json"


def part_path(folder: Path, code: str, name: str) -> Path:
    """Return the file of a district's table for the roll-up."""
    return folder / f"{code}-{name}.parquet"


def write_receipt(out: Path, result: DistrictResult) -> None:
    """Write a receipt whole or not at all."""
    path = receipt_path(out, result.code)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.part")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(result), file, ensure_ascii=False, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_receipt(out: Path, code: str) -> DistrictResult | None:
    """Return a receipt; None where there is none, or none that can be read."""
    try:
        content = json.loads(receipt_path(out, code).read_text("utf-8"))
        result = DistrictResult(**{one.name: content[one.name] for one in fields(DistrictResult)})
        return replace(result, files={name: (size, changed) for name, (size, changed) in result.files.items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_in_place(out: Path, result: DistrictResult) -> bool:
    """Return True if the products of a receipt lie where it says, as they were written."""
    folder = district_folder(out, result.code)
    try:
        found = {name: (folder / name).stat() for name in result.files}
    except OSError:
        return False
    return bool(found) and all(result.files[name] == (one.st_size, one.st_mtime_ns) for name, one in found.items())


def peak_memory_mb() -> float:
    """Return the most memory that this process has held, MB; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20) if sys.platform == "darwin" else most / 1024
