// The alerts that the central one refuses each by itself: left out of what it is sent, and tried again now and then.
import { minutes } from '../model/units.ts';
import type { Instant } from '../model/units.ts';
import type { Alert } from './alert.ts';
import type { Refusal } from './channels/forward.ts';

interface Refused extends Refusal {
  /** what it was refused with: other words may be taken */
  readonly content: string;
  readonly tried: Instant;
}

const triedEvery = minutes(5);
/** What is refused again is looked for anew among all that is sent: some at a time. */
const mostTried = 20;

const contentOf = ({ labels, annotations, generatorURL }: Alert): string =>
  JSON.stringify([labels, annotations, generatorURL]);

export class Refusals {
  #refused: ReadonlyMap<string, Refused> = new Map();
  #fingerprints: ReadonlySet<string> = new Set();

  /** Another object whenever it is not the same. */
  get fingerprints(): ReadonlySet<string> {
    return this.#fingerprints;
  }

  get first(): Refusal | undefined {
    return this.#refused.values().next().value;
  }

  /** Without what is known to be refused. */
  toSend(alerts: readonly Alert[], now: Instant): readonly Alert[] {
    if (this.#refused.size === 0) return alerts;
    let tried = 0;
    return alerts.filter((alert) => {
      const known = this.#refused.get(alert.fingerprint);
      if (known === undefined || known.content !== contentOf(alert)) return true;
      return Math.abs(now - known.tried) >= triedEvery && (tried += 1) <= mostTried;
    });
  }

  /** `taken`: what was sent and is not refused has been taken. Gives those that are refused since, or no more. */
  answered(
    sent: readonly Alert[],
    refused: readonly Refusal[],
    { taken, now }: { readonly taken: boolean; readonly now: Instant },
  ): readonly string[] {
    if (refused.length === 0 && (!taken || this.#refused.size === 0)) return [];
    const contents = new Map(sent.map((alert) => [alert.fingerprint, contentOf(alert)]));
    const next = new Map(this.#refused);
    if (taken) for (const fingerprint of contents.keys()) next.delete(fingerprint);
    for (const one of refused)
      next.set(one.fingerprint, { ...one, content: contents.get(one.fingerprint) ?? '', tried: now });
    return this.#become(next);
  }

  /** Of those that nobody knows any more nothing is remembered. */
  keepOnly(isKnown: (fingerprint: string) => boolean): readonly string[] {
    if (this.#refused.size === 0) return [];
    return this.#become(new Map([...this.#refused].filter(([fingerprint]) => isKnown(fingerprint))));
  }

  #become(next: ReadonlyMap<string, Refused>): readonly string[] {
    const before = this.#fingerprints;
    this.#refused = next;
    const changed = [
      ...[...next.keys()].filter((one) => !before.has(one)),
      ...[...before].filter((one) => !next.has(one)),
    ];
    if (changed.length > 0) this.#fingerprints = new Set(next.keys());
    return changed;
  }
}
