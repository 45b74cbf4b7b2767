// Numbers as the planner writes them; tests/reporting/test_page_modules.py compares them with Python's.
import assert from "node:assert/strict";
import test from "node:test";
import { percent, rounded, signed, tenth, whole } from "../../../planner/reporting/map/js/formats.js";

test("halves go to the even number", () => {
  assert.deepEqual([0.5, 1.5, 2.5, -0.5, -1.5, -2.5].map(rounded), [0, 2, 2, -0, -2, -2]);
  assert.deepEqual([0.25, 0.75, 0.35, 26.05].map(tenth), ["0.2", "0.8", "0.3", "26.1"]);
});

test("thousands are marked, and nothing is less than nothing", () => {
  assert.deepEqual([0, 999.5, 1000, 1234567.4, -0.2, -1234].map(whole), [
    "0",
    "1,000",
    "1,000",
    "1,234,567",
    "0",
    "-1,234",
  ]);
});

test("a share that is not known is no percentage", () => {
  assert.deepEqual([null, Number.NaN, 0, 0.261, 1].map(percent), ["", "", "0.0%", "26.1%", "100.0%"]);
});

test("changes carry their sign", () => {
  assert.equal(signed(whole(12), 12), "+12");
  assert.equal(signed(whole(-1200), -1200), "−1,200");
});
