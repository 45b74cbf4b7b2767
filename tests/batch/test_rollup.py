"""The roll-up: tables of all districts together are those of the parts, and sums are the sums."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from here import in_this_process
from wholes import write_whole

from planner.batch.districts import CutResult
from planner.batch.portfolio import PortfolioFunds, read_portfolio
from planner.batch.province import league_table, overlapping
from planner.batch.rollup import FUNDS, MANIFEST, PAGE, REPORT, WORKBOOK, roll_up
from planner.batch.run import Batch, run_many
from planner.batch.tasks import DistrictResult
from planner.messages.catalogue import Texts
from planner.messages.errors import SitingError

MORE = "\n[funds]\nsites = 2\nmost_a_district = 2\n\n[overrides.D1.limits]\nminutes = [2, 3]\nstandard_min = 3\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Batch]:
    """Return a whole that is cut, run and rolled up."""
    folder = tmp_path_factory.mktemp("rolled")
    portfolio = write_whole(folder, 0)
    # What is in no district is told.
    layer = gpd.read_file(folder / "whole.gpkg", layer="communities")
    layer.loc[layer["id"] == "c05", "district"] = None
    layer.to_file(folder / "whole.gpkg", layer="communities")
    portfolio.write_text(portfolio.read_text("utf-8") + MORE, "utf-8")
    with in_this_process():
        return folder, run_many(portfolio, folder / "out", products=["plan"])


SECOND_RUN = """
import json, sys
opened = []
sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else None)
from planner.batch.run import run_many
batch = run_many(sys.argv[1], sys.argv[2], products=["plan"], workers=2)
rooms = {f"planner.{room}" for room in ("pipeline", "network.network", "batch.whole", "batch.province")}
heavy = ({"numba", "scipy", "pyogrio"} | rooms) & {*sys.modules}
print(json.dumps({"kept": batch.kept, "heavy": sorted(heavy), "opened": opened}))
"""


def test_a_second_run_reads_each_file_once_and_loads_nothing_that_computes(made: tuple[Path, Batch]) -> None:
    """That it takes a moment follows: nothing that computes, no worker, no file twice, no product opened."""
    folder, batch = made
    before = {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("*") if path.is_file()}
    words = [sys.executable, "-c", SECOND_RUN, str(folder / "portfolio.toml"), str(folder / "out")]
    found = json.loads(subprocess.check_output(words, text=True))
    assert found["kept"] == [row.code for row in batch.rows]
    assert found["heavy"] == []
    layers = Counter(path for path in found["opened"] if path.endswith((".parquet", ".gpkg")))
    assert layers
    assert set(layers.values()) == {1}
    assert not [path for path in found["opened"] if "/districts/" in path]
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_sums_are_those_of_the_parts(made: tuple[Path, Batch]) -> None:
    folder, batch = made
    out = folder / "out"
    assert batch.failed == ()
    assert batch.cut.in_no_district == ("c05",)
    assert batch.cut.beyond_streets == ()
    communities = gpd.read_parquet(out / "communities.parquet")
    assert len(communities) == 63
    assert communities.crs.to_epsg() == 4326
    plans = {
        row.code: json.loads((out / f"districts/{row.code}/plan.json").read_text("utf-8")) for row in batch.rows
    }
    for code, part in communities.groupby("district"):
        assert set(part["community"]) == {one["community"] for one in plans[str(code)]["coverage"]["by_community"]}
    figures = pd.DataFrame([row.figures for row in batch.rows])
    assert communities["people"].sum() == figures["people"].sum()
    assert communities["people_covered"].sum() == figures["people_covered"].sum()
    centres = gpd.read_parquet(out / "centres.parquet")
    assert centres["centre"].is_unique
    assert len(centres) == 60 == figures["centres"].sum()
    assert (centres["rating"] == "weak").sum() >= figures["weak"].sum()


def test_the_workbook_ranks_with_the_quality_of_the_data_beside(made: tuple[Path, Batch]) -> None:
    folder, batch = made
    texts = Texts("en")
    book = openpyxl.load_workbook(folder / "out" / WORKBOOK)
    head, *lines = book[texts("batch.sheet_districts")].iter_rows(values_only=True)
    table = pd.DataFrame(lines[:-1], columns=list(head))
    share = table[texts("batch.column_people_share")].tolist()
    assert share == sorted(share)
    assert {
        texts(f"batch.column_{name}") for name in ("streets_km_per_km2", "outside_share", "modelled", "rules")
    } <= {*head}
    people = texts("batch.column_people")
    assert lines[-1][list(head).index(people)] == pytest.approx(sum(row.figures["people"] for row in batch.rows))


def test_the_page_needs_nothing_and_says_when_rules_differ(made: tuple[Path, Batch]) -> None:
    folder, batch = made
    page = (folder / "out" / PAGE).read_text("utf-8")
    assert not re.findall(r"https?://", page)
    assert "<script" not in page
    assert Texts("en")("batch.other_basis") in page
    assert page.count('class="district"') == len(batch.rows)
    assert "c05" in page


def test_the_money_is_shared(made: tuple[Path, Batch]) -> None:
    folder, _ = made
    choice = json.loads((folder / "out" / FUNDS).read_text("utf-8"))
    assert choice["sites"] == 2
    assert choice["bound"] >= choice["people_gained"] > 0


def test_floors_above_the_funds_lose_nothing(made: tuple[Path, Batch], tmp_path: Path) -> None:
    """All products are there and say so; with other funds only the money is shared anew."""
    folder, batch = made
    out = shutil.copytree(folder / "out", tmp_path / "out")
    for name in (MANIFEST, PAGE, FUNDS):
        (out / name).unlink()
    portfolio = read_portfolio(folder)
    small = portfolio.model_copy(update={"funds": PortfolioFunds(sites=1, most_a_district=2, least_a_district=1)})
    with pytest.raises(SitingError) as refused:
        roll_up(small, batch.rows, out, cut=batch.cut, version="")
    assert len(json.loads((out / MANIFEST).read_text("utf-8"))["districts"]) == len(batch.rows)
    assert str(refused.value).splitlines()[-1].strip(" -")[:40] in (out / PAGE).read_text("utf-8")
    assert json.loads((out / FUNDS).read_text("utf-8")) is None
    roll_up(portfolio, batch.rows, out, cut=batch.cut, version="")
    assert (out / FUNDS).read_bytes() == (folder / "out" / FUNDS).read_bytes()
    # What was shared once does not outlive the funds.
    roll_up(portfolio.model_copy(update={"funds": None}), batch.rows, out, cut=batch.cut, version="")
    assert not (out / FUNDS).exists()


@pytest.mark.parametrize("name", [MANIFEST, PAGE, REPORT, "communities.parquet", ".batch/rollup.key"])
def test_a_product_that_is_torn_is_written_again(made: tuple[Path, Batch], tmp_path: Path, name: str) -> None:
    folder, batch = made
    out, portfolio = shutil.copytree(folder / "out", tmp_path / "out"), read_portfolio(folder)
    roll_up(portfolio, batch.rows, out, cut=batch.cut, version="")
    whole = (out / MANIFEST).read_bytes()
    torn = (out / name).read_bytes()[:7] + b"\xff"
    (out / name).write_bytes(torn)
    roll_up(portfolio, batch.rows, out, cut=batch.cut, version="")
    assert (out / name).read_bytes() != torn
    assert (out / MANIFEST).read_bytes() == whole
    assert (out / REPORT).read_bytes() == (folder / "out" / REPORT).read_bytes()


def test_names_are_text_and_equal_shares_one_rank(made: tuple[Path, Batch], tmp_path: Path) -> None:
    folder, batch = made
    out, portfolio = shutil.copytree(folder / "out", tmp_path / "out"), read_portfolio(folder)
    evil = "<script>alert(1)</script>"
    rows = [
        DistrictResult(row.code, evil if row.code == "D1" else "=1+1", row.status, figures=row.figures)
        for row in batch.rows
    ]
    lost = CutResult((), in_no_district=(evil,))
    roll_up(portfolio.model_copy(update={"name": evil}), rows, out, cut=lost, version="")
    page = (out / PAGE).read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    sheet = openpyxl.load_workbook(out / WORKBOOK)[Texts("en")("batch.sheet_districts")]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if "1+1" in str(cell.value)} == {"s"}
    same = {"people": 8.0, "people_covered": 2.0}
    figures = {"B": same, "A": same, "C": {"people": 2.0, "people_covered": 1.0}, "D": {"people": 0.0}}
    league = league_table([DistrictResult(code, code, "done", figures=one) for code, one in figures.items()])
    assert league["code"].tolist() == ["A", "B", "C", "D"]
    assert league["rank"].fillna(-1).tolist() == [1, 1, 3, -1]


def test_districts_that_overlap_are_told(made: tuple[Path, Batch]) -> None:
    """Two studies of one ground count its people twice; neighbours that only touch do not."""
    folder, _ = made
    found = gpd.read_parquet(folder / "out/communities.parquet").dissolve("district").geometry
    assert overlapping(found) == []
    moved = found.copy()
    moved["D1"] = found["D0"]
    assert ("D0", "D1") in overlapping(moved)


def test_one_changed_centre_runs_its_district_and_those_whose_margin_holds_it(made: tuple[Path, Batch]) -> None:
    folder, batch = made
    layer = gpd.read_file(folder / "whole.gpkg", layer="facilities")
    held = {
        path.parent.name: set(gpd.read_parquet(path)["id"])
        for path in (folder / "out/cut").glob("*/facilities.parquet")
    }
    holders = layer["id"].map(lambda ident: sum(ident in ids for ids in held.values()))
    # More than one district holds it, and as few as may be.
    changed = holders[(layer["community"] == "") & (holders > 1)].idxmin()
    layer.loc[changed, "floor_area_m2"] += 10.0
    before = {path.parent.name: path.read_bytes() for path in (folder / "out/cut").glob("*/facilities.parquet")}
    layer.to_file(folder / "whole.gpkg", layer="facilities")
    with in_this_process():
        again = run_many(folder / "portfolio.toml", folder / "out", products=["plan"])
    after = {path.parent.name: path.read_bytes() for path in (folder / "out/cut").glob("*/facilities.parquet")}
    touched = {code for code, content in after.items() if content != before[code]}
    holds = {code for code, ids in held.items() if layer["id"][changed] in ids}
    assert 1 < len(holds) <= len(held)
    assert touched == holds
    assert set(again.kept) == {row.code for row in batch.rows} - holds
    assert json.loads((folder / "out" / MANIFEST).read_text("utf-8"))["in_no_district"] == ["c05"]
