// Printing: the page takes the size of the sheet before it is printed, so that the map is drawn for it.
import { byId, make } from "./dom.js";
import { whole } from "./formats.js";

/** @import { LeafletMap, Say } from "./types" */

const SHEET_PIXELS_A_METRE = 96 / 0.0254;
const EQUATOR_METRES = 40075016.686;
const ROUND_SCALES = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 10];
// The list of changes stands below the map, in columns; rows of more would take the map's place.
const COLUMNS = 3;
const MOST_CHANGES = 27;
const LEAST_ZOOM = 0.6;

/**
 * Metres on the ground for one on the sheet.
 * @param {L.LatLng} center
 * @param {number} zoom
 */
const scaleAt = ({ lat }, zoom) =>
  ((EQUATOR_METRES * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** zoom)) * SHEET_PIXELS_A_METRE;

/**
 * The next round scale at which all is seen that is seen at another.
 * @param {number} scale
 */
const roundScale = (scale) => {
  const power = 10 ** Math.floor(Math.log10(scale));
  return power * /** @type {number} */ (ROUND_SCALES.find((step) => step * power >= scale * (1 - 1e-9)));
};

/**
 * Makes what stands in a part of the sheet smaller until the part holds it.
 * @param {HTMLElement} part
 */
const shrink = (part) => {
  const { width } = part.getBoundingClientRect();
  for (let zoom = 0.95; zoom >= LEAST_ZOOM && part.scrollHeight > part.clientHeight; zoom -= 0.05) {
    part.style.setProperty("zoom", String(zoom));
    part.style.width = `${width / zoom}px`;
  }
};

/**
 * @param {LeafletMap} map
 * @param {L.LatLngBoundsLiteral} study
 * @param {Say} say
 */
export const preparePrinting = (map, study, say) => {
  const browser = /** @type {{ retina: boolean }} */ (L.Browser);
  const isDense = browser.retina;
  const frame = /** @type {HTMLElement} */ (document.querySelector("main"));
  const legend = /** @type {HTMLElement} */ (document.querySelector(".legend"));
  const corner = /** @type {HTMLElement} */ (legend.parentElement);
  const columns = [byId("panel"), legend];
  /** @type {{ center: L.LatLng, zoom: number, snap: number | undefined } | null} */
  let before = null;
  /** @type {Element[]} */
  let folded = [];
  /** @type {[canvas: HTMLCanvasElement, copy: HTMLCanvasElement][]} */
  let copies = [];

  const listChanges = () => {
    const rows = [...byId("changes").children];
    const isCut = rows.length > MOST_CHANGES;
    const shown = isCut ? MOST_CHANGES - 1 : rows.length;
    const list = make("ul", { id: "sheet-changes" });
    // The name of a row, without its button.
    for (const row of rows.slice(0, shown)) list.append(make("li", {}, row.firstChild?.textContent ?? ""));
    if (isCut) list.append(make("li", {}, say("changes_more", { count: rows.length - shown })));
    list.style.columnCount = String(COLUMNS);
    const title = make("h2", {}, byId("changes-count").textContent ?? "");
    if (rows.length) frame.append(make("section", { id: "sheet-foot" }, title, list));
  };

  /** What is seen of the study: the frame is for that, not for the land around. */
  const seenOfStudy = () => {
    const [seen, all] = [map.getBounds(), L.latLngBounds(study)];
    const [south, west] = [Math.max(seen.getSouth(), all.getSouth()), Math.max(seen.getWest(), all.getWest())];
    const [north, east] = [Math.min(seen.getNorth(), all.getNorth()), Math.min(seen.getEast(), all.getEast())];
    return south < north && west < east
      ? L.latLngBounds([
          [south, west],
          [north, east],
        ])
      : seen;
  };

  const lay = () => {
    if (before) return;
    const bounds = seenOfStudy();
    before = { center: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap };
    document.body.classList.add("sheet");
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.setAttribute("open", "");
    frame.after(legend);
    listChanges();
    for (const column of columns) shrink(column);
    map.invalidateSize({ animate: false });
    map.options.zoomSnap = 0;
    const center = bounds.getCenter();
    const fitting = scaleAt(center, map.getBoundsZoom(bounds, false, L.point(24, 24)));
    const scale = roundScale(fitting);
    map.setView(center, Math.log2(scaleAt(center, 0) / scale), { animate: false });
    byId("sheet-scale").textContent =
      `1 : ${whole(Math.round(scaleAt(map.getCenter(), map.getZoom()) / 10) * 10)}`;
    // Twice as dense as the screen, for paper.
    browser.retina = true;
    map.fire("moveend");
    // A canvas is printed by carrying out again what was ever drawn on it, on white paper, clearing included,
    // which paints white over what lies below. A fresh copy has nothing to clear.
    const pane = /** @type {HTMLElement} */ (map.getPane("mapPane"));
    copies = [...pane.querySelectorAll("canvas")].map((canvas) => {
      const copy = /** @type {HTMLCanvasElement} */ (canvas.cloneNode());
      copy.getContext("2d")?.drawImage(canvas, 0, 0);
      canvas.after(copy);
      canvas.hidden = true;
      return [canvas, copy];
    });
  };
  const restore = () => {
    if (!before) return;
    document.body.classList.remove("sheet");
    document.getElementById("sheet-foot")?.remove();
    corner.prepend(legend);
    for (const { style } of columns) {
      style.removeProperty("zoom");
      style.removeProperty("width");
    }
    map.options.zoomSnap = before.snap;
    for (const one of folded) one.removeAttribute("open");
    browser.retina = isDense;
    for (const [canvas, copy] of copies) {
      copy.remove();
      canvas.hidden = false;
    }
    map.invalidateSize({ animate: false });
    map.setView(before.center, before.zoom, { animate: false });
    map.fire("moveend");
    before = null;
  };
  window.addEventListener("beforeprint", lay);
  window.addEventListener("afterprint", restore);
  byId("print").addEventListener("click", () => window.print());
  return { lay, restore };
};
