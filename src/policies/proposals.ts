// Under `mode: confirm` a change waits for a person: what is asked, under which name, and whether somebody has said yes to it.
import type { Approval, Asked, Proposal, UsedApproval } from '../model/approval.ts';
import type { ProposalMemory } from '../model/memory.ts';
import type { ControlFacts } from '../model/snapshot.ts';
import { instantOf, minutes, seconds, type Instant } from '../model/units.ts';

/** A yes is for what a person has just looked at. */
export const approvalLasts = minutes(15);
/** The clock of whoever said it may be a little ahead of ours. */
const clockSkew = seconds(60);

/** Without letters that are read for others: these are typed from a phone. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const idLength = 8;

/** Two sums of 32 bits over the text, mixed: a name for what is asked, no secret. */
function hashOf(text: string): bigint {
  let [one, other] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 2_654_435_761);
    other = Math.imul(other ^ code, 1_597_334_677);
  }
  one = Math.imul(one ^ (one >>> 16), 2_246_822_507) ^ Math.imul(other ^ (other >>> 13), 3_266_489_909);
  other = Math.imul(other ^ (other >>> 16), 2_246_822_507) ^ Math.imul(one ^ (one >>> 13), 3_266_489_909);
  return (BigInt(other >>> 0) << 32n) | BigInt(one >>> 0);
}

export function proposalId({ subject, way, from, to, remove }: Omit<Proposal, 'id'>): string {
  const victims = remove.map(({ node, serverId }) => `${node}=${serverId}`).sort();
  let rest = hashOf(JSON.stringify([subject, way, from, to, victims]));
  let id = '';
  for (let place = 0; place < idLength; place++) {
    id += alphabet[Number(rest & 31n)] ?? '';
    rest >>= 5n;
  }
  return `${id.slice(0, 4)}-${id.slice(4)}`;
}

/** As a person may have typed it: in capitals, without the dash, with an O for a 0. */
export const sameId = (one: string, other: string): boolean => plainId(one) === plainId(other);
const plainId = (text: string): string =>
  text.trim().toLowerCase().replaceAll('-', '').replaceAll('o', '0').replaceAll(/[il]/g, '1');

const isBetween = (value: number, one: number, other: number): boolean =>
  value >= Math.min(one, other) && value <= Math.max(one, other);

/** Whether the one includes the other: the same way, within the same numbers, nobody removed who was not named. */
export function covers(wide: Omit<Proposal, 'id'>, narrow: Omit<Proposal, 'id'>): boolean {
  return (
    wide.subject === narrow.subject &&
    wide.way === narrow.way &&
    isBetween(narrow.from, wide.from, wide.to) &&
    isBetween(narrow.to, wide.from, wide.to) &&
    narrow.remove.every(({ node, serverId }) =>
      wide.remove.some((one) => one.node === node && one.serverId === serverId),
    )
  );
}

/** Since when a yes is one that may be used now. */
export function isInForce({ at }: Pick<Approval, 'at'>, now: Instant): boolean {
  const given = instantOf(at);
  return given !== null && given <= now + clockSkew && now < given + approvalLasts;
}

const emptyProposals: ProposalMemory = { asked: {}, used: [] };

const isUse = (used: Pick<UsedApproval, 'id' | 'at'>, { id, at }: Approval): boolean =>
  used.id === id && used.at === at;

/** The proposals of one tick: those that go on keep their name, and each is held against what people have allowed. */
export class Proposals {
  readonly #before: ProposalMemory;
  readonly #approvals: readonly Approval[];
  readonly #asked: Record<string, Proposal> = {};
  readonly #now: Instant;

  constructor(before: ProposalMemory | undefined, control: ControlFacts | undefined, now: Instant) {
    this.#before = before ?? emptyProposals;
    this.#now = now;
    this.#approvals = (control?.approvals ?? []).filter(
      (approval) => isInForce(approval, now) && !this.#before.used.some((used) => isUse(used, approval)),
    );
  }

  /** A smaller change has the name of the larger one that was asked before; a larger one is another. */
  ask(change: Omit<Proposal, 'id'>): Asked {
    const before = this.#before.asked[change.subject];
    const asked = before !== undefined && covers(before, change) ? before : { id: proposalId(change), ...change };
    const approval = this.#approvals.find((one) => covers(one, change));
    if (approval !== undefined) return { ...change, id: approval.id, by: approval.by, at: approval.at };
    this.#asked[change.subject] = asked;
    return { ...change, id: asked.id };
  }

  /** undefined: nothing waits and nothing was used lately. */
  get memory(): ProposalMemory | undefined {
    const used = this.#before.used.filter(({ at }) => (instantOf(at) ?? 0) > this.#now - approvalLasts - clockSkew);
    return used.length === 0 && Object.keys(this.#asked).length === 0 ? undefined : { asked: this.#asked, used };
  }
}

/** A yes is used up by the first try, whatever came of it: what failed is asked anew. */
export function withUsed(
  memory: ProposalMemory | undefined,
  used: readonly UsedApproval[],
): ProposalMemory | undefined {
  if (used.length === 0) return memory;
  const before = memory ?? emptyProposals;
  const news = used.filter(
    (one, index) =>
      used.findIndex(({ id, at }) => id === one.id && at === one.at) === index &&
      !before.used.some(({ id, at }) => id === one.id && at === one.at),
  );
  return { ...before, used: [...before.used, ...news.map(({ id, at }) => ({ id, at }))] };
}
