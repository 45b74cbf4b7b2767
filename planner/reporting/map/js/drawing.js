// The drawings of a session: one choice everywhere, or two on either side of a divider.
import { Drawing, makePane } from "./canvas.js";
import { painters } from "./painters.js";

/** @import { Boxes, LeafletMap, Look, Painter, View } from "./types" */
/** @import { Session } from "./session.js" */

// These may change anywhere when one station opens or closes; the others only in what it reaches, some within a limit.
const ANYWHERE = ["shares", "weak", "without"];
const OF_STANDARD = ["uncovered", "overlap"];

export class Drawings {
  /**
   * @param {LeafletMap} map
   * @param {Session} session
   */
  constructor(map, session) {
    this.map = map;
    this.session = session;
    this.divider = 0.5;
    /** @type {any[]} Leaflet's renderers, which have no types */
    this.all = [];
    session.follow((box) => this.repaint(box));
    map.on("move", () => {
      if (session.compared) for (const one of this.all) if (one._map) one._update();
    });
  }

  /**
   * Makes a layer of a kind, on a pane of its own.
   * @param {string} kind
   * @param {Look} look
   * @param {number} level of the pane: the higher lies above
   */
  layer(kind, look, level) {
    makePane(this.map, kind, level);
    const paint = this.onBothSides(painters[kind](this.session.model, look));
    const drawing = new Drawing(paint, { pane: kind, opacity: look.opacity });
    drawing.isAnywhere = ANYWHERE.includes(kind);
    const { limits, standard } = this.session.model.sets;
    drawing.limit = look.limit ?? (OF_STANDARD.includes(kind) ? limits.indexOf(standard) : -1);
    drawing.kind = kind;
    this.all.push(drawing);
    return drawing;
  }

  /** @param {Boxes | null} box */
  repaint(box = null) {
    for (const one of this.all) one.repaint(one.isAnywhere ? null : (box?.byLimit[one.limit] ?? box));
  }

  /** @param {string} kind */
  repaintKind(kind) {
    for (const one of this.all) if (one.kind === kind) one.repaint();
  }

  /** @param {Painter} painter */
  onBothSides(painter) {
    /** @type {(context: CanvasRenderingContext2D, view: View) => void} */
    return (context, view) => {
      const { choice, figures, compared, figuresCompared } = this.session;
      const { pointed, hovered, growing } = this.session;
      const shown = { pointed, hovered, growing };
      if (!compared || !figuresCompared) return painter(context, view, choice, figures, shown);
      const { x } = this.map.containerPointToLayerPoint([this.divider * this.map.getSize().x, 0]);
      for (const [left, right, one, its] of /** @type {const} */ ([
        [view.min.x, x, compared, figuresCompared],
        [x, view.max.x, choice, figures],
      ])) {
        context.save();
        context.beginPath();
        context.rect(left, view.min.y, right - left, view.max.y - view.min.y);
        context.clip();
        painter(context, view, one, its, shown);
        context.restore();
      }
    };
  }
}
