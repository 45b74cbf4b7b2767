// Undo and redo.
import assert from "node:assert/strict";
import test from "node:test";
import { Steps } from "../../../planner/reporting/map/js/steps.js";

const step = (...closed) => ({ scenario: -1, closed, opened: [] });

test("steps are undone to the first, and done again until another is taken", () => {
  const steps = new Steps(step());
  assert.equal(steps.undo(), null);
  steps.take(step(1));
  steps.take(step(1));
  steps.take(step(1, 2));
  assert.deepEqual(steps.undo(), step(1));
  assert.deepEqual(steps.undo(), step());
  assert.equal(steps.undo(), null);
  assert.deepEqual(steps.redo(), step(1));
  steps.take(step(3));
  assert.equal(steps.redo(), null);
  assert.deepEqual(steps.undo(), step(1));
});
