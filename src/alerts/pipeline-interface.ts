// The alert pipeline as those see it who hold one: what it takes, what it can be asked, and what it needs to run.
import type { Clock } from '../clock.ts';
import type { AlertsDocument } from '../model/config.ts';
import type { PlanAlert } from '../model/plan.ts';
import type { FiringGroups } from '../model/report.ts';
import type { LoopFacts } from '../model/snapshot.ts';
import type { Texts } from '../model/texts.ts';
import type { Instant, Milliseconds } from '../model/units.ts';
import type { Acknowledge } from './acknowledger.ts';
import type { Alert } from './alert.ts';
import type { CentralView } from './central.ts';
import type { Forwarder } from './channels/forward.ts';
import type { Receipt } from './channels/sms/receipt.ts';
import type { AlertLog, Channels } from './courier.ts';
import type { AlertExplanation } from './explain.ts';
import type { PushedAlert } from './ingest.ts';
import type { PushOutcome, TellOutcome } from './intake.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { NodeGroupOf } from './node-group-label.ts';
import type { TestResult } from './send-test.ts';
import type { Silencer } from './silencer.ts';
import type { NotificationView } from './status.ts';
import type { AlertView, GroupView } from './views.ts';

export interface AlertPipelineOptions {
  /** asked at every tick and flush: another object means a reload */
  readonly config: () => AlertsDocument;
  readonly texts: () => Texts;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly channels: Channels;
  /** the way to the central one of `forwardTo` */
  readonly forwarder?: Pick<Forwarder, 'forward'>;
  readonly random?: () => number;
  readonly newId?: () => string;
  readonly log?: AlertLog;
  readonly onNotification?: (view: NotificationView) => void;
  /** after a start: those who send alerts in are all heard before one of theirs is told */
  readonly startDelay?: Milliseconds;
  /** where a pod or a node is: what names one gets the label `nodegroup` */
  readonly nodeGroupOf?: NodeGroupOf;
  /** what links are signed with; null: there are none */
  readonly linkSecret?: () => string | null;
  /** what the codes of messages are made with where links have no secret; absent: chance */
  readonly codeKey?: string;
}

export interface AlertStatus {
  readonly firing: number;
  readonly groups: number;
  readonly owed: number;
  /** null: nothing is forwarded */
  readonly central: CentralView | null;
  readonly notifications: readonly NotificationView[];
}

export interface AlertPipeline {
  /** Springtide's own conditions, all of them at once. */
  tell(alerts: readonly PlanAlert[], now: Instant): Promise<TellOutcome>;
  /** What others send in, and what rules say. */
  push(alerts: readonly PushedAlert[]): Promise<PushOutcome>;
  readonly silencer: Silencer;
  /** Somebody is on it: escalations stop, nobody is reminded. Rejects where it could not be made durable. */
  readonly acknowledge: Acknowledge;
  /** What a provider says afterwards about a message that it had taken. True when it is durable, or nobody's; false: it should come again. */
  receive(receipt: Receipt): Promise<boolean>;
  /** Alerts that should keep coming in and do not. */
  missingWatchdogs(): NonNullable<LoopFacts['missingWatchdogs']>;
  /** Alerts that fire and for which there is no place; null: there is place for all. */
  leftOut(): LoopFacts['alertsLeftOut'] | null;
  /** Receivers that cannot be told. */
  tellingFails(): NonNullable<LoopFacts['tellingFails']>;
  alerts(): readonly AlertView[];
  groups(): readonly GroupView[];
  /** of fifty thousand all of them are half a second of work: one after the other, for who does something else meanwhile */
  eachAlert(isMeant?: (alert: Alert) => boolean): Generator<AlertView>;
  /** of those that are not meant none is shown in its group */
  eachGroup(isMeant?: (alert: Alert) => boolean): Generator<GroupView>;
  /** what fires, for people who look at a page */
  firing(texts: Texts): FiringGroups;
  /** Who was told of an alert, who was not, and why; null: nobody remembers it. */
  explain(fingerprint: string): AlertExplanation | null;
  /** A test message to everybody of a receiver, at once and once; null: there is no such receiver. */
  sendTest(receiver: string): Promise<readonly TestResult[] | null>;
  /** All that was due up to now has been attempted, and the attempts are written down. */
  settle(): Promise<void>;
  status(count?: number): AlertStatus;
  /** What is on its way may end within the grace; the rest stays owed in the ledger. */
  stop(grace?: Milliseconds): Promise<void>;
}
