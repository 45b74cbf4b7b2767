"""An input layer is added in the files that docs/extending.md names: it is read, checked and recognised."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import toy
from scratch_package import ScratchPackage

MOST_FILES = 7

SCHEMA = """Benches = NewType("Benches", gpd.GeoDataFrame)

BENCHES: TableSchema[Benches] = TableSchema(
    name="benches",
    columns=(ID, _number("seats", "seats")),
    geometry_types=POINTS,
    as_type=Benches,
)

"""
SETTING = '''    benches: Layer | None = None
    """Benches: points with id; optional seats."""

'''
COLUMNS = """[benches]
id = ["id", "编号"]
seats = ["seats", "座位数"]

"""
READ = '        benches=layers.metric.get("benches"),\n'
MEANING = '"InputSettings.benches" = "座椅：点，列 id；可有 seats。"\n'
NAMES = {"en": ("benches", "the benches"), "zh": ("座椅", "座椅图层")}

SEATS = """
import sys
import planner
from planner.inputs.study_inputs import read_inputs

inputs = read_inputs(planner.read_study(sys.argv[1]), margin_m=500)
print(inputs.benches["seats"].tolist(), inputs.benches.crs == inputs.crs)
"""


@pytest.fixture
def scratch(tmp_path: Path) -> ScratchPackage:
    """Return a package that reads benches."""
    scratch = ScratchPackage.copy(tmp_path / "scratch")
    scratch.insert("schemas/tables.py", "TABLES: tuple[TableSchema[Any], ...] = (\n", SCHEMA)
    scratch.insert("schemas/tables.py", "*(WATER, BARRIERS, GATES,", "BENCHES,\n    ")
    scratch.insert("config/sections/layers.py", "    parcels: Layer | None = None\n", SETTING)
    scratch.insert("io/tables/columns.toml", "[dimensions]\n", COLUMNS)
    scratch.insert("io/tables/columns.toml", 'gates = ["gate", ', 'benches = ["bench", "座椅"]\n')
    scratch.insert(
        "inputs/study_inputs.py", "    parcels: Parcels | None\n", "    benches: gpd.GeoDataFrame | None\n"
    )
    scratch.insert("inputs/study_inputs.py", '        parcels=Parcels(layers.metric["parcels"])', READ)
    scratch.insert("messages/zh/study.toml", '"InputSettings.parcels" = ', MEANING)
    for language, (name, subject) in NAMES.items():
        scratch.insert(f"messages/{language}/words.toml", "input_gates = ", f'input_benches = "{name}"\n')
        scratch.insert(f"messages/{language}/words.toml", "layer_gates = ", f'layer_benches = "{subject}"\n')
    assert len(scratch.touched) <= MOST_FILES
    return scratch


def write_benches(folder: Path) -> Path:
    """Write the toy city with three benches, one of a count that is no number."""
    study = toy.write_study(folder, study=toy.STUDY)
    homes = toy.layers()["people"].geometry[:3]
    benches = gpd.GeoDataFrame(
        {"编号": ["B1", "B2", "B3"], "座位数": ["2", "3", "4"]}, geometry=homes.array, crs=toy.CRS
    )
    benches.to_file(folder / "座椅.geojson")
    study.write_text(study.read_text("utf-8") + '\n[inputs.benches]\npath = "座椅.geojson"\n', "utf-8")
    return study


def test_a_layer_is_read_checked_and_named(tmp_path: Path, scratch: ScratchPackage) -> None:
    study = write_benches(tmp_path / "toy")
    assert scratch.run("-c", SEATS, str(study)).strip() == "[2.0, 3.0, 4.0] True"

    out = tmp_path / "out"
    scratch.run("-m", "planner", "run", str(study), "--out", str(out), "--products", "report,plan")
    page = (out / "report.html").read_text("utf-8")
    assert ">benches<" in page
    assert "座椅.geojson" in page

    settings = scratch.run("-m", "planner", "settings", "inputs.benches", "--lang", "zh")
    assert "座椅：点，列 id；可有 seats。" in settings
    assert 'path = "benches.gpkg"' in settings

    study.rename(tmp_path / "before.toml")
    scratch.run("-m", "planner", "new", str(study.parent), "--lang", "zh")
    assert '[inputs.benches]\npath = "座椅.geojson"' in study.read_text("utf-8")


def test_its_faults_are_named_by_column_and_row(tmp_path: Path, scratch: ScratchPackage) -> None:
    study = write_benches(tmp_path / "toy")
    file = study.parent / "座椅.geojson"
    file.write_text(file.read_text("utf-8").replace('"3"', '"three"'), "utf-8")
    done = scratch.run(
        "-c",
        "import sys; from planner.commands.main import main; print(main(sys.argv[1:]))",
        *("check", str(study), "--json"),
    )
    assert done.splitlines()[-1] == "3"
