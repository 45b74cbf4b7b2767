// The years played one after the other: areas grow from what opens, people and money count up.
import { byId } from "./dom.js";
import { money, percent, rounded, whole } from "./formats.js";

/** @import { Choice, Figures } from "./types" */
/** @import { Session } from "./session.js" */

const GROW_MS = 1400;
const REST_MS = 900;
const STEPS_MS = 60;

/**
 * @param {Session} session
 * @param {() => void} repaint draws the areas that grow
 */
export const preparePlay = (session, repaint) => {
  const button = byId("play");
  const stops = session.model.sets.scenarios.filter(({ stop }) => stop);
  button.toggleAttribute("disabled", stops.length < 2);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  const end = () => {
    clearTimeout(waiting);
    waiting = undefined;
    const wasGrowing = session.growing !== null;
    session.growing = null;
    button.setAttribute("aria-pressed", "false");
    if (wasGrowing) session.changed();
  };
  /** @param {number} place */
  const next = (place) => {
    if (place >= stops.length) return end();
    const before = { on: session.choice.on.slice(), figures: session.figures };
    const isFirst = place === 0;
    const opened = (/** @type {Choice} */ choice) =>
      new Set([...choice.on.keys()].filter((station) => choice.on[station] && !before.on[station]));
    const to = session.choiceOf(stops[place]);
    session.growing = isFirst ? null : { stations: opened(to), share: 0 };
    session.take(to);
    if (isFirst || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      session.growing = null;
      waiting = setTimeout(next, REST_MS, place + 1);
      return;
    }
    const [from, until] = [before.figures, session.figures];
    const began = performance.now();
    const grow = () => {
      const share = Math.min((performance.now() - began) / GROW_MS, 1);
      if (session.growing) session.growing.share = share;
      repaint();
      if (share < 1) {
        writeBetween(session, from, until, share);
        waiting = setTimeout(grow, STEPS_MS);
        return;
      }
      session.growing = null;
      // What was counted up is written once more, as it is.
      session.changed();
      waiting = setTimeout(next, REST_MS, place + 1);
    };
    grow();
  };
  button.addEventListener("click", () => {
    if (waiting !== undefined) return end();
    button.setAttribute("aria-pressed", "true");
    next(0);
  });
  // Whoever takes another choice meanwhile ends it.
  for (const name of ["pointerdown", "keydown"])
    document.addEventListener(
      name,
      (event) => {
        if (waiting !== undefined && !button.contains(/** @type {Node} */ (event.target))) end();
      },
      true,
    );
};

/**
 * People and money on their way from one stop to the next.
 * @param {Session} session
 * @param {Figures} from
 * @param {Figures} until
 * @param {number} share
 */
const writeBetween = ({ model }, from, until, share) => {
  /** @type {(one: number, other: number) => number} */
  const between = (one, other) => one + (other - one) * share;
  /** @type {(name: string, text: string) => void} */
  const write = (name, text) => {
    const box = document.querySelector(`[data-figure="${name}"] b`);
    if (box) box.textContent = text;
  };
  const people = between(from.peopleCovered, until.peopleCovered);
  write("people_share", percent(model.total ? people / model.total : null));
  write("people_uncovered", whole(rounded(model.total) - rounded(people)));
  const [spent, then] = [from.money?.spent ?? null, until.money?.spent ?? null];
  if (spent !== null && then !== null) write("spent", money(between(spent, then)));
};
