"""The layers of the map, bottom to top: geometry from the plan, every number from its document."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from markupsafe import escape

from planner.messages.catalogue import unit_of_amount
from planner.reporting import programme_text as said
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.document.records.programme import Project
from planner.reporting.map import symbols
from planner.reporting.map.elements import (
    CardTexts,
    layer_name,
    name_places,
    private_layer_name,
    shapes_layer,
    sign_at,
    sized_places,
    swatch,
)
from planner.reporting.map.folium_adapter import FeatureGroup, Labels, Layer, Live, YearLayer
from planner.reporting.map.labels import merge_lines
from planner.reporting.map.service_layers import (
    belts_layer,
    facility_layers,
    lacking_layers,
    level_layers,
    organisation_layer,
)
from planner.reporting.programme_text import year_text
from planner.reporting.report.blocks import Translator, require
from planner.reporting.rounding import gained_by_projects
from planner.reporting.small_counts import displayed_positions
from planner.reporting.style import BEYOND, DISC, NEAR, UNCOVERED, dot_metres
from planner.results import Plan
from planner.schemas.tables import TIERS


def map_layers(plan: Plan, content: PlanDocument, words: CardTexts) -> list[tuple[str, Layer]]:
    """Return the group of each layer and the layer, from the bottom up; one without anything in it is left out.

    Parameters
    ----------
    plan
        Where the geometry comes from.
    content
        Its document, where every number comes from.
    words
        Takes the tooltips and cards.
    """
    layers: list[tuple[str, Sequence[Layer | None]]] = [
        ("ground", [_water(plan, words)]),
        ("communities", [_communities(plan, content, words)]),
        ("shades", [_shares(words)]),
        ("people", [_people(plan, words)]),
        ("ground", [_streets(plan, words), _private_ways(plan, words), _barriers(plan, words)]),
        ("coverage", [*_reached(plan, words), _single_areas(plan, content, words), _discs(plan, words)]),
        ("communities", [_without_centre(words), _weak(plan, words)]),
        ("people", [_overlap(plan, words), _uncovered(plan, words), *_uncovered_kinds(plan, words)]),
        ("shades", [*level_layers(plan, content, words), *lacking_layers(plan, content, words)]),
        ("communities", [belts_layer(plan, content, words), _circles(plan, content, words)]),
        ("services", [organisation_layer(content, words), *facility_layers(plan, content, words)]),
        ("centres", _centres(content, words)),
        ("proposals", [_candidates(plan, words), *project_layers(content, words), *_sites(plan, content, words)]),
    ]
    return [(group, layer) for group, of_group in layers for layer in of_group if layer is not None]


def _water(plan: Plan, words: CardTexts) -> Layer | None:
    water = plan.inputs.water
    if water is None:
        return None
    name = layer_name(words.texts("maps.layer_water"), swatch(str(symbols.WATER_STYLE["fillColor"])))
    group = FeatureGroup(name=name)
    properties: list[dict[str, object]] = [{}] * len(water)
    shapes_layer(
        plan, water.geometry.to_numpy(), properties, lambda _: symbols.WATER_STYLE, name="", show=True
    ).add_to(group)
    Labels(name_places(water, water["name"], words), "water-name").add_to(group)
    return group


def _communities(plan: Plan, content: PlanDocument, words: CardTexts) -> Layer:
    communities, diagnosis = plan.inputs.communities, content["diagnosis"]
    weak, without = set(diagnosis["weak_communities"]), set(diagnosis["communities_without_centre"])
    rows: dict[str, list[Entry]] = {}
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
    group = FeatureGroup(name=layer_name(words.texts("maps.layer_communities"), swatch("#6b6b6b", look="outline")))
    shapes_layer(
        plan,
        communities.geometry.to_numpy(),
        properties,
        lambda _: symbols.COMMUNITY_STYLE,
        name="",
        show=True,
    ).add_to(group)
    Labels(name_places(communities, communities["name"], words), "community-name").add_to(group)
    return group


def _shares(words: CardTexts) -> Layer:
    """Return the communities coloured by the share of their people that is served."""
    sample = "".join(swatch(colour) for colour in symbols.SHARE_COLOURS[::2])
    look: dict[str, object] = {"colours": symbols.SHARE_COLOURS, "from": symbols.SHARES_FROM}
    return Live("shares", look, level=405, name=layer_name(words.texts("maps.layer_shares"), sample), show=False)


def _weak(plan: Plan, words: CardTexts) -> Layer | None:
    """Return the outlines of weak communities, above the service areas that would hide them."""
    if not plan.diagnosis.rates["assessed"]:
        return None
    sample = swatch(str(symbols.WEAK_STYLE["color"]), look="dashes")
    return Live(
        "weak",
        dict(symbols.WEAK_STYLE),
        level=430,
        name=layer_name(words.texts("maps.layer_weak"), sample),
        show=True,
    )


def _without_centre(words: CardTexts) -> Layer:
    """Return the outlines of communities without premises, also of those whose centre the choice closes."""
    name = layer_name(words.texts("maps.layer_without"), swatch(symbols.WITHOUT, look="dots"))
    return Live("without", dict(symbols.WITHOUT_STYLE), level=425, name=name, show=True)


def _streets(plan: Plan, words: CardTexts) -> Layer:
    streets = plan.inputs.streets[~plan.inputs.private_streets]
    width = streets["kind"].map(symbols.street_class)
    # Narrow streets are not named: a city has thousands, and the mouse would look for each of them.
    name = streets["name"].where(width != "other", "")
    keys = list(zip(width, name, strict=True))
    drawn = sorted(set(keys))
    place = {key: number for number, key in enumerate(drawn)}
    lines = merge_lines(streets.geometry.to_numpy(), np.array([place[key] for key in keys], dtype=np.int64))
    properties = [{"width": kind, "note": words.add(shown)} if shown else {"width": kind} for kind, shown in drawn]
    return shapes_layer(
        plan,
        lines,
        properties,
        lambda feature: (
            symbols.STREET_STYLES[feature["properties"]["width"]]
            | {"interactive": "note" in feature["properties"]}
        ),
        name=layer_name(words.texts("maps.layer_streets"), swatch("#8f8f8f", look="line")),
        show=True,
    )


def _private_ways(plan: Plan, words: CardTexts) -> Layer | None:
    """Return the private ways of compounds, named where they have a name."""
    ways = plan.inputs.private_ways
    if ways.empty:
        return None
    names, place = np.unique(ways["name"].to_numpy(dtype=str), return_inverse=True)
    lines = merge_lines(ways.geometry.to_numpy(), place.astype(np.int64))
    how = words.texts(f"maps.private_{plan.study.walking.private_ways}")
    tips = [f"{name}{words.texts('maps.between')}{how}" if name else how for name in names.tolist()]
    return shapes_layer(
        plan,
        lines,
        [{"note": words.add(tip), "above": True} for tip in tips],
        lambda _: symbols.PRIVATE_STYLE,
        name=private_layer_name(words.texts),
        show=True,
    )


def _barriers(plan: Plan, words: CardTexts) -> Layer | None:
    barriers = plan.inputs.barriers
    if barriers is None:
        return None
    rail = barriers["kind"].str.contains("rail").to_numpy()
    kinds, kind = np.unique(rail, return_inverse=True)
    lines = merge_lines(barriers.geometry.to_numpy(), kind)
    return shapes_layer(
        plan,
        lines,
        [{"rail": is_rail} for is_rail in kinds.tolist()],
        lambda feature: symbols.RAILWAY_STYLE if feature["properties"]["rail"] else symbols.WALL_STYLE,
        name=layer_name(words.texts("maps.layer_barriers"), swatch("#3d3d3d", look="dashes")),
        show=True,
    )


def _people(plan: Plan, words: CardTexts) -> Layer:
    colours = [*symbols.walk_colours(len(plan.study.limits.minutes)), BEYOND]
    name = layer_name(
        words.texts("maps.layer_demand"), "".join(swatch(colour, look="dot") for colour in colours[::2])
    )
    return Live("people", {"colours": colours, "metres": _dot_metres(plan)}, level=350, name=name, show=False)


def _dot_metres(plan: Plan) -> float:
    return dot_metres(plan.inputs.demand["people"].to_numpy())


def _reached(plan: Plan, words: CardTexts) -> list[Layer]:
    """Return what any centre reaches, the longest limit at the bottom."""
    limits = plan.study.limits.minutes
    colours, swatches = symbols.walk_colours(len(limits)), symbols.ring_swatches(len(limits))
    return [
        Live(
            "reached",
            {"limit": place, "fill": colours[place], "edge": NEAR, "opacity": symbols.RING_OPACITY},
            level=410,
            name=layer_name(
                words.texts("maps.layer_reached", minutes=f"{limits[place]:g}"), swatch(swatches[place])
            ),
            show=True,
        )
        for place in reversed(range(len(limits)))
    ]


def _single_areas(plan: Plan, content: PlanDocument, words: CardTexts) -> Layer | None:
    standard = plan.study.limits.standard_min
    areas = plan.service_areas[(plan.service_areas["limit_min"] == standard) & ~plan.service_areas.is_empty]
    if areas.empty:
        return None
    centres = {centre["id"]: centre for centre in content["centres"]}
    notes = [words.add(words.card("area_tip", centres[facility], standard)) for facility in areas["facility"]]
    return shapes_layer(
        plan,
        areas.geometry.to_numpy(),
        [{"note": number} for number in notes],
        lambda _: symbols.SINGLE_STYLE,
        name=layer_name(words.texts("maps.layer_single", minutes=f"{standard:g}"), swatch(NEAR, look="outline")),
        show=False,
    )


def _discs(plan: Plan, words: CardTexts) -> Layer:
    metres = plan.walk.metres(plan.study.limits.standard_min)
    discs = shapely.multipolygons(shapely.buffer(plan.inputs.facilities.geometry.array, metres))
    return shapes_layer(
        plan,
        np.array([discs]),
        [{}],
        lambda _: symbols.DISC_STYLE,
        name=layer_name(
            words.texts("maps.layer_discs", metres=words.texts.whole(metres)), swatch(DISC, look="dashed")
        ),
        show=False,
    )


def _overlap(plan: Plan, words: CardTexts) -> Layer:
    name = layer_name(words.texts("maps.layer_overlap"), swatch(symbols.OVERLAP, look="dot"))
    return Live(
        "overlap", {"colour": symbols.OVERLAP, "metres": _dot_metres(plan)}, level=440, name=name, show=False
    )


def _uncovered(plan: Plan, words: CardTexts) -> Layer:
    name = layer_name(words.texts("maps.layer_uncovered"), swatch(UNCOVERED, look="dot"))
    return Live("uncovered", {"colour": UNCOVERED, "metres": _dot_metres(plan)}, level=450, name=name, show=True)


def _candidates(plan: Plan, words: CardTexts) -> Layer | None:
    if plan.siting.candidates.empty:
        return None
    name = layer_name(words.texts("maps.layer_candidates"), swatch(symbols.CANDIDATE, look="ring"))
    return Live("candidates", {"colour": symbols.CANDIDATE}, level=590, name=name, show=False)


def _uncovered_kinds(plan: Plan, words: CardTexts) -> list[Layer]:
    """Return one layer of uncovered people for each further kind, hidden until it is asked for."""
    layers: list[Layer] = []
    for number, kind in enumerate(plan.groups):
        if kind.uncovered.empty:
            continue
        colour = symbols.KIND_COLOURS[number % len(symbols.KIND_COLOURS)]
        text = words.texts("maps.layer_uncovered_kind", kind=escape(kind.group.settings.title))
        look = {"colour": colour, **sized_places(kind.uncovered, displayed_positions(kind.uncovered, plan, kind))}
        layers.append(Live("kind", look, level=455, name=layer_name(text, swatch(colour, look="dot")), show=False))
    return layers


def _circles(plan: Plan, content: PlanDocument, words: CardTexts) -> Layer | None:
    """Return the business areas, dashed where no station is within the standard."""
    circles = plan.business_areas
    if circles is None or circles.table.empty:
        return None
    areas = require(content["business_areas"])
    properties = [
        {
            "note": words.add(
                words.card("circle_tip", circle), words.card("circle", circle, areas["standard_min"])
            ),
            "within": circle["station_within"],
        }
        for circle in areas["areas"]
    ]
    name = words.texts("maps.layer_circles", count=words.texts.whole(len(properties)))
    return shapes_layer(
        plan,
        circles.table.geometry.to_numpy(),
        properties,
        lambda feature: symbols.CIRCLE_STYLE if feature["properties"]["within"] else symbols.CIRCLE_WITHOUT_STYLE,
        name=layer_name(name, swatch(symbols.CIRCLE, look="outline")),
        show=True,
    )


def _centres(content: PlanDocument, words: CardTexts) -> list[Layer]:
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
        layer = FeatureGroup(name=layer_name(text, symbols.shape_symbol(tier, "", size=14)))
        for station, centre in centres:
            number = words.add(
                words.card("centre_tip", centre),
                words.card("centre", centre, rules, content["walking"]["standard_min"]),
            )
            sign, size = symbols.shape_symbol(tier, centre["verdict"]), (symbols.SIZES[tier],) * 2
            foot = size[1] // 2
            sign_at(centre, sign, size, f"centre {tier}", number, foot=foot, station=station).add_to(layer)
        layers.append(layer)
    return layers


def _sites(plan: Plan, content: PlanDocument, words: CardTexts) -> list[Layer]:
    """Return one layer a proposal; the last one is shown, unless the programme is what is recommended."""
    siting = content["siting"]
    weighted = siting["weighted"]
    candidates = {candidate["id"]: candidate for candidate in siting["candidates"]}
    first = len(plan.inputs.facilities)
    stations = {candidate: first + number for number, candidate in enumerate(candidates)}
    layers: list[Layer] = []
    for proposal in siting["proposals"]:
        is_best = proposal["chosen"]
        key = "sites" if is_best else "clustering"
        is_other = not is_best and proposal["method"] != "clustering"
        method = words.texts(f"models.name_{proposal['method']}")
        title = words.texts("maps.layer_other", method=method) if is_other else words.texts(f"maps.layer_{key}")
        if is_best and content["programme"]:
            title = words.texts("maps.layer_sites_alone")
        sample = symbols.pin_symbol(1, clustered=not is_best, height=22)
        layer = FeatureGroup(name=layer_name(title, sample), show=is_best and content["programme"] is None)
        for site in proposal["sites"]:
            card = words.card("site", site, proposal, candidates[site["id"]], siting["standard_min"], weighted)
            number = words.add(words.card("site_tip", site, proposal, weighted), card)
            sign = symbols.pin_symbol(site["rank"], clustered=not is_best, height=symbols.PIN_HEIGHT)
            sign_at(
                site,
                sign,
                symbols.PIN_SIZE,
                f"proposed {key}",
                number,
                foot=symbols.PIN_HEIGHT,
                station=stations[site["id"]],
            ).add_to(layer)
        layers.append(layer)
    return layers


def project_layers(content: PlanDocument, words: CardTexts) -> list[Layer]:
    """Return one layer a year, shown from its end on; projects that are nowhere in particular are in none.

    Parameters
    ----------
    content
        The document.
    words
        Takes the tooltips and cards.
    """
    programme = content["programme"]
    if programme is None:
        return []
    t = Translator(content, words.texts)
    places = {scenario["key"]: place for place, scenario in enumerate(content["scenarios"])}
    layers: list[Layer] = []
    for order, one in enumerate(programme["years"]):
        projects = [
            project
            for project in programme["projects"]
            if project["year"] == one["year"] and project["lon"] is not None
        ]
        if not projects:
            continue
        name = t.programme("layer_projects", year=year_text(t, one["year"]), count=len(projects))
        sign = symbols.flag_symbol(one["year"], order)
        layer = YearLayer(places[f"year_{one['year']}"], name=layer_name(name, sign))
        for project in projects:
            number = words.add(
                words.card("project_tip", said.task_text(project, t)),
                words.card("project", said.task_text(project, t), project["id"], _rows(project, t)),
            )
            sign_at(
                project, sign, symbols.FLAG_SIZE, "project", number, foot=symbols.FLAG_SIZE[1], station=None
            ).add_to(layer)
        layers.append(layer)
    return layers


def _rows(project: Project, t: Translator) -> list[tuple[str, str]]:
    """Return what the card of a project says, by its heads in the task table."""
    unit = unit_of_amount(require(t.content["programme"])["unit"], t.texts)
    programme = require(t.content["programme"])
    gained = gained_by_projects(programme)[project["id"]]
    value_of = {
        "measure": said.actions_text(project, t),
        "unit": said.responsible_unit(project),
        "deadline": year_text(t, project["year"], "by_year"),
        "kind": t.programme(f"kind_{project['kind']}"),
        "cost": f"{said.money_text(project['cost'])} {unit}",
        "funds": said.funding_text(project, t),
        "covered": said.covered_text(gained[0], t),
        "standard": t.whole(gained[1]),
        **({"services": t.whole(gained[2])} if said.has_services(programme) else {}),
    }
    return [(t.programme(f"column_{head}"), value) for head, value in value_of.items()]
