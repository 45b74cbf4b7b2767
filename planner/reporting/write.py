"""Write results whole or not at all."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache as once
from pathlib import Path

from pyogrio.errors import DataLayerError, DataSourceError

from planner.cache import NO_CACHE, Cache
from planner.messages.catalogue import Texts
from planner.messages.errors import CommandError, Issue, OutputError, system_reason
from planner.messages.progress import Progress, silent
from planner.reporting.document.build import build_document, format_json
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.files.exchange import finish_interrupted, replace_files, staging_folder
from planner.reporting.files.input_protection import check_databases_closed, protect_inputs
from planner.reporting.report.build import build_report
from planner.reporting.report.docx import docx_bytes
from planner.reporting.report.html import write_page
from planner.reporting.report.pdf import find_browser, pdf_bytes
from planner.reporting.report.pictures import start_pictures
from planner.reporting.tables.geopackage import write_geopackage
from planner.reporting.tables.results import write_result_workbook
from planner.results import Plan

FILES: Mapping[str, tuple[str, ...]] = {
    "map": ("map.html",),
    "report": ("report.html", "report.docx"),
    "tables": ("tables.xlsx",),
    "plan": ("plan.json",),
    "gpkg": ("results.gpkg",),
    "sheet": ("sheet.pdf",),
    "pdf": ("report.pdf", "map.pdf"),
}
"""The products by the name that chooses them, and their files."""

STAGES = {
    "map.html": "write_map",
    "report.html": "write_report",
    "report.docx": "write_word",
    "tables.xlsx": "write_tables",
    "plan.json": "write_plan",
    "results.gpkg": "write_results",
    "sheet.pdf": "write_sheet",
    "report.pdf": "write_report_pdf",
    "map.pdf": "write_map_pdf",
}
"""The files in their order, and the stage that makes each."""

PRODUCTS = tuple(name for name in STAGES if name not in (*FILES["sheet"], *FILES["pdf"]))
"""The files that a run makes by default."""

UNWRITABLE = (OSError, DataSourceError, DataLayerError)
"""Errors that the writers of text and layers raise on a full disk or a lost drive."""


class NoBrowserWarning(UserWarning):
    """No browser is there to print report.pdf."""


class EarlierProductsWarning(UserWarning):
    """Products of an earlier run lie beside those that were made."""


def write(
    plan: Plan,
    folder: str | Path,
    *,
    products: str | Iterable[str] | None = None,
    progress: Progress = silent,
    processes: int = 1,
    cache: Cache = NO_CACHE,
) -> list[Path]:
    """Write map, report (page and Word file), tables.xlsx, plan.json and results.gpkg of a plan.

    All are made first; only then do they take the place of earlier ones, all together. The same plan gives the
    same bytes, whichever others are made beside it.

    Parameters
    ----------
    plan
        What `planner.run` returned.
    folder
        Where to; made if it does not exist. Other files in it are left alone.
    products
        Names of `FILES` or one: map, report, tables, plan, gpkg, sheet, pdf; None: all but the last two.
    progress
        Called with the name of each product's stage.
    processes
        With 2, a second process draws the pictures of report.docx while this one makes the rest. It needs an
        interpreter that can be started again, which a program with Python inside is not.
    cache
        Parts of products of earlier runs.

    Returns
    -------
    paths
        The files that were made, in the order of `STAGES`.

    Warns
    -----
    NoBrowserWarning
        report.pdf was requested and no browser is there to print it; the other products are made.
    EarlierProductsWarning
        Products that were not requested are there from an earlier run; they are left as they are.

    Raises
    ------
    CommandError
        A product is not one of `FILES`.
    OutputError
        The folder or a file in it cannot be written, or holds an input of the study by the name of a product; what
        was there before is untouched.
    """
    folder, names = Path(folder), files_of(products)
    protect_inputs(plan.study, folder, names)
    check_writable(folder, names)
    browser = find_browser() or ""
    if "report.pdf" in names and not browser:
        names = tuple(name for name in names if name != "report.pdf")
        warnings.warn(Texts(plan.study.language)("cli.no_browser"), NoBrowserWarning, stacklevel=2)
    content = once(lambda: build_document(plan))
    report = once(lambda: build_report(plan, content()))
    with ExitStack() as beside:
        if "report.docx" in names:
            pictures = beside.enter_context(start_pictures(report(), cache, processes=processes))
        makers: Mapping[str, Callable[[Path], object]] = {
            "map.html": lambda path: path.write_text(draw_map(plan, content()), "utf-8", newline="\n"),
            "report.html": lambda path: path.write_text(write_page(report()), "utf-8", newline="\n"),
            "tables.xlsx": lambda path: write_result_workbook(plan, content(), path),
            "plan.json": lambda path: path.write_text(format_json(content()), "utf-8", newline="\n"),
            "results.gpkg": lambda path: write_geopackage(plan, path, content()),
            "sheet.pdf": lambda path: _draw_sheet(plan, path),
            "map.pdf": lambda path: _draw_sheet(plan, path),
            "report.pdf": lambda path: path.write_bytes(pdf_bytes(report(), browser)),
            "report.docx": lambda path: path.write_bytes(docx_bytes(report(), pictures())),
        }
        chosen = {name: make for name, make in makers.items() if name in names}
        write_all_or_none(folder, chosen, progress=progress)
    earlier = [name for name in STAGES if name not in names and (folder / name).exists()]
    if earlier:
        text = Texts(plan.study.language)("cli.earlier_products", names=", ".join(earlier), folder=folder)
        warnings.warn(text, EarlierProductsWarning, stacklevel=2)
    return [folder / name for name in names]


def files_of(products: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the files of some products in their order; of None, those that a run makes by default.

    Examples
    --------
    >>> files_of(["gpkg", "report"])
    ('report.html', 'report.docx', 'results.gpkg')

    Raises
    ------
    CommandError
        A product is not one of `FILES`, or none is named.
    """
    if products is None:
        return PRODUCTS
    requested = [products] if isinstance(products, str) else list(products)
    unknown = [name for name in requested if name not in FILES]
    if unknown or not requested:
        values = {"names": ", ".join(unknown) or "–", "known": ", ".join(FILES)}
        raise CommandError("products", [Issue("unknown_product", values)])
    chosen = {name for product in requested for name in FILES[product]}
    return tuple(name for name in STAGES if name in chosen)


def draw_map(plan: Plan, content: PlanDocument) -> str:
    """Draw map.html; what draws it is imported only where it is asked for."""
    from planner.reporting.map.page import draw_map as draw_page

    return draw_page(plan, content)


def _draw_sheet(plan: Plan, path: Path) -> None:
    # The printed map draws in matplotlib, which a run without it need not import.
    from planner.reporting.map.sheet import write_static_map

    write_static_map(plan, path)


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
        # Nobody reads what the stages state any more: no fault of the folder.
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
    """Return the error that states why a folder could not be written."""
    reason = system_reason(error) if isinstance(error, OSError) else error
    return OutputError(str(folder), [Issue("not_writable", {"reason": reason})])
