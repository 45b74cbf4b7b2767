// The legend: the layers that are shown in groups that fold, each with what its colours mean; below it the others.
import { isNarrow, make } from "./dom.js";
import { whole } from "./formats.js";
import { FAR_METRES, HEXAGON_COLOURS, hexagonsAt } from "./hexagons.js";

/** @import { LeafletMap, Legend, LegendKey, Model, Say } from "./types" */

const LEAST_PIXELS = 5;
const TALL_PIXELS = 900;
// Groups that are open on a low screen too.
const FIRST = ["proposals", "centres", "coverage", "people"];

/** @param {LegendKey[]} keys */
const keyList = (keys) => {
  const list = make("ul", { class: "keys" });
  // Samples are the planner's own HTML.
  for (const [sample, text] of keys) {
    const item = make("li", {}, make("span", { class: "sign" }), text);
    /** @type {Element} */ (item.firstElementChild).innerHTML = sample;
    list.append(item);
  }
  return list;
};

/**
 * The radius in pixels of a circle for a round number of people that is large enough to be seen.
 * @param {number} pixels of the radius for one person
 * @returns {[people: number, pixels: number]}
 */
export const sizeSample = (pixels) => {
  const least = Math.max((LEAST_PIXELS / pixels) ** 2, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const people = [1, 2, 5, 10].map((step) => step * power).find((value) => value >= least) ?? least;
  return [people, pixels * Math.sqrt(people)];
};

/**
 * Circles for a round number of people, or the colours of hexagons, drawn anew with every zoom.
 * @param {LeafletMap} map
 * @param {number} metres
 * @param {Model | null} model of people who are drawn in hexagons when far
 * @param {Say} say
 */
const sizeKey = (map, metres, model, say) => {
  const circle = make("i", { class: "size" });
  const text = make("span");
  const size = make("li", {}, make("span", { class: "sign" }, circle), text);
  const colours = (model ? HEXAGON_COLOURS : []).map((colour) => {
    const [sample, label] = [make("i", { class: "hexagon", style: `--colour:${colour}` }), make("span")];
    return { row: make("li", {}, make("span", { class: "sign" }, sample), label), label };
  });
  const show = () => {
    const latitude = (map.getCenter().lat * Math.PI) / 180;
    const metresPerPixel = (40075016.686 * Math.cos(latitude)) / (256 * 2 ** map.getZoom());
    const isFar = model !== null && metresPerPixel > FAR_METRES;
    size.hidden = isFar;
    for (const { row } of colours) row.hidden = !isFar;
    if (isFar) {
      const { from } = hexagonsAt(model, map.getZoom());
      const least = [1, ...from];
      colours.forEach(({ label }, place) => {
        label.textContent = say("legend_hexagon", { people: `≥ ${whole(least[place])}` });
      });
      return;
    }
    const [people, radius] = sizeSample(metres / metresPerPixel);
    circle.style.width = circle.style.height = `${2 * radius}px`;
    text.textContent = say("legend_size", { people: whole(people) });
  };
  map.on("zoomend", show);
  show();
  return [size, ...colours.map(({ row }) => row)];
};

/**
 * @param {LeafletMap} map
 * @param {L.Layer[]} layers from the bottom up
 * @param {Legend} legend
 * @param {Model} model
 * @param {Say} say
 */
export const layerList = (map, layers, legend, model, say) => {
  const list = make("details", { id: "layers" }, make("summary", {}, make("h2", {}, say("layers"))));
  if (!isNarrow()) list.setAttribute("open", "");
  /** @type {Map<string, Element>} */
  const homes = new Map();
  for (const { key, title, keys } of legend.groups) {
    const group = make("details", { class: "group" }, make("summary", {}, title));
    if (FIRST.includes(key) || window.innerHeight >= TALL_PIXELS) group.setAttribute("open", "");
    const rows = make("div");
    homes.set(key, rows);
    group.append(rows);
    if (keys.length) group.append(keyList(keys));
    list.append(group);
  }
  const title = make("summary");
  const hidden = make("details", { id: "hidden-layers" }, title, make("div"));
  list.append(hidden);
  const rows = legend.layers.map((entry, place) => rowOf(map, layers[place], entry, model, say));
  oneShadeAtATime(map, layers, legend, rows);
  const settle = () => {
    // Nothing moves away under the pointer, or from the keyboard's focus.
    if (list.matches(":hover") || list.querySelector(":focus-visible")) return;
    const places = [hidden.lastElementChild, ...homes.values()].map((home) => /** @type {Element} */ (home));
    const inside = new Map(places.map((home) => [home, /** @type {Element[]} */ ([])]));
    // From the top of the map down.
    for (const [place, { row, isShown }] of [...rows.entries()].reverse())
      inside
        .get(isShown() ? /** @type {Element} */ (homes.get(legend.layers[place].group)) : places[0])
        ?.push(row);
    for (const [home, its] of inside)
      if (its.length !== home.childElementCount || its.some((row, place) => home.children[place] !== row))
        home.replaceChildren(...its);
    hidden.hidden = !places[0].childElementCount;
    title.textContent = say("layers_hidden", { count: places[0].childElementCount });
  };
  // Once for all layers that change together.
  let isWaiting = false;
  const settleSoon = () => {
    if (isWaiting) return;
    isWaiting = true;
    queueMicrotask(() => {
      isWaiting = false;
      settle();
    });
  };
  for (const layer of layers) layer.on("add remove", settleSoon);
  list.addEventListener("pointerleave", settle);
  list.addEventListener("focusout", () => setTimeout(settle));
  settle();
  return list;
};

/**
 * A shaded map is read alone: it takes away the others, and what would lie on it; unticked, it gives that back.
 * @param {LeafletMap} map
 * @param {L.Layer[]} layers
 * @param {Legend} legend
 * @param {{ box: HTMLInputElement }[]} rows
 */
const oneShadeAtATime = (map, layers, legend, rows) => {
  const isShade = (/** @type {number} */ place) => legend.layers[place].group === "shades";
  /** @param {Legend["layers"][0]} entry */
  const hides = ({ group, kind }) => group === "shades" || group === "coverage" || kind === "uncovered";
  /** @type {Set<number>} */
  const taken = new Set();
  map.on("overlayadd", ({ layer }) => {
    const place = layers.indexOf(layer);
    if (place < 0 || !isShade(place)) return;
    for (const [other, one] of layers.entries())
      if (other !== place && hides(legend.layers[other]) && map.hasLayer(one)) {
        map.removeLayer(one);
        if (!isShade(other)) taken.add(other);
      }
  });
  for (const [place, { box }] of rows.entries())
    box.addEventListener("change", () => {
      if (box.checked || !isShade(place)) return;
      for (const other of taken) map.addLayer(layers[other]).fire("overlayadd", { layer: layers[other] });
      taken.clear();
    });
};

/**
 * A layer with its box, and its keys while it is shown.
 * @param {LeafletMap} map
 * @param {L.Layer} layer
 * @param {Legend["layers"][0]} entry
 * @param {Model} model
 * @param {Say} say
 */
const rowOf = (map, layer, { name, kind, keys, metres }, model, say) => {
  const box = /** @type {HTMLInputElement} */ (make("input", { type: "checkbox" }));
  const text = make("span");
  text.innerHTML = name;
  const label = make("label", {}, box, text);
  const details = keyList(keys);
  if (metres) details.append(...sizeKey(map, metres, kind === "uncovered" ? model : null, say));
  const follow = () => {
    box.checked = map.hasLayer(layer);
    label.classList.toggle("off", !box.checked);
    details.hidden = !box.checked || !details.childElementCount;
  };
  layer.on("add remove", follow);
  box.addEventListener("change", () => {
    if (box.checked) map.addLayer(layer).fire("overlayadd", { layer });
    else map.removeLayer(layer);
  });
  follow();
  return { box, row: make("div", { class: "layer" }, label, details), isShown: () => map.hasLayer(layer) };
};
