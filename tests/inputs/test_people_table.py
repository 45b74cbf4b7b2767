"""People by community from a sheet of their own, joined to the outlines by id, code or name."""

from __future__ import annotations

import html
import json
from pathlib import Path

import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
import toy
from answers import done, refused

from planner.commands.main import main

COMMUNITIES = toy.layers()["communities"]
TABLE = """
[inputs.people_table]
path = "people.xlsx"
"""


def study_of(folder: Path, rows: list[list[object]], *, more: str = "") -> Path:
    """Write the toy study without people of its own, and a sheet with those of each community."""
    bare = {"communities": COMMUNITIES.drop(columns=["people", "households"], errors="ignore")}
    text = toy.STUDY.partition("[inputs.demand]")
    rest = text[2].partition("[inputs")
    study = toy.write_study(folder, changed=bare, study=text[0] + TABLE + rest[1] + rest[2] + more)
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "people.xlsx")
    return study


def people_of(study: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, float], list[dict[str, object]]]:
    capsys.readouterr()
    assert main(["check", str(study), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    (layer,) = (one for one in content["layers"] if one["layer"] == "people_table")
    assert layer["rows"] == layer["used"] + sum(one["count"] for one in layer["dropped"])
    return content["people_by_community"], content["warnings"]


def names() -> list[str]:
    return [str(one) for one in COMMUNITIES["name"]]


def test_people_come_from_a_sheet_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[list[object]] = [["各社区人口统计表"], ["社区名称", "常住人口", "户数"]]
    rows += [[name, 1000 + 10 * row, 400] for row, name in enumerate(names())]
    rows += [["合计", 99999, 9999]]
    people, warnings = people_of(study_of(tmp_path, rows), capsys)
    expected = [1000 + 10 * row for row in range(len(COMMUNITIES))]
    assert np.allclose([people[one] for one in COMMUNITIES["id"]], expected)
    assert not {"people_table_unmatched", "people_table_lacks"} & {one["key"] for one in warnings}


def test_rows_of_other_communities_are_listed_with_the_nearest_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows: list[list[object]] = [
        ["社区名称", "常住人口"],
        *([name, 500] for name in names()),
        [names()[0] + "x", 7],
    ]
    _, warnings = people_of(study_of(tmp_path, rows), capsys)
    (told,) = (one for one in warnings if one["key"] == "people_table_unmatched")
    assert f"→ {names()[0]}?" in str(told["en"])
    assert (told["rows"], told["people"]) == ([f"#{len(rows)}"], 7)


def test_a_community_that_the_sheet_leaves_out_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[list[object]] = [["社区名称", "常住人口"], *([name, 500] for name in names()[1:])]
    people, warnings = people_of(study_of(tmp_path, rows), capsys)
    assert people[COMMUNITIES["id"].iloc[0]] == 0
    (told,) = (one for one in warnings if one["key"] == "people_table_lacks")
    assert told["rows"] == [COMMUNITIES["id"].iloc[0]]


def test_two_rows_for_one_community_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[list[object]] = [["社区名称", "常住人口"], *([name, 500] for name in names()), [names()[0], 7]]
    answer = refused(study_of(tmp_path / "toy", rows), capsys, code=3)
    assert f"Several rows refer to the same community: {names()[0]}." in answer
    assert f"#2, #{len(rows)}" in answer


def test_a_sheet_that_names_no_community_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = refused(study_of(tmp_path / "toy", [["社区名称", "常住人口"], ["xyz", 5]]), capsys, code=3)
    assert "xyz" in answer


def test_the_sheet_counts_where_the_outlines_say_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A GeoPackage table without geometry will do as well as a sheet."""
    study = study_of(tmp_path, [["社区名称", "常住人口"], *([name, 500] for name in names())])
    told = COMMUNITIES.assign(people=100.0)
    told.to_file(tmp_path / "toy.gpkg", layer="communities")
    people, warnings = people_of(study, capsys)
    assert set(people.values()) == {500.0}
    (one,) = (one for one in warnings if one["key"] == "people_table_replaces")
    assert one["people"] == 400.0 * len(COMMUNITIES)
    table = COMMUNITIES[["id"]].rename(columns={"id": "community"}).assign(people=300)
    pyogrio.write_dataframe(table, tmp_path / "table.gpkg")
    text = study.read_text("utf-8").replace("people.xlsx", "table.gpkg")
    study.write_text(text, "utf-8")
    people, _ = people_of(study, capsys)
    assert set(people.values()) == {300.0}
    assert shapely.area(COMMUNITIES.geometry.array).min() > 0
    done(study, capsys, "plan")


def differing(warnings: list[dict[str, object]]) -> list[str]:
    return [str(one["en"]) for one in warnings if one["key"] == "total_differs"]


def test_a_total_that_is_not_the_sum_of_its_rows_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [1000 + 10 * row for row in range(len(names()))]
    rows: list[list[object]] = [["社区名称", "常住人口"], *map(list, zip(names(), people, strict=True))]
    total = sum(people)
    _, warnings = people_of(study_of(tmp_path / "right", [*rows, ["合计", total]]), capsys)
    assert differing(warnings) == []
    rows[1][1] = 10 * people[0]
    study = study_of(tmp_path / "typo", [*rows, ["合计", total]])
    _, warnings = people_of(study, capsys)
    (told,) = differing(warnings)
    assert f"{total:,}" in told
    assert f"{total + 9 * people[0]:,}" in told
    assert told in done(study, capsys)
    assert told in html.unescape((tmp_path / "typo" / "out" / "report.html").read_text("utf-8"))
