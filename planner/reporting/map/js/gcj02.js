/**
 * Where a place of WGS 84 lies in GCJ-02, by the published form of the shift; it holds inside mainland China only.
 * @param {{ lat: number, lng: number }} place
 */
export const toGcj02 = ({ lat, lng }) => {
  if (lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271) return { lat, lng };
  const [x, y, pi] = [lng - 105, lat - 35, Math.PI];
  /** @type {(value: number, ...terms: [size: number, frequency: number][]) => number} */
  const wave = (value, ...terms) =>
    terms.reduce((sum, [size, frequency]) => sum + size * Math.sin(value * frequency * pi), 0);
  const root = 0.1 * Math.sqrt(Math.abs(x));
  const common = (wave(x, [20, 6], [20, 2]) * 2) / 3;
  const north =
    -100 +
    2 * x +
    3 * y +
    0.2 * y * y +
    0.1 * x * y +
    2 * root +
    common +
    (wave(y, [20, 1], [40, 1 / 3]) * 2) / 3 +
    (wave(y, [160, 1 / 12], [320, 1 / 30]) * 2) / 3;
  const east =
    300 +
    x +
    2 * y +
    0.1 * x * x +
    0.1 * x * y +
    root +
    common +
    (wave(x, [20, 1], [40, 1 / 3]) * 2) / 3 +
    (wave(x, [150, 1 / 12], [300, 1 / 30]) * 2) / 3;
  const [a, squared, rad] = [6378245, 0.006693421622965943, lat * (pi / 180)];
  const magic = 1 - squared * Math.sin(rad) ** 2;
  return {
    lat: lat + (north * 180) / (((a * (1 - squared)) / (magic * Math.sqrt(magic))) * pi),
    lng: lng + (east * 180) / ((a / Math.sqrt(magic)) * Math.cos(rad) * pi),
  };
};
