// Coverage of a choice, with one branch, counted by hand and against counting anew from the sets.
import assert from "node:assert/strict";
import test from "node:test";
import { openModel } from "../../../planner/reporting/map/js/model.js";
import { fromScenarioFile, toScenarioFile } from "../../../planner/reporting/map/js/scenario_file.js";

const PEOPLE = [10, 20, 30, 40, 50];
const HOME = [0, 0, 1, 1, 1];
// Stations: A and its branch B, C, and the candidates K and L; for each the points within 5 and, beyond that, 10 minutes.
const REACH = [
  [[0, 1], [2]],
  [[2], [3]],
  [[1, 3], []],
  [[3, 4], [2]],
  [[4], []],
];

const stepsOf = (values) => values.map((value, place) => value - (place ? values[place - 1] : 0));
const groups = REACH.flat();
const nowhere = { rings: groups.map(() => 0), places: [], lon: [], lat: [] };
const rule = ["compliant", [">=", ["covered"], ["span", 0.5, 0.5]], "1"];

const SETS = {
  study: "A city",
  crs: "EPSG:32648",
  base: { closed: ["Z"], sites: [], changes: [] },
  rings: [5, 10],
  limits: [0, 1],
  standard: 0,
  grain: 1,
  demand: { people: PEOPLE, home: stepsOf(HOME), lat: [0, 0, 0, 0, 0], lon: [0, 0, 0, 0, 0] },
  communities: {
    id: ["W", "E"],
    name: ["West", "East"],
    outlines: { rings: [0, 0], places: [], lon: [], lat: [] },
  },
  stations: {
    id: ["A", "B", "C", "K", "L"],
    name: ["Centre A", "Branch B", "Centre C"],
    branchName: [],
    place: ["Elm Road", ""],
    tier: ["community", "station", "community"],
    community: [0, 0, 1],
    lat: [0, 0, 0, 0, 0],
    lon: [0, 0, 0, 0, 0],
    x: [500, 900],
    y: [100, 100],
  },
  branches: { 1: 0 },
  reach: { counts: groups.map((one) => one.length), steps: groups.flatMap(stepsOf) },
  areas: nowhere,
  rows: [{}],
  judged: {
    premises: [
      { station: 0, branches: 0, findings: [[rule]], choices: [] },
      { station: 2, branches: 0, findings: [[rule]], choices: [] },
    ],
    ...{ excellentShare: 0.5, same: 1e-9, nearest: null, old: null, unfollowed: [] },
    today: { weak: [1], compliantShare: 0.5, excellentShare: 0.5, rated: {} },
  },
  groups: [
    { id: "old", people: [1, 0, 2, 0, 7], ring: 1 },
    { id: "workers", people: [5, 15], stations: [[[0], [], [1], [0, 1], []]] },
  ],
  businessAreas: [{ count: 2, stations: [[], [0], [], [1], []] }],
  projects: { list: [], funds: [], years: [], costs: {} },
  scenarios: [],
};

const counted = (on) => {
  const covered = [0, 1].map((limit) => {
    const points = new Set(
      REACH.flatMap((rings, station) => (on[station] ? rings.slice(0, limit + 1).flat() : [])),
    );
    return [...points].reduce((sum, point) => sum + PEOPLE[point], 0);
  });
  return covered;
};

test("today, by hand", () => {
  const model = openModel(SETS);
  const today = model.figures(model.choose());
  // A reaches 10 and 20, its branch 30, C 20 and 40.
  assert.deepEqual(today.covered, [100, 100]);
  assert.equal(today.peopleShare, 100 / 150);
  assert.equal(today.pointsShare, 4 / 5);
  // West is covered whole, of East's 120 people 70.
  assert.deepEqual(
    [...today.verdicts],
    [
      [0, "compliant"],
      [2, "compliant"],
    ],
  );
});

test("groups and business areas follow the choice", () => {
  const model = openModel(SETS);
  const shares = (...choice) => model.figures(model.choose(...choice)).groupShares;
  assert.deepEqual(shares(), [0.3, 1]);
  assert.deepEqual(shares([2]), [0.3, 0.25]);
  assert.deepEqual(shares([0, 2], [3]), [0.9, 1]);
  const areas = (...choice) => model.figures(model.choose(...choice)).businessAreas;
  assert.deepEqual([areas(), areas([0]), areas([], [3])], ["1 / 2", "0 / 2", "2 / 2"]);
});

const project = (given) => ({
  ...{ id: "P1", name: "P1", kind: "new", year: 0, cost: 12.5, paid: [12.5] },
  ...{ sites: [], closes: [], upgrades: [], branches: [], passages: 0, declared: [], changes: [] },
  ...given,
});
const withProjects = (list) => ({
  ...SETS,
  projects: {
    list,
    funds: [{ name: "Fund", amounts: [20], carries: true }],
    years: ["2026"],
    costs: { 3: 7, 4: 9 },
  },
});

test("a project that is said to resolve a centre makes it meet the rules, and the excellent are not counted", () => {
  const model = openModel(withProjects([project({ closes: [0], declared: [2] })]));
  const choice = model.choose([0]);
  assert.equal(model.figures(choice).verdicts.get(2), "weak");
  model.carryOut(choice, 0, true);
  const { verdicts, weak, excellentShare, money } = model.figures(choice);
  assert.deepEqual([verdicts.get(2), weak, excellentShare, money.spent], ["compliant", [], null, 12.5]);
  // The centre that it closes is opened by hand: the project is not carried out.
  model.set(choice, 0, true);
  assert.deepEqual([...choice.done], [0]);
});

test("a project of a site is carried out while the site is open; what no project takes costs more", () => {
  const model = openModel(withProjects([project({ sites: [3] })]));
  const choice = model.choose();
  model.set(choice, 3, true);
  assert.deepEqual([[...choice.done], model.figures(choice).money.planned], [[1], 12.5]);
  model.set(choice, 4, true);
  assert.deepEqual(model.figures(choice).money, { paid: [[12.5]], planned: 12.5, further: 9, spent: 21.5 });
  model.carryOut(choice, 0, false);
  assert.deepEqual([...choice.on], [1, 1, 1, 0, 1]);
  assert.equal(model.figures(choice).money.spent, 9);
});

test("a passage changes who reaches which station, and leaves no trace", () => {
  // With it the first centre, and no other, reaches the last point within the first limit.
  const rows = [{}, { 0: 5 }];
  const counts = [...SETS.reach.counts, 3, 0];
  const steps = [...SETS.reach.steps, 0, 1, 3];
  const sets = { ...withProjects([project({ passages: 1 })]), rows, reach: { counts, steps } };
  sets.groups = SETS.groups.map((group) => ({
    ...group,
    stations: group.stations && [...group.stations, ...group.stations],
  }));
  sets.businessAreas = [...SETS.businessAreas, ...SETS.businessAreas];
  sets.areas = { ...nowhere, rings: [...nowhere.rings, 0, 0] };
  const model = openModel(sets);
  const choice = model.choose();
  const before = JSON.stringify(model.figures(choice));
  model.carryOut(choice, 0, true);
  assert.equal(model.figures(choice).covered[0], 150);
  model.carryOut(choice, 0, false);
  assert.equal(JSON.stringify(model.figures(choice)), before);
});

test("a centre closes with its branch, whose community is then without one", () => {
  const model = openModel(SETS);
  const choice = model.choose([0]);
  assert.deepEqual([...choice.on], [0, 0, 1, 0, 0]);
  const figures = model.figures(choice);
  assert.deepEqual(figures.without, [0]);
  assert.deepEqual(figures.weak, [1]);
  assert.equal(figures.closed, 1);
  // Opening the branch opens its centre.
  model.set(choice, 1, true);
  assert.ok(model.same(choice, model.choose()));
});

test("every choice is counted as from the sets, also on the way there and back", () => {
  const model = openModel(SETS);
  for (let bits = 0; bits < 2 ** REACH.length; bits++) {
    const on = REACH.map((_, station) => Boolean(bits & (1 << station)));
    on[1] &&= on[0];
    const stations = [...on.keys()];
    const choice = model.choose(
      stations.filter((station) => station < 3 && !on[station]),
      stations.filter((station) => station > 2 && on[station]),
    );
    assert.deepEqual(model.figures(choice).covered, counted(on), String(on));
    for (const station of [0, 1, 2]) model.set(choice, station, true);
    for (const station of [4, 3]) model.set(choice, station, false);
    assert.deepEqual(model.figures(choice), model.figures(model.choose()));
  }
});

test("who would gain at a candidate", () => {
  const model = openModel(SETS);
  assert.deepEqual(model.gain(model.choose(), 3), { people: 50, points: [4], byCommunity: [[1, 50]] });
});

test("a choice is saved and read again; files of other maps are not read", () => {
  const model = openModel(SETS);
  const choice = model.choose([2], [4]);
  const file = toScenarioFile(model, choice);
  assert.deepEqual(file.closed, ["Z", "C"]);
  assert.deepEqual(file.sites, [{ id: "L", x: 900, y: 100 }]);
  assert.ok(model.same(fromScenarioFile(model, JSON.stringify(file)), choice));
  for (const wrong of [
    "{",
    "null",
    "[]",
    JSON.stringify({ ...file, study: "B" }),
    JSON.stringify({ ...file, closed: [] }),
  ])
    assert.equal(fromScenarioFile(model, wrong), null);
});
