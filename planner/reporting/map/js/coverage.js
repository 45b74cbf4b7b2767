// Who is covered under any choice of centres, sites and projects, from the coverage sets. People are whole grains, so
// that adding and taking away gives the very bits that the planner's own run gives; nothing is rounded here.
import { fromSteps, readReach } from "./packing.js";

/** @import { Choice, Coverage, WhatIfData } from "./types" */

/**
 * @param {WhatIfData} sets
 * @returns {Coverage}
 */
export const coverageOf = (sets) => {
  const rings = sets.rings.length;
  const { stations } = sets;
  const projects = sets.projects.list;
  const people = Float64Array.from(sets.demand.people, (value) => value * sets.grain);
  const home = Uint32Array.from(fromSteps(sets.demand.home));
  const reach = readReach(sets.reach);
  const centres = stations.name.length;
  const sites = stations.id.length - stations.branchName.length;
  const count = { stations: stations.id.length, centres, sites, points: people.length };
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
  const ofBranch = new Map(projects.flatMap(({ branches }, project) => branches.map((one) => [one, project])));

  // A passage changes the walks to some stations: these have a row of their own for each choice of passages.
  /** @type {(choice: Choice, station: number) => number} */
  const rowOf = ({ passages }, station) => sets.rows[passages][station] ?? station;
  const ringInRow = ringsByRow(reach, rings);

  /** @type {() => Choice} */
  const nothing = () => ({
    scenario: null,
    on: new Uint8Array(count.stations),
    done: new Uint8Array(projects.length),
    passages: 0,
    reached: Array.from({ length: rings }, () => new Uint16Array(count.points)),
    covered: new Float64Array(rings),
    points: new Uint32Array(rings),
    byCommunity: Array.from({ length: rings }, () => new Float64Array(communities)),
    ownReached: Array.from({ length: rings }, () => new Uint16Array(count.points)),
    own: Array.from({ length: rings }, () => new Float64Array(communities)),
  });

  // Opens or closes one door; only what it reaches is touched.
  /** @type {(choice: Choice, station: number, isOn: boolean) => void} */
  const setDoor = (choice, station, isOn) => {
    if (Boolean(choice.on[station]) === isOn) return;
    const main = mainOf[station];
    const others = doorsOf[main].filter((door) => door !== station && choice.on[door]);
    // From which limit on another door of the same centre serves a point: no second centre there.
    const inRows = others.map((door) => ringInRow(rowOf(choice, door)));
    /** @type {(i: number) => number} */
    const servedFrom = (i) => inRows.reduce((least, ofPoint) => Math.min(least, ofPoint.get(i) ?? rings), rings);
    choice.on[station] = isOn ? 1 : 0;
    const sign = isOn ? 1 : -1;
    const first = isOn ? 1 : 0;
    const own = premisesOf.has(main) ? stations.community[main] : -1;
    const row = rowOf(choice, station);
    for (let ring = 0; ring < rings; ring++) {
      const group = row * rings + ring;
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

  // A branch is open only while its centre is, and one that a project builds only once it is built.
  /** @type {(choice: Choice, station: number, isOn: boolean) => void} */
  const put = (choice, station, isOn) => {
    const main = mainOf[station];
    if (main !== station) {
      if (isOn && !choice.on[main]) put(choice, main, true);
      return setDoor(choice, station, isOn);
    }
    for (const door of doorsOf[main]) {
      const project = ofBranch.get(door);
      setDoor(choice, door, isOn && (project === undefined || choice.done[project] === 1));
    }
  };

  // The walks with other passages: what they change is closed with the old walks, and opened with the new ones.
  /** @type {(choice: Choice, passages: number) => void} */
  const build = (choice, passages) => {
    const changed = [...new Set([...Object.keys(sets.rows[choice.passages]), ...Object.keys(sets.rows[passages])])]
      .map(Number)
      .filter((station) => choice.on[station]);
    for (const station of changed) setDoor(choice, station, false);
    choice.passages = passages;
    for (const station of changed) setDoor(choice, station, true);
  };

  // A project of sites is carried out while they are open, and what it closes is closed.
  /** @type {(choice: Choice) => void} */
  const settle = (choice) => {
    projects.forEach(({ sites: opened, closes, declared }, project) => {
      if (!opened.length && !closes.length) return;
      const isDone = opened.every((one) => choice.on[one]) && closes.every((one) => !choice.on[one]);
      if (!isDone || !declared.length) choice.done[project] = isDone ? 1 : 0;
    });
  };

  /** @type {Coverage["carryOut"]} */
  const carryOut = (choice, project, isDone) => {
    choice.scenario = null;
    const { sites: opened, closes, branches, passages } = projects[project];
    choice.done[project] = isDone ? 1 : 0;
    for (const station of opened) put(choice, station, isDone);
    for (const station of closes) put(choice, station, !isDone);
    for (const station of branches) if (choice.on[mainOf[station]]) setDoor(choice, station, isDone);
    if (passages) build(choice, isDone ? choice.passages | passages : choice.passages & ~passages);
    settle(choice);
  };

  /** @type {Coverage["set"]} */
  const set = (choice, station, isOn) => {
    const project = ofBranch.get(station);
    if (project !== undefined) return carryOut(choice, project, isOn);
    choice.scenario = null;
    put(choice, station, isOn);
    settle(choice);
  };

  return {
    ...{ sets, count, people, home, residents, reach, rowOf, mainOf, doorsOf, premisesOf, set, carryOut },
    total: residents.reduce((sum, value) => sum + value, 0),
    choose: (closed = [], opened = [], done = []) => {
      const choice = nothing();
      /** @type {(station: number) => boolean} */
      const isClosed = (station) => closed.includes(station) || closed.includes(mainOf[station]);
      for (let station = 0; station < centres; station++) if (!isClosed(station)) setDoor(choice, station, true);
      for (const station of opened) setDoor(choice, station, true);
      for (const project of done) carryOut(choice, project, true);
      settle(choice);
      return choice;
    },
    copy: (choice) => ({
      ...choice,
      on: choice.on.slice(),
      done: choice.done.slice(),
      covered: choice.covered.slice(),
      points: choice.points.slice(),
      reached: choice.reached.map((one) => one.slice()),
      byCommunity: choice.byCommunity.map((one) => one.slice()),
      ownReached: choice.ownReached.map((one) => one.slice()),
      own: choice.own.map((one) => one.slice()),
    }),
    same: (one, other) =>
      one.on.every((isOn, station) => isOn === other.on[station]) &&
      one.done.every((isDone, project) => isDone === other.done[project]),
  };
};

/**
 * The innermost ring of every point that a row reaches; counted once for each row that is asked for.
 * @param {Coverage["reach"]} reach
 * @param {number} rings
 */
const ringsByRow = (reach, rings) => {
  /** @type {Map<number, Map<number, number>>} */
  const byRow = new Map();
  return (/** @type {number} */ row) => {
    const known = byRow.get(row);
    if (known) return known;
    /** @type {Map<number, number>} */
    const ofPoint = new Map();
    for (let ring = 0; ring < rings; ring++)
      for (let at = reach.start[row * rings + ring]; at < reach.start[row * rings + ring + 1]; at++)
        ofPoint.set(reach.point[at], ring);
    byRow.set(row, ofPoint);
    return ofPoint;
  };
};
