"""Legend of the map, which is its list of layers: groups, layers, and what the colours in each mean."""

from __future__ import annotations

from collections.abc import Sequence

from planner.messages.catalogue import Texts
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.map import symbols
from planner.reporting.map.elements import private_layer_name, swatch
from planner.reporting.map.folium_adapter import Layer, Live
from planner.reporting.style import BEYOND, VERDICT_COLOURS

GROUPS = ("proposals", "centres", "services", "coverage", "people", "communities", "shades", "ground")
"""Groups of layers from the top of the list."""

SIZED = ("people", "overlap", "uncovered", "kind")
"""Painters whose circles grow with people."""

Key = tuple[str, str]
"""A sample as HTML and what it means."""


def legend(layers: Sequence[tuple[str, Layer]], content: PlanDocument, texts: Texts) -> Entry:
    """Return what the page lists.

    Parameters
    ----------
    layers
        Group and layer, from the bottom of the map up.
    content
        Limits of the study.
    texts
        Language.

    Returns
    -------
    legend
        ``groups`` with title and keys; ``layers`` in the given order with group, painter, name, keys and, of
        circles sized by people, the radius for one person, metres. Names and keys are HTML.
    """
    return {
        "groups": [
            {"key": group, "title": texts(f"maps.group_{group}"), "keys": _group_keys(group, texts)}
            for group in GROUPS
            if any(of == group for of, _ in layers)
        ],
        "layers": [
            {
                "group": group,
                "kind": layer.kind if isinstance(layer, Live) else "",
                "name": layer.layer_name,
                "keys": _layer_keys(layer, content, texts),
                "metres": layer.look["metres"] if isinstance(layer, Live) and layer.kind in SIZED else None,
            }
            for group, layer in layers
        ],
    }


def _group_keys(group: str, texts: Texts) -> list[Key]:
    """Return what holds for all layers of a group: colours of verdicts, signs of changes."""
    if group == "centres":
        return [(swatch(colour), texts(f"words.verdict_{verdict}")) for verdict, colour in VERDICT_COLOURS.items()]
    if group == "proposals":
        return [
            ('<i class="opened">+</i>', texts("maps.legend_opened")),
            ('<i class="closed">×</i>', texts("maps.legend_closed")),
        ]
    return []


def _layer_keys(layer: Layer, content: PlanDocument, texts: Texts) -> list[Key]:
    """Return what the colours of a layer that has several mean."""
    if layer.layer_name == private_layer_name(texts):
        how = content["study"]["walking"]["private_ways"]
        return [(swatch(symbols.PRIVATE, look="dots"), texts(f"maps.private_{how}"))]
    if not isinstance(layer, Live):
        return []
    if layer.kind == "shares":
        classes = zip(symbols.SHARE_COLOURS, symbols.SHARES_FROM, strict=True)
        return [(swatch(colour), f"≥ {least:.0%}") for colour, least in classes]
    if layer.kind == "people":
        minutes = [limit["minutes"] for limit in content["walking"]["limits"]]
        names = [texts("maps.within", minutes=f"{limit:g}") for limit in minutes]
        names.append(texts("maps.beyond", minutes=f"{minutes[-1]:g}"))
        colours = [*symbols.walk_colours(len(minutes)), BEYOND]
        return [(swatch(colour, look="dot"), name) for colour, name in zip(colours, names, strict=True)]
    return []
