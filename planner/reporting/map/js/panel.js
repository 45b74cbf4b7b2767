// The panel: key figures and what they have changed by, the scenarios, and the list of changes.
import { byId, inputById, make } from "./dom.js";
import { money, percent, rounded, signed, tenth, whole } from "./formats.js";
import { prepareScenarioFile } from "./scenario_file.js";

/** @import { Figures, Scenario } from "./types" */
/** @import { Session } from "./session.js" */

/** @param {Session} session */
export const preparePanel = (session) => {
  const { scenarios } = session.model.sets;
  // The axis of time; the methods of siting stand apart from it.
  const stops = scenarios.filter(({ stop }) => stop);
  const methods = scenarios.filter(({ method }) => method);
  const slider = inputById("scenario");
  slider.max = String(stops.length - 1);
  slider.disabled = stops.length < 2;
  /** @param {Scenario} scenario */
  const take = (scenario) => {
    session.take(session.choiceOf(scenario));
    // Against the first, as the figures above it.
    const step = session.figures.peopleCovered - session.figuresBase.peopleCovered;
    const people = signed(whole(step), step) || "0";
    session.tell("told_scenario", { name: session.nameOfChoice(session.choice), people, base: scenarios[0].name });
  };
  slider.addEventListener("input", () => take(stops[Number(slider.value)]));
  // A thumb that is hidden at an own choice stands somewhere: pressed there, it is taken as well.
  slider.addEventListener("click", () => {
    if (session.choice.scenario !== stops[Number(slider.value)]) take(stops[Number(slider.value)]);
  });
  byId("ticks").replaceChildren(...stops.map(({ stop }) => make("span", {}, stop)));
  const chooser = /** @type {HTMLSelectElement | null} */ (document.getElementById("method"));
  chooser?.append(...methods.map(({ method }, place) => make("option", { value: place }, method)));
  chooser?.addEventListener("change", () => take(chooser.value ? methods[Number(chooser.value)] : scenarios[0]));
  byId("reset").addEventListener("click", () => {
    session.take(session.base);
    session.tell("");
  });
  prepareScenarioFile(session);
  const showChanges = changeList(session);
  session.follow(() => {
    showFigures(session);
    showChanges();
    const { scenario } = session.choice;
    const name = session.nameOfChoice(session.choice);
    slider.classList.toggle("own", !scenario?.stop);
    if (scenario?.stop) slider.value = String(stops.indexOf(scenario));
    if (chooser) chooser.value = scenario?.method ? String(methods.indexOf(scenario)) : "";
    slider.setAttribute("aria-valuetext", name);
    byId("scenario-name").textContent = name;
  });
};

/**
 * Text that stays is not laid out anew.
 * @param {Element} place
 * @param {string} text
 */
const write = (place, text) => {
  if (place.textContent !== text) place.textContent = text;
};

/**
 * Writes a figure and what it has changed by.
 * @param {string} name
 * @param {string} text
 * @param {string} change
 */
const show = (name, text, change = "") => {
  const box = document.querySelector(`[data-figure="${name}"]`);
  if (!box) return;
  write(box.querySelector("b") ?? box, text);
  const delta = box.querySelector(".delta");
  if (delta) showChange(delta, change, FEWER_IS_BETTER.includes(name));
};

const FEWER_IS_BETTER = ["people_uncovered", "weak_communities", "communities_without_centre"];

/**
 * Writes a change, in the colour of a better or a worse figure.
 * @param {Element} place
 * @param {string} change with its sign
 * @param {boolean} isFewerBetter
 */
const showChange = (place, change, isFewerBetter = false) => {
  write(place, change);
  const isBetter = change.startsWith("+") !== isFewerBetter;
  place.classList.toggle("better", Boolean(change) && isBetter);
  place.classList.toggle("worse", Boolean(change) && !isBetter);
};

/** @param {number} share */
const shownTenths = (share) => Math.round(Number(tenth(share * 100)) * 10);

/** @param {Session} session */
const showFigures = (session) => {
  const { model, say, figures: now, figuresBase: before } = session;
  /** @type {(share: number | null) => string} */
  const share = (value) => percent(value) || say("unknown");
  // The difference of two shares as they are shown, as the report has it.
  /** @type {(one: number | null, other: number | null) => string} */
  const points = (one, other) =>
    one === null || other === null
      ? ""
      : change(shownTenths(one), shownTenths(other), (step) => say("percent_points", { value: tenth(step / 10) }));
  /** @type {(now: number | null, before: number | null, write: (value: number) => string) => string} */
  const change = (one, other, write) => {
    const step = one === null || other === null ? 0 : one - other;
    return step ? signed(write(step), step) : "";
  };
  // Weak communities and rates stay blank where a rule asks for what only a run can measure.
  /** @type {(count: number) => string} */
  const rate = (count) => {
    if (now.weak === null) return "—";
    const { assessed, determined } = now.rated;
    if (!determined) return say(assessed ? "none_determined" : "not_judged");
    return say("rate", { share: share(count / determined), count, of: determined });
  };
  // The difference of two shown figures, so that the three add up.
  /** @type {(figures: Figures) => number} */
  const uncovered = ({ peopleCovered }) => rounded(model.total) - rounded(peopleCovered);

  show("people_share", share(now.peopleShare), points(now.peopleShare, before.peopleShare));
  show(
    "people_covered",
    say("kpi_people_count", { covered: whole(now.peopleCovered), people: whole(model.total) }),
  );
  const bar = /** @type {HTMLElement} */ (document.querySelector(".bar i"));
  bar.style.width = `${((now.peopleShare ?? 0) * 100).toFixed(1)}%`;
  /** @type {(name: string, key: string, text: string, step?: string) => void} */
  const count = (name, key, text, step = "") => {
    show(name, text, step);
    const label = document.querySelector(`[data-figure="${name}"] span`);
    if (label) write(label, say(key, { count: text }));
  };
  count(
    "people_uncovered",
    "kpi_uncovered",
    whole(uncovered(now)),
    change(uncovered(now), uncovered(before), whole),
  );
  show("points_share", share(now.pointsShare), points(now.pointsShare, before.pointsShare));
  show("compliant_share", rate(now.rated.compliant), points(now.compliantShare, before.compliantShare));
  // Where the study says only that a project resolves a centre, whether it would be excellent is not known.
  const { list } = model.sets.projects;
  const isDeclared = list.some(({ declared }, project) => declared.length && session.choice.done[project]);
  show(
    "excellent_share",
    isDeclared ? "—" : rate(now.rated.excellent),
    points(now.excellentShare, before.excellentShare),
  );
  const [weak, weakBefore] = [now.weak?.length ?? null, before.weak?.length ?? null];
  const weakText = weak === null ? "—" : now.rated.assessed ? String(weak) : say("not_judged");
  count("weak_communities", "kpi_weak", weakText, change(weak, weakBefore, String));
  document.querySelector('[data-figure="weak_communities"]')?.classList.toggle("none", weakText === "0");
  byId("verdicts-note").hidden = now.weak !== null;
  count(
    "communities_without_centre",
    "kpi_without_centre",
    String(now.without.length),
    change(now.without.length, before.without.length, String),
  );
  // What is blank needs a run, or is the programme's to tell.
  /** @type {(name: string, text: string, step?: string) => void} */
  const showOrBlank = (name, text, step = "") => {
    show(name, text || "—", step);
    const box = /** @type {HTMLElement | null} */ (document.querySelector(`[data-figure="${name}"]`));
    if (box) box.title = text ? "" : say("needs_run");
  };
  showOrBlank("area_share", percent(now.areaShare), points(now.areaShare, before.areaShare));
  const spent = now.money?.spent ?? null;
  showOrBlank("spent", spent === null ? "" : money(spent));
  model.sets.groups.forEach(({ id }, place) => {
    const [one, other] = [now.groupShares[place], before.groupShares[place]];
    show(`group_${id}`, share(one), points(one, other));
  });
  /** @type {(figures: Figures) => number} */
  const areasServed = ({ businessAreas }) => Number.parseInt(businessAreas, 10);
  show("business_areas", now.businessAreas, change(areasServed(now), areasServed(before), String));
  count("opened", "kpi_opened", String(now.opened));
  const added = rounded(now.peopleCovered) - rounded(before.peopleCovered);
  show("people_added", signed(whole(added), added));
  model.sets.limits.forEach((_, place) => {
    const row = /** @type {Element} */ (document.querySelector(`[data-limit="${place}"]`));
    const [value, delta] = [".value", ".delta"].map((part) => /** @type {Element} */ (row.querySelector(part)));
    write(value, share(now.shares[place]));
    for (const [part, figures] of /** @type {const} */ ([
      [".bar-now", now],
      [".bar-was", before],
    ])) {
      const bar = /** @type {HTMLElement} */ (row.querySelector(part));
      bar.style.width = `calc((100% - 12px) * ${(figures.shares[place] ?? 0).toFixed(4)})`;
    }
    showChange(delta, change(now.covered[place], before.covered[place], whole));
  });
  byId("changes-count").textContent = say("changes", { opened: now.opened, closed: now.closed });
};

/**
 * The function that lists the changes; a row that stays is the same element.
 * @param {Session} session
 */
const changeList = (session) => {
  const { say } = session;
  const { projects } = session.model.sets;
  const list = byId("changes");
  /** @type {Map<string, HTMLElement>} */
  const made = new Map();
  /** @type {(id: string, key: string, name: string, act: () => void) => HTMLElement} */
  const row = (id, key, name, act) => {
    const known = made.get(id);
    if (known) return known;
    const undo = make("button", { type: "button", "aria-label": `${say("undo")} ${name}` }, say("undo"));
    undo.addEventListener("click", act);
    const item = make("li", {}, say(key, { name }), " ", undo);
    made.set(id, item);
    return item;
  };
  return () => {
    const { choice } = session;
    const stations = [...choice.on].flatMap((isOn, station) => {
      const isCentre = session.isCentre(station);
      if (isCentre === Boolean(isOn)) return [];
      const key = isCentre ? "closed" : "opened";
      return [row(`station ${station}`, key, session.nameOf(station), () => session.put(station, isCentre))];
    });
    // What projects do besides opening and closing.
    const further = projects.list.flatMap(({ name, sites, branches, closes }, project) =>
      choice.done[project] && !(sites.length + branches.length + closes.length)
        ? [row(`project ${project}`, "carried_out", name, () => session.putProject(project, false))]
        : [],
    );
    const rows = [...stations, ...further];
    const kept = new Set(rows);
    for (const old of [...list.children]) if (!kept.has(/** @type {HTMLElement} */ (old))) old.remove();
    rows.forEach((item, place) => {
      if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    });
  };
};
