"""Services without steps: as a study whose stairs are closed; kerbs and steep streets where tagged."""

from __future__ import annotations

from pathlib import Path

import life_circle
import numpy as np
import pandas as pd
import pytest
import toy

import planner
from planner.inputs.step_free import _on_vertices
from planner.io.osm.extract import read_osm_streets
from planner.io.osm.gates import stop_at_gates
from planner.io.osm.step_free import read_osm_kerbs
from planner.messages.errors import DataError
from planner.reporting.document.build import build_document

STAIRS = ("Street 0", "Street 12")


def test_who_loses_what_is_the_difference_of_two_studies(tmp_path: Path) -> None:
    layers = life_circle.layers()
    streets = toy.layers()["streets"]
    layers["streets"] = streets.assign(kind=["steps" if name in STAIRS else "" for name in streets["name"]])
    both = "step_free = true\n" + life_circle.STUDY
    plan = planner.run(toy.write_study(tmp_path / "both", changed=layers, study=both))
    closed = life_circle.STUDY + '\n[walking.costs]\nstairs = "closed"\n'
    without = planner.run(toy.write_study(tmp_path / "closed", changed=layers, study=closed)).services
    total = plan.step_free[plan.step_free["community"] == ""].set_index("service")
    known = total.index != "park"
    expected = without.total.set_index("service")["people_served"]
    assert total["people_served_step_free"][known].tolist() == pytest.approx(expected[known].tolist())
    plain = plan.services.total.set_index("service")["people_served"]
    assert total["people_served"][known].tolist() == plain[known].tolist()
    assert total["people_lost"][known].tolist() == pytest.approx((plain - expected)[known].tolist())
    assert total["people_lost"][known].sum() > 0
    assert total["people_lost"].isna()["park"]
    parts = plan.step_free[plan.step_free["community"] != ""].groupby("service")["people_lost"].sum()
    assert parts[total.index[known]].tolist() == pytest.approx(total["people_lost"][known].tolist())
    rows = build_document(plan)["services"]["step_free"]
    assert [row["service"] for row in rows if row["community"] == ""] == total.index.tolist()
    planner.write(plan, tmp_path / "out", products=["report", "tables"])


@pytest.mark.parametrize(
    ("column", "cells"),
    [("incline", ["9%", "5°"]), ("incline", ["９％", "-12,5 %"]), ("kerb", ["raised", "Raised "])],
)
def test_steep_streets_and_kerbs_are_closed_like_stairs(tmp_path: Path, column: str, cells: list[str]) -> None:
    layers, streets = life_circle.layers(), toy.layers()["streets"]
    study = "step_free = true\n" + life_circle.STUDY
    marked = dict(zip(STAIRS, cells, strict=True))
    steps = {
        **layers,
        "streets": streets.assign(kind=["steps" if name in STAIRS else "" for name in streets["name"]]),
    }
    other = {**layers, "streets": streets.assign(**{column: [marked.get(name, "") for name in streets["name"]]})}
    plans = [
        planner.run(toy.write_study(tmp_path / name, changed=changed, study=study))
        for name, changed in (("steps", steps), ("other", other))
    ]
    pd.testing.assert_frame_equal(plans[0].step_free, plans[1].step_free)
    key = {"incline": "steep", "kerb": "kerbs"}[column]
    assert (plans[0].step_free_basis["stairs"], plans[1].step_free_basis[key]) == (2, 2)


def test_a_study_in_which_no_street_is_left_is_told(tmp_path: Path) -> None:
    layers = {**life_circle.layers(), "streets": toy.layers()["streets"].assign(kerb="raised")}
    with pytest.raises(DataError) as error:
        planner.run(toy.write_study(tmp_path, changed=layers, study="step_free = true\n" + life_circle.STUDY))
    assert [issue.key for issue in error.value.issues] == ["step_free_closes_all"]


@pytest.mark.parametrize("unknown", ["up", "0.12", "-0,12"])
def test_an_incline_up_to_the_limit_or_of_unknown_grade_stays_open(tmp_path: Path, unknown: str) -> None:
    layers, streets = life_circle.layers(), toy.layers()["streets"]
    marked = dict(zip(STAIRS, ("8.3%", unknown), strict=True))
    layers["streets"] = streets.assign(incline=[marked.get(name, "") for name in streets["name"]])
    plan = planner.run(toy.write_study(tmp_path, changed=layers, study="step_free = true\n" + life_circle.STUDY))
    assert plan.step_free["people_lost"].fillna(0).sum() == 0
    assert (plan.step_free_basis["steep"], plan.step_free_basis["incline_unknown"]) == (0, 1)


def test_a_raised_kerb_of_an_extract_cuts_the_crossing_and_not_the_pavement(tmp_path: Path) -> None:
    """A pavement from west to east, and a crossing to the north that ends at it with a raised kerb."""
    nodes = {
        1: (24.940, 60.170, ""),
        2: (24.941, 60.170, "raised"),
        3: (24.942, 60.170, ""),
        4: (24.941, 60.171, ""),
    }
    text = "".join(
        f'<node id="{number}" lon="{lon}" lat="{lat}">{f"""<tag k="kerb" v="{kerb}"/>""" if kerb else ""}</node>'
        for number, (lon, lat, kerb) in nodes.items()
    )
    ways = {7: (1, 2, 3), 8: (2, 4)}
    text += "".join(
        f'<way id="{way}">{"".join(f"""<nd ref="{node}"/>""" for node in refs)}'
        '<tag k="highway" v="footway"/></way>'
        for way, refs in ways.items()
    )
    file = tmp_path / "kerb.osm"
    file.write_text(f'<osm version="0.6">{text}</osm>', "utf-8")
    streets = read_osm_streets(file).to_crs(32635)
    kerbs, _ = read_osm_kerbs(file)
    assert kerbs["id"].tolist() == ["n2"]
    gates = _on_vertices(kerbs.to_crs(32635), streets)
    cut = stop_at_gates(np.array(streets.geometry.array), gates, in_degrees=False)
    assert cut.stopped.tolist() == [False, True]
    assert streets.geometry[1].length - cut.lines[1].length == pytest.approx(0.05)
