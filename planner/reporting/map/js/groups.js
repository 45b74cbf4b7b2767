// Population groups and business areas under any choice, from who reaches whom.
import { fromSteps } from "./packing.js";

/** @import { Choice, Coverage } from "./types" */

/**
 * The function that gives the share of each group within its standard of an open station.
 * @param {Coverage} coverage
 * @returns {(choice: Choice) => (number | null)[]}
 */
export const groupSharesOf = ({ sets }) => {
  const groups = sets.groups.map(({ people, ring, stations }) => ({
    people,
    ring,
    reach: stations?.map((ofPassages) => ofPassages.map(fromSteps)),
    total: people.reduce((sum, value) => sum + value, 0),
  }));
  return (choice) =>
    groups.map(({ people, ring, reach, total }) => {
      const isCovered = reach
        ? reachedBy(reach[choice.passages], choice, people.length)
        : choice.reached[/** @type {number} */ (ring)];
      const covered = people.reduce((sum, value, i) => sum + (isCovered[i] ? value : 0), 0);
      return total > 0 ? covered / total : null;
    });
};

/**
 * The function that gives how many business areas have an open station within the standard, and of how many.
 * @param {Coverage} coverage
 * @returns {(choice: Choice) => string}
 */
export const businessAreasOf = ({ sets }) => {
  const ofPassages = sets.businessAreas.map(({ count, stations }) => ({ count, reach: stations.map(fromSteps) }));
  return (choice) => {
    const { count, reach } = ofPassages[choice.passages];
    return `${reachedBy(reach, choice, count).reduce((sum, isReached) => sum + isReached, 0)} / ${count}`;
  };
};

/**
 * Which points an open station reaches: 1 or 0.
 * @param {Float64Array[]} reach the points of each station
 * @param {Choice} choice
 * @param {number} count
 */
const reachedBy = (reach, choice, count) => {
  const isReached = new Uint8Array(count);
  reach.forEach((points, station) => {
    if (choice.on[station]) for (const point of points) isReached[point] = 1;
  });
  return isReached;
};
