"""Texts of shapefiles and MapInfo tables: what the bytes prove goes before what the file declares."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import toy
from answers import done
from phrases import phrase

from planner.io.text_encodings import choose_encoding, decode_text, text_plausibility
from planner.io.vector.files import read_vector

NAMES = ["东风社区", "西园社区", "滨河里居委会"]
MIF_HEAD = b"Version 300\n"


def shapefile(path: Path, names: list[str], encoding: str, declared: str | None) -> Path:
    """Write points with names in one encoding, and a .cpg that says what it likes."""
    layer = gpd.GeoDataFrame(
        {"id": [str(row) for row in range(len(names))], "name": [""] * len(names)},
        geometry=gpd.points_from_xy(range(len(names)), range(len(names))),
        crs=4326,
    )
    width = 80
    layer["name"] = ["x" * width] * len(names)
    layer.to_file(path, encoding="ISO-8859-1")
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    for name in names:
        place = table.find(b"x" * width)
        table[place : place + width] = name.encode(encoding).ljust(width)
    path.with_suffix(".dbf").write_bytes(bytes(table))
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if declared is not None:
        path.with_suffix(".cpg").write_text(declared, "ascii")
    return path


@pytest.mark.parametrize(
    "declared", ["GBK", "936", "BIG5", "1252", "ISO-8859-1", "CP437", "UTF-8", "Shift_JIS", None]
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_names_are_read_whatever_the_file_declares(
    tmp_path: Path, encoding: str, declared: str | None
) -> None:
    found = read_vector(shapefile(tmp_path / "c.shp", NAMES, encoding, declared), None, "inputs.x")
    assert found.frame["name"].tolist() == NAMES
    assert found.encoding.name == encoding


@pytest.mark.parametrize(
    ("names", "encoding", "declared"),
    [
        (["Käpylä", "Jyväskylä", "Töölö"], "cp1252", "1252"),
        (["Käpylä", "Jyväskylä", "Töölö"], "cp1252", "ANSI 1252"),
        (["Größe", "Straße", "Mühle"], "cp1252", None),
        (["Łódź", "Kraków", "Gdańsk"], "cp1250", "1250"),
        (["МОСКВА", "Лесная улица", "Тверь"], "cp1251", "1251"),
        (["東區里民活動中心", "中正區", "大安區"], "cp950", "BIG5"),
        (["東京都港区", "新宿区", "渋谷"], "shift_jis", "Shift_JIS"),
        (["Ελλάδα", "Αθήνα", "Πάτρα"], "cp1253", "1253"),
    ],
)
def test_other_scripts_stay_right(tmp_path: Path, names: list[str], encoding: str, declared: str | None) -> None:
    found = read_vector(shapefile(tmp_path / "c.shp", names, encoding, declared), None, "inputs.x")
    assert found.frame["name"].tolist() == names
    assert found.encoding.declared == ""


def test_both_readings_are_shown_where_they_differ(tmp_path: Path) -> None:
    found = read_vector(shapefile(tmp_path / "c.shp", NAMES[:1], "gb18030", "1252"), None, "inputs.x").encoding
    assert (found.declared, found.read_as, found.declared_reads) == ("1252", "东风社区", "¶«·çÉçÇø")


def test_big5_called_gbk_is_doubted() -> None:
    found = choose_encoding([(name.encode("cp950"), 0) for name in ("東區里民活動中心", "中正區")], "GBK")
    assert found is not None
    assert (found.name, found.declared) == ("cp950", "GBK")


def test_texts_that_look_like_none_are_doubted() -> None:
    found = choose_encoding([("Москва".encode("cp1251"), 0)], "")
    assert found is not None
    assert found.is_doubtful


def test_a_single_accented_name_does_not_become_chinese() -> None:
    found = choose_encoding([("Öö".encode("cp1252"), 0)], "1252")
    assert found is not None
    assert found.name == "cp1252"


@pytest.mark.parametrize("wrong", ["cp1252", "cp437", "cp850", "cp1251"])
def test_wrong_readings_are_implausible(wrong: str) -> None:
    readings = [name.encode("gb18030").decode(wrong, "replace") for name in NAMES]
    assert text_plausibility(readings) < 0.2
    assert text_plausibility(NAMES) > 0.6


def test_a_character_that_a_field_cuts_is_dropped() -> None:
    assert decode_text("东风".encode()[:5], "utf-8", 5) == "东"


@pytest.mark.parametrize("declared", ["Neutral", "WindowsLatin1", "WindowsSimpChinese"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("ending", [".mif", ".tab"])
def test_mapinfo(tmp_path: Path, ending: str, encoding: str, declared: str) -> None:
    path = tmp_path / f"c{ending}"
    layer = gpd.GeoDataFrame(
        {"id": ["001", "2"], "name": ["x" * 40, "y" * 40]},
        geometry=gpd.points_from_xy([106, 107], [39, 40]),
        crs=4326,
    )
    pyogrio.write_dataframe(layer, path, driver="MapInfo File")
    path.write_bytes(path.read_bytes().replace(b"Neutral", declared.encode()))
    table = path.with_suffix({".mif": ".mid", ".tab": ".dat"}[ending])
    content = table.read_bytes()
    for sign, name in zip((b"x", b"y"), NAMES, strict=False):
        filler = b"\0" if ending == ".tab" else b" "
        content = content.replace(sign * 40, name.encode(encoding).ljust(40, filler))
    table.write_bytes(content)
    found = read_vector(path, None, "inputs.x")
    assert [name.strip() for name in found.frame["name"]] == NAMES[:2]
    assert found.frame["id"].tolist() == ["001", "2"]


def test_check_tells_the_contradiction(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = toy.write_study(
        tmp_path / "toy", study=toy.STUDY.replace('path = "toy.gpkg"\nlayer = "communities"', 'path = "c.shp"')
    )
    layer = toy.layers()["communities"].assign(name=["x" * 80] * 2)
    layer.to_file(study.parent / "c.shp", encoding="ISO-8859-1")
    table = (study.parent / "c.dbf").read_bytes()
    for name in NAMES[:2]:
        table = table.replace(b"x" * 80, name.encode("gb18030").ljust(80), 1)
    (study.parent / "c.dbf").write_bytes(table)
    (study.parent / "c.cpg").write_text("CP1252")
    answer = done(study, capsys, "plan")
    assert (
        phrase(
            "notices.encoding_contradicted", declared="CP1252", encoding="gb18030", read_as="东风社区, 西园社区"
        )
        in answer
    )


def test_a_prj_with_gbk_names_is_read(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "c.shp", NAMES, "gb18030", None)
    label = path.with_suffix(".prj").read_text("ascii").replace("GCS_WGS_1984", "国家_1984")
    path.with_suffix(".prj").write_bytes(label.encode("gb18030"))
    frame = read_vector(path, None, "inputs.x").frame
    assert frame.crs.ellipsoid.semi_major_metre == 6_378_137
    assert frame["name"].tolist() == NAMES
