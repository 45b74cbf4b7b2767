// Names on the map: communities first, then streets where they have room; no name covers another, or a centre's sign.
import { plainText } from "./dom.js";
import { worldX, worldY } from "./packing.js";

/** @import { Chord, Model, Paint, View } from "./types" */

const LARGE_FROM_PIXELS = 2400;
const SIGN_PIXELS = 11;
const FONT = "system-ui, 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";

/** @typedef {{ x: number, y: number, width: number, height: number, name: string }} Taken */

/** @type {(one: Taken, other: Taken) => boolean} */
const meet = (one, other) =>
  Math.abs(one.x - other.x) < (one.width + other.width) / 2 &&
  Math.abs(one.y - other.y) < (one.height + other.height) / 2;

/**
 * @param {{ streets: Chord[], communities: [lat: number, lon: number, html: string][] }} given
 * @param {Model} model
 * @param {() => boolean} hasCommunities whether their names are shown
 * @returns {Paint}
 */
export const namesOf = ({ streets, communities }, model, hasCommunities) => {
  // Those with most people are written first.
  const ranked = communities
    .map(([lat, lon, html], place) => ({ lat, lon, name: plainText(html), people: model.residents[place] ?? 0 }))
    .sort((a, b) => b.people - a.people);
  return (context, view) => {
    const pixels = window.innerWidth >= LARGE_FROM_PIXELS ? 19 : 12;
    context.textAlign = "center";
    context.textBaseline = "middle";
    /** @type {Taken[]} */
    const taken = [];
    for (let station = 0; station < model.count.centres; station++) {
      const [x, y] = [model.at.x[station] * view.scale - view.left, model.at.y[station] * view.scale - view.top];
      taken.push({ x, y, width: 2 * SIGN_PIXELS, height: 2 * SIGN_PIXELS, name: "" });
    }
    if (hasCommunities()) writeCommunities(context, view, ranked, taken, pixels);
    writeStreets(context, view, streets, taken, pixels);
  };
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {{ lat: number, lon: number, name: string }[]} communities
 * @param {Taken[]} taken
 * @param {number} pixels
 */
const writeCommunities = (context, view, communities, taken, pixels) => {
  context.font = `600 ${pixels}px ${FONT}`;
  const height = pixels + 4;
  for (const { lat, lon, name } of communities) {
    const [x, y] = [worldX(lon) * view.scale - view.left, worldY(lat) * view.scale - view.top];
    if (x < view.min.x || x > view.max.x || y < view.min.y || y > view.max.y) continue;
    const width = context.measureText(name).width + 4;
    // Beside the middle where a sign or a name stands there.
    const shifts = [0, -(SIGN_PIXELS + height / 2), SIGN_PIXELS + height / 2];
    const free = shifts
      .map((shift) => ({ x, y: y + shift, width, height, name }))
      .find((box) => !taken.some((other) => meet(box, other)));
    if (!free) continue;
    taken.push(free);
    write(context, name, free.x, free.y, "#333");
  }
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Chord[]} streets
 * @param {Taken[]} taken
 * @param {number} pixels
 */
const writeStreets = (context, view, streets, taken, pixels) => {
  context.font = `${pixels}px ${FONT}`;
  /** @type {Taken[]} */
  const written = [];
  for (const [name, lat0, lon0, lat1, lon1] of streets) {
    const [x0, x1] = [lon0, lon1].map((lon) => worldX(lon) * view.scale - view.left);
    const [y0, y1] = [lat0, lat1].map((lat) => worldY(lat) * view.scale - view.top);
    const [x, y, length] = [(x0 + x1) / 2, (y0 + y1) / 2, Math.hypot(x1 - x0, y1 - y0)];
    if (x < view.min.x || x > view.max.x || y < view.min.y || y > view.max.y || length < 8 * name.length) continue;
    const width = context.measureText(name).width;
    if (length < 1.4 * width) continue;
    let angle = Math.atan2(y1 - y0, x1 - x0);
    if (Math.abs(angle) > Math.PI / 2) angle += Math.PI;
    // The box around the name as it is turned.
    const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
    const [wide, high] = [width * cos + pixels * sin, width * sin + pixels * cos];
    const box = { x, y, width: wide, height: high, name };
    const isNear = (/** @type {Taken} */ other) =>
      other.name === name && Math.hypot(other.x - x, other.y - y) < 320;
    if (taken.some((other) => meet(box, other)) || written.some((other) => isNear(other) || meet(box, other)))
      continue;
    written.push(box);
    context.save();
    context.translate(x, y);
    context.rotate(angle);
    write(context, name, 0, 0, "#555");
    context.restore();
  }
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} name
 * @param {number} x
 * @param {number} y
 * @param {string} colour
 */
const write = (context, name, x, y, colour) => {
  context.lineWidth = 3.5;
  context.lineJoin = "round";
  context.strokeStyle = "rgb(255 255 255 / 85%)";
  context.strokeText(name, x, y);
  context.fillStyle = colour;
  context.fillText(name, x, y);
};
