// The figures of any choice of centres, sites and projects, computed from the coverage sets.
import { coverageOf } from "./coverage.js";
import { businessAreasOf, groupSharesOf } from "./groups.js";
import { moneyOf } from "./money.js";
import { readPlaces, readShapes, worldX, worldY } from "./packing.js";
import { ratingsOf } from "./ratings.js";

/** @import { Box, Choice, Coverage, Figures, Gain, Model, Shapes, WhatIfData } from "./types" */

/**
 * @param {WhatIfData} sets
 * @returns {Model}
 */
export const openModel = (sets) => {
  const { stations } = sets;
  const coverage = coverageOf(sets);
  const areas = readShapes(sets.areas);
  const at = { x: stations.lon.map(worldX), y: stations.lat.map(worldY) };
  const judge = ratingsOf(coverage);
  const groupShares = groupSharesOf(coverage);
  const businessAreas = businessAreasOf(coverage);
  const money = moneyOf(coverage);
  const { count, total, people, home, reach, rowOf, mainOf } = coverage;
  const rings = sets.rings.length;

  /** @type {(choice: Choice) => Figures} */
  const figures = (choice) => {
    const opened = choice.on.subarray(count.centres, count.sites).reduce((sum, isOn) => sum + isOn, 0);
    // Branches that close with their centre are not counted besides it.
    const closed = mainOf.filter(
      (main, station) => station < count.centres && !choice.on[station] && (main === station || choice.on[main]),
    ).length;
    return {
      covered: sets.limits.map((ring) => choice.covered[ring]),
      shares: sets.limits.map((ring) => (total > 0 ? choice.covered[ring] / total : null)),
      peopleCovered: choice.covered[sets.standard],
      peopleShare: total > 0 ? choice.covered[sets.standard] / total : null,
      uncovered: total - choice.covered[sets.standard],
      pointsShare: count.points ? choice.points[sets.standard] / count.points : null,
      groupShares: groupShares(choice),
      businessAreas: businessAreas(choice),
      areaShare: choice.scenario?.areaShare ?? null,
      money: money(choice),
      opened,
      closed,
      ...judge(choice),
    };
  };

  // Who would gain if a station stood there: people, by community, and the points.
  /** @type {(choice: Choice, station: number) => Gain} */
  const gain = (choice, station) => {
    const points = [];
    /** @type {Map<number, number>} */
    const byCommunity = new Map();
    let sum = 0;
    const first = rowOf(choice, station) * rings;
    const last = first + sets.standard + 1;
    for (let member = reach.start[first]; member < reach.start[last]; member++) {
      const i = reach.point[member];
      if (choice.reached[sets.standard][i] || !people[i]) continue;
      sum += people[i];
      points.push(i);
      byCommunity.set(home[i], (byCommunity.get(home[i]) ?? 0) + people[i]);
    }
    const ranked = [...byCommunity].sort(([a, more], [b, most]) => most - more || a - b);
    return { people: sum, points, byCommunity: ranked };
  };

  return {
    ...coverage,
    places: readPlaces(sets.demand),
    outlines: readShapes(sets.communities.outlines),
    areas,
    at,
    boxes: boxesOf(coverage, areas, at),
    figures,
    gain,
  };
};

/**
 * Around what a station reaches and the place where it stands, within all limits and each; a centre opens and closes with
 * its branches, so that its box holds theirs.
 * @param {Coverage} coverage
 * @param {Shapes} areas
 * @param {{ x: number[], y: number[] }} at
 */
const boxesOf = ({ sets, mainOf, doorsOf }, areas, at) => {
  const shapes = sets.limits.length;
  /** @type {Box[][]} */
  const own = mainOf.map((_, station) =>
    sets.limits.map((_, limit) => {
      const box = { west: at.x[station], east: at.x[station], north: at.y[station], south: at.y[station] };
      for (const row of new Set([station, ...sets.rows.map((rows) => rows[station] ?? station)])) {
        const shape = row * shapes + limit;
        const [first, last] = [shape, shape + 1].map((one) => areas.placeStart[areas.ringStart[one]]);
        for (let i = first; i < last; i++) {
          box.west = Math.min(box.west, areas.x[i]);
          box.east = Math.max(box.east, areas.x[i]);
          box.north = Math.min(box.north, areas.y[i]);
          box.south = Math.max(box.south, areas.y[i]);
        }
      }
      return box;
    }),
  );
  return mainOf.map((main) => {
    const byLimit = sets.limits.map((_, limit) => around(doorsOf[main].map((door) => own[door][limit])));
    return { ...around(byLimit), byLimit };
  });
};

/**
 * @param {Box[]} boxes
 * @returns {Box}
 */
const around = (boxes) =>
  boxes.reduce((one, other) => ({
    west: Math.min(one.west, other.west),
    east: Math.max(one.east, other.east),
    north: Math.min(one.north, other.north),
    south: Math.max(one.south, other.south),
  }));
