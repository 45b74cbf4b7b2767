// The choice in the room, its figures, and what it is compared with; every part of the page follows it.
import { signed, whole } from "./formats.js";

/** @import { Boxes, Choice, Figures, Model, Pointed, Say, Scenario } from "./types" */

const MARK_METRES = 3;
const LARGEST_MARK_METRES = 60;

export class Session {
  /**
   * @param {Model} model
   * @param {Say} say
   */
  constructor(model, say) {
    this.model = model;
    this.say = say;
    this.base = model.choose();
    this.base.scenario = model.sets.scenarios[0] ?? null;
    this.choice = model.copy(this.base);
    this.figures = model.figures(this.choice);
    this.figuresBase = this.figures;
    /** Whether the scenes of a meeting are shown, which are no steps to undo. */
    this.isPresenting = false;
    /** Whether own choices stand that no file has. */
    this.isUnsaved = false;
    /** @type {Choice | null} */
    this.compared = null;
    /** @type {Figures | null} */
    this.figuresCompared = null;
    /** @type {Pointed | null} */
    this.pointed = null;
    /** The community that the charts point at. @type {number | null} */
    this.hovered = null;
    /** Stations whose areas grow while the years are played, and how far. @type {{ stations: Set<number>, share: number } | null} */
    this.growing = null;
    /** @type {((box: Boxes | null) => void)[]} */
    this.followers = [];
    /** @type {Map<Scenario, Choice>} */
    this.made = new Map();
  }

  get isBase() {
    return this.model.same(this.choice, this.base);
  }

  /** @param {number} station */
  isCentre(station) {
    return station < this.model.count.centres;
  }

  /** @param {number} station */
  nameOf(station) {
    const { count, sets } = this.model;
    const { id, name, place, branchName } = sets.stations;
    if (this.isCentre(station)) return name[station];
    if (station >= count.sites) return branchName[station - count.sites];
    return place[station - this.model.count.centres] || this.say("candidate", { id: id[station] });
  }

  /** @param {Scenario} scenario */
  choiceOf(scenario) {
    const choice = this.made.get(scenario) ?? this.model.choose(scenario.closed, scenario.open, scenario.projects);
    choice.scenario = scenario;
    this.made.set(scenario, choice);
    return choice;
  }

  /** @param {Choice} choice */
  nameOfChoice(choice) {
    return choice.scenario ? choice.scenario.stop || choice.scenario.name : this.say("own_choice");
  }

  /**
   * Calls a function after every change, with the box in which the choice has changed, or null of the whole map.
   * @param {(box: Boxes | null) => void} follower
   */
  follow(follower) {
    this.followers.push(follower);
  }

  /** @param {Boxes | null} box */
  changed(box = null) {
    this.isUnsaved = !this.choice.scenario;
    const { model, pointed } = this;
    this.figures = model.figures(this.choice);
    this.figuresCompared = this.compared && model.figures(this.compared);
    if (pointed) this.pointed = { ...pointed, ...model.gain(this.choice, pointed.station) };
    for (const follower of this.followers) follower(box);
  }

  /**
   * Opens or closes a station.
   * @param {number} station
   * @param {boolean} isOn
   */
  put(station, isOn) {
    const before = this.figures.peopleCovered;
    this.model.set(this.choice, station, isOn);
    this.recognize();
    this.changed(this.model.boxes[station]);
    const step = this.figures.peopleCovered - before;
    const isBack = isOn === this.isCentre(station);
    const key = isBack ? (isOn ? "told_restored" : "told_withdrawn") : isOn ? "told_opened" : "told_closed";
    this.tell(key, { name: this.nameOf(station), people: signed(whole(step), step) || "0" });
  }

  /**
   * Carries out a project, or takes it back.
   * @param {number} project
   * @param {boolean} isDone
   */
  putProject(project, isDone) {
    const before = this.figures.peopleCovered;
    this.model.carryOut(this.choice, project, isDone);
    this.recognize();
    this.changed();
    const step = this.figures.peopleCovered - before;
    const { name } = this.model.sets.projects.list[project];
    this.tell(isDone ? "told_done" : "told_undone", { name, people: signed(whole(step), step) || "0" });
  }

  /** Choices made one by one may add up to a scenario again. */
  recognize() {
    const isSame = (/** @type {Scenario} */ one) => this.model.same(this.choice, this.choiceOf(one));
    this.choice.scenario = this.model.sets.scenarios.find(isSame) ?? null;
  }

  /** @param {Choice} next */
  take(next) {
    this.choice = this.model.copy(next);
    if (!this.choice.scenario) this.recognize();
    this.changed();
  }

  /** @param {Choice | null} other */
  compare(other) {
    this.compared = other;
    this.changed();
  }

  /**
   * Marks who would gain at a candidate; null ends it.
   * @param {number | null} station
   */
  pointAt(station) {
    const most = this.model.people.reduce((largest, value) => Math.max(largest, value), 1);
    const look = { metres: Math.min(MARK_METRES, LARGEST_MARK_METRES / Math.sqrt(most)) };
    this.pointed = station === null ? null : { station, look, ...this.model.gain(this.choice, station) };
  }

  /**
   * The nearest candidate that is not open yet, by the straight line.
   * @param {L.LatLng} place
   */
  nearestCandidate(place) {
    const { count, sets } = this.model;
    let best = null;
    for (let station = count.centres; station < count.sites; station++) {
      if (this.choice.on[station]) continue;
      const metres = place.distanceTo([sets.stations.lat[station], sets.stations.lon[station]]);
      if (!best || metres < best.metres) best = { station, metres };
    }
    return best;
  }

  /**
   * Says something to those who cannot see what changed.
   * @param {string} key
   * @param {Record<string, string | number>} values
   */
  tell(key, values = {}) {
    const place = document.getElementById("told");
    if (place) place.textContent = key && this.say(key, values);
  }
}
