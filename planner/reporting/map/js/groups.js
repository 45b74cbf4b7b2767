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
    reach: stations?.map(fromSteps),
    total: people.reduce((sum, value) => sum + value, 0),
  }));
  return (choice) =>
    groups.map(({ people, ring, reach, total }) => {
      const isCovered = reach
        ? reachedBy(reach, choice, people.length)
        : choice.reached[/** @type {number} */ (ring)];
      const covered = people.reduce((sum, value, i) => sum + (isCovered[i] ? value : 0), 0);
      return total > 0 ? covered / total : null;
    });
};

/**
 * The function that counts the business areas with an open station within the standard.
 * @param {Coverage} coverage
 * @returns {(choice: Choice) => number}
 */
export const businessAreasOf = ({ sets }) => {
  const { count } = sets.businessAreas;
  const reach = sets.businessAreas.stations.map(fromSteps);
  return (choice) => reachedBy(reach, choice, count).reduce((sum, isReached) => sum + isReached, 0);
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
