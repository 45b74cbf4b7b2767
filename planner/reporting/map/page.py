"""map.html: the plan as one page that opens and works without a network."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup

from planner.config.own_tables import read_own_scenes
from planner.config.sections.map import MapSettings
from planner.messages.catalogue import Texts, localized, unit_of_amount
from planner.messages.notices import input_kinds, input_name
from planner.messages.printable import replace_illegal
from planner.reporting.document.records.coverage import CoverageTotal
from planner.reporting.document.records.plan import Entry, PlanDocument
from planner.reporting.document.records.siting import Proposal
from planner.reporting.facility_text import scenario_notice
from planner.reporting.map.branch_choices import MOST_BRANCHES
from planner.reporting.map.elements import CardTexts, core_view, whole_view
from planner.reporting.map.folium_adapter import Begin, Start, base_map, offline_page
from planner.reporting.map.labels import places_to_find, street_names
from planner.reporting.map.layers import map_layers
from planner.reporting.map.legend import legend
from planner.reporting.map.packing import bundle_modules, pack
from planner.reporting.map.scenes import scenes
from planner.reporting.map.symbols import read_template, template_environment
from planner.reporting.map.whatif_data import what_if_data
from planner.reporting.programme_text import money_text
from planner.reporting.rounding import rate_text, weak_count_text
from planner.reporting.style import VERDICT_COLOURS
from planner.results import Plan
from planner.schemas.tables import TIERS

SHARED_WORDS = ("rate", "not_judged", "none_determined", *(f"tier_{tier}" for tier in TIERS))
OWN_WORDS = (
    "north",
    "zoom_in",
    "zoom_out",
    "whole_study",
    "core",
    "layers",
    "layers_hidden",
    "legend_size",
    "map",
    "sources",
    "unknown",
    "rate",
    "not_judged",
    "none_determined",
    "kpi_people_count",
    "kpi_uncovered",
    "kpi_weak",
    "kpi_without_centre",
    "kpi_opened",
    "percent_points",
    "needs_run",
    "card_as_run",
    "candidate",
    "changes",
    "changes_more",
    "undo",
    "closed",
    "opened",
    "own_choice",
    "this_choice",
    "close",
    "restore",
    "open",
    "withdraw",
    "would_gain",
    "community_now",
    "told_undo",
    "told_redo",
    "told_closed",
    "told_opened",
    "told_restored",
    "told_withdrawn",
    "told_scenario",
    "told_saved",
    "told_saved_without",
    "told_done",
    "told_undone",
    "carried_out",
    "further",
    "further_unknown",
    "comma",
    "curve",
    "curve_handle",
    "curve_here",
    "curve_bound",
    "legend_hexagon",
    "inset",
    "spot_lives",
    "spot_none",
    "spot_services",
    "spot_lacks",
    "spot_out",
    "spot_from",
    "card_minutes",
    "within",
    "told_loaded",
    "told_not_loaded",
    "measured",
    "measure_how",
    "measure_clear",
    "point_how",
    "point_none",
    "pointed_from",
    "find_nothing",
    "find_community",
    "find_centre",
    "find_street",
    "find_candidate",
)
"""The texts that the scripts say themselves, gaps and all."""


def draw_map(plan: Plan, content: PlanDocument) -> str:
    """Draw the map of a plan.

    The basemap is the study's own layers; nothing is loaded from anywhere. Every number shown is one of the
    document's, so that map, report and plan.json never differ.

    Parameters
    ----------
    plan
        Where the geometry comes from: simplified by at most half a metre, in degrees of six decimals.
    content
        Its document.

    Returns
    -------
    html
        The page. The same plan gives the same text.
    """
    words = CardTexts(Texts(plan.study.language))
    whole, tiles = whole_view(plan), tile_source(plan.study.map)
    sets = what_if_data(plan, content)
    drawing = base_map(whole[0])
    core = core_view(plan)
    Begin(core).add_to(drawing)
    with ThreadPoolExecutor(1) as beside:
        # Compressing is a quarter of the work, and leaves the interpreter to the rest.
        packed = beside.submit(pack, sets)
        layers = map_layers(plan, content, words)
        for _, layer in layers:
            layer.add_to(drawing)
    Start([layer for _, layer in layers], whole=whole, core=core).add_to(drawing)
    html = offline_page(
        drawing,
        title=str(Markup.escape(plan.study.name)),
        style=read_template("map.css"),
        script=bundle_modules("main.js"),
        body=_panel(
            content,
            words.texts,
            has_tiles=tiles is not None,
            needs_run=_needs_run(sets["judged"]["unfollowed"], words.texts),
        ),
        words={
            # Cards are half of the page as they stand, a fortieth of it compressed.
            "notes": pack(words.notes),
            "page": _page_words(words.texts),
            "colours": VERDICT_COLOURS,
            "scenes": scenes(content, words.texts, read_own_scenes(plan.study)),
            "legend": legend(layers, content, words.texts),
            "credit": str(Markup.escape(content["data"]["attribution"])),
            "sources": _sources(content, words.texts),
            "streets": street_names(plan),
            "places": places_to_find(plan, content),
            "curve": _curve(plan, content),
            "tiles": {name: getattr(tiles, name) for name in ("urls", "credit", "datum", "deepest")}
            if tiles
            else None,
        },
        images_from=tiles.origin if tiles else "",
        sets=packed.result(),
    )
    return replace_illegal(html.replace("<html>", f'<html lang="{plan.study.language}">', 1))


def _needs_run(unfollowed: Sequence[str], texts: Texts) -> str:
    """Return why the page shows no verdicts for other choices than today's; "" where it does."""
    reasons = [
        texts("maps.too_many_branches", most=MOST_BRANCHES) if one == "branch_of" else texts(f"measures.{one}")
        for one in unfollowed
    ]
    return texts("maps.verdicts_need_run", reasons=texts("maps.comma").join(reasons)) if reasons else ""


def _panel(content: PlanDocument, texts: Texts, *, has_tiles: bool, needs_run: str) -> str:
    """Return the panel of key figures and new sites, and the title block."""
    coverage = content["coverage"]
    standard = next(row for row in coverage["total"] if row["limit_min"] == coverage["standard_min"])
    proposals = content["siting"]["proposals"]
    best = proposals[-1] if proposals else None
    programme = content["programme"]
    return (
        template_environment(texts)
        .get_template("map_panel.html")
        .render(
            content=content,
            standard=standard,
            best=best,
            recommendation=_recommendation(content, standard, best, texts),
            money_unit=unit_of_amount(programme["unit"], texts) if programme else "",
            needs_run=needs_run,
            drawn=texts("maps.drawn_on_tiles" if has_tiles else "maps.drawn"),
            scenario=scenario_notice(content, texts),
            rate=lambda name: rate_text(content["diagnosis"]["rates"], name, texts),
            weak_communities=weak_count_text(
                len(content["diagnosis"]["weak_communities"]), content["diagnosis"]["rates"], texts
            ),
            modelled=texts("maps.comma").join(input_kinds(content["data"]["modelled"], texts)),
        )
    )


def _recommendation(content: PlanDocument, standard: CoverageTotal, best: Proposal | None, texts: Texts) -> str:
    """Return the one recommendation: the programme where there are funds, else the sites; "" without either."""
    programme, before = content["programme"], standard["people_share"]
    if before is None:
        return ""
    if programme and programme["projects"]:
        last = programme["years"][-1]
        (name,) = (scenario for scenario in content["scenarios"] if scenario["key"] == f"year_{last['year']}")
        return texts(
            "maps.recommend_programme",
            when=localized(name, texts.language),
            sites=len(last["sites"]),
            resolved=len(last["resolved"]),
            before=texts.percent(before),
            after=texts.percent((standard["people_covered"] + last["people_covered"]) / standard["people"]),
            cost=money_text(sum(year["spent"] for year in programme["years"])),
            unit=unit_of_amount(programme["unit"], texts),
        )
    if programme or best is None or not best["sites"]:
        return ""
    after = texts.percent(best["people_share_after"])
    return texts("maps.recommend_sites", sites=len(best["sites"]), before=texts.percent(before), after=after)


def _page_words(texts: Texts) -> dict[str, str]:
    """Return the words that the page's scripts need, with their gaps still open."""
    keys = dict.fromkeys((*OWN_WORDS, *SHARED_WORDS))
    return {key: texts.template(f"words.{key}" if key in SHARED_WORDS else f"maps.{key}") for key in keys}


def _curve(plan: Plan, content: PlanDocument) -> Entry:
    """Return the best gain by number of sites with its bound, and the sites of the best proposal by rank."""
    siting, first = content["siting"], len(plan.inputs.facilities)
    stations = {candidate["id"]: first + number for number, candidate in enumerate(siting["candidates"])}
    proposals = siting["proposals"]
    return {
        "points": [
            {"sites": one["sites"], "people": one["people_gained"], "bound": one["bound"]}
            for one in siting["curve"]
        ],
        "ranked": [stations[site["id"]] for site in proposals[-1]["sites"]] if proposals else [],
    }


SERVICE = "services."
"""What the names of layers of services begin with."""


def _sources(content: PlanDocument, texts: Texts) -> str:
    """Return where the layers come from, as one line of HTML."""
    credit = content["data"]["attribution"]
    said = [(source["layer"], _without(source["source"], credit)) for source in content["data"]["sources"]]
    # Services of one file would state the same of it, one after another.
    named = (
        (texts("words.input_services") if SERVICE in layer else input_name(layer, texts)) for layer, _ in said
    )
    layers = dict.fromkeys((name, text) for name, (_, text) in zip(named, said, strict=True) if text)
    stated = [*([credit] if credit else []), *(texts("maps.between").join(layer) for layer in layers)]
    line = texts("maps.semicolon").join(stated) or texts("maps.no_source")
    return str(Markup.escape(f"{texts('maps.sources')}{texts('maps.between')}{line}"))


def _without(source: str, credit: str) -> str:
    """Return a layer's source without the credit that stands before all."""
    return source.removesuffix(credit).rstrip("; ") if credit else source


OSM = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
AMAP = "https://webrd01.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}"
TIANDITU = (
    "https://t0.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)


@dataclass(frozen=True, slots=True)
class Tiles:
    """Source of map tiles."""

    urls: tuple[str, ...]
    """Templates with z, x and y, the lowest layer first."""
    credit: str
    """Who must be named on the map."""
    datum: str
    """``"wgs84"``, or ``"gcj02"``: the tiles are then moved under the drawing, not the drawing."""
    deepest: int
    """The largest zoom that there are tiles for."""

    @property
    def origin(self) -> str:
        """The scheme and host that the page may ask for images, and no other."""
        parts = urlsplit(self.urls[0])
        return f"{parts.scheme}://{parts.netloc}"


def tile_source(settings: MapSettings) -> Tiles | None:
    """Return the tiles that a study asks for, None where it asks for none.

    Examples
    --------
    >>> tile_source(MapSettings()) is None
    True
    >>> tile_source(MapSettings(tiles="osm")).origin
    'https://tile.openstreetmap.org'
    """
    match settings.tiles:
        case "none":
            return None
        case "osm":
            return Tiles((OSM,), "© OpenStreetMap contributors", "wgs84", 19)
        case "amap":
            return Tiles((AMAP,), "© 高德地图", "gcj02", 18)
        case "tianditu":
            urls = tuple(TIANDITU.format(layer=layer, key=settings.key) for layer in ("vec", "cva"))
            return Tiles(urls, "© 天地图", "wgs84", 18)
    return Tiles((settings.tiles,), urlsplit(settings.tiles).netloc, settings.datum, 19)
