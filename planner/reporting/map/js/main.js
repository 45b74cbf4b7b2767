// The page: what folium's drawing calls, and the start of every part.
import { Drawing, makePane } from "./canvas.js";
import { Cards } from "./cards.js";
import { prepareCharts } from "./charts.js";
import { prepareCompare } from "./compare.js";
import { addControls, popupOptions, prepareFold, showView } from "./controls.js";
import { byId, plainText } from "./dom.js";
import { Drawings } from "./drawing.js";
import { prepareFocus } from "./focus.js";
import { prepareInset } from "./inset.js";
import { layerList } from "./layer_list.js";
import { openModel } from "./model.js";
import { namesOf } from "./names.js";
import { readPacked } from "./packing.js";
import { preparePanel } from "./panel.js";
import { preparePlay } from "./play.js";
import { preparePrinting } from "./printing.js";
import { prepareProjects } from "./projects.js";
import { toScenarioFile } from "./scenario_file.js";
import { prepareScenes } from "./scenes.js";
import { prepareSearch } from "./search.js";
import { Session } from "./session.js";
import { prepareSteps } from "./steps.js";
import { layTiles } from "./tiles.js";
import { prepareTools } from "./tools.js";

/** @import { LeafletMap, Look, Sign, WhatIfData, Words } from "./types" */

// Above the service areas and below the candidates; above the signs.
const NAMES_LEVEL = 460;
// From here on signs are drawn in full size.
const NEAR_ZOOM = 15;
const DEEPEST_ZOOM = 19;
const MARKS_LEVEL = 620;

/**
 * Shows the projects of the years until the end of one; none for another choice.
 * @param {LeafletMap} map
 * @param {Session} session
 * @param {[scenario: number, layer: L.Layer][]} years
 */
const followYears = (map, session, years) => {
  let shown = 0;
  session.follow(() => {
    const { scenario } = session.choice;
    const place = scenario?.stop ? session.model.sets.scenarios.indexOf(scenario) : 0;
    if (place === shown) return;
    shown = place;
    for (const [from, layer] of years) {
      if (from <= place) map.addLayer(layer);
      else map.removeLayer(layer);
    }
  });
};

/**
 * The page as planner/reporting/map/folium_adapter.py draws it: a script of folium's, which calls these methods.
 */
class Page {
  /**
   * @param {Words} words
   * @param {WhatIfData} sets
   */
  constructor(words, sets) {
    this.words = words;
    this.sets = sets;
    /** @type {{ group: L.LayerGroup | null, places: [lat: number, lon: number, html: string][] }} */
    this.communities = { group: null, places: [] };
    /** @type {Map<string, Sign>} cells of services by service and community */
    this.cells = new Map();
    /** @type {import("./types").Say} */
    this.say = (key, values = {}) =>
      // As planner/messages/catalogue.py fills them: a value, or the first of two words where it is 1.
      words.page[key].replace(/\{(\w+)(?::\|([^|}]*)\|([^|}]*))?\}/g, (gap, name, one, many) =>
        !(name in values)
          ? gap
          : one === undefined
            ? String(values[name])
            : String(values[name]) === "1"
              ? one
              : many,
      );
    this.openModel = openModel;
  }

  /**
   * The view comes before the layers, so that each is placed once.
   * @param {LeafletMap} map
   * @param {L.LatLngBoundsLiteral} core
   */
  begin(map, core) {
    this.map = map;
    // Lines above the service areas, which would tint them; as SVG, so that the shapes below keep the mouse.
    map.createPane("above").style.zIndex = "415";
    this.above = L.svg({ pane: "above" });
    this.session = new Session(openModel(this.sets), this.say);
    this.cards = new Cards(map, this.session, this.words.colours);
    this.drawings = new Drawings(map, this.session);
    prepareFold(map);
    const settle = () => {
      map.invalidateSize({ animate: false });
      showView(map, core, { animate: false });
    };
    settle();
    // What is measured while the page is still being read may not be its final size.
    if (document.readyState !== "complete") window.addEventListener("load", settle, { once: true });
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  }

  /**
   * Tooltip and card of a layer, by their number among the page's words; its station by number.
   * @param {Sign} layer
   * @param {number} number
   * @param {number | null} station
   */
  note(layer, number, station = null) {
    const [tip, card] = this.words.notes[number];
    layer.station = station;
    if (station !== null && !this.cards?.ofStation.has(station)) this.cards?.ofStation.set(station, layer);
    const isMarker = layer instanceof L.Marker;
    if (isMarker) layer.on("add", () => layer.getElement()?.setAttribute("aria-label", plainText(tip)));
    const direction = isMarker ? "top" : "auto";
    if (tip) layer.bindTooltip(tip, { sticky: !isMarker, direction, opacity: 0.95 });
    if (card) layer.bindPopup(card, popupOptions(/** @type {LeafletMap} */ (this.map)));
  }

  /**
   * @param {{ properties: Record<string, any> }} feature
   * @param {Sign & { options: L.PathOptions }} layer
   */
  describe({ properties }, layer) {
    if (properties.above) layer.options.renderer = this.above;
    if ("note" in properties) this.note(layer, properties.note);
    if ("cell" in properties) this.cells.set(JSON.stringify(properties.cell), layer);
    if ("community" in properties) this.cards?.ofCommunity.set(properties.community, layer);
  }

  /**
   * @param {L.LayerGroup} group
   * @param {[lat: number, lon: number, number: number][]} places
   * @param {string} look
   */
  labels(group, places, look) {
    if (look === "community-name") {
      this.communities = {
        group,
        places: places.map(([lat, lon, number]) => [lat, lon, this.words.notes[number][0]]),
      };
      return;
    }
    for (const [lat, lon, number] of places) {
      const html = `<span>${this.words.notes[number][0]}</span>`;
      const icon = L.divIcon({ html, className: `name ${look}`, iconSize: [0, 0] });
      const options = { icon, interactive: false, keyboard: false, zIndexOffset: -2000 };
      L.marker([lat, lon], options).addTo(group);
    }
  }

  /**
   * @param {string} kind
   * @param {Look} look
   * @param {number} level
   */
  live(kind, look, level) {
    return this.drawings?.layer(kind, look, level);
  }

  /**
   * @param {any[]} layers from the bottom up
   * @param {[scenario: number, layer: L.Layer][]} years layers that are shown from a scenario on
   * @param {L.LatLngBoundsLiteral} whole
   * @param {L.LatLngBoundsLiteral} core
   */
  start(layers, years, whole, core) {
    const { map, session, cards, drawings, words } = this;
    if (!map || !session || !cards || !drawings) throw new Error("the map has not begun");

    // One canvas draws in the order of arrival: a layer that is switched on again must go back to its place.
    map.on("overlayadd", () => {
      for (const layer of layers) if (layer.bringToFront && map.hasLayer(layer)) layer.bringToFront();
    });
    const showNear = () => map.getContainer().classList.toggle("near", map.getZoom() >= NEAR_ZOOM);
    map.on("zoomend", showNear);
    addControls(map, whole, core, words, layerList(map, layers, words.legend, session.model, this.say));
    map.setMaxZoom(DEEPEST_ZOOM);
    map.setMinZoom(map.getBoundsZoom(whole) - 1);
    map.setMaxBounds(L.latLngBounds(whole).pad(1));
    showNear();
    if (words.tiles) layTiles(map, words.tiles);
    const marks = drawings.layer("marks", {}, MARKS_LEVEL).addTo(map);
    makePane(map, "names", NAMES_LEVEL);
    const { group, places } = this.communities;
    const hasCommunities = () => group !== null && map.hasLayer(group);
    const given = { streets: words.streets, communities: places };
    const names = new Drawing(namesOf(given, session.model, hasCommunities), { pane: "names" }).addTo(map);
    group?.on("add remove", () => names.repaint());
    prepareInset(map, session, whole, words.colours, () => showView(map, whole));
    prepareSearch(map, words.places, cards, this.say);
    this.printing = preparePrinting(map, whole, this.say);
    preparePanel(session);
    prepareProjects(session);
    preparePlay(session, () => drawings.repaintKind("reached"));
    prepareCharts(session, cards, words.curve, () => marks.repaint());
    prepareCompare(map, session, drawings);
    prepareTools(map, session, () => marks.repaint());
    followYears(map, session, years);
    prepareSteps(session);
    const listed = words.legend.layers.map(({ group, kind }, place) => ({ layer: layers[place], group, kind }));
    if (words.scenes.length) prepareScenes(map, session, words.scenes, listed, core);
    session.changed();
    prepareFocus(map, this.cells, layers);
    document.body.dataset.drawn = "yes";
  }

  /** The choice as it would be saved. */
  saved() {
    return this.session && toScenarioFile(this.session.model, this.session.choice);
  }
}

/**
 * Reads the blocks of the page, then draws: folium's script calls the page as `planner`.
 * @param {(planner: Page) => void} draw
 */
export const run = async (draw) => {
  const words = JSON.parse(byId("planner-words").textContent ?? "");
  words.notes = await readPacked(words.notes);
  const sets = await readPacked(byId("planner-sets").textContent ?? "");
  const planner = new Page(words, sets);
  Object.assign(window, { planner });
  draw(planner);
};
