"use strict";
// The meeting: the choice in the room, its figures, scenarios side by side, and the file that is saved of it.
const meeting = (() => {
  const byId = (name) => document.getElementById(name);
  const make = (tag, attributes = {}, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  };

  // As the planner writes numbers: half to even, thousands marked.
  const halfToEven = (value) => {
    const down = Math.floor(value);
    const rest = value - down;
    return rest > 0.5 || (rest === 0.5 && down % 2) ? down + 1 : down;
  };
  const whole = (value) => {
    const rounded = halfToEven(Math.abs(value));
    return (value < 0 && rounded ? "-" : "") + String(rounded).replace(/\B(?=(\d{3})+$)/g, ",");
  };
  const tenth = (value) => {
    // Only quarters lie exactly between two tenths; elsewhere toFixed rounds the exact value, as Python does.
    const isTie = Number.isInteger(value * 4) && !Number.isInteger(value * 2);
    return isTie ? (halfToEven(value * 10) / 10).toFixed(1) : value.toFixed(1);
  };
  const percent = (share) => (share === null || Number.isNaN(share) ? say("unknown") : `${tenth(share * 100)}%`);
  const signed = (text, value) => (value > 0 ? `+${text}` : text.replace("-", "−"));

  let map, model, words, base, choice, compared, pointed;
  let figuresNow, figuresBase, figuresCompared;
  let drawings = [];
  let marks;
  let divider = 0.5;

  const say = (key, values = {}) =>
    Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), words[key]);

  const tell = (text) => (byId("told").textContent = text);

  const nameOf = (station) =>
    station < model.count.centres ? model.sets.stations.name[station] : say("candidate", { id: model.sets.stations.id[station] });

  // Drawing: one choice everywhere, or two on either side of the divider.
  const paintWith = (painter) => (context, view) => {
    if (!compared) return painter(context, view, choice, figuresNow, pointed);
    const x = map.containerPointToLayerPoint([divider * map.getSize().x, 0]).x;
    const sides = [
      [view.min.x, x, compared, figuresCompared],
      [x, view.max.x, choice, figuresNow],
    ];
    for (const [left, right, one, figures] of sides) {
      context.save();
      context.beginPath();
      context.rect(left, view.min.y, right - left, view.max.y - view.min.y);
      context.clip();
      painter(context, view, one, figures, pointed);
      context.restore();
    }
  };

  // These may change anywhere when one station opens or closes; the others only in what it reaches.
  const ANYWHERE = ["shares", "weak"];

  const layer = (kind, look) => {
    const drawing = new live.Drawing(paintWith(live.painters[kind](model, look)), { pane: kind, opacity: look.opacity });
    drawing.isAnywhere = ANYWHERE.includes(kind);
    drawings.push(drawing);
    return drawing;
  };

  const repaint = (box = null) => drawings.forEach((drawing) => drawing.repaint(drawing.isAnywhere ? null : box));

  // Figures
  const show = (name, text, change = "") => {
    const box = document.querySelector(`[data-figure="${name}"]`);
    if (!box) return;
    (box.querySelector("b") ?? box).textContent = text;
    const delta = box.querySelector(".delta");
    if (delta) delta.textContent = change;
  };

  const difference = (now, before, write) => {
    const step = now === null || before === null ? 0 : now - before;
    return step ? signed(write(step), step) : "";
  };

  const points = (share) => say("percent_points", { value: tenth(share * 100) });

  const showFigures = () => {
    const [now, before] = [figuresNow, figuresBase];
    const isBase = model.same(choice, base);
    // Weak communities and rates stay blank where a rule asks for what only a run can measure.
    const rate = (count) => {
      if (now.weak === null) return "—";
      const { assessed, determined } = now.rated;
      if (!determined) return say(assessed ? "none_determined" : "not_judged");
      return say("rate", { share: percent(count / determined), count, of: determined });
    };
    show("people_share", percent(now.peopleShare), difference(now.peopleShare, before.peopleShare, points));
    show("people_covered", say("kpi_people_count", { covered: whole(now.peopleCovered), people: whole(model.total) }));
    document.querySelector(".bar i").style.width = `${((now.peopleShare ?? 0) * 100).toFixed(1)}%`;
    // The difference of two shown figures, so that the three add up.
    const uncovered = (figures) => halfToEven(model.total) - halfToEven(figures.peopleCovered);
    show("people_uncovered", whole(uncovered(now)), difference(uncovered(now), uncovered(before), whole));
    show("points_share", percent(now.pointsShare), difference(now.pointsShare, before.pointsShare, points));
    show("compliant_share", rate(now.rated.compliant), difference(now.compliantShare, before.compliantShare, points));
    show("excellent_share", rate(now.rated.excellent), difference(now.excellentShare, before.excellentShare, points));
    const [weak, weakBefore] = [now.weak?.length ?? null, before.weak?.length ?? null];
    show("weak_communities", weak === null ? "—" : now.rated.assessed ? String(weak) : say("not_judged"), difference(weak, weakBefore, String));
    byId("verdicts-note").hidden = now.weak !== null;
    show("communities_without_centre", String(now.without.length), difference(now.without.length, before.without.length, String));
    // Area, further kinds of people and business circles need walks and unions that only a run has.
    for (const figure of document.querySelectorAll(".figure[data-needs-run]")) {
      figure.querySelector("b").textContent = isBase ? figure.dataset.today : "—";
      figure.title = isBase ? "" : say("needs_run");
    }
    model.sets.limits.forEach((ring, place) => {
      const row = document.querySelector(`[data-limit="${place}"]`);
      row.querySelector(".value").textContent = percent(now.shares[place]);
      row.querySelector(".delta").textContent = difference(now.covered[place], before.covered[place], whole);
    });
    byId("changes-count").textContent = say("changes", { opened: now.opened, closed: now.closed });
  };

  const showChanges = () => {
    const list = byId("changes");
    const rows = [...choice.on].flatMap((isOn, station) => {
      const isCentre = station < model.count.centres;
      if (isCentre === Boolean(isOn)) return [];
      const undo = make("button", { type: "button", "aria-label": `${say("undo")} ${nameOf(station)}` }, say("undo"));
      undo.addEventListener("click", () => put(station, isCentre));
      return [make("li", {}, say(isCentre ? "closed" : "opened", { name: nameOf(station) }), " ", undo)];
    });
    list.replaceChildren(...rows);
  };

  const scenarioOf = (one) => model.sets.scenarios.findIndex((scenario) => model.same(one, made(scenario)));

  const made = (() => {
    const kept = new Map();
    return (scenario) => {
      if (!kept.has(scenario)) kept.set(scenario, model.choose(scenario.closed, scenario.open));
      return kept.get(scenario);
    };
  })();

  const nameOfChoice = (one) => {
    const place = scenarioOf(one);
    return place < 0 ? say("own_choice") : model.sets.scenarios[place].name;
  };

  const follow = (box = null) => {
    figuresNow = model.figures(choice);
    figuresCompared = compared && model.figures(compared);
    if (pointed) pointed = { ...pointed, ...model.gain(choice, pointed.station) };
    repaint(box);
    showFigures();
    showChanges();
    const place = scenarioOf(choice);
    const slider = byId("scenario");
    if (place >= 0) slider.value = place;
    slider.setAttribute("aria-valuetext", nameOfChoice(choice));
    byId("scenario-name").textContent = nameOfChoice(choice);
    byId("left-name").textContent = compared ? nameOfChoice(compared) : "";
    byId("right-name").textContent = nameOfChoice(choice);
    tools.showPointed();
    for (const element of document.querySelectorAll(".switch")) {
      const [isFocused, next] = [element.contains(document.activeElement), switchFor(Number(element.dataset.station))];
      element.replaceWith(next);
      if (isFocused) next.querySelector("button").focus({ preventScroll: true });
    }
  };

  const put = (station, isOn) => {
    const before = figuresNow.peopleCovered;
    model.set(choice, station, isOn);
    follow(model.boxes[station]);
    const step = figuresNow.peopleCovered - before;
    const key = isOn === station < model.count.centres ? (isOn ? "told_restored" : "told_withdrawn") : isOn ? "told_opened" : "told_closed";
    tell(say(key, { name: nameOf(station), people: signed(whole(step), step) || "0" }));
  };

  const take = (next) => {
    choice = model.copy(next);
    follow();
  };

  // The button in a card that opens or closes its centre or site.
  const switchFor = (station) => {
    const isCentre = station < model.count.centres;
    const isOn = Boolean(choice.on[station]);
    const key = isCentre ? (isOn ? "close" : "restore") : isOn ? "withdraw" : "open";
    const button = make("button", { type: "button" }, say(key));
    button.addEventListener("click", (event) => {
      // The button is replaced at once; Leaflet would take a click on what no longer stands in a card for the map's.
      event.stopPropagation();
      put(station, !isOn);
    });
    const gained = !isOn && !isCentre ? ` ${say("would_gain", { people: whole(model.gain(choice, station).people) })}` : "";
    const asRun = isCentre && !model.same(choice, base) ? say("card_as_run") : "";
    return make("p", { class: "switch", "data-station": station }, button, make("span", { class: "gain" }, gained), make("small", {}, asRun));
  };

  const extend = (popup) => {
    const content = popup.getElement().querySelector(".leaflet-popup-content");
    const station = popup._source?.station;
    content.querySelectorAll(".now").forEach((element) => element.remove());
    if (station !== undefined && station !== null) content.querySelector(".switch")?.remove();
    if (station !== undefined && station !== null) content.append(switchFor(station));
    const card = content.querySelector("[data-community]");
    const community = card ? model.sets.communities.id.indexOf(card.dataset.community) : -1;
    if (community >= 0 && !model.same(choice, base)) {
      const share = (one) => percent(model.residents[community] ? one.byCommunity[model.sets.standard][community] / model.residents[community] : null);
      content.append(make("p", { class: "now" }, say("community_now", { name: nameOfChoice(choice), now: share(choice), before: share(base) })));
    }
    // Not update(): it would write the card anew, without what was just added.
    popup._updateLayout();
    popup._updatePosition();
    if (document.activeElement?.classList.contains("leaflet-marker-icon")) content.querySelector("button")?.focus();
  };

  // Files
  const saved = () => {
    const { sets, count } = model;
    const stations = sets.stations;
    const ofBase = new Map(sets.base.sites.map((site) => [site.id, site]));
    const closed = [...sets.base.closed];
    const sites = new Map(ofBase);
    const isSite = (station) => ofBase.has(stations.id[station]) && stations.tier[station] === "station";
    for (let station = 0; station < count.centres; station++) {
      if (choice.on[station]) continue;
      if (isSite(station)) sites.delete(stations.id[station]);
      else closed.push(stations.id[station]);
    }
    const taken = new Set([...stations.id.slice(0, count.centres), ...ofBase.keys()]);
    for (let station = count.centres; station < count.stations; station++) {
      if (!choice.on[station]) continue;
      let id = stations.id[station];
      while (taken.has(id)) id += "'";
      taken.add(id);
      sites.set(id, { id, x: stations.x[station - count.centres], y: stations.y[station - count.centres] });
    }
    return { format: "planner.scenario/1", study: sets.study, crs: sets.crs, closed, sites: [...sites.values()] };
  };

  const save = () => {
    const text = `${JSON.stringify(saved(), null, 1)}\n`;
    const link = make("a", { download: "picked.json", href: URL.createObjectURL(new Blob([text], { type: "application/json" })) });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    tell(say("told_saved"));
  };

  const load = async (file) => {
    const { sets, count } = model;
    let content;
    try {
      content = JSON.parse(await file.text());
      if (content.format !== "planner.scenario/1" || content.study !== sets.study || content.crs !== sets.crs) throw new Error();
      const number = new Map(sets.stations.id.slice(0, count.centres).map((id, station) => [id, station]));
      const closed = content.closed.filter((id) => !sets.base.closed.includes(id)).map((id) => number.get(id));
      const ofBase = new Set(sets.base.sites.map(({ id }) => id));
      const kept = new Set(content.sites.map(({ id }) => id));
      for (const id of ofBase) if (!kept.has(id)) closed.push(number.get(id));
      const at = new Map(sets.stations.x.map((x, i) => [`${x} ${sets.stations.y[i]}`, count.centres + i]));
      const opened = content.sites.filter(({ id }) => !ofBase.has(id)).map(({ x, y }) => at.get(`${x} ${y}`));
      if ([...closed, ...opened].includes(undefined) || sets.base.closed.some((id) => !content.closed.includes(id))) throw new Error();
      take(model.choose(closed, opened));
      tell(say("told_loaded", { name: file.name }));
    } catch {
      tell(say("told_not_loaded", { name: file.name }));
    }
  };

  // Two choices side by side: the compared one left of the divider.
  const compare = (next) => {
    compared = next;
    const handle = byId("divider");
    handle.hidden = !compared;
    byId("sides").hidden = !compared;
    // The name of the right side stands beside the list of layers, which is as wide as its longest name.
    const layers = document.querySelector(".leaflet-control-layers");
    byId("sides").style.right = `${(layers?.offsetWidth ?? 0) + 20}px`;
    follow();
    moveDivider(0.5);
  };

  const moveDivider = (share) => {
    divider = Math.min(Math.max(share, 0), 1);
    const handle = byId("divider");
    handle.style.left = `${divider * 100}%`;
    handle.setAttribute("aria-valuenow", Math.round(divider * 100));
    if (compared) repaint();
  };

  const prepareDivider = () => {
    const handle = byId("divider");
    map.getContainer().append(handle, byId("sides"));
    L.DomEvent.disableClickPropagation(handle);
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
      moveDivider(divider + step);
    });
    map.on("move", () => compared && drawings.forEach((drawing) => drawing._map && drawing._update()));
  };

  const prepare = (ownMap, sets, ownWords) => {
    [map, words, model] = [ownMap, ownWords, whatIf.open(sets)];
    base = model.choose();
    choice = model.copy(base);
    figuresBase = figuresNow = model.figures(base);
    live.makePanes(map);
  };

  const start = (streets) => {
    const { scenarios } = model.sets;
    marks = layer("marks", {}).addTo(map);
    new live.Drawing(live.streetNames(streets), { pane: "names" }).addTo(map);
    const slider = byId("scenario");
    slider.max = scenarios.length - 1;
    slider.disabled = scenarios.length < 2;
    slider.addEventListener("input", () => {
      take(made(scenarios[slider.value]));
      // Against today, as the figures above it.
      const step = figuresNow.peopleCovered - figuresBase.peopleCovered;
      tell(say("told_scenario", { name: scenarios[slider.value].name, people: signed(whole(step), step) || "0" }));
    });
    byId("ticks").replaceChildren(
      ...scenarios.map((scenario) => make("span", {}, scenario.name)),
    );
    const select = byId("compare");
    select.append(...scenarios.map((scenario, place) => make("option", { value: place }, scenario.name)));
    select.append(make("option", { value: "own" }, say("this_choice")));
    select.addEventListener("change", () => {
      const chosen = { "": null, own: model.copy(choice) }[select.value];
      compare(chosen === undefined ? made(scenarios[select.value]) : chosen);
    });
    byId("reset").addEventListener("click", () => {
      take(base);
      tell("");
    });
    byId("save").addEventListener("click", save);
    byId("load").addEventListener("change", async (event) => {
      if (event.target.files.length) await load(event.target.files[0]);
      event.target.value = "";
    });
    map.on("popupopen", ({ popup }) => extend(popup));
    prepareDivider();
    follow();
  };

  const pointAt = (station) => {
    const metres = Math.min(3, 60 / Math.sqrt(model.people.reduce((most, value) => Math.max(most, value), 1)));
    pointed = station === null ? null : { station, look: { metres }, ...model.gain(choice, station) };
    marks.repaint();
    return pointed;
  };

  // The nearest candidate that is not open yet, by the straight line.
  const nearestCandidate = (latlng) => {
    let [best, least] = [null, Infinity];
    for (let station = model.count.centres; station < model.count.stations; station++) {
      if (choice.on[station]) continue;
      const metres = latlng.distanceTo([model.sets.stations.lat[station], model.sets.stations.lon[station]]);
      if (metres < least) [best, least] = [station, metres];
    }
    return best === null ? null : { station: best, metres: least };
  };

  return {
    ...{ prepare, start, layer, put, take, pointAt, nearestCandidate, nameOf, switchFor, whole, percent, say, make, saved },
    get map() { return map; },
    get model() { return model; },
    get choice() { return choice; },
    get figures() { return figuresNow; },
  };
})();
