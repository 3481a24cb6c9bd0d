// One horizon: what the experts say of it, what came true, and the bound that would have decided best.
import { Choice, type Outcome } from './choice.ts';
import type { HoltWinters } from './experts/holt-winters.ts';
import { featureCount } from './features.ts';
import { Held } from './held.ts';
import { Panel } from './panel.ts';
import { Residuals } from './residuals.ts';
import { day, type Scene } from './scene.ts';
import { Trust } from './trust.ts';

/** how many forecasts wait to come true */
const kept = 8;
/** after so many the bounds are judged, too */
const practised = 300;
/** how long it takes until a decision, or an error, counts half */
const halfLifeOfCosts = day;
const halfLifeOfErrors = 2 * day;
/** A bound that falls by less than this stays: what changes for little churns. */
const deadBand = 0.1;
/** What changes goes a little further, so that the next change waits. */
const beyond = 1.03;
/** the longest a single outcome stands for */
const longest = 300_000;

interface HorizonRules {
  /** the least time between two forecasts that are judged */
  readonly every: number;
  /** how long a shrink is held back */
  readonly hold: number;
  /** what a unit of unserved load costs, in units of idle capacity */
  readonly price: number;
}

/** What was said, with what it was said by. */
interface Word {
  at: number;
  due: number;
  usual: number;
  load: number;
  floor: number;
  upper: number;
}

export class Horizon {
  readonly #rules: HorizonRules;
  readonly #panel = new Panel();
  readonly #residuals: Residuals;
  readonly #choice: Choice;
  readonly #held = new Held();
  readonly #outcome: Outcome;
  readonly #words: readonly Word[];
  readonly #said: Float32Array;
  readonly #scales: Float32Array;
  readonly #features = new Float32Array(kept * featureCount);
  #head = 0;
  #tail = 0;
  #judged = 0;
  #stale = true;
  #lastIssued = 0;
  #lastDue = 0;
  readonly trust = new Trust();
  upper = 0;
  /** what would be there now, had its bounds been asked for */
  there = 0;

  constructor(rules: HorizonRules) {
    const experts = this.#panel.names.length;
    this.#rules = rules;
    this.#residuals = new Residuals(experts);
    this.#choice = new Choice(experts);
    this.#outcome = { at: 0, truth: 0, floor: 0, unit: 1, hold: rules.hold, price: rules.price, keep: 1, weight: 0 };
    this.#said = new Float32Array(kept * experts);
    this.#scales = new Float32Array(kept * experts);
    this.#words = Array.from({ length: kept }, () => ({
      at: 0,
      due: 0,
      usual: 0,
      load: 0,
      floor: 0,
      upper: 0,
    }));
  }

  get by(): string {
    return this.#panel.names[this.#choice.expert] ?? '';
  }

  get expected(): number {
    return this.#panel.said[this.#choice.expert] ?? 0;
  }

  /** `floor`: what is asked for whatever this horizon says; `servable`: beyond it nothing is served, whatever it says. */
  step(scene: Scene, ahead: number, unit: number, floor: number, servable: number, holtWinters: HoltWinters): void {
    this.#judge(scene, unit, servable);
    this.#stale = true;
    const every = Math.max(this.#rules.every, ahead / (kept - 1));
    if (scene.at - this.#lastIssued < every) return;
    this.look(scene, ahead, floor, holtWinters);
    this.#issue(scene, ahead, floor);
  }

  /** Asks the experts, unless they have been asked since the last sample. */
  look(scene: Scene, ahead: number, floor: number, holtWinters: HoltWinters): void {
    if (!this.#stale) return;
    this.#stale = false;
    this.#panel.say(scene, ahead, holtWinters);
    const { said, scales } = this.#panel;
    const bound = Math.max(floor, this.#choice.bound(said, scales, this.#residuals.quantiles, floor));
    if (bound > this.upper || bound < this.upper * (1 - deadBand)) this.upper = bound * beyond;
  }

  /** What was said before a gap, or by a clock that was wrong, cannot be judged. */
  forget(): void {
    this.#head = this.#tail;
    this.#lastIssued = 0;
    this.#lastDue = 0;
  }

  #issue({ at, usual, load }: Scene, ahead: number, floor: number): void {
    if (this.#tail - this.#head >= kept) return;
    const slot = this.#tail++ % kept;
    const word = this.#words[slot];
    if (word === undefined) return;
    word.at = at;
    word.due = at + ahead;
    word.usual = usual;
    word.load = load;
    word.floor = floor;
    word.upper = this.upper;
    const { said, scales, features } = this.#panel;
    this.#said.set(said, slot * said.length);
    this.#scales.set(scales, slot * said.length);
    this.#features.set(features, slot * featureCount);
    this.#lastIssued = at;
  }

  #judge({ at, recent }: Scene, unit: number, servable: number): void {
    while (this.#head < this.#tail) {
      const slot = this.#head % kept;
      const word = this.#words[slot];
      if (word === undefined || word.due > at) return;
      this.#head++;
      const passed = Math.min(word.due - Math.max(this.#lastDue, word.at), longest);
      const highest = recent.highest(word.at, word.due);
      const truth = recent.highest(Math.max(word.at, word.due - Math.max(this.#rules.every, passed)), word.due);
      this.#lastDue = word.due;
      if (highest === null || truth === null) continue;
      const outcome = this.#outcome;
      outcome.at = word.due;
      outcome.truth = Math.min(truth, servable);
      outcome.floor = word.floor;
      outcome.unit = unit;
      outcome.weight = passed / 60_000;
      this.there = this.#held.hold(word.due, word.upper, this.#rules.hold);
      this.#learn(slot, word, highest, passed);
    }
  }

  #learn(slot: number, word: Word, highest: number, passed: number): void {
    const residuals = this.#residuals;
    const experts = this.#panel.names.length;
    this.#panel.learn(this.#features, slot * featureCount, highest / word.usual, passed);
    residuals.age(Math.pow(0.5, passed / halfLifeOfErrors));
    this.#outcome.keep = Math.pow(0.5, passed / halfLifeOfCosts);
    this.#choice.turn(this.#outcome);
    for (let expert = 0; expert < experts; expert++) {
      const said = this.#said[slot * experts + expert] ?? 0;
      const scale = this.#scales[slot * experts + expert] ?? 1;
      this.#choice.judge(expert, said, scale, residuals.quantiles, this.#outcome);
      residuals.add(expert, (highest - said) / scale);
      if (this.#judged < 30 || (this.#judged + expert) % 30 === 0) residuals.settle(expert);
    }
    this.#choice.choose(word.due);
    if (this.#judged++ < practised) return;
    const { upper, load } = word;
    const { truth } = this.#outcome;
    this.trust.judge({ bound: Math.max(this.there, upper), load, highest: truth, passed });
  }
}
