"""What a raster's numbers mean: scale, offset, no data and masks, for people and for heights."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
import toy
from phrases import phrase

from planner.inputs.population_raster import read_raster
from planner.io.raster import read_elevation
from planner.messages.errors import DataError
from planner.population.grid_cells import RasterCells
from planner.schemas.tables import Communities

X, Y = toy.ORIGIN
HOME = Communities(gpd.GeoDataFrame({"id": ["A"]}, geometry=[shapely.box(X, Y, X + 400, Y + 400)], crs=toy.CRS))


def write(
    path: Path, stored: np.ndarray, *, scale: float = 1.0, offset: float = 0.0, nodata: float | None = None
) -> Path:
    """Write a raster of cells of 100 m over the toy city's west."""
    ascii_grid = path.suffix == ".asc"
    target = path.with_suffix(".tif") if ascii_grid else path
    with rasterio.open(
        target,
        "w",
        driver="GTiff",
        height=stored.shape[0],
        width=stored.shape[1],
        count=1,
        dtype=stored.dtype,
        crs=toy.CRS,
        nodata=nodata,
        transform=rasterio.Affine(100, 0, X, 0, -100, Y + 400),
    ) as file:
        file.write(stored[None])
        if (scale, offset) != (1.0, 0.0):
            file.scales, file.offsets = [scale], [offset]
    return path


def people(path: Path, *, unit: str = "people", nodata: float | None = None) -> RasterCells:
    return read_raster(path, HOME, unit=unit, band=None, nodata=nodata, crs=None, source="raster")


@pytest.mark.parametrize(
    ("dtype", "stored", "scale", "offset", "true"),
    [
        ("int16", 50, 0.1, 0.0, 5.0),
        ("uint8", 3, 2.0, -1.0, 5.0),
        ("float32", 0.5, 10.0, 0.0, 5.0),
        ("int32", 5, 1.0, 0.0, 5.0),
    ],
)
def test_people_are_what_the_numbers_mean(
    tmp_path: Path, dtype: str, stored: float, scale: float, offset: float, true: float
) -> None:
    path = write(tmp_path / "p.tif", np.full((4, 4), stored, dtype=dtype), scale=scale, offset=offset)
    found = people(path)
    assert found.cells["people"].tolist() == pytest.approx([true] * 16)
    assert found.scale == (None if (scale, offset) == (1.0, 0.0) else (scale, offset))
    # 16 cells of a hundredth of a square kilometre.
    assert people(path, unit="people_per_km2").cells["people"].sum() == pytest.approx(true * 0.16, rel=1e-2)


@pytest.mark.parametrize("declared", [-9999.0, -999.9])
def test_no_data_is_known_as_stored_and_as_meant(tmp_path: Path, declared: float) -> None:
    stored = np.full((4, 4), 50, dtype="int16")
    stored[0, 0] = -9999
    path = write(tmp_path / "p.tif", stored, scale=0.1)
    with pytest.raises(DataError, match=r"-999\.9"):
        people(path)
    found = people(path, nodata=declared)
    assert (found.without_data, found.cells["people"].sum()) == (1, pytest.approx(75.0))


def test_the_files_own_no_data_is_as_stored(tmp_path: Path) -> None:
    stored = np.full((4, 4), 50, dtype="int16")
    stored[1, 1] = 7
    found = people(write(tmp_path / "p.tif", stored, scale=0.1, offset=1.0, nodata=7))
    assert (found.without_data, found.cells["people"].sum()) == (1, pytest.approx(15 * 6.0))


@pytest.mark.parametrize("scale", [0.0, float("nan"), float("inf")])
def test_a_scale_that_gives_no_numbers_is_refused(tmp_path: Path, scale: float) -> None:
    path = write(tmp_path / "p.tif", np.full((4, 4), 50, dtype="int16"), scale=scale)
    with pytest.raises(DataError, match="scale"):
        people(path)


def test_scale_beside_the_raster_counts_too(tmp_path: Path) -> None:
    path = write(tmp_path / "p.tif", np.full((4, 4), 50, dtype="int16"))
    path.with_name("p.tif.aux.xml").write_text(
        "<PAMDataset><PAMRasterBand band='1'><Offset>0</Offset><Scale>0.1</Scale></PAMRasterBand></PAMDataset>"
    )
    assert people(path).cells["people"].sum() == pytest.approx(80.0)


def heights(path: Path) -> np.ndarray:
    elevation = read_elevation(
        path,
        bounds=np.array([X, Y, X + 400, Y + 400]),
        crs=pyproj.CRS(toy.CRS),
        smoothing_m=0.0,
        setting="s",
        source="heights",
    )
    return elevation.heights(np.array([[X + 150.0, Y + 150.0], [X + 250.0, Y + 250.0]]))


def test_heights_are_what_the_numbers_mean(tmp_path: Path) -> None:
    stored = np.arange(16, dtype="int16").reshape(4, 4) * 10
    plain = heights(write(tmp_path / "a.tif", stored))
    assert plain.tolist() == [90.0, 60.0]
    assert heights(write(tmp_path / "b.tif", stored, scale=0.1, offset=1000.0)).tolist() == [1009.0, 1006.0]


def test_a_world_file_and_an_ascii_grid_are_read(tmp_path: Path) -> None:
    (tmp_path / "p.asc").write_text(
        f"ncols 4\nnrows 4\nxllcorner {X}\nyllcorner {Y}\ncellsize 100\nNODATA_value -9999\n"
        + "5 5 5 5\n" * 3
        + "5 5 5 -9999\n"
    )
    found = read_raster(
        tmp_path / "p.asc", HOME, unit="people", band=None, nodata=None, crs=toy.CRS, source="raster"
    )
    assert (found.cells["people"].sum(), found.without_data) == (75.0, 1)


@pytest.mark.parametrize(
    ("dtype", "mark"),
    [
        ("uint8", 255),
        ("uint16", 65535),
        ("int16", 32767),
        ("int32", 2**31 - 1),
        ("float32", 3.4e38),
        ("float64", 1e20),
    ],
)
@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_a_mark_for_no_data_that_nothing_declares_is_no_people(
    tmp_path: Path, dtype: str, mark: float, scale: float
) -> None:
    stored = np.full((4, 4), 5, dtype=dtype)
    stored[0, 0] = mark
    path = write(tmp_path / "people.tif", stored, scale=scale)
    with pytest.raises(DataError, match="raster_nodata"):
        people(path)
    assert people(path, nodata=mark).cells["people"].sum() == pytest.approx(15 * 5 * scale)
    # Who counts so many says another number that means no data.
    assert people(path, nodata=-1).cells["people"].sum() == pytest.approx((15 * 5 + float(mark)) * scale)
    declared = write(tmp_path / "declared.tif", stored, scale=scale, nodata=mark)
    assert people(declared).cells["people"].sum() == pytest.approx(15 * 5 * scale)


@pytest.mark.parametrize(
    ("dtype", "mark"),
    [("int16", -32768), ("int16", -9999), ("int16", 32767), ("float32", -3.4e38), ("float32", 1e20)],
)
def test_heights_that_are_none_are_refused(tmp_path: Path, dtype: str, mark: float) -> None:
    stored = np.full((4, 4), 1100, dtype=dtype)
    stored[1, 1] = mark
    with pytest.raises(DataError, match=phrase("errors.raster_no_heights")):
        heights(write(tmp_path / "dem.tif", stored))
    assert np.nanmax(heights(write(tmp_path / "declared.tif", stored, nodata=mark))) == pytest.approx(1100)
