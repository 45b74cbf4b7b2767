// Tools on the map: measuring, and pointing at a spot to see who would gain there.
import { switchFor } from "./cards.js";
import { byId, make } from "./dom.js";
import { whole } from "./formats.js";
import { geodesic } from "./geodesic.js";
import { spotTable } from "./spot.js";

/** @import { LeafletMap } from "./types" */
/** @import { Session } from "./session.js" */

const MOST_COMMUNITIES = 4;
const GRIP_PIXELS = 18;

/** @param {...HTMLElement} inside */
const showCard = (...inside) => {
  const card = byId("tool-card");
  const isFocused = card.contains(document.activeElement);
  card.replaceChildren(...inside);
  card.hidden = inside.length === 0;
  if (isFocused) card.querySelector("button")?.focus({ preventScroll: true });
};

/**
 * A tool that measures along straight lines between clicks.
 * @param {LeafletMap} map
 * @param {Session} session
 */
const measuringTool = (map, session) => {
  const { say } = session;
  /** @type {L.LatLng[]} */
  let places = [];
  /** @type {L.FeatureGroup | null} */
  let drawn = null;

  const draw = () => {
    drawn?.remove();
    const look = { interactive: false, pane: "marks" };
    const corner = { radius: 4, color: "#111", fillColor: "#fff", fillOpacity: 1, weight: 2, ...look };
    drawn = places.length
      ? L.featureGroup([
          L.polyline(places, { color: "#fff", weight: 6, ...look }),
          L.polyline(places, { color: "#111", weight: 3, dashArray: "7 4", ...look }),
          ...places.map((place) => L.circleMarker(place, corner)),
        ]).addTo(map)
      : null;
  };
  const show = () => {
    draw();
    const steps = places.slice(1).map((place, i) => geodesic(places[i], place));
    const total = steps.reduce((sum, step) => sum + step, 0);
    const clear = make("button", { type: "button" }, say("measure_clear"));
    clear.addEventListener("click", (event) => {
      event.stopPropagation();
      places = [];
      show();
    });
    const length = say("measured", { total: total.toFixed(1), last: (steps.at(-1) ?? 0).toFixed(1) });
    showCard(make("p", {}, make("b", { "data-metres": total }, length)), make("p", {}, say("measure_how")), clear);
  };
  return {
    begin: show,
    /** @param {L.LatLng} place */
    use: (place) => {
      places.push(place);
      show();
    },
    end: () => {
      places = [];
      draw();
    },
  };
};

/**
 * A tool that tells who would gain at the candidate nearest to a spot.
 * @param {LeafletMap} map
 * @param {Session} session
 * @param {() => void} repaint
 */
const pointingTool = (map, session, repaint) => {
  const { say, model } = session;
  /** @type {ReturnType<Session["nearestCandidate"]>} */
  let at = null;
  /** @type {L.LatLng | null} */
  let spot = null;
  let isActive = false;
  const drawn = L.featureGroup();

  const show = () => {
    drawn.clearLayers();
    if (!isActive) return;
    if (!at || !spot) return showCard(make("p", {}, say("point_how")));
    const { parts, paths } = spotTable(session, at.station, spot);
    const look = { interactive: false, pane: "marks", lineCap: /** @type {const} */ ("round") };
    for (const line of paths) L.polyline(line, { color: "#fff", weight: 7, ...look }).addTo(drawn);
    for (const line of paths)
      L.polyline(line, { color: "#5b2a86", weight: 3.5, dashArray: "1 6", className: "path", ...look }).addTo(
        drawn,
      );
    const gain = model.gain(session.choice, at.station);
    const rows = gain.byCommunity.slice(0, MOST_COMMUNITIES).map(([community, people]) => {
      const name = make("th", { scope: "row" }, model.sets.communities.name[community]);
      return make("tr", {}, name, make("td", {}, whole(people)));
    });
    showCard(
      make("h3", {}, session.nameOf(at.station)),
      make("p", {}, say("pointed_from", { metres: whole(at.metres) })),
      make("p", {}, make("b", { "data-gain": gain.people }, say("would_gain", { people: whole(gain.people) }))),
      make("table", {}, ...rows),
      switchFor(session, at.station),
      ...parts,
    );
  };
  session.follow(show);
  return {
    begin: () => {
      isActive = true;
      drawn.addTo(map);
      show();
    },
    /** @param {L.LatLng} place */
    use: (place) => {
      const found = session.nearestCandidate(place);
      if (!found) return showCard(make("p", {}, say("point_none")));
      [at, spot] = [found, place];
      session.pointAt(found.station);
      repaint();
      show();
    },
    end: () => {
      [at, spot, isActive] = [null, null, false];
      drawn.clearLayers().remove();
      session.pointAt(null);
      repaint();
    },
    /** The candidate that is pointed at, by number. */
    get station() {
      return at?.station ?? null;
    },
  };
};

/**
 * The site that is pointed at is dragged along: from candidate to candidate, its area and its gain with it.
 * @param {LeafletMap} map
 * @param {Session} session
 * @param {ReturnType<typeof pointingTool>} tool
 */
const dragSite = (map, session, tool) => {
  const { lat, lon } = session.model.sets.stations;
  let isDragging = false;
  map.on("mousedown", ({ containerPoint }) => {
    if (tool.station === null) return;
    const at = map.latLngToContainerPoint([lat[tool.station], lon[tool.station]]);
    isDragging = at.distanceTo(containerPoint) <= GRIP_PIXELS;
    if (isDragging) map.dragging.disable();
  });
  map.on("mousemove", ({ latlng }) => {
    if (isDragging) tool.use(latlng);
  });
  const drop = () => {
    if (isDragging) map.dragging.enable();
    isDragging = false;
  };
  map.on("mouseup", drop);
  window.addEventListener("mouseup", drop);
};

/**
 * @param {LeafletMap} map
 * @param {Session} session
 * @param {() => void} repaintMarks
 */
export const prepareTools = (map, session, repaintMarks) => {
  const container = map.getContainer();
  const cover = make("div", { id: "cover" }, make("i"));
  cover.hidden = true;
  container.append(cover);
  const tools = { measure: measuringTool(map, session), point: pointingTool(map, session, repaintMarks) };
  dragSite(map, session, tools.point);
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-tool]"));
  /** @type {keyof typeof tools | null} */
  let active = null;

  /** @param {keyof typeof tools} name */
  const choose = (name) => {
    if (active) tools[active].end();
    active = active === name ? null : name;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.tool === active));
    container.dataset.tool = active ?? "";
    cover.hidden = !active;
    map.closePopup();
    showCard();
    if (!active) return;
    tools[active].begin();
    container.focus({ preventScroll: true });
  };
  for (const button of buttons)
    button.addEventListener("click", () => choose(/** @type {keyof typeof tools} */ (button.dataset.tool)));
  map.on("click", ({ latlng }) => {
    if (active) tools[active].use(latlng);
  });
  container.addEventListener("keydown", (event) => {
    const popup = /** @type {any} */ (map)._popup;
    if (event.key === "Escape" && /** @type {Element} */ (event.target).closest(".leaflet-popup")) {
      map.closePopup();
      popup?._source?.getElement?.()?.focus?.();
    }
    if (!active || event.target !== container) return;
    if (event.key === "Enter") tools[active].use(map.getCenter());
    else if (event.key === "Escape") choose(active);
  });
};
