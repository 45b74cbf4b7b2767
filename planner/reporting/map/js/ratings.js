// Verdicts on premises, weak communities and rates under any choice, by the rules of the study.
import { startsOf } from "./packing.js";
import { evaluatorWithin, exactly, shareOf, verdictOf } from "./rules.js";

/** @import { Choice, Coverage, Finding, Ratings, Values } from "./types" */

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

  // What the rules ask of a centre depends on which of its branches are closed: planner/reporting/map/branch_choices.py
  // numbers their choices by bits, the first branch the lowest. One entry alone holds for every choice.
  /** @type {(choice: Choice, station: number, findings: Finding[][]) => Finding[]} */
  const findingsOf = (choice, station, findings) => {
    const branches = doorsOf[station].filter((door) => door !== station);
    const closed = branches.reduce((bits, door, place) => bits + (choice.on[door] ? 0 : 2 ** place), 0);
    return findings.length === 1 ? findings[0] : findings[closed];
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
  const isToday = (choice) => choice.on.every((isOn, station) => Boolean(isOn) === station < count.centres);

  return (choice) => {
    const [nearest, old] = [nearestPeople(choice), oldPeople(choice)];
    /** @type {Set<number>} */
    const weak = new Set();
    /** @type {Set<number>} */
    const housed = new Set();
    /** @type {Record<string, number>} */
    const counts = { excellent: 0, compliant: 0, weak: 0, undetermined: 0 };
    // The projects of a programme make these meet the rules; which of them would be excellent is not known.
    const resolved = choice.scenario?.year?.resolved ?? [];
    /** @type {Map<number, string>} */
    const verdicts = new Map();
    judged.premises.forEach(({ station, findings: ofChoices }, place) => {
      if (!choice.on[station]) return;
      const community = sets.stations.community[station];
      housed.add(community);
      const findings = findingsOf(choice, station, ofChoices);
      if (!findings.length || !isFollowed) return;
      const values = valuesOf(choice, station, nearest[place], old);
      const answers = findings.map(([grade, node, weight]) => ({
        ...{ grade, weight },
        passed: evaluate(node, values),
      }));
      const found = verdictOf(answers, judged.excellentShare);
      const verdict = found === "weak" && resolved.includes(station) ? "compliant" : found;
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
      excellentShare: determined && !resolved.length ? counts.excellent / determined : null,
    };
  };
};

/**
 * People whose nearest open premises these are, by premises.
 * @param {Coverage} coverage
 */
const nearestCounter = ({ sets, count, people, mainOf, premisesOf }) => {
  const packed = sets.judged.nearest;
  const start = packed && startsOf(packed.counts);
  /** @type {(choice: Choice) => Float64Array} */
  return (choice) => {
    const counted = new Float64Array(sets.judged.premises.length);
    if (!packed || !start) return counted;
    for (let i = 0; i < count.points; i++)
      for (let at = start[i]; at < start[i + 1]; at++) {
        const station = packed.stations[at];
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
const overlapOf = ({ sets, doorsOf, reach, people }, choice, station) => {
  const rings = sets.rings.length;
  let [within, twice] = [0, 0];
  const seen = new Set();
  for (const door of doorsOf[station].filter((one) => choice.on[one]))
    for (let at = reach.start[door * rings]; at < reach.start[door * rings + sets.standard + 1]; at++) {
      const i = reach.point[at];
      if (seen.has(i)) continue;
      seen.add(i);
      within += people[i];
      if (choice.reached[sets.standard][i] > 1) twice += people[i];
    }
  return [twice, within];
};
