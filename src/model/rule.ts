// Alerting rules as they are evaluated: read from rule files in Prometheus's own format.
import type { Milliseconds, QueryText } from './units.ts';

/** What is made of the series that a rule asks for, where it does not name what is wrong itself. */
export type Learning = {
  /** how many series are learnt; what is beyond is left out */
  readonly series: number;
} & (
  | {
      readonly kind: 'anomaly';
      /** 0: hardly ever, 1: at the slightest doubt */
      readonly sensitivity: number;
    }
  | {
      readonly kind: 'forecast';
      readonly within: Milliseconds;
      readonly side: 'above' | 'below';
      readonly limit: number;
      /** how likely it must be, from 0 to 1 */
      readonly confidence: number;
    }
);

export interface AlertingRule {
  readonly alert: string;
  /** what is asked: each result is an alert, or a series to learn */
  readonly expr: QueryText;
  readonly learns?: Learning;
  readonly for: Milliseconds;
  readonly keepFiringFor: Milliseconds;
  /** templates; those of the group are among them */
  readonly labels: Readonly<Record<string, string>>;
  /** templates */
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  /** relative to the configuration directory: names of groups are unique within a file only */
  readonly file: string;
  readonly name: string;
  /** null: the usual one */
  readonly interval: Milliseconds | null;
  /** how far back the queries look, for samples that arrive late */
  readonly queryOffset: Milliseconds;
  /** how many alerts a rule may have at once; 0 and below: any number */
  readonly limit: number;
  readonly rules: readonly AlertingRule[];
}
