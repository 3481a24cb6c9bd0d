// The handovers of rotas: whoever comes on duty is told at once of what fires, and not at the next turn of each group.
import type { Cancel, Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { Course } from './courses.ts';
import type { Group, GroupTable } from './group-table.ts';
import { turnsFrom } from './on-call.ts';
import { tellersOf } from './reach.ts';

export interface HandoversParts {
  readonly clock: Clock;
  readonly document: () => AlertsDocument;
  readonly groups: Pick<GroupTable, 'all'>;
  /** somebody has been told of it: its first turn has come */
  readonly isTold: (group: Group) => boolean;
  readonly stands: (group: Group) => boolean;
  readonly flush: (group: Group, now: Instant) => void;
  readonly run: (course: Course) => void;
}

const longestTimer = 86_400_000;

export class Handovers {
  readonly #parts: HandoversParts;
  /** whose rotas are waited for */
  #document: AlertsDocument | null = null;
  #onDuty: ReadonlyMap<string, string> = new Map();
  #cancel: Cancel = () => undefined;
  #stopped = false;

  constructor(parts: HandoversParts) {
    this.#parts = parts;
  }

  /** After a start, and whenever another document may be in force. */
  look(): void {
    if (this.#stopped || this.#parts.document() === this.#document) return;
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #arm(): void {
    const { clock } = this.#parts;
    const document = this.#parts.document();
    const now = clock.now();
    const turns = rotasIn(document).flatMap((rota) =>
      turnsFrom(rota, now, 1).map((turn) => ({ ...turn, name: rota.name })),
    );
    this.#document = document;
    this.#onDuty = new Map(turns.map(({ name, who }) => [name, who]));
    this.#cancel();
    const ends = turns.flatMap(({ until }) => until ?? []);
    if (ends.length === 0) return;
    // by a clock that was set back meanwhile nobody has changed yet, and the rest is waited for anew
    const wait = Math.min(longestTimer, Math.max(1, Math.min(...ends) - now)) as Milliseconds;
    this.#cancel = clock.after(wait, () => this.#wake());
  }

  #wake(): void {
    if (this.#stopped) return;
    const before = this.#onDuty;
    const isSameDocument = this.#parts.document() === this.#document;
    this.#arm();
    if (!isSameDocument) return;
    const handedOver = new Set([...this.#onDuty].flatMap(([name, who]) => (before.get(name) === who ? [] : [name])));
    if (handedOver.size > 0) this.#parts.run(this.#tell(handedOver));
  }

  *#tell(handedOver: ReadonlySet<string>): Course {
    const { clock, document, groups, isTold, stands, flush } = this.#parts;
    for (const group of [...groups.all()]) {
      const asks = tellersOf(document(), group.route.receiver).flatMap((name) => rotasOf(document(), name));
      if (!stands(group) || !asks.some((name) => handedOver.has(name)) || !isTold(group)) continue;
      flush(group, clock.now());
      yield;
    }
  }
}

const rotasIn = (document: AlertsDocument): AlertsDocument['oncall'] => {
  const asked = new Set(document.receivers.flatMap(({ name }) => rotasOf(document, name)));
  return document.oncall.filter(({ name }) => asked.has(name));
};

/** The rotas by which a receiver tells. */
function rotasOf({ receivers }: AlertsDocument, receiver: string): readonly string[] {
  const found = receivers.find(({ name }) => name === receiver);
  const targets = [
    ...(found?.sms_configs ?? []),
    ...(found?.escalation ?? []).flatMap(({ sms, email }) => [sms ?? [], email ?? []].flat()),
  ];
  return targets.flatMap(({ oncall }) => oncall ?? []);
}
