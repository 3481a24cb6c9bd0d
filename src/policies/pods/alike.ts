// Policies repeat each other: of parts that are equal one object serves all, so that what 20,000 decisions read stays at hand.
import type { PodPolicy } from '../../model/config.ts';

/** More different ones do not repeat each other, and their texts would only take room. */
const mostParts = 2_000;

export class Alike {
  /** by their text */
  readonly #parts = new Map<string, unknown>();
  readonly #policies = new WeakMap<PodPolicy, PodPolicy>();

  /** The same policy, made of parts that it shares with others. */
  of(policy: PodPolicy): PodPolicy {
    let shared = this.#policies.get(policy);
    if (shared === undefined) this.#policies.set(policy, (shared = this.#sharing(policy)));
    return shared;
  }

  #sharing(policy: PodPolicy): PodPolicy {
    const { spec } = policy;
    return {
      ...policy,
      spec: {
        ...spec,
        replicas: this.#part(spec.replicas),
        metrics: this.#part(spec.metrics.map((metric) => this.#part(metric))),
        schedule: this.#part(spec.schedule),
        behavior: this.#part(spec.behavior),
        tolerance: this.#part(spec.tolerance),
        mode: this.#part(spec.mode),
        advanced: this.#part(spec.advanced),
      },
    };
  }

  #part<Part extends object>(part: Part): Part {
    const text = JSON.stringify(part);
    const known = this.#parts.get(text);
    if (known !== undefined) return known as Part;
    if (this.#parts.size < mostParts) this.#parts.set(text, part);
    return part;
  }
}
