// Unpacks what planner/reporting/map/packing.py packs: whole numbers by their steps, in compressed JSON.

/**
 * Read a block of compressed JSON: gzip, written in base 64.
 * @param {string} text
 */
export const readPacked = async (text) => {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
};

/**
 * Add up steps: the first number from 0, each other from the one before.
 * @param {number[]} steps
 */
export const fromSteps = (steps) => {
  let sum = 0;
  return Float64Array.from(steps, (step) => (sum += step));
};

/**
 * Where each group begins in a list of all their members, and where the last ends.
 * @param {ArrayLike<number>} counts
 */
export const startsOf = (counts) => {
  const start = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) start[i + 1] = start[i] + counts[i];
  return start;
};

/**
 * The world as a square of side 1, as Leaflet's own projection has it: eastwards.
 * @param {number} lon
 */
export const worldX = (lon) => lon / 360 + 0.5;

/**
 * The world as a square of side 1: southwards.
 * @param {number} lat
 */
export const worldY = (lat) => 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);

/**
 * @param {{ lat: number[], lon: number[] }} packed steps in millionths of a degree
 * @returns {import("./types").Places}
 */
export const readPlaces = ({ lat, lon }) => ({
  x: fromSteps(lon).map((value) => worldX(value / 1e6)),
  y: fromSteps(lat).map((value) => worldY(value / 1e6)),
});

/**
 * @param {import("./types").PackedShapes} packed
 * @returns {import("./types").Shapes}
 */
export const readShapes = (packed) => ({
  ringStart: startsOf(packed.rings),
  placeStart: startsOf(packed.places),
  ...readPlaces(packed),
});

/**
 * Who is in each ring of each station: numbers of demand points, by steps from 0 in each group, and tenths of minutes.
 * @param {import("./types").WhatIfData["reach"]} packed
 * @returns {import("./types").Reach}
 */
export const readReach = ({ counts, steps, tenths }) => {
  const start = startsOf(counts);
  const point = new Uint32Array(steps.length);
  for (let group = 0; group + 1 < start.length; group++) {
    let sum = 0;
    for (let at = start[group]; at < start[group + 1]; at++) {
      sum += steps[at];
      point[at] = sum;
    }
  }
  return { start, point, tenths: tenths ? Uint16Array.from(fromSteps(tenths)) : null };
};
