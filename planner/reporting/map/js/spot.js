// What a spot has: who lives within reach of it, and the nearest open centre of each tier, with minutes and path.
import { make } from "./dom.js";
import { tenth, whole } from "./formats.js";
import { fromSteps } from "./packing.js";
import { walksOf } from "./walks.js";

/** @import { Model } from "./types" */
/** @import { Session } from "./session.js" */

/** @typedef {{ tier: string, station: number, minutes: number | null, ring: number, line: [number, number][] | null }} Nearest */

// A path is that of the run where both take as long: half a tenth, and rounding to centimetres.
const SAME_MINUTES = 0.07;
const SITE_TIER = "station";

/** @type {WeakMap<Model, ReturnType<typeof walksOf>>} */
const walks = new WeakMap();

/**
 * A table of who lives within each limit of a station, and of the nearest centres of the building next to a spot; with
 * the paths to these.
 * @param {Session} session
 * @param {number} station
 * @param {L.LatLng} place
 */
export const spotTable = (session, station, place) => {
  const { model, say, choice } = session;
  const { sets, reach } = model;
  const rings = sets.rings.length;
  /** @type {(ring: number) => string} */
  const within = (ring) => say("within", { minutes: sets.rings[ring] });
  /** @type {(head: string, text: string) => HTMLElement} */
  const line = (head, text) => make("tr", {}, make("th", { scope: "row" }, head), make("td", {}, text));
  const row = model.rowOf(choice, station);
  const lives = sets.limits.map((limit) => {
    let people = 0;
    for (let at = reach.start[row * rings]; at < reach.start[row * rings + limit + 1]; at++)
      people += model.people[reach.point[at]];
    return line(`${say("spot_lives")} ${within(limit)}`, whole(people));
  });
  const { home, metres } = homeOf(model, place);
  const near = nearestByTier(session, home);
  const centres = near.map(({ tier, nearest }) => {
    const minutes = nearest?.minutes ?? null;
    const text = nearest
      ? `${session.nameOf(nearest.station)} · ${minutes === null ? within(nearest.ring) : say("card_minutes", { value: tenth(minutes) })}`
      : say("spot_none", { minutes: sets.rings[rings - 1] });
    return line(say(`tier_${tier}`), text);
  });
  const from = make("caption", {}, say("spot_from", { metres: whole(metres) }));
  const services = servicesAt(model, home);
  const rows = services.map(({ name, limit, count, place, minutes, lacks }) => {
    const walk = place === null ? say("spot_out") : `${place} · ${say("card_minutes", { value: tenth(minutes) })}`;
    return line(name, lacks ? `${walk} · ${say("spot_lacks", { minutes: limit, count })}` : walk);
  });
  const caption = make("caption", {}, say("spot_services"));
  return {
    parts: [
      make("table", { class: "spot" }, ...lives),
      make("table", { class: "spot nearest" }, from, ...centres),
      ...(rows.length ? [make("table", { class: "spot services" }, caption, ...rows)] : []),
    ],
    paths: [
      ...near.flatMap(({ nearest }) => (nearest?.line ? [nearest.line] : [])),
      ...services.flatMap(({ path }) => (path ? [path] : [])),
    ],
  };
};

/**
 * The people who live next to a spot.
 * @param {Model} model
 * @param {L.LatLng} place
 */
const homeOf = ({ places, count }, place) => {
  const { x, y } = L.CRS.EPSG3857.latLngToPoint(place, 0);
  let [home, least] = [-1, Infinity];
  for (let i = 0; i < count.points; i++) {
    const away = Math.hypot(places.x[i] - x / 256, places.y[i] - y / 256);
    if (away < least) [home, least] = [i, away];
  }
  return { home, metres: least * 40075016.686 * Math.cos((place.lat * Math.PI) / 180) };
};

/**
 * @param {Model} model
 * @param {number} home
 * @returns {[lat: number, lon: number]}
 */
const placeOf = ({ sets: { demand } }, home) => [
  fromSteps(demand.lat)[home] / 1e6,
  fromSteps(demand.lon)[home] / 1e6,
];

/**
 * Of each tier the open centre that some people reach first; of several the first. New stations are stations.
 * @param {Session} session
 * @param {number} home
 */
export const nearestByTier = ({ model, choice }, home) => {
  const { sets, count } = model;
  const { tier: tiers, lat, lon } = sets.stations;
  /** @type {Map<string, { station: number, ring: number, minutes: number | null } | null>} */
  const found = new Map(tiers.map((tier) => [tier, null]));
  for (let station = 0; station < count.stations; station++) {
    if (!choice.on[station]) continue;
    const at = walkTo(model, model.rowOf(choice, station), home);
    if (!at) continue;
    const tier = tiers[station] ?? SITE_TIER;
    const best = found.get(tier);
    const isNearer = !best || at.ring < best.ring || (at.minutes ?? 0) < (best.minutes ?? 0);
    if (isNearer) found.set(tier, { station, ...at });
  }
  const most = sets.rings[sets.rings.length - 1];
  return [...found].map(([tier, nearest]) => {
    if (!nearest || nearest.minutes === null) return { tier, nearest: nearest && { ...nearest, line: null } };
    const { station, minutes } = nearest;
    const line = pathOf(model, [lat[station], lon[station]], home, minutes, most);
    return { tier, nearest: { ...nearest, line } };
  });
};

/**
 * The nearest facility of each service for some people, whether they lack the service, and the path within the limit.
 * @param {Model} model
 * @param {number} home
 */
export const servicesAt = (model, home) =>
  (model.sets.services ?? []).map(({ name, limit, count, tenths, nearest, lacking, names, lat, lon }) => {
    const minutes = fromSteps(tenths)[home] / 10;
    const lacks = fromSteps(lacking).includes(home);
    const number = fromSteps(nearest)[home];
    if (number < 0) return { name, limit, count, place: null, minutes, lacks, path: null };
    const at = /** @type {[number, number]} */ ([fromSteps(lat)[number] / 1e6, fromSteps(lon)[number] / 1e6]);
    const path = minutes <= limit ? pathOf(model, at, home, minutes, limit) : null;
    return { name, limit, count, place: names[number], minutes, lacks, path };
  });

/**
 * The path between a place and some people where it takes as long as the run says; null where it does not.
 * @param {Model} model
 * @param {[lat: number, lon: number]} at
 * @param {number} home
 * @param {number} minutes
 * @param {number} most
 */
const pathOf = (model, at, home, minutes, most) => {
  if (!model.sets.streets) return null;
  const search = walks.get(model) ?? walksOf(model.sets.streets);
  walks.set(model, search);
  const path = search(at, placeOf(model, home), most);
  return path !== null && Math.abs(path.minutes - minutes) <= SAME_MINUTES ? path.line : null;
};

/**
 * The limit within which a row reaches some people, and the minutes where the page has them; null out of reach.
 * @param {Model} model
 * @param {number} row
 * @param {number} home
 */
const walkTo = ({ sets, reach }, row, home) => {
  const rings = sets.rings.length;
  for (let ring = 0; ring < rings; ring++)
    for (let at = reach.start[row * rings + ring]; at < reach.start[row * rings + ring + 1]; at++)
      if (reach.point[at] === home) return { ring, minutes: reach.tenths ? reach.tenths[at] / 10 : null };
  return null;
};
