// The tick: collect → foresee → decide → act → remember → tell. Each stage may fail by its own name; none ends the loop.
import { carryOut } from './actuators/carry-out.ts';
import type { Actuators } from './actuators/actuator.ts';
import type { AuditLog } from './audit/open.ts';
import type { AlertPipeline } from './alerts/pipeline-interface.ts';
import type { Clock } from './clock.ts';
import type { Collect } from './collectors/collector.ts';
import type { Forecasts } from './forecasts/forecasts.ts';
import type { DecisionJournal } from './journal/write.ts';
import type { Config } from './model/config.ts';
import type { Memory } from './model/memory.ts';
import type { LoopFacts, Snapshot } from './model/snapshot.ts';
import type { TickReport } from './model/report.ts';
import { since, type Instant } from './model/units.ts';
import { deciding } from './policies/decide.ts';
import { withIntents } from './policies/intents.ts';
import { record } from './policies/record.ts';
import { breathe, inSlices } from './slices.ts';
import { StageClock } from './stage-clock.ts';
import type { ControlSource } from './state/control.ts';
import type { MemoryStore } from './state/directory.ts';
import { reporting } from './tick-report.ts';

export interface DaemonParts {
  readonly clock: Clock;
  readonly config: () => Config;
  readonly refused: () => LoopFacts['refused'];
  readonly collect: Collect;
  /** what people have switched off */
  readonly control: ControlSource;
  readonly actuators: Actuators;
  readonly store: MemoryStore;
  readonly alerts: Pick<AlertPipeline, 'tell'>;
  /** adds what is expected to what was seen */
  readonly forecasts?: Pick<Forecasts, 'look'>;
  /** the replica that led before and fell silent */
  readonly lostLeader?: string | null;
  /** why what is kept cannot be read by this version */
  readonly stateTooNew?: string | null;
  /** groups of rules that cannot be evaluated */
  readonly failingRules?: () => NonNullable<LoopFacts['failingRules']>;
  readonly missingWatchdogs?: () => NonNullable<LoopFacts['missingWatchdogs']>;
  readonly seriesLeftOut?: () => NonNullable<LoopFacts['seriesLeftOut']>;
  readonly tellingFails?: () => NonNullable<LoopFacts['tellingFails']>;
  readonly alertsLeftOut?: () => LoopFacts['alertsLeftOut'] | null;
  readonly alertsTooLarge?: () => LoopFacts['alertsTooLarge'] | null;
  /** what the daily checks have found */
  readonly failedChecks?: () => LoopFacts['failedChecks'];
  /** where it is said what was changed, by whom and why */
  readonly audit?: Pick<AuditLog, 'observe' | 'trouble'>;
  /** where decisions are kept for `explain --at` */
  readonly journal?: Pick<DecisionJournal, 'write'>;
}

/** in milliseconds: more than that is a clock that was set back */
const timerSlack = 10;

export class Daemon {
  readonly #parts: DaemonParts;
  #memory: Memory;
  #ticks = 0;

  constructor(parts: DaemonParts, memory: Memory) {
    this.#parts = parts;
    this.#memory = memory;
  }

  /** One round. `due`: when it should have begun; an aborted signal ends it before its next action. */
  async tick(due: Instant, signal: AbortSignal): Promise<TickReport> {
    const { clock, config: latest, actuators, store, alerts } = this.#parts;
    const config = latest();
    // A timer may fire a millisecond early: the tick is still the one that was due, and its events are no events to come.
    const begun = clock.now();
    const early = since(begun, due);
    const now = early > 0 && early <= timerSlack ? due : begun;
    const stages = new StageClock();
    const loop = this.#loopFacts(config, since(due, now));

    const seen = await stages.run('collect', () => this.#look(now, loop, signal));
    const snapshot = seen === null || signal.aborted ? seen : await this.#foresee(seen, config, now, stages);
    const decided =
      snapshot !== null && !signal.aborted
        ? await stages.run('decide', () => inSlices(deciding(snapshot, config, this.#memory, now)))
        : null;
    if (decided !== null) {
      const cluster = snapshot?.magnum.cluster?.uuid ?? config.daemon.openstack?.cluster ?? config.daemon.cluster;
      await breathe();
      const intended = withIntents(decided.memory, decided.plan, now);
      if (intended !== null) await stages.run('remember', () => store.save(intended));
      const outcomes = await stages.run('act', async () => {
        await this.#parts.audit?.observe(config, snapshot?.control);
        return carryOut(decided.plan, actuators, { now, signal, cluster });
      });
      const { plan, memory } = decided;
      this.#parts.journal?.write({
        number: this.#ticks + 1,
        plan,
        outcomes: outcomes ?? [],
        targets: memory.targets,
      });
      await breathe();
      this.#memory = record(memory, outcomes ?? [], now, due <= now ? due : now);
      await stages.run('remember', () => store.save(this.#memory));
      await stages.run('tell', () => alerts.tell(decided.plan.alerts, now));
      return inSlices(
        reporting({
          number: ++this.#ticks,
          now,
          loop,
          stages,
          snapshot,
          plan: decided.plan,
          outcomes: outcomes ?? [],
        }),
      );
    }
    return inSlices(reporting({ number: ++this.#ticks, now, loop, stages, snapshot, plan: null, outcomes: [] }));
  }

  get memory(): Memory {
    return this.#memory;
  }

  /** The world, then the switch: what was switched off while the world was read counts in this very tick. */
  async #look(now: Instant, loop: LoopFacts, signal: AbortSignal): Promise<Snapshot> {
    const world = await this.#parts.collect(now, { signal });
    const { control, damage } = await this.#parts.control.read();
    const refused = damage === null ? loop.refused : [...loop.refused, { document: 'control', why: damage }];
    return { ...world, loop: { ...loop, refused }, ...(control === null ? {} : { control }) };
  }

  /** Without what is expected the tick goes on with what is seen. */
  async #foresee(seen: Snapshot, config: Config, now: Instant, stages: StageClock): Promise<Snapshot> {
    const { forecasts } = this.#parts;
    if (forecasts === undefined) return seen;
    return (await stages.run('foresee', () => forecasts.look(seen, config, this.#memory, now))) ?? seen;
  }

  #loopFacts(config: Config, late: number): LoopFacts {
    const failingRules = this.#parts.failingRules?.() ?? [];
    const lostLeader = this.#ticks === 0 ? (this.#parts.lostLeader ?? null) : null;
    const stateTooNew = this.#parts.stateTooNew ?? null;
    const auditTrouble = this.#parts.audit?.trouble ?? null;
    const missingWatchdogs = this.#parts.missingWatchdogs?.() ?? [];
    const seriesLeftOut = this.#parts.seriesLeftOut?.() ?? [];
    const alertsLeftOut = this.#parts.alertsLeftOut?.() ?? null;
    const alertsTooLarge = this.#parts.alertsTooLarge?.() ?? null;
    const tellingFails = this.#parts.tellingFails?.() ?? [];
    const failedChecks = this.#parts.failedChecks?.();
    return {
      latenessSeconds: Math.max(0, late) / 1000,
      intervalSeconds: config.daemon.interval / 1000,
      refused: this.#parts.refused(),
      ...(failingRules.length > 0 && { failingRules }),
      ...(seriesLeftOut.length > 0 && { seriesLeftOut }),
      ...(failedChecks !== undefined && { failedChecks }),
      ...(auditTrouble !== null && { auditTrouble }),
      ...(lostLeader !== null && { lostLeader }),
      ...(stateTooNew !== null && { stateTooNew }),
      ...(missingWatchdogs.length > 0 && { missingWatchdogs }),
      ...(alertsLeftOut !== null && { alertsLeftOut }),
      ...(alertsTooLarge !== null && { alertsTooLarge }),
      ...(tellingFails.length > 0 && { tellingFails }),
    };
  }
}
