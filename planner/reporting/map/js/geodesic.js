/**
 * Metres between two places on the WGS 84 ellipsoid. T. Vincenty (1975), Direct and inverse solutions of geodesics on
 * the ellipsoid, Survey Review 23; to a fraction of a millimetre.
 * @param {{ lat: number, lng: number }} from
 * @param {{ lat: number, lng: number }} to
 */
export const geodesic = (from, to) => {
  const [a, f] = [6378137, 1 / 298.257223563];
  const b = a * (1 - f);
  const rad = Math.PI / 180;
  const difference = (to.lng - from.lng) * rad;
  const [u1, u2] = [from, to].map(({ lat }) => Math.atan((1 - f) * Math.tan(lat * rad)));
  const [sin1, cos1, sin2, cos2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let [lambda, before] = [difference, Infinity];
  let [sinSigma, cosSigma, sigma, cosSquared, cosMiddle] = [0, 1, 0, 1, 0];
  for (let round = 0; Math.abs(lambda - before) > 1e-13 && round < 200; round++) {
    const [sinLambda, cosLambda] = [Math.sin(lambda), Math.cos(lambda)];
    sinSigma = Math.hypot(cos2 * sinLambda, cos1 * sin2 - sin1 * cos2 * cosLambda);
    if (sinSigma === 0) return 0;
    cosSigma = sin1 * sin2 + cos1 * cos2 * cosLambda;
    sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (cos1 * cos2 * sinLambda) / sinSigma;
    cosSquared = 1 - sinAlpha ** 2;
    cosMiddle = cosSquared ? cosSigma - (2 * sin1 * sin2) / cosSquared : 0;
    const c = (f / 16) * cosSquared * (4 + f * (4 - 3 * cosSquared));
    const series = cosMiddle + c * cosSigma * (2 * cosMiddle ** 2 - 1);
    before = lambda;
    lambda = difference + (1 - c) * f * sinAlpha * (sigma + c * sinSigma * series);
  }
  const squared = (cosSquared * (a ** 2 - b ** 2)) / b ** 2;
  const A = 1 + (squared / 16384) * (4096 + squared * (squared * (320 - 175 * squared) - 768));
  const B = (squared / 1024) * (256 + squared * (squared * (74 - 47 * squared) - 128));
  const third = (B / 6) * cosMiddle * (4 * sinSigma ** 2 - 3) * (4 * cosMiddle ** 2 - 3);
  const second = (B / 4) * (cosSigma * (2 * cosMiddle ** 2 - 1) - third);
  return b * A * (sigma - B * sinSigma * (cosMiddle + second));
};
