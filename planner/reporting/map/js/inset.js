// The whole study in small, as long as a centre lies outside the view: outlines, centres, and the frame of the
// view; on the printed sheet larger, with what is reached and the names of the communities outside.
import { make } from "./dom.js";
import { worldX, worldY } from "./packing.js";

/** @import { LeafletMap } from "./types" */
/** @import { Session } from "./session.js" */

const PIXELS = 132;
const SHEET_TIMES = 1.7;
const LEAST_SHARE = 0.45;
// On a lower map it would cover the handles.
const LEAST_HEIGHT = 560;

/**
 * @param {LeafletMap} map
 * @param {Session} session
 * @param {L.LatLngBoundsLiteral} whole
 * @param {Record<string, string>} colours of verdicts
 * @param {() => void} showWhole
 */
export const prepareInset = (map, session, whole, colours, showWhole) => {
  const { model } = session;
  const [[south, west], [north, east]] = /** @type {[number, number][]} */ (whole);
  const xs = [worldX(west), worldX(east), ...model.at.x.slice(0, model.count.centres)];
  const ys = [worldY(north), worldY(south), ...model.at.y.slice(0, model.count.centres)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const scale = (PIXELS - 8) / Math.max(right - left, bottom - top, 1e-9);
  const [width, height] = [right - left, bottom - top].map((size) =>
    Math.max(Math.round(size * scale) + 8, Math.round(PIXELS * LEAST_SHARE)),
  );
  const canvas = /** @type {HTMLCanvasElement} */ (make("canvas"));
  const title = session.say("inset");
  const button = make("button", { type: "button", id: "inset", title, "aria-label": title }, canvas);
  button.addEventListener("click", showWhole);
  const control = new L.Control({ position: "bottomleft" });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(button);
    return button;
  };
  control.addTo(map);

  /** @type {(x: number, y: number) => [number, number]} */
  const place = (x, y) => [4 + (x - left) * scale, 4 + (y - top) * scale];
  const draw = () => {
    const bounds = map.getBounds();
    const { lat, lon } = model.sets.stations;
    const isLow = map.getSize().y < LEAST_HEIGHT;
    button.hidden =
      isLow || lat.slice(0, model.count.centres).every((one, station) => bounds.contains([one, lon[station]]));
    const context = canvas.getContext("2d");
    if (button.hidden || !context) return;
    const isSheet = document.body.classList.contains("sheet");
    const times = isSheet ? SHEET_TIMES : 1;
    // A new size clears what was drawn.
    [canvas.width, canvas.height] = [2 * times * width, 2 * times * height];
    canvas.style.width = `${times * width}px`;
    canvas.style.height = `${times * height}px`;
    context.setTransform(2 * times, 0, 0, 2 * times, 0, 0);
    drawOutlines(context, session, place);
    if (isSheet) drawReached(context, session, place);
    drawCentres(context, session, colours, place);
    if (isSheet) nameOutside(context, session, bounds, place, width);
    const [x0, y0] = place(worldX(bounds.getWest()), worldY(bounds.getNorth()));
    const [x1, y1] = place(worldX(bounds.getEast()), worldY(bounds.getSouth()));
    context.strokeStyle = "#111";
    context.lineWidth = 1.5;
    context.strokeRect(x0, y0, x1 - x0, y1 - y0);
  };
  map.on("moveend", draw);
  session.follow(draw);
  draw();
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Session} session
 * @param {(x: number, y: number) => [number, number]} place
 */
const drawOutlines = (context, { model: { outlines } }, place) => {
  context.beginPath();
  for (let ring = 0; ring + 1 < outlines.placeStart.length; ring++) {
    for (let i = outlines.placeStart[ring]; i < outlines.placeStart[ring + 1]; i++)
      context[i === outlines.placeStart[ring] ? "moveTo" : "lineTo"](...place(outlines.x[i], outlines.y[i]));
    context.closePath();
  }
  context.fillStyle = "#eef3f2";
  context.fill("evenodd");
  context.strokeStyle = "#9aa3aa";
  context.lineWidth = 0.5;
  context.stroke();
};

/**
 * What open stations reach within the standard.
 * @param {CanvasRenderingContext2D} context
 * @param {Session} session
 * @param {(x: number, y: number) => [number, number]} place
 */
const drawReached = (context, { model, choice }, place) => {
  const { areas, sets } = model;
  context.fillStyle = "#8fd0c8";
  for (let station = 0; station < model.count.stations; station++) {
    if (!choice.on[station]) continue;
    const shape = model.rowOf(choice, station) * sets.limits.length + sets.limits.indexOf(sets.standard);
    context.beginPath();
    for (let ring = areas.ringStart[shape]; ring < areas.ringStart[shape + 1]; ring++) {
      for (let i = areas.placeStart[ring]; i < areas.placeStart[ring + 1]; i += 4)
        context[i === areas.placeStart[ring] ? "moveTo" : "lineTo"](...place(areas.x[i], areas.y[i]));
      context.closePath();
    }
    context.fill("evenodd");
  }
};

/**
 * The communities whose centre lies outside the view, each written once beside it.
 * @param {CanvasRenderingContext2D} context
 * @param {Session} session
 * @param {L.LatLngBounds} bounds
 * @param {(x: number, y: number) => [number, number]} place
 * @param {number} width
 */
const nameOutside = (context, { model }, bounds, place, width) => {
  const { lat, lon, community } = model.sets.stations;
  context.font = "5.5px system-ui, 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
  context.textBaseline = "middle";
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.fillStyle = "#222";
  /** @type {Set<number>} */
  const written = new Set();
  for (let station = 0; station < model.count.centres; station++) {
    const home = community[station];
    if (home < 0 || written.has(home) || bounds.contains([lat[station], lon[station]])) continue;
    written.add(home);
    const [x, y] = place(model.at.x[station], model.at.y[station]);
    const name = model.sets.communities.name[home];
    const isLeft = x + 4 + context.measureText(name).width > width;
    context.textAlign = isLeft ? "right" : "left";
    context.strokeText(name, isLeft ? x - 4 : x + 4, y);
    context.fillText(name, isLeft ? x - 4 : x + 4, y);
  }
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Session} session
 * @param {Record<string, string>} colours
 * @param {(x: number, y: number) => [number, number]} place
 */
const drawCentres = (context, { model, figures, choice }, colours, place) => {
  for (let station = 0; station < model.count.centres; station++) {
    if (!choice.on[station]) continue;
    context.beginPath();
    context.arc(...place(model.at.x[station], model.at.y[station]), 2.4, 0, 7);
    context.fillStyle = colours[figures.verdicts.get(station) ?? "none"];
    context.fill();
    context.strokeStyle = "#222";
    context.lineWidth = 0.6;
    context.stroke();
  }
};
