"""Bring every layer into the true datum: decide for each, convert, and say what was decided on what grounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
from numpy.typing import NDArray

from planner.config.sections.layers import Layer
from planner.io.datum.choice import (
    CLEAR,
    JUDGED,
    DatumChoice,
    LayerDatum,
    Standing,
    UndatedLayer,
    choose_datums,
)
from planner.io.datum.evidence import score_layer
from planner.io.datum.transform import DATUMS, WGS84, Datum, to_wgs84
from planner.io.formats import EXTRACTS, GRAPHS
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue, raise_together
from planner.messages.notices import Notice

WEB_MAPS = (3857, 3785, 900913)
"""Systems in which a web map hands out whatever it shows, shifted or not."""


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedDatums:
    """All layers in the true datum.

    Attributes
    ----------
    frames
        The layers; those that were shifted in degrees (WGS-84), the others as they were.
    choice
        The datum of each, and on what grounds.
    notices
        What was converted, contradicts its declaration or could not be tested.
    """

    frames: Mapping[str, gpd.GeoDataFrame]
    choice: DatumChoice
    notices: tuple[Notice, ...]

    @property
    def converted(self) -> bool:
        """Whether any layer was shifted."""
        return any(verdict.datum != "wgs84" for verdict in self.choice.layers.values())


def resolve_datums(
    frames: Mapping[str, gpd.GeoDataFrame],
    layers: Mapping[str, Layer],
    *,
    named: Mapping[str, NDArray[np.object_]],
    source: Callable[[str], str],
    setting: Callable[[str], str],
) -> ResolvedDatums:
    """Decide the datum of each layer and convert what is shifted.

    Parameters
    ----------
    frames
        The checked layers, each in its own system.
    layers
        Their settings, with the datum that each declares.
    named
        The community that each row of a layer names.
    setting
        The dotted path of a layer's settings.

    Raises
    ------
    DataError
        A layer that declares nothing may be in several datums; with the scores and what to do.
    """
    request = {name: _to_judge(frame, layers[name], named.get(name)) for name, frame in frames.items()}
    judged = choose_datums({name: layer for name, layer in request.items() if name in JUDGED})
    verdicts = {**judged.layers, **inherit_datums(request, judged, layers)}
    choice = DatumChoice({name: verdicts[name] for name in frames}, judged.evidence)
    _refuse_undecided(choice, source, setting)
    moved = {
        name: to_wgs84(frame, choice.layers[name].datum) if choice.layers[name].datum != "wgs84" else frame
        for name, frame in frames.items()
    }
    return ResolvedDatums(moved, choice, tuple(_remarks(choice, request)))


def format_scores(verdict: LayerDatum) -> str:
    """Return the scores of a layer's datums: 0 is the best, what falls short is below.

    Examples
    --------
    >>> format_scores(LayerDatum("gcj02", "found", {"wgs84": -14.72, "gcj02": 0.0, "bd09": -40.0}))
    'WGS-84 −14.7, GCJ-02 0.0, BD-09 −40.0'
    """
    return ", ".join(
        f"{NAMES[datum]} {verdict.scores[datum]:.1f}".replace("-0.0", "0.0").replace(" -", " −")
        for datum in DATUMS
        if datum in verdict.scores
    )


NAMES: dict[Datum, str] = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"}


def _to_judge(frame: gpd.GeoDataFrame, layer: Layer, named: NDArray[np.object_] | None) -> UndatedLayer:
    datum: Datum = "wgs84" if layer.datum in {"auto", "cgcs2000"} else layer.datum  # type: ignore[assignment]  # what is left is a datum
    if layer.datum != "auto":
        return UndatedLayer(frame, "declared", datum, named)
    return UndatedLayer(frame, _standing(frame.crs, layer), datum, named)


def _standing(crs: pyproj.CRS, layer: Layer) -> Standing:
    if layer.path.name.lower().endswith((*EXTRACTS, *GRAPHS)):
        return "known"
    # EPSG:4326 is what every map export calls itself; whoever names another system has surveyed or converted.
    if crs.is_geographic:
        return (
            "open" if crs.equals(WGS84, ignore_axis_order=True) or crs.to_epsg() == WGS84.to_epsg() else "stated"
        )
    return "open" if crs.to_epsg() in WEB_MAPS else "stated"


def _refuse_undecided(choice: DatumChoice, source: Callable[[str], str], setting: Callable[[str], str]) -> None:
    raise_together(
        [
            DataError(
                source(name),
                [
                    Issue(
                        "datum_undecided",
                        {"scores": format_scores(verdict), "setting": f"{setting(name)}.datum"},
                    )
                ],
            )
            for name, verdict in choice.layers.items()
            if verdict.how == "undecided"
        ]
    )


def _remarks(choice: DatumChoice, layers: Mapping[str, UndatedLayer]) -> list[Notice]:
    notices = []
    for name, verdict in choice.layers.items():
        values: dict[str, object] = {
            "layer": Phrase(f"words.layer_{name.partition('.')[0]}"),
            "datum": NAMES[verdict.datum],
            "scores": format_scores(verdict),
        }
        if verdict.contradicted_by is not None:
            values["found"] = NAMES[verdict.contradicted_by]
            notices.append(Notice("datum_contradicted", name, values=values))
        elif verdict.how == "elsewhere":
            if layers[name].standing == "declared" and layers[name].datum != "wgs84":
                notices.append(
                    Notice("datum_elsewhere", name, values={**values, "datum": NAMES[layers[name].datum]})
                )
        elif verdict.how == "untested":
            notices.append(Notice("datum_untested", name, values=values))
        elif verdict.datum != "wgs84":
            key = {"declared": "datum_declared", "follows": "datum_follows"}.get(verdict.how, "datum_found")
            notices.append(Notice(key, name, values=values))
    if any(verdict.how == "alike" for verdict in choice.layers.values()):
        notices.append(Notice("datum_alike", "communities"))
    return notices


ONLY_DRAWN_OR_STOPPING = ("water", "barriers")
"""What cannot be tested by where it stands, and moves no people: taken like the communities, and said so."""

EVEN: Mapping[Datum, float] = dict.fromkeys(DATUMS, 0.0)


def inherit_datums(
    asked: Mapping[str, UndatedLayer], judged: DatumChoice, layers: Mapping[str, Layer]
) -> dict[str, LayerDatum]:
    """Find the datum of each layer that was not judged with the others.

    Parameters
    ----------
    judged
        What was found of communities, centres, demand and streets.

    Returns
    -------
    verdicts
        "found" by evidence, "declared", "known", "stated", "follows", "untested", or "undecided": refused.
    """
    rest = {name: layer for name, layer in asked.items() if name not in judged.layers}
    if judged.layers["communities"].how == "elsewhere":
        return {name: LayerDatum("wgs84", "elsewhere", {}) for name in rest}
    if any(verdict.how == "undecided" for verdict in judged.layers.values()):
        return {name: LayerDatum(layer.datum, "untested", {}) for name, layer in rest.items()}
    settled = {
        name: to_wgs84(asked[name].frame, judged.layers[name].datum)
        for name in ("communities", "streets")
        if name in judged.layers
    }
    results = {}
    for name, layer in rest.items():
        beside = next((item for item in judged.layers if layers[item].path == layers[name].path), None)
        results[name] = _verdict(name, layer, settled, judged.layers[beside] if beside else None)
    return results


def _verdict(
    name: str, layer: UndatedLayer, settled: Mapping[str, gpd.GeoDataFrame], beside: LayerDatum | None
) -> LayerDatum:
    if layer.standing in {"known", "stated"}:
        return LayerDatum("wgs84", layer.standing, {})
    tested = name not in ONLY_DRAWN_OR_STOPPING and not layer.frame.empty
    fits = score_layer(layer.frame, settled) if tested else EVEN
    scores = {datum: fit - max(fits.values()) for datum, fit in fits.items()}
    best = max(DATUMS, key=lambda datum: scores[datum])
    lead = -max(score for datum, score in scores.items() if datum != best)
    texts = scores if any(scores.values()) else {}
    if layer.standing == "declared":
        against = best if scores[layer.datum] <= -CLEAR else None
        return LayerDatum(layer.datum, "declared", texts, scores[layer.datum] or lead, against)
    if lead >= CLEAR:
        return LayerDatum(best, "found", texts, lead)
    if beside is not None and scores[beside.datum] > -CLEAR:
        return LayerDatum(beside.datum, "follows", texts, lead)
    if tested:
        return LayerDatum("wgs84", "undecided", scores, lead)
    return LayerDatum("wgs84", "untested", {})
