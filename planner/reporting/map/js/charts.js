// Charts that follow the choice, and the map: communities sorted, and the gain by number of sites with its bound.
import { make } from "./dom.js";
import { percent, whole } from "./formats.js";

/** @import { Curve } from "./types" */
/** @import { Cards } from "./cards.js" */
/** @import { Session } from "./session.js" */

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, MARGIN] = [300, 120, 26];

/**
 * @param {Session} session
 * @param {Cards} cards
 * @param {Curve} curve
 * @param {() => void} repaintMarks
 */
export const prepareCharts = (session, cards, curve, repaintMarks) => {
  communityBars(session, cards, repaintMarks);
  if (curve.points.length) gainCurve(session, curve);
};

/**
 * Communities by the share of their people that is covered, the least first; pointing at one shows the other.
 * @param {Session} session
 * @param {Cards} cards
 * @param {() => void} repaintMarks
 */
const communityBars = (session, cards, repaintMarks) => {
  const { model } = session;
  const { id, name } = model.sets.communities;
  const list = /** @type {HTMLElement} */ (document.getElementById("community-bars"));
  const rows = id.map((community, place) => {
    const [now, was, text] = [make("i", { class: "bar-now" }), make("i", { class: "bar-was" }), make("small")];
    const bar = make("span", { class: "share" }, now, was);
    const button = make("button", { type: "button" }, make("span", { class: "who" }, name[place]), bar, text);
    const row = make("li", {}, button);
    const point = (/** @type {number | null} */ which) => {
      session.hovered = which;
      repaintMarks();
    };
    for (const event of ["pointerenter", "focusin"]) row.addEventListener(event, () => point(place));
    for (const event of ["pointerleave", "focusout"]) row.addEventListener(event, () => point(null));
    button.addEventListener("click", () => cards.openCommunity(community));
    const onMap = cards.ofCommunity.get(community);
    onMap?.on("mouseover", () => row.classList.add("pointed"));
    onMap?.on("mouseout", () => row.classList.remove("pointed"));
    return { row, now, was, text };
  });
  const show = () => {
    if (!list.closest("details")?.open) return;
    const [covered, today] = [session.choice, session.base].map((one) => one.byCommunity[model.sets.standard]);
    const shares = rows.map((_, place) => (model.residents[place] ? covered[place] / model.residents[place] : 1));
    rows.forEach(({ now, was, text }, place) => {
      const before = model.residents[place] ? today[place] / model.residents[place] : 0;
      now.style.width = `${(100 * shares[place]).toFixed(1)}%`;
      was.style.left = `${(100 * before).toFixed(1)}%`;
      text.textContent = model.residents[place] ? percent(shares[place]) : session.say("unknown");
    });
    const order = [...rows.keys()].sort((a, b) => shares[a] - shares[b] || a - b);
    list.replaceChildren(...order.map((place) => rows[place].row));
  };
  list.closest("details")?.addEventListener("toggle", show);
  session.follow(show);
};

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
const drawn = (tag, attributes) => {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
};

/**
 * People gained by number of sites: the best for each number, and its bound; the handle opens the first sites.
 * @param {Session} session
 * @param {Curve} curve
 */
const gainCurve = (session, { points, ranked }) => {
  const { model, say } = session;
  const box = /** @type {HTMLElement} */ (document.getElementById("gain-curve"));
  const most = Math.max(...points.map(({ bound }) => bound), 1);
  const last = Math.max(points.at(-1)?.sites ?? 1, ranked.length);
  /** @type {(sites: number, people: number) => string} */
  const at = (sites, people) =>
    `${(MARGIN + ((WIDTH - MARGIN - 8) * sites) / last).toFixed(1)},${(HEIGHT - 16 - ((HEIGHT - 26) * people) / most).toFixed(1)}`;
  const svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": say("curve") });
  const zero = at(0, 0);
  svg.append(
    drawn("polyline", { points: `${at(0, most)} ${zero} ${at(last, 0)}`, class: "axis" }),
    drawn("polyline", {
      points: [zero, ...points.map((one) => at(one.sites, one.bound))].join(" "),
      class: "bound",
    }),
    drawn("polyline", {
      points: [zero, ...points.map((one) => at(one.sites, one.people))].join(" "),
      class: "gain",
    }),
  );
  const here = drawn("circle", { r: 4.5, class: "here" });
  svg.append(here);
  const handle = /** @type {HTMLInputElement} */ (
    make("input", { type: "range", min: 0, max: ranked.length, value: 0, "aria-label": say("curve_handle") })
  );
  const text = make("p");
  box.append(svg, handle, text);
  handle.addEventListener("input", () => {
    session.take(model.choose([], ranked.slice(0, Number(handle.value))));
  });
  session.follow(() => {
    const { choice, figures, figuresBase } = session;
    const sites = ranked.findIndex((station) => !choice.on[station]);
    const isFirst = figures.opened === (sites < 0 ? ranked.length : sites) && !choice.done.includes(1);
    const isOwn = !isFirst || figures.closed > 0;
    handle.classList.toggle("own", isOwn);
    if (!isOwn) handle.value = String(figures.opened);
    const gained = Math.max(figures.peopleCovered - figuresBase.peopleCovered, 0);
    const [cx, cy] = at(Math.min(figures.opened, last), Math.min(gained, most)).split(",");
    here.setAttribute("cx", cx);
    here.setAttribute("cy", cy);
    const best = points.find((one) => one.sites === figures.opened);
    const bound = best ? say("curve_bound", { people: whole(best.bound) }) : "";
    text.textContent = `${say("curve_here", { sites: figures.opened, people: whole(gained) })}${bound}`;
  });
};
