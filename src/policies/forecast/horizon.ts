// One horizon: what every expert says of it, what came true, and the bound that would have decided best.
import type { Instant } from '../../model/units.ts';
import { Choice } from './choice.ts';
import type { HoltWinters } from './experts/holt-winters.ts';
import { lately } from './experts/lately.ts';
import { Ridge } from './experts/ridge.ts';
import { Seasons } from './experts/seasons.ts';
import { featureCount, writeFeatures } from './features.ts';
import { Residuals, shares } from './residuals.ts';
import type { Scene } from './scene.ts';
import { Trust } from './trust.ts';

const day = 86_400_000;
const kept = 32;
const combined = ['holt-winters', 'holt-winters or now', 'ridge', 'ridge or now', 'middle of all'];

interface HorizonRules {
  /** how often a new forecast is written down to be judged */
  readonly every: number;
  /** how long a shrink is held back */
  readonly hold: number;
  readonly price: number;
  readonly halfLife: number;
  readonly residualHalfLife: number;
}

export class Horizon {
  readonly #rules: HorizonRules;
  readonly #seasons = new Seasons();
  readonly #ridge = new Ridge(featureCount);
  readonly #names: readonly string[];
  readonly #said: Float64Array;
  readonly #pending: Float32Array;
  readonly #features: Float32Array;
  readonly #current = new Float32Array(featureCount);
  readonly #issued = new Float64Array(kept);
  readonly #due = new Float64Array(kept);
  readonly #level = new Float32Array(kept);
  readonly #floor = new Float32Array(kept);
  readonly #residuals: Residuals;
  readonly #choice: Choice;
  /** what was decided: the bound and what it claimed, to be held against what came */
  readonly #decided = new Float32Array(kept);
  readonly #claims = new Float32Array(kept);
  readonly #loads = new Float32Array(kept);
  readonly trust = new Trust();
  #head = 0;
  #tail = 0;
  #judged = 0;
  #lastIssued = 0;
  #last = 0;
  upper = 0;

  constructor(rules: HorizonRules) {
    this.#rules = rules;
    this.#names = [...lately.names, ...this.#seasons.names, ...combined];
    const experts = this.#names.length;
    this.#said = new Float64Array(experts);
    this.#pending = new Float32Array(kept * experts);
    this.#features = new Float32Array(kept * featureCount);
    this.#residuals = new Residuals(experts);
    this.#choice = new Choice(experts);
  }

  get by(): string {
    return this.#names[this.#choice.expert] ?? 'persistence';
  }
  get expected(): number {
    return this.#said[this.#choice.expert] ?? 0;
  }
  get claimed(): number {
    return shares[this.#choice.share] ?? 1;
  }

  /** `floor`: what is there whatever this horizon says. */
  step(scene: Scene, ahead: number, unit: number, floor: number, holtWinters: HoltWinters): void {
    this.#judge(scene, unit);
    this.#say(scene, ahead, holtWinters);
    this.upper = Math.max(floor, this.#bound(this.#choice.expert, this.#choice.share, this.expected, scene.usual));
    if (scene.at - this.#lastIssued >= this.#rules.every) this.#issue(scene, ahead, floor);
  }

  #scale(said: number, level: number): number {
    return Math.sqrt((Math.max(0, said) + 0.05 * level) * level) + 1e-9;
  }

  #bound(expert: number, share: number, said: number, level: number): number {
    return Math.max(
      0,
      said + (this.#residuals.quantiles[expert * shares.length + share] ?? 0) * this.#scale(said, level),
    );
  }

  #say(scene: Scene, ahead: number, holtWinters: HoltWinters): void {
    const said = this.#said;
    const { load, usual: level } = scene;
    lately.say(scene, ahead, said, 0);
    const seasonal = lately.names.length;
    this.#seasons.say(scene, ahead, said, seasonal);
    const first = seasonal + this.#seasons.names.length;
    const waves = holtWinters.highest(scene, ahead) ?? load;
    writeFeatures(scene, ahead, this.#current, 0);
    const regressed = this.#ridge.say(this.#current, 0);
    const ridge = regressed === null ? load : Math.max(0, regressed * level);
    said[first] = waves;
    said[first + 1] = Math.max(load, waves);
    said[first + 2] = ridge;
    said[first + 3] = Math.max(load, ridge);
    const five = [load, said[1] ?? load, said[seasonal] ?? load, ridge, said[seasonal + 2] ?? load].sort(
      (left, right) => left - right,
    );
    said[first + 4] = five[2] ?? load;
  }

  /** What was said before a gap cannot be judged. */
  forget(): void {
    this.#head = this.#tail;
  }

  #issue({ at, usual: level, load }: Scene, ahead: number, floor: number): void {
    if (this.#tail - this.#head >= kept) return;
    const slot = this.#tail++ % kept;
    this.#issued[slot] = at;
    this.#due[slot] = at + ahead;
    this.#level[slot] = level;
    this.#floor[slot] = floor;
    this.#decided[slot] = this.upper;
    this.#claims[slot] = this.claimed;
    this.#loads[slot] = load;
    this.#pending.set(this.#said, slot * this.#said.length);
    this.#features.set(this.#current, slot * featureCount);
    this.#lastIssued = at;
  }

  #judge(scene: Scene, unit: number): void {
    const { at, recent } = scene;
    while (this.#head < this.#tail && (this.#due[this.#head % kept] ?? 0) <= at) {
      const slot = this.#head++ % kept;
      const issued = (this.#issued[slot] ?? 0) as Instant;
      const due = this.#due[slot] ?? 0;
      const highest = recent.highest(issued, due);
      const passed = Math.min(due - this.#last, 300_000);
      const truth = recent.highest(Math.max(issued, due - Math.max(this.#rules.every, passed)), due);
      this.#last = due;
      if (highest === null || truth === null) continue;
      this.#learn(slot, highest, truth, unit, passed);
    }
  }

  #learn(slot: number, highest: number, truth: number, unit: number, passed: number): void {
    const { hold, price, halfLife, residualHalfLife } = this.#rules;
    const level = this.#level[slot] ?? 1;
    const floor = this.#floor[slot] ?? 0;
    const experts = this.#said.length;
    this.#ridge.learn(this.#features, slot * featureCount, highest / level, Math.pow(0.5, passed / (7 * day)));
    this.#residuals.age(Math.pow(0.5, passed / residualHalfLife));
    this.#choice.fade(Math.pow(0.5, passed / halfLife));
    this.#choice.turn(this.#due[slot] ?? 0, hold);
    for (let expert = 0; expert < experts; expert++) {
      const said = this.#pending[slot * experts + expert] ?? 0;
      for (let share = 0; share < shares.length; share++) {
        const bound = Math.max(floor, this.#bound(expert, share, said, level));
        this.#choice.judge(expert, share, bound, truth, unit, price, passed / 60_000);
      }
      this.#residuals.add(expert, (highest - said) / this.#scale(said, level));
      if (this.#judged < 30 || (this.#judged + expert) % 30 === 0) this.#residuals.settle(expert);
    }
    if (this.#judged >= 300)
      this.trust.judge({
        bound: this.#decided[slot] ?? 0,
        claimed: this.#claims[slot] ?? 1,
        load: this.#loads[slot] ?? 0,
        highest,
        passed,
      });
    this.#judged++;
    this.#choice.choose();
  }
}
