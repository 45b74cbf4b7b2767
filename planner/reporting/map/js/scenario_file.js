// The choice as a file that `planner run --scenario` takes, and back.
import { byId, inputById, make } from "./dom.js";

/** @import { Change, Model, Choice, ScenarioFile, Site } from "./types" */
/** @import { Session } from "./session.js" */

const FORMAT = "planner.scenario/1";

/**
 * @param {Model} model
 * @param {Choice} choice
 * @returns {ScenarioFile}
 */
export const toScenarioFile = (model, choice) => {
  const { sets, count } = model;
  const { stations } = sets;
  const closed = [...sets.base.closed];
  /** @type {Map<string, Site>} */
  const sites = new Map(sets.base.sites.map((site) => [site.id, site]));
  const taken = new Set([...stations.id.slice(0, count.centres), ...sites.keys()]);
  const changes = new Set(sets.base.changes);
  for (let station = 0; station < count.centres; station++) {
    const id = stations.id[station];
    if (choice.on[station]) continue;
    const branch = sets.base.changes.find((change) => change.kind === "open_station" && change.id === id);
    if (branch) {
      changes.delete(branch);
      continue;
    }
    if (sites.has(id) && stations.tier[station] === "station") sites.delete(id);
    else closed.push(id);
  }
  for (let station = count.centres; station < count.sites; station++) {
    if (!choice.on[station]) continue;
    let id = stations.id[station];
    while (taken.has(id)) id += "'";
    taken.add(id);
    sites.set(id, { id, x: stations.x[station - count.centres], y: stations.y[station - count.centres] });
  }
  sets.projects.list.forEach((project, number) => {
    if (choice.done[number]) for (const change of project.changes) changes.add(change);
  });
  const file = { format: FORMAT, study: sets.study, crs: sets.crs, closed, sites: [...sites.values()] };
  return changes.size ? { ...file, changes: [...changes] } : file;
};

/**
 * The projects that are what a file changes beyond the base; null where a change is none of theirs.
 * @param {Model} model
 * @param {Change[]} changes
 */
const projectsOf = ({ sets }, changes) => {
  const texts = (/** @type {Change[]} */ list) =>
    list.map(({ kind, centre, id = "", amount = 0, functions = [], place = null, other = null }) =>
      JSON.stringify([kind, centre, id, amount, functions, place, other]),
    );
  const left = new Set(texts(changes));
  for (const known of texts(sets.base.changes)) if (!left.delete(known)) return null;
  const done = [...sets.projects.list.keys()].filter((number) => {
    const own = texts(sets.projects.list[number].changes);
    return own.length > 0 && own.every((change) => left.has(change));
  });
  for (const number of done) for (const change of texts(sets.projects.list[number].changes)) left.delete(change);
  return left.size ? null : done;
};

/**
 * The choice of a file; null where the file is not one of this map.
 * @param {Model} model
 * @param {string} text
 */
export const fromScenarioFile = (model, text) => {
  const { sets, count } = model;
  const { stations, base } = sets;
  try {
    /** @type {ScenarioFile} */
    const content = JSON.parse(text);
    if (content.format !== FORMAT || content.study !== sets.study || content.crs !== sets.crs) return null;
    if (base.closed.some((id) => !content.closed.includes(id))) return null;
    const number = new Map(stations.id.slice(0, count.centres).map((id, station) => [id, station]));
    const kept = new Set(content.sites.map(({ id }) => id));
    const ofBase = new Set(base.sites.map(({ id }) => id));
    const closed = [
      ...content.closed.filter((id) => !base.closed.includes(id)),
      ...[...ofBase].filter((id) => !kept.has(id)),
    ];
    const done = projectsOf(model, content.changes ?? []);
    const at = new Map(stations.x.map((x, i) => [`${x} ${stations.y[i]}`, count.centres + i]));
    const stationsClosed = closed.map((id) => number.get(id));
    const opened = content.sites.filter(({ id }) => !ofBase.has(id)).map(({ x, y }) => at.get(`${x} ${y}`));
    if (!done || [...stationsClosed, ...opened].includes(undefined)) return null;
    return model.choose(/** @type {number[]} */ (stationsClosed), /** @type {number[]} */ (opened), done);
  } catch {
    return null;
  }
};

/** @param {Session} session */
export const prepareScenarioFile = (session) => {
  const { model } = session;
  byId("save").addEventListener("click", () => {
    const text = `${JSON.stringify(toScenarioFile(model, session.choice), null, 1)}\n`;
    const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    const link = make("a", { download: "picked.json", href });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
    session.isUnsaved = false;
    // Of some projects the study does not say what they do to the tables, so that a run cannot carry them out.
    const left = model.sets.projects.list.filter(({ declared, sites, closes, changes }, number) => {
      const isUnknown = declared.length > 0 || !(sites.length + closes.length + changes.length);
      return isUnknown && session.choice.done[number];
    });
    const names = left.map(({ name }) => name).join(session.say("comma"));
    session.tell(left.length ? "told_saved_without" : "told_saved", { names });
  });
  const field = inputById("load");
  field.addEventListener("change", async () => {
    const file = field.files?.[0];
    if (!file) return;
    const choice = fromScenarioFile(model, await file.text());
    field.value = "";
    if (choice) session.take(choice);
    session.isUnsaved = false;
    session.tell(choice ? "told_loaded" : "told_not_loaded", { name: file.name });
  });
};
