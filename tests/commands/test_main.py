from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import toy

from planner.commands.main import main

PRODUCTS = ["map.html", "report.html", "report.docx", "tables.xlsx", "plan.json", "results.gpkg"]
HEAVY = ("geopandas", "numba", "numpy", "pandas", "pydantic", "scipy", "shapely", "sklearn", "folium", "jinja2")


def planner(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "planner", *words], capture_output=True, text=True, check=False, timeout=300
    )


def test_run_prints_products_on_stdout_and_all_else_on_stderr(
    toy_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["run", str(toy_study), "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [str(out / name) for name in PRODUCTS]
    assert "reading inputs" in printed.err
    assert "Communities and villages without a centre of their own. (1 row, listed in the report)" in printed.err
    assert sorted(path.name for path in out.iterdir()) == sorted(PRODUCTS)


def test_a_second_run_replaces_the_first_and_leaves_other_files(toy_study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine", "utf-8")
    (out / "plan.json").write_text("old", "utf-8")
    assert main(["run", str(toy_study), "--out", str(out)]) == 0
    assert json.loads((out / "plan.json").read_text("utf-8"))["study"]["name"] == "Toy city"
    assert (out / "notes.txt").read_text("utf-8") == "mine"
    assert sorted(path.name for path in out.iterdir()) == sorted([*PRODUCTS, "notes.txt"])


def test_check_says_what_was_understood_and_changes_nothing(
    toy_study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in toy_study.parent.iterdir()}
    assert main(["check", str(toy_study)]) == 0
    said = capsys.readouterr().out
    for expected in (
        "Toy city",
        "rows: 2 read, 2 used",
        "people ← people",
        "people: 530 at 37 demand points",
        "300 m in 5 minutes",
    ):
        assert expected in " ".join(said.split())
    assert {path: path.read_bytes() for path in toy_study.parent.iterdir()} == before


def test_messages_speak_the_language_of_the_study(toy_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = toy_study.read_text("utf-8").replace('language = "en"', 'language = "zh"')
    toy_study.write_text(text.replace("toy.gpkg", "absent.gpkg"), "utf-8")
    assert main(["check", str(toy_study)]) == 3
    assert "文件不存在" in capsys.readouterr().err


def test_new_writes_a_study_that_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", str(tmp_path / "mine")]) == 0
    file = Path(capsys.readouterr().out.strip())
    assert file == tmp_path / "mine" / "study.toml"
    assert main(["check", str(file)]) == 3
    assert "communities.gpkg" in capsys.readouterr().err


def test_help_answers_without_the_heavy_libraries() -> None:
    """What makes it quick: `planner --help` imports none of them."""
    code = (
        "import sys\nfrom planner.commands.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "planner" in done.stdout


def test_a_wrong_command_line_leaves_with_2() -> None:
    done = planner("fly")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_rules_may_ask_for_other_limits_than_the_study(toy_study: Path, tmp_path: Path) -> None:
    """The rules ask who walks 15 minutes, the study maps only 5: the rule is still computed."""
    text = toy_study.read_text("utf-8") + "\n[limits]\nminutes = [5]\n" + toy.HAIBOWAN_RULES
    toy_study.write_text(text, "utf-8")
    assert main(["run", str(toy_study), "--out", str(tmp_path / "out")]) == 0
    plan = json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))
    assert [row["limit_min"] for row in plan["coverage"]["total"]] == [5.0]
    assert plan["data"]["margin_m"] == 900.0
    measures = plan["centres"][0]["measures"]
    assert measures["own_covered_share_15min"] == 1.0
    assert plan["centres"][0]["verdict"] == "compliant"
