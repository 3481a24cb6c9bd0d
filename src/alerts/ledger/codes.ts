// What the codes of messages stand for: kept for as long as somebody may write one back.
import type { Instant } from '../../model/units.ts';
import { isRemembered, isValid } from '../acknowledge-code.ts';
import type { MessageCode } from '../acknowledge-code.ts';
import { ownerHash } from '../acknowledge-link.ts';
import type { Intent, LedgerRecord } from './records.ts';
import { ownersOf } from './state.ts';
import type { MutableLedgerState } from './state.ts';

export const standsFor = (intent: Intent): MessageCode => ({
  groupKey: intent.groupKey,
  at: intent.at,
  owners: ownersOf(intent).map(ownerHash),
});

/** They come in the order of their messages: what nobody remembers is at the front. */
export function keepCode({ codes }: MutableLedgerState, code: string, stands: MessageCode): void {
  codes.set(code, stands);
  for (const [old, known] of codes) {
    if (isRemembered(known, stands.at)) return;
    codes.delete(old);
  }
}

/** Those of messages that are written anyway follow from them. */
export function* codesOf({ codes, recent, open }: MutableLedgerState, now: Instant): Generator<LedgerRecord> {
  const said = new Set([...recent, ...open.values()].map(({ intent }) => intent.acknowledgeCode));
  for (const [code, stands] of codes)
    if (isRemembered(stands, now) && !said.has(code))
      yield { kind: 'code', code, stands: isValid(stands, now) ? stands : { ...stands, owners: [] } };
}
