// How each layer is drawn that follows the choice.
import { drawHexagons, FAR_METRES } from "./hexagons.js";
import { worldX, worldY } from "./packing.js";

/** @import { Choice, Look, Model, Painter, Shapes, View } from "./types" */

const DOT_OPACITY = 0.75;
const LEAST_PIXELS = 0.8;
const ROUND_FROM_PIXELS = 1.6;

// Vertices that no eye tells apart are left out: far away most of them.
const LEAST_STEP_PIXELS = 0.7;

/**
 * @param {CanvasRenderingContext2D | Path2D} context
 * @param {Shapes} shapes
 * @param {number} shape
 * @param {View} view
 */
const trace = (context, shapes, shape, { scale, left, top, dense }) => {
  const least = LEAST_STEP_PIXELS / dense;
  for (let ring = shapes.ringStart[shape]; ring < shapes.ringStart[shape + 1]; ring++) {
    const [first, last] = [shapes.placeStart[ring], shapes.placeStart[ring + 1]];
    let [atX, atY] = [Infinity, Infinity];
    for (let i = first; i < last; i++) {
      const x = shapes.x[i] * scale - left;
      const y = shapes.y[i] * scale - top;
      if (Math.abs(x - atX) < least && Math.abs(y - atY) < least) continue;
      if (i === first) context.moveTo(x, y);
      else context.lineTo(x, y);
      atX = x;
      atY = y;
    }
    context.closePath();
  }
};

/**
 * Circles in proportion to people; the smallest are squares, which are drawn faster and look the same.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {{ places: { x: ArrayLike<number>, y: ArrayLike<number> }, people: ArrayLike<number>, count: { points: number } }} model
 * @param {Look} look
 * @param {(point: number) => string | null} colourOf
 */
const dots = (context, { scale, left, top, min, max, metresPerPixel }, model, look, colourOf) => {
  const { x, y } = model.places;
  /** @type {Map<string, Path2D>} */
  const byColour = new Map();
  for (let i = 0; i < model.count.points; i++) {
    const colour = colourOf(i);
    if (colour === null || !model.people[i]) continue;
    const radius = Math.max((look.metres * Math.sqrt(model.people[i])) / metresPerPixel, LEAST_PIXELS);
    const [px, py] = [x[i] * scale - left, y[i] * scale - top];
    if (px < min.x - radius || px > max.x + radius || py < min.y - radius || py > max.y + radius) continue;
    const path = byColour.get(colour) ?? new Path2D();
    byColour.set(colour, path);
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

/**
 * Dashed outlines of some communities.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {Model} model
 * @param {Look} look
 * @param {number[]} communities
 */
const outline = (context, view, model, look, communities) => {
  context.strokeStyle = look.color;
  context.lineWidth = look.weight;
  context.setLineDash(look.dashArray.split(" ").map(Number));
  for (const community of communities) {
    context.beginPath();
    trace(context, model.outlines, community, view);
    context.stroke();
  }
  context.setLineDash([]);
};

/** @type {(share: number, from: number[]) => number} */
const shareClass = (share, from) => from.findLastIndex((least) => share >= least);

/** @type {Record<string, (model: Model, look: Look) => Painter>} */
export const painters = {
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

  weak: (model, look) => (context, view, _, figures) => outline(context, view, model, look, figures.weak ?? []),

  without: (model, look) => (context, view, _, figures) => outline(context, view, model, look, figures.without),

  people: (model, look) => (context, view, choice) => {
    /** @type {(i: number) => string} */
    const kind = (i) => {
      const within = model.sets.limits.findIndex((ring) => choice.reached[ring][i]);
      return look.colours[within < 0 ? look.colours.length - 1 : within];
    };
    dots(context, view, model, look, kind);
  },

  // Opaque on a canvas that is itself transparent: where areas overlap, they look like one.
  reached:
    (model, look) =>
    (context, view, choice, _, { growing }) => {
      /** @type {(station: number) => number} */
      const of = (station) => model.rowOf(choice, station) * model.sets.limits.length + look.limit;
      /** @type {(station: number) => boolean} */
      const isSeen = (station) => {
        const { west, east, north, south } = model.boxes[station];
        const [left, right] = [west, east].map((value) => value * view.scale - view.left);
        const [top, bottom] = [north, south].map((value) => value * view.scale - view.top);
        const { min, max } = view;
        return left <= max.x + 2 && right >= min.x - 2 && top <= max.y + 2 && bottom >= min.y - 2;
      };
      const seen = [...choice.on.keys()].filter((station) => choice.on[station] && isSeen(station));
      const paths = seen.map((station) => {
        const path = new Path2D();
        trace(path, model.areas, of(station), view);
        return path;
      });
      // While the years are played, what has opened grows from its middle.
      /** @type {(station: number, draw: () => void) => void} */
      const grown = (station, draw) => {
        if (!growing?.stations.has(station)) return draw();
        const { west, east, north, south } = model.boxes[station];
        const radius = (growing.share * Math.hypot(east - west, south - north) * view.scale) / 2;
        context.save();
        context.beginPath();
        context.arc(
          model.at.x[station] * view.scale - view.left,
          model.at.y[station] * view.scale - view.top,
          radius,
          0,
          7,
        );
        context.clip();
        draw();
        context.restore();
      };
      context.strokeStyle = look.edge;
      // A line of one pixel is drawn several times as fast as a wider one, and there are thousands of vertices.
      context.lineWidth = 1;
      context.fillStyle = look.fill;
      for (const [place, path] of paths.entries()) grown(seen[place], () => context.stroke(path));
      for (const [place, path] of paths.entries()) grown(seen[place], () => context.fill(path, "evenodd"));
    },

  overlap: (model, look) => (context, view, choice) => {
    const reached = choice.reached[model.sets.standard];
    dots(context, view, model, look, (i) => (reached[i] > 1 ? look.colour : null));
  },

  uncovered: (model, look) => (context, view, choice) => {
    const reached = choice.reached[model.sets.standard];
    if (view.metresPerPixel > FAR_METRES) drawHexagons(context, view, model, (i) => !reached[i]);
    else dots(context, view, model, look, (i) => (reached[i] ? null : look.colour));
  },

  // People of a further kind, as the run found them; the choice does not change them.
  kind: (_, look) => {
    const places = { x: look.lon.map(worldX), y: look.lat.map(worldY) };
    const spots = { places, people: look.people, count: { points: look.people.length } };
    return (context, view) => dots(context, view, spots, look, () => look.colour);
  },

  candidates: (model, look) => (context, view, choice) => {
    context.lineWidth = 1.8;
    context.strokeStyle = look.colour;
    context.fillStyle = "#fff";
    for (let station = model.count.centres; station < model.count.sites; station++) {
      if (choice.on[station]) continue;
      context.beginPath();
      context.arc(
        model.at.x[station] * view.scale - view.left,
        model.at.y[station] * view.scale - view.top,
        3.6,
        0,
        7,
      );
      context.fill();
      context.stroke();
    }
  },

  // What the choice has opened or closed, and who gains where the room has pointed.
  marks:
    (model) =>
    (context, view, choice, _, { pointed, hovered }) => {
      /** @type {(station: number) => [x: number, y: number]} */
      const place = (station) => [
        model.at.x[station] * view.scale - view.left,
        model.at.y[station] * view.scale - view.top,
      ];
      if (pointed) {
        context.beginPath();
        const { sets } = model;
        const row = model.rowOf(choice, pointed.station);
        trace(context, model.areas, row * sets.limits.length + sets.limits.indexOf(sets.standard), view);
        context.fillStyle = "rgb(231 41 138 / 14%)";
        context.fill("evenodd");
        context.lineWidth = 2;
        context.strokeStyle = "#e7298a";
        context.stroke();
        const gained = new Set(pointed.points);
        dots(context, view, model, pointed.look, (i) => (gained.has(i) ? "#e7298a" : null));
        const [x, y] = place(pointed.station);
        context.beginPath();
        context.arc(x, y, 9, 0, 7);
        context.lineWidth = 3;
        context.strokeStyle = "#e7298a";
        context.stroke();
      }
      if (hovered !== null) {
        context.beginPath();
        trace(context, model.outlines, hovered, view);
        context.lineWidth = 4;
        context.strokeStyle = "#e7298a";
        context.stroke();
      }
      // At the end of a year the sites of its projects have flags.
      const hasFlags = Boolean(choice.scenario?.stop);
      const flagged = new Set(
        model.sets.projects.list.flatMap(({ sites, branches }, project) =>
          hasFlags && choice.done[project] ? [...sites, ...branches] : [],
        ),
      );
      choice.on.forEach((isOn, station) => {
        const isCentre = station < model.count.centres;
        if (isCentre === Boolean(isOn) || flagged.has(station)) return;
        const [x, y] = place(station);
        context.beginPath();
        if (isCentre) {
          context.moveTo(x - 9, y - 9);
          context.lineTo(x + 9, y + 9);
          context.moveTo(x - 9, y + 9);
          context.lineTo(x + 9, y - 9);
          context.lineWidth = 6;
          context.strokeStyle = "#fff";
          context.stroke();
          context.lineWidth = 3;
          context.strokeStyle = "#111";
          context.stroke();
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
