"use strict";
// The page's own part: tooltips and cards by number, circles, names, the order of layers, and the handles.
const planner = (() => {
  let words = null;
  const told = () => (words ??= JSON.parse(document.getElementById("planner-words").textContent));

  const ofStation = new Map();
  const ofCommunity = new Map();

  const note = (layer, number, station = null) => {
    const [tip, card] = told().notes[number];
    layer.station = station;
    if (station !== null && !ofStation.has(station)) ofStation.set(station, layer);
    const isMarker = layer instanceof L.Marker;
    if (isMarker) layer.on("add", () => layer.getElement().setAttribute("aria-label", plain(tip)));
    if (tip) layer.bindTooltip(tip, { sticky: !isMarker, direction: isMarker ? "top" : "auto", opacity: 0.95 });
    if (card) layer.bindPopup(card, { minWidth: 270, maxWidth: 340, maxHeight: 400, autoPanPadding: [30, 30] });
  };

  const plain = (html) =>
    new DOMParser().parseFromString(html.replaceAll("<br>", ", "), "text/html").body.textContent.trim();

  // Lines above the service areas, which would tint them; as SVG, so that the shapes below keep the mouse.
  let above = null;
  const raise = (map) => {
    map.createPane("above").style.zIndex = 415;
    above = L.svg({ pane: "above" });
  };

  const describe = (feature, layer) => {
    if (feature.properties.above) layer.options.renderer = above;
    if ("note" in feature.properties) note(layer, feature.properties.note);
    if ("community" in feature.properties) ofCommunity.set(feature.properties.community, layer);
  };

  // Names are shown when they have room: when a community's nearest neighbour is, by the median, so many pixels away.
  const ROOM_PIXELS = 120;
  let nameSpacing = Infinity;

  const spacing = (places) => {
    const at = places.map(([lat, lon]) => L.CRS.EPSG3857.latLngToPoint(L.latLng(lat, lon), 0));
    const nearest = at.map((one) => Math.min(...at.map((other) => (other === one ? Infinity : one.distanceTo(other)))));
    return nearest.sort((a, b) => a - b)[Math.floor(nearest.length / 2)] ?? Infinity;
  };

  const labels = (group, places, look) => {
    if (look === "community-name") nameSpacing = spacing(places);
    for (const [lat, lon, number] of places) {
      const html = `<span>${told().notes[number][0]}</span>`;
      const icon = L.divIcon({ html, className: `name ${look}`, iconSize: [0, 0] });
      L.marker([lat, lon], { icon, interactive: false, keyboard: false, zIndexOffset: -2000 }).addTo(group);
    }
  };

  const handle = (position, make) => {
    const control = L.control({ position });
    control.onAdd = () => {
      const element = make();
      L.DomEvent.disableClickPropagation(element);
      L.DomEvent.disableScrollPropagation(element);
      return element;
    };
    return control;
  };

  const VIEWS = {
    whole: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    core: "M12 3v4M12 17v4M3 12h4M17 12h4M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8",
  };

  const view = (name, title, act) => {
    const button = L.DomUtil.create("a", name);
    button.href = "#";
    button.title = title;
    button.setAttribute("role", "button");
    button.setAttribute("aria-label", title);
    button.innerHTML =
      `<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path d="${VIEWS[name]}" fill="none" ` +
      'stroke="#222" stroke-width="2"/></svg>';
    L.DomEvent.on(button, "click", (event) => {
      L.DomEvent.preventDefault(event);
      act();
    });
    return button;
  };

  const north = () => {
    const element = L.DomUtil.create("div", "north");
    element.innerHTML =
      '<svg viewBox="0 0 24 34" width="26" height="36" aria-hidden="true"><path d="M12 1L20 31L12 25Z" fill="#222"/>' +
      '<path d="M12 1L4 31L12 25Z" fill="#fff" stroke="#222"/></svg>';
    element.append(told().page.north);
    return element;
  };

  const CONTROL_PIXELS = 230;

  // The layer control at the right and the sources at the bottom hide what is under them.
  const show = (map, box, options = {}) => {
    const right = map.getSize().x > 3 * CONTROL_PIXELS ? CONTROL_PIXELS : 10;
    map.fitBounds(box, { paddingTopLeft: [10, 10], paddingBottomRight: [right, 42], ...options });
  };

  // The view comes before the layers, so that each is placed once.
  const begin = (map, core) => {
    raise(map);
    meeting.prepare(map, JSON.parse(document.getElementById("planner-sets").textContent), told().page);
    const fold = document.getElementById("fold");
    fold.addEventListener("click", () => {
      const folded = document.body.classList.toggle("folded");
      fold.setAttribute("aria-expanded", String(!folded));
      map.invalidateSize({ animate: false });
    });
    // On a narrow screen the panel would cover the map.
    if (window.innerWidth < 800) fold.click();
    const settle = () => {
      map.invalidateSize({ animate: false });
      show(map, core, { animate: false });
    };
    settle();
    // What is measured while the page is still being read may not be its final size.
    window.addEventListener("load", settle, { once: true });
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  };

  const start = (map, layers, bounds, core) => {
    const { page, sources, streets, places } = told();

    // One canvas draws in the order of arrival: a layer that is switched on again must go back to its place.
    const inOrder = () => layers.forEach((layer) => layer.bringToFront && map.hasLayer(layer) && layer.bringToFront());
    map.on("overlayadd", inOrder);

    const showNames = () =>
      map.getContainer().classList.toggle("near", nameSpacing * 2 ** map.getZoom() > ROOM_PIXELS);
    map.on("zoomend", showNames);

    L.control.zoom({ position: "topleft", zoomInTitle: page.zoom_in, zoomOutTitle: page.zoom_out }).addTo(map);
    handle("topleft", () => {
      const bar = L.DomUtil.create("div", "leaflet-bar");
      bar.append(view("whole", page.whole_study, () => show(map, bounds)), view("core", page.core, () => show(map, core)));
      return bar;
    }).addTo(map);
    handle("topleft", () => document.getElementById("tools")).addTo(map);
    handle("topleft", north).addTo(map);
    handle("topleft", () => document.getElementById("tool-card")).addTo(map);
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 160 }).addTo(map);
    L.control.attribution({ position: "bottomright", prefix: false }).addAttribution(sources).addTo(map);
    handle("bottomright", () => document.getElementById("title-block")).addTo(map);

    const list = document.querySelector(".leaflet-control-layers-list");
    const heading = L.DomUtil.create("h2");
    heading.textContent = page.layers;
    list.prepend(heading);

    map.setMinZoom(map.getBoundsZoom(bounds) - 1);
    map.setMaxBounds(L.latLngBounds(bounds).pad(1));
    showNames();
    map.getContainer().setAttribute("aria-label", page.map);
    map.getContainer().setAttribute("role", "application");
    if (told().tiles) tiles.lay(map, told().tiles);
    tools.start(map, places);
    meeting.start(streets);
    document.body.dataset.drawn = "yes";
  };

  const showCard = (layer) => {
    if (!layer) return;
    layer.openPopup();
    const content = layer.getPopup()?.getElement();
    content?.querySelector("button:not(.leaflet-popup-close-button)")?.focus({ preventScroll: true });
  };
  // A candidate that no proposal has chosen has no sign of its own.
  const openStation = (station, place) => {
    if (ofStation.has(station)) return showCard(ofStation.get(station));
    const content = meeting.make("div", { class: "card" }, meeting.make("h3", {}, meeting.nameOf(station)), meeting.switchFor(station));
    L.popup({ minWidth: 200 }).setLatLng(place).setContent(content).openOn(meeting.map);
    content.querySelector("button").focus({ preventScroll: true });
  };
  const openCommunity = (community) => showCard(ofCommunity.get(community));

  return { note, describe, labels, live: meeting.layer, begin, start, openStation, openCommunity };
})();
