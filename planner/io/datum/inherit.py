"""The datum of layers that settle no other's: buildings, shops, gates, water, barriers, further kinds of people.

Each is held against the communities and streets once their datums are settled. Where that says nothing, it follows
the layer that lies in the same file; a layer that counts people or opens ways and can neither be tested nor follow
is refused, since a shop list from a web map lies beside its streets by more than a circle.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd

from planner.config.sections.layers import Layer
from planner.io.datum.choice import CLEAR, DatumChoice, DatumVerdict, LayerToJudge
from planner.io.datum.evidence import fit_beside
from planner.io.datum.transform import DATUMS, Datum, to_wgs84

ONLY_DRAWN_OR_STOPPING = ("water", "barriers")
"""What cannot be tested by where it stands, and moves no people: taken like the communities, and said so."""

EVEN: Mapping[Datum, float] = dict.fromkeys(DATUMS, 0.0)


def follow(
    asked: Mapping[str, LayerToJudge], judged: DatumChoice, layers: Mapping[str, Layer]
) -> dict[str, DatumVerdict]:
    """Find the datum of each layer that was not judged with the others.

    Parameters
    ----------
    asked
        All layers.
    judged
        What was found of communities, centres, demand and streets.
    layers
        Their settings.

    Returns
    -------
    verdicts
        "found" by evidence, "declared", "known", "stated", "follows", "untested", or "undecided": refused.
    """
    rest = {name: layer for name, layer in asked.items() if name not in judged.layers}
    if judged.layers["communities"].how == "elsewhere":
        return {name: DatumVerdict("wgs84", "elsewhere", {}) for name in rest}
    if any(verdict.how == "undecided" for verdict in judged.layers.values()):
        return {name: DatumVerdict(layer.datum, "untested", {}) for name, layer in rest.items()}
    settled = {
        name: to_wgs84(asked[name].frame, judged.layers[name].datum)
        for name in ("communities", "streets")
        if name in judged.layers
    }
    found = {}
    for name, layer in rest.items():
        beside = next((one for one in judged.layers if layers[one].path == layers[name].path), None)
        found[name] = _verdict(name, layer, settled, judged.layers[beside] if beside else None)
    return found


def _verdict(
    name: str, layer: LayerToJudge, settled: Mapping[str, gpd.GeoDataFrame], beside: DatumVerdict | None
) -> DatumVerdict:
    if layer.standing in {"known", "stated"}:
        return DatumVerdict("wgs84", layer.standing, {})
    tested = name not in ONLY_DRAWN_OR_STOPPING and not layer.frame.empty
    fits = fit_beside(layer.frame, settled) if tested else EVEN
    scores = {datum: fit - max(fits.values()) for datum, fit in fits.items()}
    best = max(DATUMS, key=lambda datum: scores[datum])
    lead = -max(score for datum, score in scores.items() if datum != best)
    told = scores if any(scores.values()) else {}
    if layer.standing == "declared":
        against = best if scores[layer.datum] <= -CLEAR else None
        return DatumVerdict(layer.datum, "declared", told, scores[layer.datum] or lead, against)
    if lead >= CLEAR:
        return DatumVerdict(best, "found", told, lead)
    if beside is not None and scores[beside.datum] > -CLEAR:
        return DatumVerdict(beside.datum, "follows", told, lead)
    if tested:
        return DatumVerdict("wgs84", "undecided", scores, lead)
    return DatumVerdict("wgs84", "untested", {})
