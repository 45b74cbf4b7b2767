// Layers that follow every choice: each on a canvas of its own, drawn anew from the coverage sets.

/** @import { Box, LeafletMap, Paint, View } from "./types" */

// Leaflet's own methods that a renderer replaces have no types.
const Leaflet = /** @type {any} */ (L);

/**
 * Makes a pane of a kind of layer, where there is none yet.
 * @param {LeafletMap} map
 * @param {string} name
 * @param {number} level Leaflet's own shapes lie at 400, its markers at 600
 */
export const makePane = (map, name, level) => {
  if (map.getPane(name)) return;
  const pane = map.createPane(name);
  pane.style.zIndex = String(level);
  pane.style.pointerEvents = "none";
  if (name === "shares") pane.style.mixBlendMode = "multiply";
};

export const Drawing = Leaflet.Renderer.extend({
  /**
   * @param {Paint} paint
   * @param {{ pane: string, opacity?: number }} options
   */
  initialize(paint, options) {
    Leaflet.Renderer.prototype.initialize.call(this, { padding: 0.1, ...options });
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
    Leaflet.Renderer.prototype._update.call(this);
    const [size, dense] = [this._bounds.getSize(), Leaflet.Browser.retina ? 2 : 1];
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = dense * size.x;
    this._container.height = dense * size.y;
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this.repaint();
  },
  /**
   * Draws anew what lies in a box of the world, or all of it.
   * @param {Box | null} box
   */
  repaint(box = null) {
    if (!this._map) return;
    const [context, dense, all] = [this._container.getContext("2d"), Leaflet.Browser.retina ? 2 : 1, this._bounds];
    const { min, max } = box ? withinView(this._map, box, all) : all;
    if (max.x <= min.x || max.y <= min.y) return;
    context.setTransform(dense, 0, 0, dense, -all.min.x * dense, -all.min.y * dense);
    context.save();
    context.beginPath();
    context.rect(min.x, min.y, max.x - min.x, max.y - min.y);
    context.clip();
    context.clearRect(min.x, min.y, max.x - min.x, max.y - min.y);
    this._paint(context, { ...viewOf(this._map), min, max });
    context.restore();
  },
});

// Signs and circles reach beyond the places that they stand at.
const AROUND_PIXELS = 16;
const AROUND_METRES = 65;

/**
 * @param {LeafletMap} map
 * @param {Box} box
 * @param {L.Bounds} all
 */
const withinView = (map, box, all) => {
  const { scale, left, top, metresPerPixel } = viewOf(map);
  const around = AROUND_PIXELS + AROUND_METRES / metresPerPixel;
  const min = L.point(box.west * scale - left - around, box.north * scale - top - around).floor();
  const max = L.point(box.east * scale - left + around, box.south * scale - top + around).ceil();
  const [least, most] = [all.getTopLeft(), all.getBottomRight()];
  return {
    min: L.point(Math.max(min.x, least.x), Math.max(min.y, least.y)),
    max: L.point(Math.min(max.x, most.x), Math.min(max.y, most.y)),
  };
};

/**
 * @param {LeafletMap} map
 * @returns {Omit<View, "min" | "max">}
 */
const viewOf = (map) => {
  const [scale, origin] = [256 * 2 ** map.getZoom(), map.getPixelOrigin()];
  const equator = (40075016.686 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / scale;
  return { scale, left: origin.x, top: origin.y, metresPerPixel: equator, dense: Leaflet.Browser.retina ? 2 : 1 };
};
