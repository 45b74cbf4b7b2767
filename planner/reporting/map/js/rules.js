// Rules as planner/reporting/map/whatif_rules.py writes them, evaluated as planner/evaluation/expressions.py does: true,
// false, or null where what is known does not suffice. A number is an interval, both bounds included.
// tests/evaluation/test_page_operators.py compares every operator with Python's, and random rules as a whole.

/** @import { Answer, Interval, Judged, RuleNode, Values } from "./types" */

/** @type {Interval} */
const ANYTHING = [-Infinity, Infinity];
const SIDES = [0, 1];

/**
 * @param {number} value
 * @returns {Interval}
 */
export const exactly = (value) => (Number.isNaN(value) ? ANYTHING : [value, value]);

/**
 * @param {number} part
 * @param {number} whole
 */
export const shareOf = (part, whole) => (whole > 0 ? exactly(part / whole) : ANYTHING);

/**
 * @param {number} low
 * @param {number} high
 * @returns {Interval}
 */
const checked = (low, high) => (Number.isNaN(low) || Number.isNaN(high) ? ANYTHING : [low, high]);

/**
 * @param {(x: number, y: number) => number} operation
 * @param {Interval} a
 * @param {Interval} b
 * @returns {Interval}
 */
const overCorners = (operation, a, b) => {
  const corners = SIDES.flatMap((i) => SIDES.map((j) => operation(a[i], b[j])));
  return corners.some(Number.isNaN) ? ANYTHING : [Math.min(...corners), Math.max(...corners)];
};

/** @type {Record<string, (a: Interval, b: Interval) => Interval>} */
export const operators = {
  "+": (a, b) => checked(a[0] + b[0], a[1] + b[1]),
  "-": (a, b) => checked(a[0] - b[1], a[1] - b[0]),
  "*": (a, b) => overCorners((x, y) => x * y, a, b),
  "/": (a, b) => (b[0] <= 0 && b[1] >= 0 ? ANYTHING : overCorners((x, y) => x / y, a, b)),
};

/**
 * Comparisons of numbers that are one within a relative tolerance.
 * @param {number} tolerance
 * @returns {Record<string, (a: Interval, b: Interval) => Answer>}
 */
export const comparisonsWithin = (tolerance) => {
  /** @type {(x: number, y: number) => boolean} */
  const isSame = (x, y) =>
    x === y ||
    (Number.isFinite(x) &&
      Number.isFinite(y) &&
      Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y)));
  /** @type {(value: number, threshold: number) => boolean} */
  const isAbove = (value, threshold) => value > threshold && !isSame(value, threshold);
  /** @type {(holds: (x: number, y: number) => boolean) => (a: Interval, b: Interval) => Answer} */
  const compared = (holds) => (a, b) => {
    const answers = new Set(SIDES.flatMap((i) => SIDES.map((j) => holds(a[i], b[j]))));
    return answers.size === 1 ? [...answers][0] : null;
  };
  return {
    ">": compared((x, y) => isAbove(x, y)),
    "<": compared((x, y) => isAbove(y, x)),
    ">=": compared((x, y) => !isAbove(y, x)),
    "<=": compared((x, y) => !isAbove(x, y)),
  };
};

/** @type {(answers: Answer[], decided: boolean) => Answer} */
const joined = (answers, decided) =>
  answers.includes(decided) ? decided : answers.includes(null) ? null : !decided;

/**
 * Evaluator of conditions, with numbers that are one within a relative tolerance.
 * @param {number} tolerance
 */
export const evaluatorWithin = (tolerance) => {
  const comparisons = comparisonsWithin(tolerance);

  /** @type {(node: RuleNode, values: Values) => Interval} */
  const interval = ([sign, left, right], values) => {
    if (sign === "span") return [left ?? -Infinity, right ?? Infinity];
    if (sign in values) return values[sign](left);
    return operators[sign](interval(left, values), interval(right, values));
  };

  /** @type {(node: RuleNode | Answer, values: Values) => Answer} */
  const evaluate = (node, values) => {
    if (node === null || typeof node === "boolean") return node;
    const [sign, ...parts] = node;
    if (sign !== "and" && sign !== "or")
      return comparisons[sign](interval(parts[0], values), interval(parts[1], values));
    return joined(
      parts.map((part) => evaluate(part, values)),
      sign === "or",
    );
  };
  return evaluate;
};

/**
 * Weights are whole numbers of any size; their sum is rounded once.
 * @param {Judged[]} findings
 */
const weightOf = (findings) => Number(findings.reduce((sum, { weight }) => sum + BigInt(weight), 0n));

/**
 * The verdict on premises by what the rules found.
 * @param {Judged[]} findings
 * @param {number} excellentShare
 */
export const verdictOf = (findings, excellentShare) => {
  const required = findings.filter(({ grade }) => grade === "compliant");
  const further = findings.filter(({ grade }) => grade === "excellent");
  if (required.some(({ passed }) => passed === false)) return "weak";
  if (required.some(({ passed }) => passed === null)) return "undetermined";
  const share = further.length ? weightOf(further.filter(({ passed }) => passed === true)) / weightOf(further) : 0;
  return share >= excellentShare ? "excellent" : "compliant";
};
