// A cell of the report's matrix of services opens its map: map.html#service=canteen&community=W shows who lacks the
// service, and that community's card.
/** @import { LeafletMap, Sign } from "./types" */

/**
 * The cell that an address names, by service and community; "" where it names none.
 * @param {string} hash
 */
export const cellOf = (hash) => {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const [service, community] = [asked.get("service"), asked.get("community")];
  return service !== null && community !== null ? JSON.stringify([service, community]) : "";
};

const FADING_MS = 300;

/**
 * @param {LeafletMap} map
 * @param {Map<string, Sign>} cells by service and community
 * @param {L.Layer[]} layers
 */
export const prepareFocus = (map, cells, layers) => {
  const services = new Set(
    [...cells.values()].map((cell) => layers.find((layer) => /** @type {any} */ (layer).hasLayer?.(cell))),
  );
  const show = () => {
    const cell = /** @type {any} */ (cells.get(cellOf(window.location.hash)));
    if (!cell) return;
    const isOpen = Boolean(/** @type {any} */ (map)._popup?.isOpen());
    map.closePopup();
    // A card that fades away must be gone before its layer is.
    window.setTimeout(() => open(cell), isOpen ? FADING_MS : 0);
  };
  /** @param {any} cell */
  const open = (cell) => {
    for (const layer of services) {
      if (!layer) continue;
      if (/** @type {any} */ (layer).hasLayer(cell)) map.addLayer(layer).fire("overlayadd", { layer });
      else if (map.hasLayer(layer)) map.removeLayer(layer);
    }
    map.fitBounds(cell.getBounds(), { animate: false, padding: [40, 40] });
    cell.openPopup();
  };
  window.addEventListener("hashchange", show);
  show();
};
