// Finding a community, a centre, a street or a candidate by its name.
import { byId, inputById, make } from "./dom.js";

/** @import { LeafletMap, PlaceToFind, Say } from "./types" */
/** @import { Cards } from "./cards.js" */

const MOST_HITS = 12;
const CLOSE_ZOOM = 16;

/**
 * Places whose name or code holds a text, those first whose name begins with it.
 * @param {PlaceToFind[]} places
 * @param {string} text
 */
export const placesNamed = (places, text) => {
  const wanted = text.trim().toLocaleLowerCase();
  if (!wanted) return [];
  /** @type {(place: PlaceToFind) => number} */
  const rank = ([name]) => (name.toLocaleLowerCase().startsWith(wanted) ? 0 : 1);
  const hits = places.filter(([name, , , , , , code]) => `${name} ${code}`.toLocaleLowerCase().includes(wanted));
  return hits.sort((a, b) => rank(a) - rank(b)).slice(0, MOST_HITS);
};

/**
 * @param {LeafletMap} map
 * @param {PlaceToFind[]} places
 * @param {Cards} cards
 * @param {Say} say
 */
export const prepareSearch = (map, places, cards, say) => {
  const [field, list] = [inputById("find"), byId("found")];
  /** @type {PlaceToFind[]} */
  let hits = [];
  let chosen = -1;

  /** @param {number} place */
  const mark = (place) => {
    chosen = place;
    const options = [...list.children];
    options.forEach((option, i) => {
      option.setAttribute("aria-selected", String(i === chosen));
    });
    field.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
    options[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    hits = [];
    list.replaceChildren();
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    mark(-1);
  };
  /** @param {PlaceToFind} place */
  const go = ([name, , lat, lon, station, community]) => {
    field.value = name;
    close();
    map.setView([lat, lon], Math.max(map.getZoom(), CLOSE_ZOOM), { animate: false });
    if (station !== null) cards.openStation(station, [lat, lon]);
    else if (community !== null) cards.openCommunity(community);
    else
      L.popup()
        .setLatLng([lat, lon])
        .setContent(make("b", {}, name))
        .openOn(map);
  };
  const look = () => {
    close();
    if (!field.value.trim()) return;
    hits = placesNamed(places, field.value);
    const options = hits.map((place, i) => {
      const kind = make("small", {}, say(`find_${place[1]}`));
      const attributes = { role: "option", id: `found-${i}`, "aria-selected": "false" };
      const option = make("li", attributes, make("span", {}, place[0]), kind);
      option.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        go(place);
      });
      return option;
    });
    list.replaceChildren(...options);
    if (!hits.length) list.append(make("li", { class: "none" }, say("find_nothing")));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    if (hits.length) mark(0);
  };
  field.addEventListener("input", look);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" && hits.length) mark((chosen + 1) % hits.length);
    else if (event.key === "ArrowUp" && hits.length) mark((chosen + hits.length - 1) % hits.length);
    else if (event.key === "Enter" && hits[chosen]) go(hits[chosen]);
    else return;
    event.preventDefault();
  });
};
