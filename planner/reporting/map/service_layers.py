"""Layers of services on the map: how complete what people reach is, who lacks which service, its facilities."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from markupsafe import Markup

from planner.accessibility.services import ServiceAccess
from planner.config.sections.services import CENTRES
from planner.reporting.document.levels import LEVELS, level_shapes
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.document.records.services import HoursGap, LedgerRow, ServiceByCommunity
from planner.reporting.map.elements import CardTexts, layer_name, shapes_layer, sign_at, swatch
from planner.reporting.map.folium_adapter import FeatureGroup, Layer
from planner.reporting.map.simplify import DRAWN_DIGITS
from planner.reporting.map.symbols import CIRCLE, CIRCLE_STYLE, CIRCLE_WITHOUT_STYLE
from planner.reporting.report.blocks import Translator, community_names
from planner.reporting.report.ledger_figure import SHADES, shade
from planner.reporting.tables.levels import figures_known
from planner.reporting.tables.services import closed_at_text, mend_text, service_names
from planner.results import Plan

PLACE_PX = 12
LACKS_SHOWN = 5
FACILITY = "#6a3d9a"
AS_RUN, UNCHANGED = Markup(" data-as-run"), Markup("")
"""Of cards whose figures are those of the run whatever is chosen, and of those that no choice changes."""

ORGANISATION = "#5b7f3b"
OUTLINE = {"color": "#6b6b6b", "weight": 1, "fillOpacity": 0.75}


def lacking_layers(plan: Plan, content: PlanDocument, words: CardTexts) -> Iterator[Layer]:
    """Yield the communities by completeness, then one layer a service: who lacks it, and why; hidden at first."""
    if plan.services is None or "services" not in content:
        return
    t = Translator(content, words.texts)
    found, names, communities = content["services"], service_names(t), community_names(content)
    sample = "".join(swatch(fill) for _, fill in SHADES)
    complete = {row["community"]: row for row in found["completeness_by_community"]}
    properties = []
    for ident in plan.inputs.communities["id"]:
        row = complete[ident]
        index = row["completeness"]
        rows = [
            (words.texts("services.column_completeness"), t.number(index, 2)),
            (words.texts("services.column_sufficient"), t.percent(row["sufficient_share"])),
            (words.texts("services.column_missing_mean"), t.number(row["missing_mean"], 1)),
        ]
        properties.append(
            {"note": _note(communities[ident], rows, words), "fill": shade(None if index is None else 1.0 - index)}
        )
    yield _coloured(plan, properties, layer_name(words.texts("services.layer_completeness"), sample))
    missing = {(row["service"], row["community"]): row for row in found["ledger"]}
    shares = {(row["service"], row["community"]): row for row in found["by_community"]}
    hours = found["hours"]
    own = {one.id: one.service.is_own for one in plan.services.access}
    closed = {} if hours is None else {(row["service"], row["community"]): row for row in hours["ledger"]}
    for service, name in names.items():
        properties = [
            _cell(
                f"{communities[ident]} · {name}",
                missing.get((service, ident)),
                shares[service, ident],
                closed.get((service, ident)),
                _follows(own[service], service, ident),
                words,
                t,
            )
            | {"cell": [service, ident]}
            for ident in plan.inputs.communities["id"]
        ]
        yield _coloured(plan, properties, layer_name(words.texts("services.layer_lacking", name=name), sample))


def _follows(is_own: bool, service: str, community: str) -> Markup:  # noqa: FBT001
    """Return what a cell's card does: the centres' share is counted anew, other selections of them are as run."""
    if service == CENTRES:
        return Markup(' data-community="{}"').format(community)
    return AS_RUN if is_own else UNCHANGED


def facility_layers(plan: Plan, content: PlanDocument, words: CardTexts) -> Iterator[Layer]:
    """Yield one layer a service with its facilities, hidden at first; the study's own are drawn as centres."""
    if plan.services is None or "services" not in content:
        return
    names = service_names(Translator(content, words.texts))
    for one in plan.services.access[1:]:
        if one.service.is_known:
            yield _facilities(one, names[one.id], words)


def _facilities(access: ServiceAccess, name: str, words: CardTexts) -> Layer:
    places = access.service.places
    # As many as the report counts: without those closed or below the standard, which are drawn all the same.
    text = words.texts(
        "services.layer_facilities", name=name, count=words.texts.whole(access.service.counts.sum())
    )
    layer = FeatureGroup(name=layer_name(text, swatch(FACILITY, look="dot")), show=False)
    degrees = places.to_crs(4326).geometry
    for row, lat, lon in zip(places.to_dict(orient="records"), degrees.y, degrees.x, strict=True):
        colour = shade(1.0) if row["status"] else FACILITY
        known = not np.isnan(row["capacity"])
        rows = [(words.texts("services.column_service"), name)]
        if row["status"]:
            rows.append((words.texts("services.column_reason"), words.texts(f"services.reason_{row['status']}")))
        if row["opening_hours"]:
            rows.append((words.texts("services.opening_hours"), row["opening_hours"]))
        if known:
            rows.append((words.texts("services.capacity"), words.texts.number(row["capacity"], 0)))
        number = _note(row["name"] or row["id"], rows, words, UNCHANGED)
        place = {"lat": round(lat, DRAWN_DIGITS), "lon": round(lon, DRAWN_DIGITS)}
        sign = swatch(colour, look="dot")
        sign_at(place, sign, (PLACE_PX, PLACE_PX), "service", number, foot=PLACE_PX // 2, station=None).add_to(
            layer
        )
    return layer


def belts_layer(plan: Plan, content: PlanDocument, words: CardTexts) -> Layer | None:
    """Return the belts along streets, dashed where no station stands along one."""
    if plan.belts is None:
        return None
    t = Translator(content, words.texts)
    properties = []
    for belt in content["belts"]["belts"]:
        rows = [(words.texts("organisations.column_belt_streets"), belt["streets"])]
        for name in ("people", "places", "workers", "organisations", "centres", "stations"):
            value = belt[name]
            if value is not None:
                rows.append((words.texts(f"organisations.column_belt_{name}"), t.whole(value)))
        rows += [(words.texts("organisations.member_facility"), row["name"]) for row in belt["facilities"]]
        properties.append({"note": _note(belt["name"], rows, words), "within": belt["stations"] > 0})
    name = words.texts("organisations.layer_belts", count=words.texts.whole(len(properties)))
    return shapes_layer(
        plan,
        plan.belts.table.geometry.to_numpy(),
        properties,
        lambda feature: CIRCLE_STYLE if feature["properties"]["within"] else CIRCLE_WITHOUT_STYLE,
        name=layer_name(name, swatch(CIRCLE, look="outline")),
        show=False,
    )


def level_layers(plan: Plan, content: PlanDocument, words: CardTexts) -> Iterator[Layer]:
    """Yield a layer a level, hidden at first: its units by the share of people not covered, with their ledger."""
    if "levels" not in content:
        return
    t, found = Translator(content, words.texts), content["levels"]
    shapes = level_shapes(plan, content)
    for level in LEVELS:
        units = [row for row in found["units"] if row["level"] == level]
        if not units:
            continue
        properties = []
        for unit in units:
            figures: Entry = dict(unit)
            rows = [
                (words.texts(f"levels.column_{name}"), t.number(figures[name], 1 if name == "missing_mean" else 0))
                for name in figures_known(t)
                if name != "cost"
            ]
            lacks = [row for row in found["ledger"] if (row["level"], row["id"]) == (level, unit["id"])]
            names = service_names(t) if lacks else {}
            rows += [
                (
                    names[row["service"]],
                    f"{t.whole(row['people_missing'])} · {words.texts('services.reason_' + row['reason'])}",
                )
                for row in lacks[:LACKS_SHOWN]
            ]
            share = 1 - unit["people_covered"] / unit["people"] if unit["people"] else None
            properties.append({"note": _note(unit["name"], rows, words), "fill": shade(share)})
        sample = "".join(swatch(fill) for _, fill in SHADES)
        yield shapes_layer(
            plan,
            shapes.geometry[(shapes["level"] == level).to_numpy()].to_numpy(),
            properties,
            lambda feature: OUTLINE | {"fillColor": feature["properties"]["fill"]},
            name=layer_name(words.texts(f"levels.layer_{level}"), sample),
            show=False,
        )


def organisation_layer(content: PlanDocument, words: CardTexts) -> Layer | None:
    """Return the organisations with the station of each, those without in the colour of what is missing."""
    if "organisations" not in content:
        return None
    found, texts = content["organisations"], words.texts
    counts = {"count": texts.whole(found["organisations"]), "served": texts.whole(found["served"])}
    sample = swatch(ORGANISATION, look="dot") + swatch(shade(1.0), look="dot")
    layer = FeatureGroup(name=layer_name(texts("organisations.layer", **counts), sample), show=False)
    for row in found["assigned"]:
        rows = [(texts("organisations.column_kind"), row["kind"])]
        if row["reason"]:
            rows.append((texts("organisations.column_reason"), texts(f"organisations.reason_{row['reason']}")))
        else:
            rows.append((texts("organisations.column_station"), row["station_name"]))
        minutes = row["nearest_min"] if row["reason"] else row["walk_min"]
        if minutes is not None:
            head = "nearest_min" if row["reason"] else "walk_min"
            rows.append((texts(f"organisations.column_{head}"), texts.number(minutes, 1)))
        sign = swatch(shade(1.0) if row["reason"] else ORGANISATION, look="dot")
        number = _note(row["name"] or row["id"], rows, words)
        sign_at(row, sign, (PLACE_PX, PLACE_PX), "service", number, foot=PLACE_PX // 2, station=None).add_to(layer)
    return layer


def _coloured(plan: Plan, properties: list[dict[str, object]], name: str) -> Layer:
    return shapes_layer(
        plan,
        plan.inputs.communities.geometry.to_numpy(),
        properties,
        lambda feature: OUTLINE | {"fillColor": feature["properties"]["fill"]},
        name=name,
        show=False,
    )


def _cell(
    title: str,
    row: LedgerRow | None,
    shares: ServiceByCommunity,
    gap: HoursGap | None,
    follows: Markup,
    words: CardTexts,
    t: Translator,
) -> dict[str, object]:
    """Return the colour and the card of one cell of the ledger."""
    texts = words.texts
    rows = [
        (texts("services.column_people"), t.whole(shares["people"])),
        (texts("services.column_served"), t.whole(shares["people_served"])),
    ]
    share: float | None = 0.0 if shares["people"] > 0 else None
    if row is not None:
        share = row["missing_share"]
        rows += [
            (texts("services.column_missing"), t.whole(row["people_missing"])),
            (texts("services.column_reason"), texts(f"services.reason_{row['reason']}")),
            (texts("services.column_nearest"), row["nearest_name"] or t.unknown),
            (texts("services.column_mend"), mend_text(row, t)),
        ]
    if gap is not None:
        rows.append((texts("services.column_closed_at"), closed_at_text(gap, t)))
    return {"note": _note(title, rows, words, follows), "fill": shade(share)}


def _note(title: str, rows: list[tuple[str, str]], words: CardTexts, follows: Markup = AS_RUN) -> int:
    """Add a card; `follows` is what the page's script does with it where the choice is another than the run's."""
    lines = Markup("").join(Markup("<tr><th>{}</th><td>{}</td></tr>").format(*row) for row in rows)
    card = Markup('<div class="card"{}><h3>{}</h3><table>{}</table></div>').format(follows, title, lines)
    return words.add(title, card)
