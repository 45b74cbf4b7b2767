"""A study from memory gives what its files give; evaluation and improvements are the plan's."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
import toy

import planner as pl

SETTINGS = {
    "walking": {"access_m": 10.0},
    "siting": {"sites": 1, "candidates": 8},
    "rules": {"profile": "haibowan"},
}


def from_memory(**changed: object) -> pl.Study:
    """Return the toy study, its layers in memory."""
    layers = toy.layers()
    given = {
        "communities": layers["communities"],
        "facilities": layers["centres"],
        "streets": layers["streets"],
        "people": layers["people"],
    }
    return pl.Study(name="Toy city", language="en", **given | SETTINGS | changed)


def without_sources(folder: Path) -> dict:
    """Return the numbers of a plan without the files that its layers came from."""
    plan = json.loads((folder / "plan.json").read_text("utf-8"))
    return {key: value for key, value in plan.items() if key != "sources"}


def test_a_study_from_memory_equals_its_files(toy_plan: pl.Plan, tmp_path: Path) -> None:
    study = from_memory()
    assert isinstance(study, pl.Study)
    for name, plan in (("memory", pl.run(study)), ("files", toy_plan)):
        pl.write(plan, tmp_path / name)
    memory, files = (without_sources(tmp_path / name) for name in ("memory", "files"))
    # The files and their hashes, and the settings that name them.
    assert {key for key in files if memory[key] != files[key]} == {"data", "study"}
    assert memory.keys() == files.keys()
    for product in ("service_areas.geojson", "coverage.csv"):
        if (tmp_path / "files" / product).exists():
            assert (tmp_path / "memory" / product).read_bytes() == (tmp_path / "files" / product).read_bytes()


def test_paths_give_the_same_bytes_as_the_file(tmp_path: Path) -> None:
    file = toy.write_study(tmp_path / "toy", study=toy.STUDY + toy.HAIBOWAN_RULES)
    layers = {"communities": "communities", "facilities": "centres", "streets": "streets", "people": "people"}
    given = {name: {"path": "toy.gpkg", "layer": layer} for name, layer in layers.items()}
    study = pl.Study(name="Toy city", language="en", file=file, **given | SETTINGS)
    for name, one in (("memory", study), ("files", pl.read_study(file))):
        pl.write(pl.run(one), tmp_path / name)
    files = sorted(
        path.relative_to(tmp_path / "files") for path in (tmp_path / "files").rglob("*") if path.is_file()
    )
    assert len(files) > 3
    for path in files:
        assert (tmp_path / "memory" / path).read_bytes() == (tmp_path / "files" / path).read_bytes(), path


def test_a_graph_is_streets(toy_plan: pl.Plan) -> None:
    graph = nx.Graph(crs=toy.CRS)
    for line in toy.layers()["streets"].geometry:
        graph.add_edge(line.coords[0], line.coords[-1])
    plan = pl.run(from_memory(streets=graph))
    assert plan.coverage.total.equals(toy_plan.coverage.total)


def test_the_index_names_rows_without_an_id() -> None:
    people = toy.layers()["people"].set_index("id")
    plan = pl.run(from_memory(people=people))
    assert set(plan.inputs.demand["id"]) == set(people.index)


def test_wrong_layers_and_settings_are_refused_at_once() -> None:
    with pytest.raises(pl.PlannerError, match="`streets` is a int"):
        from_memory(streets=3)
    with pytest.raises(pl.PlannerError, match="a path to a file"):
        from_memory(population=toy.layers()["people"])
    with pytest.raises(pl.PlannerError, match="Did you mean `access_m`"):
        from_memory(walking={"acces_m": 3})
    with pytest.raises(pl.PlannerError, match=r"inputs.facilities` is missing"):
        pl.Study(communities=toy.layers()["communities"], streets=toy.layers()["streets"])
    with pytest.raises(pl.PlannerError, match="`inputs"):
        pl.Study(name="Nothing")
    with pytest.raises(pl.PlannerError) as error:
        pl.make_study({"name": "Toy", "communities": "a.gpkg"})
    assert "`communities` is not a setting" in str(error.value)


def test_a_run_shows_its_stages_where_it_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    stages: list[str] = []
    pl.run(from_memory(), progress=stages.append)
    assert stages[0] == "read_inputs"
    assert capsys.readouterr().out == ""


def test_ratings_are_those_of_the_plan(toy_plan: pl.Plan, haibowan_plan: pl.Plan) -> None:
    for plan in (toy_plan, haibowan_plan):
        ratings = pl.evaluate(plan)
        assert ratings["rating"].to_dict() == plan.diagnosis.ratings()
        assert ratings.index.tolist() == plan.inputs.facilities["id"].tolist()
        weak = ratings[ratings["rating"] == "weak"]
        assert (weak["failed"] != "").all()
        improvements = pl.improve(plan)
        assert set(improvements.index) == set(weak.index)
        costs = improvements.groupby(level=0)["cost"].sum(min_count=1)
        for one in plan.improvements.plans:
            if one.cost is not None and one.actions:
                assert costs[one.facility] == pytest.approx(one.cost)


def test_frames_with_a_network_are_rated_as_the_study() -> None:
    layers = toy.layers()
    frames = [layers[name] for name in ("centres", "communities", "people")]
    net = pl.walk_network(layers["streets"], access_m=10.0)
    ratings = pl.evaluate(net, frames[0].to_crs(4326), *frames[1:], rules="haibowan")
    assert ratings.crs.to_epsg() == 4326
    expected = pl.evaluate(from_memory())
    same = [name for name in expected.columns if name != "geometry"]
    pd.testing.assert_frame_equal(pd.DataFrame(ratings[same]), pd.DataFrame(expected[same]), rtol=1e-6)
    improved = pl.improve(net, *frames, rules="haibowan")
    pd.testing.assert_frame_equal(
        improved.drop(columns="place"), pl.improve(from_memory()).drop(columns="place"), rtol=1e-6
    )


def test_a_network_is_walked_as_it_is_when_facilities_are_rated() -> None:
    layers = toy.layers()
    frames = [layers[name] for name in ("centres", "communities", "people")]
    people = frames[2] = layers["people"].set_geometry(layers["people"].translate(4, 4))
    wall = gpd.GeoDataFrame(geometry=people.geometry.iloc[::2].buffer(1).boundary, crs=toy.CRS)
    nets = [pl.walk_network(layers["streets"], access_m=10.0, speed_kmh=5.0, barriers=one) for one in (None, wall)]
    counts = []
    for net in nets:
        ratings = pl.evaluate(net, *frames, rules="haibowan")
        counts.append(ratings["people_within_5min"].tolist())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pl.PlannerWarning)
            alone = [pl.coverage(net, frames[0].iloc[[row]], people) for row in range(len(frames[0]))]
        assert counts[-1] == [one.total["people_covered"].iloc[0] for one in alone]
    assert counts[0] != counts[1]


@pytest.mark.parametrize("crs", [3857, 4326, 4490, 4527])
def test_frames_lie_where_their_system_says(crs: int) -> None:
    """Two centres far from everything else fit no datum better than another: a study asks, frames state it."""
    layers = toy.layers()
    areas = layers["communities"].iloc[[0]].to_crs(crs)
    people = layers["people"].iloc[:3].to_crs(crs)
    net = pl.walk_network(layers["streets"])
    ratings = pl.evaluate(net, layers["centres"].iloc[[0]].to_crs(crs), areas, people, rules="gb50180")
    moved = ratings.to_crs(toy.CRS).distance(layers["centres"].geometry.iloc[0], align=False)
    assert moved.max() < 1.0


def test_frames_belong_to_a_network(toy_plan: pl.Plan) -> None:
    layers = toy.layers()
    net = pl.walk_network(layers["streets"])
    for function in (pl.evaluate, pl.improve):
        with pytest.raises(pl.PlannerError, match=r"`communities`, `people`.*pl.Study"):
            function(net, layers["centres"])
        with pytest.raises(pl.PlannerError, match="`facilities`, `limits`"):
            function(toy_plan, layers["centres"], limits={"minutes": [5]})


@pytest.mark.parametrize(
    ("locale", "language"), [("zh_CN.UTF-8", "zh"), ("en_GB", "en"), ("fi_FI", "en"), ("", "en")]
)
def test_the_language_is_that_of_the_locale(locale: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", locale)
    layers = toy.layers()
    given = {"communities": layers["communities"], "facilities": layers["centres"], "streets": layers["streets"]}
    assert pl.Study(people=layers["people"], **given).language == language
    assert pl.Study(people=layers["people"], language="zh", **given).language == "zh"


def test_ratings_by_other_rules(toy_plan: pl.Plan) -> None:
    study = from_memory()
    assert pl.evaluate(study)["rating"].to_dict() == toy_plan.diagnosis.ratings()
    other = pl.evaluate(study, rules="gb50180")
    assert other.index.tolist() == ["C1", "S1"]
    assert isinstance(other, gpd.GeoDataFrame)
    with pytest.raises(pl.PlannerError):
        pl.evaluate(study, rules="nowhere")
