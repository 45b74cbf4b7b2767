// What a spot has: who lives within reach of it, and the nearest open centre of each tier.
import { make } from "./dom.js";
import { whole } from "./formats.js";

/** @import { Session } from "./session.js" */

/**
 * A table of who lives within each limit of a station, and of the nearest centres of the building next to a spot.
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
  const near = nearestByTier(session, place);
  const centres = Object.entries(near).map(([tier, found]) => {
    const text = found
      ? `${session.nameOf(found.station)} · ${within(found.ring)}`
      : say("spot_none", { minutes: sets.rings[rings - 1] });
    return line(say(`tier_${tier}`), text);
  });
  return make("table", { class: "spot" }, ...lives, ...centres);
};

/**
 * Of each tier the open centre that the people next to a spot reach within the shortest limit; of several the first.
 * @param {Session} session
 * @param {L.LatLng} place
 */
const nearestByTier = ({ model, choice }, place) => {
  const { sets, reach, places } = model;
  const rings = sets.rings.length;
  const { x, y } = L.CRS.EPSG3857.latLngToPoint(place, 0);
  let [home, least] = [-1, Infinity];
  for (let i = 0; i < model.count.points; i++) {
    const away = Math.hypot(places.x[i] - x / 256, places.y[i] - y / 256);
    if (away < least) [home, least] = [i, away];
  }
  /** @type {Record<string, { station: number, ring: number } | null>} */
  const found = {};
  for (let station = 0; station < model.count.centres; station++) {
    const tier = sets.stations.tier[station];
    found[tier] ??= null;
    if (!choice.on[station]) continue;
    const row = model.rowOf(choice, station);
    for (let ring = 0; ring < (found[tier]?.ring ?? rings); ring++) {
      const members = reach.point.subarray(reach.start[row * rings + ring], reach.start[row * rings + ring + 1]);
      if (members.includes(home)) found[tier] = { station, ring };
    }
  }
  return found;
};
