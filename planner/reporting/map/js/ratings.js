// Verdicts on premises, weak communities and rates under any choice, by the rules of the study.
import { startsOf } from "./packing.js";
import { evaluatorWithin, exactly, shareOf, verdictOf } from "./rules.js";

/** @import { Choice, Coverage, Finding, Ratings, Values, WhatIfData } from "./types" */

/**
 * The function that rates a choice.
 * @param {Coverage} coverage
 * @returns {(choice: Choice) => Ratings}
 */
export const ratingsOf = (coverage) => {
  const { sets, count, residents, doorsOf } = coverage;
  const { judged } = sets;
  const ids = sets.communities.id;
  const isFollowed = !judged.unfollowed.length;
  const evaluate = evaluatorWithin(judged.same);
  const nearestPeople = nearestCounter(coverage);
  const oldPeople = oldCounter(coverage);

  const projects = sets.projects.list;
  const upgradesOf = numbersBy(projects.map(({ upgrades }) => upgrades));

  // What the rules ask of a centre depends on the passages, on its upgrade, and on its branches: as
  // planner/reporting/map/branch_choices.py numbers their choices. Without choices it is the same for all.
  /** @type {(choice: Choice, premises: WhatIfData["judged"]["premises"][0]) => Finding[]} */
  const findingsOf = (choice, { station, branches, findings, choices }) => {
    if (!choices.length) return findings[0];
    const doors = doorsOf[station].filter((door) => door !== station).slice(0, branches);
    /** @type {(door: number) => boolean} */
    const differs = (door) => Boolean(choice.on[door]) !== door < count.centres;
    const bits = doors.reduce((sum, door, place) => sum + (differs(door) ? 2 ** place : 0), 0);
    const isUpgraded = upgradesOf.get(station)?.some((project) => choice.done[project]) ?? false;
    return findings[choices[(choice.passages * 2 + Number(isUpgraded)) * 2 ** branches + bits]];
  };

  // The indicators of premises that follow the choice, by `Indicator.js` in planner/evaluation/indicators.py.
  /** @type {(choice: Choice, station: number, nearest: number, old: Float64Array) => Values} */
  const valuesOf = (choice, station, nearest, old) => {
    const community = sets.stations.community[station];
    return {
      nearest: () => exactly(nearest),
      own: (ring) => shareOf(choice.own[ring][community], residents[community]),
      covered: () => shareOf(choice.byCommunity[sets.standard][community], residents[community]),
      old: () => exactly(old[community]),
      overlap: () => shareOf(...overlapOf(coverage, choice, station)),
    };
  };

  /** @type {(choice: Choice) => boolean} */
  const isToday = (choice) =>
    choice.on.every((isOn, station) => Boolean(isOn) === station < count.centres) && !choice.done.includes(1);

  return (choice) => {
    const [nearest, old] = [nearestPeople(choice), oldPeople(choice)];
    /** @type {Set<number>} */
    const weak = new Set();
    /** @type {Set<number>} */
    const housed = new Set();
    /** @type {Record<string, number>} */
    const counts = { excellent: 0, compliant: 0, weak: 0, undetermined: 0 };
    // Of some the study says that a project resolves them, not how; whether they would be excellent is not known.
    const resolved = new Set(projects.flatMap(({ declared }, project) => (choice.done[project] ? declared : [])));
    /** @type {Map<number, string>} */
    const verdicts = new Map();
    judged.premises.forEach((premises, place) => {
      const { station } = premises;
      if (!choice.on[station]) return;
      const community = sets.stations.community[station];
      housed.add(community);
      const findings = findingsOf(choice, premises);
      if (!findings.length || !isFollowed) return;
      const values = valuesOf(choice, station, nearest[place], old);
      const answers = findings.map(([grade, node, weight]) => ({
        ...{ grade, weight },
        passed: evaluate(node, values),
      }));
      const found = verdictOf(answers, judged.excellentShare);
      const verdict = found === "weak" && resolved.has(station) ? "compliant" : found;
      counts[verdict] += 1;
      verdicts.set(station, verdict);
      if (verdict === "weak") weak.add(community);
    });
    const without = [...ids.keys()].filter((community) => !housed.has(community));
    const determined = counts.excellent + counts.compliant + counts.weak;
    const compliant = counts.excellent + counts.compliant;
    const rated = {
      ...{ assessed: determined + counts.undetermined, determined, compliant },
      excellent: counts.excellent,
    };
    // Where a rule asks what the page cannot compute, only a run can judge other choices than today's.
    if (!isFollowed && isToday(choice)) return { ...judged.today, without, verdicts };
    if (!isFollowed)
      return { ...{ without, rated, verdicts }, weak: null, compliantShare: null, excellentShare: null };
    return {
      ...{ without, verdicts, rated },
      weak: [...ids.keys()].filter((community) => weak.has(community)),
      compliantShare: determined ? compliant / determined : null,
      excellentShare: determined && !resolved.size ? counts.excellent / determined : null,
    };
  };
};

/**
 * The lists that hold each number.
 * @param {number[][]} lists
 */
const numbersBy = (lists) => {
  /** @type {Map<number, number[]>} */
  const by = new Map();
  lists.forEach((list, place) => {
    for (const number of list) by.set(number, [...(by.get(number) ?? []), place]);
  });
  return by;
};

/**
 * People whose nearest open premises these are, by premises.
 * @param {Coverage} coverage
 */
const nearestCounter = ({ sets, count, people, mainOf, premisesOf }) => {
  const ofPassages = sets.judged.nearest?.map((packed) => ({ ...packed, start: startsOf(packed.counts) }));
  /** @type {(choice: Choice) => Float64Array} */
  return (choice) => {
    const counted = new Float64Array(sets.judged.premises.length);
    if (!ofPassages) return counted;
    const { start, stations } = ofPassages[choice.passages];
    for (let i = 0; i < count.points; i++)
      for (let at = start[i]; at < start[i + 1]; at++) {
        const station = stations[at];
        if (!choice.on[station]) continue;
        counted[premisesOf.get(mainOf[station]) ?? -1] += people[i];
        break;
      }
    return counted;
  };
};

/**
 * Residents of 65 or more beyond the standard, by community.
 * @param {Coverage} coverage
 */
const oldCounter = ({ sets, home }) => {
  const packed = sets.judged.old;
  const old = packed?.people.map((value) => value * packed.grain);
  /** @type {(choice: Choice) => Float64Array} */
  return (choice) => {
    const counted = new Float64Array(sets.communities.id.length);
    old?.forEach((value, i) => {
      if (!choice.reached[sets.standard][i]) counted[home[i]] += value;
    });
    return counted;
  };
};

/**
 * The people within the standard of a centre or a branch of it: those whom another centre has too, and all.
 * @param {Coverage} coverage
 * @param {Choice} choice
 * @param {number} station
 * @returns {[twice: number, within: number]}
 */
const overlapOf = ({ sets, doorsOf, reach, rowOf, people }, choice, station) => {
  const rings = sets.rings.length;
  let [within, twice] = [0, 0];
  const seen = new Set();
  const rows = doorsOf[station].filter((one) => choice.on[one]).map((one) => rowOf(choice, one));
  for (const row of rows)
    for (let at = reach.start[row * rings]; at < reach.start[row * rings + sets.standard + 1]; at++) {
      const i = reach.point[at];
      if (seen.has(i)) continue;
      seen.add(i);
      within += people[i];
      if (choice.reached[sets.standard][i] > 1) twice += people[i];
    }
  return [twice, within];
};
