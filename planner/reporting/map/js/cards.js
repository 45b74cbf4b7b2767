// Cards of centres, sites and communities: what stands in them follows the choice.
import { make } from "./dom.js";
import { percent, whole } from "./formats.js";

/** @import { Choice, LeafletMap, Sign } from "./types" */
/** @import { Session } from "./session.js" */

/**
 * The button in a card that opens or closes its centre or site.
 * @param {Session} session
 * @param {number} station
 */
export const switchFor = (session, station) => {
  const { choice, say, model } = session;
  const isCentre = session.isCentre(station);
  const isOn = Boolean(choice.on[station]);
  const key = isCentre ? (isOn ? "close" : "restore") : isOn ? "withdraw" : "open";
  const button = make("button", { type: "button" }, say(key));
  button.addEventListener("click", (event) => {
    // The button is replaced at once; Leaflet would take a click on what no longer stands in a card for the map's.
    event.stopPropagation();
    session.put(station, !isOn);
  });
  const gained =
    !isOn && !isCentre ? ` ${say("would_gain", { people: whole(model.gain(choice, station).people) })}` : "";
  const asRun = isCentre && !session.isBase ? say("card_as_run") : "";
  return make(
    "p",
    { class: "switch", "data-station": station },
    button,
    make("span", { class: "gain" }, gained),
    make("small", {}, asRun),
  );
};

export class Cards {
  /**
   * @param {LeafletMap} map
   * @param {Session} session
   * @param {Record<string, string>} colours of verdicts
   */
  constructor(map, session, colours) {
    this.map = map;
    this.session = session;
    this.colours = colours;
    /** @type {Map<number, Sign>} */
    this.ofStation = new Map();
    /** @type {Map<string, Sign>} */
    this.ofCommunity = new Map();
    map.on("popupopen", ({ popup }) => this.extend(popup));
    session.follow(() => this.renewSwitches());
    session.follow(() => this.colourSigns());
    // A sign that is shown again is made anew.
    map.on("overlayadd", () => this.colourSigns());
  }

  /** Signs of centres have the colour of their verdict, and fade where the centre is closed. */
  colourSigns() {
    const { choice, figures, figuresBase } = this.session;
    for (const [station, layer] of this.ofStation) {
      const sign = /** @type {L.Marker} */ (layer).getElement?.();
      if (!sign || !this.session.isCentre(station)) continue;
      sign.classList.toggle("shut", !choice.on[station]);
      if (!figuresBase.verdicts.has(station)) continue;
      const colour = this.colours[figures.verdicts.get(station) ?? "none"];
      // A sign that keeps its colour is not drawn anew.
      for (const path of sign.querySelectorAll("path"))
        if (path.getAttribute("fill") !== colour) path.setAttribute("fill", colour);
    }
  }

  renewSwitches() {
    const switches = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".switch"));
    for (const element of switches) {
      const isFocused = element.contains(document.activeElement);
      const next = switchFor(this.session, Number(element.dataset.station));
      element.replaceWith(next);
      const popup = /** @type {any} */ (this.map)._popup;
      // The card has grown or shrunk: its title must stay on the map.
      // One that is fading away is still in the page, and no longer on the map.
      if (popup?.isOpen() && popup.getElement()?.contains(next)) {
        popup._updateLayout();
        popup._updatePosition();
        popup._adjustPan?.();
      }
      if (isFocused) next.querySelector("button")?.focus({ preventScroll: true });
    }
  }

  /** @param {any} popup whose private methods lay it out anew */
  extend(popup) {
    const { session } = this;
    const { model, say, choice, base } = session;
    /** @type {Element} */
    const content = popup.getElement().querySelector(".leaflet-popup-content");
    // Leaflet's button leads to a part of the page that is not there.
    popup._closeButton?.setAttribute("href", `#${this.map.getContainer().id}`);
    const station = popup._source?.station ?? null;
    for (const old of content.querySelectorAll(".now")) old.remove();
    if (station !== null) {
      content.querySelector(".switch")?.remove();
      content.append(switchFor(session, station));
    }
    const card = /** @type {HTMLElement | null} */ (content.querySelector("[data-community]"));
    const community = card ? model.sets.communities.id.indexOf(card.dataset.community ?? "") : -1;
    if (community >= 0 && !session.isBase) {
      /** @type {(one: Choice) => string} */
      const share = (one) => {
        const people = model.residents[community];
        return percent(people ? one.byCommunity[model.sets.standard][community] / people : null) || say("unknown");
      };
      const values = { name: session.nameOfChoice(choice), now: share(choice), before: share(base) };
      content.append(make("p", { class: "now" }, say("community_now", values)));
    }
    if (content.querySelector("[data-as-run]") && !session.isBase)
      content.append(make("p", { class: "now" }, say("card_as_run")));
    // Not update(): it would write the card anew, without what was just added.
    popup._updateLayout();
    popup._updatePosition();
    popup._adjustPan?.();
    if (document.activeElement?.classList.contains("leaflet-marker-icon"))
      content.querySelector("button")?.focus();
  }

  /** @param {Sign | undefined} layer */
  show(layer) {
    if (!layer) return;
    layer.openPopup();
    const button = layer.getPopup()?.getElement()?.querySelector("button:not(.leaflet-popup-close-button)");
    /** @type {HTMLElement | null | undefined} */ (button)?.focus({ preventScroll: true });
  }

  /**
   * A candidate that no proposal has chosen has no sign of its own.
   * @param {number} station
   * @param {[lat: number, lon: number]} place
   */
  openStation(station, place) {
    if (this.ofStation.has(station)) return this.show(this.ofStation.get(station));
    const heading = make("h3", {}, this.session.nameOf(station));
    const content = make("div", { class: "card" }, heading, switchFor(this.session, station));
    L.popup({ minWidth: 200 }).setLatLng(place).setContent(content).openOn(this.map);
    content.querySelector("button")?.focus({ preventScroll: true });
  }

  /** @param {string} community */
  openCommunity(community) {
    this.show(this.ofCommunity.get(community));
  }
}
