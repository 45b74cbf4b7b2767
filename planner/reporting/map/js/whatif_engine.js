"use strict";
// What if: unpacks the coverage sets and reckons any choice of centres and sites. People are whole grains, so that
// adding and taking away gives the very bits that the planner's own run gives; nothing is rounded here.
const whatIf = (() => {
  // Groups of seven bits, the lowest first: see planner/reporting/map/varint.py.
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

  // Rules as planner/reporting/map/whatif_rules.py writes them, evaluated as planner/evaluation/expressions.py does:
  // true, false, or null where what is known does not suffice. A number is an interval, both bounds included.
  // tests/evaluation/test_page_operators.py compares every operator with Python's.
  const rulesWithin = (tolerance) => {
    const ANYTHING = [-Infinity, Infinity];
    const SIDES = [0, 1];
    const exactly = (value) => (Number.isNaN(value) ? ANYTHING : [value, value]);
    const checked = (low, high) => (Number.isNaN(low) || Number.isNaN(high) ? ANYTHING : [low, high]);
    const shareOf = (part, whole) => (whole > 0 ? exactly(part / whole) : ANYTHING);
    const overCorners = (operation, a, b) => {
      const corners = SIDES.flatMap((i) => SIDES.map((j) => operation(a[i], b[j])));
      return corners.some(Number.isNaN) ? ANYTHING : [Math.min(...corners), Math.max(...corners)];
    };

    const operators = {
      "+": (a, b) => checked(a[0] + b[0], a[1] + b[1]),
      "-": (a, b) => checked(a[0] - b[1], a[1] - b[0]),
      "*": (a, b) => overCorners((x, y) => x * y, a, b),
      "/": (a, b) => (b[0] <= 0 && b[1] >= 0 ? ANYTHING : overCorners((x, y) => x / y, a, b)),
    };

    const isSame = (x, y) =>
      x === y || (Number.isFinite(x) && Number.isFinite(y) && Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y)));
    const isAbove = (value, threshold) => value > threshold && !isSame(value, threshold);
    const compared = (holds) => (a, b) => {
      const answers = new Set(SIDES.flatMap((i) => SIDES.map((j) => holds(a[i], b[j]))));
      return answers.size === 1 ? [...answers][0] : null;
    };
    const comparisons = {
      ">": compared((x, y) => isAbove(x, y)),
      "<": compared((x, y) => isAbove(y, x)),
      ">=": compared((x, y) => !isAbove(y, x)),
      "<=": compared((x, y) => !isAbove(x, y)),
    };

    return { operators, comparisons, exactly, shareOf };
  };

  const open = (sets) => {
    const rules = rulesWithin(sets.judged.same);
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
      station: unpack(sets.judged.nearest.stations),
    };
    const old = sets.judged.old && unpack(sets.judged.old.people).map((value) => value * sets.judged.old.grain);
    const isFollowed = !sets.judged.unfollowed.length;
    const premises = sets.judged.premises;
    const premisesOf = new Map(premises.map(({ station }, place) => [station, place]));
    const residents = new Float64Array(communities);
    people.forEach((value, i) => (residents[home[i]] += value));
    const total = residents.reduce((sum, value) => sum + value, 0);

    // A branch counts as its centre: `mainOf` of a branch is its centre, `doorsOf` a centre and its branches.
    const mainOf = stations.id.map((_, station) => sets.branches[station] ?? station);
    const doorsOf = mainOf.map(() => []);
    mainOf.forEach((main, station) => doorsOf[main].push(station));
    const mainsFirst = [...mainOf.keys()].sort((a, b) => (mainOf[a] !== a) - (mainOf[b] !== b) || a - b);
    const innermostRing = new Map();
    for (const main of Object.values(sets.branches))
      for (const station of doorsOf[main]) {
        const found = new Map();
        for (let ring = 0; ring < rings; ring++)
          for (let at = reach.start[station * rings + ring]; at < reach.start[station * rings + ring + 1]; at++)
            found.set(reach.point[at], ring);
        innermostRing.set(station, found);
      }

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

    // A centre opens and closes with its branches, so that its box holds theirs.
    const ownBoxes = stations.id.map((_, station) => boxOf(station));
    const boxes = mainOf.map((main) => doorsOf[main].map((door) => ownBoxes[door]).reduce((one, other) => ({
      west: Math.min(one.west, other.west),
      east: Math.max(one.east, other.east),
      north: Math.min(one.north, other.north),
      south: Math.max(one.south, other.south),
    })));

    const empty = () => ({
      on: new Uint8Array(count.stations),
      reached: Array.from({ length: rings }, () => new Uint16Array(count.points)),
      covered: new Float64Array(rings),
      points: new Uint32Array(rings),
      byCommunity: Array.from({ length: rings }, () => new Float64Array(communities)),
      ownReached: Array.from({ length: rings }, () => new Uint16Array(count.points)),
      own: Array.from({ length: rings }, () => new Float64Array(communities)),
    });

    // Opens or closes one station; only what it reaches is touched. A branch is open only while its centre is.
    const set = (choice, station, isOn) => {
      const main = mainOf[station];
      if (main === station) for (const door of doorsOf[main]) setDoor(choice, door, isOn);
      else if (isOn && !choice.on[main]) set(choice, main, true);
      else setDoor(choice, station, isOn);
    };

    const setDoor = (choice, station, isOn) => {
      if (Boolean(choice.on[station]) === isOn) return;
      const main = mainOf[station];
      const others = doorsOf[main].filter((door) => door !== station && choice.on[door]);
      // From which limit on another door of the same centre serves a point: no second centre there.
      const servedFrom = (i) => others.reduce((least, door) => Math.min(least, innermostRing.get(door).get(i) ?? rings), rings);
      choice.on[station] = isOn ? 1 : 0;
      const sign = isOn ? 1 : -1;
      const first = isOn ? 1 : 0;
      const own = premisesOf.has(main) ? stations.community[main] : -1;
      for (let ring = 0; ring < rings; ring++) {
        const group = station * rings + ring;
        for (let at = reach.start[group]; at < reach.start[group + 1]; at++) {
          const i = reach.point[at];
          const last = others.length ? servedFrom(i) : rings;
          for (let limit = ring; limit < last; limit++) {
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
      const isClosed = (station) => closed.includes(station) || closed.includes(mainOf[station]);
      for (const station of mainsFirst) if (station < count.centres) set(choice, station, !isClosed(station));
      for (const station of opened) set(choice, station, true);
      return choice;
    };

    const copy = (choice) => {
      const same = empty();
      for (const station of mainsFirst) set(same, station, choice.on[station] === 1);
      return same;
    };

    const isToday = (choice) => choice.on.every((isOn, station) => Boolean(isOn) === station < count.centres);

    const peopleNearest = (choice) => {
      const counted = new Float64Array(premises.length);
      for (let i = 0; nearest && i < count.points; i++)
        for (let at = nearest.start[i]; at < nearest.start[i + 1]; at++) {
          const station = nearest.station[at];
          if (!choice.on[station]) continue;
          counted[premisesOf.get(mainOf[station])] += people[i];
          break;
        }
      return counted;
    };

    const { operators, comparisons, exactly, shareOf } = rules;

    const joined = (answers, decided) => (answers.includes(decided) ? decided : answers.includes(null) ? null : !decided);

    const evaluate = (node, values) => {
      if (node === null || typeof node === "boolean") return node;
      const [sign, ...parts] = node;
      if (sign === "and" || sign === "or") return joined(parts.map((part) => evaluate(part, values)), sign === "or");
      return comparisons[sign](...parts.map((part) => interval(part, values)));
    };

    const interval = ([sign, left, right], values) => {
      if (sign === "span") return [left ?? -Infinity, right ?? Infinity];
      if (sign in values) return values[sign](left);
      return operators[sign](interval(left, values), interval(right, values));
    };

    // Weights are whole numbers of any size; their sum is rounded once.
    const weightOf = (findings) => Number(findings.reduce((sum, { weight }) => sum + BigInt(weight), 0n));

    const verdict = (findings) => {
      const [required, further] = ["compliant", "excellent"].map((grade) => findings.filter((one) => one.grade === grade));
      if (required.some(({ passed }) => passed === false)) return "weak";
      if (required.some(({ passed }) => passed === null)) return "undetermined";
      const share = further.length ? weightOf(further.filter(({ passed }) => passed === true)) / weightOf(further) : 0;
      return share >= sets.judged.excellentShare ? "excellent" : "compliant";
    };

    // Of the people within the standard of a centre or a branch of it, the share whom another centre has too.
    const overlapOf = (choice, station) => {
      let [within, twice] = [0, 0];
      const seen = new Set();
      for (const door of doorsOf[station].filter((one) => choice.on[one]))
        for (let at = reach.start[door * rings]; at < reach.start[door * rings + sets.standard + 1]; at++) {
          const i = reach.point[at];
          if (seen.has(i)) continue;
          seen.add(i);
          within += people[i];
          if (choice.reached[sets.standard][i] > 1) twice += people[i];
        }
      return shareOf(twice, within);
    };

    // What the rules ask of a centre depends on which of its branches are closed: planner/reporting/map/branch_choices.py
    // numbers their choices by bits, the first branch the lowest. One entry alone holds for every choice.
    const findingsOf = (choice, station, findings) => {
      const branches = doorsOf[station].filter((door) => door !== station);
      const closed = branches.reduce((bits, door, place) => bits + (choice.on[door] ? 0 : 2 ** place), 0);
      return findings.length === 1 ? findings[0] : findings[closed];
    };

    const oldUncovered = (choice) => {
      const counted = new Float64Array(communities);
      old?.forEach((value, i) => {
        if (!choice.reached[sets.standard][i]) counted[home[i]] += value;
      });
      return counted;
    };

    // The indicators of premises that follow the choice, by `Indicator.js` in planner/evaluation/indicators.py.
    const valuesOf = (choice, station, place, nearestPeople, oldPeople) => {
      const community = stations.community[station];
      return {
        nearest: () => exactly(nearestPeople[place]),
        own: (ring) => shareOf(choice.own[ring][community], residents[community]),
        covered: () => shareOf(choice.byCommunity[sets.standard][community], residents[community]),
        old: () => exactly(oldPeople[community]),
        overlap: () => overlapOf(choice, station),
      };
    };

    const judge = (choice) => {
      const [nearestPeople, oldPeople] = [peopleNearest(choice), oldUncovered(choice)];
      const ids = sets.communities.id;
      const weak = new Set();
      const housed = new Set();
      const counts = { excellent: 0, compliant: 0, weak: 0, undetermined: 0 };
      const verdicts = new Map();
      premises.forEach(({ station, findings: ofChoices }, place) => {
        if (!choice.on[station]) return;
        const findings = findingsOf(choice, station, ofChoices);
        const community = stations.community[station];
        housed.add(community);
        if (!findings.length || !isFollowed) return;
        const values = valuesOf(choice, station, place, nearestPeople, oldPeople);
        const found = verdict(findings.map(([grade, node, weight]) => ({ grade, weight, passed: evaluate(node, values) })));
        counts[found] += 1;
        verdicts.set(station, found);
        if (found === "weak") weak.add(community);
      });
      const without = ids.flatMap((_, community) => (housed.has(community) ? [] : [community]));
      const rated = {
        assessed: counts.excellent + counts.compliant + counts.weak + counts.undetermined,
        determined: counts.excellent + counts.compliant + counts.weak,
        compliant: counts.excellent + counts.compliant,
        excellent: counts.excellent,
      };
      const determined = counts.excellent + counts.compliant + counts.weak;
      // Where a rule asks what the page cannot reckon, only a run can judge other choices than today's.
      if (!isFollowed && !isToday(choice)) return { weak: null, without, compliantShare: null, excellentShare: null, rated, verdicts };
      if (!isFollowed) return { ...sets.judged.today, without, verdicts };
      return {
        weak: ids.flatMap((_, community) => (weak.has(community) ? [community] : [])),
        without,
        verdicts,
        rated,
        compliantShare: determined ? (counts.excellent + counts.compliant) / determined : null,
        excellentShare: determined ? counts.excellent / determined : null,
      };
    };

    const figures = (choice) => {
      const opened = choice.on.subarray(count.centres).reduce((sum, isOn) => sum + isOn, 0);
      // Branches that close with their centre are not counted besides it.
      const isClosed = (main, station) => station < count.centres && !choice.on[station] && (main === station || choice.on[main]);
      const closed = mainOf.filter(isClosed).length;
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
      ...{ areas, at, boxes },
      same: (one, other) => one.on.every((isOn, station) => isOn === other.on[station]),
    };
  };

  return { open, rulesWithin, unpack, unpackSteps, worldX, worldY };
})();
