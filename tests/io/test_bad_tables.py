"""Damaged, cut off and hostile tables of every format: read as they are, or refused with the reason."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
import toy
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phrases import phrase

from planner.config.sections.layers import Layer
from planner.io.layers import read_layer
from planner.io.tables import containers
from planner.messages.errors import DataError
from planner.messages.printable import replace_illegal
from planner.reporting.tables.workbook import escape_formula
from planner.schemas.tables import DEMAND

PEOPLE = toy.layers()["people"].to_crs(4326)


def rows() -> list[list[object]]:
    cells = [[row.id, row.people, row.households, row.geometry.x, row.geometry.y] for row in PEOPLE.itertuples()]
    return [["id", "people", "households", "lon", "lat"], *cells]


def csv(path: Path) -> None:
    path.write_text("\n".join(",".join(map(str, row)) for row in rows()) + "\n", "utf-8")


def xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in rows():
        book.active.append(row)
    book.save(path)


def xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("s")
    for number, row in enumerate(rows()):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    book.save(str(path))


WRITERS: dict[str, Callable[[Path], object]] = {
    "csv": csv,
    "xlsx": xlsx,
    "xls": xls,
    "gpkg": lambda path: pyogrio.write_dataframe(PEOPLE, path),
    "geojson": lambda path: pyogrio.write_dataframe(PEOPLE, path),
    "shp": lambda path: pyogrio.write_dataframe(PEOPLE, path),
    "fgb": lambda path: pyogrio.write_dataframe(PEOPLE, path),
    "parquet": PEOPLE.to_parquet,
}


def read(path: Path, **more: object) -> gpd.GeoDataFrame:
    found = read_layer(path, Layer.model_validate({"path": path, **more}), setting="inputs.demand", schema=DEMAND)
    return DEMAND.check(found.frame, source=path.name, reader_issues=found.issues)


def read_or_refused(path: Path) -> gpd.GeoDataFrame | None:
    """Return a layer, or None where it is refused with a reason that a person can read."""
    try:
        return read(path)
    except DataError as error:
        refusal = error
    assert refusal.issues
    assert "Traceback" not in refusal.in_words("zh") + refusal.in_words("en")
    return None


def assert_nothing_else(found: gpd.GeoDataFrame | None) -> None:
    """What is read of a file that lost its end is all of it: never a part that passes for the whole."""
    if found is None:
        return
    whole = PEOPLE.set_index("id")
    assert set(found["id"]) == set(whole.index)
    assert found.set_index("id")["people"].sum() == whole["people"].sum()
    away = shapely.distance(found.geometry.array, whole.loc[found["id"]].geometry.array)
    assert np.nanmax(away) < 1e-6


@pytest.mark.parametrize("ending", [ending for ending in WRITERS if ending != "csv"])
def test_a_file_that_lost_its_end_is_refused_or_whole(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    WRITERS[ending](path)
    content = path.read_bytes()
    for share in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.999):
        path.write_bytes(content[: int(len(content) * share)])
        assert_nothing_else(read_or_refused(path))


@pytest.mark.parametrize("part", ["dbf", "shx"])
def test_a_shapefile_whose_other_files_lost_their_end(tmp_path: Path, part: str) -> None:
    path = tmp_path / "x.shp"
    WRITERS["shp"](path)
    other = path.with_suffix(f".{part}")
    content = other.read_bytes()
    for share in (0.1, 0.5, 0.9):
        other.write_bytes(content[: int(len(content) * share)])
        assert_nothing_else(read_or_refused(path))


def test_a_table_that_ends_within_a_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    csv(path)
    whole = path.read_text("utf-8")
    path.write_text(whole[: whole.rindex(",")], "utf-8")
    with pytest.raises(DataError, match="ends in the middle of row 38"):
        read(path)


@pytest.mark.parametrize("ending", WRITERS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bytes_changed_at_random_never_make_a_traceback(tmp_path: Path, ending: str, data: st.DataObject) -> None:
    path = tmp_path / f"x.{ending}"
    for old in tmp_path.iterdir():
        old.unlink()
    WRITERS[ending](path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        # A workbook holds the time of its making: its length differs a little from one to the next.
        content[data.draw(st.integers(0, 2**24)) % len(content)] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    read_or_refused(path)


@pytest.mark.parametrize(
    "ending", ["csv", "tsv", "xlsx", "xls", "gpkg", "geojson", "json", "shp", "fgb", "parquet"]
)
def test_a_web_page_under_any_ending_is_called_one(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_bytes(b"<!DOCTYPE html><html><body>Please log in</body></html>")
    with pytest.raises(DataError, match="web page"):
        read(path)


def test_what_the_reader_warns_of_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    WRITERS["gpkg"](path)
    content = bytearray(path.read_bytes())
    content[68:72] = b"GPXX"
    path.write_bytes(bytes(content))
    found = read_layer(path, Layer(path=path), setting="inputs.demand", schema=DEMAND)
    assert [notice.key for notice in found.notices] == ["reader_warns"]
    assert "bad application_id" in found.notices[0].in_words("zh")
    assert str(tmp_path) not in found.notices[0].in_words("en")


def test_a_file_that_names_other_files_is_not_followed(tmp_path: Path) -> None:
    """GDAL would open this by its content, and the file that it names."""
    path = tmp_path / "x.geojson"
    path.write_text("<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/hosts</SrcDataSource>", "utf-8")
    with pytest.raises(DataError):
        read(path)


def test_a_workbook_that_grows_without_bound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "UNPACKED_AT_MOST", 2**20)
    path = tmp_path / "x.xlsx"
    xlsx(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet2.xml", b"0" * 2**22)
    assert path.stat().st_size < 2**20
    with pytest.raises(DataError, match="too large"):
        read(path)


def test_a_workbook_with_two_cells_far_apart_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "id"
    book.active["XFD1048576"] = 1
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(DataError, match="too large"):
        read(tmp_path / "x.xlsx")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no pipes here")
    os.mkfifo(tmp_path / "x.csv")
    with pytest.raises(DataError, match=phrase("errors.no_such_file")):
        read(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("a,1e300,2,106.8,39.6", "above 10,000,000,000"),
        ("a,1,2,inf,39.6", phrase("errors.infinite_geometry")),
        ("a,1,2,nan,39.6", "without geometry"),
        ("a,1,2,,", "without geometry"),
        ("a,-1,2,106.8,39.6", phrase("errors.negative_number")),
        ("a,1,2,39.6,106.8", "Longitude and latitude are swapped"),
        ("a,=1+1,2,106.8,39.6", "without a stored result .=1+1"),
    ],
)
def test_cells_that_cannot_be(tmp_path: Path, cells: str, said: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"id,people,households,lon,lat\n{cells}\n", "utf-8")
    with pytest.raises(DataError, match=said.replace("+", r"\+")):
        read(path)


def test_one_row_with_swapped_coordinates_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,people,lon,lat\na,1,106.8,39.6\nb,1,39.6,106.8\n", "utf-8")
    with pytest.raises(DataError, match=r"swapped.*\(1 row: b\)"):
        read(path)


def test_mixed_and_wrapped_shapes(tmp_path: Path) -> None:
    """A multipoint of one point and a collection of one area are what they hold; heights are dropped."""
    shapes = [
        shapely.MultiPoint([(106.8, 39.6)]),
        shapely.Point(106.8, 39.6, 1090),
        shapely.GeometryCollection([shapely.box(106.8, 39.6, 106.9, 39.7)]),
    ]
    layer = gpd.GeoDataFrame({"id": ["a", "b", "c"], "people": [1, 2, 3]}, geometry=shapes, crs=4326)
    pyogrio.write_dataframe(layer, tmp_path / "x.geojson")
    found = read(tmp_path / "x.geojson")
    assert found.geom_type.tolist() == ["Point", "Point", "Polygon"]
    assert not found.has_z.any()


@given(st.text(max_size=20))
def test_no_text_that_we_write_is_carried_out_by_a_spreadsheet(text: str) -> None:
    cell, text = escape_formula(text), replace_illegal(text)
    assert cell.removeprefix("'") == text.removeprefix("'") or cell == text
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@"))
