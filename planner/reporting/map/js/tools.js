"use strict";
// What the room does with the map besides choosing: find by name, measure, point at a spot, print.
const tools = (() => {
  const byId = (name) => document.getElementById(name);
  const { make } = meeting;
  let map, active = null;
  let measured = [];
  let drawn = null;

  // Metres on the WGS 84 ellipsoid. T. Vincenty (1975), Direct and inverse solutions of geodesics on the ellipsoid,
  // Survey Review 23; to a fraction of a millimetre.
  const geodesic = (from, to) => {
    const [a, f] = [6378137, 1 / 298.257223563];
    const b = a * (1 - f);
    const rad = Math.PI / 180;
    const difference = (to.lng - from.lng) * rad;
    const [u1, u2] = [from, to].map(({ lat }) => Math.atan((1 - f) * Math.tan(lat * rad)));
    const [sin1, cos1, sin2, cos2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
    let [lambda, before] = [difference, Infinity];
    let sinSigma = 0, cosSigma = 1, sigma = 0, cosSquared = 1, cosMiddle = 0;
    for (let round = 0; Math.abs(lambda - before) > 1e-13 && round < 200; round++) {
      const [sinLambda, cosLambda] = [Math.sin(lambda), Math.cos(lambda)];
      sinSigma = Math.hypot(cos2 * sinLambda, cos1 * sin2 - sin1 * cos2 * cosLambda);
      if (sinSigma === 0) return 0;
      cosSigma = sin1 * sin2 + cos1 * cos2 * cosLambda;
      sigma = Math.atan2(sinSigma, cosSigma);
      const sinAlpha = (cos1 * cos2 * sinLambda) / sinSigma;
      cosSquared = 1 - sinAlpha ** 2;
      cosMiddle = cosSquared ? cosSigma - (2 * sin1 * sin2) / cosSquared : 0;
      const c = (f / 16) * cosSquared * (4 + f * (4 - 3 * cosSquared));
      before = lambda;
      lambda = difference + (1 - c) * f * sinAlpha * (sigma + c * sinSigma * (cosMiddle + c * cosSigma * (2 * cosMiddle ** 2 - 1)));
    }
    const squared = (cosSquared * (a ** 2 - b ** 2)) / b ** 2;
    const A = 1 + (squared / 16384) * (4096 + squared * (squared * (320 - 175 * squared) - 768));
    const B = (squared / 1024) * (256 + squared * (squared * (74 - 47 * squared) - 128));
    const third = (B / 6) * cosMiddle * (4 * sinSigma ** 2 - 3) * (4 * cosMiddle ** 2 - 3);
    return b * A * (sigma - B * sinSigma * (cosMiddle + (B / 4) * (cosSigma * (2 * cosMiddle ** 2 - 1) - third)));
  };

  const card = (...inside) => {
    const isFocused = byId("tool-card").contains(document.activeElement);
    byId("tool-card").replaceChildren(...inside);
    byId("tool-card").hidden = inside.length === 0;
    if (isFocused) byId("tool-card").querySelector("button")?.focus({ preventScroll: true });
  };

  // Measuring
  const showMeasured = () => {
    drawn?.remove();
    drawn = measured.length ? L.featureGroup([
      L.polyline(measured, { color: "#fff", weight: 6, interactive: false, pane: "marks" }),
      L.polyline(measured, { color: "#111", weight: 3, dashArray: "7 4", interactive: false, pane: "marks" }),
      ...measured.map((place) => L.circleMarker(place, { radius: 4, color: "#111", fillColor: "#fff", fillOpacity: 1, weight: 2, interactive: false, pane: "marks" })),
    ]).addTo(map) : null;
    const steps = measured.slice(1).map((place, i) => geodesic(measured[i], place));
    const total = steps.reduce((sum, step) => sum + step, 0);
    const clear = make("button", { type: "button" }, meeting.say("measure_clear"));
    clear.addEventListener("click", (event) => {
      event.stopPropagation();
      measured = [];
      showMeasured();
    });
    const length = meeting.say("measured", { total: total.toFixed(1), last: (steps.at(-1) ?? 0).toFixed(1) });
    card(make("p", {}, make("b", { "data-metres": total }, length)), make("p", {}, meeting.say("measure_how")), clear);
  };

  // Pointing: who would gain at the nearest candidate.
  const showPointed = (found = null) => {
    if (active !== "point") return;
    if (found) byId("tool-card").found = found;
    const { found: at } = byId("tool-card");
    if (!at) return card(make("p", {}, meeting.say("point_how")));
    const { model, choice, say, whole } = meeting;
    const gain = model.gain(choice, at.station);
    const shown = gain.byCommunity.slice(0, 6).map(([community, people]) =>
      make("tr", {}, make("th", { scope: "row" }, model.sets.communities.name[community]), make("td", {}, whole(people))));
    card(
      make("h3", {}, meeting.nameOf(at.station)),
      make("p", {}, say("pointed_from", { metres: whole(at.metres) })),
      make("p", {}, make("b", { "data-gain": gain.people }, say("would_gain", { people: whole(gain.people) }))),
      make("table", {}, ...shown),
      meeting.switchFor(at.station),
    );
  };

  const act = {
    point: (latlng) => {
      const found = meeting.nearestCandidate(latlng);
      if (!found) return card(make("p", {}, meeting.say("point_none")));
      meeting.pointAt(found.station);
      showPointed(found);
    },
    measure: (latlng) => {
      measured.push(latlng);
      showMeasured();
    },
  };

  const choose = (name) => {
    active = active === name ? null : name;
    for (const button of document.querySelectorAll("[data-tool]"))
      button.setAttribute("aria-pressed", String(button.dataset.tool === active));
    map.getContainer().dataset.tool = active ?? "";
    byId("cover").hidden = !active;
    byId("tool-card").found = null;
    meeting.pointAt(null);
    measured = [];
    drawn?.remove();
    map.closePopup();
    if (active === "measure") showMeasured();
    else if (active === "point") showPointed();
    else card();
    if (active) map.getContainer().focus({ preventScroll: true });
  };

  // Finding
  const prepareFinding = (places) => {
    const [field, list] = [byId("find"), byId("found")];
    let chosen = -1;
    const options = () => [...list.children];
    const mark = (place) => {
      chosen = place;
      options().forEach((option, i) => option.setAttribute("aria-selected", String(i === chosen)));
      field.setAttribute("aria-activedescendant", chosen < 0 ? "" : options()[chosen].id);
      options()[chosen]?.scrollIntoView({ block: "nearest" });
    };
    const close = () => {
      list.replaceChildren();
      list.hidden = true;
      field.setAttribute("aria-expanded", "false");
      mark(-1);
    };
    const go = ([, , lat, lon, station, community]) => {
      close();
      map.setView([lat, lon], Math.max(map.getZoom(), 16), { animate: false });
      if (station !== null) planner.openStation(station, [lat, lon]);
      else if (community !== null) planner.openCommunity(community);
      else L.popup().setLatLng([lat, lon]).setContent(make("b", {}, field.value)).openOn(map);
    };
    const look = () => {
      const wanted = field.value.trim().toLocaleLowerCase();
      close();
      if (!wanted) return;
      const begins = ([name]) => (name.toLocaleLowerCase().startsWith(wanted) ? 0 : 1);
      const hits = places.filter(([name]) => name.toLocaleLowerCase().includes(wanted)).sort((a, b) => begins(a) - begins(b)).slice(0, 12);
      list.replaceChildren(...hits.map((place, i) => {
        const option = make("li", { role: "option", id: `found-${i}`, "aria-selected": "false" }, make("span", {}, place[0]), make("small", {}, meeting.say(`find_${place[1]}`)));
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          field.value = place[0];
          go(place);
        });
        option.place = place;
        return option;
      }));
      if (!hits.length) list.append(make("li", { class: "none" }, meeting.say("find_nothing")));
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
      if (hits.length) mark(0);
    };
    field.addEventListener("input", look);
    field.addEventListener("blur", close);
    field.addEventListener("keydown", (event) => {
      const count = options().filter((option) => option.place).length;
      if (event.key === "Escape") close();
      else if (event.key === "ArrowDown" && count) mark((chosen + 1) % count);
      else if (event.key === "ArrowUp" && count) mark((chosen + count - 1) % count);
      else if (event.key === "Enter" && chosen >= 0) {
        const { place } = options()[chosen];
        field.value = place[0];
        go(place);
      } else return;
      event.preventDefault();
    });
  };

  // Printing: the page takes the size of the sheet before it is printed, so that the map is drawn for it.
  const SHEET_PIXELS_A_METRE = 96 / 0.0254;

  const preparePrinting = () => {
    const isDense = L.Browser.retina;
    let before = null;
    let copies = [];
    const lay = () => {
      if (before) return;
      before = { center: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds() };
      document.body.classList.add("sheet");
      map.invalidateSize({ animate: false });
      map.fitBounds(before.bounds, { animate: false });
      // Twice as dense as the screen, for paper.
      L.Browser.retina = true;
      map.fire("moveend");
      // A canvas is printed by carrying out again what was ever drawn on it, on white paper, clearing included,
      // which paints white over what lies below. A fresh copy has nothing to clear.
      copies = [...map.getPane("mapPane").querySelectorAll("canvas")].map((canvas) => {
        const copy = canvas.cloneNode();
        copy.getContext("2d").drawImage(canvas, 0, 0);
        canvas.after(copy);
        canvas.hidden = true;
        return [canvas, copy];
      });
      const { lat } = map.getCenter();
      const ground = (40075016.686 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** map.getZoom());
      byId("sheet-scale").textContent = `1 : ${meeting.whole(Math.round((ground * SHEET_PIXELS_A_METRE) / 100) * 100)}`;
    };
    const restore = () => {
      if (!before) return;
      document.body.classList.remove("sheet");
      L.Browser.retina = isDense;
      for (const [canvas, copy] of copies) {
        copy.remove();
        canvas.hidden = false;
      }
      map.invalidateSize({ animate: false });
      map.setView(before.center, before.zoom, { animate: false });
      map.fire("moveend");
      before = null;
    };
    window.addEventListener("beforeprint", lay);
    window.addEventListener("afterprint", restore);
    byId("print").addEventListener("click", () => window.print());
    return { lay, restore };
  };

  const start = (ownMap, places) => {
    map = ownMap;
    const cover = make("div", { id: "cover" }, make("i"));
    cover.hidden = true;
    map.getContainer().append(cover);
    for (const button of document.querySelectorAll("[data-tool]"))
      button.addEventListener("click", () => choose(button.dataset.tool));
    map.on("click", ({ latlng }) => active && act[active](latlng));
    const container = map.getContainer();
    container.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && event.target.closest(".leaflet-popup")) {
        const sign = map._popup?._source?.getElement?.();
        map.closePopup();
        sign?.focus?.();
      }
      if (!active || event.target !== container) return;
      if (event.key === "Enter") act[active](map.getCenter());
      else if (event.key === "Escape") choose(active);
    });
    prepareFinding(places);
    Object.assign(tools, preparePrinting());
  };

  return { start, showPointed, geodesic };
})();
