"""The layers of the map, bottom to top: geometry from the plan, every number from its document."""

from __future__ import annotations

import folium
import geopandas as gpd
import numpy as np
import shapely
from folium.map import Layer
from markupsafe import escape

from planner.reporting.colours import BEYOND, DISC, NEAR, UNCOVERED
from planner.reporting.document.build import Document
from planner.reporting.map import style
from planner.reporting.map.elements import (
    Words,
    dot_metres,
    entry,
    name_places,
    patch,
    shapes_layer,
    sign_at,
    sized_places,
)
from planner.reporting.map.labels import merged
from planner.reporting.map.leaflet import Labels, Live
from planner.reporting.map.programme_layers import project_layers
from planner.reporting.small_counts import shown_places
from planner.results import Plan
from planner.schemas.tables import TIERS


def map_layers(plan: Plan, content: Document, words: Words) -> list[Layer]:
    """Return the layers of the map from the bottom up; a layer without anything in it is left out.

    Parameters
    ----------
    plan
        Where the geometry comes from.
    content
        Its document, where every number comes from.
    words
        Takes the tooltips and cards.
    """
    layers = [
        _water(plan, words),
        _communities(plan, content, words),
        _shares(words),
        _people(plan, words),
        _streets(plan, words),
        _private_ways(plan, words),
        _barriers(plan, words),
        *_reached(plan, words),
        _single_areas(plan, content, words),
        _discs(plan, words),
        _weak(plan, words),
        _overlap(plan, words),
        _uncovered(plan, words),
        *_uncovered_kinds(plan, words),
        _circles(plan, content, words),
        *_centres(content, words),
        _candidates(plan, words),
        *project_layers(content, words),
        *_sites(plan, content, words),
    ]
    return [layer for layer in layers if layer is not None]


def _water(plan: Plan, words: Words) -> Layer | None:
    water = plan.inputs.water
    if water is None:
        return None
    name = entry(words.texts("maps.layer_water"), patch(str(style.WATER_STYLE["fillColor"])))
    group = folium.FeatureGroup(name=name)
    properties: list[dict[str, object]] = [{}] * len(water)
    shapes_layer(water.geometry, properties, lambda _: style.WATER_STYLE, name="", show=True).add_to(group)
    Labels(name_places(water, water["name"], words), "water-name").add_to(group)
    return group


def _communities(plan: Plan, content: Document, words: Words) -> Layer:
    communities, diagnosis = plan.inputs.communities, content["diagnosis"]
    weak, without = set(diagnosis["weak_communities"]), set(diagnosis["communities_without_centre"])
    rows: dict[str, list[Document]] = {}
    for row in content["coverage"]["by_community"]:
        rows.setdefault(row["community"], []).append(row)
    properties = []
    for community in communities["id"]:
        state = "weak" if community in weak else "without_centre" if community in without else "not_weak"
        at_standard = next(
            row for row in rows[community] if row["limit_min"] == content["coverage"]["standard_min"]
        )
        number = words.add(
            words.card("community_tip", at_standard), words.card("community", rows[community], state)
        )
        properties.append({"note": number, "community": community})
    group = folium.FeatureGroup(
        name=entry(words.texts("maps.layer_communities"), patch("#6b6b6b", look="outline"))
    )
    shapes_layer(
        communities.geometry,
        properties,
        lambda _: style.COMMUNITY_STYLE,
        name="",
        show=True,
    ).add_to(group)
    Labels(name_places(communities, communities["name"], words), "community-name").add_to(group)
    return group


def _shares(words: Words) -> Layer:
    """Return the communities coloured by the share of their people that is served."""
    swatch = "".join(patch(colour) for colour in style.SHARE_COLOURS[::2])
    look: dict[str, object] = {"colours": style.SHARE_COLOURS, "from": style.SHARES_FROM}
    return Live("shares", look, name=entry(words.texts("maps.layer_shares"), swatch), show=False)


def _weak(plan: Plan, words: Words) -> Layer | None:
    """Return the outlines of weak communities, above the service areas that would hide them."""
    if not plan.diagnosis.rates["assessed"]:
        return None
    swatch = patch(str(style.WEAK_STYLE["color"]), look="dashes")
    return Live("weak", dict(style.WEAK_STYLE), name=entry(words.texts("maps.layer_weak"), swatch), show=True)


def _streets(plan: Plan, words: Words) -> Layer:
    streets = plan.inputs.streets[~plan.inputs.private_streets]
    width = streets["kind"].map(style.street_class)
    # Narrow streets are not named: a city has thousands, and the mouse would look for each of them.
    name = streets["name"].where(width != "other", "")
    keys = list(zip(width, name, strict=True))
    drawn = sorted(set(keys))
    place = {key: number for number, key in enumerate(drawn)}
    lines = merged(streets.geometry.to_numpy(), np.array([place[key] for key in keys], dtype=np.int64))
    properties = [{"width": kind, "note": words.add(shown)} if shown else {"width": kind} for kind, shown in drawn]
    return shapes_layer(
        gpd.GeoSeries(lines, crs=streets.crs),
        properties,
        lambda feature: (
            style.STREET_STYLES[feature["properties"]["width"]] | {"interactive": "note" in feature["properties"]}
        ),
        name=entry(words.texts("maps.layer_streets"), patch("#8f8f8f", look="line")),
        show=True,
    )


def _private_ways(plan: Plan, words: Words) -> Layer | None:
    """Return the private ways of compounds, named where they have a name."""
    ways = plan.inputs.private_ways
    if ways.empty:
        return None
    names, place = np.unique(ways["name"].to_numpy(dtype=str), return_inverse=True)
    lines = merged(ways.geometry.to_numpy(), place.astype(np.int64))
    how = words.texts(f"maps.private_{plan.study.walking.private_ways}")
    tips = [f"{name}{words.texts('maps.between')}{how}" if name else how for name in names.tolist()]
    return shapes_layer(
        gpd.GeoSeries(lines, crs=ways.crs),
        [{"note": words.add(tip), "above": True} for tip in tips],
        lambda _: style.PRIVATE_STYLE,
        name=entry(words.texts("maps.layer_private"), patch(style.PRIVATE, look="dots")),
        show=True,
    )


def _barriers(plan: Plan, words: Words) -> Layer | None:
    barriers = plan.inputs.barriers
    if barriers is None:
        return None
    rail = barriers["kind"].str.contains("rail").to_numpy()
    kinds, kind = np.unique(rail, return_inverse=True)
    lines = merged(barriers.geometry.to_numpy(), kind)
    return shapes_layer(
        gpd.GeoSeries(lines, crs=barriers.crs),
        [{"rail": is_rail} for is_rail in kinds.tolist()],
        lambda feature: style.RAILWAY_STYLE if feature["properties"]["rail"] else style.WALL_STYLE,
        name=entry(words.texts("maps.layer_barriers"), patch("#3d3d3d", look="dashes")),
        show=True,
    )


def _people(plan: Plan, words: Words) -> Layer:
    colours = [*style.walk_colours(len(plan.study.limits.minutes)), BEYOND]
    name = entry(words.texts("maps.layer_demand"), "".join(patch(colour, look="dot") for colour in colours[::2]))
    return Live("people", {"colours": colours, "metres": _dot_metres(plan)}, name=name, show=False)


def _dot_metres(plan: Plan) -> float:
    return dot_metres(plan.inputs.demand["people"].to_numpy())


def _reached(plan: Plan, words: Words) -> list[Layer]:
    """Return what any centre reaches, the longest limit at the bottom."""
    limits = plan.study.limits.minutes
    colours, swatches = style.walk_colours(len(limits)), style.ring_swatches(len(limits))
    return [
        Live(
            "reached",
            {"limit": place, "fill": colours[place], "edge": NEAR, "opacity": style.RING_OPACITY},
            name=entry(words.texts("maps.layer_reached", minutes=f"{limits[place]:g}"), patch(swatches[place])),
            show=True,
        )
        for place in reversed(range(len(limits)))
    ]


def _single_areas(plan: Plan, content: Document, words: Words) -> Layer | None:
    standard = plan.study.limits.standard_min
    areas = plan.service_areas[(plan.service_areas["limit_min"] == standard) & ~plan.service_areas.is_empty]
    if areas.empty:
        return None
    centres = {centre["id"]: centre for centre in content["centres"]}
    notes = [words.add(words.card("area_tip", centres[facility], standard)) for facility in areas["facility"]]
    return shapes_layer(
        areas.geometry,
        [{"note": number} for number in notes],
        lambda _: style.SINGLE_STYLE,
        name=entry(words.texts("maps.layer_single", minutes=f"{standard:g}"), patch(NEAR, look="outline")),
        show=False,
    )


def _discs(plan: Plan, words: Words) -> Layer:
    metres = plan.walk.metres(plan.study.limits.standard_min)
    discs = gpd.GeoSeries(
        [shapely.multipolygons(shapely.buffer(plan.inputs.facilities.geometry.array, metres))], crs=plan.inputs.crs
    )
    return shapes_layer(
        discs,
        [{}],
        lambda _: style.DISC_STYLE,
        name=entry(words.texts("maps.layer_discs", metres=words.texts.whole(metres)), patch(DISC, look="dashed")),
        show=False,
    )


def _overlap(plan: Plan, words: Words) -> Layer:
    name = entry(words.texts("maps.layer_overlap"), patch(style.OVERLAP, look="dot"))
    return Live("overlap", {"colour": style.OVERLAP, "metres": _dot_metres(plan)}, name=name, show=False)


def _uncovered(plan: Plan, words: Words) -> Layer:
    name = entry(words.texts("maps.layer_uncovered"), patch(UNCOVERED, look="dot"))
    return Live("uncovered", {"colour": UNCOVERED, "metres": _dot_metres(plan)}, name=name, show=True)


def _candidates(plan: Plan, words: Words) -> Layer | None:
    if plan.siting.candidates.empty:
        return None
    name = entry(words.texts("maps.layer_candidates"), patch(style.CANDIDATE, look="ring"))
    return Live("candidates", {"colour": style.CANDIDATE}, name=name, show=False)


def _uncovered_kinds(plan: Plan, words: Words) -> list[Layer]:
    """Return one layer of uncovered people for each further kind, hidden until it is asked for."""
    layers: list[Layer] = []
    for number, kind in enumerate(plan.kinds):
        if kind.uncovered.empty:
            continue
        colour = style.KIND_COLOURS[number % len(style.KIND_COLOURS)]
        text = words.texts("maps.layer_uncovered_kind", kind=_inert(kind.kind.settings.title))
        look = {"colour": colour, **sized_places(kind.uncovered, shown_places(kind.uncovered, plan, kind))}
        layers.append(Live("kind", look, name=entry(text, patch(colour, look="dot")), show=False))
    return layers


def _inert(words: str) -> str:
    """Return a study's words as HTML in which folium, which renders names twice, finds nothing to carry out."""
    return str(escape(words)).replace("{", "&#123;").replace("}", "&#125;")


def _circles(plan: Plan, content: Document, words: Words) -> Layer | None:
    """Return the business circles, dashed where no station is within the standard."""
    circles = plan.circles
    if circles is None or circles.table.empty:
        return None
    told = content["circles"]
    properties = [
        {
            "note": words.add(
                words.card("circle_tip", circle), words.card("circle", circle, told["standard_min"])
            ),
            "within": circle["station_within"],
        }
        for circle in told["circles"]
    ]
    name = words.texts("maps.layer_circles", count=words.texts.whole(len(properties)))
    return shapes_layer(
        circles.table.geometry,
        properties,
        lambda feature: style.CIRCLE_STYLE if feature["properties"]["within"] else style.CIRCLE_WITHOUT_STYLE,
        name=entry(name, patch(style.CIRCLE, look="outline")),
        show=True,
    )


def _centres(content: Document, words: Words) -> list[Layer]:
    """Return one layer a tier, the highest tier on top."""
    rules = {rule["id"]: rule for rule in content["diagnosis"]["rules"]}
    layers: list[Layer] = []
    for tier in reversed(TIERS):
        # The page numbers stations as the document lists centres, then candidates.
        centres = [(n, centre) for n, centre in enumerate(content["centres"]) if centre["tier"] == tier]
        if not centres:
            continue
        tier_name = words.texts(f"words.tier_{tier}")
        text = words.texts("maps.layer_centres", tier=tier_name, count=words.texts.whole(len(centres)))
        layer = folium.FeatureGroup(name=entry(text, style.shape(tier, "", size=14)))
        for station, centre in centres:
            number = words.add(
                words.card("centre_tip", centre),
                words.card("centre", centre, rules, content["walking"]["standard_min"]),
            )
            sign, size = style.shape(tier, centre["verdict"]), (style.SIZES[tier],) * 2
            foot = size[1] // 2
            sign_at(centre, sign, size, f"centre {tier}", number, foot=foot, station=station).add_to(layer)
        layers.append(layer)
    return layers


def _sites(plan: Plan, content: Document, words: Words) -> list[Layer]:
    """Return one layer a proposal; the optimum is shown, the clustering beside it on request."""
    siting = content["siting"]
    weighted = siting["weighted"]
    candidates = {candidate["id"]: candidate for candidate in siting["candidates"]}
    first = len(plan.inputs.facilities)
    stations = {candidate: first + number for number, candidate in enumerate(candidates)}
    layers: list[Layer] = []
    for proposal in siting["proposals"]:
        is_best = proposal["method"] == "maximal_covering"
        key = "sites" if is_best else "clustering"
        swatch = style.pin(1, clustered=not is_best, height=22)
        layer = folium.FeatureGroup(name=entry(words.texts(f"maps.layer_{key}"), swatch), show=is_best)
        for site in proposal["sites"]:
            card = words.card("site", site, proposal, candidates[site["id"]], siting["standard_min"], weighted)
            number = words.add(words.card("site_tip", site, proposal, weighted), card)
            sign = style.pin(site["rank"], clustered=not is_best, height=style.PIN_HEIGHT)
            sign_at(
                site,
                sign,
                style.PIN_SIZE,
                f"proposed {key}",
                number,
                foot=style.PIN_HEIGHT,
                station=stations[site["id"]],
            ).add_to(layer)
        layers.append(layer)
    return layers
