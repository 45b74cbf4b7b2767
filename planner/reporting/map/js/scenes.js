// Meeting mode: the whole screen for the map, one sentence a scene, arrow keys from scene to scene.
import { byId } from "./dom.js";
import { choiceOf, stepOf } from "./steps.js";

/** @import { LeafletMap, Scene } from "./types" */
/** @import { Session } from "./session.js" */

const YEAR_MS = 2500;

/**
 * @param {LeafletMap} map
 * @param {Session} session
 * @param {Scene[]} scenes
 * @param {{ layer: L.Layer, group: string, kind: string }[]} layers
 * @param {L.LatLngBoundsLiteral} core what the scenes show
 */
export const prepareScenes = (map, session, scenes, layers, core) => {
  const { model } = session;
  // No sentence is about the business areas: of the layers of communities, only the outlines, which are lowest.
  const outlines = layers.find(({ group, kind }) => group === "communities" && !kind);
  let at = -1;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let playing;
  /** @type {{ step: ReturnType<typeof stepOf>, shown: L.Layer[], isFolded: boolean, center: L.LatLng, zoom: number } | null} */
  let before = null;

  /** @param {number} scenario */
  const take = (scenario) => session.take(session.choiceOf(model.sets.scenarios[scenario]));

  /** @param {(one: { layer: L.Layer, group: string, kind: string }) => boolean} isShown */
  const showLayers = (isShown) => {
    for (const one of layers) {
      if (isShown(one)) map.addLayer(one.layer).fire("overlayadd", { layer: one.layer });
      else map.removeLayer(one.layer);
    }
  };

  /** @param {number} place */
  const write = (place) => {
    const { title, text, note } = scenes[place];
    byId("scene-title").textContent = `${place + 1} / ${scenes.length} · ${title}`;
    byId("scene-text").textContent = text;
    byId("scene-note").textContent = note;
    return byId("scene").offsetHeight;
  };

  /** @param {number} place */
  const show = (place) => {
    clearInterval(playing);
    at = Math.min(Math.max(place, 0), scenes.length - 1);
    const { scenarios, show: shown } = scenes[at];
    write(at);
    let year = 0;
    take(scenarios[year]);
    showLayers(({ layer, group, kind }) => {
      if (group === "ground") return map.hasLayer(layer);
      const isOfYear = group === "proposals" && map.hasLayer(layer);
      return kind
        ? shown.includes(kind)
        : group === "proposals"
          ? isOfYear && shown.includes(group)
          : shown.includes(group) || layer === outlines?.layer;
    });
    if (scenarios.length < 2) return;
    playing = setInterval(() => {
      year += 1;
      if (year < scenarios.length) take(scenarios[year]);
      else clearInterval(playing);
    }, YEAR_MS);
  };

  const enter = () => {
    if (before) return;
    before = {
      step: stepOf(model, session.choice),
      shown: layers.map(({ layer }) => layer).filter((layer) => map.hasLayer(layer)),
      isFolded: document.body.classList.contains("folded"),
      center: map.getCenter(),
      zoom: map.getZoom(),
    };
    session.isPresenting = true;
    document.body.classList.add("meeting", "folded");
    byId("scene").hidden = false;
    map.closePopup();
    map.invalidateSize({ animate: false });
    // One view for all scenes, above the longest of their sentences.
    const pixels = Math.max(...scenes.map((_, place) => write(place)));
    document.body.style.setProperty("--sentence", `${pixels}px`);
    map.fitBounds(core, { paddingBottomRight: [10, pixels + 4], animate: false });
    // Refused where the page stands in a frame: the scenes are shown all the same.
    document.documentElement.requestFullscreen?.().catch(() => {});
    show(0);
    byId("scene").focus();
  };

  const leave = () => {
    if (!before) return;
    clearInterval(playing);
    const { step, shown, isFolded, center, zoom } = before;
    before = null;
    document.body.classList.remove("meeting");
    document.body.classList.toggle("folded", isFolded);
    byId("scene").hidden = true;
    map.invalidateSize({ animate: false });
    map.setView(center, zoom, { animate: false });
    session.take(choiceOf(model, step));
    session.isPresenting = false;
    showLayers(({ layer }) => shown.includes(layer));
    if (document.fullscreenElement) document.exitFullscreen();
    byId("meeting").focus();
  };

  byId("meeting").addEventListener("click", enter);
  byId("scene-next").addEventListener("click", () => show(at + 1));
  byId("scene-back").addEventListener("click", () => show(at - 1));
  byId("scene-leave").addEventListener("click", leave);
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement) leave();
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (!before) return;
      const act = {
        ArrowRight: () => show(at + 1),
        PageDown: () => show(at + 1),
        ArrowLeft: () => show(at - 1),
        PageUp: () => show(at - 1),
        Escape: leave,
      }[event.key];
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    },
    true,
  );
};
