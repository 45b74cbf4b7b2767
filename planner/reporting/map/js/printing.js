// Printing: the page takes the size of the sheet before it is printed, so that the map is drawn for it.
import { byId } from "./dom.js";
import { whole } from "./formats.js";

/** @import { LeafletMap } from "./types" */

const SHEET_PIXELS_A_METRE = 96 / 0.0254;
const EQUATOR_METRES = 40075016.686;

/** @param {LeafletMap} map */
export const preparePrinting = (map) => {
  const browser = /** @type {{ retina: boolean }} */ (L.Browser);
  const isDense = browser.retina;
  /** @type {{ center: L.LatLng, zoom: number } | null} */
  let before = null;
  /** @type {Element[]} */
  let folded = [];
  /** @type {[canvas: HTMLCanvasElement, copy: HTMLCanvasElement][]} */
  let copies = [];

  const lay = () => {
    if (before) return;
    const bounds = map.getBounds();
    before = { center: map.getCenter(), zoom: map.getZoom() };
    document.body.classList.add("sheet");
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.setAttribute("open", "");
    map.invalidateSize({ animate: false });
    map.fitBounds(bounds, { animate: false });
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
    const { lat } = map.getCenter();
    const ground = (EQUATOR_METRES * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** map.getZoom());
    const scale = Math.round((ground * SHEET_PIXELS_A_METRE) / 100) * 100;
    byId("sheet-scale").textContent = `1 : ${whole(scale)}`;
  };
  const restore = () => {
    if (!before) return;
    document.body.classList.remove("sheet");
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
