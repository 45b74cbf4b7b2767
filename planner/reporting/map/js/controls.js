// Views, scale, north and the other handles on the map.
import { byId, isNarrow } from "./dom.js";

/** @import { LeafletMap, Words } from "./types" */

const VIEWS = {
  whole: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  core: "M12 3v4M12 17v4M3 12h4M17 12h4M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8",
};
const LAYER_LIST_PIXELS = 230;
const TALL_PIXELS = 900;

/**
 * A part of the page as a control of the map, which keeps clicks and the wheel.
 * @param {L.ControlPosition} position
 * @param {HTMLElement} element
 */
const control = (position, element) => {
  const made = new L.Control({ position });
  made.onAdd = () => {
    L.DomEvent.disableClickPropagation(element);
    L.DomEvent.disableScrollPropagation(element);
    return element;
  };
  return made;
};

/**
 * @param {keyof typeof VIEWS} name
 * @param {string} title
 * @param {() => void} act
 */
const viewButton = (name, title, act) => {
  const button = L.DomUtil.create("a", name);
  button.href = "#";
  button.title = title;
  button.setAttribute("role", "button");
  button.setAttribute("aria-label", title);
  button.innerHTML =
    `<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path d="${VIEWS[name]}" fill="none" ` +
    'stroke="#222" stroke-width="2"/></svg>';
  L.DomEvent.on(button, "click", (event) => {
    L.DomEvent.preventDefault(event);
    act();
  });
  return button;
};

/** @param {string} letter */
const northArrow = (letter) => {
  const element = L.DomUtil.create("div", "north");
  element.innerHTML =
    '<svg viewBox="0 0 24 34" width="26" height="36" aria-hidden="true"><path d="M12 1L20 31L12 25Z" fill="#222"/>' +
    '<path d="M12 1L4 31L12 25Z" fill="#fff" stroke="#222"/></svg>';
  element.append(letter);
  return element;
};

/**
 * Shows a part of the world: the list of layers at the right and the sources at the bottom hide what is under them.
 * @param {LeafletMap} map
 * @param {L.LatLngBoundsLiteral} box
 * @param {L.FitBoundsOptions} options
 */
export const showView = (map, box, options = {}) => {
  const right = map.getSize().x > 3 * LAYER_LIST_PIXELS ? LAYER_LIST_PIXELS : 10;
  map.fitBounds(box, { paddingTopLeft: [10, 10], paddingBottomRight: [right, 42], ...options });
};

/**
 * How a card opens: beside the handles at the left and the list of layers at the right, where there is room.
 * @param {LeafletMap} map
 * @returns {L.PopupOptions}
 */
export const popupOptions = (map) => {
  const { x, y } = map.getSize();
  const isWide = x > 3 * LAYER_LIST_PIXELS;
  return {
    minWidth: Math.min(270, x - 60),
    maxWidth: Math.min(340, x - 60),
    maxHeight: Math.max(Math.min(400, y - 150), 120),
    autoPanPaddingTopLeft: [isWide ? 56 : 10, 12],
    autoPanPaddingBottomRight: [isWide ? LAYER_LIST_PIXELS + 24 : 10, 48],
  };
};

/**
 * @param {LeafletMap} map
 * @param {L.LatLngBoundsLiteral} whole
 * @param {L.LatLngBoundsLiteral} core
 * @param {Words} words
 * @param {HTMLElement} list of layers
 */
export const addControls = (map, whole, core, { page, credit, sources }, list) => {
  L.control.zoom({ position: "topleft", zoomInTitle: page.zoom_in, zoomOutTitle: page.zoom_out }).addTo(map);
  const bar = L.DomUtil.create("div", "leaflet-bar");
  bar.append(
    viewButton("whole", page.whole_study, () => showView(map, whole)),
    viewButton("core", page.core, () => showView(map, core)),
  );
  for (const element of [bar, byId("tools"), northArrow(page.north), byId("tool-card")])
    control("topleft", element).addTo(map);
  L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 160 }).addTo(map);
  // Whose data must be named stays in sight; the sources of all layers open on demand, and print.
  const summary = credit ? `${credit} · ${page.sources}` : page.sources;
  L.control
    .attribution({ position: "bottomright", prefix: false })
    .addAttribution(`<details class="sources"><summary>${summary}</summary>${sources}</details>`)
    .addTo(map);
  const side = L.DomUtil.create("div", "leaflet-control-layers legend");
  const title = byId("title-block");
  if (window.innerHeight >= TALL_PIXELS && !isNarrow()) title.setAttribute("open", "");
  side.append(list, title);
  control("topright", side).addTo(map);

  // The legend ends above the sources, however many lines they take.
  const line = /** @type {HTMLElement} */ (map.getContainer().querySelector(".leaflet-control-attribution"));
  new ResizeObserver(() => {
    document.body.style.setProperty("--sources", `${line.offsetHeight}px`);
  }).observe(line);
  map.getContainer().setAttribute("aria-label", page.map);
  map.getContainer().setAttribute("role", "application");
};

/** @param {LeafletMap} map */
export const prepareFold = (map) => {
  const fold = byId("fold");
  fold.addEventListener("click", () => {
    const folded = document.body.classList.toggle("folded");
    fold.setAttribute("aria-expanded", String(!folded));
    map.invalidateSize({ animate: false });
  });
  // On a narrow screen the panel would cover the map.
  if (isNarrow()) fold.click();
};
