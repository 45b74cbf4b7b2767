// Names along streets, where they have room; a name does not come again close by.
import { worldX, worldY } from "./packing.js";

/** @import { Chord, Paint } from "./types" */

const LARGE_FROM_PIXELS = 2400;

/**
 * @param {Chord[]} streets
 * @returns {Paint}
 */
export const streetNames = (streets) => (context, view) => {
  /** @type {{ x: number, y: number, width: number, name: string }[]} */
  const taken = [];
  const pixels = window.innerWidth >= LARGE_FROM_PIXELS ? 19 : 12;
  context.font = `${pixels}px system-ui, 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const [name, lat0, lon0, lat1, lon1] of streets) {
    const [x0, x1] = [lon0, lon1].map((lon) => worldX(lon) * view.scale - view.left);
    const [y0, y1] = [lat0, lat1].map((lat) => worldY(lat) * view.scale - view.top);
    const [x, y, length] = [(x0 + x1) / 2, (y0 + y1) / 2, Math.hypot(x1 - x0, y1 - y0)];
    if (x < view.min.x || x > view.max.x || y < view.min.y || y > view.max.y || length < 8 * name.length) continue;
    const width = context.measureText(name).width;
    if (length < 1.4 * width) continue;
    /** @type {(other: { x: number, y: number, width: number, name: string }) => boolean} */
    const near = (other) =>
      Math.hypot(other.x - x, other.y - y) < (other.name === name ? 320 : (other.width + width) / 2);
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
