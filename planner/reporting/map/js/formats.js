// Numbers as the planner writes them (planner/messages): rounded half to even, thousands marked.

/** @param {number} value */
const halfToEven = (value) => {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2) ? down + 1 : down;
};

/**
 * A whole number.
 * @param {number} value
 */
export const rounded = (value) => (value < 0 ? -halfToEven(-value) : halfToEven(value));

/**
 * A whole number with thousands marked.
 * @param {number} value
 */
export const whole = (value) => {
  const size = Math.abs(rounded(value));
  return (value < 0 && size ? "-" : "") + String(size).replace(/\B(?=(\d{3})+$)/g, ",");
};

/**
 * A number with one decimal.
 * @param {number} value
 */
export const tenth = (value) => {
  // Only quarters lie exactly between two tenths; elsewhere toFixed rounds the exact value, as Python does.
  const isTie = Number.isInteger(value * 4) && !Number.isInteger(value * 2);
  return isTie ? (rounded(value * 10) / 10).toFixed(1) : value.toFixed(1);
};

/**
 * An amount of money, with no more digits than it needs.
 * @param {number} value
 */
export const money = (value) => {
  // Only eighths lie exactly between two hundredths; elsewhere toFixed rounds the exact value, as Python does.
  const isTie = Number.isInteger(value * 8) && !Number.isInteger(value * 4);
  const [units, parts] = (isTie ? (rounded(value * 100) / 100).toFixed(2) : value.toFixed(2)).split(".");
  const grouped = units.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped}.${parts}`.replace(/\.?0+$/, "");
};

/**
 * A share in percent with one decimal; "" of what is not known.
 * @param {number | null} share
 */
export const percent = (share) => (share === null || Number.isNaN(share) ? "" : `${tenth(share * 100)}%`);

/**
 * What a number that is shown has changed by, with its sign.
 * @param {string} text
 * @param {number} value
 */
export const signed = (text, value) => (value > 0 ? `+${text}` : text.replace("-", "−"));
