"""Roll up the districts where anything has changed; what it takes stands in `planner.batch.province`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from planner.batch.districts import CutResult, hash_of
from planner.batch.portfolio import Portfolio
from planner.batch.tasks import DistrictResult

MANIFEST, PAGE, WORKBOOK, FUNDS = "manifest.json", "province.html", "province.xlsx", "funds.json"
KEY = ".batch/rollup.key"

TABLES = ("communities", "centres")
"""Tables that are rolled up, each a GeoParquet file of a district."""


def roll_up(
    portfolio: Portfolio,
    rows: Sequence[DistrictResult],
    out: Path,
    *,
    cut: CutResult,
    version: str,
) -> tuple[Path, ...]:
    """Write the products of all districts together, all or none; nothing where nothing has changed.

    Raises
    ------
    OutputError
        The folder cannot be written; what was there before is untouched.
    SitingError
        The floors of the districts cost more than the portfolio's funds hold.
    """
    given = [[row.code, row.name, row.status, row.reason, row.key, sorted(row.files.items())] for row in rows]
    key = hash_of(
        [given, portfolio.model_dump_json(exclude={"file"}), cut.in_no_district, cut.beyond_streets, version]
    )
    tables = [f"{name}.parquet" for name in TABLES]
    names = [MANIFEST, *tables, WORKBOOK, PAGE, *((FUNDS,) if portfolio.funds else ())]
    mark, paths = out / KEY, tuple(out / name for name in names)
    if mark.is_file() and mark.read_text("utf-8") == key and all(path.is_file() for path in paths):
        return paths
    from planner.batch.province import write_province

    mark.unlink(missing_ok=True)
    write_province(portfolio, rows, out, cut, names)
    mark.parent.mkdir(exist_ok=True)
    mark.write_text(key, "utf-8")
    return paths
