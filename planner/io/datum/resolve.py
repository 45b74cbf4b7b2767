"""Datum of each layer: detected by evidence or declared, converted to WGS 84; ties are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from planner.cache import NO_CACHE, Cache
from planner.config.sections.layers import Layer
from planner.io.datum.evidence import DatumEvidence, collect_evidence, score_layer
from planner.io.datum.transform import DATUMS, WGS84, Datum, in_mainland, to_wgs84
from planner.io.formats import EXTRACTS, GRAPHS
from planner.messages.catalogue import Phrase
from planner.messages.errors import DataError, Issue, raise_together
from planner.messages.notices import Notice

CLEAR = 4.6
"""Least lead of the best datum, log-likelihood: 100 to 1."""

STATED_LEAD = 5.0
"""Weight of a system that only surveyors use (projected, CGCS2000) for the true datum, log-likelihood."""

JUDGED = ("communities", "facilities", "demand", "streets")
BORDER_DEG = 0.02

Standing = Literal["declared", "stated", "open", "known"]


@dataclass(frozen=True, slots=True, eq=False)
class UndatedLayer:
    """A layer whose datum is requested."""

    frame: gpd.GeoDataFrame
    """The layer, in its own system."""
    standing: Standing
    """"declared" in the study; "known" from its kind (an OpenStreetMap extract); "stated" by a system that
    surveyors use; "open" where its label proves nothing: degrees or a web map's metres."""
    datum: Datum = "wgs84"
    """The declared or known one; WGS-84 else."""
    communities: NDArray[np.object_] | None = None
    """The id of the community that each row names."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerDatum:
    """Datum of one layer, and the grounds for it."""

    datum: Datum
    """The datum that it is taken to be in."""
    how: str
    """"elsewhere" (not in mainland China), "declared", "known", "stated", "found" (by evidence), "alike" (all
    layers share one datum, whichever), "follows" (that of the layer in its file), "untested" (water and
    barriers), or "undecided"."""
    scores: Mapping[Datum, float]
    """By how much each datum falls short of the best, log-likelihood; {} where nothing was asked."""
    lead: float = 0.0
    """By how much the best leads the second."""
    contradicted_by: Datum | None = None
    """The datum for which the evidence clearly contradicts a declared one; None where it does not."""


@dataclass(frozen=True, slots=True, eq=False)
class DatumChoice:
    """The datum of every layer that was judged, and the witnesses heard."""

    layers: Mapping[str, LayerDatum]
    evidence: tuple[DatumEvidence, ...]


def choose_datums(layers: Mapping[str, UndatedLayer]) -> DatumChoice:
    """Find the datum of each layer.

    Parameters
    ----------
    layers
        communities, and what there is of facilities, demand and streets.

    Returns
    -------
    choice
        A verdict for each layer; "undecided" where an open layer has no clear answer.
    """
    if not touches_mainland(layers["communities"].frame):
        verdicts = {name: LayerDatum("wgs84", "elsewhere", {}) for name in layers}
        return DatumChoice(verdicts, ())
    if all(layer.standing in {"declared", "known"} for layer in layers.values()) and len(layers) == 1:
        return DatumChoice(
            {name: LayerDatum(layer.datum, layer.standing, {}) for name, layer in layers.items()}, ()
        )
    frames = {name: layer.frame for name, layer in layers.items() if name in JUDGED}
    declared = {name: layer.communities for name, layer in layers.items() if layer.communities is not None}
    evidence = collect_evidence(frames, declared)
    names = [name for name in JUDGED if name in layers]
    table = {
        combination: _score(dict(zip(names, combination, strict=True)), layers, evidence)
        for combination in product(DATUMS, repeat=len(names))
    }
    allowed = {
        combination: score
        for combination, score in table.items()
        if all(_may_be(layers[name], datum) for name, datum in zip(names, combination, strict=True))
    }
    best = max(allowed, key=lambda one: (round(allowed[one], 9), one.count("wgs84")))
    gauge_free = all(layers[name].standing == "open" for name in names)
    verdicts = {
        name: _joint_verdict(position, layers[name], best, allowed, table, gauge_free=gauge_free)
        for position, name in enumerate(names)
    }
    return DatumChoice(verdicts, evidence)


def touches_mainland(communities: gpd.GeoDataFrame) -> bool:
    """Return True if any community lies in mainland China or a step from its border."""
    shapes = communities.to_crs(WGS84).geometry.array
    bounds = shapely.bounds(shapes)
    lon = np.concatenate([bounds[:, [0, 2]].mean(axis=1), *(bounds[:, column] for column in (0, 2, 0, 2))])
    lat = np.concatenate([bounds[:, [1, 3]].mean(axis=1), *(bounds[:, column] for column in (1, 1, 3, 3))])
    steps = [(east, north) for east in (-BORDER_DEG, 0, BORDER_DEG) for north in (-BORDER_DEG, 0, BORDER_DEG)]
    return any(bool(in_mainland(lon + east, lat + north).any()) for east, north in steps)


def _may_be(layer: UndatedLayer, datum: Datum) -> bool:
    return layer.standing in {"open", "stated"} or datum == layer.datum


def _score(
    datums: Mapping[str, Datum], layers: Mapping[str, UndatedLayer], heard: Iterable[DatumEvidence]
) -> float:
    fits = sum(witness.scores[datums[witness.layers[0]], datums[witness.layers[1]]] for witness in heard)
    stated = sum(layers[name].standing == "stated" and datum == "wgs84" for name, datum in datums.items())
    return float(fits + STATED_LEAD * stated)


def _joint_verdict(
    position: int,
    layer: UndatedLayer,
    best: tuple[Datum, ...],
    allowed: Mapping[tuple[Datum, ...], float],
    table: Mapping[tuple[Datum, ...], float],
    *,
    gauge_free: bool,
) -> LayerDatum:
    mine = best[position]
    fixed = layer.standing in {"declared", "known"}
    compared = _with_one_free(position, table, allowed) if fixed else allowed
    alike = gauge_free and len(set(best)) == 1
    reached: dict[Datum, float] = {}
    for datum in DATUMS:
        fitting = [
            score
            for combination, score in compared.items()
            if combination[position] == datum and not (alike and datum != mine and len(set(combination)) == 1)
        ]
        reached[datum] = max(fitting, default=-np.inf)
    scores = {datum: reached[datum] - max(reached.values()) for datum in DATUMS}
    lead = reached[mine] - max(reached[datum] for datum in DATUMS if datum != mine)
    if fixed:
        other = max(DATUMS, key=lambda datum: reached[datum])
        against = other if lead <= -CLEAR else None
        return LayerDatum(layer.datum, layer.standing, scores, lead, against)
    as_stated = layer.standing == "stated" and mine == "wgs84"
    # What a surveyor's system states is only refused where the evidence alone clearly contradicts it.
    if lead < (STATED_LEAD - CLEAR if as_stated else CLEAR):
        return LayerDatum("wgs84", "undecided", scores, lead)
    if alike and len(best) > 1:
        return LayerDatum("wgs84", "alike", scores, lead)
    how = "stated" if as_stated else "found"
    return LayerDatum(mine, how, scores, lead)


def _with_one_free(
    position: int,
    table: Mapping[tuple[Datum, ...], float],
    allowed: Mapping[tuple[Datum, ...], float],
) -> dict[tuple[Datum, ...], float]:
    """Return the combinations that would be allowed if this one layer had declared nothing."""
    others = {combination[:position] + combination[position + 1 :] for combination in allowed}
    return {
        combination: score
        for combination, score in table.items()
        if combination[:position] + combination[position + 1 :] in others
    }


WEB_MAPS = (3857, 3785, 900913)
"""Systems in which a web map hands out whatever it shows, shifted or not."""


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedDatums:
    """All layers in the true datum."""

    frames: Mapping[str, gpd.GeoDataFrame]
    """The layers; those that were shifted in degrees (WGS-84), the others as they were."""
    choice: DatumChoice
    """The datum of each, and on what grounds."""
    notices: tuple[Notice, ...]
    """What was converted, contradicts its declaration or could not be tested."""

    @property
    def converted(self) -> bool:
        """Return True if any layer was shifted."""
        return any(verdict.datum != "wgs84" for verdict in self.choice.layers.values())


def resolve_datums(
    frames: Mapping[str, gpd.GeoDataFrame],
    layers: Mapping[str, Layer],
    *,
    named: Mapping[str, NDArray[np.object_]],
    source: Callable[[str], str],
    setting: Callable[[str], str],
    cache: Cache = NO_CACHE,
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
    cache
        What was decided in earlier runs of the same places.

    Raises
    ------
    DataError
        A layer that declares nothing may be in several datums; with the scores and what to do.
    """
    request = {name: _to_judge(frame, layers[name], named.get(name)) for name, frame in frames.items()}
    places = {
        name: (one.frame.geometry, one.standing, one.datum, one.communities, layers[name].path)
        for name, one in request.items()
    }
    choice = cache.get("datums", places, lambda: _judge(request, layers))
    _refuse_undecided(choice, source, setting)
    moved = {
        name: to_wgs84(frame, choice.layers[name].datum) if choice.layers[name].datum != "wgs84" else frame
        for name, frame in frames.items()
    }
    return ResolvedDatums(moved, choice, tuple(_notices(choice, request)))


def judge_datums(
    frames: Mapping[str, gpd.GeoDataFrame],
    layers: Mapping[str, Layer],
    named: Mapping[str, NDArray[np.object_]],
) -> DatumChoice:
    """Decide the datum of each layer; parameters as of `resolve_datums`, "undecided" where none is clear."""
    return _judge(
        {name: _to_judge(frame, layers[name], named.get(name)) for name, frame in frames.items()}, layers
    )


def _judge(request: Mapping[str, UndatedLayer], layers: Mapping[str, Layer]) -> DatumChoice:
    judged = choose_datums({name: layer for name, layer in request.items() if name in JUDGED})
    verdicts = {**judged.layers, **inherit_datums(request, judged, layers)}
    return DatumChoice({name: verdicts[name] for name in request}, judged.evidence)


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


def _notices(choice: DatumChoice, layers: Mapping[str, UndatedLayer]) -> list[Notice]:
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
"""Layers that cannot be tested by position and move no people: taken like the communities, with a notice."""

EVEN: Mapping[Datum, float] = dict.fromkeys(DATUMS, 0.0)


def inherit_datums(
    undated: Mapping[str, UndatedLayer], judged: DatumChoice, layers: Mapping[str, Layer]
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
    rest = {name: layer for name, layer in undated.items() if name not in judged.layers}
    if judged.layers["communities"].how == "elsewhere":
        return {name: LayerDatum("wgs84", "elsewhere", {}) for name in rest}
    if any(verdict.how == "undecided" for verdict in judged.layers.values()):
        return {name: LayerDatum(layer.datum, "untested", {}) for name, layer in rest.items()}
    settled = {
        name: to_wgs84(undated[name].frame, judged.layers[name].datum)
        for name in ("communities", "streets")
        if name in judged.layers
    }
    results = {}
    for name, layer in rest.items():
        beside = next((item for item in judged.layers if layers[item].path == layers[name].path), None)
        results[name] = _follower_verdict(name, layer, settled, judged.layers[beside] if beside else None)
    return results


def _follower_verdict(
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
