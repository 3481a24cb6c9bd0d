// The experts of one horizon: what each of them says now, and by which scale each of them errs.
import type { HoltWinters } from './experts/holt-winters.ts';
import { Days } from './experts/days.ts';
import { Hours } from './experts/hours.ts';
import { lately } from './experts/lately.ts';
import { Ridge } from './experts/ridge.ts';
import { Weeks } from './experts/weeks.ts';
import { featureCount, writeFeatures } from './features.ts';
import { day, type Family, type Scene } from './scene.ts';

const combined = ['holt-winters', 'holt-winters or now', 'ridge', 'ridge or now', 'middle of all'] as const;
/** these err by how much the load moves of late, the others by how high it is */
const uneasy = ['persistence by unrest', 'ridge by unrest', 'mean of 3 days by unrest'] as const;
const memory = 7 * day;

/** The error to be expected of a forecast of so much: between that of a count and that of a share. */
const errorAt = (said: number, usual: number): number => Math.sqrt((said + 0.05 * usual) * usual) + 1e-9;

export class Panel {
  readonly names: readonly string[];
  readonly said: Float64Array;
  readonly scales: Float64Array;
  readonly features = new Float32Array(featureCount);
  readonly #families: readonly Family[] = [lately, new Hours(), new Days(), new Weeks()];
  readonly #ridge = new Ridge(featureCount);

  constructor() {
    this.names = [...this.#families.flatMap(({ names }) => names), ...combined, ...uneasy];
    this.said = new Float64Array(this.names.length);
    this.scales = new Float64Array(this.names.length);
  }

  say(scene: Scene, ahead: number, holtWinters: HoltWinters): void {
    const { load, usual, unrest } = scene;
    const { said, scales } = this;
    let next = 0;
    for (const family of this.#families) {
      family.say(scene, ahead, said, next);
      next += family.names.length;
    }
    writeFeatures(scene, ahead, this.features);
    const regressed = this.#ridge.say(this.features, 0);
    const ridge = regressed === null ? load : Math.max(0, regressed * usual);
    const waves = holtWinters.highest(scene, ahead) ?? load;
    const five = said[1] ?? load;
    const days = said[this.#meanOfDays] ?? load;
    said[next++] = waves;
    said[next++] = Math.max(load, waves);
    said[next++] = ridge;
    said[next++] = Math.max(load, ridge);
    said[next++] = middle(load, five, ridge, waves, days);
    for (let expert = 0; expert < next; expert++) scales[expert] = errorAt(said[expert] ?? 0, usual);
    scales.fill(unrest + 0.005 * usual + 1e-9, next);
    said[next++] = load;
    said[next++] = Math.max(load, ridge);
    said[next++] = Math.max(load, days);
  }

  /** What came of the features that were looked at then. */
  learn(features: Float32Array, from: number, truth: number, passed: number): void {
    this.#ridge.learn(features, from, truth, Math.pow(0.5, passed / memory));
  }

  readonly #meanOfDays = lately.names.length + 4 + 3;
}

const { max, min } = Math;

/** The third of five, by comparisons: this is asked with every sample. */
function middle(one: number, two: number, three: number, four: number, five: number): number {
  const low = max(min(one, two), min(three, four));
  const high = min(max(one, two), max(three, four));
  return max(min(low, high), min(max(low, high), five));
}
