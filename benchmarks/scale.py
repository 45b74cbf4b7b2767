"""Search and nearest facility on synthetic networks of 250 thousand and 1 million junctions."""

from __future__ import annotations

from benchmarks import nearest_facility, searching
from benchmarks.rounds import Setting, Table
from benchmarks.streets import grid

SIDES = (500, 1000)
QUICK_SIDES = (20, 40)
SCIPY_SAMPLE = {500: 500, 1000: 100}
"""Sources that scipy does: its dense rows make each one dearer the larger the network is."""


def tables(setting: Setting) -> list[Table]:
    """Measure both on each of the networks."""
    found = []
    sides = QUICK_SIDES if setting.quick else SIDES
    n_sources, n_facilities = (20, 5) if setting.quick else (500, 500)
    for side in sides:
        network = grid(side)
        key = f"{side * side / 1000:.0f}k"
        sample = n_sources if setting.quick else SCIPY_SAMPLE[side]
        found.append(
            searching.scale_table(network, setting, key=f"search_{key}", n_sources=n_sources, scipy_sample=sample)
        )
        found.append(
            nearest_facility.table(
                network,
                setting,
                name="synthetic",
                n_facilities=n_facilities,
                all_peers=False,
                key=f"nearest_{key}",
            )
        )
        del network
    return found
