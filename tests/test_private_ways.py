"""Private ways of compounds, from every kind of street file to what is said of them; the toy city with a compound.

The compound's lane, 48 m, leads from the corner 200 m east of the west centre to a public back street, which meets
the other streets far off only. 500 people live on the lane, 228 m from the centre; on the back street 70, who
walk 278 m by the lane. Within 5 minutes people walk 300 m.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
import toy
from answers import done, refused
from test_osm import node, way, write

import planner
from planner.commands.check import describe_as_json, describe_inputs
from planner.commands.main import main
from planner.config.study import read_study
from planner.io.osm.extract import read_osm_streets
from planner.messages.catalogue import Texts
from planner.prepare import prepare

LANE = [(400, 200), (420, 220), (440, 220)]
BACK = [(440, 220), (480, 220), (600, 400)]
BLIND = LANE[:2]
INSIDE, BEYOND = "inside", "beyond"
HOW = ["residents", "closed", "open"]


def streets(lane: list[tuple[float, float]] = LANE, **more: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    """Return the toy city's streets as ways of OpenStreetMap, with the lane, and further lines by their access."""
    plain = toy.layers()["streets"].assign(kind="residential", access="")
    lines = {"private": lane, **(more or {"": BACK})}
    added = toy._frame(
        {"name": list(lines), "kind": ["service"] * len(lines), "access": list(lines)},
        [shapely.LineString(line) for line in lines.values()],
    )
    return gpd.GeoDataFrame(pd.concat([plain, added], ignore_index=True), crs=toy.CRS)


def people(*more: tuple[str, tuple[float, float], float]) -> gpd.GeoDataFrame:
    """Return the toy city's people and those of the compound."""
    rows = [(INSIDE, (420, 220), 500.0), (BEYOND, (470, 220), 70.0), *more]
    added = toy._frame(
        {"id": [row[0] for row in rows], "people": [row[2] for row in rows]},
        [shapely.Point(row[1]) for row in rows],
    )
    return gpd.GeoDataFrame(pd.concat([toy.layers()["people"], added], ignore_index=True), crs=toy.CRS)


def as_extract(frame: gpd.GeoDataFrame, path: Path, gates: dict[tuple[float, float], dict[str, str]]) -> Path:
    """Write streets as an extract; gates stand at vertices, in metres from the toy city's origin."""
    degrees = frame.to_crs(4326)
    numbers: dict[tuple[float, float], int] = {}
    ways, places = [], {}
    for row, (line, drawn) in enumerate(zip(degrees.geometry, frame.geometry, strict=True)):
        for (lon, lat), (x, y) in zip(line.coords, drawn.coords, strict=True):
            key = round(x - toy.ORIGIN[0], 2), round(y - toy.ORIGIN[1], 2)
            numbers.setdefault(key, len(numbers) + 1)
            places[key] = lon, lat
        refs = [numbers[round(x - toy.ORIGIN[0], 2), round(y - toy.ORIGIN[1], 2)] for x, y in drawn.coords]
        access = {"access": frame["access"][row]} if frame["access"][row] else {}
        ways.append(way(row + 1, refs, highway=frame["kind"][row], **access))
    nodes = [node(number, *np.round(places[key], 7), **gates.get(key, {})) for key, number in numbers.items()]
    return write(path.parent, *nodes, *ways, name=path.name)


def as_graph(frame: gpd.GeoDataFrame, path: Path) -> Path:
    graph = nx.MultiDiGraph(crs=toy.CRS)
    numbers: dict[tuple[float, float], int] = {}
    for row, line in enumerate(frame.geometry):
        for ends in pairwise(line.coords):
            for end in ends:
                number = numbers.setdefault(end, len(numbers))
                graph.add_node(number, x=end[0], y=end[1])
            tags = {"highway": frame["kind"][row], "osmid": row}
            tags |= {"access": frame["access"][row]} if frame["access"][row] else {}
            graph.add_edge(numbers[ends[0]], numbers[ends[1]], **tags)
    nx.write_graphml(graph, path)
    return path


def study(
    folder: Path,
    how: str | None = None,
    *,
    frame: gpd.GeoDataFrame | None = None,
    more: tuple[tuple[str, tuple[float, float], float], ...] = (),
    form: str = "gpkg",
    gates: dict[tuple[float, float], dict[str, str]] | None = None,
    language: str = "en",
) -> Path:
    """Write the toy city with its compound, the streets in one of several forms."""
    frame = streets() if frame is None else frame
    folder.mkdir(parents=True, exist_ok=True)
    text = toy.STUDY.replace('language = "en"', f'language = "{language}"')
    if how is not None:
        text = text.replace("[walking]\n", f'[walking]\nprivate_ways = "{how}"\n')
    layer = 'path = "toy.gpkg"\nlayer = "streets"'
    if form == "osm":
        as_extract(frame, folder / "s.osm", gates or {})
        text = text.replace(layer, 'path = "s.osm"')
    elif form == "graphml":
        as_graph(frame, folder / "s.graphml")
        text = text.replace(layer, 'path = "s.graphml"')
    elif form == "geojson":
        frame.to_crs(4326).to_file(folder / "s.geojson", driver="GeoJSON")
        text = text.replace(layer, 'path = "s.geojson"')
    elif form == "chinese":
        words = frame["access"].map({"private": "小区内部", "": ""})
        frame.drop(columns="access").assign(通行权限=words).to_file(folder / "s.gpkg")
        text = text.replace(layer, 'path = "s.gpkg"')
    return toy.write_study(folder, changed={"streets": frame, "people": people(*more)}, study=text)


def covered(file: Path) -> set[str]:
    """Return the demand points within 5 minutes of a centre."""
    ready = prepare(read_study(file))
    times = ready.walker.times(ready.facility_snaps, ready.demand_snaps, within_min=5)
    return set(ready.inputs.demand["id"].to_numpy()[times.demand])


@pytest.mark.parametrize("form", ["gpkg", "geojson", "osm", "graphml", "chinese"])
def test_residents_walk_out_and_nobody_walks_through_whatever_the_file(tmp_path: Path, form: str) -> None:
    found = {how: covered(study(tmp_path / how, how, form=form)) for how in HOW}
    assert INSIDE in found["residents"]
    assert BEYOND not in found["residents"]
    assert found["closed"] == found["residents"] - {INSIDE}
    assert found["open"] == found["residents"] | {BEYOND}


def test_residents_is_what_a_study_means_that_says_nothing(tmp_path: Path) -> None:
    silent = study(tmp_path / "silent")
    assert covered(silent) == covered(study(tmp_path / "said", "residents"))
    without = study(tmp_path / "without", frame=streets().assign(access=""))
    assert covered(without) == covered(study(tmp_path / "open", "open"))


@pytest.mark.parametrize("how", HOW)
def test_area_and_table_and_networkx_agree(tmp_path: Path, how: str) -> None:
    plan = planner.run(study(tmp_path, how), verified=True)
    assert plan.verification is not None
    assert plan.verification.pairs > 20
    assert plan.verification.differing == 0
    rows = plan.service_areas[(plan.service_areas["facility"] == "C1") & (plan.service_areas["limit_min"] == 5.0)]
    area = rows.geometry.iloc[0]
    spots = plan.inputs.demand.set_index("id").geometry
    # Where people stand is 10 m inside the border at least, or outside it.
    assert area.covers(spots[INSIDE]) is (how != "closed")
    assert area.covers(spots[BEYOND]) is (how == "open")


def told(file: Path) -> dict[str, dict[str, object]]:
    return {warning["key"]: warning for warning in json.loads(describe_as_json(file))["warnings"]}


@pytest.mark.parametrize(
    ("how", "people_told", "rows"), [("residents", 500.0, []), ("closed", 500.0, [INSIDE]), ("open", 0.0, [])]
)
def test_check_tells_the_length_and_the_people(
    tmp_path: Path, how: str, people_told: float, rows: list[str]
) -> None:
    file = study(tmp_path, how, form="osm")
    notice = told(file)[f"private_ways_{how}"]
    assert (notice["people"], notice["rows"]) == (people_told, rows)
    assert "48 m" in str(notice["en"])
    assert "48 米" in str(notice["zh"])
    words = " ".join(describe_inputs(file, Texts("zh")).split())
    assert "小区内部道路" in words.replace(" ", "")
    assert "48 m" in " ".join(describe_inputs(file, Texts("en")).split())


@pytest.mark.parametrize("how", HOW)
def test_every_product_says_how_private_ways_are_walked(
    tmp_path: Path, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = study(tmp_path / "study", how)
    out = tmp_path / "out"
    assert done_in(file, out, capsys)
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    notes = {cost["name"]: cost for cost in plan["walking"]["costs"]}
    assert "48 m" in notes["private_ways"]["en"]
    assert "48 米" in notes["private_ways"]["zh"]
    assert f"private_ways_{how}" in {notice["key"] for notice in plan["notices"]}
    for product in ("map.html", "report.html"):
        assert notes["private_ways"]["en"] in (out / product).read_text("utf-8"), product
    if how != "open":
        assert "500 people" in notes["private_ways"]["en"]


def done_in(file: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> bool:
    code = main(["run", str(file), "--out", str(out), "--products", "plan,map,report"])
    capsys.readouterr()
    return code == 0


def test_a_study_without_private_ways_says_nothing_of_them(tmp_path: Path) -> None:
    file = toy.write_study(tmp_path)
    assert not {key for key in told(file) if "private" in key or "gate" in key}


def test_people_on_streets_behind_private_ways_are_told(tmp_path: Path) -> None:
    """A footway that nobody marked, at the end of a compound's blind lane: who lives on it does not get out."""
    file = study(tmp_path, frame=streets(LANE, yes=[(440, 220), (480, 220)]))
    notice = told(file)["private_ways_around"]
    assert (notice["rows"], notice["people"]) == ([BEYOND], 70.0)
    found = covered(file)
    assert BEYOND not in found
    assert INSIDE in found


def test_all_streets_private(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = streets().assign(access="private")
    message = refused(study(tmp_path / "closed", "closed", frame=frame), capsys, code=4)
    assert "private ways" in message
    # One compound: everybody is at home in it.
    assert {INSIDE, BEYOND} <= covered(study(tmp_path / "residents", frame=frame))


def test_words_that_are_not_private_leave_a_street_public(tmp_path: Path) -> None:
    found = {
        word: covered(study(tmp_path / word, frame=streets().replace("private", word)))
        for word in ("yes", "destination", "permissive", "Private ")
    }
    assert [BEYOND in found[word] for word in found] == [True, True, True, False]


# gates


GATE = {"barrier": "gate", "access": "private"}


@pytest.mark.parametrize(
    ("at", "tags"),
    [
        # On the lane itself, and where it leaves the street: the lane is private anyway.
        ((420, 220), GATE),
        ((400, 200), GATE),
        ((410, 210), GATE),
        ((410, 210), {"barrier": "gate", "foot": "private"}),
        ((410, 210), {"barrier": "lift_gate", "access": "private"}),
        ((410, 210), {"barrier": "gate"}),
    ],
)
def test_gates_that_residents_pass(tmp_path: Path, at: tuple[float, float], tags: dict[str, str]) -> None:
    frame = streets([(400, 200), (410, 210), (420, 220), (440, 220)])
    file = study(tmp_path, frame=frame, form="osm", gates={at: tags})
    found = covered(file)
    assert INSIDE in found
    assert BEYOND not in found
    assert "gates_closed" not in told(file)


@pytest.mark.parametrize(
    "tags",
    [
        {"barrier": "gate", "access": "private", "locked": "yes"},
        {"barrier": "gate", "access": "no"},
        {"barrier": "fence", "access": "private"},
        {"barrier": "gate", "access": "private", "opening_hours": "closed"},
        {"barrier": "gate", "foot": "no"},
    ],
)
def test_gates_that_nobody_passes_and_the_people_behind_them(tmp_path: Path, tags: dict[str, str]) -> None:
    frame = streets([(400, 200), (410, 210), (420, 220)])
    file = study(tmp_path, frame=frame, form="osm", gates={(410, 210): tags})
    assert INSIDE not in covered(file)
    notice = told(file)["gates_closed"]
    assert (notice["people"], notice["rows"]) == (500.0, [INSIDE])
    assert "1 gate" in str(notice["en"])
    assert "1 处大门" in str(notice["zh"])


@pytest.mark.parametrize("at", [(410, 210), (400, 200)])
def test_a_private_gate_on_a_public_lane_stays_closed_and_is_told(tmp_path: Path, at: tuple[float, float]) -> None:
    """Nobody says that the lane is the compound's: what lies behind its gate is cut off, and that is said.

    On the lane itself, and where the lane ends on a street that runs through.
    """
    frame = streets([(400, 200), (410, 210), (420, 220)], yes=[(0, 200), (400, 200), (800, 200)]).assign(access="")
    corner = shapely.Point(toy.ORIGIN + np.array([400.0, 200.0]))
    split = frame["name"].str.startswith("Street") & (frame.distance(corner) < 1)
    frame = frame[~split]
    file = study(tmp_path, frame=frame.reset_index(drop=True), form="osm", gates={at: GATE})
    assert INSIDE not in covered(file)
    assert told(file)["gates_closed"]["people"] == 500.0


def test_gates_of_a_layer_are_told_with_the_people_behind_them(tmp_path: Path) -> None:
    file = study(tmp_path, frame=streets(BLIND).assign(access=""))
    gate = toy._frame({"id": ["g"], "name": ["门"], "open": ["false"]}, [shapely.Point(410, 210)])
    gate.to_file(tmp_path / "gates.gpkg")
    file.write_text(file.read_text("utf-8") + '\n[inputs.gates]\npath = "gates.gpkg"\n', "utf-8")
    notice = told(file)["gates_closed"]
    assert (notice["people"], notice["rows"]) == (500.0, [INSIDE])
    assert INSIDE not in covered(file)


def test_private_ground_is_crossed_by_residents_only(tmp_path: Path) -> None:
    """A court drawn as an area: its outline and the lines across it are private too."""
    court = [(400, 200), (460, 210), (460, 260), (410, 260), (400, 200)]
    frame = streets(court, yes=[(460, 260), (600, 400)])
    file = as_extract(frame, tmp_path / "court.osm", {})
    text = file.read_text("utf-8").replace('<tag k="access"', '<tag k="area" v="yes"/><tag k="access"')
    file.write_text(text, "utf-8")
    found = read_osm_streets(file)
    assert found["square"].sum() == 1
    assert (found["access"][found["square"]] == "private").all()


def test_check_with_everything_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert done(study(tmp_path, language="zh", form="osm"), capsys)
