// The shortest walk along the streets between a station and a place, as the planner's engine defines it: straight to a
// street, along the streets, and straight off again. What a barrier hides is not known here: a path is drawn only where
// it takes as long as the run says.
import { fromSteps, startsOf } from "./packing.js";

/** @import { PackedStreets } from "./types" */

/** @typedef {[x: number, y: number]} Metres */
/**
 * Where a walk enters a street: metres along the edge, and of the straight walk; and the stretch of its piece in reach.
 * @typedef {{ piece: number, edge: number, at: number, walk: number, foot: number, aside: number, low: number, high: number }} Access
 */
/** @typedef {{ metres: number, start: Access | null, end: Access, node: number }} Best */
/** @typedef {{ metres: Float64Array, previous: Int32Array, by: Int32Array }} Found */

/**
 * The function that gives the shortest walk between two places: minutes, and the places along it; null without one.
 * @param {PackedStreets} packed
 */
export const walksOf = (packed) => {
  const streets = read(packed);
  /** @type {(from: [number, number], to: [number, number], most: number) => { minutes: number, line: [number, number][] } | null} */
  return (from, to, most) => {
    const [starts, ends] = [from, to].map((place) => accessOf(streets, streets.metresOf(place), packed.access));
    const found = search(streets, starts, most * packed.speed);
    const best = bestOf(streets, starts, ends, found);
    if (!best) return null;
    const inner = trace(streets, starts, best, found).map(streets.degreesOf);
    return { minutes: best.metres / packed.speed, line: [from, ...inner, to] };
  };
};

/** @param {PackedStreets} packed */
const read = (packed) => {
  const [lon, lat] = [packed.lon, packed.lat].map(fromSteps);
  const [innerLon, innerLat] = [packed.inner.lon, packed.inner.lat].map(fromSteps);
  const middle = { lon: (lon[0] ?? 0) / 1e6, lat: (lat[0] ?? 0) / 1e6 };
  // Metres of a degree on the WGS 84 ellipsoid.
  const turn = (middle.lat * Math.PI) / 180;
  const high = 111132.954 - 559.822 * Math.cos(2 * turn) + 1.175 * Math.cos(4 * turn);
  const wide = 111412.84 * Math.cos(turn) - 93.5 * Math.cos(3 * turn);
  /** @type {(place: [number, number]) => Metres} */
  const metresOf = ([y, x]) => [(x - middle.lon) * wide, (y - middle.lat) * high];
  /** @type {(place: Metres) => [number, number]} */
  const degreesOf = ([x, y]) => [middle.lat + y / high, middle.lon + x / wide];
  const from = fromSteps(packed.from);
  const to = packed.to.map((step, edge) => from[edge] + step);
  const cost = packed.cost.map((value) => value / 100);
  const back = packed.back.map((more, edge) => cost[edge] + more / 100);
  const inner = startsOf(packed.places);
  const count = from.length;
  const firstPiece = startsOf(packed.places.map((places) => places + 1));
  const pieces = { ends: new Float64Array(4 * firstPiece[count]), from: new Float64Array(firstPiece[count]) };
  const edgeOf = new Uint32Array(firstPiece[count]);
  const length = new Float64Array(count);
  for (let edge = 0; edge < count; edge++) {
    const vertices = [metresOf([lat[from[edge]] / 1e6, lon[from[edge]] / 1e6])];
    for (let i = inner[edge]; i < inner[edge + 1]; i++)
      vertices.push(metresOf([innerLat[i] / 1e6, innerLon[i] / 1e6]));
    vertices.push(metresOf([lat[to[edge]] / 1e6, lon[to[edge]] / 1e6]));
    for (let i = 0; i + 1 < vertices.length; i++) {
      const piece = firstPiece[edge] + i;
      edgeOf[piece] = edge;
      pieces.ends.set([...vertices[i], ...vertices[i + 1]], 4 * piece);
      pieces.from[piece] = length[edge];
      length[edge] += Math.hypot(vertices[i + 1][0] - vertices[i][0], vertices[i + 1][1] - vertices[i][1]);
    }
  }
  /** @type {[node: number, metres: number, edge: number][][]} */
  const links = Array.from(lon, () => []);
  for (let edge = 0; edge < count; edge++) {
    links[from[edge]].push([to[edge], cost[edge], edge]);
    links[to[edge]].push([from[edge], back[edge], edge]);
  }
  // From one layer of private ways to the next, at the same place.
  packed.passages[0].forEach((node, place) => {
    links[node].push([packed.passages[1][place], 0, -1]);
  });
  return { metresOf, degreesOf, from, to, cost, back, length, firstPiece, pieces, edgeOf, links };
};

/** @typedef {ReturnType<typeof read>} Streets */

/**
 * Both ends of every stretch of street within a straight walk of a place.
 * @param {Streets} streets
 * @param {Metres} place
 * @param {number} most metres of the straight walk
 */
const accessOf = ({ pieces: { ends, from }, edgeOf }, [x, y], most) => {
  /** @type {Access[]} */
  const access = [];
  for (let piece = 0; piece < edgeOf.length; piece++) {
    const [x0, y0] = [ends[4 * piece], ends[4 * piece + 1]];
    const [dx, dy] = [ends[4 * piece + 2] - x0, ends[4 * piece + 3] - y0];
    const size = Math.hypot(dx, dy) || 1e-9;
    const aside = (dx * (y - y0) - dy * (x - x0)) / size;
    if (Math.abs(aside) > most) continue;
    const foot = (dx * (x - x0) + dy * (y - y0)) / size;
    const half = Math.sqrt(most * most - aside * aside);
    const [low, high] = [Math.max(foot - half, 0), Math.min(foot + half, size)];
    if (low > high) continue;
    for (const at of [low, high]) {
      const walk = Math.hypot(at - foot, aside);
      access.push({ piece, edge: edgeOf[piece], at: from[piece] + at, walk, foot, aside, low, high });
    }
  }
  return access;
};

/**
 * Shortest walks from where a place enters the streets to every node within reach.
 * @param {Streets} streets
 * @param {Access[]} starts
 * @param {number} most metres
 * @returns {Found}
 */
const search = ({ links, from, to, cost, back, length }, starts, most) => {
  const metres = new Float64Array(links.length).fill(Infinity);
  const previous = new Int32Array(links.length).fill(-1);
  const by = new Int32Array(links.length).fill(-1);
  /** @type {[metres: number, node: number][]} */
  const heap = [];
  /** @type {(node: number, walked: number, before: number, edge: number) => void} */
  const reach = (node, walked, before, edge) => {
    if (!(walked < metres[node]) || walked > most) return;
    [metres[node], previous[node], by[node]] = [walked, before, edge];
    push(heap, [walked, node]);
  };
  starts.forEach(({ edge, at, walk }, place) => {
    const share = at / length[edge];
    // Below -1: the number of the start.
    reach(from[edge], walk + share * back[edge], -2 - place, edge);
    reach(to[edge], walk + (1 - share) * cost[edge], -2 - place, edge);
  });
  for (let next = pop(heap); next; next = pop(heap)) {
    const [walked, node] = next;
    if (walked > metres[node]) continue;
    for (const [other, step, edge] of links[node]) reach(other, walked + step, node, edge);
  }
  return { metres, previous, by };
};

/**
 * @param {[number, number][]} heap
 * @param {[number, number]} item
 */
const push = (heap, item) => {
  let place = heap.push(item) - 1;
  while (place) {
    const above = (place - 1) >> 1;
    if (heap[above][0] <= item[0]) break;
    heap[place] = heap[above];
    place = above;
  }
  heap[place] = item;
};

/** @param {[number, number][]} heap */
const pop = (heap) => {
  const [first, last] = [heap[0], heap.pop()];
  if (!last || !heap.length) return last;
  let place = 0;
  for (let child = 1; child < heap.length; child = 2 * place + 1) {
    if (child + 1 < heap.length && heap[child + 1][0] < heap[child][0]) child += 1;
    if (heap[child][0] >= last[0]) break;
    heap[place] = heap[child];
    place = child;
  }
  heap[place] = last;
  return first;
};

/**
 * The best way to leave the streets: through a node of the edge, or on the edge where the walk began.
 * @param {Streets} streets
 * @param {Access[]} starts
 * @param {Access[]} ends
 * @param {Found} found
 */
const bestOf = ({ from, to, cost, back, length, pieces }, starts, ends, { metres }) => {
  let best = /** @type {Best | null} */ (null);
  /** @type {(one: Best) => void} */
  const offer = (one) => {
    if (one.metres < (best?.metres ?? Infinity)) best = one;
  };
  for (const end of ends) {
    const share = end.at / length[end.edge];
    for (const [node, rest] of [
      [from[end.edge], share * cost[end.edge]],
      [to[end.edge], (1 - share) * back[end.edge]],
    ])
      offer({ metres: metres[node] + rest + end.walk, start: null, end, node });
    for (const start of starts) {
      if (start.edge !== end.edge) continue;
      const step = (end.at - start.at) / length[end.edge];
      const between = step >= 0 ? step * cost[end.edge] : -step * back[end.edge];
      offer({ metres: start.walk + between + end.walk, start, end, node: -1 });
      if (start.piece !== end.piece) continue;
      const [low, high] = [Math.max(start.low, end.low), Math.min(start.high, end.high)];
      if (low > high) continue;
      // Straight to the street and straight off it at the same place, as a mirror has it.
      const [near, far] = [Math.abs(start.aside), Math.abs(end.aside)];
      const middle = start.foot + ((end.foot - start.foot) * near) / (near + far || 1);
      const at = Math.min(Math.max(middle, low), high);
      const walked = Math.hypot(at - start.foot, near) + Math.hypot(at - end.foot, far);
      const both = { ...end, at: pieces.from[end.piece] + at };
      offer({ metres: walked, start: both, end: both, node: -1 });
    }
  }
  return best;
};

/**
 * The places of an edge from one distance along it to another.
 * @param {Streets} streets
 * @param {number} edge
 * @param {number} first
 * @param {number} last
 */
const stretch = ({ firstPiece, pieces: { ends, from }, length }, edge, first, last) => {
  const [low, high] = [Math.min(first, last), Math.max(first, last)];
  /** @type {Metres[]} */
  const places = [];
  for (let piece = firstPiece[edge]; piece < firstPiece[edge + 1]; piece++) {
    const [begins, size] = [
      from[piece],
      (piece + 1 < firstPiece[edge + 1] ? from[piece + 1] : length[edge]) - from[piece],
    ];
    if (begins > high || begins + size < low) continue;
    for (const at of [Math.max(low - begins, 0), Math.min(high - begins, size)]) {
      const share = size ? at / size : 0;
      const [x0, y0, x1, y1] = ends.subarray(4 * piece, 4 * piece + 4);
      places.push([x0 + (x1 - x0) * share, y0 + (y1 - y0) * share]);
    }
  }
  return first > last ? places.reverse() : places;
};

/**
 * The places along the streets of the best walk, from its start.
 * @param {Streets} streets
 * @param {Access[]} starts
 * @param {Best} best
 * @param {Found} found
 */
const trace = (streets, starts, { start, end, node }, { previous, by }) => {
  if (start) return stretch(streets, end.edge, start.at, end.at);
  const { from, to, length } = streets;
  /** @type {(edge: number, of: number) => number} */
  const endAt = (edge, of) => (from[edge] === of ? 0 : length[edge]);
  // From the end back to the start.
  const places = stretch(streets, end.edge, end.at, from[end.edge] === node ? 0 : length[end.edge]);
  let here = node;
  while (previous[here] >= 0) {
    const edge = by[here];
    if (edge >= 0) {
      const isBack = from[edge] === here && to[edge] === previous[here];
      places.push(...stretch(streets, edge, isBack ? 0 : length[edge], isBack ? length[edge] : 0));
    }
    here = previous[here];
  }
  const first = starts[-2 - previous[here]];
  places.push(...stretch(streets, first.edge, endAt(first.edge, here), first.at));
  return places.reverse();
};
