// The rule engine: what is not known stays open, and a verdict follows the grades.
import assert from "node:assert/strict";
import test from "node:test";
import {
  comparisonsWithin,
  evaluatorWithin,
  operators,
  verdictOf,
} from "../../../planner/reporting/map/js/rules.js";

const evaluate = evaluatorWithin(1e-9);
const span = (low, high) => ["span", low, high];
const [yes, no, open] = [true, false, ["<", span(0, 10), span(5, 5)]];

test("and, or over what holds, what does not, and what is not known", () => {
  const answers = [yes, no, null];
  const meets = { true: [true, false, null], false: [false, false, false], null: [null, false, null] };
  const joins = { true: [true, true, true], false: [true, false, null], null: [true, null, null] };
  for (const one of answers)
    answers.forEach((other, place) => {
      assert.equal(evaluate(["and", one, other], {}), meets[one][place]);
      assert.equal(evaluate(["or", one, other], {}), joins[one][place]);
    });
  assert.equal(evaluate(["and", open, yes], {}), null);
  assert.equal(evaluate(["or", open, yes], {}), true);
});

test("an interval decides only where both of its bounds do", () => {
  assert.equal(evaluate([">=", span(60, 70), span(60, 60)], {}), true);
  assert.equal(evaluate([">=", span(59, 70), span(60, 60)], {}), null);
  assert.equal(evaluate([">=", span(null, null), span(60, 60)], {}), null);
  assert.equal(
    evaluate(["<=", ["/", ["nearest"], span(300, 300)], span(1.5, 1.5)], { nearest: () => [450, 450] }),
    true,
  );
});

test("numbers that differ by rounding alone are one", () => {
  const { "<": isBelow, ">=": isAtLeast } = comparisonsWithin(1e-9);
  assert.equal(isBelow([0.3, 0.3], [0.1 + 0.2, 0.1 + 0.2]), false);
  assert.equal(isAtLeast([0.3, 0.3], [0.1 + 0.2, 0.1 + 0.2]), true);
  assert.deepEqual(operators["/"]([1, 1], [-1, 1]), [-Infinity, Infinity]);
});

test("the verdict: one failed requirement is weak, further rules count by weight", () => {
  const finding = (grade, passed, weight = "1") => ({ grade, passed, weight });
  const met = finding("compliant", true);
  assert.equal(verdictOf([met, finding("compliant", false), finding("compliant", null)], 0.5), "weak");
  assert.equal(verdictOf([met, finding("compliant", null)], 0.5), "undetermined");
  assert.equal(verdictOf([met], 0.5), "compliant");
  assert.equal(
    verdictOf([met, finding("excellent", true, "1"), finding("excellent", false, "1")], 0.5),
    "excellent",
  );
  assert.equal(
    verdictOf([met, finding("excellent", null, "3"), finding("excellent", true, "2")], 0.5),
    "compliant",
  );
});
