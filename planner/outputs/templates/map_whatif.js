"use strict";
// What if: unpacks the coverage sets and reckons any choice of centres and sites. People are whole grains, so that
// adding and taking away gives the very bits that the planner's own run gives; nothing is rounded here.
const whatIf = (() => {
  // Groups of seven bits, the lowest first: see planner/outputs/packing.py.
  const unpack = (text) => {
    const raw = atob(text);
    let count = 0;
    for (let i = 0; i < raw.length; i++) if (raw.charCodeAt(i) < 128) count++;
    const values = new Float64Array(count);
    for (let i = 0, at = 0, value = 0, scale = 1; i < raw.length; i++) {
      const byte = raw.charCodeAt(i);
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) {
        values[at++] = value;
        value = 0;
        scale = 1;
      }
    }
    return values;
  };

  const unpackSteps = (text) => {
    let sum = 0;
    return unpack(text).map((folded) => (sum += folded % 2 ? -(folded + 1) / 2 : folded / 2));
  };

  const starts = (counts) => {
    const start = new Uint32Array(counts.length + 1);
    counts.forEach((count, i) => (start[i + 1] = start[i] + count));
    return start;
  };

  // The world as a square of side 1, as Leaflet's own projection has it.
  const worldX = (lon) => lon / 360 + 0.5;
  const worldY = (lat) => 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);

  const unpackPlaces = ({ lat, lon }) => ({
    x: unpackSteps(lon).map((value) => worldX(value / 1e6)),
    y: unpackSteps(lat).map((value) => worldY(value / 1e6)),
  });

  const unpackShapes = (packed) => ({
    ringStart: starts(unpack(packed.rings)),
    placeStart: starts(unpack(packed.places)),
    ...unpackPlaces(packed),
  });

  const unpackReach = (packed) => {
    const start = starts(unpack(packed.counts));
    const steps = unpack(packed.steps);
    const point = new Uint32Array(steps.length);
    for (let group = 0; group + 1 < start.length; group++)
      for (let at = start[group], sum = 0; at < start[group + 1]; at++) point[at] = sum += steps[at];
    return { start, point };
  };

  const open = (sets) => {
    const rings = sets.rings.length;
    const stations = sets.stations;
    const places = unpackPlaces(sets.demand);
    const people = unpack(sets.demand.people).map((value) => value * sets.grain);
    const home = Uint32Array.from(unpackSteps(sets.demand.home));
    const reach = unpackReach(sets.reach);
    const count = { stations: stations.id.length, centres: stations.name.length, points: people.length };
    const communities = sets.communities.id.length;
    const nearest = sets.judged.nearest && {
      start: starts(unpack(sets.judged.nearest.counts)),
      premises: unpack(sets.judged.nearest.premises),
    };
    const premises = sets.judged.premises;
    const premisesOf = new Map(premises.map(({ station }, place) => [station, place]));
    const residents = new Float64Array(communities);
    people.forEach((value, i) => (residents[home[i]] += value));
    const total = residents.reduce((sum, value) => sum + value, 0);

    const at = { x: stations.lon.map(worldX), y: stations.lat.map(worldY) };
    const areas = unpackShapes(sets.areas);

    // Around all that a station reaches and the place where it stands.
    const boxOf = (station) => {
      const shapes = sets.limits.length;
      const [first, last] = [station * shapes, (station + 1) * shapes].map((shape) => areas.placeStart[areas.ringStart[shape]]);
      const box = { west: at.x[station], east: at.x[station], north: at.y[station], south: at.y[station] };
      for (let i = first; i < last; i++) {
        box.west = Math.min(box.west, areas.x[i]);
        box.east = Math.max(box.east, areas.x[i]);
        box.north = Math.min(box.north, areas.y[i]);
        box.south = Math.max(box.south, areas.y[i]);
      }
      return box;
    };

    const empty = () => ({
      on: new Uint8Array(count.stations),
      reached: Array.from({ length: rings }, () => new Uint16Array(count.points)),
      covered: new Float64Array(rings),
      points: new Uint32Array(rings),
      byCommunity: Array.from({ length: rings }, () => new Float64Array(communities)),
      ownReached: Array.from({ length: rings }, () => new Uint16Array(count.points)),
      own: Array.from({ length: rings }, () => new Float64Array(communities)),
    });

    // Opens or closes one station; only what it reaches is touched.
    const set = (choice, station, isOn) => {
      if (Boolean(choice.on[station]) === isOn) return;
      choice.on[station] = isOn ? 1 : 0;
      const sign = isOn ? 1 : -1;
      const first = isOn ? 1 : 0;
      const own = premisesOf.has(station) ? stations.community[station] : -1;
      for (let ring = 0; ring < rings; ring++) {
        const group = station * rings + ring;
        for (let at = reach.start[group]; at < reach.start[group + 1]; at++) {
          const i = reach.point[at];
          for (let limit = ring; limit < rings; limit++) {
            if ((choice.reached[limit][i] += sign) === first) {
              choice.covered[limit] += sign * people[i];
              choice.byCommunity[limit][home[i]] += sign * people[i];
              choice.points[limit] += sign;
            }
            if (home[i] === own && (choice.ownReached[limit][i] += sign) === first)
              choice.own[limit][own] += sign * people[i];
          }
        }
      }
    };

    const choose = (closed = [], opened = []) => {
      const choice = empty();
      for (let station = 0; station < count.centres; station++) set(choice, station, !closed.includes(station));
      for (const station of opened) set(choice, station, true);
      return choice;
    };

    const copy = (choice) => {
      const same = empty();
      choice.on.forEach((isOn, station) => set(same, station, isOn === 1));
      return same;
    };

    const peopleNearest = (choice) => {
      const counted = new Float64Array(premises.length);
      for (let i = 0; nearest && i < count.points; i++)
        for (let at = nearest.start[i]; at < nearest.start[i + 1]; at++) {
          const place = nearest.premises[at];
          if (!choice.on[premises[place].station]) continue;
          counted[place] += people[i];
          break;
        }
      return counted;
    };

    // A rule as nested lists; NaN is not known, and a comparison with it is neither true nor false.
    const told = (node, given) => {
      if (node === null || typeof node === "boolean") return node;
      const [sign, left, right] = node;
      const [a, b] = [reckoned(left, given), reckoned(right, given)];
      if (Number.isNaN(a) || Number.isNaN(b)) return null;
      return { ">=": a >= b, "<=": a <= b, ">": a > b, "<": a < b }[sign];
    };

    const reckoned = (node, given) => {
      if (node === null) return NaN;
      if (typeof node === "number") return node;
      const [sign, left, right] = node;
      if (sign === "nearest") return given.nearest;
      if (sign === "own") return given.residents > 0 ? given.own[left] / given.residents : NaN;
      const [a, b] = [reckoned(left, given), reckoned(right, given)];
      if (sign === "/") return b === 0 ? NaN : a / b;
      return sign === "+" ? a + b : sign === "-" ? a - b : a * b;
    };

    const verdict = (findings) => {
      const of = (grade) => findings.filter(([own]) => own === grade).map(([, passed]) => passed);
      const [required, further] = [of("compliant"), of("excellent")];
      if (required.includes(false)) return "weak";
      if (required.includes(null)) return "undetermined";
      return further.length && further.every((passed) => passed === true) ? "excellent" : "compliant";
    };

    const judge = (choice) => {
      const nearestPeople = peopleNearest(choice);
      const weak = new Set();
      const housed = new Set();
      const counts = { excellent: 0, compliant: 0, weak: 0, undetermined: 0 };
      premises.forEach(({ station, findings }, place) => {
        if (!choice.on[station]) return;
        const community = stations.community[station];
        housed.add(community);
        if (!findings.length) return;
        const given = {
          nearest: nearestPeople[place],
          own: choice.own.map((ofCommunity) => ofCommunity[community]),
          residents: residents[community],
        };
        const found = verdict(findings.map(([grade, node]) => [grade, told(node, given)]));
        counts[found] += 1;
        if (found === "weak") weak.add(community);
      });
      const determined = counts.excellent + counts.compliant + counts.weak;
      const ids = sets.communities.id;
      return {
        weak: ids.flatMap((_, community) => (weak.has(community) ? [community] : [])),
        without: ids.flatMap((_, community) => (housed.has(community) ? [] : [community])),
        compliantShare: determined ? (counts.excellent + counts.compliant) / determined : null,
        excellentShare: determined ? counts.excellent / determined : null,
      };
    };

    const figures = (choice) => {
      const opened = choice.on.subarray(count.centres).reduce((sum, isOn) => sum + isOn, 0);
      const closed = count.centres - choice.on.subarray(0, count.centres).reduce((sum, isOn) => sum + isOn, 0);
      return {
        covered: sets.limits.map((ring) => choice.covered[ring]),
        shares: sets.limits.map((ring) => (total > 0 ? choice.covered[ring] / total : null)),
        peopleCovered: choice.covered[sets.standard],
        peopleShare: total > 0 ? choice.covered[sets.standard] / total : null,
        uncovered: total - choice.covered[sets.standard],
        pointsShare: count.points ? choice.points[sets.standard] / count.points : null,
        opened,
        closed,
        ...judge(choice),
      };
    };

    // Who would gain if a station stood there: people, by community, and the points.
    const gain = (choice, station) => {
      const points = [];
      const byCommunity = new Map();
      let sum = 0;
      for (let ring = 0; ring <= sets.standard; ring++) {
        const group = station * rings + ring;
        for (let at = reach.start[group]; at < reach.start[group + 1]; at++) {
          const i = reach.point[at];
          if (choice.reached[sets.standard][i] || !people[i]) continue;
          sum += people[i];
          points.push(i);
          byCommunity.set(home[i], (byCommunity.get(home[i]) ?? 0) + people[i]);
        }
      }
      const ranked = [...byCommunity].sort(([a, more], [b, most]) => most - more || a - b);
      return { people: sum, points, byCommunity: ranked };
    };

    return {
      ...{ sets, count, places, people, home, residents, total, choose, copy, set, figures, gain, empty },
      outlines: unpackShapes(sets.communities.outlines),
      ...{ areas, at, boxes: stations.id.map((_, station) => boxOf(station)) },
      same: (one, other) => one.on.every((isOn, station) => isOn === other.on[station]),
    };
  };

  return { open, unpack, unpackSteps, worldX, worldY };
})();
