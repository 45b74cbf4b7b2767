// People in hexagons, where single buildings would be too small to be told apart.

/** @import { Model, View } from "./types" */

const PIXELS = 11;
const SHARES = [1 / 6, 1 / 2];
const [LEAST_SIZE, MOST_SIZE] = [0.22, 0.8];
export const HEXAGON_COLOURS = ["#ecc998", "#cf8f45", "#8f4f12"];
/** Ground metres of a pixel from which on people are drawn in hexagons. */
export const FAR_METRES = 3;

/**
 * @typedef {{ side: number, cellOf: Uint32Array, x: number[], y: number[], from: number[] }} Grid
 */

/** @type {WeakMap<Model, Map<number, Grid>>} */
const made = new WeakMap();

/**
 * The hexagons of a zoom, with the least people of the second and the third colour: round numbers, whatever is open.
 * @param {Model} model
 * @param {number} zoom
 * @returns {Grid}
 */
export const hexagonsAt = (model, zoom) => {
  const level = Math.floor(zoom);
  const ofModel = made.get(model) ?? new Map();
  made.set(model, ofModel);
  const known = ofModel.get(level);
  if (known) return known;
  const side = PIXELS / (256 * 2 ** level);
  const [wide, high] = [Math.sqrt(3) * side, 1.5 * side];
  /** @type {Map<string, number>} */
  const cells = new Map();
  /** @type {Omit<Grid, "from">} */
  const grid = { side, cellOf: new Uint32Array(model.count.points), x: [], y: [] };
  for (let i = 0; i < model.count.points; i++) {
    const [x, y] = nearestMiddle(model.places.x[i], model.places.y[i], wide, high);
    const key = `${x} ${y}`;
    const cell = cells.get(key) ?? cells.size;
    if (cell === cells.size) {
      cells.set(key, cell);
      grid.x.push(x);
      grid.y.push(y);
    }
    grid.cellOf[i] = cell;
  }
  const people = sumsOf(grid.cellOf, grid.x.length, (i) => model.people[i]);
  const most = people.reduce((largest, value) => Math.max(largest, value), 1);
  const found = { ...grid, from: SHARES.map((share) => roundNumber(share * most)) };
  ofModel.set(level, found);
  return found;
};

/**
 * The middle of the hexagon that a place lies in: the nearest of the two rows around it.
 * @param {number} x
 * @param {number} y
 * @param {number} wide
 * @param {number} high
 * @returns {[x: number, y: number]}
 */
const nearestMiddle = (x, y, wide, high) => {
  const rows = [Math.floor(y / high), Math.floor(y / high) + 1];
  const middles = rows.map((row) => {
    const shift = row % 2 ? 0.5 : 0;
    return [(Math.round(x / wide - shift) + shift) * wide, row * high];
  });
  const [one, other] = middles.map(([a, b]) => Math.hypot(a - x, b - y));
  const [a, b] = middles[one <= other ? 0 : 1];
  return [a, b];
};

/** @param {number} value */
const roundNumber = (value) => {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return Math.max(Math.round(value / power), 1) * power;
};

/**
 * @param {Uint32Array} cellOf
 * @param {number} count
 * @param {(point: number) => number} people
 */
const sumsOf = (cellOf, count, people) => {
  const sums = new Float64Array(count);
  for (let i = 0; i < cellOf.length; i++) sums[cellOf[i]] += people(i);
  return sums;
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Model} model
 * @param {(point: number) => boolean} isCounted
 */
export const drawHexagons = (context, view, model, isCounted) => {
  const { side, cellOf, x, y, from } = hexagonsAt(model, Math.log2(view.scale / 256));
  const people = sumsOf(cellOf, x.length, (i) => (isCounted(i) ? model.people[i] : 0));
  const full = side * view.scale * 0.94;
  const most = Math.max(...from, 1) * 2;
  const paths = HEXAGON_COLOURS.map(() => new Path2D());
  for (let cell = 0; cell < x.length; cell++) {
    if (!people[cell]) continue;
    const [cx, cy] = [x[cell] * view.scale - view.left, y[cell] * view.scale - view.top];
    // By size too, so that the service areas below stay in sight.
    const radius = full * Math.min(Math.max(Math.sqrt(people[cell] / most), LEAST_SIZE), MOST_SIZE);
    if (
      cx < view.min.x - radius ||
      cx > view.max.x + radius ||
      cy < view.min.y - radius ||
      cy > view.max.y + radius
    )
      continue;
    const path = paths[from.filter((least) => people[cell] >= least).length];
    for (let corner = 0; corner < 6; corner++) {
      const angle = (Math.PI / 3) * corner + Math.PI / 6;
      const [px, py] = [cx + radius * Math.cos(angle), cy + radius * Math.sin(angle)];
      if (corner) path.lineTo(px, py);
      else path.moveTo(px, py);
    }
    path.closePath();
  }
  context.globalAlpha = 0.85;
  paths.forEach((path, place) => {
    context.fillStyle = HEXAGON_COLOURS[place];
    context.fill(path);
  });
  context.globalAlpha = 1;
};
