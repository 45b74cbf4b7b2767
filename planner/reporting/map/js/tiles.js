// Background tiles, where the study asks for them. Tiles in GCJ-02 lie some hundred metres off: they are moved under
// the drawing by what the datum differs in the middle of the view, which over a view changes by a metre or two.
import { toGcj02 } from "./gcj02.js";

/** @import { LeafletMap, TileSource } from "./types" */

// Leaflet's own methods that the shift hooks into have no types.
const Leaflet = /** @type {any} */ (L);

const Shifted = Leaflet.TileLayer.extend({
  /** @param {L.LatLng} center */
  _getTiledPixelBounds(center) {
    return Leaflet.TileLayer.prototype._getTiledPixelBounds.call(this, L.latLng(toGcj02(center)));
  },
  /**
   * @param {unknown} level
   * @param {L.LatLng} center
   * @param {number} zoom
   */
  _setZoomTransform(level, center, zoom) {
    const shifted = L.latLng(toGcj02(L.latLng(center)));
    Leaflet.TileLayer.prototype._setZoomTransform.call(this, level, shifted, zoom);
  },
});

/**
 * @param {LeafletMap} map
 * @param {TileSource} source
 */
export const layTiles = (map, { urls, credit, datum, deepest }) => {
  for (const url of urls) {
    const options = { attribution: credit, maxNativeZoom: deepest, maxZoom: 19, className: "ground" };
    const layer = (datum === "gcj02" ? new Shifted(url, options) : L.tileLayer(url, options)).addTo(map);
    if (datum === "gcj02") map.on("moveend", () => layer._setZoomTransforms(map.getCenter(), map.getZoom()));
  }
};
