"""The datum of shifted layers: found, refused on a tie, never wrong; benchmarks/datum.py prints the long table."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import toy
from answers import done, refused
from phrases import phrase

sys.path.insert(0, str(Path(__file__).parents[2]))
import planner
from benchmarks.datum import Layers, district, haibowan, helsinki_in_china, shifted, trial
from planner.commands.check import BY_WEIGHT
from planner.commands.main import main
from planner.config.sections.layers import Layer
from planner.io.datum.resolve import DatumChoice, LayerDatum, UndatedLayer, choose_datums, inherit_datums
from planner.io.datum.transform import DATUMS, Datum
from planner.messages.catalogue import catalogue
from planner.reporting.document.build import build_document

HAIBOWAN = Path(__file__).parents[2] / "data" / "haibowan" / "haibowan.gpkg"


@pytest.fixture(scope="module")
def real() -> Layers:
    return haibowan()


@pytest.fixture(scope="module")
def abroad() -> Layers:
    layers = helsinki_in_china()
    layers["facilities"] = layers["facilities"].assign(community=layers["facilities"]["community"].fillna(""))
    return layers


def test_haibowan_and_helsinki_shifted_at_random(real: Layers, abroad: Layers) -> None:
    rng = np.random.default_rng(7)
    found = Counter(
        trial(layers, rng, known_streets=bool(number % 2), wrong_share=0.05 * (number % 3))
        for layers in (real, abroad)
        for number in range(6)
    )
    assert found == {"right": 12}


def test_synthetic_districts_shifted_at_random() -> None:
    rng = np.random.default_rng(11)
    found = Counter(
        trial(district(rng, centres=centres), rng, known_streets=bool(number % 2), wrong_share=0.05 * (number % 3))
        for number in range(8)
        for centres in (5, 8, 12, 20, 40)
    )
    assert found["wrong"] == 0
    assert found["right"] >= 39


def judge(layers: Layers, datums: dict[str, Datum], **standing: UndatedLayer) -> dict[str, tuple[str, str]]:
    named = layers["facilities"]["community"].to_numpy(dtype=object)
    judged = {
        name: standing.get(
            name,
            UndatedLayer(
                shifted(layer, datums.get(name, "wgs84")),
                "open",
                communities=named if name == "facilities" else None,
            ),
        )
        for name, layer in layers.items()
    }
    choice = choose_datums(judged)
    return {name: (verdict.datum, verdict.how) for name, verdict in choice.layers.items()}


@pytest.mark.parametrize("datum", DATUMS)
def test_a_whole_study_in_one_datum_is_called_alike(real: Layers, datum: Datum) -> None:
    assert set(judge(real, dict.fromkeys(real, datum)).values()) == {("wgs84", "alike")}


@pytest.mark.parametrize("datum", DATUMS)
def test_a_whole_study_against_known_streets_is_found(real: Layers, datum: Datum) -> None:
    known = UndatedLayer(shifted(real["streets"], "wgs84"), "known")
    found = judge(real, dict.fromkeys(real, datum), streets=known)
    assert {found[name] for name in ("communities", "facilities", "demand")} == {(datum, "found")}


def test_a_layer_without_evidence_is_undecided(real: Layers) -> None:
    """Ten arbitrary spots name no community and follow no street."""
    rng = np.random.default_rng(3)
    west, south, east, north = real["communities"].to_crs(4326).total_bounds
    spots = gpd.points_from_xy(rng.uniform(west, east, 10), rng.uniform(south, north, 10))
    layers = {**real, "facilities": gpd.GeoDataFrame({"community": [""] * 10}, geometry=spots, crs=4326)}
    found = judge(layers, {})
    assert found["facilities"][1] == "undecided"


def test_a_false_declaration_is_contradicted(real: Layers) -> None:
    named = real["facilities"]["community"].to_numpy(dtype=object)
    said = UndatedLayer(shifted(real["facilities"], "gcj02"), "declared", "wgs84", named)
    others = {name: UndatedLayer(layer, "stated") for name, layer in real.items() if name != "facilities"}
    verdict = choose_datums({**others, "facilities": said}).layers["facilities"]
    assert (verdict.datum, verdict.contradicted_by) == ("wgs84", "gcj02")


def test_a_shift_that_no_datum_makes_is_never_called_one(real: Layers) -> None:
    """Centres that a clerk has moved by 300 m are refused, not converted."""
    moved = real["facilities"].set_geometry(real["facilities"].translate(-300, -200))
    found = judge({**real, "facilities": moved}, {})
    assert found["facilities"][0] == "wgs84"


def test_outside_china_nothing_is_asked_and_nothing_moved() -> None:
    helsinki = gpd.GeoDataFrame({"id": ["A"]}, geometry=[shapely.box(24.9, 60.1, 25.0, 60.2)], crs=4326)
    layers = {
        "communities": UndatedLayer(helsinki, "open"),
        "streets": UndatedLayer(helsinki, "declared", "gcj02"),
    }
    verdicts = choose_datums(layers).layers
    assert {(verdict.datum, verdict.how) for verdict in verdicts.values()} == {("wgs84", "elsewhere")}


IN_DEGREES = toy.STUDY.replace('layer = "centres"', 'layer = "centres"\n{}')


def test_a_tie_is_refused_with_the_scores_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    centres = {"centres": toy.layers()["centres"].to_crs(4326).assign(community="")}
    answer = refused(toy.write_study(tmp_path / "toy", changed=centres), capsys, code=3)
    assert phrase("errors.datum_undecided", scores="WGS-84 0.0, GCJ-02 −").partition(" (")[0] in answer
    assert phrase("errors.datum_undecided", setting="inputs.facilities.datum") in answer


@pytest.mark.parametrize("datum", DATUMS)
def test_a_declared_datum_is_converted_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], toy_plan: planner.Plan, datum: Datum
) -> None:
    centres = {"centres": shifted(toy.layers()["centres"], datum)}
    study = IN_DEGREES.format(f'datum = "{datum}"') + toy.HAIBOWAN_RULES
    other = toy.write_study(tmp_path / "toy", changed=centres, study=study)
    said = done(other, capsys, "plan")
    assert ("were converted to WGS-84" in said) == (datum != "wgs84")
    found, expected = json.loads((other.parent / "out" / "plan.json").read_text("utf-8")), build_document(toy_plan)
    assert found["coverage"]["total"][0]["people_covered"] == expected["coverage"]["total"][0]["people_covered"]
    assert [centre["verdict"] for centre in found["centres"]] == [
        centre["verdict"] for centre in expected["centres"]
    ]


def test_check_as_json_balances_every_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = toy.layers()["people"]
    astray = people.set_geometry([shapely.Point(toy.ORIGIN + 3000), *people.geometry[1:]], crs=toy.CRS)
    study = toy.write_study(tmp_path / "toy", changed={"people": astray})
    assert main(["check", str(study), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    for layer in content["layers"]:
        assert layer["rows"] == layer["used"] + sum(one["count"] for one in layer["dropped"])
    demand = next(layer for layer in content["layers"] if layer["layer"] == "demand")
    (aside,) = demand["dropped"]
    assert (aside["key"], aside["count"], aside["rows"]) == ("demand_outside", 1, ["0"])
    assert aside["en"].startswith("Demand points outside every community")
    assert (demand["rows"], demand["used"]) == (37, 36)
    assert sum(content["people_by_community"].values()) == content["people"]
    assert sum(one["placed"] for one in content["people_balance"]) == content["people"]


def test_every_notice_has_its_weight() -> None:
    keys = {key.removeprefix("notices.") for key in catalogue() if key.startswith("notices.")}
    assert set(BY_WEIGHT) == keys


@pytest.mark.parametrize("language", ["en", "zh"])
def test_check_fits_a_hundred_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str) -> None:
    study = toy.write_study(tmp_path / "toy", study=toy.STUDY.replace('"en"', f'"{language}"'))
    assert main(["check", str(study)]) == 0
    # How long the path of the study is, is not up to the planner.
    lines = capsys.readouterr().out.replace(f"{tmp_path}/", "").splitlines()
    wide = [line for line in lines if sum(2 if ord(sign) > 0x2E7F else 1 for sign in line) > 100]
    assert wide == []


BESIDE = {"places": "places", "buildings": "buildings"}


Surveyed = tuple[dict[str, UndatedLayer], DatumChoice]


@pytest.fixture(scope="module")
def surveyed(real: Layers) -> Surveyed:
    """Return the layers of Haibowan, all surveyed, and what is found of them."""
    asked = {one: UndatedLayer(layer, "stated") for one, layer in real.items()}
    return asked, choose_datums(asked)


def followed(
    surveyed: Surveyed, name: str, frame: gpd.GeoDataFrame, *, path: str, declared: str = "auto"
) -> LayerDatum:
    """Return what is found of one more layer of Haibowan, all others surveyed and in a file of their own."""
    asked, judged = surveyed
    own = Layer(path=Path(path), datum=declared)
    settings = {**dict.fromkeys(asked, Layer(path=Path("all.gpkg"))), name: own}
    standing = "open" if declared == "auto" else "declared"
    more = UndatedLayer(frame, standing, "wgs84" if declared == "auto" else declared)
    return inherit_datums({**asked, name: more}, judged, settings)[name]


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("name", BESIDE)
def test_a_shop_list_of_a_web_map_is_told_by_where_it_stands(surveyed: Surveyed, name: str, datum: Datum) -> None:
    frame = gpd.read_file(HAIBOWAN, layer=BESIDE[name])
    rng = np.random.default_rng(5)
    for count in (500, 120):
        some = shifted(frame.iloc[rng.choice(len(frame), count, replace=False)], datum)
        found = followed(surveyed, name, some, path="shops.csv")
        assert (found.datum, found.how) == (datum, "found")
        false = next(one for one in DATUMS if one != datum)
        assert followed(surveyed, name, some, path="shops.csv", declared=false).contradicted_by == datum
        assert followed(surveyed, name, some, path="shops.csv", declared=datum).contradicted_by is None


def test_a_few_shops_are_never_taken_for_what_they_are_not(surveyed: Surveyed) -> None:
    frame = gpd.read_file(HAIBOWAN, layer="places")
    rng = np.random.default_rng(6)
    hows = Counter()
    for _ in range(6):
        for datum in DATUMS:
            some = shifted(frame.iloc[rng.choice(len(frame), int(rng.integers(3, 80)), replace=False)], datum)
            found = followed(surveyed, "places", some, path="shops.csv")
            assert found.how == "undecided" or found.datum == datum
            hows[found.how] += 1
    assert set(hows) == {"found", "undecided"}


def test_what_lies_in_the_file_of_a_settled_layer_follows_it(surveyed: Surveyed) -> None:
    few = shifted(gpd.read_file(HAIBOWAN, layer="places").iloc[:3], "wgs84")
    assert followed(surveyed, "places", few, path="all.gpkg").how == "follows"


def test_water_of_another_file_is_taken_as_it_is_and_said(surveyed: Surveyed) -> None:
    water = shifted(gpd.read_file(HAIBOWAN, layer="water"), "wgs84")
    found = followed(surveyed, "water", water, path="water.geojson")
    assert (found.datum, found.how) == ("wgs84", "untested")
