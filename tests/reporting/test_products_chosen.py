"""Products that are asked for are made alone, with the same bytes; what an earlier run left is told."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from answers import EARLIER, content, earlier

import planner
from planner.commands.arguments import PRODUCTS as NAMES
from planner.commands.main import main
from planner.messages.errors import CommandError, OutputError
from planner.reporting import write as writing
from planner.reporting.report.pdf import find_browser

HERE = [name for name in writing.FILES if name != "pdf" or find_browser()]
"""report.pdf needs a browser."""


@pytest.fixture(scope="module")
def every(toy_plan: planner.Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("every")
    planner.write(toy_plan, out, products=HERE)
    return content(out)


@pytest.mark.parametrize("product", HERE)
def test_a_product_alone_has_the_bytes_that_it_has_among_all(
    toy_plan: planner.Plan, tmp_path: Path, every: dict[str, bytes], product: str
) -> None:
    paths = planner.write(toy_plan, tmp_path / "out", products=[product])
    assert [path.name for path in paths] == list(writing.FILES[product])
    assert content(tmp_path / "out") == {name: every[name] for name in writing.FILES[product]}


def test_by_default_all_but_the_printed_ones_are_made(
    toy_plan: planner.Plan, tmp_path: Path, every: dict[str, bytes]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = planner.write(toy_plan, tmp_path / "out")
    printed = {"sheet.pdf", "report.pdf", "map.pdf"}
    assert {path.name for path in paths} == {*every} - printed
    assert content(tmp_path / "out") == {name: made for name, made in every.items() if name not in printed}


def test_the_command_line_knows_every_product() -> None:
    assert tuple(writing.FILES) == NAMES


@pytest.mark.parametrize("products", [["map", "video"], []])
def test_an_unknown_product_is_refused_with_the_list(
    toy_plan: planner.Plan, tmp_path: Path, products: list[str]
) -> None:
    with pytest.raises(CommandError) as raised:
        planner.write(toy_plan, tmp_path / "out", products=products)
    (issue,) = raised.value.issues
    assert issue.key == "unknown_product"
    assert issue.values["known"] == "map, report, tables, plan, gpkg, sheet, pdf"
    assert not (tmp_path / "out").exists()


def test_the_command_refuses_an_unknown_product_before_the_work(
    toy_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", str(toy_study), "--out", str(tmp_path / "out"), "--products", "map,video"])
    assert ended.value.code == 2
    assert "map, report, tables, plan, gpkg, sheet, pdf" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_earlier_products_stay_and_are_told(
    toy_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = earlier(tmp_path / "out")
    assert main(["run", str(toy_study), "--out", str(out), "--products", "plan,map"]) == 0
    printed = capsys.readouterr()
    assert [Path(line).name for line in printed.out.splitlines()] == ["map.html", "plan.json"]
    assert "report.html, report.docx, tables.xlsx, results.gpkg" in printed.err
    after = content(out)
    assert {name for name in EARLIER if after[name] != EARLIER[name]} == {"map.html", "plan.json"}


def test_the_library_warns_of_earlier_products(toy_plan: planner.Plan, tmp_path: Path) -> None:
    planner.write(toy_plan, tmp_path, products=["gpkg"])
    with pytest.warns(writing.EarlierProductsWarning, match=r"results\.gpkg"):
        planner.write(toy_plan, tmp_path, products=["plan"])


def test_a_chosen_product_that_fails_leaves_all_earlier_ones(
    toy_plan: planner.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise OSError(28, "No space left on device")

    out = earlier(tmp_path / "out")
    monkeypatch.setattr(writing, "write_geopackage", fail)
    with pytest.raises(OutputError):
        planner.write(toy_plan, out, products=["plan", "gpkg"])
    assert content(out) == EARLIER
