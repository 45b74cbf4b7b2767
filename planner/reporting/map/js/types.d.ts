// What the page's modules hand to one another.
import type { Layer, Map as LeafletMap, Marker } from "leaflet";
export type Interval = [number, number];
export type Answer = boolean | null;
/** A condition or a term as planner/reporting/map/whatif_rules.py writes it. */
// biome-ignore lint/suspicious/noExplicitAny: the shape depends on the operator
export type RuleNode = [string, ...any[]];
export type Values = Record<string, (given: number) => Interval>;
export type Finding = [grade: string, condition: RuleNode | Answer, weight: string];
export interface Judged {
  grade: string;
  passed: Answer;
  weight: string;
}

/** Places of polygons in steps of a millionth of a degree, rings in each shape, and places in each ring. */
export interface PackedShapes {
  rings: number[];
  places: number[];
  lon: number[];
  lat: number[];
}
export interface Places {
  x: Float64Array;
  y: Float64Array;
}
export interface Shapes extends Places {
  ringStart: Uint32Array;
  placeStart: Uint32Array;
}
export interface Reach {
  start: Uint32Array;
  point: Uint32Array;
  /** Minutes of each member, null where the page has only the limits. */
  tenths: Uint16Array | null;
}

export interface Site {
  id: string;
  x: number;
  y: number;
}
export interface ScenarioFile {
  format: string;
  study: string;
  crs: string;
  closed: string[];
  sites: Site[];
  changes?: Change[];
}
/** planner/inputs/changes.py */
export interface Change {
  kind: string;
  centre: string;
  id: string;
  amount: number;
  functions: string[];
  place: [number, number] | null;
  other: [number, number] | null;
}
export interface Scenario {
  name: string;
  /** Its name on the axis of time, and among the methods that are compared; "" where it is none. */
  stop: string;
  method: string;
  closed: number[];
  open: number[];
  projects: number[];
  areaShare: number | null;
}
/** planner/reporting/map/whatif_figures.py */
export interface Project {
  id: string;
  name: string;
  kind: string;
  year: number;
  cost: number;
  paid: number[];
  sites: number[];
  closes: number[];
  upgrades: number[];
  branches: number[];
  /** Bits of the passages that it builds. */
  passages: number;
  /** Weak centres that it resolves without saying how. */
  declared: number[];
  changes: Change[];
}
export interface Money {
  /** By fund and year. */
  paid: number[][];
  planned: number;
  /** Of sites that no project takes; null where one has no price. */
  further: number | null;
  spent: number | null;
}
export interface Rated {
  assessed: number;
  determined: number;
  compliant: number;
  excellent: number;
}
export interface Ratings {
  weak: number[] | null;
  without: number[];
  verdicts: Map<number, string>;
  rated: Rated;
  compliantShare: number | null;
  excellentShare: number | null;
}

/** planner/reporting/map/whatif_data.py */
export interface WhatIfData {
  study: string;
  crs: string;
  base: { closed: string[]; sites: Site[]; changes: Change[] };
  rings: number[];
  limits: number[];
  standard: number;
  grain: number;
  demand: { people: number[]; home: number[]; lat: number[]; lon: number[] };
  communities: { id: string[]; name: string[]; outlines: PackedShapes };
  stations: {
    id: string[];
    name: string[];
    branchName: string[];
    /** Of candidates: where they are in words, "" where no named street is near. */
    place: string[];
    tier: string[];
    community: number[];
    lat: number[];
    lon: number[];
    x: number[];
    y: number[];
  };
  branches: Record<string, number>;
  reach: { counts: number[]; steps: number[]; tenths?: number[] | null };
  areas: PackedShapes;
  /** For each choice of passages, the rows of the stations that it changes. */
  rows: Record<string, number>[];
  judged: {
    /** What is asked of premises, and which of it for each choice of passages, upgrade and branches. */
    premises: { station: number; branches: number; findings: Finding[][]; choices: number[] }[];
    excellentShare: number;
    same: number;
    nearest: { counts: number[]; stations: number[] }[] | null;
    old: { grain: number; people: number[] } | null;
    unfollowed: string[];
    today: Omit<Ratings, "without" | "verdicts">;
  };
  /** At the residents' points within a ring of the page's, or with the points of its own that each station reaches. */
  groups: { id: string; people: number[]; ring?: number; stations?: number[][][] }[];
  businessAreas: { count: number; stations: number[][] }[];
  projects: {
    list: Project[];
    funds: { name: string; amounts: number[]; carries: boolean }[];
    years: string[];
    costs: Record<string, number>;
  };
  scenarios: Scenario[];
  streets?: PackedStreets | null;
  services?: PackedService[];
}

/** planner/reporting/map/whatif_services.py */
export interface PackedService {
  name: string;
  /** The standard, minutes, and how many facilities are to be within it. */
  limit: number;
  count: number;
  /** Of each demand point: tenths of minutes to the nearest facility, -1 out of reach, and its number. */
  tenths: number[];
  nearest: number[];
  /** Demand points that lack it. */
  lacking: number[];
  names: string[];
  lat: number[];
  lon: number[];
}

/** planner/reporting/map/whatif_data.py */
export interface PackedStreets {
  access: number;
  /** Metres a minute. */
  speed: number;
  lon: number[];
  lat: number[];
  from: number[];
  to: number[];
  /** Centimetres along each edge, and what it takes more against it. */
  cost: number[];
  back: number[];
  /** Vertices inside each edge. */
  places: number[];
  inner: { lon: number[]; lat: number[] };
  passages: number[][];
}

/** Which stations are open, and who is covered by them, by limit; the scenario that it is, null of an own choice. */
export interface Choice {
  scenario: Scenario | null;
  on: Uint8Array;
  /** Projects carried out, and the passages that they build, as bits. */
  done: Uint8Array;
  passages: number;
  reached: Uint16Array[];
  covered: Float64Array;
  points: Uint32Array;
  byCommunity: Float64Array[];
  ownReached: Uint16Array[];
  own: Float64Array[];
}
export interface Figures extends Ratings {
  covered: number[];
  shares: (number | null)[];
  peopleCovered: number;
  peopleShare: number | null;
  uncovered: number;
  pointsShare: number | null;
  groupShares: (number | null)[];
  businessAreas: string;
  /** Of a scenario only: the page computes no areas. */
  areaShare: number | null;
  money: Money | null;
  opened: number;
  closed: number;
}
export interface Gain {
  people: number;
  points: number[];
  byCommunity: [community: number, people: number][];
}
export interface Box {
  west: number;
  east: number;
  north: number;
  south: number;
}
/** What a station may change, within all limits and within each. */
export interface Boxes extends Box {
  byLimit: Box[];
}

/** Coverage of any choice: what the ratings need of it. */
export interface Coverage {
  sets: WhatIfData;
  /** Centres come first, then candidates up to `sites`, then branches of projects. */
  count: { stations: number; centres: number; sites: number; points: number };
  people: Float64Array;
  home: Uint32Array;
  residents: Float64Array;
  total: number;
  reach: Reach;
  mainOf: number[];
  doorsOf: number[][];
  premisesOf: Map<number, number>;
  rowOf: (choice: Choice, station: number) => number;
  choose: (closed?: number[], opened?: number[], done?: number[]) => Choice;
  carryOut: (choice: Choice, project: number, isDone: boolean) => void;
  copy: (choice: Choice) => Choice;
  set: (choice: Choice, station: number, isOn: boolean) => void;
  same: (one: Choice, other: Choice) => boolean;
}
export interface Model extends Coverage {
  places: Places;
  outlines: Shapes;
  areas: Shapes;
  at: { x: number[]; y: number[] };
  boxes: Boxes[];
  figures: (choice: Choice) => Figures;
  gain: (choice: Choice, station: number) => Gain;
}

export interface Pointed extends Gain {
  station: number;
  look: { metres: number };
}

/** Part of the world to draw, in pixels of the map's layers. */
export interface View {
  scale: number;
  left: number;
  top: number;
  min: { x: number; y: number };
  max: { x: number; y: number };
  metresPerPixel: number;
  /** Pixels of the canvas for one of the page. */
  dense: number;
}
/** What is shown besides a choice. */
export interface Shown {
  pointed: Pointed | null;
  hovered: number | null;
  growing: { stations: Set<number>; share: number } | null;
}
export type Paint = (context: CanvasRenderingContext2D, view: View) => void;
export type Painter = (
  context: CanvasRenderingContext2D,
  view: View,
  choice: Choice,
  figures: Figures,
  shown: Shown,
) => void;
// biome-ignore lint/suspicious/noExplicitAny: each painter has its own look, written by planner/reporting/map
export type Look = Record<string, any>;

/** Leaflet's own shapes, with the number of the station that a marker stands for. */
export type Sign = Layer & Partial<Marker> & { station?: number | null };
export type Chord = [name: string, lat0: number, lon0: number, lat1: number, lon1: number];
export type PlaceToFind = [
  name: string,
  kind: string,
  lat: number,
  lon: number,
  station: number | null,
  community: string | null,
  code: string,
];
export interface TileSource {
  urls: string[];
  credit: string;
  datum: string;
  deepest: number;
}
export type LegendKey = [sample: string, text: string];
/** planner/reporting/map/legend.py */
export interface Legend {
  groups: { key: string; title: string; keys: LegendKey[] }[];
  layers: { group: string; name: string; kind: string; keys: LegendKey[]; metres: number | null }[];
}
/** planner/reporting/map/scenes.py */
export interface Scene {
  title: string;
  text: string;
  note: string;
  scenarios: number[];
  show: string[];
}
/** The best gain by number of sites, with its bound; and the sites of the best proposal by rank. */
export interface Curve {
  points: { sites: number; people: number; bound: number }[];
  ranked: number[];
}
export interface Words {
  curve: Curve;
  scenes: Scene[];
  legend: Legend;
  notes: [tip: string, card: string][];
  page: Record<string, string>;
  colours: Record<string, string>;
  credit: string;
  sources: string;
  streets: Chord[];
  places: PlaceToFind[];
  tiles: TileSource | null;
}
export type Say = (key: string, values?: Record<string, string | number>) => string;
export type { LeafletMap };
