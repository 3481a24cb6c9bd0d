// One ConfigMap that one process writes: over the version that it knows, found again after an answer that never came, never blindly over somebody else's.
import { SpringtideError } from '../../model/errors.ts';
import { ClientError } from '../http/error.ts';
import type { OwnObject, OwnObjects } from './own-objects.ts';

export type HeldContent = Pick<OwnObject, 'data' | 'binaryData'>;

export interface HeldObjectParts {
  readonly own: OwnObjects;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** this process in this term: how it knows its own writes again */
  readonly writer: string;
}

const stampKey = 'springtide.io/write';
const stampOf = (object: OwnObject | null): string | undefined => object?.metadata.annotations?.[stampKey];

/** Labels that others put on it move its version while it is looked at: so often it is tried with what is there. */
const mostLooks = 4;

/** After these nobody knows whether it was written. */
const mayBeWritten: ReadonlySet<string> = new Set([
  'Timeout',
  'Unreachable',
  'Aborted',
  'NotJson',
  'ServerFault',
  'Unexpected',
]);
const isCode = (thrown: unknown, code: ClientError['code']): boolean =>
  thrown instanceof ClientError && thrown.code === code;

export class HeldObject {
  readonly #parts: HeldObjectParts;
  #known: OwnObject | null;
  /** the stamp of a write of which nobody knows whether it arrived */
  #unanswered: string | null = null;
  #writes = 0;

  /** `known`: as it was read last; null: there is none. */
  constructor(parts: HeldObjectParts, known: OwnObject | null) {
    this.#parts = parts;
    this.#known = known;
  }

  get name(): string {
    return this.#parts.name;
  }

  /** Resolves when the API server has it. StateMoved where somebody else has written it. */
  async write(content: HeldContent): Promise<void> {
    const stamp = `${this.#parts.writer}-${(this.#writes += 1)}`;
    await this.#overNewest(async () => {
      try {
        this.#known = await this.#put(content, stamp);
      } catch (thrown) {
        throw this.#noted(thrown, stamp);
      }
    });
  }

  async remove(): Promise<void> {
    const { own, namespace, name } = this.#parts;
    await this.#overNewest(async () => {
      const { uid, resourceVersion } = this.#known?.metadata ?? {};
      if (uid === undefined || resourceVersion === undefined) return;
      await own.remove('ConfigMap', namespace, name, { uid, resourceVersion });
      this.#known = null;
    });
  }

  /** Again where its version has moved and nobody else has written it. */
  async #overNewest(change: () => Promise<void>): Promise<void> {
    if (this.#unanswered !== null) await this.#lookAgain();
    for (let looks = 1; ; looks += 1)
      try {
        await change();
        return;
      } catch (thrown) {
        if (!isCode(thrown, 'Conflict') || looks > mostLooks) throw thrown;
        await this.#lookAgain();
      }
  }

  async #put(content: HeldContent, stamp: string): Promise<OwnObject> {
    const { own, namespace, name, labels } = this.#parts;
    const known = this.#known;
    const metadata = {
      namespace,
      name,
      // What others have noted on it stays.
      labels: { ...known?.metadata.labels, ...labels },
      annotations: { ...known?.metadata.annotations, [stampKey]: stamp },
    };
    if (known !== null) {
      const { uid, resourceVersion } = known.metadata;
      const version = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) };
      try {
        return withoutContent(
          await own.replace({ kind: 'ConfigMap', metadata: { ...metadata, ...version }, ...content }),
        );
      } catch (thrown) {
        // Somebody has deleted it: what we know is still true, and it is made anew.
        if (!isCode(thrown, 'NotFound')) throw thrown;
        this.#known = null;
      }
    }
    return withoutContent(await own.create({ kind: 'ConfigMap', metadata, ...content }));
  }

  /** A label that somebody put on it moves the version too; only what another process has written is another's: a hand that edits it leaves no stamp, or ours. */
  async #lookAgain(): Promise<void> {
    const { own, namespace, name } = this.#parts;
    const there = await own.get('ConfigMap', namespace, name);
    const stamp = stampOf(there);
    const isOurs =
      there === null || stamp === undefined || stamp === stampOf(this.#known) || stamp === this.#unanswered;
    if (!isOurs) throw this.#moved();
    this.#known = there === null ? null : withoutContent(there);
    this.#unanswered = null;
  }

  #noted(thrown: unknown, stamp: string): unknown {
    if (thrown instanceof ClientError && mayBeWritten.has(thrown.code)) this.#unanswered = stamp;
    return thrown;
  }

  #moved(): SpringtideError {
    const { namespace, name } = this.#parts;
    return new SpringtideError({
      code: 'StateMoved',
      where: `ConfigMap ${namespace}/${name}`,
      what: 'another process has written what this one keeps here: the lease was lost',
      mend: 'nothing is to be done while another springtide leads; otherwise find out who writes it and restart this one',
    });
  }
}

/** Only the version and the marks are needed again: the content would be held twice. */
const withoutContent = ({ kind, metadata }: OwnObject): OwnObject => ({ kind, metadata });
