"""Minutes and paths from a position to the nearest centre of each tier, against the run and the line's length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import pytest
from page_script import computed

from planner.network.walk import is_within
from planner.reporting.map import whatif_data
from planner.reporting.small_counts import displayed_positions
from planner.results import Plan

GEOD = pyproj.Geod(ellps="WGS84")

NEAREST = """
const choice = model.choose([], OPENED);
return HOMES.map((home) => spot_js.nearestByTier({ model, choice }, home).map(({ tier, nearest }) =>
    [tier, nearest]));
"""


def nearest(plan: Plan, homes: list[int], opened: list[int]) -> list[dict[str, Any]]:
    """Return what the page finds for some residents, by their number in the page: by tier."""
    body = NEAREST.replace("HOMES", str(homes)).replace("OPENED", str(opened))
    return [dict(one) for one in computed(plan, body)]


def expected(plan: Plan, home: int, opened: list[int]) -> dict[str, tuple[int, float] | None]:
    """Return the first of the nearest centres of each tier, and its minutes, by the run."""
    places = displayed_positions(plan.inputs.demand, plan)
    demand = int(np.argsort(places.hilbert_distance().to_numpy(), kind="stable")[home])
    count, most = len(plan.inputs.facilities), max(plan.study.limits.minutes)
    found: dict[str, tuple[int, float] | None] = dict.fromkeys(plan.inputs.facilities["tier"])
    for first, times in ((0, plan.times), (count, plan.candidate_times)):
        at = np.flatnonzero((times.demand == demand) & is_within(times.minutes, most))
        for station, minutes in zip(
            (times.facility[at] + first).tolist(), times.minutes[at].tolist(), strict=True
        ):
            if station >= count and station not in opened:
                continue
            tier = plan.inputs.facilities["tier"].iloc[station] if station < count else "station"
            best = found.get(tier)
            if best is None or np.rint(minutes * 10) < np.rint(best[1] * 10):
                found[tier] = (station, minutes)
    return found


def check(plan: Plan, homes: list[int], opened: list[int]) -> tuple[int, int]:
    """Compare, and return how many centres were found and how many paths were drawn."""
    speed = plan.walker.walk.metres(1.0)
    count = drawn = 0
    for home, shown in zip(homes, nearest(plan, homes, opened), strict=True):
        wanted = expected(plan, home, opened)
        assert shown.keys() == wanted.keys()
        for tier, one in shown.items():
            best = wanted[tier]
            assert (one is None) == (best is None), (home, tier)
            if one is None or best is None:
                continue
            assert one["station"] == best[0]
            assert one["minutes"] == pytest.approx(best[1], abs=0.05 + 1e-9)
            count += 1
            if one["line"] is not None:
                lat, lon = np.array(one["line"]).T
                # Streets without costs: what is drawn is as long as it takes, but for the scale of the projection.
                assert GEOD.line_length(lon, lat) / speed == pytest.approx(best[1], rel=2e-3, abs=0.1)
                drawn += 1
    return count, drawn


def test_the_toy_city_by_its_run(toy_plan: Plan) -> None:
    first = len(toy_plan.inputs.facilities)
    homes = list(range(len(toy_plan.inputs.demand)))
    count, drawn = check(toy_plan, homes, [first])
    assert count == drawn > len(homes)


def test_haibowan_by_its_run(haibowan_plan: Plan) -> None:
    """Barriers hide straight walks there: a path that would pass one is not drawn."""
    rng = np.random.default_rng(5)
    homes = np.sort(rng.choice(len(haibowan_plan.inputs.demand), 60, replace=False)).tolist()
    first = len(haibowan_plan.inputs.facilities)
    count, drawn = check(haibowan_plan, homes, [first, first + 40, first + 90])
    assert count > len(homes)
    assert drawn > 0.9 * count


def test_walks_uphill_take_their_time_and_private_ways_are_passed(everything_plan: Plan) -> None:
    plan = everything_plan
    homes = list(range(len(plan.inputs.demand)))
    for home, shown in zip(homes, nearest(plan, homes, []), strict=True):
        for tier, best in expected(plan, home, []).items():
            assert (shown[tier] is None) == (best is None)
            if best is not None:
                assert shown[tier]["minutes"] == pytest.approx(best[1], abs=0.05 + 1e-9)


def test_a_study_too_large_has_limits_and_no_path(toy_plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatif_data, "MOST_PAIRS", 3)
    monkeypatch.setattr(whatif_data, "MOST_EDGES", 3)
    for shown in nearest(toy_plan, [0, 1, 2], []):
        assert all(one is None or (one["minutes"] is None and one["line"] is None) for one in shown.values())
