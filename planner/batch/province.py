"""The province: tables of all communities and centres, league tables, a page with a map by district."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache as once
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from planner.batch.districts import NOTICED, CutResult
from planner.batch.funds import Choice, choice_document, curves_of, share_funds
from planner.batch.parts import COMMUNITY_COLUMNS, DEGREES
from planner.batch.portfolio import Portfolio
from planner.batch.province_page import draw_province
from planner.batch.province_report import build_province_report
from planner.batch.rollup import (
    FUNDS,
    MANIFEST,
    OUTLINE,
    PAGE,
    PARTS_OF_DISTRICT,
    PRINT,
    REPORT,
    TABLES,
    WORKBOOK,
)
from planner.batch.tasks import PARTS, DistrictResult, part_path
from planner.messages.catalogue import Texts
from planner.messages.errors import SHOWN_ROWS, SitingError
from planner.messages.notices import layer_name
from planner.reporting.report.docx import docx_bytes
from planner.reporting.report.pdf import find_browser, pdf_bytes
from planner.reporting.tables.workbook import Kind, Sheet, SheetColumn, write_workbook
from planner.reporting.write import check_writable, write_all_or_none

OVERLAP = 0.05
"""Districts overlap if they share more than this of the smaller; their outlines are coarse."""

WORST = 500
"""So many communities the workbook lists, those with most people out of reach."""

LEAGUE: tuple[tuple[str, Kind], ...] = (
    ("rank", "whole"),
    ("code", "text"),
    ("name", "text"),
    ("people", "whole"),
    ("people_covered", "whole"),
    ("people_share", "share"),
    ("people_uncovered", "whole"),
    ("communities", "whole"),
    ("centres", "whole"),
    ("assessed", "whole"),
    ("compliant_share", "share"),
    ("weak", "whole"),
    ("undetermined", "whole"),
    # What the data are worth stands beside the rank: thin street data rank mappers, not services.
    ("streets_km_per_km2", "number"),
    ("outside_share", "share"),
    ("near_misses", "whole"),
    ("method", "text"),
    ("modelled", "text"),
    ("notices", "whole"),
    ("rules", "text"),
    ("standard_min", "plain"),
    ("speed_kmh", "plain"),
    ("date", "text"),
)
"""Columns of the league table: what is measured, what the data are worth, by which rules."""

COUNTED = (
    *("people", "people_covered", "compliant", "excellent", "assessed", "undetermined"),
    *("streets_km", "area_km2"),
)
SUMMED = (
    "people",
    "people_covered",
    "people_uncovered",
    "communities",
    "centres",
    "assessed",
    "weak",
    "undetermined",
)


@dataclass(frozen=True, slots=True, eq=False)
class Province:
    """All that the products of a portfolio are made of."""

    portfolio: Portfolio
    rows: Sequence[DistrictResult]
    """`portfolio`, `rows`: The portfolio, and a row for each district."""
    league: pd.DataFrame
    """One row a district that is done, the worst first: the columns of `LEAGUE`."""
    communities: pd.DataFrame
    """All communities, without their outlines."""
    outlines: gpd.GeoSeries
    """The outline of each district, simplified, degrees; index: code."""
    cut: CutResult
    """Communities that no district holds, and districts whose streets end too early."""
    choice: Choice | None
    """How the portfolio's money is shared; None without money, or where it cannot be."""
    refused: SitingError | None = None
    """Why it cannot be."""

    @property
    def done(self) -> list[DistrictResult]:
        """The districts that have products."""
        return [row for row in self.rows if row.status == "done"]

    @property
    def attribution(self) -> str:
        """Whose data must be named in everything that is made of the districts."""
        named = (str(row.figures.get("attribution", "")) for row in self.done)
        return "; ".join(dict.fromkeys(part for one in named for part in one.split("; ") if part))

    @property
    def names(self) -> dict[str, str]:
        """The names of the districts that are done, by code."""
        return dict(zip(self.league["code"], self.league["name"], strict=True))

    @property
    def shares(self) -> dict[str, float]:
        """The share of people within the standard (0-1) in each district that is done, by code."""
        return dict(zip(self.league["code"], self.league["people_share"].astype(float), strict=True))

    @property
    def has_one_basis(self) -> bool:
        """Whether all districts are measured by the same rules, limit and speed."""
        return len(self.league[["rules", "standard_min", "speed_kmh"]].drop_duplicates()) <= 1

    def warnings(self, texts: Texts) -> list[str]:
        """Return what everybody who reads the sums must know, in words."""
        noticed = {name: list(getattr(self.cut, name)) for name in NOTICED}
        noticed["overlapping"] = [f"{one} / {other}" for one, other in overlapping(self.outlines)]
        found = [
            texts(f"batch.{name}", count=len(ids), ids=", ".join(ids[:SHOWN_ROWS]))
            for name, ids in noticed.items()
            if ids
        ]
        failed = len(self.rows) - len(self.league)
        return [
            *([texts("batch.failed_in_no_sum", count=failed)] if failed else []),
            *found,
            *([self.refused.in_words(texts.language)] if self.refused else []),
            *([] if self.has_one_basis else [texts("batch.other_basis")]),
        ]

    def totals(self) -> dict[str, float]:
        """Return the sums of the league table: sums of whole grains of people, exact in any order."""
        return {name: self.league[name].sum() for name in SUMMED}


def league_table(rows: Sequence[DistrictResult]) -> pd.DataFrame:
    """Return one row a district that is done, the smallest share of people covered first.

    Equal shares have one rank, and stand by code; a district of nobody has none.

    Examples
    --------
    >>> figures = {"people": 8.0, "people_covered": 2.0, "area_km2": 2.0, "streets_km": 3.0, "assessed": 0}
    >>> rows = [DistrictResult(code, code, "done", figures={**figures, "people": people})
    ...     for code, people in (("A", 4.0), ("B", 8.0))]
    >>> league_table(rows)[["rank", "code", "people_share", "streets_km_per_km2"]].values.tolist()
    [[1.0, 'B', 0.25, 1.5], [2.0, 'A', 0.5, 1.5]]
    """
    known = [{"code": row.code, "name": row.name, **row.figures} for row in rows if row.status == "done"]
    table = pd.DataFrame(
        known, columns=list(dict.fromkeys(["code", "name", *(key for one in known for key in one)]))
    )
    for name, _ in LEAGUE:
        if name not in table:
            table[name] = np.nan
    people, covered, compliant, excellent, assessed, undetermined, streets_km, area_km2 = (
        pd.to_numeric(table[name]) if name in table else pd.Series(np.nan, index=table.index) for name in COUNTED
    )
    determined = assessed.fillna(0) - undetermined.fillna(0)
    table = table.assign(
        people_share=covered / people.where(people > 0),
        people_uncovered=people - covered,
        compliant_share=(compliant + excellent) / determined.where(determined > 0),
        streets_km_per_km2=streets_km / area_km2,
        modelled=[", ".join(one) if isinstance(one, list) else "" for one in table["modelled"]],
    )
    table = table.sort_values(["people_share", "code"], ignore_index=True, na_position="last")
    return table.assign(rank=table["people_share"].rank(method="min"))[[name for name, _ in LEAGUE]]


def in_words(league: pd.DataFrame, texts: Texts) -> pd.DataFrame:
    """Return a league table with what is modelled, and how people were placed, in the user's language."""
    words = {name: layer_name(name, texts) for cell in league["modelled"] for name in cell.split(", ") if name}
    return league.assign(
        modelled=[", ".join(words[name] for name in cell.split(", ") if name) for cell in league["modelled"]],
        method=[texts(f"report.demand_{name}") if isinstance(name, str) else "" for name in league["method"]],
    )


def write_province(
    portfolio: Portfolio,
    rows: Sequence[DistrictResult],
    out: Path,
    cut: CutResult,
    names: Sequence[str],
) -> None:
    """Write the products of all districts together, all or none.

    Raises
    ------
    OutputError
        The folder cannot be written; what was there before is untouched.
    SitingError
        The floors of the districts cost more than the portfolio's funds hold; all products are written.
    """
    check_writable(out, names)
    province, texts = read_province(portfolio, rows, out, cut), Texts(portfolio.language)
    joined = _parts_of(province.done, out)
    report = once(lambda: build_province_report(province, texts))
    makers: dict[str, Callable[[Path], object]] = {
        MANIFEST: lambda path: path.write_text(_manifest(province), "utf-8", newline="\n"),
        **{
            f"{name}.parquet": partial(join_parts, joined[name], attribution=province.attribution)
            for name in TABLES
        },
        WORKBOOK: lambda path: write_workbook(sheets(province, texts), path, title=portfolio.name),
        PAGE: lambda path: path.write_text(draw_province(province, texts), "utf-8", newline="\n"),
        FUNDS: lambda path: path.write_text(choice_document(province.choice), "utf-8", newline="\n"),
        REPORT: lambda path: path.write_bytes(docx_bytes(report())),
        PRINT: lambda path: path.write_bytes(pdf_bytes(report(), find_browser() or "")),
    }
    write_all_or_none(out, {name: makers[name] for name in names})
    if province.refused is not None:
        raise province.refused


def read_province(portfolio: Portfolio, rows: Sequence[DistrictResult], out: Path, cut: CutResult) -> Province:
    """Return all that the products of a portfolio are made of, and share its money."""
    choice, refused = None, None
    try:
        curves = curves_of({row.code: row.figures for row in rows})
        choice = share_funds(curves, portfolio.funds) if portfolio.funds else None
    except SitingError as error:
        refused = error
    done = [row for row in rows if row.status == "done"]
    parts = _parts_of(done, out)
    return Province(
        *(portfolio, rows, in_words(league_table(rows), Texts(portfolio.language))),
        _without_places(parts["communities"]),
        outlines_of(parts[OUTLINE], [row.code for row in done]),
        *(cut, choice, refused),
    )


def _parts_of(done: Sequence[DistrictResult], out: Path) -> dict[str, list[Path]]:
    return {name: [part_path(out / PARTS, row.code, name) for row in done] for name in PARTS_OF_DISTRICT}


def join_parts(paths: Sequence[Path], target: Path, *, attribution: str = "") -> None:
    """Write the tables of all districts as one GeoParquet file, one after the other: never two in memory."""
    columns = {"geometry": {"encoding": "WKB", "geometry_types": [], "crs": json.loads(_degrees())}}
    geo = json.dumps({"version": "1.0.0", "primary_column": "geometry", "columns": columns}).encode()
    writer = None
    for path in paths:
        table = pq.read_table(path)
        if writer is None:
            schema = table.schema.with_metadata({b"geo": geo, b"attribution": attribution.encode()})
            writer = pq.ParquetWriter(target, schema)
        writer.write_table(table.cast(schema))
    if writer is None:
        empty = gpd.GeoDataFrame({"district": pd.Series(dtype=object)}, geometry=[], crs=DEGREES)
        empty.to_parquet(target, index=False)
        return
    writer.close()


def _degrees() -> str:
    from pyproj import CRS

    return CRS.from_user_input(DEGREES).to_json()


def _without_places(paths: Sequence[Path]) -> pd.DataFrame:
    tables = (pq.read_table(path, columns=[*COMMUNITY_COLUMNS]) for path in paths)
    return pa.concat_tables(tables).to_pandas() if paths else pd.DataFrame()


def outlines_of(paths: Sequence[Path], codes: Sequence[str]) -> gpd.GeoSeries:
    """Return the outlines of districts by code, degrees."""
    shapes = [shapely.from_wkb(pq.read_table(path, columns=["geometry"])["geometry"][0].as_py()) for path in paths]
    return gpd.GeoSeries(shapes, index=list(codes), crs=DEGREES)


def overlapping(outlines: gpd.GeoSeries) -> list[tuple[str, str]]:
    """Return the pairs of districts that share more than `OVERLAP` of the smaller: their people count twice.

    Examples
    --------
    >>> from shapely import box
    >>> overlapping(gpd.GeoSeries([box(0, 0, 2, 2), box(1, 0, 3, 2), box(3, 0, 4, 2)], index=["A", "B", "C"]))
    [('A', 'B')]
    """
    shapes = shapely.make_valid(outlines.geometry.array)
    row, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    row, other = row[row < other], other[row < other]
    shared = shapely.area(shapely.intersection(shapes[row], shapes[other]))
    least = np.minimum(shapely.area(shapes[row]), shapely.area(shapes[other]))
    pairs = np.flatnonzero(shared > OVERLAP * least)
    return sorted((str(outlines.index[row[pair]]), str(outlines.index[other[pair]])) for pair in pairs)


def _manifest(province: Province) -> str:
    """Return one row a district: what became of it, of what it was made, and its figures."""
    districts = [
        {
            **{name: getattr(row, name) for name in ("code", "name", "status", "reason", "key")},
            "files": {name: size for name, (size, _) in sorted(row.files.items())},
            "figures": dict(sorted(row.figures.items())),
        }
        for row in province.rows
    ]
    content = {
        "portfolio": province.portfolio.name,
        "language": province.portfolio.language,
        **{name: list(getattr(province.cut, name)) for name in NOTICED},
        "overlapping": overlapping(province.outlines),
        "districts": districts,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def sheets(province: Province, texts: Texts) -> list[Sheet]:
    """Return the workbook: districts by rank, the worst communities, the money, and what failed."""
    heads = tuple(SheetColumn(texts(f"batch.column_{name}"), kind) for name, kind in LEAGUE)
    totals, league = province.totals(), province.league
    lines: list[tuple[Any, ...]] = [tuple(_value(item) for item in row) for row in league.itertuples(index=False)]
    share = totals["people_covered"] / totals["people"] if totals["people"] > 0 else None
    last = {**totals, "name": texts("batch.total"), "people_share": share}
    lines.append(tuple(_value(last.get(name)) for name, _ in LEAGUE))
    found = [Sheet(texts("batch.sheet_districts"), heads, lines), _worst_sheet(province, texts)]
    if province.choice is not None:
        columns: tuple[tuple[str, Kind], ...] = (
            *(("code", "text"), ("sites", "whole"), ("cost", "number"), ("settle_cost", "number")),
            *(("people_gained", "whole"), ("bound", "whole"), ("share_before", "share"), ("share_after", "share")),
        )
        money = [tuple(getattr(district, name) for name, _ in columns) for district in province.choice.districts]
        names = tuple(SheetColumn(texts(f"batch.column_{name}"), kind) for name, kind in columns)
        found.append(Sheet(texts("batch.sheet_funds"), names, money))
    failed = [(row.code, row.name, row.reason) for row in province.rows if row.status == "failed"]
    names = tuple(SheetColumn(texts(f"batch.column_{name}")) for name in ("code", "name", "reason"))
    notes = [(line,) for line in province.warnings(texts)]
    notes += [(texts(f"batch.{name}"),) for name in ("league_note", "funds_note_short")]
    notes += [(province.attribution,)] if province.attribution else []
    note_sheet = Sheet(texts("batch.sheet_notes"), (SheetColumn(texts("batch.sheet_notes")),), notes)
    return [*found, Sheet(texts("batch.sheet_failed"), names, failed), note_sheet]


def _worst_sheet(province: Province, texts: Texts) -> Sheet:
    columns: tuple[tuple[str, Kind], ...] = (
        *(("district", "text"), ("subdistrict", "text"), ("name", "text"), ("people", "whole")),
        *(("people_covered", "whole"), ("people_share", "share"), ("rating", "text")),
    )
    heads = tuple(SheetColumn(texts(f"batch.column_{name}"), kind) for name, kind in columns)
    worst = worst_communities(province.communities)[:WORST]
    names = [name for name, _ in columns]
    return Sheet(
        texts("batch.sheet_communities"),
        heads,
        [tuple(_value(item) for item in row) for row in worst.reindex(columns=names).itertuples(index=False)],
    )


def worst_communities(communities: pd.DataFrame) -> pd.DataFrame:
    """Return the communities with people out of reach, most people first, ties by district and id."""
    if communities.empty:
        return communities
    beyond = communities["people"] - communities["people_covered"]
    table = communities.assign(beyond=-beyond)[beyond > 0]
    return table.sort_values(["beyond", "district", "community"], ignore_index=True).drop(columns="beyond")


def _value(item: object) -> Any:  # noqa: ANN401 - a cell
    if item is None or item is pd.NA or item != item:  # noqa: PLR0124 - NaN
        return None
    return item.item() if hasattr(item, "item") else item
