"""Notices on renamed settings, facilities off the streets, and likely errors of the network."""

from __future__ import annotations

from collections.abc import Iterator

import shapely

from planner.config.study import Study
from planner.inputs.study_inputs import Inputs
from planner.messages.notices import Notice
from planner.network.quality import NetworkQuality
from planner.network.snapping import SnappedPoints


def setting_notices(study: Study) -> Iterator[Notice]:
    """Yield the settings that are given by a former name."""
    for old, new in study.former_names:
        yield Notice("setting_renamed", "study", values={"old": old, "new": new})


def facility_notices(inputs: Inputs, snaps: SnappedPoints) -> Iterator[Notice]:
    """Yield the facilities that nobody comes to, with the reason."""
    access = {"access_m": f"{snaps.access_m:g}"}
    outline = shapely.union_all(inputs.communities.geometry.array)
    near = shapely.distance(inputs.facilities.geometry.array, outline) <= inputs.margin_m
    stranded = near & ~snaps.reaches_street
    hidden = snaps.nearest_m <= snaps.access_m
    for key, rows, values in (
        ("facility_far", ~near, {}),
        ("facility_no_street", stranded & ~hidden, access),
        ("facility_behind_barrier", stranded & hidden, access),
    ):
        if rows.any():
            yield Notice(key, "facilities", tuple(inputs.facilities["id"][rows]), values=values)


def network_notices(quality: NetworkQuality) -> Iterator[Notice]:
    """Yield what looks like an error of the streets' source."""
    if quality.pieces > 1:
        values = {"pieces": f"{quality.pieces}", "share": f"{quality.outside_share:.1%}"}
        yield Notice("network_pieces", "streets", values=values)
    if quality.crossings:
        values = {"count": f"{quality.crossings}", "unexplained": f"{quality.unexplained_crossings}"}
        yield Notice("crossings", "streets", values=values)
    if quality.near_misses:
        yield Notice("near_misses", "streets", values={"count": f"{quality.near_misses}"})
    if quality.overlaps:
        values = {"count": f"{quality.overlaps}", "metres": f"{quality.overlap_m:,.0f}"}
        yield Notice("overlaps", "streets", values=values)
