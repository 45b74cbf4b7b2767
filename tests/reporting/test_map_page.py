"""The map: one page that loads nothing, says what plan.json says, and trusts no name."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import toy

import planner
from planner.messages.catalogue import Texts, catalogue
from planner.reporting.document.build import build_document
from planner.reporting.map.elements import SIMPLIFIED_M, geojson_texts
from planner.reporting.map.page import draw_map
from planner.reporting.map.simplify import to_degrees

HOSTILE = "<script>alert(1)</script>\"onmouseover=alert(1) '`${alert(1)}`{{ 7 * 191 }}{% raw %}"
LOADS = re.compile(
    r"""(?:src|href|action)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?\s*(?:https?:)?//|@import""", re.IGNORECASE
)
LEAFLET_HOME = '<a href="https://leafletjs.com"'
MEGABYTES_AT_MOST = 4


@pytest.fixture(scope="module")
def haibowan_map(haibowan_plan: planner.Plan) -> str:
    return draw_map(haibowan_plan, build_document(haibowan_plan))


def test_the_same_plan_gives_the_same_bytes(
    toy_plan: planner.Plan, haibowan_plan: planner.Plan, haibowan_map: str
) -> None:
    content = build_document(toy_plan)
    assert draw_map(toy_plan, content) == draw_map(toy_plan, content)
    assert draw_map(haibowan_plan, build_document(haibowan_plan)) == haibowan_map


def test_nothing_is_loaded_from_anywhere(haibowan_map: str) -> None:
    # Leaflet's script can write a link to its home; the page tells it not to, and a link loads nothing.
    found = [match.group() for match in LOADS.finditer(haibowan_map.replace(LEAFLET_HOME, ""))]
    assert found == []
    assert "default-src 'none'" in haibowan_map
    for name in ("jquery", "bootstrap", "awesome", "sourceMappingURL"):
        assert name not in haibowan_map.lower()


def test_the_map_is_small_enough_to_send(haibowan_map: str) -> None:
    assert len(haibowan_map.encode()) < MEGABYTES_AT_MOST * 1_000_000


def test_coordinates_have_six_decimals_at_most(haibowan_map: str) -> None:
    # Longitudes and latitudes of Haibowan, with as many decimals as are written.
    written = re.findall(r"\b(?:106|39)\.(\d+)\b", haibowan_map)
    assert len(written) > 10_000
    assert max(map(len, written)) == 6


def test_outlines_are_simplified_by_half_a_metre_at_most(haibowan_plan: planner.Plan) -> None:
    reached = haibowan_plan.reached.geometry
    shown = gpd.GeoSeries(shapely.from_geojson(geojson_texts(to_degrees(reached, SIMPLIFIED_M))), crs=4326).to_crs(
        reached.crs
    )
    # Rounding to six decimals moves a vertex by less than 0.1 m more.
    for one, other in ((shown, reached), (reached, shown)):
        assert farthest_vertex_m(one.boundary.array, other.boundary.array) < SIMPLIFIED_M + 0.1


def farthest_vertex_m(lines: np.ndarray, others: np.ndarray) -> float:
    """Return how far a vertex is at most from the other outline: with both ways, GEOS's Hausdorff distance."""
    farthest = 0.0
    for line, other in zip(lines, others, strict=True):
        # Pieces between two vertices each, in a tree: GEOS's own function compares every vertex with every piece.
        parts = [shapely.get_coordinates(part) for part in shapely.get_parts(other)]
        pieces = [np.stack([xy[:-1], xy[1:]], axis=1) for xy in parts]
        tree = shapely.STRtree(shapely.linestrings(np.concatenate(pieces)))
        vertices = shapely.points(shapely.get_coordinates(line))
        _, away_m = tree.query_nearest(vertices, return_distance=True, all_matches=False)
        farthest = max(farthest, float(away_m.max()))
    return farthest


def test_the_farthest_vertex_is_that_of_geos() -> None:
    random = np.random.default_rng(4)
    lines, others = (shapely.linestrings(random.uniform(0, 9, (20, 30, 2))) for _ in range(2))
    both = max(farthest_vertex_m(lines, others), farthest_vertex_m(others, lines))
    assert both == pytest.approx(shapely.hausdorff_distance(lines, others).max())


def test_every_key_figure_is_the_documents(haibowan_plan: planner.Plan, haibowan_map: str) -> None:
    content, texts = build_document(haibowan_plan), Texts("zh")
    standard = next(row for row in content["coverage"]["total"] if row["limit_min"] == 5)
    rates = content["diagnosis"]["rates"]
    expected = {
        "people_share": texts.percent(standard["people_share"]),
        "points_share": texts.percent(standard["points_share"]),
        "area_share": texts.percent(standard["area_share"]),
        "people_uncovered": texts.whole(content["coverage"]["people_uncovered"]),
        "compliant_share": f"{texts.percent(rates['compliant_share'])}（28/40）",
        "excellent_share": f"{texts.percent(rates['excellent_share'])}（9/40）",
        "weak_communities": str(len(content["diagnosis"]["weak_communities"])),
        "communities_without_centre": str(len(content["diagnosis"]["communities_without_centre"])),
        "opened": "0",
        "people_added": "0",
        "spent": "0",
        **{f"group_{kind['id']}": texts.percent(kind["total"][0]["people_share"]) for kind in content["groups"]},
        "business_areas": "{areas_with_station} / {areas_found}".format(**content["business_areas"]),
    }
    assert len(content["groups"]) == 2
    shown = dict(re.findall(r'data-figure="(\w+)"[^>]*>\s*<b>(.*?)</b>', haibowan_map))
    assert shown == expected


def test_the_title_block_says_how_people_walk_and_what_is_modelled(haibowan_map: str) -> None:
    title_block = haibowan_map[haibowan_map.index('<details id="title-block">') :].partition("</details>")[0]
    for text in (
        "海勃湾区党群服务中心 5 分钟服务圈",
        "2023-06-30",
        "1.0 米/秒",
        "5 分钟 = 300 米",
        "不超过 50 米",
    ):
        assert text in title_block
    # The code of the coordinate system is the report's.
    assert "EPSG" not in title_block
    assert "以下为模拟数据，非实测：社区、中心、道路、人口、水域、屏障" in title_block


def test_no_id_of_a_service_stands_where_people_read(haibowan_map: str) -> None:
    body = haibowan_map.partition('<script type="application/json"')[0]
    words = json.loads(re.search(r'id="planner-words">(.*?)</script>', haibowan_map)[1])
    for ident in ("kindergarten", "elderly_daycare"):
        assert ident not in body.partition('id="title-block"')[2]
        assert ident not in json.dumps([words["scenes"], words["sources"]])


def test_no_name_of_the_study_becomes_code(tmp_path: Path) -> None:
    layers = toy.layers()
    changed = {
        "communities": layers["communities"].assign(name=HOSTILE, street=HOSTILE),
        "centres": layers["centres"].assign(name=HOSTILE),
        "streets": layers["streets"].assign(name=HOSTILE, kind="primary"),
    }
    text = toy.STUDY.replace('name = "Toy city"', f"name = {json.dumps(HOSTILE)}\ndate = {json.dumps(HOSTILE)}")
    text = text.replace('layer = "streets"', f'layer = "streets"\nsource = {json.dumps(HOSTILE)}')
    plan = planner.run(toy.write_study(tmp_path, changed=changed, study=text))
    html = draw_map(plan, build_document(plan))
    assert "<script>alert" not in html
    assert '"onmouseover' not in html
    # Names for the canvas and for text nodes stand in the blocks of data, one of them compressed; nowhere else,
    # and in nothing that a script writes into the page as HTML.
    blocks = re.findall(r'<script type="application/json" id="[\w-]+">(.*?)</script>', html)
    assert len(blocks) == 1
    notes = json.loads(gzip.decompress(base64.b64decode(json.loads(blocks[0])["notes"])))
    assert notes
    assert all("<script" not in part for note in notes for part in note)
    assert "\\u003cscript" not in html.replace(blocks[0], "")
    assert "`${alert(1)}`" in html  # a template literal is text where it stands: in JSON and in HTML
    assert str(7 * 191) not in html  # no template engine computed what a name said
    assert "{{ 7 * 191 }}{% raw %}" in html


def test_layers_that_are_not_given_are_left_out(toy_plan: planner.Plan, haibowan_map: str) -> None:
    html = draw_map(toy_plan, build_document(toy_plan))
    for key in ("layer_water", "layer_barriers"):
        # The end of the layer's name behind its sample, as the block of words has it.
        assert f'\\u003e{catalogue()[f"maps.{key}"]["en"]}"' not in html
        assert f'\\u003e{catalogue()[f"maps.{key}"]["zh"]}"' in haibowan_map


def test_a_study_that_asks_for_no_site_is_drawn(tmp_path: Path) -> None:
    study = toy.write_study(tmp_path, study=toy.STUDY.replace("sites = 1", "sites = 0"))
    plan = planner.run(study)
    assert "No site proposed" in draw_map(plan, build_document(plan))


def test_a_centre_that_nobody_reaches_is_drawn(tmp_path: Path) -> None:
    layers = toy.layers()
    centres = layers["centres"].iloc[:1]
    far = centres.assign(geometry=centres.translate(100, 100).array)
    plan = planner.run(toy.write_study(tmp_path, changed={"centres": far}))
    assert plan.reached.is_empty.all()
    assert "West centre" in draw_map(plan, build_document(plan))


def test_every_text_is_said_in_both_languages() -> None:
    words = {key: entry for key, entry in catalogue().items() if key.startswith("maps.")}
    assert words
    for key, entry in words.items():
        assert set(entry) == {"en", "zh"}, key
        fields = [sorted(re.findall(r"\{(\w+)\}", entry[language])) for language in ("en", "zh")]
        assert fields[0] == fields[1], key
