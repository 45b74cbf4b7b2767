"""Write results whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pyogrio.errors import DataLayerError, DataSourceError

from planner.messages.errors import Issue, OutputError
from planner.messages.progress import Progress, silent
from planner.reporting.document.build import build_document, format_json
from planner.reporting.files.exchange import finish_interrupted, replace_files, staging_folder
from planner.reporting.files.input_protection import protect_inputs
from planner.reporting.files.open_databases import check_databases_closed
from planner.reporting.files.second_process import run_here, start_in_process
from planner.reporting.map.page import draw_map
from planner.reporting.report.build import build_report
from planner.reporting.report.docx import docx_bytes
from planner.reporting.report.html import write_page
from planner.reporting.tables.geopackage import write_geopackage
from planner.reporting.tables.results import write_result_workbook
from planner.results import Plan

STAGES = {
    "map.html": "write_map",
    "report.html": "write_report",
    "report.docx": "write_word",
    "tables.xlsx": "write_tables",
    "plan.json": "write_plan",
    "results.gpkg": "write_results",
}
"""The products in their order, and the stage that makes each."""

PRODUCTS = tuple(STAGES)

UNWRITABLE = (OSError, DataSourceError, DataLayerError)
"""Errors that the writers of text and layers raise on a full disk or a lost drive."""


def write(plan: Plan, folder: str | Path, *, progress: Progress = silent, processes: int = 1) -> list[Path]:
    """Write map, report (page and Word file), tables.xlsx, plan.json and results.gpkg of a plan.

    All are made first; only then do they take the place of earlier ones, all together. The same plan gives the
    same bytes.

    Parameters
    ----------
    plan
        What `planner.run` returned.
    folder
        Where to; made if it does not exist. Other files in it are left alone.
    progress
        Called with the name of each product's stage.
    processes
        With 2, report.docx is laid out in a second process while this one makes the rest. It needs an interpreter
        that can be started again, which a program with Python inside is not.

    Returns
    -------
    products
        The paths of `PRODUCTS`, in their order.

    Raises
    ------
    OutputError
        The folder or a file in it cannot be written, or holds an input of the study by the name of a product; what
        was there before is untouched.
    """
    folder = Path(folder)
    protect_inputs(plan.study, folder, PRODUCTS)
    check_writable(folder)
    content = build_document(plan)
    report = build_report(plan, content)
    laid_out = start_in_process(docx_bytes, report) if processes > 1 else run_here(docx_bytes, report)
    with laid_out as docx:
        makers: Mapping[str, Callable[[Path], object]] = {
            "map.html": lambda path: path.write_text(draw_map(plan, content), "utf-8", newline="\n"),
            "report.html": lambda path: path.write_text(write_page(report), "utf-8", newline="\n"),
            "tables.xlsx": lambda path: write_result_workbook(plan, content, path),
            "plan.json": lambda path: path.write_text(format_json(content), "utf-8", newline="\n"),
            "results.gpkg": lambda path: write_geopackage(plan, path),
            "report.docx": lambda path: path.write_bytes(docx()),
        }
        write_all_or_none(folder, makers, progress=progress)
    return [folder / name for name in PRODUCTS]


def write_all_or_none(
    folder: Path, makers: Mapping[str, Callable[[Path], object]], *, progress: Progress = silent
) -> list[Path]:
    """Write files to a staging folder, then put all of them in place, or none; return their paths.

    Raises
    ------
    OutputError
        The folder or a file in it cannot be written; what was there before is untouched.
    """
    try:
        finish_interrupted(folder)
        with staging_folder(folder) as room:
            for name, make in makers.items():
                progress(STAGES.get(name, f"write_{name.partition('.')[0]}"))
                make(room / name)
            replace_files(room, folder, tuple(makers))
    except (OutputError, BrokenPipeError):
        # Nobody reads what the stages say any more: no fault of the folder.
        raise
    except UNWRITABLE as error:
        raise unwritable_error(folder, error) from error
    return [folder / name for name in makers]


def write_single(path: Path, make: Callable[[Path], object]) -> Path:
    """Write one file to a staging folder, then put it in place; return its path.

    Raises
    ------
    OutputError
        The file cannot be written; what was there before is untouched.
    """
    check_writable(path.parent, [path.name])
    return write_all_or_none(path.parent, {path.name: make})[0]


def check_writable(folder: Path, names: Sequence[str] = PRODUCTS) -> None:
    """Make the folder and try it, before the work begins that would be lost; settle what a killed run has left.

    Raises
    ------
    OutputError
        It cannot be made or written, a folder stands where a product goes, or another program has one open.
    UnfinishedError
        A killed run left new products half in place, and they can be neither completed nor taken back.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        finish_interrupted(folder)
    except OutputError:
        raise
    except OSError as error:
        raise unwritable_error(folder, error) from error
    # A folder in a product's place holds what the planner has not made, and must not clear away.
    issues = [Issue("product_is_folder", {"name": name}) for name in names if (folder / name).is_dir()]
    if issues:
        raise OutputError(str(folder), issues)
    check_databases_closed(folder, names)


def unwritable_error(folder: Path, error: Exception) -> OutputError:
    """Return the error that says why a folder could not be written."""
    reason = error.strerror if isinstance(error, OSError) else None
    return OutputError(str(folder), [Issue("not_writable", {"reason": reason or error})])
