// Two scenarios side by side: the compared one left of the divider.
import { byId, make } from "./dom.js";

/** @import { LeafletMap } from "./types" */
/** @import { Drawings } from "./drawing.js" */
/** @import { Session } from "./session.js" */

/**
 * @param {LeafletMap} map
 * @param {Session} session
 * @param {Drawings} drawings
 */
export const prepareCompare = (map, session, drawings) => {
  const { scenarios } = session.model.sets;
  const handle = byId("divider");
  const select = /** @type {HTMLSelectElement} */ (byId("compare"));

  /** @param {number} share */
  const moveDivider = (share) => {
    drawings.divider = Math.min(Math.max(share, 0), 1);
    handle.style.left = `${drawings.divider * 100}%`;
    handle.setAttribute("aria-valuenow", String(Math.round(drawings.divider * 100)));
    if (session.compared) drawings.repaint();
  };

  select.append(...scenarios.map(({ name }, place) => make("option", { value: place }, name)));
  select.append(make("option", { value: "own" }, session.say("this_choice")));
  select.addEventListener("change", () => {
    const { value } = select;
    const own = value === "own" ? session.model.copy(session.choice) : null;
    session.compare(value === "" ? null : (own ?? session.choiceOf(scenarios[Number(value)])));
    moveDivider(0.5);
  });

  map.getContainer().append(handle, byId("sides"));
  L.DomEvent.disableClickPropagation(handle);
  /** @param {PointerEvent} event */
  const drag = (event) => {
    const box = map.getContainer().getBoundingClientRect();
    moveDivider((event.clientX - box.left) / box.width);
  };
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", drag);
    event.stopPropagation();
  });
  handle.addEventListener("pointerup", () => handle.removeEventListener("pointermove", drag));
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    moveDivider(drawings.divider + step);
  });

  session.follow(() => {
    const { compared } = session;
    handle.hidden = !compared;
    byId("sides").hidden = !compared;
    // Reading a width lays the page out at once: only where it is used.
    if (!compared) return;
    // The name of the right side stands beside the list of layers, which is as wide as its longest name.
    const layers = /** @type {HTMLElement | null} */ (document.querySelector(".leaflet-control-layers"));
    byId("sides").style.right = `${(layers?.offsetWidth ?? 0) + 20}px`;
    byId("left-name").textContent = session.nameOfChoice(compared);
    byId("right-name").textContent = session.nameOfChoice(session.choice);
  });
};
