"""One large synthetic study, measured from outside: python -m benchmarks.large_study SIDE DEMAND FACILITIES."""

from __future__ import annotations

import itertools
import json
import sys
import time

from benchmarks.nearest_facility import planner_nearest
from benchmarks.streets import LIMITS_MIN, REACH_M, WALK, grid, points_near
from planner.network.search import search
from planner.network.snapping import snap

NEAR_M = 20.0


def main() -> None:
    """Snap, search and assign, and print how long each stage took."""
    side, n_demand, n_facilities = (int(word) for word in sys.argv[1:4])
    clock = [("", time.perf_counter())]

    def done(stage: str) -> None:
        clock.append((stage, time.perf_counter()))

    network = grid(side)
    demand_xy = points_near(network, n_demand, within_m=NEAR_M, seed=5)
    facility_xy = points_near(network, n_facilities, within_m=NEAR_M, seed=6)
    done("make streets, network and points")
    facilities = snap(facility_xy, network, access_m=WALK.access_m)
    demand = snap(demand_xy, network, access_m=WALK.access_m)
    done("snap all")
    reach = search(network, facilities, reach_m=REACH_M)
    done(f"search {max(LIMITS_MIN):.0f} min from each facility")
    metres, _ = planner_nearest(network, facilities, demand)
    done("nearest facility of each point")
    # Without an answer the work would be empty: a benchmark must not get faster by failing.
    if not len(reach.node) or not (metres <= REACH_M).any():
        sys.exit("nothing was reached")
    print(json.dumps({stage: end - begin for (_, begin), (stage, end) in itertools.pairwise(clock)}))


if __name__ == "__main__":
    main()
