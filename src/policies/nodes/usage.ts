// What nodes really use: one answer for all of them, split by a label. Missing, stale, partial or no number is unknown, never little.
import type { AskedUse, UsageRules } from '../../model/config.ts';
import type { Node } from '../../model/kubernetes.ts';
import type { PrometheusSample, Snapshot } from '../../model/snapshot.ts';
import { Answers } from '../pods/answers.ts';
import { sampleValue } from '../pods/sample-value.ts';

export type Used =
  { readonly state: 'known'; readonly share: number } | { readonly state: 'unknown'; readonly why: string };

export interface NodeUse {
  /** null: nobody asks about it */
  readonly cpu: Used | null;
  readonly memory: Used | null;
}

export const usedResources = ['cpu', 'memory'] as const;

const unknown = (why: string): Used => ({ state: 'unknown', why });

/** "10.0.0.5:9100" and "[fd00::5]:9100" are addresses with the port of an exporter. */
const withoutPort = (text: string): string =>
  text.includes(':') ? text.replace(/^\[(.*)\](?::\d+)?$|^([^:]+):\d+$/, '$1$2') : text;

/** Samples by the value of a label, with the port of an exporter or without; those that lack the label are everybody's. */
class ByNode {
  readonly #samples = new Map<string, PrometheusSample[]>();
  readonly common: readonly PrometheusSample[];

  constructor(samples: readonly PrometheusSample[], label: string) {
    const common: PrometheusSample[] = [];
    for (const sample of samples) {
      const value = sample.metric[label];
      if (value === undefined) {
        common.push(sample);
        continue;
      }
      const key = withoutPort(value);
      const others = this.#samples.get(key);
      if (others === undefined) this.#samples.set(key, [sample]);
      else others.push(sample);
    }
    this.common = common;
  }

  /** By its name, else by any of its addresses. */
  of({ metadata, status }: Node): readonly PrometheusSample[] {
    const named = this.#samples.get(metadata.name);
    if (named !== undefined) return named;
    const addresses = new Set((status?.addresses ?? []).map(({ address }) => address));
    return [...addresses].flatMap((address) => this.#samples.get(address) ?? []);
  }
}

type Split = { readonly state: 'ok'; readonly by: ByNode } | { readonly state: 'unknown'; readonly why: string };

/** The use of all nodes by the rules of one policy, as one snapshot tells it. */
export class NodeUsage {
  readonly rules: UsageRules;
  readonly #answers: Answers;
  readonly #split = new Map<string, Split>();
  readonly #known = new Map<Node, NodeUse>();

  constructor(rules: UsageRules, answers: Answers) {
    this.rules = rules;
    this.#answers = answers;
  }

  of(node: Node): NodeUse {
    let use = this.#known.get(node);
    if (use === undefined) {
      const { cpu, memory } = this.rules;
      use = { cpu: this.#used(node, cpu), memory: this.#used(node, memory) };
      this.#known.set(node, use);
    }
    return use;
  }

  #used(node: Node, asked: AskedUse | null): Used | null {
    if (asked === null) return null;
    const split = this.#splitOf(asked.query);
    if (split.state === 'unknown') return split;
    const samples = split.by.of(node);
    const [sample] = samples;
    if (sample === undefined) return unknown(`no series with ${this.rules.label}="${node.metadata.name}"`);
    if (samples.length > 1) return unknown(`${samples.length} series for one node`);
    const share = sampleValue(sample);
    if (!Number.isFinite(share) || share < 0) return unknown(`${sample.value[1]} is no share`);
    const doubt = this.#doubtOf(node, asked);
    return doubt === null ? { state: 'known', share } : unknown(doubt);
  }

  /** Where nobody asked for the age (a recording made by hand) samples are believed. */
  #doubtOf(node: Node, { ages }: AskedUse): string | null {
    for (const text of ages) {
      if (!this.#answers.wasAsked(text)) continue;
      const split = this.#splitOf(text);
      if (split.state === 'unknown') return `the age of its samples is unknown: ${split.why}`;
      const own = split.by.of(node);
      const told = own.length > 0 ? own : split.by.common;
      if (told.length === 0) return 'the age of its samples is unknown';
      const seconds = Math.max(...told.map(sampleValue));
      if (Number.isNaN(seconds)) return 'the age of its samples is unknown';
      if (seconds * 1000 > this.rules.maxAge) return `its samples are older than ${this.rules.maxAge / 1000} s`;
    }
    return null;
  }

  #splitOf(text: string): Split {
    const known = this.#split.get(text);
    if (known !== undefined) return known;
    const answer = this.#answers.vector(text);
    const split: Split =
      answer.state === 'ok'
        ? { state: 'ok', by: new ByNode(answer.value, this.rules.label) }
        : { state: 'unknown', why: answer.why };
    this.#split.set(text, split);
    return split;
  }
}

/** The same answers for all groups of a policy; nothing is looked up where no policy asks. */
export function usageIn(snapshot: Snapshot): (rules: UsageRules | undefined) => NodeUsage | null {
  const made = new Map<UsageRules, NodeUsage>();
  let answers: Answers | null = null;
  return (rules) => {
    if (rules === undefined) return null;
    let usage = made.get(rules);
    if (usage === undefined) made.set(rules, (usage = new NodeUsage(rules, (answers ??= new Answers(snapshot)))));
    return usage;
  };
}
