"use strict";
// Background tiles, where the study asks for them. Tiles in GCJ-02 lie some hundred metres off: they are moved under
// the drawing by what the datum differs in the middle of the view, which over a view changes by a metre or two.
const tiles = (() => {
  // The published form of the shift; it holds inside mainland China only.
  const gcj02 = ({ lat, lng }) => {
    if (lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271) return { lat, lng };
    const [x, y, pi] = [lng - 105, lat - 35, Math.PI];
    const wave = (value, ...terms) => terms.reduce((sum, [size, frequency]) => sum + size * Math.sin(value * frequency * pi), 0);
    const root = 0.1 * Math.sqrt(Math.abs(x));
    const common = (wave(x, [20, 6], [20, 2]) * 2) / 3;
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 2 * root + common
      + (wave(y, [20, 1], [40, 1 / 3]) * 2) / 3 + (wave(y, [160, 1 / 12], [320, 1 / 30]) * 2) / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + root + common
      + (wave(x, [20, 1], [40, 1 / 3]) * 2) / 3 + (wave(x, [150, 1 / 12], [300, 1 / 30]) * 2) / 3;
    const [a, squared, rad] = [6378245, 0.00669342162296594323, lat * (pi / 180)];
    const magic = 1 - squared * Math.sin(rad) ** 2;
    return {
      lat: lat + (north * 180) / (((a * (1 - squared)) / (magic * Math.sqrt(magic))) * pi),
      lng: lng + (east * 180) / ((a / Math.sqrt(magic)) * Math.cos(rad) * pi),
    };
  };

  const Shifted = L.TileLayer.extend({
    _getTiledPixelBounds(center) {
      return L.TileLayer.prototype._getTiledPixelBounds.call(this, L.latLng(gcj02(center)));
    },
    _setZoomTransform(level, center, zoom) {
      L.TileLayer.prototype._setZoomTransform.call(this, level, L.latLng(gcj02(L.latLng(center))), zoom);
    },
  });

  const lay = (map, { urls, credit, datum, deepest }) => {
    for (const url of urls) {
      const options = { attribution: credit, maxNativeZoom: deepest, maxZoom: 19, className: "ground" };
      const layer = (datum === "gcj02" ? new Shifted(url, options) : L.tileLayer(url, options)).addTo(map);
      if (datum === "gcj02") map.on("moveend", () => layer._setZoomTransforms(map.getCenter(), map.getZoom()));
    }
  };

  return { gcj02, lay };
})();
