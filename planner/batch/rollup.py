"""Roll up the districts where anything has changed; what it takes stands in `planner.batch.province`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from planner.batch.districts import NOTICED, CutResult, hash_of
from planner.batch.portfolio import Portfolio
from planner.batch.tasks import MARK, DistrictResult

MANIFEST, PAGE, WORKBOOK, FUNDS = "manifest.json", "province.html", "province.xlsx", "funds.json"
REPORT, PRINT = "report.docx", "report.pdf"
KEY = f"{MARK}/rollup.key"

TABLES = ("communities", "centres")
"""Tables that are rolled up, each a GeoParquet file of a district."""

OUTLINE = "outline"
PARTS_OF_DISTRICT = (*TABLES, OUTLINE)
"""What a district gives to the roll-up, each a GeoParquet file; its outline is coarse, for a map of all."""

ALL = (MANIFEST, *(f"{name}.parquet" for name in TABLES), WORKBOOK, PAGE, FUNDS, REPORT, PRINT)
"""The products of all districts together."""


def roll_up(
    portfolio: Portfolio,
    rows: Sequence[DistrictResult],
    out: Path,
    *,
    cut: CutResult,
    version: str,
    products: Sequence[str] | None = None,
) -> tuple[Path, ...]:
    """Write the products of all districts together, all or none; nothing where nothing has changed.

    The report is printed where `products` name "pdf" and a browser is there.

    Raises
    ------
    OutputError
        The folder cannot be written; what was there before is untouched.
    SitingError
        The floors of the districts cost more than the portfolio's funds hold; all products are written.
    """
    given = [[row.code, row.name, row.status, row.reason, row.key, sorted(row.files.items())] for row in rows]
    noticed = [getattr(cut, name) for name in NOTICED]
    key = hash_of([given, portfolio.model_dump_json(exclude={"file"}), noticed, version])
    left = {*(() if portfolio.funds else (FUNDS,)), *(() if _prints(products) else (PRINT,))}
    names = [name for name in ALL if name not in left]
    mark, paths = out / KEY, tuple(out / name for name in names)
    with suppress(OSError):
        if mark.read_bytes() == _signed(key, paths):
            return paths
    from planner.batch.province import write_province

    mark.unlink(missing_ok=True)
    for name in left:
        (out / name).unlink(missing_ok=True)
    write_province(portfolio, rows, out, cut, names)
    mark.write_bytes(_signed(key, paths))
    return paths


def _prints(products: Sequence[str] | None) -> bool:
    if "pdf" not in (products or ()):
        return False
    from planner.reporting.report.pdf import find_browser

    return find_browser() is not None


def _signed(key: str, paths: Sequence[Path]) -> bytes:
    """Return what stands in the mark as long as every product lies there as it was written."""
    found = [path.stat() for path in paths]
    return hash_of([key, [(one.st_size, one.st_mtime_ns) for one in found]]).encode()
