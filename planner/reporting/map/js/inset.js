// The whole study in small, as long as a centre lies outside the view: outlines, centres, and the frame of the view.
import { make } from "./dom.js";
import { worldX, worldY } from "./packing.js";

/** @import { LeafletMap } from "./types" */
/** @import { Session } from "./session.js" */

const PIXELS = 132;
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
  const canvas = /** @type {HTMLCanvasElement} */ (make("canvas", { width: 2 * width, height: 2 * height }));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
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
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.clearRect(0, 0, width, height);
    drawOutlines(context, session, place);
    drawCentres(context, session, colours, place);
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
