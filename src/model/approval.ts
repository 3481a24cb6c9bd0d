// What waits for a person under `mode: confirm`, and what a person has said yes to.
import type { SwitchWay } from './snapshot.ts';

/** One change of one target or group: exactly that is asked, and exactly that is allowed. */
export interface Proposal {
  /** short, for people to type */
  readonly id: string;
  /** the target's key, or the group's: see proposals.ts in policies */
  readonly subject: string;
  readonly way: SwitchWay;
  readonly from: number;
  readonly to: number;
  /** the nodes that would leave, each with its server */
  readonly remove: readonly { readonly node: string; readonly serverId: string }[];
}

/** A person's yes. It holds for a quarter of an hour and for one use. */
export interface Approval extends Proposal {
  readonly by: string;
  /** RFC 3339 */
  readonly at: string;
}

/** On a decision: what is asked; with `by` and `at` it was allowed, and is done. */
export type Asked = Proposal & { readonly by?: string; readonly at?: string };

/** What an outcome says of the yes that it has used. */
export type UsedApproval = Pick<Approval, 'id' | 'by' | 'at'>;
