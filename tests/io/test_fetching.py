"""`planner fetch` against servers on the loopback: right answers from real data, and every way to fail."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import geopandas as gpd
import osm_servers
import osmnx
import pytest
import shapely
from osm_servers import REMARK, World, place, serving
from phrases import phrase

from planner.commands.fetch import ATTRIBUTION, Fetch, default_margin_m, fetch
from planner.commands.main import main
from planner.config.study import read_study
from planner.io.layers import read_layer
from planner.io.osm.extract import read_osm_buildings, read_osm_places, read_osm_streets
from planner.io.osm.place import add_margin
from planner.io.osm.servers import ATTEMPTS, OsmServers, ServerWait
from planner.messages.errors import FetchError
from planner.network.network import build_network
from planner.schemas.tables import BUILDINGS, PLACES

ROOT = Path(__file__).parents[2]
HELSINKI = ROOT / "data" / "helsinki" / "Helsinki.osm.pbf"
CHINA = ROOT.parent / "shared" / "data" / "china"
BOX = shapely.box(24.944, 60.168, 24.949, 60.171)
CORNER = shapely.box(24.9475, 60.1685, 24.9485, 60.1692)
"""Enough to fetch where it does not matter what."""
FILES = ["osm.gpkg", "osm.osm.pbf", "osm.provenance.json", "study.toml"]


@pytest.fixture(scope="module")
def helsinki() -> World:
    return World.read(HELSINKI)


@pytest.fixture
def servers(helsinki: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[osm_servers.Servers]:
    """Serve the centre of Helsinki; nobody sleeps."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    known = [
        place(34914, "Kluuvi, Helsinki", BOX),
        place(6, "Corner, Helsinki", CORNER),
        place(7, "Kluuvi Park, Helsinki", shapely.box(24.95, 60.17, 24.951, 60.171), kind="park"),
        place(8, "Springfield, Oregon", CORNER),
        place(9, "Springfield, Ohio", shapely.box(24.95, 60.17, 24.951, 60.171)),
        place(10, "Kiosk", shapely.Point(24.95, 60.17), kind="kiosk"),
        place(11, "Lake Nowhere", shapely.box(10, 10, 10.01, 10.01)),
        place(12, "Continent", shapely.box(10, 10, 20, 20)),
    ]
    with serving(helsinki, known) as running:
        yield running


class Seen(list[ServerWait]):
    """Waits that were announced, with the seconds that were waited."""

    def __init__(self) -> None:
        self.seconds: list[float] = []


def client(
    servers: osm_servers.Servers, folder: Path, seen: Seen | None = None, timeout_s: float = 30.0
) -> OsmServers:
    seen = seen if seen is not None else Seen()
    return OsmServers(
        cache=folder / ".fetched",
        overpass=servers.overpass,
        nominatim=servers.nominatim,
        waiting=seen.append,
        pause=seen.seconds.append,
        timeout_s=timeout_s,
    )


def fetched(servers: osm_servers.Servers, folder: Path, **asked: object) -> list[Path]:
    return fetch(Fetch(**{"place": "Corner", "margin_m": 20.0, **asked}), folder, client(servers, folder))


def assert_same_lines(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> None:
    """Assert that two layers have the same vertices in the same parts; GeoPackage makes every line a MultiLine."""
    parts = [shapely.get_parts(layer.geometry.array, return_index=True) for layer in (one, other)]
    assert parts[0][1].tolist() == parts[1][1].tolist()
    assert shapely.equals_exact(parts[0][0], parts[1][0], tolerance=1e-9).all()


# right answers


def test_the_network_is_that_of_the_extract(servers: osm_servers.Servers, tmp_path: Path) -> None:
    """The same ways with the same rules, whether they come from a file or from the server."""
    files = fetched(servers, tmp_path, place="Kluuvi", margin_m=100.0)
    assert [file.name for file in files] == FILES
    streets = gpd.read_file(tmp_path / "osm.gpkg", layer="streets").set_index("id")
    whole = read_osm_streets(HELSINKI).set_index("id")
    area = add_margin(BOX, 100.0, source="")
    inside = whole[shapely.intersects(area, whole.geometry.array)]
    # A square at the edge may have lost entrances that lie outside.
    inside, streets_ = (frame[~frame["square"]] for frame in (inside, streets))
    assert sorted(streets_.index) == sorted(inside.index)
    assert 200 < len(inside) < len(whole) / 2
    same = streets_.loc[inside.index]
    assert_same_lines(same, inside)
    for column in ("name", "kind", "crossing", "structure", "gated"):
        assert same[column].fillna("").tolist() == inside[column].tolist(), column
    ours, theirs = (build_network(frame.to_crs(3067)) for frame in (same, inside))
    assert ours.edge_m.tolist() == theirs.edge_m.tolist()
    assert (ours.node_xy == theirs.node_xy).all()


def test_squares_well_inside_are_crossed_as_in_the_extract(servers: osm_servers.Servers, tmp_path: Path) -> None:
    fetched(servers, tmp_path, place="Kluuvi", margin_m=250.0)
    streets = gpd.read_file(tmp_path / "osm.gpkg", layer="streets").set_index("id")
    whole = read_osm_streets(HELSINKI).set_index("id")
    squares = whole[whole["square"]]
    inside = squares[shapely.within(squares.geometry.array, add_margin(BOX, 100.0, source=""))]
    assert len(inside) >= 3
    assert_same_lines(streets.loc[inside.index], inside)


def test_streets_reach_as_far_as_the_margin_and_no_farther(servers: osm_servers.Servers, tmp_path: Path) -> None:
    counted = []
    for margin_m in (0.0, 50.0, 150.0):
        folder = tmp_path / f"{margin_m:g}"
        fetched(servers, folder, margin_m=margin_m)
        streets = gpd.read_file(folder / "osm.gpkg", layer="streets").to_crs(3067)
        boundary = gpd.read_file(folder / "osm.gpkg", layer="boundary").to_crs(3067).geometry[0]
        away_m = streets.distance(boundary)
        assert away_m.max() <= margin_m + 25.0
        counted.append(len(streets))
    assert counted == sorted(set(counted))


def test_extras_are_those_of_the_extract(servers: osm_servers.Servers, tmp_path: Path) -> None:
    fetched(
        servers, tmp_path, place="Kluuvi", margin_m=100.0, extras=("amenities", "buildings", "water", "barriers")
    )
    area = add_margin(BOX, 100.0, source="")
    for name, read in (("amenities", read_osm_places), ("buildings", read_osm_buildings)):
        whole = read(HELSINKI)
        inside = whole[shapely.intersects(area, whole.geometry.array)]
        layer = gpd.read_file(tmp_path / "osm.gpkg", layer=name)
        # Areas whose point lies outside although they touch are the server's to give, and ours to leave out.
        assert set(layer["id"]) == set(inside["id"]), name
        assert set(layer["source"]) == {ATTRIBUTION}
    assert len(gpd.read_file(tmp_path / "osm.gpkg", layer="barriers")) > 0


def test_what_was_asked_when_is_recorded(servers: osm_servers.Servers, tmp_path: Path) -> None:
    fetched(servers, tmp_path)
    record = json.loads((tmp_path / "osm.provenance.json").read_text("utf-8"))
    assert record["attribution"] == ATTRIBUTION
    assert record["place"]["osm_id"] == "R6"
    assert record["place"]["name"] == "Corner, Helsinki"
    assert record["data_of"] == osm_servers.DATE
    assert record["margin_m"] == 20.0
    (question,) = record["questions"]
    assert question["tags"] == {"highway": True}
    assert question["server"] == servers.overpass
    assert question["answered"].startswith("20")
    streets = gpd.read_file(tmp_path / "osm.gpkg", layer="streets")
    assert set(streets["source"]) == {ATTRIBUTION}
    assert set(streets["osm_date"]) == {osm_servers.DATE}


def test_the_study_file_names_what_was_fetched(servers: osm_servers.Servers, tmp_path: Path) -> None:
    fetched(servers, tmp_path, margin_m=150.0, extras=("barriers",))
    study = read_study(tmp_path / "study.toml")
    assert study.name == "Corner, Helsinki"
    assert (str(study.inputs.streets.path), study.inputs.streets.layer) == ("osm.gpkg", "streets")
    assert study.inputs.streets.source == f"{ATTRIBUTION}; {osm_servers.DATE}"
    assert study.inputs.barriers is not None
    assert study.inputs.barriers.layer == "barriers"
    assert study.inputs.water is None


def test_fetched_places_and_buildings_are_read_as_the_study_file_names_them(
    servers: osm_servers.Servers, tmp_path: Path
) -> None:
    fetched(servers, tmp_path, place="Kluuvi", margin_m=100.0, extras=("amenities", "buildings"))
    study = read_study(tmp_path / "study.toml")
    for schema, layer in ((PLACES, study.inputs.places), (BUILDINGS, study.inputs.buildings)):
        assert layer is not None
        file = study.resolve(layer.path)
        found = read_layer(file, layer, setting=f"inputs.{schema.name}", schema=schema)
        table = schema.check(found.frame, source=file.name, reader_issues=found.issues)
        assert len(table) > 50
        assert (table["kind"] != "").all()


def test_a_study_file_that_stands_there_is_left(servers: osm_servers.Servers, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("mine", "utf-8")
    assert [file.name for file in fetched(servers, tmp_path)] == FILES[:-1]
    assert (tmp_path / "study.toml").read_text("utf-8") == "mine"


def test_a_boundary_from_a_file(servers: osm_servers.Servers, tmp_path: Path) -> None:
    file = tmp_path / "district.gpkg"
    gpd.GeoDataFrame(geometry=[CORNER], crs=4326).to_crs(3067).to_file(file)
    out = tmp_path / "out"
    fetch(Fetch(boundary=file, margin_m=20.0), out, client(servers, out))
    assert not [asked for asked in servers.asked if asked.startswith("place")]
    by_name = tmp_path / "by_name"
    fetched(servers, by_name)
    one, other = (gpd.read_file(folder / "osm.gpkg", layer="streets")["id"] for folder in (out, by_name))
    assert len(set(one) ^ set(other)) <= 3


@pytest.mark.parametrize("name", ["beijing_tsinghua", "guixi"])
def test_chinese_cities(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = CHINA / f"{name}.osm"
    if not file.exists():
        pytest.skip(f"{file.name} is not there: shared/data is for development only")
    monkeypatch.setattr("time.sleep", lambda _: None)
    whole = read_osm_streets(file)
    box = shapely.box(*whole.total_bounds)
    with serving(World.read(file), [place(1, "中国某区", box)]) as running:
        fetch(Fetch(place="中国某区", margin_m=50.0), tmp_path, client(running, tmp_path))
    streets = gpd.read_file(tmp_path / "osm.gpkg", layer="streets")
    assert streets["id"].tolist() == whole["id"].tolist()
    assert_same_lines(streets, whole)


# once is enough


def test_a_second_run_asks_nobody_and_gives_the_same_bytes(servers: osm_servers.Servers, tmp_path: Path) -> None:
    files = fetched(servers, tmp_path)
    before = {file: file.read_bytes() for file in files}
    assert servers.asked == ["place Corner", "highway"]
    (tmp_path / "study.toml").unlink()
    fetched(servers, tmp_path)
    assert servers.asked == ["place Corner", "highway"]
    assert {file: file.read_bytes() for file in files} == before


def test_another_question_is_asked(servers: osm_servers.Servers, tmp_path: Path) -> None:
    fetched(servers, tmp_path)
    fetched(servers, tmp_path, margin_m=30.0)
    assert servers.asked == ["place Corner", "highway", "highway"]


def test_an_interrupted_run_goes_on_where_it_was(
    servers: osm_servers.Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large area is asked for in parts; the third never comes, and two are kept."""
    monkeypatch.setattr(osmnx.settings, "max_query_area_size", 4_000)
    servers.failures = ["", "", "", *["504"] * ATTEMPTS]
    with pytest.raises(FetchError):
        fetched(servers, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".fetched"]
    before = len(servers.asked)
    assert before == 3 + ATTEMPTS
    fetched(servers, tmp_path)
    parts = len(servers.asked) - before
    servers.asked.clear()
    fetched(servers, tmp_path / "anew")
    assert parts == len(servers.asked) - 1 - 2
    assert (tmp_path / "osm.gpkg").read_bytes() == (tmp_path / "anew" / "osm.gpkg").read_bytes()


def test_an_answer_that_an_interruption_tore_is_asked_again(servers: osm_servers.Servers, tmp_path: Path) -> None:
    fetched(servers, tmp_path)
    for done in (tmp_path / ".fetched").glob("*/done"):
        done.unlink()
        (answer,) = done.parent.glob("*.json")
        answer.write_text(answer.read_text("utf-8")[:100], "utf-8")
    fetched(servers, tmp_path)
    assert servers.asked == ["place Corner", "highway"] * 2


def test_an_answer_damaged_later_is_refused_then_asked_again(servers: osm_servers.Servers, tmp_path: Path) -> None:
    fetched(servers, tmp_path)
    for answer in (tmp_path / ".fetched").glob("*/*.json"):
        answer.write_text("{", "utf-8")
    for _ in range(2):
        with pytest.raises(FetchError, match="damaged"):
            fetched(servers, tmp_path)
    fetched(servers, tmp_path)


# failures


@pytest.mark.parametrize(
    ("failure", "said", "seconds"),
    [
        ("429", "429 Too Many Requests", 7.0),
        ("504", "504 Gateway Timeout", 5.0),
        ("remark", REMARK, 5.0),
        ("html", "Please check /api/status", 5.0),
        ("cut", phrase("errors.server_no_json"), 5.0),
        ("short", "no connection", 5.0),
        ("silent", phrase("errors.server_silent", seconds="0.5"), 5.0),
        ("drop", "no connection", 5.0),
    ],
)
@pytest.mark.parametrize("whom", ["nominatim", "overpass"])
def test_failures_are_waited_out_in_the_open(
    servers: osm_servers.Servers, tmp_path: Path, failure: str, said: str, seconds: float, whom: str
) -> None:
    servers.failures = [failure, failure] if whom == "nominatim" else ["", failure, failure]
    seen = Seen()
    fetch(Fetch(place="Corner", margin_m=20.0), tmp_path, client(servers, tmp_path, seen, timeout_s=0.5))
    assert [said in wait.reason.in_words("en") for wait in seen] == [True, True]
    assert seen.seconds == [seconds, seconds if failure == "429" else 2 * seconds]
    assert [wait.attempt for wait in seen] == [2, 3]
    assert len(servers.asked) == 4


def test_a_server_that_never_recovers_is_given_up_and_nothing_is_written(
    servers: osm_servers.Servers, tmp_path: Path
) -> None:
    servers.failures = ["", *["remark"] * 20]
    with pytest.raises(FetchError) as caught:
        fetched(servers, tmp_path)
    assert f"Stopped after {ATTEMPTS} attempt(s)" in str(caught.value)
    assert REMARK in str(caught.value)
    assert "尝试" in caught.value.in_words("zh")
    assert len(servers.asked) == 1 + ATTEMPTS
    assert [path.name for path in tmp_path.iterdir()] == [".fetched"]


def test_nobody_waits_an_hour(servers: osm_servers.Servers, tmp_path: Path) -> None:
    servers.failures = ["429 long"]
    with pytest.raises(FetchError, match=re.escape(phrase("errors.server_gave_up", seconds="3600"))):
        fetched(servers, tmp_path)


def test_what_a_server_will_never_answer_is_not_repeated(servers: osm_servers.Servers, tmp_path: Path) -> None:
    servers.failures = ["", "400"]
    with pytest.raises(
        FetchError,
        match=phrase("errors.server_refuses", reason="400 Bad Request: parse error: Unknown type").partition(
            " Check"
        )[0],
    ):
        fetched(servers, tmp_path)
    assert len(servers.asked) == 2


@pytest.mark.parametrize("which", [0, 1])
def test_answers_that_are_not_of_the_protocol(servers: osm_servers.Servers, tmp_path: Path, which: int) -> None:
    servers.failures = [*[""] * which, "nonsense"]
    with pytest.raises(FetchError, match=phrase("errors.answer_not_osm")):
        fetched(servers, tmp_path)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Atlantis", phrase("errors.place_not_found", place="Atlantis")),
        ("Springfield", phrase("errors.several_places", found="R8") + " "),
        ("Kiosk", phrase("errors.place_without_outline", found="N10 Kiosk")),
        ("Lake Nowhere", phrase("errors.no_streets_there")),
        ("Continent", phrase("errors.area_too_large", most="10,000")),
        ("R999", phrase("errors.place_not_found", place="R999")),
    ],
)
def test_places_that_cannot_be_fetched(
    servers: osm_servers.Servers, tmp_path: Path, asked: str, said: str
) -> None:
    with pytest.raises(FetchError) as caught:
        fetched(servers, tmp_path, place=asked)
    assert said in str(caught.value)
    assert not (tmp_path / "osm.gpkg").exists()


def test_one_of_several_is_named_by_its_id(servers: osm_servers.Servers, tmp_path: Path) -> None:
    fetched(servers, tmp_path, place="R8")
    assert read_study(tmp_path / "study.toml").name == "Springfield, Oregon"


@pytest.mark.parametrize("fails", [False, True])
def test_osmnx_is_left_as_it_was(servers: osm_servers.Servers, tmp_path: Path, fails: bool) -> None:  # noqa: FBT001
    names = [name for name in vars(osmnx.settings) if not name.startswith("_")]
    before = {name: getattr(osmnx.settings, name) for name in names}
    resolver = socket.getaddrinfo
    if fails:
        servers.failures = ["", "400"]
        with pytest.raises(FetchError):
            fetched(servers, tmp_path)
    else:
        fetched(servers, tmp_path)
    assert {name: getattr(osmnx.settings, name) for name in names} == before
    assert socket.getaddrinfo is resolver


def test_the_server_of_these_tests_is_strict(helsinki: World) -> None:
    good = f"[out:json][timeout:9];((way['highway'](poly:'{ring(BOX)}');(._;>;);););out;"
    assert len(helsinki.answer(good)) > 100
    for bad in (
        good.replace("json", "xml"),
        good.replace("(._;>;);", ""),
        good[:-4],
        good.replace("poly", "bbox"),
    ):
        with pytest.raises(ValueError, match="out"):
            helsinki.answer(bad)
    assert helsinki.answer(good.replace("highway", "no_such_key")) == []


def ring(shape: shapely.Polygon) -> str:
    return " ".join(f"{y:.6f} {x:.6f}" for x, y in shape.exterior.coords)


# the command


def test_the_command_in_chinese(
    servers: osm_servers.Servers,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("planner.commands.fetch.OsmServers", partial(OsmServers, pause=waited.append))
    servers.places.append(place(21, "海勃湾区, 乌海市", CORNER))
    servers.failures = ["", "429"]
    words = ["fetch", "海勃湾区, 乌海市", "--out", str(tmp_path), "--margin-m", "50"]
    words += ["--endpoint", servers.overpass, "--nominatim", servers.nominatim]
    assert main(words) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [str(tmp_path / name) for name in FILES]
    assert "服务器繁忙（429 Too Many Requests）；等待 7 秒后进行第 2/5 次尝试" in printed.err
    assert waited == [7.0]
    assert "地图须注明" in printed.err
    assert read_study(tmp_path / "study.toml").name == "海勃湾区, 乌海市"


def test_the_command_says_what_failed(
    servers: osm_servers.Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--out", str(tmp_path), "--endpoint", servers.overpass, "--nominatim", servers.nominatim]
    assert main(["fetch", "Atlantis", *words]) == 7
    assert main(["fetch", *words]) == 7
    assert main(["fetch", "Kluuvi", "--boundary", "x.gpkg", *words]) == 7
    assert main(["fetch", "--boundary", str(tmp_path / "absent.gpkg"), *words]) == 3
    assert "place or --boundary" in capsys.readouterr().err


@pytest.mark.parametrize("margin", ["-1", "nan", "inf", "far"])
def test_margins_that_are_none(margin: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["fetch", "Kluuvi", "--out", str(tmp_path), "--margin-m", margin])


def test_the_default_margin_is_the_longest_walk_of_a_default_study() -> None:
    assert default_margin_m() == pytest.approx(15 * 60 + 50)
