"use strict";
// The layers that follow every choice: each on a canvas of its own, drawn anew from the coverage sets. While two
// choices are compared, the one is drawn left of the divider, the other right of it.
const live = (() => {
  const DOT_OPACITY = 0.75;
  const LEAST_PIXELS = 0.8;
  const ROUND_FROM_PIXELS = 1.6;
  const LARGE_FROM_PIXELS = 2400;

  // Panes from the bottom up; Leaflet's own shapes lie at 400, its markers at 600.
  const PANES = {
    people: 350, shares: 405, reached: 410, weak: 430, overlap: 440, uncovered: 450, kind: 455, names: 460, candidates: 590, marks: 620,
  };

  const Drawing = L.Renderer.extend({
    initialize(paint, options) {
      L.Renderer.prototype.initialize.call(this, { padding: 0.1, ...options });
      this._paint = paint;
    },
    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.style.opacity = this.options.opacity ?? 1;
    },
    _destroyContainer() {
      this._container.remove();
      delete this._container;
    },
    _updatePaths() {},
    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const [size, dense] = [this._bounds.getSize(), L.Browser.retina ? 2 : 1];
      L.DomUtil.setPosition(this._container, this._bounds.min);
      this._container.width = dense * size.x;
      this._container.height = dense * size.y;
      this._container.style.width = `${size.x}px`;
      this._container.style.height = `${size.y}px`;
      this.repaint();
    },
    // Draws anew what lies in a box of the world, or all of it.
    repaint(box = null) {
      if (!this._map) return;
      const [context, dense, all] = [this._container.getContext("2d"), L.Browser.retina ? 2 : 1, this._bounds];
      const { min, max } = box ? withinView(this._map, box, all) : all;
      if (max.x <= min.x || max.y <= min.y) return;
      context.setTransform(dense, 0, 0, dense, -all.min.x * dense, -all.min.y * dense);
      context.save();
      context.beginPath();
      context.rect(min.x, min.y, max.x - min.x, max.y - min.y);
      context.clip();
      context.clearRect(min.x, min.y, max.x - min.x, max.y - min.y);
      this._paint(context, viewOf(this._map, min, max));
      context.restore();
    },
  });

  // Signs and circles reach beyond the places that they stand at.
  const AROUND_PIXELS = 16;
  const AROUND_METRES = 65;

  const withinView = (map, box, all) => {
    const { scale, left, top, metresPerPixel } = viewOf(map);
    const around = AROUND_PIXELS + AROUND_METRES / metresPerPixel;
    const min = L.point(box.west * scale - left - around, box.north * scale - top - around).floor();
    const max = L.point(box.east * scale - left + around, box.south * scale - top + around).ceil();
    return {
      min: L.point(Math.max(min.x, all.min.x), Math.max(min.y, all.min.y)),
      max: L.point(Math.min(max.x, all.max.x), Math.min(max.y, all.max.y)),
    };
  };

  const viewOf = (map, min, max) => {
    const [scale, origin] = [256 * 2 ** map.getZoom(), map.getPixelOrigin()];
    const equator = (40075016.686 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / scale;
    return { map, scale, min, max, left: origin.x, top: origin.y, metresPerPixel: equator };
  };

  const trace = (context, shapes, shape, { scale, left, top }) => {
    for (let ring = shapes.ringStart[shape]; ring < shapes.ringStart[shape + 1]; ring++) {
      const [first, last] = [shapes.placeStart[ring], shapes.placeStart[ring + 1]];
      for (let i = first; i < last; i++) {
        const [x, y] = [shapes.x[i] * scale - left, shapes.y[i] * scale - top];
        if (i === first) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
      context.closePath();
    }
  };

  // Circles in proportion to people; the smallest are squares, which are drawn faster and look the same.
  const dots = (context, { scale, left, top, min, max, metresPerPixel }, model, look, colourOf) => {
    const { x, y } = model.places;
    const byColour = new Map();
    for (let i = 0; i < model.count.points; i++) {
      const colour = colourOf(i);
      if (colour === null || !model.people[i]) continue;
      const radius = Math.max((look.metres * Math.sqrt(model.people[i])) / metresPerPixel, LEAST_PIXELS);
      const [px, py] = [x[i] * scale - left, y[i] * scale - top];
      if (px < min.x - radius || px > max.x + radius || py < min.y - radius || py > max.y + radius) continue;
      if (!byColour.has(colour)) byColour.set(colour, new Path2D());
      const path = byColour.get(colour);
      if (radius < ROUND_FROM_PIXELS) path.rect(px - radius, py - radius, 2 * radius, 2 * radius);
      else {
        path.moveTo(px + radius, py);
        path.arc(px, py, radius, 0, 2 * Math.PI);
      }
    }
    context.globalAlpha = DOT_OPACITY;
    for (const [colour, path] of byColour) {
      context.fillStyle = colour;
      context.fill(path);
    }
    context.globalAlpha = 1;
  };

  const shareClass = (share, from) => from.findLastIndex((least) => share >= least);

  const painters = {
    shares: (model, look) => (context, view, choice) => {
      const covered = choice.byCommunity[model.sets.standard];
      // Opaque, and multiplied with what lies below: the colours of the legend, with the streets to be seen.
      model.residents.forEach((residents, community) => {
        if (!(residents > 0)) return;
        context.beginPath();
        trace(context, model.outlines, community, view);
        context.fillStyle = look.colours[shareClass(covered[community] / residents, look.from)];
        context.fill("evenodd");
      });
    },

    weak: (model, look) => (context, view, choice, figures) => {
      context.strokeStyle = look.color;
      context.lineWidth = look.weight;
      context.setLineDash(look.dashArray.split(" ").map(Number));
      for (const community of figures.weak ?? []) {
        context.beginPath();
        trace(context, model.outlines, community, view);
        context.stroke();
      }
      context.setLineDash([]);
    },

    people: (model, look) => (context, view, choice) => {
      const kind = (i) => {
        const within = model.sets.limits.findIndex((ring) => choice.reached[ring][i]);
        return look.colours[within < 0 ? look.colours.length - 1 : within];
      };
      dots(context, view, model, look, kind);
    },

    // Opaque on a canvas that is itself transparent: where areas overlap, they look like one.
    reached: (model, look) => (context, view, choice) => {
      const of = (station) => station * model.sets.limits.length + look.limit;
      const isSeen = (station) => {
        const { west, east, north, south } = model.boxes[station];
        const [x, y] = [[west, east], [north, south]].map((pair, axis) =>
          pair.map((value) => value * view.scale - (axis ? view.top : view.left)));
        return x[0] <= view.max.x + 2 && x[1] >= view.min.x - 2 && y[0] <= view.max.y + 2 && y[1] >= view.min.y - 2;
      };
      const seen = [...choice.on.keys()].filter((station) => choice.on[station] && isSeen(station));
      const paths = seen.map((station) => {
        const path = new Path2D();
        trace(path, model.areas, of(station), view);
        return path;
      });
      context.strokeStyle = look.edge;
      context.lineWidth = 2;
      for (const path of paths) context.stroke(path);
      context.fillStyle = look.fill;
      for (const path of paths) context.fill(path, "evenodd");
    },

    overlap: (model, look) => (context, view, choice) => {
      const reached = choice.reached[model.sets.standard];
      dots(context, view, model, look, (i) => (reached[i] > 1 ? look.colour : null));
    },

    uncovered: (model, look) => (context, view, choice) => {
      const reached = choice.reached[model.sets.standard];
      dots(context, view, model, look, (i) => (reached[i] ? null : look.colour));
    },

    // People of a further kind, as the run found them; the choice does not change them.
    kind: (_, look) => {
      const places = { x: look.lon.map(whatIf.worldX), y: look.lat.map(whatIf.worldY) };
      const spots = { places, people: look.people, count: { points: look.people.length } };
      return (context, view) => dots(context, view, spots, look, () => look.colour);
    },

    candidates: (model, look) => (context, view, choice) => {
      context.lineWidth = 1.8;
      context.strokeStyle = look.colour;
      context.fillStyle = "#fff";
      for (let station = model.count.centres; station < model.count.stations; station++) {
        if (choice.on[station]) continue;
        context.beginPath();
        context.arc(model.at.x[station] * view.scale - view.left, model.at.y[station] * view.scale - view.top, 3.6, 0, 7);
        context.fill();
        context.stroke();
      }
    },

    // What the choice has opened or closed, and who gains where the room has pointed.
    marks: (model) => (context, view, choice, figures, pointed) => {
      const place = (station) => [model.at.x[station] * view.scale - view.left, model.at.y[station] * view.scale - view.top];
      if (pointed) {
        dots(context, view, model, pointed.look, (() => {
          const gained = new Set(pointed.points);
          return (i) => (gained.has(i) ? "#e7298a" : null);
        })());
        const [x, y] = place(pointed.station);
        context.beginPath();
        context.arc(x, y, 9, 0, 7);
        context.lineWidth = 3;
        context.strokeStyle = "#e7298a";
        context.stroke();
      }
      choice.on.forEach((isOn, station) => {
        const isCentre = station < model.count.centres;
        if (isCentre === Boolean(isOn)) return;
        const [x, y] = place(station);
        context.beginPath();
        if (isCentre) {
          for (const [from, to] of [[[-9, -9], [9, 9]], [[-9, 9], [9, -9]]]) {
            context.moveTo(x + from[0], y + from[1]);
            context.lineTo(x + to[0], y + to[1]);
          }
          for (const [width, colour] of [[6, "#fff"], [3, "#111"]]) {
            context.lineWidth = width;
            context.strokeStyle = colour;
            context.stroke();
          }
        } else {
          context.arc(x, y, 8, 0, 7);
          context.fillStyle = "#f0e442";
          context.fill();
          context.lineWidth = 2;
          context.strokeStyle = "#111";
          context.stroke();
          context.beginPath();
          context.moveTo(x - 4.5, y);
          context.lineTo(x + 4.5, y);
          context.moveTo(x, y - 4.5);
          context.lineTo(x, y + 4.5);
          context.stroke();
        }
      });
    },
  };

  // Names along streets, where they have room; a name does not come again close by.
  const streetNames = (streets) => (context, view) => {
    const taken = [];
    const pixels = window.innerWidth >= LARGE_FROM_PIXELS ? 19 : 12;
    context.font = `${pixels}px system-ui, 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const [name, lat0, lon0, lat1, lon1] of streets) {
      const [x0, x1] = [lon0, lon1].map((lon) => whatIf.worldX(lon) * view.scale - view.left);
      const [y0, y1] = [lat0, lat1].map((lat) => whatIf.worldY(lat) * view.scale - view.top);
      const [x, y, length] = [(x0 + x1) / 2, (y0 + y1) / 2, Math.hypot(x1 - x0, y1 - y0)];
      if (x < view.min.x || x > view.max.x || y < view.min.y || y > view.max.y || length < 8 * name.length) continue;
      const width = context.measureText(name).width;
      if (length < 1.4 * width) continue;
      const near = (other) => Math.hypot(other.x - x, other.y - y) < (other.name === name ? 320 : (other.width + width) / 2);
      if (taken.some(near)) continue;
      taken.push({ x, y, width, name });
      let angle = Math.atan2(y1 - y0, x1 - x0);
      if (Math.abs(angle) > Math.PI / 2) angle += Math.PI;
      context.save();
      context.translate(x, y);
      context.rotate(angle);
      context.lineWidth = 3.5;
      context.strokeStyle = "rgb(255 255 255 / 85%)";
      context.strokeText(name, 0, 0);
      context.fillStyle = "#444";
      context.fillText(name, 0, 0);
      context.restore();
    }
  };

  const makePanes = (map) => {
    for (const [name, level] of Object.entries(PANES)) {
      const pane = map.createPane(name);
      pane.style.zIndex = level;
      pane.style.pointerEvents = "none";
      if (name === "shares") pane.style.mixBlendMode = "multiply";
    }
  };

  return { Drawing, painters, streetNames, makePanes, trace };
})();
