// An answer under construction: a number, the steps that changed it, and what holds it.
import type { DeletionCost, Step } from '../../model/plan.ts';
import type { Facts, PodReason } from '../../model/reason.ts';
import type { Instant } from '../../model/units.ts';

const nobody: readonly DeletionCost[] = [];

export class Course {
  readonly steps: Step[] = [];
  readonly limitedBy: PodReason[] = [];
  replicas: number;
  until: Instant | null = null;
  /** the reason that rules when nothing is written */
  heldBy: PodReason | null = null;
  /** who goes first, where somebody asks for it */
  deletionCosts: readonly DeletionCost[] = nobody;
  /** what the hold says; null: nothing holds */
  facts: Facts | null = null;

  constructor(replicas: number) {
    this.replicas = replicas;
  }

  to(step: string, replicas: number, by: string, reason?: PodReason): void {
    if (replicas === this.replicas) return;
    this.steps.push({ step, from: this.replicas, to: replicas, by });
    this.replicas = replicas;
    if (reason === undefined) return;
    this.limitedBy.push(reason);
    this.heldBy = reason;
  }

  /** Another number, whatever limited the one before. */
  restart(step: string, replicas: number, by: string, reason?: PodReason): void {
    this.limitedBy.splice(0);
    this.heldBy = null;
    this.to(step, replicas, by, reason);
  }

  /** Back to where it stands: a hold in the one direction that was wanted. */
  hold(current: number, { reason, by, until, facts }: Hold): void {
    this.to('hold', current, by, reason);
    this.until = until;
    if (facts !== undefined) this.facts = { ...this.facts, ...facts };
  }
}

export interface Hold {
  readonly reason: PodReason;
  readonly by: string;
  /** null: not by time alone */
  readonly until: Instant | null;
  readonly facts?: Facts;
}
