"""Layers of results.gpkg have their documented columns and types, with rows and without; limits join."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import toy
from changing import city, write_city
from phrases import phrase

import planner
from planner.commands.main import main
from planner.reporting.document.records.layers import LAYERS
from planner.reporting.tables.geopackage import result_columns, write_geopackage
from planner.results import Plan

DATA = (Path(__file__).parents[2] / "docs" / "data.md").read_text("utf-8")
TYPES = {"text": "object", "number": "float64", "whole number": "int64", "true or false": "bool"}
OPTIONAL = {"groups_demand", "groups_coverage", "business_areas", "places", "projects", "needs", "funds"}
OPTIONAL |= {
    "services",
    "services_demand",
    "services_coverage",
    "services_communities",
    "services_ledger",
    "services_bundles",
    "services_hours",
    "services_hours_ledger",
    "levels",
    "levels_ledger",
    "belts",
    "belts_members",
    "organisations",
    "organisations_stations",
}
MONEY = '[programme]\nnew_cost = 40.0\n[[programme.funds]]\nid = "above"\namounts = [50.0, 20.0]\n'


def documented() -> dict[str, tuple[str, dict[str, str]]]:
    """Return what section 3 of docs/data.md says: of each layer its first word, and each column's type."""
    section = DATA[DATA.index("## 3.") : DATA.index("## 4.")]
    found = {}
    for part in section.split("\n### ")[1:]:
        name, _, rest = part.partition("\n")
        rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", rest, re.MULTILINE)
        found[name] = (rest.strip().split(None, 1)[0].strip(",."), {column: kind.strip() for column, kind in rows})
    return found


def rich(folder: Path) -> Plan:
    return planner.run(toy.write_study(folder, changed={"places": toy.places()}, study=toy.RICH))


def plain(folder: Path) -> Plan:
    return planner.run(toy.write_study(folder))


def money_and_nothing_to_do(folder: Path) -> Plan:
    """Everybody is covered, no premises are weak, every community has its own."""
    two = [{"at": (0, 0)}, {"at": (900, 0), "community": "B"}]
    layers = city([[(0, 0), (1000, 0)]], {(10, 0): 9.0, (900, 0): 5.0}, centres=two, split_x=500.0)
    write_city(folder, layers, more=MONEY + "[siting]\nsites = 1\n")
    return planner.run(folder / "study.toml")


def money_for_nothing(folder: Path) -> Plan:
    """There are needs, and no money: no project."""
    study = toy.STUDY + MONEY.replace("50.0, 20.0", "0.0, 0.0")
    return planner.run(toy.write_study(folder, study=study))


def no_sites(folder: Path) -> Plan:
    return planner.run(toy.write_study(folder, study=toy.STUDY.replace("sites = 1", "sites = 0") + MONEY))


MAKERS = (rich, plain, money_and_nothing_to_do, money_for_nothing, no_sites)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[Path], Plan]], Plan]:
    """Return what makes each of these plans once."""
    return cache(lambda make: make(tmp_path_factory.mktemp(make.__name__)))


@pytest.mark.parametrize("make", MAKERS)
def test_every_layer_has_the_columns_and_types_of_the_documents(
    tmp_path: Path, make: Callable[[Path], Plan], made: Callable[[Callable[[Path], Plan]], Plan]
) -> None:
    path = tmp_path / "results.gpkg"
    write_geopackage(made(make), path)
    # layer_styles is a table of QGIS: `test_qgis_styles`.
    layers = set(pyogrio.list_layers(path)[:, 0]) - {"layer_styles"}
    said = documented()
    assert layers <= set(said)
    assert set(said) - layers <= OPTIONAL
    for layer in layers:
        shape, columns = said[layer]
        expected = {
            column.replace("<limit>", limit): TYPES[kind]
            for column, kind in columns.items()
            for limit in (("5", "10", "15") if "<limit>" in column else ("",))
        }
        info = pyogrio.read_info(path, layer=layer)
        assert dict(zip(info["fields"], info["dtypes"], strict=True)) == expected, layer
        kinds = {"Points": ("Point",), "Lines": ("LineString",), "Polygons": ("Polygon", "MultiPolygon")}
        allowed = ("Unknown", "Point", "LineString") if layer == "remedies" else kinds.get(shape, (None, "None"))
        assert info["geometry_type"] in allowed, (layer, info["geometry_type"])


def test_an_empty_layer_can_be_read_by_its_columns(
    tmp_path: Path, made: Callable[[Callable[[Path], Plan]], Plan]
) -> None:
    for make, layer, column in (
        (money_and_nothing_to_do, "needs", "people"),
        (money_for_nothing, "projects", "cost"),
        (no_sites, "sites", "people_added"),
    ):
        path = tmp_path / f"{layer}.gpkg"
        write_geopackage(made(make), path)
        table = gpd.read_file(path, layer=layer)
        assert (len(table), table[column].sum()) == (0, 0.0)


def test_a_run_with_money_and_nothing_to_do_makes_all_products(
    tmp_path: Path, made: Callable[[Callable[[Path], Plan]], Plan]
) -> None:
    planner.write(made(money_and_nothing_to_do), tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 6


def test_limits_are_the_same_numbers_in_all_products(tmp_path: Path) -> None:
    """10/3 min has no end in decimals: what plan.json says joins the layers all the same."""
    third = 10 / 3
    study = toy.STUDY + f"[limits]\nminutes = [{third!r}, 7.1, 20]\nstandard_min = {third!r}\n"
    plan = planner.run(toy.write_study(tmp_path / "toy", study=study))
    planner.write(plan, tmp_path / "out")
    content = json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))
    limits = [third, 7.1, 20.0]
    assert content["study"]["limits"]["minutes"] == limits
    assert [one["minutes"] for one in content["walking"]["limits"]] == limits
    assert [row["limit_min"] for row in content["coverage"]["total"]] == limits
    assert content["coverage"]["standard_min"] == content["siting"]["standard_min"] == third
    assert [area["limit_min"] for area in content["centres"][0]["service_areas"]] == limits
    path = tmp_path / "out" / "results.gpkg"
    for layer in ("coverage_total", "coverage", "coverage_by_tier", "service_areas", "reached", "overlay"):
        assert sorted(set(pyogrio.read_dataframe(path, layer=layer)["limit_min"])) == limits, layer
    assert set(pyogrio.read_dataframe(path, layer="communities")["limit_min"]) == {third}


@pytest.mark.parametrize("limits", ["[5, 5.0000001, 10]", "[0.3333333, 0.33333331, 5]"])
def test_limits_whose_columns_would_share_a_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], limits: str
) -> None:
    study = toy.write_study(tmp_path / "toy", study=toy.STUDY + f"[limits]\nminutes = {limits}\n")
    assert main(["check", str(study)]) == 2
    assert phrase("errors.reason_not_rising") in capsys.readouterr().err


def test_threads_write_equal_bytes(toy_plan: Plan, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write_geopackage(toy_plan, tmp_path / f"{number}.gpkg"), range(8)))
    assert len({path.read_bytes() for path in tmp_path.glob("*.gpkg")}) == 1


def test_documents_list_every_layer_and_column() -> None:
    assert set(LAYERS) == set(documented())
    for name in LAYERS:
        assert result_columns(name).keys() == documented()[name][1].keys(), name


PRIVATE = {"联系人": "王小明", "电话": "13800000000"}


def private_study(folder: Path, *, keep: str = "", extra: str = "") -> Path:
    layers = toy.layers()
    centres = layers["centres"].assign(**PRIVATE, verdict="mine")
    people = layers["people"].assign(户主="李四")
    study = toy.STUDY.replace('layer = "centres"\n', f'layer = "centres"\n{keep}')
    return toy.write_study(folder, changed={"centres": centres, "people": people}, study=study + extra)


def test_columns_of_the_users_are_carried_only_where_the_study_asks(tmp_path: Path) -> None:
    planner.write(planner.run(private_study(tmp_path / "a")), tmp_path / "out")
    every = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    for word in ("王小明", "13800000000", "李四"):
        assert word.encode() not in every
    write_geopackage(
        planner.run(private_study(tmp_path / "b", keep='keep = ["电话", "verdict"]\n')), tmp_path / "b.gpkg"
    )
    centres = pyogrio.read_dataframe(tmp_path / "b.gpkg", layer="centres")
    assert centres["电话"].tolist() == ["13800000000"] * 2
    assert centres["verdict_given"].tolist() == ["mine"] * 2
    assert "联系人" not in centres.columns


@pytest.mark.parametrize(
    ("layer", "keep", "said"),
    [("centres", "电 话", "电 话"), ("streets", "name", phrase("errors.keep_of_no_result"))],
)
def test_what_cannot_be_kept_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], layer: str, keep: str, said: str
) -> None:
    study = toy.STUDY.replace(f'layer = "{layer}"\n', f'layer = "{layer}"\nkeep = ["{keep}"]\n')
    assert main(["check", str(toy.write_study(tmp_path / "toy", study=study))]) == 3
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("keep", "columns"), [("", ()), ('keep = ["经度", "纬度", "门牌"]\n', ("经度_GCJ02", "纬度_GCJ02", "门牌"))]
)
def test_coordinates_in_another_datum_say_so(tmp_path: Path, keep: str, columns: tuple[str, ...]) -> None:
    study = toy.write_study(tmp_path / "toy")
    centres = toy.layers()["centres"]
    degrees = centres.to_crs(4326)
    text = "id,name,tier,community,floor_area_m2,经度,纬度,门牌\n"
    for row, spot in zip(centres.itertuples(), degrees.geometry, strict=True):
        place = f"{spot.x + 0.004},{spot.y + 0.001}"
        text += f"{row.id},{row.name},{row.tier},{row.community or ''},300,{place},{row.id}号\n"
    (study.parent / "centres.csv").write_text(text, "utf-8")
    old = '[inputs.facilities]\npath = "toy.gpkg"\nlayer = "centres"\n'
    new = f'[inputs.facilities]\npath = "centres.csv"\ndatum = "gcj02"\n{keep}'
    assert old in study.read_text("utf-8")
    study.write_text(study.read_text("utf-8").replace(old, new), "utf-8")
    write_geopackage(planner.run(study), tmp_path / "results.gpkg")
    found = set(pyogrio.read_dataframe(tmp_path / "results.gpkg", layer="centres").columns)
    assert set(columns) <= found
    assert not found & {"经度", "纬度"}


def test_paths_and_keys_stand_in_no_product(tmp_path: Path) -> None:
    folder = tmp_path / "secret-folder"
    study = toy.write_study(folder / "toy")
    text = study.read_text("utf-8").replace('"toy.gpkg"', f'"{folder}/toy/toy.gpkg"')
    study.write_text(text + '[map]\ntiles = "https://tiles.example/{z}/{x}/{y}?tk=A1B2C3"\n', "utf-8")
    planner.write(planner.run(study), tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        kept = path.read_bytes()
        assert b"secret-folder" not in kept, path.name
        assert b"A1B2C3" not in kept or path.name == "map.html", path.name
    content = json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))
    assert content["study"]["map"]["tiles"] == "https://tiles.example/…"
    assert content["study"]["inputs"]["streets"]["path"] == "toy.gpkg"
