"""In which datum each layer is: what it declares, or what the evidence says; on a tie a refusal, never a guess.

All layers are judged together, since a misfit of two layers says that one is shifted but not which. For every
combination of datums the witnesses' scores are added; a layer's datum is settled if the best combination leads
every one with another datum for this layer by `CLEAR`. Combinations in which all layers share one datum fit
equally well: they are one answer, and only a layer of known datum tells which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.io.datum.evidence import DatumEvidence, collect_evidence
from planner.io.datum.transform import DATUMS, WGS84, Datum, in_mainland

CLEAR = 4.6
"""How far the answer must lead, as a log-likelihood: 100 to 1."""

STATED_LEAD = 5.0
"""What a system that only surveyors use (projected, CGCS2000) says for the true datum: a tie is then none."""

JUDGED = ("communities", "facilities", "demand", "streets")
BORDER_DEG = 0.02

Standing = Literal["declared", "stated", "open", "known"]


@dataclass(frozen=True, slots=True, eq=False)
class UndatedLayer:
    """A layer whose datum is asked for.

    Attributes
    ----------
    frame
        The layer, in its own system.
    standing
        "declared" in the study; "known" from its kind (an OpenStreetMap extract); "stated" by a system that
        surveyors use; "open" where its label proves nothing: degrees or a web map's metres.
    datum
        The declared or known one; WGS-84 else.
    communities
        The id of the community that each row names.
    """

    frame: gpd.GeoDataFrame
    standing: Standing
    datum: Datum = "wgs84"
    communities: NDArray[np.object_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LayerDatum:
    """What was found of one layer.

    Attributes
    ----------
    datum
        The datum that it is taken to be in.
    how
        "elsewhere" (not in mainland China), "declared", "known", "stated", "found" (by evidence), "alike" (all
        layers share one datum, whichever), "follows" (that of the layer in its file), "untested" (water and
        barriers), or "undecided".
    scores
        By how much each datum falls short of the best, log-likelihood; {} where nothing was asked.
    lead
        By how much the best leads the second.
    contradicted_by
        The datum for which the evidence speaks clearly against a declared one; None where it does not.
    """

    datum: Datum
    how: str
    scores: Mapping[Datum, float]
    lead: float = 0.0
    contradicted_by: Datum | None = None


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
        name: _verdict(position, layers[name], best, allowed, table, gauge_free=gauge_free)
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


def _verdict(
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
    # What a surveyor's system says is only refused where the evidence alone would speak clearly against it.
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
