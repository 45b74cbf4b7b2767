// Undo and redo, and the choices that a reload or going back keeps.
import { byId } from "./dom.js";

/** @import { Choice, Model } from "./types" */
/** @import { Session } from "./session.js" */

/**
 * What a choice is, in as few numbers as it takes.
 * @typedef {{ scenario: number, closed: number[], opened: number[], projects: number[] }} Step
 */

/**
 * @param {Model} model
 * @param {Choice} choice
 * @returns {Step}
 */
export const stepOf = ({ sets, count }, { on, done, scenario }) => {
  const stations = [...on.keys()];
  return {
    scenario: scenario ? sets.scenarios.indexOf(scenario) : -1,
    closed: stations.filter((station) => station < count.centres && !on[station]),
    opened: stations.filter((station) => station >= count.centres && station < count.sites && on[station]),
    projects: [...done.keys()].filter((project) => done[project]),
  };
};

/**
 * @param {Model} model
 * @param {Step} step
 */
export const choiceOf = (model, { scenario, closed, opened, projects }) => {
  const choice = model.choose(closed, opened, projects);
  choice.scenario = model.sets.scenarios[scenario] ?? null;
  return choice;
};

/** Steps taken, and those that may be taken again. */
export class Steps {
  /** @param {Step} first */
  constructor(first) {
    this.taken = [first];
    /** @type {Step[]} */
    this.undone = [];
  }

  /** @param {Step} step */
  take(step) {
    if (JSON.stringify(step) === JSON.stringify(this.taken.at(-1))) return;
    this.taken.push(step);
    this.undone = [];
  }

  undo() {
    if (this.taken.length < 2) return null;
    this.undone.push(/** @type {Step} */ (this.taken.pop()));
    return /** @type {Step} */ (this.taken.at(-1));
  }

  redo() {
    const step = this.undone.pop();
    if (!step) return null;
    this.taken.push(step);
    return step;
  }
}

// Browsers refuse to keep more than some twenty states a second.
const KEEP_MS = 100;

/**
 * Buttons and keys for undo and redo; the choice in the browser's history; a question before own choices are left.
 * @param {Session} session
 */
export const prepareSteps = (session) => {
  const { model } = session;
  const name = [model.sets.study, model.count.stations, model.sets.projects.list.length].join(" ");
  const steps = new Steps(stepOf(model, session.choice));
  const buttons = { undo: byId("undo"), redo: byId("redo") };

  /** @param {"undo" | "redo"} way */
  const go = (way) => {
    const step = steps[way]();
    if (!step) return;
    session.take(choiceOf(model, step));
    session.tell(`told_${way}`, { name: session.nameOfChoice(session.choice) });
  };
  buttons.undo.addEventListener("click", () => go("undo"));
  buttons.redo.addEventListener("click", () => go("redo"));
  document.addEventListener("keydown", (event) => {
    const isText = event.target instanceof HTMLInputElement && event.target.type !== "range";
    if (isText || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    const way = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : null;
    if (!way) return;
    event.preventDefault();
    go(way);
  });

  const kept = history.state?.[name];
  if (kept) session.take(choiceOf(model, kept));
  steps.take(stepOf(model, session.choice));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const keep = () => {
    clearTimeout(waiting);
    waiting = undefined;
    history.replaceState({ ...history.state, [name]: steps.taken.at(-1) }, "");
  };
  session.follow(() => {
    if (session.isPresenting) return;
    const step = stepOf(model, session.choice);
    steps.take(step);
    waiting ??= setTimeout(keep, KEEP_MS);
    buttons.undo.toggleAttribute("disabled", steps.taken.length < 2);
    buttons.redo.toggleAttribute("disabled", !steps.undone.length);
  });
  window.addEventListener("beforeunload", (event) => {
    if (waiting !== undefined) keep();
    if (session.isUnsaved) event.preventDefault();
  });
};
