"""Ids of candidates are bound to the place: what the study names stays where it is, or is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st
from phrases import phrase

import planner
from planner.messages.errors import StudyError
from planner.siting.candidates.candidate import (
    Candidate,
    make_ids_unique,
    metres_between,
    nearest_candidate,
    place_id,
)

CORNER = place_id("K", *toy.ORIGIN)
MONEY = toy.with_money(150.0, 150.0).replace("most_share = 0.8\n", "")
OWN = '\n[[programme.projects]]\nid = "x"\nkind = "new"\ncost = 1.0\n'


def place_of(plan: planner.Plan, project: str) -> tuple[float, float]:
    assert plan.programme is not None
    found = next(one for one in plan.programme.projects if one.option == project)
    table = plan.siting.candidates.set_index("id")
    x, y = table.geometry[found.site].coords[0]
    return x - toy.ORIGIN[0], y - toy.ORIGIN[1]


def scenario(folder: Path, *closed: str) -> Path:
    file = folder / "picked.json"
    content = {"format": "planner.scenario/1", "study": "Toy city", "crs": "epsg:32648", "closed": closed}
    file.write_text(json.dumps(content | {"sites": []}), "utf-8")
    return file


@given(st.floats(1e5, 9e5), st.floats(0, 9.9e6))
def test_the_metre_can_be_read_back(x: float, y: float) -> None:
    ident = place_id("K", x, y)
    assert re.fullmatch("K[0-9A-HJKMNP-TV-Z]{6}", ident)
    metres = metres_between(ident, x, y)
    assert metres is not None
    assert metres <= np.sqrt(0.5) + 1e-6
    assert metres_between(ident, x + 300.0, y) == pytest.approx(300.0, abs=0.6)


def test_every_metre_of_a_square_has_an_id_of_its_own() -> None:
    assert len({place_id("S", x, y) for x in range(200) for y in range(200)}) == 40_000


def test_several_in_one_metre_are_told_apart() -> None:
    same = [Candidate("K1", "clusters", 0, 0)] * 30
    found = make_ids_unique(same, taken={"K1b"})
    assert len({one.id for one in found}) == 30
    assert [one.id for one in found[:3]] == ["K1", "K1c", "K1d"]


def test_names_that_are_no_places_have_none_nearest() -> None:
    assert nearest_candidate("K8-1", [Candidate(CORNER, "clusters", *toy.ORIGIN)]) is None
    assert metres_between("upgrade:C1", 0.0, 0.0) is None


def test_ids_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    people = toy.layers()["people"]
    turned = people.iloc[::-1].reset_index(drop=True)
    one, other = (
        planner.run(toy.write_study(tmp_path / name, changed={"people": layer})).siting.candidates
        for name, layer in (("a", people), ("b", turned))
    )
    at = dict(zip(one["id"], one.geometry, strict=True))
    for ident, spot in zip(other["id"], other.geometry, strict=True):
        if ident in at:
            assert at[ident].distance(spot) < 1.5


def test_an_own_project_stays_where_it_is_in_a_scenario(tmp_path: Path) -> None:
    study = toy.write_study(tmp_path, study=MONEY + OWN + f'site = "{CORNER}"\n')
    today, then = planner.run(study), planner.run(study, scenario=scenario(tmp_path, "S1"))
    assert place_of(today, "x") == place_of(then, "x") == (0.0, 0.0)


def test_a_candidate_that_only_today_has_is_kept_in_a_scenario(tmp_path: Path) -> None:
    """The middle of all who are uncovered today is another place when a centre closes."""
    plain = planner.run(toy.write_study(tmp_path / "plain", study=MONEY)).siting.candidates
    middle = plain["id"].iloc[0]
    study = toy.write_study(tmp_path / "own", study=MONEY + OWN + f'site = "{middle}"\n')
    today = planner.run(study)
    then = planner.run(study, scenario=scenario(tmp_path, "S1"))
    assert place_of(today, "x") == place_of(then, "x")


@pytest.mark.parametrize("xy", [(0.0, 0.0), (60.456, 200.0)])
def test_an_own_project_may_say_where_it_stands(xy: tuple[float, float], tmp_path: Path) -> None:
    x, y = toy.ORIGIN + xy
    poor = toy.with_money(30.0, 0.0).replace("most_share = 0.8\n", "")
    study = toy.write_study(tmp_path, study=poor + OWN + f"x = {x}\ny = {y}\n")
    for plan in (planner.run(study), planner.run(study, scenario=scenario(tmp_path, "S1"))):
        assert place_of(plan, "x") == pytest.approx((xy[0], xy[1]), abs=0.006)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ('site = "K8-1"', phrase("errors.programme_unknown")),
        (
            f'site = "{place_id("K", toy.ORIGIN[0] + 30, toy.ORIGIN[1])}"',
            f"Nearest to its position: {CORNER} (31 m)",
        ),
        ("x = 1.0", phrase("errors.reason_project_place")),
        (f'site = "{CORNER}"\nx = 1.0\ny = 2.0', phrase("errors.reason_project_place")),
        ("x = 106.8\ny = 39.7", phrase("errors.programme_place_outside", crs="EPSG:32648")),
    ],
)
def test_a_place_that_is_none_is_refused(place: str, said: str, tmp_path: Path) -> None:
    study = toy.write_study(tmp_path, study=MONEY + OWN + place + "\n")
    with pytest.raises(StudyError, match=re.escape(said)):
        planner.run(study)
