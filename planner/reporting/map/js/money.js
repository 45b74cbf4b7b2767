// What a choice costs: the projects carried out, and sites that no project takes.

/** @import { Choice, Coverage, Money } from "./types" */

/**
 * The function that gives what a choice costs; null where the study gives no funds.
 * @param {Coverage} coverage
 * @returns {(choice: Choice) => Money | null}
 */
export const moneyOf = ({ sets, count }) => {
  const { list, funds, years, costs } = sets.projects;
  if (!funds.length) return () => null;
  return ({ on, done }) => {
    const paid = funds.map(() => years.map(() => 0));
    /** @type {Set<number>} */
    const taken = new Set();
    let planned = 0;
    list.forEach((project, number) => {
      if (!done[number]) return;
      planned += project.cost;
      project.paid.forEach((amount, fund) => {
        paid[fund][project.year] += amount;
      });
      for (const site of project.sites) taken.add(site);
    });
    /** @type {number | null} */
    let further = 0;
    for (let station = count.centres; station < count.sites; station++) {
      if (!on[station] || taken.has(station)) continue;
      const cost = costs[station];
      further = further === null || cost === undefined ? null : further + cost;
    }
    return { paid, planned, further, spent: further === null ? null : planned + further };
  };
};
