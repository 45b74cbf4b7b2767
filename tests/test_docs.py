"""docs/data.md is what its script makes, and its script leaves nothing of the results out."""

from __future__ import annotations

import json
import re
import runpy
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd
import life_circle
import pandas as pd
import pytest
import shapely
import toy
from changing import COVERED, city, write_city
from jsonschema import Draft202012Validator
from pydantic import BaseModel

import planner
from planner.config.study import Study
from planner.inputs.changes import Change
from planner.inputs.scenario import Scenario, Site
from planner.reporting.document.build import build_document, format_json
from planner.reporting.document.records.layers import LAYERS
from planner.reporting.document.records.plan import PlanDocument
from planner.reporting.tables.geopackage import result_columns, result_layers
from planner.schemas.records import document_entries, json_schema

DOCS = Path(__file__).parent.parent / "docs"
PLACEHOLDER = re.compile(r"<\w+>")


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(DOCS / "make_data.py"))


def paths(content: object, path: str = "") -> Iterator[str]:
    """Yield the path of every key, with the items of a list collapsed into one."""
    if isinstance(content, dict):
        for key, inner in content.items():
            here = f"{path}.{key}" if path else str(key)
            yield here
            yield from paths(inner, here)
    elif isinstance(content, list):
        for inner in content:
            yield from paths(inner, f"{path}[]")


def unmatched(found: set[str], documented: list[str]) -> tuple[set[str], set[str]]:
    """Return what was found and is not documented, and what is documented and was not found."""
    matches = {entry: {name for name in found if re.fullmatch(_pattern(entry), name)} for entry in documented}
    return found - set().union(*matches.values()), {entry for entry, names in matches.items() if not names}


def _pattern(entry: str) -> str:
    return r"[^.\[\]]+".join(re.escape(part) for part in PLACEHOLDER.split(entry))


def test_data_md_is_what_its_script_makes(script: dict[str, Any]) -> None:
    assert (DOCS / "data.md").read_text("utf-8") == script["make"](), "run: python docs/make_data.py"
    assert (DOCS / "plan.schema.json").read_text("utf-8") == script["make_schema"]()


TIERS = """
model = "hierarchical_covering"

[[siting.tiers]]
tier = "station"
sites = 1
minutes = 5.0
"""


def test_every_entry_of_plan_json_is_documented_and_of_its_type(
    script: dict[str, Any], rich_toy_plan: planner.Plan, tmp_path: Path
) -> None:
    people = toy.layers()["people"]
    astray = people.set_geometry([shapely.Point(toy.ORIGIN + 5000), *people.geometry[1:]], crs=toy.CRS)
    astray = astray.assign(note="a column that nothing reads")
    (tmp_path / "astray").mkdir()
    beside = planner.run(toy.write_study(tmp_path / "astray", changed={"people": astray}))
    sited = planner.run(toy.write_study(tmp_path / "sited", changed=toy.sited_layers(), study=toy.SITED))
    crs, passage = (
        rich_toy_plan.inputs.crs.to_string(),
        Change(kind="build_crossing", centre="C1", place=(0.0, 0.0)),
    )
    changed = Scenario(("S1",), (Site(id="N1", x=0.0, y=0.0),), crs, changes=(passage,))
    documents = [
        build_document(rich_toy_plan),
        build_document(replace(rich_toy_plan, scenario=changed)),
        everything(tmp_path),
        build_document(beside),
        led_round(tmp_path / "round"),
        build_document(sited),
        build_document(planner.run(toy.write_study(tmp_path / "tiers", study=toy.STUDY + TIERS))),
        programme(tmp_path / "poor", 1.0),
        programme(tmp_path / "rich", 150.0),
        classes(tmp_path / "classes"),
        build_document(planner.run(life_circle.write_study(tmp_path / "life", life_circle.WITH_TIMES))),
        build_document(planner.run(life_circle.write_study(tmp_path / "shared", life_circle.WITH_MONEY))),
    ]
    # Of settings by a name of the user's, the name is no entry; those of a layer are documented once.
    by_name = r"study\.(siting\.robust\.people\[\]\.people|services\[\]\.(where|tags|layer))\..+"
    found = {path for document in documents for path in paths(document) if not re.fullmatch(by_name, path)}
    documented = [path for path, _ in document_entries(PlanDocument)]
    settings = [f"study.{name}" for name, _ in script["_setting_entries"](Study, ())]
    assert unmatched(found, [*documented, *settings]) == (set(), set())
    validator = Draft202012Validator(json_schema(PlanDocument, title="plan"))
    for document in documents:
        assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)] == []


def test_the_schema_refuses_another_type(toy_plan: planner.Plan) -> None:
    document = json.loads(format_json(build_document(toy_plan)))
    document["coverage"]["total"][0]["people"] = "many"
    del document["walking"]["limits"][0]["metres"]
    validator = Draft202012Validator(json_schema(PlanDocument, title="plan"))
    assert {error.json_path for error in validator.iter_errors(document)} == {
        "$.coverage.total[0].people",
        "$.walking.limits[0]",
    }


def classes(folder: Path) -> PlanDocument:
    """Return a document of a study that closes stairs, with a motorway."""
    streets = toy.layers()["streets"].assign(highway="footway")
    motorway = streets.iloc[:1].assign(highway="motorway", id="motorway")
    streets = gpd.GeoDataFrame(pd.concat([streets, motorway], ignore_index=True), crs=toy.CRS)
    study = toy.STUDY + '\n[walking.costs]\nstairs = "closed"\n'
    return build_document(planner.run(toy.write_study(folder, changed={"streets": streets}, study=study)))


def led_round(folder: Path) -> PlanDocument:
    """Return a document of a study with a blocked pair of street positions, and a quota."""
    layers = city([[(0, 0), (400, 0), (400, 40), (0, 40)]], {(100, 0): 10, (0, 40): 10, (100, 40): 10})
    quota = '[[quotas]]\nid = "q"\nrule = "own"\nshare = 0.5\nclause = "c"\nevidence = "own"\nen = "Q"\nzh = "Q"\n'
    write_city(folder, layers, COVERED, quota, more="[siting]\nsites = 1\n")
    return build_document(planner.run(folder / "study.toml"))


def everything(folder: Path) -> PlanDocument:
    """Return a document of a study with what only weak centres, other profiles and a check bring."""
    centres = toy.layers()["centres"].assign(floor_area_m2=[20.0, None])
    more = '\n[rules]\ncompare = ["gb50180"]\nwalking = ["default_walker"]\n'
    more += '[[siting.tiers]]\ntier = "station"\nsites = 1\nminutes = 5\n'
    more += '[[siting.robust.people]]\nname = "as it is"\npeople = {}\n'
    alone = toy.STUDY.replace("candidates = 8", "candidates = 1")
    study = toy.write_study(folder / "toy", changed={"centres": centres}, study=alone + more)
    return build_document(planner.run(study, verified=True))


def programme(folder: Path, money: float) -> PlanDocument:
    """Return a document of a study with a weak centre and money."""
    centres = toy.layers()["centres"].assign(floor_area_m2=[20.0, None])
    study = toy.write_study(folder, changed={"centres": centres}, study=toy.with_money(money, money) + toy.OWN)
    return build_document(planner.run(study))


def test_every_column_of_results_gpkg_is_documented(rich_toy_plan: planner.Plan, tmp_path: Path) -> None:
    layers = {
        **result_layers(planner.run(life_circle.write_study(tmp_path, life_circle.WITH_TIMES))),
        **result_layers(rich_toy_plan),
    }
    assert set(layers) == set(LAYERS)
    for name, table in layers.items():
        columns = {str(column) for column in table.columns} - {"geometry"}
        assert (name, *unmatched(columns, list(result_columns(name)))) == (name, set(), set())
        assert ("geometry" in table.columns) == bool(LAYERS[name].geometry), name


def test_every_meaning_is_given() -> None:
    assert all(entry.meaning for _, entry in document_entries(PlanDocument))
    assert all(field.meaning for name in LAYERS for field in result_columns(name).values())


def test_the_reference_names_what_there_is() -> None:
    named = [
        name for page in DOCS.glob("api/*.md") for name in re.findall(r"(?m)^::: (\S+)", page.read_text("utf-8"))
    ]
    assert named
    for name in named:
        try:
            import_module(name)
        except ModuleNotFoundError:
            module, _, attribute = name.rpartition(".")
            assert hasattr(import_module(module), attribute), name


def test_the_layers_of_the_architecture_are_those_of_the_contract() -> None:
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text("utf-8"))
    contract = project["tool"]["importlinter"]["contracts"][0]
    text = (DOCS / "architecture.md").read_text("utf-8")
    rows = re.findall(r"(?m)^\| (\d+) \| (.+) \|$", text)
    assert [int(number) for number, _ in rows] == list(range(len(rows), 0, -1))
    listed = [set(re.findall(r"`(\w+)`", packages)) for _, packages in rows]
    assert listed == [set(re.split(r" [|:] ", layer)) for layer in contract["layers"]]
    described = set(re.findall(r"(?m)^\| `(\w+)` \|", text.partition("## Packages")[2]))
    assert described == set().union(*listed) - {"signals"}


def test_pages_of_the_site_are_in_its_contents() -> None:
    contents = set(
        re.findall(r"([\w/]+\.md)$", (DOCS.parent / "mkdocs.yml").read_text("utf-8"), flags=re.MULTILINE)
    )
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.glob("**/*.md")}
    notebooks = {f"tutorials/{path.stem}.md" for path in (DOCS.parent / "notebooks").glob("*.ipynb")}
    assert contents == pages | notebooks | {"changelog.md"}


def test_settings_that_the_method_names_exist() -> None:
    settings = setting_names(Study)
    sections = {name.partition(".")[0] for name in settings}
    pages = [page.read_text("utf-8") for page in DOCS.glob("method/*.md")]
    named = {name for page in pages for name in re.findall(r"`([a-z_]+\.[a-z_.]+)`", page)}
    assert {name for name in named if name.partition(".")[0] in sections} - {"map.html"} - settings == set()


def setting_names(model: type[BaseModel], prefix: str = "") -> set[str]:
    """Return the settings of a table of the study file, and of the tables inside it, by path."""
    names = set()
    for name, field in model.model_fields.items():
        names.add(prefix + name)
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names |= setting_names(inner, f"{prefix}{name}.")
    return names
