"""© OpenStreetMap contributors stands on every product of a study of which any layer comes from OpenStreetMap."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pyogrio
import pytest
import toy
from PIL import Image

import planner
from planner.commands.main import main
from planner.config.study import read_study
from planner.io.osm.place import ATTRIBUTION, add_attribution, is_from_osm
from planner.prepare import prepare
from planner.reporting.map.sheet import write_static_map
from planner.reporting.report.area_report import write_area_report

SAID = "© OpenStreetMap contributors, ODbL"


def texts_of(path: Path) -> str:
    """Return what can be read in a product."""
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as parts:
            return re.sub(r"<[^>]+>", "", parts.read("word/document.xml").decode())
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    if path.suffix == ".gpkg":
        return json.dumps(pyogrio.read_info(path, layer="centres")["dataset_metadata"], ensure_ascii=False)
    if path.suffix == ".png":
        return str(Image.open(io.BytesIO(path.read_bytes())).info)
    if path.suffix == ".pdf":
        return path.read_bytes().replace(b"\x00", b"").decode("latin-1")
    return path.read_text("utf-8")


def studied(folder: Path, language: str, **changed: object) -> planner.Plan:
    study = toy.STUDY.replace('language = "en"', f'language = "{language}"')
    return planner.run(toy.write_study(folder, changed=changed, study=study))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_stands_on_every_product(tmp_path: Path, language: str) -> None:
    """The streets were cut in a GIS: only their columns say where they are from; the study names no source."""
    streets = toy.layers()["streets"].assign(osm_id="1", fclass="residential")
    plan = studied(tmp_path / "toy", language, streets=streets)
    planner.write(plan, tmp_path / "out")
    for name in ("sheet.svg", "sheet.pdf", "sheet.png"):
        write_static_map(plan, tmp_path / "out" / name)
    for name, wanted in (("card.html", "East"), ("card.docx", "East"), ("all.html", "")):
        write_area_report(plan, tmp_path / "out" / name, wanted=wanted)
    products = sorted((tmp_path / "out").iterdir())
    assert len(products) == 12
    for path in products:
        assert SAID in texts_of(path), path.name
    content = json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))
    streets_from = next(one for one in content["data"]["sources"] if one["layer"] == "streets")
    assert (streets_from["source"], content["data"]["attribution"]) == (ATTRIBUTION, ATTRIBUTION)
    page = (tmp_path / "out" / "map.html").read_text("utf-8")
    assert "数据来源：未注明" not in page
    # Two plans give the same bytes, metadata and all.
    for path in planner.write(plan, tmp_path / "again"):
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes(), path.name


def test_it_stands_on_no_product_of_other_sources(tmp_path: Path) -> None:
    planner.write(studied(tmp_path / "toy", "en"), tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        assert "OpenStreetMap" not in texts_of(path), path.name


@pytest.mark.parametrize(
    ("layer", "columns"),
    [
        ("streets", {"osmid": "5", "highway": "path"}),
        ("streets", {"fclass": "footway"}),
        ("streets", {"highway": "living_street"}),
        ("streets", {"source": "© OpenStreetMap contributors, ODbL 1.0"}),
        ("people", {"full_id": "w1"}),
        ("communities", {"OSM_ID": "-1"}),
        ("centres", {"other_tags": '"a"=>"b"'}),
    ],
)
def test_any_layer_is_recognised_by_its_columns(tmp_path: Path, layer: str, columns: dict[str, str]) -> None:
    study = toy.write_study(tmp_path, changed={layer: toy.layers()[layer].assign(**columns)})
    sources = prepare(read_study(study)).inputs.sources
    assert [one.attribution for one in sources if one.attribution] == [ATTRIBUTION]


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("beijing.osm", "", True),
        ("export.geojson", "overpass turbo, OSM", True),
        ("beijing.osm.xml", "", True),
        ("beijing.OSM.PBF", "", True),
        ("gis_osm_roads_free_1.shp", "", True),
        ("道路.gpkg", "OpenStreetMap 2026-05", True),
        ("道路.gpkg", "数据来自OSM，2026年", True),
        ("道路.gpkg", "开放街道地图", True),
        ("道路.gpkg", "区自然资源局", False),
        ("cosmos.shp", "microsoft buildings", False),
        ("osmosis_plan.shp", "", False),
    ],
)
def test_by_file_and_by_words(path: str, source: str, expected: bool) -> None:  # noqa: FBT001
    assert is_from_osm(Path(path), source, ["id", "name"]) is expected


def test_a_graph_of_osmnx_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "g.graphml"
    path.write_text('<graphml><key attr.name="osmid"/></graphml>', "utf-8")
    assert is_from_osm(path, "", ["id"])
    path.write_text('<graphml><key attr.name="way"/></graphml>', "utf-8")
    assert not is_from_osm(path, "", ["id"])


def test_a_source_that_names_it_stays_as_it_is() -> None:
    said = "Coastline: © OpenStreetMap contributors, ODbL 1.0, 2019-04-21"
    assert add_attribution(said) == said
    assert add_attribution("路网 OSM") == f"路网 OSM; {ATTRIBUTION}"


def test_it_stands_on_the_answer_to_one_siting_question(tmp_path: Path) -> None:
    study = Path(__file__).parents[2] / "data" / "helsinki" / "study.toml"
    assert main(["site", str(study), "--sites", "1", "--out", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "sites.json").read_text("utf-8"))["attribution"].startswith(SAID)
    metadata = pyogrio.read_info(tmp_path / "sites.gpkg", layer="sites")["dataset_metadata"]
    assert metadata["ATTRIBUTION"].startswith(SAID)
