// Coverage of any choice of centres and sites, computed from the coverage sets. People are whole grains, so that adding
// and taking away gives the very bits that the planner's own run gives; nothing is rounded here.

import { businessAreasOf, groupSharesOf } from "./groups.js";
import { fromSteps, readPlaces, readReach, readShapes, worldX, worldY } from "./packing.js";
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
  const { count, total, people, home, reach, mainOf } = coverage;
  const rings = sets.rings.length;

  /** @type {(choice: Choice) => Figures} */
  const figures = (choice) => {
    const opened = choice.on.subarray(count.centres).reduce((sum, isOn) => sum + isOn, 0);
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
      spent: choice.scenario?.year?.spent ?? null,
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
    const [first, last] = [station * rings, station * rings + sets.standard + 1];
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
 * @param {WhatIfData} sets
 * @returns {Coverage}
 */
const coverageOf = (sets) => {
  const rings = sets.rings.length;
  const { stations } = sets;
  const people = Float64Array.from(sets.demand.people, (value) => value * sets.grain);
  const home = Uint32Array.from(fromSteps(sets.demand.home));
  const reach = readReach(sets.reach);
  const count = { stations: stations.id.length, centres: stations.name.length, points: people.length };
  const communities = sets.communities.id.length;
  const premisesOf = new Map(sets.judged.premises.map(({ station }, place) => [station, place]));
  const residents = new Float64Array(communities);
  people.forEach((value, i) => {
    residents[home[i]] += value;
  });

  // A branch counts as its centre: `mainOf` of a branch is its centre, `doorsOf` a centre and its branches.
  const mainOf = stations.id.map((_, station) => sets.branches[station] ?? station);
  /** @type {number[][]} */
  const doorsOf = mainOf.map(() => []);
  mainOf.forEach((main, station) => {
    doorsOf[main].push(station);
  });
  const mainsFirst = [...mainOf.keys()].sort((a, b) => Number(mainOf[a] !== a) - Number(mainOf[b] !== b) || a - b);
  const innermostRing = innermostRings({ branches: sets.branches, doorsOf, reach, rings });

  /** @type {() => Choice} */
  const nothing = () => ({
    scenario: null,
    on: new Uint8Array(count.stations),
    reached: Array.from({ length: rings }, () => new Uint16Array(count.points)),
    covered: new Float64Array(rings),
    points: new Uint32Array(rings),
    byCommunity: Array.from({ length: rings }, () => new Float64Array(communities)),
    ownReached: Array.from({ length: rings }, () => new Uint16Array(count.points)),
    own: Array.from({ length: rings }, () => new Float64Array(communities)),
  });

  // Opens or closes one station; only what it reaches is touched. A branch is open only while its centre is.
  /** @type {(choice: Choice, station: number, isOn: boolean) => void} */
  const set = (choice, station, isOn) => {
    choice.scenario = null;
    const main = mainOf[station];
    if (main === station) for (const door of doorsOf[main]) setDoor(choice, door, isOn);
    else if (isOn && !choice.on[main]) set(choice, main, true);
    else setDoor(choice, station, isOn);
  };

  /** @type {(choice: Choice, station: number, isOn: boolean) => void} */
  const setDoor = (choice, station, isOn) => {
    if (Boolean(choice.on[station]) === isOn) return;
    const main = mainOf[station];
    const others = doorsOf[main].filter((door) => door !== station && choice.on[door]);
    // From which limit on another door of the same centre serves a point: no second centre there.
    /** @type {(i: number) => number} */
    const servedFrom = (i) =>
      others.reduce((least, door) => Math.min(least, innermostRing.get(door)?.get(i) ?? rings), rings);
    choice.on[station] = isOn ? 1 : 0;
    const sign = isOn ? 1 : -1;
    const first = isOn ? 1 : 0;
    const own = premisesOf.has(main) ? stations.community[main] : -1;
    for (let ring = 0; ring < rings; ring++) {
      const group = station * rings + ring;
      for (let member = reach.start[group]; member < reach.start[group + 1]; member++) {
        const i = reach.point[member];
        const last = others.length ? servedFrom(i) : rings;
        for (let limit = ring; limit < last; limit++) {
          choice.reached[limit][i] += sign;
          if (choice.reached[limit][i] === first) {
            choice.covered[limit] += sign * people[i];
            choice.byCommunity[limit][home[i]] += sign * people[i];
            choice.points[limit] += sign;
          }
          if (home[i] !== own) continue;
          choice.ownReached[limit][i] += sign;
          if (choice.ownReached[limit][i] === first) choice.own[limit][own] += sign * people[i];
        }
      }
    }
  };

  return {
    ...{ sets, count, people, home, residents, reach, mainOf, doorsOf, premisesOf, set },
    total: residents.reduce((sum, value) => sum + value, 0),
    choose: (closed = [], opened = []) => {
      const choice = nothing();
      /** @type {(station: number) => boolean} */
      const isClosed = (station) => closed.includes(station) || closed.includes(mainOf[station]);
      for (const station of mainsFirst) if (station < count.centres) set(choice, station, !isClosed(station));
      for (const station of opened) set(choice, station, true);
      return choice;
    },
    copy: (choice) => {
      const same = nothing();
      for (const station of mainsFirst) set(same, station, choice.on[station] === 1);
      same.scenario = choice.scenario;
      return same;
    },
    same: (one, other) => one.on.every((isOn, station) => isOn === other.on[station]),
  };
};

/**
 * Of each centre with branches and of each of its branches: the innermost ring of every point that it reaches.
 * @param {Pick<Coverage, "doorsOf" | "reach"> & { branches: Record<string, number>, rings: number }} given
 */
const innermostRings = ({ branches, doorsOf, reach, rings }) => {
  /** @type {Map<number, Map<number, number>>} */
  const innermost = new Map();
  for (const main of Object.values(branches))
    for (const station of doorsOf[main]) {
      /** @type {Map<number, number>} */
      const ofPoint = new Map();
      for (let ring = 0; ring < rings; ring++) {
        const group = station * rings + ring;
        for (let member = reach.start[group]; member < reach.start[group + 1]; member++)
          ofPoint.set(reach.point[member], ring);
      }
      innermost.set(station, ofPoint);
    }
  return innermost;
};

/**
 * Around all that a station reaches and the place where it stands; a centre opens and closes with its branches, so that
 * its box holds theirs.
 * @param {Coverage} coverage
 * @param {Shapes} areas
 * @param {{ x: number[], y: number[] }} at
 */
const boxesOf = ({ sets, mainOf, doorsOf }, areas, at) => {
  const shapes = sets.limits.length;
  /** @type {Box[]} */
  const own = mainOf.map((_, station) => {
    const [first, last] = [station * shapes, (station + 1) * shapes].map(
      (shape) => areas.placeStart[areas.ringStart[shape]],
    );
    const box = { west: at.x[station], east: at.x[station], north: at.y[station], south: at.y[station] };
    for (let i = first; i < last; i++) {
      box.west = Math.min(box.west, areas.x[i]);
      box.east = Math.max(box.east, areas.x[i]);
      box.north = Math.min(box.north, areas.y[i]);
      box.south = Math.max(box.south, areas.y[i]);
    }
    return box;
  });
  return mainOf.map((main) =>
    doorsOf[main]
      .map((door) => own[door])
      .reduce((one, other) => ({
        west: Math.min(one.west, other.west),
        east: Math.max(one.east, other.east),
        north: Math.min(one.north, other.north),
        south: Math.max(one.south, other.south),
      })),
  );
};
