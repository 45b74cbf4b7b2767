"""Datums whose shift to WGS-84 is not known at a place: told with the size, or refused beside other layers."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
import toy
from answers import done, refused
from phrases import phrase

from planner.commands.main import main
from planner.config.sections.layers import Layer
from planner.io.datum.transform import check_shifts, datum_name, find_shift
from planner.io.layers import read_layer
from planner.schemas.tables import FACILITIES

HERE = (105.0, 39.66)
NO_SHIFT = ["EPSG:21418", "EPSG:4214", "EPSG:2381", "EPSG:2360", "EPSG:4610", "EPSG:4555"]
SHIFT = ["EPSG:4326", "EPSG:4490", "EPSG:4545", "EPSG:32648", "EPSG:3857", "ESRI:54009", "EPSG:3067"]
PARAMETERS = (
    "+proj=tmerc +lat_0=0 +lon_0=105 +k=1 +x_0=18500000 +y_0=0 +ellps=krass +units=m +towgs84=15,-150,-90,0,0,0,0"
)


@pytest.mark.parametrize("crs", NO_SHIFT)
def test_a_ballpark_is_no_shift(crs: str) -> None:
    shift = find_shift(pyproj.CRS(crs), HERE)
    assert not shift.is_known
    assert 10 < shift.metres[0] <= shift.metres[1] < 500


@pytest.mark.parametrize("crs", [*SHIFT, PARAMETERS])
def test_known_shifts_pass(crs: str) -> None:
    assert find_shift(pyproj.CRS(crs), HERE).is_known


def test_a_shift_is_known_where_its_area_is() -> None:
    assert find_shift(pyproj.CRS("EPSG:21418"), (108.5, 37.0)) == find_shift(
        pyproj.CRS("EPSG:4214"), (108.5, 37.0)
    )
    assert find_shift(pyproj.CRS("EPSG:21418"), (108.5, 37.0)).metres == (1.0, 1.0)
    assert find_shift(pyproj.CRS("EPSG:4267"), (-90.0, 38.0)).metres[0] > 5


@pytest.mark.parametrize(
    ("crs", "name"),
    [("EPSG:4490", "CGCS2000"), ("EPSG:4545", "CGCS2000"), ("EPSG:2381", "Xian 1980"), ("EPSG:32648", "WGS-84")],
)
def test_datums_have_their_names(crs: str, name: str) -> None:
    assert datum_name(pyproj.CRS(crs)) == name


@pytest.mark.parametrize("crs", ["EPSG:21418", "EPSG:2381"])
def test_a_layer_beside_others_is_refused_with_the_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], crs: str
) -> None:
    study = toy.write_study(tmp_path / "toy", changed={"centres": toy.layers()["centres"].to_crs(crs)})
    answer = refused(study, capsys, code=3)
    shift = find_shift(pyproj.CRS(crs), HERE)
    assert f"coordinate system is {crs} ({shift.datum}), unlike" in answer
    assert f"off by some {shift.metres[0]:.0f}–{shift.metres[1]:.0f} m" in answer
    assert "+towgs84=dx,dy,dz" in answer


def test_layers_that_share_such_a_system_are_measured_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Xian 1980 around 105° E has its false easting where the toy city's UTM zone has it.
    layers = {name: layer.set_crs(2380, allow_override=True) for name, layer in toy.layers().items()}
    study = toy.write_study(tmp_path / "toy", changed=layers)
    answer = done(study, capsys, "plan")
    assert phrase("notices.shift_unknown", datum="Xian 1980") in answer
    assert "50–300 m." in answer
    assert json.loads((study.parent / "out" / "plan.json").read_text("utf-8"))["data"]["people"] == 530


def test_the_named_remedy_works_for_a_file_with_its_own_label(tmp_path: Path) -> None:
    centres = toy.layers()["centres"].to_crs(21418)
    centres.to_file(tmp_path / "c.gpkg")
    layer = Layer(path=Path("c.gpkg"), crs=PARAMETERS)
    found = read_layer(tmp_path / "c.gpkg", layer, setting="inputs.facilities", schema=FACILITIES)
    assert found.issues == ()
    assert found.frame.crs.is_bound
    plain = found.frame.set_crs(21418, allow_override=True)
    moved = found.frame.to_crs(toy.CRS).distance(plain.to_crs(toy.CRS))
    assert (moved > 20).all()


def test_another_projection_is_still_a_contradiction(tmp_path: Path) -> None:
    toy.layers()["centres"].to_crs(21418).to_file(tmp_path / "c.gpkg")
    other = PARAMETERS.replace("lon_0=105", "lon_0=108")
    found = read_layer(tmp_path / "c.gpkg", Layer(path=Path("c.gpkg"), crs=other), setting="s", schema=FACILITIES)
    assert [issue.key for issue in found.issues] == ["contradicting_crs"]


def test_a_coarse_shift_is_told() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(-90, 38)], crs=4267)
    (notice,) = check_shifts({"streets": frame}, (-90.0, 38.0), {"streets": "s.shp"})
    assert (notice.key, notice.values["metres"]) == ("shift_coarse", "7")


def test_check_calls_cgcs2000_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layers = {name: layer.to_crs(4545) for name, layer in toy.layers().items()}
    study = toy.write_study(tmp_path / "toy", changed=layers)
    assert main(["check", str(study)]) == 0
    answer = capsys.readouterr().out
    assert "coordinate system: EPSG:4545" in answer
    assert "datum: CGCS2000, by its coordinate system" in answer
    assert "WGS-84" not in answer
    assert main(["check", "--json", str(study)]) == 0
    assert {layer["datum"] for layer in json.loads(capsys.readouterr().out)["layers"]} == {"cgcs2000"}


def test_a_table_without_places_has_no_datum(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = '\n[inputs.people_table]\npath = "p.csv"\n'
    study = toy.write_study(tmp_path / "toy", study=toy.STUDY + more)
    (study.parent / "p.csv").write_text("community,people\nW,300\nE,200\n", "utf-8")
    assert main(["check", str(study)]) == 0
    answer = capsys.readouterr().out
    own = answer.partition("p.csv")[2].partition("\nthe ")[0].partition("\n\n")[0]
    assert "raster" not in own
    assert "datum" not in own


def test_a_raster_in_such_a_system_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = toy.STUDY.replace('[inputs.demand]\npath = "toy.gpkg"\nlayer = "people"\n', "")
    study = toy.write_study(tmp_path / "toy", study=base + '\n[inputs.population]\npath = "p.tif"\n')
    west, north = pyproj.Transformer.from_crs(4326, 21418, always_xy=True).transform(104.99, 39.68)
    with rasterio.open(
        study.parent / "p.tif",
        "w",
        driver="GTiff",
        height=50,
        width=50,
        count=1,
        dtype="float32",
        crs="EPSG:21418",
        transform=rasterio.Affine(100, 0, west, 0, -100, north),
    ) as file:
        file.write(np.ones((1, 50, 50), dtype=np.float32))
    assert phrase("errors.shift_unknown", crs="EPSG:21418", datum="Beijing 1954") in refused(study, capsys, code=3)
