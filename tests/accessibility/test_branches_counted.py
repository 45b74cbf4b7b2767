"""A centre and its branch count as one centre in every table of coverage, and in what the map computes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from changing import city, write_city
from page_script import computed

import planner
from planner.inputs.scenario import Scenario
from planner.reporting.document.build import build_document
from planner.reporting.tables.geopackage import result_layers
from planner.results import Plan

LINE = [[(0, 0), (1000, 0)]]
STREETS = [[(0, y), (1200, y)] for y in (0, 200, 400)] + [[(x, 0), (x, 400)] for x in (0, 400, 800, 1200)]
KIND = '[[demand.groups]]\nid = "old"\nname = "Old"\nshare = 0.5\n'
NO_SITES = "[siting]\nsites = 0\n[remedies]\nstreets = false\n"

Rows = Sequence[dict[str, object]]


def planned(folder: Path, centres: Rows, people: dict[tuple[float, float], float], *, more: str = KIND) -> Plan:
    """Carry out a small city with centres at given places."""
    streets = LINE if max(y for _, y in people) == 0 else STREETS
    write_city(folder, city(streets, people, centres=centres), more=more + NO_SITES)
    return planner.run(folder / "study.toml")


def at_standard(table: pd.DataFrame) -> Any:  # noqa: ANN401
    return table[table["limit_min"] == 5.0].iloc[0]


def test_who_reaches_a_centre_and_its_branch_reaches_one_centre(tmp_path: Path) -> None:
    """200 people at (100, 0) reach the centre at (0, 0) and its branch at (300, 0); 40 at (450, 0) the branch."""
    centres = [{"at": (0, 0)}, {"at": (300, 0), "tier": "station", "branch_of": "C1"}]
    plan = planned(tmp_path, centres, {(100, 0): 200.0, (450, 0): 40.0, (900, 0): 7.0})
    total = at_standard(plan.coverage.total)
    assert (total["people_covered"], total["people_overlap"], total["overlap_share"]) == (240.0, 0.0, 0.0)
    assert at_standard(plan.coverage.by_community)["people_overlap"] == 0.0
    assert plan.coverage.demand["facilities_5min"].tolist() == [1, 1, 0]
    assert plan.coverage.demand["nearest_facility"].tolist() == ["C1", "C1", "C1"]
    assert plan.coverage.demand["nearest_min"].tolist() == pytest.approx([100 / 60, 150 / 60, 10.0])
    # The branch is of the tier of its centre: there is no station, and the community tier reaches all 240.
    tiers = plan.coverage.by_tier
    assert tiers["tier"].unique().tolist() == ["community"]
    row = at_standard(tiers)
    assert (row["facilities"], row["people_covered"], row["people_overlap"]) == (1, 240.0, 0.0)
    assert row["area_covered_m2"] == pytest.approx(total["area_covered_m2"])
    old = at_standard(plan.groups[0].total)
    assert (old["people_covered"], old["people_overlap"]) == (120.0, 0.0)
    assert plan.groups[0].by_tier["tier"].unique().tolist() == ["community"]
    layers = result_layers(plan)
    assert layers["groups_demand"]["nearest_facility"].tolist() == ["C1", "C1", "C1"]
    assert build_document(plan)["coverage"]["total"][0]["people_overlap"] == 0.0


def test_another_centre_makes_an_overlap_and_a_second_branch_does_not(tmp_path: Path) -> None:
    """Branches come first in the table, are of other tiers, and one stands where its centre is."""
    centres = [
        {"at": (200, 0), "tier": "station", "branch_of": "C3"},
        {"at": (0, 0), "tier": "village", "branch_of": "C3"},
        {"at": (0, 0)},
        {"at": (300, 0), "tier": "town", "community": None},
    ]
    plan = planned(tmp_path, centres, {(100, 0): 10.0, (350, 0): 5.0})
    assert plan.coverage.demand["facilities_5min"].tolist() == [2, 2]
    assert at_standard(plan.coverage.total)["people_overlap"] == 15.0
    by_tier = plan.coverage.by_tier.set_index(["tier", "limit_min"])["people_overlap"]
    assert by_tier.xs(5.0, level="limit_min").to_dict() == {"town": 0.0, "community": 0.0}


def random_city(seed: int) -> tuple[list[dict[str, object]], dict[tuple[float, float], float]]:
    rng = np.random.default_rng(seed)
    people = {
        (float(x), float(y)): float(rng.integers(1, 90))
        for x, y in itertools.product(range(0, 1201, 100), (0, 200, 400))
    }
    spots = [(float(100 * rng.integers(0, 13)), float(200 * rng.integers(0, 3))) for _ in range(7)]
    centres: list[dict[str, object]] = [{"at": spot} for spot in spots]
    centres[1] |= {"tier": "station", "branch_of": "C5"}
    centres[4] |= {"tier": "village"}
    centres[5] |= {"tier": "station", "branch_of": "C4"}
    centres[6] |= {"tier": "community", "branch_of": "C5"}
    return centres, people


def by_hand(plan: Plan, chosen: Sequence[int] | None = None) -> dict[str, list[float]]:
    """Count centres for each point by walking each pair of the list once more, a set of mains for each point."""
    facilities, people = plan.inputs.facilities, plan.inputs.demand["people"].to_numpy()
    main = [row.branch_of or row.id for row in facilities.itertuples()]
    found: dict[str, list[float]] = {"covered": [], "overlap": []}
    for limit in plan.study.limits.minutes:
        reached: list[set[str]] = [set() for _ in people]
        for facility, point, minutes in zip(
            plan.times.facility, plan.times.demand, plan.times.minutes, strict=True
        ):
            if minutes <= limit + 1e-9 and (chosen is None or facility in chosen):
                reached[point].add(main[facility])
        found["covered"].append(sum(one for one, mains in zip(people, reached, strict=True) if mains))
        found["overlap"].append(sum(one for one, mains in zip(people, reached, strict=True) if len(mains) > 1))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_coverage_is_what_sets_of_centres_give(tmp_path: Path, seed: int) -> None:
    plan = planned(tmp_path, *random_city(seed))
    assert plan.coverage.total["people_covered"].tolist() == by_hand(plan)["covered"]
    assert plan.coverage.total["people_overlap"].tolist() == by_hand(plan)["overlap"]


CHOICES = """
    return CLOSED.map((closed) => {
        const choice = model.copy(model.choose(closed, []));
        const overlap = model.sets.limits.map((ring) =>
            choice.reached[ring].reduce((sum, count, i) => sum + (count > 1 ? model.people[i] : 0), 0));
        return { covered: model.figures(choice).covered, overlap, on: [...choice.on] };
    });"""


def test_the_page_counts_branches_as_a_run_does(tmp_path: Path) -> None:
    plan = planned(tmp_path, *random_city(1), more="")
    ids = list(plan.inputs.facilities["id"])
    choices = [[], [1], [3], [4], [1, 6], [4, 0], [5, 2], [0, 1, 2, 3, 4]]
    for closed, shown in zip(choices, computed(plan, CHOICES.replace("CLOSED", str(choices))), strict=True):
        scenario = Scenario(tuple(ids[one] for one in closed), (), "EPSG:32648")
        again = planner.run(tmp_path / "study.toml", scenario=scenario)
        kept = set(again.inputs.facilities["id"])
        assert [bool(one) for one in shown["on"][: len(ids)]] == [one in kept for one in ids]
        assert shown["covered"] == again.coverage.total["people_covered"].tolist(), closed
        assert shown["overlap"] == again.coverage.total["people_overlap"].tolist(), closed


def test_a_branch_opened_again_brings_its_centre(tmp_path: Path) -> None:
    plan = planned(tmp_path, *random_city(1), more="")
    script = "const one = model.choose([4], []); model.set(one, 1, true); "
    script += "return [one.on[1], one.on[4], model.figures(model.choose([4], [])).closed];"
    assert computed(plan, script) == [1, 1, 1]
