"""Symbols of the map: colours, shapes, line styles, and the templates of panel and cards."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources

from jinja2 import DictLoader, Environment, StrictUndefined

from planner.evaluation import WEAK
from planner.messages.catalogue import Texts
from planner.reporting.report.blocks import shown_bound
from planner.reporting.rounding import added_by_sites, digits_to_distinguish
from planner.reporting.style import BEYOND, DISC, FAR, NEAR, SITE, UNCOVERED, VERDICT_COLOURS
from planner.schemas.tables import TIERS

OVERLAP = "#8073ac"
CIRCLE = "#cc79a7"
KIND_COLOURS = ("#117733", "#882255", "#332288", "#999933", "#44aa99")
"""Colours of the uncovered people of further population groups, in order (Tol's muted scheme)."""
CANDIDATE = "#6a3d9a"
SHARE_COLOURS = ["#8c510a", "#d8b365", "#f6e8c3", "#c7eae5", "#5ab4ac", "#01665e"]
SHARES_FROM = [0.0, 0.2, 0.4, 0.6, 0.8, 0.95]
"""The colours of a community by the share of its people that is served, and the least share of each."""

RING_OPACITY = 0.38

SIZES = {"district": 32, "town": 26, "community": 19, "village": 20, "station": 17}
"""The width of each tier's shape, pixels."""

SHAPES = {
    "district": "M12 1l3.2 7.4 8 .7-6.1 5.3 1.8 7.9-6.9-4.2-6.9 4.2 1.8-7.9L.8 9.1l8-.7z",
    "town": "M3 3h18v18H3z",
    "community": "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20z",
    "village": "M12 2L23 21H1z",
    "station": "M12 1L23 12L12 23L1 12z",
}
"""Outlines in a square of 24."""

PIN = "M14 34C14 34 2.5 22 2.5 13.5a11.5 11.5 0 1 1 23 0C25.5 22 14 34 14 34z"
PIN_SIZE = (28, 36)
PIN_HEIGHT = PIN_SIZE[1]
FLAG_SIZE = (34, 26)
FLAG_COLOURS = ("#ffffff", "#cfe3f5", "#9ec5e8", "#6fa8d8")

STREET_CLASSES = {
    "arterial": ("motorway", "trunk", "primary", "secondary", "arterial"),
    "street": ("tertiary", "unclassified", "street", "residential"),
}
"""Classes of streets drawn wide and medium, by OpenStreetMap's values and plain words; others are thin."""

STREET_STYLES = {
    "arterial": {"color": "#8f8f8f", "weight": 1.8, "opacity": 0.9},
    "street": {"color": "#a8a8a8", "weight": 1.0, "opacity": 0.9},
    "other": {"color": "#bdbdbd", "weight": 0.6, "opacity": 0.9},
}
PRIVATE = "#b3541e"
PRIVATE_STYLE = {"color": PRIVATE, "weight": 1.8, "dashArray": "2 4", "opacity": 0.95}
"""Private ways of compounds: dotted, apart from the long dashes of railways and weak communities."""
WATER_STYLE = {"stroke": False, "fillColor": "#b9d3e6", "fillOpacity": 1.0, "interactive": False}
COMMUNITY_STYLE = {"color": "#6b6b6b", "weight": 0.9, "fillColor": "#ffffff", "fillOpacity": 0.55}
WEAK_STYLE = {
    "color": VERDICT_COLOURS[WEAK],
    "weight": 2.4,
    "dashArray": "7 5",
    "fill": False,
    "interactive": False,
}
WITHOUT = "#111111"
WITHOUT_STYLE = {"color": WITHOUT, "weight": 2.6, "dashArray": "2 5", "fill": False, "interactive": False}
RAILWAY_STYLE = {"color": "#3d3d3d", "weight": 2.0, "dashArray": "9 5", "interactive": False}
WALL_STYLE = {"color": "#6d4c41", "weight": 0.9, "opacity": 0.75, "interactive": False}
CIRCLE_STYLE = {"color": CIRCLE, "weight": 1.8, "fillColor": CIRCLE, "fillOpacity": 0.16}
CIRCLE_WITHOUT_STYLE = CIRCLE_STYLE | {"dashArray": "6 4", "weight": 2.2, "fillOpacity": 0.08}
SINGLE_STYLE = {"color": NEAR, "weight": 1.2, "fillColor": NEAR, "fillOpacity": 0.12}
DISC_STYLE = {"color": DISC, "weight": 1.1, "dashArray": "4 4", "fill": False, "interactive": False}


def street_class(kind: str) -> str:
    """Return how wide a kind of street is drawn.

    Examples
    --------
    >>> street_class("primary_link"), street_class("footway")
    ('arterial', 'other')
    """
    plain = kind.removesuffix("_link")
    return next((name for name, kinds in STREET_CLASSES.items() if plain in kinds), "other")


def walk_colours(count: int) -> list[str]:
    """Return a colour for each of `count` rising walking times.

    Examples
    --------
    >>> walk_colours(3)
    ['#01665e', '#64a8a2', '#c7eae5']
    """
    steps = [place / max(count - 1, 1) for place in range(count)]
    return [_mixed(NEAR, FAR, step) for step in steps]


def ring_swatches(count: int, ground: str = "#fbfbf9") -> list[str]:
    """Return what the nested areas of rising limits look like: each lies on all the longer ones."""
    seen, swatches = ground, []
    for colour in reversed(walk_colours(count)):
        seen = _mixed(seen, colour, RING_OPACITY)
        swatches.append(seen)
    return swatches[::-1]


def shape_symbol(tier: str, verdict: str, *, size: int | None = None) -> str:
    """Return the sign of a centre as SVG: its shape is the tier, its colour the verdict.

    Examples
    --------
    >>> shape_symbol("town", "weak", size=20)[:45]
    '<svg viewBox="0 0 24 24" width="20" height="2'
    """
    size = size or SIZES[tier]
    colour = VERDICT_COLOURS[verdict or "none"]
    return (
        f'<svg viewBox="0 0 24 24" width="{size}" height="{size}" aria-hidden="true">'
        f'<path d="{SHAPES[tier]}" fill="{colour}" stroke="#fff" stroke-width="4" paint-order="stroke"/>'
        f'<path d="{SHAPES[tier]}" fill="{colour}" stroke="#222" stroke-width="1.3"/></svg>'
    )


def pin_symbol(rank: int, *, clustered: bool, height: int) -> str:
    """Return the sign of a proposed site as SVG: a pin with its rank."""
    fill, dash = ("#ffffff", ' stroke-dasharray="4 2.5"') if clustered else (SITE, "")
    return (
        f'<svg viewBox="0 0 28 36" width="{height * 28 // 36}" height="{height}" aria-hidden="true">'
        f'<path d="{PIN}" fill="#fff" stroke="#fff" stroke-width="4"/>'
        f'<path d="{PIN}" fill="{fill}" stroke="#111" stroke-width="2"{dash}/>'
        f'<text x="14" y="19" text-anchor="middle" font-size="14" font-weight="700" fill="#111">{rank}</text>'
        "</svg>"
    )


def flag_symbol(label: int, order: int) -> str:
    """Return the sign of a project as SVG: a flag with its year, darker the later."""
    width, height = FLAG_SIZE
    fill = FLAG_COLOURS[min(order, len(FLAG_COLOURS) - 1)]
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">'
        f'<path d="M{width // 2} 15v{height - 16}" stroke="#111" stroke-width="2"/>'
        f'<rect x="1" y="1" width="{width - 2}" height="15" rx="3" fill="{fill}" stroke="#111"/>'
        f'<text x="{width // 2}" y="13" text-anchor="middle" font-size="11" font-weight="700" fill="#111">'
        f"{label}</text>"
        "</svg>"
    )


def read_template(name: str) -> str:
    """Return a file of the folder `templates`."""
    return resources.files("planner.reporting").joinpath("templates", name).read_text("utf-8")


@cache
def template_environment(texts: Texts) -> Environment:
    """Return the templates of the map's panel and cards in one language, escaping all that they are given."""
    templates = Environment(
        loader=DictLoader(
            {name: read_template(name) for name in ("map_panel.html", "map_cards.html", "map_live.html")}
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        t=texts,
        language=texts.language,
        tiers=TIERS,
        shape=shape_symbol,
        pin=pin_symbol,
        flag=flag_symbol,
        verdict_colours=VERDICT_COLOURS,
        share_colours=SHARE_COLOURS,
        shares_from=SHARES_FROM,
        colours={
            "uncovered": UNCOVERED,
            "site": SITE,
            "beyond": BEYOND,
            "weak": VERDICT_COLOURS[WEAK],
            "circle": CIRCLE,
            "private": PRIVATE,
            "without": WITHOUT,
        },
    )
    templates.filters.update(
        whole=_or_unknown(texts, texts.whole),
        percent=_or_unknown(texts, texts.percent),
        percent_whole=lambda share: f"{share:.0%}",
        minutes=lambda value: f"{value:g}",
        metres=texts.whole,
        quantity=lambda value, unit, other=None: _quantity(texts, value, unit, other),
        added=added_by_sites,
        bound=shown_bound,
    )
    return templates


def _or_unknown(texts: Texts, write: Callable[[float], str]) -> Callable[[float | None], str]:
    return lambda value: texts("maps.unknown") if value is None else write(value)


DIGITS = {**dict.fromkeys(("m2", "people", "households", "hours_per_week", "count"), 0), "m2_per_person": 3}
"""Decimals of the value of a measure, by its unit; the others, and percent, have one."""


def _quantity(texts: Texts, value: float | None, unit: str, other: float | None = None) -> str:
    """Write the value of a measure in the unit of its rule, with enough digits to tell it from another."""
    if value is None:
        return texts("maps.unknown")
    if unit == "yes_no":
        return texts("maps.yes" if value else "maps.no")
    times = 100 if unit == "share" else 1
    digits = DIGITS.get(unit, 1)
    if other is not None:
        digits = digits_to_distinguish(value * times, other * times, digits)
    written = texts.number(value * times, digits) + ("%" if unit == "share" else "")
    return texts(f"maps.unit_{unit}", value=written)


def _mixed(first: str, second: str, share: float) -> str:
    """Return the colour at `share` of the way from one colour to another."""
    pairs = [(int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(low + (high - low) * share):02x}" for low, high in pairs)
